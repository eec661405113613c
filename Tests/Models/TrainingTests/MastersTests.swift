// What a run begins with: copies of what there is, draws of what there is not.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Tensors
import TestSupport
import Testing

@testable import Training

struct MastersTests {
  private func masters(
    _ plan: TrainingPlan, seed: UInt64 = 7, deviation: Double = 0, width: Int = 6
  ) throws -> TrainedParameters<Tensor> {
    let fixture = try Fixture()
    var start = fixture.start
    start.projectorConfig = ProjectorConfig(
      depth: 2, inputWidth: width, outputWidth: start.languageConfig.width)
    return try start.masters(
      plan, seed: seed, adapterDeviation: deviation, operations: fixture.operations)
  }

  /// Uniform within 1 / sqrt(inputs): mean 0, deviation bound / sqrt 3.
  @Test func freshProjectorsAreUniform() throws {
    let drawn = try masters(Fixture.projectorAlone, width: 400)
    let width = try #require(drawn["projector.0.weight"]).shape[0]
    for (name, inputs) in [("projector.0", 400), ("projector.2", width)] {
      let bound = 1 / Float(inputs).squareRoot()
      for part in ["weight", "bias"] {
        let values = try #require(drawn["\(name).\(part)"]).floatValues
        #expect(values.allSatisfy { abs($0) <= bound }, "\(name).\(part)")
        #expect(Set(values).count > values.count * 9 / 10)
        // Of a uniform number among n the largest reaches this far but for 1 of 10^4 seeds.
        #expect((values.map(abs).max() ?? 0) > bound * (1 - 9.3 / Float(values.count)))
      }
    }
    let values = try #require(drawn["projector.0.weight"]).floatValues.map { Double($0) * 20 }
    let mean = values.reduce(0, +) / Double(values.count)
    let square = values.reduce(0) { $0 + $1 * $1 } / Double(values.count)
    let count = Double(values.count)
    // Four standard errors.
    #expect(abs(mean) < 4 / (3 * count).squareRoot())
    #expect(abs(square - 1.0 / 3) < 4 * (4.0 / 45 / count).squareRoot())
  }

  @Test func freshAdaptersBeginWithNothingAdded() throws {
    let drawn = try masters(Fixture.adapter)
    let pairs = drawn.named.filter { $0.name.contains("lora_") }
    #expect(pairs.count == 2 * 7 * (try Fixture().start.languageConfig.layers))
    for (name, value) in pairs {
      let values = value.floatValues
      if name.hasSuffix("lora_B.weight") {
        #expect(values.allSatisfy { $0 == 0 }, "\(name)")
      } else {
        let bound = 1 / Float(value.shape[1]).squareRoot()
        #expect(values.allSatisfy { abs($0) <= bound } && Set(values).count > 1, "\(name)")
        #expect((values.map(abs).max() ?? 0) > 0.5 * bound, "\(name)")
      }
    }
  }

  @Test func secondMatricesHaveTheirDeviation() throws {
    let drawn = try masters(Fixture.adapter, deviation: 0.25)
    let values = drawn.named.filter { $0.name.hasSuffix("lora_B.weight") }
      .flatMap { $0.value.floatValues }.map { Double($0) / 0.25 }
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    let square = values.reduce(0) { $0 + $1 * $1 } / count
    let fourth = values.reduce(0) { $0 + $1 * $1 * $1 * $1 } / count
    #expect(count > 500)
    // Four standard errors of a normal's moments 0, 1 and 3.
    #expect(abs(mean) < 4 / count.squareRoot())
    #expect(abs(square - 1) < 4 * (2 / count).squareRoot())
    #expect(abs(fourth - 3) < 4 * (96 / count).squareRoot())
  }

  @Test func drawsAreFunctionsOfSeedAndName() throws {
    let first = try masters(Fixture.adapter, deviation: 0.1)
    let same = try masters(Fixture.adapter, deviation: 0.1)
    let other = try masters(Fixture.adapter, seed: 8, deviation: 0.1)
    for (index, (name, value)) in first.named.enumerated() {
      #expect(value.hasSameBytes(as: same.values[index]), "\(name)")
      #expect(!value.hasSameBytes(as: other.values[index]), "\(name)")
    }
    // Tensors of one shape do not share their numbers.
    let drawn = first.values.map(\.floatValues)
    #expect(Set(drawn).count == drawn.count)
    // What else is trained changes nothing.
    let (alone, all) = (try masters(Fixture.projectorAlone), try masters(Fixture.everything))
    for (name, value) in alone.named {
      #expect(try #require(first[name]).hasSameBytes(as: value), "\(name)")
      #expect(try #require(all[name]).hasSameBytes(as: value), "\(name)")
    }
  }

  @Test func whatIsThereIsCopied() throws {
    let fixture = try Fixture()
    let trained = try masters(Fixture.everything)
    for (name, weight) in fixture.start.language.named {
      let values = try fixture.operations.rows((0..<Int32(weight.rows)).map { $0 }, of: weight)
      #expect(
        try #require(trained[name]).reshaped(values.shape).hasSameBytes(as: values), "\(name)")
    }
    #expect(trained["language.norm.weight"]?.shape.count == 1)
    // In place: the model computes with the masters themselves, the file stays as it was.
    let master = try #require(trained["language.norm.weight"])
    let before = master.floatValues
    master.mutableFloats[0] += 1
    #expect(try masters(Fixture.everything)["language.norm.weight"]?.floatValues == before)
    for name in ["stage1", "lora"] {
      let golden = try GoldenCase(name)
      let own = try golden.start.masters(golden.plan, seed: 0, operations: fixture.operations)
      let again = try golden.start.masters(golden.plan, seed: 1, operations: fixture.operations)
      #expect(zip(own.values, again.values).allSatisfy { $0.hasSameBytes(as: $1) }, "\(name)")
    }
  }
}

// What verify finds: every kind of difference, and no other.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import InputOutput
import Tensors
import TestSupport
import Testing

@testable import Conversion

@Suite struct ComparisonTests {
  private let norm = "model.norm.weight"

  @Test func everyKindOfDifferenceIsFound() throws {
    let directory = try TemporaryDirectory()
    let first = try variant(in: directory, as: "first") { tensors in
      tensors[norm] = try Tensor([Float](repeating: 1, count: 192), shape: [192])
      tensors["model.layers.0.input_layernorm.weight"] = nil
      tensors["model.layers.1.input_layernorm.weight"] = try Tensor(.f32, shape: [3])
    }
    let second = try variant(in: directory, as: "second") { tensors in
      tensors[norm] = try Tensor([Float](repeating: 1, count: 191) + [1.5], shape: [192])
      tensors["model.layers.2.input_layernorm.weight"] = nil
      let old = try #require(tensors["model.layers.3.input_layernorm.weight"])
      tensors["model.layers.3.input_layernorm.weight"] = try old.widened()
    }
    let language = try #require(try compare(first, second).last)
    #expect(!language.hasSameNumbers)
    let name = { (layer: Int) in "language.layers.\(layer).input_layernorm.weight" }
    #expect(
      language.differences == [
        TensorDifference(tensor: name(0), kind: .onlyInSecond),
        TensorDifference(tensor: name(1), kind: .shapes([3], [192])),
        TensorDifference(tensor: name(2), kind: .onlyInFirst),
        TensorDifference(tensor: name(3), kind: .types(.bf16, .f32)),
        TensorDifference(
          tensor: "language.norm.weight", kind: .values(count: 1, total: 192, largest: 0.5)),
      ])
  }

  /// Zeros of two signs are the same number in other bits; NaN is NaN in another type.
  @Test func bitsCountWithinATypeAndNumbersBetweenTypes() throws {
    let directory = try TemporaryDirectory()
    func model(_ name: String, _ values: [Float], _ type: ElementType) throws -> String {
      try variant(in: directory, as: name) { tensors in
        let wide = try Tensor(
          values + [Float](repeating: 1, count: 192 - values.count), shape: [192])
        let round = try #require(ElementConversion(from: .f32, to: type))
        tensors[norm] = try round.convert(wide)
      }
    }
    let zero = try model("zero", [0, .nan], .f32)
    let minus = try model("minus", [-0.0, .nan], .f32)
    let narrow = try model("narrow", [-0.0, .nan], .f16)
    let kind = { (found: [PartComparison]) in found.last?.differences.map(\.kind) }
    #expect(try kind(compare(zero, minus)) == [.values(count: 1, total: 192, largest: 0)])
    #expect(try kind(compare(zero, narrow)) == [.types(.f32, .f16)])
    let number = try model("number", [0, 3], .f16)
    #expect(
      try kind(compare(zero, number)) == [.values(count: 1, total: 192, largest: .infinity)])
  }

  @Test func partsOfOneSideAreToldInOneLine() throws {
    let found = try compare(tinyModel, "\(goldenModels)/llama-tied")
    #expect(found.map(\.presence) == [.onlyInFirst, .onlyInFirst, .both])
    #expect(found[0].tensors == 103)
    #expect(found[0].differences == [])
    #expect(!found[0].hasSameNumbers)
  }

  @Test func partsCanBeChosen() throws {
    let other = "\(goldenModels)/llava-hf"
    #expect(try WeightComparison(tinyModel, other, parts: [.projector]).parts == [.projector])
    let clip = "\(goldenModels)/clip-42"
    #expect(code { _ = try WeightComparison(clip, clip, parts: [.language]) } == "verify/no-part")
    #expect(try WeightComparison(clip, clip, parts: []).parts == [.vision])
  }
}

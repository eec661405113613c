// Steps of training against PyTorch's in float64 (Tests/Golden/training).
// SPDX-License-Identifier: Apache-2.0
import CPU
import Operations
import Tensors
import TestSupport
import Testing

@testable import Training

struct GoldenTests {
  /// Bounds of Tests/Golden/training/README.md, of which PyTorch's own f32 keeps a fifth.
  @Test(arguments: GoldenCase.names, KernelSet.runnable.map(\.name))
  func agreesWithPyTorch(name: String, kernels: String) throws {
    let golden = try GoldenCase(name)
    let operations = try CPUOperations(
      kernels: try #require(KernelSet(named: kernels)), threads: 1, precision: .f32)
    let trainer = try golden.trainer(operations)
    let before = try trainer.masters.map { try Tensor($1.floatValues, shape: $1.shape) }
    try #require(golden.losses.count == 20 && golden.records.count == 6)
    for step in golden.losses.indices {
      for batch in try golden.batches(ofStep: step) { try trainer.add(batch) }
      let report = try trainer.finishStep { gradients, factor in
        if step == 0 { checkGradients(gradients, factor, golden) }
      }
      #expect(report.step == step + 1)
      #expect(report.tokens == golden.tokens[step])
      #expect(report.targets == golden.targets[step])
      expect(report.loss, golden.losses[step], relative: 1e-5, "loss of step \(step + 1)")
      expect(report.rate, golden.rates[step], relative: 1e-9, "rate of step \(step + 1)")
      expect(
        report.gradientNorm, golden.norms[step], relative: step == 0 ? 1e-5 : 1e-3,
        "norm of step \(step + 1)")
    }
    if let trained = golden.trained {
      for (index, (name, value)) in trainer.masters.named.enumerated() {
        let expected = try trained.tensor(named: golden.name(of: name)).floatValues
        let start = before.values[index].floatValues
        let missed = distance(value.floatValues, expected) / distance(start, expected)
        #expect(missed < 1e-3, "\(name)")
      }
      #expect(trained.names.count == trainer.masters.named.count)
    }
  }

  /// Each operand of a product is off by up to 2^-9 of itself, and most of that cancels in a sum: losses
  /// stay within bf16's own spacing, 2^-8, of those of f64. Nearer than 1e-5 it would not be bf16.
  @Test(arguments: GoldenCase.names, KernelSet.runnable.prefix(1).map(\.name) + ["scalar"])
  func staysNearInBF16(name: String, kernels: String) throws {
    let golden = try GoldenCase(name)
    let operations = try CPUOperations(
      kernels: try #require(KernelSet(named: kernels)), threads: 1, precision: .bf16)
    let trainer = try golden.trainer(operations)
    var squares = 0.0
    for (step, expected) in golden.losses.enumerated() {
      for batch in try golden.batches(ofStep: step) { try trainer.add(batch) }
      let missed = (try trainer.finishStep().loss - expected) / expected
      squares += missed * missed
    }
    let deviation = (squares / Double(golden.losses.count)).squareRoot()
    #expect(deviation > 1e-5 && deviation < 1.0 / 256)
  }

  private func checkGradients(
    _ gradients: TrainedParameters<Tensor>, _ factor: Double, _ golden: GoldenCase
  ) {
    #expect(golden.gradients.names.count == gradients.named.count)
    for (name, gradient) in gradients.named {
      guard let expected = try? golden.gradients.tensor(named: golden.name(of: name)) else {
        Issue.record("no gradient of \(name)")
        continue
      }
      #expect(expected.shape == gradient.shape, "\(name)")
      let found = gradient.floatValues.map { Float(Double($0) * factor) }
      // What is added to all keys alike moves no softmax: all that reaches it is rounding.
      if name.hasSuffix("self_attn.k_proj.bias") {
        #expect(found.allSatisfy { abs($0) < 1e-6 }, "\(name)")
        continue
      }
      let fault = fault(found, expected.floatValues, relative: 1e-5)
      #expect(fault == nil, "\(name)")
    }
  }

  private func expect(_ found: Double, _ expected: Double, relative: Double, _ what: String) {
    #expect(abs(found - expected) <= relative * abs(expected), "\(what): \(found), \(expected)")
  }

  private func distance(_ left: [Float], _ right: [Float]) -> Double {
    zip(left, right).reduce(0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) }.squareRoot()
  }
}

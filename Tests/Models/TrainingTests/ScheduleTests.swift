// Rates of steps, by transformers' formulas, and what each parameter gets of them.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

@testable import Training

struct ScheduleTests {
  private func factors(_ shape: Schedule.Shape, _ warmup: Int, of total: Int) -> [Double] {
    let schedule = Schedule(shape, warmupSteps: warmup, totalSteps: total)
    return (0..<total).map { schedule.factor(finished: $0) }
  }

  @Test func ratesRiseThenFall() {
    #expect(factors(.constant, 0, of: 3) == [1, 1, 1])
    #expect(factors(.constant, 2, of: 4) == [0, 0.5, 1, 1])
    #expect(factors(.linear, 0, of: 4) == [1, 0.75, 0.5, 0.25])
    #expect(factors(.linear, 2, of: 6) == [0, 0.5, 1, 0.75, 0.5, 0.25])
    let cosine = factors(.cosine, 1, of: 5)
    let expected = [0, 1, 0.5 + 0.25 * 2.0.squareRoot(), 0.5, 0.5 - 0.25 * 2.0.squareRoot()]
    for (found, wanted) in zip(cosine, expected) { #expect(abs(found - wanted) < 1e-15) }
  }

  @Test func everyStepFollowsTheFormula() {
    for (total, warmup) in [(1, 0), (1, 1), (7, 0), (7, 3), (7, 6), (7, 7), (40, 2)] {
      for shape in Schedule.Shape.allCases {
        for (step, found) in factors(shape, warmup, of: total).enumerated() {
          let progress = Double(step - warmup) / Double(max(1, total - warmup))
          var expected: Double =
            switch shape {
            case .constant: 1
            case .linear: 1 - progress
            case .cosine: 0.5 * (1 + cos(.pi * progress))
            }
          if step < warmup { expected = Double(step) / Double(warmup) }
          #expect(abs(found - expected) < 1e-15, "\(shape) \(warmup) of \(total), step \(step)")
        }
      }
    }
  }

  @Test func stepsBeyondTheEndHaveNoNegativeRate() {
    for shape in [Schedule.Shape.cosine, .linear] {
      let schedule = Schedule(shape, warmupSteps: 0, totalSteps: 4)
      #expect(schedule.factor(finished: 4) < 1e-15)
      #expect(schedule.factor(finished: 5) >= 0)
    }
    #expect(Schedule(.linear, warmupSteps: 9, totalSteps: 4).factor(finished: 3) == 3.0 / 9)
  }

  @Test func biasesAndNormsDoNotDecay() {
    var options = OptimizerOptions(
      rate: 1, schedule: Schedule(.constant, warmupSteps: 0, totalSteps: 1))
    options.weightDecay = 0.5
    for name in [
      "projector.0.bias", "language.norm.weight", "language.layers.1.input_layernorm.weight",
      "language.layers.1.post_attention_layernorm.weight", "vision.pre_layernorm.weight",
      "vision.layers.1.layer_norm1.weight", "vision.layers.11.layer_norm2.weight",
      "vision.layers.0.mlp.fc1.bias",
    ] {
      #expect(options.decay(of: name) == 0, "\(name)")
    }
    for name in [
      "projector.0.weight", "language.embed_tokens.weight", "language.lm_head.weight",
      "language.layers.0.self_attn.q_proj.weight",
      "language.layers.0.self_attn.q_proj.lora_A.weight", "vision.class_embedding",
      "vision.patch_embedding.weight", "vision.position_embedding.weight",
      "vision.layers.0.mlp.fc1.weight",
    ] {
      #expect(options.decay(of: name) == 0.5, "\(name)")
    }
    #expect(options.rate(of: "projector.0.weight") == 1)
    options.projectorRate = 3
    #expect(options.rate(of: "projector.0.weight") == 3)
    #expect(options.rate(of: "language.norm.weight") == 1)
    #expect(options.rate(of: "vision.class_embedding") == 1)
    options.visionRate = 2
    #expect(options.rate(of: "vision.class_embedding") == 2)
    #expect(options.rate(of: "projector.0.weight") == 3)
  }
}

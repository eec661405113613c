// Holds the recipes to what the scripts and the papers say.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Testing

@testable import Recipes

struct RecipeTests {
  @Test func namesAreThoseOfTheManual() {
    #expect(
      Recipe.all.map(\.name) == [
        "llava-v0-pretrain", "llava-v0-finetune", "llava-v0-scienceqa", "llava-1.5-pretrain",
        "llava-1.5-finetune", "llava-1.5-lora",
      ])
  }

  @Test func anUnknownNameIsRefusedWithThoseThatThereAre() {
    #expect(
      try! Recipe.named("llava-1.5-lora").trained == .adapter(rank: 128, alpha: 256, dropout: 0.05))
    do throws(Failure) {
      _ = try Recipe.named("llava-1.5\u{1b}")
      Issue.record("accepted")
    } catch {
      #expect(error.status == .usage)
      #expect(error.message.contains("llava-v0-pretrain, llava-v0-finetune"))
      #expect(!error.message.contains("\u{1b}"))
    }
  }

  /// Name, rate, records a step, epochs, template, side, aspect, projector.
  static let sheet: [(String, Double, Int, Int, String, Int, Recipe.Aspect, String)] = [
    ("llava-v0-pretrain", 2e-3, 128, 1, "llava_v0", 224, .crop, "linear"),
    ("llava-v0-finetune", 2e-5, 32, 3, "llava_v0", 224, .crop, "linear"),
    ("llava-v0-scienceqa", 2e-5, 32, 12, "llava_v0", 224, .crop, "linear"),
    ("llava-1.5-pretrain", 1e-3, 256, 1, "plain", 336, .crop, "mlp2x_gelu"),
    ("llava-1.5-finetune", 2e-5, 128, 1, "vicuna_v1", 336, .pad, "mlp2x_gelu"),
    ("llava-1.5-lora", 2e-4, 128, 1, "vicuna_v1", 336, .pad, "mlp2x_gelu"),
  ]

  @Test(arguments: sheet)
  func valuesArePublished(
    name: String, rate: Double, batch: Int, epochs: Int, template: String, side: Int,
    aspect: Recipe.Aspect, projector: String
  ) throws {
    let recipe = try Recipe.named(name)
    #expect(recipe.rate == rate)
    #expect(recipe.microBatch * recipe.accumulation == batch && recipe.accumulation == 8)
    #expect(recipe.epochs == epochs)
    #expect(recipe.template == template)
    #expect(recipe.imageSide == side && recipe.aspect == aspect && recipe.featureLayer == -2)
    #expect(recipe.projector == projector)
    #expect(recipe.schedule == .cosine && recipe.warmupRatio == 0.03 && recipe.weightDecay == 0)
    #expect(recipe.betas == [0.9, 0.999] && recipe.epsilon == 1e-8 && recipe.seed == 42)
    #expect(recipe.lossNorm == .micro && recipe.maxLength == 2048 && recipe.precision == .bf16)
  }

  @Test func stagesTrainTheirParts() {
    #expect(
      Recipe.all.map(\.stage.rawValue).joined(separator: " ")
        == "pretrain finetune finetune pretrain finetune finetune")
    for recipe in Recipe.all {
      #expect((recipe.trained == .projector) == (recipe.stage == .pretrain))
      #expect((recipe.projectorRate != nil) == (recipe.name == "llava-1.5-lora"))
    }
    #expect(Recipe.version15LoRA.projectorRate == 2e-5)
  }

  /// The first release had no DeepSpeed, whose configurations turn clipping off, and the question's
  /// image where the data have it; its ScienceQA models go without the tokens around images.
  @Test func theFirstReleaseDiffers() {
    for recipe in Recipe.all {
      let isFirst = recipe.name.hasPrefix("llava-v0")
      #expect(recipe.clip == (isFirst ? 1 : 0))
      #expect(recipe.compatibility == (isFirst ? "reference-v0" : nil))
      #expect(recipe.imagePosition == (isFirst ? .keep : .first))
    }
    #expect(Recipe.all.map(\.marksImages) == [true, true, false, false, false, false])
    #expect(Recipe.all.map(\.groupsByModality) == [false, false, false, false, true, true])
    #expect(Recipe.all.map(\.saveEvery) == [2400, 5000, 5000, 24_000, 50_000, 50_000])
    #expect(Recipe.all.map(\.keep) == [1, 3, 3, 1, 1, 1])
  }

  @Test func printedAsTheOptionsOfTheTools() {
    #expect(
      Recipe.version15LoRA.text == """
        # llava-1.5-lora
        # a model with images of 336 pixels, feature layer -2, mlp2x_gelu
        # convo-format --train
        --template vicuna_v1
        --image-position first
        # clip-encode
        --aspect pad
        # llava-train finetune
        --lora 128
        --lora-alpha 256
        --lora-dropout 0.05
        --lr 0.0002
        --projector-lr 2e-05
        --schedule cosine
        --warmup-ratio 0.03
        --weight-decay 0
        --betas 0.9,0.999
        --eps 1e-08
        --clip 0
        --loss-norm micro
        --epochs 1
        --micro-batch 16
        --accumulate 8
        --max-length 2048
        --seed 42
        --group-by-modality
        --save-every 50000
        --keep 1
        --precision bf16

        """)
    #expect(
      Recipe.v0Pretrain.options(of: .format).map(\.line) == [
        "--template llava_v0", "--compat reference-v0", "--image-position keep", "--image-markers",
      ])
  }
}

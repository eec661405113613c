// Contradictions between a tool's recipe and what a stream says.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Testing

@testable import Recipes

struct RecipeCheckTests {
  let own = Recipe.version15Finetune

  private func prompt(_ recipe: String?, template: String? = nil) -> JSONObject {
    var object = JSONObject()
    object["recipe"] = recipe.map { .string($0) }
    object["template"] = template.map { .string($0) }
    return object
  }

  private func check(_ own: Recipe?, header name: String? = nil, config: String? = nil)
    -> RecipeCheck
  {
    RecipeCheck(
      own: own, metadata: name.map { [("ts.x-recipe", $0), ("other", "1")] } ?? [], config: config)
  }

  @Test func agreementIsSilent() {
    let check = check(own, header: own.name, config: #"{"aspect":"pad","emit":"features"}"#)
    #expect(check.headerFailure() == nil)
    #expect(check.failure(prompt: prompt(own.name, template: "vicuna_v1")) == nil)
    #expect(check.failure(prompt: prompt(nil, template: "v1")) == nil)
    #expect(check.failure(prompt: nil) == nil)
    #expect(check.name == own.name)
  }

  @Test func anotherNameIsRefusedWithBoth() {
    let header = check(own, header: "llava-1.5-pretrain").headerFailure()
    let record = check(own).failure(prompt: prompt("llava-1.5-pretrain"))
    for failure in [header, record] {
      #expect(failure?.status == .mismatch)
      #expect(
        failure?.message == "expected records of the recipe llava-1.5-finetune, found some of"
          + " llava-1.5-pretrain")
      #expect(failure?.remedy?.contains("--recipe") == true)
    }
  }

  @Test func aHeaderHoldsItsRecordsToItsName() {
    let check = check(nil, header: own.name)
    #expect(check.headerFailure() == nil)
    #expect(check.failure(prompt: prompt("llava-v0-finetune"))?.code == "recipe/mismatch")
    #expect(check.failure(prompt: prompt(own.name, template: "plain"))?.code == "recipe/template")
  }

  /// What was encoded for full training is right for an adapter, and nothing else for another.
  @Test func recipesOfTheSameRecordsAgree() {
    for one in Recipe.all {
      for other in Recipe.all {
        let pair = Set([one.name, other.name])
        let agree = pair.count == 1 || pair == ["llava-1.5-finetune", "llava-1.5-lora"]
        #expect((check(one, header: other.name).headerFailure() == nil) == agree)
        #expect((check(one).failure(prompt: prompt(other.name)) == nil) == agree)
        #expect(one.makesSameRecords(as: other) == agree)
      }
    }
  }

  @Test func templatesAndImagesAreHeldToTheRecipe() {
    #expect(check(own).failure(prompt: prompt(nil, template: "plain"))?.status == .mismatch)
    let cropped = check(own, config: #"{"aspect":"crop"}"#).headerFailure()
    #expect(cropped?.status == .mismatch)
    #expect(cropped?.message.contains("by pad") == true)
    #expect(cropped?.message.hasSuffix("found crop") == true)
  }

  @Test(arguments: ["", "{", "[1]", #"{"aspect":7}"#, #"{"aspect":"anyres"}"#])
  func aConfigThatSaysNothingIsPassedOver(config: String) {
    #expect(check(own, config: config).headerFailure() == nil)
  }

  @Test func namesOfOthersTravel() {
    let check = check(nil, header: "my-recipe\u{7}")
    #expect(check.name == "my-recipe\u{7}")
    #expect(check.failure(prompt: prompt("my-recipe\u{7}", template: "anything")) == nil)
    let failure = check.failure(prompt: prompt("other"))
    #expect(failure?.status == .mismatch)
    #expect(failure?.message.contains("\u{7}") == false)
    #expect(RecipeCheck.name(inPrompt: prompt(String(repeating: "x", count: 129))) == nil)
    #expect(RecipeCheck.name(inPrompt: ["recipe": .int(7)]) == nil)
    #expect(RecipeCheck.name(inPrompt: prompt("")) == nil)
  }
}

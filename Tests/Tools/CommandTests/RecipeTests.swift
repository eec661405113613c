// A recipe travels from tool to tool, and what contradicts it ends the run.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import InputOutput
import JSON
import Streams
import TestSupport
import Testing

@Suite struct RecipeTests {
  static let record = """
    {"id":"a","image":"scene1.jpg","conversations":[{"from":"human","value":"What?\\n<image>"},\
    {"from":"gpt","value":"a blue triangle"}]}
    """
  static let records = """
    [\(record),{"id":"b","conversations":[{"from":"human","value":"Hi"},{"from":"gpt","value":"Hello."}]}]
    """

  /// `$T` is the tiny model, and the directory has `chat.json`, its first record, and the picture.
  private func run(_ script: String) throws -> ShellResult {
    let directory = try TemporaryDirectory()
    try FileManager.default.copyItem(
      atPath: "\(packageRoot)/examples/images/scene1.jpg", toPath: directory.file("scene1.jpg"))
    try directory.write(Self.records, to: "chat.json")
    try directory.write(Self.record, to: "one.json")
    return try Shell.bash(
      script, in: directory, environment: ["T": "\(packageRoot)/examples/tiny-llava"],
      timeout: 120)
  }

  /// The header, and the prompts of the records.
  private func read(_ result: ShellResult) throws -> (StreamHeader, [JSONObject]) {
    try #require(result.status == 0, "\(result.errors)")
    let reader = try TensorStreamReader(MemorySource(result.output, name: "stream"))
    var prompts: [JSONObject] = []
    while let record = try reader.next() {
      guard case .data(let data) = record else { continue }
      if let prompt = data.json?["prompt"]?.object { prompts.append(prompt) }
    }
    return (reader.header, prompts)
  }

  private func recipe(_ header: StreamHeader) -> String? {
    header.metadata.first { $0.key == "ts.x-recipe" }?.value
  }

  private func aspect(_ header: StreamHeader) throws -> String? {
    try JSONValue(parsing: Array((header.config ?? "").utf8)).object?["aspect"]?.string
  }

  @Test(arguments: [
    ("llava-v0-scienceqa", "llava_v0", "crop"), ("llava-1.5-pretrain", "plain", "crop"),
    ("llava-1.5-finetune", "vicuna_v1", "pad"), ("llava-1.5-lora", "vicuna_v1", "pad"),
  ])
  func itSetsTemplateAndPadding(name: String, template: String, way: String) throws {
    let (header, prompts) = try read(
      run("convo-format --train --recipe \(name) one.json | clip-encode -m $T --recipe \(name)"))
    #expect(recipe(header) == name)
    #expect(try aspect(header) == way)
    #expect(prompts.map { $0["template"]?.string } == [template])
    #expect(prompts.map { $0["recipe"]?.string } == [name])
  }

  @Test func withoutOneNothingIsCarried() throws {
    let (header, prompts) = try read(run("convo-format --train chat.json | clip-encode -m $T"))
    #expect(recipe(header) == nil)
    #expect(prompts.count == 2 && prompts.allSatisfy { $0["recipe"] == nil })
  }

  /// The first release kept images where the data have them, and put loss on its separators.
  @Test func theFirstReleaseIsWrittenAsItTrained() throws {
    let result = try run("convo-format --plain --train --recipe llava-v0-finetune chat.json")
    let prompt = try #require(try result.objects().first?["prompt"]?.object)
    let segments = try #require(prompt["segments"]?.array).compactMap(\.object)
    let texts = segments.map { $0["text"]?.string ?? $0["special"]?.string ?? "<image>" }
    #expect(
      texts.joined().hasSuffix(
        "\n\n### Human: What?\n<im_start><image><im_end>\n### Assistant: a blue triangle\n### "))
    #expect(segments.contains { $0["text"]?.string == "###" && $0["loss"]?.bool == true })
  }

  @Test func theEncoderAndTheProjectorPassItOn() throws {
    let (header, prompts) = try read(
      run(
        "convo-format --train --recipe llava-1.5-finetune chat.json"
          + " | clip-encode -m $T --aspect pad | llava-project -m $T"))
    #expect(header.content == "projected" && recipe(header) == "llava-1.5-finetune")
    #expect(prompts.count == 2)
  }

  @Test(arguments: [
    (
      "--recipe llava-1.5-finetune", "", "images made square by pad, as llava-1.5-finetune has"
    ),
    (
      "--recipe llava-1.5-finetune", "--recipe llava-1.5-pretrain",
      "expected records of the recipe llava-1.5-pretrain, found some of llava-1.5-finetune"
    ),
    ("", "--recipe llava-1.5-pretrain", "expected prompts of plain, as llava-1.5-pretrain has"),
  ])
  func aContradictionEndsTheRun(format: String, encode: String, says: String) throws {
    let result = try run(
      "convo-format -q --train \(format) chat.json | clip-encode -m $T \(encode) > out; "
        + "echo ${PIPESTATUS[*]}; tensor-view out > /dev/null 2>&1; echo $?")
    #expect(result.text == "0 6\n3\n", "\(result.errors)")
    #expect(result.errors.split(separator: "\n").count == 1)
    #expect(result.errors.contains(says) && result.errors.contains("(give "))
  }

  /// The second record's recipe is another than the header's.
  @Test func aLaterRecordIsHeldToTheHeader() throws {
    let result = try run(
      "for r in pretrain finetune; do convo-format --plain -q --recipe llava-1.5-$r --ask x"
        + " <(echo scene1.jpg); done | clip-encode -m $T > out; echo ${PIPESTATUS[*]}")
    #expect(result.text == "0 6\n")
    #expect(result.errors.contains("line 2 id=scene1.jpg: expected records of the recipe"))
  }

  /// Skips in front, and a recipe that somebody else has made.
  @Test func otherNamesPass() throws {
    let rename = "sed s/llava-1.5-lora/somebody/"
    let (header, prompts) = try read(
      run(
        "(printf '{\"id\":\"s\",\"skipped\":{\"code\":\"a/b\",\"message\":\"c\"}}\\n';"
          + " convo-format --plain --train --recipe llava-1.5-lora chat.json) | \(rename)"
          + " | (clip-encode -m $T || [ $? = 1 ])"))
    #expect(recipe(header) == "somebody")
    #expect(prompts.map { $0["recipe"]?.string } == ["somebody", "somebody"])
  }

  @Test(arguments: [
    "convo-format --recipe llava-1.5-lora --template plain",
    "convo-format --recipe llava-1.5-lora --template-for llava-1.5-7b-hf",
    "convo-format --recipe llava-1.5-lora --system x",
    "convo-format --recipe llava-1.5-lora --image-position keep",
    "convo-format --recipe llava-1.5-lora --image-markers",
    "convo-format --recipe llava-1.5-lora --compat reference-v0",
    "clip-encode -m $T --recipe llava-1.5-lora --aspect crop",
    "convo-format --recipe llava-2", "clip-encode --print-recipe",
  ])
  func optionsThatSaySomethingElseAreRefused(command: String) throws {
    let result = try run("echo scene1.jpg | \(command)")
    #expect(result.status == 2 && result.output.isEmpty)
    #expect(result.errors.contains("recipe") && result.errors.split(separator: "\n").count == 1)
  }

  @Test func optionsThatSayTheSameAreNot() throws {
    let result = try run(
      "convo-format --train --recipe llava-1.5-lora --template v1 --image-position first chat.json"
        + " | clip-encode -m $T --recipe llava-1.5-lora --aspect pad")
    #expect(recipe(try read(result).0) == "llava-1.5-lora")
  }

  /// What is printed can be pasted: it makes the same prompts, but for the name.
  @Test(arguments: ["llava-v0-finetune", "llava-1.5-pretrain", "llava-1.5-lora"])
  func whatIsPrintedCanBePasted(name: String) throws {
    let result = try run(
      """
      options=$(convo-format --recipe \(name) --print-recipe | sed -n '/^# convo/,/^# clip/p' \
        | grep -v '^#')
      cmp <(convo-format --plain --train --recipe \(name) one.json | sed 's/"recipe":"[^"]*",//') \
        <(convo-format --plain --train $options one.json)
      cmp <(convo-format --recipe \(name) --print-recipe) \
        <(clip-encode --recipe \(name) --print-recipe) && echo same
      """)
    #expect(result.text == "same\n" && result.errors.isEmpty, "\(result.text)\(result.errors)")
  }
}

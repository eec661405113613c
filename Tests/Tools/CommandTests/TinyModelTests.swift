// The bundled model sees: its captions and answers through the whole pipe are the expected ones.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import JSON
import TestSupport
import Testing

@Suite struct TinyModelTests {
  static let model = "\(packageRoot)/examples/tiny-llava"
  static let environment = [
    "LLAVA_MODEL": model, "IMAGES": "\(packageRoot)/examples/images",
  ]
  static let rest = "clip-encode --image-root $IMAGES | llava-project | vicuna-decode"

  @Test func theDemoCaptionsAreRight() throws {
    let expected = try String(
      contentsOfFile: "\(Self.model)/expected-captions.txt", encoding: .utf8
    )
    .split(separator: "\n").map { $0.split(separator: "\t").map(String.init) }
    #expect(expected.count == 6)
    let result = try Workbench.run(
      "(cd $IMAGES && ls *.jpg) | convo-format --ask 'Describe this image.' | \(Self.rest)",
      in: TemporaryDirectory(), environment: Self.environment)
    #expect(result.status == 0, "\(result.errors)")
    let found = try result.objects().map { [$0["image"]?.string ?? "", $0["text"]?.string ?? ""] }
    #expect(found == expected)
  }

  /// Colours, shapes, places and what is not there; held-out combinations among them.
  @Test(arguments: ["bf16", "f32"])
  func everyQuestionIsAnsweredRightly(precision: String) throws {
    let lines = try String(
      contentsOfFile: "\(Self.model)/expected-answers.jsonl", encoding: .utf8
    ).split(separator: "\n")
    let turns = try lines.map { try #require(JSONValue(parsing: Array($0.utf8)).object) }
    #expect(turns.count > 50)
    let directory = try TemporaryDirectory()
    try directory.write(
      turns.enumerated().map { index, turn in
        let image = turn["image"]?.string ?? ""
        let question = turn["question"]?.string ?? ""
        return #"{"id":"\#(index)","image":"\#(image)","#
          + #""conversations":[{"from":"human","value":"<image>\n\#(question)"}]}"# + "\n"
      }.joined(), to: "questions.jsonl")
    let rest = Self.rest.replacing(" |", with: " --precision \(precision) |")
    let result = try Workbench.run(
      "convo-format questions.jsonl | \(rest) --precision \(precision)", in: directory,
      environment: Self.environment)
    #expect(result.status == 0, "\(result.errors)")
    let found = try result.objects().map { $0["text"]?.string ?? "" }
    #expect(found == turns.map { $0["answer"]?.string ?? "none expected" })
  }
}

// The formats against the golden file, and LLaVA 1.5's by hand.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import ScienceQA
import Testing

@Suite struct PromptFormatTests {
  /// `make_scienceqa.py` wrote them by tables of its own; the command's tests compare whole files.
  @Test(arguments: ["QCM-LEPA", "CQM-A", "QCLEM-AL"])
  func recordsAreTheConverters(code: String) throws {
    let problems = try #require(golden("scienceqa-problems.json").object)
    let expected = try #require(
      golden("scienceqa-prompts.json").object?["shown"]?.object?[code]?.array)
    let format = try #require(PromptFormat(code: code))
    #expect(problems.members.count == 12 && expected.count == 12)
    for (member, record) in zip(problems.members, expected) {
      let problem = try Problem(id: member.key, member.value)
      #expect(.object(PromptRecipe(format: format).record(of: problem)) == record)
    }
  }

  /// Every code in both tasks, as whole files, by the digests that the script took of its own.
  @Test func filesAreTheConverters() throws {
    let problems = try #require(golden("scienceqa-problems.json").object)
    let digests = try #require(golden("scienceqa-prompts.json").object?["sha256"]?.object)
    #expect(digests.members.count == 80)
    for (code, expected) in digests.members {
      let format = try #require(PromptFormat(code: code))
      for task in RecordTask.allCases {
        let recipe = PromptRecipe(format: format, task: task)
        let records = try problems.members.map {
          JSONValue.object(recipe.record(of: try Problem(id: $0.key, $0.value)))
        }
        let file =
          task == .llava
          ? JSONValue.array(records).serializedAsPython(indent: 2)
          : records.flatMap { $0.serializedAsPython() + [0x0A] }
        var digest = SHA256()
        digest.update(file)
        #expect(digest.hexadecimal() == expected.object?[task.rawValue]?.string, "\(code) \(task)")
      }
    }
  }

  @Test func codesAreReadAndWritten() {
    #expect(PromptFormat.all.count == 81)
    for format in PromptFormat.all { #expect(PromptFormat(code: format.code) == format) }
    for code in ["", "QCM", "qcm-a", "QCM-A-", "QCM-", "-A", "QCM-P", "CQM-A-1.6", "QCM–A"] {
      #expect(PromptFormat(code: code) == nil, "\(code)")
    }
  }

  @Test func spacesAreReplacedOnceFromTheLeft() throws {
    let problem = try Problem(id: "1", entry(["question": .string("a  b   c    d")]))
    let halves = try #require(PromptFormat(code: "QCM-A")).halves(of: problem)
    #expect(halves.question == "a b  c  d\nContext: N/A\nOptions: (A) x (B) y (C) z")
    #expect(halves.answer == "The answer is B.")
  }

  @Test func lectureAndSolutionAreSwappedInTwoCodes() throws {
    let problem = try Problem(id: "1", entry())
    func answer(_ code: String) throws -> String {
      try #require(PromptFormat(code: code)).halves(of: problem).answer
    }
    #expect(try answer("QCM-AL") == "The answer is B. BECAUSE: S")
    #expect(try answer("QCM-AE") == "The answer is B. BECAUSE: L")
    #expect(try answer("QCM-ALE") == "The answer is B. BECAUSE: L S")
    #expect(try answer("QCM-LEPA") == "LECTURE: L\nSOLUTION: S\n###\nANSWER: B.")
  }

  @Test func nothingStandsBehindAnEmptyBecause() throws {
    let problem = try Problem(id: "1", entry(["lecture": .string("  "), "solution": .string("")]))
    let halves = try #require(PromptFormat(code: "QCMLE-ALE")).halves(of: problem)
    #expect(halves.answer == "The answer is B.")
    #expect(halves.question.hasSuffix("(C) z"))
    let test = try #require(PromptFormat(code: "CQM-LEPA")).halves(of: problem, isTest: true)
    #expect(test.answer == "Answer:")
    #expect(test.question.hasPrefix("Context: N/A\nQuestion: Which?\n"))
  }

  @Test func version15HasAFormOfItsOwn() throws {
    let format = try #require(PromptFormat(code: "CQM-A-1.5"))
    let bare = try Problem(id: "1", entry(["question": .string("Which   one?")]))
    #expect(format.halves(of: bare).question == "Which one?\nA. x\nB. y\nC. z")
    #expect(format.halves(of: bare).answer == "B")
    let full = try Problem(
      id: "9", entry(["hint": .string(" Look.\n"), "image": .string("image.png")]))
    let record = PromptRecipe(format: format, asksForLetter: true).record(of: full)
    #expect(record.keys == ["id", "image", "conversations"])
    #expect(record["image"] == .string("9/image.png"))
    #expect(
      record["conversations"]?.array?[0].object?["value"]?.string
        == "<image>\nContext: Look.\nWhich?\nA. x\nB. y\nC. z\n"
        + "Answer with the option's letter from the given choices directly.")
  }

  @Test func theSentenceStandsBeforeThePicture() throws {
    let problem = try Problem(id: "9", entry(["image": .string("image.png")]))
    let format = try #require(PromptFormat(code: "QCM-A"))
    let record = PromptRecipe(format: format, task: .jsonl, asksForLetter: true).record(of: problem)
    #expect(record.keys == ["id", "image", "instruction", "output"])
    #expect(record["instruction"]?.string?.hasSuffix("choices directly.\n<image>") == true)
  }
}

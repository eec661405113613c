// Reviews: what they are read from, what counts, which repeats which.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Judging
import Testing

@Suite struct ReviewTests {
  @Test func scoresBelongToTheAnswersWhateverTheOrder() throws {
    let straight = try JudgeReview(object(reply(1, "8 6.5\\nbecause")))
    #expect(straight.pair == ScorePair(reference: 8, candidate: 6.5))
    let exchanged = try JudgeReview(object(reply(1, "8 6.5", first: .candidate)))
    #expect(exchanged.pair == ScorePair(reference: 6.5, candidate: 8))
    #expect(straight.fault == nil)
  }

  @Test func reviewFilesOfTheReferenceAreRead() throws {
    let tuple = try JudgeReview(
      object(#"{"id":1,"question_id":5,"category":"conv","content":"1 2","tuple":[7.0,9]}"#))
    #expect(tuple.pair == ScorePair(reference: 7, candidate: 9))
    #expect(tuple.questionId == .int(5))
    let older = try JudgeReview(object(#"{"question_id":5,"text":"x","score":[7.5,8]}"#))
    #expect(older.pair == ScorePair(reference: 7.5, candidate: 8) && older.category == nil)
    let content = try JudgeReview(object(#"{"question_id":5,"category":"a","content":"3 4"}"#))
    #expect(content.pair == ScorePair(reference: 3, candidate: 4))
    let failed = try JudgeReview(
      object(#"{"question_id":5,"category":"a","content":"no","tuple":[-1,-1.0]}"#))
    #expect(failed.pair == nil && failed.fault?.code == "judge/unparsed")
  }

  @Test(arguments: [
    (#"{"question_id":1}"#, "chat/reply"), (#"{"question_id":1,"messages":[]}"#, "chat/reply"),
    (#"{"question_id":1,"text":5}"#, "chat/reply"),
    (#"{"question_id":1,"content":null}"#, "judge/review"),
    (#"{"question_id":1,"category":"a","tuple":[1]}"#, "judge/review"),
    (#"{"question_id":1,"category":"a","tuple":[1,2,3]}"#, "judge/review"),
    (#"{"question_id":1,"category":"a","tuple":["1","2"]}"#, "judge/review"),
    (#"{"question_id":1,"category":"a","tuple":null}"#, "judge/review"),
    (#"{"question_id":1,"score":7}"#, "judge/review"),
    (#"{"question_id":1,"category":7,"text":"1 2"}"#, "judge/review"),
    (#"{"question_id":1,"first":"second","text":"1 2"}"#, "judge/review"),
    (#"{"question_id":1,"repeat":0,"text":"1 2"}"#, "judge/review"),
    (#"{"question_id":1,"repeat":1.5,"text":"1 2"}"#, "judge/review"),
    (#"{"question_id":1,"reference_model":3,"text":"1 2"}"#, "judge/review"),
  ])
  func whatIsNoReviewIsRefused(_ line: String, _ code: String) throws {
    let failure = #expect(throws: Failure.self) { try JudgeReview(object(line)) }
    #expect(failure?.code == code && failure?.spoilsRecordOnly == true)
  }

  @Test(arguments: [
    ("8 9 10", "unparsed"), ("", "unparsed"), ("nan 5", "unparsed"), ("5 inf", "unparsed"),
    ("0 5", "out-of-range"), ("5 10.01", "out-of-range"), ("-1 -1", "out-of-range"),
    ("1 10", "scored"), ("1e1 1_0", "scored"),
  ])
  func onlyTwoScoresOnTheScaleCount(_ text: String, _ outcome: String) throws {
    let item = try #require(try reviews([[reply(1, text)]]).items.first)
    #expect(item.outcome.rawValue == outcome)
  }

  @Test func duplicatesAndModelsAreSeen() throws {
    var found = JudgeReviews()
    _ = try found.add(JudgeReview(object(reply(1, "8 9"))), file: 0)
    for (line, code) in [
      (reply(1, "1 1"), "judge/duplicate"), (#"{"text":"8 9"}"#, "judge/review"),
      (reply(2, "8 9", category: "all"), "judge/review"),
    ] {
      let failure = #expect(throws: Failure.self) {
        try found.add(JudgeReview(object(line)), file: 0)
      }
      #expect(failure?.code == code)
    }
    _ = try found.add(JudgeReview(object(reply(1, "8 9", first: .candidate))), file: 0)
    _ = try found.add(JudgeReview(object(reply(1, "8 9", number: 2))), file: 0)
    _ = try found.add(JudgeReview(object(reply(1, "8 9"))), file: 1)
    #expect(found.items.count == 4)
    let model = #"{"question_id":9,"candidate_model":"A","text":"8 9"}"#
    _ = try found.add(JudgeReview(object(model)), file: 1)
    let failure = #expect(throws: Failure.self) {
      let other = model.replacing("A", with: "B").replacing("9,", with: "10,")
      return try found.add(JudgeReview(object(other)), file: 1)
    }
    #expect(failure?.code == "judge/models" && failure?.spoilsRecordOnly == false)
    #expect(found.candidateModel == "A")
  }

  @Test func repeatsAreNumberedWithinAndAcrossFiles() throws {
    let first = [reply(1, "8 8"), reply(1, "8 8", number: 3), reply(2, "8 8")]
    let second = [reply(1, "8 8"), reply(3, "8 8")]
    let found = try reviews([first, second])
    // Question 3 is in the second file alone: there it is judged for the first time.
    #expect(found.items.map(\.round) == [1, 2, 1, 3, 1])
    #expect(found.roundSizes == [3, 1, 1])
    // Either order in a file of its own is one judgement in two orders.
    let halves = try reviews([[reply(1, "8 8")], [reply(1, "8 8", first: .candidate)]])
    #expect(halves.items.map(\.round) == [1, 1])
  }
}

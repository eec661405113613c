// Scores and summaries against vectors that the reference's scripts gave.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import JSON
import Judging
import TestSupport
import Testing

@Suite struct VectorTests {
  /// The vectors here, and those of the file that LLAVA_VECTORS names.
  private static func vectors(_ metric: String) throws -> [(input: JSONObject, expected: JSONValue)]
  {
    var paths = ["\(golden)/judge.json"]
    if let more = ProcessInfo.processInfo.environment["LLAVA_VECTORS"] { paths.append(more) }
    var found: [(JSONObject, JSONValue)] = []
    for path in paths {
      for value in try #require(try json(path).array) {
        guard value.object?["metric"]?.string == metric else { continue }
        found.append(
          (try #require(value.object?["input"]?.object), try #require(value.object?["expected"])))
      }
    }
    return found
  }

  @Test func reviewsAreParsedAsTheReferenceDoes() throws {
    let vectors = try Self.vectors("judge.parse")
    #expect(vectors.count >= 14)
    for (input, expected) in vectors {
      let review = try #require(input["review"]?.string)
      let pair = ScorePair(parsing: review) ?? .unparsed
      let numbers = [pair.reference, pair.candidate]
      let wanted = try #require(expected.array)
      for (number, want) in zip(numbers, wanted) {
        let value = want.double ?? Double(want.string ?? "")
        #expect(number == value || number.isNaN && value?.isNaN == true, "\(review)")
      }
    }
  }

  @Test func summariesAreRoundedAsTheReferenceDoes() throws {
    let vectors = try Self.vectors("judge.summary")
    #expect(vectors.count >= 5)
    for (input, expected) in vectors {
      let pairs = try #require(input["tuples"]?.array).map { value in
        let numbers = value.array?.compactMap(\.double) ?? []
        return ScorePair(reference: numbers[0], candidate: numbers[1])
      }
      let means = try #require(ScoreMeans(of: pairs))
      #expect(
        [means.relative, means.referenceTimesTen, means.candidateTimesTen]
          == expected.array?.map(\.double), "\(input)")
    }
  }

  /// Numbers and almost-numbers against what Python made of them.
  @Test func parsesAsPythonDoes() throws {
    let cases = try #require(try json("\(golden)/judge-golden.json").object?["parses"]?.array)
    #expect(cases.count == 600)
    var parsed = 0
    for value in cases {
      let (review, expected) = (try #require(value.array?[0].string), value.array?[1].array)
      let pair = ScorePair(parsing: review)
      #expect((pair == nil) == (expected == nil), "\(review.debugDescription)")
      guard let pair, let expected else { continue }
      parsed += 1
      #expect(
        ["\(pair.reference)", "\(pair.candidate)"] == expected.map(\.string),
        "\(review.debugDescription)")
    }
    #expect(parsed > 50)
  }

  @Test func summariesAreThoseOfPython() throws {
    let cases = try #require(try json("\(golden)/judge-golden.json").object?["summaries"]?.array)
    #expect(cases.count == 24)
    for value in cases {
      let pairs = try #require(value.object?["pairs"]?.array).map { value in
        ScorePair(
          reference: try #require(value.array?[0].double),
          candidate: try #require(value.array?[1].double))
      }
      #expect(ScoreMeans(of: pairs)?.line == value.object?["line"]?.string)
    }
  }

  @Test func noRelativeScoreWithoutAReference() {
    #expect(ScoreMeans(of: []) == nil)
    let zero = ScoreMeans(of: [ScorePair(reference: 0, candidate: 5)])
    #expect(zero?.relative == nil && zero?.line == nil && zero?.candidateTimesTen == 50)
    let poisoned = ScoreMeans(of: [ScorePair(reference: .nan, candidate: 5)])
    #expect(poisoned?.line == "nan nan 50.0")
  }
}

// What the tests of judging share: JSON texts, entries, and the golden file.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import InputOutput
import JSON
import Judging
import TestSupport
import Testing

func object(_ text: String) throws -> JSONObject {
  try #require(try JSONValue(parsing: Array(text.utf8)).object)
}

/// Entries of `lines`, which stand in a file `name`.
func entries(_ name: String, _ lines: [String]) throws -> [JudgeEntry] {
  try lines.enumerated().map {
    JudgeEntry(place: "\(name): line \($0.offset + 1)", try object($0.element))
  }
}

func json(_ path: String) throws -> JSONValue {
  try JSONValue(parsing: [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))))
}

/// Reviews read from `lines`, a list for each file.
func reviews(_ files: [[String]]) throws -> JudgeReviews {
  var reviews = JudgeReviews()
  for (file, lines) in files.enumerated() {
    for line in lines { _ = try reviews.add(JudgeReview(object(line)), file: file) }
  }
  reviews.finish()
  return reviews
}

/// A reply to a request of ours about question `id`.
func reply(
  _ id: Int, _ text: String, category: String = "conv", first: JudgeOrder = .reference,
  number: Int = 1
) -> String {
  #"{"id":"x","question_id":\#(id),"category":"\#(category)","first":"\#(first.rawValue)","#
    + #""repeat":\#(number),"text":"\#(text)"}"#
}

let golden = "\(packageRoot)/Tests/Golden/metrics"
let noDraws = Bootstrap(draws: 0, seed: 0)

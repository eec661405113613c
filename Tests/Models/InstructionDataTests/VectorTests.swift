// The reference's own corner cases: how boxes are printed and which replies can be read.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import InputOutput
import InstructionData
import JSON
import TestSupport
import Testing

/// `{"metric","input","expected"}`, as in Tests/Golden/metrics.
private struct Vector: CustomTestStringConvertible {
  let metric: String
  let input: JSONObject
  let expected: JSONValue

  var testDescription: String { JSONValue.object(input).serializedString }

  /// Those of ours, and of the file that LLAVA_VECTORS names.
  static let all: [Vector] = {
    let own = "\(packageRoot)/Tests/Golden/metrics/instruct.json"
    let more = ProcessInfo.processInfo.environment["LLAVA_VECTORS"]
    return [own, more].compactMap(\.self).flatMap(read)
  }()

  private static func read(_ path: String) -> [Vector] {
    let bytes = [UInt8](FileManager.default.contents(atPath: path) ?? Data())
    let items = (try? JSONValue(parsing: bytes))?.array ?? []
    return items.compactMap { item in
      guard let metric = item.object?["metric"]?.string, metric.hasPrefix("instruct."),
        let input = item.object?["input"]?.object, let expected = item.object?["expected"]
      else { return nil }
      return Vector(metric: metric, input: input, expected: expected)
    }
  }
}

@Suite struct VectorTests {
  @Test func vectorsAreThere() {
    #expect(Vector.all.count >= 14)
    #expect(Set(Vector.all.map(\.metric)).isSubset(of: ["instruct.box", "instruct.parse"]))
  }

  @Test(arguments: Vector.all.filter { $0.metric == "instruct.box" })
  fileprivate func boxesArePrintedAsTheReferenceDoes(_ vector: Vector) throws {
    let input = vector.input
    let box = try ImageBox(
      category: try #require(input["category"]?.string),
      numbers: try #require(input["bbox"]?.array).compactMap(\.double), form: .coco,
      width: input["width"]?.int, height: input["height"]?.int, keepsOutside: true)
    #expect(box.text == vector.expected.string)
  }

  @Test(arguments: Vector.all.filter { $0.metric == "instruct.parse" })
  fileprivate func repliesAreReadAsTheReferenceDoes(_ vector: Vector) throws {
    let text = try #require(vector.input["text"]?.string)
    let expected = try #require(vector.expected.object)
    switch Result(catching: { () throws(ReplyFault) in try ReplyParser.turns(text) }) {
    case .success(let turns):
      #expect(expected["error"] == nil)
      #expect(expected["turns"]?.int == turns.count)
      if let first = expected["first_question"]?.string { #expect(turns[0].question == first) }
      if let end = expected["last_answer_end"]?.string {
        #expect(turns[turns.count - 1].answer.hasSuffix(end))
      }
    case .failure(let fault): #expect(expected["error"]?.string == fault.text)
    }
  }
}

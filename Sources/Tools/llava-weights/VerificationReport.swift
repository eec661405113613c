// What verify found, as a table and as JSON.
// SPDX-License-Identifier: Apache-2.0
import Conversion
import InputOutput
import JSON
import ToolSupport

/// The result of a comparison, written out.
struct VerificationReport {
  private let parts: [PartComparison]
  private let first: String
  private let second: String

  init(_ parts: [PartComparison], first: String, second: String) {
    (self.parts, self.first, self.second) = (parts, first, second)
  }

  private var isEqual: Bool { parts.allSatisfy(\.hasSameNumbers) }

  /// A line for each tensor whose numbers differ, then one a part.
  var text: String {
    var text = ""
    for part in parts {
      for difference in part.differences where !difference.hasSameNumbers {
        text += "\(escapedForTerminal(difference.tensor))\t\(words(difference.kind))\n"
      }
    }
    for part in parts {
      let different = part.differences.filter { !$0.hasSameNumbers }.count
      let retyped = part.differences.count - different
      text += "\(part.part.name): \(counted(part.tensors, "tensor")), "
      switch part.presence {
      case .onlyInFirst: text += "only in \(escapedForTerminal(first))"
      case .onlyInSecond: text += "only in \(escapedForTerminal(second))"
      case .both: text += different == 0 ? "equal" : "\(different) different"
      }
      if retyped > 0 { text += ", \(retyped) in another type" }
      for (tensor, inFirst, inSecond) in part.extraRows {
        let (rows, side) = inFirst > 0 ? (inFirst, first) : (inSecond, second)
        text += "; \(escapedForTerminal(tensor)): \(counted(rows, "row")) only in"
        text += " \(escapedForTerminal(side))"
      }
      text += "\n"
    }
    return text
  }

  private func words(_ kind: TensorDifference.Kind) -> String {
    switch kind {
    case .onlyInFirst: "only in \(escapedForTerminal(first))"
    case .onlyInSecond: "only in \(escapedForTerminal(second))"
    case .shapes(let a, let b): "shape \(a) against \(b)"
    case .types(let a, let b): "the same numbers, \(a.rawValue) against \(b.rawValue)"
    case .values(let count, let total, let largest):
      "\(count) of \(counted(total, "element")) different, "
        + (largest.isFinite ? "by \(readable(largest)) at most" : "NaN or infinity among them")
    }
  }

  /// One object on a line.
  var json: String {
    let object: JSONObject = [
      "first": .string(first), "second": .string(second), "equal": .bool(isEqual),
      "parts": .array(parts.map { .object(members($0)) }),
    ]
    return JSONValue.object(object).serializedString + "\n"
  }

  private func members(_ part: PartComparison) -> JSONObject {
    let presence =
      switch part.presence {
      case .both: "both"
      case .onlyInFirst: "first"
      case .onlyInSecond: "second"
      }
    return [
      "part": .string(part.part.rawValue), "in": .string(presence),
      "equal": .bool(part.hasSameNumbers), "tensors": .int(part.tensors),
      "differences": .array(part.differences.map { .object(members($0)) }),
      "extra_rows": .array(
        part.extraRows.map { tensor, first, second in
          .object(["tensor": .string(tensor), "first": .int(first), "second": .int(second)])
        }),
    ]
  }

  private func members(_ difference: TensorDifference) -> JSONObject {
    var object: JSONObject = ["tensor": .string(difference.tensor)]
    switch difference.kind {
    case .onlyInFirst: object["difference"] = .string("only in first")
    case .onlyInSecond: object["difference"] = .string("only in second")
    case .shapes(let a, let b):
      object["difference"] = .string("shape")
      object["first"] = .array(a.map(JSONValue.int))
      object["second"] = .array(b.map(JSONValue.int))
    case .types(let a, let b):
      object["difference"] = .string("type")
      object["first"] = .string(a.rawValue)
      object["second"] = .string(b.rawValue)
    case .values(let count, let total, let largest):
      object["difference"] = .string("values")
      object["count"] = .int(count)
      object["total"] = .int(total)
      // JSON has no infinity: a NaN against a number.
      object["largest"] = largest.isFinite ? .double(largest) : .null
    }
    return object
  }
}

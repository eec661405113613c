// Headers and records as text or JSON.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Streams
import Tensors
import ToolSupport

/// How records are shown.
struct RecordView {
  enum Style { case text, json, ids }
  /// Only this tensor, if given.
  let tensor: String?
  /// How many of the first values to show.
  let values: Int
  let style: Style
  /// Whether ids and JSON must not steer a terminal; text never does.
  let isForTerminal: Bool

  func text(_ header: StreamHeader) -> String {
    let fields = [
      ("content", header.content), ("producer", header.producer), ("model", header.model),
      ("config", header.config), ("input", header.input),
    ]
    switch style {
    case .ids: return ""
    case .json:
      var object: JSONObject = ["kind": .string("header")]
      for case (let key, let value?) in fields { object[key] = .string(value) }
      object["schema"] = header.schema.json
      for (key, value) in header.metadata { object[key] = .string(value) }
      return shown(object)
    case .text:
      var lines = fields.compactMap { key, value in value.map { line(key, $0) } }
      for field in header.schema.fields {
        let sizes = field.shape.map { $0.map(String.init) ?? "any" }.joined(separator: ", ")
        lines.append(line("tensor", "\(field.name) \(field.elementType.rawValue) [\(sizes)]"))
      }
      lines += header.metadata.map { line($0.key, $0.value) }
      return lines.joined(separator: "\n") + "\n"
    }
  }

  private func line(_ key: String, _ value: String) -> String {
    let padding = String(repeating: " ", count: max(1, 10 - key.count))
    return escapedForTerminal("\(key)\(padding)\(value)")
  }

  func text(_ record: StreamRecord, in name: String) throws(Failure) -> String {
    switch (style, record) {
    case (.ids, _): return (isForTerminal ? escapedForTerminal(record.id) : record.id) + "\n"
    case (.text, .skip(let skip)):
      return escapedForTerminal(
        "\(skip.sequence)  \(skip.id)  skipped: \(skip.code): \(skip.message)") + "\n"
    case (.text, .data(let data)):
      var lines = [escapedForTerminal("\(data.sequence)  \(data.id)")]
      for (name, tensor) in try shown(data, name) { lines.append(text(name, tensor)) }
      return lines.joined(separator: "\n") + "\n"
    case (.json, .skip(let skip)):
      var object = start("skip", record, skip.json)
      object["skipped"] = skip.mark.json
      return shown(object)
    case (.json, .data(let data)):
      var object = start("data", record, data.json)
      var tensors: [JSONValue] = []
      for (name, tensor) in try shown(data, name) { tensors.append(json(name, tensor)) }
      object["tensors"] = .array(tensors)
      for (key, value) in data.metadata { object[key] = .string(value) }
      return shown(object)
    }
  }

  private func shown(_ object: JSONObject) -> String {
    let text = JSONValue.object(object).serializedString + "\n"
    return isForTerminal ? escapedJSONForTerminal(text) : text
  }

  func summary(_ reader: TensorStreamReader) -> String {
    guard style == .text else { return "" }
    return
      "complete: \(counted(reader.recordCount, "record")), \(reader.skippedCount) of them skipped\n"
  }

  private func start(_ kind: String, _ record: StreamRecord, _ json: JSONObject?) -> JSONObject {
    var object: JSONObject = [
      "kind": .string(kind), "sequence": .int(record.sequence), "id": .string(record.id),
    ]
    object["json"] = json.map(JSONValue.object)
    return object
  }

  private func shown(_ record: DataRecord, _ name: String) throws(Failure)
    -> [(name: String, tensor: Tensor)]
  {
    guard let wanted = tensor else { return record.tensors }
    guard let tensor = record[wanted] else {
      throw Failure(
        .mismatch, code: "view/no-tensor", at: name, "the records have no tensor '\(wanted)'")
    }
    return [(wanted, tensor)]
  }

  private func first(_ tensor: Tensor) -> [Double] {
    tensor.doubles(0..<min(values, tensor.count))
  }

  private func text(_ name: String, _ tensor: Tensor) -> String {
    let summary = TensorSummary(tensor)
    var text = "    \(name)  \(tensor.elementType.rawValue) \(tensor.shape)"
    if let low = summary.minimum, let high = summary.maximum, let mean = summary.mean {
      text += "  min \(readable(low))  max \(readable(high))  mean \(readable(mean))"
      text += "  std \(readable(summary.deviation ?? 0))"
    }
    if summary.notANumber > 0 { text += "  NaN \(summary.notANumber)" }
    if summary.infinite > 0 { text += "  infinite \(summary.infinite)" }
    let first = first(tensor).map { readable($0) }.joined(separator: " ")
    return first.isEmpty ? text : text + "  first \(first)"
  }

  private func json(_ name: String, _ tensor: Tensor) -> JSONValue {
    let summary = TensorSummary(tensor)
    let number = { (value: Double?) -> JSONValue in
      value.flatMap { $0.isFinite ? .double($0) : nil } ?? .null
    }
    return .object([
      "name": .string(name), "dtype": .string(tensor.elementType.rawValue),
      "shape": .array(tensor.shape.map(JSONValue.int)), "min": number(summary.minimum),
      "max": number(summary.maximum), "mean": number(summary.mean),
      "std": number(summary.deviation), "nan": .int(summary.notANumber),
      "infinite": .int(summary.infinite), "first": .array(first(tensor).map { number($0) }),
    ])
  }
}

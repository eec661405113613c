// Reading an untrusted header: everything is checked before it is used.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Tensors

extension SafetensorsHeader {
  /// Parses the whole image `file` and tells where its data begins.
  ///
  /// Throws `safetensors/cut`, `safetensors/header-too-large`, and what `parse(_:dataByteCount:)`
  /// throws.
  public static func parse(file: UnsafeRawBufferPointer, rules: SafetensorsRules = .checkpoint)
    throws(Failure) -> (header: SafetensorsHeader, dataOffset: Int)
  {
    guard file.count >= 8 else {
      throw cut("expected at least 8 bytes, found \(file.count)")
    }
    let length = UInt64(littleEndian: file.loadUnaligned(as: UInt64.self))
    guard length <= UInt64(file.count - 8) else {
      throw cut("the header claims \(length) bytes, the file has \(file.count)")
    }
    let count = Int(length)
    guard count <= rules.headerBytes else { throw tooLarge(length, rules) }
    let json = UnsafeRawBufferPointer(rebasing: file[8..<8 + count])
    return (try parse(json, dataByteCount: file.count - 8 - count, rules: rules), 8 + count)
  }

  /// Parses the JSON of a header whose image has `dataByteCount` bytes of data; nil: as many as the
  /// header says, which the caller compares with its own limit.
  ///
  /// Places count bytes from the beginning of the image, whose first 8 are the header's length.
  /// Throws codes `safetensors/json`, `/cut`, `/entry`, `/name`, `/dtype`, `/shape`, `/offsets`, `/layout`,
  /// `/metadata`, and with status 5 `/header-too-large` and `/too-many`.
  public static func parse(
    _ json: UnsafeRawBufferPointer, dataByteCount: Int?, rules: SafetensorsRules = .checkpoint
  ) throws(Failure) -> SafetensorsHeader {
    guard json.count <= rules.headerBytes else { throw tooLarge(UInt64(json.count), rules) }
    guard json.first == UInt8(ascii: "{") else {
      throw fault("json", "the header must start with {")
    }
    if rules.aligned, json.count % 8 != 0 {
      throw fault("layout", "the header's \(json.count) bytes are not a multiple of 8")
    }
    let members = try object(json, rules).members
    var entries: [Entry] = []
    var metadata: [(key: String, value: String)] = []
    guard members.count - 1 <= rules.tensors else {
      throw Failure(
        .limitExceeded, code: "safetensors/too-many",
        "expected at most \(rules.tensors) tensors, found \(members.count - 1) or more")
    }
    entries.reserveCapacity(members.count)
    for (key, value) in members {
      if key == "__metadata__" {
        metadata = try strings(value, rules)
      } else {
        entries.append(try entry(key, value, rules))
      }
    }
    entries.sort {
      ($0.byteRange.lowerBound, $0.byteRange.upperBound)
        < ($1.byteRange.lowerBound, $1.byteRange.upperBound)
    }
    try checkLayout(entries, dataByteCount, rules)
    return SafetensorsHeader(entries: entries, metadata: metadata)
  }

  static func fault(_ code: String, at place: String? = nil, _ message: String) -> Failure {
    Failure(.invalidInput, code: "safetensors/\(code)", at: place, message)
  }

  /// A type that no tensor may have here. Those of quantised checkpoints are told as such.
  static func unsupported(_ type: String, at place: String) -> Failure {
    var failure = fault("dtype", at: place, "the type \(quoted(type)) is not supported")
    let narrow = ["F8_", "F4", "F6_", "E8M0"]
    if narrow.contains(where: { type.utf8.starts(with: $0.utf8) }) {
      failure.remedy = "the weights are quantised: take the model's edition in BF16, F16 or F32"
    }
    return failure
  }

  static func cut(_ message: String) -> Failure {
    Failure(.invalidInput, code: "safetensors/cut", message, kind: .cut)
  }

  private static func tooLarge(_ length: UInt64, _ rules: SafetensorsRules) -> Failure {
    Failure(
      .limitExceeded, code: "safetensors/header-too-large",
      "expected at most \(rules.headerBytes) bytes of header, found \(length)")
  }

  private static func object(_ json: UnsafeRawBufferPointer, _ rules: SafetensorsRules)
    throws(Failure) -> JSONObject
  {
    do {
      // A tensor takes at most 14 values; the rest is room for metadata.
      let limit = rules.tensors * 16 + 4096
      let value = try JSONValue(parsing: json, depthLimit: 8, valueLimit: limit)
      if case .object(let object) = value { return object }
    } catch {
      throw fault("json", at: "byte \(8 + error.offset)", error.message)
    }
    throw fault("json", "the header must be an object")
  }

  private static func strings(_ value: JSONValue, _ rules: SafetensorsRules) throws(Failure)
    -> [(key: String, value: String)]
  {
    guard case .object(let object) = value else {
      throw fault("metadata", "__metadata__ must be an object of strings")
    }
    var strings: [(key: String, value: String)] = []
    for (key, value) in object.members {
      guard case .string(let text) = value else {
        throw fault("metadata", at: "__metadata__ \(quoted(key))", "expected a string")
      }
      guard text.utf8.count <= rules.metadataValueBytes else {
        throw Failure(
          .limitExceeded, code: "safetensors/metadata", at: "__metadata__ \(quoted(key))",
          "expected at most \(rules.metadataValueBytes) bytes, found \(text.utf8.count)")
      }
      strings.append((key, text))
    }
    return strings
  }

  /// A name for a message, short whatever the file says.
  static func quoted(_ name: String) -> String {
    let text = escapedForTerminal(name.prefix(bytes: 100))
    return name.utf8.count <= 100 ? "'\(text)'" : "'\(text)…'"
  }
}

// The reserved metadata keys of each kind of record, and the rules for their values.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Safetensors

/// The four kinds of record.
enum RecordKind: String {
  case header, data, skip, end

  var required: [String] {
    switch self {
    case .header: ["ts.version", "ts.content", "ts.schema", "ts.producer"]
    case .data: ["id"]
    case .skip: ["id", "ts.error"]
    case .end: ["ts.records", "ts.skipped", "ts.bytes"]
    }
  }

  var optional: [String] {
    switch self {
    case .header: ["ts.model", "ts.config", "ts.input"]
    case .data: ["json"]
    case .skip: ["json", "ts.message"]
    case .end: ["ts.sha256"]
    }
  }
}

/// The metadata of one record, checked.
struct RecordMetadata {
  let kind: RecordKind
  let sequence: Int
  /// The reserved keys of the kind.
  private let reserved: [String: String]
  let user: StreamMetadata

  /// Throws `stream/metadata`, `stream/kind`, `stream/unknown-key` or `stream/version`.
  init(_ header: SafetensorsHeader) throws(Failure) {
    guard let kindName = header.metadata("ts.kind") else {
      throw Self.fault("kind", "the record has no ts.kind: this is not a tensor stream")
    }
    guard let kind = RecordKind(rawValue: kindName) else {
      throw Self.fault("kind", "the kind '\(kindName.prefix(bytes: 100))' is not known")
    }
    let known = ["ts.kind", "ts.seq"] + kind.required + kind.optional
    var reserved: [String: String] = [:]
    var user: StreamMetadata = []
    for (key, value) in header.metadata {
      if known.contains(key) {
        reserved[key] = value
      } else if key.utf8.starts(with: "ts.".utf8), !key.utf8.starts(with: "ts.x-".utf8) {
        throw Self.fault(
          "unknown-key",
          "the key '\(key.prefix(bytes: 100))' has no meaning in a \(kind.rawValue) record")
      } else {
        user.append((key, value))
      }
    }
    if kind == .header, reserved["ts.version"] != "1" {
      throw Self.fault("version", "expected version 1 of the tensor stream")
    }
    for key in kind.required where reserved[key] == nil {
      throw Self.fault("metadata", "a \(kind.rawValue) record needs \(key)")
    }
    self.kind = kind
    self.reserved = reserved
    self.user = user
    sequence = try Self.integer("ts.seq", reserved["ts.seq"])
    guard kind == .header || kind == .data || header.entries.isEmpty else {
      throw Self.fault("tensors", "a \(kind.rawValue) record must have no tensors")
    }
    if kind == .header, !header.entries.isEmpty {
      throw Self.fault("tensors", "a header must have no tensors")
    }
  }

  subscript(key: String) -> String? { reserved[key] }

  func integer(_ key: String) throws(Failure) -> Int { try Self.integer(key, reserved[key]) }

  /// The record's id. Throws `stream/id`.
  func id() throws(Failure) -> String {
    let id = reserved["id"] ?? ""
    let isControl = { (byte: UInt8) in byte < 0x20 || byte == 0x7f }
    guard (1...longestIdentifier).contains(id.utf8.count), !id.utf8.contains(where: isControl)
    else {
      throw Self.fault("id", "an id must have 1 to 1024 bytes and no control characters")
    }
    return id
  }

  /// The record's source object. Throws `stream/json`.
  func json() throws(Failure) -> JSONObject? {
    guard let text = reserved["json"] else { return nil }
    do {
      let value = try JSONValue(parsing: Array(text.utf8))
      if let object = value.object, !text.utf8.contains(where: { $0 < 0x20 }) { return object }
    } catch {
      throw Self.fault("json", "json, byte \(error.offset): \(error.message)")
    }
    throw Self.fault("json", "json must be an object without control characters")
  }

  private static func integer(_ key: String, _ text: String?) throws(Failure) -> Int {
    guard let text, !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      text == "0" || !text.hasPrefix("0"), let value = Int(text)
    else { throw fault("metadata", "\(key) must be a plain decimal integer") }
    return value
  }

  static func fault(_ code: String, _ message: String) -> Failure {
    Failure(.invalidInput, code: "stream/\(code)", message)
  }
}

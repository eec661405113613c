// The contents of a tensor stream: a header, then records with tensors or the reason for none.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Records
import Tensors

/// User data beside the reserved keys: strings by name, in their order.
public typealias StreamMetadata = [(key: String, value: String)]

/// The first record: what all the others are.
public struct StreamHeader: Sendable {
  /// `clip-features`, `projected`, `pixels`, `logits` …; llava-stream(5) lists them.
  public var content: String
  public var schema: StreamSchema
  /// The tool and its version: `clip-encode/0.1.0`.
  public var producer: String
  /// `sha256:…` of the checkpoint.
  public var model: String?
  /// JSON of every setting that changes the numbers.
  public var config: String?
  /// The `digest` of the header of the stream that this one was made from.
  public var input: String?
  public var metadata: StreamMetadata
  /// The key of `metadata` that names the recipe which the stream was made by.
  public static let recipeKey = "ts.x-recipe"

  /// SHA-256 of this header as it was read; nil in a header that was not.
  public internal(set) var digest: String?

  public init(
    content: String, schema: StreamSchema, producer: String, model: String? = nil,
    config: String? = nil, input: String? = nil, metadata: StreamMetadata = []
  ) {
    self.content = content
    self.schema = schema
    self.producer = producer
    self.model = model
    self.config = config
    self.input = input
    self.metadata = metadata
  }

  /// The content in quotation marks, short and safe for a message.
  public var shownContent: String {
    "'\(escapedForTerminal(String(content.unicodeScalars.prefix(64).map(Character.init))))'"
  }

  /// The recipe's name, where the header has one.
  var recipe: String? { metadata.first { $0.key == Self.recipeKey }?.value }
}

/// A record with tensors.
public struct DataRecord: Sendable {
  /// 0 for the header, then one more for each record.
  public let sequence: Int
  public let id: String
  /// The source object, if the record carries it.
  public let json: JSONObject?
  /// In the order of their bytes: descending element size, then by name.
  public let tensors: [(name: String, tensor: Tensor)]
  public let metadata: StreamMetadata

  /// The tensor called `name`, which is there if the header's schema has it.
  public subscript(name: String) -> Tensor? {
    tensors.first { $0.name.utf8.elementsEqual(name.utf8) }?.tensor
  }
}

extension DataRecord {
  /// The rows of each image in the tensor `name` [rows, width], as many as `image_rows` says; nil where
  /// these counts do not add up to all of its rows.
  public func images(of name: String) -> [Tensor]? {
    guard let rows = self[name], let counts = self["image_rows"] else { return nil }
    let numbers = counts.withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count, by: 4).map {
        Int(bytes.loadUnaligned(fromByteOffset: $0, as: Int32.self))
      }
    }
    guard numbers.allSatisfy({ $0 >= 0 }), checkedSum(numbers) == rows.shape[0] else { return nil }
    var start = 0
    return numbers.map { count in
      defer { start += count }
      return rows.rows(start..<start + count)
    }
  }
}

/// A skip record: it keeps the position of a record that could not be made, with the reason.
public struct SkipRecord: Sendable {
  public let sequence: Int
  public let id: String
  public let json: JSONObject?
  /// A stable code such as `image/truncated`.
  public let code: String
  public let message: String
  public let metadata: StreamMetadata
}

/// A record as the reader gives it.
public enum StreamRecord: Sendable {
  case data(DataRecord)
  case skip(SkipRecord)

  public var id: String {
    switch self {
    case .data(let record): record.id
    case .skip(let record): record.id
    }
  }

  public var sequence: Int {
    switch self {
    case .data(let record): record.sequence
    case .skip(let record): record.sequence
    }
  }
}

extension StreamRecord {
  /// The record that was read from `input`; without members where it carries no source object.
  public func record(of input: String) -> Record {
    let json =
      switch self {
      case .data(let record): record.json
      case .skip(let record): record.json
      }
    return Record(json ?? JSONObject(), id: id, place: "\(input): record \(sequence)")
  }
}

extension SkipRecord {
  public var mark: SkipMark { SkipMark(code: code, message: message) }
}

/// `text` as an id: control characters escaped, at most 1024 bytes, `record-N` if empty.
public func streamIdentifier(_ text: String, sequence: Int) -> String {
  let escaped = escapedForTerminal(text)
  guard !escaped.isEmpty else { return "record-\(sequence)" }
  var bytes = 0
  return String(
    String.UnicodeScalarView(
      escaped.unicodeScalars.prefix {
        bytes += String($0).utf8.count
        return bytes <= longestIdentifier
      }))
}

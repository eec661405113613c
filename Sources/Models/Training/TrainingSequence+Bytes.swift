// Sequences as rank 0 deals them out.
// SPDX-License-Identifier: Apache-2.0
import Decoders
import InputOutput
import JSON
import Tensors

extension TrainingSequence {
  private static let lengthBytes = 8

  /// Micro-batches as bytes: the length of a JSON text, the text, and the tensors that it describes.
  public static func bytes(_ microBatches: [[TrainingSequence]]) -> [UInt8] {
    let description = JSONValue.array(microBatches.map { .array($0.map(\.json)) }).serialized()
    let length = UInt64(description.count)
    var bytes = (0..<lengthBytes).map { UInt8(truncatingIfNeeded: length >> (8 * UInt64($0))) }
    bytes += description
    for part in microBatches.joined().flatMap(\.parts) {
      switch part {
      case .tokens: break
      case .image(let tensor), .pixels(let tensor, _):
        tensor.withUnsafeBytes { bytes.append(contentsOf: $0) }
      }
    }
    return bytes
  }

  /// What `bytes` made bytes of. Throws `internal/dealt` for anything else, and `AllocationError`.
  public static func microBatches(_ bytes: [UInt8]) throws -> [[TrainingSequence]] {
    let length = bytes.prefix(lengthBytes).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard bytes.count >= lengthBytes, length <= UInt64(bytes.count - lengthBytes),
      let list = (try? JSONValue(parsing: Array(bytes[lengthBytes..<lengthBytes + Int(length)])))?
        .array
    else { throw fault }
    var rest = bytes[(lengthBytes + Int(length))...]
    let made = try list.map { batch in
      guard let objects = batch.array else { throw fault }
      return try objects.map { try TrainingSequence($0, &rest) }
    }
    guard rest.isEmpty else { throw fault }
    return made
  }

  private static let fault = Failure(
    .internalError, code: "internal/dealt", "rank 0 has dealt out what is not a record",
    remedy: "start all ranks with the same llava-train")

  private var json: JSONValue {
    .object([
      "id": .string(id), "parts": .array(parts.map(\.json)),
      "numbers": .array(imageNumbers.map { .int($0) }), "full_length": .int(fullLength),
      "targets": .array(targets.map { .array([.int(Int($0.row)), .int(Int($0.label))]) }),
    ])
  }

  private init(_ value: JSONValue, _ bytes: inout ArraySlice<UInt8>) throws {
    guard let object = value.object, let id = object["id"]?.string,
      let parts = object["parts"]?.array, let numbers = object["numbers"]?.array,
      let fullLength = object["full_length"]?.int, let targets = object["targets"]?.array
    else { throw Self.fault }
    self.id = id
    self.parts = try parts.map { part in
      guard let made = try Part(part, &bytes) else { throw Self.fault }
      return made
    }
    imageNumbers = numbers.compactMap(\.int)
    self.targets = try targets.map { target in
      let pair = (target.array ?? []).compactMap(\.int)
      guard pair.count == 2 else { throw Self.fault }
      return Target(row: Int32(clamping: pair[0]), label: Int32(clamping: pair[1]))
    }
    length = self.parts.reduce(0) { $0 + $1.length }
    self.fullLength = fullLength
  }
}

extension TrainingSequence.Part {
  fileprivate var json: JSONValue {
    switch self {
    case .tokens(let ids): .object(["tokens": .array(ids.map { .int(Int($0)) })])
    case .image(let rows): .object(Self.description(rows))
    case .pixels(let image, let rows):
      .object(
        {
          var object = Self.description(image)
          object["rows"] = .int(rows)
          return object
        }())
    }
  }

  private static func description(_ tensor: Tensor) -> JSONObject {
    [
      "type": .string(tensor.elementType.rawValue),
      "shape": .array(tensor.shape.map { .int($0) }),
    ]
  }

  /// Takes the tensor's bytes off `bytes`; nil where they do not fit.
  fileprivate init?(_ value: JSONValue, _ bytes: inout ArraySlice<UInt8>) throws {
    guard let object = value.object else { return nil }
    if let ids = object["tokens"]?.array {
      self = .tokens(ids.compactMap { $0.int.map { Int32(clamping: $0) } })
      return
    }
    guard let type = object["type"]?.string.flatMap(ElementType.init),
      let shape = object["shape"]?.array?.compactMap(\.int), shape.allSatisfy({ $0 >= 0 }),
      let count = checkedProduct(shape + [type.byteWidth]), count <= bytes.count
    else { return nil }
    let tensor = try bytes.prefix(count).withUnsafeBytes {
      try Tensor(type, shape: shape, copying: $0)
    }
    bytes = bytes.dropFirst(count)
    self = object["rows"]?.int.map { .pixels(tensor, rows: $0) } ?? .image(tensor)
  }
}

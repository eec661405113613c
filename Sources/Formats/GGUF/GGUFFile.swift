// A memory-mapped GGUF file, llama.cpp's format for weights and settings.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Tensors

/// The metadata and the tensors of one GGUF file of version 2 or 3 (reference: ggml's docs/gguf.md).
///
/// Nothing is copied: metadata values and blocks of weights stay in the memory-mapped file, which lives as
/// long as any of them. Every number is checked before it is used: lengths and counts against the
/// bytes that are left, so that no file asks for more memory than a multiple of its own header.
public final class GGUFFile: Sendable {
  public let path: String
  public let file: MappedFile
  public let version: Int
  /// The keys of the metadata in their order.
  public let keys: [String]
  /// In the order of their bytes.
  public let tensors: [GGUFTensor]
  private let values: [String: GGUFValue]
  private let data: TensorStorage

  private static let keyLimit = 1 << 16
  private static let valueLimit = 1 << 16
  private static let tensorLimit = 1 << 17
  /// The key, a type and a value of one byte.
  private static let smallestValue = 8 + 1 + 4 + 1

  /// Throws codes `gguf/…` for a damaged or inconsistent file, and `io/…` or `file/…` when there is
  /// no such regular file.
  public convenience init(path: String) throws(Failure) {
    try self.init(MappedFile(path: path))
  }

  /// As `init(path:)`, of a file that is mapped already.
  public init(_ file: MappedFile) throws(Failure) {
    self.file = file
    path = file.path
    do throws(Failure) {
      let parsed = try file.withRandomAccess { () throws(Failure) in try Parsed(file) }
      (version, keys) = (parsed.version, parsed.keys)
      (values, tensors) = (parsed.values, parsed.tensors)
    } catch {
      throw error.at(file.path)
    }
    data = TensorStorage(borrowing: file.bytes, owner: file)
  }

  /// Whether `bytes` are of this format, of whatever version.
  public static func isFormat(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.starts(with: "GGUF".utf8)
  }

  /// The value under `key`.
  public subscript(key: String) -> GGUFValue? { values[key] }

  /// The bytes of `tensor`, one of `tensors`, as a matrix in the file: its first dimension are rows,
  /// the others together columns; a vector is one row.
  public func weight(_ tensor: GGUFTensor, rowOrder: RowOrder? = nil) -> Weight? {
    let isVector = tensor.shape.count < 2
    return Weight(
      rows: isVector ? 1 : tensor.shape[0],
      columns: tensor.shape.dropFirst(isVector ? 0 : 1).reduce(1, *), format: tensor.format,
      rowOrder: rowOrder, storage: data, byteOffset: tensor.byteRange.lowerBound)
  }

  /// The elements of `tensor`, one of `tensors`, as numbers that stand alone: a view of the mapping
  /// where they do; a copy of those that are misaligned or whose rows must be put in order; blocks
  /// decoded to F32. Throws `AllocationError`.
  public func values(_ tensor: GGUFTensor, rowOrder: RowOrder? = nil) throws(AllocationError)
    -> Tensor
  {
    let offset = tensor.byteRange.lowerBound
    guard let type = ElementType(rawValue: tensor.format.name) else {
      guard let weight = weight(tensor, rowOrder: rowOrder) else {
        throw AllocationError(byteCount: tensor.byteRange.count)
      }
      return try weight.decoded().reshaped(tensor.shape)
    }
    if rowOrder == nil, offset % type.byteWidth == 0 {
      return Tensor(type, shape: tensor.shape, storage: data, byteOffset: offset)
    }
    let rows = tensor.shape[0]
    let columns = tensor.shape.dropFirst().reduce(1, *)
    let head = rowOrder?.headWidth ?? 2
    guard rowOrder != nil, rows % head == 0 else {
      return try Tensor(
        type, shape: [rows, columns], strides: [columns, 1], copying: data, byteOffset: offset
      ).reshaped(tensor.shape)
    }
    return try Tensor(
      type, shape: [rows / head, 2, head / 2, columns],
      strides: [head * columns, columns, 2 * columns, 1], copying: data, byteOffset: offset
    ).reshaped(tensor.shape)
  }

  /// Throws `file/changed` if the file is not the one that was mapped.
  public func verifyUnchanged() throws(Failure) { try file.verifyUnchanged() }
}

extension GGUFFile {
  /// All that is known of a file's bytes; reads no tensor.
  struct Parsed {
    let version: Int
    var keys: [String] = []
    var values: [String: GGUFValue] = [:]
    let tensors: [GGUFTensor]

    init(_ file: MappedFile) throws(Failure) {
      var reader = GGUFReader(file.bytes)
      version = try Self.version(&reader)
      let tensorCount = try Self.count(
        &reader, "tensors", limit: tensorLimit, size: GGUFTensor.smallestDescription)
      let valueCount = try Self.count(&reader, "values", limit: valueLimit, size: smallestValue)
      for _ in 0..<valueCount {
        let place = reader.position
        let key = try reader.name("a key", limit: keyLimit)
        let value: GGUFValue
        do throws(Failure) { value = try GGUFValue(&reader, in: file) } catch {
          throw error.at("key \(key.prefix(bytes: 100))")
        }
        guard values.updateValue(value, forKey: key) == nil else {
          throw GGUFReader.fault(
            "duplicate", at: place, "the key \(key.prefix(bytes: 100)) is there twice")
        }
        keys.append(key)
      }
      let alignment = try Self.alignment(values["general.alignment"])
      var descriptions: [GGUFTensor.Description] = []
      var names: Set<String> = []
      for _ in 0..<tensorCount {
        let place = reader.position
        let tensor = try GGUFTensor.Description(&reader, alignment: alignment)
        guard names.insert(tensor.name).inserted else {
          throw GGUFReader.fault("duplicate", at: place, "tensor \(tensor.name) is there twice")
        }
        descriptions.append(tensor)
      }
      guard let start = GGUFTensor.padded(reader.position, to: alignment) else {
        throw GGUFReader.fault("size", at: reader.position, "the header is too large")
      }
      tensors = try GGUFTensor.placed(
        descriptions, from: descriptions.isEmpty ? reader.position : start, alignment: alignment,
        fileSize: file.bytes.count)
    }

    private static func version(_ reader: inout GGUFReader) throws(Failure) -> Int {
      guard isFormat(reader.bytes) else {
        throw Failure(
          .invalidInput, code: "gguf/signature", "expected a GGUF file, found another",
          remedy: "check that the file is a GGUF file and was fetched whole", kind: .otherFormat)
      }
      _ = try reader.take(4)
      let version = try reader.next(UInt32.self)
      if version == 2 || version == 3 { return Int(version) }
      let found =
        version.byteSwapped == 2 || version.byteSwapped == 3
        ? "a file for big-endian machines" : "version \(version)"
      throw Failure(
        .mismatch, code: "gguf/version", "expected GGUF of version 2 or 3, found \(found)",
        remedy: "take an edition of the model that a newer llama.cpp made")
    }

    /// A number of things that take `size` bytes each at least.
    private static func count(
      _ reader: inout GGUFReader, _ things: String, limit: Int, size: Int
    ) throws(Failure) -> Int {
      let place = reader.position
      let count = try reader.size("a number of \(things)")
      guard count <= limit, count <= reader.left / size else {
        throw GGUFReader.fault(
          "size", at: place,
          "\(count) \(things) are more than \(min(limit, reader.left / size)), for which there is"
            + " room")
      }
      return count
    }

    private static func alignment(_ value: GGUFValue?) throws(Failure) -> Int {
      guard let value else { return 32 }
      guard value.type == .u32, let alignment = value.integer, (8...65_536).contains(alignment),
        alignment.nonzeroBitCount == 1
      else {
        throw Failure(
          .invalidInput, code: "gguf/alignment", at: "key general.alignment",
          "expected a power of two from 8 to 65536 as u32, found "
            + (value.integer.map { "\($0) as \(value.type.name)" } ?? "another value"),
          remedy: "fetch the file again, or take another edition")
      }
      return alignment
    }
  }
}

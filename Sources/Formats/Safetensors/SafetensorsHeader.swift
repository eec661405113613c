// The header of a safetensors image: which tensors there are and where their bytes lie.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Tensors

/// Names, types, shapes and byte ranges of tensors, and the free-form metadata beside them.
///
/// An image is `u64le N | N bytes of JSON | data`; every byte of the data belongs to one tensor.
public struct SafetensorsHeader: Sendable {
  /// One tensor.
  public struct Entry: Equatable, Sendable {
    public let name: String
    public let elementType: ElementType
    public let shape: [Int]
    /// Where the bytes lie, counted from the start of the data.
    public let byteRange: Range<Int>

    public init(name: String, elementType: ElementType, shape: [Int], byteRange: Range<Int>) {
      self.name = name
      self.elementType = elementType
      self.shape = shape
      self.byteRange = byteRange
    }
  }

  /// In the order of their bytes.
  public let entries: [Entry]
  /// The members of `__metadata__`, all strings, in their order.
  public let metadata: [(key: String, value: String)]

  init(entries: [Entry], metadata: [(key: String, value: String)]) {
    self.entries = entries
    self.metadata = metadata
  }

  /// The number of data bytes, which the entries cover without a hole.
  public var dataByteCount: Int { entries.last?.byteRange.upperBound ?? 0 }

  public subscript(name: String) -> Entry? {
    entries.first { $0.name.utf8.elementsEqual(name.utf8) }
  }

  /// The value of the metadata member `key`.
  public func metadata(_ key: String) -> String? {
    metadata.first { $0.key.utf8.elementsEqual(key.utf8) }?.value
  }
}

/// What a header may hold; stricter for streams, which we write ourselves, than for checkpoints.
public struct SafetensorsRules: Sendable {
  /// The most bytes of JSON.
  public var headerBytes: Int
  public var tensors: Int
  public var rank = 8
  /// The product of a shape's non-zero sizes must be below this.
  public var elements = 1 << 48
  public var nameBytes: Int
  /// Only `A-Z a-z 0-9 . _ / -` in names.
  public var plainNames: Bool
  /// Tensors begin at multiples of their element's size, and the data at a multiple of 8.
  public var aligned: Bool
  /// Whether an entry may have members beyond dtype, shape and data_offsets.
  public var unknownFields: Bool
  public var metadataValueBytes: Int

  /// Files that others wrote: as lax as safetensors itself only where that is harmless.
  public static let checkpoint = SafetensorsRules(
    headerBytes: 100_000_000, tensors: 65_536, nameBytes: 1024, plainNames: false, aligned: false,
    unknownFields: true, metadataValueBytes: 16 << 20)

  /// Records of Tensor Stream 1.
  public static let stream = SafetensorsRules(
    headerBytes: 1 << 20, tensors: 1024, nameBytes: 256, plainNames: true, aligned: true,
    unknownFields: false, metadataValueBytes: 256 << 10)
}

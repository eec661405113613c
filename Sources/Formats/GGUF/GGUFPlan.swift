// A GGUF file that will be written: its metadata, its tensors, and then their bytes one after the other.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Tensors

/// The header of a file of version 3 (reference: ggml's docs/gguf.md), and the order of what follows.
public struct GGUFPlan: Sendable {
  /// A tensor that will be written.
  public struct Tensor: Equatable, Sendable {
    public let name: String
    public let format: WeightFormat
    /// Row-major: the last size is that of a row.
    public let shape: [Int]
    /// Bytes of its elements, without padding.
    public let byteCount: Int

    /// The last size must be whole blocks, and the name what readers take: both are ours.
    public init(_ name: String, _ format: WeightFormat, shape: [Int]) {
      guard let row = shape.last.flatMap(format.byteCount),
        let byteCount = checkedProduct([row] + shape.dropLast()),
        (1..<GGUFTensor.nameLimit).contains(name.utf8.count)
      else { preconditionFailure("\(name) of \(format.name) \(shape)") }
      (self.name, self.format, self.shape, self.byteCount) = (name, format, shape, byteCount)
    }
  }

  public var settings: [(key: String, value: GGUFSetting)]
  public var tensors: [Tensor]

  /// The format's own default.
  public static let alignment = 32

  public init(settings: [(key: String, value: GGUFSetting)], tensors: [Tensor]) {
    (self.settings, self.tensors) = (settings, tensors)
  }

  /// The value under `key`.
  public subscript(key: String) -> GGUFSetting? { settings.first { $0.key == key }?.value }

  /// The size of all tensors in bytes, without header and padding.
  public var byteCount: Int { tensors.reduce(0) { $0 + $1.byteCount } }

  /// Everything before the first tensor's bytes.
  var header: [UInt8] {
    var bytes = Array("GGUF".utf8) + GGUFSetting.number(UInt32(3))
    bytes += GGUFSetting.number(UInt64(tensors.count))
    bytes += GGUFSetting.number(UInt64(settings.count))
    for (key, value) in settings { bytes += GGUFSetting.encoded(key) + value.bytes }
    var offset = 0
    for tensor in tensors {
      bytes += GGUFSetting.encoded(tensor.name)
      bytes += GGUFSetting.number(UInt32(tensor.shape.count))
      for size in tensor.shape.reversed() { bytes += GGUFSetting.number(UInt64(size)) }
      bytes += GGUFSetting.number(Self.numbers[tensor.format] ?? 0)
      bytes += GGUFSetting.number(UInt64(offset))
      offset += tensor.byteCount + Self.padding(tensor.byteCount)
    }
    return bytes + [UInt8](repeating: 0, count: Self.padding(bytes.count))
  }

  private static let numbers = Dictionary(
    uniqueKeysWithValues: GGUFTensor.formats.map { ($0.value, $0.key) })

  private static func padding(_ count: Int) -> Int { (alignment - count % alignment) % alignment }

  /// Writes the header to `file`, then lets `body` write each tensor's `byteCount` bytes there, and
  /// finishes the file. Throws what writing throws.
  public func write(
    to file: any ByteSink, _ body: (Tensor) throws(Failure) -> Void
  ) throws(Failure) {
    try file.write(header)
    for tensor in tensors {
      try body(tensor)
      try file.write([UInt8](repeating: 0, count: Self.padding(tensor.byteCount)))
    }
    try file.finish()
  }
}

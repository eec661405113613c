// The formats of weights in files: rows of one table, which the kernels share.
// SPDX-License-Identifier: Apache-2.0
import CKernels

/// How the elements of a weight are stored: in blocks, each with the same number of bytes.
///
/// The table is that of CKernels (`formats_template.h`): one decoder per format serves products, look-ups
/// and conversions.
public struct WeightFormat: Hashable, Sendable {
  /// The place in the table.
  package let element: llava_element

  package init(_ element: llava_element) { self.element = element }

  public static let f32 = WeightFormat(LLAVA_F32)
  public static let bf16 = WeightFormat(LLAVA_BF16)
  public static let f16 = WeightFormat(LLAVA_F16)
  /// The blocks of GGUF files: `q40` is what they call Q4_0.
  public static let q40 = WeightFormat(LLAVA_Q4_0)
  public static let q41 = WeightFormat(LLAVA_Q4_1)
  public static let q50 = WeightFormat(LLAVA_Q5_0)
  public static let q51 = WeightFormat(LLAVA_Q5_1)
  public static let q80 = WeightFormat(LLAVA_Q8_0)
  public static let q2K = WeightFormat(LLAVA_Q2_K)
  public static let q3K = WeightFormat(LLAVA_Q3_K)
  public static let q4K = WeightFormat(LLAVA_Q4_K)
  public static let q5K = WeightFormat(LLAVA_Q5_K)
  public static let q6K = WeightFormat(LLAVA_Q6_K)

  /// Integers of KV caches; in no file, and in no list.
  package static let cached = WeightFormat(LLAVA_I8)

  /// Every format that files have, in the order of the table.
  public static let all = (0..<LLAVA_I8.rawValue).map { WeightFormat(llava_element($0)) }

  /// The format named `name`, as files spell it; nil if weights cannot have it.
  public init?(named name: String) {
    guard let format = Self.all.first(where: { $0.name == name }) else { return nil }
    self = format
  }

  /// The format of a tensor's elements; nil if weights cannot have it.
  public init?(_ elementType: ElementType) { self.init(named: elementType.rawValue) }

  public var name: String { withRow { String(cString: $0.name) } }
  /// Elements of one block: 1 for formats without blocks.
  public var blockElements: Int { withRow { $0.block_elements } }
  public var blockBytes: Int { withRow { $0.block_bytes } }
  /// Whether elements share scales, so that none can be decoded without its block.
  public var isQuantised: Bool { blockElements > 1 }

  /// Bytes of `count` elements, which must be whole blocks; nil where they are not, or overflow.
  public func byteCount(of count: Int) -> Int? {
    guard count >= 0, count % blockElements == 0 else { return nil }
    let (bytes, overflow) = (count / blockElements).multipliedReportingOverflow(by: blockBytes)
    return overflow ? nil : bytes
  }

  /// Decodes `count` elements, whole blocks, from `bytes`: for a thread by itself.
  package func decode(
    _ bytes: UnsafeRawPointer, into floats: UnsafeMutablePointer<Float>, count: Int
  ) {
    withRow { $0.to_f32(floats, bytes, count) }
  }

  private func withRow<R>(_ body: (llava_format) -> R) -> R {
    body(llava_format_of(element).pointee)
  }
}

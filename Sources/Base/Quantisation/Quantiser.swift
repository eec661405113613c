// Encodes rows of weights in another format: f32 to blocks with a few bits per element.
// SPDX-License-Identifier: Apache-2.0
import CQuantisation
import Tensors
import Threads

/// Encodes rows of weights. The same rows give the same bytes on every processor and for every number
/// of threads.
///
/// Blocks of 32 are byte for byte those of llama.cpp where all columns are weighted equally. Otherwise, and always
/// in Q4_K, Q5_K and Q6_K, they are searched for the smallest sum of squared errors
/// (`weighed_blocks_of_32.c`, `blocks_with_minima.c`, `blocks_without_minima.c`).
public struct Quantiser: Sendable {
  public let format: WeightFormat
  private let encode: Encoder

  private typealias Encoder =
    @convention(c) @Sendable (
      UnsafeMutablePointer<UInt8>, UnsafePointer<Float>, UnsafePointer<Float>?, Int
    ) -> Int

  private static let encoders: [WeightFormat: Encoder] = [
    .f32: llava_encode_f32, .f16: llava_encode_f16, .bf16: llava_encode_bf16,
    .q40: llava_encode_q4_0, .q41: llava_encode_q4_1, .q50: llava_encode_q5_0,
    .q51: llava_encode_q5_1, .q80: llava_encode_q8_0, .q4K: llava_encode_q4_k,
    .q5K: llava_encode_q5_k, .q6K: llava_encode_q6_k,
  ]

  /// The formats that can be written.
  public static var formats: [WeightFormat] {
    WeightFormat.all.filter { encoders[$0] != nil }
  }

  /// Nil for a format that is only read.
  public init?(_ format: WeightFormat) {
    guard let encode = Self.encoders[format] else { return nil }
    (self.format, self.encode) = (format, encode)
  }

  /// An element that cannot be written.
  public struct Fault: Error, Equatable, Sendable {
    public enum Kind: Equatable, Sendable {
      /// NaN or infinity.
      case notFinite
      /// It, or its block, is beyond the range of the format.
      case tooLarge
    }

    public let kind: Kind
    /// Of the matrix, not of the order in which rows are stored.
    public let row: Int
    /// The first of the block, where it is a block that is too large.
    public let column: Int
    public let value: Float
  }
}

extension Quantiser {
  /// Rows `range` of the result, encoded: [rows, bytes] of U8. Row `i` of the result is row
  /// `order.row(ofStored: i)` of `weight`'s matrix; nil for the matrix's own order. Rows that have the
  /// format already are copied.
  ///
  /// `importance`: a number of 0 or more for each column, which weights its errors; nil for equal
  /// weights. Q8_0 and formats without blocks ignore it.
  ///
  /// Rows must be whole blocks. Throws `Fault` for the first element that cannot be written, in the order
  /// of the result, or `AllocationError`.
  public func rows(
    _ range: Range<Int>, of weight: Weight, order: RowOrder? = nil, importance: [Float]? = nil,
    on pool: ThreadPool
  ) throws -> Tensor {
    let columns = weight.columns
    guard let rowBytes = format.byteCount(of: columns) else {
      preconditionFailure("rows of \(columns) are not whole blocks of \(format.name)")
    }
    precondition(range.lowerBound >= 0 && range.upperBound <= weight.rows, "\(range) of rows")
    precondition(
      importance?.count ?? columns == columns
        && importance?.allSatisfy { $0 >= 0 && $0.isFinite } ?? true,
      "importance is a number of 0 or more for each of \(columns) columns")
    let result = try Tensor(uninitialized: .u8, shape: [range.count, rowBytes])
    let scratch = try Tensor(uninitialized: .f32, shape: [pool.width, max(1, columns)])
    let target = result.mutableRawBase.assumingMemoryBound(to: UInt8.self)
    let floats = scratch.mutableFloats
    var written = [Int](repeating: columns, count: range.count)
    written.withUnsafeMutableBufferPointer { written in
      nonisolated(unsafe) let written = written
      pool.run(range.count) { task, worker in
        let stored = range.lowerBound + task
        let source = weight.rawBase(ofRow: order?.row(ofStored: stored) ?? stored)
        let row = target + task * rowBytes
        let wide = floats + worker * columns
        weight.format.decode(source, into: wide, count: columns)
        let finite = llava_first_not_finite(wide, columns)
        if finite < columns {
          written[task] = finite
        } else if weight.format == format {
          UnsafeMutableRawPointer(row).copyMemory(from: source, byteCount: rowBytes)
        } else {
          written[task] = encode(row, wide, importance, columns)
        }
      }
    }
    if let task = written.firstIndex(where: { $0 < columns }) {
      let stored = range.lowerBound + task
      throw fault(row: order?.row(ofStored: stored) ?? stored, column: written[task], of: weight)
    }
    withExtendedLifetime((weight, result, scratch)) {}
    return result
  }

  private func fault(row: Int, column: Int, of weight: Weight) -> Fault {
    let values = [Float](unsafeUninitializedCapacity: weight.columns) { buffer, count in
      if let base = buffer.baseAddress {
        weight.format.decode(weight.rawBase(ofRow: row), into: base, count: weight.columns)
      }
      count = weight.columns
    }
    if let place = values.firstIndex(where: { !$0.isFinite }) {
      return Fault(kind: .notFinite, row: row, column: place, value: values[place])
    }
    let block = column..<min(values.count, column + format.blockElements)
    let place = block.max { abs(values[$0]) < abs(values[$1]) } ?? column
    return Fault(kind: .tooLarge, row: row, column: place, value: values[place])
  }
}

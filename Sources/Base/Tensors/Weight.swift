// A weight: a matrix in some format, used in place.
// SPDX-License-Identifier: Apache-2.0

/// A matrix [rows, columns] of a model's parameters, row-major, in any `WeightFormat`: mostly bytes
/// of a memory-mapped file. A vector is one row. Rows may be stored in an order other than the matrix's.
public struct Weight: Sendable {
  public let rows: Int
  public let columns: Int
  public let format: WeightFormat
  /// The order in which the rows are stored; nil for the matrix's own.
  public let rowOrder: RowOrder?
  let storage: TensorStorage
  let byteOffset: Int

  /// Bytes of one row.
  public var rowBytes: Int { columns / format.blockElements * format.blockBytes }
  public var byteCount: Int { rows * rowBytes }

  /// A view of `storage`. Nil unless rows are whole blocks, all bytes lie inside the storage, and
  /// rows in an order of heads are whole heads.
  public init?(
    rows: Int, columns: Int, format: WeightFormat, rowOrder: RowOrder? = nil,
    storage: TensorStorage, byteOffset: Int = 0
  ) {
    guard rows >= 0, byteOffset >= 0, let rowBytes = format.byteCount(of: columns) else {
      return nil
    }
    let (byteCount, tooMany) = rows.multipliedReportingOverflow(by: rowBytes)
    let (end, tooFar) = byteOffset.addingReportingOverflow(byteCount)
    guard !tooMany, !tooFar, end <= storage.byteCount,
      rows % (rowOrder?.headWidth ?? 1) == 0
    else { return nil }
    (self.rows, self.columns, self.format) = (rows, columns, format)
    self.rowOrder = rowOrder
    (self.storage, self.byteOffset) = (storage, byteOffset)
  }

  /// The same bytes as `tensor`: its first dimension are rows, the others together columns; a
  /// vector is one row. Nil when no weight may have its element type.
  public init?(_ tensor: Tensor) {
    guard let format = WeightFormat(tensor.elementType) else { return nil }
    let rows = tensor.shape.count > 1 ? tensor.shape[0] : 1
    let columns = tensor.shape.dropFirst(tensor.shape.count > 1 ? 1 : 0).reduce(1, *)
    self.init(
      rows: rows, columns: columns, format: format, storage: tensor.storage,
      byteOffset: tensor.byteOffset)
  }

  /// A vector of F32 as one row, or a matrix of F32, such as a gradient.
  public init(f32 tensor: Tensor) {
    precondition(tensor.elementType == .f32, "expected F32, found \(tensor.elementType.rawValue)")
    rows = tensor.shape.count > 1 ? tensor.shape[0] : 1
    columns = tensor.count / max(1, rows)
    format = .f32
    rowOrder = nil
    (storage, byteOffset) = (tensor.storage, tensor.byteOffset)
  }

  /// The bytes, row after row as they are stored.
  public func withUnsafeBytes<R, E>(
    _ body: (UnsafeRawBufferPointer) throws(E) -> R
  ) throws(E) -> R {
    defer { withExtendedLifetime(storage) {} }
    return try body(UnsafeRawBufferPointer(start: storage.base + byteOffset, count: byteCount))
  }

  /// Decoded to F32 [rows, columns] with rows in the matrix's own order, on the calling thread.
  public func decoded() throws(AllocationError) -> Tensor {
    let wide = try Tensor(uninitialized: .f32, shape: [rows, columns])
    for row in 0..<rows {
      let stored = rowOrder?.stored(ofRow: row) ?? row
      format.decode(
        rawBase + stored * rowBytes, into: wide.mutableFloats + row * columns, count: columns)
    }
    withExtendedLifetime((self, wide)) {}
    return wide
  }

  /// Where row `row` of the matrix begins; valid while the weight is kept.
  package func rawBase(ofRow row: Int) -> UnsafeRawPointer {
    rawBase + (rowOrder?.stored(ofRow: row) ?? row) * rowBytes
  }

  /// Valid while the weight is kept.
  package var rawBase: UnsafeRawPointer { UnsafeRawPointer(storage.base + byteOffset) }
}

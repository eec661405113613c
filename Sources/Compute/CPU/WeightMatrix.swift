// A weight as the kernels read it: an address, a format and the stride of rows.
// SPDX-License-Identifier: Apache-2.0
import CKernels
import Tensors

/// Weights [rows, columns], row-major, stored row `rowBytes` after stored row.
public struct WeightMatrix: @unchecked Sendable {
  // Sendable: it is only read; who made it keeps the memory.
  public let base: UnsafeRawPointer
  public let format: WeightFormat
  public let rows: Int
  public let columns: Int
  public let rowBytes: Int
  /// The order in which rows are stored; nil for the matrix's own.
  public let rowOrder: RowOrder?

  public init(
    base: UnsafeRawPointer, format: WeightFormat, rows: Int, columns: Int, rowBytes: Int? = nil,
    rowOrder: RowOrder? = nil
  ) {
    self.base = base
    self.format = format
    self.rows = rows
    self.columns = columns
    self.rowOrder = rowOrder
    self.rowBytes = rowBytes ?? columns / format.blockElements * format.blockBytes
  }

  /// Valid while `weight` is kept.
  init(_ weight: Weight) {
    self.init(
      base: weight.rawBase, format: weight.format, rows: weight.rows, columns: weight.columns,
      rowOrder: weight.rowOrder)
  }

  /// Where row `row` of the matrix begins.
  func base(ofRow row: Int) -> UnsafeRawPointer {
    base + (rowOrder?.stored(ofRow: row) ?? row) * rowBytes
  }

  /// The stored rows from the one with number `row` on.
  func fromRow(_ row: Int) -> llava_weights {
    llava_weights(data: base + row * rowBytes, element: format.element, row_bytes: rowBytes)
  }
}

// What the products multiply: f32 activations and weights of any type, as views of memory.
// SPDX-License-Identifier: Apache-2.0
import CKernels

/// The type of a weight in memory.
public enum WeightType: Sendable {
  case f32, bf16, f16

  var element: llava_element {
    switch self {
    case .f32: LLAVA_F32
    case .bf16: LLAVA_BF16
    case .f16: LLAVA_F16
    }
  }

  public var byteWidth: Int { self == .f32 ? 4 : 2 }
}

/// Weights [rows, columns], row-major, row `rowBytes` after row.
public struct WeightMatrix: @unchecked Sendable {
  public let base: UnsafeRawPointer
  public let type: WeightType
  public let rows: Int
  public let columns: Int
  public let rowBytes: Int

  public init(
    base: UnsafeRawPointer, type: WeightType, rows: Int, columns: Int, rowBytes: Int? = nil
  ) {
    self.base = base
    self.type = type
    self.rows = rows
    self.columns = columns
    self.rowBytes = rowBytes ?? columns * type.byteWidth
  }

  func fromRow(_ row: Int) -> llava_weights {
    llava_weights(data: base + row * rowBytes, element: type.element, row_bytes: rowBytes)
  }
}

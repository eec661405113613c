// Bytes of scratch that products need.
// SPDX-License-Identifier: Apache-2.0
import CKernels

extension Engine {
  func aligned(_ bytes: Int) -> Int { (bytes + 63) / 64 * 64 }

  /// A worker's for a block of `weightRows` weight rows and so many packed rows.
  func scratchBytes(rows: Int, weightRows: Int, columns: Int, way: ProductWay = .plain) -> Int {
    aligned(rows * weightRows * 4) + kernel(way).scratch_bytes(rows, columns)
  }

  /// A worker's for a block of so many columns of a matrix of `weightRows` rows, `decoded` columns of
  /// which are decoded.
  func scratchBytes(rows: Int, columns: Int, decoded: Int, weightRows: Int) -> Int {
    let width = llava_format_of(kernel.inputs).pointee.block_bytes
    return aligned(rows * columns * 4) + aligned(columns * (weightRows + Self.gap) * width)
      + aligned(Self.rowsAtOnce * decoded * width) + kernel.scratch_bytes(rows, weightRows)
  }

  /// A worker's for a panel of rows and a block of `block` results of OpenBLAS.
  func scratchBytesBLAS(columns: Int, block: Int) -> Int {
    4 * (Self.panelRows * (columns + block) + block * columns)
  }
}

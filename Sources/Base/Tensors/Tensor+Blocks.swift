// Tensors that are made a block of rows at a time, so that intermediate results take little memory.
// SPDX-License-Identifier: Apache-2.0

extension Tensor {
  /// Fills a tensor whose first size is the number of rows with what `make` returns for one range
  /// of rows after the other, of at most `blockRows` each, of the same type and width.
  public init(
    _ elementType: ElementType, shape: [Int], blockRows: Int,
    _ make: (Range<Int>) throws -> Tensor
  ) throws {
    try self.init(uninitialized: elementType, shape: shape)
    let rows = shape.first ?? 0
    for start in stride(from: 0, to: rows, by: max(1, blockRows)) {
      let range = start..<min(rows, start + max(1, blockRows))
      let block = try make(range)
      let target = self.rows(range)
      precondition(
        block.elementType == elementType && block.shape == target.shape,
        "\(block.elementType) \(block.shape) is not a block of \(elementType) \(shape)")
      block.withUnsafeBytes { source in
        target.withUnsafeMutableBytes { $0.copyMemory(from: source) }
      }
    }
  }
}

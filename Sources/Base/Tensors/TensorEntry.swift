// The description of a tensor in a file, without its bytes.
// SPDX-License-Identifier: Apache-2.0

/// A tensor's type and shape.
public struct TensorEntry: Equatable, Sendable {
  public let elementType: ElementType
  public let shape: [Int]
  /// The format of the blocks that the elements are decoded from; nil without blocks.
  public let blocks: WeightFormat?

  public init(elementType: ElementType, shape: [Int], blocks: WeightFormat? = nil) {
    self.elementType = elementType
    self.shape = shape
    self.blocks = blocks
  }

  /// The file's name for the format.
  public var formatName: String { blocks?.name ?? elementType.rawValue }
}

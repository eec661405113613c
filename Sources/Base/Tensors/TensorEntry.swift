// What a file says of a tensor besides its bytes.
// SPDX-License-Identifier: Apache-2.0

/// A tensor's type and shape.
public struct TensorEntry: Equatable, Sendable {
  public let elementType: ElementType
  public let shape: [Int]
  /// The format of the blocks that the elements are decoded from; nil where they stand alone.
  public let blocks: WeightFormat?

  public init(elementType: ElementType, shape: [Int], blocks: WeightFormat? = nil) {
    self.elementType = elementType
    self.shape = shape
    self.blocks = blocks
  }

  /// What the file calls the format.
  public var formatName: String { blocks?.name ?? elementType.rawValue }
}

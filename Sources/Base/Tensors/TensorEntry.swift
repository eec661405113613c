// What a file says of a tensor besides its bytes.
// SPDX-License-Identifier: Apache-2.0

/// A tensor's type and shape.
public struct TensorEntry: Equatable, Sendable {
  public let elementType: ElementType
  public let shape: [Int]

  public init(elementType: ElementType, shape: [Int]) {
    self.elementType = elementType
    self.shape = shape
  }
}

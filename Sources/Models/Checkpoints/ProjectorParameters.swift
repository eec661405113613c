// The parameters of a projector.
// SPDX-License-Identifier: Apache-2.0

/// A projector's parameters, declared once (`Parameters`).
public struct ProjectorParameters<T>: Parameters {
  /// [outputWidth, inputWidth], then [outputWidth, outputWidth] each.
  public var layers: [Linear<T>]

  /// The same parameters with what `transform` makes of each value.
  public func map<U, E>(_ transform: (_ name: String, _ value: T) throws(E) -> U) throws(E)
    -> ProjectorParameters<U>
  {
    ProjectorParameters<U>(
      layers: try layers.indices.map { index throws(E) in
        try layers[index].map(Self.layerName(index), transform)
      })
  }

  public func forEach<E>(_ body: (_ name: String, _ value: T) throws(E) -> Void) throws(E) {
    _ = try map(body)
  }

  /// The canonical name, without `.weight`, of linear layer `index` counted from 0: its place among
  /// the original's layers and activations.
  static func layerName(_ index: Int) -> String { "projector.\(2 * index)" }
}

extension ProjectorParameters: Sendable where T: Sendable {}

extension ProjectorConfig {
  /// The shapes of the projector's parameters.
  public var expectedParameters: ProjectorParameters<ExpectedTensor> {
    ProjectorParameters(
      layers: (0..<depth).map { Linear(outputWidth, $0 == 0 ? inputWidth : outputWidth) })
  }
}

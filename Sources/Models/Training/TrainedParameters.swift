// Everything that a run trains, as one value.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints

/// The parameters that a run trains; nil for a part that is frozen or not there.
///
/// Master weights, gradients and moments are this value with a tensor for each; their shapes, what they
/// start from and where they are written are maps over it.
public struct TrainedParameters<T>: Parameters {
  public var vision: VisionParameters<T>?
  public var projector: ProjectorParameters<T>?
  public var language: LlamaParameters<T>?
  public var adapter: AdapterParameters<T>?

  public init(
    vision: VisionParameters<T>? = nil, projector: ProjectorParameters<T>? = nil,
    language: LlamaParameters<T>? = nil, adapter: AdapterParameters<T>? = nil
  ) {
    (self.vision, self.projector) = (vision, projector)
    (self.language, self.adapter) = (language, adapter)
  }

  /// The same parameters with what `transform` makes of each value.
  public func map<U, E>(_ transform: (_ name: String, _ value: T) throws(E) -> U) throws(E)
    -> TrainedParameters<U>
  {
    var mapped = TrainedParameters<U>()
    if let vision { mapped.vision = try vision.map(transform) }
    if let projector { mapped.projector = try projector.map(transform) }
    if let language { mapped.language = try language.map(transform) }
    if let adapter { mapped.adapter = try adapter.map(transform) }
    return mapped
  }

  public func forEach<E>(_ body: (_ name: String, _ value: T) throws(E) -> Void) throws(E) {
    try vision?.forEach(body)
    try projector?.forEach(body)
    try language?.forEach(body)
    try adapter?.forEach(body)
  }

  /// The values in the order of `forEach`.
  public var values: [T] { named.map(\.value) }
}

extension TrainedParameters: Sendable where T: Sendable {}

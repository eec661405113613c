// A new model of given shapes: weights drawn, or a vision tower that is there already.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import InputOutput
import JSON
import Tensors

/// The plan of a new model, checked; random numbers are drawn only in `write`.
public struct FreshModel {
  private enum Content {
    case drawn(Distribution)
    case mapped(Weights)
  }

  private struct Planned {
    let canonical: String
    let name: String
    let shape: [Int]
    let content: Content
  }

  private let shapes: ModelShapes
  private let tower: VisionCheckpoint?
  private let seed: UInt64
  private let elementType: ElementType
  private let tensors: [Planned]

  /// Plans a model of `shapes`, with the vision tower `tower` in the place of one that is drawn.
  /// `elementType` nil is what config.json names, and F32 where that names none.
  ///
  /// Throws `init/tower` for a tower of another shape, or for one where `shapes` have none.
  public init(
    _ shapes: ModelShapes, tower: VisionCheckpoint?, seed: UInt64, elementType: ElementType?
  ) throws(Failure) {
    (self.shapes, self.tower, self.seed) = (shapes, tower, seed)
    self.elementType = elementType ?? shapes.elementType ?? .f32
    if let tower { try shapes.check(tower) }
    var tensors = try Self.towerTensors(shapes, tower)
    let language = shapes.config.language?.freshParameters(deviation: shapes.deviation) ?? []
    for parameter in (shapes.config.projector?.freshParameters ?? []) + language {
      tensors.append((parameter.name, parameter.shape, .drawn(parameter.distribution)))
    }
    let isLinear = shapes.config.projector?.depth == 1
    self.tensors = tensors.compactMap { canonical, shape, content in
      shapes.layout.name(of: canonical, isLinearProjector: isLinear).map {
        Planned(canonical: canonical, name: $0, shape: shape, content: content)
      }
    }
  }

  private static func towerTensors(_ shapes: ModelShapes, _ tower: VisionCheckpoint?)
    throws(Failure) -> [(String, [Int], Content)]
  {
    guard let tower else {
      guard shapes.holdsTower, let config = shapes.config.vision else { return [] }
      return config.freshParameters.map { ($0.name, $0.shape, .drawn($0.distribution)) }
    }
    var tensors: [(String, [Int], Content)] = []
    for (name, expected) in tower.config.expectedParameters(blocks: tower.config.layers).named
    where tower.weights.contains(name) {
      tensors.append((name, expected.shape, .mapped(tower.weights)))
    }
    return tensors
  }

  public var tensorCount: Int { tensors.count }

  /// Bytes of all tensors.
  public var byteCount: Int {
    tensors.reduce(0) { $0 + $1.shape.reduce(elementType.byteWidth, *) }
  }

  /// Writes the model to `path`, which appears when it is complete; `progress` gets the bytes of each
  /// tensor that was written. Throws what `AtomicDirectory` throws, `io/…`, `memory/…`.
  public func write(to path: String, producer: String, progress: (Int) -> Void) throws(Failure) {
    let inputs = [shapes.directory] + (tower.map { [splitPath($0.weights.path).directory] } ?? [])
    let output = try AtomicDirectory(path: path, outside: inputs)
    let metadata = [
      (key: "format", value: "pt"), (key: "producer", value: producer),
      (key: "seed", value: String(seed)),
    ]
    let file = try output.file("model.safetensors")
    var byName: [String: Planned] = [:]
    for tensor in tensors { byName[tensor.name] = tensor }
    try SafetensorsWriter.write(
      tensors.map { (name: $0.name, elementType: elementType, shape: $0.shape) },
      metadata: metadata, to: file
    ) { (name) throws(Failure) in
      guard let planned = byName[name] else { return }
      try Interruption.check(path)
      let tensor = try content(of: planned)
      try tensor.withUnsafeBytes { (bytes) throws(Failure) in try file.write(bytes) }
      progress(tensor.byteCount)
    }
    for (name, bytes) in try shapes.otherFiles(elementType: elementType) {
      try output.write(bytes, to: name)
    }
    try tower?.weights.verifyUnchanged()
    try output.finish()
  }

  private func content(of planned: Planned) throws(Failure) -> Tensor {
    let tensor: Tensor
    switch planned.content {
    case .mapped(let weights): tensor = try weights.tensor(planned.canonical)
    case .drawn(let distribution):
      do throws(AllocationError) {
        tensor = try Tensor(.f32, shape: planned.shape)
      } catch {
        throw .outOfMemory()
      }
      distribution.fill(tensor, name: planned.canonical, seed: seed)
    }
    return try tensor.converted(
      to: elementType, of: planned.canonical, at: tower?.weights.path,
      remedy: "use --type bf16 or f32")
  }
}

// A run's state on disk: weights, what the optimiser keeps, and where it was.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import InputOutput
import JSON
import Tensors
import Training

/// Saves and loads `checkpoint-N`: `state.safetensors` with each parameter and what the optimiser
/// keeps of it, f32, and `manifest.json`.
public enum TrainingCheckpoint {
  static let stateName = "state.safetensors"
  private static let masterKind = "weights"

  /// Writes the state of `trainer` as the checkpoint `path`, which appears when it is complete.
  ///
  /// `addOutputs` may write files that tools use into the directory.
  public static func save(
    _ trainer: Trainer, place: DataPlace, run: JSONObject,
    evaluations: EvaluationHistory? = nil, to path: String,
    addOutputs: (HashedDirectory) throws(Failure) -> Void
  ) throws(Failure) {
    let directory = try AtomicDirectory(path: path)
    let files = HashedDirectory(directory)
    var tensors: [String: Tensor] = [:]
    for (name, tensor) in trainer.masters.named { tensors["\(masterKind).\(name)"] = tensor }
    for (name, state) in trainer.states.named {
      for (kind, tensor) in state.named { tensors["\(kind).\(name)"] = tensor }
    }
    try SafetensorsWriter.write(
      tensors, metadata: [("format", "pt")], to: files.openFile(stateName))
    try addOutputs(files)
    let manifest = Manifest(
      step: trainer.finishedSteps, place: place, run: run, evaluations: evaluations,
      files: files.files)
    try directory.write(JSONValue.object(manifest.json).indented(), to: Manifest.fileName)
    try directory.finish()
  }

  /// What a run goes on from.
  public struct State {
    public let step: Int
    public let place: DataPlace
    public let evaluations: EvaluationHistory?
    public let masters: TrainedParameters<Tensor>
    public let states: TrainedParameters<OptimizerState>
  }

  /// Reads the checkpoint `path` of a run described by `run`, which trains parameters of `shapes`
  /// with `optimizer`.
  ///
  /// Throws `checkpoint/manifest`, `checkpoint/damaged`, `checkpoint/other-run` with what differs,
  /// and `checkpoint/tensors`.
  public static func load(
    _ path: String, run: JSONObject, shapes: TrainedParameters<[Int]>, optimizer: Optimizer
  ) throws(Failure) -> State {
    let manifest = try verified(path, run: run)
    let file = try SafetensorsFile(path: "\(path)/\(stateName)")
    return State(
      step: manifest.step, place: manifest.place, evaluations: manifest.evaluations,
      masters: try shapes.map { (name, shape) throws(Failure) in
        try copy(masterKind, name, shape, of: file)
      },
      states: try shapes.states(of: optimizer) { (kind, name, shape) throws(Failure) in
        try copy(kind, name, shape, of: file)
      })
  }

  /// The weights of the checkpoint `path` where they are mapped, to be written and not changed, and
  /// the place in the data that they come from. Throws what `load` throws.
  public static func weights(
    _ path: String, run: JSONObject, shapes: TrainedParameters<[Int]>
  ) throws(Failure) -> (place: DataPlace, masters: TrainedParameters<Tensor>) {
    let manifest = try verified(path, run: run)
    let file = try SafetensorsFile(path: "\(path)/\(stateName)")
    let masters = try shapes.map { (name, shape) throws(Failure) in
      try tensor(masterKind, name, shape, of: file)
    }
    return (manifest.place, masters)
  }

  /// The manifest of the checkpoint `path`, which is whole and of the run `run`.
  public static func verified(_ path: String, run: JSONObject) throws(Failure) -> Manifest {
    let manifest = try Manifest(in: path)
    try RunDescription.check(manifest.run, is: run, at: path)
    try manifest.verifyFiles(in: path)
    return manifest
  }

  private static func tensor(
    _ kind: String, _ name: String, _ shape: [Int], of file: SafetensorsFile
  ) throws(Failure) -> Tensor {
    let tensor = try file.tensor(named: "\(kind).\(name)")
    guard tensor.elementType == .f32, tensor.shape == shape else {
      throw Failure(
        .mismatch, code: "checkpoint/tensors", at: file.path,
        "expected \(kind).\(name) as F32 \(shape), found"
          + " \(tensor.elementType.rawValue) \(tensor.shape)",
        remedy: "resume with the model and the options that the run began with")
    }
    return tensor
  }

  /// What is loaded is changed in place.
  private static func copy(
    _ kind: String, _ name: String, _ shape: [Int], of file: SafetensorsFile
  ) throws(Failure) -> Tensor {
    let tensor = try tensor(kind, name, shape, of: file)
    do throws(AllocationError) {
      return try tensor.withUnsafeBytes { (bytes) throws(AllocationError) in
        defer { MappedFile.releasePages(of: bytes) }
        return try Tensor(.f32, shape: shape, copying: bytes)
      }
    } catch {
      throw .outOfMemory(error.byteCount, at: file.path, remedy: "free some memory")
    }
  }
}

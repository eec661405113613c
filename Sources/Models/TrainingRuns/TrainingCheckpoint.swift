// A run's state on disk: weights, moments, and where it was.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import InputOutput
import JSON
import Tensors
import Training

/// Saves and loads `checkpoint-N`: `state.safetensors` with three tensors a parameter, f32, and
/// `manifest.json`.
public enum TrainingCheckpoint {
  static let stateName = "state.safetensors"
  private static let kinds = (
    master: "weights.", first: "first_moments.", second: "second_moments."
  )

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
    for (kind, values) in [
      (kinds.master, trainer.masters), (kinds.first, trainer.moments.first),
      (kinds.second, trainer.moments.second),
    ] {
      for (name, value) in values.named { tensors[kind + name] = value }
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
    public let masters, first, second: TrainedParameters<Tensor>
  }

  /// Reads the checkpoint `path` of a run described by `run`, which trains parameters of `shapes`.
  ///
  /// Throws `checkpoint/manifest`, `checkpoint/damaged`, `checkpoint/other-run` with what differs,
  /// and `checkpoint/tensors`.
  public static func load(
    _ path: String, run: JSONObject, shapes: TrainedParameters<[Int]>
  ) throws(Failure) -> State {
    let manifest = try verified(path, run: run)
    let file = try SafetensorsFile(path: "\(path)/\(stateName)")
    return State(
      step: manifest.step, place: manifest.place, evaluations: manifest.evaluations,
      masters: try parameters(kinds.master, shapes, file),
      first: try parameters(kinds.first, shapes, file),
      second: try parameters(kinds.second, shapes, file))
  }

  /// The weights of the checkpoint `path` where they are mapped, to be written and not changed, and
  /// the place in the data that they come from. Throws what `load` throws.
  public static func weights(
    _ path: String, run: JSONObject, shapes: TrainedParameters<[Int]>
  ) throws(Failure) -> (place: DataPlace, masters: TrainedParameters<Tensor>) {
    let manifest = try verified(path, run: run)
    let file = try SafetensorsFile(path: "\(path)/\(stateName)")
    let masters = try shapes.map { (name, shape) throws(Failure) in
      try tensor(kinds.master + name, shape, file)
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

  private static func tensor(_ name: String, _ shape: [Int], _ file: SafetensorsFile)
    throws(Failure) -> Tensor
  {
    let tensor = try file.tensor(named: name)
    guard tensor.elementType == .f32, tensor.shape == shape else {
      throw Failure(
        .mismatch, code: "checkpoint/tensors", at: file.path,
        "expected \(name) as F32 \(shape), found"
          + " \(tensor.elementType.rawValue) \(tensor.shape)",
        remedy: "resume with the model and the options that the run began with")
    }
    return tensor
  }

  /// Copies: what is loaded is changed in place.
  private static func parameters(
    _ kind: String, _ shapes: TrainedParameters<[Int]>, _ file: SafetensorsFile
  ) throws(Failure) -> TrainedParameters<Tensor> {
    try shapes.map { (name, shape) throws(Failure) in
      let tensor = try tensor(kind + name, shape, file)
      do throws(AllocationError) {
        return try tensor.withUnsafeBytes { (bytes) throws(AllocationError) in
          try Tensor(.f32, shape: shape, copying: bytes)
        }
      } catch {
        throw .outOfMemory(error.byteCount, at: file.path, remedy: "free some memory")
      }
    }
  }
}

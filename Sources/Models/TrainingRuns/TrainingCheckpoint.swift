// A run's state on disk: weights, what the optimiser keeps, and where it was.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import InputOutput
import JSON
import Tensors
import Training

/// Saves and loads `checkpoint-N`: `state.safetensors` with each parameter and its optimiser state, f32,
/// and `manifest.json`.
public enum TrainingCheckpoint {
  static let stateName = "state.safetensors"
  private static let masterKind = StateTensors.masterKind

  /// Writes the state of `trainer` as the checkpoint `path`, which appears when it is complete: the same
  /// bytes for any number of ranks, of which rank 0 writes. All of them call this.
  ///
  /// `addOutputs` may write files that tools use into the directory.
  public static func save(
    _ trainer: Trainer, place: DataPlace, run: JSONObject,
    evaluations: EvaluationHistory? = nil, to path: String,
    addOutputs: (HashedDirectory) throws(Failure) -> Void
  ) throws(Failure) {
    let ranks = trainer.ranks
    let state = try tensors(of: trainer, path)
    let directory = ranks.isFirst ? try AtomicDirectory(path: path) : nil
    _ = try ranks.exchange([:], at: "the checkpoint of step \(trainer.finishedSteps)")
    var failure: Failure?
    if let directory {
      let manifest = Manifest(
        step: trainer.finishedSteps, place: place, run: run, evaluations: evaluations, files: [])
      do throws(Failure) { try write(state, manifest, to: directory, addOutputs) } catch {
        failure = error
      }
    }
    state.takeRest()
    if let failure { throw ranks.announce(failure) }
    _ = try ranks.exchange([:], at: "the end of the checkpoint")
  }

  private static func tensors(of trainer: Trainer, _ path: String) throws(Failure) -> StateTensors {
    do throws(AllocationError) { return try StateTensors(trainer) } catch {
      throw .outOfMemory(error.byteCount, at: path, remedy: "free some memory")
    }
  }

  private static func write(
    _ state: StateTensors, _ manifest: Manifest, to directory: AtomicDirectory,
    _ addOutputs: (HashedDirectory) throws(Failure) -> Void
  ) throws(Failure) {
    let files = HashedDirectory(directory)
    let file = try files.openFile(stateName)
    try SafetensorsWriter.write(state.entries, metadata: [("format", "pt")], to: file) {
      (_) throws(Failure) in
      try state.takeNext()?.withUnsafeBytes { (bytes) throws(Failure) in try file.write(bytes) }
    }
    try addOutputs(files)
    var manifest = manifest
    manifest.files = files.files
    try directory.write(JSONValue.object(manifest.json).indented(), to: Manifest.fileName)
    try directory.finish()
  }

  /// The state that a run resumes from.
  public struct State {
    public let step: Int
    public let place: DataPlace
    public let evaluations: EvaluationHistory?
    public let masters: TrainedParameters<Tensor>
    public let states: TrainedParameters<OptimizerState>
  }

  /// Reads the checkpoint `path` of a run described by `run`, which trains parameters of `shapes`
  /// with `optimizer`; of states the slices of the rank `rank` of `ranks`, whatever number of them saved
  /// it.
  ///
  /// Throws `checkpoint/manifest`, `checkpoint/damaged`, `checkpoint/other-run` with what differs,
  /// and `checkpoint/tensors`.
  public static func load(
    _ path: String, run: JSONObject, shapes: TrainedParameters<[Int]>, optimizer: Optimizer,
    rank: Int = 0, ranks: Int = 1
  ) throws(Failure) -> State {
    let manifest = try verified(path, run: run)
    let file = try SafetensorsFile(path: "\(path)/\(stateName)")
    let slices = ParameterSlices(shapes, optimizer: optimizer, rank: rank, ranks: ranks)
    return State(
      step: manifest.step, place: manifest.place, evaluations: manifest.evaluations,
      masters: try shapes.map { (name, shape) throws(Failure) in
        try copy(tensor(masterKind, name, shape, of: file), file.path)
      },
      states: try slices.states(shapes, optimizer) { (kind, name, index) throws(Failure) in
        let whole = try tensor(kind, name, slices.shapes[index], of: file)
        return try copy(slices.own(whole, index), file.path)
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

  /// Loaded tensors are updated in place.
  private static func copy(_ tensor: Tensor, _ path: String) throws(Failure) -> Tensor {
    do throws(AllocationError) {
      return try tensor.withUnsafeBytes { (bytes) throws(AllocationError) in
        defer { MappedFile.releasePages(of: bytes) }
        return try Tensor(.f32, shape: tensor.shape, copying: bytes)
      }
    } catch {
      throw .outOfMemory(error.byteCount, at: path, remedy: "free some memory")
    }
  }
}

// The length of a run, its output, and how it is resumed.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import ToolSupport

struct RunOptions: ParsableArguments {
  @Option(
    name: [.short, .long],
    help: ArgumentHelp("The directory of the run.", valueName: "dir"), completion: .directory)
  var output: String?

  @Option(help: ArgumentHelp("Number of steps of the run.", valueName: "count"))
  var steps: Int?

  @Option(help: ArgumentHelp("Number of passes over all records; default: 1.", valueName: "number"))
  var epochs: Double?

  @Option(
    help: ArgumentHelp(
      "Number of steps to take from a pipe, over which the learning rate decays.",
      valueName: "count"))
  var totalSteps: Int?

  @Option(
    help: ArgumentHelp(
      "Records per micro-batch; default: 1.", valueName: "count"))
  var microBatch: Int?

  @Option(
    help: ArgumentHelp(
      "Gradient accumulation: micro-batches per step; default: 1.", valueName: "count"))
  var accumulate: Int?

  @Option(
    help: ArgumentHelp(
      "Save a checkpoint every so many steps; 0 for never; default: 500.", valueName: "steps"))
  var saveEvery: Int?

  @Option(help: ArgumentHelp("Number of checkpoints to keep; default: 2.", valueName: "count"))
  var keep: Int?

  @Flag(help: "Resume from the latest checkpoint in the directory.")
  var resume = false

  @Flag(help: "Print the number of the first record that a resumed run needs, and exit.")
  var resumePoint = false

  @Option(
    help: ArgumentHelp("Write one JSON line per step.", valueName: "file"), completion: .file())
  var log: String?

  @Option(
    help: ArgumentHelp("Write TensorBoard event files to this directory.", valueName: "dir"),
    completion: .directory)
  var tensorboard: String?

  @Option(
    help: ArgumentHelp(
      "Write the gradients of a step as safetensors.", valueName: "file"), completion: .file())
  var gradients: String?

  @Option(help: ArgumentHelp("The step whose gradients --gradients writes.", valueName: "number"))
  var gradientsStep = 1

  @Option(
    help: ArgumentHelp(
      "Layers that recompute activations in the backward pass: auto, none, all, or a number.",
      valueName: "layers"))
  var recompute = Recomputation.auto

  @Option(
    help: ArgumentHelp(
      "Memory that the run may use; default: what is free.", valueName: "size"))
  var memory: Size?

  @Flag(help: "Check the input, estimate time and memory, and exit.")
  var dryRun = false

  @Option(
    help: ArgumentHelp(
      "Print so many records as the model sees them, in the run's order, and exit.",
      valueName: "count"))
  var inspect: Int?

  @Option(
    name: [.customShort("j"), .long],
    help: ArgumentHelp(
      "Number of threads; default: LLAVA_THREADS, else all cores.", valueName: "count"))
  var threads: Int?

  @Option(
    help: ArgumentHelp(
      "Seconds that ranks wait for each other before the job ends; 0 for no limit.",
      valueName: "seconds"))
  var rankTimeout = 1800

  @Flag(help: "Stop at the first record that would be skipped.")
  var strict = false

  @Option(
    help: ArgumentHelp(
      "Stop when more records than this count or share (5%) are skipped.", valueName: "limit"))
  var maxSkips: SkipLimit?

  @Option(help: ArgumentHelp("Longest JSON line to accept.", valueName: "size"))
  var maxLine = Size(16 << 20)

  @OptionGroup var common: CommonOptions

  func validate() throws {
    for (name, value) in [
      ("steps", steps), ("total-steps", totalSteps), ("gradients-step", gradientsStep),
      ("inspect", inspect),
    ] {
      if let value, !(1...TrainingSettings.mostSteps).contains(value) {
        throw ValidationError(
          "--\(name) must be 1 to \(TrainingSettings.mostSteps), found \(value)")
      }
    }
    for (name, value) in [("micro-batch", microBatch), ("accumulate", accumulate), ("keep", keep)] {
      if let value, !(1...65536).contains(value) {
        throw ValidationError("--\(name) must be 1 to 65536, found \(value)")
      }
    }
    if let epochs, !(epochs > 0 && epochs <= 10000) {
      throw ValidationError("--epochs must be above 0 and at most 10000, found \(epochs)")
    }
    guard (0...1_000_000).contains(rankTimeout) else {
      throw ValidationError("--rank-timeout must be 0 to 1000000, found \(rankTimeout)")
    }
    if let saveEvery, saveEvery < 0 {
      throw ValidationError("--save-every must be 0 or more, found \(saveEvery)")
    }
    if steps != nil, epochs != nil || totalSteps != nil {
      throw ValidationError("--steps excludes --epochs and --total-steps")
    }
    if dryRun, inspect != nil {
      throw ValidationError("--dry-run and --inspect exclude each other")
    }
    if output == "" { throw ValidationError("--output must name a directory, found no name") }
    for (name, path) in [("log", log), ("gradients", gradients)] where path == "-" {
      throw ValidationError("--\(name) is a file: give /dev/stdout for stdout")
    }
    if tensorboard == "" || tensorboard == "-" {
      throw ValidationError("--tensorboard must name a directory")
    }
    if output == "-" { throw ValidationError("--output is a directory and cannot be stdout") }
  }
}

/// The number of layers that recompute their activations in the backward pass.
enum Recomputation: ExpressibleByArgument, CustomStringConvertible {
  /// As few as memory allows.
  case auto
  case layers(Int)

  init?(argument: String) {
    switch argument {
    case "auto": self = .auto
    case "none": self = .layers(0)
    case "all": self = .layers(.max)
    default:
      guard let count = Int(argument), count >= 0 else { return nil }
      self = .layers(count)
    }
  }

  var description: String {
    switch self {
    case .auto: "auto"
    case .layers(0): "none"
    case .layers(.max): "all"
    case .layers(let count): "\(count)"
    }
  }

  var defaultValueDescription: String { description }
}

// The options that all tools with a model share and spell alike.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CPU
import Checkpoints
import Glibc
import InputOutput
import JSON
import Operations
import Tensors
import ToolSupport

/// The model and how to compute with it.
public struct ModelOptions: ParsableArguments {
  @Option(
    name: [.short, .long],
    help: ArgumentHelp("The model directory; default: LLAVA_MODEL.", valueName: "dir"),
    completion: .directory)
  public var model: String?

  @Option(
    help: ArgumentHelp("Take the vision tower from this path.", valueName: "path"),
    completion: .file())
  public var vision: String?

  @Option(
    help: ArgumentHelp("Take the projector from this path.", valueName: "path"), completion: .file()
  )
  public var projector: String?

  @Option(
    help: ArgumentHelp("Take the language model from this path.", valueName: "path"),
    completion: .file())
  public var language: String?

  @Option(help: "Number format of matrix products: bf16 or f32.")
  public var precision = Precision.bf16

  public init() {}

  /// The directory's configurations, checked against each other.
  public func open() throws(Failure) -> ModelDirectory {
    try ModelDirectory.open(
      model: model ?? modelFromEnvironment(), vision: vision, projector: projector,
      language: language)
  }

  /// The kernels of this machine, no better than LLAVA_CPU allows. `activations` is the format of
  /// activations that quantised weights multiply; with integers, everything else uses kernels that give
  /// the same bits on every machine.
  public func operations(
    _ session: Session, activations: ActivationFormat = .bf16, cache: CacheFormat = .bf16
  ) throws(Failure) -> CPUOperations {
    var kernels: KernelSet
    do {
      kernels = try KernelSet.best()
    } catch {
      throw Failure(
        .usage, code: "usage/cpu", at: "LLAVA_CPU",
        "expected one of \(error.known.joined(separator: ", ")), found \(error.name)")
    }
    if activations == .int8 { kernels = kernels.oneChain }
    let reporter = session.reporter
    whenScratchIsExhausted { byteCount in
      reporter.error(.outOfMemory(byteCount))
      Interruption.removeTemporaryFiles()
      _exit(ExitStatus.limitExceeded.rawValue)
    }
    try checkRoomForBLAS()
    do {
      return try CPUOperations(
        kernels: kernels, threads: session.settings.threads, precision: precision,
        activations: activations, cache: cache)
    } catch {
      throw Failure(
        .inputOutput, code: "io/openblas", "--precision f32 needs libopenblas.so.0",
        remedy: "install libopenblas0, or use --precision bf16")
    }
  }

  /// The same for a part with such weights: integers only where some of them are quantised.
  public func operations(
    _ session: Session, for weights: Weights, _ options: ActivationOptions,
    cache: CacheFormat = .bf16
  ) throws(Failure) -> CPUOperations {
    let usesIntegers = precision == .bf16 && weights.isQuantised
    return try operations(
      session, activations: usesIntegers ? options.activations : .bf16, cache: cache)
  }

  /// The settings that change the numbers, for a stream's `ts.config`.
  public func configuration(_ weights: Weights, _ options: ActivationOptions) -> JSONObject {
    var object: JSONObject = ["precision": .string(precision.rawValue)]
    if precision == .bf16, weights.isQuantised {
      object["activations"] = .string(options.activations.rawValue)
    }
    return object
  }

  /// OpenBLAS waits for ever where it gets no memory for its code and buffers, beginning with its
  /// loading. Throws `memory/exhausted`.
  private func checkRoomForBLAS() throws(Failure) {
    let byteCount = 256 << 20
    guard precision == .f32 else { return }
    // Not malloc, which the compiler leaves out where nothing is written.
    let room = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard room != MAP_FAILED else {
      throw .outOfMemory(byteCount, remedy: "use --precision bf16, or raise ulimit -v")
    }
    munmap(room, byteCount)
  }

  /// The type of features and embeddings in streams.
  public var streamType: ElementType { precision == .bf16 ? .bf16 : .f32 }
}

extension Precision: ExpressibleByArgument {}

/// Runs `body`, whose only error besides a failure is that memory is out.
public func catchingMemory<Result>(
  remedy: String = "use a smaller --batch, or fewer threads", _ body: () throws -> Result
) throws(Failure) -> Result {
  do {
    return try body()
  } catch let failure as Failure {
    throw failure
  } catch {
    throw .outOfMemory((error as? AllocationError)?.byteCount, remedy: remedy)
  }
}

// Times the library on one kind of work, one repetition for each line read from stdin.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CPU
import Glibc
import InputOutput
import Operations
import Tensors

/// Loads the model once, warms up, prints `{"ready":…}` and answers each line on stdin with
/// `{"seconds":…}`, so that bench.py can run it and a peer by turns.
@main
struct LlavaBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "llava-bench", abstract: "Answer each line on stdin with the time of one run.")

  enum Mode: String, ExpressibleByArgument, CaseIterable {
    case encode, prefill, decode, matmul, train
  }

  enum Product: String, ExpressibleByArgument, CaseIterable { case forward, input, weight }

  @Argument var mode: Mode
  @Option(name: .shortAndLong, help: "The model directory; matmul needs none.") var model = ""
  @Option var threads = 2
  @Option(help: "Pictures (encode) or sequences (decode) at a time.") var batch = 1
  @Flag(help: "Run the projector behind the tower (encode).") var project = false
  @Option(help: "Prompt length (prefill, train) or length of the past (decode).") var tokens = 640
  @Option(help: "Work done a repetition, whose time is divided by it.") var times = 1
  @Option(help: "Repetitions before the first one counts.") var warmUps = 2
  @Option(
    help: "Rows, width and outputs of a product (matmul), as 640x4096x11008; several by commas.")
  var shape = "640x4096x11008"
  @Option(help: "Format of the product's weights (matmul), as files spell it: BF16, Q4_0, Q6_K.")
  var format = WeightFormat.bf16
  @Option(help: "What quantised weights are multiplied by: bf16, or int8 as the tools do.")
  var activations = ActivationFormat.bf16
  @Option(help: "Rows of the image before the tokens (train).") var imageRows = 256
  @Option(help: "Rank of the adapter (train); 0: the projector alone.") var lora = 0
  @Option(help: "Which product (matmul): forward, or the gradient of its input or weight.")
  var product = Product.forward

  func validate() throws {
    guard threads > 0, batch > 0, tokens > 0, times > 0, warmUps >= 0, imageRows >= 0, lora >= 0
    else {
      throw ValidationError("counts must be positive")
    }
  }

  func run() throws {
    let best = try KernelSet.best()
    let operations = try CPUOperations(
      kernels: activations == .int8 ? best.oneChain : best, threads: threads, precision: .bf16,
      activations: activations)
    let work = try prepare(operations)
    for _ in 0..<warmUps { try work() }
    emit(#"{"ready": true, "how": "\#(operations.kernelSetName)"}"#)
    while readLine() != nil {
      let start = Self.seconds()
      for _ in 0..<times { try work() }
      emit(#"{"seconds": \#((Self.seconds() - start) / Double(times))}"#)
    }
  }

  private static func seconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  private func emit(_ line: String) {
    try? FileSink.standardOutput.write(line + "\n")
  }
}

extension ActivationFormat: ExpressibleByArgument {}

extension WeightFormat: ExpressibleByArgument {
  public init?(argument: String) { self.init(named: argument) }
  public var defaultValueDescription: String { name }
}

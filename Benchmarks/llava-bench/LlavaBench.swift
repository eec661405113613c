// Times the library on the work of peers.py, one repetition for each line read from stdin.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CLIPVision
import Checkpoints
import Computation
import Glibc
import InputOutput
import Kernels
import Tensors
import Vicuna

/// Loads the model once, warms up, prints `{"ready":…}` and answers each line on stdin with
/// `{"seconds":…}`, so that bench.py can run it and a peer by turns.
@main
struct LlavaBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "llava-bench", abstract: "Answer each line on stdin with the time of one run.")

  enum Mode: String, ExpressibleByArgument, CaseIterable { case encode, prefill, decode, read }

  @Argument var mode: Mode
  @Option(name: .shortAndLong) var model: String
  @Option var threads = 2
  @Option(help: "Pictures (encode) or sequences (decode) at a time.") var batch = 1
  @Option(help: "Prompt length (prefill) or length of the past (decode).") var tokens = 640

  func run() throws {
    let operations = try CPUOperations(
      kernels: try KernelSet.best(), threads: threads, precision: .bf16)
    let work = try prepare(operations)
    for _ in 0..<2 { try work() }
    emit(#"{"ready": true, "engine": "llava-tools", "how": "\#(operations.rowName)"}"#)
    while readLine() != nil {
      let start = Self.seconds()
      try work()
      emit(#"{"seconds": \#(Self.seconds() - start)}"#)
    }
  }

  private func prepare(_ operations: CPUOperations) throws -> () throws -> Void {
    let directory = try ModelDirectory.open(model: model)
    switch mode {
    case .encode:
      let tower = try VisionTower(directory.visionCheckpoint(), operations: operations)
      let side = tower.config.imageSize
      let images = try Tensor(noise(batch * 3 * side * side), shape: [batch, 3, side, side])
      return { _ = try tower(images) }
    case .prefill:
      let language = try LanguageModel(directory.languageCheckpoint(), operations: operations)
      return {
        let cache = try language.makeCache(capacity: tokens)
        let hidden = try language.forward(
          language.embed(ids(tokens)), caches: [(cache, 0..<tokens)])
        _ = try language.logits(hidden.rows(tokens - 1..<tokens))
      }
    case .decode:
      let language = try LanguageModel(directory.languageCheckpoint(), operations: operations)
      let caches = try (0..<batch).map { _ in try language.makeCache(capacity: tokens + 1) }
      for cache in caches {
        _ = try language.forward(language.embed(ids(tokens)), caches: [(cache, 0..<tokens)])
      }
      return {
        for cache in caches { cache.truncate(to: tokens) }
        let rows = caches.enumerated().map { ($1, $0..<$0 + 1) }
        let hidden = try language.forward(language.embed(ids(batch)), caches: rows)
        _ = try language.logits(hidden)
      }
    case .read:
      return try readWeights(directory, operations)
    }
  }

  /// Every weight of the language model read once by all threads: the bandwidth to compare with.
  private func readWeights(
    _ directory: ModelDirectory, _ operations: CPUOperations
  ) throws -> () throws -> Void {
    let weights = try directory.languageCheckpoint().weights
    let tensors = try weights.canonicalNames.map { try weights.tensor($0) }
    return {
      for tensor in tensors {
        tensor.withUnsafeBytes { bytes in
          let words = bytes.bindMemory(to: UInt64.self)
          nonisolated(unsafe) let shared = words  // only read
          let part = (words.count + 63) / 64
          operations.inParallel(64) { task in
            var sums = SIMD8<UInt64>()
            for start in stride(
              from: task * part / 8 * 8, to: min(shared.count - 7, (task + 1) * part), by: 8)
            {
              sums &+= UnsafeRawPointer(shared.baseAddress! + start).loadUnaligned(
                as: SIMD8<UInt64>.self)
            }
            if sums.wrappedSum() == 1 { emit("") }
          }
        }
      }
    }
  }

  private func ids(_ count: Int) -> [Int32] { (0..<count).map { Int32($0 * 7 % 31_000) } }

  private func noise(_ count: Int) -> [Float] {
    (0..<count).map { (index: Int) -> Float in Float(index * 7919 % 255) / 128 - 1 }
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

// Small trained parameters, and directories that they are written into.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Foundation
import InputOutput
import JSON
import Tensors
import TestSupport
import Testing

@testable import TrainingOutput

let golden = "\(packageRoot)/Tests/Golden/models"
let tiny = "\(packageRoot)/examples/tiny-llava"

extension Parameters where Value == Weight {
  /// The numbers of all, widened.
  var floats: [String: [Float]] {
    var all: [String: [Float]] = [:]
    forEach { name, weight in all[name] = weight.floats }
    return all
  }
}

extension Parameters where Value == Tensor {
  var floats: [String: [Float]] {
    var all: [String: [Float]] = [:]
    forEach { name, tensor in all[name] = tensor.floatValues }
    return all
  }
}

extension Weight {
  var floats: [Float] {
    withUnsafeBytes { bytes in
      (0..<rows * columns).map { index in
        format == .f32
          ? bytes.loadUnaligned(fromByteOffset: 4 * index, as: Float.self)
          : Float(
            bitPattern: UInt32(bytes.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self))
              << 16)
      }
    }
  }
}

/// Random tensors in the places of shapes.
struct RandomTensors {
  var generator = SeededGenerator(seed: 13)

  mutating func tensor(_ shape: [Int]) throws -> Tensor {
    try Tensor(generator.floats(shape.reduce(1, *)), shape: shape)
  }

  mutating func projector(_ config: ProjectorConfig) throws -> ProjectorParameters<Tensor> {
    try config.expectedParameters.map { try tensor($1.shape) }
  }

  mutating func adapter(_ config: LanguageConfig, rank: Int) throws -> AdapterParameters<Tensor> {
    try config.expectedAdapter(rank: rank).map { try tensor($1.shape) }
  }

  /// With the rows that the embedding of `checkpoint` has.
  mutating func language(_ checkpoint: LanguageCheckpoint) throws -> LlamaParameters<Tensor> {
    try checkpoint.parameters().map { name, weight in
      let isVector = name.hasSuffix("norm.weight")
      return try tensor(isVector ? [weight.columns] : [weight.rows, weight.columns])
    }
  }
}

extension TemporaryDirectory {
  /// The path of the directory `name` inside, once `body` has filled it.
  func filled(_ name: String, _ body: (AtomicDirectory) throws -> Void) throws -> String {
    let output = try AtomicDirectory(path: file(name))
    try body(output)
    try output.finish()
    return file(name)
  }

  func object(_ name: String) throws -> JSONObject {
    try #require(try JSONValue(parsing: read(name)).object)
  }
}

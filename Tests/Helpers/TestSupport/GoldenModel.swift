// The tiny models of Tests/Golden/models and what PyTorch computes with them.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Tensors

/// A folder of `Tests/Golden/models`; its README lists the tensors of `expected`.
public struct GoldenModel: Sendable {
  public let path: String
  public let expected: SafetensorsFile

  public init(_ name: String) throws {
    path = "\(packageRoot)/Tests/Golden/models/\(name)"
    expected = try SafetensorsFile(path: "\(path)/expected.safetensors")
  }

  public func tensor(_ name: String) throws -> Tensor { try expected.tensor(named: name) }

  public func floats(_ name: String) throws -> [Float] { try tensor(name).floatValues }

  public func ids(_ name: String) throws -> [Int32] {
    try tensor(name).withUnsafeBytes { Array($0.bindMemory(to: Int32.self)) }
  }
}

/// The directory that holds Package.swift.
public let packageRoot: String = {
  // This file is Tests/Helpers/TestSupport/GoldenModel.swift.
  let parts = #filePath.split(separator: "/").dropLast(4)
  return "/" + parts.joined(separator: "/")
}()

extension Tensor {
  /// The elements of an F32 tensor.
  public var floatValues: [Float] { withUnsafeBytes { Array($0.bindMemory(to: Float.self)) } }
}

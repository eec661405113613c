// A short name for the weights of a part: equal weights have equal ones.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Tensors

extension Weights {
  /// Tensors up to this many bytes are hashed whole.
  private static let wholeLimit = 1 << 16
  private static let sampleBytes = 64

  /// `sha256:` and the hash of every tensor's canonical name, type, shape and content, in ascending
  /// order of names. Of large tensors only the first, middle and last 64 bytes are hashed, so that
  /// it takes no reading of the whole file; training changes nearly every value, so two models with
  /// equal samples are equal. Names in files, sharding and directories do not matter.
  public func identity() throws(Failure) -> String {
    var hash = SHA256()
    for name in canonicalNames {
      let tensor = try tensor(name)
      hash.update("\(name)\n\(tensor.elementType.rawValue) \(tensor.shape)\n")
      withRandomAccess(to: name) { Self.sample(tensor, into: &hash) }
    }
    return "sha256:" + hash.hexadecimal()
  }

  private static func sample(_ tensor: Tensor, into hash: inout SHA256) {
    tensor.withUnsafeBytes { bytes in
      guard bytes.count > wholeLimit else { return hash.update(bytes) }
      let last = bytes.count - sampleBytes
      for start in [0, last / 2, last] {
        hash.update(UnsafeRawBufferPointer(rebasing: bytes[start..<start + sampleBytes]))
      }
    }
  }
}

// A short name for the weights of a part: equal weights have equal ones.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Tensors

extension Weights {
  /// Tensors up to this many bytes are hashed whole.
  private static let wholeLimit = 1 << 16
  private static let sampleBytes = 64

  /// `sha256:` and the hash of every tensor's canonical name, format, shape and content, in ascending
  /// order of names. Of large tensors only the first, middle and last 64 bytes are hashed, so that
  /// it takes no reading of the whole file; training changes nearly every value, so two models with
  /// equal samples are equal. Names in files, sharding and directories do not matter.
  public func identity() throws(Failure) -> String {
    var hash = SHA256()
    for name in canonicalNames {
      guard let entry = entry(name) else { continue }
      hash.update("\(name)\n\(entry.formatName) \(entry.shape)\n")
      if entry.blocks == nil {
        let tensor = try tensor(name)
        withRandomAccess(to: name) { tensor.withUnsafeBytes { Self.sample($0, into: &hash) } }
      } else {
        let weight = try weight(name)
        withRandomAccess(to: name) { weight.withUnsafeBytes { Self.sample($0, into: &hash) } }
      }
    }
    return "sha256:" + hash.hexadecimal()
  }

  private static func sample(_ bytes: UnsafeRawBufferPointer, into hash: inout SHA256) {
    guard bytes.count > wholeLimit else { return hash.update(bytes) }
    let last = bytes.count - sampleBytes
    for start in [0, last / 2, last] {
      hash.update(UnsafeRawBufferPointer(rebasing: bytes[start..<start + sampleBytes]))
    }
  }
}

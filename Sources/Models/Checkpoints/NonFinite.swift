// Looks for NaN and infinity among weights: safetensors does not check, and one spoils everything.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Tensors

extension Weights {
  /// The tensors that hold NaN or infinity and how many of their elements do, ascending by name.
  /// Reads every byte of the part and tells `didRead` how many, tensor by tensor.
  public func nonFiniteTensors(
    didRead: (_ bytes: Int) -> Void = { _ in }
  ) throws(Failure) -> [(name: String, count: Int)] {
    var found: [(name: String, count: Int)] = []
    for name in canonicalNames {
      let tensor = try tensor(name)
      let count = nonFiniteCount(tensor)
      if count > 0 { found.append((name, count)) }
      didRead(tensor.byteCount)
    }
    return found
  }
}

/// How many elements of `tensor`, of type F32, F16 or BF16, are NaN or infinity: those whose
/// exponent bits are all ones. 0 for other types.
func nonFiniteCount(_ tensor: Tensor) -> Int {
  switch tensor.elementType {
  case .f32: count(tensor, UInt32(0x7F80_0000))
  case .f16: count(tensor, UInt16(0x7C00))
  case .bf16: count(tensor, UInt16(0x7F80))
  default: 0
  }
}

private func count<Bits: FixedWidthInteger & BitwiseCopyable>(
  _ tensor: Tensor, _ exponent: Bits
) -> Int {
  tensor.withUnsafeBytes { bytes in
    stride(from: 0, to: bytes.count, by: MemoryLayout<Bits>.size).reduce(0) { sum, offset in
      let bits = bytes.loadUnaligned(fromByteOffset: offset, as: Bits.self)
      return sum + (bits & exponent == exponent ? 1 : 0)
    }
  }
}

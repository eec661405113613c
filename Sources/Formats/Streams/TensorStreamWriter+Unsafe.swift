// The bytes of one record on their way into a frame, without a copy.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Tensors

extension TensorStreamWriter {
  /// Writes `prefix` and the bytes of `tensors` as one frame, and counts them.
  func emit(
    _ prefix: [UInt8], _ tensors: [Tensor],
    _ body: ([UnsafeRawBufferPointer]) throws(Failure) -> Void
  ) throws(Failure) {
    let result = prefix.withUnsafeBytes { bytes in
      collect(tensors[...], [bytes]) { parts in
        Result { () throws(Failure) in try body(parts) }
      }
    }
    try result.get()
  }

  /// Calls `body` with the bytes of all of `tensors` borrowed at once.
  private func collect<R>(
    _ tensors: ArraySlice<Tensor>, _ parts: [UnsafeRawBufferPointer],
    _ body: ([UnsafeRawBufferPointer]) -> R
  ) -> R {
    guard let first = tensors.first else { return body(parts) }
    return first.withUnsafeBytes { collect(tensors.dropFirst(), parts + [$0], body) }
  }
}

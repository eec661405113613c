// The number format that products use, and the functions that may follow them.
// SPDX-License-Identifier: Apache-2.0

/// The number format that products use.
public enum Precision: String, Sendable, CaseIterable {
  /// Weights and activations rounded to bf16, sums in f32.
  case bf16
  /// Everything in f32.
  case f32
}

/// The format of activations multiplied by quantised weights, where products are in bf16.
public enum ActivationFormat: String, Sendable, CaseIterable {
  /// 8-bit integers, with a scale for every 32 or 256 of a row, like the weights' blocks. Sums
  /// of a block are exact, so that every set of kernels gives the same bits.
  case int8
  /// As with other weights: blocks are decoded to bf16.
  case bf16
}

/// The number format of a KV cache.
public enum CacheFormat: String, Sendable, CaseIterable {
  /// The format of products: bf16, or f32 where everything is.
  case bf16
  /// 8-bit integers with a scale for each head of a position: half of bf16's memory.
  case int8
}

/// A function of each element between two linear layers, by the name that configurations give it.
public enum Activation: String, Sendable, CaseIterable {
  /// x sigmoid(1.702 x).
  case quickGELU = "quick_gelu"
  /// x Phi(x) with the exact error function.
  case gelu
}

// The number format that products use, and the functions that may follow them.
// SPDX-License-Identifier: Apache-2.0

/// The number format that products use.
public enum Precision: String, Sendable, CaseIterable {
  /// Weights and activations rounded to bf16, sums in f32.
  case bf16
  /// Everything in f32.
  case f32
}

/// A function of each element between two linear layers, by the name that configurations give it.
public enum Activation: String, Sendable, CaseIterable {
  /// x sigmoid(1.702 x).
  case quickGELU = "quick_gelu"
  /// x Phi(x) with the exact error function.
  case gelu
}

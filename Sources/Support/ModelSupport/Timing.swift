// How long work took, for --verbose.
// SPDX-License-Identifier: Apache-2.0

/// `value` with two digits after the point.
public func decimal(_ value: Double) -> String {
  guard value.isFinite, abs(value) < 1e15 else { return "\(value)" }
  let hundredths = Int((value * 100).rounded())
  let fraction = abs(hundredths % 100)
  let sign = hundredths < 0 ? "-" : ""
  return "\(sign)\(abs(hundredths) / 100).\(fraction < 10 ? "0" : "")\(fraction)"
}

/// Libraries that tools with a model use besides those of streams.
public let modelLibraries = ["OpenBLAS"]
/// Libraries that decode images.
public let imageLibraries = ["libjpeg-turbo", "libpng"]

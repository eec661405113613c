// The format of activations that quantised weights multiply, for the tools that run a model.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Operations

/// The format of activations that quantised weights multiply.
public struct ActivationOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Format of the activations that quantised weights multiply: int8 or bf16.",
      valueName: "format"))
  public var activations = ActivationFormat.int8

  public init() {}
}

extension ActivationFormat: ExpressibleByArgument {}
extension CacheFormat: ExpressibleByArgument {}

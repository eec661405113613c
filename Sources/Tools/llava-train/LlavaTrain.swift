// llava-train: trains the projector, and then the language model, on a stream of features.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import ModelSupport
import ToolSupport

@main
struct LlavaTrain: ToolEntry {
  static let name = "llava-train"

  static let configuration = CommandConfiguration(
    commandName: name,
    abstract: "Train a projector, and then a language model, on image features.",
    version: toolVersion(name, libraries: modelLibraries),
    subcommands: [Pretrain.self, Finetune.self])
}

// llava-train: trains the projector, and then the language model, on a stream of features.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import ModelSupport
import Ranks
import ToolSupport

@main
struct LlavaTrain: ToolEntry {
  static let name = "llava-train"

  static let configuration = CommandConfiguration(
    commandName: name,
    abstract: "Train a projector, and then a language model, on image features.",
    version: toolVersion(name, libraries: modelLibraries) { "MPI: \(MPILibrary.description)" },
    subcommands: [Pretrain.self, Finetune.self])

  /// Of several ranks the first one.
  static let speaks = (Launcher.found()?.rank ?? 0) == 0

  static var nameAlone: String? {
    Launcher.found().flatMap { $0.isAloneAfterAWait ? $0.ownName : nil }
  }
}

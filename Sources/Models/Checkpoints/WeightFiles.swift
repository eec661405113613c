// Which of a directory's files hold weights, told by what lies there.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// The files that a directory's weights may be in.
enum WeightFiles {
  /// A whole model's, or one part's, in the order of preference.
  private static let names = [
    "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin",
    "pytorch_model.bin.index.json",
  ]
  /// A projector's by itself, as stage 1 of LLaVA's training leaves it.
  private static let projectorNames = ["mm_projector.safetensors", "mm_projector.bin"]

  /// The file or index of `directory` to open; nil where it has none. Of two editions of the same
  /// weights the one that is all there is taken: who fetches one leaves out the other.
  static func find(in directory: Directory) -> String? {
    let present = names.filter(directory.contains)
    let found = present.first { isComplete($0, in: directory) } ?? present.first
    return (found ?? projectorNames.first(where: directory.contains)).map(directory.path)
  }

  /// The file of `directory` that holds a projector and nothing else; nil where there is none.
  static func projector(in directory: Directory) -> String? {
    projectorNames.first(where: directory.contains).map(directory.path)
  }

  /// The files of an adapter in `directory`: its pairs, and what LLaVA's trainer saves beside them,
  /// where there is such; nil where `directory` holds no adapter.
  static func adapter(in directory: Directory) -> [String]? {
    guard isAdapter(directory) else { return nil }
    let stems = ["adapter_model", "non_lora_trainables"]
    return stems.compactMap { stem in
      ["safetensors", "bin"].map { "\(stem).\($0)" }.first(where: directory.contains)
        .map(directory.path)
    }
  }

  /// Whether `directory` holds an adapter and no model's weights.
  static func isAdapter(_ directory: Directory) -> Bool {
    directory.contains(adapterConfig) && !names.contains(where: directory.contains)
  }

  static let adapterConfig = "adapter_config.json"

  /// Whether every file that an index names is there; true for what is no index, or not readable:
  /// whoever opens it will say why.
  private static func isComplete(_ name: String, in directory: Directory) -> Bool {
    guard directory.holds(name) else { return false }
    guard name.ends(withBytesOf: ".json"),
      let index = try? ShardIndex(path: directory.path(of: name))
    else { return true }
    return index.fileNames.allSatisfy(directory.holds)
  }

  /// Files that lie beside a model's weights and hold none, and those that a trainer leaves, which
  /// are full of objects that only Python can make.
  static let others: Set = [
    "config.json", "generation_config.json", "preprocessor_config.json", "processor_config.json",
    "tokenizer.model", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json",
    "training_args.bin", "optimizer.bin", "optimizer.pt", "scheduler.pt", "scaler.pt",
    "trainer_state.json", adapterConfig, ModelSource.adapterDescription,
  ]
}

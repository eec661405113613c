// Which of a directory's files hold weights, told by what lies there.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Tokenizers

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
  static func find(in directory: Directory) throws(Failure) -> String? {
    for name in names where try isComplete(name, in: directory) { return directory.path(of: name) }
    return try directory.first(of: names + projectorNames).map(directory.path)
  }

  /// The file of `directory` that holds a projector and nothing else; nil where there is none.
  static func projector(in directory: Directory) throws(Failure) -> String? {
    try directory.first(of: projectorNames).map(directory.path)
  }

  /// The files of an adapter in `directory`: its pairs, and what LLaVA's trainer saves beside them,
  /// where there is such; nil where `directory` holds no adapter.
  static func adapter(in directory: Directory) throws(Failure) -> [String]? {
    guard try isAdapter(directory) else { return nil }
    var found: [String] = []
    for stem in ["adapter_model", "non_lora_trainables"] {
      let name = try directory.first(of: ["\(stem).safetensors", "\(stem).bin"])
      if let name { found.append(directory.path(of: name)) }
    }
    return found
  }

  /// Whether `directory` holds an adapter and no model's weights.
  static func isAdapter(_ directory: Directory) throws(Failure) -> Bool {
    guard try directory.contains(adapterConfig) else { return false }
    return try directory.first(of: names) == nil
  }

  static let adapterConfig = "adapter_config.json"

  /// Whether the file is there, and every file that an index names; true for what is no index, or not
  /// readable: whoever opens it will say why.
  private static func isComplete(_ name: String, in directory: Directory) throws(Failure) -> Bool {
    guard try directory.holds(name) else { return false }
    guard name.ends(withBytesOf: ".json"),
      let index = try ifUsable({ () throws(Failure) in
        try ShardIndex(path: directory.path(of: name))
      })
    else { return true }
    for name in index.fileNames where try !directory.holds(name) { return false }
    return true
  }

  /// Files that lie beside a model's weights and hold none, and those that a trainer leaves, which
  /// are full of objects that only Python can make.
  static let others = Set(
    Tokenizer.fileNames + Tokenizer.companionNames + [
      "config.json", "generation_config.json", "preprocessor_config.json", "processor_config.json",
      "training_args.bin", "optimizer.bin", "optimizer.pt", "scheduler.pt", "scaler.pt",
      "trainer_state.json", adapterConfig, ModelSource.adapterDescription,
    ])
}

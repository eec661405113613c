// A low-rank adapter on disk: its settings, its pairs, and the projector that was trained beside it.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Tensors

/// A low-rank adapter of a language model, as peft saves it for llava-hf, for a bare LLaMA, or for
/// LLaVA's own code.
public struct AdapterCheckpoint: Sendable {
  /// The directory.
  public let path: String
  public let config: AdapterConfig
  /// The pairs, by the canonical names of `AdapterParameters`.
  public let weights: Weights
  /// A projector was trained beside the pairs: `--projector` takes it from the same directory.
  public let holdsProjector: Bool
  /// The files that hold all of it.
  public let files: [any TensorFile]

  public var scale: AdapterScale { config.scale }

  /// Opens the adapter at `path`, a directory, a file of its weights, or a name in the hub's cache.
  ///
  /// Throws `checkpoint/not-found`, `adapter/none` where there is no adapter, `checkpoint/config` with all settings that are not
  /// computed here, `adapter/foreign` for tensors of other layers than the decoder's linear ones and
  /// the projector's, and what opening the files throws.
  public init(_ path: String) throws(Failure) {
    let found = try HubCache.resolve(path)
    guard try fileExists(found) else { throw ModelSource.notFound(found) }
    guard let directory = try Directory(holding: found),
      try directory.contains(WeightFiles.adapterConfig),
      let checkpoint = try Checkpoint.adapter(in: directory.path)
    else { throw try Self.absent(at: found) }
    try OutputClaims.checkDirectory(directory.path)
    let place = directory.path(of: WeightFiles.adapterConfig)
    config = try AdapterConfig(readObject(place, limit: ModelSource.configLimit), place: place)
    try Self.refuseForeign(checkpoint)
    weights = try Weights(checkpoint) { name in
      if case .pair(let canonical) = AdapterNames.meaning(of: name) { canonical } else { nil }
    }
    guard !weights.isEmpty else {
      throw Failure(
        .invalidInput, code: "adapter/empty", at: directory.path,
        "expected low-rank pairs of the language model's layers, found none")
    }
    holdsProjector = checkpoint.holds(.projector)
    files = checkpoint.files
    self.path = directory.path
  }

  /// The linear layers that are adapted in some layer of the decoder, in `AdapterNames`' order:
  /// `q_proj` and so on.
  public var modules: [String] {
    AdapterNames.modules.filter { module in
      weights.canonicalNames.contains { $0.firstRange(of: ".\(module).") != nil }
    }.map { $0.split(atByte: UInt8(ascii: ".")).last ?? $0 }
  }

  private static func absent(at path: String) throws(Failure) -> Failure {
    if let directory = try Directory(path), try WeightFiles.find(in: directory) == nil,
      let refusal = try OtherKind.refusal(of: directory)
    {
      return refusal
    }
    return Failure(
      .invalidInput, code: "adapter/none", at: path,
      "expected a LoRA adapter (adapter_config.json and adapter_model.safetensors), found none",
      remedy: "name the directory that training with LoRA ended with")
  }

  private static func refuseForeign(_ checkpoint: Checkpoint) throws(Failure) {
    var first: (name: String, place: String)?
    var count = 0
    for name in checkpoint.names {
      guard case .foreign(let place) = AdapterNames.meaning(of: name) else { continue }
      if first == nil { first = (name, place) }
      count += 1
    }
    guard let first else { return }
    throw Failure(
      .mismatch, code: "adapter/foreign", at: checkpoint.path,
      "expected pairs of the language model's linear layers, and a projector; found"
        + " \(counted(count, "tensor")) more, \(escapedForTerminal(first.name.prefix(bytes: 200)))"
        + " of \(first.place)",
      remedy: "merge the adapter into its base with peft (merge_and_unload), and name the result")
  }
}

extension AdapterCheckpoint {
  /// Throws `checkpoint/tensors` with a table unless the pairs are for a decoder of the shape
  /// `language`.
  public func check(_ language: LanguageConfig) throws(Failure) {
    try weights.check(
      expectedParameters(for: language),
      part: "adapter (rank \(scale.rank)) on this language model",
      remedy: "name the language model that the adapter was trained on")
  }

  /// Throws `checkpoint/tensors` with a table unless every pair has both halves, of the rank that the
  /// adapter's configuration says: what can be told without the language model.
  public func checkPairs() throws(Failure) {
    var table = MismatchTable()
    for name in weights.canonicalNames {
      for (half, other, axis) in [("A", "B", 0), ("B", "A", 1)]
      where name.hasSuffix(".lora_\(half).weight") {
        let stem = name.dropLast(".lora_A.weight".count)
        if !weights.contains("\(stem).lora_\(other).weight") {
          table.add("\(stem).lora_\(other).weight", expected: "a half", found: "missing")
        }
        let shape = weights.entry(name)?.shape ?? []
        guard shape.count != 2 || shape[axis] != scale.rank else { continue }
        let expected = axis == 0 ? "[\(scale.rank), any]" : "[any, \(scale.rank)]"
        table.add(name, expected: expected, found: "\(shape)")
      }
    }
    guard !table.isEmpty else { return }
    let heading = "the adapter's tensors are not pairs of rank \(scale.rank), as it says itself"
    throw Failure(
      .mismatch, code: "checkpoint/tensors", at: path,
      ([heading] + table.lines).joined(separator: "\n"), remedy: "take an undamaged copy")
  }

  /// Throws `checkpoint/not-finite` where a pair holds NaN or infinity.
  public func checkNumbers() throws(Failure) {
    guard let first = try weights.nonFiniteTensors().first else { return }
    throw Failure(
      .invalidInput, code: "checkpoint/not-finite", at: path,
      "tensor \(first.name) holds NaN or infinity", remedy: "take an undamaged copy")
  }

  /// The pairs for a decoder of the shape `language`, memory-mapped; all their numbers are finite.
  ///
  /// Throws what `check` throws, and `checkpoint/not-finite`.
  public func parameters(for language: LanguageConfig) throws(Failure) -> AdapterParameters<Weight>
  {
    try check(language)
    try checkNumbers()
    return try expectedParameters(for: language)
      .map { name, _ throws(Failure) in try weights.weight(name) }
  }

  /// The shapes that the pairs must have: both halves of every pair of which there is one half.
  private func expectedParameters(for language: LanguageConfig)
    -> AdapterParameters<ExpectedTensor>
  {
    let whole = language.expectedAdapter(rank: scale.rank)
    func kept(_ pair: LowRankPair<ExpectedTensor>?, _ name: String)
      -> LowRankPair<ExpectedTensor>?
    {
      ["A", "B"].contains { weights.contains("\(name).lora_\($0).weight") } ? pair : nil
    }
    return AdapterParameters(
      layers: whole.layers.enumerated().map { index, layer in
        let name = "language.layers.\(index)"
        return AdapterParameters<ExpectedTensor>.Layer(
          query: kept(layer.query, "\(name).self_attn.q_proj"),
          key: kept(layer.key, "\(name).self_attn.k_proj"),
          value: kept(layer.value, "\(name).self_attn.v_proj"),
          out: kept(layer.out, "\(name).self_attn.o_proj"),
          gate: kept(layer.gate, "\(name).mlp.gate_proj"),
          up: kept(layer.up, "\(name).mlp.up_proj"),
          down: kept(layer.down, "\(name).mlp.down_proj"))
      })
  }

  /// A short name for the pairs and their scale: equal adapters have equal names.
  public func identity() throws(Failure) -> String {
    let factor = scale.factor.bitPattern
    return Self.hash("adapter \(factor)\n\(try weights.identity())\n")
  }

  /// The same of a language model, called `base`, with this adapter.
  public func identity(on base: String) throws(Failure) -> String {
    Self.hash("\(base)\n\(try identity())\n")
  }

  private static func hash(_ text: String) -> String {
    var hash = SHA256()
    hash.update(text)
    return "sha256:" + hash.hexadecimal()
  }
}

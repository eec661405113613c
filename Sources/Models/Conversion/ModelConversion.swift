// Writes a model anew in another layout: weights, configurations, tokeniser.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import InputOutput
import JSON
import Tensors

/// Options for the result.
public struct ConversionOptions: Sendable {
  public var layout: TargetLayout
  /// Nil keeps each tensor's type; otherwise F32, F16 or BF16.
  public var elementType: ElementType?
  /// The largest shard in bytes of tensors; a larger tensor gets a shard of its own.
  public var shardBytes: Int
  /// The program that writes it: `llava-weights/0.1.0`.
  public var producer: String
  /// What config.json gets as its member `llava_tools`; nil for none.
  public var record: JSONObject?

  public init(layout: TargetLayout, elementType: ElementType?, shardBytes: Int, producer: String) {
    (self.layout, self.elementType) = (layout, elementType)
    (self.shardBytes, self.producer) = (shardBytes, producer)
  }
}

/// A conversion whose plan is made: what will be written is known, and nothing has been.
public struct ModelConversion {
  public let source: ConversionSource
  public let options: ConversionOptions
  let vocabulary: VocabularyPlan
  private let tensors: TensorPlan

  /// Throws `convert/…` where the layout has no form for `source`.
  public init(_ source: ConversionSource, _ options: ConversionOptions) throws(Failure) {
    self.source = source
    self.options = options
    guard let entry = source.language.weights.entry("language.embed_tokens.weight") else {
      preconditionFailure("a language model was opened without an embedding")
    }
    vocabulary = try VocabularyPlan(source, rows: entry.shape[0], layout: options.layout)
    if let head = source.language.weights.entry("language.lm_head.weight"),
      head.shape[0] != entry.shape[0]
    {
      throw Failure(
        .mismatch, code: "convert/vocabulary", at: source.language.weights.path,
        "expected as many rows of lm_head as of the embedding, \(entry.shape[0]), found"
          + " \(head.shape[0])")
    }
    tensors = try TensorPlan(source, vocabulary: vocabulary, options: options)
  }

  /// Bytes of all tensors of the result.
  public var byteCount: Int { tensors.byteCount }
  public var fileCount: Int { tensors.shards.count }
  public var tensorCount: Int { tensors.shards.reduce(0) { $0 + $1.tensors.count } }

  /// What the user should know of the result.
  public func warnings() throws(Failure) -> [String] {
    var warnings: [String] = []
    if let text = try source.language.headWarning() { warnings.append(text) }
    if options.layout == .original, source.vision != nil, towerName == nil {
      warnings.append(
        "LLaVA's own code knows no vision tower of this shape by name; it is described in config.json"
          + " for the tools here")
    }
    if options.layout == .huggingFace, chatTemplate == nil {
      warnings.append(
        "no chat template is known for this model, so that none is written: tell convo-format"
          + " with --template")
    }
    return warnings
  }

  /// Writes everything to `path`, which appears when it is complete. `willWrite` is called once `path`
  /// is known to be free; `progress` gets the bytes of tensors that were written since its last call.
  ///
  /// Throws what `AtomicDirectory` throws, `io/…`, `convert/…`, or `file/changed` where a file of the
  /// source was replaced meanwhile.
  public func write(
    to path: String, willWrite: () -> Void = {}, progress: (Int) -> Void
  ) throws(Failure) {
    let output = try AtomicDirectory(path: path, outside: source.directories)
    willWrite()
    try write(into: output, progress: progress)
    try Interruption.check(path)
    try output.finish()
  }

  /// The same into a place that the caller finishes.
  public func write(into output: some OutputPlace, progress: (Int) -> Void) throws(Failure) {
    let small = try smallFiles()
    try withoutActuallyEscapingProgress(progress) { (progress) throws(Failure) in
      let writer = TensorWriter(metadata: try metadata(), progress: progress)
      for (file, tensors) in self.tensors.shards {
        try writer.write(tensors, to: try output.openFile(file))
      }
    }
    if tensors.shards.count > 1 {
      try output.write(index.indented(), to: "model.safetensors.index.json")
    }
    for (name, bytes) in small.sorted(by: { $0.key < $1.key }) {
      try output.write(bytes, to: name)
    }
    try source.verifyUnchanged()
  }

  private func withoutActuallyEscapingProgress(
    _ progress: (Int) -> Void, _ body: (@escaping (Int) -> Void) throws(Failure) -> Void
  ) throws(Failure) {
    // Else the length of this file's path, which depends on the folder of the build, is in the program.
    #sourceLocation(file:"ModelConversion.progress",line:1)
    let result = withoutActuallyEscaping(progress) { progress in
      Result { () throws(Failure) in try body(progress) }
    }
    #sourceLocation()
    try result.get()
  }

  /// Where the tensors come from and what wrote them. transformers wants `format`.
  private func metadata() throws(Failure) -> [(key: String, value: String)] {
    var metadata = [
      (key: "format", value: "pt"), (key: "producer", value: options.producer),
      (key: "layout", value: options.layout.rawValue), (key: "source", value: source.name),
    ]
    for (part, weights) in source.parts where !weights.isEmpty {
      metadata.append((key: "source.\(part.rawValue)", value: try weights.identity()))
    }
    return metadata
  }

  private var index: JSONValue {
    var map = JSONObject()
    let rows = tensors.shards.flatMap { shard in shard.tensors.map { ($0.name, shard.file) } }
    for (name, file) in rows.sorted(by: { $0.0 < $1.0 }) { map[name] = .string(file) }
    return .object([
      "metadata": .object(["total_size": .int(tensors.byteCount)]), "weight_map": .object(map),
    ])
  }

  /// Every file but the weights, by name.
  private func smallFiles() throws(Failure) -> [String: [UInt8]] {
    var files = try source.tokenizer?.written(vocabulary, layout: options.layout) ?? [:]
    files["config.json"] = JSONValue.object(try configuration()).indented()
    files["generation_config.json"] = JSONValue.object(generationConfiguration).indented()
    if let vision = source.vision {
      let pads = options.layout == .huggingFace && vision.preprocessor.aspect == .pad
      files["preprocessor_config.json"] = JSONValue.object(
        preprocessor(vision.preprocessor, pads: pads)
      ).indented()
    }
    if options.layout == .huggingFace {
      files["processor_config.json"] = JSONValue.object(processor).indented()
    }
    if let text = chatTemplate {
      files["chat_template.jinja"] = Array(text.utf8)
      // transformers before 4.50 reads a processor's template from here alone.
      files["chat_template.json"] = JSONValue.object(["chat_template": .string(text)]).indented()
    }
    return files
  }
}

// The files that a tokeniser is read from, and the same with tokens added or taken away.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Tokenizers

/// A tokeniser and its files, by ours and by transformers' reading.
struct TokenizerFiles: Sendable {
  let directory: String
  let tokenizer: Tokenizer
  /// The name of the token that pads; nil where there is none but one that means something else too.
  let padName: String?
  /// By name; each is copied unless it must change.
  private let files: [String: [UInt8]]

  private static let names = Tokenizer.fileNames + Tokenizer.companionNames
  private static let limit = 64 << 20

  init(_ directory: String) throws(Failure) {
    self.directory = directory
    tokenizer = try Tokenizer.load(path: directory)
    var files: [String: [UInt8]] = [:]
    for name in Self.names where try fileExists("\(directory)/\(name)") {
      files[name] = try readWholeFile("\(directory)/\(name)", limit: Self.limit)
    }
    // Not read here where tokenizer.model is, but by transformers of the copy.
    if let root = try Self.object("tokenizer.json", in: files, directory),
      root["model"]?.object == nil
    {
      throw Failure(
        .invalidInput, code: "tokenizer/corrupt", at: "\(directory)/tokenizer.json",
        "expected a tokenizer, found an object without a model",
        remedy: "fetch it again, or take it away: it is made from tokenizer.model")
    }
    self.files = files
    padName = try Self.padName(tokenizer, files, directory)
  }

  private static func padName(
    _ tokenizer: Tokenizer, _ files: [String: [UInt8]], _ directory: String
  ) throws(Failure) -> String? {
    let shared = ["<unk>", "<s>", "</s>"]
    for name in ["special_tokens_map.json", "tokenizer_config.json"] {
      let value = try object(name, in: files, directory)?["pad_token"]
      guard let pad = value?.string ?? value?.object?["content"]?.string,
        tokenizer.id(ofSpecial: pad) != nil, !shared.contains(pad)
      else { continue }
      return pad
    }
    let usual = VocabularyPlan.padName
    return tokenizer.id(ofSpecial: usual) != nil ? usual : nil
  }

  /// The files as `plan` wants them, by name.
  func written(_ plan: VocabularyPlan, layout: TargetLayout) throws(Failure) -> [String: [UInt8]] {
    var result = files
    let pad = plan.added.first { $0.name == VocabularyPlan.padName }?.name ?? padName
    let isRemoved = pad.map(plan.removed.contains) ?? false
    // transformers makes one of tokenizer.model only where more libraries are installed; a GGUF file has
    // neither.
    let isNeeded = layout == .huggingFace || files["tokenizer.model"] == nil
    let made = isNeeded && files["tokenizer.json"] == nil ? tokenizer.fastFile() : nil
    if plan.added.isEmpty, plan.removed.isEmpty, made == nil,
      result["tokenizer_config.json"] != nil
    {
      return result
    }
    if var root = try object("tokenizer.json") ?? made {
      root["added_tokens"] = .array(
        edited(root["added_tokens"]?.array ?? [], plan) { $0.object?["content"]?.string })
      result["tokenizer.json"] = JSONValue.object(root).indented()
    }
    var tokens = try object("added_tokens.json") ?? [:]
    for name in plan.removed { tokens[name] = nil }
    for token in plan.added { tokens[token.name] = .int(token.id) }
    result["added_tokens.json"] =
      tokens.members.isEmpty ? nil : JSONValue.object(tokens).indented()
    let padValue = JSONValue.string(isRemoved ? "<unk>" : pad ?? "<unk>")
    result["tokenizer_config.json"] = JSONValue.object(
      try configuration(plan, pad: padValue, layout)
    ).indented()
    if var map = try object("special_tokens_map.json") {
      map["pad_token"] = padValue
      result["special_tokens_map.json"] = JSONValue.object(map).indented()
    }
    return result
  }

  private func configuration(
    _ plan: VocabularyPlan, pad: JSONValue, _ layout: TargetLayout
  ) throws(Failure) -> JSONObject {
    var config = try object("tokenizer_config.json") ?? base
    var decoder = config["added_tokens_decoder"]?.object ?? known
    for (key, value) in decoder.members
    where plan.removed.contains(value.object?["content"]?.string ?? "") { decoder[key] = nil }
    for token in plan.added { decoder[String(token.id)] = Self.entry(token.name) }
    config["added_tokens_decoder"] = .object(decoder)
    config["pad_token"] = pad
    if layout == .huggingFace {
      config["processor_class"] = .string("LlavaProcessor")
    } else {
      config["processor_class"] = nil
    }
    for key in ["image_token", "extra_special_tokens"] where !plan.removed.isEmpty {
      config[key] = nil
    }
    return config
  }

  /// A configuration for a tokeniser that came without one.
  private var base: JSONObject {
    var config: JSONObject = [
      "tokenizer_class": .string("LlamaTokenizer"), "unk_token": .string("<unk>"),
    ]
    config["add_bos_token"] = .bool(tokenizer.addsBOS)
    config["add_eos_token"] = .bool(false)
    config["bos_token"] = tokenizer.bos.flatMap(tokenizer.piece).map(JSONValue.string)
    config["eos_token"] = tokenizer.eos.flatMap(tokenizer.piece).map(JSONValue.string)
    config["clean_up_tokenization_spaces"] = .bool(false)
    return config
  }

  /// The special tokens of a tokeniser whose configuration lists none: transformers takes such a
  /// list for a whole one.
  private var known: JSONObject {
    let tokens = tokenizer.specialNames.compactMap { name in
      tokenizer.id(ofSpecial: name).map { (id: $0, name: name) }
    }.sorted { $0.id < $1.id }
    var decoder = JSONObject()
    for token in tokens { decoder[String(token.id)] = Self.entry(token.name) }
    return decoder
  }

  private func edited(
    _ entries: [JSONValue], _ plan: VocabularyPlan, name: (JSONValue) -> String?
  ) -> [JSONValue] {
    let kept = entries.filter { !plan.removed.contains(name($0) ?? "") }
    return kept
      + plan.added.map { token in
        var entry: JSONObject = ["id": .int(token.id)]
        for (key, value) in Self.entry(token.name).object?.members ?? [] { entry[key] = value }
        return .object(entry)
      }
  }

  /// A special token, as `added_tokens_decoder` describes it.
  private static func entry(_ name: String) -> JSONValue {
    .object([
      "content": .string(name), "lstrip": .bool(false), "normalized": .bool(false),
      "rstrip": .bool(false), "single_word": .bool(false), "special": .bool(true),
    ])
  }

  private func object(_ name: String) throws(Failure) -> JSONObject? {
    try Self.object(name, in: files, directory)
  }

  private static func object(
    _ name: String, in files: [String: [UInt8]], _ directory: String
  ) throws(Failure) -> JSONObject? {
    guard let bytes = files[name] else { return nil }
    do throws(JSONError) {
      guard let object = try JSONValue(parsing: bytes).object else {
        throw JSONError(offset: 0, message: "expected an object")
      }
      return object
    } catch {
      throw Failure(
        .invalidInput, code: "json/invalid", at: "\(directory)/\(name):byte \(error.offset)",
        error.message)
    }
  }
}

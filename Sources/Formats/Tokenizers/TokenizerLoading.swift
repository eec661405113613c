// Finds a tokeniser in a model directory, or in one file.
// SPDX-License-Identifier: Apache-2.0
import GGUF
import Glibc
import InputOutput
import JSON

extension Tokenizer {
  /// Bytes of the largest file that is read: several times the largest known tokeniser.
  static let fileLimit = 64 << 20
  /// Bytes of the largest small file beside it: some hundred times the largest known.
  static let smallFileLimit = 8 << 20

  /// The files that hold a tokeniser, in the order in which they are looked for.
  public static let fileNames = ["tokenizer.model", "tokenizer.json"]
  /// The files beside it that add to it.
  public static let companionNames = [
    "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
  ]

  /// The tokeniser of the model in `directory`: `tokenizer.model` if it is there, else
  /// `tokenizer.json`, with what `tokenizer_config.json` and `added_tokens.json` add.
  public static func load(directory: String) throws(Failure) -> Tokenizer {
    for name in fileNames where try exists("\(directory)/\(name)") {
      return try load(path: "\(directory)/\(name)")
    }
    throw Failure(
      .invalidInput, code: "tokenizer/not-found", at: directory,
      "expected tokenizer.model or tokenizer.json, found neither",
      remedy: "copy it from the checkpoint that the model came from")
  }

  /// The tokeniser in `path`: a directory, `tokenizer.model`, `tokenizer.json` or a GGUF file.
  /// Beside a file its directory's `tokenizer_config.json` and `added_tokens.json` count too, but a GGUF
  /// file says everything itself.
  public static func load(path: String) throws(Failure) -> Tokenizer {
    if try isDirectory(path) { return try load(directory: path) }
    do {
      if let file = try ggufFile(path) { return try Tokenizer(GGUFVocabulary(file).parts()) }
      var parts = try parts(path)
      let directory = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
      try parts.add(directory: directory)
      return try Tokenizer(parts)
    } catch {
      // A file beside it has named itself.
      guard let place = error.place, !place.utf8.starts(with: "byte ".utf8) else {
        throw error.at(path)
      }
      throw error
    }
  }

  /// The GGUF file at `path`; nil for a file of another format. Its weights are not looked at, so that
  /// its size does not matter.
  private static func ggufFile(_ path: String) throws(Failure) -> GGUFFile? {
    let mapped = try MappedFile(path: path)
    return GGUFFile.isFormat(mapped.bytes) ? try GGUFFile(mapped) : nil
  }

  private static func parts(_ path: String) throws(Failure) -> TokenizerParts {
    let bytes = try readWholeFile(path, limit: fileLimit)
    guard !bytes.isEmpty else {
      throw Failure(
        .invalidInput, code: "tokenizer/corrupt", "expected a tokenizer, found an empty file",
        remedy: "fetch it again")
    }
    let first = bytes.first { !$0.isJSONSpace }
    if first == UInt8(ascii: "{") {
      return try FastTokenizerFile(json(bytes, path)).parts
    }
    if isRankList(bytes) { throw byteLevel("a tiktoken vocabulary (base64 and ranks)") }
    let model = try SentencePieceModel(bytes)
    return TokenizerParts(
      vocabulary: try Vocabulary(
        pieces: model.pieces, normalizer: model.normalizer, byteFallback: model.byteFallback),
      bosName: model.bosPiece, eosName: model.eosPiece)
  }

  /// Whether the first line is a token in base64, a space and a number.
  private static func isRankList(_ bytes: [UInt8]) -> Bool {
    let line = bytes.prefix(512).prefix { $0 != 0x0a }
    let words = line.split(separator: 0x20, omittingEmptySubsequences: false)
    guard words.count == 2, let rank = words.last, !rank.isEmpty else { return false }
    let isNumber = rank.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x0d }
    let base64 = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=".utf8)
    return isNumber && words[0].count % 4 == 0 && !words[0].isEmpty
      && words[0].allSatisfy(base64.contains)
  }

  /// The refusal of tokenisers of the other great family.
  static func byteLevel(_ found: String) -> Failure {
    Failure(
      .mismatch, code: "tokenizer/byte-level",
      "expected LLaMA's SentencePiece tokenizer, found \(found), as Llama 3, Qwen 2 and MPT have",
      remedy: "take a checkpoint on LLaMA, Vicuna or Mistral: byte-level tokenizers are not read")
  }

  fileprivate static func json(_ bytes: [UInt8], _ path: String) throws(Failure) -> JSONValue {
    do throws(JSONError) { return try JSONValue(parsing: bytes) } catch {
      throw Failure(
        .invalidInput, code: "json/invalid", at: "\(path):byte \(error.offset)", error.message)
    }
  }

  /// Whether there is such a name; a link that leads nowhere counts, so that opening it tells.
  fileprivate static func exists(_ path: String) throws(Failure) -> Bool {
    try fileExists(path, followingLinks: false)
  }

  private static func isDirectory(_ path: String) throws(Failure) -> Bool {
    try fileStatus(path).map { $0.st_mode & S_IFMT == S_IFDIR } ?? false
  }
}

extension TokenizerParts {
  /// Adds what the small JSON files in `directory` say.
  fileprivate mutating func add(directory: String) throws(Failure) {
    var specials: [JSONValue?] = []
    if let config = try Self.object("\(directory)/tokenizer_config.json") {
      try add(config)
      specials += Self.specialNames(config)
    }
    if let tokens = try Self.object("\(directory)/added_tokens.json") {
      for (name, id) in tokens.members {
        try add(AddedToken(["content": .string(name)], id: id.int), name)
      }
    }
    if let map = try Self.object("\(directory)/special_tokens_map.json") {
      bosName = Self.name(map["bos_token"]) ?? bosName
      eosName = Self.name(map["eos_token"]) ?? eosName
      specials += Self.specialNames(map)
    }
    for name in specials.compactMap(Self.name) { added[ExactText(name)]?.isSpecial = true }
    try makeInert()
  }

  private mutating func add(_ config: JSONObject) throws(Failure) {
    for (key, value) in config["added_tokens_decoder"]?.object?.members ?? [] {
      guard let object = value.object, let name = object["content"]?.string else { continue }
      try add(AddedToken(object, id: Int(key)), name)
    }
    // A `tokenizer.json` says itself where prefixes go; only SentencePiece needs to be told.
    if case .pieces = rule, let legacy = config["legacy"]?.bool { follow(legacy: legacy) }
    if config["add_prefix_space"]?.bool == false { prefixRule = .never }
    addsBOS = config["add_bos_token"]?.bool ?? addsBOS
    bosName = Self.name(config["bos_token"]) ?? bosName
    eosName = Self.name(config["eos_token"]) ?? eosName
  }

  /// Puts prefixes where slow tokenisers with such a `legacy` put them.
  mutating func follow(legacy: Bool) {
    prefixRule = legacy ? .everyText : .firstText
    start.dropsSpaces = legacy
  }

  /// Adds `token`; what an earlier file said of the name stays.
  private mutating func add(_ token: AddedToken?, _ name: String) throws(Failure) {
    let known = added[ExactText(name)]
    guard let token, known?.id ?? token.id == token.id else {
      throw Vocabulary.fault(
        "the added token \(escapedForTerminal(name.prefix(bytes: 64))) has no id or two")
    }
    if known == nil { added[ExactText(name)] = token }
  }

  /// Pieces that are special tokens at once must not come out of a user's text; and a piece that
  /// the model itself keeps out of texts is special whatever other files say.
  private mutating func makeInert() throws(Failure) {
    var pieces = vocabulary.pieces
    var changed = false
    for (name, token) in added {
      let index = Int(token.id)
      guard pieces.indices.contains(index), ExactText(pieces[index].text) == name else { continue }
      switch pieces[index].kind {
      case .control, .unknown: added[name]?.isSpecial = true
      case .normal, .userDefined, .unused:
        guard token.isSpecial else { continue }
        pieces[index].kind = .control
        changed = true
      case .byte: break
      }
    }
    guard changed else { return }
    vocabulary = try Vocabulary(
      pieces: pieces, normalizer: vocabulary.normalizer,
      byteFallback: vocabulary.byteIds != nil, fusesUnknown: vocabulary.fusesUnknown)
  }

  /// What a configuration lists as special tokens.
  private static func specialNames(_ object: JSONObject) -> [JSONValue?] {
    let keys = ["bos", "eos", "unk", "pad", "sep", "cls", "mask"].map { "\($0)_token" }
    return keys.map { object[$0] } + (object["additional_special_tokens"]?.array ?? [])
  }

  /// A token's name, which stands there alone or as an object's `content`.
  private static func name(_ value: JSONValue?) -> String? {
    value?.string ?? value?.object?["content"]?.string
  }

  /// The object in the file `path`, nil where there is no such file.
  private static func object(_ path: String) throws(Failure) -> JSONObject? {
    guard try Tokenizer.exists(path) else { return nil }
    let bytes = try readWholeFile(path, limit: Tokenizer.smallFileLimit)
    guard let object = try Tokenizer.json(bytes, path).object else {
      throw Failure(.invalidInput, code: "json/invalid", at: path, "expected an object")
    }
    return object
  }
}

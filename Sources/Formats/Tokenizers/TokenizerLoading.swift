// Finds a tokenizer in a model directory, or in one file.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import InputOutput
import JSON

extension Tokenizer {
  /// Bytes of the largest file that is read: several times the largest known tokenizer.
  static let fileLimit = 64 << 20

  /// The tokenizer of the model in `directory`: `tokenizer.model` if it is there, else
  /// `tokenizer.json`, with what `tokenizer_config.json` and `added_tokens.json` add.
  public static func load(directory: String) throws(Failure) -> Tokenizer {
    for name in ["tokenizer.model", "tokenizer.json"] where exists("\(directory)/\(name)") {
      return try load(path: "\(directory)/\(name)")
    }
    throw Failure(
      .invalidInput, code: "tokenizer/not-found", at: directory,
      "expected tokenizer.model or tokenizer.json, found neither",
      remedy: "copy it from the checkpoint that the model came from")
  }

  /// The tokenizer in `path`: a directory, `tokenizer.model`, `tokenizer.json` or a GGUF file.
  /// Beside a file its directory's `tokenizer_config.json` and `added_tokens.json` count too.
  public static func load(path: String) throws(Failure) -> Tokenizer {
    if isDirectory(path) { return try load(directory: path) }
    do {
      var parts = try parts(path)
      let directory = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
      try parts.add(directory: directory)
      return try Tokenizer(parts)
    } catch { throw error.place?.contains(path) == true ? error : error.at(path) }
  }

  private static func parts(_ path: String) throws(Failure) -> TokenizerParts {
    let bytes = try readWholeFile(path, limit: fileLimit)
    guard !bytes.isEmpty else {
      throw Failure(
        .invalidInput, code: "tokenizer/corrupt", "expected a tokenizer, found an empty file",
        remedy: "fetch it again")
    }
    if bytes.starts(with: Array("GGUF".utf8)) { return try GGUFVocabulary(bytes).parts() }
    let first = bytes.first { ![0x20, 0x09, 0x0a, 0x0d].contains($0) }
    if first == UInt8(ascii: "{") {
      return try FastTokenizerFile(json(bytes, path)).parts
    }
    let model = try SentencePieceModel(bytes)
    return TokenizerParts(
      vocabulary: try Vocabulary(
        pieces: model.pieces, normalizer: model.normalizer, byteFallback: model.byteFallback),
      bosName: model.bosPiece, eosName: model.eosPiece)
  }

  fileprivate static func json(_ bytes: [UInt8], _ path: String) throws(Failure) -> JSONValue {
    do throws(JSONError) { return try JSONValue(parsing: bytes) } catch {
      throw Failure(
        .invalidInput, code: "json/invalid", at: "\(path):byte \(error.offset)", error.message)
    }
  }

  fileprivate static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  private static func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }
}

extension TokenizerParts {
  /// Adds what the small JSON files in `directory` say.
  fileprivate mutating func add(directory: String) throws(Failure) {
    if let tokens = try Self.object("\(directory)/added_tokens.json") {
      for (name, value) in tokens.members { try add(name, value.int) }
    }
    if let config = try Self.object("\(directory)/tokenizer_config.json") { try add(config) }
    if let map = try Self.object("\(directory)/special_tokens_map.json") {
      bosName = Self.name(map["bos_token"]) ?? bosName
      eosName = Self.name(map["eos_token"]) ?? eosName
    }
    try makeInert()
  }

  private mutating func add(_ config: JSONObject) throws(Failure) {
    for (key, value) in config["added_tokens_decoder"]?.object?.members ?? [] {
      guard let name = value.object?["content"]?.string else { continue }
      try add(name, Int(key))
    }
    // A `tokenizer.json` says itself where prefixes go; only SentencePiece needs to be told.
    if case .pieces = rule, let legacy = config["legacy"]?.bool {
      prefixRule = legacy ? .everyText : .firstText
      start.dropsSpaces = legacy
    }
    if config["add_prefix_space"]?.bool == false { prefixRule = .never }
    addsBOS = config["add_bos_token"]?.bool ?? addsBOS
    bosName = Self.name(config["bos_token"]) ?? bosName
    eosName = Self.name(config["eos_token"]) ?? eosName
  }

  private mutating func add(_ name: String, _ id: Int?) throws(Failure) {
    guard let id = id.flatMap(Int32.init(exactly:)), added[name] ?? id == id else {
      throw Vocabulary.fault("the added token \(escapedForTerminal(name)) has no id or two")
    }
    added[name] = id
  }

  /// Pieces that are added tokens at once must not come out of a user's text.
  private mutating func makeInert() throws(Failure) {
    var pieces = vocabulary.pieces
    let claimed = added.filter { pieces.indices.contains(Int($0.value)) }
    var changed = false
    for (name, id) in claimed where pieces[Int(id)].text == name {
      guard [.normal, .userDefined, .unused].contains(pieces[Int(id)].kind) else { continue }
      pieces[Int(id)].kind = .control
      changed = true
    }
    guard changed else { return }
    vocabulary = try Vocabulary(
      pieces: pieces, normalizer: vocabulary.normalizer,
      byteFallback: vocabulary.byteIds != nil)
  }

  /// A token's name, which stands there alone or as an object's `content`.
  private static func name(_ value: JSONValue?) -> String? {
    value?.string ?? value?.object?["content"]?.string
  }

  /// The object in the file `path`, nil where there is no such file.
  private static func object(_ path: String) throws(Failure) -> JSONObject? {
    guard Tokenizer.exists(path) else { return nil }
    let bytes = try readWholeFile(path, limit: Tokenizer.fileLimit)
    guard let object = try Tokenizer.json(bytes, path).object else {
      throw Failure(.invalidInput, code: "json/invalid", at: path, "expected an object")
    }
    return object
  }
}

// A model in GGUF files: a language model's, one of a vision tower with its projector, or both.
// SPDX-License-Identifier: Apache-2.0
import GGUF
import InputOutput

/// The GGUF files behind a path.
struct GGUFModel: Sendable {
  /// As the user named it.
  let path: String
  /// That of the files.
  let directory: String
  let language: GGUFSplit?
  /// What llama.cpp calls mmproj.
  let projector: GGUFFile?
  /// What a store keeps beside the files.
  var template: ChatTemplate?

  /// More files of this format than a model's directory has.
  private static let fileLimit = 100

  /// The model at `path`: a GGUF file, with the one mmproj file beside it where it is a language
  /// model's; a directory whose weights are GGUF files, one model's and one mmproj; or
  /// a name in Ollama's store. Nil for anything else.
  ///
  /// Throws `checkpoint/several` where there is a choice, and what opening the files throws.
  static func find(_ path: String) throws(Failure) -> GGUFModel? {
    if let name = try OllamaName.find(in: path) { return try OllamaStore.find(name, called: path) }
    if let directory = try Directory(path) {
      guard try WeightFiles.find(in: directory) == nil, try !WeightFiles.isAdapter(directory) else {
        return nil
      }
      let names = try files(in: directory)
      return names.isEmpty ? nil : try GGUFModel(path, directory, names)
    }
    guard let mapped = try ifUsable({ () throws(Failure) in try MappedFile(path: path) }),
      GGUFFile.isFormat(mapped.bytes)
    else {
      return nil
    }
    let file = try GGUFFile(mapped)
    let parent = splitPath(path).directory
    if file.isProjector {
      return GGUFModel(path: path, directory: parent, language: nil, projector: file)
    }
    return GGUFModel(
      path: path, directory: parent, language: try GGUFSplit(file),
      projector: try projector(in: parent))
  }

  private static func files(in directory: Directory) throws(Failure) -> [String] {
    let names = try ifUsable { () throws(Failure) in try directory.entries(limit: 10_000) } ?? []
    let found = names.filter { $0.ends(withBytesOf: ".gguf") }
    guard found.count <= fileLimit else {
      throw several(directory.path, "\(found.count) GGUF files")
    }
    return found
  }

  /// The one file of `directory` that calls itself a projector; nil where there is none or a choice.
  private static func projector(in directory: String) throws(Failure) -> GGUFFile? {
    guard let found = try Directory(directory) else { return nil }
    let names = try files(in: found).filter { $0.firstRange(of: "mmproj") != nil }
    guard names.count == 1, let name = names.first else { return nil }
    return try open(found.path(of: name))
  }

  /// The parts among `names`, files in `found`.
  private init(_ path: String, _ found: Directory, _ names: [String]) throws(Failure) {
    var (languages, projectors): ([GGUFFile], [GGUFFile]) = ([], [])
    // Any part of several leads to the others.
    var split: Set<String> = []
    for name in names {
      if let part = GGUFSplit.part(ofName: name),
        !split.insert("\(part.stem)/\(part.count)").inserted
      {
        continue
      }
      let file = try Self.open(found.path(of: name))
      if file.isProjector { projectors.append(file) } else { languages.append(file) }
    }
    for (files, what) in [(languages, "language models"), (projectors, "projectors (mmproj)")]
    where files.count > 1 {
      let names = files.map { escapedForTerminal(splitPath($0.path).name) }
      throw Self.several(
        found.path, "\(files.count) \(what): \(names.joined(separator: ", "))")
    }
    self.init(
      path: path, directory: found.path,
      language: try languages.first.map { (file) throws(Failure) in try GGUFSplit(file) },
      projector: projectors.first)
  }

  init(
    path: String, directory: String, language: GGUFSplit?, projector: GGUFFile?,
    template: ChatTemplate? = nil
  ) {
    (self.path, self.directory) = (path, directory)
    (self.language, self.projector, self.template) = (language, projector, template)
  }

  static func open(_ path: String) throws(Failure) -> GGUFFile {
    let mapped = try MappedFile(path: path)
    try Checkpoint.refusePointer(mapped)
    return try GGUFFile(mapped)
  }

  private static func several(_ path: String, _ found: String) -> Failure {
    Failure(
      .invalidInput, code: "checkpoint/several", at: path,
      "expected one language model and one projector as GGUF files, found \(found)",
      remedy: "name a file: -m DIR/MODEL.gguf, and with --vision and --projector DIR/MMPROJ.gguf")
  }
}

extension GGUFModel {
  /// The files as sources of weights. Throws what naming their tensors throws.
  func tensorFiles() throws(Failure) -> [any TensorFile] {
    var files: [any TensorFile] = []
    if let language {
      let config = try LanguageConfig(language)
      for file in language.files {
        files.append(try GGUFTensorFile(file, GGUFNames(language: config)))
      }
    }
    if let projector {
      let width = projector["clip.vision.embedding_length"]?.integer
      files.append(try GGUFTensorFile(projector, GGUFNames(visionWidth: width)))
    }
    return files
  }

  /// The file that has the vocabulary; nil where none has.
  var tokenizerPath: String? {
    guard let first = language?.first, first["tokenizer.ggml.tokens"] != nil else { return nil }
    return first.path
  }

  /// The chat template, as text. Throws `checkpoint/chat-template`.
  func chatTemplate() throws(Failure) -> ChatTemplate? {
    if let template { return template }
    guard let first = language?.first, let value = first["tokenizer.chat_template"] else {
      return nil
    }
    guard let text = value.text, text.utf8.count <= ChatTemplate.sizeLimit else {
      throw ChatTemplate.noText(first.path)
    }
    return ChatTemplate(text: text, path: first.path)
  }
}

extension GGUFFile {
  /// Whether this is a vision tower's or a projector's file.
  var isProjector: Bool { self["general.architecture"]?.text == "clip" }

  func tensor(named name: String) -> GGUFTensor? { tensors.first { $0.name == name } }
}

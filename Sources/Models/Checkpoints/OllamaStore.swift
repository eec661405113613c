// Models that Ollama has fetched before, found by name. Nothing is fetched here.
// SPDX-License-Identifier: Apache-2.0
import GGUF
import Glibc
import InputOutput
import JSON

/// Ollama's store on this disk (reference: its server/manifest.go and server/layer.go):
/// `manifests/HOST/USER/NAME/TAG` lists layers, `blobs/sha256-HEX` holds them; those of weights are
/// plain GGUF files.
enum OllamaStore {
  private static let manifestLimit = 1 << 20
  private static let kind = "application/vnd.ollama.image."

  /// The model called `name`. Throws `checkpoint/not-found`, `checkpoint/ollama` for a damaged
  /// manifest or one that names what is not there, and what opening the files throws.
  static func find(_ name: OllamaName, called path: String) throws(Failure) -> GGUFModel {
    let (root, manifest) = try place(of: name, called: path)
    do throws(Failure) { return try model(manifest, root, called: path) } catch {
      var error = error
      if error.status == .invalidInput, error.remedy == nil {
        error.remedy = "fetch the model again: ollama pull \(name.pulled)"
      }
      throw error
    }
  }

  private static func model(
    _ manifest: String, _ root: String, called path: String
  ) throws(Failure) -> GGUFModel {
    let object = try readObject(manifest, limit: manifestLimit)
    var layers: [String: [(path: String, size: Int?)]] = [:]
    for layer in object["layers"]?.array ?? [] {
      guard let type = layer.object?["mediaType"]?.string, type.hasPrefix(kind),
        let digest = layer.object?["digest"]?.string
      else { continue }
      guard let blob = blob(digest) else {
        throw fault(manifest, "expected sha256 and 64 digits as a digest, found another text")
      }
      layers[String(type.dropFirst(kind.count)), default: []].append(
        ("\(root)/blobs/\(blob)", layer.object?["size"]?.int))
    }
    for type in ["model", "projector", "template"] {
      let count = layers[type]?.count ?? 0
      guard count <= 1 else {
        throw fault(manifest, "expected at most one layer of type \(type), found \(count)")
      }
    }
    guard layers["adapter"] == nil else {
      throw Failure(
        .mismatch, code: "checkpoint/ollama", at: manifest,
        "the model has an adapter as GGUF, which is not supported",
        remedy: "take the model that the adapter was made for, and one of peft's with --lora")
    }
    guard let model = layers["model"]?.first else {
      throw fault(manifest, "expected a layer of type model, found none")
    }
    return GGUFModel(
      path: path, directory: "\(root)/blobs", language: try GGUFSplit(open(model)),
      projector: try layers["projector"]?.first.map { (layer) throws(Failure) in try open(layer) },
      template: try layers["template"]?.first.map { (layer) throws(Failure) in
        try template(layer.path)
      })
  }

  private static func open(_ layer: (path: String, size: Int?)) throws(Failure) -> GGUFFile {
    try requireFile(layer.path)
    let file = try GGUFModel.open(layer.path)
    guard layer.size ?? file.file.bytes.count == file.file.bytes.count else {
      throw fault(
        layer.path, "expected \(layer.size ?? 0) bytes, found \(file.file.bytes.count)")
    }
    return file
  }

  private static func requireFile(_ path: String) throws(Failure) {
    guard try fileExists(path) else {
      throw fault(path, "the model's manifest names this file, which is missing")
    }
  }

  /// A program in Go's language, recognised by what it contains and never run.
  private static func template(_ path: String) throws(Failure) -> ChatTemplate {
    try requireFile(path)
    let bytes = try readWholeFile(path, limit: ChatTemplate.sizeLimit)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw ChatTemplate.noText(path)
    }
    return ChatTemplate(text: text, path: path)
  }

  /// The name of the file that holds `sha256:HEX`.
  private static func blob(_ digest: String) -> String? {
    let parts = digest.split(atByte: UInt8(ascii: ":"))
    guard parts.count == 2, parts[0] == "sha256", SHA256.isDigest(parts[1]) else { return nil }
    return "sha256-\(parts[1])"
  }

  /// The store that has `name`, and the manifest there.
  private static func place(of name: OllamaName, called path: String) throws(Failure) -> (
    root: String, manifest: String
  ) {
    let stores = directories
    for root in stores {
      let manifests = try Directory("\(root)/manifests")
      let hosts = try ifUsable { () throws(Failure) in try manifests?.entries(limit: 100) } ?? nil
      for host in hosts ?? [] where name.host ?? host == host {
        let manifest = "\(root)/manifests/\(host)/\(name.user)/\(name.name)/\(name.tag)"
        if try fileExists(manifest) { return (root, manifest) }
      }
    }
    let closed = stores.first { access($0, F_OK) != 0 && errno == EACCES }
    throw Failure(
      .inputOutput, code: "checkpoint/not-found", at: path,
      closed.map { "you may not read Ollama's store, \($0)" }
        ?? "there is no model of that name and tag in Ollama's store (looked in"
        + " \(stores.joined(separator: ", ")))",
      remedy: closed != nil
        ? "read it as a user who may, or copy the files elsewhere"
        : "fetch it (ollama pull \(name.pulled)), or set OLLAMA_MODELS")
  }

  /// Where Ollama keeps models: where the environment says, else the user's place and the service's.
  private static var directories: [String] {
    func variable(_ name: String) -> String? {
      getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }
    if let named = variable("OLLAMA_MODELS") { return [named] }
    let own = variable("HOME").map { ["\($0)/.ollama/models"] } ?? []
    return own + ["/usr/share/ollama/.ollama/models"]
  }

  private static func fault(_ path: String, _ message: String) -> Failure {
    Failure(.invalidInput, code: "checkpoint/ollama", at: path, message)
  }
}

// What lies at a path: its configuration, its weights, the parts of LLaVA among them.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// A part of LLaVA that has weights.
public enum ModelPart: String, CaseIterable, Sendable {
  case vision
  case projector
  case language

  /// What people call it.
  public var name: String {
    switch self {
    case .vision: "vision tower"
    case .projector: "projector"
    case .language: "language model"
    }
  }
}

/// What one directory or file holds, found out without an error: what is wrong is part of it.
public struct SourceSurvey: Sendable {
  /// As the user named it.
  public let name: String
  /// Where that leads: elsewhere for the name of a model in the hub's cache.
  public let path: String
  /// Nil where there is none, or none that is understood.
  public let config: ModelConfig?
  /// The weights' files; empty where there are none.
  public let files: [any TensorFile]
  /// The parts whose weights are here.
  public let parts: [ModelPart]
  /// Rows of an embedding lie beside a projector: it was trained with `<im_start>` and `<im_end>`, and
  /// these are what a language model would need of them (reference: llava.md 6.4).
  public let bringsEmbeddings: Bool
  public let holdsTokenizer: Bool
  /// The adapter, where this is one that can be used.
  public let adapter: AdapterCheckpoint?
  /// Why the configuration or the weights cannot be used, as every tool would say it.
  public let problem: Failure?

  public init(_ name: String) {
    self.name = name
    let path = (try? HubCache.resolve(name)) ?? name
    self.path = path
    if let directory = (try? Directory(path)) ?? nil,
      (try? WeightFiles.isAdapter(directory)) == true
    {
      let source = Result { () throws(Failure) in try ModelSource(name, part: .projector) }
      let opened = Result { () throws(Failure) in try AdapterCheckpoint(path) }
      adapter = try? opened.get()
      config = (try? source.get())?.config
      files = adapter?.files ?? []
      parts = adapter?.holdsProjector == true ? [.projector] : []
      (bringsEmbeddings, holdsTokenizer) = (false, false)
      if case .failure(let failure) = opened {
        problem = failure
      } else if case .failure(let failure) = source {
        problem = failure
      } else {
        problem = nil
      }
      return
    }
    adapter = nil
    let source = Result { () throws(Failure) in try ModelSource(name) }
    let checkpoint = Result { () throws(Failure) in try Checkpoint.open(path) }
    let found = try? source.get()
    config = found?.config
    holdsTokenizer = (try? found?.holdsTokenizer()) ?? false
    var checkpoints = [try? checkpoint.get()].compactMap { $0 }
    let beside = Result { () throws(Failure) in try Checkpoint.projectorFile(beside: path) }
    if case .success(let found?) = beside, checkpoints.first?.path != found.path {
      checkpoints.append(found)
    }
    files = checkpoints.flatMap(\.files)
    parts = ModelPart.allCases.filter { part in
      checkpoints.contains { $0.holds(part) }
    }
    bringsEmbeddings =
      !parts.contains(.language)
      && checkpoints.contains { checkpoint in
        checkpoint.names.contains {
          TensorNames.canonical($0) == "language.embed_tokens.weight"
        }
      }
    switch (source, checkpoint, beside) {
    case (.failure(let failure), _, _), (_, .failure(let failure), _): problem = failure
    case (_, _, .failure(let failure)): problem = failure
    default: problem = nil
    }
  }
}

extension Checkpoint {
  /// Whether weights of `part` are here. Rows of an embedding alone, as a projector's file may
  /// bring, are no language model.
  public func holds(_ part: ModelPart) -> Bool {
    let prefix = part == .language ? "language.layers." : "\(part.rawValue)."
    return names.contains { TensorNames.canonical($0)?.hasPrefix(prefix) == true }
  }
}

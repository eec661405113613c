// What one directory or file is: its kind, its files, where it came from.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Glibc
import InputOutput
import JSON

/// The report of `inspect` on one path.
public struct SourceReport: Sendable {
  public struct File: Sendable {
    public let path: String
    public let format: String
    public let byteCount: Int
    public let tensorCount: Int
    /// Of the whole file, as hubs show it; nil where nobody asked to read it all.
    public let digest: String?
    public let metadata: [(key: String, value: String)]
  }

  public let survey: SourceSurvey
  public let files: [File]
  /// What is wrong with the path or with a file's checksums.
  public let problem: Failure?

  /// With a meter all bytes are read.
  init(_ survey: SourceSurvey, _ meter: ReadingMeter?) {
    self.survey = survey
    var problem = survey.problem
    files = survey.files.map { file in
      var digest: String?
      if let meter {
        do throws(Failure) { try file.verifyChecksums() } catch { problem = problem ?? error }
        meter.add(file.byteCount)
        let found = file.digest(meter)
        problem = problem ?? Self.mismatch(of: file.path, found)
        digest = found
      }
      return File(
        path: file.path, format: type(of: file).formatName, byteCount: file.byteCount,
        tensorCount: file.names.count, digest: digest, metadata: file.metadata)
    }
    self.problem = problem
  }

  /// Why the file at `path`, whose SHA-256 is `digest`, is not the one that a store keeps there: the hub's
  /// cache and Ollama call a file after its digest. Nil in other places.
  private static func mismatch(of path: String, _ digest: String) -> Failure? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    let name = splitPath(String(cString: resolved)).name
    let expected = name.hasPrefix("sha256-") ? String(name.dropFirst("sha256-".count)) : name
    guard SHA256.isDigest(expected), expected != digest else { return nil }
    return Failure(
      .invalidInput, code: "checkpoint/digest", at: path,
      "expected the SHA-256 that is the file's name, \(expected), found \(digest)",
      remedy: "the file is damaged: fetch it again")
  }

  /// What people call a directory like this, and what they should know of it.
  public var kind: String {
    guard survey.bringsEmbeddings else { return family }
    return family + ", with rows for <im_start> and <im_end> that no language model takes from here"
  }

  private var family: String {
    if survey.adapter != nil {
      return "a LoRA adapter"
        + (survey.parts.contains(.projector) ? " with a projector inside" : "")
    }
    guard let config = survey.config else {
      return survey.parts.isEmpty || survey.problem != nil
        ? "nothing that runs here" : "weights without a configuration"
    }
    switch config.kind {
    case .huggingFace: return "LLaVA, layout of llava-hf"
    case .original where survey.parts == [.projector]: return "a projector of LLaVA by itself"
    case .original: return "LLaVA, its authors' layout" + (Self.generation(config))
    case .vision: return "CLIP"
    case .language: return "LLaMA or Vicuna, without a projector"
    case .gguf: return Self.inGGUF(survey.parts)
    case nil: return "a model of no known kind"
    }
  }

  private static func inGGUF(_ parts: [ModelPart]) -> String {
    guard parts.contains(.language) else { return "a vision tower with its projector, GGUF" }
    return parts.contains(.projector)
      ? "LLaVA, GGUF" : "LLaMA or Vicuna, without a projector, GGUF"
  }

  /// Two layers came with 1.5; marks around images went with v1.
  private static func generation(_ config: ModelConfig) -> String {
    if config.marksImages { return ", v0 or v1-1 (marks images with <im_start> and <im_end>)" }
    return config.projector?.depth == 2 ? ", 1.5" : ""
  }
}

/// Adds up what a thorough look at weights has read.
final class ReadingMeter {
  private let total: Int
  private var done = 0
  private let report: (_ done: Int, _ total: Int) -> Void

  /// Every file is read three times: checksums, digest, and its numbers.
  init(files: [any TensorFile], report: @escaping (_ done: Int, _ total: Int) -> Void) {
    total = 3 * files.reduce(0) { $0 + $1.byteCount }
    self.report = report
  }

  func add(_ bytes: Int) {
    done += bytes
    report(min(done, total), total)
  }
}

extension TensorFile {
  fileprivate static var chunk: Int { 64 << 20 }

  /// The SHA-256 of the whole file.
  fileprivate func digest(_ meter: ReadingMeter) -> String {
    var hash = SHA256()
    MappedFile.forEachPart(of: file.bytes, size: Self.chunk) { part in
      hash.update(part)
      meter.add(part.count)
    }
    return hash.hexadecimal()
  }
}

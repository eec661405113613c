// llava-weights quantize: writes a model as GGUF files with quantised weights.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Checkpoints
import Conversion
import InputOutput
import Streams
import Threads
import ToolSupport

struct Quantize: ToolProgram {
  static let toolName = LlavaWeights.name

  static let configuration = CommandConfiguration(
    commandName: "quantize",
    abstract: "Write a model as GGUF files with quantised weights.",
    usage: "llava-weights quantize [<options>] <model> --output <dir>",
    discussion: """
      The directory OUT appears when it is complete: the language model with its vocabulary, and the \
      vision tower with the projector (mmproj), for the tools here and for llama.cpp.
      """)

  @Argument(
    help: ArgumentHelp(
      "The model's directory, a GGUF file, or its name in the hub's cache.", valueName: "model"),
    completion: .file())
  var model: String

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The directory to write, new or empty.", valueName: "dir"),
    completion: .directory)
  var output: String

  @Option(
    help: ArgumentHelp(
      "Format of the language model's matrices.",
      valueName: "format"))
  var format = LanguageFormat.q4KM

  @Option(
    help: ArgumentHelp(
      """
      Format of the matrices of the vision tower and the projector; default: as --format, but Q8_0 where \
      that has fewer bits.
      """,
      valueName: "format"))
  var visionFormat: VisionFormat?

  @Option(
    help: ArgumentHelp(
      "Weight quantisation errors by this importance matrix.", valueName: "file"),
    completion: .file())
  var importance: String?

  @Option(
    name: [.customShort("j"), .long],
    help: ArgumentHelp(
      "Number of threads; default: LLAVA_THREADS, else all cores.", valueName: "count"))
  var threads: Int?

  @OptionGroup var parts: PartOptions

  @OptionGroup var messages: MessageOptions

  func validate() throws {
    if output == "-" { throw ValidationError("--output is a directory and cannot be stdout") }
    try validateThreads(threads)
  }

  func settings() throws(Failure) -> Settings {
    var settings = try messages.settings(threads: threads)
    settings.output = output
    return settings
  }

  func run(_ session: Session) throws(Failure) {
    let directory = try ModelDirectory.open(
      model: model, vision: parts.vision, projector: parts.projector, language: parts.language)
    let source = try GGUFSource(directory, name: model)
    var options = GGUFOptions(
      format: format, visionFormat: visionFormat ?? VisionFormat(beside: format),
      producer: session.producer)
    options.importance = try columns(for: source, session)
    let export = try GGUFExport(source, options)
    let warnings = try export.warnings()
    var done = 0
    try export.write(
      to: output, on: ThreadPool(width: session.settings.threads),
      willWrite: { warnings.forEach(session.reporter.warning) },
      progress: { bytes in
        done += bytes
        session.showProgress(bytes: done, of: export.byteCount)
      })
    guard messages.verbose else { return }
    session.reporter.note(
      "\(counted(export.tensorCount, "tensor")), \(counted(export.byteCount, "byte")) in"
        + " \(counted(export.fileCount, "file"))")
  }

  /// By matrix, as `GGUFOptions` takes it; none without --importance.
  private func columns(for source: GGUFSource, _ session: Session) throws(Failure)
    -> [String: [Float]]
  {
    guard let importance else { return [:] }
    let found = try Importance(try stream(importance, session), for: source)
    for warning in found.warnings { session.reporter.warning(warning) }
    if !format.usesImportance {
      session.reporter.warning(
        "\(format.rawValue) is as near as it can be: --importance changes nothing there")
    }
    return found.columns
  }
}

extension Quantize {
  /// The stream of --importance, whatever else a user takes for one.
  private func stream(_ path: String, _ session: Session) throws(Failure) -> TensorStreamReader {
    do {
      return try session.tensorReader(path)
    } catch {
      guard error.status == .invalidInput || error.status == .mismatch else { throw error }
      var failure = error
      failure.remedy = "--importance takes what vicuna-decode --emit importance writes"
      throw failure
    }
  }
}

extension LanguageFormat: ExpressibleByArgument {
  public init?(argument: String) { self.init(anyCase: argument) }
}

extension VisionFormat: ExpressibleByArgument {
  public init?(argument: String) { self.init(anyCase: argument) }
}

extension CaseIterable where Self: RawRepresentable<String> {
  /// The one whose name it is, whatever its capitals.
  fileprivate init?(anyCase name: String) {
    guard let found = Self.allCases.first(where: { $0.rawValue.lowercased() == name.lowercased() })
    else { return nil }
    self = found
  }
}

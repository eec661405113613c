// What directories hold together: the parts of one LLaVA, and whether they make a model.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Conversations
import InputOutput
import Preprocessing
import Tokenizers

/// The report of `llava-weights inspect`: for each path, each part, and the whole.
public struct ModelReport: Sendable {
  public let sources: [SourceReport]
  /// The vision tower, the projector, the language model.
  public let parts: [PartReport]
  /// The options with which the tools find the parts; nil if nothing is usable.
  public let options: [String]?
  public let tokenizer: Result<Vocabulary, Failure>
  /// The key of the template that the model was trained with; nil where it does not say.
  public let template: Result<String?, Failure>
  /// Why an adapter does not match the language model; nil if it does, or there is none.
  public let adapterProblem: Failure?
  /// The additional options for vicuna-decode; empty without an adapter.
  public let decoderOptions: [String]
  /// Nil without a vision tower.
  public let images: Images?

  public struct Vocabulary: Sendable {
    public let directory: String
    public let tokens: Int
  }

  public struct Images: Sendable {
    public let preprocessor: PreprocessorSettings
    /// Counted from the embeddings, 0: the features are the output of this block.
    public let blocks: Int
    public let rows: Int
    public let keepsClassToken: Bool
    /// The language model's sequences have `<im_start>` and `<im_end>` around each image.
    public let isMarked: Bool
  }

  /// Whether every tool of the pipe can run with `options`.
  public var isComplete: Bool { problems.isEmpty && !isAddition }

  /// Whether nothing but adapters and projectors is here, which are for a model: that the other parts
  /// are elsewhere is then no problem.
  public var isAddition: Bool {
    let sound = sources.filter { $0.problem == nil }.map(\.survey)
    return !sound.isEmpty && sound.allSatisfy { $0.adapter != nil || $0.parts == [.projector] }
  }

  /// Whether `part` is not here, and an addition needs none.
  func isElsewhere(_ part: PartReport) -> Bool {
    guard isAddition, let failure = part.found.failure else { return false }
    return PartReport.absences.contains(failure.code)
      && !sources.contains { $0.survey.parts.contains(part.part) }
  }

  /// What keeps the parts from making a model, or from being added to one, each once.
  public var problems: [Failure] {
    let ofSources = sources.compactMap(\.problem)
    // Where nothing can be used, the sources say why.
    var found =
      options == nil && !ofSources.isEmpty
      ? []
      : parts.filter { !isElsewhere($0) }.compactMap(\.problem)
        + [isAddition ? nil : tokenizer.failure, adapterProblem].compactMap(\.self)
    found += ofSources
    var seen: Set<String> = []
    return found.filter { seen.insert("\($0.code) \($0.place ?? "") \($0.message)").inserted }
  }

  /// Looks at `paths`, directories, files or names in the hub's cache. What is wrong is part of the
  /// report. With `isThorough` every byte of the weights is read: checksums, digests, NaN and
  /// infinity; `didRead` is told how much of it is done.
  public init(
    of paths: [String], isThorough: Bool = false,
    didRead: @escaping (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) {
    let surveys = paths.map(SourceSurvey.init)
    let meter =
      isThorough ? ReadingMeter(files: surveys.flatMap(\.files), report: didRead) : nil
    sources = surveys.map { SourceReport($0, meter) }
    let roles = Roles(surveys)
    options = roles.options
    decoderOptions = roles.adapter.map { ["--lora", $0.name] } ?? []
    let opened = Result { () throws(Failure) in try roles.open() }
    guard let directory = try? opened.get() else {
      let failure = opened.failure ?? Roles.nothing(in: paths)
      parts = ModelPart.allCases.map { PartReport(part: $0, found: .failure(failure)) }
      tokenizer = .failure(failure)
      template = .success(nil)
      (images, adapterProblem) = (nil, nil)
      return
    }
    parts = ModelPart.allCases.map { PartReport($0, of: directory, meter) }
    tokenizer = Result { () throws(Failure) in
      let path = try directory.tokenizerPath()
      return Vocabulary(
        directory: path, tokens: try Tokenizer.load(path: path).vocabularySize)
    }.mapError { PartReport.withRemedy($0, for: .language) }
    template = Result { () throws(Failure) in
      try roles.model.flatMap { (survey) throws(Failure) in
        try ConversationTemplate.trained(at: survey.path)?.key
      }
    }
    adapterProblem = roles.adapterProblem(on: directory, isThorough: isThorough)
    images = (try? directory.visionCheckpoint()).map { tower in
      Images(
        preprocessor: tower.preprocessor, blocks: tower.blocks, rows: tower.rowsPerImage,
        keepsClassToken: tower.keepsClassToken, isMarked: directory.marksImages)
    }
  }
}

/// Which of several sources gives which part.
private struct Roles {
  let paths: [String]
  let model: SourceSurvey?
  let adapter: SourceSurvey?
  private var vision: SourceSurvey?
  private var projector: SourceSurvey?

  /// The first that has a part gives it; a projector by itself goes before one inside a model, and so
  /// does a bare CLIP, as its model does not describe it. The projector inside an adapter was trained
  /// with it.
  init(_ surveys: [SourceSurvey]) {
    paths = surveys.map(\.name)
    let sound = surveys.filter { $0.problem == nil }
    let usable = sound.filter { $0.adapter == nil }
    adapter = sound.first { $0.adapter != nil }
    func holder(_ part: ModelPart) -> SourceSurvey? {
      usable.first { $0.parts.contains(part) }
    }
    model = holder(.language) ?? holder(.projector) ?? holder(.vision)
    vision = usable.first { $0.config?.kind == .vision } ?? holder(.vision)
    projector =
      adapter.flatMap { $0.parts.contains(.projector) ? $0 : nil }
      ?? usable.first { $0.parts == [.projector] } ?? holder(.projector)
    if vision?.path == model?.path { vision = nil }
    if projector?.path == model?.path { projector = nil }
  }

  var options: [String]? {
    guard let model else {
      return projector.map { ["--projector", $0.name] } ?? adapter.map { _ in [] }
    }
    guard model.parts.contains(.language) else {
      return ModelPart.allCases.flatMap { part in
        let holder =
          part == .vision ? vision ?? model : part == .projector ? projector ?? model : nil
        return holder.flatMap { $0.parts.contains(part) ? ["--\(part.rawValue)", $0.name] : nil }
          ?? []
      }
    }
    return ["-m", model.name] + (vision.map { ["--vision", $0.name] } ?? [])
      + (projector.map { ["--projector", $0.name] } ?? [])
  }

  func open() throws(Failure) -> ModelDirectory {
    guard let model else {
      guard adapter != nil else { throw Self.nothing(in: paths) }
      return try ModelDirectory.open(model: nil, projector: projector?.name)
    }
    return try ModelDirectory.open(
      model: model.name, vision: vision?.name, projector: projector?.name)
  }

  /// What is wrong with the adapter, or why it does not go with the language model of `directory`; with
  /// `isThorough` its numbers are looked at, too. Nil without an adapter.
  func adapterProblem(on directory: ModelDirectory, isThorough: Bool) -> Failure? {
    guard let adapter = adapter?.adapter else { return nil }
    let language = try? directory.languageConfig()
    return Result { () throws(Failure) in
      if let language { try adapter.check(language) } else { try adapter.checkPairs() }
      if isThorough { try adapter.checkNumbers() }
    }.failure
  }

  static func nothing(in paths: [String]) -> Failure {
    Failure(
      .invalidInput, code: "inspect/nothing", at: paths.joined(separator: ", "),
      "expected a part of LLaVA, found none that can be used")
  }
}

extension Result {
  var failure: Failure? { if case .failure(let failure) = self { failure } else { nil } }
}

// The caption-filter tool: its options and what they mean.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CaptionFiltering
import Charts
import InputOutput
import Streams
import Threads
import ToolSupport

@main
struct CaptionFilter: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "caption-filter",
    abstract: "Select captions so that rare noun phrases are kept and common ones do not dominate.",
    version: toolVersion("caption-filter"))

  @Argument(
    help: "JSONL, a JSON array, or lines of caption, tab and URL; stdin where absent or -.",
    completion: .file())
  var input: String?

  @Option(help: ArgumentHelp("The input's format.", valueName: "format"))
  var from = CaptionFormat.auto

  @Option(
    help: ArgumentHelp(
      "The member that holds the caption (default: caption, else the answer in conversations).",
      valueName: "member"))
  var captionKey: String?

  @Option(
    help: ArgumentHelp(
      "Take phrases from the list in this member, not from captions.", valueName: "member"))
  var phrasesFrom: String?

  @Option(help: ArgumentHelp("Which spellings count as one phrase.", valueName: "key"))
  var phraseKey = PhraseKey.lower

  @Option(help: ArgumentHelp("Ignore phrases that occur in fewer captions.", valueName: "count"))
  var minCount = SelectionRule().minCount

  @Option(
    help: ArgumentHelp("Largest number of captions taken for one phrase.", valueName: "count"))
  var cap = SelectionRule().cap

  @Option(
    help: ArgumentHelp(
      "Which captions count toward the cap: the phrase's own, or all selected.", valueName: "which")
  )
  var capCounts = SelectionRule().counting

  @Option(help: ArgumentHelp("Seed for sampling captions.", valueName: "number"))
  var seed = SelectionRule().seed

  @Flag(help: "Print figures instead of records.")
  var stats = false

  @Flag(help: "Print the figures of --stats as JSON.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "Plot the phrases' counts before and after, as .svg or .png.", valueName: "file"),
    completion: .file(extensions: ["svg", "png"]))
  var plot: String?

  @Flag(name: [.customShort("z"), .long], help: "Write compressed JSONL, except on a terminal.")
  var compress = false

  @OptionGroup var stream: StreamOptions

  func validate() throws {
    if let plot, plot == stream.output {
      throw ValidationError("--plot and --output are the same file")
    }
    if captionKey != nil, phrasesFrom != nil {
      throw ValidationError("--caption-key and --phrases-from exclude each other")
    }
    try require(minCount, in: 1...1 << 40, "--min-count")
    try require(cap, in: 1...1 << 40, "--cap")
    if json, !stats { throw ValidationError("--json goes with --stats") }
    if stats, compress { throw ValidationError("--stats and -z exclude each other") }
    if let plot, !isSVG(plot), !plot.ends(withBytesOf: ".png") {
      throw ValidationError("--plot must end in .svg or .png, found \(escapedForTerminal(plot))")
    }
  }

  func run(_ session: Session) throws(Failure) {
    if let plot { try OutputClaims.claim(plot) }
    let reader = try session.objectReader(
      input, format: from.objects, columns: ["caption", "url"])
    // Before the work: an output that cannot be opened is reported at once.
    let drawing = try plot.map { (path) throws(Failure) in
      try session.sink(path, isBinary: !isSVG(path))
    }
    let sink = stats ? try session.sink(isBinary: false) : nil
    let writer = stats ? nil : try session.objectWriter(compresses: compress)
    let pool = ThreadPool(width: session.settings.threads)
    var corpus = Corpus(source: source, key: phraseKey)
    try corpus.read(reader, pool: pool, session: session)
    let selection = CaptionSelection(corpus.uses, rule)
    let report = FigureReport(
      SelectionFigures(corpus.uses, selection), rule: rule, key: phraseKey,
      skipped: corpus.skippedCount, duplicates: corpus.duplicateCount)
    if let drawing {
      try drawing.write(
        isSVG(drawing.name) ? Array(report.drawing.svg().utf8) : try report.drawing.png())
      try drawing.finish()
    }
    if let sink {
      try sink.write(json ? report.json : report.text)
      try sink.finish()
    }
    if let writer { try corpus.write(selection, to: writer) }
    tell(report, session)
  }

  private func isSVG(_ path: String) -> Bool { path.ends(withBytesOf: ".svg") }

  private var source: PhraseSource {
    if let phrasesFrom { return .listIn(phrasesFrom) }
    return captionKey.map(PhraseSource.captionIn) ?? .caption
  }

  private var rule: SelectionRule {
    var rule = SelectionRule()
    rule.minCount = minCount
    rule.cap = cap
    rule.counting = capCounts
    rule.seed = seed
    return rule
  }

  private func tell(_ report: FigureReport, _ session: Session) {
    if report.duplicates > 0 {
      session.reporter.warning(
        "\(counted(report.duplicates, "record")) with an id that an earlier one has")
    }
    if session.settings.isVerbose { session.reporter.note(report.summary) }
  }
}

// llava-plot: plots training logs.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Charts
import InputOutput
import Records
import Streams
import ToolSupport
import TrainingCurves

@main
struct LlavaPlot: ToolProgram {
  static let configuration = CommandConfiguration(
    commandName: "llava-plot",
    abstract: "Plot training logs: loss, held-out loss, learning rate, gradient norm.",
    version: toolVersion("llava-plot"))

  @Argument(
    help: ArgumentHelp("Logs from llava-train --log, one per run; stdin where absent or -."),
    completion: .file(extensions: ["jsonl"]))
  var logs: [String] = []

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("Write to this file, .svg or .png.", valueName: "file"),
    completion: .file(extensions: ["svg", "png"]))
  var output: String?

  @Option(
    help: ArgumentHelp(
      "svg or png; default: what the file's name says, svg on stdout.", valueName: "format"))
  var format: PictureFormat?

  @Option(
    help: ArgumentHelp(
      "Comma-separated panels: loss, held-out, accuracy, rate, norm; default: all with data.",
      valueName: "panels"))
  var panels: PanelList?

  @Option(
    help: ArgumentHelp(
      "Half-life of the smoothing average, in steps; 0 for none; default: a hundredth of the run.",
      valueName: "steps"))
  var smooth: Double?

  @Option(help: ArgumentHelp("The horizontal axis: step, records or tokens.", valueName: "what"))
  var x = Across.step

  @Flag(help: "Plot loss, held-out loss and gradient norm on logarithmic axes.")
  var logY = false

  @Option(help: ArgumentHelp("Name of a run, in the order of the logs; may be repeated."))
  var name: [String] = []

  @Option(help: ArgumentHelp("Title; default: the name of the run if there is only one."))
  var title: String?

  @Option(
    help: ArgumentHelp(
      "Width and height, such as 900x1200; default: 900 wide, as high as the panels need.",
      valueName: "pixels"))
  var size: PictureSize?

  @Flag(help: "Stop at the first line that would be skipped.")
  var strict = false

  @Option(
    help: ArgumentHelp(
      "Stop when more records than this count or share (5%) are skipped.", valueName: "limit"))
  var maxSkips: SkipLimit?

  @Flag(name: .shortAndLong, help: "Write a PNG to a terminal.")
  var force = false

  @Option(help: ArgumentHelp("Longest line to accept.", valueName: "size"))
  var maxLine = Size(16 << 20)

  @OptionGroup var messages: MessageOptions

  func validate() throws {
    if let smooth, !(smooth >= 0 && smooth <= 1e12) {
      throw ValidationError("--smooth must be 0 to 1e12, found \(smooth)")
    }
    if name.count > max(1, logs.count) {
      throw ValidationError("expected a log for each --name, found \(logs.count) and \(name.count)")
    }
    if logs.count(where: { $0 == "-" }) > 1 { throw ValidationError("- is named twice") }
    let ending = output.flatMap(PictureFormat.init(ending:))
    if let output, output != "-", ending == nil, format == nil {
      throw ValidationError(
        "--output must end in .svg or .png, or --format say which, found \(escapedForTerminal(output))"
      )
    }
    if let format, let ending, format != ending {
      throw ValidationError(
        "--output ends in .\(ending.rawValue), --format says \(format.rawValue)")
    }
  }

  func settings() throws(Failure) -> Settings {
    var settings = messages.settings()
    (settings.output, settings.isStrict, settings.maxSkips) = (output, strict, maxSkips)
    settings.writesToTerminals = force
    settings.writesAtEnd = true
    settings.limits.lineBytes = maxLine.count
    return settings
  }

  func run(_ session: Session) throws(Failure) {
    let format = format ?? output.flatMap(PictureFormat.init(ending:)) ?? .svg
    let runs = try LogReading(session: session).read(logs.isEmpty ? ["-"] : logs, named: name)
    for run in runs where logY && run.countWithoutLogarithm > 0 {
      session.reporter.warning(
        "\(run.name): \(counted(run.countWithoutLogarithm, "value")) of zero or less left out, which have"
          + " no place on a logarithmic axis")
    }
    let figure = try RunFigure(
      runs: runs, wanted: panels?.panels, across: x, isLogarithmic: logY, halfLife: smooth,
      title: title
    ).figure()
    let height = size?.height ?? RunFigure.height(of: figure)
    let least = Figure.leastHeight(panels: figure.panels.count)
    guard height >= least else {
      throw Failure(
        .usage, code: "usage/size", at: "--size",
        "expected a height of at least \(least) for \(counted(figure.panels.count, "panel")),"
          + " found \(height)", remedy: "give more, or fewer --panels")
    }
    let drawing = figure.drawing(width: size?.width ?? RunFigure.width, height: height)
    // Only now: a log that lies under the output's name was refused, and nothing is left behind.
    let sink = try session.sink(isBinary: format == .png)
    try sink.write(format == .svg ? Array(drawing.svg().utf8) : try drawing.png(scale: 2))
    try sink.finish()
    guard session.settings.isVerbose else { return }
    for run in runs { session.reporter.note(run.summary) }
  }
}

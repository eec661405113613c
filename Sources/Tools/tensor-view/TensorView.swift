// tensor-view: shows what is in a tensor stream.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import InputOutput
import Streams
import ToolSupport

@main
struct TensorView: InspectionCommand {
  static let configuration = CommandConfiguration(
    commandName: "tensor-view",
    abstract: "Show what is in a tensor stream: its header, its records, its numbers.",
    usage: "tensor-view [<options>] [<input>]",
    version: toolVersion("tensor-view"))

  @Argument(help: "The stream; stdin where absent or -.", completion: .file())
  var input: String?

  @Flag(help: "Print only the ids, one per line.")
  var ids = false

  @Flag(help: "Print JSON, one object per line: the header, then the records.")
  var json = false

  @Option(
    help: ArgumentHelp("Show only the record with this sequence number.", valueName: "number"))
  var record: Int?

  @Option(help: ArgumentHelp("Show only the tensor with this name.", valueName: "name"))
  var tensor: String?

  @Option(help: ArgumentHelp("Number of values to show of each tensor.", valueName: "count"))
  var values = 4

  @Option(
    help: ArgumentHelp("Draw one tensor of one record as a PNG.", valueName: "file"),
    completion: .file(extensions: ["png"]))
  var png: String?

  @Option(
    help: ArgumentHelp("Draw one tensor of one record as an SVG.", valueName: "file"),
    completion: .file(extensions: ["svg"]))
  var svg: String?

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if ids, json { throw ValidationError("--ids and --json exclude each other") }
    if let record, record < 1 { throw ValidationError("--record must be 1 or more") }
    guard (0...1_000_000).contains(values) else {
      throw ValidationError("--values must be 0 to 1000000")
    }
    if let png, png == svg { throw ValidationError("--png and --svg must not be the same file") }
  }

  func run(_ session: Session) throws(Failure) {
    for path in [png, svg] { if let path, path != "-" { try OutputClaims.claim(path) } }
    let reader = try session.tensorReader(input)
    if png != nil || svg != nil { return try draw(reader, session) }
    let output = try session.sink(isBinary: false)
    let view = RecordView(
      tensor: tensor, values: values, style: ids ? .ids : json ? .json : .text,
      isForTerminal: output.isTerminal)
    try show(reader, view, output)
    try output.finish()
  }

  private func show(_ reader: TensorStreamReader, _ view: RecordView, _ output: any ByteSink)
    throws(Failure)
  {
    if record == nil { try output.write(view.text(reader.header)) }
    while let next = try reader.next() {
      if let record, next.sequence != record { continue }
      try output.write(try view.text(next, in: reader.name))
      if record != nil { return }
    }
    if let record { throw missing(record, reader) }
    try output.write(view.summary(reader))
  }

  private func draw(_ reader: TensorStreamReader, _ session: Session) throws(Failure) {
    while let next = try reader.next() {
      guard case .data(let data) = next, next.sequence == record ?? next.sequence else { continue }
      let picture = try Picture(data, tensor: tensor)
      if let png { try write(picture.png(), to: try session.sink(png, isBinary: true)) }
      if let svg {
        try write(Array(picture.svg().utf8), to: try session.sink(svg, isBinary: false))
      }
      return
    }
    throw missing(record ?? 1, reader)
  }

  private func write(_ bytes: [UInt8], to sink: any ByteSink) throws(Failure) {
    try sink.write(bytes)
    try sink.finish()
  }

  private func missing(_ record: Int, _ reader: TensorStreamReader) -> Failure {
    Failure(
      .invalidInput, code: "view/no-record", at: reader.name,
      "no record \(record)\(png ?? svg == nil ? "" : " with tensors"): the stream has "
        + counted(reader.recordCount, "record"))
  }

  func status(_ session: Session) -> ExitStatus? { .complete }
}

// Opening the inputs and outputs of a tool by its options.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import InputOutput
import Streams

extension Session {
  /// The file `path`, or stdin where it is nil or `-`.
  private func source(_ path: String?) throws(Failure) -> FileSource {
    if let path, path != "-" { return try FileSource(path: path) }
    let input = FileSource.standardInput
    try input.checkIsNoOutput()
    return input
  }

  /// The same for text. Throws `usage/terminal` where no input was named and stdin is a terminal, at
  /// which a tool would seem to hang.
  func textSource(_ path: String?) throws(Failure) -> FileSource {
    let source = try source(path)
    guard path != nil || !source.isTerminal else {
      throw Failure(
        .usage, code: "usage/terminal", at: source.name, "expected an input, not a terminal",
        remedy: "pipe it in, name a file, or type it after \(tool) -")
    }
    return source
  }

  /// A tensor stream from the file `path` or stdin, its header read.
  public func tensorReader(_ path: String?) throws(Failure) -> TensorStreamReader {
    let source = try source(path)
    if source.isTerminal {
      throw Failure(
        .usage, code: "usage/terminal", at: source.name, "expected a tensor stream, not a terminal",
        remedy: "pipe one in, or name a file")
    }
    let reporter = reporter
    return try TensorStreamReader(source, limits: settings.limits) { reporter.warning($0) }
  }

  /// Either kind of stream from the file `path` or stdin.
  public func recordStream(_ path: String?, refusesEmptyInput: Bool = true) throws(Failure)
    -> RecordStream
  {
    let reporter = reporter
    return try RecordStream(
      opening: try textSource(path), limits: settings.limits, refusesEmptyInput: refusesEmptyInput
    ) { reporter.warning($0) }
  }

  /// Objects from the file `path` or stdin. `refusesEmptyInput`: where the format is not given, an
  /// input without a byte is the sign of a producer that failed. `columns`: what the texts between
  /// tabs are called where the input is no list of paths. `imageKey`: a table's column of images.
  public func objectReader(
    _ path: String?, format: ObjectFormat = .auto, requireEnd: Bool = false,
    refusesEmptyInput: Bool = false, columns: [String] = ["image"], imageKey: String? = nil
  ) throws(Failure) -> any ObjectReader {
    let reporter = reporter
    return try openObjects(
      try textSource(path), format: format, limits: settings.limits, requireEnd: requireEnd,
      refusesEmptyInput: refusesEmptyInput, columns: columns, imageKey: imageKey
    ) { reporter.warning($0) }
  }

  /// A tensor stream to `-o` or stdout. Throws `usage/terminal` rather than spoil a terminal.
  public func tensorWriter(_ header: StreamHeader) throws(Failure) -> TensorStreamWriter {
    try TensorStreamWriter(
      try sink(isBinary: true), header: header, level: settings.level,
      limits: settings.limits
    ) { () throws(Failure) in try self.checkBeforeEnd() }
  }

  /// JSONL to `-o` or stdout, compressed if `compresses` and not on a terminal.
  public func objectWriter(compresses: Bool) throws(Failure) -> JSONLWriter {
    let isTerminal = settings.output == nil && isatty(1) == 1
    let isBinary = compresses && (!isTerminal || settings.writesToTerminals)
    return try JSONLWriter(
      try sink(isBinary: isBinary), level: isBinary ? settings.level : nil,
      lineBytes: settings.limits.lineBytes
    ) { () throws(Failure) in try self.checkBeforeEnd() }
  }

  /// Has the tool end, as writing would end it, where it waits for input or asks `OutputReader` and
  /// nobody reads its stdout any more; with `-o` nothing changes.
  public func endsWithReader() {
    if settings.output == nil || settings.output == "-" { OutputReader.watch() }
  }

  /// `-o` or stdout.
  public func sink(isBinary: Bool) throws(Failure) -> any ByteSink {
    try sink(settings.output, isBinary: isBinary)
  }

  /// The file `path`, or stdout where it is nil or `-`.
  public func sink(_ path: String?, isBinary: Bool) throws(Failure) -> any ByteSink {
    if let path, path != "-" { return try AtomicFile(path: path) }
    let output = FileSink.standardOutput
    if isBinary, output.isTerminal, !settings.writesToTerminals {
      throw Failure(
        .usage, code: "usage/terminal", at: "stdout", "will not write binary data to a terminal",
        remedy: "redirect it, use -o, or insist with -f")
    }
    return output
  }
}

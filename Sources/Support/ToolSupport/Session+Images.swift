// Opening the input of tools that read images: lists of them, and images themselves.
// SPDX-License-Identifier: Apache-2.0
import Archives
import Glibc
import InputOutput
import JSON
import Records
import Streams

extension Session {
  /// Records with images from `inputs`, the arguments of a tool.
  ///
  /// Several are images. A single one is an image where its first bytes say so, or where it is no file
  /// here and is called like one; else a list of records, as stdin is where there is no argument or
  /// `-`. A tar archive is its samples wherever it stands. `imageKey` names the member that says where a
  /// record's images are, and a file's ending may tell that it is a table. The first `start` records are passed over.
  public func imageReader(
    _ inputs: [String], format: ObjectFormat, imageKey: String?, refusesEmptyInput: Bool = false,
    start: Int = 0
  ) throws(Failure) -> any ObjectReader {
    let reader: any ObjectReader
    if inputs.count > 1 || format == .auto && inputs.first.map(Self.namesImage) == true {
      try Self.check(inputs, format)
      reader = ArgumentReader(inputs) { (path) throws(Failure) in
        try self.sampleReader(path, format)
      }
    } else if let path = inputs.first, let samples = try sampleReader(path, format) {
      reader = samples
    } else {
      reader = try listReader(
        inputs.first, format: format, imageKey: imageKey, refusesEmptyInput: refusesEmptyInput)
    }
    return try imageReader(reader, imageKey: imageKey, start: start)
  }

  /// The same of a reader that is open.
  public func imageReader(_ reader: any ObjectReader, imageKey: String?, start: Int)
    throws(Failure) -> any ObjectReader
  {
    let reporter = reporter
    try reader.passOver(start)
    return ImageKeyReader(reader, key: imageKey) { reporter.warning($0) }
  }

  /// The samples of the archive at `path`; nil where it is none.
  private func sampleReader(_ path: String, _ format: ObjectFormat) throws(Failure)
    -> TarSampleReader?
  {
    guard format == .tar || format == .auto, path != "-",
      let mode = FilePath(path).status?.st_mode, mode & S_IFMT == S_IFREG
    else { return nil }
    let file = try RegularFile(path: path)
    if try !TarWalk.begins(file) {
      if format == .tar || TarWalk.isCalledCompressed(path) {
        try TarWalk.refuseCompressed(file)
      }
      guard format == .tar else { return nil }
    }
    let reporter = reporter
    return TarSampleReader(file, limits: settings.limits) { reporter.warning($0) }
  }

  private func listReader(
    _ path: String?, format: ObjectFormat, imageKey: String?, refusesEmptyInput: Bool
  ) throws(Failure) -> any ObjectReader {
    let source = try textSource(path)
    // A path that is read once more, as a record's image is, must not be a pipe.
    let isFile = path != nil && path != "-" && source.isRegularFile
    let reporter = reporter
    return try openObjects(
      source, format: format.forFile(path), limits: settings.limits,
      refusesEmptyInput: refusesEmptyInput, imageKey: imageKey,
      image: isFile ? .path(source.name) : .contents
    ) { reporter.warning($0) }
  }

  /// Whether an argument that is no file here is meant as an image: one below the image root, say.
  private static func namesImage(_ argument: String) -> Bool {
    let behindScheme = argument.utf8.drop { $0 != UInt8(ascii: ":") }
    let isURL = DataURL(argument) != nil || behindScheme.starts(with: "://".utf8)
    return (isURL || Record.isImageName(argument)) && FilePath(argument).status == nil
  }

  private static func check(_ images: [String], _ format: ObjectFormat) throws(Failure) {
    guard format == .auto || format == .tar else {
      throw Failure(
        .usage, code: "usage/arguments",
        "expected one input with --from, found \(images.count) arguments, which are images",
        remedy: "name the images in one list, or leave --from out")
    }
    guard !images.contains("-") else {
      throw Failure(
        .usage, code: "usage/arguments", "expected images only, found stdin (-) among them",
        remedy: "read stdin by a run of its own; a file of that name is ./-")
    }
  }
}

/// The records of several arguments, each opened when its turn comes.
private final class ArgumentReader: ObjectReader {
  let name = "arguments"
  private let paths: [String]
  private let samples: (String) throws(Failure) -> TarSampleReader?
  private var number = 0
  private var current: TarSampleReader?

  /// `samples`: the records of an archive, nil for an image.
  init(_ paths: [String], samples: @escaping (String) throws(Failure) -> TarSampleReader?) {
    self.paths = paths
    self.samples = samples
  }

  func next() throws(Failure) -> ObjectLine? {
    while true {
      if let line = try current?.next() { return line }
      guard number < paths.count else { return nil }
      let path = paths[number]
      number += 1
      current = try samples(path)
      if current == nil { return ObjectLine(image: path, number: number, input: name) }
    }
  }
}

// Opening the input of tools that read images: lists of them, and images themselves.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Records
import Streams

extension Session {
  /// Records with images from `inputs`, the arguments of a tool.
  ///
  /// Several are images. A single one is an image where its first bytes say so, or where it is no file
  /// here and is called like one; else a list of records, as stdin is where there is no argument or
  /// `-`. `imageKey` names the member that says where a record's images are, and a file's ending may
  /// tell that it is a table. The first `start` records are passed over.
  public func imageReader(
    _ inputs: [String], format: ObjectFormat, imageKey: String?, refusesEmptyInput: Bool = false,
    start: Int = 0
  ) throws(Failure) -> any ObjectReader {
    let reader: any ObjectReader
    if inputs.count > 1 || format == .auto && inputs.first.map(Self.namesImage) == true {
      try Self.check(inputs, format)
      reader = GivenObjects(inputs.map { ["image": .string($0)] }, name: "arguments")
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

  private func listReader(
    _ path: String?, format: ObjectFormat, imageKey: String?, refusesEmptyInput: Bool
  ) throws(Failure) -> any ObjectReader {
    let source = try textSource(path)
    // A path that is read once more, as a record's image is, must not be a pipe.
    let isFile = path != nil && path != "-" && source.regularFileSize != nil
    let reporter = reporter
    return try openObjects(
      source, format: format.forFile(path), limits: settings.limits,
      refusesEmptyInput: refusesEmptyInput, imageKey: imageKey,
      image: isFile ? .path(source.name) : .contents
    ) { reporter.warning($0) }
  }

  /// Whether an argument that is no file here is meant as an image: one below the image root, say.
  private static func namesImage(_ argument: String) -> Bool {
    let isURL = DataURL(argument) != nil || argument.split(atByte: UInt8(ascii: ":")).dropFirst()
      .first?.utf8.starts(with: "//".utf8) == true
    return (isURL || Record.isImageName(argument)) && FilePath(argument).status == nil
  }

  private static func check(_ images: [String], _ format: ObjectFormat) throws(Failure) {
    guard format == .auto else {
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

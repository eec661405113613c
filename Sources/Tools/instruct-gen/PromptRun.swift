// The loop of instruct-gen prompt, over COCO's images or over records.
// SPDX-License-Identifier: Apache-2.0
import COCO
import InputOutput
import InstructionData
import JSON
import Records
import Streams
import ToolSupport

/// One run over an input.
struct PromptRun {
  let session: Session
  let maker: RequestMaker
  let keepsOutside: Bool
  let writer: JSONLWriter
  private var clippedCount = 0
  private var boxlessCount = 0
  private var duplicateCount = 0
  private var ids: Set<[UInt8]> = []

  init(session: Session, maker: RequestMaker, keepsOutside: Bool, writer: JSONLWriter) {
    self.session = session
    self.maker = maker
    self.keepsOutside = keepsOutside
    self.writer = writer
  }

  /// Makes requests of records.
  mutating func run(_ reader: any ObjectReader, form: BoxForm) throws(Failure) {
    while let line = try reader.next() {
      let record = line.record
      if let mark = SkipMark(of: record.object) {
        try session.skipPassedOn(mark, at: record)
        if !maker.makesRecords { try writer.skip(record.object, mark) }
        continue
      }
      let result = Result { () throws(Failure) in
        let object = try line.result.get()
        return try ImageContext(of: object, form: form, keepsOutside: keepsOutside)
      }
      try write(record, result)
    }
    try finish()
  }

  /// Makes requests of COCO's images.
  mutating func run(captions: String, instances: String?) throws(Failure) {
    let (session, keepsOutside) = (session, keepsOutside)
    let open = { (path: String) throws(Failure) in
      let file = path == "-" ? FileSource.standardInput : try FileSource(path: path)
      return try TextSource(file, limits: session.settings.limits) { session.reporter.warning($0) }
    }
    var boxes: TextSource?
    if let instances { boxes = try open(instances) }
    let data = try COCODataSet(
      captions: try open(captions), instances: boxes, limit: session.settings.limits.lineBytes)
    session.total = data.count
    for number in 0..<data.count {
      try Interruption.check(captions)
      var object: JSONObject = ["id": .string(cocoIdentifier(data.id(number)))]
      let result = Result { () throws(Failure) in
        let image = try data.image(number)
        let context = try ImageContext(
          captions: image.captions, boxes: try Self.boxes(of: image, keepsOutside: keepsOutside))
        Self.describe(image, context, hasBoxes: instances != nil, in: &object)
        return context
      }
      try write(Record(object, id: cocoIdentifier(data.id(number))), result)
    }
    try finish()
  }

  private static func boxes(of image: COCOImage, keepsOutside: Bool) throws(Failure) -> [ImageBox] {
    var boxes: [ImageBox] = []
    for box in image.boxes {
      boxes.append(
        try ImageBox(
          category: box.category, numbers: box.numbers, form: .coco, width: image.width,
          height: image.height, keepsOutside: keepsOutside))
    }
    return boxes
  }

  /// Adds what is known of `image`, in the form in which records have it.
  private static func describe(
    _ image: COCOImage, _ context: ImageContext, hasBoxes: Bool, in object: inout JSONObject
  ) {
    object["image"] = .string(image.fileName)
    object["width"] = image.width.map(JSONValue.int)
    object["height"] = image.height.map(JSONValue.int)
    object["captions"] = .array(context.captions.map(JSONValue.string))
    guard hasBoxes else { return }
    object["instances"] = .array(
      context.boxes.map { box in
        .object([
          "category": .string(box.category), "bbox": .array(box.corners.map(JSONValue.double)),
        ])
      })
  }

  /// Writes what becomes of `record`, or why nothing does.
  private mutating func write(_ record: Record, _ result: Result<ImageContext, Failure>)
    throws(Failure)
  {
    let lines: [[UInt8]]
    do throws(Failure) {
      let context = try result.get()
      lines = try maker.lines(record, context)
      try checkLength(lines)
      clippedCount += context.boxes.count(where: \.isClipped)
      if context.boxes.isEmpty { boxlessCount += 1 }
    } catch {
      try session.recordSkipped(error, at: record)
      let mark = SkipMark(code: error.code, message: error.message)
      if !maker.makesRecords { try writer.skip(record.identified, mark) }
      return
    }
    for line in lines { try writer.write(serialized: line) }
    if !ids.insert(Array(record.id.utf8)).inserted { duplicateCount += 1 }
    session.recordDone()
  }

  /// Throws `record/too-large` for what the next tool would not read.
  private func checkLength(_ lines: [[UInt8]]) throws(Failure) {
    let most = session.settings.limits.lineBytes
    guard let count = lines.lazy.map(\.count).max(), count > most else { return }
    throw Failure(
      .limitExceeded, code: "record/too-large",
      "the request would take \(count) bytes, expected at most \(most)",
      remedy: "raise --max-line")
  }

  private func finish() throws(Failure) {
    try writer.finish()
    if duplicateCount > 0 {
      session.reporter.warning(
        "\(counted(duplicateCount, "record")) with an id that an earlier one has")
    }
    if clippedCount > 0 {
      session.reporter.note(
        "\(grouped(clippedCount)) box\(clippedCount == 1 ? "" : "es") cut off at their image's edge"
      )
    }
    if boxlessCount > 0, maker.kind.showsBoxes {
      session.reporter.note(
        "\(grouped(boxlessCount)) request\(boxlessCount == 1 ? "" : "s") without boxes")
    }
  }
}

// The loop of clip-encode: records in, groups of images through the tower, records out in order.
// SPDX-License-Identifier: Apache-2.0
import Computation
import Glibc
import InputOutput
import JSON
import ModelSupport
import Streams
import Tensors
import ToolSupport
import Towers

/// Makes the tensors of records from their images.
protocol RecordMaker {
  var content: String { get }
  var schema: StreamSchema { get }
  /// For each list of paths the record's tensors, or why there are none.
  mutating func tensors(for records: [[String]]) throws(Failure)
    -> [Result<[(name: String, tensor: Tensor)], Failure>]
}

/// Reads ahead on a thread; takes what has arrived, up to a batch, so that nothing waits.
struct EncodeRun {
  let session: Session
  let reader: any ObjectReader
  let writer: TensorStreamWriter
  let batch: Int
  var maker: any RecordMaker

  mutating func run() throws(Failure) {
    nonisolated(unsafe) let reader = reader  // used by the reading thread alone
    let queue = RecordQueue(capacity: 2 * batch) { () throws(Failure) in try reader.next() }
    var images = 0
    var seconds = 0.0
    while true {
      let lines = try queue.next(upTo: batch)
      if lines.isEmpty { break }
      let start = monotonicSeconds()
      images += try process(lines)
      seconds += monotonicSeconds() - start
    }
    try writer.finish()
    if session.settings.isVerbose, images > 0 {
      session.reporter.note(
        "\(images) images in \(decimal(seconds)) s: \(decimal(Double(images) / seconds)) images/s")
    }
  }

  /// Returns the number of images that the records named.
  private mutating func process(_ lines: [ObjectLine]) throws(Failure) -> Int {
    let records = lines.map { line in
      line.result.map { SourceRecord($0, number: line.number) }
    }
    let paths = records.map { record -> [String] in
      guard case .success(let record) = record, SourceRecord.skip(in: record.object) == nil else {
        return []
      }
      return (try? SourceRecord.imagePaths(of: record.object)) ?? []
    }
    let made = try maker.tensors(for: paths)
    for ((line, record), tensors) in zip(zip(lines, records), made) {
      switch record {
      case .failure(let failure):
        try skip(id: "line-\(line.number)", nil, failure)
      case .success(let record):
        try write(record, tensors)
      }
    }
    return paths.reduce(0) { $0 + $1.count }
  }

  private func write(
    _ record: SourceRecord, _ made: Result<[(name: String, tensor: Tensor)], Failure>
  ) throws(Failure) {
    if let (code, message) = SourceRecord.skip(in: record.object) {
      try session.skipPassedOn(code: code, message: message, id: record.id)
      try writer.skip(id: record.id, json: record.object, code: code, message: message)
      return
    }
    do throws(Failure) {
      _ = try SourceRecord.imagePaths(of: record.object)
      try writer.write(id: record.id, json: record.object, tensors: try made.get())
      session.recordDone()
    } catch {
      guard error.code != "io/write" else { throw error }
      try skip(id: record.id, record.object, error)
    }
  }

  private func skip(id: String, _ object: JSONObject?, _ failure: Failure) throws(Failure) {
    try session.recordSkipped(failure.place == nil ? failure.at("id=\(id)") : failure)
    try writer.skip(id: id, json: object, code: failure.code, message: failure.message)
  }
}

/// Features [rows, width] of all images of a record, and the rows of each image.
struct FeatureMaker: RecordMaker {
  let encoder: ImageEncoder
  let tower: VisionTower
  let type: ElementType
  let operations: any Operations

  var content: String { "clip-features" }

  var schema: StreamSchema {
    StreamSchema([
      StreamSchema.Field("features", type, [nil, tower.config.width]),
      StreamSchema.Field("image_rows", .i32, [nil]),
    ])
  }

  func tensors(for records: [[String]]) throws(Failure)
    -> [Result<[(name: String, tensor: Tensor)], Failure>]
  {
    try catchingMemory {
      var rest = try encoder.features(records.flatMap { $0 })[...]
      return try records.map { paths in
        let rows = rest.prefix(paths.count)
        rest = rest.dropFirst(paths.count)
        for case .failure(let failure) in rows { return .failure(failure) }
        let found = rows.compactMap { try? $0.get() }
        let joined =
          found.isEmpty
          ? try Tensor(.f32, shape: [0, tower.config.width]) : try operations.join(found)
        return .success([
          ("features", try operations.convert(joined, to: type)),
          ("image_rows", try Tensor(found.map { Int32($0.shape[0]) }, shape: [found.count])),
        ])
      }
    }
  }
}

/// The preprocessed images of a record before normalisation: U8 [images, side, side, 3].
struct PixelMaker: RecordMaker {
  let loader: ImageLoader
  let operations: any Operations

  var content: String { "pixels" }

  private var side: Int { loader.preprocessor.settings.cropWidth }

  var schema: StreamSchema {
    StreamSchema([StreamSchema.Field("pixels", .u8, [nil, side, side, 3])])
  }

  func tensors(for records: [[String]]) throws(Failure)
    -> [Result<[(name: String, tensor: Tensor)], Failure>]
  {
    try catchingMemory {
      let all = loadInParallel(records.flatMap { $0 }, loader: loader, operations: operations)
      var rest = all[...]
      return try records.map { paths in
        let images = rest.prefix(paths.count)
        rest = rest.dropFirst(paths.count)
        for case .failure(let failure) in images { return .failure(failure) }
        let joined = try Tensor(
          joining: images.compactMap { try? $0.get() }, shape: [side, side, 3])
        return .success([("pixels", joined)])
      }
    }
  }
}

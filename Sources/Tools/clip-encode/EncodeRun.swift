// The loop of clip-encode: reads records, encodes groups of images, writes records in order.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import InputOutput
import JSON
import ModelSupport
import Operations
import Records
import Streams
import Tensors
import Threads
import ToolSupport
import Towers

/// Makes the tensors of records from their images.
protocol RecordMaker {
  var content: String { get }
  var schema: StreamSchema { get }
  /// What `--verbose` calls the making.
  var stage: String { get }
  /// The part of that time in which pictures were read, in seconds.
  var secondsOfReading: Double { get }
  /// The tensors of a record with `images` images.
  func shapes(images: Int) -> [(name: String, type: ElementType, shape: [Int])]
  /// The record's tensors for each list of paths, or the reason why there are none.
  mutating func tensors(for records: [[String]]) throws(Failure)
    -> [Result<[(name: String, tensor: Tensor)], Failure>]
}

/// Reads ahead on a thread; takes what has arrived, up to a batch, so that nothing waits.
struct EncodeRun {
  let session: Session
  let reader: any ObjectReader
  let writer: TensorStreamWriter
  let batch: Int
  let recipe: StreamRecipe
  /// Of the images that `maker` makes.
  let loader: ImageLoader
  var maker: any RecordMaker

  mutating func run() throws(Failure) {
    nonisolated(unsafe) let reader = reader  // used by the reading thread alone
    let queue = RecordQueue(capacity: 2 * batch, size: \.byteCount) { () throws(Failure) in
      try reader.next()
    }
    var images = 0
    let times = session.times
    times.endStart()
    let start = monotonicSeconds()
    while true {
      let lines = try times.measure("input") { () throws(Failure) in try queue.next(upTo: batch) }
      if lines.isEmpty { break }
      images += try times.measure("output") { () throws(Failure) in try process(lines) }
    }
    try writer.finish()
    times.add(maker.secondsOfReading, to: "pictures", from: maker.stage)
    let seconds = monotonicSeconds() - start - times.seconds(in: "input")
    if session.settings.isVerbose, images > 0 {
      session.reporter.note(
        "\(counted(images, "image")) in \(hundredths(seconds)) s:"
          + " \(hundredths(Double(images) / seconds)) images/s"
      )
    }
    guard session.settings.isVerbose else { return }
    for warning in loader.options.sandboxWarnings.texts {
      session.reporter.note("image-decode: \(warning)")
    }
  }

  /// Returns the number of images that the records named.
  private mutating func process(_ lines: [ObjectLine]) throws(Failure) -> Int {
    for line in lines { try recipe.check(line) }
    let wanted = lines.map { line in Result { () throws(Failure) in try images(of: line) } }
    let paths = wanted.map { (try? $0.get()) ?? [] }
    for group in groups(paths.map(\.count)) {
      let made = try session.times.measure(maker.stage) { () throws(Failure) in
        try maker.tensors(for: Array(paths[group]))
      }
      for (index, tensors) in zip(group, made) {
        var record = lines[index].record
        record.object = Record.withoutInlineImages(record.object, loader.standIns)
        if let mark = SkipMark(of: record.object) {
          try session.passOn(record, mark, to: writer)
        } else {
          try session.write(record, images: paths[index].count, to: writer) {
            () throws(Failure) in
            _ = try wanted[index].get()
            return try tensors.get()
          }
        }
      }
    }
    loader.standIns.forgetOld()
    return paths.reduce(0) { $0 + $1.count }
  }

  /// Records whose tensors are made together: as many as name four batches of images, or one that
  /// names more. What they make is in memory until it is written.
  private func groups(_ images: [Int]) -> [Range<Int>] {
    var groups: [Range<Int>] = []
    var (start, sum) = (0, 0)
    for (index, count) in images.enumerated() {
      if index > start, sum + count > 4 * batch {
        groups.append(start..<index)
        (start, sum) = (index, 0)
      }
      sum += count
    }
    return groups + [start..<images.count]
  }

  /// The paths of a record that is to be made, none of an earlier skip. Throws what is wrong with
  /// it, before any image is read.
  private func images(of line: ObjectLine) throws(Failure) -> [String] {
    let object = try line.result.get()
    if SkipMark(of: object) != nil { return [] }
    let paths = try Record.imagePaths(of: object)
    try writer.check(maker.shapes(images: paths.count))
    return paths
  }
}

/// Features [rows, width] of all images of a record, and the rows of each image.
struct FeatureMaker: RecordMaker {
  let encoder: ImageEncoder
  let tower: VisionTower
  let type: ElementType
  let operations: any Operations
  private var images = SharedImages<Tensor>()

  init(encoder: ImageEncoder, tower: VisionTower, type: ElementType, operations: any Operations) {
    (self.encoder, self.tower) = (encoder, tower)
    (self.type, self.operations) = (type, operations)
  }

  var content: String { "clip-features" }
  var stage: String { "tower" }
  var secondsOfReading: Double { encoder.secondsOfReading }

  var schema: StreamSchema {
    StreamSchema([
      StreamSchema.Field("features", type, [nil, tower.config.width]),
      StreamSchema.Field("image_rows", .i32, [nil]),
    ])
  }

  func shapes(images: Int) -> [(name: String, type: ElementType, shape: [Int])] {
    let rows = checkedProduct(images, tower.rowsPerImage) ?? .max
    return [("features", type, [rows, tower.config.width]), ("image_rows", .i32, [images])]
  }

  mutating func tensors(for records: [[String]]) throws(Failure)
    -> [Result<[(name: String, tensor: Tensor)], Failure>]
  {
    try catchingMemory {
      try images.map(records) { [encoder] in try encoder.features($0) }.map { rows in
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
  let pool: ThreadPool
  private var images = SharedImages<Tensor>()

  init(loader: ImageLoader, pool: ThreadPool) { (self.loader, self.pool) = (loader, pool) }

  var content: String { "pixels" }
  var stage: String { "pictures" }
  var secondsOfReading: Double { 0 }

  private var side: Int { loader.preprocessor.settings.cropWidth }

  var schema: StreamSchema {
    StreamSchema([StreamSchema.Field("pixels", .u8, [nil, side, side, 3])])
  }

  func shapes(images: Int) -> [(name: String, type: ElementType, shape: [Int])] {
    [("pixels", .u8, [images, side, side, 3])]
  }

  mutating func tensors(for records: [[String]]) throws(Failure)
    -> [Result<[(name: String, tensor: Tensor)], Failure>]
  {
    try catchingMemory {
      let made = images.map(records) { [loader, pool] in
        loadInParallel($0, loader: loader, pool: pool)
      }
      return try made.map { images in
        for case .failure(let failure) in images { return .failure(failure) }
        let joined = try Tensor(
          joining: images.compactMap { try? $0.get() }, shape: [side, side, 3])
        return .success([("pixels", joined)])
      }
    }
  }
}

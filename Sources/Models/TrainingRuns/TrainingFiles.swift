// Files of records, walked once before the first step: every record checked and measured.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Records
import Streams
import TrainingData

/// Indexed files, with the results of the scan.
public final class TrainingFiles {
  public private(set) var indices: [RecordIndex] = []
  /// Whether each file's records can be trained on.
  private var usable: [[Bool]] = []
  /// LLaVA's lengths (words over all turns, negative without images) of all records, where they were
  /// asked for.
  public private(set) var lengths: [Int] = []
  /// Of all records the number of their picture, from 0, where it was asked for; each record without
  /// one has a number of its own.
  public private(set) var pictures: [Int32] = []
  private var pictureNumbers: [[UInt8]: Int32] = [:]
  private var pictureCount: Int32 = 0
  /// Records to train on, their positions and tokens that carry loss in all, and the longest.
  public private(set) var sequences = 0
  public private(set) var positions = 0
  public private(set) var targets = 0
  public private(set) var longest = 0
  /// Records to train on that have images.
  public private(set) var withImages = 0
  /// Records that are truncated.
  public private(set) var truncated = 0
  /// The measure of each file's records.
  private var measures: [[RecordMeasure]] = []
  /// Tokens of all records to train on.
  public private(set) var tokens = TokenSet()
  /// Bytes of features per image row in the records, or of pixels per image.
  public private(set) var bytesPerRow = 0
  public private(set) var bytesPerImage = 0
  private let needsLengths, needsPictures, needsPrefixes: Bool

  /// `needsPrefixes`: where records may share rows, how they begin.
  public init(
    needsLengths: Bool = false, needsPictures: Bool = false, needsPrefixes: Bool = false
  ) {
    (self.needsLengths, self.needsPictures) = (needsLengths, needsPictures)
    self.needsPrefixes = needsPrefixes
  }

  public var counts: [Int] { indices.map(\.count) }
  /// SHA-256 of each file's records.
  public var digests: [String] { indices.map(\.digest) }

  /// The measure of the record at `place`; zeros if it cannot be trained on.
  func measure(_ place: SourceRecord) -> RecordMeasure { measures[place.source][place.ordinal] }

  /// The shortest cut that leaves every record half of what there is to learn; 0 where there is none.
  public var shortestCut: Int {
    measures.reduce(0) { max($0, $1.reduce(0) { max($0, $1.shortestCut) }) }
  }

  public func isUsable(_ place: SourceRecord) -> Bool { usable[place.source][place.ordinal] }

  /// Walks the file `path`. `checkHeader` judges a tensor stream's; records that cannot be learned
  /// from are given to `handling` now, and not again.
  public func add(
    _ path: String, limits: StreamLimits, reader: SequenceReader, handling: SkipHandling,
    warn: @escaping (String) -> Void, checkHeader: (StreamHeader) throws(Failure) -> Void
  ) throws(Failure) {
    let stream = try RecordStream(opening: FileSource(path: path), limits: limits)
    if case .tensors(let reader) = stream { try checkHeader(reader.header) }
    var flags: [Bool] = []
    measures.append([])
    let index = try RecordIndex(path: path, limits: limits, warn: warn) {
      (ordinal, record) throws(Failure) in
      try Interruption.check(path)
      flags.append(try visit(record, reader, handling))
    }
    indices.append(index)
    usable.append(flags)
  }

  /// Whether the record can be trained on.
  private func visit(
    _ record: IndexedRecord, _ reader: SequenceReader, _ handling: SkipHandling
  ) throws(Failure) -> Bool {
    let found = Summary(record, pixelRows: reader.pixelRows)
    if needsLengths { lengths.append(1) }
    if needsPictures { pictures.append(picture(of: found.record)) }
    var taken = RecordMeasure()
    defer { measures[measures.count - 1].append(taken) }
    if let mark = found.mark {
      try handling.passOn(mark, found.record)
      return false
    }
    do throws(Failure) {
      if let failure = found.failure { throw failure }
      let measure = try reader.measure(
        found.record.object, images: found.images, imageRows: found.imageRows
      ) { tokens in
        self.tokens.add(tokens.ids)
        taken.findTarget(
          tokens, rowsOfImage: found.imageRows / max(1, found.images))
        guard needsPrefixes, found.images == 1 else { return }
        taken.begin(tokens, imageRows: found.imageRows, path: found.path)
      }
      taken.set(measure, images: found.images, imageRows: found.imageRows)
      bytesPerRow = max(bytesPerRow, found.bytesPerRow)
      bytesPerImage = max(bytesPerImage, found.bytesPerImage)
      if needsLengths { lengths[lengths.count - 1] = try wordCount(of: found.record.object) }
      count(measure)
      if found.images > 0 { withImages += 1 }
      handling.take(found.images)
      return true
    } catch {
      try handling.skip(error, found.record)
      return false
    }
  }

  private func picture(of record: Record) -> Int32 {
    let path = (try? record.imagePaths())?.first.map { Array($0.utf8) }
    if let path, let known = pictureNumbers[path] { return known }
    if let path { pictureNumbers[path] = pictureCount }
    pictureCount += 1
    return pictureCount - 1
  }

  private func count(_ measure: SequenceMeasure) {
    sequences += 1
    positions += measure.length
    targets += measure.targets
    longest = max(longest, measure.length)
    if measure.fullLength > measure.length { truncated += 1 }
  }

  public func record(_ place: SourceRecord) throws(Failure) -> TrainingRecord {
    switch indices[place.source] {
    case .tensors(let index):
      TrainingRecord(try index.record(at: place.ordinal), of: index.name)
    case .objects(let index): TrainingRecord(try index.line(at: place.ordinal))
    }
  }
}

/// What the walk shows of a record.
private struct Summary {
  var record: Record
  var images = 0
  /// Of all of them.
  var imageRows = 0
  var bytesPerRow = 0
  var bytesPerImage = 0
  var mark: SkipMark?
  var failure: Failure?

  init(_ found: IndexedRecord, pixelRows: Int?) {
    switch found {
    case .tensors(let summary):
      record = Record(summary.json ?? JSONObject(), id: summary.id, place: summary.place)
      mark = summary.skip ?? SkipMark(of: record.object)
      if let pixelRows {
        images = summary.shape(of: "pixels")?.first ?? 0
        // What is too much is too long for any sequence.
        imageRows = checkedProduct(images, pixelRows) ?? .max
        bytesPerImage = summary.bytesPerRow(of: "pixels")
      } else {
        images = summary.shape(of: "image_rows")?.first ?? 0
        imageRows = summary.shape(of: "features")?.first ?? 0
        bytesPerRow = summary.bytesPerRow(of: "features")
      }
    case .object(let line):
      record = line.record
      mark = SkipMark(of: record.object)
      if case .failure(let failure) = line.result { self.failure = failure }
    }
  }

  /// Of its first image.
  var path: String? { (try? record.imagePaths())?.first }
}

extension RecordSummary {
  /// Bytes of one of the rows of the tensor called `name`.
  fileprivate func bytesPerRow(of name: String) -> Int {
    guard let tensor = tensors.first(where: { $0.name == name }) else { return 0 }
    return checkedProduct(tensor.shape.dropFirst() + [tensor.elementType.byteWidth]) ?? 0
  }
}

// The input of a run: files that are indexed, or a pipe.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import InputOutput
import Ranks
import Recipes
import Records
import Streams
import ToolSupport
import Training
import TrainingData
import TrainingRuns

/// The opened input, its header read.
struct TrainingInput {
  enum Kind {
    case files([String])
    case pipe(RecordStream)
    /// Another rank's pipe, whose records it deals out.
    case dealt
  }

  let kind: Kind
  /// Nil for text alone.
  let header: StreamHeader?

  /// Opens the files or stdin.
  init(_ data: DataOptions, _ session: Session, _ ranks: RankGroup) throws(Failure) {
    guard !data.files.isEmpty else {
      let stream = ranks.isFirst ? try session.recordStream(data.inputs.first) : nil
      kind = stream.map { .pipe($0) } ?? .dealt
      header = try ranks.sharedHeader(stream.flatMap(Self.header))
      return
    }
    kind = .files(data.files)
    var found: StreamHeader?
    for path in data.files {
      try Self.checkIsNoPipe(path)
      let header = Self.header(of: try session.recordStream(path))
      found = found ?? header
    }
    header = found
  }

  /// Files are read more than once.
  static func checkIsNoPipe(_ path: String) throws(Failure) {
    var status = stat()
    guard stat(path, &status) == 0, [S_IFIFO, S_IFSOCK].contains(status.st_mode & S_IFMT) else {
      return
    }
    throw Failure(
      .usage, code: "usage/pipe", at: path, "expected a file, found a pipe",
      remedy: "pipe it to stdin, or write it to a file first")
  }

  static func header(of stream: RecordStream) -> StreamHeader? {
    if case .tensors(let reader) = stream { reader.header } else { nil }
  }

  /// The pipe's records one after the other, read ahead.
  static func records(of stream: RecordStream) -> () throws(Failure) -> TrainingRecord? {
    let queue: RecordQueue<TrainingRecord>
    switch stream {
    case .tensors(let reader):
      nonisolated(unsafe) let own = reader  // used by the reading thread alone
      queue = RecordQueue(capacity: 8) { () throws(Failure) in
        try own.next().map { TrainingRecord($0, of: own.name) }
      }
    case .objects(let reader):
      nonisolated(unsafe) let own = reader  // used by the reading thread alone
      queue = RecordQueue(capacity: 64) { () throws(Failure) in
        try own.next().map { TrainingRecord($0) }
      }
    }
    return { () throws(Failure) in
      if case .element(let record) = try queue.next(waits: true) { record } else { nil }
    }
  }

  /// What becomes of records; those of files are counted while they are indexed.
  static func handling(_ session: Session, isIndexed: Bool) -> SkipHandling {
    SkipHandling(
      skip: { (failure, record) throws(Failure) in try session.recordSkipped(failure, at: record) },
      passOn: { (mark, record) throws(Failure) in try session.skipPassedOn(mark, at: record) },
      take: { session.recordDone(images: $0, showsProgress: isIndexed) })
  }
}

extension DataOptions {
  /// The order in which the records of `files` are visited.
  func order(_ files: TrainingFiles, _ settings: TrainingSettings) throws(Failure) -> RecordOrder {
    let grouping = LengthGrouping(
      batch: settings.microBatch, world: settings.accumulation)
    let arrangement: RecordArrangement
    if let order {
      arrangement = .given(try OrderFile.read(path: order, count: files.counts.reduce(0, +)))
    } else if !mix.isEmpty {
      arrangement = .mixed(mix.map(\.weight))
    } else if groupByLength {
      arrangement = .groupedByLength(files.lengths, grouping)
    } else if settings.groupsByModality {
      arrangement = .groupedByModality(files.lengths, grouping)
    } else if shuffle {
      arrangement = shareImages ? .shuffledTogether(files.pictures) : .shuffled
    } else {
      arrangement = .sequential
    }
    return try RecordOrder(counts: files.counts, arrangement: arrangement, seed: settings.seed)
  }

  /// What `order` says of itself in a checkpoint.
  func orderName(_ order: RecordOrder, _ settings: TrainingSettings) -> String {
    if case .given(let numbers) = order.arrangement {
      var hash = SHA256()
      numbers.withUnsafeBytes { hash.update($0) }
      return "given \(hash.hexadecimal())"
    }
    if !mix.isEmpty { return "mix \(mix.map { "\($0.weight)" }.joined(separator: " "))" }
    if groupByLength { return "group-by-length" }
    if settings.groupsByModality { return "group-by-modality" }
    if shuffle, shareImages { return "shuffle by picture" }
    return shuffle ? "shuffle" : "sequential"
  }
}

// Files of records: every record is judged before the first step, and read again in any order.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Records
import Streams
import TestSupport
import Testing
import TrainingData

@testable import Training
@testable import TrainingRuns

struct FilesTests {
  private let directory: TemporaryDirectory
  private let seen = Seen()

  init() throws { directory = try TemporaryDirectory() }

  private func add(
    _ samples: [Sample], to files: TrainingFiles, name: String = "a.tsz", maxLength: Int = 64
  ) throws {
    try add(try stream(samples), to: files, name: name, maxLength: maxLength)
  }

  private func add(
    _ bytes: [UInt8], to files: TrainingFiles, name: String, maxLength: Int = 64,
    checkHeader: (StreamHeader) throws(Failure) -> Void = { _ in }
  ) throws {
    try files.add(
      try directory.write(bytes, to: name), limits: StreamLimits(),
      reader: RunFixture.reader(maxLength: maxLength), handling: seen.handling, warn: { _ in },
      checkHeader: checkHeader)
  }

  /// One record of each kind that cannot be learned from, between two that can.
  private static func mixed() -> [Sample] {
    var skip = Sample("skip")
    skip.mark = SkipMark(code: "image/truncated", message: "cut")
    var silent = Sample("silent")
    silent.loss = []
    var foreign = Sample("foreign")
    foreign.ids[0] = 99
    var lost = Sample("lost")
    (lost.ids, lost.loss) = ([Int32](repeating: 3, count: 70), [68..<70])
    var two = Sample("two")
    two.rows = [3, 4]
    return [Sample("first"), skip, silent, foreign, lost, two]
  }

  @Test func recordsAreJudgedOnce() throws {
    let files = TrainingFiles(needsLengths: false)
    try add(Self.mixed(), to: files)
    #expect(files.counts == [6])
    #expect(seen.passedOn == ["skip image/truncated"])
    #expect(
      seen.skipped == [
        "silent prompt/no-loss", "foreign prompt/token-range", "lost prompt/no-loss",
      ])
    #expect(seen.taken == [1, 2])
    let usable = (0..<6).map { files.isUsable(SourceRecord(source: 0, ordinal: $0)) }
    #expect(usable == [true, false, false, false, false, true])
    // 6 tokens and 2 rows; 6 tokens and 7 rows.
    #expect(files.sequences == 2 && files.positions == 21 && files.longest == 13)
    #expect(files.targets == 6 && files.truncated == 0)
    // Of the longer one's last three positions, which are learned, two.
    #expect(files.shortestCut == 12)
    #expect(files.digests.count == 1 && files.digests[0].count == 64 && files.lengths.isEmpty)
  }

  @Test func cutRecordsAreCounted() throws {
    let files = TrainingFiles(needsLengths: false)
    try add(Sample.some(6), to: files, maxLength: 8)
    #expect(files.longest == 8 && files.truncated > 0 && files.truncated < 6)
    #expect(files.positions <= 8 * 6)
  }

  @Test func recordsAreReadAgainInAnyOrder() throws {
    let samples = Sample.some(5)
    let files = TrainingFiles(needsLengths: false)
    try add(samples, to: files)
    var text = Sample("text")
    (text.rows, text.order) = ([], [])
    var broken = JSONValue.object(text.json).serialized() + Array("\n{\"id\":\n".utf8)
    broken += Array("{\"id\":\"m\",\"skipped\":{\"code\":\"c\",\"message\":\"m\"}}\n".utf8)
    try add(broken, to: files, name: "b.jsonl")
    #expect(files.counts == [5, 3])
    for ordinal in [3, 0, 4, 4] {
      let found = try files.record(SourceRecord(source: 0, ordinal: ordinal))
      guard case .learn(let record, let images) = found else {
        Issue.record("\(found)")
        continue
      }
      #expect(record.id == "s\(ordinal)")
      #expect(images.map { $0.shape } == samples[ordinal].rows.map { [$0, 12] })
    }
    guard
      case .learn(let record, let images) = try files.record(SourceRecord(source: 1, ordinal: 0))
    else { throw Failure(.internalError, code: "", "") }
    #expect(record.id == "text" && images.isEmpty)
    guard case .broken = try files.record(SourceRecord(source: 1, ordinal: 1)),
      case .passOn = try files.record(SourceRecord(source: 1, ordinal: 2))
    else { throw Failure(.internalError, code: "", "") }
    #expect(seen.passedOn == ["m c"] && seen.skipped.count == 1)
  }

  @Test func lengthsAreWordsWithTheSignOfImages() throws {
    let files = TrainingFiles(needsLengths: true)
    var (spoken, text) = (Sample("spoken"), Sample("text"))
    spoken.turns = "what is this"
    (text.turns, text.rows, text.order) = ("hello you", [], [])
    try add([spoken, text], to: files)
    #expect(files.sequences == 2)
    #expect(files.lengths.count == 2 && files.lengths.map(abs) == [4, 3])
  }

  @Test func picturesAreNumbered() throws {
    let files = TrainingFiles(needsPictures: true)
    var text = Sample("text")
    (text.turns, text.rows, text.order) = ("hello you", [], [])
    try add([Sample("a"), text, text, Sample("b")], to: files)
    #expect(files.pictures.count == 4)
    #expect(Set(files.pictures.prefix(3)).count == 3, "a text is nobody's neighbour")
  }

  @Test func headersAreJudgedFirst() throws {
    let files = TrainingFiles(needsLengths: false)
    let failure = try failure {
      try add(try stream([Sample("a")]), to: files, name: "a.tsz") { (header) throws(Failure) in
        try FeatureRequirements(width: 13, tower: nil).check(header, at: "a.tsz")
      }
    }
    #expect(failure.code == "stream/width" && files.counts.isEmpty && seen.taken.isEmpty)
    let none = try TrainingRunsTests.failure {
      try files.add(
        directory.file("none"), limits: StreamLimits(), reader: RunFixture.reader(),
        handling: seen.handling, warn: { _ in }, checkHeader: { _ in })
    }
    #expect(none.status == .inputOutput || none.status == .invalidInput)
  }

  @Test func countsOfRowsMustAddUp() throws {
    for counts: [Int32] in [[3], [1], [-1, 3], [.max, .max], []] {
      var sample = Sample("a")
      (sample.counts, sample.order) = (counts, Array(counts.indices))
      let files = TrainingFiles(needsLengths: false)
      try add([sample], to: files)
      let found = try files.record(SourceRecord(source: 0, ordinal: 0))
      guard case .broken(let record, let failure) = found else {
        Issue.record("\(counts): \(found)")
        continue
      }
      #expect(record.id == "a" && failure.code == "stream/image-rows" && failure.spoilsRecordOnly)
    }
    var right = Sample("b")
    (right.rows, right.counts, right.order) = ([2, 0, 1], [2, 0, 1], [2, 1, 0])
    let files = TrainingFiles(needsLengths: false)
    try add([right], to: files)
    guard case .learn(_, let images) = try files.record(SourceRecord(source: 0, ordinal: 0)) else {
      throw Failure(.internalError, code: "", "")
    }
    #expect(images.map { $0.shape[0] } == [2, 0, 1])
  }
}

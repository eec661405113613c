// The sources of a run: which record comes next, and where a resumed run goes on.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Records
import Streams
import TestSupport
import Testing
import TrainingData

@testable import Training
@testable import TrainingRuns

struct SourceTests {
  private let directory: TemporaryDirectory
  private let seen = Seen()

  init() throws { directory = try TemporaryDirectory() }

  /// Two good records, a skip, one with a bad count of rows, two good ones.
  private func samples() -> [Sample] {
    var samples = Sample.some(6)
    samples[2].mark = SkipMark(code: "image/missing", message: "none")
    samples[3].counts = [9]
    return samples
  }

  private func indexed(_ arrangement: RecordArrangement = .sequential, epochs: Int = 2) throws
    -> IndexedSource
  {
    let files = TrainingFiles(needsLengths: false)
    try files.add(
      try directory.write(try stream(samples()), to: "a.tsz"), limits: StreamLimits(),
      reader: RunFixture.reader(), handling: seen.handling, warn: { _ in }, checkHeader: { _ in })
    let order = try RecordOrder(counts: files.counts, arrangement: arrangement, seed: 3)
    return try IndexedSource(
      files, order: order, epochs: epochs, reader: RunFixture.reader(), handling: seen.handling)
  }

  private func pipeSource(start: Int = 0) throws -> PipeSource {
    let read = try pipe(try stream(samples()))
    for _ in 0..<start { _ = try read() }
    return PipeSource(
      reader: RunFixture.reader(), handling: seen.handling, start: start, read: read)
  }

  private func ids(_ source: any SequenceSource, most: Int = .max) throws -> [String] {
    var ids: [String] = []
    while ids.count < most, let sequence = try source.next() { ids.append(sequence.id) }
    return ids
  }

  @Test func filesAreVisitedEpochAfterEpoch() throws {
    let source = try indexed()
    #expect(seen.passedOn == ["s2 image/missing"] && seen.taken.count == 5)
    #expect(try ids(source) == ["s0", "s1", "s4", "s5"] && source.epoch == 0)
    // Of the usable ones all, with that which turned out to be broken.
    #expect(source.position == 5 && seen.skipped == ["s3 stream/image-rows"])
    #expect(try source.next() == nil)
    #expect(try source.beginEpoch() && source.epoch == 1 && source.position == 0)
    #expect(try ids(source) == ["s0", "s1", "s4", "s5"])
    #expect(try !source.beginEpoch() && source.epoch == 1)
    // Nothing is counted twice.
    #expect(seen.taken.count == 5 && seen.passedOn.count == 1)
  }

  @Test func filesGoOnAnywhere() throws {
    for arrangement: RecordArrangement in [
      .sequential, .shuffled, .mixed([1]), .given([5, 0, 2, 5]),
    ] {
      let whole = try indexed(arrangement)
      var (all, places) = ([String](), [(epoch: Int, position: Int)]())
      repeat {
        while let sequence = try whole.next() {
          all.append(sequence.id)
          places.append((whole.epoch, whole.position))
        }
      } while try whole.beginEpoch()
      #expect(all.count >= 4 && Set(places.map(\.epoch)) == [0, 1])
      for (count, place) in places.enumerated() {
        let source = try indexed(arrangement)
        var begun: [Int] = []
        source.began = { (epoch, _) throws(Failure) in begun.append(epoch) }
        try source.move(toEpoch: place.epoch, position: place.position)
        var rest = try ids(source)
        if try source.beginEpoch() { rest += try ids(source) }
        #expect(rest == Array(all[(count + 1)...]))
        #expect(begun == (place.epoch == 0 ? [1] : []))
      }
    }
  }

  @Test func ordersAreSeenWhenTheyBegin() throws {
    let source = try indexed(.given([5, 2, 0, 5]), epochs: 3)
    var orders: [[Int32]] = []
    source.began = { (epoch, order) throws(Failure) in
      #expect(epoch == orders.count)
      orders.append(order)
    }
    repeat { _ = try ids(source) } while try source.beginEpoch()
    // Without the skip record, which nothing can be learned from.
    #expect(orders == [[5, 0, 5], [5, 0, 5], [5, 0, 5]])
  }

  @Test func shorterFilesCannotBeGoneOnWith() throws {
    let source = try indexed()
    try source.move(toEpoch: 1, position: 5)
    #expect(try source.next() == nil)
    let failure = try failure { try source.move(toEpoch: 0, position: 6) }
    #expect(failure.code == "training/short-input" && failure.status == .mismatch)
  }

  @Test func pipesAreReadOnce() throws {
    let source = try pipeSource()
    #expect(try ids(source, most: 2) == ["s0", "s1"] && source.position == 2)
    #expect(try ids(source) == ["s4", "s5"] && source.position == 6)
    #expect(try source.next() == nil && !source.beginEpoch() && source.epoch == 0)
    #expect(seen.passedOn == ["s2 image/missing"] && seen.skipped == ["s3 stream/image-rows"])
    #expect(seen.taken == [1, 1, 1, 0])
  }

  @Test func pipesPassOverWhatWasSeen() throws {
    for start in 0...3 {
      for target in start...6 {
        let source = try pipeSource(start: start)
        try source.skip(to: target, digest: start == 0 ? digest(upTo: target) : "unknown")
        #expect(source.position == target)
        let usable = [0, 1, 4, 5].filter { $0 >= target }.map { "s\($0)" }
        #expect(try ids(source) == usable, "from \(start) to \(target)")
      }
    }
    let failure = try failure { try pipeSource().skip(to: 7, digest: digest(upTo: 6)) }
    #expect(failure.code == "training/short-input" && failure.status == .mismatch)
    #expect(failure.message.contains("found 6"))
  }

  /// What a pipe's records come to, those before number `target`.
  private func digest(upTo target: Int) throws -> String {
    let source = try pipeSource()
    var digest = DataDigest()
    while source.position < target, let sequence = try source.next() {
      if source.position <= target { digest.add(sequence) }
    }
    return digest.value
  }

  @Test func pipesOfOtherRecordsAreRefused() throws {
    for (target, other) in [(1, 2), (2, 1), (5, 6), (6, 4)] {
      let failure = try failure { try pipeSource().skip(to: target, digest: digest(upTo: other)) }
      #expect(failure.code == "training/other-input" && failure.status == .mismatch)
    }
    // Where the beginning is not there, nothing can be said.
    try pipeSource(start: 1).skip(to: 4, digest: "unknown")
  }
}

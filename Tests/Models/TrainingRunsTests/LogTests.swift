// The log of a run: its lines, and what of them a resumed run keeps. The digest of its data.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import InputOutput
import JSON
import Tensors
import TestSupport
import Testing
import Tokenizers

@testable import Training
@testable import TrainingRuns

struct LogTests {
  private let directory: TemporaryDirectory
  private var path: String { directory.file("log") }

  init() throws { directory = try TemporaryDirectory() }

  private func report(_ step: Int, loss: Double = 1.25) -> StepReport {
    StepReport(
      step: step, loss: loss, gradientNorm: 1 / 3.0, rate: 1e-3 / 7, tokens: 88, targets: 29,
      ids: ["a\n\"b", "é"])
  }

  private func line(_ step: Int) -> String {
    "{\"step\":\(step),\"loss\":1.25,\"grad_norm\":0.333333333,\"lr\":0.00014285714285714287,"
      + "\"tokens\":88,\"loss_tokens\":29,\"ids\":[\"a\\n\\\"b\",\"é\"]}\n"
  }

  private func text() throws -> String {
    String(decoding: try directory.read("log"), as: UTF8.self)
  }

  @Test func eachStepIsALineAtOnce() throws {
    let log = try TrainingLog(path, after: 0)
    #expect(try text().isEmpty)
    try log.add(report(1))
    #expect(try text() == line(1))
    try log.add(report(2))
    #expect(try text() == line(1) + line(2))
  }

  @Test func aRunThatBeginsForgetsAnOlderLog() throws {
    try directory.write(line(1) + line(2) + line(3), to: "log")
    try TrainingLog(path, after: 0).add(report(1))
    #expect(try text() == line(1))
  }

  @Test func aResumedRunDropsWhatItsCheckpointDoesNotKnow() throws {
    let whole = line(1) + line(2) + line(3)
    for (found, step, kept) in [
      (whole, 2, line(1) + line(2)), (whole, 3, whole), (whole, 9, whole),
      // What a killed run was writing.
      (whole + "{\"step\":4,\"lo", 3, whole), (whole + "{\"step\":4,\"lo", 2, line(1) + line(2)),
      (line(1) + String(line(2).dropLast(5)), 2, line(1)),
      // Whole, but for its end.
      (line(1) + String(line(2).dropLast()), 2, line(1) + line(2)),
      (line(1) + "\u{0}\u{0}\u{0}\n" + line(2), 2, line(1)), ("", 2, ""),
      (line(1) + "{\"step\":\"2\"}\n", 2, line(1)),
    ] {
      try directory.write(found, to: "log")
      let log = try TrainingLog(path, after: step)
      #expect(try text() == kept, "after step \(step)")
      try log.add(report(step + 1))
      #expect(try text() == kept + line(step + 1), "after step \(step)")
    }
    #expect(directory.names == ["log"])
    unlink(path)
    try TrainingLog(path, after: 2).add(report(3))
    #expect(try text() == line(3))
  }

  @Test func logsThatCannotBeWrittenAreRefused() throws {
    for step in [0, 2] {
      let failure = try failure { _ = try TrainingLog(directory.file("no/log"), after: step) }
      #expect(failure.status == .inputOutput, "\(failure)")
    }
    #expect(try failure { _ = try TrainingLog(directory.path, after: 0) }.code == "io/open")
    #expect(symlink("nowhere", directory.file("link")) == 0)
    let dangling = try failure { _ = try TrainingLog(directory.file("link"), after: 0) }
    #expect(dangling.code == "file/dangling-link" && directory.names == ["link"])
    let full = try TrainingLog("/dev/full", after: 0)
    #expect(try failure { try full.add(report(1)) }.status == .inputOutput)
  }

  @Test func numbersHaveNineDigits() {
    for (value, expected) in [
      (0, 0), (1, 1), (123_456_789_012, 123_456_789_000), (1 / 3.0, 0.333333333),
      (-2 / 3.0, -0.666666667), (0.1 + 0.2, 0.3), (9.999_999_999_9, 10),
      (1.23456789012e-30, 1.23456789e-30), (1.23456789012e200, 1.23456789e200),
    ] {
      let found = TrainingLog.rounded(value)
      #expect(abs(found - expected) <= 1e-15 * abs(expected), "\(value)")
    }
    for value in [Double.leastNonzeroMagnitude, .greatestFiniteMagnitude, -.leastNonzeroMagnitude] {
      #expect(TrainingLog.rounded(value) == value)
    }
    // Nine digits tell any two f32 apart.
    var random = SeededGenerator(seed: 1)
    for _ in 0..<1000 {
      let value = Float(bitPattern: UInt32.random(in: 0x0080_0000..<0x7F00_0000, using: &random))
      #expect(Float(TrainingLog.rounded(Double(value))) == value)
    }
  }
}

struct DigestTests {
  private func sequence(
    id: String = "a", ids: [Int32] = [1, 2, 3], loss: [Range<Int>] = [1..<3], rows: Int = 2,
    position: Int = 1
  ) throws -> TrainingSequence {
    try TrainingSequence(
      id: id,
      tokens: Prompt.Tokens(
        ids: ids, imagePositions: [position], imageOrder: [0], lossSpans: loss),
      images: [try Tensor(.f32, shape: [rows, 2])],
      limits: TrainingSequence.Limits(maxLength: 99, vocabularyRows: 9))
  }

  private func digest(_ sequences: TrainingSequence..., after value: String = "") -> String {
    var digest = DataDigest(value)
    for sequence in sequences { digest.add(sequence) }
    return digest.value
  }

  @Test func digestsAreAChain() throws {
    let (a, b) = (try sequence(), try sequence(id: "b"))
    let whole = digest(a, b)
    #expect(whole.count == 64 && digest(b, after: digest(a)) == whole)
    #expect(digest() == "" && digest(b, a) != whole && digest(a, a) != digest(a))
    // By hand: SHA-256 of id, parts and targets, and of the link before and that.
    var (own, link) = (SHA256(), SHA256())
    own.update("a\ntokens [1]\nimage [2, 2]\ntokens [2, 3]\ntargets [[2, 2], [3, 3]]\n")
    link.update("\n\(own.hexadecimal())\n")
    #expect(digest(a) == link.hexadecimal())
  }

  @Test func whateverIsLearnedCounts() throws {
    let usual = digest(try sequence())
    for other in [
      try sequence(id: "b"), try sequence(ids: [1, 2, 4]), try sequence(loss: [1..<2]),
      try sequence(rows: 3), try sequence(position: 2),
    ] {
      #expect(digest(other) != usual)
    }
  }
}

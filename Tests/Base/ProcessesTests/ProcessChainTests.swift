// Programs joined by pipes: what goes through, what they say, how they end.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import InputOutput
import TestSupport
import Testing

@testable import Processes

struct ProcessChainTests {

  /// What comes out of `commands` when `input` goes in.
  private func run(_ commands: [[String]], _ input: [UInt8]) throws -> (
    output: [UInt8], errors: String, statuses: [Int32]
  ) {
    var (output, errors): ([UInt8], [UInt8]) = ([], [])
    var pieces = stride(from: 0, to: input.count, by: 1000).map {
      Array(input[$0..<min(input.count, $0 + 1000)])
    }[...]
    let statuses = try ProcessChain(commands).run {
      pieces.popFirst().map(ChainInput.bytes) ?? .end
    } _: { piece in
      switch piece {
      case .output(let bytes): output += bytes
      case .errors(let bytes): errors += bytes
      }
    }
    return (output, String(decoding: errors, as: UTF8.self), statuses)
  }

  @Test func muchGoesThrough() throws {
    let input = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
    let result = try run([["cat"], ["/bin/cat"], ["cat", "-"]], input)
    #expect(result.output == input)
    #expect(result.statuses == [0, 0, 0] && result.errors.isEmpty)
  }

  @Test func statusesAndMessagesAreTold() throws {
    let result = try run(
      [
        ["sh", "-c", "echo one >&2; cat"], ["sh", "-c", "echo two >&2; cat > /dev/null; exit 3"],
        ["sh", "-c", "kill -9 $$"],
      ], [1, 2, 3])
    #expect(result.statuses == [0, 3, 137])
    #expect(result.errors.contains("one\n") && result.errors.contains("two\n"))
    #expect(result.output.isEmpty)
  }

  /// Nobody reads: no signal ends us, and the programs' statuses tell.
  @Test func aReaderThatLeavesIsNoMatter() throws {
    let result = try run([["sh", "-c", "exit 4"], ["cat"]], Array(repeating: 7, count: 1_000_000))
    #expect(result.statuses == [4, 0])
  }

  @Test func programsThatAreNoneAreRefused() throws {
    // By a name that no other test's programs have.
    let directory = try TemporaryDirectory()
    let sleeper = directory.file("chain-sleeper")
    try FileManager.default.copyItem(atPath: "/bin/sleep", toPath: sleeper)
    #expect(throws: Failure.self) { try ProcessChain([[sleeper, "4711"], ["/nowhere/none"]]) }
    // Nothing is left of the first, not even an entry in the table of processes.
    let left = try Shell.bash("ps -o comm= --ppid \(getpid()) | grep '^chain-sleeper' || true")
    #expect(left.text.isEmpty, "\(left.text)")
  }

  /// What the taker throws stops programs that would run for ever.
  @Test func throwingStopsThem() throws {
    let chain = try ProcessChain([["yes"], ["cat"]])
    #expect(throws: Failure.self) {
      _ = try chain.run {
        .nothingYet
      } _: { (_) throws(Failure) in
        throw Failure(.invalidInput, code: "test/enough", "enough")
      }
    }
  }
}

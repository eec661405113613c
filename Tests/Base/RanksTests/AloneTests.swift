// One process as a group of ranks: everything goes through unchanged.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Testing

@testable import Ranks

struct AloneTests {
  @Test func oneProcessHearsItself() throws {
    let group = RankGroup()
    #expect(group.isFirst && group.size == 1)
    #expect(try group.exchange(["a": .int(1)], at: "here") == [["a": .int(1)]])
    #expect(group.share([1, 2], Slices(counts: [2]), at: "here") == [1, 2])
    #expect(group.deal([[7, 8]], counts: [2], at: "here") == [7, 8])
    #expect(group.sentBytes == (0, 0))
    let failure = Failure(.notFinite, code: "a/b", at: "x", "no number", remedy: "none")
    #expect(group.announce(failure) == failure)
    #expect(Failure(failure.json) == failure)
  }
}

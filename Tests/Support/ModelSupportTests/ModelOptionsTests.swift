// What tools with a model share: how it is named, and what becomes of memory that is out.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Tensors
import Testing

@testable import ModelSupport

@Suite struct ModelOptionsTests {
  @Test func aDirectoryThatIsNotThereIsNamed() throws {
    let options = try ModelOptions.parse(["-m", "/nowhere"])
    let failure = #expect(throws: Failure.self) { try options.open() }
    #expect(failure?.status == .inputOutput && failure?.place == "/nowhere")
  }

  @Test func memoryThatIsOutIsALimit() throws {
    let failure = #expect(throws: Failure.self) {
      try catchingMemory { throw AllocationError(byteCount: 1 << 40) }
    }
    #expect(failure?.code == "memory/exhausted" && failure?.status == .limitExceeded)
    let own = #expect(throws: Failure.self) {
      try catchingMemory { throw Failure(.mismatch, code: "x", "y") }
    }
    #expect(own?.code == "x")
    #expect(try catchingMemory { 7 } == 7)
  }
}

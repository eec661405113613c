// Programs that are run on bytes in memory: what they get, what is kept, how they end.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import InputOutput
import Processes
import Testing

@Suite struct BoundedProcessTests {
  private func bash(_ script: String) -> BoundedProcess {
    BoundedProcess(program: "/bin/bash", arguments: ["-c", script])
  }

  @Test func bytesGoInAndOut() throws {
    let input = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let result = try bash("cat; echo done >&2; exit 7").run(input: input)
    #expect(result.ending == .exited(7))
    #expect(result.output == input)
    #expect(result.errors == Array("done\n".utf8))
  }

  @Test func endingsAreToldApart() throws {
    #expect(try bash("kill -ABRT $$").run(input: []).ending == .signalled(SIGABRT))
    var slow = bash("sleep 60")
    slow.seconds = 0.2
    #expect(try slow.run(input: []).ending == .overtime)
    var large = bash("cat /dev/zero")
    large.outputLimit = 100_000
    let result = try large.run(input: [])
    #expect(result.ending == .overflow && result.output.count <= 100_000)
    var loud = bash("head -c 100000 /dev/zero >&2")
    loud.errorLimit = 10
    #expect(try loud.run(input: []).errors.count == 10)
  }

  /// It gets neither our secrets nor a terminal's signals.
  @Test func littleIsInherited() throws {
    setenv("LLAVA_TEST_SECRET", "secret", 1)
    defer { unsetenv("LLAVA_TEST_SECRET") }
    let result = try bash("env; echo end").run(input: [])
    let text = String(decoding: result.output, as: UTF8.self)
    #expect(!text.contains("secret") && text.hasSuffix("end\n"))
    let group = try bash("read -ra stat < /proc/$$/stat; echo ${stat[4]} $$").run(input: [])
    let numbers = String(decoding: group.output, as: UTF8.self).split(
      whereSeparator: \.isWhitespace)
    try #require(numbers.count == 2)
    #expect(numbers[0] == numbers[1])
  }

  @Test func severalRunAtOnce() {
    DispatchQueue.concurrentPerform(iterations: 16) { index in
      let result = try? bash("cat").run(input: [UInt8(index)])
      #expect(result?.output == [UInt8(index)] && result?.ending == .exited(0))
    }
  }

  @Test func aMissingProgramIsNamed() {
    let failure = #expect(throws: Failure.self) {
      try BoundedProcess(program: "/nonexistent/tool", arguments: []).run(input: [])
    }
    #expect(failure?.code == "files/missing" && failure?.place == "/nonexistent/tool")
  }
}

// Files that come with the tools are found beside the program, in its source tree, or as told.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import TestSupport
import Testing

@testable import ToolSupport

@Suite struct InstalledFilesTests {
  @Test func theVariableLeavesNoOtherPlace() {
    #expect(installedPlaces("prompts", share: "/opt/x", program: "/usr/bin") == ["/opt/x/prompts"])
    #expect(
      installedPlaces("prompts", share: "", program: "/no/bin")
        == ["/no/bin/../share/llava-tools/prompts"])
  }

  @Test func aTreeOfSourcesIsFound() throws {
    let directory = try TemporaryDirectory()
    _ = try Shell.bash(
      "mkdir -p \(directory.path)/.build/x/release && touch \(directory.path)/Package.swift")
    let program = "\(directory.path)/.build/x/release"
    #expect(
      installedPlaces("prompts", share: nil, program: program).last
        == "\(program)/../../../examples/prompts")
  }
}

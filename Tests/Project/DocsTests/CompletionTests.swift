// Holds the committed completions against the tools. UPDATE_GOLDEN=1 rewrites them, and fails.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

struct CompletionTests {
  @Test(arguments: toolNames, ["bash", "zsh", "fish"])
  func completionsAreTheTools(tool: String, shell: String) throws {
    let file = ["zsh": "_\(tool)", "fish": "\(tool).fish"][shell] ?? tool
    let url = URL(fileURLWithPath: "\(packageRoot)/completions/\(shell)/\(file)")
    let result = try Shell.bash("\(tool) --generate-completion-script \(shell)")
    try #require(result.status == 0 && !result.output.isEmpty, "\(result.errors)")
    let committed = try? Data(contentsOf: url)
    if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] != nil {
      try Data(result.output).write(to: url)
      Issue.record("wrote completions/\(shell)/\(file) anew; run again without UPDATE_GOLDEN")
    }
    #expect(committed == Data(result.output), "completions/\(shell)/\(file): run make docs")
  }

  /// No file stays behind when a tool goes.
  @Test func completionsBelongToTools() {
    for shell in ["bash", "zsh", "fish"] {
      let folder = "\(packageRoot)/completions/\(shell)"
      let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
      for file in files where file != ".keep" {
        let tool = file.replacing(#/^_|\.fish$/#, with: "")
        #expect(toolNames.contains(tool), "completions/\(shell)/\(file)")
      }
    }
  }
}

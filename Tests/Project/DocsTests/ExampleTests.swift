// Holds the commands that documents and examples show against the tools.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

struct ExampleTests {
  @Test func callsAreFound() {
    let text =
      "ls | convo-format --ask 'a --b' -0 |\n  clip-encode -m x \\\n --layer=-2 > f; cat -n"
    #expect(
      calls(in: text) == [
        Call(tool: "convo-format", options: ["--ask", "-0"]),
        Call(tool: "clip-encode", options: ["-m", "--layer"]),
      ])
  }

  @Test(arguments: toolNames)
  func pagesShowOptionsThatExist(tool: String) throws {
    let page = try ManPage("\(tool).1")
    let shown = calls(in: page.examples)
    #expect(shown.contains { $0.tool == tool }, "no example calls the tool")
    try check(shown)
  }

  @Test(arguments: ["llava.7", "llava-stream.5"])
  func suitePagesShowOptionsThatExist(page: String) throws {
    try check(calls(in: try ManPage(page).examples))
  }

  @Test(arguments: [
    "README.md", "CONTRIBUTING.md", "examples/demo.sh", "examples/caption-folder/Makefile",
    "examples/caption-folder/README.md", "examples/cluster/README.md", "examples/training.mk",
  ])
  func documentsShowOptionsThatExist(path: String) throws {
    let text = try read(path)
    try check(calls(in: path.hasSuffix(".md") ? fencedBlocks(text).joined(separator: "\n") : text))
  }

  @Test func readmeListsEveryTool() throws {
    let rows = try read("README.md").split(separator: "\n").filter { $0.hasPrefix("| `") }
    for tool in toolNames {
      #expect(rows.contains { $0.hasPrefix("| `\(tool)` |") && $0.contains("man/\(tool).1") })
    }
  }

  /// Blocks marked `sh test` run from the package's folder as they stand.
  @Test func commandsOfTheReadmeRun() throws {
    let blocks = fencedBlocks(try read("README.md"), language: "sh test")
    #expect(!blocks.isEmpty)
    for block in blocks {
      let result = try Shell.bash(block, in: packageRoot, timeout: 300)
      #expect(result.status == 0, "\(block)\(result.errors)")
    }
  }

  @Test func linksOfDocumentsLeadSomewhere() throws {
    for path in [
      "README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "BENCHMARKS.md",
    ] {
      for match in try read(path).matches(of: #/\]\(([^):#]+)\)/#) {
        let target = "\(packageRoot)/\(match.1)"
        #expect(FileManager.default.fileExists(atPath: target), "\(path) links to \(match.1)")
      }
    }
  }

  /// The walk goes through the tree as it is.
  @Test func theWalkNamesFilesThatExist() throws {
    let text = try read("CONTRIBUTING.md")
    let walk = try #require(text.firstRange(of: "\n## A walk"))
    let section = text[walk.upperBound...]
    let end = section.firstRange(of: "\n## ")?.lowerBound ?? section.endIndex
    let files = section[..<end].matches(of: #/`([A-Za-z]+/[^` ]+\.(?:swift|c|h))`/#).map { $0.1 }
    #expect(files.count > 20)
    for file in files {
      #expect(FileManager.default.fileExists(atPath: "\(packageRoot)/Sources/\(file)"), "\(file)")
    }
  }

  private func check(_ calls: [Call]) throws {
    var known: [String: Set<String>] = [:]
    for call in calls {
      if known[call.tool] == nil { known[call.tool] = try ToolInfo(tool: call.tool).optionNames }
      for option in call.options {
        #expect(known[call.tool]?.contains(option) == true, "\(call.tool) has no \(option)")
      }
    }
  }

  private func read(_ path: String) throws -> String {
    try String(contentsOf: URL(fileURLWithPath: "\(packageRoot)/\(path)"), encoding: .utf8)
  }

  private func fencedBlocks(_ text: String, language: String? = nil) -> [String] {
    text.matches(of: #/(?m)^```([a-z ]*)\n((?:(?!```).*\n)*)```/#)
      .filter { language == nil || $0.1 == language ?? "" }.map { String($0.2) }
  }
}

// Rules of style that a program can check; CONTRIBUTING.md lists them.
// SPDX-License-Identifier: Apache-2.0
import Testing

struct RuleTests {
  @Test func everyFileSaysWhatItIs() {
    for file in Project.sources + Project.tests + [Project.manifest] {
      for fault in openingFaults(file) { Issue.record("\(file.path): \(fault)") }
    }
  }

  @Test func openingsAreJudged() {
    let licence = "SPDX-License-Identifier: Apache-2.0"
    let good = SourceFile(path: "a.swift", text: "// Reads things.\n// \(licence)\nimport A\n")
    let block = SourceFile(
      path: "a.c", text: "/* Adds numbers,\n   fast.\n   \(licence) */\nint a;\n")
    #expect(openingFaults(good).isEmpty)
    #expect(openingFaults(block).isEmpty)
    for text in [
      "import A\n", "// \(licence)\n", "// Reads things\n// \(licence)\n", "// Reads it.\n",
    ] {
      #expect(!openingFaults(SourceFile(path: "a.swift", text: text)).isEmpty)
    }
  }

  @Test(arguments: Rule.all)
  func sourcesKeepTheRule(rule: Rule) {
    for file in Project.sources where file.isSwift == rule.isForSwift {
      for line in file.lines(matching: rule.pattern) {
        Issue.record("\(file.path):\(line): \(rule.name)")
      }
    }
  }

  @Test(arguments: Rule.all)
  func theRuleSeesWhatItForbids(rule: Rule) {
    let path = rule.isForSwift ? "a.swift" : "a.c"
    #expect(SourceFile(path: path, text: rule.bad + "\n").lines(matching: rule.pattern) == [1])
    for good in ["a != b", "// print(x)!", "\"try! \\(a) x!\"", "if !isEmpty {", "fingerprint(a)"] {
      #expect(SourceFile(path: path, text: good).lines(matching: rule.pattern).isEmpty, "\(good)")
    }
  }

  @Test func whatIsLeftToDoHasAnIssue() throws {
    let mark = "TO" + "DO"
    let pattern = try Regex("\\b(\(mark)|FIX" + "ME)\\b(?!\\(#[0-9]+\\))")
      .wordBoundaryKind(.simple)
    #expect("// \(mark): later".contains(pattern))
    #expect(!"// \(mark)(#12): later".contains(pattern))
    for file in Project.sources + Project.tests {
      #expect(!file.text.contains(pattern), "\(file.path): \(mark) without an issue's number")
    }
  }

  /// Nobody else has these folders; and packages come from wherever the user's system gets them.
  @Test func noFileNamesAMachine() {
    let folders = ["/wo" + "rk/", "/opt/pe" + "er", "/home" + "/", "/root" + "/", "bash_jo" + "bs"]
    let hosts = ["pypi" + ".org", "pythonhosted" + ".org", "npmjs" + ".com", "crates" + ".io"]
    #expect(Project.allPaths.count > 100)
    for path in Project.allPaths where !isBinary(path) {
      let text = Project.text(path)
      for word in folders + hosts where text.contains(word) {
        Issue.record("\(path) names \(word)")
      }
      #expect(
        path.hasPrefix("Tests/") || !text.contains("/tm" + "p/"),
        "\(path) names a folder of temporary files")
    }
  }

  private func isBinary(_ path: String) -> Bool {
    [".safetensors", ".jpg", ".png", ".model", ".tsz", ".gguf"].contains { path.hasSuffix($0) }
  }

  private func openingFaults(_ file: SourceFile) -> [String] {
    var lines = file.openingComment.split(separator: "\n").map(String.init)
    if lines.first?.hasPrefix("swift-tools-version") == true { lines.removeFirst() }
    var faults: [String] = []
    let isLicence = { (line: String) in line.hasPrefix("SPDX-License-Identifier: Apache-2.0") }
    if !lines.contains(where: isLicence) { faults.append("no SPDX line in the opening comment") }
    let sentence = lines.prefix { !isLicence($0) }.joined(separator: " ")
    if sentence.split(separator: " ").count < 2 || !sentence.hasSuffix(".") {
      faults.append("no sentence says what the file is")
    }
    return faults
  }
}

/// A pattern that the code of a source file may not hold, and an example of it.
struct Rule: Sendable, CustomTestStringConvertible {
  let name: String
  nonisolated(unsafe) let pattern: Regex<Substring>
  let bad: String
  let isForSwift: Bool

  init(_ name: String, _ pattern: Regex<Substring>, bad: String, isForSwift: Bool = true) {
    self.name = name
    // Unicode's own word boundaries find none in `a.b`.
    self.pattern = pattern.wordBoundaryKind(.simple)
    self.bad = bad
    self.isForSwift = isForSwift
  }

  var testDescription: String { name }

  static let all = [
    Rule("print loses errors and mixes with data", #/\bprint\s*\(/#, bad: "print(a)"),
    Rule("FileHandle loses errors", #/\bFileHandle\b/#, bad: "FileHandle.write"),
    Rule(
      "Foundation makes tools slow to start", #/\bimport\s+Foundation(?:Essentials)?\b/#,
      bad: "import Foundation"),
    Rule("forced try", #/\btry!/#, bad: "let a = try! b()"),
    Rule("forced cast", #/\bas!/#, bad: "a as! B"),
    Rule("forced unwrap", #/[\w)\]]!(?!=)/#, bad: "a.first!.b"),
    Rule(
      "C does not write messages", #/\b(?:f|v|vf)?printf\s*\(|\bf?puts\s*\(/#,
      bad: "printf(a);", isForSwift: false),
    Rule(
      "C does not end the process", #/\b(?:exit|abort)\s*\(/#, bad: "abort();",
      isForSwift: false),
  ]
}

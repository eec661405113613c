// The same pipeline as people write it, to grow from.
// SPDX-License-Identifier: Apache-2.0
import Captioning
import InputOutput

extension CaptionChain {
  /// A pipeline of the shell that asks the same about the same pictures; what it writes goes where
  /// `target` says, as far as the pipeline has that.
  func shellText(
    _ paths: [String], _ questions: [String], _ search: SearchOptions, _ target: TargetOptions
  ) -> String {
    var words = self.words
    words[0] += ["--from", "paths0"] + questions.flatMap { ["--ask", $0] }
    let tools = words.map { $0.map(quotedWhereNeeded).joined(separator: " ") }
    let lines = [find(paths, search), "LC_ALL=C sort -z"] + tools
    return lines.joined(separator: " \\\n  | ") + end(target)
  }

  /// `find` as it finds what the tool does: no hidden names, no links to directories.
  private func find(_ paths: [String], _ search: SearchOptions) -> String {
    let names =
      search.include.isEmpty
      ? PictureSearch.extensions.sorted().map { ["-iname", "*" + $0] } : search.include.map(test)
    let wanted = names.map { $0.map(quotedWhereNeeded).joined(separator: " ") }
    let hidden = ["-name", ".[!.]*"].map(quotedWhereNeeded).joined(separator: " ")
    let left =
      [hidden] + search.exclude.map { test($0).map(quotedWhereNeeded).joined(separator: " ") }
    return "find " + paths.map(quotedWhereNeeded).joined(separator: " ")
      + " \\( \(left.joined(separator: " -o ")) \\) -prune -o"
      + " -type f \\( \(wanted.joined(separator: " -o ")) \\) -print0"
  }

  private func test(_ pattern: String) -> [String] {
    pattern.utf8.contains(UInt8(ascii: "/")) ? ["-path", "*/" + pattern] : ["-name", pattern]
  }

  private func end(_ target: TargetOptions) -> String {
    if let path = target.jsonl, path != "-" { return " >> \(quotedWhereNeeded(path))" }
    return target.jsonl == nil ? " \\\n  | jq -r .text" : ""
  }

  private func quotedWhereNeeded(_ word: String) -> String {
    let isPlain = { (byte: UInt8) in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        || "-_./:=,".utf8.contains(byte)
    }
    return !word.isEmpty && word.utf8.allSatisfy(isPlain) ? word : quotedForShell(word)
  }
}

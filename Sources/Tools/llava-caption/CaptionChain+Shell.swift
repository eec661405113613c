// The same pipeline in the form in which people write it.
// SPDX-License-Identifier: Apache-2.0
import Captioning
import InputOutput
import Streams

extension CaptionChain {
  /// A pipeline of the shell that asks the same about the same pictures; what it writes goes where
  /// `target` says, as far as the pipeline has that.
  func shellText(_ paths: [String], _ search: SearchOptions, _ target: TargetOptions) -> String {
    var words = self.words
    let format = search.list == nil ? ObjectFormat.paths0 : search.from
    if format != .auto { words[0] += ["--from", format.rawValue] }
    words[0] += search.imageKey.map { Self.option("--image-key", $0) } ?? []
    words[0] += texts.flatMap { Self.option("--ask", $0) }
    if let list = search.list { words[0] += ["--", list] }
    let tools = words.map { $0.map(quotedWhereNeeded).joined(separator: " ") }
    let lines = search.list == nil ? [names(paths, search)] + tools : tools
    return lines.joined(separator: " \\\n  | ") + end(target)
  }

  /// What writes the names of the pictures that `paths` stand for, in the tool's order.
  private func names(_ paths: [String], _ search: SearchOptions) -> String {
    var parts: [String] = []
    var files: [String] = []
    func endFiles() {
      if !files.isEmpty { parts.append("printf '%s\\0' " + files.joined(separator: " ")) }
      files = []
    }
    for path in paths {
      // Neither find nor convo-format shall take it for an option.
      let shown = quotedWhereNeeded(path.utf8.first == UInt8(ascii: "-") ? "./" + path : path)
      if FilePath(path).isDirectory {
        endFiles()
        parts.append(find(shown, search) + " | LC_ALL=C sort -z")
      } else {
        files.append(shown)
      }
    }
    endFiles()
    return parts.count == 1 ? parts[0] : "{ " + parts.joined(separator: "\n    ") + "; }"
  }

  /// `find` as it finds what the tool does: no hidden names, no links to directories.
  private func find(_ directory: String, _ search: SearchOptions) -> String {
    let names =
      search.include.isEmpty
      ? PictureSearch.extensions.sorted().map { ["-iname", "*" + $0] } : search.include.map(test)
    let wanted = names.map { $0.map(quotedWhereNeeded).joined(separator: " ") }
    let hidden = ["-name", ".[!.]*"].map(quotedWhereNeeded).joined(separator: " ")
    let left =
      [hidden] + search.exclude.map { test($0).map(quotedWhereNeeded).joined(separator: " ") }
    return "find -H \(directory) -mindepth 1 \\( \(left.joined(separator: " -o ")) \\) -prune -o"
      + " -xtype f \\( \(wanted.joined(separator: " -o ")) \\) -print0"
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

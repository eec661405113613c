// The same pipeline in the form in which people write it.
// SPDX-License-Identifier: Apache-2.0
import Captioning
import InputOutput
import Streams

extension CaptionChain {
  /// A pipeline of the shell that asks the same about the same pictures; what it writes goes where
  /// `target` says, as far as the pipeline has that. Throws what looking for pictures throws.
  func shellText(_ paths: [String], _ search: SearchOptions, _ target: TargetOptions)
    throws(Failure) -> String
  {
    let places = try PicturePlaces(paths, search.search)
    var words = self.words
    let format = search.list == nil ? ObjectFormat.paths0 : search.from
    if format != .auto { words[0] += ["--from", format.rawValue] }
    words[0] += search.imageKey.map { Self.option("--image-key", $0) } ?? []
    words[0] += texts.flatMap { Self.option("--ask", $0) }
    if let list = search.list { words[0] += ["--", list] }
    let tools = words.map { $0.map(quotedWhereNeeded).joined(separator: " ") }
    let lines = search.list == nil ? [names(places, search)] + tools : tools
    return lines.joined(separator: " \\\n  | ")
      + end(target, namesPictures: search.list != nil || places.count > 1)
  }

  /// What writes the names of the pictures in `places`, in the tool's order.
  private func names(_ places: PicturePlaces, _ search: SearchOptions) -> String {
    var parts: [String] = []
    var files: [String] = []
    func endFiles() {
      if !files.isEmpty { parts.append("printf '%s\\0' " + files.joined(separator: " ")) }
      files = []
    }
    for place in places.places {
      let shown = quotedWhereNeeded(place.path)
      if place.isDirectory {
        endFiles()
        parts.append(find(shown, search, but: place.others) + " | LC_ALL=C sort -z")
      } else {
        files.append(shown)
      }
    }
    endFiles()
    return parts.count == 1 ? parts[0] : "{ " + parts.joined(separator: "\n    ") + "; }"
  }

  /// `find` as it finds what the tool does: no hidden names, no links to directories, no `others`.
  private func find(_ directory: String, _ search: SearchOptions, but others: [String]) -> String {
    let names =
      search.include.isEmpty
      ? PictureSearch.extensions.sorted().map { ["-iname", "*" + $0] } : search.include.map(test)
    let wanted = names.map { $0.map(quotedWhereNeeded).joined(separator: " ") }
    let hidden = ["-name", ".[!.]*"].map(quotedWhereNeeded).joined(separator: " ")
    let left =
      [hidden]
      + (search.exclude.map(test) + others.map { ["-path", asPattern($0)] }).map {
        $0.map(quotedWhereNeeded).joined(separator: " ")
      }
    return "find -H \(directory) -mindepth 1 \\( \(left.joined(separator: " -o ")) \\) -prune -o"
      + " -xtype f \\( \(wanted.joined(separator: " -o ")) \\) -print0"
  }

  private func test(_ pattern: String) -> [String] {
    pattern.utf8.contains(UInt8(ascii: "/")) ? ["-path", "*/" + pattern] : ["-name", pattern]
  }

  /// A pattern that `path` alone matches.
  private func asPattern(_ path: String) -> String {
    path.unicodeScalars.map { #"*?[\"#.unicodeScalars.contains($0) ? "\\\($0)" : "\($0)" }.joined()
  }

  /// What is made of the answers: skipped pictures have none.
  private func end(_ target: TargetOptions, namesPictures: Bool) -> String {
    let text = namesPictures ? #""\(.image): \(.text)""# : ".text"
    let jq =
      target.jsonl == nil
      ? #"jq -r 'select(.text) | \#(text) | gsub("[\r\n]+"; " ")'"# : "jq -c 'select(.text)'"
    let path = target.jsonl.flatMap { $0 == "-" ? nil : $0 }
    return " \\\n  | \(jq)" + (path.map { " >> \(quotedWhereNeeded($0))" } ?? "")
  }

  private func quotedWhereNeeded(_ word: String) -> String {
    let isPlain = { (byte: UInt8) in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        || "-_./:=,".utf8.contains(byte)
    }
    return !word.isEmpty && word.utf8.allSatisfy(isPlain) ? word : quotedForShell(word)
  }
}

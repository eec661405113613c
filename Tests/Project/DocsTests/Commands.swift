// Command lines in documents: which tools they call with which options.
// SPDX-License-Identifier: Apache-2.0
import TestSupport

/// A call of one of our tools.
struct Call: Equatable {
  let tool: String
  let options: [String]
}

/// The calls in `text`, which holds shell commands, among other words perhaps.
func calls(in text: String) -> [Call] {
  let joined = text.replacing("\\\n", with: " ").replacing(#/\|[ \t]*\n/#, with: "| ")
  let stages = joined.split { "|;\n&()`".contains($0) }
  return stages.compactMap { stage in
    let words = withoutQuotes(stage).split { " \t".contains($0) }.map(String.init)
    guard let start = words.firstIndex(where: { toolNames.contains($0) }) else { return nil }
    let options = words[(start + 1)...].filter { $0.contains(#/^--?[A-Za-z0]/#) }
    return Call(tool: words[start], options: options.map { String($0.prefix { $0 != "=" }) })
  }
}

/// Words in quotes are no options.
private func withoutQuotes(_ text: Substring) -> String {
  String(text).replacing(#/'[^']*'|"[^"]*"/#, with: "''")
}

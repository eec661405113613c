// The parts of a manual page in mdoc that tests compare with the tools.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport

/// A page of man/.
struct ManPage {
  static let requiredSections = [
    "NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "ENVIRONMENT", "EXIT STATUS", "EXAMPLES",
    "SEE ALSO",
  ]

  let text: String
  /// The sections' names in their order.
  let sections: [String]
  private let bodies: [String: [String]]

  init(_ name: String) throws {
    let path = "\(packageRoot)/man/\(name)"
    self.init(text: try String(contentsOf: URL(fileURLWithPath: path), encoding: .utf8))
  }

  init(text: String) {
    self.text = text
    var sections: [String] = []
    var bodies: [String: [String]] = [:]
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
      if line.hasPrefix(".Sh ") {
        sections.append(line.dropFirst(4).trimmingCharacters(in: CharacterSet(charactersIn: "\" ")))
      } else if let section = sections.last {
        bodies[section, default: []].append(line)
      }
    }
    self.sections = sections
    self.bodies = bodies
  }

  func lines(of section: String) -> [String] { bodies[section] ?? [] }

  /// `.It Fl o , Fl Fl output Ar file` and the lines below it.
  private var items: [(option: ToolOption, body: [String])] {
    var items: [(option: ToolOption, body: [String])] = []
    var depth = 0
    for line in lines(of: "OPTIONS") {
      if line.hasPrefix(".Bl") { depth += 1 }
      if line.hasPrefix(".El") { depth -= 1 }
      if line.hasPrefix(".It Fl"), depth == 1 {
        items.append((Self.option(line), []))
      } else if !items.isEmpty {
        items[items.count - 1].body.append(line)
      }
    }
    return items
  }

  var options: Set<ToolOption> { Set(items.map(\.option)) }

  /// What stands in `[default: 4]` or `.Bq default: 4`, by the option's longest name.
  var defaults: [String: String] {
    var defaults: [String: String] = [:]
    for (option, body) in items {
      for line in body {
        guard let match = line.firstMatch(of: #/(?:\[|\.Bq )default: "?([^"\]]+)/#) else {
          continue
        }
        defaults[longest(option.names)] = String(match.1)
      }
    }
    return defaults
  }

  /// The pages it refers to: `.Xr clip-encode 1`.
  var references: [(name: String, section: String)] {
    text.matches(of: #/(?m)^\.Xr ([^ ]+) ([0-9])/#).map { (String($0.1), String($0.2)) }
  }

  /// The commands shown as examples.
  var examples: String {
    var isLiteral = false
    var shown: [String] = []
    for line in lines(of: "EXAMPLES") {
      if line.hasPrefix(".Bd -literal") { isLiteral = true }
      if line.hasPrefix(".Ed") { isLiteral = false }
      if line.hasPrefix(".Dl ") { shown.append(String(line.dropFirst(4))) }
      if isLiteral, !line.hasPrefix(".") { shown.append(line) }
    }
    return shown.joined(separator: "\n").replacing("\\-", with: "-").replacing("\\e", with: "\\")
  }

  private static func option(_ line: String) -> ToolOption {
    var names: [String] = []
    var value: String?
    var dashes = 0
    var macro = ""
    for word in line.split(separator: " ").dropFirst().map(String.init) {
      switch word {
      case "Fl":
        dashes += 1
        macro = word
      case "Ar": macro = word
      case ",", "Ns", "=", "Oo", "Oc", "Op": continue
      default:
        if macro == "Ar" { value = value ?? word }
        if macro == "Fl" { names.append(String(repeating: "-", count: dashes) + word) }
        dashes = 0
      }
    }
    return ToolOption(names: names.sorted(), value: value)
  }
}

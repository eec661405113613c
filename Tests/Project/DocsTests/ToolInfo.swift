// What a tool itself says about its options.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport

/// An option or flag under all its names.
struct ToolOption: Hashable, Comparable, CustomStringConvertible {
  /// `-o`, `--output`, in alphabetical order.
  let names: [String]
  /// The name of its value; nil for a flag.
  let value: String?

  var description: String { names.joined(separator: ", ") + (value.map { " <\($0)>" } ?? "") }

  static func < (left: Self, right: Self) -> Bool { left.description < right.description }
}

/// The options, operands and defaults of a tool, read from what ArgumentParser tells of it.
struct ToolInfo {
  let options: Set<ToolOption>
  let operands: [String]
  /// By the option's longest name.
  let defaults: [String: String]

  var optionNames: Set<String> { Set(options.flatMap(\.names)) }

  init(tool: String) throws {
    let result = try Shell.bash("\(tool) --experimental-dump-help")
    guard result.status == 0, !result.output.isEmpty else {
      throw NoInfo(tool: tool, status: result.status, errors: result.errors)
    }
    let dump = try JSONDecoder().decode(Dump.self, from: Data(result.output))
    let commands = dump.command.withSubcommands
    let shown = commands.flatMap { $0.arguments ?? [] }.filter(\.shouldDisplay)
    let named = shown.filter { $0.kind != "positional" }
    options = Set(
      named.map { ToolOption(names: $0.dashed, value: $0.kind == "flag" ? nil : $0.valueName) })
    operands = shown.filter { $0.kind == "positional" }.compactMap(\.valueName)
    let pairs = named.filter { $0.kind == "option" }.compactMap { argument in
      argument.defaultValue.map { (longest(argument.dashed), $0) }
    }
    defaults = Dictionary(pairs) { first, _ in first }
  }

  struct NoInfo: Error {
    let tool: String
    let status: Int32
    let errors: String
  }

  private struct Dump: Decodable {
    let command: Command
  }

  private struct Command: Decodable {
    let commandName: String
    let arguments: [Argument]?
    /// A tool's commands, which may have commands of their own; one page tells of them all.
    let subcommands: [Command]?

    var withSubcommands: [Command] {
      [self]
        + (subcommands ?? []).filter { $0.commandName != "help" }.flatMap(\.withSubcommands)
    }
  }

  private struct Argument: Decodable {
    let kind: String
    let names: [Name]?
    let valueName: String?
    let defaultValue: String?
    let shouldDisplay: Bool

    var dashed: [String] {
      (names ?? []).map { ($0.kind == "long" ? "--" : "-") + $0.name }.sorted()
    }
  }

  private struct Name: Decodable {
    let kind: String
    let name: String
  }
}

/// The name that stands for an option where one is needed.
func longest(_ names: [String]) -> String {
  names.max { ($0.count, $0) < ($1.count, $1) } ?? ""
}

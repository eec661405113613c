// The table of pipelines: how a row is read, run and judged.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

/// A row of pipes.tst: a pipeline, and how it must end.
struct PipeRow: Sendable, CustomTestStringConvertible {
  let line: Int
  /// The status of each command: `0|3`, `~` for 0 or 141 (its reader left); `ok`: all 0.
  let statuses: String
  /// What stderr holds: `-` nothing, else this text, and nothing but the tools' messages.
  let says: String
  /// What stdout is: `-` anything, `none` nothing, else this text with `\n` for line ends.
  let gives: String
  let command: String

  var testDescription: String { "\(line): \(command)" }

  /// Columns are separated by two spaces or more.
  init(line: Int, _ text: Substring) throws {
    let parts = text.split(separator: #/ {2,}/#, maxSplits: 3).map(String.init)
    guard parts.count == 4 else { throw PipeTableError.columns(line: line, found: parts.count) }
    self.line = line
    (statuses, says, gives, command) = (parts[0], parts[1], parts[2], parts[3])
  }

  /// The rows of a table; lines that are empty or begin with `#` are none.
  static func rows(_ table: String) throws -> [PipeRow] {
    try table.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
      .filter { !$0.element.isEmpty && !$0.element.hasPrefix("#") }
      .map { try PipeRow(line: $0.offset + 1, $0.element) }
  }

  /// Runs the row; nil when all is as wanted, else what was wanted and what was found.
  func fault(in directory: TemporaryDirectory) throws -> String? {
    let report = directory.file("statuses-\(line)")
    let script = "\(command)\necho -n \"${PIPESTATUS[*]}\" > '\(report)'"
    let result = try Workbench.run(script, in: directory)
    let found = (try? directory.read("statuses-\(line)")) ?? Array("the shell ended".utf8)
    let ends = String(decoding: found, as: UTF8.self).split(separator: " ").map(String.init)
    var faults: [String] = []
    if !matches(ends) {
      faults.append("wanted statuses \(statuses), found \(ends.joined(separator: "|"))")
    }
    if let fault = faultOfErrors(result.errors) { faults.append(fault) }
    if let fault = faultOfOutput(result.text) { faults.append(fault) }
    if faults.isEmpty { return nil }
    return (["pipes.tst:\(line): \(command)"] + faults).joined(separator: "\n  ")
  }

  private func matches(_ ends: [String]) -> Bool {
    if statuses == "ok" { return !ends.isEmpty && ends.allSatisfy { $0 == "0" } }
    let wanted = statuses.split(separator: "|").map(String.init)
    return wanted.count == ends.count
      && zip(wanted, ends).allSatisfy { $0 == $1 || ($0 == "~" && ["0", "141"].contains($1)) }
  }

  private func faultOfErrors(_ errors: String) -> String? {
    if says == "-" { return errors.isEmpty ? nil : "wanted no message, found \(errors)" }
    let isOurs = errors.split(separator: "\n").allSatisfy { line in
      toolNames.contains { line.hasPrefix("\($0): ") }
    }
    return isOurs && errors.contains(says) ? nil : "wanted the message '\(says)', found \(errors)"
  }

  private func faultOfOutput(_ output: String) -> String? {
    switch gives {
    case "-": return nil
    case "none": return output.isEmpty ? nil : "wanted no output, found \(output.prefix(200))"
    default:
      let wanted = gives.replacing("\\n", with: "\n")
      return output == wanted ? nil : "wanted the output '\(wanted)', found '\(output.prefix(200))'"
    }
  }
}

enum PipeTableError: Error, Equatable {
  case columns(line: Int, found: Int)
}

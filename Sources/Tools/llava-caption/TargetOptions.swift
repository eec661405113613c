// The target of captions: stdout, a table, or files beside the pictures.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Captioning
import InputOutput
import ToolSupport

struct TargetOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Write JSONL to this file, or append to it; - is stdout.", valueName: "file"),
    completion: .file())
  var jsonl: String?

  @Option(
    help: ArgumentHelp(
      "Write a tab-separated table to this file, or append to it; - is stdout.", valueName: "file"),
    completion: .file())
  var tsv: String?

  @Option(
    help: ArgumentHelp(
      "Write a file beside each picture, with this extension (.txt).",
      valueName: "suffix"))
  var sidecar: String?

  @Flag(help: "With --sidecar, keep the picture's extension before the suffix: a.jpg.txt.")
  var fullNames = false

  @Option(
    help: ArgumentHelp(
      "What to do with existing captions: skip, overwrite, append or prepend.",
      valueName: "what"))
  var existing = ExistingText.skip

  @Option(
    help: ArgumentHelp(
      "Separator between answers in one file, and before appended text (default: a line break).",
      valueName: "text"))
  var joint: String?

  private var table: (path: String, lines: CaptionLines)? {
    jsonl.map { ($0, .jsonl) } ?? tsv.map { ($0, .tsv) }
  }

  /// The path of what is written record by record, for the session; nil for files beside pictures.
  var streamPath: String? {
    if sidecar != nil { return nil }
    return table.flatMap { $0.path == "-" ? "-" : nil } ?? (table == nil ? "-" : nil)
  }

  /// Whether a later run goes on with what this one writes.
  var isKept: Bool { streamPath == nil }

  func validate() throws {
    let chosen = [("--jsonl", jsonl), ("--tsv", tsv), ("--sidecar", sidecar)].filter { $1 != nil }
    if chosen.count > 1 {
      throw ValidationError("\(chosen[0].0) and \(chosen[1].0) exclude each other")
    }
    if let tsv, tsv.lowercased().hasSuffix(".csv") {
      throw ValidationError("--tsv writes tabs, not commas: name the file .tsv")
    }
    if let sidecar {
      let isPlain =
        !sidecar.utf8.contains(UInt8(ascii: "/")) && escapedForTerminal(sidecar) == sidecar
      guard !sidecar.isEmpty, isPlain else {
        throw ValidationError(
          "--sidecar must be a suffix such as .txt, without / and control characters, found"
            + " '\(escapedForTerminal(sidecar))'")
      }
      guard !PictureSearch.extensions.contains(FilePath("a" + sidecar).lowercasedExtension) else {
        throw ValidationError("--sidecar \(sidecar) would be taken for a picture: write .txt, say")
      }
      if sidecar.unicodeScalars.first.map({ $0.properties.isAlphabetic }) == true {
        throw ValidationError(
          "--sidecar \(sidecar) would make a\(sidecar) of a.jpg: write .\(sidecar)")
      }
    } else {
      if fullNames { throw ValidationError("--full-names goes with --sidecar") }
      if joint != nil { throw ValidationError("--joint goes with --sidecar") }
      if existing == .append || existing == .prepend {
        throw ValidationError("--existing \(existing.rawValue) goes with --sidecar")
      }
    }
  }

  /// What to do where captions that are there were to be made anew; empty where that was asked for. A
  /// table holds the questions, and only equal ones are answered already; a text beside a picture holds none.
  var waysToAskAnew: String {
    guard existing == .skip else { return "" }
    guard sidecar != nil else { return " (--existing overwrite makes them anew)" }
    return
      ", whatever the question was (--existing overwrite replaces them, --existing append adds to"
      + " them, another --sidecar writes others)"
  }

  /// Throws `usage/sidecar` for pictures that would share a file, and what opening files throws.
  func output(_ session: Session, _ pictures: [FilePath], run: String) throws(Failure)
    -> any CaptionOutput
  {
    if let sidecar {
      let plan = SidecarPlan(
        suffix: sidecar, keepsExtension: fullNames, existing: existing, joint: joint ?? "\n")
      try plan.check(pictures)
      return try Sidecars(plan, run: run, pictures: pictures)
    }
    if let table, table.path != "-" {
      return try CaptionFile(path: table.path, table.lines, existing: existing)
    }
    return try CaptionText(
      session.sink(nil, isBinary: false), table?.lines, namesPictures: pictures.count > 1)
  }
}

// The messages of the pipeline's tools, and the one that tells why the pipeline ended.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON

/// The messages of all tools, which come as JSON, a line each.
struct ToolMessages {
  private(set) var warnings: [String] = []
  /// Where the time of each tool went.
  private(set) var times = StageTable()
  private var errors: [(tool: String, failure: Failure)] = []
  private var lines = LineBuffer()
  /// What no tool of ours wrote: last words of a runtime, say.
  private var foreign: [String] = []

  mutating func add(_ bytes: ArraySlice<UInt8>) {
    for line in lines.add(bytes) { take(line) }
  }

  private mutating func take(_ line: [UInt8]) {
    guard let object = try? JSONValue(parsing: line).object, let tool = object["tool"]?.string,
      let message = object["message"]?.string
    else {
      foreign = foreign.suffix(4) + [String(decoding: line, as: UTF8.self)]
      return
    }
    switch object["level"]?.string {
    case "error":
      let failure = Failure(
        .internalError, code: object["code"]?.string ?? "", at: object["place"]?.string, message,
        remedy: object["remedy"]?.string)
      errors.append((tool, failure))
    case "note": times.add(object, of: tool)
    case "warning" where !warnings.contains(message): warnings.append(message)
    default: break  // Skips come with the records.
    }
  }

  /// Why the tools, in the order of the pipeline, ended with `statuses`; nil where they did their work.
  ///
  /// What ends one tool ends those behind it, as their input is cut, and those before it, as nobody
  /// reads what they write: neither is the cause.
  func cause(of statuses: [Int32], _ tools: [String]) -> Failure? {
    let failed = zip(tools, statuses).filter { ![0, 1, 128 + 13].contains($1) }
    guard !failed.isEmpty else { return nil }
    let told = failed.compactMap { tool, status -> Failure? in
      guard var failure = errors.last(where: { $0.tool == tool })?.failure else { return nil }
      failure.status = ExitStatus(rawValue: status) ?? .internalError
      failure.place = [tool, failure.place].compactMap(\.self).joined(separator: ": ")
      return failure
    }
    if let own = told.first(where: { !Self.isConsequence($0.code) }) { return own }
    if let (tool, status) = failed.first(where: { pair in !errors.contains { $0.tool == pair.0 } })
    {
      let why = status > 128 ? "was ended by signal \(status - 128)" : "ended with status \(status)"
      return Failure(
        status == 137 ? .limitExceeded : .internalError, code: "pipe/ended",
        ([tool + " " + why] + foreign).joined(separator: "\n"),
        remedy: status == 137 ? "it may have taken more memory than there is: lower --batch" : nil)
    }
    return told.first
  }

  private static func isConsequence(_ code: String) -> Bool {
    [
      "frame/", "stream/no-end", "stream/cut", "stream/empty", "text/empty", "text/no-end",
      "io/interrupted",
    ]
    .contains { code.utf8.starts(with: $0.utf8) }
  }
}

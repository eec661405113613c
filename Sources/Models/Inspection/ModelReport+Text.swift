// The report for people: a line for each thing, its name in front.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import InputOutput
import Preprocessing

extension ModelReport {
  /// Lines in columns, safe on a terminal; each ends with a line feed.
  public var text: String {
    var table = Table()
    for source in sources { table.add(source) }
    guard let options else {
      if sources.allSatisfy({ $0.problem == nil }), let failure = problems.first {
        table.add("whole", missing: failure, "no model")
      } else {
        // A source has said why.
        table.add("whole", "no model: nothing here can be used")
      }
      return table.text
    }
    for part in parts where !isElsewhere(part) { table.add(part) }
    if !isAddition { addTexts(to: &table) }
    if let images { table.add("images", images.summary) }
    if let adapterProblem { table.add("adapter", missing: adapterProblem, "problem") }
    if !options.isEmpty {
      table.add("options", escapedForTerminal(options.map(shellWord).joined(separator: " ")))
    }
    if !decoderOptions.isEmpty {
      let words = decoderOptions.map(shellWord).joined(separator: " ")
      table.add("vicuna-decode", escapedForTerminal(words))
    }
    table.add("whole", verdict)
    return table.text
  }

  private func addTexts(to table: inout Table) {
    switch tokenizer {
    case .success(let found):
      table.add("tokenizer", "\(found.tokens) tokens, in \(found.directory)")
    case .failure(let failure): table.add("tokenizer", missing: failure)
    }
    switch template {
    case .success(let key):
      table.add("template", key ?? "not told; convo-format takes LLaVA 1.5's, vicuna_v1")
    case .failure(let failure): table.add("template", "\(failure.message); \(failure.remedy ?? "")")
    }
  }

  private var verdict: String {
    guard isAddition else {
      return isComplete ? "a model: all parts are here and fit" : "not a model yet"
    }
    let what = sources.contains { $0.survey.adapter != nil } ? "an adapter" : "a projector"
    guard problems.isEmpty else {
      return "\(what) by itself, with \(counted(problems.count, "problem"))"
    }
    return "\(what) by itself; name a model with it to see whether they fit"
  }
}

extension ModelReport.Images {
  fileprivate var summary: String {
    let side = preprocessor.cropWidth
    let square = preprocessor.aspect == .pad ? "padded to squares" : "the middle cut out"
    return "\(side) x \(side) pixels, \(square); \(rows) rows from the output of layer \(blocks)"
      + (keepsClassToken ? ", the class token's first" : "")
      + (isMarked ? "; between <im_start> and <im_end>" : "")
  }
}

/// Names and what they stand for, in two columns.
private struct Table {
  private(set) var text = ""
  private static let width = 16

  mutating func add(_ name: String, _ value: String) {
    let padding = String(repeating: " ", count: max(1, Self.width - name.count))
    text += "\(name)\(padding)\(escapedLinesForTerminal(value))\n"
  }

  mutating func add(_ name: String, missing failure: Failure, _ what: String = "missing") {
    add(name, "\(what): \(message(failure))")
    if let remedy = failure.remedy { add("", "  to do: \(remedy)") }
  }

  mutating func add(_ source: SourceReport) {
    let survey = source.survey
    text += "\(escapedForTerminal(survey.name)): \(source.kind)\n"
    if survey.path != survey.name { add("  found in", survey.path) }
    if let origin = HubCache.origin(of: survey.path) {
      add("  from", "\(origin.repository), revision \(origin.revision)")
    } else if survey.config?.kind != .gguf, let origin = survey.config?.origin {
      add("  made from", origin)
    }
    if let adapter = survey.adapter { add(adapter) }
    for file in source.files {
      add(
        "  \(file.format)",
        "\(escapedForTerminal(file.path)), \(size(file.byteCount)), \(counted(file.tensorCount, "tensor"))"
      )
      if let digest = file.digest { add("", "sha256 \(digest)") }
      for (key, value) in file.metadata where key != "format" {
        add("", escapedForTerminal("\(key.prefix(bytes: 100)): \(value.prefix(bytes: 200))"))
      }
    }
    if let problem = source.problem {
      add("  problem", message(problem, in: survey.path))
      if let remedy = problem.remedy { add("", "  to do: \(remedy)") }
    }
    text += "\n"
  }

  private mutating func add(_ adapter: AdapterCheckpoint) {
    let scale = adapter.scale
    let divisor = scale.isRankStabilized ? " over the root of the rank (rslora)" : ""
    add("  pairs", "rank \(scale.rank), alpha \(scale.alpha)\(divisor)")
    add("", "on \(adapter.modules.joined(separator: ", "))")
    do throws(Failure) { add("", "identity \(try adapter.identity())") } catch {
      add("", "identity not known: \(message(error))")
    }
    if let name = adapter.config.baseName { add("  adapts", String(name.prefix(bytes: 200))) }
  }

  mutating func add(_ part: PartReport) {
    switch part.found {
    case .failure(let failure): add(part.part.name, missing: failure)
    case .success(let details):
      add(part.part.name, details.shape)
      let formats = details.formats.map { format in
        details.formats.count == 1
          ? format.name : "\(grouped(format.parameters)) \(format.name)"
      }
      add("", "\(grouped(details.parameters)) parameters, \(formats.joined(separator: ", "))")
      add("", "identity \(details.identity)")
      for (name, count) in details.nonFinite ?? [] {
        add("", "\(name): \(counted(count, "element")) NaN or infinity")
      }
      if let problem = part.problem { add("  problem", problem.message) }
    }
  }

  /// The message, and where that is unless it is `path` itself.
  private func message(_ failure: Failure, in path: String? = nil) -> String {
    guard let place = failure.place, place != path else { return failure.message }
    return "\(place): \(failure.message)"
  }

  /// `13.5 GB`, in powers of ten as disks and hubs count.
  private func size(_ bytes: Int) -> String {
    let units = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1000, "kB")]
    guard let (unit, name) = units.first(where: { bytes >= $0.0 }) else { return "\(bytes) bytes" }
    let tenths = bytes / (unit / 10)
    return "\(tenths / 10).\(tenths % 10) \(name)"
  }
}

/// `word` as a shell reads it back, bare where it can be.
private func shellWord(_ word: String) -> String {
  let isPlain = word.utf8.allSatisfy { byte in
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & ~0x20)
      || "/._-+@:,=".utf8.contains(byte)
  }
  return isPlain && !word.isEmpty ? word : quotedForShell(word)
}

// One run of llava-eval judge prompt: the files read, joined, and made into requests.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Judging
import Records
import Streams
import ToolSupport

struct JudgePromptRun {
  let options: JudgePrompt
  let session: Session

  func write() throws(Failure) {
    let rules = try self.rules()
    let questions = try entries(options.questions)
    let reference = try entries(options.reference)
    let candidate = try entries(options.candidate)
    var contexts = JudgeContexts.none
    if let path = options.context {
      contexts = try JudgeContexts(try entries(path), lastCounts: options.compat)
    }
    var settings = options.settings
    settings.referenceModel = try model(reference, options.reference)
    settings.candidateModel = try model(candidate, options.candidate)
    let triples = try joined(
      JudgeFiles(questions: questions, reference: reference, candidate: candidate))
    try write(
      triples, JudgeRequests(rules: rules, contexts: contexts, settings: settings))
  }

  private func write(_ triples: [JudgeTriple], _ requests: JudgeRequests) throws(Failure) {
    let writer = try session.objectWriter(compresses: options.compress)
    session.total = triples.count
    for (index, triple) in triples.enumerated() {
      let object = triple.question.object
      let key = JudgeEntry.questionId(of: object).map { JudgeEntry.key($0).text }
      let record = Record(object, id: key ?? "", place: triple.question.place)
      let id = options.compat ? "\(index + 1)" : record.id
      if let mark = SkipMark(of: object) {
        try session.skipPassedOn(mark, at: record)
        try writer.write(object)
        continue
      }
      do throws(Failure) {
        for request in try requests.make(triple, id: id) { try writer.write(request) }
        session.recordDone()
      } catch {
        try session.recordSkipped(error, at: record)
        var skip: JSONObject = ["id": .string(id)]
        skip["question_id"] = JudgeEntry.questionId(of: object)
        try writer.skip(skip, SkipMark(code: error.code, message: error.message))
      }
    }
    try writer.finish()
  }

  private func joined(_ files: JudgeFiles) throws(Failure) -> [JudgeTriple] {
    guard options.compat else { return try files.joinedById() }
    let (triples, mismatches) = try files.joinedByLine()
    if mismatches > 0 {
      session.reporter.warning(
        "\(counted(mismatches, "line")): question and answers have different ids")
    }
    return triples
  }

  private func rules() throws(Failure) -> JudgeRules {
    var path = options.rule
    if path == nil { path = "\(try installedDirectory("rubrics"))/rules.json" }
    let name = path ?? ""
    return try JudgeRules(parsing: try readWholeFile(name, limit: 16 << 20), name: name)
  }

  /// The records of a file. One that is no object spoils the run: nobody knows what it belongs to.
  private func entries(_ path: String) throws(Failure) -> [JudgeEntry] {
    let reader = try session.objectReader(path, format: .jsonl)
    var entries: [JudgeEntry] = []
    while let line = try reader.next() {
      entries.append(JudgeEntry(place: line.place, try line.result.get()))
    }
    guard !entries.isEmpty else {
      throw Failure(
        .invalidInput, code: "judge/empty", at: reader.name, "expected records, found none",
        remedy: "see whether the tool before failed")
    }
    return entries
  }

  /// The one `model_id` of the answers, else the file's name.
  private func model(_ entries: [JudgeEntry], _ path: String) throws(Failure) -> String {
    var found: String?
    for entry in entries {
      guard let own = entry.object["model_id"]?.string, !own.isEmpty else { continue }
      let known = found ?? own
      guard ExactText(known) == ExactText(own) || options.compat else {
        throw Failure(
          .mismatch, code: "judge/models", at: entry.place,
          "expected answers of one model, found \(escapedForTerminal(known)) and"
            + " \(escapedForTerminal(own))")
      }
      found = known
    }
    if let found { return found }
    let name = path == "-" ? "stdin" : splitPath(path).name
    return name.ends(withBytesOf: ".jsonl") ? name.prefix(bytes: name.utf8.count - 6) : name
  }
}

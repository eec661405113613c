// The loop of llava-caption: feeds records to the pipeline, reads answers, writes captions.
// SPDX-License-Identifier: Apache-2.0
import Captioning
import InputOutput
import JSON
import Processes
import Records
import ToolSupport

/// One run over all jobs. Answers come in the order of the records.
final class CaptionRun {
  private let session: Session
  private let jobs: [CaptionJob]
  private var output: any CaptionOutput
  private let rules: CaptionRules
  private let retries: Int
  private let links = PictureLinks()
  private var messages = ToolMessages()
  private var lines = LineBuffer()

  /// One question about one picture, on its way.
  private struct Ask {
    let job: Int
    let question: Int
    let attempt: Int
  }

  /// What is known of a picture: a caption a question, or why there is none.
  private struct Progress {
    var captions: [Caption?]
    var unanswered: Int
    var failure: Failure?
  }

  private var nextAsk = (job: 0, question: 0)
  private var again: [Ask] = []
  private var sent: [Ask] = []
  /// How many of `sent` have come back.
  private var received = 0
  /// Pictures that wait for answers, or for the pictures before them.
  private var open: [Int: Progress] = [:]
  private var nextOut = 0

  init(
    _ session: Session, _ jobs: [CaptionJob], _ output: any CaptionOutput, rules: CaptionRules,
    retries: Int
  ) {
    (self.session, self.jobs, self.output) = (session, jobs, output)
    (self.rules, self.retries) = (rules, retries)
  }

  /// Runs the pipeline to its end and returns the output; `goesOn`: whether the same command goes on with
  /// what it has written. Throws what ended one of the tools, and what writing throws.
  func finish(_ chain: CaptionChain, goesOn: Bool) throws(Failure) -> any CaptionOutput {
    let (session, count) = (session, session.done + session.skipped + jobs.count)
    session.total = count
    session.lastWord = {
      "stopped: \(grouped(session.done + session.skipped)) of \(counted(count, "picture")) done"
        + (goesOn ? "; run the same command to continue" : "")
    }
    session.reporter.showStatus(isNew: true) { "reading the model" }
    let processes = try ProcessChain(chain.commands)
    let statuses = try processes.run(feed) { (piece) throws(Failure) in
      switch piece {
      case .output(let bytes):
        for line in lines.add(bytes) { try take(line) }
      case .errors(let bytes): messages.add(bytes)
      }
    }
    for warning in messages.warnings { session.reporter.warning(warning) }
    let times = messages.times
    session.reporter.times(
      times.rows(CaptionChain.tools), table: times.lines(CaptionChain.tools))
    if let failure = messages.cause(of: statuses, CaptionChain.tools) { throw failure }
    guard received == sent.count, isFed else {
      throw Failure(
        .internalError, code: "internal/answers", "the tools ended before their work did")
    }
    return output
  }

  private var isFed: Bool { nextAsk.job == jobs.count && again.isEmpty }

  private func feed() throws(Failure) -> ChainInput {
    if let ask = again.popLast() { return try send(ask) }
    guard nextAsk.job < jobs.count else {
      return retries > 0 && received < sent.count ? .nothingYet : .end
    }
    session.stage = "captioning"
    let ask = Ask(job: nextAsk.job, question: nextAsk.question, attempt: 0)
    nextAsk.question += 1
    if nextAsk.question == jobs[ask.job].questions.count { nextAsk = (ask.job + 1, 0) }
    return try send(ask)
  }

  private func send(_ ask: Ask) throws(Failure) -> ChainInput {
    sent.append(ask)
    let job = jobs[ask.job]
    var object: JSONObject = [
      "id": .string(id(of: ask)), "image": .string(try links.path(of: job.picture)),
      "text": .string(job.questions[ask.question]),
    ]
    if ask.attempt > 0 {
      object["temperature"] = .double(1)
      object["seed"] = .int(ask.attempt)
    }
    return .bytes(JSONValue.object(object).serialized() + [0x0A])
  }

  /// Draws go by it: the same in every run, whatever was done before.
  private func id(of ask: Ask) -> String {
    let job = jobs[ask.job]
    return "\(job.picture.shown)\n\(job.questions[ask.question])"
  }

  private func take(_ line: [UInt8]) throws(Failure) {
    guard received < sent.count, let object = try? JSONValue(parsing: line).object,
      object["id"]?.string == id(of: sent[received])
    else {
      throw Failure(
        .internalError, code: "internal/answers", "expected the answer to the next record")
    }
    let ask = sent[received]
    received += 1
    let job = jobs[ask.job]
    if let mark = SkipMark(of: object) {
      return try settle(ask, .failure(Failure(.invalidInput, code: mark.code, mark.message)))
    }
    let answer = object["text"]?.string ?? ""
    if let complaint = rules.complaint(about: answer) {
      if ask.attempt < retries {
        session.stage = "asking again"
        again.append(Ask(job: ask.job, question: ask.question, attempt: ask.attempt + 1))
        return
      }
      session.reporter.warning("\(job.picture.shown): the answer \(complaint)")
    }
    let caption = Caption(
      picture: job.picture, question: job.questions[ask.question], text: rules.text(of: answer),
      finishReason: object["finish_reason"]?.string ?? "")
    try settle(ask, .success(caption))
  }

  /// Keeps what became of one question, and writes all pictures whose turn it is: always in their order,
  /// however many answers were drawn again.
  private func settle(_ ask: Ask, _ result: Result<Caption, Failure>) throws(Failure) {
    let count = jobs[ask.job].questions.count
    var progress =
      open[ask.job] ?? Progress(captions: Array(repeating: nil, count: count), unanswered: count)
    progress.unanswered -= 1
    switch result {
    case .success(let caption): progress.captions[ask.question] = caption
    case .failure(let failure): progress.failure = progress.failure ?? failure
    }
    open[ask.job] = progress
    while let first = open[nextOut], first.unanswered == 0 {
      open[nextOut] = nil
      try write(first, of: jobs[nextOut].picture)
      nextOut += 1
    }
  }

  private func write(_ progress: Progress, of picture: FilePath) throws(Failure) {
    if let failure = progress.failure {
      return try session.recordSkipped(failure, at: JobPlan.record(of: picture))
    }
    do throws(Failure) {
      try output.write(progress.captions.compactMap(\.self), of: picture)
    } catch {
      return try session.recordSkipped(error, at: JobPlan.record(of: picture))
    }
    session.recordDone()
  }
}

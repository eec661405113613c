// The chat-complete tool: its options and what they mean.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import ChatClient
import HTTP
import InputOutput
import Streams
import ToolSupport

@main
struct ChatComplete: ToolProgram {
  static let configuration = CommandConfiguration(
    commandName: "chat-complete",
    abstract: "Send chat requests to an OpenAI-compatible server and write the replies.",
    version: toolVersion("chat-complete", libraries: [httpLibrary]))

  @Argument(help: "Requests as JSONL; stdin where absent or -.", completion: .file())
  var input: String?

  @OptionGroup(title: "Server") var server: ServerOptions
  @OptionGroup(title: "Replies") var replies: ReplyOptions
  @OptionGroup(title: "Limits") var limits: LimitOptions

  @Option(
    help: ArgumentHelp(
      "Keep replies in this file, and do not repeat requests answered in it.", valueName: "file"),
    completion: .file())
  var journal: String?

  @Flag(help: "Write replies as they arrive, not in the order of the requests.")
  var unordered = false

  @Flag(name: [.customShort("z"), .long], help: "Write compressed JSONL, except on a terminal.")
  var compress = false

  @OptionGroup var output: OutputOptions

  func validate() throws {
    if limits.budget != nil, limits.price == nil {
      throw ValidationError("--budget needs --price: what a million tokens cost")
    }
  }

  func settings() throws(Failure) -> Settings { output.settings() }

  func run(_ session: Session) throws(Failure) {
    let address = try server.address()
    let secret = try server.secret(for: address, session)
    let maker = try replies.requestMaker(model: server.model)
    let journal = try openJournal(session)
    var settings = server.settings(address, secret)
    settings.bodyLimit = session.settings.limits.lineBytes
    settings.connections = limits.jobs
    let dispatcher = limits.dispatcher(spent: journal?.spending ?? Spending())
    let judge = ReplyJudge(
      model: server.model, address: address, secret: secret, longestWait: limits.maxWait,
      bodyLimit: settings.bodyLimit)
    let exchange = Exchange(
      client: try HTTPClient(settings), dispatcher: dispatcher, judge: judge, journal: journal,
      address: address)
    let reader = try session.objectReader(input, format: .auto)
    let run = CompletionRun(
      session: session, maker: maker, exchange: exchange, reader: reader,
      writer: try session.objectWriter(compresses: compress), isOrdered: !unordered,
      price: limits.price, jobs: limits.jobs)
    try run.run()
  }

  private func openJournal(_ session: Session) throws(Failure) -> Journal? {
    guard let journal else { return nil }
    let opened = try Journal(path: journal)
    if let output = session.settings.output, opened.isSameFile(as: output) {
      throw Failure(
        .usage, code: "usage/same-file", at: output, "the output would replace the journal",
        remedy: "name another output")
    }
    // Nothing that is read may be the journal.
    try OutputClaims.claim(journal)
    if opened.tornBytes > 0 {
      session.reporter.warning(
        "\(journal): \(counted(opened.tornBytes, "byte")) of a line that was not finished cut off")
    }
    return opened
  }
}

// How every tool starts and ends: its options, its messages, its exit status.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Glibc
import InputOutput

/// What the process starts with: a tool, or the root of one whose commands have options of their own.
public protocol ToolEntry: ParsableCommand {
  /// What messages begin with; a command of a tool has the tool's.
  static var toolName: String { get }
  /// False for a process whose messages another one of the same run gives.
  static var speaks: Bool { get }
  /// Of a process that does not speak, asked when its arguments are at fault: what it is called, unless
  /// the one that speaks has said the same.
  static var nameAlone: String? { get }
}

/// Any tool, or a command of one. Conform with `@main`, declare options, and do the work in `run(_:)`.
public protocol ToolProgram: ToolEntry {
  /// What the shared options come to.
  func settings() throws(Failure) -> Settings

  /// Does the work; throws what ends it. Skips are reported to the session.
  func run(_ session: Session) throws(Failure)

  /// The status of a run that came to its end, for tools that mean something else than skips by it.
  func status(_ session: Session) -> ExitStatus?
}

/// A filter: it reads records and writes records.
public protocol ToolCommand: ToolProgram {
  /// Declared as `@OptionGroup var stream: StreamOptions`.
  var stream: StreamOptions { get }
}

extension ToolCommand {
  public func settings() throws(Failure) -> Settings { try stream.settings() }
}

/// A tool that only reads streams.
public protocol InspectionCommand: ToolProgram {
  /// Declared as `@OptionGroup var common: CommonOptions`.
  var common: CommonOptions { get }
}

extension InspectionCommand {
  public func settings() throws(Failure) -> Settings { common.settings() }
}

extension ToolEntry {
  public static var toolName: String { configuration.commandName ?? "tool" }

  public static var speaks: Bool { true }
  public static var nameAlone: String? { nil }

  /// Runs the tool on the process's arguments and ends the process.
  public static func main() {
    Interruption.prepare()
    Reporter(tool: toolName).prepareLastWords()
    do throws(Failure) {
      end(start(try processArguments()))
    } catch {
      writeError(Reporter.text(error, tool: toolName) + "\n")
      end(error.status)
    }
  }

  /// Parses and runs; returns the exit status.
  static func start(_ arguments: [String]) -> ExitStatus {
    // Asked for by scripts that only look whether the tool is there: the parser would take longer
    // than all the rest.
    if arguments == ["--version"] { return speaks ? printLine(configuration.version) : .complete }
    do {
      let command = try parseAsRoot(joiningNegativeNumbers(arguments))
      if let tool = command as? any ToolProgram { return run(tool, ErrorFormat(of: arguments)) }
      let group = type(of: command).configuration
      if !group.subcommands.isEmpty { throw missingCommand(of: group) }
      // Help and the like are commands of their own.
      var other = command
      try other.run()
      return .complete
    } catch {
      return explain(error, arguments)
    }
  }

  private static func run(_ tool: some ToolProgram, _ format: ErrorFormat) -> ExitStatus {
    tool.execute(format)
  }

  private static func missingCommand(of group: CommandConfiguration) -> ValidationError {
    ValidationError("expected a command: \(commandNames(of: group))")
  }

  private static func commandNames(of group: CommandConfiguration) -> String {
    let names = group.subcommands.compactMap { $0.configuration.commandName }
    let first = names.dropLast().joined(separator: ", ")
    return [first, names.last ?? ""].filter { !$0.isEmpty }.joined(separator: " or ")
  }

  /// The names of commands that `arguments` begin with, and the last one of them.
  private static func command(of arguments: [String]) -> (
    path: [String], configuration: CommandConfiguration
  ) {
    var (path, last): ([String], CommandConfiguration) = ([], configuration)
    for argument in arguments {
      let next = last.subcommands.first { $0.configuration.commandName == argument }
      guard let next else { break }
      path.append(argument)
      last = next.configuration
    }
    return (path, last)
  }

  /// The first of `arguments` that stands where a command is expected and is none.
  private static func unknownCommand(_ arguments: [String]) -> ValidationError? {
    let (path, group) = command(of: arguments)
    guard !group.subcommands.isEmpty, let argument = arguments.dropFirst(path.count).first,
      !argument.hasPrefix("-"), argument != "help"
    else { return nil }
    return ValidationError("Unknown command '\(argument)': expected \(commandNames(of: group))")
  }

  /// The fault of `arguments` that begin with an option where a command is expected, maybe one of its own.
  private static func optionBeforeCommand(_ arguments: [String]) -> ValidationError? {
    let (path, group) = command(of: arguments)
    guard !group.subcommands.isEmpty, let option = arguments.dropFirst(path.count).first else {
      return nil
    }
    return ValidationError("expected a command before \(option): \(commandNames(of: group))")
  }

  /// Prints help to stdout, or a fault of the arguments to stderr.
  private static func explain(_ error: any Error, _ arguments: [String]) -> ExitStatus {
    guard exitCode(for: error) != .success else {
      guard speaks else { return .complete }
      let text = fullMessage(for: error)
      let isHelp = text.utf8.starts(with: "OVERVIEW".utf8)
      return printLine(isHelp ? "\(text)\nDetails and examples: man \(toolName)" : text)
    }
    let name = speaks ? nil : nameAlone
    guard speaks || name != nil else { return .usage }
    let failure = Failure(
      .usage, code: "usage/arguments", at: name,
      UsageFault.explained(message(for: unknownOption(arguments) ?? error), arguments),
      remedy: "see \(([toolName] + command(of: arguments).path).joined(separator: " ")) --help")
    Reporter(tool: toolName, format: ErrorFormat(of: arguments)).error(failure)
    return .usage
  }

  /// The fault of an option or a command that does not exist, which the parser leaves out where
  /// arguments are missing as well.
  private static func unknownOption(_ arguments: [String]) -> (any Error)? {
    if let error = unknownCommand(arguments) { return error }
    var tried = joiningNegativeNumbers(arguments) + ["a", "b"]
    // As many as no tool has of options that must be given.
    for _ in 0..<4 {
      do { _ = try parseAsRoot(tried) } catch {
        let text = message(for: error)
        if text.hasPrefix("Unknown option") { return optionBeforeCommand(arguments) ?? error }
        guard text.hasPrefix("Missing expected argument '--"),
          let name = text.split(separator: "'").dropFirst().first?.split(separator: " ").first
        else { return nil }
        tried.append("\(name)=a")
      }
    }
    return nil
  }

  /// Prints what was asked for instead of work.
  private static func printLine(_ text: String) -> ExitStatus {
    let output = FileSink.standardOutput
    do throws(Failure) {
      try output.write(text + "\n")
      try output.finish()
      return .complete
    } catch {
      writeError(Reporter.text(error, tool: toolName) + "\n")
      return error.status
    }
  }

  fileprivate static func end(_ status: ExitStatus) -> Never {
    Interruption.removeTemporaryFiles()
    Interruption.dieIfSignalled()
    Glibc.exit(status.rawValue)
  }
}

extension ToolProgram {
  public func status(_ session: Session) -> ExitStatus? { nil }

  public func run() throws { Self.end(execute(.text)) }

  fileprivate func execute(_ format: ErrorFormat) -> ExitStatus {
    var atFirst = Settings()
    atFirst.errors = format
    atFirst.isSilent = !Self.speaks
    var session = Session(tool: Self.toolName, settings: atFirst)
    do throws(Failure) {
      session = Session(tool: Self.toolName, settings: try settings())
      session.reporter.prepareLastWords()
      if let output = session.settings.output, output != "-" { try OutputClaims.claim(output) }
      try run(session)
      let status = session.conclude()
      return self.status(session) ?? status
    } catch {
      session.reporter.endProgress()
      if Interruption.signal != nil, let word = session.lastWord?() { session.reporter.note(word) }
      Interruption.dieIfSignalled()
      if !session.isFailureTold { session.reporter.error(error) }
      return error.status
    }
  }
}

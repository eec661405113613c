// How every tool starts and ends: its options, its messages, its exit status.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Glibc
import InputOutput

/// What the process starts with: a tool, or the root of one whose commands have options of their own.
public protocol ToolEntry: ParsableCommand {
  /// What messages begin with; a command of a tool has the tool's.
  static var toolName: String { get }
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
    if arguments == ["--version"] { return printLine(configuration.version) }
    do {
      let command = try parseAsRoot(joiningNegativeNumbers(arguments))
      if let tool = command as? any ToolProgram { return run(tool, ErrorFormat(of: arguments)) }
      if !type(of: command).configuration.subcommands.isEmpty {
        throw missingCommand(of: type(of: command))
      }
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

  /// `command` only holds others: one of them is missing behind its name.
  private static func missingCommand(of command: any ParsableCommand.Type) -> ValidationError {
    let place = command == Self.self ? "" : " of \(command.configuration.commandName ?? "")"
    return ValidationError("expected a command\(place): \(listing(commandNames(of: command)))")
  }

  private static func commandNames(of command: any ParsableCommand.Type) -> [String] {
    command.configuration.subcommands.compactMap { $0.configuration.commandName }
  }

  /// `a, b or c`
  private static func listing(_ names: [String]) -> String {
    let first = names.dropLast().joined(separator: ", ")
    return [first, names.last ?? ""].filter { !$0.isEmpty }.joined(separator: " or ")
  }

  /// The first word that names no command where one is looked for, if it is no option.
  private static func unknownCommand(_ arguments: [String]) -> ValidationError? {
    if arguments.first == "help" { return nil }
    var command: any ParsableCommand.Type = Self.self
    for word in arguments {
      let names = commandNames(of: command)
      if names.isEmpty || word.hasPrefix("-") { return nil }
      guard
        let next = command.configuration.subcommands.first(where: {
          $0.configuration.commandName == word
        })
      else {
        let place = command == Self.self ? "" : " of \(command.configuration.commandName ?? "")"
        return ValidationError("Unknown command '\(word)'\(place): expected \(listing(names))")
      }
      command = next
    }
    return nil
  }

  /// Prints help to stdout, or a fault of the arguments to stderr.
  private static func explain(_ error: any Error, _ arguments: [String]) -> ExitStatus {
    guard exitCode(for: error) != .success else { return printLine(fullMessage(for: error)) }
    let failure = Failure(
      .usage, code: "usage/arguments",
      UsageFault.explained(message(for: unknownOption(arguments) ?? error), arguments),
      remedy: "see \(toolName) --help")
    Reporter(tool: toolName, format: ErrorFormat(of: arguments)).error(failure)
    return .usage
  }

  /// The fault of an option or a command that does not exist, which the parser leaves out where
  /// arguments are missing as well.
  private static func unknownOption(_ arguments: [String]) -> (any Error)? {
    if let fault = unknownCommand(arguments) { return fault }
    var tried = joiningNegativeNumbers(arguments) + ["a", "b"]
    // As many as no tool has of options that must be given.
    for _ in 0..<4 {
      do { _ = try parseAsRoot(tried) } catch {
        let text = message(for: error)
        if text.hasPrefix("Unknown option") { return error }
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
    var session = Session(tool: Self.toolName, settings: atFirst)
    do throws(Failure) {
      session = Session(tool: Self.toolName, settings: try settings())
      session.reporter.prepareLastWords()
      if let output = session.settings.output, output != "-" { try OutputClaims.claim(output) }
      try run(session)
      let status = session.conclude()
      return self.status(session) ?? status
    } catch {
      Interruption.dieIfSignalled()
      session.reporter.endProgress()
      session.reporter.error(error)
      return error.status
    }
  }
}

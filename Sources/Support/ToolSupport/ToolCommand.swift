// How every tool starts and ends: its options, its messages, its exit status.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Glibc
import InputOutput

/// Any tool. Conform with `@main`, declare options, and do the work in `run(_:)`.
public protocol ToolProgram: ParsableCommand {
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

extension ToolProgram {
  static var toolName: String { configuration.commandName ?? "tool" }

  public func status(_ session: Session) -> ExitStatus? { nil }

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

  public func run() throws { Self.end(execute(.text)) }

  /// Parses and runs; returns the exit status.
  static func start(_ arguments: [String]) -> ExitStatus {
    // Asked for by scripts that only look whether the tool is there: the parser would take longer
    // than all the rest.
    if arguments == ["--version"] { return printLine(configuration.version) }
    do {
      let command = try parseAsRoot(joiningNegativeNumbers(arguments))
      guard let tool = command as? Self else {
        // Help and the like are commands of their own.
        var command = command
        try command.run()
        return .complete
      }
      return tool.execute(ErrorFormat(of: arguments))
    } catch {
      return explain(error, arguments)
    }
  }

  private func execute(_ format: ErrorFormat) -> ExitStatus {
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

  /// The fault of an option that does not exist, which the parser leaves out where arguments are
  /// missing as well.
  private static func unknownOption(_ arguments: [String]) -> (any Error)? {
    do { _ = try parseAsRoot(joiningNegativeNumbers(arguments) + ["a", "b"]) } catch {
      return message(for: error).hasPrefix("Unknown option") ? error : nil
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

  private static func end(_ status: ExitStatus) -> Never {
    Interruption.removeTemporaryFiles()
    Interruption.dieIfSignalled()
    Glibc.exit(status.rawValue)
  }
}

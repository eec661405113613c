// instruct-gen: makes requests to a teacher model, and records from its replies.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import InputOutput
import InstructionData
import ToolSupport

@main
struct InstructGen: ToolEntry {
  static let name = "instruct-gen"

  static let configuration = CommandConfiguration(
    commandName: name,
    abstract:
      "Make requests for instruction data from captions and boxes, and records from the replies.",
    version: toolVersion(name),
    subcommands: [PromptCommand.self, ParseCommand.self])

  /// A file of those that come with the tools. Throws `files/missing`.
  static func installedPrompts(_ name: String) throws(Failure) -> String {
    "\(try installedDirectory("prompts"))/\(name)"
  }
}

extension InstructionKind: ExpressibleByArgument {}
extension BoxForm: ExpressibleByArgument {}
extension TruncationPolicy: ExpressibleByArgument {}

// llava-eval: scores what a model answered.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import ToolSupport

@main
struct LlavaEval: ToolEntry {
  static let name = "llava-eval"

  static let configuration = CommandConfiguration(
    commandName: name,
    abstract: "Score a model's answers.",
    version: toolVersion(name),
    subcommands: [JudgeCommand.self])
}

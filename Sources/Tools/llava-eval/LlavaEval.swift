// llava-eval: makes the prompts of benchmarks, and scores the answers.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import ToolSupport

@main
struct LlavaEval: ToolEntry {
  static let name = "llava-eval"

  static let configuration = CommandConfiguration(
    commandName: name,
    abstract: "Make the prompts of benchmarks, and score a model's answers.",
    version: toolVersion(name),
    subcommands: [ScienceQACommand.self, JudgeCommand.self])
}

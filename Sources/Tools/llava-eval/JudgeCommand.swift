// llava-eval judge: asks a chat model to score two models' answers, and sums up what it says.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import ToolSupport

struct JudgeCommand: ToolEntry {
  static let toolName = LlavaEval.name

  static let configuration = CommandConfiguration(
    commandName: "judge",
    abstract: "Have a chat model score two models' answers.",
    subcommands: [JudgePrompt.self, JudgeScore.self])
}

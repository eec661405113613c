// llava-eval judge: requests a chat model's scores of two models' answers, and summarises them.
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

// The four tools that llava-caption runs, as commands and as a line of the shell.
// SPDX-License-Identifier: Apache-2.0
import Captioning
import InputOutput
import JSON
import ToolSupport

/// The pipeline: `convo-format | clip-encode | llava-project | vicuna-decode`.
struct CaptionChain {
  private let model: [String]
  private let format: [String]
  private let decode: [String]
  private let threads: [String]

  init(model: String?, _ questions: QuestionOptions, _ answers: AnswerOptions) {
    self.model = model.map { ["-m", $0] } ?? []
    func option(_ name: String, _ value: String?) -> [String] { value.map { [name, $0] } ?? [] }
    format = option("--template", questions.template) + option("--system", questions.system)
    threads = answers.threads.map { ["-j", "\($0)"] } ?? []
    var decode: [String] = []
    func add<Value: Equatable>(_ name: String, _ value: Value, unless usual: Value) {
      if value != usual { decode += [name, "\(value)"] }
    }
    add("--max-tokens", answers.maxTokens, unless: 512)
    add("--temperature", answers.temperature, unless: 0)
    add("--top-p", answers.topP, unless: 1)
    add("--seed", answers.seed, unless: 0)
    add("--batch", answers.batch, unless: 8)
    self.decode = decode
  }

  static let tools = ["convo-format", "clip-encode", "llava-project", "vicuna-decode"]

  /// The tools with their options, without what only concerns messages.
  var words: [[String]] {
    [
      ["convo-format"] + model + format, ["clip-encode"] + model + threads,
      ["llava-project"] + model + threads, ["vicuna-decode"] + model + decode + threads,
    ]
  }

  /// What is started: the tools beside this one where they are, else those of the PATH.
  var commands: [[String]] {
    words.map { words in
      [companionProgram(words[0])] + words.dropFirst() + ["--quiet", "--errors", "json"]
    }
  }

  /// A digest of all that decides what the answers are, but the pictures.
  func digest(_ questions: [String], _ rules: CaptionRules, choosing weights: [Double]?) -> String {
    let lists =
      words + [questions, [rules.prefix, rules.suffix], rules.required, rules.forbidden]
      + (weights.map { [["choose"] + $0.map { "\($0)" }] } ?? [])
    var hash = SHA256()
    hash.update(
      JSONValue.array(lists.map { .array($0.map(JSONValue.string)) }).serialized())
    return hash.hexadecimal()
  }
}

// The four tools that llava-caption runs, as commands and as a shell pipeline.
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
  private let batch: [String]
  private let isVerbose: Bool
  /// What is asked about every picture.
  let texts: [String]

  /// `isVerbose`: the tools tell where their time goes.
  init(_ questions: QuestionOptions, _ answers: AnswerOptions, _ texts: [String], isVerbose: Bool) {
    (self.texts, self.isVerbose) = (texts, isVerbose)
    func option(_ name: String, _ value: String?) -> [String] {
      value.map { Self.option(name, $0) } ?? []
    }
    model = option("--model", questions.model)
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
    self.decode = decode
    batch = answers.batch == 8 ? [] : ["--batch", "\(answers.batch)"]
  }

  /// An option and its value, in one word where the value looks like an option itself.
  static func option(_ name: String, _ value: String) -> [String] {
    value.utf8.first == UInt8(ascii: "-") ? ["\(name)=\(value)"] : [name, value]
  }

  static let tools = ["convo-format", "clip-encode", "llava-project", "vicuna-decode"]

  /// The tools with their options, without what only concerns messages.
  var words: [[String]] {
    [
      ["convo-format"] + model + format, ["clip-encode"] + model + threads,
      ["llava-project"] + model + threads, ["vicuna-decode"] + model + decode + batch + threads,
    ]
  }

  /// What is started: the tools beside this one where they are, else those of the PATH.
  var commands: [[String]] {
    words.map { words in
      [companionProgram(words[0])] + words.dropFirst() + [
        isVerbose ? "--verbose" : "--quiet", "--errors", "json",
      ]
    }
  }

  /// A digest of all that decides what a run writes, but the pictures: not of threads and the batch, which
  /// change nothing.
  func digest(_ questions: QuestionOptions, _ answers: AnswerOptions, _ target: TargetOptions)
    -> String
  {
    let rules = answers.rules
    let lists = [
      [questions.model ?? modelFromEnvironment() ?? ""], format, decode, texts,
      questions.choose ? ["choose"] + questions.weight.map { "\($0)" } : [],
      [rules.prefix, rules.suffix, "\(answers.retry)"], rules.required, rules.forbidden,
      [target.existing.rawValue, target.joint ?? "\n"],
    ]
    var hash = SHA256()
    hash.update(
      JSONValue.array(lists.map { .array($0.map(JSONValue.string)) }).serialized())
    return hash.hexadecimal()
  }
}

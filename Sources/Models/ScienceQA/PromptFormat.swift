// The formats that LLaVA writes ScienceQA's problems in, by their codes.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// What stands in the question and what in the answer.
///
/// The reference's codes (`scripts/convert_sqa_to_llava_base_prompt.py`) are an input and an output
/// with a dash between: C context, Q question, M choices, A answer, L lecture, E explanation, which is
/// the solution, and P a prompt between reasons and answer.
public enum PromptFormat: Equatable, Sendable {
  case reference(Input, Output)
  /// LLaVA 1.5's file of test questions; its name says CQM-A, but that code makes another text.
  case version15

  public enum Input: String, CaseIterable, Sendable {
    case contextFirst = "CQM"
    case plain = "QCM"
    case lectureLast = "QCML"
    case solutionLast = "QCME"
    case bothLast = "QCMLE"
    case lecture = "QCLM"
    case solution = "QCEM"
    case both = "QCLEM"
  }

  public enum Output: String, CaseIterable, Sendable {
    case answer = "A"
    case answerThenL = "AL"
    case answerThenE = "AE"
    case answerThenLE = "ALE"
    case answerThenEL = "AEL"
    case lectureThenA = "LA"
    case solutionThenA = "EA"
    case bothThenA = "LEA"
    case reversedThenA = "ELA"
    case prompted = "LEPA"
  }

  static let version15Code = "CQM-A-1.5"

  /// The format that `code` names, nil where it names none.
  public init?(code: String) {
    if code.utf8.elementsEqual(Self.version15Code.utf8) {
      self = .version15
      return
    }
    let parts = code.split(atByte: UInt8(ascii: "-"))
    guard parts.count == 2, let input = Input(rawValue: parts[0]),
      let output = Output(rawValue: parts[1])
    else { return nil }
    self = .reference(input, output)
  }

  public var code: String {
    switch self {
    case .reference(let input, let output): "\(input.rawValue)-\(output.rawValue)"
    case .version15: Self.version15Code
    }
  }

  /// All of them: every input with every output, and LLaVA 1.5's.
  public static let all: [PromptFormat] =
    Input.allCases.flatMap { input in Output.allCases.map { .reference(input, $0) } } + [.version15]
}

/// The two halves of a problem in some format.
public struct PromptHalves: Equatable, Sendable {
  public var question: String
  public var answer: String
}

extension PromptFormat {
  /// The halves for `problem`. `isTest` leaves the answer out: `Answer:` stands for it.
  public func halves(of problem: Problem, isTest: Bool = false) -> PromptHalves {
    let fields = Fields(problem)
    switch self {
    case .version15:
      return PromptHalves(
        question: fields.version15, answer: isTest ? "Answer:" : problem.letter)
    case .reference(let input, let output):
      return PromptHalves(
        question: tidied(input.text(fields), opening: "Question: "),
        answer: tidied(isTest ? "Answer:" : output.text(fields), opening: "Answer: "))
    }
  }

  /// What the converter does to both halves, in its order.
  private func tidied(_ text: String, opening: String) -> String {
    var text = strippingWhitespace(replacing("  ", in: text, with: " "))
    if text.ends(withBytesOf: "BECAUSE:") {
      text = strippingWhitespace(replacing("BECAUSE:", in: text, with: ""))
    }
    return begins(text, with: opening) ? replacing(opening, in: text, with: "") : text
  }
}

/// A problem's parts as prompts name them.
struct Fields {
  let question: String
  let context: String
  let options: String
  let letter: String
  let lecture: String
  let solution: String
  let version15: String

  init(_ problem: Problem) {
    let hint = strippingWhitespace(problem.hint)
    question = problem.question
    context = hint.isEmpty ? "N/A" : hint
    options = zip(letters, problem.choices).map { "(\($0)) \($1)" }.joined(separator: " ")
    letter = problem.letter
    // The converter writes line breaks as \n and reads them back, so that a \n of the data's own
    // becomes a line break as well.
    lecture = replacing("\\n", in: problem.lecture, with: "\n")
    solution = replacing("\\n", in: problem.solution, with: "\n")
    let lines =
      (hint.isEmpty ? [] : ["Context: \(hint)"]) + [problem.question]
      + zip(letters, problem.choices).map { "\($0). \($1)" }
    version15 = strippingWhitespace(singleSpaced(lines.joined(separator: "\n")))
  }
}

/// `text` with every run of spaces as one.
private func singleSpaced(_ text: String) -> String {
  var bytes: [UInt8] = []
  for byte in text.utf8 where byte != UInt8(ascii: " ") || bytes.last != byte { bytes.append(byte) }
  return String(decoding: bytes, as: UTF8.self)
}

extension PromptFormat.Input {
  fileprivate func text(_ fields: Fields) -> String {
    let question = "Question: \(fields.question)\n"
    let context = "Context: \(fields.context)\n"
    let options = "Options: \(fields.options)\n"
    let (lecture, solution) = (fields.lecture, fields.solution)
    return switch self {
    case .contextFirst: context + question + options
    case .plain: question + context + options
    case .lectureLast: question + context + options + "BECAUSE: \(lecture)\n"
    case .solutionLast: question + context + options + "BECAUSE: \(solution)\n"
    case .bothLast: question + context + options + "BECAUSE: \(lecture) \(solution)\n"
    case .lecture: question + context + "BECAUSE: \(lecture)\n" + options
    case .solution: question + context + "BECAUSE: \(solution)\n" + options
    case .both: question + context + "BECAUSE: \(lecture) \(solution)\n" + options
    }
  }
}

extension PromptFormat.Output {
  fileprivate func text(_ fields: Fields) -> String {
    let answer = "The answer is \(fields.letter)."
    let (lecture, solution) = (fields.lecture, fields.solution)
    return switch self {
    case .answer: "Answer: \(answer)"
    // The reference has L and E of these two the wrong way round.
    case .answerThenL: "Answer: \(answer) BECAUSE: \(solution)"
    case .answerThenE: "Answer: \(answer) BECAUSE: \(lecture)"
    case .answerThenLE: "Answer: \(answer) BECAUSE: \(lecture) \(solution)"
    case .answerThenEL: "Answer: \(answer) BECAUSE: \(solution) \(lecture)"
    case .lectureThenA: "Answer: \(lecture) \(answer)"
    case .solutionThenA: "Answer: \(solution) \(answer)"
    case .bothThenA: "Answer: \(lecture) \(solution) \(answer)"
    case .reversedThenA: "Answer: \(solution) \(lecture) \(answer)"
    case .prompted: prompted(fields)
    }
  }

  private func prompted(_ fields: Fields) -> String {
    var text = ""
    if !strippingWhitespace(fields.lecture).isEmpty { text += "LECTURE: \(fields.lecture)\n" }
    if !strippingWhitespace(fields.solution).isEmpty { text += "SOLUTION: \(fields.solution)\n" }
    return text + "###\nANSWER: \(fields.letter)."
  }
}

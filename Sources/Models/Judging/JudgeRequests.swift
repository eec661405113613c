// The requests that ask a judge about two answers.
// SPDX-License-Identifier: Apache-2.0
import Chat
import InputOutput
import JSON

/// Which answer a judge reads first.
public enum JudgeOrder: String, Sendable, CaseIterable {
  case reference, candidate
}

/// The settings of requests to a judge.
public struct JudgeSettings: Sendable {
  public var orders: [JudgeOrder] = [.reference]
  /// The number of requests for each order.
  public var repeats = 1
  public var temperature = 0.2
  public var maxTokens = 1024
  /// The seed of the first request, plus one for each further one; nil sends none.
  public var seed: Int?
  public var referenceModel = ""
  public var candidateModel = ""

  public init() {}
}

/// Makes requests out of questions with their answers.
public struct JudgeRequests: Sendable {
  private let rules: JudgeRules
  private let contexts: JudgeContexts
  private let settings: JudgeSettings

  public init(rules: JudgeRules, contexts: JudgeContexts, settings: JudgeSettings) {
    (self.rules, self.contexts, self.settings) = (rules, contexts, settings)
  }

  /// The requests about one question: each repeat with each order. Their ids are `id`, with the
  /// answer that stands first and the number of the repeat where there is more than one.
  ///
  /// Throws what is wrong with the question, an answer, the context or the rules.
  public func make(_ triple: JudgeTriple, id: String) throws(Failure) -> [JSONObject] {
    let question = try JudgeQuestion(triple.question)
    let (category, rule) = try rules.rule(for: question.category, contexts.variant)
    let context = try contexts.text(for: question.image)
    let reference = try JudgeAnswer(triple.reference, of: "reference")
    let candidate = try JudgeAnswer(triple.candidate, of: "candidate")
    var requests: [JSONObject] = []
    for number in 1...max(1, settings.repeats) {
      for order in settings.orders {
        let answers = order == .reference ? [reference, candidate] : [candidate, reference]
        var request: JSONObject = [
          "id": .string(self.id(id, order, number)), "question_id": question.id,
          "answer1_id": answers[0].id, "answer2_id": answers[1].id,
          "category": .string(category), "first": .string(order.rawValue),
          "reference_model": .string(settings.referenceModel),
          "candidate_model": .string(settings.candidateModel), "repeat": .int(number),
          "temperature": .double(settings.temperature), "max_tokens": .int(settings.maxTokens),
        ]
        if let seed = settings.seed { request["seed"] = .int(seed + number - 1) }
        let content = Self.content(
          context: context, question: question.text, answers: answers.map(\.text), rule)
        requests.append(
          ChatRequest.make(
            request, [ChatMessage(.system, rules.system), ChatMessage(.user, content)]))
      }
    }
    return requests
  }

  private func id(_ id: String, _ order: JudgeOrder, _ number: Int) -> String {
    var id = id
    if settings.orders.count > 1 { id += "-\(order.rawValue)" }
    if settings.repeats > 1 { id += "-\(number)" }
    return id
  }

  /// What the judge reads, byte by byte as llava/eval/eval_gpt_review*.py put it together.
  static func content(
    context: String?, question: String, answers: [String], _ rule: JudgeRules.Rule
  ) -> String {
    var text = context.map { "[Context]\n\($0)\n\n" } ?? ""
    text += "[Question]\n\(question)\n\n"
    for (index, answer) in answers.enumerated() {
      let name = "\(rule.role) \(index + 1)"
      text += "[\(name)]\n\(answer)\n\n[End of \(name)]\n\n"
    }
    return text + "[System]\n\(rule.prompt)\n\n"
  }
}

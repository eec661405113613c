// The result of llava-eval judge score as one JSON object.
// SPDX-License-Identifier: Apache-2.0
import Decimals
import JSON
import Judging

extension JudgeText {
  /// Members as llava-eval(1) lists them; what does not exist is null.
  func json(_ bootstrap: Bootstrap) -> JSONObject {
    var object: JSONObject = [
      "reference_model": text(reference), "candidate_model": text(candidate),
      "skipped": .int(skipped), "all": .object(Self.json(report.all)),
      "categories": .array(report.categories.map { .object(Self.json($0)) }),
      "order": report.order.map { .object(Self.json($0)) } ?? .null,
      "bootstrap": .int(bootstrap.draws), "seed": .int(Int(bootstrap.seed)),
    ]
    guard let comparison else { return object }
    object["against"] = .object([
      "model": .string(other), "only_here": .int(comparison.onlyFirst),
      "only_there": .int(comparison.onlySecond), "all": .object(Self.json(comparison.all)),
      "categories": .array(comparison.categories.map { .object(Self.json($0)) }),
    ])
    return object
  }

  private static func json(_ group: JudgeGroup) -> JSONObject {
    var object = named(group.category)
    object["questions"] = .int(group.questions)
    object["reviews"] = .int(group.reviews)
    object["scored"] = .int(group.scored)
    object["unparsed"] = .int(group.unparsed)
    object["out_of_range"] = .int(group.outOfRange)
    object["relative"] = number(group.means?.relative, 1)
    object["reference"] = number(group.means?.reference, 3)
    object["candidate"] = number(group.means?.candidate, 3)
    object["interval"] = range(group.interval, 2)
    object["repeats"] = .array(group.rounds.map { number($0, 1) })
    object["repeats_mean"] = number(group.spread?.mean, 2)
    object["repeats_deviation"] = number(group.spread?.deviation, 2)
    return object
  }

  private static func json(_ order: OrderBias) -> JSONObject {
    [
      "pairs": .int(order.pairs), "advantage": number(order.advantage, 3),
      "flips": .int(order.flips), "relative_reference_first": number(order.referenceFirst, 1),
      "relative_candidate_first": number(order.candidateFirst, 1),
    ]
  }

  private static func json(_ group: PairedGroup) -> JSONObject {
    var object = named(group.category)
    object["questions"] = .int(group.questions)
    object["difference"] = number(group.difference, 3)
    object["interval"] = range(group.interval, 3)
    object["relative"] = number(group.relative, 2)
    object["relative_interval"] = range(group.relativeInterval, 2)
    object["wins"] = .int(group.wins)
    object["ties"] = .int(group.ties)
    object["losses"] = .int(group.losses)
    object["p"] = number(group.p, 6)
    return object
  }

  private static func named(_ category: String?) -> JSONObject {
    category.map { ["category": .string($0)] } ?? [:]
  }

  private func text(_ value: String?) -> JSONValue { value.map(JSONValue.string) ?? .null }

  private static func number(_ value: Double?, _ places: Int) -> JSONValue {
    value.map { .double(rounded($0, places: places)) } ?? .null
  }

  private static func range(_ interval: Interval?, _ places: Int) -> JSONValue {
    guard let interval else { return .null }
    return .array([number(interval.low, places), number(interval.high, places)])
  }
}

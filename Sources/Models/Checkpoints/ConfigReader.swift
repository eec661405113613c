// Reads hyper-parameters out of a configuration, and collects everything that is wrong with them.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON

/// What is wrong with a configuration, gathered so that the user sees all of it at once.
final class ConfigProblems {
  private(set) var lines: [String] = []
  var isEmpty: Bool { lines.isEmpty }

  func add(_ line: String) { lines.append(line) }

  /// Adds `line` unless `condition` holds.
  func require(_ condition: Bool, _ line: @autoclosure () -> String) {
    if !condition { lines.append(line()) }
  }

  /// Throws one failure that names every problem. `place` is the configuration's path.
  func throwIfAny(
    at place: String, remedy: String = "correct the file, or take another copy of the model"
  ) throws(Failure) {
    guard !lines.isEmpty else { return }
    throw Failure(
      .mismatch, code: "checkpoint/config", at: place, lines.joined(separator: "; "),
      remedy: remedy)
  }
}

/// One JSON object of a configuration. A missing key and a null both mean the default.
///
/// A value that is wrong adds a problem and reads as some value in range, so that reading goes on
/// to the next key; whoever reads calls `throwIfAny` before using any value.
struct ConfigReader {
  let object: JSONObject
  /// What stands before a key in messages: `text_config.` say.
  let prefix: String
  let problems: ConfigProblems

  /// No count in a configuration comes near this; it keeps products of three in an Int.
  static let countLimit = 1 << 20

  func value(_ key: String) -> JSONValue? {
    guard let value = object[key], value != .null else { return nil }
    return value
  }

  /// A plain integer in `range`; `fallback` when the key is absent.
  func integer(_ key: String, default fallback: Int, in range: ClosedRange<Int>) -> Int {
    guard let value = value(key) else { return fallback }
    guard let number = value.int, range.contains(number) else {
      problems.add(
        "\(prefix)\(key) must be an integer from \(range.lowerBound) to \(range.upperBound),"
          + " not \(shown(value))")
      return range.lowerBound
    }
    return number
  }

  /// A count of things, from 1 to `countLimit` or `limit`.
  func count(_ key: String, default fallback: Int, limit: Int = countLimit) -> Int {
    integer(key, default: fallback, in: 1...limit)
  }

  /// A finite number in `range`.
  func real(_ key: String, default fallback: Double, in range: ClosedRange<Double>) -> Double {
    guard let value = value(key) else { return fallback }
    guard let number = value.double, range.contains(number) else {
      problems.add(
        "\(prefix)\(key) must be a number from \(range.lowerBound) to \(range.upperBound),"
          + " not \(shown(value))")
      return range.lowerBound
    }
    return number
  }

  func flag(_ key: String, default fallback: Bool) -> Bool {
    guard let value = value(key) else { return fallback }
    guard let flag = value.bool else {
      problems.add("\(prefix)\(key) must be true or false, not \(shown(value))")
      return fallback
    }
    return flag
  }

  func text(_ key: String) -> String? {
    guard let value = value(key) else { return nil }
    guard let text = value.string else {
      problems.add("\(prefix)\(key) must be a string, not \(shown(value))")
      return nil
    }
    return text
  }

  /// One of a few names; `supported` maps what the file may say to what it means.
  func choice<Meaning>(
    _ key: String, default fallback: Meaning, _ supported: KeyValuePairs<String, Meaning>
  ) -> Meaning {
    guard let text = text(key) else { return fallback }
    guard let row = supported.first(where: { $0.key == text }) else {
      let names = supported.map(\.key).joined(separator: ", ")
      problems.add("\(prefix)\(key) is \(shown(.string(text))); supported: \(names)")
      return fallback
    }
    return row.value
  }

  /// Refuses a setting that is none of `supported`.
  func require(_ key: String, oneOf supported: [String]) {
    guard let text = text(key), !supported.contains(text) else { return }
    problems.add(
      "\(prefix)\(key) is \(shown(.string(text))); supported: \(supported.joined(separator: ", "))")
  }

  /// Refuses a number whose only supported value is `only`.
  func requireReal(_ key: String, _ only: Int) {
    guard let value = value(key), value.double != Double(only) else { return }
    problems.add("\(prefix)\(key) \(shown(value)) is not supported, only \(only)")
  }

  /// Refuses a setting whose only supported value is `only`.
  func requireFlag(_ key: String, _ only: Bool) {
    problems.require(
      flag(key, default: only) == only, "\(prefix)\(key) \(!only) is not supported")
  }

  /// The object under `key`, nil when absent.
  func nested(_ key: String) -> ConfigReader? {
    guard let value = value(key) else { return nil }
    guard let object = value.object else {
      problems.add("\(prefix)\(key) must be an object, not \(shown(value))")
      return nil
    }
    return ConfigReader(object: object, prefix: "\(prefix)\(key).", problems: problems)
  }

  /// `value` as a message may show it: short, and safe on a terminal.
  func shown(_ value: JSONValue) -> String {
    switch value {
    case .array(let items): shown(items)
    case .object: "an object"
    case .string(let text): "\"\(escapedForTerminal(text.prefix(bytes: 64)))\""
    case .number(let number): String(number.text.prefix(64))
    case .bool(let flag): "\(flag)"
    case .null: "null"
    }
  }

  private func shown(_ items: [JSONValue]) -> String {
    let isShort = items.count <= 4 && items.allSatisfy { $0.double != nil }
    guard isShort, !items.isEmpty else {
      return items.isEmpty ? "an empty list" : "a list of \(items.count)"
    }
    return "[\(items.map { shown($0) }.joined(separator: ", "))]"
  }
}

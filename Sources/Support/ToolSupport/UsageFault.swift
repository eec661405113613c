// Faults of the arguments, and what would be right.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// Throws the fault of an option whose `value` is not in `range`.
public func require<Value>(_ value: Value, in range: ClosedRange<Value>, _ option: String) throws {
  guard !range.contains(value) else { return }
  throw ValidationError(
    "\(option) must be \(range.lowerBound) to \(range.upperBound), found \(value)")
}

/// A fault of the arguments as the parser words it, with what the option accepts added.
enum UsageFault {
  /// What options accept beyond the kinds of `kinds`, by their names.
  private static let options = [
    "--seed": "a whole number of 0 or more", "--guess": "a whole number of 0 or more",
    "--layer": "a whole number such as -2",
    "--level": "a whole number from 0 to 19",
  ]

  /// What values accept, by their names in the usage.
  private static let kinds = [
    "size": "a number such as 4096, 64K, 512M or 2G, above 0",
    "limit": "a count such as 3 or a share such as 5%", "count": "a whole number",
    "number": "a number such as 0.5",
    "pixels": "width and height such as 900x1200, from 320x230 to 4000x8000",
    "panels": "some of loss, held-out, accuracy, rate and norm, each once, with commas between",
  ]

  /// `message`, one line, with what is accepted where the parser does not say it itself.
  static func explained(_ message: String, _ arguments: [String] = []) -> String {
    let message = inOneLine(message)
    if message.hasPrefix("Missing value for '") {
      return message + ": one that begins with - is written --option=-value"
    }
    // The parser takes -version for -v -e -r and so on.
    let word = arguments.first { $0.count > 2 && $0.hasPrefix("-") && !$0.hasPrefix("--") }
    if message.hasPrefix("Unknown option '-"), !message.hasPrefix("Unknown option '--"), let word {
      let value = word.dropFirst(2)
      if value.utf8.allSatisfy({ (48...57).contains($0) }) {
        return "Unknown option '\(word)': write \(word.prefix(2)) \(value)"
      }
      return "Unknown option '\(word)': options of more than a letter begin with two dashes"
    }
    // The parser says: The value 'x' is invalid for '--option <kind>'
    guard message.hasPrefix("The value '"), message.hasSuffix(">'"),
      let start = message.ranges(of: " is invalid for '").last
    else { return message }
    let words = message[start.upperBound...].dropLast(2).split(separator: " ")
    guard let name = words.first, let kind = words.last?.dropFirst(),
      let accepted = options[String(name)] ?? kinds[String(kind)]
    else { return message }
    return "\(message): expected \(accepted)"
  }
}

/// `message` in one line; what the parser lists in lines, as ` - a`, has commas between.
private func inOneLine(_ message: String) -> String {
  var (text, isInList) = ("", false)
  for line in message.split(separator: "\n") {
    let isItem = line.hasPrefix("  - ")
    text += text.isEmpty ? "" : isItem && isInList ? ", " : " "
    text += isItem ? line.dropFirst(4) : line
    isInList = isItem
  }
  return text
}

/// `arguments`, with each negative number joined to the option before it: alone, the parser takes it
/// for an option. `-0` is one.
func joiningNegativeNumbers(_ arguments: [String]) -> [String] {
  var joined: [String] = []
  for (index, argument) in arguments.enumerated() {
    let isNumber = argument.hasPrefix("-") && argument != "-0" && Double(argument) != nil
    if isNumber, let option = joined.last, option.hasPrefix("-"), option != "-",
      !option.contains("="), !arguments[..<index].contains("--")
    {
      joined[joined.count - 1] = "\(option)=\(argument)"
    } else {
      joined.append(argument)
    }
  }
  return joined
}

extension ErrorFormat {
  /// What `arguments` ask for, whether or not they are right otherwise.
  init(of arguments: [String]) {
    var format = ErrorFormat.text
    var rest = arguments.prefix { $0 != "--" }
    while let argument = rest.popFirst() {
      if argument == "--errors", let value = rest.first {
        format = ErrorFormat(rawValue: value) ?? format
      } else if argument.hasPrefix("--errors=") {
        format = ErrorFormat(rawValue: String(argument.dropFirst("--errors=".count))) ?? format
      }
    }
    self = format
  }
}

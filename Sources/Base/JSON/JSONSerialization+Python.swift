// Writing JSON as Python's json module does by default, for files that must equal its own.
// SPDX-License-Identifier: Apache-2.0

extension JSONValue {
  /// What `json.dumps(value)` writes, or with `indent` what `json.dump(value, file, indent=indent)`
  /// does: ASCII alone, and no line's end at the end. Numbers stay as they were written, which Python
  /// would spell anew.
  public func serializedAsPython(indent: Int? = nil) -> [UInt8] {
    var bytes: [UInt8] = []
    appendAsPython(to: &bytes, indent: indent, depth: 0)
    return bytes
  }

  private func appendAsPython(to bytes: inout [UInt8], indent: Int?, depth: Int) {
    switch self {
    case .string(let text): Self.appendAsPython(text, to: &bytes)
    case .array(let items):
      Self.append(items, between: ("[", "]"), to: &bytes, indent, depth) { item, bytes in
        item.appendAsPython(to: &bytes, indent: indent, depth: depth + 1)
      }
    case .object(let object):
      Self.append(object.members, between: ("{", "}"), to: &bytes, indent, depth) { member, bytes in
        Self.appendAsPython(member.key, to: &bytes)
        bytes += ": ".utf8
        member.value.appendAsPython(to: &bytes, indent: indent, depth: depth + 1)
      }
    default: bytes += serialized()
    }
  }

  private static func append<Item>(
    _ items: [Item], between brackets: (String, String), to bytes: inout [UInt8], _ indent: Int?,
    _ depth: Int, _ write: (Item, inout [UInt8]) -> Void
  ) {
    func breakLine(_ depth: Int) {
      guard let indent else { return }
      bytes.append(UInt8(ascii: "\n"))
      bytes += [UInt8](repeating: UInt8(ascii: " "), count: indent * depth)
    }
    bytes += brackets.0.utf8
    for (index, item) in items.enumerated() {
      if index > 0 { bytes += (indent == nil ? ", " : ",").utf8 }
      breakLine(depth + 1)
      write(item, &bytes)
    }
    if !items.isEmpty { breakLine(depth) }
    bytes += brackets.1.utf8
  }

  private static func appendAsPython(_ text: String, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": bytes += "\\\"".utf8
      case "\\": bytes += "\\\\".utf8
      case "\n": bytes += "\\n".utf8
      case "\r": bytes += "\\r".utf8
      case "\t": bytes += "\\t".utf8
      case "\u{0c}": bytes += "\\f".utf8
      case "\u{08}": bytes += "\\b".utf8
      case " "..."~": bytes.append(UInt8(scalar.value))
      default:
        for unit in UTF16.encode(scalar) ?? UTF16.encodedReplacementCharacter {
          let digits = String(unit, radix: 16)
          bytes += "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8
        }
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }
}

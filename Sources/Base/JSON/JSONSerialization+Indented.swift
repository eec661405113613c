// JSON for people to read: one member per line.
// SPDX-License-Identifier: Apache-2.0

extension JSONValue {
  /// The text with one member of an object per line, indented by two spaces per level, lists of plain
  /// values on one line, and a line end at the end.
  public func indented() -> [UInt8] {
    var bytes: [UInt8] = []
    append(to: &bytes, depth: 0)
    return bytes + [UInt8(ascii: "\n")]
  }

  private func append(to bytes: inout [UInt8], depth: Int) {
    let line = "\n" + String(repeating: "  ", count: depth + 1)
    switch self {
    case .object(let object) where !object.members.isEmpty:
      bytes += "{".utf8
      for (index, member) in object.members.enumerated() {
        bytes += (index > 0 ? "," : "").utf8
        bytes += line.utf8
        bytes += JSONValue.string(member.key).serialized()
        bytes += ": ".utf8
        member.value.append(to: &bytes, depth: depth + 1)
      }
      bytes += (line.dropLast(2) + "}").utf8
    case .array(let items) where items.contains { $0.object != nil }:
      bytes += "[".utf8
      for (index, item) in items.enumerated() {
        bytes += (index > 0 ? "," : "").utf8
        bytes += line.utf8
        item.append(to: &bytes, depth: depth + 1)
      }
      bytes += (line.dropLast(2) + "]").utf8
    case .array(let items):
      bytes += "[".utf8
      for (index, item) in items.enumerated() {
        bytes += (index > 0 ? ", " : "").utf8
        bytes += item.serialized()
      }
      bytes += "]".utf8
    default: bytes += serialized()
    }
  }
}

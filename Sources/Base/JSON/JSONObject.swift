// A JSON object: members in the order they were written, found by key.
// SPDX-License-Identifier: Apache-2.0

/// Members in the order they were written. Keys are unique, compared byte by byte: two spellings of
/// an accented letter are two keys, which Swift's own string comparison would take for one.
public struct JSONObject: Equatable, Sendable {
  public private(set) var members: [(key: String, value: JSONValue)] = []
  /// The index of each key; empty while there are so few that a linear search is faster.
  private var positions: [ExactText: Int] = [:]

  private static let mostUnindexed = 12

  public init() {}

  public init(_ members: KeyValuePairs<String, JSONValue>) {
    for (key, value) in members { self[key] = value }
  }

  public var keys: [String] { members.map(\.key) }

  /// Reading gives nil for an absent key. Setting replaces in place or appends; nil removes.
  public subscript(key: String) -> JSONValue? {
    get { position(of: key).map { members[$0].value } }
    set {
      switch (position(of: key), newValue) {
      case (let position?, let value?): members[position].value = value
      case (nil, let value?): append(key, value)
      case (let position?, nil):
        members.remove(at: position)
        index()
      case (nil, nil): break
      }
    }
  }

  /// Gives the member `old` the name `new`, in place; nothing when `old` is absent or `new` is not.
  public mutating func rename(_ old: String, to new: String) {
    guard let position = position(of: old), self.position(of: new) == nil else { return }
    members[position].key = new
    index()
  }

  /// Adds a member at the end, or returns false when the key is there already.
  mutating func appendUnique(_ key: String, _ value: JSONValue) -> Bool {
    guard position(of: key) == nil else { return false }
    append(key, value)
    return true
  }

  private mutating func append(_ key: String, _ value: JSONValue) {
    members.append((key, value))
    if members.count == Self.mostUnindexed + 1 {
      index()
    } else if members.count > Self.mostUnindexed {
      positions[ExactText(key)] = members.count - 1
    }
  }

  private mutating func index() {
    positions = [:]
    guard members.count > Self.mostUnindexed else { return }
    for (index, member) in members.enumerated() { positions[ExactText(member.key)] = index }
  }

  private func position(of key: String) -> Int? {
    if members.count > Self.mostUnindexed { return positions[ExactText(key)] }
    // Most keys differ in length, which is known without reading their bytes.
    return members.firstIndex {
      $0.key.utf8.count == key.utf8.count && $0.key.utf8.elementsEqual(key.utf8)
    }
  }

  public static func == (left: JSONObject, right: JSONObject) -> Bool {
    left.members.count == right.members.count
      && zip(left.members, right.members).allSatisfy {
        $0.key.utf8.elementsEqual($1.key.utf8) && $0.value == $1.value
      }
  }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
  public init(dictionaryLiteral members: (String, JSONValue)...) {
    for (key, value) in members { self[key] = value }
  }
}

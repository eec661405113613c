// How two phrases are told apart.
// SPDX-License-Identifier: Apache-2.0

/// What two phrases must have in common to be one.
public enum PhraseKey: String, CaseIterable, Sendable {
  /// All their bytes.
  case asIs = "as-is"
  /// Their letters, in upper or lower case.
  case lower
  /// The same, with the last word in the singular.
  case lemma
  /// The last word alone, in lower case and in the singular.
  case head

  /// The bytes that stand for `phrase`, which is UTF-8.
  public func bytes(_ phrase: [UInt8]) -> [UInt8] {
    if self == .asIs { return phrase }
    let lower = lowercased(phrase)
    if self == .lower { return lower }
    let trimmed = lower.suffix(from: lower.firstIndex { $0 != 0x20 } ?? lower.endIndex)
    let end = (trimmed.lastIndex { $0 != 0x20 } ?? trimmed.startIndex - 1) + 1
    let start = trimmed[..<end].lastIndex(of: 0x20).map { $0 + 1 } ?? trimmed.startIndex
    guard start < end else { return lower }
    let head = singular(Array(lower[start..<end]))
    return self == .head ? head : lower[..<start] + head
  }
}

/// `text`, UTF-8, in lower case by Unicode's default mapping.
func lowercased(_ text: [UInt8]) -> [UInt8] {
  if text.allSatisfy({ $0 < 0x80 }) {
    return text.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
  }
  return Array(String(decoding: text, as: UTF8.self).lowercased().utf8)
}

/// An English noun, in lower case, in the singular: by a list of irregular ones, then by its ending.
func singular(_ word: [UInt8]) -> [UInt8] {
  if let known = Word(word).flatMap({ EnglishWords.irregularPlurals[$0] }) { return known }
  func ends(_ ending: StaticString) -> Bool {
    let count = ending.utf8CodeUnitCount
    let bytes = UnsafeBufferPointer(start: ending.utf8Start, count: count)
    return word.count > count && word.suffix(count).elementsEqual(bytes)
  }
  guard word.count > 3, ends("s"), !ends("ss"), !ends("us"), !ends("is"), !ends("'s") else {
    return word
  }
  if ends("ies"), word.count > 4 { return word.dropLast(3) + [UInt8(ascii: "y")] }
  let dropsTwo =
    ends("sses") || ends("shes") || ends("ches") || ends("xes") || ends("zzes") || ends("oes")
  return Array(word.dropLast(dropsTwo ? 2 : 1))
}

// What runs are called when nobody says.
// SPDX-License-Identifier: Apache-2.0

/// For each path what tells it from the others: without the folders that all begin with, the parts
/// that all end with, and `.jsonl`. The file's name for one alone; equal paths are numbered.
public func runNames(_ paths: [String]) -> [String] {
  // Bytes decide: Swift takes two spellings of an accented letter for one.
  let parts = paths.map { path in
    path.utf8.split(separator: UInt8(ascii: "/")).map(Array.init).filter { $0 != Array(".".utf8) }
  }
  let shortest = parts.map(\.count).min() ?? 0
  func isCommon(_ part: ([[UInt8]]) -> [UInt8]) -> Bool {
    Set(parts.map(part)).count == 1
  }
  var (first, last) = (0, 0)
  while first < shortest - 1, isCommon({ $0[first] }) { first += 1 }
  if paths.count > 1 {
    while first + last < shortest - 1, isCommon({ $0[$0.count - 1 - last] }) { last += 1 }
  }
  var seen: [[UInt8]: Int] = [:]
  return zip(paths, parts).map { path, parts in
    var name = Array(parts.dropFirst(first).dropLast(last).joined(separator: "/".utf8))
    if name.isEmpty { name = Array(path.utf8) }
    for ending in [".zst", ".jsonl", ".json"] {
      let ending = Array(ending.utf8)
      if last == 0, name.count > ending.count, name.suffix(ending.count) == ending[...] {
        name.removeLast(ending.count)
      }
    }
    let number = seen[name, default: 0] + 1
    seen[name] = number
    let text = String(decoding: name, as: UTF8.self)
    return number == 1 ? text : "\(text) (\(number))"
  }
}

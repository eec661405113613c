// Each image is made once if consecutive records share it.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// Makes the images of records. Several questions about a picture are consecutive records: within a
/// group of records, and from one group to the next, the picture is made once.
struct SharedImages<Made> {
  /// Paths are compared by their bytes: two spellings of one letter are two files.
  private typealias Path = [UInt8]

  private var last: (path: Path, made: Result<Made, Failure>)?

  /// For each record's paths what `make` gives for them; it gets each path once.
  mutating func map(
    _ records: [[String]], _ make: ([String]) throws -> [Result<Made, Failure>]
  ) rethrows -> [[Result<Made, Failure>]] {
    var known: [Path: Result<Made, Failure>] = [:]
    if let last { known[last.path] = last.made }
    var missing: [String] = []
    var asked = Set(known.keys)
    for path in records.joined() where asked.insert(Path(path.utf8)).inserted {
      missing.append(path)
    }
    for (path, made) in zip(missing, try make(missing)) { known[Path(path.utf8)] = made }
    if let path = records.last(where: { !$0.isEmpty })?.last.map({ Path($0.utf8) }) {
      last = known[path].map { (path, $0) }
    }
    return records.map { paths in paths.compactMap { known[Path($0.utf8)] } }
  }
}

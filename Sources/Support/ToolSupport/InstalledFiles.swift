// The directories of the files that come with the tools: prompts, rubrics.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import InputOutput

/// The directory `name` that came with the tools: `$LLAVA_SHARE/NAME`; `share/llava-tools/NAME` beside
/// the `bin` that the program lies in; `examples/NAME` of the source tree that it was built in.
///
/// Throws `files/missing` where none of them is there.
public func installedDirectory(_ name: String) throws(Failure) -> String {
  let places = installedPlaces(
    name, share: getenv("LLAVA_SHARE").map { String(cString: $0) }, program: programDirectory())
  guard let found = places.first(where: { access($0, F_OK) == 0 }) else {
    throw Failure(
      .inputOutput, code: "files/missing", at: places.first,
      "expected the directory of files that come with the tools, found none",
      remedy: "install them (make install), or set LLAVA_SHARE to the directory that has \(name)")
  }
  return found
}

/// The places in the order in which they are tried; LLAVA_SHARE leaves no other.
func installedPlaces(_ name: String, share: String?, program: String?) -> [String] {
  if let share, !share.isEmpty { return ["\(share)/\(name)"] }
  guard let program else { return [] }
  var places = ["\(program)/../share/llava-tools/\(name)"]
  // .build/TRIPLE/release, and one level to spare.
  var directory = program
  for _ in 0..<5 {
    directory += "/.."
    guard access("\(directory)/Package.swift", F_OK) == 0 else { continue }
    places.append("\(directory)/examples/\(name)")
    break
  }
  return places
}

/// The tool `name` beside this one; where there is none, its name, which the PATH leads to.
public func companionProgram(_ name: String) -> String {
  guard let path = programDirectory().map({ "\($0)/\(name)" }), access(path, X_OK) == 0 else {
    return name
  }
  return path
}

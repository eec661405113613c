// The arguments that the process was started with.
// SPDX-License-Identifier: Apache-2.0
import CSystem

/// The arguments without the tool's name, which is the first. Throws `usage/arguments` where there
/// is not even that, and for an argument that is not UTF-8: repaired, it would name something else.
public func processArguments() throws(Failure) -> [String] {
  guard llava_argument_count() > 0 else {
    throw Failure(
      .usage, code: "usage/arguments", "started without arguments, the tool's own name included")
  }
  var arguments: [String] = []
  for number in 1..<max(1, llava_argument_count()) {
    guard let bytes = llava_argument(number) else { break }
    guard let text = String(validatingCString: bytes) else {
      throw Failure(
        .usage, code: "usage/arguments", "argument \(number) is not valid UTF-8",
        remedy: "rename the file that it names")
    }
    arguments.append(text)
  }
  return arguments
}

// llava-train --resume-point: where the input of a resumed run begins.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import ToolSupport
import TrainingRuns

extension TrainingCommand {
  /// Prints the number, from 0, of the first record that the run in `-o` has not taken.
  func printResumePoint(_ session: Session) throws(Failure) {
    guard let path = run.output else {
      throw Failure(
        .usage, code: "usage/output", "expected the directory of the run",
        remedy: "name one with -o")
    }
    var position = 0
    if let latest = try RunDirectory.steps(in: path).last {
      let manifest = try Manifest(in: RunDirectory.checkpointPath(in: path, step: latest))
      guard manifest.run["data"]?.object?["files"]?.string == "pipe" else {
        throw Failure(
          .usage, code: "usage/resume-point", at: path,
          "the run reads files, in which --resume finds its place by itself",
          remedy: "go on with --resume and the same files")
      }
      position = manifest.place.position
    }
    let output = FileSink.standardOutput
    try output.write("\(position)\n")
    try output.finish()
  }
}

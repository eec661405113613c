// The files that the pipelines of the command tests work on.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import InputOutput
import JSON
import Streams
import TestSupport
import Testing

/// A directory with pictures and one stream of each kind, made by the tools themselves.
///
/// `list` names five good pictures and a cut one; `prompts.jsonl` and `prompts.zst` ask about them;
/// `features.tsz` and `projected.tsz` follow from it; `good.jsonl` and so on lack the cut one.
enum Workbench {
  static let models = "\(packageRoot)/Tests/Golden/models"
  static let images = "\(packageRoot)/Tests/Golden/images"

  /// What every command of these tests finds in its environment.
  static let environment = [
    "LLAVA_MODEL": "\(models)/llava-hf", "MODELS": models, "IMAGES": images, "TERM": "dumb",
  ]

  static let pictures = [
    "baseline-420.jpg", "progressive-444.jpg", "grey.jpg", "rgb-8.png", "raw-255.ppm",
  ]

  /// An empty directory but for the pictures.
  static func bare() throws -> TemporaryDirectory {
    let directory = try TemporaryDirectory()
    for name in pictures + ["cut.jpg"] {
      try FileManager.default.copyItem(
        atPath: "\(images)/\(name)", toPath: directory.file(name))
    }
    return directory
  }

  static func make() throws -> TemporaryDirectory {
    let directory = try bare()
    let good = pictures.joined(separator: "\n") + "\n"
    try directory.write("cut.jpg\n" + good, to: "list")
    try directory.write(good, to: "good")
    let result = try Shell.bash(
      """
      set -e
      for name in list good; do
        convo-format --ask 'Describe the image.' $name > $name.zst
        clip-encode $name.zst > $name.features || test $name = list
        llava-project $name.features > $name.projected || test $name = list
        zstd -dcq $name.zst > $name.jsonl
      done
      mv list.zst prompts.zst; mv list.jsonl prompts.jsonl
      mv list.features features.tsz; mv list.projected projected.tsz
      """, in: directory, environment: environment, timeout: 120)
    try #require(result.status == 0, "\(result.errors)")
    return directory
  }

  /// Runs `script` in `directory`.
  static func run(
    _ script: String, in directory: TemporaryDirectory, input: [UInt8] = [],
    environment more: [String: String] = [:], timeout: Double = 120
  ) throws -> ShellResult {
    try Shell.bash(
      script, input: input, in: directory,
      environment: environment.merging(more) { $1 }, timeout: timeout)
  }
}

extension ShellResult {
  /// The JSON objects that the program wrote, a line each.
  func objects() throws -> [JSONObject] {
    try text.split(separator: "\n").map {
      try #require(JSONValue(parsing: Array($0.utf8)).object)
    }
  }
}

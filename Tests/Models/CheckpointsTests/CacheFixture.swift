// A hub client's cache, as it lies on a disk.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import TestSupport

/// A cache in a directory of its own (reference: "Understand caching" of huggingface_hub).
struct CacheFixture {
  let directory: TemporaryDirectory
  /// Where the models' folders are: what HF_HUB_CACHE names.
  var root: String { directory.file("hub") }

  init() throws {
    directory = try TemporaryDirectory()
    try make(root)
    for name in ["HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME"] {
      unsetenv(name)
    }
    setenv("HF_HUB_CACHE", root, 1)
  }

  func folder(_ model: PublishedModel) -> String {
    "\(root)/models--\(model.name.replacing("/", with: "--"))"
  }

  func snapshot(_ model: PublishedModel, _ revision: String) -> String {
    "\(folder(model))/snapshots/\(revision)"
  }

  /// Files go to `blobs`, and the snapshot links to them.
  func add(_ model: PublishedModel, revision: String) throws {
    let snapshot = snapshot(model, revision)
    let blobs = "\(folder(model))/blobs"
    try make(snapshot)
    try make(blobs)
    let original = try model.directory()
    for name in original.names {
      let blob = "\(revision)-\(name)-blob"
      try FileManager.default.moveItem(
        atPath: original.file(name), toPath: "\(blobs)/\(blob)")
      try FileManager.default.createSymbolicLink(
        atPath: "\(snapshot)/\(name)", withDestinationPath: "../../blobs/\(blob)")
    }
  }

  /// Writes `text` to `refs/NAME`.
  func refer(_ model: PublishedModel, _ name: String, to text: String) throws {
    try make("\(folder(model))/refs")
    try TextFiles("\(folder(model))/refs").write(text, to: name)
  }

  func make(_ path: String) throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }
}

// The directory of a run: its lock, its leftovers, its checkpoints by name, its result.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import InputOutput
import TestSupport
import Testing

@testable import TrainingRuns

struct RunDirectoryTests {
  private let directory: TemporaryDirectory
  private var path: String { directory.file("run") }

  init() throws { directory = try TemporaryDirectory() }

  private func makeDirectory(_ name: String, holding file: String? = nil) throws {
    mkdir(directory.file(name), 0o777)
    if let file { try directory.write("x", to: "\(name)/\(file)") }
  }

  private func exists(_ name: String) -> Bool { access(directory.file(name), F_OK) == 0 }

  @Test func oneRunAtATimeUsesIt() throws {
    var first: RunDirectory? = try RunDirectory(path)
    #expect(exists("run") && first != nil)
    for _ in 0..<3 {
      let failure = try failure { _ = try RunDirectory(path) }
      #expect(failure.code == "usage/locked" && failure.status == .usage)
      #expect(failure.place == path && failure.remedy?.isEmpty == false)
    }
    first = nil
    _ = try RunDirectory(path)
  }

  @Test func placesThatCannotHoldARunAreRefused() throws {
    try directory.write("x", to: "file")
    #expect(try failure { _ = try RunDirectory(directory.file("file")) }.code == "io/open")
    let inside = try failure { _ = try RunDirectory(directory.file("file/run")) }
    #expect(inside.code == "io/create" && inside.status == .inputOutput)
  }

  @Test func parentsAreMadeAndWhatStayedEmptyGoes() throws {
    var run: RunDirectory? = try RunDirectory(directory.file("a/b/run"))
    #expect(exists("a/b/run") && run != nil)
    run = nil
    #expect(!exists("a/b/run"))
    run = try RunDirectory(directory.file("a/b/run"))
    try makeDirectory("a/b/run/checkpoint-1", holding: "file")
    run = nil
    #expect(exists("a/b/run/checkpoint-1/file"))
    // One that was there before stays.
    try makeDirectory("mine")
    _ = try RunDirectory(directory.file("mine"))
    #expect(exists("mine"))
  }

  @Test func aNewRunDoesNotMixWithAnother() throws {
    try makeDirectory("run")
    _ = try RunDirectory(path, resumes: false)
    try directory.write("x", to: "run/notes")
    let foreign = try failure { _ = try RunDirectory(path, resumes: false) }
    #expect(foreign.code == "usage/exists" && foreign.message.contains("notes"))
    _ = try RunDirectory(path)
    try directory.write("{}", to: "run/config.json")
    #expect(try failure { _ = try RunDirectory(path) }.code == "usage/exists")
    try makeDirectory("run/checkpoint-7")
    let latest = try failure { _ = try RunDirectory(path, resumes: false) }
    #expect(latest.code == "usage/exists" && latest.message.hasSuffix("the latest of step 7"))
    #expect(try RunDirectory(path).steps() == [7])
  }

  @Test func leftoversOfAKilledRunGo() throws {
    try makeDirectory("run")
    for name in [
      ".checkpoint-3.k2x.tmp", ".checkpoint-3.old.tmp", ".checkpoint-result.tmp",
      "..checkpoint-result.tmp.9z.tmp",
    ] {
      try makeDirectory("run/\(name)", holding: "state.safetensors")
    }
    for name in [".checkpoint-3.manifest.tmp", "..checkpoint-3.manifest.tmp.7a.tmp"] {
      try directory.write("{}", to: "run/\(name)")
    }
    for name in [".checkpoint-3", ".hidden.tmp", "checkpoint-2", "checkpoint-2.tmp"] {
      try makeDirectory("run/\(name)", holding: "file")
    }
    _ = try RunDirectory(path)
    let left =
      try namesInDirectory(path, limit: 99) + namesInDirectory(path, limit: 99, hidden: true)
    #expect(left == ["checkpoint-2", "checkpoint-2.tmp", ".checkpoint-3", ".hidden.tmp"])
    #expect(exists("run/checkpoint-2/file"))
  }

  /// A link that takes a leftover's name must not lead to what it points at.
  @Test func linksAreNotFollowed() throws {
    try makeDirectory("run")
    try makeDirectory("elsewhere", holding: "precious")
    symlink(directory.file("elsewhere"), directory.file("run/.checkpoint-1.a.tmp"))
    symlink(directory.file("elsewhere"), directory.file("run/checkpoint-1"))
    let run = try RunDirectory(path)
    try makeDirectory("run/checkpoint-2")
    #expect(try run.steps() == [1, 2])
    try run.keepLatest(1)
    #expect(try run.steps() == [2])
    #expect(exists("elsewhere/precious") && !exists("run/.checkpoint-1.a.tmp"))
  }

  @Test func checkpointsAreKnownByTheirExactNames() throws {
    try makeDirectory("run")
    for name in [
      "checkpoint-10", "checkpoint-9", "checkpoint-007", "checkpoint-", "checkpoint-x",
      "checkpoint-+8", "checkpoint--8", "checkpoint-8.tmp", "checkpoint- 8", "checkpoint-８",
      "checkpoint-99999999999999999999", "Checkpoint-8", "checkpoint-8x", "config.json",
    ] {
      try makeDirectory("run/\(name)")
    }
    let run = try RunDirectory(path)
    #expect(try run.steps() == [9, 10])
    #expect(run.checkpointPath(10) == "\(path)/checkpoint-10")
    try run.keepLatest(1)
    #expect(try run.steps() == [10])
    #expect(exists("run/checkpoint-007") && exists("run/checkpoint-99999999999999999999"))
    #expect(try RunDirectory.steps(in: directory.file("none")) == [])
  }

  @Test func theLatestStay() throws {
    let run = try RunDirectory(path)
    for step in [1, 2, 3, 20, 100] { try makeDirectory("run/checkpoint-\(step)", holding: "a") }
    try run.keepLatest(3)
    #expect(try run.steps() == [3, 20, 100])
    try run.keepLatest(9)
    #expect(try run.steps() == [3, 20, 100])
    // The last one always does.
    try run.keepLatest(0)
    #expect(try run.steps() == [100])
    #expect(try namesInDirectory(path, limit: 99, hidden: true).isEmpty)
  }

  @Test func resultsArePublishedWhole() throws {
    let run = try RunDirectory(path)
    try directory.write("old", to: "run/config.json")
    try run.publish { (files) throws(Failure) in
      for name in ["config.json", "adapter_config.json", "weights.safetensors"] {
        try files.write(Array("new \(name)".utf8), to: name)
      }
    }
    #expect(try directory.read("run/config.json") == Array("new config.json".utf8))
    #expect(exists("run/adapter_config.json") && exists("run/weights.safetensors"))
    #expect(try namesInDirectory(path, limit: 99, hidden: true).isEmpty)
  }

  @Test func failedResultsLeaveNothing() throws {
    let run = try RunDirectory(path)
    try directory.write("old", to: "run/weights.safetensors")
    let failure = try failure {
      try run.publish { (files) throws(Failure) in
        try files.write(Array("new".utf8), to: "weights.safetensors")
        throw Failure(.inputOutput, code: "io/write", "no space")
      }
    }
    #expect(failure.code == "io/write")
    #expect(try directory.read("run/weights.safetensors") == Array("old".utf8))
    #expect(try namesInDirectory(path, limit: 99) == ["weights.safetensors"])
    #expect(try namesInDirectory(path, limit: 99, hidden: true).isEmpty)
  }

  /// Weights take their names first: where one cannot, no configuration speaks of the result.
  @Test func configurationsTakeTheirNamesLast() throws {
    let run = try RunDirectory(path)
    try makeDirectory("run/weights.safetensors", holding: "in the way")
    let failure = try failure {
      try run.publish { (files) throws(Failure) in
        for name in ["adapter_config.json", "config.json", "weights.safetensors"] {
          try files.write([1], to: name)
        }
      }
    }
    #expect(failure.code == "io/rename")
    #expect(!exists("run/config.json") && !exists("run/adapter_config.json"))
  }
}

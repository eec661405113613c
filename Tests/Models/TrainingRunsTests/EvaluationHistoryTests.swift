// What evaluations come to: the best, how long ago it was, and how a checkpoint tells of it.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import TestSupport
import Testing

@testable import Training
@testable import TrainingRuns

struct EvaluationHistoryTests {
  private func history(_ losses: [Double?]) -> EvaluationHistory {
    var history = EvaluationHistory()
    for (index, loss) in losses.enumerated() { _ = history.add(step: 10 * (index + 1), loss: loss) }
    return history
  }

  @Test func onlyALowerLossIsBetter() {
    for (losses, best, since) in [
      ([], nil, 0), ([3], 10, 0), ([3, 2], 20, 0), ([3, 3], 10, 1), ([3, 4, 2, 5, 6], 30, 2),
      ([nil], nil, 1), ([nil, 3], 20, 0), ([3, nil, nil], 10, 2), ([0, -0.0], 10, 1),
    ] as [([Double?], Int?, Int)] {
      let found = history(losses)
      #expect(found.best?.step == best && found.sinceBest == since, "\(losses)")
      #expect(found.step == 10 * losses.count)
      if let best { #expect(found.best?.loss == losses[best / 10 - 1]) }
    }
    var history = EvaluationHistory()
    let better = [2, 2, 1.9999999999999998].enumerated().map { index, loss in
      history.add(step: index + 1, loss: loss)
    }
    #expect(better == [true, false, true])
  }

  /// Bit by bit: a resumed run must decide as the first one would have.
  @Test func historiesAreReadAsTheyWereWritten() throws {
    for losses in [[], [nil], [1 / 3.0], [2], [0], [1e-300, nil], [3, 2.0000000000000004, 9]]
      as [[Double?]]
    {
      let found = history(losses)
      let text = JSONValue.object(found.json).serialized()
      let read = try JSONValue(parsing: text).object.flatMap(EvaluationHistory.init)
      #expect(read == found, "\(losses)")
    }
  }

  @Test func othersAreRefused() throws {
    for text in [
      "{}", #"{"step":1}"#, #"{"since_best":1}"#, #"{"step":-1,"since_best":0}"#,
      #"{"step":1,"since_best":-1}"#, #"{"step":1,"since_best":9223372036854775807}"#,
      #"{"step":1.0,"since_best":0}"#, #"{"step":"1","since_best":0}"#,
      #"{"step":1,"since_best":0,"best_step":1}"#, #"{"step":1,"since_best":0,"best_loss":1}"#,
      #"{"step":1,"since_best":0,"best_step":2,"best_loss":1}"#,
      #"{"step":1,"since_best":0,"best_step":-1,"best_loss":1}"#,
      #"{"step":1,"since_best":0,"best_step":1,"best_loss":1e999}"#,
      #"{"step":1,"since_best":0,"best_step":1,"best_loss":"1"}"#,
    ] {
      let object = try #require(JSONValue(parsing: Array(text.utf8)).object)
      #expect(EvaluationHistory(object) == nil, "\(text)")
    }
  }

  @Test func manifestsCarryThem() throws {
    let directory = try TemporaryDirectory()
    let file = ManifestFile(name: TrainingCheckpoint.stateName, byteCount: 4, sha256: "ab")
    var manifest = Manifest(
      step: 30, place: DataPlace(), run: [:], evaluations: history([3, 1, 2]), files: [file])
    func read(_ object: JSONObject) throws -> Manifest {
      try directory.write(JSONValue.object(object).serialized(), to: Manifest.fileName)
      return try Manifest(in: directory.path)
    }
    #expect(try read(manifest.json) == manifest)
    // Changed by another hand, absent, or no history.
    for other in [history([3, 1]), nil] {
      var json = manifest.json
      json["evaluations"] = other.map { .object($0.json) }
      #expect(try failure { _ = try read(json) }.code == "checkpoint/manifest")
    }
    for other in [JSONValue.int(1), .null, .array([]), .object([:])] {
      var json = manifest.json
      json["evaluations"] = other
      let failure = try failure { _ = try read(json) }
      #expect(failure.code == "checkpoint/manifest" && failure.message.contains("evaluations"))
    }
    manifest.evaluations = nil
    #expect(manifest.json["evaluations"] == nil)
    #expect(try read(manifest.json) == manifest)
  }
}

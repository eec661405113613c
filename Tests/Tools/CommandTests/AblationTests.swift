// The ablations' makefile on its miniature: what it makes, what it keeps, and how its table counts.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import JSON
import TestSupport
import Testing

@Suite(.enabled(if: toolNames.contains("llava-train"), "llava-train is not there"))
struct AblationTests {
  static let variants = [
    "baseline", "no-stage-1", "last-layer", "answer-first", "small-language", "linear-projector",
    "conversation-only",
  ]

  private func make(_ options: String, _ out: TemporaryDirectory) throws -> ShellResult {
    try Shell.bash(
      "make -C examples/ablations QUICK=1 PATH=\"$PATH\" OUT=\(out.path) \(options)",
      in: packageRoot, timeout: 600)
  }

  /// The cells of each row, by its first one.
  private func rows(_ table: String) -> [String: [String]] {
    var rows: [String: [String]] = [:]
    for line in table.split(separator: "\n").dropFirst(2) {
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      rows[cells.first ?? ""] = cells
    }
    return rows
  }

  private func numbers(_ cell: String) -> [Double] {
    cell.split { " ,±to".contains($0) }.compactMap { Double($0) }
  }

  @Test func everyVariantIsTrainedAndAsked() throws {
    let out = try TemporaryDirectory()
    let made = try make("-s -j2 SEEDS=1", out)
    try #require(made.status == 0, "\(made.errors)")
    let table = rows(made.text)
    #expect(Set(table.keys) == Set(Self.variants))
    var models: [String: [UInt8]] = [:]
    for variant in Self.variants {
      let folder = "seed-1/\(variant)"
      let score = try #require(JSONValue(parsing: try out.read("\(folder)/score.json")).object)
      let average = try #require(score["Avg"]?.object)
      #expect(average["count"]?.int == 4)
      let share = try #require(average["accuracy"]?.double)
      let cells = try #require(table[variant])
      let told = try #require(numbers(cells[1]).first)
      #expect(abs(told - share) < 0.006)
      #expect(try out.read("\(folder).jsonl").split(separator: 0x0A).count == 2, "steps")
      let weights = try FileManager.default.contentsOfDirectory(atPath: out.file(folder))
        .filter { $0.hasSuffix(".safetensors") }
      let file = try #require(weights.first)
      models[variant] = try out.read("\(folder)/\(file)")
    }
    #expect(Set(models.values).count == Self.variants.count, "each is another model")

    // Nothing is made a second time.
    let again = try make("SEEDS=1", out)
    #expect(again.status == 0)
    for tool in ["llava-train", "clip-encode", "vicuna-decode", "awk"] {
      #expect(!again.text.contains(tool), "\(again.text)")
    }
  }

  /// Scores that stand there already become the table, seed beside seed.
  @Test func differencesArePairedBySeed() throws {
    let out = try TemporaryDirectory()
    var scores: [String: [Double]] = [:]
    for (place, variant) in Self.variants.enumerated() {
      let own = (0..<5).map { (seed: Int) -> Double in Double(80 + 2 * seed - place * (seed - 1)) }
      scores[variant] = own
      for (number, score) in own.enumerated() {
        let folder = "seed-\(number + 1)/\(variant)"
        try FileManager.default.createDirectory(
          atPath: out.file(folder), withIntermediateDirectories: true)
        let tally = "\"accuracy\":\(score),\"correct\":1,\"count\":2"
        try out.write("{\"NAT\":{\"accuracy\":0.5},\"Avg\":{\(tally)}}", to: "\(folder)/score.json")
      }
    }
    // The scores are told to be as they are, whatever they would be made from.
    let old = scores.keys.flatMap { name in (1...5).map { "seed-\($0)/\(name)/score.json" } }
      .map { "-o \(out.file($0))" }.joined(separator: " ")
    let made = try make("-s SEEDS='1 2 3 4 5' \(old)", out)
    try #require(made.status == 0, "\(made.errors)")
    let table = rows(made.text)
    for variant in Self.variants.dropFirst() {
      let own = try #require(scores[variant])
      let gaps = zip(own, try #require(scores["baseline"])).map { $0 - $1 }
      let (average, apart) = (spread(own), spread(gaps))
      let half = 2.776 * apart.deviation / 5.0.squareRoot()
      let cells = try #require(table[variant])
      expectClose(numbers(cells[1]), [average.mean, average.deviation])
      expectClose(numbers(cells[2]), [apart.mean, apart.deviation])
      expectClose(numbers(cells[3]), [apart.mean - half, apart.mean + half])
      let worse = gaps.filter { $0 < -1e-9 }.count
      let better = gaps.filter { $0 > 1e-9 }.count
      #expect(numbers(cells[4]) == [Double(worse), Double(better)])
    }
    // One that is missing is no row of zeros.
    try out.write("{}", to: "seed-3/last-layer/score.json")
    try FileManager.default.removeItem(atPath: out.file("table.md"))
    let missing = try make("-s SEEDS='1 2 3 4 5' \(old)", out)
    #expect(missing.status == 2 && missing.errors.contains("a score of every variant"))
  }

  private func spread(_ values: [Double]) -> (mean: Double, deviation: Double) {
    let mean = values.reduce(0, +) / Double(values.count)
    let squares = values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +)
    return (mean, (squares / Double(values.count - 1)).squareRoot())
  }

  private func expectClose(_ found: [Double], _ expected: [Double]) {
    #expect(found.count == expected.count, "\(found)")
    for (one, other) in zip(found, expected) {
      #expect(abs(one - other) < 0.0051, "\(found) and \(expected)")
    }
  }
}

// Importance as it is read: what columns get, what is warned of, and streams that are none.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import InputOutput
import JSON
import Streams
import Tensors
import TestSupport
import Testing
import Threads

@testable import Conversion

@Suite struct ImportanceTests {
  private static let down = "language.layers.1.mlp.down_proj.weight"
  private static let query = "language.layers.0.self_attn.q_proj.weight"

  private func source() throws -> GGUFSource {
    try GGUFSource(ModelDirectory.open(model: tinyModel), name: tinyModel)
  }

  /// A stream with `records`, each of some positions and tensors.
  private func stream(
    _ records: [(positions: JSONValue?, tensors: [String: [Float]])],
    content: String = "importance",
    model: String? = nil, columns: Int? = nil
  ) throws -> TensorStreamReader {
    let fields = (records.first?.tensors ?? [:]).sorted { $0.key < $1.key }.map {
      StreamSchema.Field($0.key, .f32, [$0.value.count])
    }
    let sink = MemorySink()
    let writer = try TensorStreamWriter(
      sink,
      header: StreamHeader(
        content: content, schema: StreamSchema(fields), producer: "tests/1", model: model))
    try writer.skip(id: "a", json: nil, code: "prompt/missing", message: "none")
    for record in records {
      let json: JSONObject? = record.positions.map { ["positions": $0] }
      try writer.write(
        id: "importance", json: json,
        tensors: record.tensors.map { ($0.key, try Tensor($0.value, shape: [$0.value.count])) })
    }
    try writer.finish()
    return try TensorStreamReader(MemorySource(sink.bytes, name: "given"))
  }

  private func values(_ count: Int, _ value: (Int) -> Float) -> [Float] { (0..<count).map(value) }

  @Test func columnsAreAroundOne() throws {
    let source = try source()
    let numbers = values(512) { $0 == 7 ? 511 : $0 == 9 ? 0 : 1 }
    let read = try Importance(
      try stream(
        [(.int(5), [Self.down: numbers, Self.query: values(192) { _ in 0 }])],
        model: try source.language.weights.identity()), for: source)
    let found = try #require(read.columns[Self.down])
    #expect(abs(found.reduce(0, +) / 512 - 1) < 1e-5 && abs(found[7] / found[8] - 511) < 0.01)
    // A column that was never used is not let go of altogether; a matrix of such is not known.
    #expect(found[9] == 1e-6 && read.columns.count == 1)
    #expect(
      read.warnings == [
        "nothing is known of the columns of 27 tensors, such as"
          + " language.layers.0.mlp.down_proj.weight: they count alike there"
      ])
  }

  @Test func recordsCountByTheirPositions() throws {
    let (first, second) = (values(512) { _ in 2 }, values(512) { $0 < 256 ? 6 : 2 })
    let read = try Importance(
      try stream([(.int(30), [Self.down: first]), (.int(10), [Self.down: second])]), for: source())
    let found = try #require(read.columns[Self.down])
    #expect(abs(found[0] / found[511] - 1.5) < 1e-6)
    #expect(read.warnings.count == 2 && read.warnings[0].contains("other weights"))
  }

  private func refusal(_ reader: TensorStreamReader) throws -> Failure? {
    let source = try source()
    do throws(Failure) {
      _ = try Importance(reader, for: source)
      return nil
    } catch { return error }
  }

  @Test func whatIsNoImportanceIsRefused() throws {
    let good = values(512) { _ in 1 }
    let cases: [(TensorStreamReader, code: String, words: String)] = [
      (try stream([(.int(1), [Self.down: good])], content: "logits"), "stream/content", "'logits'"),
      (try stream([]), "importance/empty", "found no prompt"),
      (
        try stream([(.int(1), [Self.down: values(500) { _ in 1 }])]), "importance/shapes",
        "F32 [500] for \(Self.down), whose rows have 512 columns"
      ),
      (
        try stream([(.int(1), ["language.layers.9.mlp.down_proj.weight": good])]),
        "importance/shapes", "layers.9"
      ),
      (
        try stream([(.int(1), ["language.norm.weight": values(192) { _ in 1 }])]),
        "importance/shapes", "language.norm.weight, which the model does not multiply by"
      ),
      (
        try stream([(.int(1), ["language.embed_tokens.weight": values(192) { _ in 1 }])]),
        "importance/shapes", "embed_tokens"
      ),
      (try stream([(nil, [Self.down: good])]), "importance/positions", "positions"),
      (try stream([(.int(0), [Self.down: good])]), "importance/positions", "from 1 to 2^53"),
      (try stream([(.int(.max), [Self.down: good])]), "importance/positions", "positions"),
    ]
    for (reader, code, words) in cases {
      let failure = try #require(try refusal(reader))
      #expect(failure.code == code && failure.message.contains(words), "\(failure)")
      #expect(failure.place?.hasPrefix("given") == true, "\(failure)")
    }
  }

  @Test func valuesThatAreNoWeightsAreRefusedByName() throws {
    for value in [-1, .nan, .infinity, -.infinity] as [Float] {
      let numbers = values(512) { $0 == 17 ? value : 1 }
      let failure = try #require(try refusal(try stream([(.int(3), [Self.down: numbers])])))
      #expect(failure.code == "importance/value" && failure.place == "given: record 2")
      #expect(failure.message.hasSuffix("in column 17 of \(Self.down)"), "\(failure)")
    }
    let largest = values(512) { $0 == 3 ? .greatestFiniteMagnitude : 0 }
    #expect(try refusal(try stream([(.int(3), [Self.down: largest])])) == nil)
  }

  /// The sum that the search makes small is smaller, in each format that has a choice.
  @Test(arguments: [LanguageFormat.q4K, .q40, .q41, .q50, .q51, .q5K, .q6K])
  func weighedErrorsFall(format: LanguageFormat) throws {
    let directory = try TemporaryDirectory()
    let importance = values(512) { $0 % 9 == 0 ? 40 : 1 }
    let paths = [
      try export(tinyModel, format, in: directory, as: "plain"),
      try export(
        tinyModel, format, in: directory, as: "other", importance: [Self.down: importance]),
    ]
    func numbers(_ path: String) throws -> [Float] {
      let weights = try ModelDirectory.open(model: path).languageCheckpoint().weights
      return try weights.weight(Self.down).decoded().floatValues
    }
    let wanted = try numbers(tinyModel)
    let errors = try paths.map { path in
      zip(wanted, try numbers(path)).enumerated().reduce(0.0) { sum, pair in
        let difference = Double(pair.element.0 - pair.element.1)
        return sum + Double(importance[pair.offset % 512]) * difference * difference
      }
    }
    #expect(errors[1] < 0.97 * errors[0] && errors[1] > 0.3 * errors[0], "\(errors)")
    let found = try compare(paths[0], paths[1]).flatMap(\.differences)
    #expect(found.map(\.tensor) == [Self.down])
  }

  @Test func onlyFormatsWithAChoiceUseIt() throws {
    let plain: [LanguageFormat] = LanguageFormat.allCases.filter { !$0.usesImportance }
    #expect(plain == [.f32, .f16, .bf16, .q80])
  }
}

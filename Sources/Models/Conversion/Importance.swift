// How much the columns of a language model's matrices count, as vicuna-decode measured it.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import InputOutput
import Streams
import Tensors

/// The importance matrix in a stream that `vicuna-decode --emit importance` wrote
/// (llava-stream(5)), checked against the model that it is for.
public struct Importance: Sendable {
  /// A number above 0, around 1, for each column of a matrix, by the matrix's canonical name. Matrices whose
  /// inputs were always 0 are absent, since nothing is known about their columns.
  public let columns: [String: [Float]]
  /// Notes for the user, one line each.
  public let warnings: [String]

  /// The smallest importance of a column, as a share of the mean: weights in a column that the prompts
  /// never used are still approximated, as far as no other column suffers.
  private static let leastShare = 1e-6

  /// Reads all records of `reader`; several, of streams put one behind the other, count by their
  /// positions.
  ///
  /// Throws what reading throws; `stream/content` and `importance/shapes` (status 6) where it is no
  /// importance of a model with the shapes of `source`; `importance/value` and `importance/empty`.
  public init(_ reader: TensorStreamReader, for source: GGUFSource) throws(Failure) {
    let matrices = try Self.matrices(of: source)
    try Self.check(reader.header, at: reader.name, matrices)
    var sums = Sums(reader.header.schema)
    while let record = try reader.next() {
      guard case .data(let data) = record else { continue }
      do throws(Failure) { try sums.add(data) } catch {
        throw error.at("\(reader.name): record \(data.sequence)")
      }
    }
    guard sums.positions > 0 else {
      throw Failure(
        .invalidInput, code: "importance/empty", at: reader.name,
        "expected the importance of columns, found no prompt that was read",
        remedy: "give vicuna-decode --emit importance some prompts")
    }
    columns = sums.values.compactMapValues { Self.relative($0) }
    warnings = try Self.warnings(reader.header, matrices, of: source)
  }

  /// `values` around 1; nil where all are 0.
  private static func relative(_ values: [Double]) -> [Float]? {
    let mean = values.reduce(0, +) / Double(max(1, values.count))
    guard mean > 0 else { return nil }
    return values.map { Float(max($0 / mean, leastShare)) }
  }

  private static func warnings(
    _ header: StreamHeader, _ matrices: [String: Int], of source: GGUFSource
  ) throws(Failure) -> [String] {
    var warnings: [String] = []
    if header.model != (try source.language.weights.identity()) {
      warnings.append(
        "the importance was measured with other weights of the same shapes, such as the ones that"
          + " these were quantised from")
    }
    let absent = matrices.keys.filter { header.schema[$0] == nil }.sorted()
    if let first = absent.first {
      warnings.append(
        "nothing is known of the columns of \(counted(absent.count, "tensor")), such as"
          + " \(escapedForTerminal(first)): they count alike there")
    }
    return warnings
  }

  /// The columns of every matrix that multiplies activations, by its canonical name.
  private static func matrices(of source: GGUFSource) throws(Failure) -> [String: Int] {
    var expected = source.language.config.expectedParameters.map { _, tensor in
      tensor.shape.count == 2 ? tensor.shape.last : nil
    }
    // An embedding beside an output layer is only looked up.
    if try source.language.hasOwnHead() { expected.embedding = nil } else { expected.output = nil }
    var matrices: [String: Int] = [:]
    for (name, columns) in expected.named { if let columns { matrices[name] = columns } }
    return matrices
  }

  private static func check(
    _ header: StreamHeader, at place: String, _ matrices: [String: Int]
  ) throws(Failure) {
    guard header.content == "importance" else {
      throw Failure(
        .mismatch, code: "stream/content", at: place,
        "expected importance, found a stream of \(header.shownContent)",
        remedy: "write one with vicuna-decode --emit importance")
    }
    for field in header.schema.fields {
      let name = escapedForTerminal(field.name)
      guard let columns = matrices[field.name] else {
        throw otherShapes("\(name), which the model does not multiply by", at: place)
      }
      guard field.elementType == .f32, field.shape == [columns] else {
        let sizes = field.shape.map { $0.map(String.init) ?? "any" }.joined(separator: ", ")
        throw otherShapes(
          "\(field.elementType.rawValue) [\(sizes)] for \(name), whose rows have"
            + " \(counted(columns, "column"))", at: place)
      }
    }
  }

  private static func otherShapes(_ found: String, at place: String) -> Failure {
    Failure(
      .mismatch, code: "importance/shapes", at: place,
      "expected importance of a model of these shapes, found \(found)",
      remedy: "measure it with this model, or with the one that it was made from")
  }
}

/// The records of a stream so far, as one.
private struct Sums {
  /// Means over all positions.
  private(set) var values: [String: [Double]] = [:]
  private(set) var positions = 0
  private let names: [String]

  init(_ schema: StreamSchema) { names = schema.fields.map(\.name) }

  /// The reader has held the record's tensors against the schema. Throws `importance/positions` and
  /// `importance/value`.
  mutating func add(_ record: DataRecord) throws(Failure) {
    guard let count = record.json?["positions"]?.int, count > 0,
      let total = checkedSum([positions, count]), total < 1 << 53
    else {
      throw Failure(
        .invalidInput, code: "importance/positions",
        "expected a number of positions from 1 to 2^53 in the record's object")
    }
    let share = Double(count) / Double(total)
    for name in names {
      guard let found = record[name]?.doubles() else { continue }
      if let column = found.firstIndex(where: { !($0 >= 0 && $0.isFinite) }) {
        throw Failure(
          .invalidInput, code: "importance/value",
          "expected numbers of 0 or more, found \(found[column]) in column \(column) of"
            + " \(escapedForTerminal(name))")
      }
      let old = values[name] ?? [Double](repeating: 0, count: found.count)
      values[name] = zip(old, found).map { $0 + share * ($1 - $0) }
    }
    positions = total
  }
}

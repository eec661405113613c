// A LLaMA in loops over arrays of doubles: the definition that inputs of matrices are held against.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Decoders
import Glibc
import Tensors

/// Runs one sequence through all layers and keeps the sums of squares of each matrix's input.
struct PlainDecoder {
  typealias Rows = [[Double]]

  let config: LanguageConfig
  let parameters: LlamaParameters<Rows>
  private(set) var sums: [DecoderInput: [Double]] = [:]

  init(_ checkpoint: LanguageCheckpoint) throws {
    config = checkpoint.config
    parameters = try checkpoint.parameters().map { _, weight in
      let values = try weight.decoded().floatValues.map(Double.init)
      return stride(from: 0, to: values.count, by: weight.columns).map {
        Array(values[$0..<$0 + weight.columns])
      }
    }
  }

  mutating func run(_ inputs: Rows) {
    var x = inputs
    for (index, layer) in parameters.layers.enumerated() {
      let normed = norm(x, layer.attentionNorm[0])
      see(normed, .attention(layer: index))
      let mixed = attend(
        rotated(product(normed, layer.query)), rotated(product(normed, layer.key)),
        product(normed, layer.value))
      see(mixed, .attentionOutput(layer: index))
      x = sum(x, product(mixed, layer.out))
      let second = norm(x, layer.mlpNorm[0])
      see(second, .mlp(layer: index))
      let wide = zip(product(second, layer.gate), product(second, layer.up)).map { gate, up in
        zip(gate, up).map { $0 / (1 + exp(-$0)) * $1 }
      }
      see(wide, .mlpOutput(layer: index))
      x = sum(x, product(wide, layer.down))
    }
    see(norm(x, parameters.finalNorm[0]), .output)
  }

  private mutating func see(_ rows: Rows, _ input: DecoderInput) {
    for row in rows {
      let old = sums[input] ?? [Double](repeating: 0, count: row.count)
      sums[input] = zip(old, row).map { $0 + $1 * $1 }
    }
  }

  private func sum(_ a: Rows, _ b: Rows) -> Rows { zip(a, b).map { zip($0, $1).map(+) } }

  private func dot(_ a: some Sequence<Double>, _ b: some Sequence<Double>) -> Double {
    zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
  }

  private func product(_ rows: Rows, _ matrix: Rows) -> Rows {
    rows.map { row in matrix.map { dot(row, $0) } }
  }

  private func norm(_ rows: Rows, _ gain: [Double]) -> Rows {
    rows.map { row in
      let size = (dot(row, row) / Double(row.count) + config.epsilon).squareRoot()
      return zip(row, gain).map { $0 / size * $1 }
    }
  }

  /// Element i of a head turns with element i + headWidth / 2.
  private func rotated(_ rows: Rows) -> Rows {
    let (width, half) = (config.headWidth, config.headWidth / 2)
    return rows.enumerated().map { position, row in
      var turned = row
      for start in stride(from: 0, to: row.count, by: width) {
        for i in 0..<half {
          let frequency = pow(config.ropeTheta, -Double(2 * i) / Double(width))
          let angle = Double(position) / config.ropeFactor * frequency
          let (a, b) = (row[start + i], row[start + i + half])
          turned[start + i] = a * cos(angle) - b * sin(angle)
          turned[start + i + half] = b * cos(angle) + a * sin(angle)
        }
      }
      return turned
    }
  }

  private func attend(_ query: Rows, _ keys: Rows, _ values: Rows) -> Rows {
    let (width, shared) = (config.headWidth, config.heads / config.keyValueHeads)
    return query.enumerated().map { position, row in
      (0..<config.heads).flatMap { head -> [Double] in
        let own = row[head * width..<(head + 1) * width]
        let range = head / shared * width..<(head / shared + 1) * width
        let scores = keys[...position].map { dot(own, $0[range]) / Double(width).squareRoot() }
        let largest = scores.max() ?? 0
        let shares = scores.map { exp($0 - largest) }
        let total = shares.reduce(0, +)
        return range.map { column in
          zip(shares, values).reduce(0) { $0 + $1.0 / total * $1.1[column] }
        }
      }
    }
  }
}

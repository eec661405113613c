// Figures of several panels: axes, marks, gaps, thinning and the legend.
// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Charts

@Suite struct FigureTests {
  private func figure(_ values: [Double], runs: Int = 1, scale: Chart.Scale = .linear) -> Figure {
    let points = values.enumerated().map { Chart.Point(x: Double($0.offset + 1), y: $0.element) }
    let curves = (0..<runs).map { Figure.Curve(run: $0, .line, points) }
    return Figure(
      title: "Title", x: "step", runs: (0..<runs).map { "run\($0)" },
      panels: [Figure.Panel("loss", scale: scale, curves: curves)])
  }

  private func labels(_ least: Double, _ most: Double, _ scale: Chart.Scale = .linear) -> [String] {
    AxisRange(near: least, most, scale, margin: 0, count: 6).ticks.compactMap(\.label)
  }

  @Test func ticksLieBetweenTheEnds() {
    #expect(labels(0, 2e-5) == ["0", "5e-6", "1e-5", "1.5e-5", "2e-5"])
    #expect(labels(0, 1.5e7) == ["0", "5M", "10M", "15M"])
    #expect(labels(1, 3000) == ["500", "1,000", "1,500", "2,000", "2,500", "3,000"])
    #expect(labels(0.5, 8, .logarithmic) == ["0.5", "1", "2", "5"])
    #expect(labels(1e-3, 1e3, .logarithmic).contains("0.01"))
  }

  @Test(
    arguments: [
      [0, 0], [7, 7], [1e299, -1e299], [1e-299, 2e-299], [.leastNonzeroMagnitude, 0],
      [.nan, .infinity], [1e308],
      [1e15, 1e15 + 1], [-5, -4], [], [3],
    ] as [[Double]])
  func everyRangeIsDrawn(values: [Double]) {
    for scale in [Chart.Scale.linear, .logarithmic] {
      let drawing = figure(values, scale: scale).drawing(width: 1, height: 1)
      #expect(drawing.width == Figure.leastWidth && drawing.height == 230)
      let svg = drawing.svg()
      #expect(!svg.contains("nan") && !svg.contains("inf") && svg.contains(">loss</text>"))
    }
  }

  @Test func gapsPartACurve() {
    let items = figure([1, 2, .nan, 4, .nan, 6, 7, 8]).drawing(width: 900, height: 400).items
    let counts = items.compactMap { item -> Int? in
      guard case .stroke(let places, let pen) = item, pen.ink == Figure.pen(0).ink else {
        return nil
      }
      return places.count
    }
    // One point alone is a dot, a polygon.
    #expect(counts == [2, 9, 3])
  }

  @Test func columnsKeepTheirPeaks() {
    var values = [Double](repeating: 1, count: 50_000)
    values[31_234] = 100
    values[777] = -50
    let items = figure(values).drawing(width: 900, height: 400).items
    let curve = items.compactMap { item -> [Drawing.Place]? in
      guard case .stroke(let places, let pen) = item, pen.ink == Figure.pen(0).ink else {
        return nil
      }
      return places
    }.joined()
    #expect(curve.count < 4 * 900 && curve.count > 800)
    let (top, bottom) = (curve.map(\.y).min() ?? 0, curve.map(\.y).max() ?? 0)
    #expect(curve.count { $0.y == top } == 1 && curve.count { $0.y == bottom } == 1)
  }

  @Test func theLegendKeepsToItsRoom() {
    let few = figure([1, 2], runs: 3).drawing(width: 900, height: 400).svg()
    for run in 0..<3 { #expect(few.contains(">run\(run)</text>")) }
    let many = figure([1, 2], runs: 500).drawing(width: 900, height: 400).svg()
    #expect(many.contains(" more</text>") && !many.contains(">run499</text>"))
    #expect(!figure([1, 2]).drawing(width: 900, height: 400).svg().contains(">run0</text>"))
    let short = Figure.shortened(String(repeating: "x", count: 500) + "end", 200, 13)
    #expect(short.hasSuffix("end") && short.contains("...") && textWidth(short, 13) <= 200)
  }

  @Test func aPNGMayBeLarger() throws {
    let bytes = try figure([1, 2]).drawing(width: 400, height: 300).png(scale: 2)
    #expect(Array(bytes[16..<24]) == [0, 0, 3, 32, 0, 0, 2, 88])
  }
}

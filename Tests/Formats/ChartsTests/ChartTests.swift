// Charts: axes, what is drawn, and that both kinds of file are what they say.
// SPDX-License-Identifier: Apache-2.0
import CPNG
import InputOutput
import Testing

@testable import Charts

@Suite struct ChartTests {
  private func chart(_ points: [(Double, Double)], _ scale: Chart.Scale, name: String = "a")
    -> Chart
  {
    Chart(
      title: "Title", x: Chart.Axis("across", scale), y: Chart.Axis("up", scale),
      series: [Chart.Series(name, points.map { Chart.Point(x: $0.0, y: $0.1) })])
  }

  private func labels(_ values: [Double], _ scale: Chart.Scale) -> [String] {
    AxisRange(values, scale).ticks.compactMap(\.label)
  }

  @Test func ticksAreRound() {
    #expect(labels([0, 200], .linear) == ["0", "50", "100", "150", "200"])
    #expect(
      labels([0.9, 2.1], .linear) == ["0.8", "1.0", "1.2", "1.4", "1.6", "1.8", "2.0", "2.2"])
    #expect(labels([1, 4500], .logarithmic) == ["1", "10", "100", "1,000", "10,000"])
    #expect(labels([0.02, 3], .logarithmic) == ["0.01", "0.1", "1", "10"])
    #expect(labels([5, 5], .logarithmic) == ["1", "10"])
    #expect(labels([], .linear).first == "0" && labels([], .logarithmic) == ["1", "10"])
  }

  @Test(
    arguments: [
      [0, 0], [7, 7], [-3, -3], [1e299, -1e299], [1e-299, 0], [1e15, 1e15 + 1], [.nan, .infinity],
      [-.infinity, 5], [0, 1e-12], [123_456_789, 987_654_321], [1e308, 1],
    ] as [[Double]])
  func everyRangeHasItsValues(values: [Double]) {
    for scale in [Chart.Scale.linear, .logarithmic] {
      let range = AxisRange(values, scale)
      #expect(range.low < range.high && (2...400).contains(range.ticks.count))
      for value in values where AxisRange.shows(value, scale) {
        #expect((-1e-6...1 + 1e-6).contains(range.share(value)), "\(value) \(range)")
      }
      let drawing = chart(values.map { ($0, $0) }, scale).drawing(width: 1, height: 1)
      #expect(!drawing.svg().contains("nan") && !drawing.svg().contains("inf"))
    }
  }

  @Test func pointsThatCannotBeShownLeaveAGap() {
    let drawing = chart([(1, 1), (2, 2), (3, 0), (4, 4), (5, .nan), (6, 6), (7, 7)], .logarithmic)
      .drawing()
    let curves = drawing.items.compactMap { item -> Int? in
      guard case .stroke(let places, let pen) = item, pen.width == 2 else { return nil }
      return places.count
    }
    // The last one is the legend's.
    #expect(curves == [2, 1, 2, 2])
  }

  @Test func textsAreTextsAndHarmless() {
    let svg = chart([(1, 1), (2, 3)], .linear, name: "a<b>&\"\u{1}\u{9b}").drawing().svg()
    #expect(svg.contains(">a&lt;b&gt;&amp;\"  </text>"))
    for text in [">Title</text>", ">across</text>", ">up</text>"] { #expect(svg.contains(text)) }
    #expect(svg.hasPrefix("<svg ") && svg.hasSuffix("</svg>\n"))
  }

  @Test func seriesDifferWithoutColour() {
    var many = chart([(0, 0), (1, 1)], .linear)
    many.series = (0..<6).map { Chart.Series("\($0)", many.series[0].points) }
    let pens = many.drawing().items.compactMap { item -> Drawing.Pen? in
      guard case .stroke(let places, let pen) = item, places.count == 2 else { return nil }
      return pen.ink == .grey || (pen.width == 1 && pen.dashes.isEmpty) ? nil : pen
    }
    #expect(Set(pens.map { "\($0.width) \($0.dashes)" }).count == 6)
  }

  @Test func aPNGHoldsItsPixels() throws {
    let bytes = try pngFile(width: 3, height: 2) { x, y in Drawing.Ink(UInt8(x), UInt8(y), 7) }
    #expect(Array(bytes[0..<8]) == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    #expect(Array(bytes[16..<26]) == [0, 0, 0, 3, 0, 0, 0, 2, 8, 2])
    var image = png_image()
    image.version = png_uint_32(PNG_IMAGE_VERSION)
    defer { png_image_free(&image) }
    try #require(png_image_begin_read_from_memory(&image, bytes, bytes.count) != 0)
    #expect(image.format == png_uint_32(PNG_FORMAT_FLAG_COLOR))
    var pixels = [UInt8](repeating: 0, count: 18)
    try #require(png_image_finish_read(&image, nil, &pixels, 0, nil) != 0)
    #expect(pixels == [0, 0, 7, 1, 0, 7, 2, 0, 7, 0, 1, 7, 1, 1, 7, 2, 1, 7])
    // Rows of the same are written small; what libpng does not take is refused in words.
    let large = try pngFile(width: 400, height: 300) { _, _ in Drawing.Ink(9, 9, 9) }
    #expect(large.count < 4000)
    #expect(throws: Failure.self) {
      try pngFile(width: 2_000_000, height: 1) { _, _ in Drawing.Ink(9, 9, 9) }
    }
  }

  @Test func aDrawingIsAPNGOfItsSize() throws {
    let bytes = try chart([(1, 1), (2, 3)], .linear).drawing(width: 250, height: 200).png()
    #expect(Array(bytes[16..<24]) == [0, 0, 0, 250, 0, 0, 0, 200])
  }

  @Test func dashesHaveTheirLengths() {
    let places = [Drawing.Place(x: 0, y: 0), Drawing.Place(x: 4, y: 0), Drawing.Place(x: 10, y: 0)]
    let found = Drawing.dashed(places, [3, 2]).map { $0.map(\.x) }
    #expect(found == [[0, 3], [5, 8], [10]] || found == [[0, 3], [5, 8]])
    #expect(Drawing.dashed(places, []).map(\.count) == [3])
    #expect(Drawing.dashed(places, [0, 0]).map(\.count) == [3])
    #expect(Drawing.dashed([], [1]).count == 1)
  }

  @Test func everyLetterIsInItsBox() {
    var shapes: Set<String> = []
    for value in UInt32(0x20)...0x7E {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let strokes = StrokeFont.strokes(scalar)
      shapes.insert("\(strokes)")
      #expect(strokes.isEmpty == (scalar == " "))
      for point in strokes.joined() {
        #expect((0...4).contains(point.x) && (0...8).contains(point.y), "\(scalar)")
      }
    }
    #expect(shapes.count == 95)
    #expect("\(StrokeFont.strokes("\u{e9}"))" == "\(StrokeFont.strokes("\u{4e2d}"))")
  }
}

// The drawing of a chart: frame, ticks, curves, legend.
// SPDX-License-Identifier: Apache-2.0

extension Chart {
  /// Pens that differ in their dashes and in their lightness, so that print without colour will do;
  /// a further series begins again with the first.
  static let pens = [
    Drawing.Pen(ink: Drawing.Ink(16, 62, 120), width: 2),
    Drawing.Pen(ink: Drawing.Ink(214, 96, 24), width: 2, dashes: [9, 5]),
    Drawing.Pen(ink: Drawing.Ink(20, 120, 70), width: 2, dashes: [2, 4]),
    Drawing.Pen(ink: Drawing.Ink(150, 40, 130), width: 2, dashes: [12, 4, 2, 4]),
    Drawing.Pen(ink: Drawing.Ink(90, 90, 90), width: 3),
    Drawing.Pen(ink: Drawing.Ink(0, 0, 0), width: 1, dashes: [5, 3]),
  ]

  /// The room inside the frame.
  private struct Frame {
    let left = 84.0
    let top = 44.0
    let right: Double
    let bottom: Double

    init(width: Int, height: Int) {
      right = Double(width) - 40
      bottom = Double(height) - 60
    }
  }

  /// The chart as strokes and texts, at least 240 by 180.
  public func drawing(width: Int = 800, height: Int = 560) -> Drawing {
    let (width, height) = (max(240, width), max(180, height))
    var drawing = Drawing(width: width, height: height)
    let frame = Frame(width: width, height: height)
    let across = AxisRange(series.lazy.flatMap { $0.points.lazy.map(\.x) }, x.scale)
    let up = AxisRange(series.lazy.flatMap { $0.points.lazy.map(\.y) }, y.scale)
    drawAxes(&drawing, frame, across, up)
    for (index, each) in series.enumerated() {
      for part in parts(each) {
        let places = part.map { point in
          Drawing.Place(
            x: frame.left + across.share(point.x) * (frame.right - frame.left),
            y: frame.bottom - up.share(point.y) * (frame.bottom - frame.top))
        }
        drawing.stroke(places, Self.pens[index % Self.pens.count])
      }
    }
    drawLegend(&drawing, frame)
    return drawing
  }

  /// The stretches of points that the axes can show.
  private func parts(_ series: Series) -> [ArraySlice<Point>] {
    series.points.split { !AxisRange.shows($0.x, x.scale) || !AxisRange.shows($0.y, y.scale) }
  }

  private func drawAxes(
    _ drawing: inout Drawing, _ frame: Frame, _ across: AxisRange, _ up: AxisRange
  ) {
    let grid = Drawing.Pen(ink: .grey, width: 1)
    for tick in across.ticks {
      let place = frame.left + across.share(tick.value) * (frame.right - frame.left)
      if let label = tick.label {
        drawing.line(place, frame.top, place, frame.bottom, grid)
        drawing.label(label, place, frame.bottom + 20, .middle)
      }
      drawing.line(place, frame.bottom, place, frame.bottom + (tick.label == nil ? 3 : 6))
    }
    for tick in up.ticks {
      let place = frame.bottom - up.share(tick.value) * (frame.bottom - frame.top)
      if let label = tick.label {
        drawing.line(frame.left, place, frame.right, place, grid)
        drawing.label(label, frame.left - 9, place + 5, .end)
      }
      drawing.line(frame.left - (tick.label == nil ? 3 : 6), place, frame.left, place)
    }
    drawing.frame(frame.left, frame.top, frame.right, frame.bottom)
    let middle = (frame.left + frame.right) / 2
    drawing.label(title, middle, 27, .middle, size: 16)
    drawing.label(x.label, middle, Double(drawing.height) - 14, .middle, size: 14)
    drawing.label(
      y.label, 20, (frame.top + frame.bottom) / 2, .middle, size: 14, isVertical: true)
  }

  /// A box in the upper right corner, which falling curves leave free.
  private func drawLegend(_ drawing: inout Drawing, _ frame: Frame) {
    guard !series.isEmpty else { return }
    let longest = series.map { $0.name.unicodeScalars.count }.max() ?? 0
    let width = min(frame.right - frame.left, 66 + Double(longest) * 7.4)
    let height = 12 + 20 * Double(series.count)
    let corner = Drawing.Place(x: frame.right - width - 8, y: frame.top + 8)
    drawing.items.append(.blank(corner, width: width, height: height))
    for (index, each) in series.enumerated() {
      let line = corner.y + 16 + 20 * Double(index)
      let pen = Self.pens[index % Self.pens.count]
      drawing.line(corner.x + 8, line, corner.x + 46, line, pen)
      drawing.label(each.name, corner.x + 54, line + 5, .start)
    }
  }
}

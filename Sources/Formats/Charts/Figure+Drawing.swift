// How a figure looks: title, legend, and a frame for each panel.
// SPDX-License-Identifier: Apache-2.0

extension Figure {
  /// A panel's rectangle inside its frame, and its axes.
  struct Frame {
    var left, right, top, bottom: Double
    var across, up: AxisRange

    func place(_ point: Chart.Point) -> Drawing.Place {
      Drawing.Place(
        x: left + across.share(point.x) * (right - left),
        y: bottom - up.share(point.y) * (bottom - top))
    }

    func shows(_ point: Chart.Point) -> Bool {
      AxisRange.shows(point.x, across.scale) && AxisRange.shows(point.y, up.scale)
    }
  }

  /// The figure as strokes and texts, at least `leastWidth` by `leastHeight(panels:)`.
  public func drawing(width: Int, height: Int) -> Drawing {
    let (width, height) = (
      max(Self.leastWidth, width), max(Self.leastHeight(panels: panels.count), height)
    )
    var drawing = Drawing(width: width, height: height)
    var top = 12.0
    if !title.isEmpty {
      drawing.label(
        Self.shortened(title, Double(width) - 40, 16), Double(width) / 2, 27, .middle, size: 16)
      top = 38
    }
    if runs.count > 1 { top = drawLegend(&drawing, from: top) }
    let frames = frames(width: width, height: height, top: top)
    for (panel, frame) in zip(panels, frames) {
      drawAxes(&drawing, panel, frame)
      drawCurves(&drawing, panel, frame)
    }
    guard let last = frames.last else { return drawing }
    for tick in last.across.ticks {
      guard let label = tick.label else { continue }
      let place = last.left + last.across.share(tick.value) * (last.right - last.left)
      drawing.label(label, place, last.bottom + 20, .middle)
    }
    drawing.label(x, (last.left + last.right) / 2, Double(height) - 12, .middle, size: 14)
    return drawing
  }

  private func frames(width: Int, height: Int, top: Double) -> [Frame] {
    let heading = 34.0
    let room = Double(height) - top - 52 - heading * Double(panels.count)
    let weights = panels.reduce(0) { $0 + $1.weight }
    let heights = panels.map { max(24, room * $0.weight / max(weights, 1e-9)) }
    let ups = zip(panels, heights).map { panel, height in
      Self.up(panel, count: max(2, min(8, Int(height / 32))))
    }
    let labels = ups.flatMap { $0.ticks.compactMap(\.label) }
    let widest = labels.map { textWidth($0, 13) }.max() ?? 0
    let left = min(Double(width) * 0.4, max(52, widest + 22))
    let right = Double(width) - 28
    let across = across(count: max(2, Int((right - left) / 95)))
    var (frames, next): ([Frame], Double) = ([], top)
    for (up, height) in zip(ups, heights) {
      next += heading
      frames.append(
        Frame(left: left, right: right, top: next, bottom: next + height, across: across, up: up))
      next += height
    }
    return frames
  }

  private func across(count: Int) -> AxisRange {
    let values = panels.flatMap { panel in
      panel.curves.flatMap { curve in
        [
          curve.points.first { AxisRange.shows($0.y, panel.scale) },
          curve.points.last { AxisRange.shows($0.y, panel.scale) },
        ].compactMap { $0?.x }
      }
    }.filter { AxisRange.shows($0, .linear) }
    // Steps, records and tokens are whole numbers: so are the ticks of a short run.
    let first = values.min() ?? 0
    return AxisRange(
      near: first, max(values.max() ?? 1, first + Double(count)), .linear, margin: 0.012,
      count: count)
  }

  private static func up(_ panel: Panel, count: Int) -> AxisRange {
    var (least, most) = (Double.infinity, -Double.infinity)
    for curve in panel.curves {
      for point in curve.points where AxisRange.shows(point.y, panel.scale) {
        least = min(least, point.y)
        most = max(most, point.y)
      }
    }
    if least > most { (least, most) = panel.scale == .linear ? (0, 1) : (1, 10) }
    if panel.beginsAtZero, panel.scale == .linear {
      (least, most) = (min(0, least), max(0, most))
      if most == least { most = 1 }
    }
    return AxisRange(near: least, most, panel.scale, margin: 0.05, count: count)
  }

  private func drawAxes(_ drawing: inout Drawing, _ panel: Panel, _ frame: Frame) {
    let grid = Drawing.Pen(ink: Drawing.Ink(224, 224, 224), width: 1)
    for tick in frame.across.ticks {
      let place = frame.left + frame.across.share(tick.value) * (frame.right - frame.left)
      drawing.line(place, frame.top, place, frame.bottom, grid)
      drawing.line(place, frame.bottom, place, frame.bottom + 5)
    }
    for tick in frame.up.ticks {
      let place = frame.bottom - frame.up.share(tick.value) * (frame.bottom - frame.top)
      if let label = tick.label {
        drawing.line(frame.left, place, frame.right, place, grid)
        drawing.label(label, frame.left - 9, place + 4.5, .end)
      }
      drawing.line(frame.left - (tick.label == nil ? 3 : 5), place, frame.left, place)
    }
    drawing.frame(frame.left, frame.top, frame.right, frame.bottom)
    drawing.label(panel.title, frame.left, frame.top - 8, .start, size: 14)
    let room = frame.right - frame.left - textWidth(panel.title, 14) - 24
    if textWidth(panel.note, 12) <= room {
      drawing.label(panel.note, frame.right, frame.top - 8, .end, size: 12)
    }
  }
}

// The legend of a figure: a row or more of names above the panels.
// SPDX-License-Identifier: Apache-2.0

extension Figure {
  /// Draws the names with their pens, as many as fit into a quarter of the height, and returns where
  /// the legend ends.
  func drawLegend(_ drawing: inout Drawing, from top: Double) -> Double {
    let (left, right, line) = (28.0, Double(drawing.width) - 28, 21.0)
    let most = max(1, Int(Double(drawing.height) / 4 / line))
    var (x, row) = (left, 0)
    for (run, name) in runs.enumerated() {
      let text = Self.shortened(name, min(right - left - 60, 340), 13)
      let width = 52 + textWidth(text, 13) + 22
      if x > left, x + width - 22 > right { (x, row) = (left, row + 1) }
      let isFull = row == most - 1 && run < runs.count - 1 && x + 2 * width + 110 > right
      let y = top + 12 + line * Double(row)
      if isFull, runs.count - run > 1 {
        drawing.label("and \(runs.count - run) more", x, y + 4.5, .start)
        break
      }
      drawing.line(x, y, x + 44, y, Self.pen(run))
      drawing.mark(run, Drawing.Place(x: x + 22, y: y), Self.pen(run).ink)
      drawing.label(text, x + 52, y + 4.5, .start)
      x += width
    }
    return top + line * Double(row + 1) + 2
  }

  /// `text` with its middle left out where it is wider than `width`.
  static func shortened(_ text: String, _ width: Double, _ size: Double) -> String {
    guard textWidth(text, size) > width else { return text }
    let scalars = Array(text.unicodeScalars)
    var kept = min(scalars.count - 1, max(2, Int(width / size)) * 2)
    while kept > 2 {
      var view = String.UnicodeScalarView(scalars.prefix(kept / 2))
      view += "...".unicodeScalars
      view += scalars.suffix(kept - kept / 2)
      if textWidth(String(view), size) <= width { return String(view) }
      kept -= 1
    }
    return "..."
  }
}

/// About how wide `text` is: what draws it may have another font.
func textWidth(_ text: String, _ size: Double) -> Double {
  text.unicodeScalars.reduce(0) { $0 + ($1.isASCII ? 0.56 : 1) * size }
}

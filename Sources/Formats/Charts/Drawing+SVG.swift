// A drawing as an SVG.
// SPDX-License-Identifier: Apache-2.0
import Decimals

extension Drawing {
  /// The picture as SVG 1.1, with texts as texts.
  public func svg() -> String {
    var text = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(width)\" height=\"\(height)\""
    text += " viewBox=\"0 0 \(width) \(height)\" font-family=\"Helvetica, Arial, sans-serif\">\n"
    text += "<rect width=\"\(width)\" height=\"\(height)\" fill=\"#ffffff\"/>\n"
    for item in items { text += Self.element(item) + "\n" }
    return text + "</svg>\n"
  }

  private static func element(_ item: Item) -> String {
    switch item {
    case .stroke(let places, let pen):
      // Tenths: there may be many.
      let points = places.map { place in
        "\(shortened(place.x, places: 1)),\(shortened(place.y, places: 1))"
      }.joined(separator: " ")
      var text = "<polyline fill=\"none\" stroke=\"\(pen.ink.hexadecimal)\""
      text += " stroke-width=\"\(number(pen.width))\""
      if !pen.dashes.isEmpty {
        text += " stroke-dasharray=\"\(pen.dashes.map(number).joined(separator: " "))\""
      }
      return text + " points=\"\(points)\"/>"
    case .label(let label):
      let (x, y) = (number(label.place.x), number(label.place.y))
      var text = "<text x=\"\(x)\" y=\"\(y)\" font-size=\"\(number(label.size))\""
      text += " text-anchor=\"\(label.anchor.rawValue)\""
      if label.isVertical { text += " transform=\"rotate(-90 \(x) \(y))\"" }
      return text + ">\(escaped(label.text))</text>"
    case .blank(let place, let width, let height):
      return "<rect x=\"\(number(place.x))\" y=\"\(number(place.y))\" width=\"\(number(width))\""
        + " height=\"\(number(height))\" fill=\"#ffffff\"/>"
    }
  }

  private static func number(_ value: Double) -> String { shortened(value, places: 2) }

  /// Names of series may be anybody's; XML has no control characters at all.
  private static func escaped(_ text: String) -> String {
    var escaped = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;".unicodeScalars
      case "<": escaped += "&lt;".unicodeScalars
      case ">": escaped += "&gt;".unicodeScalars
      case _ where scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value): escaped.append(" ")
      case "\u{FFFE}", "\u{FFFF}": escaped.append("\u{FFFD}")
      default: escaped.append(scalar)
      }
    }
    return String(escaped)
  }
}

extension Drawing.Ink {
  /// `#rrggbb`.
  var hexadecimal: String {
    "#" + [red, green, blue].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}

// A picture as a list of strokes and texts, which every kind of file draws alike.
// SPDX-License-Identifier: Apache-2.0

/// Strokes and texts on white; a unit is a pixel, y goes down.
public struct Drawing: Sendable {
  /// Red, green and blue.
  public struct Ink: Equatable, Sendable {
    public var red: UInt8
    public var green: UInt8
    public var blue: UInt8

    public init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
      (self.red, self.green, self.blue) = (red, green, blue)
    }

    static let black = Ink(0, 0, 0)
    static let grey = Ink(208, 208, 208)
  }

  struct Place: Equatable, Sendable {
    var x: Double
    var y: Double
  }

  struct Pen: Equatable, Sendable {
    var ink = Ink.black
    var width = 1.0
    /// Lengths of dash, gap, dash and so on; none: a whole line.
    var dashes: [Double] = []
  }

  /// Which part of a text is at its place.
  enum Anchor: String, Sendable {
    case start, middle, end
  }

  struct Label: Equatable, Sendable {
    var text: String
    /// On the baseline.
    var place: Place
    var anchor: Anchor
    /// Of the letters, in pixels.
    var size: Double
    /// Read from the bottom upward.
    var isVertical = false
  }

  enum Item: Equatable, Sendable {
    case stroke([Place], Pen)
    case label(Label)
    /// A rectangle of the background's colour.
    case blank(Place, width: Double, height: Double)
  }

  public let width: Int
  public let height: Int
  var items: [Item] = []

  init(width: Int, height: Int) {
    self.width = width
    self.height = height
  }

  mutating func stroke(_ places: [Place], _ pen: Pen = Pen()) {
    if !places.isEmpty { items.append(.stroke(places, pen)) }
  }

  mutating func line(_ x: Double, _ y: Double, _ toX: Double, _ toY: Double, _ pen: Pen = Pen()) {
    stroke([Place(x: x, y: y), Place(x: toX, y: toY)], pen)
  }

  /// The outline of a rectangle.
  mutating func frame(_ left: Double, _ top: Double, _ right: Double, _ bottom: Double) {
    let corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
    stroke(corners.map { Place(x: $0.0, y: $0.1) })
  }

  mutating func label(
    _ text: String, _ x: Double, _ y: Double, _ anchor: Anchor, size: Double = 13,
    isVertical: Bool = false
  ) {
    items.append(
      .label(
        Label(
          text: text, place: Place(x: x, y: y), anchor: anchor, size: size,
          isVertical: isVertical)))
  }
}

// Several panels over one axis, one above the other, with a legend for all of them.
// SPDX-License-Identifier: Apache-2.0

/// What runs have in common to be compared by: the panels of a picture.
public struct Figure: Sendable {
  public struct Curve: Sendable {
    public enum Style: Sendable {
      /// Thin and light, behind the others.
      case faint
      case line
      /// A mark on each point, where there are few.
      case marked
    }

    /// Its place in `runs`, which decides pen and mark.
    public var run: Int
    public var style: Style
    /// From left to right. Points that the axes cannot show leave a gap.
    public var points: [Chart.Point]

    public init(run: Int, _ style: Style, _ points: [Chart.Point]) {
      (self.run, self.style, self.points) = (run, style, points)
    }
  }

  public struct Panel: Sendable {
    /// What the axis upward is, with its unit.
    public var title: String
    /// Said at the right, above the frame.
    public var note: String
    public var scale: Chart.Scale
    /// Whether the axis begins at 0, if it is linear.
    public var beginsAtZero: Bool
    /// Its part of the height.
    public var weight: Double
    public var curves: [Curve]
    /// Points that a ring is drawn around.
    public var rings: [(run: Int, point: Chart.Point)]

    public init(
      _ title: String, note: String = "", scale: Chart.Scale = .linear, beginsAtZero: Bool = false,
      weight: Double = 1, curves: [Curve], rings: [(run: Int, point: Chart.Point)] = []
    ) {
      (self.title, self.note, self.scale) = (title, note, scale)
      (self.beginsAtZero, self.weight) = (beginsAtZero, weight)
      (self.curves, self.rings) = (curves, rings)
    }
  }

  public var title: String
  /// What the axis across is.
  public var x: String
  /// Names, for the legend; one alone has none.
  public var runs: [String]
  public var panels: [Panel]

  public init(title: String, x: String, runs: [String], panels: [Panel]) {
    (self.title, self.x, self.runs, self.panels) = (title, x, runs, panels)
  }

  /// Below this, panels have no room.
  public static func leastHeight(panels: Int) -> Int { 140 + 90 * panels }
  public static let leastWidth = 320
}

// A chart of curves: its contents, without its drawing.
// SPDX-License-Identifier: Apache-2.0

/// Curves over two axes.
public struct Chart: Sendable {
  public enum Scale: Sendable {
    case linear
    case logarithmic
  }

  public struct Axis: Sendable {
    public var label: String
    public var scale: Scale

    public init(_ label: String, _ scale: Scale = .linear) {
      self.label = label
      self.scale = scale
    }
  }

  public struct Point: Equatable, Sendable {
    public var x: Double
    public var y: Double

    public init(x: Double, y: Double) {
      self.x = x
      self.y = y
    }
  }

  /// One curve. Points that are not finite, or not positive on a logarithmic axis, leave a gap.
  public struct Series: Sendable {
    public var name: String
    public var points: [Point]

    public init(_ name: String, _ points: [Point]) {
      self.name = name
      self.points = points
    }
  }

  public var title: String
  public var x: Axis
  public var y: Axis
  public var series: [Series]

  public init(title: String, x: Axis, y: Axis, series: [Series]) {
    self.title = title
    self.x = x
    self.y = y
    self.series = series
  }
}

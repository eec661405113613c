// A thing in an image: what it is, and where, as the teacher is told it.
// SPDX-License-Identifier: Apache-2.0
import Decimals
import InputOutput

/// The form of the four numbers of a box.
public enum BoxForm: String, CaseIterable, Sendable {
  /// Left, top, right and bottom as fractions of the image's width and height, 0 to 1.
  case fractions
  /// The same in pixels.
  case corners
  /// Left, top, width and height in pixels, as in COCO.
  case coco
}

/// A box within an image.
public struct ImageBox: Equatable, Sendable {
  /// On one line.
  public let category: String
  /// Left, top, right and bottom, from the top left corner, divided by the image's width and height
  /// and rounded to 3 places as Python's `round` does it.
  public let corners: [Double]
  /// Whether it was clipped to the image's edge.
  public let isClipped: Bool

  /// The largest number of pixels; beyond it nothing is an image.
  private static let largest = 0x1p31

  /// `numbers`: four of `form`. `width` and `height` in pixels; `fractions` need none.
  /// `keepsOutside`: leave what is outside the image as it is, as the reference does.
  ///
  /// Throws `box/category`, `box/size` for numbers of no box, `box/outside` for a box that is
  /// nowhere in the image, `box/no-size` where the image's size is needed and unknown.
  public init(
    category: String, numbers: [Double], form: BoxForm, width: Int?, height: Int?,
    keepsOutside: Bool = false
  ) throws(Failure) {
    guard let category = oneLine(category) else {
      throw Failure(.invalidInput, code: "box/category", "expected a category, found none")
    }
    self.category = category
    let fault = { (message: String, remedy: String?) in
      Failure(
        .invalidInput, code: "box/size", "\(escapedForTerminal(category)): \(message)",
        remedy: remedy)
    }
    guard numbers.count == 4, numbers.allSatisfy({ $0.magnitude <= Self.largest }) else {
      throw fault("expected 4 numbers of a box, found \(Self.list(numbers))", nil)
    }
    var corners = numbers
    if form == .coco {
      (corners[2], corners[3]) = (numbers[0] + numbers[2], numbers[1] + numbers[3])
    }
    guard corners[0] <= corners[2], corners[1] <= corners[3] else {
      throw fault(
        "expected a box of no negative size, found \(Self.list(numbers))",
        form == .coco ? nil : "numbers are left, top, right, bottom; see --bbox")
    }
    if form == .fractions {
      guard corners.allSatisfy({ (-1...2).contains($0) }) else {
        throw fault(
          "expected parts of the image, 0 to 1, found \(Self.list(numbers))",
          "for pixels: --bbox corners or --bbox coco")
      }
    } else {
      guard let width, let height, width > 0, height > 0 else {
        throw Failure(
          .invalidInput, code: "box/no-size",
          "expected the image's `width` and `height`, by which boxes in pixels are divided")
      }
      for index in 0..<4 { corners[index] /= Double(index % 2 == 0 ? width : height) }
    }
    let rounded = corners.map { Decimals.rounded($0, places: 3) }
    let clipped = rounded.map { $0 > 0 ? min($0, 1) : 0 }
    self.corners = keepsOutside ? rounded : clipped
    isClipped = !keepsOutside && rounded != clipped
    guard
      keepsOutside || Self.touches(corners[0], corners[2]) && Self.touches(corners[1], corners[3])
    else {
      throw Failure(
        .invalidInput, code: "box/outside",
        "\(escapedForTerminal(category)): the box \(Self.list(numbers)) lies outside the image",
        remedy: "--compat keeps it")
    }
  }

  /// Whether the range has something between 0 and 1.
  private static func touches(_ low: Double, _ high: Double) -> Bool {
    low == high ? (0...1).contains(low) : low < 1 && high > 0
  }

  /// `person: [0.326, 0.612, 0.426, 0.72]`, numbers as Python writes them.
  public var text: String { "\(category): \(Self.list(corners))" }

  private static func list(_ numbers: [Double]) -> String {
    "[\(numbers.map(pythonText).joined(separator: ", "))]"
  }
}

/// `text` on one line, without the white space around it and around its line ends; nil where
/// nothing is left.
public func oneLine(_ text: String) -> String? {
  let isEnd = { (byte: UInt8) in byte == 0x0A || byte == 0x0D }
  guard text.utf8.contains(where: isEnd) else {
    let stripped = strippingWhitespace(text)
    return stripped.isEmpty ? nil : stripped
  }
  let lines = text.utf8.split(whereSeparator: isEnd).map { strippingWhitespace(String($0) ?? "") }
  let joined = lines.filter { !$0.isEmpty }.joined(separator: " ")
  return joined.isEmpty ? nil : joined
}

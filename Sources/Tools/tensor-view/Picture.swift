// A tensor as a picture: the norms of its rows on the grid of patches, or its numbers.
// SPDX-License-Identifier: Apache-2.0
import Charts
import InputOutput
import Streams
import Tensors

/// Coloured cells, row by row.
struct Picture {
  let columns: Int
  let rows: Int
  /// Pixels of a cell's side; 14 is the patch of CLIP ViT-L/14, so the picture is as large as the
  /// image was.
  let cell: Int
  private let colors: [Color]

  /// Larger pictures are refused.
  private static let mostCells = 16 << 20

  /// Draws `tensor`, or the first tensor that can be drawn.
  ///
  /// U8 `[…, height, width, 3]` is an image already. `[rows, width]` is drawn as the norms of its
  /// rows: one square grid an image where the rows make squares (by `image_rows` where the record
  /// has it), else as the matrix itself. Throws `view/no-picture`.
  init(_ record: DataRecord, tensor name: String?) throws(Failure) {
    let tensor: Tensor?
    if let name {
      tensor = record[name]
    } else {
      tensor = record.tensors.first { $0.tensor.shape.count >= 2 }?.tensor
    }
    guard let tensor, tensor.shape.count >= 2, tensor.count > 0 else {
      throw Self.refusal(record, "no tensor of two dimensions or more")
    }
    if tensor.elementType == .u8, tensor.shape.count >= 3, tensor.shape.last == 3 {
      columns = tensor.shape[tensor.shape.count - 2]
      rows = tensor.count / 3 / columns
      cell = 1
      let values = try Self.checked(columns * rows, record) ? tensor.doubles() : []
      colors = stride(from: 0, to: values.count, by: 3).map { Color(rgb: values[$0..<$0 + 3]) }
      return
    }
    let width = tensor.shape[tensor.shape.count - 1]
    let height = tensor.count / width
    let counts = record["image_rows"]?.doubles().compactMap { Int(exactly: $0) } ?? [height]
    if let grid = Self.grid(counts, height) {
      (columns, rows, cell) = (grid.side * grid.images, grid.side, 14)
      let norms = Self.norms(tensor, width)
      let (side, images) = (grid.side, grid.images)
      let ordered = (0..<side * side * images).map { index in
        let (row, column) = (index / (side * images), index % (side * images))
        let first = grid.skipped + (column / side) * (side * side + grid.skipped)
        return norms[first + row * side + column % side]
      }
      colors = Self.heat(ordered)
    } else {
      (columns, rows, cell) = (width, height, 1)
      colors = try Self.checked(width * height, record) ? Self.heat(tensor.doubles()) : []
    }
  }

  private static func checked(_ cells: Int, _ record: DataRecord) throws(Failure) -> Bool {
    guard cells <= mostCells else { throw refusal(record, "the picture would be too large") }
    return true
  }

  private static func refusal(_ record: DataRecord, _ message: String) -> Failure {
    Failure(.mismatch, code: "view/no-picture", at: "record \(record.sequence)", message)
  }

  /// The grid of images that have `counts` rows each, if those are equal squares, with or without
  /// one row for the class token before them.
  private static func grid(_ counts: [Int], _ height: Int) -> (
    side: Int, images: Int, skipped: Int
  )? {
    guard let count = counts.first, count > 3, counts.allSatisfy({ $0 == count }),
      checkedProduct(count, counts.count) == height
    else { return nil }
    for skipped in [0, 1] {
      let side = Int(Double(count - skipped).squareRoot().rounded())
      if side * side == count - skipped { return (side, counts.count, skipped) }
    }
    return nil
  }

  /// The length of each row of `width`.
  private static func norms(_ tensor: Tensor, _ width: Int) -> [Double] {
    stride(from: 0, to: tensor.count, by: width).map { start in
      tensor.doubles(start..<start + width).reduce(0) { $0 + $1 * $1 }.squareRoot()
    }
  }

  /// Colours from the least to the largest finite value; what is not finite is red.
  private static func heat(_ values: [Double]) -> [Color] {
    let finite = values.filter(\.isFinite)
    let (low, high) = (finite.min() ?? 0, finite.max() ?? 0)
    return values.map { value in
      guard value.isFinite else { return Color(red: 255, green: 0, blue: 0) }
      return Color(heat: high > low ? (value - low) / (high - low) : 0.5)
    }
  }

  func svg() -> String {
    var text = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(columns * cell)\" "
    text += "height=\"\(rows * cell)\" shape-rendering=\"crispEdges\">\n"
    for (index, color) in colors.enumerated() {
      text += "<rect x=\"\(index % columns * cell)\" y=\"\(index / columns * cell)\" "
      text += "width=\"\(cell)\" height=\"\(cell)\" fill=\"\(color.hexadecimal)\"/>\n"
    }
    return text + "</svg>\n"
  }

  func png() throws(Failure) -> [UInt8] {
    try pngFile(width: columns * cell, height: rows * cell) { x, y in
      let color = colors[y / cell * columns + x / cell]
      return Drawing.Ink(color.red, color.green, color.blue)
    }
  }
}

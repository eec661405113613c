// The captions and boxes of the files in compact form, and which of them belong to an image.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// Annotations of one kind: the row of the image of each, and once all are there, those of a row.
struct AnnotationTable {
  private var rows: [Int32] = []
  private(set) var count = 0
  /// The first annotation of each row in `order`, and after them the count; once they are grouped.
  private var starts: [Int32] = []
  private var order: [Int32] = []

  /// Adds the next annotation. Throws `coco/too-many`.
  mutating func add(row: Int32) throws(Failure) {
    guard count < Int(Int32.max) else { throw tooMany }
    rows.append(row)
    count += 1
  }

  /// Sorts by row, in the order in which they came within each.
  mutating func group(rowCount: Int) {
    starts = [Int32](repeating: 0, count: rowCount + 1)
    for row in rows { starts[Int(row) + 1] += 1 }
    for row in 0..<rowCount { starts[row + 1] += starts[row] }
    var next = starts
    order = [Int32](repeating: 0, count: rows.count)
    for (number, row) in rows.enumerated() {
      order[Int(next[Int(row)])] = Int32(number)
      next[Int(row)] += 1
    }
    rows = []
  }

  /// The numbers of the annotations of `row`.
  func annotations(of row: Int) -> ArraySlice<Int32> {
    order[Int(starts[row])..<Int(starts[row + 1])]
  }
}

/// Captions as one text with the place where each ends.
struct CaptionTable {
  var annotations = AnnotationTable()
  private var text: [UInt8] = []
  private var ends: [Int] = []

  mutating func add(_ caption: String, row: Int32) throws(Failure) {
    try annotations.add(row: row)
    text += caption.utf8
    ends.append(text.count)
  }

  func captions(of row: Int) -> [String] {
    annotations.annotations(of: row).map { number in
      let start = number == 0 ? 0 : ends[Int(number) - 1]
      return String(decoding: text[start..<ends[Int(number)]], as: UTF8.self)
    }
  }
}

/// Boxes: four numbers each, and the id of a category.
struct BoxTable {
  var annotations = AnnotationTable()
  private var categories: [Int] = []
  private var numbers: [Double] = []

  /// `box`: four numbers.
  mutating func add(_ box: [Double], category: Int, row: Int32) throws(Failure) {
    precondition(box.count == 4, "expected 4 numbers, found \(box.count)")
    try annotations.add(row: row)
    categories.append(category)
    numbers += box
  }

  func boxes(of row: Int) -> [(category: Int, numbers: [Double])] {
    annotations.annotations(of: row).map { number in
      (categories[Int(number)], Array(numbers[Int(number) * 4..<Int(number) * 4 + 4]))
    }
  }
}

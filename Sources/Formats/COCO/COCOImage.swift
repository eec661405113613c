// COCO's annotations of one image.
// SPDX-License-Identifier: Apache-2.0

/// An image of COCO with its captions and boxes, in the order of the files.
public struct COCOImage: Equatable, Sendable {
  public let id: Int
  public let fileName: String
  /// In pixels; nil where no file says it.
  public let width: Int?
  public let height: Int?
  /// As they are written, white space and all.
  public let captions: [String]
  public let boxes: [COCOBox]
}

/// An instance: where it is and what it is.
public struct COCOBox: Equatable, Sendable {
  public let category: String
  /// Left, top, width and height in pixels: finite, and nothing else is known of them.
  public let numbers: [Double]
}

/// `id` as COCO names its files: twelve digits at least.
public func cocoIdentifier(_ id: Int) -> String {
  let digits = String(id)
  return String(repeating: "0", count: max(0, 12 - digits.utf8.count)) + digits
}

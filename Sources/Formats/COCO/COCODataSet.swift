// COCO's captions and instances, read without holding a whole file in memory.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON

/// The images of one or two files of COCO, in the order of the first file's list, then of the
/// second's; behind them those that annotations speak of and no file lists.
///
/// The format: https://cocodataset.org/#format-data. Outlines (`segmentation`) and all else that is
/// not kept are passed over while they are read: memory is in proportion to images, captions and
/// boxes, about 90 bytes and the caption's text each.
public struct COCODataSet: Sendable {
  private var images = ImageTable()
  private var captions = CaptionTable()
  private var boxes = BoxTable()
  private var categories: [Int: String] = [:]

  /// Reads both files, `captions` first. `limit`: the most bytes of what is kept of one element.
  ///
  /// What is wrong with one image is told by `image(_:)`. Throws what spoils a whole file:
  /// `coco/syntax`, `coco/id`, `coco/annotation`, `coco/category`, `coco/list`, `coco/no-common`,
  /// `json/too-long`, and what the sources throw.
  public init(captions: any ByteSource, instances: (any ByteSource)?, limit: Int) throws(Failure) {
    try readCaptions(ElementReader(captions, limit: limit), captions.name)
    if let instances {
      try readInstances(ElementReader(instances, limit: limit), instances.name)
      if images.shared == 0, !images.listed.contains(0) {
        throw Failure(
          .mismatch, code: "coco/no-common", at: instances.name,
          "expected images of \(captions.name), found none of them",
          remedy: "name the captions and the instances of the same split")
      }
    }
    images.finish()
    self.captions.annotations.group(rowCount: images.count)
    boxes.annotations.group(rowCount: images.count)
  }

  /// The number of images that are listed or that annotations refer to.
  public var count: Int { images.count }
  public var captionCount: Int { captions.annotations.count }
  var boxCount: Int { boxes.annotations.count }

  /// The id of image `number`, from 0.
  public func id(_ number: Int) -> Int { images.id(Int(images.order[number])) }

  /// Image `number`, from 0. Throws why there is none: `coco/image`, `coco/annotation` or
  /// `coco/category` for what its elements hold, `coco/not-listed` where there are annotations only.
  public func image(_ number: Int) throws(Failure) -> COCOImage {
    let row = Int(images.order[number])
    let texts = captions.captions(of: row)
    let found = boxes.boxes(of: row)
    guard images.isListed(row) else {
      throw Failure(
        .invalidInput, code: "coco/not-listed",
        "\(counted(texts.count, "caption")) and \(found.count) box\(found.count == 1 ? "" : "es") of"
          + " an image that is not in the list of images")
    }
    if let failure = images.failure(row) { throw failure }
    var named: [COCOBox] = []
    for box in found {
      guard let category = categories[box.category] else {
        throw Failure(
          .invalidInput, code: "coco/category",
          "a box of category \(box.category), which is not in the list of categories")
      }
      named.append(COCOBox(category: category, numbers: box.numbers))
    }
    return COCOImage(
      id: images.id(row), fileName: images.name(row), width: images.width(row),
      height: images.height(row), captions: texts, boxes: named)
  }

  private static let imageMembers = ["id", "file_name", "width", "height"]

  private mutating func readCaptions(_ reader: ElementReader, _ name: String) throws(Failure) {
    let wanted = ["images": Self.imageMembers, "annotations": ["image_id", "caption", "bbox"]]
    let seen = try reader.read(wanted) { (list, element) throws(Failure) in
      if list == "images" { return try images.add(element, file: 0) }
      let row = try images.place(of: try identifier(element, "image_id"))
      guard let value = element["caption"] else {
        throw Self.missing(
          "caption", element["bbox"] == nil ? nil : "these are instances: --boxes takes them")
      }
      try captions.add(value.string ?? "", row: row)
      if value.string == nil {
        images.fail(row, Self.fault("expected a text as `caption`, found \(shown(value))"))
      }
    }
    try Self.require(["images", "annotations"], in: seen, name)
  }

  private mutating func readInstances(_ reader: ElementReader, _ name: String) throws(Failure) {
    let wanted = [
      "images": Self.imageMembers, "categories": ["id", "name"],
      "annotations": ["image_id", "category_id", "bbox", "caption"],
    ]
    let seen = try reader.read(wanted) { (list, element) throws(Failure) in
      switch list {
      case "images": try images.add(element, file: 1)
      case "categories": try addCategory(element)
      default: try addBox(element)
      }
    }
    try Self.require(["images", "annotations", "categories"], in: seen, name)
  }

  private mutating func addCategory(_ element: JSONObject) throws(Failure) {
    let id = try identifier(element, "id")
    guard let name = element["name"]?.string, !name.isEmpty else {
      throw Failure(
        .invalidInput, code: "coco/category",
        "expected a text as `name`, found \(shown(element["name"]))")
    }
    guard categories.updateValue(name, forKey: id) == nil else {
      throw Failure(.invalidInput, code: "coco/category", "category \(id) is listed twice")
    }
  }

  private mutating func addBox(_ element: JSONObject) throws(Failure) {
    let row = try images.place(of: try identifier(element, "image_id"))
    guard let value = element["bbox"] else {
      throw Self.missing(
        "bbox", element["caption"] == nil ? nil : "these are captions: --captions takes them")
    }
    let category = try identifier(element, "category_id")
    let numbers = value.array?.compactMap(\.double) ?? []
    let isWhole = numbers.count == 4 && value.array?.count == 4
    try boxes.add(isWhole ? numbers : [0, 0, 0, 0], category: category, row: row)
    if !isWhole {
      images.fail(row, Self.fault("expected `bbox` to be 4 numbers, found \(shown(value))"))
    }
  }

  private static func missing(_ key: String, _ remedy: String?) -> Failure {
    fault("expected a member `\(key)`, found none", remedy)
  }

  private static func fault(_ message: String, _ remedy: String? = nil) -> Failure {
    Failure(.invalidInput, code: "coco/annotation", message, remedy: remedy)
  }

  private static func require(_ lists: [String], in seen: Set<String>, _ name: String)
    throws(Failure)
  {
    guard let missing = lists.first(where: { !seen.contains($0) }) else { return }
    throw Failure(
      .invalidInput, code: "coco/list", at: name, "expected a list `\(missing)`, found none")
  }
}

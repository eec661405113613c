// What is wrong with one image is told of it alone; what is wrong with a file ends the reading.
// SPDX-License-Identifier: Apache-2.0
import COCO
import InputOutput
import Testing

/// A change of one list, and what it leads to.
struct Damage: Sendable, CustomTestStringConvertible {
  let list: WritableKeyPath<Files, String> & Sendable
  let old: String
  let new: String
  /// A part of the message.
  let says: String

  init(
    _ list: WritableKeyPath<Files, String> & Sendable, _ old: String, _ new: String, _ says: String
  ) {
    (self.list, self.old, self.new, self.says) = (list, old, new, says)
  }

  var testDescription: String { "\(old) -> \(new)" }

  var files: Files {
    var files = Files()
    files[keyPath: list] = files[keyPath: list].replacing(old, with: new)
    return files
  }
}

@Suite struct HostileTests {
  @Test(arguments: [
    Damage(\.images, "\"width\":500", "\"width\":\"500\"", "`width` to be a number of pixels"),
    Damage(\.images, "\"width\":500", "\"width\":0", "`width` to be a number of pixels"),
    Damage(\.images, "\"width\":500", "\"width\":1e999", "`width` to be a number of pixels"),
    Damage(\.images, "\"width\":500", "\"width\":2147483648", "found 2147483648"),
    Damage(\.images, "\"width\":500", "\"width\":0.5", "`width` to be a number of pixels"),
    Damage(\.images, "\"000000000009.jpg\"", "null", "`file_name`, found null"),
    Damage(\.images, "\"000000000009.jpg\"", "\"\"", "`file_name`"),
    Damage(\.images, "[{", "[{\"id\":9,\"file_name\":\"b.jpg\"},{", "listed twice"),
    Damage(\.captions, "\"One\"", "7", "`caption`, found 7"),
    Damage(\.captions, "\"One\"", "null", "`caption`, found null"),
    Damage(\.boxes, "[1,2,3,4]", "[1,2,3]", "`bbox` to be 4 numbers, found [1,2,3]"),
    Damage(\.boxes, "[1,2,3,4]", "[1,2,3,\"4\"]", "`bbox` to be 4 numbers"),
    Damage(\.boxes, "[1,2,3,4]", "[1,2,3,1e999]", "`bbox` to be 4 numbers"),
    Damage(\.boxes, "[1,2,3,4]", "null", "`bbox` to be 4 numbers, found null"),
    Damage(\.boxes, "\"category_id\":1}", "\"category_id\":77}", "category 77"),
  ])
  func oneImageIsSpoiled(_ damage: Damage) throws {
    let (whole, found) = (try Files().outcome(), try damage.files.outcome())
    #expect(found.count == 2 && found[0].contains(damage.says), "\(found)")
    #expect(found[1] == whole[1])
    #expect(try damage.files.outcome(step: 1) == found)
  }

  @Test(arguments: [
    Damage(\.images, "\"id\":25", "\"id\":\"25\"", "as `id`, found \"25\""),
    Damage(\.images, "\"id\":25", "\"id\":-25", "as `id`, found -25"),
    Damage(\.images, "\"id\":25", "\"id\":2.5", "as `id`, found 2.5"),
    Damage(\.images, "\"id\":25", "\"id\":1e300", "as `id`, found 1e300"),
    Damage(\.images, "\"id\":25", "\"ID\":25", "as `id`, found nothing"),
    Damage(\.images, "[{", "[7,{", "expected { for an element, found '7'"),
    Damage(\.images, "[{", "{", "expected [ for a list"),
    Damage(\.captions, "\"image_id\":9", "\"image_id\":null", "`image_id`, found null"),
    Damage(\.captions, "\"caption\":\"One\"", "\"text\":\"One\"", "a member `caption`, found none"),
    Damage(\.captions, "\"One\"", "NaN", "found NaN, which JSON does not have"),
    Damage(\.captions, "\"One\"", "\"One\",\"caption\":\"Two\"", "the same key twice"),
    Damage(\.captions, "\"One\"", "\"\\ud800\"", "lone surrogate"),
    Damage(\.captions, "\"One\"", "One", "expected a value"),
    Damage(\.captions, "\"One\"}", "\"One\"]", "expected , or } in an element"),
    Damage(
      \.captions, "},{\"image_id\":25", "}{\"image_id\":25", "expected , or ] after an element"),
    Damage(\.boxes, "[1,2,3,4]", "[1,2,3,NaN]", "expected a number, found NaN"),
    Damage(\.boxes, "[1,2,3,4]", "[1,2,3,4}", "a bracket is closed by one of another kind"),
    Damage(\.boxes, "\"bbox\":[1,2,3,4],", "", "a member `bbox`, found none"),
    Damage(\.boxes, "\"category_id\":1}", "\"category_id\":[]}", "`category_id`, found []"),
    Damage(\.categories, "\"id\":11", "\"id\":1", "category 1 is listed twice"),
    Damage(\.categories, "\"person\"", "3", "as `name`, found 3"),
    Damage(
      \.boxes, "[[1,2.5,3]]", String(repeating: "[", count: 65), "nested deeper than 64"),
  ])
  func theFileIsRefused(_ damage: Damage) throws {
    let failure = #expect(throws: Failure.self) { try damage.files.read() }
    #expect(failure?.message.contains(damage.says) == true, "\(failure as Any)")
    #expect(failure?.status == .invalidInput)
    #expect(failure?.place?.contains(".json: ") == true)
  }

  @Test func imagesThatNoFileListsAreCounted() throws {
    var files = Files()
    files.captions = files.captions.replacing("\"image_id\":9", with: "\"image_id\":90")
    files.boxes = files.boxes.replacing("\"image_id\":9,\"bbox\"", with: "\"image_id\":91,\"bbox\"")
    let found = try files.outcome()
    #expect(found.count == 4)
    #expect(found[2] == "1 caption and 0 boxes of an image that is not in the list of images")
    #expect(found[3] == "0 captions and 1 box of an image that is not in the list of images")
    #expect(try files.read().id(2) == 90)
  }

  @Test(arguments: [
    (
      "\"file_name\":\"x y.jpg\"", "\"file_name\":\"z.jpg\"",
      "call the image \"x y.jpg\" and \"z.jpg\""
    ),
    ("\"width\":640", "\"width\":641", "disagree on the image's width: 640 and 641"),
    ("\"height\":426", "\"height\":1", "disagree on the image's height: 426 and 1"),
  ])
  func filesThatDisagreeSpoilTheImage(old: String, new: String, says: String) throws {
    let files = Files()
    let instances = files.instancesFile.replacing(old, with: new)
    let data = try COCODataSet(
      captions: MemorySource(Array(files.captionsFile.utf8)),
      instances: MemorySource(Array(instances.utf8)), limit: 1000)
    _ = try data.image(0)
    let failure = #expect(throws: Failure.self) { try data.image(1) }
    #expect(failure?.message.contains(says) == true)
  }

  @Test func sizesMayBeMissingInOneFile() throws {
    let files = Files()
    let bare = files.captionsFile.replacing("\"width\":500,\"height\":480", with: "\"width\":null")
      .replacing("480", with: "481")
    let data = try COCODataSet(
      captions: MemorySource(Array(bare.utf8)),
      instances: MemorySource(Array(files.instancesFile.utf8)), limit: 1000)
    #expect(try data.image(0).width == 500 && data.image(0).height == 480)
  }
}

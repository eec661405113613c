// COCO's files: any order of members, what is kept, and what is refused.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Testing

@testable import COCO

/// The two files, each list replaceable.
struct Files {
  var images =
    #"[{"id":9,"file_name":"000000000009.jpg","width":500,"height":480},"#
    + #"{"license":3,"file_name":"x y.jpg","height":426,"width":640,"id":25}]"#
  var captions =
    #"[{"image_id":25,"id":1,"caption":"A é\ncat."},"#
    + #"{"image_id":9,"id":2,"caption":"One"},{"image_id":25,"id":3,"caption":"Two"}]"#
  var boxes =
    #"[{"segmentation":[[1,2.5,3]],"bbox":[163.0,293.76,50,51.84],"category_id":11,"#
    + #""image_id":9,"iscrowd":0},{"segmentation":{"counts":"a\"]}","size":[1,2]},"#
    + #""image_id":9,"bbox":[1,2,3,4],"category_id":1}]"#
  var categories = #"[{"supercategory":"p","id":1,"name":"person"},{"id":11,"name":"hydrant"}]"#

  var captionsFile: String { #"{"images":\#(images),"annotations":\#(captions)}"# }
  var instancesFile: String {
    #"{"images":\#(images),"annotations":\#(boxes),"categories":\#(categories)}"#
  }

  func read(step: Int = .max, limit: Int = 1 << 20) throws(Failure) -> COCODataSet {
    try COCODataSet(
      captions: MemorySource(Array(captionsFile.utf8), name: "c.json", step: step),
      instances: MemorySource(Array(instancesFile.utf8), name: "i.json", step: step),
      limit: limit)
  }

  /// Everything that the set says, with the failures of images as texts.
  func outcome(step: Int = .max) throws(Failure) -> [String] {
    let data = try read(step: step)
    return (0..<data.count).map { row in
      do throws(Failure) { return "\(try data.image(row))" } catch { return error.message }
    }
  }
}

@Suite struct COCOTests {
  private let expected = [
    COCOImage(
      id: 9, fileName: "000000000009.jpg", width: 500, height: 480, captions: ["One"],
      boxes: [
        COCOBox(category: "hydrant", numbers: [163, 293.76, 50, 51.84]),
        COCOBox(category: "person", numbers: [1, 2, 3, 4]),
      ]),
    COCOImage(
      id: 25, fileName: "x y.jpg", width: 640, height: 426, captions: ["A é\ncat.", "Two"],
      boxes: []),
  ]

  @Test(arguments: [1, 2, 3, 7, 64, .max])
  func imagesHaveWhatTheFilesSay(step: Int) throws {
    let data = try Files().read(step: step)
    #expect(try (0..<data.count).map { try data.image($0) } == expected)
    #expect((data.captionCount, data.boxCount) == (3, 2))
    #expect(cocoIdentifier(9) == "000000000009")
    #expect(cocoIdentifier(1_234_567_890_123) == "1234567890123")
  }

  @Test func listsMayStandInAnyOrder() throws {
    let files = Files()
    let others = #""info":{"a":[{"b":"]}"}]},"licenses":[[],{}],"n":null,"t":true,"f":-1.5e3"#
    for (captions, instances) in [
      (
        #"{\#(others),"annotations":\#(files.captions),"images":\#(files.images)}"#,
        #"{"annotations":\#(files.boxes),"categories":\#(files.categories),"images":\#(files.images),\#(others)}"#
      ),
      (
        " { \"images\" :\n\(files.images) , \"annotations\"\t: \(files.captions) }\r\n",
        "{\"categories\":\(files.categories),\"images\":[],\"annotations\":\(files.boxes)}"
      ),
    ] {
      let data = try COCODataSet(
        captions: MemorySource(Array(captions.utf8)),
        instances: MemorySource(Array(instances.utf8)),
        limit: 1000)
      #expect(try (0..<data.count).map { try data.image($0) } == expected)
    }
  }

  @Test func outlinesCostNothing() throws {
    var files = Files()
    let outline = String(repeating: "123.45,", count: 100_000) + "0"
    files.boxes =
      #"[{"segmentation":[[\#(outline)]],"bbox":[1,2,3,4],"category_id":1,"image_id":9}]"#
    #expect(try files.read(limit: 200).image(0).boxes.count == 1)
    files.captions = #"[{"image_id":9,"caption":"\#(outline)"}]"#
    let failure = #expect(throws: Failure.self) { try files.read(limit: 200) }
    #expect(failure?.status == .limitExceeded && failure?.remedy == "raise --max-line")
  }

  @Test func everyCutIsAFailure() throws {
    let (captions, instances) = (
      Array(Files().captionsFile.utf8), Array(Files().instancesFile.utf8)
    )
    for count in 0..<captions.count {
      let failure = #expect(throws: Failure.self) {
        try COCODataSet(
          captions: MemorySource(Array(captions[..<count]), name: "c.json"), instances: nil,
          limit: 1000)
      }
      #expect(failure?.status == .invalidInput && failure?.place?.hasPrefix("c.json") == true)
    }
    for count in 0..<instances.count {
      #expect(throws: Failure.self) {
        try COCODataSet(
          captions: MemorySource(captions), instances: MemorySource(Array(instances[..<count])),
          limit: 1000)
      }
    }
  }

  /// Damage of any byte: a failure or some other data, never a crash.
  @Test func anyByteMayBeAnother() throws {
    let whole = Array(Files().instancesFile.utf8)
    var failed = 0
    for place in whole.indices {
      for byte: UInt8 in [0, 0x20, 0x22, 0x2C, 0x39, 0x5B, 0x5C, 0x5D, 0x7D, 0xFF] {
        var bytes = whole
        bytes[place] = byte
        do throws(Failure) {
          let data = try COCODataSet(
            captions: MemorySource(Array(Files().captionsFile.utf8)),
            instances: MemorySource(bytes), limit: 1000)
          for row in 0..<data.count { _ = try data.image(row) }
        } catch {
          #expect([.invalidInput, .mismatch].contains(error.status), "\(error)")
          failed += 1
        }
      }
    }
    #expect(failed > whole.count)
  }

  @Test func foreignFilesAreNamed() throws {
    func failure(_ captions: String, _ instances: String? = nil) -> Failure? {
      #expect(throws: Failure.self) {
        try COCODataSet(
          captions: MemorySource(Array(captions.utf8), name: "c.json"),
          instances: instances.map { MemorySource(Array($0.utf8), name: "i.json") }, limit: 1000)
      }
    }
    let files = Files()
    #expect(failure("[]")?.remedy?.contains("--captions") == true)
    let swapped = failure(files.instancesFile)
    #expect(swapped?.message.contains("`caption`") == true)
    #expect(swapped?.remedy == "these are instances: --boxes takes them")
    #expect(swapped?.place == "c.json: annotations, element 1")
    #expect(
      failure(files.captionsFile, files.captionsFile)?.remedy
        == "these are captions: --captions takes them")
    var other = files
    other.images = #"[{"id":1,"file_name":"a.jpg","width":5,"height":4}]"#
    let mismatch = failure(files.captionsFile, other.instancesFile)
    #expect(mismatch?.code == "coco/no-common" && mismatch?.place == "i.json")
  }
}

// Boxes: what is cut off, what is no box, and how contexts are written.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import InstructionData
import JSON
import Testing

@Suite struct ImageBoxTests {
  private func box(
    _ numbers: [Double], _ form: BoxForm = .coco, keepsOutside: Bool = false
  ) throws(Failure) -> ImageBox {
    try ImageBox(
      category: "cat", numbers: numbers, form: form, width: 640, height: 480,
      keepsOutside: keepsOutside)
  }

  @Test(
    arguments: [
      ([600, 400, 80, 100], BoxForm.coco, "cat: [0.938, 0.833, 1.0, 1.0]", true),
      ([-0.1, 0, 10, 10], .coco, "cat: [0.0, 0.0, 0.015, 0.021]", false),
      ([-1, -1, 10, 10], .coco, "cat: [0.0, 0.0, 0.014, 0.019]", true),
      // A box that ends at the edge but for the last bit is not cut.
      ([639.9, 0, 0.1 + 1e-9, 480], .coco, "cat: [1.0, 0.0, 1.0, 1.0]", false),
      ([10, 20, 0, 0], .coco, "cat: [0.016, 0.042, 0.016, 0.042]", false),
      ([600, 400, 680, 500], .corners, "cat: [0.938, 0.833, 1.0, 1.0]", true),
      ([0.5, 0, 1.062, 1], .fractions, "cat: [0.5, 0.0, 1.0, 1.0]", true),
      ([0.1235, 0, 0.5, 0.0625], .fractions, "cat: [0.123, 0.0, 0.5, 0.062]", false),
    ] as [([Double], BoxForm, String, Bool)])
  func boxesAreWithinTheImage(numbers: [Double], form: BoxForm, text: String, isClipped: Bool)
    throws
  {
    let box = try box(numbers, form)
    #expect(box.text == text && box.isClipped == isClipped)
  }

  @Test(
    arguments: [
      ([1, 2, 3], BoxForm.coco, "box/size"), ([1, 2, -3, 4], .coco, "box/size"),
      ([1, 2, 3, -4], .coco, "box/size"), ([1, 2, .nan, 4], .coco, "box/size"),
      ([1, 2, .infinity, 4], .coco, "box/size"), ([1e308, 2, 1e308, 4], .coco, "box/size"),
      ([-1e300, 2, 3, 4], .coco, "box/size"), ([700, 2, 3, 4], .coco, "box/outside"),
      ([640, 2, 3, 4], .coco, "box/outside"), ([-5, 2, 5, 4], .coco, "box/outside"),
      ([1, 481, 3, 0], .coco, "box/outside"), ([5, 5, 4, 6], .corners, "box/size"),
      ([163, 293, 213, 345], .fractions, "box/size"), ([0.5, 0, 0.4, 1], .fractions, "box/size"),
      ([1.2, 0, 1.4, 1], .fractions, "box/outside"),
    ] as [([Double], BoxForm, String)])
  func whatIsNoBoxIsRefused(numbers: [Double], form: BoxForm, code: String) {
    let failure = #expect(throws: Failure.self) { try box(numbers, form) }
    #expect(failure?.code == code, "\(failure as Any)")
  }

  @Test func theReferenceKeepsWhatIsOutside() throws {
    #expect(
      try box([-0.1, 0, 10, 10], keepsOutside: true).text == "cat: [-0.0, 0.0, 0.015, 0.021]")
    #expect(
      try box([700, 2, 3, 4], keepsOutside: true).text == "cat: [1.094, 0.004, 1.098, 0.013]")
    #expect(try !box([600, 400, 80, 100], keepsOutside: true).isClipped)
  }

  @Test func pixelsNeedTheSizeOfTheImage() {
    for (width, height) in [(nil, 480), (640, nil), (0, 480), (640, -1)] as [(Int?, Int?)] {
      let failure = #expect(throws: Failure.self) {
        try ImageBox(
          category: "a", numbers: [1, 2, 3, 4], form: .coco, width: width, height: height)
      }
      #expect(failure?.code == "box/no-size")
    }
    #expect(throws: Never.self) {
      try ImageBox(
        category: "a", numbers: [0, 0, 1, 1], form: .fractions, width: nil, height: nil)
    }
  }

  @Test func textsStandOnOneLine() throws {
    #expect(oneLine(" a\r\n b \n\n c\t") == "a b c")
    #expect(oneLine("a b") == "a b" && oneLine("e\u{301}") == "e\u{301}")
    #expect(oneLine(" \n\t\r\n") == nil && oneLine("") == nil)
    let box = try ImageBox(
      category: "fire\nhydrant ", numbers: [0, 0, 1, 1], form: .fractions, width: nil, height: nil)
    #expect(box.text == "fire hydrant: [0.0, 0.0, 1.0, 1.0]")
  }
}

@Suite struct ImageContextTests {
  private func context(_ text: String, _ form: BoxForm = .fractions) throws -> ImageContext {
    let object = try #require(try JSONValue(parsing: Array(text.utf8)).object)
    return try ImageContext(of: object, form: form, keepsOutside: false)
  }

  @Test func captionsAndBoxesAreWrittenAsTheReferenceDoes() throws {
    let context = try context(
      #"{"captions":["A.","B\n"],"instances":[{"category":"cat","bbox":[0.1,0,1,0.5]},"#
        + #"{"category":"dog","bbox":[0,0,0.3333,1],"more":1}]}"#)
    let captions = "A.\nB"
    #expect(context.text(for: .conversation) == captions)
    #expect(context.text(for: .brief) == captions)
    let boxes = "cat: [0.1, 0.0, 1.0, 0.5]\ndog: [0.0, 0.0, 0.333, 1.0]"
    #expect(context.text(for: .detail) == captions + "\n\n" + boxes)
    #expect(context.text(for: .complex) == captions + "\n\n" + boxes)
  }

  @Test func withoutBoxesThereAreCaptionsAlone() throws {
    for text in [#"{"captions":["A"]}"#, #"{"caption":"A","instances":[]}"#] {
      #expect(try context(text).text(for: .complex) == "A")
    }
  }

  @Test func pixelsAreDividedByTheRecordsSize() throws {
    let context = try context(
      #"{"captions":["A"],"width":500,"height":480.0,"#
        + #""instances":[{"category":"hydrant","bbox":[163.0,293.76,50.0,51.84]}]}"#, .coco)
    #expect(context.boxes[0].text == "hydrant: [0.326, 0.612, 0.426, 0.72]")
  }

  @Test(arguments: [
    ("{}", "context/captions"), (#"{"captions":[]}"#, "context/captions"),
    (#"{"captions":null}"#, "context/captions"), (#"{"captions":["a",1]}"#, "context/captions"),
    (#"{"captions":["a"," \n"]}"#, "context/captions"), (#"{"captions":{}}"#, "context/captions"),
    (#"{"captions":["a"],"instances":{}}"#, "context/instances"),
    (#"{"captions":["a"],"instances":[7]}"#, "context/instances"),
    (#"{"captions":["a"],"instances":[{"category":"c"}]}"#, "box/size"),
    (#"{"captions":["a"],"instances":[{"bbox":[0,0,1,1]}]}"#, "context/instances"),
    (#"{"captions":["a"],"instances":[{"category":"c","bbox":[0,0,1,"1"]}]}"#, "context/instances"),
    (
      #"{"captions":["a"],"instances":[{"category":"c","bbox":[0,0,1,1e999]}]}"#,
      "context/instances"
    ),
    (#"{"captions":["a"],"instances":[{"category":" ","bbox":[0,0,1,1]}]}"#, "box/category"),
  ])
  func whatIsNoContextIsRefused(text: String, code: String) throws {
    let failure = #expect(throws: Failure.self) { try context(text) }
    #expect(failure?.code == code)
  }
}

// Records to sequences: what is measured before the first step is what comes later.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Recipes
import Records
import Streams
import Tensors
import TestSupport
import Testing
import Training

@testable import TrainingRuns

struct ReaderTests {
  private func images(_ rows: [Int]) throws -> [Tensor] {
    try rows.map { try Tensor(.f32, shape: [$0, 12]) }
  }

  private func measure(_ sample: Sample, _ reader: SequenceReader) throws -> SequenceMeasure {
    try reader.measure(
      sample.json, images: sample.rows.count, imageRows: sample.rows.reduce(0, +))
  }

  /// Records with at most one image are measured exactly, at every cut.
  @Test func measuresAreWhatComesOfThem() throws {
    var samples = Sample.some(9)
    var again = Sample("again")
    (again.order, again.loss) = ([0, 0], [0..<1, 5..<6])
    var first = Sample("first")
    first.loss = [0..<1]
    var empty = Sample("empty")
    (empty.rows, empty.loss) = ([0], [1..<2])
    samples += [again, first, empty]
    for sample in samples {
      for longest in 1...16 {
        let reader = RunFixture.reader(maxLength: longest)
        let record = Record(sample.json, id: sample.id)
        do {
          let sequence = try reader.sequence(record, images: try images(sample.rows))
          let measure = try measure(sample, reader)
          #expect(measure.length == sequence.length, "\(sample.id) within \(longest)")
          #expect(measure.targets == sequence.targets.count, "\(sample.id) within \(longest)")
          #expect((measure.fullLength > measure.length) == sequence.isTruncated)
        } catch {
          let expected = try #require(error as? Failure)
          #expect(try failure { _ = try measure(sample, reader) } == expected, "\(sample.id)")
        }
      }
    }
  }

  @Test func severalImagesAreMeasuredTogether() throws {
    var sample = Sample("two")
    sample.rows = [3, 1]
    #expect(
      try measure(sample, RunFixture.reader())
        == SequenceMeasure(length: 10, fullLength: 10, targets: 3))
    #expect(
      try measure(sample, RunFixture.reader(maxLength: 9))
        == SequenceMeasure(length: 9, fullLength: 10, targets: 3))
    #expect(
      try failure { _ = try measure(sample, RunFixture.reader(maxLength: 2)) }.code
        == "prompt/no-loss")
  }

  @Test func whatDoesNotFitIsFoundWhileMeasuring() throws {
    let reader = RunFixture.reader()
    var foreign = Sample("foreign")
    foreign.ids[5] = 33
    var silent = Sample("silent")
    silent.loss = []
    var order = Sample("order")
    order.order = [1]
    for (sample, code) in [
      (foreign, "prompt/token-range"), (silent, "prompt/no-loss"), (order, "prompt/image-count"),
    ] {
      let record = Record(sample.json, id: sample.id)
      let found = try failure { _ = try measure(sample, reader) }
      #expect(found.code == code && found.spoilsRecordOnly)
      #expect(try failure { _ = try reader.sequence(record, images: images(sample.rows)) } == found)
    }
    let huge = try failure { _ = try reader.measure(Sample("a").json, images: 1, imageRows: .max) }
    #expect(huge.code == "prompt/too-long" && huge.status == .limitExceeded)
  }

  @Test func promptsThatAreNoneAreRefused() throws {
    let reader = RunFixture.reader()
    var noTokens = Sample("a").json
    noTokens["prompt"] = .object(["template": .string("plain"), "segments": .array([])])
    for (object, code) in [
      (JSONObject(), "prompt/missing"), (["prompt": .int(7)], "prompt/invalid"),
      (["prompt": .object([:])], "prompt/invalid"), (noTokens, "prompt/no-tokens"),
    ] {
      let failure = try failure { _ = try reader.sequence(Record(object, id: "a"), images: []) }
      #expect(failure.code == code && failure.spoilsRecordOnly && failure.remedy != nil, "\(code)")
      #expect(
        try TrainingRunsTests.failure { _ = try reader.measure(object, images: 0, imageRows: 0) }
          == failure)
    }
  }

  /// A recipe that is contradicted is no fault of a record: the run ends.
  @Test func otherRecipesEndTheRun() throws {
    let recipe = RecipeCheck(own: try Recipe.named("llava-1.5-finetune"))
    let reader = RunFixture.reader(recipe: recipe)
    var object = Sample("a").json
    object["prompt"] = object["prompt"]?.object.map {
      var prompt = $0
      prompt["recipe"] = .string("llava-v0-pretrain")
      return .object(prompt)
    }
    let failure = try failure { _ = try reader.sequence(Record(object, id: "a"), images: []) }
    #expect(failure.code == "recipe/mismatch" && failure.kind == .wholeRun)
    #expect(failure.status == .mismatch && !failure.spoilsRecordOnly)
  }
}

struct StreamCheckTests {
  private func failure(
    _ header: StreamHeader, width: Int? = 12, tower: String? = "sha256:tower",
    pixelSide: Int? = nil
  ) -> Failure? {
    do throws(Failure) {
      try FeatureRequirements(width: width, tower: tower, pixelSide: pixelSide)
        .check(header, at: "f.tsz")
      return nil
    } catch {
      return error
    }
  }

  private func header(
    _ content: String = "clip-features", _ fields: StreamSchema.Field...
  ) -> StreamHeader {
    StreamHeader(content: content, schema: StreamSchema(fields), producer: "test/1")
  }

  @Test func theModelsFeaturesPass() {
    #expect(failure(sampleHeader()) == nil)
    #expect(failure(sampleHeader(), width: nil, tower: nil) == nil)
    // A stream that does not say which tower made it may be right.
    var anonymous = sampleHeader()
    anonymous.model = nil
    #expect(failure(anonymous) == nil)
    #expect(FeatureRequirements.width(of: sampleHeader()) == 12)
    for type: ElementType in [.bf16, .f16] {
      #expect(
        failure(
          header(
            "clip-features", .init("features", type, [nil, 12]), .init("image_rows", .i32, [nil])))
          == nil)
    }
  }

  @Test func otherContentIsRefused() {
    let rows = StreamSchema.Field("image_rows", .i32, [nil])
    let features = StreamSchema.Field("features", .f32, [nil, 12])
    for found in [
      header("pixels", features, rows), header("projected", features, rows),
      header("clip-features"), header("clip-features", features), header("clip-features", rows),
      header("clip-features", .init("features", .f32, [nil, nil, 12]), rows),
      header("clip-features", .init("features", .f32, [12]), rows),
      header("clip-features", .init("features", .i32, [nil, 12]), rows),
      header("clip-features", features, .init("image_rows", .f32, [nil])),
      header("clip-features", features, .init("image_rows", .i32, [nil, 2])),
    ] {
      let failure = failure(found)
      #expect(failure?.code == "stream/content" && failure?.status == .mismatch)
      #expect(failure?.place == "f.tsz")
    }
    #expect(failure(header("projected", features, rows))?.remedy?.contains("llava-project") == true)
    #expect(failure(header("pix\u{1b}", features, rows))?.message.contains("\u{1b}") == false)
  }

  /// Where the tower is trained the stream holds what it sees.
  @Test func pixelsAreThoseOfTheTower() {
    func pixels(_ shape: [Int?], _ type: ElementType = .u8) -> StreamHeader {
      header("pixels", .init("pixels", type, shape))
    }
    #expect(failure(pixels([nil, 8, 8, 3]), pixelSide: 8) == nil)
    for found in [
      pixels([nil, 8, 8, 1]), pixels([nil, 3, 8]), pixels([nil, 8, 8, nil]), pixels([2, 8, 8, 3]),
      pixels([nil, 8, 8, 3], .f32), header("pixels"), sampleHeader(),
    ] {
      let failure = failure(found, pixelSide: 8)
      #expect(failure?.code == "stream/content" && failure?.status == .mismatch)
      #expect(failure?.message.contains("expected pixels") == true)
    }
    #expect(
      failure(pixels([nil, 8, 8, nil], .f32), pixelSide: 8)?.message
        == "expected pixels of U8 [any, 8, 8, 3], found F32 [any, 8, 8, any]")
    #expect(failure(header("pixels"), pixelSide: 8)?.message.hasSuffix("no such tensor") == true)
    for found in [pixels([nil, 8, 4, 3]), pixels([nil, nil, 8, 3]), pixels([nil, 4, 4, 3])] {
      #expect(failure(found, pixelSide: 8)?.code == "stream/side")
    }
    var foreign = pixels([nil, 8, 8, 3])
    foreign.model = "sha256:other"
    #expect(failure(foreign, pixelSide: 8)?.code == "stream/tower")
    let refused = failure(pixels([nil, 8, 8, 3]))
    #expect(refused?.code == "stream/content")
    #expect(refused?.remedy?.contains("--train-vision") == true)
    #expect(failure(sampleHeader(), pixelSide: 8)?.remedy?.contains("--emit pixels") == true)
  }

  @Test func otherWidthsAndTowersAreRefused() {
    #expect(failure(sampleHeader(), width: 13)?.code == "stream/width")
    #expect(failure(sampleHeader(width: nil))?.message.hasSuffix("width 12, found any") == true)
    // A fresh projector needs one width, above 0.
    #expect(failure(sampleHeader(width: nil), width: nil)?.code == "stream/width")
    #expect(failure(sampleHeader(width: 0), width: nil)?.code == "stream/width")
    let tower = failure(sampleHeader(), tower: "sha256:other")
    #expect(tower?.code == "stream/tower" && tower?.status == .mismatch && tower?.remedy != nil)
  }
}

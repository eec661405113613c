// Preprocessed pixels and numbers equal those of Pillow and transformers.
// SPDX-License-Identifier: Apache-2.0
import Images
import InputOutput
import Preprocessing
import Tensors
import Testing

@Suite("Preprocessing")
struct PreprocessorTests {
  static func settings(_ row: [String]) throws -> PreprocessorSettings {
    var settings = PreprocessorSettings()
    settings.size = .shortestEdge(try #require(Int(row[1])))
    let crop = try #require(Int(row[2]))
    settings.crops = crop > 0
    settings.cropWidth = crop
    settings.cropHeight = crop
    settings.aspect = try #require(PreprocessorSettings.Aspect(rawValue: row[3]))
    settings.filter = try #require(
      Int(row[4]).flatMap { PreprocessorSettings.Filter(rawValue: $0) })
    return settings
  }

  @Test("equals CLIPImageProcessor", arguments: Golden.table("preprocessed.tsv"))
  func equalsTransformers(row: [String]) throws {
    try #require(row.count == 9)
    let image = try ImageDecoder.decode(Golden.bytes(row[0]))
    let preprocessor = try Preprocessor(Self.settings(row))
    let pixels = try preprocessor.pixels(of: image)
    #expect([String(pixels.shape[1]), String(pixels.shape[0])] == [row[5], row[6]])
    #expect(Golden.sum(pixels) == row[7], "pixels of \(row)")
    let numbers = try preprocessor.normalised(pixels)
    #expect(numbers.shape == [3, pixels.shape[0], pixels.shape[1]])
    #expect(Golden.sum(numbers) == row[8], "numbers of \(row)")
  }

  @Test("equals the raw pixels", arguments: PreprocessorSettings.Aspect.allCases)
  func equalsRawPixels(aspect: PreprocessorSettings.Aspect) throws {
    let image = try ImageDecoder.decode(Golden.bytes("odd.png"))
    let pixels = try Preprocessor(PreprocessorSettings(side: 24, aspect: aspect)).pixels(of: image)
    #expect(pixels.bytes == (try Golden.bytes("odd-24-\(aspect.rawValue).rgb")))
  }

  static func image(width: Int, height: Int, _ value: UInt8) throws -> RGBImage {
    let values = [UInt8](repeating: value, count: width * height * 3)
    let shape = [height, width, 3]
    return RGBImage(
      pixels: try values.withUnsafeBytes { try Tensor(.u8, shape: shape, copying: $0) })
  }

  @Test("padding puts LLaVA's colour around the middle, the odd pixel after")
  func padding() throws {
    var settings = PreprocessorSettings(side: 4, aspect: .pad)
    settings.resizes = false
    let pixels = try Preprocessor(settings).pixels(of: Self.image(width: 4, height: 1, 9))
    let mean: [UInt8] = [122, 116, 104]
    let row = [[UInt8]](repeating: mean, count: 4).flatMap { $0 }
    #expect(pixels.bytes == row + [UInt8](repeating: 9, count: 12) + row + row)
  }

  @Test("one colour stays one colour, however it is resized", arguments: [1, 2, 255])
  func constants(value: Int) throws {
    for side in [1, 5, 40] {
      let preprocessor = try Preprocessor(PreprocessorSettings(side: side))
      let image = try Self.image(width: 23, height: 17, UInt8(value))
      #expect(try preprocessor.pixels(of: image).bytes.allSatisfy { $0 == UInt8(value) })
    }
  }

  @Test("an image of extreme shape costs no more than its crop")
  func extremeShapes() throws {
    let preprocessor = try Preprocessor(PreprocessorSettings(side: 336))
    for (width, height) in [(60_000, 1), (1, 60_000)] {
      let image = try Self.image(width: width, height: height, 77)
      let pixels = try preprocessor.pixels(of: image)
      #expect(pixels.shape == [336, 336, 3])
      #expect(pixels.bytes.allSatisfy { $0 == 77 })
      let padded = try Preprocessor(PreprocessorSettings(side: 336, aspect: .pad))
      #expect(try padded.pixels(of: image).shape == [336, 336, 3])
    }
  }

  @Test("without a crop an extreme shape is refused")
  func uncroppedExtremes() throws {
    var settings = PreprocessorSettings(side: 336)
    settings.crops = false
    let preprocessor = try Preprocessor(settings)
    let image = try Self.image(width: 60_000, height: 1, 77)
    let failure = #expect(throws: Failure.self) { try preprocessor.pixels(of: image) }
    #expect(failure?.code == "image/too-large")
  }

  @Test("steps can be switched off")
  func switches() throws {
    var settings = PreprocessorSettings(side: 2)
    settings.resizes = false
    settings.crops = false
    settings.normalises = false
    let image = try Self.image(width: 3, height: 1, 51)
    var preprocessor = try Preprocessor(settings)
    let pixels = try preprocessor.pixels(of: image)
    #expect(pixels.shape == [1, 3, 3])
    #expect(try preprocessor.normalised(pixels).floats == [Float](repeating: 0.2, count: 9))
    settings.rescales = false
    preprocessor = try Preprocessor(settings)
    #expect(try preprocessor.normalised(pixels).floats == [Float](repeating: 51, count: 9))
  }

  @Test("exact sizes need not keep the shape")
  func exactSize() throws {
    var settings = PreprocessorSettings(side: 5)
    settings.size = .exact(width: 9, height: 4)
    settings.crops = false
    let pixels = try Preprocessor(settings).pixels(of: Self.image(width: 7, height: 30, 3))
    #expect(pixels.shape == [4, 9, 3])
    settings.aspect = .pad
    #expect(
      try Preprocessor(settings).pixels(of: Self.image(width: 7, height: 30, 3)).shape
        == [4, 9, 3])
  }

  @Test("odd means neither trap nor overflow")
  func oddMeans() throws {
    var settings = PreprocessorSettings(side: 3, aspect: .pad)
    settings.mean = [-5, 1e300, 2]
    let pixels = try Preprocessor(settings).pixels(of: Self.image(width: 3, height: 1, 0))
    #expect(pixels.bytes.prefix(3) == [0, 255, 255])
  }
}

extension Tensor {
  var floats: [Float] { withUnsafeBytes { Array($0.bindMemory(to: Float.self)) } }
}

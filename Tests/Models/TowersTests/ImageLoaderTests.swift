// Loading images: one budget for all threads, the same pixels whatever it is, and paths that are none.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Preprocessing
import TestSupport
import Testing
import Threads

@testable import Images
@testable import Towers

struct ImageLoaderTests {
  private static let folder = "\(packageRoot)/Tests/Golden/images"

  private func loader(_ budget: DecodeBudget = DecodeBudget()) throws -> ImageLoader {
    ImageLoader(
      preprocessor: try Preprocessor(PreprocessorSettings(side: 28)), options: DecodeOptions(),
      root: nil, budget: budget)
  }

  @Test func memoryIsSharedAndPixelsDoNotDependOnIt() throws {
    let pool = ThreadPool(width: 8)
    defer { pool.stop() }
    let paths = (0..<40).map {
      "\(Self.folder)/\(["cmyk-progressive.jpg", "high.png", "cut.jpg", "none.jpg"][$0 % 4])"
    }
    var all: [[String]] = []
    for bytes in [1, 3 << 20, 1 << 40] {
      let budget = DecodeBudget(bytes: bytes)
      let results = loadInParallel(paths, loader: try loader(budget), pool: pool)
      all.append(
        results.map { result in
          switch result {
          case .success(let pixels): "\(pixels.withUnsafeBytes { Array($0) })"
          case .failure(let failure): failure.code
          }
        })
      // An image here takes 1 MiB and some.
      if bytes < 1 << 40 { #expect(budget.mostHeld < max(bytes, 2) + 2 << 20) }
    }
    #expect(all[0] == all[1] && all[1] == all[2])
  }

  @Test(arguments: [
    ("https://example.org/a.jpg", "fetch it first"), ("HTTP://h/a.png", "fetch it first"),
    ("s3://bucket/a.jpg", "fetch it first"), ("file:///photos/a.jpg", "without file://"),
    ("data:image/png;sha256=00", "the image itself"),
  ])
  func saysThatAURLIsNoPath(path: String, remedy: String) throws {
    for root in [nil, try FileRoot(path: Self.folder)] {
      let loader = ImageLoader(
        preprocessor: try Preprocessor(PreprocessorSettings(side: 28)), options: DecodeOptions(),
        root: root)
      let failure = #expect(throws: Failure.self) { try loader.pixels(path) }
      #expect(failure?.code == "path/url")
      #expect(failure?.remedy?.contains(remedy) == true, "\(failure?.remedy ?? "")")
    }
  }

  /// The same pixels as the file's, also where paths are confined, counted before it is decoded.
  @Test func imagesInTheTextAreImages() throws {
    let directory = try TemporaryDirectory()
    let image = try readWholeFile("\(Self.folder)/grey.jpg", limit: 1 << 20)
    let budget = DecodeBudget()
    let confined = ImageLoader(
      preprocessor: try Preprocessor(PreprocessorSettings(side: 28)), options: DecodeOptions(),
      root: try FileRoot(path: directory.path), budget: budget)
    let url = "data:image/jpeg;base64," + base64(image)
    let file = try loader().pixels("\(Self.folder)/grey.jpg").withUnsafeBytes { Array($0) }
    for loader in [try loader(), confined] {
      #expect(try loader.pixels(url).withUnsafeBytes { Array($0) } == file)
    }
    #expect(budget.mostHeld > image.count)
  }

  @Test(arguments: [
    ("AAAA", "image/unsupported"), ("", "image/empty"), ("AAA", "image/data-url"),
    ("/9j/4A==", "image/truncated"),
  ])
  func longDataIsNotShown(start: String, code: String) throws {
    let isLong = !start.isEmpty && code != "image/truncated"
    let filler = isLong ? String(repeating: "A", count: 9_000) : ""
    let failure = #expect(throws: Failure.self) {
      try loader().pixels("data:image/png;base64,\(start)\(filler)")
    }
    #expect(failure?.code == code)
    #expect(failure?.place?.hasPrefix("data:image/png;sha256=") == true)
    #expect((failure?.place?.utf8.count ?? 0) < 100)
  }

  @Test(arguments: ["a:b.jpg", "12:30 photo.jpg", "x://y.jpg", "caf\u{e9}://x", "data:", "://a"])
  func aMissingFileIsAMissingFile(path: String) throws {
    #expect(#expect(throws: Failure.self) { try loader().pixels(path) }?.code == "path/missing")
  }

  @Test func aFolderMayBeNamedLikeAScheme() throws {
    let directory = try TemporaryDirectory()
    let image = try readWholeFile("\(Self.folder)/grey.jpg", limit: 1 << 20)
    _ = try Shell.bash("mkdir -p https:/host", in: directory)
    try directory.write(image, to: "https:/host/a.jpg")
    let loader = ImageLoader(
      preprocessor: try Preprocessor(PreprocessorSettings(side: 28)), options: DecodeOptions(),
      root: try FileRoot(path: directory.path))
    #expect(try loader.pixels("https://host/a.jpg").shape == [28, 28, 3])
  }
}

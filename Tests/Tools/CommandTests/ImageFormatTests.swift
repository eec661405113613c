// Formats besides JPEG, PNG and PNM: image-decode by itself, and as clip-encode starts it.
// SPDX-License-Identifier: Apache-2.0
import JSON
import TestSupport
import Testing

@Suite struct ImageFormatTests {
  private static let golden = "\(packageRoot)/Tests/Golden/sandboxed"

  /// Golden files that need no library, as they are and as the pixmaps that Pillow makes of them.
  private func folder() throws -> TemporaryDirectory {
    let directory = try Workbench.bare()
    let made = try Workbench.run(
      """
      for name in palette.gif part-transparent.gif rle8.bmp rgba.bmp; do
        cp "\(Self.golden)/$name" .
        IFS=$'\\t' read -r _ _ width height rgb _ < <(grep "^$name" "\(Self.golden)/expected.tsv")
        { printf 'P6\\n%s %s\\n255\\n' $width $height; cat "\(Self.golden)/$rgb"; } > $name.ppm
        printf '{"id":"%s","image":"%s"}\\n' $name $name >> list
        printf '{"id":"%s","image":"%s.ppm"}\\n' $name $name >> pixmaps
      done
      """, in: directory)
    try #require(made.status == 0, "\(made.errors)")
    return directory
  }

  @Test func theTowerSeesTheSamePixels() throws {
    let result = try Workbench.run(
      """
      set -e
      clip-encode --emit pixels -j 3 list > found.tsz
      clip-encode --emit pixels pixmaps > expected.tsz
      tensor-diff found.tsz expected.tsz
      clip-encode --emit pixels -j 1 list > one.tsz
      cmp one.tsz found.tsz
      """, in: try folder())
    #expect(result.status == 0 && result.text.hasSuffix("equal: 4 records\n"), "\(result.errors)")
  }

  @Test func imageDecodeWritesThePixmap() throws {
    let result = try Workbench.run(
      """
      set -e
      for name in palette.gif rle8.bmp; do
        image-decode $name | cmp - $name.ppm
        image-decode < $name | cmp - $name.ppm
      done
      image-decode raw-255.ppm > ppm; image-decode grey.jpg > jpeg
      head -c 3 ppm; head -c 2 jpeg
      """, in: try folder())
    #expect(result.status == 0 && result.text == "P6\nP6", "\(result.errors)")
  }

  @Test func imageDecodeSaysWhatIsWrong() throws {
    let directory = try folder()
    for (script, status, message) in [
      ("image-decode none.gif", 4, "image-decode: none.gif: open: No such file"),
      ("head -c 99 palette.gif | image-decode", 3, "image-decode: stdin: the GIF ends"),
      ("head -c 300 grey.jpg | image-decode", 3, "image-decode: stdin: the JPEG data ends"),
      ("echo '<html>' | image-decode", 3, "image-decode: stdin: looks like HTML"),
      ("image-decode --max-pixels 10 rle8.bmp", 5, "more than 10 pixels (raise --max-pixels)"),
      ("image-decode --exif 7 rle8.bmp", 2, "--exif"),
    ] {
      let result = try Workbench.run(script, in: directory)
      #expect(Int(result.status) == status, "\(script): \(result.errors)")
      #expect(result.errors.contains(message), "\(script): \(result.errors)")
      #expect(result.output.isEmpty && !result.errors.contains("--truncated"), "\(script)")
    }
  }

  /// The decoder is the program beside the tool, whose end is that of one record.
  @Test func aDecoderThatDiesCostsItsImageOnly() throws {
    let directory = try folder()
    let script = """
      mkdir bin; ln "$(command -v clip-encode)" bin 2> /dev/null || cp "$(command -v clip-encode)" bin
      printf '#!/bin/bash\\nkill -SEGV $$\\n' > bin/image-decode; chmod +x bin/image-decode
      printf '%s\\n' grey.jpg palette.gif rgb-8.png > mixed
      bin/clip-encode --emit pixels mixed > out.tsz; echo $?
      tensor-view --json out.tsz
      """
    let result = try Workbench.run(script, in: directory)
    #expect(result.text.hasPrefix("1\n"), "\(result.errors)")
    #expect(result.errors.contains("palette.gif: image-decode was ended by signal 11"))
    let lines = result.text.split(separator: "\n").dropFirst()
    let codes = try lines.map { try JSONValue(parsing: Array($0.utf8)).object }
      .filter { $0?["id"] != nil }.map { $0?["skipped"]?.object?["code"]?.string }
    #expect(codes == [nil, "image/decoder", nil])
    let missing = try Workbench.run(
      "rm bin/image-decode; bin/clip-encode --emit pixels mixed > out.tsz", in: directory)
    #expect(missing.status == 4)
    #expect(
      missing.errors.contains("bin/image-decode: expected a program that comes with the tools"))
  }
}

// Pictures that come as arguments, inside records and in archives: the features of the same files.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import InputOutput
import JSON
import TestSupport
import Testing

@Suite struct ImageInputTests {
  /// Streams as texts, a record with its object and values below it.
  private static let view = "tensor-view --json"

  private func run(_ script: String, in directory: TemporaryDirectory) throws -> ShellResult {
    let result = try Workbench.run("set -e\n\(script)", in: directory)
    try #require(result.status == 0, "\(result.text)\(result.errors)")
    return result
  }

  /// A picture above what a stream's record holds goes through, and leaves its digest.
  @Test func aLargeImageInARecordIsEncodedAndLeftBehind() throws {
    let directory = try Workbench.bare()
    let noise = (0..<3 * 400 * 400).map {
      UInt8(truncatingIfNeeded: $0 &* $0 &* 2_654_435_761 >> 7)
    }
    try directory.write(Array("P6\n400 400\n255\n".utf8) + noise, to: "noise.ppm")
    let result = try run(
      """
      printf '{"id":"a","image":"data:image/x-portable-pixmap;base64,%s","n":1.50}\\n' \
        "$(base64 -w0 noise.ppm)" > inside.jsonl
      echo '{"id":"a","image":"noise.ppm","n":1.50}' > outside.jsonl
      for place in inside outside; do
        convo-format --ask 'What?' --ask 'Where?' $place.jsonl | clip-encode > $place.features
        llava-project $place.features | vicuna-decode --max-tokens 4 > $place.answers
      done
      tensor-diff inside.features outside.features | tail -1
      test $(wc -c < inside.answers) -lt 2000
      cat inside.answers
      sha256sum < noise.ppm | cut -c1-64
      """, in: directory)
    let lines = result.text.split(separator: "\n").map(String.init)
    try #require(lines.count == 4 && lines[0] == "equal: 2 records", "\(result.text)")
    let outside = try run("cat outside.answers", in: directory).objects()
    for (line, other) in zip(lines[1...2], outside) {
      let object = try #require(JSONValue(parsing: Array(line.utf8)).object)
      #expect(
        object["image"]?.string == "data:image/x-portable-pixmap;sha256=\(lines[3])")
      #expect(object.keys == other.keys && object["text"] == other["text"])
      #expect(object["n"] == other["n"])
    }
  }

  /// A skipped record is no larger than another, and a tool behind passes it on.
  @Test func whatCannotBeDecodedLeavesNoTraceOfItsSize() throws {
    let directory = try Workbench.bare()
    let result = try Workbench.run(
      """
      (printf '{"image":"data:image/png;base64,%s"}\\n' "$(head -c 300000 /dev/zero | base64 -w0)"
        printf '{"image":"data:image/png;base64,%s!"}\\n' "$(head -c 300000 /dev/zero | base64 -w0)"
        printf '{"image":"data:image/png,%s"}\\n' "$(head -c 300000 /dev/zero | tr '\\0' %)"
        printf '{"image":["grey.jpg","data:%s"]}\\n' "$(head -c 300000 /dev/zero | tr '\\0' x)"
      ) | convo-format --ask x | clip-encode | llava-project | vicuna-decode
      """, in: directory)
    let objects = try result.objects()
    #expect(
      objects.map { $0["skipped"]?.object?["code"]?.string } == [
        "image/unsupported", "image/data-url", "image/data-url", "image/data-url",
      ], "\(result.errors)")
    #expect(result.text.utf8.count < 4000 && result.errors.utf8.count < 3000)
    #expect(objects.map { $0["id"]?.string } == ["line-1", "line-2", "line-3", "grey.jpg"])
  }

  private static let samples = """
    mkdir -p s/d
    cp grey.jpg s/000001.JPG; echo '{"label":"cat","n":1.50,"image":"elsewhere.png"}' > s/000001.json
    echo ' a grey thing ' > s/000001.txt; echo 7 > s/000001.cls; echo x > s/000001.npy
    cp rgb-8.png s/000002.left.png; cp grey.jpg s/000002.right.jpg; echo '{"id":5}' > s/000002.json
    cp cut.jpg s/000003.jpg; echo 'not json' > s/000004.json; cp grey.jpg s/000004.jpg
    cp grey.jpg 's/d/a #1.jpg'; ln -s 000001.JPG s/link.jpg; echo x > s/.hidden.jpg; echo x > s/README
    """

  @Test(arguments: ["gnu", "oldgnu", "pax", "posix", "ustar", "v7"])
  func samplesAreTheirFiles(format: String) throws {
    let directory = try Workbench.bare()
    let result = try run(
      """
      \(Self.samples)
      tar --format=\(format) --sort=name -C s -cf 'x#.tar' .
      convo-format --plain --ask 'What?' 'x#.tar' > records || test $? = 1
      sed 's,x#.tar/,s/,g' records > files
      ! cmp -s files records
      clip-encode -q records > a || test $? = 1
      clip-encode -q files > b || test $? = 1
      clip-encode -q --image-root . records > c || test $? = 1
      cmp a c
      tensor-diff a b | tail -1
      cat records
      """, in: directory)
    let lines = result.text.split(separator: "\n").map(String.init)
    #expect(lines.first == "equal: 5 records", "\(lines.first ?? "")")
    let objects = try lines.dropFirst().map {
      try #require(JSONValue(parsing: Array($0.utf8)).object)
    }
    let byId = Dictionary(uniqueKeysWithValues: objects.map { ($0["id"]?.string ?? "5", $0) })
    let first = try #require(byId["000001"])
    #expect(
      first.keys.filter { $0 != "prompt" }
        == ["id", "label", "n", "image", "caption", "cls", "question"],
      "\(first.keys)")
    #expect(first["image"]?.string == "x#.tar/000001.JPG" && first["cls"]?.int == 7)
    #expect(first["caption"]?.string == "a grey thing")
    #expect(
      byId["5"]?["image"]
        == .array([.string("x#.tar/000002.left.png"), .string("x#.tar/000002.right.jpg")]))
    #expect(byId["d/a #1"]?["image"]?.string == "x#.tar/d/a #1.jpg")
    #expect(objects.filter { $0["skipped"] != nil }.compactMap { $0["id"]?.string } == ["000004"])
    #expect(objects.count == 5)
    #expect(result.errors.contains("nothing reads 000001.npy"), "\(result.errors)")
    #expect(result.errors.contains("x#.tar: sample 4: 000004.json"), "\(result.errors)")
  }

  /// What cannot be read of an archive goes by its sample's name, and is called what it is.
  @Test func samplesThatCannotBeReadHaveTheirNames() throws {
    let directory = try Workbench.bare()
    let result = try Workbench.run(
      """
      mkdir s; cp grey.jpg s/good.jpg; cp grey.jpg s/long.jpg; seq 9999 > s/long.txt
      cp grey.jpg s/odd.jpg; echo '[]' > s/odd.json; cp grey.jpg $'s/n\\xe9.jpg'
      tar --sort=name -C s -cf x.tar .
      convo-format --max-line 4096 --plain --ask x x.tar | jq -r '.id + " " + (.skipped.code // "")'
      convo-format --max-line 4096 --check x.tar
      """, in: directory)
    #expect(
      result.text.utf8.starts(
        with: "good \nlong json/too-long\nn\\xE9 text/utf8\nodd json/not-an-object\n".utf8),
      "\(result.text)")
    #expect(!result.text.contains("line-"), "\(result.text)")
    for message in [
      "x.tar: sample 2: long.txt: expected a text of at most 4096 bytes: skipped",
      "x.tar: sample 3: n\\xE9", "x.tar: sample 4: odd.json: expected a JSON object: skipped",
    ] {
      #expect(result.errors.contains(message), "\(result.errors)")
    }
  }

  /// As tar packs a folder in which texts were written beside the pictures later.
  @Test func samplesTornApartAreTold() throws {
    let result = try Workbench.run(
      """
      cp grey.jpg a.jpg; cp grey.jpg b.jpg; echo x > a.txt; echo y > b.txt
      for order in 'a.jpg a.txt b.jpg b.txt' 'a.jpg b.jpg a.txt b.txt'; do
        tar -cf x.tar $order; convo-format --plain --ask x x.tar 2> told | wc -l
        grep 'not next' told || true
      done
      """, in: Workbench.bare())
    #expect(
      result.text == """
        2
        4
        convo-format: warning: x.tar: the files of a are not next to each other, and become several \
        records: sort the archive (tar --sort=name)

        """, "\(result.text)\(result.errors)")
  }

  @Test func archivesAreArgumentsAsImagesAre() throws {
    let directory = try Workbench.bare()
    let result = try run(
      """
      tar -cf a.tar grey.jpg; tar -cf b.tar rgb-8.png baseline-420.jpg
      clip-encode a.tar raw-255.ppm b.tar | tensor-view --ids
      convo-format --ask x a.tar b.tar | clip-encode | llava-project > p
      vicuna-decode --format sidecar --max-tokens 1 p
      vicuna-decode --format tsv --max-tokens 1 p | cut -f1
      """, in: directory)
    #expect(
      result.text
        == "grey\nraw-255.ppm\nrgb-8\nbaseline-420\nimage\na.tar/grey.jpg\nb.tar/rgb-8.png\n"
        + "b.tar/baseline-420.jpg\n")
    #expect(result.errors.contains("3 records have their pictures in the record itself or in an"))
  }

  @Test(arguments: [
    ("convo-format --ask x cut.tar", 3, "cut.tar:byte 0: the archive ends inside a member"),
    ("convo-format --ask x --from tar grey.jpg", 3, "expected a header of a tar archive"),
    (
      "convo-format --ask x --from tar x.tar.gz", 3, "gzip -dc 'x.tar.gz' > 'x.tar', and name that)"
    ),
    ("convo-format --ask x x.tar.gz", 3, "gzip -dc 'x.tar.gz' > 'x.tar', and name that)"),
    ("convo-format --ask x < x.tar.gz", 3, "found gzip data (unpack it first: gzip -dc)"),
    (
      "gzip < x.tar > list.gz; convo-format --ask x list.gz", 3,
      "(unpack it first, and name - instead: gzip -dc 'list.gz' |)"
    ),
    ("convo-format --ask x --from tar < x.tar", 2, "expected the path of a tar archive"),
    ("convo-format --ask x < x.tar", 3, "name its file, not compressed"),
    ("echo x.tar.gz/grey.jpg | clip-encode > f", 1, "unpack it first: gzip -dc 'x.tar.gz'"),
    ("echo x.tar/none.jpg | clip-encode > f", 1, "the archive x.tar has no file of this name"),
    ("echo grey.jpg/none.jpg | clip-encode > f", 1, "no such file"),
    ("echo ../x.tar/grey.jpg | clip-encode --image-root sub > f", 1, "leads out"),
  ])
  func whatCannotBeReadInPlaceIsNamed(command: String, status: Int, message: String) throws {
    let directory = try Workbench.bare()
    let result = try Workbench.run(
      """
      tar -cf x.tar grey.jpg; gzip -k x.tar; head -c 700 x.tar > cut.tar; mkdir sub
      \(command)
      """, in: directory)
    #expect(result.status == Int32(status) && result.errors.contains(message), "\(result.errors)")
  }

  /// Other names of files in an archive: how many there are is said once.
  @Test func linksInArchivesAreCounted() throws {
    let directory = try Workbench.bare()
    let result = try Workbench.run(
      """
      mkdir s; cp grey.jpg s/a.jpg; ln s/a.jpg s/b.jpg; ln -s a.jpg s/c.jpg; ln -s s s/d
      tar --sort=name -C s -cf x.tar .
      convo-format --ask x x.tar | zstd -dc | jq -r .image
      tar --sort=name -C s --dereference --hard-dereference --exclude=./d -cf y.tar .
      convo-format --ask x y.tar | zstd -dc | jq -r .image
      """, in: directory)
    #expect(
      result.text == "x.tar/a.jpg\ny.tar/a.jpg\ny.tar/b.jpg\ny.tar/c.jpg\n",
      "\(result.text) \(result.errors)")
    #expect(
      result.errors == """
        convo-format: warning: x.tar: 3 links passed over; links are not followed: make it again with tar \
        --dereference --hard-dereference

        """, "\(result.errors)")
  }
}

// The process that decodes: what it may do, and what becomes of an image whose decoder fails.
// SPDX-License-Identifier: Apache-2.0
import CLoadedCodecs
import Foundation
import Images
import InputOutput
import TestSupport
import Testing

@testable import SandboxedImages

struct ProcessTests {
  private static let names = [
    "many-codes.gif", "rle8.bmp", "lossy.webp", "lzw.tif", "420.avif", "420.heic",
    "orientation-6.avif", "alpha.heic",
  ]

  /// Behind walls and without them the pixels are the same.
  @Test(arguments: names)
  func decodesAsWithoutWalls(name: String) throws {
    let bytes = try Golden.bytes(name)
    let file = try ImageFile(bytes, options: DecodeOptions())
    let format = try #require(file.sandboxed?.format)
    guard Golden.has(format) else {
      let failure = #expect(throws: Failure.self) { try file.decode() }
      #expect(failure?.code == "image/no-library")
      return
    }
    let (found, expected) = (try file.decode(), try Golden.decode(bytes))
    #expect(found.pixels.shape == expected.pixels.shape)
    #expect(found.pixels.bytes == expected.pixels.bytes)
  }

  @Test(arguments: ["420.heic", "lossy.webp"])
  func theReasonComesThrough(name: String) throws {
    let bytes = try Golden.bytes(name)
    var options = DecodeOptions()
    options.maxPixels = 23 * 17 - 1
    let large = #expect(throws: Failure.self) { try ImageFile(bytes, options: options).decode() }
    #expect(large?.code == "image/too-large" && large?.status == .limitExceeded)
    let damaged = try ImageFile(Golden.bytes("unknown-code.gif"), options: DecodeOptions())
    let failure = #expect(throws: Failure.self) { try damaged.decode() }
    #expect(failure?.code == "image/corrupt" && failure?.status == .invalidInput)
    #expect(failure?.message == "a code that the GIF has not made")
    #expect(failure?.place == nil)
  }

  /// No cut and no changed byte ends this process, or the other one without a reason.
  @Test(arguments: ["lossy.webp", "lzw.tif", "jpeg.tif", "420.avif", "420.heic"])
  func damagedFilesAreRefused(name: String) throws {
    let bytes = try Golden.bytes(name)
    var options = DecodeOptions()
    options.maxPixels = 100_000
    let step = max(1, bytes.count / amount(6, soak: 400))
    for index in stride(from: 0, to: bytes.count, by: step) {
      var changed = bytes
      changed[index] ^= 0x55
      for damaged in [Array(bytes.prefix(index)), changed] {
        do throws(Failure) {
          let image = try ImageFile(damaged, options: options).decode()
          #expect(image.width * image.height <= 100_000)
        } catch {
          #expect(error.code.hasPrefix("image/"), "\(name), byte \(index): \(error)")
          #expect(error.spoilsRecordOnly, "\(name), byte \(index): \(error)")
        }
      }
    }
  }

  /// A few hundred bytes that ask for a block of 1.2 GB.
  @Test(.enabled(if: Golden.has(.tiff), "libtiff6 is not installed"))
  func memoryEndsWhereTheSizeSays() throws {
    let file = try ImageFile(Golden.bytes("huge-tile.tif"), options: DecodeOptions())
    let failure = #expect(throws: Failure.self) { try file.decode() }
    #expect(failure?.code == "image/too-complex", "\(failure?.message ?? "")")
    #expect(failure?.message.contains("more than the 256 MiB") == true)
    #expect(failure?.spoilsRecordOnly == true)
  }

  @Test(
    .enabled(
      if: access("/proc/sys/kernel/seccomp/actions_avail", F_OK) == 0,
      "the kernel filters no system calls"))
  func theWallsStand() throws {
    #expect(
      !loaded_is_confined(), "nothing is walled in here, so that the question can be answered")
    let result = try Shell.bash(
      "image-decode -v palette.gif | od -An -c -N 2 | tr -d ' \\n'",
      in: "\(packageRoot)/Tests/Golden/sandboxed")
    #expect(result.text == "P6")
    #expect(result.errors == "image-decode: walls: limits, seccomp\n")
  }

  /// What a decoder could do that a stranger's image has taken over.
  @Test(arguments: [
    ("kill -SEGV $$", "was ended by signal 11"), ("exit 0", "wrote something else than pixels"),
    ("echo P6; exec sleep 60", "took more than"), ("exec cat /dev/zero", "more pixels"),
    ("printf 'P6\\n9 9\\n255\\nabc'", "something else than pixels"),
    ("printf 'P5\\n1 1\\n255\\nabc'", "something else than pixels"),
    ("printf 'P6\\n1 1\\n255\\nabcdef'", "something else than pixels"),
    ("exit 3", "failed without a reason"), ("echo '{' >&2; exit 3", "failed without a reason"),
    (
      #"echo '{"level":"error","code":"io/open","message":"secret"}' >&2; exit 4"#,
      "failed without a reason"
    ),
    (
      #"echo '{"level":"error","code":"memory/exhausted","message":"no"}' >&2; exit 5"#,
      "more than the 256 MiB that it may take"
    ),
    ("yes >&2", "took more than"),
  ])
  func whateverItDoesTheImageIsSkipped(script: String, message: String) throws {
    let directory = try TemporaryDirectory()
    // Not written here: a child of another test may hold what this process has open for a moment, and no
    // file that someone writes can be started.
    try directory.write("#!/bin/bash\n\(script)\n", to: "script")
    let made = try Shell.bash("cp script decoder; chmod +x decoder", in: directory.path)
    try #require(made.status == 0)
    let program = directory.file("decoder")
    var options = DecodeOptions()
    options.sandboxProgram = program
    options.sandboxSeconds = 1
    if !message.hasPrefix("took") { options.sandboxSeconds = 60 }
    let file = try ImageFile(Golden.bytes("palette.gif"), options: options)
    let failure = #expect(throws: Failure.self) { try file.decode() }
    #expect(failure?.message.contains(message) == true, "\(failure?.message ?? "")")
    #expect(failure?.spoilsRecordOnly == true)
  }

  /// What it warns of is kept, each once, for the tool to tell; the picture is good.
  @Test func warningsAreKept() throws {
    let directory = try TemporaryDirectory()
    try directory.write(
      """
      #!/bin/bash
      echo '{"level":"warning","message":"no walls"}' >&2
      echo '{"level":"note","message":"nothing"}' >&2
      printf 'P6\\n%s\\n255\\n' "$SIZE"; head -c $((${SIZE% *} * ${SIZE#* } * 3)) /dev/zero
      """, to: "script")
    var options = DecodeOptions()
    let plain = try ImageFile(Golden.bytes("palette.gif"), options: options)
    let image = try plain.decode()
    #expect(options.sandboxWarnings.texts == [])
    let made = try Shell.bash(
      "sed 's/[$]SIZE/\(image.width) \(image.height)/; s/[$]{SIZE% [*]}/\(image.width)/; s/[$]{SIZE#[*] }/\(image.height)/' script > decoder; chmod +x decoder",
      in: directory.path)
    try #require(made.status == 0, "\(made.errors)")
    options.sandboxProgram = directory.file("decoder")
    for _ in 0..<2 {
      let file = try ImageFile(Golden.bytes("palette.gif"), options: options)
      #expect(try file.decode().width == image.width)
    }
    #expect(options.sandboxWarnings.texts == ["no walls"])
  }

  @Test func aMissingProgramEndsTheRun() throws {
    var options = DecodeOptions()
    options.sandboxProgram = "/nonexistent/image-decode"
    let file = try ImageFile(Golden.bytes("palette.gif"), options: options)
    let failure = #expect(throws: Failure.self) { try file.decode() }
    #expect(failure?.code == "files/missing" && failure?.spoilsRecordOnly == false)
  }

  @Test func anOrdinaryImageStartsNoProcess() throws {
    var options = DecodeOptions()
    options.sandboxProgram = "/nonexistent/image-decode"
    let image = try ImageFile(Array("P6 1 1 255\nabc".utf8), options: options).decode()
    #expect(image.pixels.bytes == Array("abc".utf8))
  }
}

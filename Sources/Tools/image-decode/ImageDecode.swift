// image-decode: one image of any format to a pixmap, in a sandbox of the kernel.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CLoadedCodecs
import Images
import InputOutput
import SandboxedImages
import ToolSupport

@main
struct ImageDecode: ToolProgram {
  static let configuration = CommandConfiguration(
    commandName: "image-decode",
    abstract: "Decode one image of any format into a pixmap, in a sandbox.",
    version: toolVersion(
      "image-decode",
      libraries: [
        "libjpeg-turbo", "libpng",
        "and when an image asks for one: libwebp, libtiff, libheif, libavif",
      ]))

  enum Orientation: String, ExpressibleByArgument, CaseIterable { case apply, ignore }

  @Argument(help: "The image; stdin where absent or -.", completion: .file())
  var input: String?

  @Option(help: "EXIF orientation: apply it, or ignore it as LLaVA does.")
  var exif = Orientation.apply

  @Option(help: ArgumentHelp("Largest image to accept, in pixels.", valueName: "size"))
  var maxPixels = Size(DecodeOptions().maxPixels)

  @Flag(name: .shortAndLong, help: "Write binary data to a terminal.")
  var force = false

  @OptionGroup var messages: MessageOptions

  /// Processor time for one image; the largest takes a tenth of it.
  private static let seconds: UInt32 = 120
  private static let fileLimit = 256 << 20

  func validate() throws {
    try require(maxPixels.count, in: 1...1 << 40, "--max-pixels")
  }

  func settings() throws(Failure) -> Settings {
    var settings = messages.settings()
    settings.writesToTerminals = force
    // The only result is the image, so that there is nothing to count.
    settings.isVerbose = false
    return settings
  }

  func run(_ session: Session) throws(Failure) {
    var options = DecodeOptions()
    options.maxPixels = maxPixels.count
    options.appliesExif = exif == .apply
    let name = input.flatMap { $0 == "-" ? nil : $0 } ?? "stdin"
    let output = try session.sink(nil, isBinary: true)
    let bytes = try read()
    let image: RGBImage
    do throws(Failure) {
      let file = try ImageFile(bytes, options: options)
      let decoder = try SandboxedDecoder(for: file)
      let needed = decoder?.neededBytes(file: bytes.count) ?? 2 * file.workingBytes + (256 << 20)
      confine(needed, session)
      if let decoder {
        image = try decoder.decode(bytes, options: options)
      } else {
        image = try file.decode()
      }
    } catch {
      var failure = error.at(name)
      // It would name an option of clip-encode.
      if failure.code == "image/truncated" { failure.remedy = nil }
      throw failure
    }
    try output.write("P6\n\(image.width) \(image.height)\n255\n")
    try image.pixels.withUnsafeBytes { (pixels) throws(Failure) in try output.write(pixels) }
    try output.finish()
  }

  private func read() throws(Failure) -> [UInt8] {
    if let input, input != "-" { return try readWholeFile(input, limit: Self.fileLimit) }
    let source = FileSource.standardInput
    guard input == "-" || !source.isTerminal else {
      throw Failure(
        .usage, code: "usage/terminal", at: source.name, "expected an image, not a terminal",
        remedy: "pipe one in, or name a file")
    }
    return try readWhole(source, limit: Self.fileLimit)
  }

  /// From here on the process can read and write what is open, and no more.
  private func confine(_ bytes: Int, _ session: Session) {
    session.reporter.prepareLastWords(
      memory: Failure(
        .limitExceeded, code: "memory/exhausted",
        "decoding takes more than the \(bytes >> 20) MiB that an image of this size may take"))
    let walls = loaded_confine(bytes, Self.seconds)
    let hasFilter = walls & Int32(LOADED_WALL_SECCOMP.rawValue) != 0
    if !hasFilter || !loaded_is_confined() {
      session.reporter.warning("the kernel filters no system calls: decoding is not walled in")
    }
    if messages.verbose {
      let limits = walls & Int32(LOADED_WALL_LIMITS.rawValue) != 0
      session.reporter.note(
        "walls: \(limits ? "limits" : "no limits"), \(hasFilter ? "seccomp" : "no seccomp")")
    }
  }
}

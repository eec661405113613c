// The decoding of one image by a separate process, and the meaning of its exit.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Processes

/// Has `image-decode` decode an image, which cannot harm more than that process.
struct SandboxedDecoding {
  let outline: SandboxedOutline
  let options: DecodeOptions

  /// As it should be seen. Throws `image/…` for the image's faults, the decoder's end by a signal
  /// among them; `io/…` and `files/missing` for the system's.
  func decode(_ bytes: [UInt8]) throws(Failure) -> RGBImage {
    var process = BoundedProcess(program: try program(), arguments: arguments)
    process.outputLimit = outline.width * outline.height * 3 + 64
    process.seconds = options.sandboxSeconds
    let result = try process.run(input: bytes)
    keepWarnings(result.errors)
    switch result.ending {
    case .exited(0): return try picture(result.output)
    case .exited: throw failure(result.errors, file: bytes.count)
    case .signalled(let number):
      throw stopped(
        "was ended by signal \(number) while it decoded this \(outline.format.rawValue)")
    case .overtime:
      throw stopped("took more than \(Int(options.sandboxSeconds)) seconds")
    case .overflow: throw stopped("wrote more pixels than the file has")
    }
  }

  private func keepWarnings(_ errors: [UInt8]) {
    for line in errors.split(separator: UInt8(ascii: "\n")) {
      guard let object = try? JSONValue(parsing: Array(line)).object,
        object["level"]?.string == "warning", let message = object["message"]?.string
      else { continue }
      options.sandboxWarnings.add(message)
    }
  }

  private var arguments: [String] {
    [
      "--errors", "json", "--max-pixels", String(options.maxPixels), "--exif",
      options.appliesExif ? "apply" : "ignore",
    ]
  }

  private func program() throws(Failure) -> String {
    if let program = options.sandboxProgram { return program }
    guard let directory = programDirectory() else {
      throw Failure(
        .inputOutput, code: "files/missing",
        "expected image-decode beside this program, which only /proc can tell the place of",
        remedy: "mount /proc")
    }
    return "\(directory)/image-decode"
  }

  /// The pixmap that it wrote.
  private func picture(_ output: [UInt8]) throws(Failure) -> RGBImage {
    guard case .pnm(6) = ImageFormat(of: output),
      let image = try ifUsable({ () throws(Failure) in
        try ImageDecoder.decode(output, options: plainOptions)
      }), image.isWholeFile
    else { throw stopped("wrote something else than pixels") }
    return image
  }

  /// Its sizes are within what was asked for; a HEIF may be turned.
  private var plainOptions: DecodeOptions {
    var options = DecodeOptions()
    (options.maxPixels, options.maxAspect) = (self.options.maxPixels, self.options.maxAspect)
    return options
  }

  /// The last error that it reported, as far as it is one of an image.
  private func failure(_ errors: [UInt8], file: Int) -> Failure {
    for line in errors.split(separator: UInt8(ascii: "\n")).reversed() {
      guard let object = try? JSONValue(parsing: Array(line)).object,
        object["level"]?.string == "error", let code = object["code"]?.string,
        let message = object["message"]?.string
      else { continue }
      if code == "memory/exhausted" {
        return ImageFailure.tooComplex(
          "its decoding takes more than the "
            + "\(outline.confinedBytes(file: file) >> 20) MiB that it may take")
      }
      guard code.utf8.starts(with: "image/".utf8) else { break }
      let isLimit = code == "image/too-large" || code == "image/too-complex"
      return Failure(
        isLimit ? .limitExceeded : .invalidInput, code: code, message,
        remedy: object["remedy"]?.string)
    }
    return stopped("failed without a reason")
  }

  private func stopped(_ what: String) -> Failure {
    Failure(.invalidInput, code: "image/decoder", "image-decode \(what)")
  }
}

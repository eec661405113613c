// The libraries that decode further formats: loaded when a file asks for one, or named when missing.
// SPDX-License-Identifier: Apache-2.0
import CLoadedCodecs
import Images
import InputOutput

/// A library under its file names, the newest first, and the Debian package that has it.
struct LoadedLibrary {
  let name: String
  let files: [String]
  let package: String
  private let open: @convention(c) (UnsafePointer<CChar>?) -> UnsafePointer<CChar>?

  /// The library of a format; nil for one that is decoded here.
  init?(of format: SandboxedFormat) {
    switch format {
    case .bmp, .gif: return nil
    case .webp:
      (name, files, package) = ("libwebp", ["libwebp.so.7", "libwebp.so.6"], "libwebp7")
      open = loaded_open_webp
    case .tiff:
      (name, files, package) = ("libtiff", ["libtiff.so.6", "libtiff.so.5"], "libtiff6")
      open = loaded_open_tiff
    case .heif:
      (name, files, package) = ("libheif", ["libheif.so.1"], "libheif1")
      open = loaded_open_heif
    case .avif:
      name = "libavif"
      files = ["libavif.so.16", "libavif.so.15"]
      package = "libavif16 (Debian 12: libavif15)"
      open = loaded_open_avif
    }
  }

  /// Loads the first of `files` that can be used.
  ///
  /// Throws `image/no-library`, which says why the last one cannot, and the package to install.
  func load(files: [String], for format: SandboxedFormat) throws(Failure) {
    var reason = "no file name to look for"
    for file in files {
      guard let fault = open(file) else { return }
      reason = String(cString: fault)
    }
    throw Failure(
      .invalidInput, code: "image/no-library",
      "\(format.rawValue) is decoded by \(name), which cannot be used: \(reason)",
      remedy: "install Debian's \(package), or convert the image to PNG")
  }
}

// The golden images and tables that Tests/Golden/sandboxed/make_sandboxed.py wrote.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import Images
import InputOutput
import Tensors
import TestSupport

@testable import SandboxedImages

enum Golden {
  static let folder = URL(fileURLWithPath: "\(packageRoot)/Tests/Golden/sandboxed")

  static func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: folder.appendingPathComponent(name)))
  }

  /// The rows of a table whose file has this ending, split at tabs.
  static func table(_ name: String, _ ending: String = "") -> [[String]] {
    guard let text = try? String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
    else { return [] }
    return text.split(separator: "\n").map { line in
      line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    }.filter { $0[0].hasSuffix(ending) }
  }

  /// Whether the library of a format is on this machine.
  static func has(_ format: SandboxedFormat) -> Bool {
    guard let library = LoadedLibrary(of: format) else { return true }
    return (try? library.load(files: library.files, for: format)) != nil
  }

  /// Decodes in this process, without walls.
  static func decode(_ bytes: [UInt8], _ options: DecodeOptions = DecodeOptions()) throws(Failure)
    -> RGBImage
  {
    let file = try ImageFile(bytes, options: options)
    guard let decoder = try SandboxedDecoder(for: file) else { return try file.decode() }
    return try decoder.decode(bytes, options: options)
  }
}

extension Tensor {
  var bytes: [UInt8] { withUnsafeBytes { [UInt8]($0) } }
}

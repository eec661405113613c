// A place for the files of a result, each with its name.
// SPDX-License-Identifier: Apache-2.0

/// Something that opens new files by name, such as a directory that appears when it is complete.
public protocol OutputPlace {
  /// A new file, which is there once it is finished.
  func openFile(_ name: String) throws(Failure) -> any ByteSink
}

extension OutputPlace {
  /// Writes `bytes` as the file `name`.
  public func write(_ bytes: [UInt8], to name: String) throws(Failure) {
    let file = try openFile(name)
    try file.write(bytes)
    try file.finish()
  }
}

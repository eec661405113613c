// A model in several GGUF files: `NAME-00001-of-00003.gguf` and those that follow it.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// The files of one model, as llama.cpp's gguf-split cuts it: the first has the metadata.
public struct GGUFSplit: Sendable {
  public let files: [GGUFFile]

  /// The file that has the metadata.
  public var first: GGUFFile { files[0] }

  /// More files than any model has.
  private static let fileLimit = 1000

  /// Opens `path` and, where its name says that it is one of several, all of them.
  ///
  /// Throws `gguf/split` where a file is missing or does not say of itself what its name says, and
  /// what opening the files throws.
  public init(path: String) throws(Failure) { try self.init(GGUFFile(path: path)) }

  /// As `init(path:)`, of a file that is open.
  public init(_ file: GGUFFile) throws(Failure) {
    let (directory, name) = splitPath(file.path)
    guard let part = Self.part(ofName: name) else {
      guard file["split.count"]?.integer ?? 1 <= 1 else {
        throw Self.fault(
          file.path,
          "the file is one of \(file["split.count"]?.integer ?? 0), which its name does"
            + " not say", "give it back its name, NAME-00001-of-00003.gguf say")
      }
      files = [file]
      return
    }
    guard part.count <= Self.fileLimit else {
      throw Self.fault(
        file.path, "a model has at most \(Self.fileLimit) files, the name says \(part.count)",
        "give the file back the name that it was published under")
    }
    var files: [GGUFFile] = []
    for number in 1...part.count {
      let name = Self.name(part.stem, number, part.count)
      files.append(
        number == part.number ? file : try Self.open("\(directory)/\(name)", number, part.count))
    }
    try Self.check(files)
    self.files = files
  }

  private static func open(_ path: String, _ number: Int, _ count: Int) throws(Failure) -> GGUFFile
  {
    guard try fileExists(path) else {
      throw fault(
        path, "file \(number) of the model's \(count) is missing",
        "fetch all files of the model into one directory")
    }
    return try GGUFFile(path: path)
  }

  /// What the name of a part says; nil for any other name.
  public static func part(ofName name: String) -> (stem: String, number: Int, count: Int)? {
    let ending = Array(name.utf8.suffix(tailLength))
    guard ending.count == tailLength, name.utf8.count > tailLength,
      let text = String(validating: ending, as: UTF8.self),
      let number = digits(ending[1..<6]), let count = digits(ending[10..<15]), number > 0,
      number <= count,
      let stem = String(validating: name.utf8.dropLast(tailLength), as: UTF8.self),
      text.utf8.elementsEqual(tail(number, count).utf8)
    else { return nil }
    return (stem, number, count)
  }

  private static let tailLength = "-00001-of-00003.gguf".utf8.count

  private static func digits(_ bytes: ArraySlice<UInt8>) -> Int? {
    guard bytes.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return bytes.reduce(0) { $0 * 10 + Int($1 - 0x30) }
  }

  private static func name(_ stem: String, _ number: Int, _ count: Int) -> String {
    stem + tail(number, count)
  }

  private static func tail(_ number: Int, _ count: Int) -> String {
    func five(_ value: Int) -> String {
      let digits = String(value)
      return String(repeating: "0", count: max(0, 5 - digits.utf8.count)) + digits
    }
    return "-\(five(number))-of-\(five(count)).gguf"
  }

  private static func check(_ files: [GGUFFile]) throws(Failure) {
    for (index, file) in files.enumerated() {
      guard file["split.no"]?.integer ?? 0 == index,
        file["split.count"]?.integer ?? 1 == files.count
      else {
        throw fault(
          file.path,
          "expected part \(index) of \(files.count) (split.no, split.count), found"
            + " \(file["split.no"]?.integer ?? 0) of \(file["split.count"]?.integer ?? 1)",
          "fetch all files of one edition into an empty directory")
      }
    }
    let found = files.reduce(0) { $0 + $1.tensors.count }
    if let expected = files[0]["split.tensors.count"]?.integer, expected != found {
      throw fault(
        files[0].path, "expected \(expected) tensors in all files together, found \(found)",
        "fetch all files of one edition into an empty directory")
    }
  }

  private static func fault(_ path: String, _ message: String, _ remedy: String) -> Failure {
    Failure(.invalidInput, code: "gguf/split", at: path, message, remedy: remedy)
  }
}

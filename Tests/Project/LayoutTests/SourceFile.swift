// A source file with its comments and strings blanked out, so that rules see code only.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport

/// A Swift or C file. `path` counts from the directory that holds Package.swift.
struct SourceFile: Sendable {
  let path: String
  let text: String
  /// `text` of the same length, with spaces where comments and literals are.
  let code: String

  init(path: String, text: String) {
    self.path = path
    self.text = text
    code = blanked(text, isC: path.hasSuffix(".c") || path.hasSuffix(".h"))
  }

  var isSwift: Bool { path.hasSuffix(".swift") }
  /// `Sources/GROUP/MODULE/...`, and likewise below `Tests`.
  var group: String { component(1) }
  var module: String { component(2) }
  var lineCount: Int { text.split(separator: "\n", omittingEmptySubsequences: false).count - 1 }

  private func component(_ index: Int) -> String {
    let parts = path.split(separator: "/")
    return index < parts.count - 1 ? String(parts[index]) : ""
  }

  /// The comment that opens the file, or the comments where several follow each other, their marks
  /// removed.
  var openingComment: String {
    let marks = CharacterSet(charactersIn: "/* ")
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let codeLines = code.split(separator: "\n", omittingEmptySubsequences: false)
    return zip(lines, codeLines).prefix { line, code in
      !line.isEmpty && code.allSatisfy { $0 == " " }
    }.map { $0.0.trimmingCharacters(in: marks) }.joined(separator: "\n")
  }

  /// The lines, counted from 1, whose code matches `pattern`.
  func lines(matching pattern: some RegexComponent) -> [Int] {
    code.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
      .filter { $0.element.contains(pattern) }.map { $0.offset + 1 }
  }
}

/// Every file below the project's folders, whether or not git knows it.
enum Project {
  static let sources = files(in: "Sources").filter(isSource).map(load)
  static let tests = files(in: "Tests").filter(isSource).map(load)
  static let manifest = load("Package.swift")

  /// The paths of all files of the project, the hidden ones of tools left out.
  static let allPaths: [String] = {
    let folders = [
      "Sources", "Tests", "completions", "examples", "man", ".ci", ".github",
    ]
    let root = (try? FileManager.default.contentsOfDirectory(atPath: packageRoot)) ?? []
    let own = root.filter { name in
      var isFolder: ObjCBool = false
      _ = FileManager.default.fileExists(atPath: "\(packageRoot)/\(name)", isDirectory: &isFolder)
      return !isFolder.boolValue && name != ".git" && name != "Package.resolved"
        && !name.hasSuffix(".jsonl")
    }
    return (own + folders.flatMap(files)).sorted()
  }()

  static func files(in folder: String) -> [String] {
    let names = FileManager.default.enumerator(atPath: "\(packageRoot)/\(folder)")
    return (names?.compactMap { $0 as? String } ?? [])
      .filter { !$0.contains("__pycache__") && !isFolder("\(folder)/\($0)") }
      .map { "\(folder)/\($0)" }.sorted()
  }

  /// The bytes of a file as text; the bytes of a binary file read as nonsense, which is harmless.
  static func text(_ path: String) -> String {
    String(
      decoding: FileManager.default.contents(atPath: "\(packageRoot)/\(path)") ?? Data(),
      as: UTF8.self)
  }

  private static func isSource(_ path: String) -> Bool {
    [".swift", ".c", ".h"].contains { path.hasSuffix($0) }
  }

  private static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    _ = FileManager.default.fileExists(atPath: "\(packageRoot)/\(path)", isDirectory: &isFolder)
    return isFolder.boolValue
  }

  private static func load(_ path: String) -> SourceFile {
    SourceFile(path: path, text: text(path))
  }
}

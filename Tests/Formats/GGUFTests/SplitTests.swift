// Models in several files, and files that only say so.
// SPDX-License-Identifier: Apache-2.0
import GGUF
import GGUFWriting
import InputOutput
import TestSupport
import Testing

@Suite struct SplitTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  /// Writes part `number` of `count` with one tensor.
  private func write(
    _ number: Int, of count: Int, tensors: Int = 3, change: (inout GGUFWriter) -> Void = { _ in }
  ) throws {
    var writer = GGUFWriter()
    writer["split.no"] = .u16(number - 1)
    writer["split.count"] = .u16(count)
    writer["split.tensors.count"] = .u32(tensors)
    writer.tensors = [
      GGUFEntry("tensor\(number)", shape: [2], bytes: [UInt8](repeating: UInt8(number), count: 8))
    ]
    change(&writer)
    try directory.write(writer.bytes, to: "m-0000\(number)-of-0000\(count).gguf")
  }

  private func code(_ name: String) throws -> String? {
    let path = directory.file(name)
    switch Result(catching: { () throws(Failure) in try GGUFSplit(path: path) }) {
    case .success: return nil
    case .failure(let failure): return failure.code
    }
  }

  @Test func anyPartLeadsToAll() throws {
    for number in 1...3 { try write(number, of: 3) }
    for number in 1...3 {
      let split = try GGUFSplit(path: directory.file("m-0000\(number)-of-00003.gguf"))
      #expect(split.files.flatMap { $0.tensors.map(\.name) } == ["tensor1", "tensor2", "tensor3"])
      #expect(split.first.path.hasSuffix("m-00001-of-00003.gguf"))
    }
  }

  @Test func missingAndForeignPartsAreRefused() throws {
    for number in 1...2 { try write(number, of: 3) }
    for name in ["m-00001-of-00003.gguf", "m-00002-of-00003.gguf"] {
      let refusal = try #require(
        #expect(throws: Failure.self) { try GGUFSplit(path: directory.file(name)) })
      #expect(refusal.code == "gguf/split" && refusal.status == .invalidInput)
      #expect(refusal.place == directory.file("m-00003-of-00003.gguf"))
      #expect(refusal.message.contains("file 3 of the model's 3 is missing"))
    }
    try write(3, of: 3) { $0["split.no"] = .u16(0) }
    #expect(try code("m-00001-of-00003.gguf") == "gguf/split")
    try write(3, of: 3) { $0["split.count"] = .u16(4) }
    #expect(try code("m-00002-of-00003.gguf") == "gguf/split")
    try write(3, of: 3)
    #expect(try code("m-00002-of-00003.gguf") == nil)
    try write(1, of: 3, tensors: 4)
    #expect(try code("m-00002-of-00003.gguf") == "gguf/split")
  }

  @Test func moreFilesThanAModelHasAreRefused() throws {
    try write(1, of: 3)
    try directory.write(directory.read("m-00001-of-00003.gguf"), to: "m-00001-of-99999.gguf")
    #expect(try code("m-00001-of-99999.gguf") == "gguf/split")
  }

  @Test func aPartUnderAnotherNameIsRefused() throws {
    try write(1, of: 3)
    try directory.write(directory.read("m-00001-of-00003.gguf"), to: "other.gguf")
    #expect(try code("other.gguf") == "gguf/split")
  }

  @Test(arguments: [
    "m-00001-of-00003.gguf", "-00001-of-00003.gguf", "m-00000-of-00003.gguf",
    "m-00004-of-00003.gguf", "m-0001-of-0003.gguf", "m-00001-of-00003.gguf2",
    "m-00000-of-00000.gguf", "m-00001-of-00000.gguf", "m.gguf",
  ])
  func names(name: String) {
    let part = GGUFSplit.part(ofName: name)
    #expect((part != nil) == (name == "m-00001-of-00003.gguf"))
    if let part { #expect(part == ("m", 1, 3)) }
  }
}

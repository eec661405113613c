// The tests' own writer of PyTorch's files, small and of real size.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import InputOutput
import Tensors
import TestSupport
import Testing

@testable import Pickle

@Suite struct TorchArchiveTests {
  @Test func valuesAndSharedStorages() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("small.bin")
    try Self.small.write(to: path)
    let file = try PickleFile(path: path)
    #expect(file.names == ["whole", "row", "turned", "half", "empty", "scalar", "many"])
    try file.verifyChecksums()
    #expect(try file.tensor(named: "whole").floatValues == [0, 1, 2, 3, 4, 5])
    #expect(try file.tensor(named: "row").floatValues == [3, 4, 5])
    #expect(try file.tensor(named: "turned").floatValues == [0, 3, 1, 4, 2, 5])
    #expect(try file.tensor(named: "scalar").floatValues == [4])
    #expect(file.entry(named: "half") == TensorEntry(elementType: .f16, shape: [2, 1, 1, 2]))
    #expect(file.entry(named: "empty") == TensorEntry(elementType: .f32, shape: [0, 3]))
    #expect(try file.tensor(named: "many").shape == [70_000])
  }

  /// The same with few elements in the last storage.
  static let little: TorchArchive = {
    var little = small
    little.storages[3].count = 40
    little.views[6].shape = [40]
    return little
  }()

  /// A module's dictionary, which has metadata, and parameters, two of them tied.
  static let module: TorchArchive = {
    var module = small
    module.isModule = true
    module.views = ["head", "embed"].map { TorchView(name: $0, storage: 0, shape: [2, 3]) }
    module.views[0].isParameter = true
    module.views[1].isParameter = true
    return module
  }()

  @Test func modulesAndParameters() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("module.bin")
    try Self.module.write(to: path)
    let file = try PickleFile(path: path)
    #expect(file.names == ["head", "embed"])
    #expect(try file.tensor(named: "embed").floatValues == [0, 1, 2, 3, 4, 5])
  }

  /// Offsets and sizes beyond 4 GiB, which take the zip64 fields.
  @Test func realSizeTakesNoRoom() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("large.bin")
    let rows = 5 << 20
    try TorchArchive(tensors: [
      ("first", .f16, [rows, 1024], .hole(prefix: [0, 0x3c])),
      ("second", .u8, [3 << 30], .hole()),
      ("third", .f32, [2], .bytes([0, 0, 0x80, 0x3f, 0, 0, 0, 0x40])),
    ]).write(to: path)
    var status = stat()
    #expect(stat(path, &status) == 0)
    #expect(status.st_size > 13 << 30)
    #expect(status.st_blocks * 512 < 1 << 20)
    let file = try PickleFile(path: path)
    #expect(file.entry(named: "first")?.shape == [rows, 1024])
    #expect(try file.tensor(named: "third").floatValues == [1, 2])
    let begin = try file.tensor(named: "first").withUnsafeBytes { Array($0.prefix(4)) }
    #expect(begin == [0, 0x3c, 0, 0])
  }

  /// The checksum of a hole, without reading it, is that of as many zeros.
  @Test(arguments: [0, 1, 2, 63, 1000, 65_537])
  func checksumOfHoles(count: Int) {
    let hole = TorchRecord(name: "a", contents: .hole(prefix: [7, 8]), byteCount: count + 2)
    let zeros = TorchRecord(
      name: "a", contents: .bytes([7, 8] + [UInt8](repeating: 0, count: count)))
    #expect(TorchZip.checksum(of: hole) == TorchZip.checksum(of: zeros))
    let whole = zeros.contents.written.withUnsafeBytes { checksum($0) }
    #expect(TorchZip.checksum(of: hole) == whole)
  }

  static let small = TorchArchive(
    stem: "small",
    storages: [
      TorchStorage(
        key: "0", elementType: .f32, count: 6,
        contents: .bytes((0..<6).flatMap { little(Float($0).bitPattern) })),
      TorchStorage(key: "1", elementType: .f16, count: 4, contents: .hole(prefix: [0, 0x3c])),
      TorchStorage(key: "2", elementType: .f32, count: 0, contents: .bytes([])),
      TorchStorage(key: "3", elementType: .i64, count: 70_000, contents: .hole(prefix: [1])),
    ],
    views: [
      TorchView(name: "whole", storage: 0, shape: [2, 3]),
      TorchView(name: "row", storage: 0, offset: 3, shape: [3]),
      TorchView(name: "turned", storage: 0, shape: [3, 2], strides: [1, 3]),
      TorchView(name: "half", storage: 1, shape: [2, 1, 1, 2]),
      TorchView(name: "empty", storage: 2, shape: [0, 3]),
      TorchView(name: "scalar", storage: 0, offset: 4, shape: []),
      TorchView(name: "many", storage: 3, shape: [70_000]),
    ])

  private static func little(_ value: UInt32) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
}

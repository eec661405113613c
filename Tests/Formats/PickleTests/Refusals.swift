// What hostile tests share: files from bytes, and what every refusal must be like.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Tensors
import TestSupport
import Testing

@testable import Pickle

/// A file of `Tests/Golden/pickles`.
func golden(_ name: String) -> String { "\(packageRoot)/Tests/Golden/pickles/\(name)" }

/// All of a golden file.
func goldenBytes(_ name: String) throws -> [UInt8] {
  let file = try MappedFile(path: golden(name))
  return withExtendedLifetime(file) { Array(file.bytes) }
}

func hexadecimal(_ byte: UInt8) -> String {
  let digits = String(byte, radix: 16)
  return digits.count == 1 ? "0\(digits)" : digits
}

/// Whether a terminal shows one short line, whatever the file said.
func isOneHarmlessLine(_ failure: Failure) -> Bool {
  let line = [failure.place ?? "", failure.message, failure.remedy ?? ""].joined(separator: " ")
  return line.utf8.count < 1500
    && line.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7f..<0xa0).contains($0.value) }
}

/// Opens files made of bytes, one after the other.
struct Opener {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  func open(_ bytes: [UInt8]) throws -> PickleFile {
    try PickleFile(path: directory.write(bytes, to: "model.bin"))
  }

  /// Why `bytes` are refused; nil when they are not.
  func refusal(of bytes: [UInt8]) throws -> Failure? {
    do {
      let file = try open(bytes)
      for name in file.names { _ = try file.tensor(named: name) }
      return nil
    } catch let failure as Failure {
      #expect(isOneHarmlessLine(failure), "\(failure)")
      return failure
    }
  }

  /// Everything that the tensors hold, or nil when the file is refused.
  func contents(of bytes: [UInt8]) throws -> [String]? {
    do {
      let file = try open(bytes)
      return try file.names.map { name in
        let tensor = try file.tensor(named: name)
        let numbers = tensor.withUnsafeBytes { $0.map(hexadecimal).joined() }
        return "\(name) \(tensor.elementType) \(tensor.shape) \(numbers)"
      }
    } catch let failure as Failure {
      #expect(isOneHarmlessLine(failure), "\(failure)")
      return nil
    }
  }
}

/// The instructions of pickles, for tests that write them by hand.
enum Pickled {
  static func text(_ value: String) -> [UInt8] {
    [0x58] + little(UInt32(value.utf8.count)) + value.utf8
  }

  static func number(_ value: Int) -> [UInt8] {
    [0x8a, 8] + little(UInt64(bitPattern: Int64(value)))
  }

  static func global(_ module: String, _ name: String) -> [UInt8] {
    Array("c\(module)\n\(name)\n".utf8)
  }

  static func tuple(_ items: [UInt8]...) -> [UInt8] { [0x28] + items.joined() + [0x74] }

  static func numbers(_ values: [Int]) -> [UInt8] { [0x28] + values.flatMap(number) + [0x74] }

  static func dictionary(_ items: [UInt8]...) -> [UInt8] {
    [0x7d, 0x28] + items.joined() + [0x75]
  }

  static func call(_ function: [UInt8], _ argument: [UInt8]) -> [UInt8] {
    function + argument + [0x52]
  }

  static func storage(
    _ type: String = "FloatStorage", key: String = "0", count: Int = 6
  ) -> [UInt8] {
    tuple(text("storage"), global("torch", type), text(key), text("cpu"), number(count)) + [0x51]
  }

  static let noHooks = call(global("collections", "OrderedDict"), [0x29])
  static let rebuild = global("torch._utils", "_rebuild_tensor_v2")
  static let parameter = global("torch._utils", "_rebuild_parameter")
  static let none: [UInt8] = [0x4e]
  static let no: [UInt8] = [0x89]
  static let real: [UInt8] = [0x47] + [UInt8](repeating: 0, count: 8)

  static func tensor(
    _ storage: [UInt8] = storage(), offset: [UInt8] = number(0), shape: [UInt8] = numbers([2, 3]),
    strides: [UInt8] = numbers([3, 1]), more: [UInt8] = no + noHooks
  ) -> [UInt8] {
    call(rebuild, tuple(storage, offset, shape, strides, more))
  }

  static func whole(_ value: [UInt8]) -> [UInt8] { [0x80, 2] + value + [0x2e] }

  static func little(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  /// A file with this pickle and a storage `0` of six F32: 0 to 5.
  static func file(_ pickle: [UInt8]) -> [UInt8] {
    TorchZip(archive.records(pickle: pickle)).file.bytes
  }

  static let archive = TorchArchive(tensors: [
    ("weight", .f32, [2, 3], .bytes((0..<6).flatMap { little(Float($0).bitPattern) }))
  ])
}

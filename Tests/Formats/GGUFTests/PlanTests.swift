// Files that are written, read again.
// SPDX-License-Identifier: Apache-2.0
import GGUF
import InputOutput
import Tensors
import TestSupport
import Testing

@Suite struct PlanTests {
  private func write(_ plan: GGUFPlan, to path: String) throws {
    let file = try AtomicFile(path: path)
    try plan.write(to: file) { (tensor) throws(Failure) in
      try file.write(
        (0..<tensor.byteCount).map { UInt8(truncatingIfNeeded: $0 &+ tensor.name.utf8.count) })
    }
  }

  @Test func everyValueComesBack() throws {
    let directory = try TemporaryDirectory()
    let plan = GGUFPlan(
      settings: [
        ("a.count", .count(70_000)), ("a.float", .f32(0.1)), ("a.yes", .flag(true)),
        ("a.no", .flag(false)), ("a.text", .text("ä\n")), ("a.empty", .text("")),
        ("a.integers", .integers([-1, 0, .max])), ("a.floats", .floats([0.5, -.infinity])),
        ("a.texts", .texts(["x", "", "▁y"])), ("a.nothing", .texts([])),
      ], tensors: [])
    try write(plan, to: directory.file("a.gguf"))
    let file = try GGUFFile(path: directory.file("a.gguf"))
    #expect(file.version == 3 && file.tensors.isEmpty)
    #expect(file.keys == plan.settings.map(\.key))
    #expect(file["a.count"]?.type == .u32 && file["a.count"]?.integer == 70_000)
    #expect(file["a.float"]?.floats == [0.1])
    #expect(file["a.yes"]?.flag == true && file["a.no"]?.flag == false)
    #expect(file["a.text"]?.text == "ä\n" && file["a.empty"]?.text == "")
    #expect(file["a.integers"]?.type == .i32)
    #expect(file["a.integers"]?.integers == [-1, 0, Int(Int32.max)])
    #expect(file["a.floats"]?.floats == [0.5, -.infinity])
    #expect(file["a.texts"]?.texts == ["x", "", "▁y"])
    #expect(file["a.nothing"]?.texts == [] && file["a.nothing"]?.isArray == true)
    #expect(plan["a.text"] == .text("ä\n") && plan["b"] == nil)
  }

  /// Whatever sizes leave between tensors.
  @Test func everyTensorComesBack() throws {
    let directory = try TemporaryDirectory()
    let readable = WeightFormat.all
    var tensors = readable.map { GGUFPlan.Tensor($0.name, $0, shape: [3, 256]) }
    tensors += [
      GGUFPlan.Tensor("vector", .f32, shape: [7]), GGUFPlan.Tensor("one", .f16, shape: [1]),
      GGUFPlan.Tensor("patch", .f16, shape: [2, 3, 5, 7]),
      GGUFPlan.Tensor("last", .bf16, shape: [1, 3]),
    ]
    let plan = GGUFPlan(settings: [("general.alignment", .count(32))], tensors: tensors)
    try write(plan, to: directory.file("a.gguf"))
    let file = try GGUFFile(path: directory.file("a.gguf"))
    #expect(file.tensors.map(\.name) == tensors.map(\.name))
    #expect(file.tensors.map(\.format) == tensors.map(\.format))
    #expect(file.tensors.map(\.shape) == tensors.map(\.shape))
    #expect(file.tensors.reduce(0) { $0 + $1.byteRange.count } == plan.byteCount)
    for tensor in file.tensors {
      #expect(tensor.byteRange.lowerBound % 32 == 0)
      let bytes = file.file.bytes[tensor.byteRange]
      #expect(bytes.first == UInt8(tensor.name.utf8.count))
      #expect(
        bytes.last == UInt8(truncatingIfNeeded: bytes.count - 1 + tensor.name.utf8.count))
    }
  }

  @Test func aSinkThatFailsIsTold() throws {
    final class Full: ByteSink {
      let name = "full"
      var room = 80
      func write(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
        room -= bytes.count
        if room < 0 { throw Failure(.inputOutput, code: "io/write", "no room") }
      }
      func finish() throws(Failure) {}
    }
    let plan = GGUFPlan(
      settings: [], tensors: [GGUFPlan.Tensor("a", .f32, shape: [2])])
    let sink = Full()
    var asked = 0
    #expect(throws: Failure.self) {
      try plan.write(to: sink) { (_) throws(Failure) in
        asked += 1
        try sink.write([UInt8](repeating: 0, count: 8))
      }
    }
    #expect(asked == 1)
  }
}

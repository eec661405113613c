// Small models to convert, and conversions of them.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Foundation
import InputOutput
import JSON
import Tensors
import TestSupport
import Testing

@testable import Conversion

let tinyModel = "\(packageRoot)/examples/tiny-llava"
let goldenModels = "\(packageRoot)/Tests/Golden/models"

/// Converts `model` to `name` in `directory` and returns the result's path.
@discardableResult
func convert(
  _ model: String, to layout: TargetLayout, in directory: TemporaryDirectory, as name: String,
  vision: String? = nil, type: ElementType? = nil, shardBytes: Int = 1 << 30,
  progress: (Int) -> Void = { _ in }
) throws -> String {
  let parts = try ModelDirectory.open(model: model, vision: vision)
  let source = try ConversionSource(parts, name: model, layout: layout)
  let conversion = try ModelConversion(
    source,
    ConversionOptions(
      layout: layout, elementType: type, shardBytes: shardBytes, producer: "tests/1"))
  try conversion.write(to: directory.file(name), progress: progress)
  return directory.file(name)
}

/// Every part compared.
func compare(_ first: String, _ second: String) throws -> [PartComparison] {
  let comparison = try WeightComparison(first, second, parts: [])
  return try comparison.parts.map { try comparison.compare($0) { _ in } }
}

/// Expects two models to hold the same tensors, bit for bit, rows of vocabularies too.
func expectSameWeights(
  _ first: String, _ second: String, parts: Int = 3,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let found = try compare(first, second)
  #expect(found.count == parts, sourceLocation: sourceLocation)
  for part in found {
    #expect(part.presence == .both, sourceLocation: sourceLocation)
    #expect(part.differences == [], sourceLocation: sourceLocation)
    #expect(part.extraRows.isEmpty, sourceLocation: sourceLocation)
    #expect(part.tensors > 0, sourceLocation: sourceLocation)
  }
}

/// The code of the failure that `body` throws.
func code(_ body: () throws -> Void) -> String? {
  do { try body() } catch let failure as Failure { return failure.code } catch { return "\(error)" }
  return nil
}

/// The JSON object in the file `path`.
func object(_ path: String) throws -> JSONObject {
  let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
  return try #require(JSONValue(parsing: bytes).object)
}

/// A copy of the tiny model in LLaVA's own layout, whose files and tensors `change` may change.
func variant(
  in directory: TemporaryDirectory, as name: String = "variant",
  tensors changeTensors: (inout [String: Tensor]) throws -> Void = { _ in },
  config changeConfig: (inout JSONObject) -> Void = { _ in }
) throws -> String {
  let path = try convert(tinyModel, to: .original, in: directory, as: name)
  var config = try object("\(path)/config.json")
  changeConfig(&config)
  try directory.write(JSONValue.object(config).indented(), to: "\(name)/config.json")
  let file = try SafetensorsFile(path: "\(path)/model.safetensors")
  var tensors: [String: Tensor] = [:]
  for name in file.names { tensors[name] = try file.tensor(named: name) }
  try changeTensors(&tensors)
  try SafetensorsWriter.write(tensors, to: "\(path)/model.safetensors")
  return path
}

/// The weights of `source` are touched when `work` tells of its progress for the third time.
func expectNoticesChange(of source: String, _ work: (_ progress: () -> Void) throws -> Void) throws
{
  var times = 0
  func touch() {
    times += 1
    guard times == 3 else { return }
    try? FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSince1970: 1)],
      ofItemAtPath: "\(source)/model.safetensors")
  }
  #expect(code { try work(touch) } == "file/changed")
  #expect(times > 100)
}

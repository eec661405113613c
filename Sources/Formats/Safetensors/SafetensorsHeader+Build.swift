// Writing a header: the same tensors always give the same bytes.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Tensors

extension SafetensorsHeader {
  /// Lays out tensors by descending element size, then by name, and writes the header.
  ///
  /// The result's `bytes` are `u64le N` and the JSON, padded with spaces to a multiple of 8; the
  /// data follows in the order of the header's entries. Throws what `parse` would throw.
  public static func build(
    _ tensors: [(name: String, elementType: ElementType, shape: [Int])],
    metadata: [(key: String, value: String)], rules: SafetensorsRules = .checkpoint
  ) throws(Failure) -> (bytes: [UInt8], header: SafetensorsHeader) {
    let ordered = tensors.sorted { left, right in
      let (wide, narrow) = (left.elementType.byteWidth, right.elementType.byteWidth)
      return wide != narrow
        ? wide > narrow : left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
    }
    var members = JSONObject()
    if !metadata.isEmpty {
      var object = JSONObject()
      for (key, value) in metadata { object[key] = .string(value) }
      members["__metadata__"] = .object(object)
    }
    var end = 0
    for tensor in ordered {
      let place = "tensor \(quoted(tensor.name))"
      let count = try byteCount(tensor.elementType, tensor.shape, place, rules)
      guard let next = checkedSum(end, count) else {
        throw fault("shape", at: place, "the tensors take too many bytes")
      }
      guard members[tensor.name] == nil else {
        throw fault("name", at: place, "the name is taken twice")
      }
      members[tensor.name] = .object([
        "dtype": .string(tensor.elementType.rawValue),
        "shape": .array(tensor.shape.map(JSONValue.int)),
        "data_offsets": .array([.int(end), .int(next)]),
      ])
      end = next
    }
    var json = JSONValue.object(members).serialized()
    json += [UInt8](repeating: 0x20, count: (8 - json.count % 8) % 8)
    let length = UInt64(json.count)
    // Parsed again: what we write obeys the rules by which we read.
    let header = try json.withUnsafeBufferPointer { (json) throws(Failure) in
      try parse(UnsafeRawBufferPointer(json), dataByteCount: end, rules: rules)
    }
    return ((0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + json, header)
  }
}

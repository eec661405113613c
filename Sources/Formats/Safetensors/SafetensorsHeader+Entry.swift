// One tensor's entry, and the rule that entries cover the data exactly.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Tensors

extension SafetensorsHeader {
  static func entry(_ name: String, _ value: JSONValue, _ rules: SafetensorsRules) throws(Failure)
    -> Entry
  {
    let place = "tensor \(quoted(name))"
    try checkName(name, place, rules)
    guard case .object(let fields) = value else {
      throw fault("entry", at: place, "expected an object")
    }
    if !rules.unknownFields, fields.members.count != 3 {
      throw fault("entry", at: place, "expected only dtype, shape and data_offsets")
    }
    guard let typeName = fields["dtype"]?.string else {
      throw fault("dtype", at: place, "expected a string dtype")
    }
    guard let type = ElementType(rawValue: typeName) else {
      throw unsupported(typeName, at: place)
    }
    let shape = try sizes(fields["shape"], rules.rank, "shape", place)
    let byteCount = try byteCount(type, shape, place, rules)
    let offsets = try sizes(fields["data_offsets"], 2, "offsets", place)
    guard offsets.count == 2, offsets[0] <= offsets[1] else {
      throw fault("offsets", at: place, "expected data_offsets [begin, end]")
    }
    guard offsets[1] - offsets[0] == byteCount else {
      throw fault(
        "offsets", at: place,
        "\(typeName) \(shape) takes \(byteCount) bytes, data_offsets give \(offsets[1] - offsets[0])"
      )
    }
    return Entry(
      name: name, elementType: type, shape: shape, byteRange: offsets[0]..<offsets[1])
  }

  static func checkName(_ name: String, _ place: String, _ rules: SafetensorsRules)
    throws(Failure)
  {
    guard (1...rules.nameBytes).contains(name.utf8.count) else {
      throw fault("name", at: place, "a name must have 1 to \(rules.nameBytes) bytes")
    }
    let allowed =
      rules.plainNames
      ? name.utf8.allSatisfy(isPlain)
      : !name.unicodeScalars.contains { $0.value < 0x20 || (0x7f..<0xa0).contains($0.value) }
    guard allowed else { throw fault("name", at: place, "the name holds forbidden characters") }
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "-")...UInt8(ascii: "9"), UInt8(ascii: "_"):
      true  // - . / 0-9 are neighbours in ASCII.
    default: false
    }
  }

  private static func sizes(_ value: JSONValue?, _ most: Int, _ code: String, _ place: String)
    throws(Failure) -> [Int]
  {
    guard case .array(let items)? = value, items.count <= most else {
      throw fault(code, at: place, "expected a list of at most \(most) integers")
    }
    var sizes: [Int] = []
    for item in items {
      guard let size = item.int, size >= 0 else {
        throw fault(code, at: place, "expected integers from 0, found \(item.serializedString)")
      }
      sizes.append(size)
    }
    return sizes
  }

  /// Bytes of a tensor. A zero excuses nothing: the other sizes must fit too.
  static func byteCount(
    _ type: ElementType, _ shape: [Int], _ place: String, _ rules: SafetensorsRules
  ) throws(Failure) -> Int {
    guard let elements = checkedProduct(shape.filter { $0 != 0 }), elements < rules.elements,
      let byteCount = checkedProduct([type.byteWidth] + shape)
    else { throw fault("shape", at: place, "the shape \(shape) is too large") }
    return byteCount
  }

  /// `entries` in the order of their bytes must follow each other from 0 to `dataByteCount`.
  static func checkLayout(_ entries: [Entry], _ dataByteCount: Int?, _ rules: SafetensorsRules)
    throws(Failure)
  {
    var end = 0
    for entry in entries {
      let place = "tensor \(quoted(entry.name))"
      guard entry.byteRange.lowerBound == end else {
        throw fault(
          "layout", at: place,
          "the tensor begins at byte \(entry.byteRange.lowerBound), expected byte \(end)")
      }
      if rules.aligned, end % entry.elementType.byteWidth != 0 {
        throw fault("layout", at: place, "the tensor is not aligned")
      }
      end = entry.byteRange.upperBound
    }
    if let dataByteCount, end > dataByteCount {
      throw cut("the tensors take \(end) bytes, the data has \(dataByteCount)")
    }
    if let dataByteCount, end < dataByteCount {
      throw fault("layout", "the tensors take \(end) bytes, the data has \(dataByteCount)")
    }
  }
}

// The names, types and shapes of the tensors in every data record of a stream.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Tensors

/// The names, types and shapes of a record's tensors. A size of nil may differ between records.
public struct StreamSchema: Equatable, Sendable {
  /// One tensor of the schema.
  public struct Field: Equatable, Sendable {
    public let name: String
    public let elementType: ElementType
    public let shape: [Int?]

    public init(_ name: String, _ elementType: ElementType, _ shape: [Int?]) {
      self.name = name
      self.elementType = elementType
      self.shape = shape
    }
  }

  public let fields: [Field]

  public init(_ fields: [Field]) { self.fields = fields }

  /// The field called `name`.
  public subscript(name: String) -> Field? {
    fields.first { $0.name.utf8.elementsEqual(name.utf8) }
  }

  /// The value of `ts.schema`.
  public var json: JSONValue {
    var object = JSONObject()
    for field in fields {
      object[field.name] = .object([
        "dtype": .string(field.elementType.rawValue),
        "shape": .array(field.shape.map { $0.map(JSONValue.int) ?? .null }),
      ])
    }
    return .object(object)
  }

  /// Parses the value of `ts.schema`. Throws `stream/schema`.
  public init(parsing text: String) throws(Failure) {
    var value: JSONValue?
    do {
      value = try JSONValue(parsing: Array(text.utf8), depthLimit: 8, valueLimit: 1 << 14)
    } catch {
      throw Self.fault("ts.schema is not JSON: \(error.message)")
    }
    guard case .object(let object)? = value else { throw Self.fault("ts.schema is not an object") }
    var fields: [Field] = []
    for (name, value) in object.members { fields.append(try Self.field(name, value)) }
    self.fields = fields
  }

  private static func field(_ name: String, _ value: JSONValue) throws(Failure) -> Field {
    guard let object = value.object, object.members.count == 2,
      let type = object["dtype"]?.string.flatMap(ElementType.init(rawValue:)),
      let sizes = object["shape"]?.array, sizes.count <= 8
    else { throw fault("ts.schema: '\(name)' needs a known dtype and a shape") }
    var shape: [Int?] = []
    for size in sizes {
      if size == .null {
        shape.append(nil)
      } else if let number = size.int, number >= 0 {
        shape.append(number)
      } else {
        throw fault("ts.schema: '\(name)' has a size that is neither an integer nor null")
      }
    }
    return Field(name, type, shape)
  }

  static func fault(_ message: String) -> Failure {
    Failure(.invalidInput, code: "stream/schema", message)
  }

  /// Throws `stream/schema` unless `tensors` are exactly the schema's.
  func check(_ tensors: [(name: String, elementType: ElementType, shape: [Int])]) throws(Failure) {
    guard tensors.count == fields.count else {
      throw Self.fault("expected \(fields.count) tensors by ts.schema, found \(tensors.count)")
    }
    for tensor in tensors {
      guard let field = self[tensor.name] else {
        throw Self.fault("the tensor '\(tensor.name)' is not in ts.schema")
      }
      let fits =
        field.shape.count == tensor.shape.count
        && zip(field.shape, tensor.shape).allSatisfy { $0 == nil || $0 == $1 }
      guard fits, field.elementType == tensor.elementType else {
        let expected = field.shape.map { $0.map(String.init) ?? "any" }.joined(separator: ", ")
        throw Self.fault(
          "'\(field.name)': expected \(field.elementType.rawValue) [\(expected)] by ts.schema, "
            + "found \(tensor.elementType.rawValue) \(tensor.shape)")
      }
    }
  }
}

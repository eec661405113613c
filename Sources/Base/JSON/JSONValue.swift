// A JSON document as a value: members in their order, numbers as they were written.
// SPDX-License-Identifier: Apache-2.0

/// Any JSON value.
public enum JSONValue: Equatable, Sendable {
  case null
  case bool(Bool)
  case number(JSONNumber)
  case string(String)
  case array([JSONValue])
  case object(JSONObject)

  /// The same kind and content; strings byte by byte, numbers as they were written.
  public static func == (left: JSONValue, right: JSONValue) -> Bool {
    switch (left, right) {
    case (.null, .null): true
    case (.bool(let a), .bool(let b)): a == b
    case (.number(let a), .number(let b)): a == b
    case (.string(let a), .string(let b)): a.utf8.elementsEqual(b.utf8)
    case (.array(let a), .array(let b)): a == b
    case (.object(let a), .object(let b)): a == b
    default: false
    }
  }
}

/// A number that keeps its source text, so that passing it through never changes it.
public struct JSONNumber: Hashable, Sendable {
  /// The text as RFC 8259 spells it, `-1.50e3` say.
  public let text: String

  init(validated text: String) { self.text = text }

  public init(_ value: Int) { text = String(value) }

  /// `value` must be finite: JSON has no spelling for the others.
  public init(_ value: Double) {
    precondition(value.isFinite, "JSON has no number for \(value)")
    text = "\(value)"
  }

  /// The value when the text is a plain integer that fits: no fraction, no exponent.
  public var int: Int? { Int(text) }

  /// Nil when the text is beyond the range of a double.
  public var double: Double? { Double(text).flatMap { $0.isFinite ? $0 : nil } }
}

extension JSONValue {
  public var string: String? { if case .string(let text) = self { text } else { nil } }
  public var bool: Bool? { if case .bool(let flag) = self { flag } else { nil } }
  public var array: [JSONValue]? { if case .array(let items) = self { items } else { nil } }
  public var object: JSONObject? { if case .object(let object) = self { object } else { nil } }
  public var double: Double? { if case .number(let number) = self { number.double } else { nil } }
  /// A plain integer in range; `1.0` and `1e2` are not.
  public var int: Int? { if case .number(let number) = self { number.int } else { nil } }

  public static func int(_ value: Int) -> JSONValue { .number(JSONNumber(value)) }
  public static func double(_ value: Double) -> JSONValue { .number(JSONNumber(value)) }
}

/// The reason why a text is not the expected JSON.
public struct JSONError: Error, Equatable, Sendable {
  /// Bytes before the fault.
  public let offset: Int
  public let message: String
  /// Whether the bytes are not valid UTF-8, and so no text at all.
  public let isNoText: Bool

  public init(offset: Int, message: String, isNoText: Bool = false) {
    self.offset = offset
    self.message = message
    self.isNoText = isNoText
  }
}

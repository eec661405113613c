// The mark of a record that an earlier tool skipped.
// SPDX-License-Identifier: Apache-2.0
import JSON

/// The member `skipped` of an object: `{"code":"image/truncated","message":"…"}`.
public struct SkipMark: Equatable, Sendable {
  public var code: String
  public var message: String

  public init(code: String, message: String) {
    self.code = code
    self.message = message
  }

  /// The mark of `object`. Anything without a text `code` is a member of the user's.
  public init?(of object: JSONObject) {
    guard let mark = object["skipped"]?.object, let code = mark["code"]?.string else { return nil }
    self.init(code: code, message: mark["message"]?.string ?? "")
  }

  /// The member's value.
  public var json: JSONValue {
    .object(["code": .string(code), "message": .string(message)])
  }
}

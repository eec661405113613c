// Failures in the form in which ranks send them to each other.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON

extension Failure {
  /// All but what decides about a record: this one ends the run.
  var json: JSONObject {
    var object: JSONObject = [
      "status": .int(Int(status.rawValue)), "code": .string(code), "message": .string(message),
    ]
    object["place"] = place.map { .string($0) }
    object["remedy"] = remedy.map { .string($0) }
    if kind == .interrupted { object["signal"] = .int(Int(Interruption.signal ?? 0)) }
    return object
  }

  init?(_ object: JSONObject) {
    guard let status = object["status"]?.int.flatMap({ ExitStatus(rawValue: Int32(clamping: $0)) }),
      let code = object["code"]?.string, let message = object["message"]?.string
    else { return nil }
    self.init(
      status, code: code, at: object["place"]?.string, message, remedy: object["remedy"]?.string,
      kind: object["signal"] == nil ? .ordinary : .interrupted)
  }
}

extension Failure {
  /// Whether a rank has failed before it could tell the others.
  public var isBeforeMPI: Bool {
    ["mpi/missing", "mpi/library", "mpi/start", "mpi/other-launcher"].contains(code)
  }
}

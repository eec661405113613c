// The log of a run: one JSON line per step and per evaluation.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import InputOutput
import JSON
import Training

/// Appends a line to a file after each step and each evaluation. A run that goes on first drops the lines of steps that
/// its checkpoint does not know.
public final class TrainingLog {
  private let sink: FileSink
  private let descriptor: Int32

  /// Throws `io/open`, and `file/dangling-link` for a link that leads nowhere.
  ///
  /// Opens `path` to go on after `step`, and after the evaluation of step `evaluated`: 0 begins it anew.
  public init(_ path: String, after step: Int, evaluated: Int = 0) throws(Failure) {
    if FilePath(path).isDanglingLink { throw .danglingLink(path) }
    descriptor = retryingInterrupted {
      open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_APPEND, 0o666)
    }
    guard descriptor >= 0 else { throw RunDirectory.system("open", path) }
    sink = FileSink(descriptor: descriptor, name: path)
    // A terminal or a pipe keeps what it has.
    guard sink.isRegularFile else { return }
    let kept =
      step > 0 ? try Self.kept(of: path, upTo: step, evaluated) : (byteCount: 0, hasEnd: true)
    guard retryingInterrupted({ ftruncate(descriptor, off_t(kept.byteCount)) }) == 0 else {
      throw RunDirectory.system("truncate", path)
    }
    if !kept.hasEnd { try sink.write("\n") }
  }

  deinit { close(descriptor) }

  /// The length of the lines at the beginning of the file whose step is `step` or an earlier one, of
  /// evaluations `evaluated` or an earlier one, and whether the last of them has its end.
  private static func kept(of path: String, upTo step: Int, _ evaluated: Int) throws(Failure)
    -> (byteCount: Int, hasEnd: Bool)
  {
    let bytes = try bytes(of: path)
    var kept = 0
    while kept < bytes.count {
      let end = bytes[kept...].firstIndex(of: UInt8(ascii: "\n"))
      guard
        let object = (try? JSONValue(parsing: Array(bytes[kept..<(end ?? bytes.count)])))?.object,
        let number = object["step"]?.int,
        number <= (object["eval_accuracy"] == nil ? step : evaluated)
      else { break }
      guard let end else { return (bytes.count, false) }
      kept = end + 1
    }
    return (kept, true)
  }

  /// Not as an input is read: outputs are none.
  private static func bytes(of path: String) throws(Failure) -> [UInt8] {
    let descriptor = retryingInterrupted { open(path, O_RDONLY | O_CLOEXEC) }
    guard descriptor >= 0 else { throw RunDirectory.system("open", path) }
    defer { close(descriptor) }
    var (bytes, chunk) = ([UInt8](), [UInt8](repeating: 0, count: 1 << 16))
    while true {
      let count = read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw RunDirectory.system("read", path) }
      if count == 0 { return bytes }
      bytes += chunk[..<count]
    }
  }

  public func add(_ report: StepReport) throws(Failure) {
    try sink.write(JSONValue.object(Self.line(report)).serializedString + "\n")
  }

  public func add(_ report: EvaluationReport) throws(Failure) {
    try sink.write(JSONValue.object(Self.line(report)).serializedString + "\n")
  }

  static func line(_ report: EvaluationReport) -> JSONObject {
    let found = report.evaluation
    return [
      "step": .int(report.step), "eval_loss": found.loss.map(number) ?? .null,
      "eval_accuracy": number(found.accuracy), "eval_records": .int(found.records),
      "eval_loss_tokens": .int(found.targets),
      "best_step": report.history.best.map { .int($0.step) } ?? .null,
    ]
  }

  /// Nine digits, which tell any two f32 apart; the rate in full.
  static func line(_ report: StepReport) -> JSONObject {
    var line: JSONObject = [
      "step": .int(report.step), "loss": number(report.loss),
      "grad_norm": number(report.gradientNorm), "lr": .double(report.rate),
      "tokens": .int(report.tokens), "loss_tokens": .int(report.targets),
      "ids": .array(report.ids.map { .string($0) }),
    ]
    if let sent = report.sentBytes {
      line["sent_bytes"] = .int(sent.slices)
      line["sent_other_bytes"] = .int(sent.other)
    }
    return line
  }

  private static func number(_ value: Double) -> JSONValue {
    .double(rounded(value))
  }

  /// `value` to nine significant digits.
  static func rounded(_ value: Double) -> Double {
    guard value != 0, value.isFinite else { return value }
    let exponent = 8 - Int(floor(log10(abs(value))))
    // Beyond this the power itself is no double; such numbers are printed whole.
    guard abs(exponent) < 290 else { return value }
    let scale = pow(10, Double(abs(exponent)))
    return exponent >= 0 ? (value * scale).rounded() / scale : (value / scale).rounded() * scale
  }
}

// A line of the input that can be parsed later, on any thread.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// What a reader makes of a line as late as `parsed` is called, on any thread.
public struct UnparsedLine: Sendable {
  private enum Content {
    case text(TextLine, number: Int, name: String, limits: StreamLimits)
    case object(ObjectLine)
  }

  private let content: Content

  init(_ line: TextLine, number: Int, of name: String, _ limits: StreamLimits) {
    content = .text(line, number: number, name: name, limits: limits)
  }

  /// A line that has been parsed already.
  public init(_ line: ObjectLine) { content = .object(line) }

  /// The same as `next` of the reader would have given.
  public func parsed() -> ObjectLine {
    switch content {
    case .object(let line): line
    case .text(let line, let number, let name, let limits):
      ObjectLine(line, number: number, of: name, limits)
    }
  }
}

extension ObjectReader {
  public func nextUnparsed() throws(Failure) -> UnparsedLine? {
    guard let line = try next() else { return nil }
    return UnparsedLine(line)
  }
}

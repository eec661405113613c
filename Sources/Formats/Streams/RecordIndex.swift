// Either kind of indexed file, for tools that take both.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// What the walk shows of a record of either kind.
public enum IndexedRecord: Sendable {
  case tensors(RecordSummary)
  case object(ObjectLine)
}

/// A regular file whose records can be had in any order, opened by what its first bytes say.
public enum RecordIndex: Sendable {
  case tensors(TensorStreamIndex)
  case objects(ObjectIndex)

  /// Walks the file `path`; throws what the indices throw.
  public init(
    path: String, limits: StreamLimits = StreamLimits(), requireEnd: Bool = false,
    warn: @escaping (String) -> Void = { _ in },
    visit: (_ ordinal: Int, _ record: IndexedRecord) throws(Failure) -> Void = { _, _ in }
  ) throws(Failure) {
    let file = try MappedFile(path: path)
    let holdsTensors: Bool
    do throws(Failure) {
      let frames = try FrameReader(MappedSource(file), limits: limits, warn: { _ in })
      try frames.refuseEmptyInput()
      holdsTensors = try frames.holdTensors()
    } catch {
      throw error.at(path)
    }
    if holdsTensors {
      self = .tensors(
        try TensorStreamIndex(file, limits: limits, warn: warn) {
          (ordinal, record) throws(Failure) in try visit(ordinal, .tensors(record))
        })
    } else {
      self = .objects(
        try ObjectIndex(file, limits: limits, requireEnd: requireEnd, warn: warn) {
          (ordinal, line) throws(Failure) in try visit(ordinal, .object(line))
        })
    }
  }

  /// The path, for messages.
  public var name: String {
    switch self {
    case .tensors(let index): index.name
    case .objects(let index): index.name
    }
  }

  /// Records, skipped ones included.
  public var count: Int {
    switch self {
    case .tensors(let index): index.count
    case .objects(let index): index.count
    }
  }

  public var skippedCount: Int {
    switch self {
    case .tensors(let index): index.skippedCount
    case .objects(let index): index.skippedCount
    }
  }

  /// SHA-256 by which the data are known again.
  public var digest: String {
    switch self {
    case .tensors(let index): index.digest
    case .objects(let index): index.digest
    }
  }

  /// Whether nothing could be made of the record at `ordinal`.
  public func isSkip(at ordinal: Int) -> Bool {
    switch self {
    case .tensors(let index): index.isSkip(at: ordinal)
    case .objects(let index): index.isSkip(at: ordinal)
    }
  }
}

// A safetensors file used straight from its mapping.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Safetensors
import Tensors

/// The tensors of one file. Reading the header takes no memory beyond the header's; the tensors
/// are views of the mapping, which lives as long as any of them.
public final class SafetensorsFile: Sendable {
  public let path: String
  /// In the order of their bytes.
  public let names: [String]
  /// The members of the header's `__metadata__`, in their order.
  public let metadata: [(key: String, value: String)]
  private let entries: [String: SafetensorsHeader.Entry]
  public let file: MappedFile
  /// What follows the header.
  private let data: TensorStorage

  /// Throws codes `safetensors/…` for a header that lies, and `io/…` or `file/…` when there is no
  /// such regular file.
  public convenience init(path: String) throws(Failure) {
    try self.init(MappedFile(path: path))
  }

  /// As `init(path:)`, of a file that is mapped already.
  public init(_ file: MappedFile) throws(Failure) {
    self.file = file
    path = file.path
    let (header, offset) = try Self.parse(file)
    metadata = header.metadata
    names = header.entries.map(\.name)
    var entries: [String: SafetensorsHeader.Entry] = [:]
    for entry in header.entries {
      // The parser compares bytes; this refuses names that only normalisation tells apart.
      guard entries.updateValue(entry, forKey: entry.name) == nil else {
        throw Failure(
          .invalidInput, code: "safetensors/name", at: path,
          "the name \(escapedForTerminal(entry.name)) is taken twice")
      }
    }
    self.entries = entries
    data = TensorStorage(
      borrowing: UnsafeRawBufferPointer(rebasing: file.bytes[offset...]), owner: file)
  }

  private static func parse(_ file: MappedFile) throws(Failure) -> (SafetensorsHeader, Int) {
    do {
      return try SafetensorsHeader.parse(file: file.bytes)
    } catch {
      var failure = error.at(file.path)
      if failure.kind == .cut {
        failure.remedy = "the file is cut short: fetch it again"
      }
      throw failure
    }
  }

  /// The type and shape of the tensor called `name`.
  public func entry(named name: String) -> TensorEntry? {
    entries[name].map { TensorEntry(elementType: $0.elementType, shape: $0.shape) }
  }

  /// The tensor called `name`: a view of the mapping, or a copy when its elements lie at addresses
  /// that are no multiples of their size. Throws `checkpoint/no-tensor`, `checkpoint/memory`.
  public func tensor(named name: String) throws(Failure) -> Tensor {
    guard let entry = entries[name] else {
      throw Failure(
        .invalidInput, code: "checkpoint/no-tensor", at: path,
        "there is no tensor called \(escapedForTerminal(name))")
    }
    let view = Tensor(
      entry.elementType, shape: entry.shape, storage: data, byteOffset: entry.byteRange.lowerBound)
    let isAligned = view.withUnsafeBytes {
      Int(bitPattern: $0.baseAddress) % entry.elementType.byteWidth == 0
    }
    return isAligned ? view : try copy(of: view, name: name)
  }

  private func copy(of view: Tensor, name: String) throws(Failure) -> Tensor {
    do throws(AllocationError) {
      return try view.withUnsafeBytes { (bytes) throws(AllocationError) in
        try Tensor(view.elementType, shape: view.shape, copying: bytes)
      }
    } catch {
      throw Failure(
        .limitExceeded, code: "checkpoint/memory", at: path,
        "tensor \(escapedForTerminal(name)) is misaligned, and there is no memory for a copy of"
          + " \(error.byteCount) bytes",
        remedy: "save the file anew: writers align the data today")
    }
  }

  /// Throws `file/changed` if the file is not the one that was mapped.
  public func verifyUnchanged() throws(Failure) { try file.verifyUnchanged() }
}

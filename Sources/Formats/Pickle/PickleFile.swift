// A memory-mapped PyTorch checkpoint, zip and pickle.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Synchronization
import Tensors

/// The tensors of one file that `torch.save` wrote since PyTorch 1.6 (reference: the note
/// "Serialization semantics" of PyTorch's documentation, and torch/serialization.py): a zip file of
/// a pickle `data.pkl` and one record `data/KEY` for each storage.
///
/// The pickle is read as data: 31 opcodes, a few names, no code, and no option that allows more.
/// Tensors are views of the mapping, which lives as long as any of them; those that share a storage
/// share it here. Only a tensor that is strided, or lies at addresses that are no multiples of its
/// elements' size, is copied, when it is asked for.
public final class PickleFile: Sendable {
  public let path: String
  /// In the order of the dictionary.
  public let names: [String]
  let views: [String: PlacedView]
  let archive: ZipArchive
  public let file: MappedFile
  /// Records whose checksums were looked at since.
  let verified = Mutex<Set<Int>>([])
  private let data: TensorStorage

  /// The most bytes of the pickle: a large model's has half a megabyte.
  static let pickleLimit = 64 << 20
  /// Records up to this size are verified at the start, the pickle whatever its size.
  static let smallRecord = 1 << 16

  /// Throws codes `zip/…` and `pickle/…` for a file that is damaged, lies, or holds more than tensors,
  /// and `io/…` or `file/…` when there is no such regular file.
  ///
  /// Verifies the checksums of the pickle and of small records, not those of all data: a start must
  /// not read gigabytes. `verifyChecksums` does.
  public convenience init(path: String) throws(Failure) {
    try self.init(MappedFile(path: path))
  }

  /// As `init(path:)`, of a file that is mapped already.
  public init(_ file: MappedFile) throws(Failure) {
    self.file = file
    path = file.path
    do throws(Failure) {
      try Self.refuseOthers(file.bytes, path)
      (archive, names, views) = try file.withRandomAccess { () throws(Failure) in
        try Self.parse(file.bytes)
      }
    } catch {
      throw error.at(path)
    }
    data = TensorStorage(borrowing: file.bytes, owner: file)
  }

  /// All that is known of the bytes of a zip file; reads no tensor.
  static func parse(_ bytes: UnsafeRawBufferPointer) throws(Failure)
    -> (archive: ZipArchive, names: [String], views: [String: PlacedView])
  {
    let archive = try ZipArchive(bytes)
    let (names, views) = try TorchLayout(archive, bytes).tensors(bytes)
    return (archive, names, views)
  }

  /// The type and shape of the tensor called `name`.
  public func entry(named name: String) -> TensorEntry? {
    views[name].map { TensorEntry(elementType: $0.elementType, shape: $0.view.shape) }
  }

  /// The tensor called `name`: a view of the mapping, or a copy where it is strided or misaligned.
  /// Throws `checkpoint/no-tensor`, `checkpoint/memory`.
  public func tensor(named name: String) throws(Failure) -> Tensor {
    guard let placed = views[name] else {
      throw Failure(
        .invalidInput, code: "checkpoint/no-tensor", at: path,
        "there is no tensor called \(escapedForTerminal(name))")
    }
    let (type, view) = (placed.elementType, placed.view)
    let address = Int(bitPattern: file.bytes.baseAddress) + placed.byteOffset
    if view.isContiguous, address % type.byteWidth == 0 {
      return Tensor(type, shape: view.shape, storage: data, byteOffset: placed.byteOffset)
    }
    do throws(AllocationError) {
      return try Tensor(
        type, shape: view.shape, strides: view.strides, copying: data,
        byteOffset: placed.byteOffset)
    } catch {
      throw Failure(
        .limitExceeded, code: "checkpoint/memory", at: path,
        "tensor \(quoted(name)) is strided or misaligned, and there is no memory for a copy of"
          + " \(error.byteCount) bytes",
        remedy: "save the file anew with contiguous tensors")
    }
  }

  /// Throws `file/changed` if the file is not the one that was mapped.
  public func verifyUnchanged() throws(Failure) { try file.verifyUnchanged() }

  /// Whether `bytes`, the beginning of a file or all of it, are of one of the formats that PyTorch has
  /// had: its zip file, a bare pickle, a tar file.
  public static func isFormat(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.starts(with: [0x50, 0x4b, 3, 4]) || bytes.first == 0x80
      || bytes.dropFirst(257).starts(with: "ustar".utf8)
  }

  /// Names the older formats, and what converts them.
  private static func refuseOthers(_ bytes: UnsafeRawBufferPointer, _ path: String)
    throws(Failure)
  {
    if bytes.starts(with: [0x50, 0x4b, 3, 4]) { return }
    if bytes.first == 0x80 {
      let script =
        "import os, sys, torch; f = sys.argv[1];"
        + " torch.save(torch.load(f, map_location='cpu', weights_only=True), f + '.new');"
        + " os.replace(f + '.new', f)"
      throw Failure(
        .invalidInput, code: "pickle/legacy",
        "expected a zip file, found PyTorch's format of before 1.6",
        remedy:
          "replace it by the new format, where PyTorch is: python3 -c \"\(script)\" \(quotedForShell(escapedForTerminal(path)))"
      )
    }
    if bytes.dropFirst(257).starts(with: "ustar".utf8) {
      throw Failure(
        .invalidInput, code: "pickle/legacy",
        "expected a zip file, found a tar file, PyTorch's first format",
        remedy: "take another edition: PyTorch itself opens this one only if it may run its code")
    }
    throw Failure(
      .invalidInput, code: "zip/signature", "expected a zip file as torch.save writes it",
      remedy: "check that the file is a PyTorch checkpoint and was fetched whole",
      kind: .otherFormat)
  }
}

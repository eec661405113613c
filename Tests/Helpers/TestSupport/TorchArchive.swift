// Checkpoints as torch.save writes them, for tests: with numbers, or of real size and no room.
// SPDX-License-Identifier: Apache-2.0
import Tensors

/// One record `data/KEY` of the archive.
public struct TorchStorage: Sendable {
  public var key: String
  public var elementType: ElementType
  /// How many elements it has.
  public var count: Int
  public var contents: SparseContents

  public init(key: String, elementType: ElementType, count: Int, contents: SparseContents) {
    self.key = key
    self.elementType = elementType
    self.count = count
    self.contents = contents
  }
}

/// A tensor: a view of a storage.
public struct TorchView: Sendable {
  public var name: String
  /// The storage's number.
  public var storage: Int
  /// In elements.
  public var offset: Int
  public var shape: [Int]
  public var strides: [Int]
  /// A torch.nn.Parameter around the tensor.
  public var isParameter = false

  /// Without `strides` the elements lie in the order of rows.
  public init(
    name: String, storage: Int, offset: Int = 0, shape: [Int], strides: [Int]? = nil
  ) {
    self.name = name
    self.storage = storage
    self.offset = offset
    self.shape = shape
    self.strides = strides ?? Self.contiguous(shape)
  }

  private static func contiguous(_ shape: [Int]) -> [Int] {
    var strides = shape
    var next = 1
    for index in shape.indices.reversed() {
      strides[index] = next
      next *= max(shape[index], 1)
    }
    return strides
  }
}

/// The zip file that torch.save writes of a dictionary of tensors (reference:
/// caffe2/serialize/inline_container.cc and torch/serialization.py of PyTorch 2.13). A hostile test
/// changes `pickle`, the records (`records(pickle:)`, `TorchZip`), or the bytes of the whole.
public struct TorchArchive: Sendable {
  /// The folder inside the zip file: torch takes the file's name without its last ending.
  public var stem: String
  public var storages: [TorchStorage]
  public var views: [TorchView]
  /// A module's `state_dict()` as it is: an OrderedDict with `_metadata`; else a plain dictionary.
  public var isModule = false

  public init(stem: String = "archive", storages: [TorchStorage], views: [TorchView]) {
    self.stem = stem
    self.storages = storages
    self.views = views
  }

  /// Each tensor has a storage of its own.
  public init(
    stem: String = "archive",
    tensors: [(name: String, elementType: ElementType, shape: [Int], contents: SparseContents)]
  ) {
    self.init(
      stem: stem,
      storages: tensors.enumerated().map { number, tensor in
        TorchStorage(
          key: "\(number)", elementType: tensor.elementType, count: tensor.shape.reduce(1, *),
          contents: tensor.contents)
      },
      views: tensors.enumerated().map { number, tensor in
        TorchView(name: tensor.name, storage: number, shape: tensor.shape)
      })
  }

  /// The records in torch's order, with `pickle` for `data.pkl` where it is given.
  public func records(pickle: [UInt8]? = nil) -> [TorchRecord] {
    func text(_ name: String, _ value: String) -> TorchRecord {
      TorchRecord(name: "\(stem)/\(name)", contents: .bytes(Array(value.utf8)))
    }
    let data = storages.map { storage in
      TorchRecord(
        name: "\(stem)/data/\(storage.key)", contents: storage.contents,
        byteCount: storage.count * storage.elementType.byteWidth)
    }
    return [
      TorchRecord(name: "\(stem)/data.pkl", contents: .bytes(pickle ?? self.pickle)),
      text(".format_version", "1"), text(".storage_alignment", "64"), text("byteorder", "little"),
    ] + data + [
      text("version", "3\n"),
      text(".data/serialization_id", "0636067187613184123413247613671637131234"),
    ]
  }

  /// The zip file of `records()`.
  public var zip: TorchZip { TorchZip(records()) }

  /// Replaces the file at `path`; a hole of gigabytes takes no time and no room.
  public func write(to path: String) throws { try zip.file.write(to: path) }
}

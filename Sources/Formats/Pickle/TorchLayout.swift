// The records that PyTorch puts into its zip file, and the tensors that they hold together.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Tensors

/// A tensor's view and where its first element lies in the file.
struct PlacedView: Sendable {
  let elementType: ElementType
  let view: PickledView
  let byteOffset: Int
}

/// An archive of PyTorch's: `NAME/data.pkl`, `NAME/version`, `NAME/byteorder` since 2.1, and
/// `NAME/data/KEY` for each storage (reference: caffe2/serialize/inline_container.h and
/// torch/serialization.py).
struct TorchLayout {
  private let archive: ZipArchive
  /// `NAME/`.
  private let prefix: [UInt8]
  private let pickle: ZipArchive.Record

  /// Checks what every archive has, and the checksums of the pickle and of small records.
  init(_ archive: ZipArchive, _ file: UnsafeRawBufferPointer) throws(Failure) {
    let ending = Array("/data.pkl".utf8)
    let pickles = archive.records.filter { $0.name.ends(with: ending) }
    guard pickles.count == 1, let pickle = pickles.first else {
      throw Failure(
        .invalidInput, code: "pickle/no-pickle",
        "expected one record data.pkl in the archive, found \(pickles.count)",
        remedy: "check that the file is a PyTorch checkpoint")
    }
    guard pickle.range.count <= PickleFile.pickleLimit else {
      throw Failure(
        .limitExceeded, code: "pickle/too-large", at: pickle.shownName,
        "expected at most \(PickleFile.pickleLimit) bytes, found \(pickle.range.count)",
        remedy: "save the state dict by itself with torch.save")
    }
    self.archive = archive
    self.pickle = pickle
    prefix = Array(pickle.name.dropLast(ending.count - 1))
    for record in archive.records
    where record.range.count <= PickleFile.smallRecord || record.offset == pickle.offset {
      try ZipArchive.verify(record, in: file)
    }
    // Those that PyTorch reads.
    try check("version", file, isNeeded: true) {
      Int(strippingWhitespace($0)).map((1...10).contains) ?? false
    }
    try check("byteorder", file, isNeeded: false) { strippingWhitespace($0) == "little" }
  }

  private func check(
    _ name: String, _ file: UnsafeRawBufferPointer, isNeeded: Bool, _ isKnown: (String) -> Bool
  ) throws(Failure) {
    guard let record = archive[prefix + name.utf8] else {
      guard isNeeded else { return }
      throw PickleMachine.fault("\(name)", "expected a record \(name) in the archive, found none")
    }
    let text = String(decoding: file[record.range].prefix(100), as: UTF8.self)
    guard record.range.count <= 100, isKnown(text) else {
      throw PickleMachine.fault("\(name)", "the \(name) \(quoted(text)) is not supported")
        .at(record.shownName)
    }
  }

  /// The names in their order, and the tensor of each. Throws codes `pickle/…`.
  func tensors(_ file: UnsafeRawBufferPointer) throws(Failure) -> ([String], [String: PlacedView]) {
    var machine = PickleMachine(UnsafeRawBufferPointer(rebasing: file[pickle.range]))
    do throws(Failure) {
      let value = try machine.run()
      guard case .dictionary(let number) = value else {
        throw PickleMachine.fault(
          "state-dict", "expected a dictionary of tensors, found \(value.kind)")
      }
      let storages = try place(machine.storages)
      var names: [String] = []
      var views: [String: PlacedView] = [:]
      for (key, value) in machine.dictionaries[number] {
        let name = try Self.name(key)
        guard case .tensor(let index) = value else {
          throw Failure(
            .invalidInput, code: "pickle/state-dict",
            "expected a tensor called \(quoted(name)), found \(value.kind)",
            remedy: "save the dictionary of tensors by itself with torch.save")
        }
        let view = machine.views[index]
        let type = machine.storages[view.storage].elementType
        // No overflow: the view lies inside the storage, and that in the file.
        let placed = PlacedView(
          elementType: type, view: view,
          byteOffset: storages[view.storage] + view.offset * type.byteWidth)
        guard views.updateValue(placed, forKey: name) == nil else {
          throw PickleMachine.fault("name", "the name \(quoted(name)) is taken twice")
        }
        names.append(name)
      }
      return (names, views)
    } catch {
      throw error.at(quotedPlace)
    }
  }

  private var quotedPlace: String {
    escapedForTerminal(String(decoding: pickle.name, as: UTF8.self).prefix(bytes: 100))
  }

  private static func name(_ key: PickleValue) throws(Failure) -> String {
    guard let name = key.text, (1...ZipArchive.nameLimit).contains(name.utf8.count),
      !name.unicodeScalars.contains(where: { $0.value < 0x20 || (0x7f..<0xa0).contains($0.value) })
    else {
      throw PickleMachine.fault(
        "name",
        "expected a tensor's name of 1 to \(ZipArchive.nameLimit) plain bytes, found"
          + " \(key.text.map(quoted) ?? key.kind)")
    }
    return name
  }

  /// Where each storage's record begins in the file.
  private func place(_ storages: [PickledStorage]) throws(Failure) -> [Int] {
    var places: [Int] = []
    for storage in storages {
      guard let record = archive[prefix + "data/".utf8 + storage.key.utf8] else {
        throw PickleMachine.fault(
          "storage", "the archive has no record data/ for storage \(quoted(storage.key))")
      }
      guard checkedProduct(storage.count, storage.elementType.byteWidth) == record.range.count
      else {
        throw PickleMachine.fault(
          "storage",
          "storage \(quoted(storage.key)) of \(storage.count)"
            + " \(storage.elementType.rawValue) does not fill its record of"
            + " \(record.range.count) bytes")
      }
      places.append(record.range.lowerBound)
    }
    return places
  }
}

extension Array where Element == UInt8 {
  fileprivate func ends(with ending: [UInt8]) -> Bool {
    count > ending.count && suffix(ending.count).elementsEqual(ending)
  }
}

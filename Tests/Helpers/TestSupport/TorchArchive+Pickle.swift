// The pickle of a dictionary of tensors, as Python writes it in protocol 2.
// SPDX-License-Identifier: Apache-2.0
import Tensors

extension TorchArchive {
  /// The bytes of `data.pkl`.
  public var pickle: [UInt8] {
    var pickler = TorchPickler()
    if isModule { pickler.orderedDictionary() } else { pickler.beginDictionary() }
    // Python fills a dictionary by batches of 1000.
    for start in stride(from: 0, to: views.count, by: 1000) {
      let batch = views[start..<min(start + 1000, views.count)]
      pickler.mark()
      for view in batch {
        pickler.text(view.name)
        pickler.value(of: view, in: storages)
      }
      pickler.setItems()
    }
    if isModule { pickler.metadata() }
    return pickler.finished
  }
}

/// Writes opcodes; values that Python has seen before are fetched from its memo.
public struct TorchPickler {
  public private(set) var bytes: [UInt8] = [0x80, 2]
  private var memo: [String: Int] = [:]
  private var remembered = 0

  public init() {}

  public var finished: [UInt8] { bytes + [UInt8(ascii: ".")] }

  public mutating func raw(_ more: [UInt8]) { bytes += more }

  public mutating func beginDictionary() {
    opcode("}")
    remember()
  }

  public mutating func mark() { opcode("(") }

  public mutating func setItems() { opcode("u") }

  public mutating func text(_ value: String) {
    once("text \(value)") {
      $0.opcode("X")
      $0.number(UInt32(value.utf8.count))
      $0.bytes += value.utf8
    }
  }

  /// A name of Python's.
  public mutating func global(_ module: String, _ name: String) {
    once("global \(module) \(name)") {
      $0.opcode("c")
      $0.bytes += "\(module)\n\(name)\n".utf8
    }
  }

  public mutating func integer(_ value: Int) {
    if let small = UInt8(exactly: value) {
      opcode("K")
      number(small)
    } else if let small = UInt16(exactly: value) {
      opcode("M")
      number(small)
    } else if let small = Int32(exactly: value) {
      opcode("J")
      number(small)
    } else {
      // LONG1 in as few bytes as the number needs with its sign.
      let count = (64 - (value < 0 ? ~value : value).leadingZeroBitCount) / 8 + 1
      bytes += [0x8a, UInt8(count)]
      bytes += (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
  }

  public mutating func tuple(_ values: [Int]) {
    if values.isEmpty { return opcode(")") }
    if values.count > 3 { mark() }
    for value in values { integer(value) }
    bytes.append(values.count > 3 ? UInt8(ascii: "t") : 0x84 + UInt8(values.count))
    remember()
  }

  /// The tensor, or the parameter around it.
  public mutating func value(of view: TorchView, in storages: [TorchStorage]) {
    guard view.isParameter else { return tensor(view, of: storages[view.storage]) }
    global("torch._utils", "_rebuild_parameter")
    tensor(view, of: storages[view.storage])
    bytes.append(0x88)
    orderedDictionary()
    bytes.append(0x87)
    remember()
    call()
  }

  /// A call of collections.OrderedDict; items follow.
  public mutating func orderedDictionary() {
    global("collections", "OrderedDict")
    opcode(")")
    call()
  }

  /// The attribute that a module gives its dictionary: the version of each part, here of the whole.
  public mutating func metadata() {
    beginDictionary()
    text("_metadata")
    orderedDictionary()
    text("")
    beginDictionary()
    text("version")
    integer(1)
    opcode("s")
    opcode("s")
    opcode("s")
    opcode("b")
  }

  /// A call of torch._utils._rebuild_tensor_v2.
  public mutating func tensor(_ view: TorchView, of storage: TorchStorage) {
    global("torch._utils", "_rebuild_tensor_v2")
    mark()
    mark()
    text("storage")
    global("torch", storage.elementType.torchStorageName)
    text(storage.key)
    text("cpu")
    integer(storage.count)
    opcode("t")
    remember()
    opcode("Q")
    integer(view.offset)
    tuple(view.shape)
    tuple(view.strides)
    bytes.append(0x89)
    orderedDictionary()
    opcode("t")
    remember()
    call()
  }

  private mutating func call() {
    opcode("R")
    remember()
  }

  public mutating func opcode(_ letter: Unicode.Scalar) { bytes.append(UInt8(ascii: letter)) }

  private mutating func number(_ value: some FixedWidthInteger) {
    bytes += withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  private mutating func once(_ key: String, _ write: (inout Self) -> Void) {
    if let place = memo[key] { return refer(place, short: "h", long: "j") }
    write(&self)
    memo[key] = remembered
    remember()
  }

  private mutating func remember() {
    refer(remembered, short: "q", long: "r")
    remembered += 1
  }

  private mutating func refer(_ place: Int, short: Unicode.Scalar, long: Unicode.Scalar) {
    if let small = UInt8(exactly: place) {
      opcode(short)
      number(small)
    } else {
      opcode(long)
      number(UInt32(place))
    }
  }
}

extension ElementType {
  /// What torch calls a storage of it; it has no class for the wider unsigned integers.
  public var torchStorageName: String {
    switch self {
    case .bool: "BoolStorage"
    case .u8: "ByteStorage"
    case .i8: "CharStorage"
    case .i16: "ShortStorage"
    case .i32: "IntStorage"
    case .i64: "LongStorage"
    case .f16: "HalfStorage"
    case .bf16: "BFloat16Storage"
    case .f32: "FloatStorage"
    case .f64: "DoubleStorage"
    case .u16, .u32, .u64: preconditionFailure("torch has no storage of \(rawValue)")
    }
  }
}

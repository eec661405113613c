// Interprets the pickle of a state dict as data: nothing in it can run code.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// A pickle machine of 31 opcodes (reference: CPython's Lib/pickletools.py) over values that are
/// only data. Time and memory grow with the pickle's bytes and are bounded: every instruction makes
/// at most one object, and no text or tuple is copied.
struct PickleMachine {
  static let instructionLimit = 10_000_000
  /// Values on the stack, values remembered, and objects made: each.
  static let valueLimit = 1 << 20
  static let textLimit = 1 << 20
  /// Values in all tuples and dictionaries together; 22 belong to a tensor.
  static let partLimit = 1 << 22

  private var cursor: ByteCursor
  var stack: [PickleValue] = []
  /// Where on the stack each open mark stands.
  private var marks: [Int] = []
  private var memo: [UInt32: PickleValue] = [:]
  var tuples: [[PickleValue]] = [[]]
  var dictionaries: [[(key: PickleValue, value: PickleValue)]] = []
  private(set) var storages: [PickledStorage] = []
  private var storageNumbers: [[UInt8]: Int] = [:]
  private(set) var views: [PickledView] = []
  private var partCount = 0

  init(_ pickle: UnsafeRawBufferPointer) {
    cursor = ByteCursor(pickle, in: 0..<pickle.count, code: "pickle/cut")
  }

  /// The one value that the pickle describes. Throws codes `pickle/…` at `byte N`.
  mutating func run() throws(Failure) -> PickleValue {
    for _ in 0..<Self.instructionLimit {
      let place = cursor.position
      do throws(Failure) {
        let byte = try cursor.next(UInt8.self)
        guard let opcode = PickleOpcode(rawValue: byte) else {
          throw Self.refusal("opcode", "the pickle uses \(PickleOpcode.name(of: byte))")
        }
        if opcode == .stop { return try finish() }
        try execute(opcode, at: place)
      } catch {
        throw error.place == nil ? error.at("byte \(place)") : error
      }
    }
    throw Self.tooMuch("instructions", Self.instructionLimit)
  }

  /// Bytes after the end could be meant for another reader.
  private mutating func finish() throws(Failure) -> PickleValue {
    let value = try pop()
    guard stack.isEmpty, marks.isEmpty, cursor.isAtEnd else {
      throw Self.fault("end", "expected the pickle to end with its one value")
    }
    return value
  }

  private mutating func execute(_ opcode: PickleOpcode, at place: Int) throws(Failure) {
    switch opcode {
    case .stop: break
    case .setProtocol:
      let version = try cursor.next(UInt8.self)
      guard place == 0, version == 2 else {
        throw Self.fault("protocol", "expected protocol 2 once, found protocol \(version)")
      }
    case .mark:
      guard marks.count < Self.valueLimit else { throw Self.tooMuch("marks", Self.valueLimit) }
      marks.append(stack.count)
    case .none: try push(.none)
    case .newTrue, .newFalse: try push(.bool)
    case .integer4: try push(.integer(Int(try cursor.next(Int32.self))))
    case .integer1: try push(.integer(Int(try cursor.next(UInt8.self))))
    case .integer2: try push(.integer(Int(try cursor.next(UInt16.self))))
    case .long1: try push(.integer(try longInteger()))
    case .float:
      _ = try cursor.take(8)
      try push(.real)
    case .text: try push(.text(try text()))
    case .emptyTuple: try push(.tuple(0))
    case .tuple: try pushTuple(try popMark())
    case .tuple1: try pushTuple(try pop(1))
    case .tuple2: try pushTuple(try pop(2))
    case .tuple3: try pushTuple(try pop(3))
    case .emptyList: try push(.list)
    case .append:
      _ = try pop(1)
      try checkList()
    case .appends:
      _ = try popMark()
      try checkList()
    case .emptyDictionary: try pushDictionary()
    case .setItem: try extendDictionary(by: try pop(2))
    case .setItems: try extendDictionary(by: try popMark())
    case .put1: try remember(UInt32(try cursor.next(UInt8.self)))
    case .put4: try remember(try cursor.next())
    case .get1: try recall(UInt32(try cursor.next(UInt8.self)))
    case .get4: try recall(try cursor.next())
    case .global: try push(.global(try global()))
    case .persistent: try pushStorage(try pop())
    case .reduce: try reduce()
    case .build: try build()
    }
  }
}

// MARK: Reading operands.

extension PickleMachine {
  private mutating func longInteger() throws(Failure) -> Int {
    let range = try cursor.take(Int(try cursor.next(UInt8.self)))
    guard range.count <= 8 else { throw Self.fault("integer", "expected an integer below 2^63") }
    var value = 0
    for byte in cursor.bytes[range].reversed() { value = (value << 8) | Int(byte) }
    let unused = 64 - 8 * range.count
    return range.isEmpty ? 0 : (value << unused) >> unused
  }

  private mutating func text() throws(Failure) -> String {
    let size = try cursor.next(UInt32.self)
    guard size <= UInt32(Self.textLimit) else {
      throw Self.tooMuch("bytes of a text", Self.textLimit)
    }
    let range = try cursor.take(Int(size))
    guard let text = String(validating: cursor.bytes[range], as: UTF8.self) else {
      throw Self.fault("text", "expected a text in UTF-8")
    }
    return text
  }

  private mutating func global() throws(Failure) -> PickleGlobal {
    let module = try cursor.line(limit: 256)
    let name = try cursor.line(limit: 256)
    let whole = [module, name].map { String(decoding: cursor.bytes[$0], as: UTF8.self) }
      .joined(separator: ".")
    guard let global = PickleGlobal(whole) else {
      throw Self.refusal("global", "the pickle asks for \(quoted(whole))")
    }
    return global
  }
}

// MARK: The stack, the memo and the tables.

extension PickleMachine {
  mutating func push(_ value: PickleValue) throws(Failure) {
    guard stack.count < Self.valueLimit else { throw Self.tooMuch("values", Self.valueLimit) }
    stack.append(value)
  }

  /// The topmost values, which stand above the last mark.
  private mutating func pop(_ count: Int) throws(Failure) -> [PickleValue] {
    guard stack.count - (marks.last ?? 0) >= count else {
      throw Self.fault("stack", "expected \(counted(count, "value")) on the stack")
    }
    defer { stack.removeLast(count) }
    return Array(stack.suffix(count))
  }

  mutating func pop() throws(Failure) -> PickleValue {
    guard stack.count > marks.last ?? 0, let value = stack.popLast() else {
      throw Self.fault("stack", "expected a value on the stack")
    }
    return value
  }

  private mutating func popMark() throws(Failure) -> [PickleValue] {
    guard let mark = marks.popLast() else { throw Self.fault("stack", "expected an open mark") }
    defer { stack.removeSubrange(mark...) }
    return Array(stack[mark...])
  }

  /// The topmost value, which stays.
  private func top() throws(Failure) -> PickleValue {
    guard stack.count > marks.last ?? 0, let value = stack.last else {
      throw Self.fault("stack", "expected a value on the stack")
    }
    return value
  }

  private mutating func remember(_ number: UInt32) throws(Failure) {
    guard memo.count < Self.valueLimit else {
      throw Self.tooMuch("remembered values", Self.valueLimit)
    }
    memo[number] = try top()
  }

  private mutating func recall(_ number: UInt32) throws(Failure) {
    guard let value = memo[number] else {
      throw Self.fault("memo", "value \(number) was never remembered")
    }
    try push(value)
  }

  private func checkObjects() throws(Failure) {
    let count = tuples.count + dictionaries.count + storages.count + views.count
    guard count < Self.valueLimit else { throw Self.tooMuch("objects", Self.valueLimit) }
  }

  private mutating func keep(_ count: Int) throws(Failure) {
    partCount += count
    guard partCount <= Self.partLimit else { throw Self.tooMuch("parts", Self.partLimit) }
  }

  private mutating func pushTuple(_ items: [PickleValue]) throws(Failure) {
    try checkObjects()
    try keep(items.count)
    tuples.append(items)
    try push(.tuple(tuples.count - 1))
  }

  mutating func pushDictionary() throws(Failure) {
    try checkObjects()
    dictionaries.append([])
    try push(.dictionary(dictionaries.count - 1))
  }

  mutating func pushView(_ view: PickledView) throws(Failure) {
    try checkObjects()
    views.append(view)
    try push(.tensor(views.count - 1))
  }

  /// The storage is the same wherever its key stands: tied weights stay tied.
  mutating func pushStorage(_ storage: PickledStorage) throws(Failure) {
    let key = Array(storage.key.utf8)
    if let number = storageNumbers[key] {
      guard storages[number] == storage else {
        throw Self.fault("storage", "storage \(quoted(storage.key)) is described in two ways")
      }
      return try push(.storage(number))
    }
    try checkObjects()
    storageNumbers[key] = storages.count
    storages.append(storage)
    try push(.storage(storages.count - 1))
  }

  private func checkList() throws(Failure) {
    guard case .list = try top() else { throw Self.fault("list", "expected a list to append to") }
  }

  private mutating func extendDictionary(by items: [PickleValue]) throws(Failure) {
    guard case .dictionary(let number) = try top(), items.count % 2 == 0 else {
      throw Self.fault("dictionary", "expected a dictionary and pairs of keys and values")
    }
    try keep(items.count)
    for index in stride(from: 0, to: items.count, by: 2) {
      dictionaries[number].append((items[index], items[index + 1]))
    }
  }
}

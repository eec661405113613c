// The few functions that a state dict's pickle calls, reproduced here on data.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

extension PickleMachine {
  static let rankLimit = 8
  /// Bytes of a storage's key, a number in practice: keys are copied for every use.
  static let keyLimit = 100

  /// A persistent id: ('storage', type, key, place, count). Where the storage once was, `cuda:0`
  /// say, means nothing here.
  mutating func pushStorage(_ id: PickleValue) throws(Failure) {
    guard case .tuple(let number) = id, case let parts = tuples[number], parts.count == 5,
      let kind = parts[0].text, kind.utf8.elementsEqual("storage".utf8),
      case .global(.storage(let type)) = parts[1], let key = parts[2].text,
      key.utf8.count <= Self.keyLimit, parts[3].text != nil, let count = parts[4].integer,
      count >= 0
    else { throw Self.fault("storage", "expected a storage's type, key, place and count") }
    try pushStorage(PickledStorage(key: key, elementType: type, count: count))
  }

  /// A call of a name with a tuple.
  mutating func reduce() throws(Failure) {
    let argument = try pop()
    let callee = try pop()
    guard case .global(let global) = callee, case .tuple(let number) = argument else {
      throw Self.fault("call", "expected a name and a tuple, found \(callee.kind)")
    }
    let arguments = tuples[number]
    switch global {
    case .orderedDictionary:
      guard arguments.isEmpty else {
        throw Self.fault("call", "expected an empty OrderedDict, to be filled later")
      }
      try pushDictionary()
    case .rebuildTensor: try rebuildTensor(arguments)
    case .rebuildParameter:
      guard arguments.count == 3, case .tensor = arguments[0], case .bool = arguments[1],
        hasNoHooks(arguments[2])
      else {
        throw Self.fault("parameter", "expected a parameter's tensor, mark and no hooks")
      }
      try push(arguments[0])
    case .storage:
      throw Self.fault("call", "expected a storage by its key, found a call of its type")
    }
  }

  /// `state_dict()` as it is carries `_metadata`, versions of modules: read, and of no use here.
  mutating func build() throws(Failure) {
    let state = try pop()
    let object = try pop()
    guard case .dictionary = object, case .dictionary = state else {
      throw Self.fault("build", "expected a dictionary's attributes, found \(object.kind)")
    }
    try push(object)
  }

  /// (storage, offset, size, stride, requires_grad, hooks), and metadata, which changes the meaning
  /// of the numbers and must be None.
  private mutating func rebuildTensor(_ arguments: [PickleValue]) throws(Failure) {
    guard (6...7).contains(arguments.count), case .storage(let storage) = arguments[0],
      let offset = arguments[1].integer, let shape = integers(arguments[2]),
      let strides = integers(arguments[3]), case .bool = arguments[4],
      hasNoHooks(arguments[5])
    else {
      throw Self.fault("tensor", "expected a tensor's storage, offset, shape, strides and no hooks")
    }
    if arguments.count == 7 {
      guard case .none = arguments[6] else {
        throw Self.fault(
          "tensor", "expected a plain tensor, found one that is conjugated or negated")
      }
    }
    let view = PickledView(storage: storage, offset: offset, shape: shape, strides: strides)
    try check(view)
    try pushView(view)
  }

  /// A view lies inside its storage and has no more elements than that, so that a copy of it takes
  /// no more memory than the file has bytes.
  private func check(_ view: PickledView) throws(Failure) {
    let storage = storages[view.storage]
    guard view.shape.count == view.strides.count, view.shape.count <= Self.rankLimit,
      checkedSum(view.strides) != nil, let count = checkedProduct(view.shape), view.offset >= 0,
      checkedProduct(view.shape.map { max($0, 1) } + [storage.elementType.byteWidth]) != nil
    else {
      throw Self.fault(
        "view", "expected sizes and strides from 0, found \(view.shape) and \(view.strides)")
    }
    var last: Int? = view.offset
    if count > 0 {
      for (size, stride) in zip(view.shape, view.strides) where size > 1 {
        guard stride > 0 else {
          throw Self.fault("view", "expected strides above 0, found \(view.strides)")
        }
        last = last.flatMap { sum in
          checkedProduct(size - 1, stride).flatMap { checkedSum(sum, $0) }
        }
      }
    }
    let end = count > 0 ? last.flatMap { checkedSum($0, 1) } : last
    guard let end, end <= storage.count, count <= storage.count else {
      throw Self.fault(
        "view",
        "a tensor of shape \(view.shape) and strides \(view.strides) at \(view.offset) does"
          + " not fit its storage of \(storage.count) elements")
    }
  }

  private func integers(_ value: PickleValue) -> [Int]? {
    guard case .tuple(let number) = value, tuples[number].count <= Self.rankLimit else {
      return nil
    }
    let integers = tuples[number].compactMap(\.integer)
    return integers.count == tuples[number].count ? integers : nil
  }

  private func hasNoHooks(_ value: PickleValue) -> Bool {
    if case .dictionary(let number) = value { dictionaries[number].isEmpty } else { false }
  }
}

extension PickleMachine {
  static func fault(_ code: String, _ message: String) -> Failure {
    Failure(
      .invalidInput, code: "pickle/\(code)", message,
      remedy: "fetch the file again, or save the state dict by itself with torch.save")
  }

  /// No option allows what this refuses.
  static func refusal(_ code: String, _ message: String) -> Failure {
    Failure(
      .invalidInput, code: "pickle/\(code)", "\(message), which no dictionary of tensors needs",
      remedy: "nothing here runs what a pickle asks for: take the safetensors edition, or save"
        + " the state dict by itself with torch.save")
  }

  static func tooMuch(_ what: String, _ limit: Int) -> Failure {
    Failure(
      .limitExceeded, code: "pickle/too-large", "expected at most \(limit) \(what)",
      remedy: "save the state dict by itself with torch.save")
  }
}

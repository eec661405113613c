// What the pickle machine can hold: data and nothing else.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Tensors

/// A value on the machine's stack. What has parts is a number of one in the machine's tables, so that
/// no value holds another: loops and depth cost nothing.
enum PickleValue {
  case none
  case bool
  case integer(Int)
  case real
  case text(String)
  case global(PickleGlobal)
  case tuple(Int)
  /// Nothing that we use is in a list, so its items are not kept.
  case list
  case dictionary(Int)
  case storage(Int)
  case tensor(Int)

  var integer: Int? {
    if case .integer(let value) = self { value } else { nil }
  }
  var text: String? {
    if case .text(let value) = self { value } else { nil }
  }

  /// What it is, for a message.
  var kind: String {
    switch self {
    case .none: "None"
    case .bool: "a truth value"
    case .integer, .real: "a number"
    case .text: "a text"
    case .global: "a name of Python's"
    case .tuple: "a tuple"
    case .list: "a list"
    case .dictionary: "a dictionary"
    case .storage: "a storage"
    case .tensor: "a tensor"
    }
  }
}

/// The names of Python's that a state dict may use. Each is an instruction here; none is looked up.
enum PickleGlobal {
  case orderedDictionary
  case rebuildTensor
  case rebuildParameter
  case storage(ElementType)

  /// Nil for every other name.
  init?(_ name: String) {
    switch name {
    case "collections.OrderedDict": self = .orderedDictionary
    case "torch._utils._rebuild_tensor_v2": self = .rebuildTensor
    case "torch._utils._rebuild_parameter": self = .rebuildParameter
    default:
      guard let type = Self.storages[name] else { return nil }
      self = .storage(type)
    }
  }

  private static let storages: [String: ElementType] = [
    "torch.FloatStorage": .f32, "torch.HalfStorage": .f16, "torch.BFloat16Storage": .bf16,
    "torch.DoubleStorage": .f64, "torch.LongStorage": .i64, "torch.IntStorage": .i32,
    "torch.ShortStorage": .i16, "torch.CharStorage": .i8, "torch.ByteStorage": .u8,
    "torch.BoolStorage": .bool,
  ]
}

/// A storage as the pickle describes it: a record `data/KEY` of the archive.
struct PickledStorage: Equatable {
  let key: String
  let elementType: ElementType
  /// How many elements it holds.
  let count: Int
}

/// A tensor as the pickle describes it: a view of a storage, in elements, which lies inside it.
struct PickledView {
  /// Its number among the storages.
  let storage: Int
  let offset: Int
  let shape: [Int]
  let strides: [Int]

  /// Whether the elements lie one after the other in the order of rows.
  var isContiguous: Bool {
    var expected = 1
    for (size, stride) in zip(shape, strides).reversed() where size != 1 {
      if size == 0 { return true }
      guard stride == expected else { return false }
      expected *= size
    }
    return true
  }
}

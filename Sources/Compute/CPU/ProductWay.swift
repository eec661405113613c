// Which product of a set of kernels multiplies weights of a format.
// SPDX-License-Identifier: Apache-2.0
import CKernels
import Operations
import Tensors

/// The ways to pack an input, one for each product.
enum ProductWay: Int, CaseIterable {
  /// In the engine's precision, by weights of any format.
  case plain
  /// As integers with a scale for every 32, by weights in blocks of 32.
  case by32
  /// As integers with a scale for every 256, by weights in blocks of 256.
  case by256
}

extension WeightFormat {
  /// How integers are multiplied by it; plain where they are not.
  var integerWay: ProductWay {
    switch self {
    case .q40, .q41, .q50, .q51, .q80: .by32
    case .q4K, .q5K, .q6K: .by256
    default: .plain
    }
  }
}

extension Engine {
  /// How an input is multiplied by weights of `format`.
  func way(of format: WeightFormat) -> ProductWay {
    precision == .bf16 && activations == .int8 ? format.integerWay : .plain
  }

  func kernel(_ way: ProductWay) -> llava_product {
    switch way {
    case .plain: kernel
    case .by32: kernels.functions.pointee.by_32
    case .by256: kernels.functions.pointee.by_256
    }
  }
}

/// Some rows of an input, packed in every way that its products take.
struct PackedRows {
  /// By the raw value of `ProductWay`; nil where no product takes it.
  private var addresses = [UnsafeRawPointer?](repeating: nil, count: ProductWay.allCases.count)
  let rows: Range<Int>

  init(rows: Range<Int>) { self.rows = rows }

  subscript(way: ProductWay) -> UnsafeRawPointer? {
    get { addresses[way.rawValue] }
    set { addresses[way.rawValue] = newValue }
  }
}

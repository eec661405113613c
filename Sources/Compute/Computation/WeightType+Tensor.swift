// The kernels' name for a tensor's element type.
// SPDX-License-Identifier: Apache-2.0
import Kernels
import Tensors

extension Tensor {
  var weightType: WeightType {
    switch elementType {
    case .f32: .f32
    case .bf16: .bf16
    case .f16: .f16
    default: preconditionFailure("\(elementType.rawValue) is no type of a weight")
    }
  }
}

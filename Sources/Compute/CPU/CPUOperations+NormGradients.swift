// The gradients of the inputs and the gains of norms.
// SPDX-License-Identifier: Apache-2.0
import CKernels
import Operations
import Tensors

extension CPUOperations {
  public func rmsNormGradient(_ dy: Tensor, of x: Tensor, gain: Weight, eps: Float)
    throws(AllocationError) -> Tensor
  {
    try inputGradient(dy, of: x, gain: gain, eps: eps, engine.vectors.gradients.rms_norm)
  }

  public func layerNormGradient(_ dy: Tensor, of x: Tensor, gain: Weight, eps: Float)
    throws(AllocationError) -> Tensor
  {
    try inputGradient(dy, of: x, gain: gain, eps: eps, engine.vectors.gradients.layer_norm)
  }

  public func addGainGradient(_ dy: Tensor, of x: Tensor, eps: Float, to gradient: Tensor) {
    addGain(dy, of: x, eps: eps, to: gradient, engine.vectors.gradients.add_rms_gain)
  }

  public func addLayerGainGradient(_ dy: Tensor, of x: Tensor, eps: Float, to gradient: Tensor) {
    addGain(dy, of: x, eps: eps, to: gradient, engine.vectors.gradients.add_layer_gain)
  }

  private typealias Floats = UnsafePointer<Float>
  private typealias MutableFloats = UnsafeMutablePointer<Float>

  private func inputGradient(
    _ dy: Tensor, of x: Tensor, gain: Weight, eps: Float,
    _ function: @convention(c) (MutableFloats, Floats, Floats, Floats, Int, Int, Float) -> Void
  ) throws(AllocationError) -> Tensor {
    let width = x.width
    precondition(dy.count == x.count)
    let dx = try Tensor(uninitialized: .f32, shape: x.shape)
    let gains = floats(of: gain, count: width)
    engine.forRowBlocks(x.count / width, width: width) {
      let start = $0.lowerBound * width
      function(
        dx.mutableFloats + start, dy.floats + start, x.floats + start, gains, $0.count, width, eps)
    }
    keep(dy, x)
    keep([gain])
    return dx
  }

  private func addGain(
    _ dy: Tensor, of x: Tensor, eps: Float, to gradient: Tensor,
    _ function: @convention(c) (MutableFloats, Floats, Floats, Int, Int, Float) -> Void
  ) {
    let width = x.width
    precondition(dy.count == x.count && gradient.count == width)
    function(gradient.mutableFloats, dy.floats, x.floats, x.count / width, width, eps)
    keep(dy, x, gradient)
  }
}

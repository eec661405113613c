// The operations along rows and those that move elements, counted.
// SPDX-License-Identifier: Apache-2.0
import Operations
import Tensors

extension CPUCountingOperations {
  // MARK: Along rows

  func activate(_ x: Tensor, _ activation: Activation) -> Tensor { block(x.shape) }
  func activationGradient(_ dy: Tensor, of x: Tensor, _ activation: Activation) -> Tensor {
    block(x.shape)
  }
  func gate(_ gate: Tensor, _ up: Tensor) -> Tensor { block(gate.shape) }
  func gateGradient(_ dy: Tensor, gate: Tensor, up: Tensor) -> (gate: Tensor, up: Tensor) {
    (block(gate.shape), block(up.shape))
  }
  func layerNorm(_ x: Tensor, gain: Weight, bias: Weight, eps: Float) -> Tensor { block(x.shape) }
  func rmsNorm(_ x: Tensor, gain: Weight, eps: Float) -> Tensor { block(x.shape) }
  func layerNormGradient(_ dy: Tensor, of x: Tensor, gain: Weight, eps: Float) -> Tensor {
    block(x.shape)
  }
  func rmsNormGradient(_ dy: Tensor, of x: Tensor, gain: Weight, eps: Float) -> Tensor {
    block(x.shape)
  }
  func addGainGradient(_ dy: Tensor, of x: Tensor, eps: Float, to gradient: Tensor) {}
  func addLayerGainGradient(_ dy: Tensor, of x: Tensor, eps: Float, to gradient: Tensor) {}
  func add(_ y: Tensor, to x: Tensor) {}
  func rotate(_ x: Tensor, by angles: RotaryAngles) {}
  func dropout(_ x: Tensor, _ mask: DropoutMask) -> Tensor { block(x.shape) }
  func crossEntropy(_ logits: Tensor, labels: [Int32], factor: Float) -> [Float] {
    [Float](repeating: 0, count: labels.count)
  }

  // MARK: Steps

  func adamW(
    _ parameter: Tensor, gradient: Tensor, first: Tensor, second: Tensor, _ step: AdamWStep
  ) {}
  func squares(_ x: Tensor) -> [Double] { [] }
  func finite(_ x: Tensor) -> Bool { true }
  func scale(_ x: Tensor, by factor: Float) {}
  func clear(_ x: Tensor) {}
  func transpose(_ x: Tensor, into y: Tensor) {}
  func addRows(_ x: Tensor, to table: Tensor, at ids: [Int32]) {}

  // MARK: Moving elements

  func rows(_ ids: [Int32], of table: Weight) -> Tensor { block([ids.count, table.columns]) }
  func rows(_ ids: [Int32], of x: Tensor) -> Tensor { block([ids.count, x.width]) }
  func join(_ parts: [Tensor]) -> Tensor {
    let width = parts.first?.width ?? 0
    return block([parts.reduce(0) { $0 + $1.count / max(1, $1.width) }, width])
  }
  func patches(of images: Tensor, patchSide: Int) -> Tensor {
    let (batch, channels, side) = (images.shape[0], images.shape[1], images.shape[2])
    let across = side / patchSide
    return block([batch * across * across, channels * patchSide * patchSide])
  }
  func convert(_ x: Tensor, to type: ElementType) -> Tensor {
    x.elementType == type ? x : block(x.shape, type)
  }
}

// The row-wise functions, in parallel over blocks of rows.
// SPDX-License-Identifier: Apache-2.0
import CKernels
import Tensors

extension Engine {
  public typealias Floats = UnsafePointer<Float>
  public typealias MutableFloats = UnsafeMutablePointer<Float>

  /// y [rows, width] = layer norm of x, which may be y.
  public func layerNorm(
    _ x: Floats, gain: Floats, bias: Floats, eps: Float, rows: Int, width: Int,
    into y: MutableFloats
  ) {
    let function = vectors.layer_norm
    forRowBlocks(rows, width: width) { block in
      let offset = block.lowerBound * width
      function(y + offset, x + offset, gain, bias, block.count, width, eps)
    }
  }

  /// y [rows, width] = root-mean-square norm of x, which may be y.
  public func rmsNorm(
    _ x: Floats, gain: Floats, eps: Float, rows: Int, width: Int, into y: MutableFloats
  ) {
    let function = vectors.rms_norm
    forRowBlocks(rows, width: width) { block in
      let offset = block.lowerBound * width
      function(y + offset, x + offset, gain, block.count, width, eps)
    }
  }

  /// x += y, elementwise.
  public func add(_ y: Floats, to x: MutableFloats, count: Int) {
    let function = vectors.add
    forRowBlocks(count, width: 1) { function(x + $0.lowerBound, y + $0.lowerBound, $0.count) }
  }

  /// Rotates x [rows, heads, headWidth] by each row's angles; cosine and sine are
  /// [rows, headWidth / 2].
  public func rotate(
    _ x: MutableFloats, rows: Int, heads: Int, headWidth: Int, cosine: Floats, sine: Floats
  ) {
    let function = vectors.rotate
    forRowBlocks(rows, width: heads * headWidth) { block in
      for row in block {
        let angle = row * (headWidth / 2)
        for head in 0..<heads {
          let start = x + (row * heads + head) * headWidth
          function(start, cosine + angle, sine + angle, headWidth)
        }
      }
    }
  }

  /// y = x as bf16, to nearest even.
  public func convertToBF16(_ x: Floats, into y: UnsafeMutablePointer<UInt16>, count: Int) {
    let function = vectors.to_bf16
    forRowBlocks(count, width: 1) { function(y + $0.lowerBound, x + $0.lowerBound, $0.count) }
  }

  /// y = `count` elements of x, whole blocks of any format, as f32.
  public func convertToF32(
    _ x: UnsafeRawPointer, format: WeightFormat, into y: MutableFloats, count: Int
  ) {
    let row = decoder(of: format)
    let (elements, bytes) = (row.block_elements, row.block_bytes)
    forRowBlocks(count / elements, width: elements) {
      row.to_f32(
        y + $0.lowerBound * elements, x + $0.lowerBound * bytes, $0.count * elements)
    }
  }

  /// The format's row in this instruction set's table.
  func decoder(of format: WeightFormat) -> llava_format {
    vectors.formats[Int(format.element.rawValue)]
  }
}

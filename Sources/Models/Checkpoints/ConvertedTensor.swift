// A tensor of a checkpoint in another element type.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Tensors

extension Tensor {
  /// The tensor in `type`; itself where it is of a type that is not converted. `canonical` and `path`
  /// say whose numbers these are. Throws `convert/overflow` for one beyond the range of `type`.
  public func converted(
    to type: ElementType, of canonical: String, at path: String?, remedy: String
  ) throws(Failure) -> Tensor {
    guard let conversion = ElementConversion(from: elementType, to: type) else { return self }
    do {
      return try conversion.convert(self)
    } catch let overflow as ElementConversion.Overflow {
      throw Failure(
        .mismatch, code: "convert/overflow", at: path,
        "tensor \(escapedForTerminal(canonical)) holds \(overflow.value), which is beyond the"
          + " range of \(type.rawValue)", remedy: remedy)
    } catch {
      throw .outOfMemory()
    }
  }
}

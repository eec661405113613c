// What every model's parameters have in common: a value in the place of each tensor.
// SPDX-License-Identifier: Apache-2.0
import Tensors

/// A model's parameters with a value for each: an expected shape, a memory-mapped weight, a
/// gradient, an optimiser moment, a name in another layout.
///
/// A model's fields and their names are listed once in its `map`, and its shapes once in its
/// configuration's `expectedParameters`. Everything else uses these.
public protocol Parameters<Value> {
  associatedtype Value

  /// Runs `body` for each parameter with its canonical name (`TensorNames`), always in one order.
  func forEach<E>(_ body: (_ name: String, _ value: Value) throws(E) -> Void) throws(E)
}

extension Parameters {
  /// All of them in the order of `forEach`.
  public var named: [(name: String, value: Value)] {
    var all: [(name: String, value: Value)] = []
    forEach { all.append(($0, $1)) }
    return all
  }
}

/// A tensor that a configuration calls for.
public struct ExpectedTensor: Equatable, Sendable {
  public var shape: [Int]
  /// A tensor that nothing computes with may be absent; if present, its shape must be right.
  public var isRequired = true
  /// Vocabularies are padded: more rows than the configuration says are accepted.
  public var mayHaveMoreRows = false

  func fits(_ found: [Int]) -> Bool {
    guard mayHaveMoreRows, let rows = shape.first, let foundRows = found.first else {
      return found == shape
    }
    return foundRows >= rows && found.dropFirst() == shape.dropFirst()
  }
}

/// A weight [out, in] and a bias [out].
public struct Linear<T> {
  public var weight: T
  public var bias: T

  func map<U, E>(_ name: String, _ transform: (String, T) throws(E) -> U) throws(E) -> Linear<U> {
    Linear<U>(
      weight: try transform("\(name).weight", weight), bias: try transform("\(name).bias", bias))
  }
}

/// A layer norm's gain and bias, both [width].
public struct Norm<T> {
  public var gain: T
  public var bias: T

  func map<U, E>(_ name: String, _ transform: (String, T) throws(E) -> U) throws(E) -> Norm<U> {
    Norm<U>(gain: try transform("\(name).weight", gain), bias: try transform("\(name).bias", bias))
  }
}

extension Linear: Sendable where T: Sendable {}
extension Norm: Sendable where T: Sendable {}

extension Linear<ExpectedTensor> {
  init(_ outputs: Int, _ inputs: Int, isRequired: Bool = true) {
    weight = ExpectedTensor(shape: [outputs, inputs], isRequired: isRequired)
    bias = ExpectedTensor(shape: [outputs], isRequired: isRequired)
  }
}

extension Norm<ExpectedTensor> {
  init(_ width: Int, isRequired: Bool = true) {
    gain = ExpectedTensor(shape: [width], isRequired: isRequired)
    bias = gain
  }
}

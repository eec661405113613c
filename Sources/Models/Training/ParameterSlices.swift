// Which part of every parameter a rank sums, keeps the optimiser's state of, and changes.
// SPDX-License-Identifier: Apache-2.0
import Operations
import Ranks
import Tensors

/// The slices of all parameters (ZeRO stage 1: Rajbhandari et al., arXiv 1910.02054, 5.1). They are whole
/// blocks of a norm, so that the norm has the same bits as with one rank; a matrix that Muon updates belongs
/// to one rank.
public struct ParameterSlices: Sendable {
  /// In the parameters' order.
  public let slices: [Slices]
  public let shapes: [[Int]]
  let rank: Int

  public init(_ shapes: TrainedParameters<[Int]>, optimizer: Optimizer, rank: Int, ranks: Int) {
    (self.shapes, self.rank) = (shapes.values, rank)
    var (next, loads) = (0, [Int](repeating: 0, count: ranks))
    slices = shapes.named.map { name, shape in
      let count = shape.reduce(1, *)
      if optimizer.method(of: name, shape: shape) == .muon {
        let owner = loads.indices.min { loads[$0] < loads[$1] } ?? 0
        loads[owner] += count
        return Slices(whole: count, of: owner, ranks: ranks)
      }
      let slices = Slices(evenly: count, block: normBlock, ranks: ranks, first: next)
      next = (next + (count + normBlock - 1) / normBlock) % ranks
      return slices
    }
  }

  /// The shape of what this rank keeps of parameter number `index`: the whole parameter's where all of
  /// it is its own.
  public func ownShape(_ index: Int) -> [Int] {
    let own = slices[index][rank]
    return own.count == slices[index].count ? shapes[index] : [own.count]
  }

  /// The own slice of `tensor`, which is parameter number `index` or has its count.
  public func own(_ tensor: Tensor, _ index: Int) -> Tensor {
    tensor.reshaped([tensor.count]).rows(slices[index][rank]).reshaped(ownShape(index))
  }

  /// Elements that the slices of all ranks, each as long as this one's, take together at most.
  var mostReceived: Int { slices.map { $0.ranks * $0[rank].count }.max() ?? 0 }
}

extension ParameterSlices {
  /// What `optimizer` keeps of the own slices of parameters of `shapes`; `make` gives each tensor by its
  /// kind, the parameter's name and its number.
  public func states<E>(
    _ shapes: TrainedParameters<[Int]>, _ optimizer: Optimizer,
    _ make: (_ kind: String, _ name: String, _ index: Int) throws(E) -> Tensor
  ) throws(E) -> TrainedParameters<OptimizerState> {
    var index = -1
    return try shapes.map { (name, shape) throws(E) in
      index += 1
      return try OptimizerState(optimizer.method(of: name, shape: shape)) { (kind) throws(E) in
        try make(kind, name, index)
      }
    }
  }
}

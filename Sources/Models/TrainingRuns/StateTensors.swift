// The tensors of a checkpoint in the order of its file, collected from the ranks one at a time.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Ranks
import Tensors
import Training

/// Weights and optimiser states. All ranks iterate over them; rank 0 gets each tensor whole.
final class StateTensors {
  static let masterKind = "weights"

  private enum Content {
    case whole(Tensor)
    case slice(Tensor, Slices)
  }

  let entries: [(name: String, elementType: ElementType, shape: [Int])]
  private let contents: [Content]
  private let ranks: RankGroup
  /// Room for one tensor, at rank 0.
  private let room: Tensor?
  private var next = 0

  init(_ trainer: Trainer) throws(AllocationError) {
    ranks = trainer.ranks
    let slices = trainer.slices
    var found: [(name: String, shape: [Int], content: Content)] = []
    for (index, (name, tensor)) in trainer.masters.named.enumerated() {
      found.append(("\(Self.masterKind).\(name)", tensor.shape, .whole(tensor)))
      for (kind, state) in trainer.states.values[index].named {
        let content: Content =
          ranks.size == 1 ? .whole(state) : .slice(state, slices.slices[index])
        found.append(("\(kind).\(name)", tensor.shape, content))
      }
    }
    found.sort { $0.name < $1.name }
    entries = found.map { ($0.name, .f32, $0.shape) }
    contents = found.map(\.content)
    let largest = found.map { $0.shape.reduce(1, *) }.max() ?? 0
    room =
      ranks.size > 1 && ranks.isFirst ? try Tensor(.f32, shape: [largest]) : nil
  }

  /// The next tensor, whole; at other ranks than 0 of no meaning.
  func takeNext() -> Tensor? {
    defer { next += 1 }
    switch contents[next] {
    case .whole(let tensor): return tensor
    case .slice(let own, let slices):
      let whole = room?.rows(0..<slices.count)
      ranks.collect(
        own.reshaped([own.count]), into: whole, slices, at: "the optimiser's state")
      return whole
    }
  }

  /// Goes through what is left: the other ranks do so whatever rank 0 meets.
  func takeRest() {
    while next < entries.count { _ = takeNext() }
  }
}

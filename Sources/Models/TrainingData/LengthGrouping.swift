// Orders in which the records of a step are about as long as each other, as LLaVA's sampler makes them.
// SPDX-License-Identifier: Apache-2.0

/// Megabatches of records, cut into one batch for each share of a step.
///
/// The reference is LLaVA's `llava/train/llava_trainer.py` (`get_length_grouped_indices`,
/// `split_to_even_chunks`, `get_modality_length_grouped_indices`), with our permutations instead of
/// torch's, and with one difference: where all records are text, it sorts by lengths that are
/// negative, so the shortest come first and batches are not even; here the longest always come first.
public struct LengthGrouping: Sendable {
  /// Records per micro-batch.
  public let batch: Int
  /// Micro-batches per step: processes times gradient accumulation.
  public let world: Int

  /// Both must be positive.
  public init(batch: Int, world: Int) {
    precondition(batch > 0 && world > 0, "expected positive sizes, found \(batch) and \(world)")
    self.batch = batch
    self.world = world
  }

  /// Records per step.
  var megabatch: Int {
    let (product, overflow) = batch.multipliedReportingOverflow(by: world)
    return overflow ? .max : product
  }

  /// Cuts `permutation`, places in `lengths`, into megabatches; sorts each from the longest to the
  /// shortest, equal ones as they stood; and splits it into `world` chunks of equal total length as
  /// far as that goes. Time grows with records times `world`.
  public func grouped(_ permutation: [Int32], lengths: [Int]) -> [Int32] {
    var order: [Int32] = []
    order.reserveCapacity(permutation.count)
    for indices in Self.cut(permutation[...], megabatch) {
      let sorted = indices.sorted {
        // The standard library's sort is stable.
        lengths[Int($0)].magnitude > lengths[Int($1)].magnitude
      }
      order += split(sorted, lengths)
    }
    return order
  }

  /// The same within images and within texts, whose lengths are negative; then all megabatches but
  /// the last of each kind in the order `shuffle(how many)` gives, and those two last, merged and in
  /// the order of the file.
  ///
  /// `shuffle` is asked for images, for texts and for megabatches, in this order; where all records
  /// are of one kind, once for all of them.
  public func groupedByModality(lengths: [Int], shuffle: (_ count: Int) -> [Int32]) -> [Int32] {
    let kinds = [true, false].map { isImage in
      lengths.indices.filter { (lengths[$0] > 0) == isImage }.map { Int32($0) }
    }
    guard kinds.allSatisfy({ !$0.isEmpty }) else {
      return grouped(shuffle(lengths.count), lengths: lengths)
    }
    var whole: [ArraySlice<Int32>] = []
    var rest: [Int32] = []
    for kind in kinds {
      let order = grouped(shuffle(kind.count).map { kind[Int($0)] }, lengths: lengths)
      let cut = Self.cut(order[...], megabatch)
      whole += cut.dropLast()
      rest += cut.last ?? []
    }
    return shuffle(whole.count).flatMap { whole[Int($0)] } + rest.sorted()
  }

  /// Chunks one after the other: where the records cannot be split evenly, chunk i gets every
  /// `world`-th from i on; else each record goes to the chunk that is shortest so far, the first of
  /// equals, until it is full.
  private func split(_ sorted: [Int32], _ lengths: [Int]) -> [Int32] {
    guard sorted.count % world == 0 else {
      return (0..<min(world, sorted.count)).flatMap { first in
        stride(from: first, to: sorted.count, by: world).map { sorted[$0] }
      }
    }
    let size = sorted.count / world
    var chunks = [[Int32]](repeating: [], count: world)
    var totals = [UInt](repeating: 0, count: world)
    for index in sorted {
      var shortest = 0
      for chunk in 1..<max(1, world) where totals[chunk] < totals[shortest] { shortest = chunk }
      chunks[shortest].append(index)
      totals[shortest] &+= lengths[Int(index)].magnitude
      if chunks[shortest].count == size { totals[shortest] = .max }
    }
    return chunks.flatMap(\.self)
  }

  private static func cut(_ order: ArraySlice<Int32>, _ size: Int) -> [ArraySlice<Int32>] {
    var rest = order
    var parts: [ArraySlice<Int32>] = []
    while !rest.isEmpty {
      parts.append(rest.prefix(size))
      rest = rest.dropFirst(size)
    }
    return parts
  }
}

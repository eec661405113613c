// Bulk transfers between ranks: slices of tensors, and parts that rank 0 distributes.
// SPDX-License-Identifier: Apache-2.0
import CMPI
import InputOutput
import Tensors

extension RankGroup {
  /// Slice r of every rank's `values`, f32, to rank r: `received` [ranks, own count] holds the own slice
  /// of each rank in their order. Nothing for one process.
  public func exchange(_ values: Tensor, _ slices: Slices, into received: Tensor, at place: String)
  {
    precondition(values.count == slices.count && slices.ranks == size, "slices of another tensor")
    precondition(received.count >= size * slices[rank].count, "no room for the slices")
    guard let mpi else { return }
    let error = slices.withPlaces { first, count in
      mpi.exchange_slices(values.floats, first, count, received.mutableFloats, transferPatience)
    }
    check(error, at: place)
    withExtendedLifetime((values, received)) {}
  }

  /// Every rank's own slice of `values`, f32, to all of them, in place.
  public func share(_ values: Tensor, _ slices: Slices, at place: String) {
    precondition(values.count == slices.count && slices.ranks == size, "slices of another tensor")
    guard let mpi else { return }
    let error = slices.withPlaces { first, count in
      mpi.share_slices(values.mutableFloats, first, count, transferPatience)
    }
    check(error, at: place)
    withExtendedLifetime(values) {}
  }

  /// Every rank's slice, `own` being this one's, to rank 0, which has them in `values`.
  public func collect(_ own: Tensor, into values: Tensor?, _ slices: Slices, at place: String) {
    precondition(own.count == slices[rank].count && slices.ranks == size, "another slice")
    guard let mpi else { return }
    precondition(!isFirst || values?.count == slices.count, "rank 0 has no room for all")
    let error = slices.withPlaces { first, count in
      mpi.collect_slices(own.floats, values?.mutableFloats, first, count, transferPatience)
    }
    check(error, at: place)
    withExtendedLifetime((own, values)) {}
  }

  /// Numbers of all ranks, `own` being this one's, as many as `slices` says.
  public func share(_ own: [Double], _ slices: Slices, at place: String) -> [Double] {
    precondition(own.count == slices[rank].count && slices.ranks == size, "another slice")
    guard let mpi else { return own }
    var all = [Double](repeating: 0, count: slices.count)
    all.replaceSubrange(slices[rank], with: own)
    let error = slices.withPlaces { first, count in
      mpi.share_doubles(&all, first, count, transferPatience)
    }
    check(error, at: place)
    return all
  }

  /// Scatters parts from rank 0 to each rank; all ranks know their `counts` of bytes. Returns the own part.
  public func deal(_ parts: [[UInt8]], counts: [Int], at place: String) -> [UInt8] {
    guard let mpi else { return parts[0] }
    let sizes = counts.map(Int64.init)
    if !isFirst {
      var own = [UInt8](repeating: 0, count: counts[rank])
      check(mpi.deal(nil, sizes, &own, transferPatience), at: place)
      return own
    }
    precondition(parts.map(\.count) == counts, "parts of other sizes")
    // One after the other, so that each is where it is while MPI reads it.
    var pointers = [UnsafePointer<UInt8>?](repeating: nil, count: size)
    func send(_ number: Int) -> Int32 {
      guard number < size else { return mpi.deal(pointers, sizes, nil, transferPatience) }
      return parts[number].withUnsafeBufferPointer { bytes in
        pointers[number] = bytes.baseAddress
        return send(number + 1)
      }
    }
    check(send(1), at: place)
    return parts[0]
  }

  /// Bytes that this rank has sent to others so far: values of slices, and everything else.
  public var sentBytes: (slices: Int, other: Int) {
    guard let mpi else { return (0, 0) }
    var (slices, other) = (UInt64(0), UInt64(0))
    mpi.sent(&slices, &other)
    return (Int(slices), Int(other))
  }
}

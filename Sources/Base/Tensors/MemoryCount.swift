// The memory that tensors would take, counted without allocating them.
// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Counts the resident memory of a process: pages, working memory, and blocks as `BlockCache` hands
/// them out and keeps them. Nothing is allocated, so that what no machine could hold can be counted.
public final class MemoryCount: Sendable {
  fileprivate struct State {
    /// Of each kept block how much was written.
    var kept = KeptBlocks<Int>()
    var resident = 0
    var peak = 0
    var heap = 0
    var mostHeap = 0

    mutating func add(_ byteCount: Int) {
      let (sum, overflow) = resident.addingReportingOverflow(byteCount)
      resident = overflow ? .max / 2 : min(sum, .max / 2)
      peak = max(peak, resident)
    }
  }

  private let state = Mutex(State())

  public init() {}

  /// Bytes resident now, and the peak so far.
  public var resident: Int { state.withLock { $0.resident } }
  public var peak: Int { state.withLock { $0.peak } }

  /// Starts a new peak from now on.
  public func forgetPeak() { state.withLock { $0.peak = $0.resident } }

  /// Holds zeroed pages, all of which are written, as long as the result lives.
  public func pages(_ byteCount: Int) -> AnyObject & Sendable {
    let bytes = Self.wholePages(byteCount)
    state.withLock { $0.add(bytes) }
    return Release { [self] in state.withLock { $0.resident -= bytes } }
  }

  /// Holds a block, taken from those that are kept where one fits, as long as the result lives.
  func block(_ byteCount: Int) -> AnyObject & Sendable {
    guard let size = BlockCache.roundedUp(byteCount) else { return pages(byteCount) }
    let written = state.withLock { $0.take(size, byteCount) }
    return Release { [self] in state.withLock { $0.giveBack(size: written.size, written.bytes) } }
  }

  fileprivate static func wholePages(_ byteCount: Int) -> Int {
    byteCount < .max / 4 ? (byteCount + 4095) / 4096 * 4096 : .max / 4
  }

  /// Runs its body when it goes.
  private final class Release: Sendable {
    private let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    deinit { body() }
  }
}

extension MemoryCount.State {
  fileprivate mutating func take(_ size: Int, _ byteCount: Int) -> (size: Int, bytes: Int) {
    if let found = kept.take(size) {
      let bytes = max(found.block, byteCount)
      add(bytes - found.block)
      return (found.size, bytes)
    }
    for (size, bytes) in kept.makeRoom(for: size) { free(size, bytes) }
    guard size < BlockCache.Block.mappedFrom else {
      let bytes = MemoryCount.wholePages(byteCount)
      add(bytes)
      return (size, bytes)
    }
    // What the heap took stays with it.
    heap += byteCount
    if heap > mostHeap {
      add(heap - mostHeap)
      mostHeap = heap
    }
    return (size, byteCount)
  }

  private mutating func free(_ size: Int, _ bytes: Int) {
    if size < BlockCache.Block.mappedFrom { heap -= bytes } else { resident -= bytes }
  }

  fileprivate mutating func giveBack(size: Int, _ bytes: Int) {
    if !kept.keep(bytes, size: size) { free(size, bytes) }
  }
}

extension Tensor {
  /// A tensor without elements, which nothing may read: `count` counts what it would take, zeroed
  /// pages or a block of `BlockCache`.
  package init(
    counted elementType: ElementType, shape: [Int], asPages: Bool = false, by count: MemoryCount
  ) {
    let byteCount = shape.reduce(elementType.byteWidth) {
      let (product, overflow) = $0.multipliedReportingOverflow(by: $1)
      return overflow ? .max / 4 : min(product, .max / 4)
    }
    let owner = asPages ? count.pages(byteCount) : count.block(byteCount)
    self.init(
      elementType, shape: shape, storage: TensorStorage(counted: byteCount, owner: owner))
  }
}

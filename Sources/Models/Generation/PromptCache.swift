// Keys and values of prompts that were read, for prompts that begin alike.
// SPDX-License-Identifier: Apache-2.0
import Operations

/// Prompts and their KV caches, up to a limit in bytes; the least recently used are dropped first.
///
/// A reused prefix is copied, and has the bits that prefill would compute: so the cache saves time and
/// changes no result.
struct PromptCache {
  private struct Entry {
    let prompt: PreparedPrompt
    let store: any AttentionStore
  }

  /// The latest last.
  private var entries: [Entry] = []
  let byteLimit: Int

  init(byteLimit: Int) { self.byteLimit = byteLimit }

  var count: Int { entries.count }

  /// The KV cache with the longest common prefix, and that prefix's length: less than the whole prompt, so
  /// that its last position is prefilled. Nil if there is none.
  mutating func longest(for prompt: PreparedPrompt) -> (store: any AttentionStore, length: Int)? {
    var best = (index: 0, length: 0)
    for (index, entry) in entries.enumerated() {
      let length = min(prompt.commonPrefix(with: entry.prompt), prompt.length - 1)
      if length > 0, length >= best.length { best = (index, length) }
    }
    guard best.length > 0 else { return nil }
    let entry = entries.remove(at: best.index)
    entries.append(entry)
    return (entry.store, best.length)
  }

  mutating func removeAll() { entries.removeAll() }

  /// Keeps a prompt whose KV cache is complete. An older one that differs only in its latter half is
  /// dropped: what others share with it they share with this one.
  mutating func keep(_ prompt: PreparedPrompt, _ store: any AttentionStore) {
    entries.removeAll { prompt.commonPrefix(with: $0.prompt) * 2 > $0.prompt.length }
    entries.append(Entry(prompt: prompt, store: store))
    var bytes = entries.reduce(0) { $0 + $1.store.byteCount }
    while bytes > byteLimit, !entries.isEmpty {
      bytes -= entries.removeFirst().store.byteCount
    }
  }
}

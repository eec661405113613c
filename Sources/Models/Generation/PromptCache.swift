// Keys and values of prompts that were read, for prompts that begin alike.
// SPDX-License-Identifier: Apache-2.0
import Operations

/// Prompts and their stores, up to so many bytes of stores; those that served longest ago go first.
///
/// What a prompt takes over is copied, and its bits are those that reading would give: so the cache
/// saves time and changes nothing.
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

  /// The store that holds most positions from the prompt's start, and how many: less than all, so
  /// that the last one is read. Nil where none holds any.
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

  /// Keeps a prompt whose store holds all of it. An older one goes that differs only in its latter
  /// half: what others will share with it they share with this one.
  mutating func keep(_ prompt: PreparedPrompt, _ store: any AttentionStore) {
    entries.removeAll { prompt.commonPrefix(with: $0.prompt) * 2 > $0.prompt.length }
    entries.append(Entry(prompt: prompt, store: store))
    var bytes = entries.reduce(0) { $0 + $1.store.byteCount }
    while bytes > byteLimit, !entries.isEmpty {
      bytes -= entries.removeFirst().store.byteCount
    }
  }
}

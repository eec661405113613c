// The format of KV caches, and those kept for later prompts.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import ModelSupport
import Operations
import ToolSupport

struct CacheOptions: ParsableArguments {
  @Option(
    name: .customLong("cache-memory"),
    help: ArgumentHelp(
      "Memory for KV caches kept for later prompts with the same prefix.", valueName: "size")
  )
  var memory = CacheMemory(count: 2 << 30)

  @Option(
    name: .customLong("kv"),
    help: ArgumentHelp("Number format of the KV cache: bf16 or int8.", valueName: "format"))
  var format = CacheFormat.bf16
}

/// A size, or 0 for no memory.
struct CacheMemory: ExpressibleByArgument {
  let count: Int

  init(count: Int) { self.count = count }

  init?(argument: String) {
    guard let size = argument == "0" ? Size(0) : Size(argument: argument) else { return nil }
    count = size.count
  }

  var defaultValueDescription: String { Size(count).defaultValueDescription }
}

// The kernels in use are no better than the ceiling allows.
// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import CPU

struct KernelSetTests {
  @Test func ceilingIsObeyed() throws {
    #expect(try KernelSet.best(ceiling: "scalar").name == "scalar")
    for (index, row) in KernelSet.names.enumerated() {
      let best = try KernelSet.best(ceiling: row).name
      #expect(try #require(KernelSet.names.firstIndex(of: best)) >= index)
    }
    #expect(throws: UnknownKernelSet(name: "sse9", known: KernelSet.names)) {
      try KernelSet.best(ceiling: "sse9")
    }
  }
}

// The row of kernels in use, chosen once from what the processor can run.
// SPDX-License-Identifier: Apache-2.0
import CKernels
import Glibc

/// Why no row could be chosen.
public struct UnknownRow: Error, Equatable, Sendable {
  public let name: String
  public let known: [String]
}

/// One row of the ladder: every kernel for one instruction set.
public struct KernelSet: @unchecked Sendable {
  // Sendable: the row is filled once behind pthread_once and never written again.
  let row: UnsafePointer<llava_kernels>

  /// `scalar`, `avx2`, `avx512`, `avx512bf16` or `amx`.
  public var name: String { String(cString: row.pointee.name) }

  /// Every row's name, best first, whether or not this machine can run it.
  public static var names: [String] {
    var names: [String] = []
    while let name = llava_kernels_name(names.count) { names.append(String(cString: name)) }
    return names
  }

  /// The rows that this machine runs, best first.
  public static var runnable: [KernelSet] { names.compactMap { KernelSet(named: $0) } }

  /// The row called `name`; nil when this machine cannot run it.
  public init?(named name: String) {
    guard let row = llava_kernels_named(name) else { return nil }
    self.row = row
  }

  private init(row: UnsafePointer<llava_kernels>) { self.row = row }

  /// The best row no better than `ceiling`, whose default is the variable `LLAVA_CPU`.
  public static func best(
    ceiling: String? = getenv("LLAVA_CPU").map { String(cString: $0) }
  ) throws(UnknownRow) -> KernelSet {
    guard let row = llava_kernels_best(ceiling) else {
      throw UnknownRow(name: ceiling ?? "", known: names)
    }
    return KernelSet(row: row)
  }
}

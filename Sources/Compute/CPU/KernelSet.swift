// The set of kernels in use, chosen once from what the processor can run.
// SPDX-License-Identifier: Apache-2.0
import CKernels
import Glibc

/// The error where no set could be chosen.
public struct UnknownKernelSet: Error, Equatable, Sendable {
  public let name: String
  public let known: [String]
}

/// Every kernel for one instruction set.
public struct KernelSet: @unchecked Sendable {
  // Sendable: the table is filled once behind pthread_once and never written again.
  let functions: UnsafePointer<llava_kernels>

  /// `scalar`, `avx2`, `avx512`, `avx512bf16` or `amx`.
  public var name: String { String(cString: functions.pointee.name) }

  /// Every set's name, best first, whether or not this machine can run it.
  public static var names: [String] {
    var names: [String] = []
    while let name = llava_kernels_name(names.count) { names.append(String(cString: name)) }
    return names
  }

  /// The sets that this machine runs, best first.
  public static var runnable: [KernelSet] { names.compactMap { KernelSet(named: $0) } }

  /// The best set, no better than this one, whose products in bf16 add one product at a time: all such
  /// sets give the same bits.
  public var oneChain: KernelSet {
    guard functions.pointee.one_chain == 0 else { return self }
    let better = Self.names.firstIndex(of: name) ?? 0
    let others = Self.names[better...].lazy.compactMap { KernelSet(named: $0) }
    return others.first { $0.functions.pointee.one_chain != 0 } ?? self
  }

  /// The set called `name`; nil when this machine cannot run it.
  public init?(named name: String) {
    guard let functions = llava_kernels_named(name) else { return nil }
    self.functions = functions
  }

  private init(functions: UnsafePointer<llava_kernels>) { self.functions = functions }

  /// The best set no better than `ceiling`, whose default is the variable `LLAVA_CPU`.
  public static func best(
    ceiling: String? = getenv("LLAVA_CPU").map { String(cString: $0) }
  ) throws(UnknownKernelSet) -> KernelSet {
    guard let functions = llava_kernels_best(ceiling) else {
      throw UnknownKernelSet(name: ceiling ?? "", known: names)
    }
    return KernelSet(functions: functions)
  }
}

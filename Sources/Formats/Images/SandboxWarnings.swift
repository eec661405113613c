// Warnings of the processes that decode images.
// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Warnings of `image-decode`, each once, such as that the kernel has no sandbox.
public final class SandboxWarnings: Sendable, Equatable {
  private let found = Mutex<[String]>([])
  /// Nobody needs more kinds than these.
  private static let most = 8

  init() {}

  public var texts: [String] { found.withLock { $0 } }

  func add(_ text: String) {
    found.withLock { found in
      if found.count < Self.most, !found.contains(text) { found.append(text) }
    }
  }

  /// What was warned of is no option.
  public static func == (left: SandboxWarnings, right: SandboxWarnings) -> Bool { true }
}

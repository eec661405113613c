// The long forms of tests: `make soak` asks for them.
// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Whether LLAVA_SOAK asks for the long forms.
public let isSoak = !(ProcessInfo.processInfo.environment["LLAVA_SOAK"] ?? "").isEmpty

/// How much of a sweep a run goes through: `long` of it in `make soak`, else `short`.
public func amount<Value>(_ short: Value, soak long: Value) -> Value { isSoak ? long : short }

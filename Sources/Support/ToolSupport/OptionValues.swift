// Values of options: sizes, limits, thread counts.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Glibc
import InputOutput

/// A number of bytes or of pixels: `4096`, `64K`, `512M`, `2G`, by powers of 1024.
public struct Size: ExpressibleByArgument, Equatable, Sendable {
  public let count: Int

  public init(_ count: Int) { self.count = count }

  public init?(argument: String) {
    let scales: [Character: Int] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40]
    let scale = argument.last.flatMap { scales[$0] }
    let digits = scale == nil ? argument[...] : argument.dropLast()
    guard let number = Int(digits), number > 0, let count = checkedProduct(number, scale ?? 1)
    else {
      return nil
    }
    self.count = count
  }

  public var defaultValueDescription: String {
    for (scale, unit) in [(1 << 30, "G"), (1 << 20, "M"), (1 << 10, "K")]
    where count >= scale && count % scale == 0 { return "\(count / scale)\(unit)" }
    return "\(count)"
  }
}

/// How many records may be skipped: a count, or a share of all records.
public enum SkipLimit: ExpressibleByArgument, Equatable, Sendable {
  case count(Int)
  case percent(Double)

  public init?(argument: String) {
    if argument.hasSuffix("%") {
      guard let share = Double(argument.dropLast()), (0...100).contains(share) else { return nil }
      self = .percent(share)
    } else {
      guard let count = Int(argument), count >= 0 else { return nil }
      self = .count(count)
    }
  }

  public var defaultValueDescription: String {
    switch self {
    case .count(let count): "\(count)"
    case .percent(let share): "\(share)%"
    }
  }

  /// Whether `skipped` of `total` are too many. A share counts from 20 records on.
  func isExceeded(skipped: Int, total: Int) -> Bool {
    switch self {
    case .count(let most): skipped > most
    case .percent(let share): total >= 20 && Double(skipped) * 100 > share * Double(total)
    }
  }
}

/// More threads than this help nobody.
let maxThreads = 1024

/// LLAVA_THREADS, or nil where it is not set. Throws `usage/threads`.
func threadsFromEnvironment() throws(Failure) -> Int? {
  guard let value = getenv("LLAVA_THREADS") else { return nil }
  let text = String(cString: value)
  if text.isEmpty { return nil }
  guard let count = Int(text), (1...maxThreads).contains(count) else {
    throw Failure(
      .usage, code: "usage/threads", at: "LLAVA_THREADS",
      "expected 1 to \(maxThreads), found '\(text)'")
  }
  return count
}

/// The number of threads: the option, else LLAVA_THREADS, else the cores we may run on.
func threadCount(_ option: Int?) throws(Failure) -> Int {
  if let option { return option }
  return try threadsFromEnvironment() ?? availableCores()
}

/// Throws unless the option `--threads` is a count.
public func validateThreads(_ option: Int?) throws {
  if let option, !(1...maxThreads).contains(option) {
    throw ValidationError("--threads must be 1 to \(maxThreads), found \(option)")
  }
}

/// LLAVA_MODEL, or nil where it is not set or empty.
public func modelFromEnvironment() -> String? {
  getenv("LLAVA_MODEL").map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
}

// How much memory a process may still use.
// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Bytes that are available without swapping, as the kernel, the process's control group and its own limits
/// (`ulimit -v`, `-d`) say; nil where none does.
public func availableMemory() -> Int? {
  [memoryOfKernel(), memoryOfGroup(), memoryOfProcess()].compactMap(\.self).min()
}

/// What the limits of the process leave of its address space and of its data.
private func memoryOfProcess() -> Int? {
  // In pages: size, resident, shared, text, library, data.
  let pages = lines("/proc/self/statm").first?.split(separator: " ").map { Int($0) ?? 0 } ?? []
  guard pages.count > 5 else { return nil }
  let left = [(RLIMIT_AS, pages[0]), (RLIMIT_DATA, pages[5])].compactMap { resource, used -> Int? in
    processLimit(resource).map { max(0, $0 - used * Int(getpagesize())) }
  }
  return left.min()
}

/// Bytes of address space that the process may have (`ulimit -v`); nil where nothing limits it.
public func addressSpaceLimit() -> Int? { processLimit(RLIMIT_AS) }

private func processLimit(_ resource: __rlimit_resource) -> Int? {
  var limit = rlimit()
  guard getrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0, limit.rlim_cur < 1 << 60
  else { return nil }
  return Int(limit.rlim_cur)
}

/// `MemAvailable` of /proc/meminfo.
private func memoryOfKernel() -> Int? {
  for line in lines("/proc/meminfo") where line.hasPrefix("MemAvailable:") {
    guard let kilobytes = line.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
      return nil
    }
    return checkedProduct(kilobytes, 1024)
  }
  return nil
}

/// The limit of the control group (version 2, then 1) minus the memory in use, except cached files.
private func memoryOfGroup() -> Int? {
  for (limit, use, cache) in [
    ("memory.max", "memory.current", "inactive_file"),
    ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "total_inactive_file"),
  ] {
    let root = "/sys/fs/cgroup/"
    guard let most = number(root + limit), most < 1 << 50, let used = number(root + use) else {
      continue
    }
    let folder = limit.hasPrefix("memory/") ? "memory/" : ""
    let cached = lines("\(root)\(folder)memory.stat").first { $0.hasPrefix("\(cache) ") }
      .flatMap { $0.split(separator: " ").last }.flatMap { Int($0) }
    return max(0, most - used + (cached ?? 0))
  }
  return nil
}

private func number(_ path: String) -> Int? { lines(path).first.flatMap { Int($0) } }

private func lines(_ path: String) -> [String] {
  guard let bytes = try? readWholeFile(path, limit: 1 << 20) else { return [] }
  return String(decoding: bytes, as: UTF8.self).split(atByte: UInt8(ascii: "\n")).map { String($0) }
}

// Recognises what stands in records where the path of an image is expected, and is none.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// `path/url` for a URL, nil for what may be a path.
func notAPath(_ path: String) -> Failure? {
  let scheme = path.utf8.prefix { $0 != UInt8(ascii: ":") }
  let rest = path.utf8.dropFirst(scheme.count)
  // RFC 3986, 3.1; a scheme is ASCII, and none in use is longer.
  guard (2...32).contains(scheme.count), scheme.allSatisfy({ isSchemeByte($0) }) else { return nil }
  let name = String(decoding: scheme, as: UTF8.self).lowercased()
  guard rest.starts(with: "://".utf8) else { return nil }
  return Failure(
    .invalidInput, code: "path/url", at: path,
    "expected the path of an image, found a URL",
    remedy: name == "file"
      ? "name the file without file://"
      : "fetch it first, and name the file: curl -fsSLO \(quotedForShell(path))")
}

private func isSchemeByte(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"),
    UInt8(ascii: "."):
    true
  default: false
  }
}

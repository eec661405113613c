// The search of eight bytes a step against a look at every byte.
// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import JSON

private func end(_ bytes: [UInt8], from start: Int) -> Int {
  bytes.withUnsafeBytes { plainEnd(of: $0, from: start) }
}

@Test func everyByteIsSeenAtEveryPlace() {
  for byte in UInt8.min...UInt8.max {
    let ends = byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    for count in 1...18 {
      for place in 0..<count {
        var bytes = [UInt8](repeating: UInt8(ascii: "x"), count: count)
        bytes[place] = byte
        #expect(end(bytes, from: 0) == (ends ? place : count))
        #expect(end(bytes, from: place) == (ends ? place : count))
        #expect(end(bytes, from: place + 1) == count)
      }
    }
  }
}

@Test func anyMixtureIsSeen() {
  var generator = SeededGenerator(seed: 9)
  let pool: [UInt8] = [
    0, 1, 0x1F, 0x20, 0x21, 0x22, 0x23, 0x5B, 0x5C, 0x5D, 0x7F, 0x80, 0xA2, 0xDC, 0xFF,
  ]
  for _ in 0..<amount(2_000, soak: 1_000_000) {
    let bytes = (0..<Int.random(in: 0...30, using: &generator)).map { _ in
      pool.randomElement(using: &generator) ?? 0
    }
    let wanted = bytes.firstIndex { $0 < 0x20 || $0 == 0x22 || $0 == 0x5C } ?? bytes.count
    #expect(end(bytes, from: 0) == wanted, "\(bytes)")
  }
}

@Test func whatIsEscapedComesBack() throws {
  for before in 0...9 {
    for scalar in (0...0x100).compactMap(Unicode.Scalar.init) {
      let text = String(repeating: "a", count: before) + String(Character(scalar)) + "bé"
      let value = JSONValue.object([text: .string(text)])
      #expect(try JSONValue(parsing: value.serialized()) == value)
      var bytes: [UInt8] = [0x20]
      value.append(to: &bytes)
      #expect(bytes == [0x20] + value.serialized())
    }
  }
}

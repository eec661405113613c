// Base 64 against Foundation's, and what is none.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@testable import InputOutput

struct Base64Tests {
  @Test func isFoundationsBothWays() {
    for count in 0..<70 {
      let some = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37 + count) }
      let text = Data(some).base64EncodedString()
      #expect(base64(some) == text)
      #expect(bytes(ofBase64: text[...]) == some)
    }
    let all = (0...255).map(UInt8.init)
    #expect(bytes(ofBase64: base64(all)[...]) == all)
  }

  /// Without padding or with too much, cut, with bits over, with blanks, in the alphabet for names.
  @Test(arguments: [
    "AA", "AAA", "A", "A===", "AAAA=", "====", "=AAA", "AA=A", "AB==", "AAB=", "AA==AAAA", "AA A",
    "AAA\n", "AAA\nAAAA", "AA-_", "AA%3D", "AAA\u{e9}", "AAAAAAA\u{0}",
  ])
  func otherTextIsRefused(text: String) {
    #expect(bytes(ofBase64: text[...]) == nil)
  }
}

// The memory of all images at work: what one takes, and that threads share one budget.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import InputOutput
import Testing

@testable import Images

@Suite("The budget of decodes")
struct DecodeBudgetTests {
  private func workingBytes(_ name: String) throws -> Int {
    try ImageFile(Golden.bytes(name), options: DecodeOptions()).workingBytes
  }

  @Test("a JPEG takes more where its coefficients must be kept")
  func countsCoefficients() throws {
    let whole = try workingBytes("baseline-444.jpg")
    #expect(whole >= 45 * 35 * 3 * 2)
    // Four components of 16 bits in place of a second copy of three bytes.
    let inks = try workingBytes("cmyk-progressive.jpg") - workingBytes("cmyk.jpg")
    #expect(inks >= 33 * 21 * (8 - 3))
    #expect(try workingBytes("several-scans.jpg") > whole)
  }

  @Test("threads stay within it, or work alone; none waits for ever")
  func holds() {
    for (budgetBytes, file, decoding) in [(1_000, 50, 200), (1_000, 400, 700), (100, 300, 900)] {
      let budget = DecodeBudget(bytes: budgetBytes)
      DispatchQueue.concurrentPerform(iterations: 64) { index in
        let share = DecodeBudget.Share(of: budget)
        share.beginReading(file)
        if index % 5 != 0 { share.beginDecoding(decoding) }
        usleep(200)
        share.end()
      }
      #expect(budget.mostHeld >= file)
      #expect(budget.mostHeld <= max(budgetBytes, file + decoding, budgetBytes + decoding))
      if file + decoding < budgetBytes / 2 { #expect(budget.mostHeld <= budgetBytes) }
    }
  }

  @Test("what was held is given back")
  func givesBack() {
    let budget = DecodeBudget(bytes: 10)
    for _ in 0..<3 {
      let share = DecodeBudget.Share(of: budget)
      share.beginReading(8)
      share.beginDecoding(70)
      share.end()
    }
    #expect(budget.mostHeld == 78)
  }
}

// What makes two phrases one.
// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import CaptionFiltering

@Suite struct PhraseKeyTests {
  private func key(_ key: PhraseKey, _ phrase: String) -> String {
    String(decoding: key.bytes(Array(phrase.utf8)), as: UTF8.self)
  }

  @Test(arguments: [
    ("Two Dogs", "two dogs", "two dog", "dog"), ("dog", "dog", "dog", "dog"),
    ("Wedding  Cakes", "wedding  cakes", "wedding  cake", "cake"),
    ("\u{c9}tudes", "\u{e9}tudes", "\u{e9}tude", "\u{e9}tude"),
    ("dog's bowls", "dog's bowls", "dog's bowl", "bowl"),
    (" dogs ", " dogs ", " dog", "dog"), ("", "", "", ""), ("  ", "  ", "  ", "  "),
  ])
  func keysOfPhrases(phrase: String, lower: String, lemma: String, head: String) {
    #expect(key(.asIs, phrase) == phrase)
    #expect(key(.lower, phrase).utf8.elementsEqual(lower.utf8))
    #expect(key(.lemma, phrase).utf8.elementsEqual(lemma.utf8))
    #expect(key(.head, phrase).utf8.elementsEqual(head.utf8))
  }

  @Test(arguments: [
    ("dogs", "dog"), ("cities", "city"), ("boxes", "box"), ("glasses", "glass"),
    ("churches", "church"), ("dishes", "dish"), ("potatoes", "potato"), ("shoes", "shoe"),
    ("houses", "house"), ("horses", "horse"), ("women", "woman"), ("leaves", "leaf"),
    ("movies", "movie"), ("feet", "foot"), ("bus", "bus"), ("buses", "bus"), ("grass", "grass"),
    ("tennis", "tennis"), ("campus", "campus"), ("jeans", "jeans"), ("series", "series"),
    ("ties", "tie"), ("gas", "gas"), ("people", "people"), ("s", "s"), ("as", "as"),
    ("dog's", "dog's"), ("fireflies", "firefly"), ("waltzes", "waltze"),
  ])
  func singulars(plural: String, wanted: String) {
    #expect(String(decoding: singular(Array(plural.utf8)), as: UTF8.self) == wanted)
  }

  @Test func textsAreNumberedByFirstAppearance() throws {
    var table = TextTable()
    for round in 0..<2 {
      for number in 0..<5000 {
        let found = try table.number(of: Array("text \(number)".utf8))
        #expect(found == (UInt32(number), round == 0))
      }
    }
    #expect(table.count == 5000 && Array(table[4999]) == Array("text 4999".utf8))
    // Two spellings of one letter are two texts; so is the empty one.
    for (text, number) in [("\u{e9}", 5000), ("e\u{301}", 5001), ("", 5002), ("", 5002)] {
      #expect(try table.number(of: Array(text.utf8)).number == number)
    }
    #expect(table[5002].isEmpty)
  }
}

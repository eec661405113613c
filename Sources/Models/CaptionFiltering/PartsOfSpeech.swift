// A guess at what each word of a caption is: lists, then endings, then neighbours.
// SPDX-License-Identifier: Apache-2.0

/// What a word does for the phrase around it.
enum PartOfSpeech {
  case noun
  case adjective
  case adverb
  case determiner
  case number
  /// The `'s` of an owner.
  case possessive
  case conjunction
  case verb
  /// Prepositions, pronouns, punctuation: no phrase goes across.
  case breaker
  /// In -ing or -ed, to be decided by the words around it.
  case ing
  case ed
  /// A noun in -ing that may be a verb just as well.
  case gerund
  /// A noun or verb: base form, or with -s.
  case baseVerb
  case verbWithS
}

extension PartOfSpeech {
  /// What can follow a word that describes it.
  var isDescribed: Bool {
    switch self {
    case .noun, .adjective, .number, .ed, .ing, .gerund, .baseVerb, .verbWithS: true
    default: false
    }
  }

  /// What the lists and the word's ending say, without its neighbours.
  init(of item: CaptionWords.Item) {
    if item.isBreak {
      self = .breaker
    } else if let known = item.word.flatMap({ Self.known[$0] }) {
      self = known
    } else if (0x30...0x39).contains(item.lower[0]) {
      self = .number
    } else {
      self = Self.byEnding(item.lower)
    }
  }

  private static func byEnding(_ word: [UInt8]) -> PartOfSpeech {
    func ends(_ ending: StaticString) -> Bool {
      let count = ending.utf8CodeUnitCount
      let bytes = UnsafeBufferPointer(start: ending.utf8Start, count: count)
      return word.count >= count + 2 && word.suffix(count).elementsEqual(bytes)
    }
    if ends("ing") { return .ing }
    if ends("ed") { return .ed }
    if ends("ly") { return .adverb }
    if ends("n't") { return .verb }
    for ending: StaticString in ["ful", "less", "ous", "able", "ible"] where ends(ending) {
      return .adjective
    }
    return .noun
  }

  /// The words of all lists; what stands in several is what the last of them says.
  private static let known: [Word: PartOfSpeech] = {
    var known: [Word: PartOfSpeech] = [:]
    func add(_ list: String, _ part: PartOfSpeech) {
      for word in Word.list(list) { known[word] = part }
    }
    for base in EnglishWords.ambiguousVerbs.split(whereSeparator: \.isWhitespace) {
      let takesES = ["s", "sh", "ch", "x", "z"].contains { base.hasSuffix($0) }
      let endsInY = base.hasSuffix("y") && !["ay", "ey", "oy"].contains { base.hasSuffix($0) }
      add(String(base), .baseVerb)
      add(endsInY ? base.dropLast() + "ies" : base + (takesES ? "es" : "s"), .verbWithS)
    }
    add(EnglishWords.verbs, .verb)
    add(EnglishWords.adjectives, .adjective)
    add(EnglishWords.ingNouns, .noun)
    add(EnglishWords.gerunds, .gerund)
    add(EnglishWords.edNouns, .noun)
    add(EnglishWords.lyNouns, .noun)
    add(EnglishWords.ableNouns, .noun)
    add(EnglishWords.lyAdjectives, .adjective)
    add(EnglishWords.adverbs, .adverb)
    add(EnglishWords.numbers, .number)
    add(EnglishWords.breakers, .breaker)
    add(EnglishWords.determiners, .determiner)
    add(EnglishWords.conjunctions, .conjunction)
    add("'s", .possessive)
    add("'re 've 'll 'd 'm", .verb)
    return known
  }()
}

/// The parts of speech of a caption's words, decided from left to right.
struct TaggedCaption {
  let items: [CaptionWords.Item]
  private(set) var parts: [PartOfSpeech]

  private static let articles = Word.set(EnglishWords.articles)
  private static let subjects = Word.set(EnglishWords.subjects)
  private static let plurals = Word.set(EnglishWords.plurals)
  private static let nounsBehindArticles = Word.set(EnglishWords.nounsBehindArticles)
  private static let ingAdjectives = Word.set(EnglishWords.ingAdjectives)

  init(_ caption: String) {
    items = CaptionWords(caption).items
    parts = items.map(PartOfSpeech.init(of:))
    for place in parts.indices { parts[place] = decided(place) }
  }

  /// Whether the word at `place` is one that makes the next a noun or what describes one.
  func isArticle(_ place: Int) -> Bool { isIn(Self.articles, place) }

  private func isIn(_ list: Set<Word>, _ place: Int) -> Bool {
    items.indices.contains(place) && items[place].word.map(list.contains) == true
  }

  /// The part of the word at `place`, where all before it are decided.
  private func decided(_ place: Int) -> PartOfSpeech {
    let previous = place > 0 ? parts[place - 1] : .breaker
    let next = place + 1 < parts.count ? parts[place + 1] : .breaker
    let isBehindArticle = isArticle(place - 1)
    switch parts[place] {
    case .adverb: return next == .adjective || next == .ed ? .adjective : .breaker
    case .conjunction: return previous == .adjective && next == .adjective ? .adjective : .breaker
    case .breaker where isBehindArticle && isIn(Self.nounsBehindArticles, place): return .noun
    case .verb where isBehindArticle || previous == .possessive: return .noun
    case .possessive:
      return previous == .noun && next.isDescribed && next != .ing ? .possessive : .verb
    case .ed: return previous != .noun && next.isDescribed ? .adjective : .verb
    case .ing: return ing(place, previous, next)
    case .gerund: return previous == .noun && !next.isDescribed ? .verb : .noun
    case .baseVerb, .verbWithS: return nounOrVerb(place, previous, next)
    case let part: return part
    }
  }

  private func ing(_ place: Int, _ previous: PartOfSpeech, _ next: PartOfSpeech) -> PartOfSpeech {
    guard next.isDescribed else { return .verb }
    switch previous {
    case .determiner: return isArticle(place - 1) ? .adjective : .verb
    case .adjective, .possessive: return .adjective
    case .noun: return .verb
    default: return isIn(Self.ingAdjectives, place) ? .adjective : .verb
    }
  }

  /// A word such as `play` or `shows`: a verb behind a subject where what an object or a place begins
  /// with follows, else a noun.
  private func nounOrVerb(_ place: Int, _ previous: PartOfSpeech, _ next: PartOfSpeech)
    -> PartOfSpeech
  {
    if isIn(Self.subjects, place - 1) { return .verb }
    let isLast = place + 1 == items.count || items[place + 1].isBreak
    guard previous == .noun, !isLast, [.determiner, .breaker, .adverb, .ing].contains(next) else {
      return .noun
    }
    let subject = items[place - 1].lower
    let isPlural =
      isIn(Self.plurals, place - 1)
      || (subject.last == UInt8(ascii: "s") && subject.dropLast().last != UInt8(ascii: "s"))
    return isPlural == (parts[place] == .baseVerb) || isIn(Self.plurals, place - 1) ? .verb : .noun
  }
}

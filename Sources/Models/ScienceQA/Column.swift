// The nine columns of ScienceQA's table, and which problems count in each.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON

/// A problem with what sorts it into columns.
public struct SortedProblem: Equatable, Sendable {
  public enum Subject: String, CaseIterable, Sendable {
    case natural = "natural science"
    case social = "social science"
    case language = "language science"
  }

  public let id: String
  /// How many choices it has, and which is right, from 0.
  public let choices: Int
  public let answer: Int
  public let subject: Subject
  /// 1 to 12.
  public let grade: Int
  public let hasHint: Bool
  public let hasImage: Bool

  /// Reads the entry `value` of problems.json. Throws `scienceqa/problem`.
  public init(id: String, _ value: JSONValue) throws(Failure) {
    let entry = try ProblemEntry(id, value)
    self.id = id
    choices = try entry.choices().count
    answer = try entry.answer()
    hasHint = try !entry.text("hint").isEmpty
    hasImage = try entry.image() != nil
    let subject = try entry.text("subject")
    guard let known = Subject(rawValue: subject) else {
      let names = Subject.allCases.map(\.rawValue).joined(separator: ", ")
      throw entry.fault("expected `subject` to be one of \(names), found \(shown(subject))")
    }
    self.subject = known
    let grade = try entry.text("grade")
    guard let number = (1...12).first(where: { grade.utf8.elementsEqual("grade\($0)".utf8) }) else {
      throw entry.fault("expected `grade` to be grade1 to grade12, found \(shown(grade))")
    }
    self.grade = number
  }

  /// The letter of the right choice.
  public var letter: String { letters[answer] }
}

/// A column of the table.
public enum Column: String, CaseIterable, Sendable {
  case natural = "NAT"
  case social = "SOC"
  case language = "LAN"
  case text = "TXT"
  case image = "IMG"
  case neither = "NO"
  case lowGrades = "G1-6"
  case highGrades = "G7-12"
  case all = "Avg"

  /// TXT is a hint, IMG a picture, which a problem may have both of; NO is neither.
  public func counts(_ problem: SortedProblem) -> Bool {
    switch self {
    case .natural: problem.subject == .natural
    case .social: problem.subject == .social
    case .language: problem.subject == .language
    case .text: problem.hasHint
    case .image: problem.hasImage
    case .neither: !problem.hasHint && !problem.hasImage
    case .lowGrades: problem.grade <= 6
    case .highGrades: problem.grade > 6
    case .all: true
    }
  }
}

/// How many of some problems are right.
public struct Tally: Equatable, Sendable {
  public private(set) var correct = 0
  public private(set) var count = 0

  public init() {}

  public mutating func add(isCorrect: Bool) {
    count += 1
    if isCorrect { correct += 1 }
  }

  /// In per cent, nil where there are no problems.
  public var accuracy: Double? {
    count == 0 ? nil : Double(correct) / Double(count) * 100
  }
}

/// A tally for each column.
public struct ScoreTable: Equatable, Sendable {
  private var tallies = [Tally](repeating: Tally(), count: Column.allCases.count)

  public init() {}

  public mutating func add(_ problem: SortedProblem, isCorrect: Bool) {
    for (index, column) in Column.allCases.enumerated() where column.counts(problem) {
      tallies[index].add(isCorrect: isCorrect)
    }
  }

  /// The columns in order.
  public var columns: [(column: Column, tally: Tally)] {
    Array(zip(Column.allCases, tallies))
  }

  public subscript(column: Column) -> Tally {
    columns.first { $0.column == column }?.tally ?? Tally()
  }
}

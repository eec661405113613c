// The questions that the user asks about every record, and the records made for several questions.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Conversations
import InputOutput
import JSON
import Records
import Streams
import ToolSupport

/// The options for questions.
struct AskOptions: ParsableArguments {
  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "Question to ask about every record; may be repeated. {KEY} is its member KEY, {{ a literal brace.",
      valueName: "text"))
  var ask: [String] = []

  @Option(
    help: ArgumentHelp("Ask the questions in this file, one per line.", valueName: "file"),
    completion: .file())
  var askFile: String?

  /// Throws the fault of questions that training would not ask.
  func refuse(whereTraining train: Bool) throws {
    guard train, !ask.isEmpty || askFile != nil else { return }
    throw ValidationError("--train takes the records' own questions, not those of --ask")
  }

  /// The questions of the file, then those of the options. `input`: what the records are read from.
  ///
  /// Throws `usage/braces`, `ask/empty`, and what reading the file throws.
  func questions(_ session: Session, input: String?) throws(Failure) -> [QuestionTemplate] {
    var questions: [QuestionTemplate] = []
    if let askFile {
      if askFile == "-", input == nil || input == "-" {
        throw Failure(
          .usage, code: "usage/arguments", at: "--ask-file",
          "expected a file, as stdin holds the records")
      }
      for line in try session.questionLines(askFile) {
        questions.append(try template(line.text, at: line.place))
      }
    }
    for text in ask { questions.append(try template(text, at: "--ask")) }
    return questions
  }

  private func template(_ text: String, at place: String) throws(Failure) -> QuestionTemplate {
    do throws(Failure) { return try QuestionTemplate(text) } catch { throw error.at(place) }
  }
}

/// One record as it is asked.
struct AskedRecord {
  /// With the question as a member where the user asks one, and an id of its own where there are several.
  let record: Record
  /// What makes its prompt, or why there can be none.
  let formatter: Result<RecordFormatter, Failure>
}

/// What is asked of every record: the user's questions, or its own where there are none.
struct Questions {
  let templates: [QuestionTemplate]
  /// The most bytes of a question.
  let limit: Int

  /// The records that `line` becomes, one per question, next to each other so that a picture is decoded
  /// once. A line that holds no record, or an earlier tool's skip, stays one.
  func asked(_ line: ObjectLine, _ formatter: RecordFormatter) -> LazyMapSequence<
    Range<Int>, AskedRecord
  > {
    let record = line.record
    let hasRecord = (try? line.result.get()) != nil && SkipMark(of: record.object) == nil
    let count = hasRecord ? max(1, templates.count) : 1
    return (0..<count).lazy.map { number in
      guard hasRecord, !templates.isEmpty else {
        return AskedRecord(record: record, formatter: .success(formatter))
      }
      let question = Result { () throws(Failure) in
        try templates[number].text(for: record.identified, limit: limit)
      }
      return AskedRecord(
        record: asked(record, count == 1 ? nil : number, try? question.get(), at: line),
        formatter: question.map { formatter.asking($0) })
    }
  }

  /// The record of question `number` of several, from 0, or of the only one. All of several have such
  /// an id, so that two are equal only where the records' own are.
  private func asked(_ record: Record, _ number: Int?, _ question: String?, at line: ObjectLine)
    -> Record
  {
    var object = record.object
    if let number { object["id"] = .string("\(record.id)#\(number + 1)") }
    if let question { object["question"] = .string(question) }
    return Record(object, number: line.number, place: line.place)
  }

  /// Whether a record that is only an image's path cannot be asked, whatever the path.
  var needMembers: Bool { templates.contains(where: \.needsMembers) }
}

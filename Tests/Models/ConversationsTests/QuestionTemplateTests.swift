// Questions with places: what fills them, what is refused, what is text.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Testing

@testable import Conversations

@Suite struct QuestionTemplateTests {
  private func fill(_ question: String, _ record: String, limit: Int = 1000) throws -> String {
    let object = try #require(JSONValue(parsing: Array(record.utf8)).object)
    return try QuestionTemplate(question).text(for: object, limit: limit)
  }

  private func code(_ question: String, _ record: String, limit: Int = 1000) throws -> String? {
    do {
      _ = try fill(question, record, limit: limit)
      return nil
    } catch let failure as Failure { return failure.code }
  }

  @Test func membersStandInTheirPlaces() throws {
    let record = #"{"id":"7","label":"a \"cat\"","n":1.50,"two words":"x","":"y","é":"z"}"#
    #expect(try fill("Is it {label}?", record) == "Is it a \"cat\"?")
    #expect(try fill("{n}{n}{id}", record) == "1.501.507")
    #expect(try fill("{two words}{é}", record) == "xz")
    #expect(try fill("", record) == "" && fill("no place", record) == "no place")
    // What a record says is no template.
    #expect(try fill("{a}", #"{"a":"{b}}}"}"#) == "{b}}}")
    // Names are compared byte by byte.
    #expect(try code("{e\u{301}}", record) == "record/question-member")
  }

  @Test func bracesAreDoubled() throws {
    #expect(try fill("{{label}}", #"{"label":"x"}"#) == "{label}")
    #expect(try fill("{{{label}}}", #"{"label":"x"}"#) == "{x}")
    #expect(try fill("{{}}{{{{", "{}") == "{}{{")
  }

  @Test(arguments: [
    "{", "}", "a { b", "{}", "{ a}", "{a }", "{a{b}}", "{a", "{\"a\": 1}", "a } b", "{a\nb}", "}{",
    "{{a}", "{a}}",
  ])
  func otherBracesAreRefused(question: String) throws {
    do throws(Failure) {
      _ = try QuestionTemplate(question)
      Issue.record("\(question) was taken")
    } catch {
      #expect(error.code == "usage/braces" && error.status == .usage)
      #expect(error.remedy?.contains("{{") == true)
    }
  }

  @Test func imagesHaveNames() throws {
    func both(_ path: String) throws -> String {
      try fill("{image.name}|{image.directory}", #"{"image":"\#(path)"}"#)
    }
    #expect(try both("photos/cats/1.big.jpg") == "1.big|cats")
    #expect(try both("/a/.hidden") == ".hidden|a")
    #expect(try both("./x//y") == "y|x")
    #expect(try fill("{image.name}", #"{"images":["b/one.png","two"]}"#) == "one")
    #expect(try fill("{image}", #"{"image":"a/b.jpg"}"#) == "a/b.jpg")
    #expect(try code("{image.directory}", #"{"image":"./a.jpg"}"#) == "record/question-member")
    #expect(try code("{image.name}", "{}") == "record/question-member")
    #expect(try code("{image.name}", #"{"image":1}"#) == "record/image")
  }

  @Test func whatIsNotThereIsSaid() throws {
    for record in ["{}", #"{"a":null}"#, #"{"a":[1]}"#, #"{"a":true}"#, #"{"A":"x"}"#] {
      #expect(try code("{a}", record) == "record/question-member")
    }
    do {
      _ = try fill("{name}", "{}")
    } catch let failure as Failure {
      #expect(failure.message.contains("no `name` for {name}"))
      #expect(failure.remedy == "for the image's: {image.name}")
    }
  }

  @Test func aQuestionIsNoLongerThanALine() throws {
    let record = "{\"a\":\"\(String(repeating: "x", count: 100))\"}"
    #expect(try fill("{a}{a}", record, limit: 200).utf8.count == 200)
    #expect(try code("{a}{a}", record, limit: 199) == "record/too-large")
  }

  @Test func whatAPathCannotAnswerIsKnown() throws {
    for question in ["{id}", "{image}", "{image.name}?", "x", "{{label}}"] {
      #expect(try !QuestionTemplate(question).needsMembers)
    }
    #expect(try QuestionTemplate("a {label}").needsMembers)
  }
}

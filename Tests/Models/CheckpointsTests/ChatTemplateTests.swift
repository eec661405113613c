// Where checkpoints keep their chat template, and which of several goes first.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import TestSupport
import Testing

@testable import Checkpoints

struct ChatTemplateTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func found() throws -> String? { try ChatTemplate.find(in: directory.path)?.text }

  @Test func theProcessorsGoesBeforeTheTokenizers() throws {
    #expect(try found() == nil)
    try directory.write(#"{"chat_template":null}"#, to: "tokenizer_config.json")
    #expect(try found() == nil)
    try directory.write(#"{"chat_template":"t\n"}"#, to: "tokenizer_config.json")
    #expect(try found() == "t\n")
    try directory.write(#"{"chat_template":"p"}"#, to: "processor_config.json")
    #expect(try found() == "p")
    try directory.write(#"{"chat_template":"c"}"#, to: "chat_template.json")
    #expect(try found() == "c")
    try directory.write("j", to: "chat_template.jinja")
    #expect(try found() == "j")
    try directory.write("", to: "model.safetensors")
    #expect(try ChatTemplate.find(in: directory.file("model.safetensors"))?.text == "j")
  }

  @Test func ofSeveralTheDefaultIsTaken() throws {
    try directory.write(
      #"{"chat_template":[{"name":"tool_use","template":"x"},{"name":"default","template":"d"}]}"#,
      to: "tokenizer_config.json")
    #expect(try found() == "d")
  }

  @Test func whatIsNoTextIsRefused() throws {
    for value in ["5", "{}", "[]", #"[{"name":"rag","template":"x"}]"#] {
      try directory.write("{\"chat_template\":\(value)}", to: "tokenizer_config.json")
      #expect(try failure { try found() }.code == "checkpoint/chat-template")
    }
    try directory.write([0xFF], to: "chat_template.jinja")
    #expect(try failure { try found() }.code == "checkpoint/chat-template")
    #expect(
      try failure { try ChatTemplate.find(in: "/nowhere/at/all") }.code == "checkpoint/not-found")
  }
}

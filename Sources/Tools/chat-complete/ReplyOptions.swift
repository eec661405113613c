// The options that say what is sent with the messages.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import ChatClient
import InputOutput
import JSON
import ToolSupport

struct ReplyOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Sampling temperature, for records without their own.", valueName: "number"))
  var temperature: Double?

  @Option(
    help: ArgumentHelp(
      "Nucleus sampling: share of the probability, for records without their own.",
      valueName: "number"))
  var topP: Double?

  @Option(
    help: ArgumentHelp(
      "Longest reply in tokens, for records without their own limit.", valueName: "count")
  )
  var maxTokens: Int?

  @Option(
    help: ArgumentHelp(
      "Longest reply in tokens, sent as max_completion_tokens.", valueName: "count"))
  var maxCompletionTokens: Int?

  @Option(
    help: ArgumentHelp(
      "Seed for the server's sampling, for records without their own.", valueName: "number"))
  var seed: Int?

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "End replies before this text, for records without stop; may be repeated.", valueName: "text")
  )
  var stop: [String] = []

  @Option(
    help: ArgumentHelp(
      "Further members of requests, for records without them, such as {\"top_k\":20}.",
      valueName: "json"))
  var extra: String?

  @Flag(help: "Send the images that records name, too.")
  var images = false

  @Option(
    help: ArgumentHelp("Send only images beneath this directory.", valueName: "dir"),
    completion: .directory)
  var imageRoot: String?

  @Option(help: ArgumentHelp("Largest image to send.", valueName: "size"))
  var maxImage = Size(20 << 20)

  func validate() throws {
    if let temperature { try require(temperature, in: 0...1000, "--temperature") }
    if let topP { try require(topP, in: 0...1, "--top-p") }
    if let maxTokens { try require(maxTokens, in: 1...1 << 30, "--max-tokens") }
    if let maxCompletionTokens {
      try require(maxCompletionTokens, in: 1...1 << 30, "--max-completion-tokens")
    }
    if maxTokens != nil, maxCompletionTokens != nil {
      throw ValidationError("--max-tokens and --max-completion-tokens exclude each other")
    }
    if stop.contains("") { throw ValidationError("--stop must not be empty") }
    guard let extra else { return }
    guard let object = try? JSONValue(parsing: Array(extra.utf8)).object else {
      throw ValidationError("--extra must be a JSON object such as {\"top_k\":20}, found \(extra)")
    }
    for name in RequestMaker.reserved where object[name] != nil {
      throw ValidationError("--extra must not have `\(name)`")
    }
  }

  /// Throws what opening the images' directory throws.
  func requestMaker(model: String) throws(Failure) -> RequestMaker {
    var defaults = JSONObject()
    defaults["temperature"] = temperature.map(JSONValue.double)
    defaults["top_p"] = topP.map(JSONValue.double)
    defaults["max_tokens"] = maxTokens.map(JSONValue.int)
    defaults["max_completion_tokens"] = maxCompletionTokens.map(JSONValue.int)
    defaults["seed"] = seed.map(JSONValue.int)
    if !stop.isEmpty { defaults["stop"] = .array(stop.map(JSONValue.string)) }
    if let extra, let object = try? JSONValue(parsing: Array(extra.utf8)).object {
      for (name, value) in object.members { defaults[name] = value }
    }
    var sent: RequestImages?
    if let imageRoot {
      sent = RequestImages(root: try FileRoot(path: imageRoot), limit: maxImage.count)
    } else if images {
      sent = RequestImages(root: nil, limit: maxImage.count)
    }
    return RequestMaker(model: model, defaults: defaults, images: sent)
  }
}

// The `prompt` member of a record: writing it, and reading it back with every number checked.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON

extension Prompt {
  /// The member as llava-stream(5) describes it.
  public var json: JSONValue {
    var object = JSONObject([
      "template": .string(template), "segments": .array(segments.map(\.json)),
      "stop": .array(stop.map { .string($0) }),
    ])
    if let tokens {
      func list(_ numbers: [Int]) -> JSONValue { .array(numbers.map { .int($0) }) }
      object["tokens"] = list(tokens.ids.map(Int.init))
      object["image_positions"] = list(tokens.imagePositions)
      object["image_order"] = list(tokens.imageOrder)
      if isForTraining {
        object["loss_spans"] = .array(
          tokens.lossSpans.map { list([$0.lowerBound, $0.upperBound]) })
      }
    }
    return .object(object)
  }

  /// Reads the member. Throws `prompt/invalid` for anything that it cannot be; ids are checked
  /// against a vocabulary where one is known, not here.
  public init(_ json: JSONValue) throws(Failure) {
    guard let object = json.object, let parts = object["segments"]?.array else {
      throw Self.fault("no segments")
    }
    var segments: [PromptSegment] = []
    for part in parts { segments.append(try PromptSegment(part)) }
    let stop = (object["stop"]?.array ?? []).compactMap(\.string)
    self.init(
      template: object["template"]?.string ?? "", segments: segments,
      stop: stop.filter { !$0.isEmpty })
    if object["tokens"] != nil { tokens = try Tokens(object) }
  }

  static func fault(_ found: String) -> Failure {
    Failure(
      .invalidInput, code: "prompt/invalid",
      "expected a prompt of convo-format, found \(found)", remedy: "make it with convo-format")
  }
}

extension Prompt.Tokens {
  fileprivate init(_ object: JSONObject) throws(Failure) {
    guard let ids = object["tokens"]?.array?.map({ $0.int.flatMap(Int32.init(exactly:)) }),
      !ids.contains(nil), !ids.contains(where: { ($0 ?? -1) < 0 })
    else { throw Prompt.fault("tokens that are not ids") }
    let positions = try Self.numbers(object["image_positions"], below: ids.count + 1)
    let order = try Self.numbers(object["image_order"], below: 1 << 20)
    guard positions == positions.sorted(), positions.count == order.count else {
      throw Prompt.fault("\(positions.count) image positions for \(order.count) images")
    }
    var spans: [Range<Int>] = []
    for span in object["loss_spans"]?.array ?? [] {
      let ends = try Self.numbers(span, below: ids.count + 1)
      guard ends.count == 2, ends[0] < ends[1], ends[0] >= spans.last?.upperBound ?? 0 else {
        throw Prompt.fault("loss spans that are not ascending ranges of the tokens")
      }
      spans.append(ends[0]..<ends[1])
    }
    self.init(
      ids: ids.compactMap(\.self), imagePositions: positions, imageOrder: order, lossSpans: spans)
  }

  private static func numbers(_ value: JSONValue?, below limit: Int) throws(Failure) -> [Int] {
    guard let value else { return [] }
    let numbers = value.array?.compactMap(\.int) ?? []
    guard numbers.count == value.array?.count, numbers.allSatisfy({ (0..<limit).contains($0) })
    else { throw Prompt.fault("numbers out of range") }
    return numbers
  }
}

extension PromptSegment {
  fileprivate var json: JSONValue {
    var object = JSONObject()
    switch content {
    case .text(let text): object["text"] = .string(text)
    case .special(let name): object["special"] = .string(name)
    case .image(let number): object["image"] = .int(number)
    }
    if carriesLoss { object["loss"] = .bool(true) }
    return .object(object)
  }

  fileprivate init(_ json: JSONValue) throws(Failure) {
    let loss = json.object?["loss"]?.bool ?? false
    if let text = json.object?["text"]?.string {
      self.init(.text(text), carriesLoss: loss)
    } else if let name = json.object?["special"]?.string {
      self.init(.special(name), carriesLoss: loss)
    } else if let number = json.object?["image"]?.int, (0..<1 << 20).contains(number) {
      self.init(.image(number))
    } else {
      throw Prompt.fault("a segment that is neither text, special nor image")
    }
  }
}

// The `prompt` member of a record: writing it, and reading it back with every number checked.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON

extension Prompt {
  /// The member as llava-stream(5) describes it.
  public var json: JSONValue {
    var object: JSONObject = ["template": .string(template)]
    if let recipe { object["recipe"] = .string(recipe) }
    object["segments"] = .array(segments.map(\.json))
    object["stop"] = .array(stop.map { .string($0) })
    if let tokens {
      func list(_ numbers: [some BinaryInteger]) -> JSONValue {
        .array(numbers.map { .int(Int($0)) })
      }
      object["tokens"] = list(tokens.ids)
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
    let stops = try Self.member("stop", object, "a list of texts") { $0.array } ?? []
    let stop = stops.compactMap(\.string)
    guard stop.count == stops.count else { throw Self.fault("a `stop` that is not text") }
    let template = try Self.member("template", object, "a text") { $0.string }
    self.init(
      template: template ?? "", segments: segments, stop: stop.filter { !$0.isEmpty })
    recipe = try Self.member("recipe", object, "a text") { $0.string }
    guard object["tokens"] != nil else { return }
    let hasImages = segments.contains { if case .image = $0.content { true } else { false } }
    for key in ["image_positions", "image_order"] where object[key] == nil {
      let other = key == "image_order" ? "image_positions" : "image_order"
      if hasImages || object[other]?.array?.isEmpty == false {
        throw Self.fault("tokens without `\(key)`")
      }
    }
    tokens = try Tokens(object)
  }

  /// The member `key` where there is one. Throws when it is not `expected`.
  fileprivate static func member<Value>(
    _ key: String, _ object: JSONObject, _ expected: String, _ read: (JSONValue) -> Value?
  ) throws(Failure) -> Value? {
    guard let found = object[key], found != .null else { return nil }
    guard let value = read(found) else { throw fault("a `\(key)` that is not \(expected)") }
    return value
  }

  static func fault(_ found: String) -> Failure {
    Failure(
      .invalidInput, code: "prompt/invalid",
      "expected a prompt of convo-format, found \(found)", remedy: "make it with convo-format")
  }

  /// More images than a record can have.
  private static let imageLimit = 1 << 20

  /// Throws for a number that no image of a record has.
  fileprivate static func checkImage(_ number: Int) throws(Failure) {
    if number < 0 { throw fault("image \(number), where numbers begin at 0") }
    if number >= imageLimit {
      throw fault("image \(number), where numbers end below \(imageLimit)")
    }
  }
}

extension Prompt.Tokens {
  fileprivate init(_ object: JSONObject) throws(Failure) {
    let ids = try Self.ids(object["tokens"])
    let positions = try Self.numbers(object["image_positions"], upTo: ids.count, "image positions")
    let order = try Self.integers(object["image_order"], "image_order")
    for number in order { try Prompt.checkImage(number) }
    guard positions == positions.sorted(), positions.count == order.count else {
      throw Prompt.fault(
        "image positions \(positions.prefix(8)) for images \(order.prefix(8))")
    }
    var spans: [Range<Int>] = []
    let listed = try Prompt.member("loss_spans", object, "a list of pairs") { $0.array }
    for span in listed ?? [] {
      let ends = try Self.numbers(span, upTo: ids.count, "the ends of loss spans")
      guard ends.count == 2, ends[0] < ends[1], ends[0] >= spans.last?.upperBound ?? 0 else {
        throw Prompt.fault("loss spans that are not ascending ranges of the tokens")
      }
      spans.append(ends[0]..<ends[1])
    }
    self.init(ids: ids, imagePositions: positions, imageOrder: order, lossSpans: spans)
  }

  private static func ids(_ value: JSONValue?) throws(Failure) -> [Int32] {
    let numbers = try integers(value, "tokens")
    let ids = numbers.map { $0 < 0 ? nil : Int32(exactly: $0) }
    if let index = ids.firstIndex(of: nil) {
      throw Prompt.fault("token id \(numbers[index]), where ids are 0 to \(Int32.max)")
    }
    return ids.compactMap(\.self)
  }

  private static func numbers(_ value: JSONValue?, upTo limit: Int, _ name: String)
    throws(Failure) -> [Int]
  {
    let numbers = try integers(value, name)
    if let wrong = numbers.first(where: { !(0...limit).contains($0) }) {
      throw Prompt.fault("\(wrong) among \(name) of \(counted(limit, "token"))")
    }
    return numbers
  }

  /// The integers of a list, none where it is absent.
  private static func integers(_ value: JSONValue?, _ name: String) throws(Failure) -> [Int] {
    guard let value else { return [] }
    let numbers = value.array?.compactMap(\.int) ?? []
    guard numbers.count == value.array?.count else {
      throw Prompt.fault("\(name) other than a list of integers")
    }
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
    let loss =
      try json.object.flatMap { (object) throws(Failure) in
        try Prompt.member("loss", object, "true or false") { $0.bool }
      } ?? false
    if let text = json.object?["text"]?.string {
      self.init(.text(text), carriesLoss: loss)
    } else if let name = json.object?["special"]?.string {
      self.init(.special(name), carriesLoss: loss)
    } else if let number = json.object?["image"]?.int {
      try Prompt.checkImage(number)
      self.init(.image(number))
    } else {
      throw Prompt.fault("a segment that is neither text, special nor image")
    }
  }
}

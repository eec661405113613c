// Shards and their index; files that are no checkpoint.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import TestSupport
import Testing

@testable import Checkpoints

struct CheckpointTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
    try directory.write(
      Fixture.file([FixtureTensor(name: "a", shape: [2])]), to: "s-1.safetensors")
    try directory.write(
      Fixture.file([FixtureTensor(name: "b", shape: [3]), FixtureTensor(name: "c", shape: [])]),
      to: "s-2.safetensors")
  }

  private func open(_ map: String) throws -> Checkpoint {
    try directory.write(
      "{\"metadata\":{\"total_size\":12},\"weight_map\":\(map)}",
      to: "model.safetensors.index.json")
    return try Checkpoint.open(directory.path)
  }

  @Test func opensShards() throws {
    let checkpoint = try open(
      "{\"c\":\"s-2.safetensors\",\"a\":\"s-1.safetensors\",\"b\":\"s-2.safetensors\"}")
    #expect(checkpoint.names == ["a", "b", "c"])
    #expect(checkpoint.entry(named: "b")?.shape == [3])
    #expect(try checkpoint.tensor(named: "c").shape == [])
    #expect(checkpoint.entry(named: "d") == nil)
    #expect(try failure { try checkpoint.tensor(named: "d") }.code == "checkpoint/no-tensor")
    try checkpoint.verifyUnchanged()
  }

  @Test(arguments: [
    "../s-1.safetensors", "/etc/passwd", "/tmp/s-1.safetensors", "x/s-1.safetensors", "", ".", "..",
    "./s-1.safetensors", "s-1.safetensors/", "s-1.pt", "s\\u0000-1.safetensors", ".safetensors",
    "s\\n.safetensors",
  ])
  func refusesFileNamesThatLeadElsewhere(name: String) throws {
    let failure = try failure { try open("{\"a\":\"\(name)\"}") }
    #expect(failure.status == .invalidInput)
    #expect(failure.code == "checkpoint/index")
  }

  @Test func refusesAMissingShard() throws {
    let failure = try failure { try open("{\"a\":\"s-3.safetensors\"}") }
    #expect(failure.status == .invalidInput)
    #expect(failure.code == "checkpoint/no-shard")
  }

  @Test(arguments: [
    "{\"a\":\"s-1.safetensors\",\"x\":\"s-2.safetensors\"}", "{\"b\":\"s-1.safetensors\"}",
    "{\"b\":\"s-1.safetensors\",\"c\":\"s-2.safetensors\"}",
  ])
  func refusesAListedTensorThatIsElsewhere(map: String) throws {
    let failure = try failure { try open(map) }
    #expect(failure.status == .invalidInput)
    #expect(failure.code == "checkpoint/no-tensor")
  }

  @Test func refusesATensorInTwoShards() throws {
    try directory.write(
      Fixture.file([FixtureTensor(name: "a", shape: [2])]), to: "s-2.safetensors")
    let failure = try failure {
      try open("{\"a\":\"s-1.safetensors\",\"b\":\"s-2.safetensors\"}")
    }
    #expect(failure.status == .invalidInput)
    #expect(failure.code == "checkpoint/duplicate")
  }

  @Test(arguments: ["{}", "[]", "null", "{\"a\":1}", "{\"a\":null}", "{\"a\":\"x\",\"a\":\"x\"}"])
  func refusesMapsThatAreNone(map: String) throws {
    #expect(try failure { try open(map) }.status == .invalidInput)
  }

  @Test func adaptersAndQuantisedWeightsAreNamed() throws {
    let adapter = try TemporaryDirectory()
    try adapter.write("{}", to: "adapter_config.json")
    let open = [
      try failure { try Checkpoint.open(adapter.path) },
      try failure { try ModelDirectory.open(model: adapter.path) },
    ]
    for failure in open {
      #expect(failure.code == "checkpoint/adapter")
      #expect(failure.message.contains("LoRA adapter"))
      #expect(failure.remedy?.contains("base model") == true)
    }
    for (settings, name) in [
      (#"{"quant_method":"awq","bits":4}"#, "awq"), (#"{"quant_method":"gptq"}"#, "gptq"),
      (#"{"load_in_4bit":true}"#, "bitsandbytes"), (#"{"bits":3}"#, "quantization_config"),
    ] {
      let config = Fixture.llavaJSON.replacing(
        "\"image_token", with: "\"quantization_config\":\(settings),\"image_token")
      let directory = try Fixture.llava(config: config)
      let failure = try failure { try ModelDirectory.open(model: directory.path) }
      #expect(failure.code == "checkpoint/quantised" && failure.message.contains(name))
      #expect(failure.status == .mismatch)
    }
  }

  @Test func narrowFloatsAreToldAsQuantised() throws {
    let directory = try TemporaryDirectory()
    let path = try directory.write(
      Fixture.file(
        header: #"{"a":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]}}"#, dataCount: 2),
      to: "model.safetensors")
    let failure = try failure { try Checkpoint.open(path) }
    #expect(failure.code == "safetensors/dtype")
    #expect(failure.remedy?.contains("quantised") == true)
  }

  @Test func refusesADirectoryWithoutWeights() throws {
    let empty = try TemporaryDirectory()
    #expect(try failure { try Checkpoint.open(empty.path) }.code == "checkpoint/no-weights")
    #expect(
      try failure { try Checkpoint.open(empty.file("none.safetensors")) }.status == .inputOutput)
  }
}

// Adapters as a user runs them: equal to peft, and refused where they do not belong.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Foundation
import InputOutput
import Streams
import Tensors
import TestSupport
import Testing

@Suite struct AdapterTests {
  static let adapters = "\(packageRoot)/Tests/Golden/adapters"
  static let tiny = "\(packageRoot)/examples/tiny-llava"

  /// A record that asks about the tokens of the golden adapter `name`.
  private func writePrompt(of name: String, to directory: TemporaryDirectory) throws {
    let expected = try SafetensorsFile(path: "\(Self.adapters)/\(name)/expected.safetensors")
    let ids = try expected.tensor(named: "tokens").withUnsafeBytes {
      Array($0.bindMemory(to: Int32.self))
    }
    try directory.write(
      #"{"id":"a","prompt":{"segments":[],"tokens":\#(ids),"image_positions":[],"image_order":[]}}"#
        + "\n",
      to: "prompt.jsonl")
  }

  private func logits(_ path: String) throws -> (header: StreamHeader, values: [Float]) {
    let reader = try TensorStreamReader(FileSource(path: path))
    guard case .data(let data)? = try reader.next() else {
      Issue.record("there is no data record")
      return (reader.header, [])
    }
    return (reader.header, try #require(data["logits"]).floatValues)
  }

  @Test(arguments: [
    ("projector-inside", "llava-hf"), ("stabilised", "llama-tied"),
    ("two-files", "llava-original"),
  ]) func baseAndAdapterAgreeWithPeft(name: String, base: String) throws {
    let directory = try TemporaryDirectory()
    try writePrompt(of: name, to: directory)
    let result = try Workbench.run(
      """
      set -e
      export options="--language $MODELS/$BASE --precision f32 --emit logits prompt.jsonl"
      vicuna-decode --lora $ADAPTERS/$NAME $options -o adapted.tsz
      vicuna-decode $options -o base.tsz
      """, in: directory,
      environment: ["ADAPTERS": Self.adapters, "NAME": name, "BASE": base])
    try #require(result.status == 0, "\(result.errors)")
    let expected = try SafetensorsFile(path: "\(Self.adapters)/\(name)/expected.safetensors")
      .tensor(named: "logits").floatValues
    let (adapted, plain) = (
      try logits(directory.file("adapted.tsz")), try logits(directory.file("base.tsz"))
    )
    expectClose(adapted.values, expected, relative: 1e-5)
    // The pairs do add something, and the stream says which model it was.
    #expect(fault(plain.values, expected, relative: 0.05) != nil)
    #expect(adapted.header.model != plain.header.model)
  }

  /// The whole pipe with what one directory holds: its projector and its pairs.
  @Test func oneDirectoryServesTwoTools() throws {
    let directory = try Workbench.make()
    let result = try Workbench.run(
      """
      set -e
      adapter=$ADAPTERS/projector-inside
      llava-project --projector $adapter good.features > projected.tsz
      ! cmp -s projected.tsz good.projected
      vicuna-decode --lora $adapter --max-tokens 8 projected.tsz > answers
      vicuna-decode --lora $adapter --max-tokens 8 --batch 1 -j 1 projected.tsz | cmp - answers
      vicuna-decode --max-tokens 8 projected.tsz > others
      ! cmp -s answers others
      """, in: directory, environment: ["ADAPTERS": Self.adapters])
    #expect(result.status == 0, "\(result.errors)")
  }

  /// Options, the status, and what the message must hold.
  @Test(arguments: [
    ("vicuna-decode --lora $ADAPTERS/projector-inside -m $TINY", 6, "lora_A.weight"),
    ("vicuna-decode --lora $ADAPTERS/two-files", 6, "lora_B.weight"),
    ("vicuna-decode --lora $TINY", 3, "expected a LoRA adapter"),
    ("vicuna-decode --lora nowhere", 4, "there is no such file or directory"),
    ("vicuna-decode --lora dora", 6, "use_dora true is not supported (DoRA)"),
    ("vicuna-decode --lora cut", 3, "adapter_model.safetensors"),
    ("vicuna-decode -m $ADAPTERS/projector-inside", 3, "--lora"),
    ("llava-project --projector $ADAPTERS/stabilised good", 3, "adapter without one"),
    ("clip-encode --vision $ADAPTERS/projector-inside good", 3, "LoRA adapter"),
  ]) func refusals(command: String, status: Int, words: String) throws {
    let directory = try TemporaryDirectory()
    let result = try Workbench.run(
      """
      cp -r $ADAPTERS/projector-inside dora; cp -r dora cut
      sed -i 's/"use_dora": false/"use_dora": true/' dora/adapter_config.json
      head -c 9000 dora/adapter_model.safetensors > cut/adapter_model.safetensors
      echo '{"prompt":{"segments":[{"text":"a"}]}}' > good
      \(command) < good
      """, in: directory, environment: ["ADAPTERS": Self.adapters, "TINY": Self.tiny])
    #expect(result.status == Int32(status), "\(result.errors)")
    #expect(result.errors.contains(words), "\(result.errors)")
  }

  @Test func inspectSaysWhatAnAdapterIs() throws {
    let directory = try TemporaryDirectory()
    func inspect(_ paths: String) throws -> ShellResult {
      try Workbench.run(
        "llava-weights inspect \(paths)", in: directory,
        environment: ["ADAPTERS": Self.adapters])
    }
    let whole = try inspect("$MODELS/llava-hf $ADAPTERS/projector-inside")
    #expect(whole.status == 0, "\(whole.text)")
    for words in [
      "a LoRA adapter with a projector inside", "rank 4, alpha 6.0\n",
      "on q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj\n",
      "adapts        llava-hf\n",
      "options         -m \(Workbench.models)/llava-hf --projector \(Self.adapters)/projector-inside\n",
      "vicuna-decode   --lora \(Self.adapters)/projector-inside\n",
    ] {
      #expect(whole.text.contains(words), "\(words): \(whole.text)")
    }
    let alone = try inspect("--json $ADAPTERS/projector-inside")
    #expect(alone.status == 0 && alone.errors.isEmpty, "\(alone.errors)")
    let json = try #require(alone.objects().first)
    let adapter = json["sources"]?.array?.first?.object?["adapter"]?.object
    #expect(adapter?["r"]?.int == 4 && adapter?["projector"]?.bool == true)
    #expect(json["decoder_options"]?.array?.count == 2)
    #expect(json["options"]?.array?.first?.string == "--projector")
    #expect(json["complete"]?.bool == false && json["problems"]?.array?.isEmpty == true)
    let misfit = try inspect("$MODELS/llava-original $MODELS/clip-42 $ADAPTERS/stabilised")
    #expect(misfit.status == 6 && misfit.text.contains("adapter         problem: "))
  }
}

// Checkpoints as they are published run through the real pipe: the same bytes in every layout.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import InputOutput
import JSON
import TestSupport
import Testing

@Suite struct PublishedLayoutTests {
  private static let images = "\(packageRoot)/examples/images"

  /// The captions of two pictures with `options` for each tool that has a model.
  private func captions(
    _ layouts: TinyLayouts, encode: String, project: String, decode: String, hub: Bool = false
  ) throws -> ShellResult {
    try Shell.bash(
      "ls \(Self.images)/*.jpg | head -n 2 | convo-format --template vicuna_v1 --ask 'Describe this"
        + " image.' | clip-encode \(encode) | llava-project \(project) | vicuna-decode \(decode)",
      in: layouts.root, environment: hub ? ["HF_HUB_CACHE": layouts.root.file("hub")] : [:])
  }

  @Test func everyLayoutGivesTheSameCaptions() throws {
    let layouts = try TinyLayouts()
    let model = "-m \(TinyLayouts.source)"
    let expected = try captions(layouts, encode: model, project: model, decode: model)
    #expect(expected.status == 0 && expected.text.contains("a blue triangle"))
    let cases: [(encode: String, project: String, decode: String, hub: Bool)] = [
      ("-m shards", "-m shards", "-m shards", false),
      ("-m llava --vision clip", "-m llava", "-m llava", false),
      ("-m llava --vision clip/pytorch_model.bin", "-m llava", "--language llava", false),
      ("-m clip", "--projector projector", "-m llava", false),
      ("-m clip", "--projector projector/mm_projector.bin", "-m llava", false),
      ("-m llava", "-m llava", "-m llava", true),
      ("-m tiny/llava", "-m tiny/llava", "-m tiny/llava", true),
      ("-m tiny/llava@0a1b", "-m tiny/llava@main", "-m tiny/llava", true),
    ]
    for (encode, project, decode, hub) in cases {
      let found = try captions(
        layouts, encode: encode, project: project, decode: decode, hub: hub)
      #expect(found.status == 0, "\(encode): \(found.errors)")
      #expect(found.output == expected.output, "\(encode); \(project); \(decode)")
    }
  }

  @Test func whatIsMissingIsSaidAlikeByToolsAndInspect() throws {
    let layouts = try TinyLayouts()
    let words = "the model takes its vision tower from openai/clip-vit-tiny"
    let remedy = "fetch that (hf download openai/clip-vit-tiny)"
    let none = ["HF_HUB_CACHE": layouts.root.file("nothing")]
    for command in ["clip-encode -m llava list", "llava-weights inspect llava"] {
      let found = try Shell.bash(command, in: layouts.root, environment: none)
      #expect(found.status != 0)
      let said = found.errors + found.text
      #expect(said.contains(words) && said.contains(remedy), "\(command): \(said)")
    }
  }

  @Test func inspectEndsWithZeroForAModelAlone() throws {
    let layouts = try TinyLayouts()
    let cases = [
      ("llava clip", 0), ("clip llava", 0), ("projector llava clip", 0), ("shards", 0),
      ("--verify shards", 0), ("llava", 6), ("clip", 6), ("projector clip", 6), ("/nowhere", 6),
      ("llava clip /nowhere", 6),
    ]
    for (paths, status) in cases {
      let found = try Shell.bash(
        "llava-weights inspect \(paths)", in: layouts.root,
        environment: ["HF_HUB_CACHE": layouts.root.file("nothing")])
      #expect(found.status == status, "\(paths): \(found.errors)\(found.text)")
      let json = try Shell.bash("llava-weights inspect -q --json \(paths)", in: layouts.root)
      let object = try #require(try json.objects().first)
      #expect(object["complete"] == .bool(status == 0 || json.status == 0), "\(paths)")
    }
    let named = try Shell.bash(
      "llava-weights inspect tiny/llava", in: layouts.root,
      environment: ["HF_HUB_CACHE": layouts.root.file("hub")])
    #expect(named.status == 0 && named.text.contains("tiny/llava, revision 0a1b"))
  }

  @Test func damagedWeightsAreFoundByAThoroughLookAlone() throws {
    let layouts = try TinyLayouts()
    let path = layouts.root.file("clip/pytorch_model.bin")
    let place = try offset(of: "vision_model.embeddings.patch_embedding.weight", in: path)
    let script = """
      printf '\\125' | dd of=clip/pytorch_model.bin bs=1 seek=\(place + 100_001) conv=notrunc status=none
      llava-weights inspect llava clip > /dev/null && llava-weights inspect --verify llava clip
      """
    let found = try Shell.bash(script, in: layouts.root)
    #expect(found.status == 6, "\(found.errors)")
    #expect(found.text.contains("expected the checksum"), "\(found.text)")
  }

  /// Where the tensor's bytes begin in the file, which is more than a small record.
  private func offset(of name: String, in path: String) throws -> Int {
    let checkpoint = try Checkpoint.open(path)
    let tensor = try checkpoint.tensor(named: name)
    try #require(tensor.byteCount > 1 << 17)
    let start = try #require(checkpoint.files[0].file.bytes.baseAddress)
    return try tensor.withUnsafeBytes { try #require($0.baseAddress) - start }
  }

  @Test func marksAroundImagesAreTakenFromTheModel() throws {
    let layouts = try TinyLayouts()
    let script = """
      sed -i 's/"use_mm_proj"/"mm_use_im_start_end":true,"use_mm_proj"/' llava/config.json
      echo a.jpg | convo-format --plain -m llava --ask x
      """
    let asked = try Shell.bash(script, in: layouts.root)
    #expect(asked.status == 6 && asked.errors.contains("llava_v0 (v0) or with v1"))
    let chosen = try Shell.bash(
      "echo a.jpg | convo-format --plain -m llava --template llava_v0 --ask x", in: layouts.root)
    #expect(chosen.status == 0 && chosen.text.contains("<im_start>"), "\(chosen.errors)")
    let plain = try Shell.bash(
      "echo a.jpg | convo-format --plain --template llava_v0 --ask x", in: layouts.root)
    #expect(!plain.text.contains("<im_start>"))
  }
}

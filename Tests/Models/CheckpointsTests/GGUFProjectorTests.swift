// What is refused of a tower's and projector's GGUF file, each told as what it is.
// SPDX-License-Identifier: Apache-2.0
import GGUFWriting
import InputOutput
import TestSupport
import Testing

@testable import Checkpoints

/// The golden LLaVA as two GGUF files.
enum GGUFModelFixture {
  static let source = "\(packageRoot)/Tests/Golden/models/llava-hf"

  typealias Change = @Sendable (inout GGUFWriter) -> Void

  static func write(
    to directory: TemporaryDirectory, language: (inout GGUFWriter) -> Void = { _ in },
    projector: (inout GGUFWriter) -> Void = { _ in }, _ tower: GGUFConversion.Tower = .init()
  ) throws {
    let conversion = try GGUFConversion(source)
    var writer = try conversion.language(.f16)
    language(&writer)
    try writer.write(to: directory.file("model.gguf"))
    writer = try conversion.projector(tower)
    projector(&writer)
    try writer.write(to: directory.file("mmproj-model-f16.gguf"))
  }
}

@Suite struct GGUFProjectorTests {
  /// What is changed in the file, the code, and a word of the refusal.
  static let projector:
    [(name: String, code: String, word: String, change: GGUFModelFixture.Change)] = [
      (
        "tiles", "family", "LLaVA 1.6",
        {
          $0["clip.vision.image_grid_pinpoints"] = .integers([336, 672, 672, 336])
        }
      ),
      (
        "a newline", "family", "LLaVA 1.6",
        {
          $0.tensors.append(GGUFEntry("model.image_newline", shape: [1], bytes: [0, 0, 0, 0]))
        }
      ),
      (
        "the newline's newer name", "family", "LLaVA 1.6",
        {
          $0.tensors.append(GGUFEntry("v.image_newline", shape: [1], bytes: [0, 0, 0, 0]))
        }
      ),
      ("MobileVLM's", "family", "ldpv2", { $0["clip.projector_type"] = .text("ldpv2") }),
      (
        "Yi's norms", "family", "mlp_norm",
        {
          $0.tensors.append(GGUFEntry("mm.3.weight", shape: [1], bytes: [0, 0, 0, 0]))
        }
      ),
      (
        "no class token", "family", "SigLIP",
        { writer in
          writer.tensors.removeAll { $0.name == "v.class_embd" }
        }
      ),
      ("silu", "config", "use_silu", { $0["clip.use_silu"] = .flag(true) }),
      ("patches of 0", "config", "patch_size must be", { $0["clip.vision.patch_size"] = .u32(0) }),
      (
        "no heads", "config", "head_count is missing",
        {
          $0["clip.vision.attention.head_count"] = nil
        }
      ),
      (
        "heads that do not fit", "config", "not a multiple",
        {
          $0["clip.vision.attention.head_count"] = .u32(7)
        }
      ),
      (
        "two layers", "config", "feature_layer",
        {
          $0["clip.vision.feature_layer"] = .integers([1, 2])
        }
      ),
      (
        "a layer that is not there", "config", "feature_layer",
        {
          $0["clip.vision.feature_layer"] = .integers([90])
        }
      ),
      (
        "rows of no kind", "config", "mm_vision_select_feature",
        {
          $0["clip.vision.mm_vision_select_feature"] = .text("all")
        }
      ),
      (
        "marks that are no flag", "config", "mm_use_im_start_end",
        {
          $0["clip.vision.mm_use_im_start_end"] = .u32(1)
        }
      ),
      (
        "another filter", "config", "llava_tools.image.filter",
        {
          $0["llava_tools.image.filter"] = .text("box")
        }
      ),
      (
        "a side below the crop's", "config", "shortest_edge",
        {
          $0["llava_tools.image.shortest_edge"] = .u32(1)
        }
      ),
      ("one mean", "config", "image_mean", { $0["clip.vision.image_mean"] = .floats([0.5]) }),
      (
        "a deviation of 0", "config", "image_std",
        {
          $0["clip.vision.image_std"] = .floats([0.5, 0, 0.5])
        }
      ),
      (
        "an MLP as wide as the tower", "undecided", "v.blk.0.ffn_down.weight",
        { writer in
          for index in writer.tensors.indices
          where writer.tensors[index].name == "v.blk.0.ffn_down.weight" {
            let shape = writer.tensors[index].shape
            writer.tensors[index].shape = [shape[0], shape[0]]
            writer.tensors[index].bytes = Array(
              writer.tensors[index].bytes.prefix(Int(shape[0] * shape[0]) * 2))
          }
        }
      ),
      (
        "a block less", "tensors", "missing",
        { writer in
          writer.tensors.removeAll { $0.name.hasPrefix("v.blk.0.") }
        }
      ),
      ("a block more", "tensors", "none", { $0["clip.vision.block_count"] = .u32(1) }),
    ]

  @Test(arguments: projector.indices) func projectorsAreChecked(row: Int) throws {
    let lie = Self.projector[row]
    let directory = try TemporaryDirectory()
    try GGUFModelFixture.write(to: directory, projector: lie.change)
    let failure = try failure {
      _ = try ModelDirectory.open(model: directory.path).visionCheckpoint()
    }
    #expect(failure.code == "checkpoint/\(lie.code)", "\(lie.name): \(failure)")
    #expect(failure.message.contains(lie.word), "\(lie.name): \(failure)")
  }
}

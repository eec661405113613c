// The hyper-parameters of each part, in a line and as JSON.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import JSON

extension VisionConfig {
  var summary: String {
    "CLIP, \(layers) layers of \(width), \(heads) heads, \(imageSize) pixels in patches of"
      + " \(patchSize)"
  }

  var json: JSONObject {
    [
      "hidden_size": .int(width), "intermediate_size": .int(intermediateWidth),
      "num_hidden_layers": .int(layers), "num_attention_heads": .int(heads),
      "image_size": .int(imageSize), "patch_size": .int(patchSize),
    ]
  }
}

extension ProjectorConfig {
  var summary: String { "\(typeName), \(inputWidth) to \(outputWidth)" }

  var json: JSONObject {
    [
      "mm_projector_type": .string(typeName), "mm_hidden_size": .int(inputWidth),
      "hidden_size": .int(outputWidth),
    ]
  }
}

extension LanguageConfig {
  var summary: String {
    let groups = keyValueHeads == heads ? "" : " (\(keyValueHeads) of keys and values)"
    return "LLaMA, \(layers) layers of \(width), \(heads) heads\(groups), \(vocabulary) tokens,"
      + " \(maxPositions) positions"
  }

  var json: JSONObject {
    [
      "hidden_size": .int(width), "intermediate_size": .int(intermediateWidth),
      "num_hidden_layers": .int(layers), "num_attention_heads": .int(heads),
      "num_key_value_heads": .int(keyValueHeads), "vocab_size": .int(vocabulary),
      "max_position_embeddings": .int(maxPositions), "rms_norm_eps": .double(epsilon),
      "rope_theta": .double(ropeTheta),
    ]
  }
}

// The configuration in the header of a feature stream, and option values.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Checkpoints
import JSON
import Preprocessing
import Streams

extension PreprocessorSettings.Aspect: ExpressibleByArgument {}
extension ObjectFormat: ExpressibleByArgument {}

extension ClipEncode {
  /// All settings that change the numbers, for `ts.config`.
  func configuration(_ checkpoint: VisionCheckpoint, _ settings: PreprocessorSettings) -> JSONValue
  {
    var object: JSONObject = [
      "emit": .string(emit.rawValue),
      "image_size": .int(checkpoint.config.imageSize),
      "aspect": .string(settings.aspect.rawValue),
      "resample": .string("\(settings.filter)"),
      "exif": .string(exif.rawValue),
      "truncated": .string(truncated.rawValue),
      "lenient": .bool(lenient),
      "blocks": .int(checkpoint.blocks),
      "features": .string(checkpoint.keepsClassToken ? "cls_patch" : "patch"),
    ]
    for (key, value) in models.configuration(checkpoint.weights, products).members {
      object[key] = value
    }
    return .object(object)
  }
}

// preprocessor_config.json: how pictures become the tower's pixels.
// SPDX-License-Identifier: Apache-2.0
import JSON
import Preprocessing

extension ModelConversion {
  /// CLIPImageProcessor's keys; LlavaImageProcessor's (transformers 4.50 and later) where pictures
  /// are padded to squares, which the other one cannot.
  func preprocessor(_ settings: PreprocessorSettings, pads: Bool) -> JSONObject {
    var config: JSONObject = [
      "image_processor_type": .string(pads ? "LlavaImageProcessor" : "CLIPImageProcessor"),
      "do_convert_rgb": .bool(true),
    ]
    if options.layout == .huggingFace { config["processor_class"] = .string("LlavaProcessor") }
    if pads { config["do_pad"] = .bool(true) }
    config["do_resize"] = .bool(settings.resizes)
    switch settings.size {
    case .shortestEdge(let edge): config["size"] = .object(["shortest_edge": .int(edge)])
    case .exact(let width, let height):
      config["size"] = .object(["height": .int(height), "width": .int(width)])
    }
    config["resample"] = .int(settings.filter.rawValue)
    config["do_center_crop"] = .bool(settings.crops)
    config["crop_size"] = .object([
      "height": .int(settings.cropHeight), "width": .int(settings.cropWidth),
    ])
    config["do_rescale"] = .bool(settings.rescales)
    config["rescale_factor"] = .double(settings.rescaleFactor)
    config["do_normalize"] = .bool(settings.normalises)
    config["image_mean"] = .array(settings.mean.map(JSONValue.double))
    config["image_std"] = .array(settings.standardDeviation.map(JSONValue.double))
    return config
  }
}

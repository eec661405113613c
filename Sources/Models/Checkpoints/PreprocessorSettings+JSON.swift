// Reads the settings of CLIPImageProcessor and LlavaImageProcessor of transformers.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Preprocessing

extension PreprocessorSettings {
  /// Reads `object`, found at `place`: a preprocessor_config.json, or the `image_processor` of a
  /// processor_config.json. Throws `.mismatch` with everything that is wrong.
  public init(_ object: JSONObject, place: String) throws(Failure) {
    let problems = ConfigProblems()
    let reader = ConfigReader(object: object, prefix: "", problems: problems)
    let pads =
      reader.flag("do_pad", default: false)
      || reader.choice("image_aspect_ratio", default: false, ["pad": true, "square": false])
    self.init(
      side: reader.side("crop_size", keys: ["height", "width"]), aspect: pads ? .pad : .crop)
    let shortestEdge = reader.side("size", keys: ["shortest_edge"])
    size = .shortestEdge(shortestEdge)
    filter = reader.filter()
    mean = reader.channels("image_mean", default: mean, in: -16...16)
    standardDeviation = reader.channels("image_std", default: standardDeviation, in: 1e-6...16)
    for key in ["do_resize", "do_center_crop", "do_rescale", "do_normalize"] {
      reader.requireFlag(key, true)
    }
    let byteScale = 1.0 / 255
    _ = reader.real(
      "rescale_factor", default: byteScale, in: byteScale - 1e-7...byteScale + 1e-7)
    if problems.isEmpty {
      problems.require(
        cropWidth <= shortestEdge,
        "crop_size \(cropWidth) is larger than size \(shortestEdge)")
    }
    try problems.throwIfAny(at: place)
  }
}

extension ConfigReader {
  fileprivate static let sides = 1...8192

  /// A side in pixels: an integer in old files, an object whose `keys` all agree in newer ones.
  fileprivate func side(_ key: String, keys: [String]) -> Int {
    guard value(key)?.object != nil, let nested = nested(key) else {
      return integer(key, default: 224, in: Self.sides)
    }
    var found: [Int] = []
    for name in keys {
      problems.require(nested.value(name) != nil, "\(nested.prefix)\(name) is missing")
      found.append(nested.integer(name, default: 224, in: Self.sides))
    }
    problems.require(
      found.allSatisfy { $0 == found[0] }, "\(prefix)\(key) is not a square")
    return found[0]
  }

  /// Pillow's number of a filter.
  fileprivate func filter() -> PreprocessorSettings.Filter {
    switch integer("resample", default: 3, in: 0...5) {
    case 2: return .bilinear
    case 3: return .bicubic
    case let other:
      problems.add("\(prefix)resample \(other) is not supported; 2 (bilinear) and 3 (bicubic) are")
      return .bicubic
    }
  }

  /// Three numbers, one a channel.
  func channels(
    _ key: String, default fallback: [Double], in range: ClosedRange<Double>
  ) -> [Double] {
    guard let value = value(key) else { return fallback }
    let numbers = (value.array ?? []).compactMap(\.double).filter(range.contains)
    guard numbers.count == 3, value.array?.count == 3 else {
      problems.add(
        "\(prefix)\(key) must be three numbers from \(range.lowerBound) to \(range.upperBound)")
      return fallback
    }
    return numbers
  }
}

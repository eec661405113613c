// The report for programs.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import InputOutput
import JSON
import Preprocessing

extension ModelReport {
  /// One object: `sources`, each part by its name, `tokenizer`, `template`, `images`, `options`,
  /// `complete` and `problems`. What is missing is an object with `missing`.
  public var json: JSONObject {
    var object: JSONObject = [
      "complete": .bool(isComplete), "sources": .array(sources.map { .object($0.json) }),
    ]
    for part in parts { object[part.part.rawValue] = .object(part.json) }
    object["tokenizer"] = .object(
      tokenizer.json { ["directory": .string($0.directory), "tokens": .int($0.tokens)] })
    object["template"] = template.jsonValue { $0.map { .string($0) } ?? .null }
    object["images"] = images.map { .object($0.json) } ?? .null
    object["options"] = options.map { .array($0.map { .string($0) }) } ?? .null
    if !decoderOptions.isEmpty {
      object["decoder_options"] = .array(decoderOptions.map { .string($0) })
    }
    object["problems"] = .array(problems.map { .object($0.json) })
    return object
  }
}

extension SourceReport {
  fileprivate var json: JSONObject {
    var object: JSONObject = [
      "name": .string(survey.name), "path": .string(survey.path), "kind": .string(kind),
      "layout": survey.config?.kind.map { .string($0.rawValue) } ?? .null,
      "parts": .array(survey.parts.map { .string($0.rawValue) }),
    ]
    if let origin = HubCache.origin(of: survey.path) {
      object["repository"] = .string(origin.repository)
      object["revision"] = .string(origin.revision)
    }
    if survey.config?.kind != .gguf, let origin = survey.config?.origin {
      object["made_from"] = .string(origin)
    }
    if let adapter = survey.adapter { object["adapter"] = .object(adapter.json) }
    object["files"] = .array(files.map { .object($0.json) })
    if let problem { object["problem"] = .object(problem.json) }
    return object
  }
}

extension AdapterCheckpoint {
  fileprivate var json: JSONObject {
    var object: JSONObject = [
      "r": .int(scale.rank), "lora_alpha": .double(scale.alpha),
      "use_rslora": .bool(scale.isRankStabilized),
      "modules": .array(modules.map { .string($0) }), "projector": .bool(holdsProjector),
    ]
    if let name = config.baseName { object["base"] = .string(name) }
    let name = Result { () throws(Failure) in try identity() }
    object["identity"] = name.jsonValue(JSONValue.string)
    return object
  }
}

extension SourceReport.File {
  fileprivate var json: JSONObject {
    var object: JSONObject = [
      "path": .string(path), "format": .string(format), "bytes": .int(byteCount),
      "tensors": .int(tensorCount),
    ]
    if let digest { object["sha256"] = .string(digest) }
    if !metadata.isEmpty {
      var members = JSONObject()
      for (key, value) in metadata { members[key] = .string(value) }
      object["metadata"] = .object(members)
    }
    return object
  }
}

extension PartReport {
  fileprivate var json: JSONObject {
    found.json { details in
      var formats = JSONObject()
      for (name, count) in details.formats { formats[name] = .int(count) }
      var object: JSONObject = [
        "path": .string(details.path), "config": .object(details.configuration),
        "parameters": .int(details.parameters), "formats": .object(formats),
        "identity": .string(details.identity),
      ]
      if let nonFinite = details.nonFinite {
        var members = JSONObject()
        for (name, count) in nonFinite { members[name] = .int(count) }
        object["nonfinite"] = .object(members)
      }
      return object
    }
  }
}

extension ModelReport.Images {
  fileprivate var json: JSONObject {
    [
      "pixels": .int(preprocessor.cropWidth), "aspect": .string(preprocessor.aspect.rawValue),
      "rows": .int(rows), "layer": .int(blocks), "class_token": .bool(keepsClassToken),
      "marked": .bool(isMarked),
    ]
  }
}

extension Failure {
  /// Code, message, and the remedy where there is one.
  fileprivate var json: JSONObject {
    var object: JSONObject = ["code": .string(code), "message": .string(message)]
    if let place { object["place"] = .string(place) }
    if let remedy { object["remedy"] = .string(remedy) }
    return object
  }
}

extension Result where Failure == InputOutput.Failure {
  fileprivate func jsonValue(_ found: (Success) -> JSONValue) -> JSONValue {
    switch self {
    case .success(let value): found(value)
    case .failure(let failure): .object(["missing": .object(failure.json)])
    }
  }

  fileprivate func json(_ found: (Success) -> JSONObject) -> JSONObject {
    switch self {
    case .success(let value): found(value)
    case .failure(let failure): ["missing": .object(failure.json)]
    }
  }
}

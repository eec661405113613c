// Which tensors a conversion writes, into which files, in which order.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import InputOutput
import Tensors

/// A tensor that will be written.
struct PlannedTensor {
  /// Where its numbers are.
  enum Content {
    case stored(Weights)
    case trained(Tensor)
  }

  /// Its name in the layout that is written.
  let name: String
  /// What it is made of, by canonical name.
  let canonical: String
  let content: Content
  let elementType: ElementType
  let shape: [Int]
  /// Rows of the source that are kept, and rows of their mean behind them; nil for all, and none.
  let vocabulary: VocabularyPlan?

  /// Below any limit: the header's rules hold for the source, too.
  var byteCount: Int { shape.reduce(elementType.byteWidth, *) }
}

/// All tensors, and the files that they go into.
struct TensorPlan {
  /// By file, in the order of their names in the layout.
  let shards: [(file: String, tensors: [PlannedTensor])]
  let byteCount: Int

  static let shardLimit = 1024

  /// Throws `convert/name` for a tensor that the layout has no place for, `convert/shards` where
  /// files of `shardBytes` would be too many.
  init(
    _ source: ConversionSource, vocabulary: VocabularyPlan, options: ConversionOptions
  ) throws(Failure) {
    var tensors: [PlannedTensor] = []
    for (canonical, entry, content) in source.tensors {
      let name = options.layout.tensors.name(
        of: canonical, isLinearProjector: source.projector.depth == 1)
      guard let name else {
        throw Failure(
          .mismatch, code: "convert/name", at: content.path,
          "the layout \(options.layout.rawValue) has no place for \(escapedForTerminal(canonical))")
      }
      let isVocabulary = VocabularyPlan.tensorNames.contains(canonical)
      let shape = isVocabulary ? [vocabulary.rows] + entry.shape.dropFirst() : entry.shape
      tensors.append(
        PlannedTensor(
          name: name, canonical: canonical, content: content,
          elementType: options.elementType ?? entry.elementType, shape: shape,
          vocabulary: isVocabulary ? vocabulary : nil))
    }
    tensors.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    byteCount = tensors.reduce(0) { $0 + $1.byteCount }
    shards = try Self.shards(tensors, bytes: options.shardBytes)
  }

  private static func shards(_ tensors: [PlannedTensor], bytes limit: Int) throws(Failure)
    -> [(file: String, tensors: [PlannedTensor])]
  {
    var shards: [[PlannedTensor]] = []
    var room = 0
    for tensor in tensors {
      // A tensor larger than a file has one of its own.
      if shards.isEmpty || tensor.byteCount > room {
        shards.append([])
        room = limit
      }
      shards[shards.count - 1].append(tensor)
      room -= tensor.byteCount
    }
    guard shards.count <= shardLimit else {
      throw Failure(
        .usage, code: "convert/shards",
        "expected at most \(shardLimit) files, found \(shards.count)",
        remedy: "give a larger --shard-size")
    }
    if shards.count == 1 { return [("model.safetensors", shards[0])] }
    return shards.enumerated().map { index, tensors in
      ("model-\(padded(index + 1))-of-\(padded(shards.count)).safetensors", tensors)
    }
  }

  private static func padded(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
  }
}

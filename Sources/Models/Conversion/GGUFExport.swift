// Writes a model as GGUF files: a language model's, and its vision tower's with the projector.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import GGUF
import InputOutput
import Quantisation
import Tensors
import Threads

/// Options for the files.
public struct GGUFOptions: Sendable {
  public var format: LanguageFormat
  public var visionFormat: VisionFormat
  /// The program that writes it: `llava-weights/0.1.0`.
  public var producer: String
  /// By canonical name of a matrix a number for each of its columns, by which errors there count; an
  /// absent one's columns count alike.
  public var importance: [String: [Float]] = [:]

  public init(format: LanguageFormat, visionFormat: VisionFormat, producer: String) {
    (self.format, self.visionFormat, self.producer) = (format, visionFormat, producer)
  }
}

/// A conversion to GGUF whose plan is made: what will be written is known, and nothing has been.
public struct GGUFExport {
  public let source: GGUFSource
  public let options: GGUFOptions
  /// In the order in which they are written.
  let files: [(name: String, plan: GGUFPlan, tensors: [GGUFSourceTensor])]

  /// Elements of a piece: what is decoded and encoded before it is written.
  private static let pieceElements = 4 << 20

  /// Throws `quantize/form` or `tokenizer/gguf` where GGUF has no form for `source`.
  public init(_ source: GGUFSource, _ options: GGUFOptions) throws(Failure) {
    (self.source, self.options) = (source, options)
    func file(_ name: String, _ settings: GGUFSource.Settings, _ tensors: [GGUFSourceTensor])
      -> (name: String, plan: GGUFPlan, tensors: [GGUFSourceTensor])
    {
      (name, GGUFPlan(settings: settings, tensors: tensors.map(\.target)), tensors)
    }
    var files = [
      file(
        "model-\(options.format.rawValue).gguf",
        try source.languageSettings(options.format, producer: options.producer),
        try source.languageTensors(options.format))
    ]
    if let (vision, projector) = source.pictures {
      files.append(
        file(
          "mmproj-\(options.visionFormat.rawValue).gguf",
          source.visionSettings(
            vision, projector.config, options.visionFormat, producer: options.producer),
          try source.visionTensors(vision, projector, options.visionFormat)))
    }
    self.files = files
  }

  /// Bytes of all tensors of the result.
  public var byteCount: Int { files.reduce(0) { $0 + $1.plan.byteCount } }
  public var fileCount: Int { files.count }
  public var tensorCount: Int { files.reduce(0) { $0 + $1.tensors.count } }

  /// What the user should know of the result, a line each.
  public func warnings() throws(Failure) -> [String] {
    var warnings: [String] = []
    if let text = try source.language.headWarning() { warnings.append(text) }
    if let text = requantised { warnings.append(text) }
    if let text = fallbacks { warnings.append(text) }
    warnings += source.tokenizer.ggufLosses(rows: source.rows)
    if source.endTokens.count > 2 {
      warnings.append(
        "of \(source.endTokens.count) tokens that end an answer the files name only two:"
          + " \(source.endTokens[0]) and \(source.endTokens[1])")
    }
    guard let pictures = source.pictures else { return warnings }
    var strange: [String] = []
    if pictures.projector.config.depth != 2 {
      strange.append("a projector of type \(pictures.projector.config.typeName)")
    }
    if pictures.vision.keepsClassToken {
      strange.append("the class token's row among the features")
    }
    if source.settings.marksImages { strange.append("<im_start> and <im_end> around images") }
    if !strange.isEmpty {
      warnings.append(
        "the tools here will read it; llama.cpp does not know \(strange.joined(separator: ", "))")
    }
    return warnings
  }

  /// Blocks that become other blocks: whatever the first ones lost stays lost.
  private var requantised: String? {
    let anew = files.flatMap(\.tensors).filter { tensor in
      let blocks = tensor.weights.entry(tensor.canonical)?.blocks
      return blocks != nil && blocks != tensor.target.format
    }
    guard let first = anew.first else { return nil }
    let found = first.weights.entry(first.canonical)?.formatName ?? ""
    return
      "\(counted(anew.count, "tensor")) had blocks before (\(found)): what was lost then stays lost;"
      + " from F16 or BF16 the result would be better"
  }

  /// Tensors whose rows are no whole blocks of what was asked for.
  private var fallbacks: String? {
    let others = files.flatMap(\.tensors).filter { $0.wanted != $0.target.format }
    guard !others.isEmpty else { return nil }
    var counts: [(pair: String, count: Int)] = []
    for tensor in others {
      let pair = "\(tensor.target.format.name) instead of \(tensor.wanted.name)"
      if let place = counts.firstIndex(where: { $0.pair == pair }) {
        counts[place].count += 1
      } else {
        counts.append((pair, 1))
      }
    }
    let list = counts.map { "\($0.count) \($0.pair)" }.joined(separator: ", ")
    return
      "the rows of \(others.count) of \(counted(tensorCount, "tensor")) do not divide into blocks of their"
      + " format, so that these get another: \(list)"
  }

  /// Writes the files into a new directory `path`, which appears when all is complete. `willWrite` is
  /// called once `path` is known to be free; `progress` gets the bytes of tensors that were written
  /// since its last call.
  ///
  /// Throws what `AtomicDirectory` throws, `io/…`, `quantize/not-finite`, `quantize/overflow`, or
  /// `file/changed` where a file of the source was replaced meanwhile.
  public func write(
    to path: String, on pool: ThreadPool, willWrite: () -> Void = {}, progress: (Int) -> Void
  ) throws(Failure) {
    let output = try AtomicDirectory(path: path, outside: source.directories)
    willWrite()
    for (name, plan, tensors) in files {
      let file = try output.openFile(name)
      var next = tensors.makeIterator()
      try plan.write(to: file) { (_) throws(Failure) in
        guard let tensor = next.next() else { return }
        try write(tensor, to: file, on: pool, progress: progress)
      }
    }
    for weights in source.weights { try weights.verifyUnchanged() }
    try Interruption.check(path)
    try output.finish()
  }

  private func write(
    _ tensor: GGUFSourceTensor, to file: any ByteSink, on pool: ThreadPool,
    progress: (Int) -> Void
  ) throws(Failure) {
    guard let quantiser = Quantiser(tensor.target.format) else {
      preconditionFailure("\(tensor.target.format.name) is not written")
    }
    try tensor.weights.verifyChecksum(of: tensor.canonical)
    let weight = try tensor.weights.weight(tensor.canonical)
    // Whole heads, so that the rows of a piece lie together in either order.
    let head = tensor.order?.headWidth ?? 1
    let step = max(1, Self.pieceElements / max(1, weight.columns) / head) * head
    for start in stride(from: 0, to: tensor.rows, by: step) {
      try Interruption.check(file.name)
      let range = start..<min(tensor.rows, start + step)
      let piece: Tensor
      do {
        piece = try quantiser.rows(
          range, of: weight, order: tensor.order,
          importance: options.importance[tensor.canonical], on: pool)
      } catch let fault as Quantiser.Fault {
        throw failure(fault, of: tensor)
      } catch {
        throw .outOfMemory()
      }
      try piece.withUnsafeBytes { (bytes) throws(Failure) in try file.write(bytes) }
      progress(piece.byteCount)
      weight.withUnsafeBytes { bytes in
        let part = range.lowerBound * weight.rowBytes..<range.upperBound * weight.rowBytes
        MappedFile.releasePages(of: UnsafeRawBufferPointer(rebasing: bytes[part]))
      }
    }
  }

  private func failure(_ fault: Quantiser.Fault, of tensor: GGUFSourceTensor) -> Failure {
    let place = "row \(fault.row), column \(fault.column) of tensor"
    let name = escapedForTerminal(tensor.canonical)
    switch fault.kind {
    case .notFinite:
      return Failure(
        .invalidInput, code: "quantize/not-finite", at: tensor.weights.path,
        "expected numbers, found \(fault.value) in \(place) \(name)",
        remedy: "take an undamaged copy of the model")
    case .tooLarge:
      return Failure(
        .mismatch, code: "quantize/overflow", at: tensor.weights.path,
        "\(fault.value) in \(place) \(name) is beyond the range of \(tensor.target.format.name)",
        remedy: "choose BF16 or F32")
    }
  }
}

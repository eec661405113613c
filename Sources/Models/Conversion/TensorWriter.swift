// Writes the planned tensors piece by piece, so that memory holds one piece of one tensor.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import InputOutput
import Tensors

/// Streams tensors from the mapped files of the source into the files of the result.
struct TensorWriter {
  let metadata: [(key: String, value: String)]
  /// Called with the bytes of each piece that was written.
  let progress: (Int) -> Void

  /// Elements of a piece: at most 16 MiB as F32.
  private static let pieceElements = 4 << 20

  /// Writes one file of `tensors`.
  func write(_ tensors: [PlannedTensor], to file: any ByteSink) throws(Failure) {
    var byName: [String: PlannedTensor] = [:]
    for tensor in tensors { byName[tensor.name] = tensor }
    try SafetensorsWriter.write(
      tensors.map { (name: $0.name, elementType: $0.elementType, shape: $0.shape) },
      metadata: metadata, to: file
    ) { (name) throws(Failure) in
      if let tensor = byName[name] { try write(tensor, to: file) }
    }
  }

  private func write(_ planned: PlannedTensor, to file: any ByteSink) throws(Failure) {
    let tensor = try planned.content.tensor(planned.canonical)
    guard let vocabulary = planned.vocabulary else {
      return try write(tensor, of: planned, to: file)
    }
    try write(tensor.rows(0..<vocabulary.keptRows), of: planned, to: file)
    guard vocabulary.addedRows > 0 else { return }
    let row = try meanRow(tensor, of: planned)
    for _ in 0..<vocabulary.addedRows { try write(row, of: planned, to: file) }
  }

  private func write(_ tensor: Tensor, of planned: PlannedTensor, to file: any ByteSink)
    throws(Failure)
  {
    let count = tensor.count
    for start in stride(from: 0, to: count, by: Self.pieceElements) {
      try Interruption.check(file.name)
      let piece = tensor.elements(start..<min(count, start + Self.pieceElements))
      let converted = try converted(piece, of: planned)
      try converted.withUnsafeBytes { (bytes) throws(Failure) in try file.write(bytes) }
      release(piece, of: planned)
      progress(converted.byteCount)
    }
  }

  private func converted(_ piece: Tensor, of planned: PlannedTensor) throws(Failure) -> Tensor {
    try piece.converted(
      to: planned.elementType, of: planned.canonical, at: planned.content.path,
      remedy: "convert to BF16 or F32 instead, or leave the types as they are")
  }

  /// The mean of all rows, in f32 and in their order, so that it is the same everywhere.
  private func meanRow(_ tensor: Tensor, of planned: PlannedTensor) throws(Failure) -> Tensor {
    let (rows, width) = (tensor.shape[0], tensor.shape[1])
    var sums = [Float](repeating: 0, count: width)
    do {
      let step = max(1, Self.pieceElements / max(1, width))
      for start in stride(from: 0, to: rows, by: step) {
        try Interruption.check(planned.name)
        let piece = tensor.rows(start..<min(rows, start + step))
        try piece.addRows(to: &sums)
        release(piece, of: planned)
      }
      let mean = sums.map { $0 / Float(rows) }
      guard mean.allSatisfy(\.isFinite),
        let round = ElementConversion(from: .f32, to: tensor.elementType)
      else {
        throw Failure(
          .invalidInput, code: "convert/not-finite", at: planned.content.path,
          "tensor \(escapedForTerminal(planned.canonical)) holds NaN or infinity, so that new rows"
            + " cannot be made from its mean",
          remedy: "take an undamaged copy of the model")
      }
      return try round.convert(Tensor(mean, shape: [1, width]))
    } catch let failure as Failure {
      throw failure
    } catch {
      throw .outOfMemory()
    }
  }

  /// Pages of a file that were written are not needed again; memory of the process would be lost.
  private func release(_ piece: Tensor, of planned: PlannedTensor) {
    guard case .stored = planned.content else { return }
    piece.withUnsafeBytes { MappedFile.releasePages(of: $0) }
  }
}

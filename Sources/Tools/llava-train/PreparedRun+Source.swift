// Where a prepared run's sequences come from, and where its gradients go.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Streams
import Tensors
import ToolSupport
import Training
import TrainingData
import TrainingRuns

extension PreparedRun {
  func source() throws(Failure) -> any SequenceSource {
    switch data.kind {
    case .files(let files, let order):
      let epochs = run.settings.steps == nil ? Int(run.settings.epochs.rounded(.up)) : .max
      let source = try IndexedSource(
        files, order: order, epochs: epochs, reader: data.reader, handling: data.handling)
      if place.sequences > 0 { try source.move(toEpoch: place.epoch, position: place.position) }
      if run.ranks.isFirst, let path = run.command.data.writeOrder {
        source.began = { (epoch, order) throws(Failure) in
          guard epoch == 0 else { return }
          let file = try AtomicFile(path: path)
          try OrderFile.write(order, to: file)
          try file.finish()
        }
      }
      return source
    case .dealt: return DealtSource(position: place.position)
    case .pipe(let stream):
      let start = run.command.data.start
      guard start <= place.position else {
        throw Failure(
          .usage, code: "usage/start", at: "--start",
          "the run goes on with record \(place.position), the input begins with \(start)",
          remedy: "give what --resume-point prints")
      }
      let source = PipeSource(
        reader: data.reader, handling: data.handling, start: start,
        read: TrainingInput.records(of: stream))
      try source.skip(to: place.position, digest: place.digest)
      return source
    }
  }

  func gradientsWriter() throws(Failure) -> (
    (Int, TrainedParameters<Tensor>, Double) throws(Failure) -> Void
  )? {
    guard let path = run.command.run.gradients else { return nil }
    let step = run.command.run.gradientsStep
    guard trainer.finishedSteps < step, step <= data.totalSteps else {
      throw Failure(
        .usage, code: "usage/gradients-step", at: "--gradients-step",
        "expected one of the steps that are left, \(grouped(trainer.finishedSteps + 1)) to"
          + " \(grouped(data.totalSteps)), found \(grouped(step))", remedy: "name another step")
    }
    // Opened now: a place that cannot be written must not be found out after hours.
    let file = run.ranks.isFirst ? try AtomicFile(path: path) : nil
    let wanted = run.command.run.gradientsStep
    let operations = operations
    return { (step, gradients, factor) throws(Failure) in
      guard step == wanted, let file else { return }
      try GradientsFile.write(gradients, factor: factor, to: file, operations: operations)
    }
  }
}

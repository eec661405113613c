// From runs to the panels of a picture.
// SPDX-License-Identifier: Apache-2.0
import Charts
import InputOutput
import ToolSupport
import TrainingCurves

struct RunFigure {
  let runs: [NamedRun]
  let wanted: [PanelKind]?
  let across: Across
  let isLogarithmic: Bool
  let halfLife: Double
  let title: String

  static let width = 900

  init(
    runs: [NamedRun], wanted: [PanelKind]?, across: Across, isLogarithmic: Bool, halfLife: Double?,
    title: String?
  ) {
    (self.runs, self.wanted, self.across) = (runs, wanted, across)
    self.isLogarithmic = isLogarithmic
    self.halfLife = halfLife ?? defaultHalfLife(runs.map(\.log))
    self.title = title ?? (runs.count == 1 ? runs[0].name : "")
  }

  /// 200 a panel, more for the loss.
  static func height(of figure: Figure) -> Int {
    Int(figure.panels.reduce(120) { $0 + 40 + 150 * $1.weight })
  }

  /// Throws `plot/nothing` where a panel that was asked for has no number in any log, and where
  /// `across` is not told by them.
  func figure() throws(Failure) -> Figure {
    var panels: [Figure.Panel] = []
    for kind in wanted ?? PanelKind.allCases {
      let panel = panel(kind)
      let hasPoints = panel.curves.contains { $0.points.contains { $0.y.isFinite } }
      if hasPoints {
        panels.append(panel)
      } else if wanted != nil {
        throw Failure(
          .invalidInput, code: "plot/nothing", at: "--panels",
          "expected numbers for \(kind.rawValue), found none in the logs",
          remedy: kind == .heldOut || kind == .accuracy
            ? "train with --eval, or leave it out" : "leave it out")
      }
    }
    guard !panels.isEmpty else {
      throw Failure(
        .invalidInput, code: "plot/nothing", "expected numbers in the logs, found none",
        remedy: "give what llava-train --log writes")
    }
    if across != .step, runs.allSatisfy({ place($0.log.steps.last?.place) == 0 }) {
      throw Failure(
        .invalidInput, code: "plot/nothing", at: "--x",
        "the logs do not tell of \(across.rawValue)",
        remedy: "draw by step")
    }
    return Figure(title: title, x: across.label, runs: runs.map(\.name), panels: panels)
  }

  private func place(_ place: RunLog.Place?) -> Double {
    guard let place else { return 0 }
    return switch across {
    case .step: Double(place.step)
    case .records: place.records
    case .tokens: place.tokens
    }
  }

  private func panel(_ kind: PanelKind) -> Figure.Panel {
    let scale: Chart.Scale = isLogarithmic ? .logarithmic : .linear
    switch kind {
    case .loss:
      return Figure.Panel(
        "loss (nats per token with loss)", note: note, scale: scale, weight: 1.8,
        curves: noisy(\.loss))
    case .heldOut:
      return Figure.Panel(
        "held-out loss (nats per token with loss)", note: best.isEmpty ? "" : "ring: lowest",
        scale: scale, weight: 1.3, curves: evaluations(\.loss), rings: best)
    case .accuracy:
      return Figure.Panel(
        "held-out accuracy (share of tokens with loss)", curves: evaluations(\.accuracy))
    case .rate:
      return Figure.Panel("learning rate", beginsAtZero: true, weight: 0.8, curves: lines(\.rate))
    case .norm:
      return Figure.Panel(
        "gradient norm, before clipping", note: note, scale: scale, beginsAtZero: true,
        curves: noisy(\.norm))
    }
  }

  private var note: String {
    guard halfLife > 0 else { return "" }
    return "thin: each step; thick: mean, half-life \(readable(halfLife, digits: 6))"
      + (halfLife == 1 ? " step" : " steps")
  }

  private var best: [(run: Int, point: Chart.Point)] {
    runs.enumerated().compactMap { index, run in
      run.log.best.map { (index, Chart.Point(x: place($0.place), y: $0.loss)) }
    }
  }

  private func lines(_ value: KeyPath<RunLog.Step, Double>) -> [Figure.Curve] {
    runs.enumerated().map { index, run in
      Figure.Curve(
        run: index, .line,
        run.log.steps.map { Chart.Point(x: place($0.place), y: $0[keyPath: value]) })
    }
  }

  private func evaluations(_ value: KeyPath<RunLog.Evaluation, Double>) -> [Figure.Curve] {
    runs.enumerated().map { index, run in
      Figure.Curve(
        run: index, .marked,
        run.log.evaluations.map { Chart.Point(x: place($0.place), y: $0[keyPath: value]) })
    }
  }

  /// The values themselves and, if requested, their smoothed mean.
  private func noisy(_ value: KeyPath<RunLog.Step, Double>) -> [Figure.Curve] {
    let raw = lines(value)
    guard halfLife > 0 else { return raw }
    let means = zip(raw, runs).map { curve, run in
      let mean = smoothed(
        curve.points.map(\.y), at: run.log.steps.map(\.place.step), halfLife: halfLife)
      return Figure.Curve(
        run: curve.run, .line, zip(curve.points, mean).map { Chart.Point(x: $0.x, y: $1) })
    }
    return raw.map { Figure.Curve(run: $0.run, .faint, $0.points) } + means
  }
}

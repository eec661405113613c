// A recipe spelled as the options of the tools, for --print-recipe and for pasting.
// SPDX-License-Identifier: Apache-2.0

extension Recipe {
  /// The tools that a recipe sets options of.
  public enum Tool: String, Sendable, CaseIterable {
    case format = "convo-format"
    case encode = "clip-encode"
    case train = "llava-train"
  }

  /// An option with its two dashes, and its value unless it is a flag.
  public struct Option: Sendable, Equatable {
    public let name: String
    public let value: String?

    init(_ name: String, _ value: String? = nil) {
      self.name = name
      self.value = value
    }

    /// `--name value`.
    public var line: String { value.map { "\(name) \($0)" } ?? name }
  }

  /// What the recipe sets of `tool`.
  public func options(of tool: Tool) -> [Option] {
    switch tool {
    case .format: promptOptions
    case .encode: [Option("--aspect", aspect.rawValue)]
    case .train: trainedOptions + optimiserOptions + runOptions
    }
  }

  /// One option per line, those of each tool after a line that begins with `#`.
  public var lines: [String] {
    let headings: [(Tool, String)] = [
      (.format, "convo-format --train"), (.encode, "clip-encode"),
      (.train, "llava-train \(stage.rawValue)"),
    ]
    let model = "images of \(imageSide) pixels, feature layer \(featureLayer), \(projector)"
    return ["# \(name)", "# a model with \(model)"]
      + headings.flatMap { tool, heading in ["# \(heading)"] + options(of: tool).map(\.line) }
  }

  /// The lines, each with its end.
  public var text: String { lines.map { $0 + "\n" }.joined() }

  private var promptOptions: [Option] {
    [Option("--template", template)]
      + (compatibility.map { [Option("--compat", $0)] } ?? [])
      + [Option("--image-position", imagePosition.rawValue)]
      + (marksImages ? [Option("--image-markers")] : [])
  }

  private var trainedOptions: [Option] {
    guard case .adapter(let rank, let alpha, let dropout) = trained else { return [] }
    return [
      Option("--lora", "\(rank)"), Option("--lora-alpha", spelled(alpha)),
      Option("--lora-dropout", spelled(dropout)),
    ]
  }

  private var optimiserOptions: [Option] {
    [Option("--lr", spelled(rate))]
      + (projectorRate.map { [Option("--projector-lr", spelled($0))] } ?? [])
      + [
        Option("--schedule", schedule.rawValue), Option("--warmup-ratio", spelled(warmupRatio)),
        Option("--weight-decay", spelled(weightDecay)),
        Option("--betas", betas.map(spelled).joined(separator: ",")),
        Option("--eps", spelled(epsilon)), Option("--clip", spelled(clip)),
        Option("--loss-norm", lossNorm.rawValue),
      ]
  }

  private var runOptions: [Option] {
    [
      Option("--epochs", "\(epochs)"), Option("--micro-batch", "\(microBatch)"),
      Option("--accumulate", "\(accumulation)"), Option("--max-length", "\(maxLength)"),
      Option("--seed", "\(seed)"),
    ]
      + (groupsByModality ? [Option("--group-by-modality")] : [])
      + [
        Option("--save-every", "\(saveEvery)"), Option("--keep", "\(keep)"),
        Option("--precision", precision.rawValue),
      ]
  }
}

/// `number` as people write it: `256`, `0.03`, `2e-05`.
private func spelled(_ number: Double) -> String {
  Int(exactly: number).map { "\($0)" } ?? "\(number)"
}

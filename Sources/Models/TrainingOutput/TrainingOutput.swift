// Writes what training ends with: a projector, an adapter, or a whole model.
// SPDX-License-Identifier: Apache-2.0
import Checkpoints
import Conversion
import InputOutput
import JSON
import Tensors

/// Writers of results. They write into a place that the caller makes and finishes, so that a
/// checkpoint's directory may hold more than they know of. The same values give the same bytes.
public enum TrainingOutput {
  /// transformers and peft refuse a file without it.
  private static let metadata = [(key: "format", value: "pt")]

  /// Writes the first stage's result: `mm_projector.safetensors` with the names that LLaVA's
  /// trainer gives (reference: llava.md 5.5), and config.json. An identity has no tensors.
  public static func writeProjector(
    _ parameters: ProjectorParameters<Tensor>, _ description: ModelDescription,
    into place: some OutputPlace
  ) throws(Failure) {
    let tensors = projectorTensors(parameters, prefix: "", layout: .original)
    try SafetensorsWriter.write(
      tensors, metadata: metadata, to: place.openFile("mm_projector.safetensors"))
    let config = description.configuration(tunesProjectorOnly: true)
    try place.write(JSONValue.object(config).indented(), to: "config.json")
  }

  /// Writes an adapter and, where it was trained, the projector.
  ///
  /// In peft's layout `PeftModel.from_pretrained` loads both onto a `LlavaForConditionalGeneration`
  /// in one step, and `LlavaForConditionalGeneration.from_pretrained` the base with both. Throws
  /// `training/projector` for a projector that llava-hf has no form for.
  public static func writeAdapter(
    _ adapter: TrainedAdapter, projector: ProjectorParameters<Tensor>?,
    _ description: ModelDescription, layout: AdapterLayout = .peft, into place: some OutputPlace
  ) throws(Failure) {
    let isTrained = projector?.layers.isEmpty == false
    if isTrained, let config = description.projector { try layout.check(config) }
    var tensors: [String: Tensor] = [:]
    for (name, tensor) in adapter.parameters.named {
      if let found = layout.tensors.name(of: name) { tensors[layout.prefix + found] = tensor }
    }
    let beside = projector.map {
      projectorTensors($0, prefix: layout.prefix, layout: layout.tensors)
    }
    switch layout {
    case .peft: tensors.merge(beside ?? [:]) { $1 }
    case .original:
      if isTrained, let beside {
        try SafetensorsWriter.write(
          beside, metadata: metadata, to: place.openFile("non_lora_trainables.safetensors"))
      }
    }
    try SafetensorsWriter.write(
      tensors, metadata: metadata, to: place.openFile("adapter_model.safetensors"))
    let settings = adapter.settings(layout, savesProjector: isTrained)
    try place.write(JSONValue.object(settings).indented(), to: "adapter_config.json")
    let config = description.configuration(tunesProjectorOnly: false)
    try place.write(JSONValue.object(config).indented(), to: layout.descriptionName)
  }

  /// The layout of a whole model with this projector: llava-hf's has one form of it alone, LLaVA's own
  /// has all.
  private static func layout(_ projector: ProjectorConfig?) -> TargetLayout {
    projector.map { $0.depth == 2 } ?? true ? .huggingFace : .original
  }

  /// Writes a whole model in llava-hf's layout, or in LLaVA's own where its projector is not of two
  /// layers: what was trained in the places of the base's own
  /// tensors, in the types of these; all else as `llava-weights convert` does. A base may be a bare
  /// language model, with the tower from elsewhere.
  ///
  /// `name`: what the user calls the base. Throws what opening the base's parts throws, and
  /// `convert/…` where the layout has no form for the model.
  public static func writeModel(
    _ trained: ReplacedParts, base: ModelDirectory, name: String, producer: String,
    record: JSONObject, shardBytes: Int = 4 << 30, into place: some OutputPlace,
    progress: (Int) -> Void = { _ in }
  ) throws(Failure) {
    let layout = layout(trained.projector?.config)
    let source = try ConversionSource(base, name: name, layout: layout, trained: trained)
    var options = ConversionOptions(
      layout: layout, elementType: nil, shardBytes: shardBytes, producer: producer)
    options.record = record
    try ModelConversion(source, options).write(into: place, progress: progress)
  }

  /// Throws what `writeModel` would throw for a model with this projector, or with the base's own, and
  /// with a tower that was trained: for callers that ask before the work.
  public static func checkModel(
    base: ModelDirectory, name: String, projector: ProjectorConfig?, tunesVision: Bool = false
  ) throws(Failure) {
    var parts = ReplacedParts(projector: projector.map { ($0, nil) })
    parts.tunesVision = tunesVision
    let layout = layout(projector)
    let source = try ConversionSource(base, name: name, layout: layout, trained: parts)
    let options = ConversionOptions(
      layout: layout, elementType: nil, shardBytes: 4 << 30, producer: "")
    _ = try ModelConversion(source, options)
  }

  private static func projectorTensors(
    _ parameters: ProjectorParameters<Tensor>, prefix: String, layout: CheckpointLayout
  ) -> [String: Tensor] {
    let isLinear = parameters.layers.count == 1
    var tensors: [String: Tensor] = [:]
    for (name, tensor) in parameters.named {
      guard let found = layout.name(of: name, isLinearProjector: isLinear) else { continue }
      tensors[prefix + found] = tensor
    }
    return tensors
  }
}

// The clip-encode tool: its options and what they mean.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Checkpoints
import Images
import InputOutput
import ModelSupport
import Preprocessing
import Recipes
import Streams
import ToolSupport
import Towers

@main
struct ClipEncode: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "clip-encode",
    abstract: "Encode the images of records as grid features of a CLIP vision tower.",
    version: toolVersion("clip-encode", libraries: imageLibraries + modelLibraries))

  /// What the stream carries.
  enum Emission: String, ExpressibleByArgument, CaseIterable { case features, pixels }
  /// Which rows of the chosen layer.
  enum FeatureRows: String, ExpressibleByArgument, CaseIterable {
    case patch
    case clsPatch = "cls_patch"
  }
  enum Orientation: String, ExpressibleByArgument, CaseIterable { case apply, ignore }
  enum Truncation: String, ExpressibleByArgument, CaseIterable { case skip, pad }

  @Argument(
    help: ArgumentHelp(
      "Images, archives, or one list of images; stdin where absent or -.", valueName: "input"),
    completion: .file())
  var inputs: [String] = []

  @Option(help: "The input's format: auto, jsonl, array, paths, paths0, csv, tsv, tar.")
  var from = ObjectFormat.auto

  @OptionGroup var models: ModelOptions

  @OptionGroup var products: ActivationOptions

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Layer whose hidden state is taken; default: the model's, -2.", valueName: "number"))
  var layer: Int?

  @Option(help: "Feature rows to keep: patch or cls_patch (default: the model's).")
  var features: FeatureRows?

  @Option(help: "Make images square by crop or pad (default: the recipe's or the model's).")
  var aspect: PreprocessorSettings.Aspect?

  @OptionGroup var recipes: RecipeOptions

  @Option(help: "What to write: features or pixels.")
  var emit = Emission.features

  @Option(
    help: ArgumentHelp(
      "Resolve image paths in this directory; refuse those that lead out of it.", valueName: "dir"),
    completion: .directory)
  var imageRoot: String?

  @Option(
    help: ArgumentHelp(
      "Member or column with the image, for records without an image member.", valueName: "key"))
  var imageKey: String?

  @Option(help: ArgumentHelp("Images encoded together.", valueName: "count"))
  var batch = 8

  @Option(help: "EXIF orientation: apply it, or ignore it as LLaVA does.")
  var exif = Orientation.apply

  @Option(help: "Truncated image files: skip them, or pad them with grey.")
  var truncated = Truncation.skip

  @Flag(help: "Accept damaged images as far as they can be decoded.")
  var lenient = false

  @Option(help: ArgumentHelp("Largest image to accept, in pixels.", valueName: "size"))
  var maxPixels = Size(DecodeOptions().maxPixels)

  @OptionGroup var stream: StreamOptions

  func validate() throws {
    guard (1...1024).contains(batch) else {
      throw ValidationError("--batch must be 1 to 1024, found \(batch)")
    }
    if let aspect { try recipes.refuse("--aspect") { $0.aspect.rawValue != aspect.rawValue } }
    try require(maxPixels.count, in: 1...1 << 40, "--max-pixels")
  }

  func run(_ session: Session) throws(Failure) {
    if try recipes.isPrinted(session) { return }
    session.endsWithReader()
    let directory = try models.open()
    let checkpoint = try directory.visionCheckpoint(
      featureLayer: layer, keepsClassToken: features.map { $0 == .clsPatch })
    session.beforeEnd { () throws(Failure) in try checkpoint.weights.verifyUnchanged() }
    var settings = checkpoint.preprocessor
    settings.aspect = aspect ?? recipeAspect ?? settings.aspect
    let preprocessor = try Preprocessor(settings)
    let loader = ImageLoader(
      preprocessor: preprocessor, options: decodeOptions(),
      root: try imageRoot.map { (path) throws(Failure) in try FileRoot(path: path) })
    let operations = try models.operations(session, for: checkpoint.weights, products)
    let reader = LookAheadReader(
      try session.imageReader(inputs, format: from, imageKey: imageKey, refusesEmptyInput: true))
    let maker: any RecordMaker
    switch emit {
    case .pixels:
      maker = PixelMaker(loader: loader, pool: operations.pool)
    case .features:
      let tower = try catchingMemory { try VisionTower(checkpoint, operations: operations) }
      maker = FeatureMaker(
        encoder: ImageEncoder(
          tower: tower, loader: loader, operations: operations, pool: operations.pool,
          batch: batch),
        tower: tower, type: models.streamType, operations: operations)
    }
    let recipe = StreamRecipe(recipes.recipe, reader, aspect: settings.aspect)
    let header = StreamHeader(
      content: maker.content, schema: maker.schema, producer: session.producer,
      model: try checkpoint.weights.identity(),
      config: configuration(checkpoint, settings).serializedString, metadata: recipe.metadata)
    let writer = try session.tensorWriter(header)
    var run = EncodeRun(
      session: session, reader: reader, writer: writer, batch: batch, recipe: recipe,
      loader: loader, maker: maker)
    try run.run()
  }

  private var recipeAspect: PreprocessorSettings.Aspect? {
    recipes.recipe.flatMap { PreprocessorSettings.Aspect(rawValue: $0.aspect.rawValue) }
  }

  private func decodeOptions() -> DecodeOptions {
    var options = DecodeOptions()
    options.maxPixels = maxPixels.count
    options.appliesExif = exif == .apply
    options.padsTruncated = truncated == .pad
    options.isLenient = lenient
    return options
  }
}

// The training data, and their order.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Recipes
import ToolSupport

struct DataOptions: ParsableArguments {
  @Argument(
    help: "Streams of features or JSON lines; stdin where absent or -.", completion: .file())
  var inputs: [String] = []

  @Option(
    help: ArgumentHelp(
      "Take the values of this published recipe where no option is given.", valueName: "name"))
  var recipe: String?

  @Flag(help: "Print the recipe's options and exit.")
  var printRecipe = false

  @Flag(help: "Shuffle the records of files anew each epoch.")
  var shuffle = false

  @Flag(help: "Group records of similar length into steps.")
  var groupByLength = false

  @Flag(help: "As --group-by-length, with image and text-only records kept apart.")
  var groupByModality = false

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Sample from several files by weight; an epoch ends when the largest was seen once.",
      valueName: "file=weight"), completion: .file())
  var mix: [MixedFile] = []

  @Option(
    help: ArgumentHelp(
      "Visit records in the order of this file: a record number per line, from 0.",
      valueName: "file"),
    completion: .file())
  var order: String?

  @Option(
    help: ArgumentHelp("Write the order of the first epoch, for --order.", valueName: "file"),
    completion: .file())
  var writeOrder: String?

  @Flag(
    help:
      "Let the records of one image in a micro-batch share its rows; --shuffle keeps them together."
  )
  var shareImages = false

  @Option(
    help: ArgumentHelp("Seed for all random numbers; default: 0.", valueName: "number"))
  var seed: UInt64?

  @Option(
    help: ArgumentHelp(
      "Number, from 0, of the record that the input begins with; see --resume-point.",
      valueName: "number"))
  var start = 0

  @Option(
    help: ArgumentHelp(
      "Longest sequence in positions, images included; default: 2048.", valueName: "count"))
  var maxLength: Int?

  func validate() throws {
    let ordered = [shuffle, groupByLength, groupByModality, !mix.isEmpty, order != nil]
    if ordered.count(where: { $0 }) > 1 {
      throw ValidationError(
        "--shuffle, --group-by-length, --group-by-modality, --mix and --order exclude each other")
    }
    if !mix.isEmpty, !inputs.isEmpty {
      throw ValidationError("--mix names its files itself: give no other input")
    }
    if inputs.count > 1, inputs.contains("-") {
      throw ValidationError("stdin cannot be one of several inputs")
    }
    if start > 0, !files.isEmpty {
      throw ValidationError("--start is for stdin: a file is read where the run goes on")
    }
    if order == "-" || writeOrder == "-" {
      throw ValidationError("--order and --write-order are files: give /dev/stdin or /dev/stdout")
    }
    guard start >= 0 else { throw ValidationError("--start must be 0 or more, found \(start)") }
    if let maxLength, !(2...(1 << 24)).contains(maxLength) {
      throw ValidationError("--max-length must be 2 or more, found \(maxLength)")
    }
  }

  /// Whether the recipe puts images between marks; nil without a recipe.
  var marksImages: Bool? { recipe.flatMap(Recipe.known)?.marksImages }

  /// The files, or none where the input is a pipe.
  var files: [String] {
    if !mix.isEmpty { return mix.map(\.path) }
    return inputs == ["-"] ? [] : inputs
  }
}

/// `FILE=WEIGHT`.
struct MixedFile: ExpressibleByArgument {
  let path: String
  let weight: Double

  init?(argument: String) {
    guard let mark = argument.lastIndex(of: "="), mark != argument.startIndex,
      let weight = Double(argument[argument.index(after: mark)...]), weight > 0, weight.isFinite
    else { return nil }
    path = String(argument[..<mark])
    self.weight = weight
  }
}

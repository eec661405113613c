// What is learned from, and in which order.
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
      "The published recipe whose values hold where no option says otherwise.", valueName: "name"))
  var recipe: String?

  @Flag(help: "Print the recipe's options and exit.")
  var printRecipe = false

  @Flag(help: "Visit the records of files in another order each epoch.")
  var shuffle = false

  @Flag(help: "Put records of like length into a step.")
  var groupByLength = false

  @Flag(help: "As --group-by-length, with images and without apart.")
  var groupByModality = false

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Draw from several files by weight; an epoch has seen the largest once.",
      valueName: "file=weight"), completion: .file())
  var mix: [MixedFile] = []

  @Option(
    help: ArgumentHelp(
      "Visit the records whose numbers, from 0, this file has a line each.", valueName: "file"),
    completion: .file())
  var order: String?

  @Option(
    help: ArgumentHelp("Write the order that was taken.", valueName: "file"), completion: .file())
  var writeOrder: String?

  @Flag(
    help:
      "Let records of one picture in a micro-batch share its rows; --shuffle keeps them together.")
  var shareImages = false

  @Option(
    help: ArgumentHelp("Seed of all random numbers; default: 0.", valueName: "number"))
  var seed: UInt64?

  @Option(
    help: ArgumentHelp(
      "The input begins with this record of the data, from 0; see --resume-point.",
      valueName: "number"))
  var start = 0

  @Option(
    help: ArgumentHelp(
      "Most positions of a sequence, images included; default: 2048.", valueName: "count"))
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

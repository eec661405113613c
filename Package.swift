// swift-tools-version: 6.0
// The package: groups of modules, lowest first; a module uses what stands before it.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import PackageDescription

// MARK: The ladder. `Tests/Project/LayoutTests` reads its order from here.

/// A group of Swift modules, `Sources/GROUP/MODULE` each, and what each of them uses.
func group(_ name: String, _ modules: KeyValuePairs<String, [String]>) -> [Target] {
  modules.map { module, uses in
    .target(name: module, dependencies: names(uses), path: "Sources/\(name)/\(module)")
  }
}

/// A module of group C that is written here.
func cModule(_ name: String, _ uses: String..., exclude: [String] = []) -> Target {
  .target(name: name, dependencies: names(uses), path: "Sources/C/\(name)", exclude: exclude)
}

/// A library of the system's, which Debian installs.
func system(_ name: String, pkgConfig: String, apt package: String) -> Target {
  .systemLibrary(
    name: name, path: "Sources/C/\(name)", pkgConfig: pkgConfig, providers: [.apt([package])])
}

func names(_ modules: [String]) -> [Target.Dependency] {
  modules.map { $0 == "ArgumentParser" ? argumentParser : .byName(name: $0) }
}

let argumentParser: Target.Dependency = .product(
  name: "ArgumentParser", package: "swift-argument-parser")

let c: [Target] = [
  cModule("CKernels"),
  cModule("CQuantisation"),
  // Loads libopenblas when f32 is first asked for; Debian: libopenblas-dev.
  cModule("COpenBLAS"),
  // Loads the library that `make mpi` makes of its plugin; needs no MPI to build.
  cModule("CMPI", exclude: ["plugin"]),
  cModule("CSystem"),
  system("CJPEG", pkgConfig: "libjpeg", apt: "libjpeg-dev"),
  system("CPNG", pkgConfig: "libpng", apt: "libpng-dev"),
  cModule("CImageCodecs", "CJPEG", "CPNG"),
  // Loads libwebp, libtiff, libheif and libavif when a file asks for them; needs none to build.
  cModule("CLoadedCodecs", "CImageCodecs"),
  system("CZstd", pkgConfig: "libzstd", apt: "libzstd-dev"),
  system("CNettle", pkgConfig: "nettle", apt: "nettle-dev"),
  system("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev"),
  system("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
  cModule("CHTTP", "CCurl"),
]

let base = group(
  "Base",
  [
    "InputOutput": ["CNettle", "CSystem"],
    "Processes": ["CSystem", "InputOutput"],
    "Decimals": [],
    "JSON": [],
    "Randomness": [],
    "Tensors": ["CKernels"],
    "Threads": ["InputOutput"],
    "Ranks": ["CMPI", "InputOutput", "JSON", "Tensors"],
    "Quantisation": ["CQuantisation", "Tensors", "Threads"],
    // Linked by chat-complete alone.
    "HTTP": ["CCurl", "CHTTP", "InputOutput"],
  ])

let compute = group(
  "Compute",
  [
    "Operations": ["Tensors"],
    "CPU": ["CKernels", "COpenBLAS", "Tensors", "Threads", "Operations"],
  ])

let formats = group(
  "Formats",
  [
    "Records": ["InputOutput", "JSON"],
    "Archives": ["InputOutput"],
    "Safetensors": ["InputOutput", "JSON", "Tensors"],
    "Pickle": ["CZlib", "InputOutput", "Tensors"],
    "GGUF": ["InputOutput", "Tensors"],
    "Streams": [
      "CZstd", "Archives", "InputOutput", "JSON", "Records", "Safetensors", "Tensors",
    ],
    "Charts": ["CPNG", "Decimals", "InputOutput"],
    "TensorBoard": ["InputOutput"],
    "COCO": ["InputOutput", "JSON"],
    "Preprocessing": ["InputOutput"],
    "Images": ["CImageCodecs", "InputOutput", "JSON", "Preprocessing", "Processes", "Tensors"],
    // Linked by image-decode alone.
    "SandboxedImages": ["CImageCodecs", "CLoadedCodecs", "Images", "InputOutput", "Tensors"],
    "Tokenizers": ["GGUF", "InputOutput", "JSON"],
  ])

let models = group(
  "Models",
  [
    "Checkpoints": [
      "InputOutput", "JSON", "Tensors", "Operations", "Preprocessing", "Safetensors", "Pickle",
      "GGUF", "Tokenizers",
    ],
    "Recipes": ["InputOutput", "JSON", "Streams"],
    "Chat": ["InputOutput", "JSON"],
    "Towers": [
      "Archives", "Checkpoints", "Operations", "Threads", "Images", "InputOutput", "JSON",
      "Records",
      "Tensors",
    ],
    "Projectors": ["Checkpoints", "Operations", "InputOutput", "JSON", "Tensors"],
    "Decoders": ["Checkpoints", "Operations", "InputOutput", "JSON", "Tensors"],
    "Generation": [
      "Checkpoints", "Operations", "Decoders", "InputOutput", "JSON", "Randomness", "Tensors",
      "Tokenizers",
    ],
    "TrainingData": ["InputOutput", "JSON", "Randomness", "Records"],
    "TrainingCurves": ["InputOutput", "JSON"],
    "Conversations": [
      "Chat", "InputOutput", "JSON", "Randomness", "Recipes", "Records", "Tokenizers",
    ],
    "Judging": ["Chat", "Decimals", "InputOutput", "JSON", "Randomness", "Records"],
    "ScienceQA": ["Chat", "InputOutput", "JSON", "Randomness", "Records", "Tokenizers"],
    "CaptionFiltering": ["InputOutput", "JSON", "Randomness"],
    "Captioning": ["InputOutput", "JSON", "Randomness"],
    "Initialisation": [
      "Checkpoints", "InputOutput", "JSON", "Randomness", "Tensors", "Tokenizers",
    ],
    "InstructionData": ["Decimals", "InputOutput", "JSON", "Randomness", "Records", "Chat"],
    "Inspection": [
      "Checkpoints", "Conversations", "InputOutput", "JSON", "Preprocessing", "Tensors",
      "Tokenizers",
    ],
    "Conversion": [
      "Checkpoints", "Conversations", "GGUF", "InputOutput", "JSON", "Operations", "Preprocessing",
      "Quantisation", "Safetensors", "Streams", "Tensors", "Threads", "Tokenizers",
    ],
    "TrainingOutput": ["Checkpoints", "Conversion", "InputOutput", "JSON", "Tensors"],
    "Training": [
      "Checkpoints", "Images", "Initialisation", "Operations", "Towers", "Projectors", "Decoders",
      "InputOutput", "JSON", "Randomness", "Ranks", "Tensors", "Tokenizers",
    ],
    "TrainingRuns": [
      "Checkpoints", "Recipes", "Records", "Streams", "TensorBoard", "Tokenizers", "Training",
      "TrainingData", "InputOutput", "JSON", "Ranks", "Safetensors", "Tensors",
    ],
  ])

let support = group(
  "Support",
  [
    "ToolSupport": [
      "ArgumentParser", "Archives", "InputOutput", "JSON", "Tensors", "Records", "Streams",
      "Checkpoints", "Recipes",
    ],
    "ModelSupport": [
      "ArgumentParser", "InputOutput", "JSON", "Tensors", "Operations", "CPU", "Streams",
      "Checkpoints", "ToolSupport",
    ],
    "ChatClient": ["HTTP", "Archives", "InputOutput", "Decimals", "JSON", "Records", "Chat"],
  ])

/// Each tool and what it uses besides the modules of every tool.
let tools: KeyValuePairs = [
  "convo-format": [
    "Conversations", "Inspection", "Tokenizers", "Checkpoints", "Recipes", "Streams",
  ],
  "clip-encode": [
    "Towers", "Images", "Preprocessing", "Checkpoints", "Operations", "CPU", "Threads",
    "ModelSupport", "Recipes", "Streams",
  ],
  "image-decode": ["CLoadedCodecs", "Images", "SandboxedImages"],
  "llava-project": ["Projectors", "Checkpoints", "Operations", "CPU", "ModelSupport", "Streams"],
  "vicuna-decode": [
    "Decoders", "Generation", "Tokenizers", "Checkpoints", "Operations", "ModelSupport", "Streams",
    "Captioning", "Chat", "Conversations", "Inspection",
  ],
  "llava-train": [
    "Training", "TrainingRuns", "TrainingData", "TrainingOutput", "Conversations", "Conversion",
    "Ranks", "Recipes", "Decoders",
    "Checkpoints", "Operations", "CPU", "ModelSupport", "Streams", "Tokenizers",
  ],
  "llava-plot": ["Charts", "Streams", "TrainingCurves"],
  "chat-complete": ["Chat", "ChatClient", "HTTP", "Streams"],
  "llava-eval": ["Chat", "Decimals", "Judging", "ScienceQA", "Streams"],
  "instruct-gen": ["COCO", "Chat", "InstructionData", "Streams"],
  "llava-weights": [
    "Conversion", "Initialisation", "Inspection", "Checkpoints", "Quantisation", "Streams",
    "Threads", "Tokenizers",
  ],
  "llava-caption": ["Captioning", "Conversations", "Processes", "Streams"],
  "caption-filter": ["CaptionFiltering", "Charts", "Streams", "Threads"],
  "tensor-view": ["Charts", "Streams"],
  "tensor-diff": ["Streams"],
]

let toolTargets: [Target] = tools.map { name, uses in
  .executableTarget(
    name: name,
    dependencies: names(
      ["ArgumentParser", "ToolSupport", "JSON", "InputOutput", "Records", "Tensors"] + uses),
    path: "Sources/Tools/\(name)")
}

// MARK: Tests mirror the sources: `Tests/GROUP/MODULETests`.

func tests(_ group: String, _ name: String, _ uses: String..., exclude: [String] = []) -> Target {
  .testTarget(
    name: name, dependencies: names(uses + ["TestSupport"]), path: "Tests/\(group)/\(name)",
    exclude: exclude)
}

let testTargets: [Target] = [
  .target(
    name: "TestSupport",
    dependencies: ["CZlib", "InputOutput", "Tensors", "Safetensors", "Checkpoints"],
    path: "Tests/Helpers/TestSupport"),
  // Writes GGUF files, and a model of another layout as such.
  .target(
    name: "GGUFWriting",
    dependencies: ["Checkpoints", "InputOutput", "Tensors", "Tokenizers"],
    path: "Tests/Helpers/GGUFWriting"),
  .target(name: "CTileEmulation", path: "Tests/Helpers/CTileEmulation"),
  .target(name: "CTestImages", dependencies: ["CJPEG"], path: "Tests/Helpers/CTestImages"),
  // What `make fuzz` feeds; tests feed it what was found so far.
  .target(
    name: "FuzzTargets",
    dependencies: [
      "COCO", "Checkpoints", "GGUF", "Images", "InputOutput", "JSON", "Pickle", "Preprocessing",
      "Records", "Safetensors", "SandboxedImages", "Streams", "Tensors", "Tokenizers",
    ],
    path: "Tests/Fuzz/FuzzTargets"),
  // A chat server that a test writes down: no network beyond this machine.
  .target(name: "LoopbackServer", path: "Tests/Helpers/LoopbackServer"),
  tests("Base", "InputOutputTests", "CSystem", "InputOutput"),
  tests("Base", "ProcessesTests", "Processes", "InputOutput"),
  tests("Base", "DecimalsTests", "Decimals"),
  tests("Base", "JSONTests", "JSON"),
  tests("Base", "RandomnessTests", "Randomness"),
  tests("Base", "TensorsTests", "Tensors"),
  tests("Base", "ThreadsTests", "Threads"),
  tests("Base", "RanksTests", "Ranks", "InputOutput"),
  tests(
    "Base", "QuantisationTests", "InputOutput", "Quantisation", "Safetensors", "Tensors", "Threads"),
  tests("Base", "HTTPTests", "HTTP", "InputOutput", "LoopbackServer"),
  tests("Compute", "OperationsTests", "Operations", "Tensors"),
  tests(
    "Compute", "CPUTests", "CPU", "CKernels", "CTileEmulation", "Operations", "Tensors", "Threads"),
  tests("Formats", "ArchivesTests", "Archives", "InputOutput"),
  tests("Formats", "RecordsTests", "Records", "InputOutput", "JSON"),
  tests("Formats", "SafetensorsTests", "Safetensors", "InputOutput", "JSON", "Tensors"),
  tests("Formats", "PickleTests", "Pickle", "InputOutput", "Tensors"),
  tests("Formats", "GGUFTests", "GGUF", "GGUFWriting", "InputOutput", "Safetensors", "Tensors"),
  tests(
    "Formats", "StreamsTests", "Streams", "CZstd", "InputOutput", "JSON", "Records", "Safetensors",
    "Tensors"),
  tests("Formats", "ChartsTests", "Charts", "CPNG"),
  tests("Formats", "TensorBoardTests", "TensorBoard", "InputOutput"),
  tests("Formats", "COCOTests", "COCO", "InputOutput"),
  tests("Formats", "PreprocessingTests", "Preprocessing", "InputOutput"),
  tests("Formats", "ImagesTests", "Images", "InputOutput", "Preprocessing", "Tensors"),
  tests(
    "Formats", "SandboxedImagesTests", "SandboxedImages", "CLoadedCodecs", "Images", "InputOutput",
    "Tensors"),
  tests(
    "Formats", "TokenizersTests", "Tokenizers", "GGUF", "GGUFWriting", "InputOutput", "JSON"),
  tests(
    "Models", "CheckpointsTests", "Checkpoints", "GGUFWriting", "InputOutput", "JSON",
    "Preprocessing", "Safetensors", "Tensors"),
  tests("Models", "RecipesTests", "Recipes", "InputOutput", "JSON"),
  tests("Models", "ChatTests", "Chat", "InputOutput", "JSON"),
  tests(
    "Models", "TowersTests", "Towers", "Checkpoints", "Operations", "CPU", "InputOutput", "Images",
    "Preprocessing", "Threads", "Tensors",
    "JSON"),
  tests(
    "Models", "ProjectorsTests", "Projectors", "Checkpoints", "Operations", "CPU", "Tensors",
    "JSON"),
  tests(
    "Models", "DecodersTests", "Decoders", "Checkpoints", "Operations", "CPU", "Tensors",
    "JSON"),
  tests(
    "Models", "GenerationTests", "Generation", "Checkpoints", "Operations", "CPU", "InputOutput",
    "Tensors",
    "Tokenizers", "JSON"),
  tests("Models", "JudgingTests", "Judging", "Chat", "Decimals", "InputOutput", "JSON"),
  tests("Models", "TrainingDataTests", "TrainingData", "InputOutput", "JSON", "Randomness"),
  tests("Models", "TrainingCurvesTests", "TrainingCurves", "InputOutput", "JSON"),
  tests(
    "Models", "CaptionFilteringTests", "CaptionFiltering", "InputOutput", "JSON", "Randomness"),
  tests("Models", "CaptioningTests", "Captioning", "InputOutput"),
  tests(
    "Models", "InitialisationTests", "Initialisation", "Checkpoints", "InputOutput", "JSON",
    "Tensors"),
  tests(
    "Models", "ScienceQATests", "ScienceQA", "Chat", "InputOutput", "JSON", "Records", "Tokenizers"),
  tests(
    "Models", "InstructionDataTests", "InstructionData", "Chat", "InputOutput", "JSON", "Records"),
  tests(
    "Models", "TrainingTests", "Training", "Checkpoints", "Operations", "CPU", "Decoders",
    "Projectors", "InputOutput", "JSON", "Streams", "Tensors", "Tokenizers"),
  tests(
    "Models", "TrainingRunsTests", "TrainingRuns", "Training", "TrainingData", "Checkpoints",
    "Operations", "CPU", "Recipes", "Records", "Streams", "InputOutput", "JSON", "Safetensors",
    "Tensors", "Tokenizers"),
  tests(
    "Models", "ConversationsTests", "Chat", "Conversations", "Tokenizers", "GGUF", "JSON",
    "InputOutput", "Records"),
  tests(
    "Models", "InspectionTests", "Inspection", "Checkpoints", "Conversations", "InputOutput",
    "JSON",
    "Tensors"),
  tests(
    "Models", "ConversionTests", "Conversion", "Checkpoints", "GGUF", "InputOutput", "JSON",
    "Preprocessing", "Quantisation", "Safetensors", "Streams", "Tensors", "Threads", "Tokenizers"),
  tests(
    "Models", "TrainingOutputTests", "TrainingOutput", "Checkpoints", "Conversion", "InputOutput",
    "JSON", "Tensors"),
  tests(
    "Support", "ToolSupportTests", "ToolSupport", "InputOutput", "JSON", "Records", "Streams",
    "Tensors"),
  tests(
    "Support", "ModelSupportTests", "ModelSupport", "ArgumentParser", "InputOutput", "Tensors"),
  tests(
    "Support", "ChatClientTests", "ChatClient", "Chat", "HTTP", "InputOutput", "JSON", "Records"),
  tests(
    "Tools", "CommandTests", "LoopbackServer", "CTestImages", "Checkpoints", "Conversations",
    "GGUFWriting", "InputOutput", "JSON",
    "CPU",
    "Streams", "Tensors", exclude: ["pipes.tst"]),
  tests("Project", "DocsTests", "JSON"),
  tests("Project", "FuzzTests", "FuzzTargets"),
  tests("Project", "LayoutTests", "InputOutput"),
]

/// For `make bench`; not a product.
let bench = Target.executableTarget(
  name: "llava-bench",
  dependencies: names([
    "ArgumentParser", "Towers", "Checkpoints", "Operations", "InputOutput", "CPU",
    "Projectors", "Quantisation", "Tensors", "Tokenizers", "Decoders", "Training",
  ]),
  path: "Tests/Benchmarks/llava-bench")

/// A teacher and a judge by rule, for `examples/whole-loop`; not a product.
let sceneTeacher = Target.executableTarget(
  name: "scene-teacher", dependencies: names(["Chat", "JSON", "LoopbackServer"]),
  path: "Tests/Helpers/scene-teacher")

/// For `make fuzz`, which sets LLAVA_FUZZ; libFuzzer has its main function, so that no other build may.
let fuzzers: [Target] =
  Context.environment["LLAVA_FUZZ"] == nil
  ? []
  : [
    .executableTarget(
      name: "reader-fuzzer", dependencies: ["FuzzTargets"], path: "Tests/Fuzz/reader-fuzzer",
      swiftSettings: [.unsafeFlags(["-parse-as-library"])])
  ]

/// Packages that `make dist` has put beside the sources build without a network.
let vendored = Context.packageDirectory + "/vendor/swift-argument-parser"

let package = Package(
  name: "llava-tools",
  products: tools.map { name, _ in .executable(name: name, targets: [name]) },
  dependencies: [
    FileManager.default.fileExists(atPath: vendored)
      ? .package(path: vendored)
      : .package(
        url: "https://github.com/apple/swift-argument-parser", .upToNextMinor(from: "1.8.2"))
  ],
  targets: c + base + compute + formats + models + support + toolTargets + testTargets
    + [bench, sceneTeacher] + fuzzers
)

// swift-tools-version: 6.0
// The package: one target a rung of the ladder (man/llava.7 and CONTRIBUTING.md tell it in words).
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

/// A Swift library target whose dependencies are lower rungs only; `Tests/LayoutTests` checks that.
func library(_ name: String, _ uses: String...) -> Target {
  .target(name: name, dependencies: uses.map { .byName(name: $0) })
}

/// A system library that Debian installs.
func system(_ name: String, pkgConfig: String, apt package: String) -> Target {
  .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([package])])
}

func tests(_ name: String, _ uses: String..., exclude: [String] = []) -> Target {
  .testTarget(
    name: name,
    dependencies: (uses + ["TestSupport"]).map { .byName(name: $0) },
    path: "Tests/\(name)", exclude: exclude)
}

/// Each tool and the libraries that its few files use.
let tools: KeyValuePairs = [
  "convo-format": ["Conversations", "Tokenizers", "Checkpoints", "Streams"],
  "clip-encode": ["CLIPVision", "Images", "Checkpoints", "Computation", "ModelSupport", "Streams"],
  "llava-project": ["Projection", "Checkpoints", "Computation", "ModelSupport", "Streams"],
  "vicuna-decode": [
    "Vicuna", "Tokenizers", "Checkpoints", "Computation", "ModelSupport", "Streams",
  ],
  "tensor-view": ["Streams"],
  "tensor-diff": ["Streams"],
]

let argumentParser: Target.Dependency = .product(
  name: "ArgumentParser", package: "swift-argument-parser")

let toolTargets: [Target] = tools.map { name, uses in
  .executableTarget(
    name: name,
    dependencies: [argumentParser, "ToolSupport", "JSON", "InputOutput", "Tensors"]
      + uses.map { .byName(name: $0) })
}

let package = Package(
  name: "llava-tools",
  products: tools.map { name, _ in .executable(name: name, targets: [name]) },
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", .upToNextMinor(from: "1.8.2"))
  ],
  targets: toolTargets + [
    // Rung 0: C and the system's libraries.
    .target(name: "CKernels"),
    .target(name: "CSystem"),
    .target(name: "CImageCodecs", dependencies: ["CJPEG", "CPNG"]),
    system("CJPEG", pkgConfig: "libjpeg", apt: "libjpeg-dev"),
    system("CPNG", pkgConfig: "libpng", apt: "libpng-dev"),
    // Loads libopenblas when f32 is first asked for; Debian: libopenblas-dev.
    .target(name: "COpenBLAS"),
    system("CZstd", pkgConfig: "libzstd", apt: "libzstd-dev"),
    system("CNettle", pkgConfig: "nettle", apt: "nettle-dev"),
    // Rung 1.
    library("Kernels", "CKernels", "COpenBLAS"),
    library("InputOutput", "CSystem"),
    library("JSON"),
    // Rung 2.
    library("Tensors"),
    library("Safetensors", "InputOutput", "JSON", "Tensors"),
    library("Computation", "Kernels", "Tensors"),
    // Rung 3.
    library("Streams", "CZstd", "CNettle", "InputOutput", "JSON", "Safetensors", "Tensors"),
    library("Checkpoints", "CNettle", "InputOutput", "JSON", "Safetensors", "Tensors"),
    library("Images", "CImageCodecs", "InputOutput", "Tensors"),
    library("Tokenizers", "InputOutput", "JSON"),
    // Rung 4.
    library("CLIPVision", "Checkpoints", "Computation", "Images", "InputOutput", "JSON", "Tensors"),
    library("Projection", "Checkpoints", "Computation", "InputOutput", "JSON", "Tensors"),
    library("Vicuna", "Checkpoints", "Computation", "InputOutput", "JSON", "Tensors", "Tokenizers"),
    library("Conversations", "InputOutput", "JSON", "Tokenizers"),
    // Rung 5.
    .target(
      name: "ToolSupport",
      dependencies: [argumentParser, "InputOutput", "JSON", "Streams", "Tensors", "Checkpoints"]),
    .target(
      name: "ModelSupport",
      dependencies: [
        argumentParser, "Checkpoints", "Computation", "InputOutput", "JSON", "Kernels", "Streams",
        "Tensors", "ToolSupport",
      ]),
    // For `make bench`; not a product.
    .executableTarget(
      name: "llava-bench",
      dependencies: [
        argumentParser, "CLIPVision", "Checkpoints", "Computation", "InputOutput", "Kernels",
        "Projection", "Tensors", "Vicuna",
      ],
      path: "Benchmarks/llava-bench"),
    // Tests mirror the sources.
    .target(
      name: "TestSupport", dependencies: ["Checkpoints", "InputOutput", "Tensors"],
      path: "Tests/TestSupport"),
    .target(name: "CTileEmulation", path: "Tests/CTileEmulation"),
    .target(name: "CTestImages", dependencies: ["CJPEG"], path: "Tests/CTestImages"),
    tests("KernelsTests", "Kernels", "CKernels", "CTileEmulation", "Tensors"),
    tests("InputOutputTests", "InputOutput"),
    tests("JSONTests", "JSON"),
    tests("TensorsTests", "Tensors"),
    tests("ComputationTests", "Computation", "Kernels", "Tensors"),
    tests("SafetensorsTests", "Safetensors", "InputOutput", "JSON", "Tensors"),
    tests("StreamsTests", "Streams", "CZstd", "InputOutput", "JSON", "Safetensors", "Tensors"),
    tests("CheckpointsTests", "Checkpoints", "InputOutput", "JSON", "Safetensors", "Tensors"),
    tests("ImagesTests", "Images", "InputOutput", "Tensors"),
    tests("TokenizersTests", "Tokenizers", "InputOutput", "JSON"),
    tests(
      "CLIPVisionTests", "CLIPVision", "Checkpoints", "Computation", "Kernels", "Images", "Tensors",
      "JSON"),
    tests(
      "ProjectionTests", "Projection", "Checkpoints", "Computation", "Kernels", "Tensors", "JSON"),
    tests(
      "VicunaTests", "Vicuna", "Checkpoints", "Computation", "Kernels", "Tensors", "Tokenizers",
      "JSON"),
    tests("ConversationsTests", "Conversations", "Tokenizers", "JSON", "InputOutput"),
    tests("ToolSupportTests", "ToolSupport", "InputOutput", "JSON", "Streams", "Tensors"),
    tests("ModelSupportTests", "ModelSupport", "InputOutput", "JSON"),
    tests(
      "CommandTests", "CTestImages", "Checkpoints", "InputOutput", "JSON", "Kernels", "Streams",
      "Tensors", exclude: ["pipes.tst"]),
    tests("DocsTests", "JSON"),
    tests("LayoutTests", "InputOutput"),
  ]
)

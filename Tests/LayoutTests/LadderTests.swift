// Holds every module to its rung: it imports what is below it, never what is beside or above it.
// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

/// The ladder, lowest rung first.
private let ladder: [[String]] = [
  ["CKernels", "CSystem", "CImageCodecs", "CJPEG", "CPNG", "COpenBLAS", "CZstd", "CNettle"],
  ["Kernels", "InputOutput", "JSON"],
  ["Tensors"],
  // Between the rungs: the file format that streams and checkpoints share, and what models compute.
  ["Safetensors", "Computation"],
  ["Streams", "Checkpoints", "Images", "Tokenizers"],
  ["CLIPVision", "Projection", "Vicuna", "Conversations", "InstructData", "Evaluation"],
  ["ToolSupport", "Training"],
  ["ModelSupport"],
]

private let systemModules: Set = ["Glibc", "Synchronization"]
/// Where options are declared, besides the tools.
private let argumentModules: Set = ["ToolSupport", "ModelSupport"]
private let trainers: Set = ["llava-train"]

struct LadderTests {
  let rungs: [String: Int]

  init() {
    var rungs: [String: Int] = [:]
    for (rung, modules) in ladder.enumerated() { for module in modules { rungs[module] = rung } }
    for tool in toolNames { rungs[tool] = ladder.count }
    self.rungs = rungs
  }

  @Test func everyFolderHasARung() {
    #expect(toolNames.count >= 6)
    for folder in Set(Project.sources.map(\.folder)).sorted() {
      #expect(rungs[folder] != nil, "Sources/\(folder) is on no rung of the ladder in this test")
    }
  }

  @Test func modulesImportLowerRungsOnly() {
    for file in Project.sources where file.isSwift {
      for name in imports(file) {
        #expect(mayImport(file.folder, name), "\(file.path) imports \(name)")
      }
    }
  }

  @Test func thePackageDeclaresLowerRungsOnly() {
    let text = Project.manifest.text
    let declared = text.matches(of: #/library\(\s*"(\w+)"((?:,\s*"\w+")*)/#)
    #expect(declared.count >= 12)
    for match in declared {
      for used in match.2.matches(of: #/"(\w+)"/#) {
        let (module, name) = (String(match.1), String(used.1))
        #expect(mayImport(module, name), "\(module) depends on \(name)")
      }
    }
  }

  @Test func forbiddenImportsAreSeen() {
    #expect(mayImport("ToolSupport", "ArgumentParser"))
    #expect(!mayImport("Streams", "ArgumentParser"))
    #expect(!mayImport("Streams", "Checkpoints"))
    #expect(!mayImport("Tensors", "Safetensors"))
    #expect(!mayImport("Images", "Foundation"))
    #expect(mayImport("clip-encode", "ToolSupport"))
  }

  /// Who only runs models does not carry the optimizer.
  @Test func inferenceDoesNotReachTraining() {
    var uses: [String: Set<String>] = [:]
    for file in Project.sources { uses[file.folder, default: []].formUnion(imports(file)) }
    for tool in toolNames where !trainers.contains(tool) {
      var reached: Set = [tool]
      var waiting = [tool]
      while let module = waiting.popLast() {
        for next in uses[module] ?? [] where reached.insert(next).inserted { waiting.append(next) }
      }
      #expect(!reached.contains("Training"), "\(tool) links Training")
    }
  }

  /// C modules are tested by the Swift modules over them, tools by CommandTests.
  @Test func everyModuleHasTests() {
    let tested = Set(Project.tests.filter { $0.code.contains("@Test") }.map(\.folder))
    let modules = Set(Project.sources.filter(\.isSwift).map(\.folder)).subtracting(toolNames)
    for module in modules.sorted() {
      #expect(tested.contains("\(module)Tests"), "Tests/\(module)Tests holds no test")
    }
    for folder in ["CommandTests", "DocsTests"] { #expect(tested.contains(folder), "\(folder)") }
  }

  private func mayImport(_ module: String, _ name: String) -> Bool {
    guard let rung = rungs[module] else { return false }
    if let other = rungs[name] { return other < rung }
    if name == "ArgumentParser" { return argumentModules.union(toolNames).contains(module) }
    return systemModules.contains(name)
  }

  private func imports(_ file: SourceFile) -> [String] {
    let pattern =
      #/(?m)^\s*(?:@\w+\s+|public\s+|internal\s+|private\s+)*import\s+(?:(?:struct|class|enum|protocol|func|let|var)\s+)?(\w+)/#
    return file.code.matches(of: pattern).map { String($0.1) }
  }
}

// Holds every module to its place in Package.swift: it imports what stands before it.
// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

/// The modules in the order of Package.swift, and the group of each.
struct Ladder {
  struct Step: Equatable {
    let module: String
    let group: String
  }

  let steps: [Step]

  /// Reads `cModule("X"`, `system("X"` and `group("G", ["X": ...])`, then the tools.
  init(manifest: String, tools: [String]) {
    let ladder = manifest.matches(
      of: #/(?m)^  (?:cModule|system)\("(?<c>\w+)"|^  "(?<group>\w+)",$|^    "(?<module>\w+)": \[/#)
    var steps: [Step] = []
    var group = "C"
    for match in ladder {
      if let name = match.group { group = String(name) }
      if let name = match.c ?? match.module {
        steps.append(Step(module: String(name), group: group))
      }
    }
    self.steps = steps + tools.map { Step(module: $0, group: "Tools") }
  }

  func group(of module: String) -> String? { steps.first { $0.module == module }?.group }

  /// Whether `module` stands after `other`; two tools never use each other.
  func isAbove(_ module: String, _ other: String) -> Bool {
    guard let upper = steps.firstIndex(where: { $0.module == module }),
      let lower = steps.firstIndex(where: { $0.module == other })
    else { return false }
    return lower < upper && steps[lower].group != "Tools"
  }
}

private let systemModules: Set = ["Glibc", "Synchronization"]
private let trainers: Set = ["llava-train"]
private let groups = ["C", "Base", "Compute", "Formats", "Models", "Support", "Tools"]

struct LadderTests {
  let ladder = Ladder(manifest: Project.manifest.text, tools: toolNames)

  @Test func groupsStandInOrder() {
    var seen: [String] = []
    for step in ladder.steps where seen.last != step.group { seen.append(step.group) }
    #expect(seen == groups)
    #expect(toolNames.count >= 6 && ladder.steps.count >= 25)
  }

  @Test func everyFolderIsAStep() throws {
    let folders = Set(
      Project.files(in: "Sources").map { $0.split(separator: "/").dropLast().prefix(3) })
    for folder in folders {
      let parts = folder.map(String.init)
      try #require(parts.count == 3, "Sources/\(parts) holds files")
      #expect(ladder.group(of: parts[2]) == parts[1], "Package.swift has no such \(parts)")
    }
  }

  /// `swift build -c release` builds helpers too, and knows no modules that are open to tests.
  @Test func helpersSeeWhatModulesShow() {
    let helpers = Project.tests.filter { $0.isSwift && $0.path.hasPrefix("Tests/Helpers/") }
    #expect(helpers.count > 10)
    for file in helpers { #expect(file.lines(matching: /@testable/).isEmpty, "\(file.path)") }
  }

  @Test func modulesImportWhatStandsBeforeThem() {
    for file in Project.sources where file.isSwift {
      for name in imports(file) {
        #expect(mayImport(file.module, name), "\(file.path) imports \(name)")
      }
    }
  }

  @Test func modulesDeclareWhatStandsBeforeThem() {
    let declared = Project.manifest.text.matches(of: #/(?m)^    "(\w+)": \[([^\]]*)\]/#)
    #expect(declared.count >= 12)
    for match in declared {
      for used in match.2.matches(of: #/"(\w+)"/#) {
        let (module, name) = (String(match.1), String(used.1))
        #expect(mayImport(module, name), "\(module) depends on \(name)")
      }
    }
  }

  /// An import that is not declared links by chance only.
  @Test func modulesDeclareWhatTheyImport() {
    let declared = Project.manifest.text.matches(of: #/(?m)^    "(\w+)": \[([^\]]*)\]/#)
    for match in declared {
      let module = String(match.1)
      let uses = Set(match.2.matches(of: #/"(\w+)"/#).map { String($0.1) })
      for file in Project.sources where file.module == module {
        let missing = Set(imports(file)).subtracting(uses).subtracting(systemModules)
        #expect(missing.isEmpty, "\(file.path) imports \(missing), which it does not declare")
      }
    }
  }

  @Test func forbiddenImportsAreSeen() {
    #expect(mayImport("ToolSupport", "ArgumentParser"))
    #expect(!mayImport("Streams", "ArgumentParser"))
    #expect(!mayImport("Streams", "Checkpoints"))
    #expect(!mayImport("Tensors", "Safetensors"))
    #expect(!mayImport("Images", "Foundation"))
    #expect(!mayImport("clip-encode", "tensor-view"))
    #expect(mayImport("clip-encode", "ToolSupport"))
  }

  /// Who only runs models does not carry the optimizer.
  @Test func inferenceDoesNotReachTraining() {
    var uses: [String: Set<String>] = [:]
    for file in Project.sources { uses[file.module, default: []].formUnion(imports(file)) }
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
    let tested = Set(
      Project.tests.filter { $0.code.contains("@Test") }.map { "\($0.group)/\($0.module)" })
    for step in ladder.steps where step.group != "C" && step.group != "Tools" {
      let folder = "\(step.group)/\(step.module)Tests"
      #expect(tested.contains(folder), "Tests/\(folder) holds no test")
    }
    for folder in ["Tools/CommandTests", "Project/DocsTests"] {
      #expect(tested.contains(folder), "\(folder)")
    }
  }

  private func mayImport(_ module: String, _ name: String) -> Bool {
    if name == "ArgumentParser" {
      return ["Support", "Tools"].contains(ladder.group(of: module) ?? "")
    }
    return systemModules.contains(name) || ladder.isAbove(module, name)
  }

  private func imports(_ file: SourceFile) -> [String] {
    let pattern =
      #/(?m)^\s*(?:@\w+\s+|public\s+|internal\s+|private\s+)*import\s+(?:(?:struct|class|enum|protocol|func|let|var)\s+)?(\w+)/#
    return file.code.matches(of: pattern).map { String($0.1) }
  }
}

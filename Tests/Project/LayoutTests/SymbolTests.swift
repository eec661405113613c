// What our C modules export has a prefix, so that it meets no other library's names.
// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

private let prefixes = [
  "CKernels": "llava_", "CSystem": "llava_", "CImageCodecs": "codec_", "CLoadedCodecs": "loaded_",
  "CHTTP": "http_",
]
private let modules = prefixes.keys.sorted()

struct SymbolTests {
  /// Functions at the margin that are not static.
  @Test(arguments: modules)
  func sourcesDefinePrefixedNames(module: String) {
    let files = Project.sources.filter { $0.module == module && $0.path.hasSuffix(".c") }
    #expect(!files.isEmpty)
    for file in files {
      for name in exportedNames(file) { #expect(isPrefixed(name, module), "\(file.path): \(name)") }
    }
  }

  @Test func exportedNamesAreFound() {
    let text = """
      static int a(void) { return 1; }
      const char *b_c(int a) {
      }
      void llava_d(
          int a);

      """
    #expect(exportedNames(SourceFile(path: "a.c", text: text)) == ["b_c", "llava_d"])
  }

  @Test(
    .enabled(if: hasNm, "nm, or a build's folder of objects, is not there"), arguments: modules)
  func objectsExportPrefixedNames(module: String) throws {
    let folder = "\(Shell.toolsDirectory)/\(module).build"
    let names = try Shell.bash(
      "find '\(folder)' -name '*.o' -exec nm -g --defined-only --format=posix {} + "
        + "| sed -n 's/^\\([^ :]*\\) [A-Z] .*/\\1/p'"
    ).text.split(separator: "\n")
    try #require(!names.isEmpty, "no objects in \(folder)")
    for name in names { #expect(isPrefixed(String(name), module), "\(module) exports \(name)") }
  }

  private func isPrefixed(_ name: String, _ module: String) -> Bool {
    // Those of the C library's that memory.c replaces.
    let replaced = module == "CSystem" ? ["malloc", "calloc", "realloc", "posix_memalign"] : []
    return replaced.contains(name) || prefixes[module].map(name.hasPrefix) ?? false
  }

  private func exportedNames(_ file: SourceFile) -> [String] {
    let pattern = #/(?m)^(?!static\b|typedef\b|else\b)[a-z][\w \t*]*?[ *]([a-zA-Z_]\w*)\(/#
      .wordBoundaryKind(.simple)
    // A name in capitals is a macro that puts the prefix on.
    return file.code.matches(of: pattern).map { String($0.1) }
      .filter { name in name.contains { $0.isLowercase } }
  }
}

private let hasNm: Bool = {
  let folder = "\(Shell.toolsDirectory)/\(modules[0]).build"
  return (try? Shell.bash("command -v nm && test -d '\(folder)'").status) == 0
}()

// Holds files and functions small enough to be read in one go.
// SPDX-License-Identifier: Apache-2.0
import Testing

struct SizeTests {
  @Test func filesAreShort() {
    for file in Project.sources + Project.tests {
      let most = file.isSwift ? 300 : 400
      #expect(file.lineCount <= most, "\(file.path)")
    }
  }

  /// What a compiler leaves behind must not be committed with the sources.
  @Test func onlySourcesLieAmongTheSources() {
    let kinds = [".swift", ".c", ".h", ".modulemap"]
    for path in Project.files(in: "Sources") {
      #expect(kinds.contains { path.hasSuffix($0) }, "\(path)")
    }
  }

  @Test func theMainFileOfAToolIsShort() {
    let mains = Project.sources.filter {
      $0.code.contains("@main") || $0.path.hasSuffix("main.swift")
    }
    #expect(!mains.isEmpty)
    for file in mains { #expect(file.lineCount <= 150, "\(file.path)") }
  }

  /// We aim at 40 lines; a kernel in C may be longer.
  @Test func functionsAreShort() {
    for file in Project.sources {
      let most = file.isSwift ? 60 : 100
      for function in file.functions where function.length > most {
        Issue.record("\(file.path):\(function.line): \(function.length) lines, at most \(most)")
      }
    }
  }

  @Test func linesAreCountedInSwift() {
    let body = String(repeating: "    work(\"{\")  // }\n", count: 3)
    let text = """
      protocol P {
        func required(_ a: Int)
        init(b: Int)
      }
      struct S {
        func short() { self.init(); .init() }
        func long(
          _ closure: () -> Void = {}
        ) throws(E) -> [Int]
        where A == B {
      \(body)  }
      }

      """
    let file = SourceFile(path: "Sources/A/S.swift", text: text)
    #expect(file.functions == [.init(line: 6, length: 1), .init(line: 7, length: 8)])
  }

  @Test func linesAreCountedInC() {
    let text = """
      int declared(int a);
      static int f(int a,
                   int b) {
          char c = '{';
          return a; /* } */
      }
      struct s {
          int a;
      };

      """
    let file = SourceFile(path: "Sources/C/f.c", text: text)
    #expect(file.functions == [.init(line: 2, length: 5)])
  }
}

// Holds the manual pages against the tools.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

private let pages =
  ((try? FileManager.default.contentsOfDirectory(atPath: "\(packageRoot)/man")) ?? [])
  .filter { $0.contains(#/\.[157]$/#) }.sorted()

struct ManPageTests {
  @Test func everyToolHasAPage() {
    #expect(toolNames.count >= 6)
    for tool in toolNames { #expect(pages.contains("\(tool).1")) }
    for page in ["llava-stream.5", "llava.7"] { #expect(pages.contains(page)) }
  }

  @Test(arguments: toolNames)
  func sectionsStandInOrder(tool: String) throws {
    let sections = try ManPage("\(tool).1").sections
    #expect(sections.filter(ManPage.requiredSections.contains) == ManPage.requiredSections)
  }

  @Test(arguments: toolNames)
  func pageNamesEveryOptionAndNoOther(tool: String) throws {
    let (page, program) = (try ManPage("\(tool).1"), try ToolInfo(tool: tool))
    #expect(page.options.subtracting(program.options).sorted() == [], "the tool has no such option")
    #expect(program.options.subtracting(page.options).sorted() == [], "the page does not tell")
    let synopsis = page.lines(of: "SYNOPSIS").joined(separator: "\n")
    for operand in program.operands { #expect(synopsis.contains("Ar \(operand)")) }
  }

  @Test(arguments: toolNames)
  func pageTellsTheDefaults(tool: String) throws {
    let (page, program) = (try ManPage("\(tool).1"), try ToolInfo(tool: tool))
    #expect(page.defaults == program.defaults)
  }

  @Test(arguments: pages)
  func referencesLeadSomewhere(page: String) throws {
    for reference in try ManPage(page).references {
      let isOurs = toolNames.contains(reference.name) || reference.name.hasPrefix("llava")
      let file = "\(reference.name).\(reference.section)"
      #expect(!isOurs || pages.contains(file), "\(page) refers to \(file)")
    }
  }

  @Test(.enabled(if: has("mandoc"), "mandoc is not installed"), arguments: pages)
  func mandocFindsNoFault(page: String) throws {
    let result = try Shell.bash("mandoc -T lint -W warning man/\(page)", in: packageRoot)
    #expect(result.status == 0, "\(result.text)\(result.errors)")
  }

  /// groff takes a name such as Li for a macro, and what follows it is lost: with a warning only.
  @Test(.enabled(if: has("groff"), "groff is not installed"), arguments: pages)
  func groffFindsNoFault(page: String) throws {
    let source = try ManPage(page)
    // No bold, no colour: plain words.
    let result = try Shell.bash(
      "groff -ww -mandoc -Tutf8 -P-cbou man/\(page)", in: packageRoot)
    #expect(result.status == 0)
    #expect(result.errors == "")
    let lines = result.text.split(separator: "\n").map(String.init)
    for section in source.sections { #expect(lines.contains(section)) }
  }

  @Test func suitePageNamesEveryTool() throws {
    let names = try ManPage("llava.7").references.filter { $0.section == "1" }.map(\.name)
    for tool in toolNames { #expect(names.contains(tool)) }
  }

  @Test func pagesAreRead() {
    let page = ManPage(
      text: """
        .Sh NAME
        .Sh OPTIONS
        .Bl -tag -width Ds
        .It Fl o , Fl Fl output Ar file
        Write to
        .Ar file .
        .Bq default: out.txt
        .It Fl Fl level Ar level
        The level [default: 1].
        .Bl -tag
        .It Fl Fl nested
        .El
        .It Fl v
        More.
        .El
        .Sh EXAMPLES
        .Bd -literal
        tool -a \\e
          --b
        .Ed
        .Sh "SEE ALSO"
        .Xr other 1 ,
        .Xr format 5
        """)
    #expect(page.sections == ["NAME", "OPTIONS", "EXAMPLES", "SEE ALSO"])
    #expect(
      page.options.sorted() == [
        ToolOption(names: ["--level"], value: "level"),
        ToolOption(names: ["--output", "-o"], value: "file"), ToolOption(names: ["-v"], value: nil),
      ])
    #expect(page.defaults == ["--output": "out.txt", "--level": "1"])
    #expect(page.references.map(\.name) == ["other", "format"])
    #expect(page.examples == "tool -a \\\n  --b")
  }
}

private func has(_ program: String) -> Bool {
  (try? Shell.bash("command -v \(program)").status) == 0
}

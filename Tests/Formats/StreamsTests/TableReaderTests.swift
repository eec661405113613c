// Tables: cells come out as they were put in, a bad row spoils only itself, damage ends nothing else.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Streams
import TestSupport
import Testing

/// Every object as text behind its line, or the place and the code of its failure; last the failure
/// of the whole.
private func read(
  _ bytes: [UInt8], _ format: ObjectFormat, lineBytes: Int = 1000, imageKey: String? = nil,
  step: Int = .max
) -> [String] {
  var limits = StreamLimits()
  limits.lineBytes = lineBytes
  var found: [String] = []
  do throws(Failure) {
    let reader = try openObjects(
      MemorySource(bytes, step: step), format: format, limits: limits, imageKey: imageKey)
    while let line = try reader.next() {
      switch line.result {
      case .success(let object):
        found.append("\(line.number) \(JSONValue.object(object).serializedString)")
      case .failure(let failure):
        found.append("\(failure.place ?? "-") \(failure.code)")
      }
    }
  } catch {
    found.append("! \(error.place ?? "-") \(error.code)")
  }
  return found
}

private func csv(_ text: String, lineBytes: Int = 1000, imageKey: String? = nil) -> [String] {
  let bytes = Array(text.utf8)
  let whole = read(bytes, .csv, lineBytes: lineBytes, imageKey: imageKey)
  for step in [1, 2, 7] {
    #expect(whole == read(bytes, .csv, lineBytes: lineBytes, imageKey: imageKey, step: step))
  }
  return whole
}

/// The cells of the column `c` of one-column tables with the image in the other.
private func cells(_ text: String) -> [String?] {
  csv("image,c\n" + text).map { line in
    guard let start = line.firstIndex(of: "{"),
      let object = try? JSONValue(parsing: Array(line[start...].utf8)).object
    else { return "?" }
    return object["c"]?.string
  }
}

@Suite struct TableReaderTests {
  @Test func rowsAreObjects() {
    #expect(
      csv("image,label,n\na.jpg,a cat,1\nb.jpg,,\n") == [
        #"2 {"image":"a.jpg","label":"a cat","n":"1"}"#, #"3 {"image":"b.jpg"}"#,
      ])
    #expect(
      read(Array("image\tlabel\r\n\r\n \"a\t b, \r\nc\td".utf8), .tsv) == [
        #"3 {"image":" \"a","label":" b, "}"#, #"4 {"image":"c","label":"d"}"#,
      ])
    // Not even a first row; a first row alone; empty lines around it.
    #expect(csv("") == [] && csv("\n\r\n") == [] && csv("image,b") == [])
    #expect(csv("\n\nimage\n\na\n") == [#"5 {"image":"a"}"#])
    let marked: [UInt8] = [0xEF, 0xBB, 0xBF] + Array("image,b\na,c".utf8)
    #expect(read(marked, .csv) == [#"2 {"image":"a","b":"c"}"#])
    #expect(read(marked, .csv, step: 1) == read(marked, .csv))
    #expect(read(frame(marked), .csv) == read(marked, .csv))
    // A table of pandas has its index in a column without a name.
    #expect(csv(",image\n0,a\n1,b\n") == [#"2 {"image":"a"}"#, #"3 {"image":"b"}"#])
  }

  @Test func quotesHoldCommasLinesAndQuotes() {
    #expect(cells("a,\"x,y\"\n") == ["x,y"])
    #expect(cells("a,\"x\"\"y\"\"\"\n") == ["x\"y\""])
    #expect(cells("a,\"\"\"\"\n") == ["\""])
    #expect(cells("a,\"x\r\ny\n\"\nb,z") == ["x\r\ny\n", "z"])
    #expect(cells("a,\"\"\n") == [nil])
    #expect(cells("a,\"x\"\r\n\"b\",\"y\"\r") == ["x", "y"])
    // No quotes but at the beginning of a cell mean anything; blanks are part of a cell.
    #expect(cells("a,5\" disk\na, \"x\"\na,x\ry\n") == ["5\" disk", " \"x\"", "x\ry"])
    #expect(csv("\"image\",\"a \"\"b\"\"\"\nx,y") == [#"2 {"image":"x","a \"b\"":"y"}"#])
  }

  @Test func linesKeepTheirNumbers() {
    #expect(
      csv("image,b\r\n\"a\n\n\",1\r\n\r\nb\nc,2\n") == [
        #"2 {"image":"a\n\n","b":"1"}"#, "memory: line 6 table/cells", #"7 {"image":"c","b":"2"}"#,
      ])
  }

  @Test func aBadRowSpoilsOnlyItself() {
    #expect(
      csv("image,b\na\na,b,c\n\"x\"y,z\n\"u\n\" v,w\nq,r\n\"s\"\rt,u\nv,w") == [
        "memory: line 2 table/cells", "memory: line 3 table/cells",
        "memory: line 4: column 4 table/quotes", "memory: line 5: line 6: column 2 table/quotes",
        #"7 {"image":"q","b":"r"}"#, "memory: line 8: column 5 table/quotes",
        #"9 {"image":"v","b":"w"}"#,
      ])
    let latin = Array("image,b\na,caf".utf8) + [0xE9] + Array("\nc,d".utf8)
    for format in [ObjectFormat.csv, .tsv] {
      let bytes = format == .csv ? latin : latin.map { $0 == 0x2C ? 0x09 : $0 }
      #expect(
        read(bytes, format) == ["memory: line 2 text/utf8", #"3 {"image":"c","b":"d"}"#])
    }
    #expect(read(Array("image\tb\na\nc\td\n".utf8), .tsv).first == "memory: line 2 table/cells")
  }

  @Test func memoryIsBoundedByTheLongestRow() {
    let long = String(repeating: "x", count: 2000)
    let tabs = "image\tb\n\(long)\t1\na\t2\n"
    #expect(
      read(Array(tabs.utf8), .tsv) == ["memory: line 2 json/too-long", #"3 {"image":"a","b":"2"}"#])
    for row in [
      "\(long),1", "\"\(long)\",1", "\"\(long)\"x,1", String(repeating: ",", count: 2000),
    ] {
      #expect(
        csv("image,b\n\(row)\na,2\n") == [
          "memory: line 2 json/too-long", #"3 {"image":"a","b":"2"}"#,
        ])
    }
    // To the byte, and quotes that are never closed.
    #expect(csv("image,b\n12345,89", lineBytes: 8) == [#"2 {"image":"12345","b":"89"}"#])
    #expect(csv("image,b\n12345,890\n", lineBytes: 8) == ["memory: line 2 json/too-long"])
    #expect(
      csv("image,b\na,1\n\"\(long)") == [
        #"2 {"image":"a","b":"1"}"#, "! memory: line 3: column 1 table/quotes",
      ])
    #expect(csv("image,\"b\na,1") == ["! memory: line 1: column 7 table/quotes"])
    let wide = String(repeating: ",", count: 5000) + "image\n"
    #expect(read(Array(wide.utf8), .csv, lineBytes: 10_000) == ["! memory: line 1 table/columns"])
  }

  @Test func theImageIsInOneOfAFewColumns() {
    for name in ["path", "file", "file_name", "filename"] {
      #expect(
        csv("n,\(name)\n1,a\n2,\n") == [
          #"2 {"n":"1","\#(name)":"a","image":"a"}"#, #"3 {"n":"2"}"#,
        ])
    }
    #expect(csv("filename,path\na,b\n") == [#"2 {"filename":"a","path":"b","image":"b"}"#])
    #expect(csv("path,image\na,\n") == [#"2 {"path":"a"}"#])
    #expect(csv("images,path\na,b\n") == [#"2 {"images":"a","path":"b"}"#])
    #expect(csv("photo\na\n", imageKey: "photo") == [#"2 {"photo":"a","image":"a"}"#])
    #expect(csv("photo,image\na,b\n", imageKey: "photo") == [#"2 {"photo":"a","image":"b"}"#])
    for (text, key) in [("photo,b\n", nil), ("image,b\n", "photo"), (",\n", nil), ("Image\n", nil)]
    {
      #expect(csv(text, imageKey: key) == ["! memory: line 1 table/columns"])
    }
    #expect(csv("image,a,a\n") == ["! memory: line 1 table/columns"])
    // Two spellings of é are two names.
    #expect(csv("image,\u{E9},e\u{301}\n1,2,3").count == 1)
    #expect(csv("image,\"b\"x\n") == ["! memory: line 1: column 10 table/quotes"])
  }

  @Test func aRefusalNamesTheColumns() {
    func refusal(_ text: String) -> Failure? {
      do throws(Failure) {
        _ = try openObjects(MemorySource(Array(text.utf8)), format: .csv)
        return nil
      } catch { return error }
    }
    #expect(refusal("a,b\n")?.message.hasSuffix("found `a`, `b`") == true)
    #expect(refusal("a\u{1b}[2J\n")?.message.contains("\u{1b}") == false)
    #expect(refusal("image;b\n")?.remedy?.contains("commas") == true)
    let many = (0..<100).map { "c\($0)" + String(repeating: "x", count: 200) }
    let message = refusal(many.joined(separator: ","))?.message ?? ""
    #expect(message.hasSuffix("and 80 more") && message.utf8.count < 2000)
  }

  @Test func theEndingOfAFileTells() {
    for (path, format) in [
      ("a.csv", ObjectFormat.csv), ("b/A.CSV", .csv), ("a.tsv", .tsv), ("a.csv.zst", .csv),
      ("a.tsv.zst", .tsv), (".csv", .csv), ("csv", .auto), ("a.csvx", .auto), ("", .auto),
      ("a.csv.gz", .auto), ("a.txt", .auto),
    ] { #expect(ObjectFormat.auto.forFile(path) == format, "\(path)") }
    #expect(ObjectFormat.auto.forFile(nil) == .auto)
    #expect(ObjectFormat.paths.forFile("a.csv") == .paths)
  }

  @Test func whatIsNoTextIsRefused() {
    let picture = [UInt8]([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    for format in [ObjectFormat.csv, .tsv] {
      #expect(read(picture, format) == ["! memory text/binary"])
      #expect(read([0xFF, 0xFE, 0x69, 0], format) == ["! memory text/binary"])
      let zero = ["! memory: line 1 text/binary"]
      #expect(read(Array("image\0\na".utf8), format) == zero)
      #expect(read(Array("image\0\na".utf8), format, step: 1) == zero)
    }
  }
}

@Suite struct TableSweepTests {
  /// Cells of a table: texts with all that has a meaning in CSV.
  private func randomCell(_ random: inout SeededGenerator) -> String {
    let pieces = ["a", ",", "\"", "\n", "\r\n", "\t", " ", "é", "\"\"", "\r"]
    return (0..<Int.random(in: 0..<6, using: &random)).map { _ in
      pieces.randomElement(using: &random) ?? ""
    }.joined()
  }

  @Test func cellsComeOutAsTheyWerePutIn() {
    var random = SeededGenerator(seed: 7)
    for _ in 0..<300 {
      let rows = (0..<Int.random(in: 0..<5, using: &random)).map { _ in
        (0..<3).map { _ in randomCell(&random) }
      }
      let end = Bool.random(using: &random) ? "\r\n" : "\n"
      let lines = rows.map { row in
        row.map { cell in
          let needsQuotes = cell.unicodeScalars.contains { ",\"\r\n".unicodeScalars.contains($0) }
          return needsQuotes || Bool.random(using: &random)
            ? "\"" + replacing("\"", in: cell, with: "\"\"") + "\"" : cell
        }.joined(separator: ",") + end
      }
      let expected = rows.map { row in
        var object = JSONObject()
        for (name, cell) in zip(["image", "b", "c"], row) where !cell.isEmpty {
          object[name] = .string(cell)
        }
        return JSONValue.object(object).serializedString
      }
      let found = csv("image,b,c" + end + lines.joined())
      #expect(found.map { String($0[($0.firstIndex(of: "{") ?? $0.startIndex)...]) } == expected)
    }
  }

  @Test func anyBytesReadTheSameInPieces() {
    let alphabet: [UInt8] =
      Array("ab,,\"\"\n\n\r\t {".utf8) + [0, 0xFF, 0xEF, 0xBB, 0xBF, 0xC3, 0xA9]
    var random = SeededGenerator(seed: 11)
    for turn in 0..<amount(1500, soak: 200_000) {
      let header = turn % 3 == 0 ? [] : Array("image,b\n".utf8)
      let noise = (0..<Int.random(in: 0..<60, using: &random)).map { _ in
        turn % 7 == 0 && !header.isEmpty
          ? UInt8.random(in: 0...255, using: &random) : alphabet.randomElement(using: &random) ?? 0
      }
      let limit = Int.random(in: 1..<40, using: &random)
      for format in [ObjectFormat.csv, .tsv] {
        let whole = read(header + noise, format, lineBytes: limit)
        for step in [1, 3] {
          #expect(whole == read(header + noise, format, lineBytes: limit, step: step))
        }
      }
    }
  }
}

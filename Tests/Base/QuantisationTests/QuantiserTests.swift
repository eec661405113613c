// Rows in every format: threads, orders of rows, copies, and what is refused.
// SPDX-License-Identifier: Apache-2.0
import Quantisation
import Tensors
import TestSupport
import Testing
import Threads

@Suite struct QuantiserTests {
  @Test func everyFormatThatFilesGetIsWritten() {
    let names = Quantiser.formats.map(\.name)
    #expect(
      names == [
        "F32", "BF16", "F16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q4_K", "Q5_K", "Q6_K",
      ])
    #expect(Quantiser(.q2K) == nil && Quantiser(.q3K) == nil)
  }

  @Test(arguments: Quantiser.formats) func threadsChangeNoByte(format: WeightFormat) throws {
    let weight = try matrix(bellNumbers(11 * 256), columns: 256)
    let bytes = try encoded(weight, format)
    #expect(bytes.count == 11 * (try #require(format.byteCount(of: 256))))
    for threads in [2, 5] { #expect(try encoded(weight, format, threads: threads) == bytes) }
    // Nor does the piece that a row comes with.
    let pool = ThreadPool(width: 2)
    defer { pool.stop() }
    let quantiser = try #require(Quantiser(format))
    let parts = try [0..<1, 1..<6, 6..<11].flatMap { range in
      try quantiser.rows(range, of: weight, on: pool).withUnsafeBytes { Array($0) }
    }
    #expect(parts == bytes)
  }

  @Test(arguments: Quantiser.formats) func errorsAreThoseOfTheFormat(format: WeightFormat) throws {
    let numbers = bellNumbers(8 * 256)
    let found = try decoded(encoded(matrix(numbers, columns: 256), format), format, columns: 256)
    let size = squaredError(numbers, [Float](repeating: 0, count: numbers.count))
    let share = (squaredError(numbers, found) / size).squareRoot()
    let bounds: [WeightFormat: ClosedRange<Double>] = [
      .f32: 0...0, .f16: 0...0.0004, .bf16: 0.0005...0.003, .q80: 0.003...0.008,
      .q6K: 0.01...0.02, .q51: 0.02...0.04, .q50: 0.02...0.05, .q5K: 0.02...0.037,
      .q41: 0.05...0.085, .q40: 0.07...0.1, .q4K: 0.05...0.075,
    ]
    #expect(bounds[format]?.contains(share) == true, "\(share)")
  }

  /// Row i of the result is the row that stands there in llama.cpp's order, and turned back it is the
  /// matrix again.
  @Test(arguments: [WeightFormat.f32, .q80, .q4K]) func rowsAreTurned(format: WeightFormat) throws {
    let numbers = bellNumbers(12 * 256)
    let weight = try matrix(numbers, columns: 256)
    let order = RowOrder(pairsOfHeads: 6)
    let (plain, turned) = (
      try encoded(weight, format), try encoded(weight, format, order: order, threads: 2)
    )
    let rowBytes = plain.count / 12
    func row(_ bytes: [UInt8], _ index: Int) -> ArraySlice<UInt8> {
      bytes[index * rowBytes..<(index + 1) * rowBytes]
    }
    for stored in 0..<12 { #expect(row(turned, stored) == row(plain, order.row(ofStored: stored))) }
    let stored = try #require(
      Weight(rows: 12, columns: 256, format: format, rowOrder: order, storage: try storage(turned)))
    // Blocks that have the format already are copied, whatever the order they come in.
    #expect(try encoded(stored, format) == plain)
    #expect(try encoded(stored, format, order: order) == turned)
    #expect(try encoded(stored, .f32).count == 12 * 256 * 4)
  }

  @Test(arguments: Quantiser.formats) func whatIsNoNumberIsRefused(format: WeightFormat) throws {
    for value in [Float.nan, .infinity, -.infinity] {
      var numbers = bellNumbers(6 * 256)
      numbers[4 * 256 + 77] = value
      numbers[5 * 256] = .nan
      let weight = try matrix(numbers, columns: 256)
      for threads in [1, 3] {
        do {
          _ = try encoded(weight, format, threads: threads)
          Issue.record("\(value) was written")
        } catch let fault as Quantiser.Fault {
          #expect(fault.kind == .notFinite && (fault.row, fault.column) == (4, 77))
          #expect(fault.value == value || value.isNaN && fault.value.isNaN)
        }
      }
    }
  }

  @Test(arguments: Quantiser.formats) func whatIsTooLargeIsRefused(format: WeightFormat) throws {
    var numbers = bellNumbers(4 * 256)
    numbers[2 * 256 + 200] = 3.4e38
    let weight = try matrix(numbers, columns: 256)
    do {
      let bytes = try encoded(weight, format)
      #expect(format == .f32 && bytes.count == 4096)
    } catch let fault as Quantiser.Fault {
      #expect(fault.kind == .tooLarge && fault.row == 2 && fault.value == 3.4e38)
      #expect(fault.column == 200)
    }
    // 60000 has a place everywhere.
    numbers[2 * 256 + 200] = 60_000
    #expect(try encoded(matrix(numbers, columns: 256), format).count > 0)
  }

  @Test func halvesAreTheNearest() throws {
    let halves = (0..<UInt16(0x7C00)).map { Float(Float16(bitPattern: $0)) }
    let middles = zip(halves, halves.dropFirst()).map { ($0 + $1) / 2 }
    for values in [halves, middles, halves.map { -$0 }, middles.map { $0.nextUp }] {
      let bytes = try encoded(matrix(values, columns: values.count), .f16)
      #expect(
        bytes
          == values.flatMap { value in
            withUnsafeBytes(of: Float16(value).bitPattern.littleEndian) { Array($0) }
          })
    }
    // The first that would be rounded to infinity.
    #expect(throws: Quantiser.Fault.self) { try encoded(matrix([65520], columns: 1), .f16) }
    #expect(try encoded(matrix([65519.996], columns: 1), .f16) == [0xFF, 0x7B])
  }
}

// The table of a GGUF file's tensors, and the rule that they cover the data exactly.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Tensors

/// A tensor as the file describes it, checked.
public struct GGUFTensor: Sendable {
  public let name: String
  public let format: WeightFormat
  /// Row-major: the last size is that of a row, which the file lists first.
  public let shape: [Int]
  /// Where the bytes lie in the file.
  public let byteRange: Range<Int>
}

extension GGUFTensor {
  /// ggml's limit on names and dimensions.
  static let nameLimit = 64
  private static let rankLimit = 4
  /// Bytes of the shortest description of a tensor.
  static let smallestDescription = 8 + 1 + 4 + 8 + 4 + 8

  /// A description; where in the data the tensor begins is not yet checked against the file.
  struct Description {
    let name: String
    let format: WeightFormat
    let shape: [Int]
    let byteCount: Int
    let offset: Int

    /// Reads the next description. Throws codes `gguf/…`.
    init(_ reader: inout GGUFReader, alignment: Int) throws(Failure) {
      name = try reader.name("a tensor's name", limit: GGUFTensor.nameLimit)
      let place = "tensor \(name)"
      let rank = try reader.next(UInt32.self)
      guard (1...UInt32(GGUFTensor.rankLimit)).contains(rank) else {
        throw Self.fault("shape", place, "expected 1 to 4 dimensions, found \(rank)")
      }
      var sizes: [Int] = []
      for _ in 0..<rank { sizes.append(try reader.size("a dimension")) }
      guard !sizes.contains(0) else {
        throw Self.fault("shape", place, "expected dimensions of 1 or more, found \(sizes)")
      }
      let number = try reader.next(UInt32.self)
      guard let format = GGUFTensor.formats[number] else {
        throw GGUFTensor.unknown(number, place)
      }
      guard let row = format.byteCount(of: sizes[0]) else {
        throw Self.fault(
          "shape", place,
          "expected rows of whole blocks of \(format.blockElements), as \(format.name) has, found"
            + " rows of \(sizes[0])")
      }
      guard checkedProduct(sizes) != nil, let byteCount = checkedProduct([row] + sizes.dropFirst())
      else { throw Self.fault("shape", place, "the shape \(sizes) is too large") }
      offset = try reader.size("an offset")
      guard offset % alignment == 0 else {
        throw Self.fault(
          "offset", place, "expected an offset in steps of \(alignment), found \(offset)")
      }
      (self.format, self.byteCount, shape) = (format, byteCount, sizes.reversed())
    }

    private static func fault(_ code: String, _ place: String, _ message: String) -> Failure {
      Failure(
        .invalidInput, code: "gguf/\(code)", at: place, message,
        remedy: "fetch the file again, or take another edition")
    }
  }

  /// Formats by ggml's numbers (reference: `enum ggml_type` of ggml.h).
  static let formats: [UInt32: WeightFormat] = [
    0: .f32, 1: .f16, 2: .q40, 3: .q41, 6: .q50, 7: .q51, 8: .q80, 10: .q2K, 11: .q3K,
    12: .q4K, 13: .q5K, 14: .q6K, 30: .bf16,
  ]

  /// Those that are known and not read.
  private static let others: [UInt32: String] = [
    4: "Q4_2", 5: "Q4_3", 9: "Q8_1", 15: "Q8_K", 16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS",
    19: "IQ1_S", 20: "IQ4_NL", 21: "IQ3_S", 22: "IQ2_S", 23: "IQ4_XS", 24: "I8", 25: "I16",
    26: "I32", 27: "I64", 28: "F64", 29: "IQ1_M", 31: "Q4_0_4_4", 32: "Q4_0_4_8", 33: "Q4_0_8_8",
    34: "TQ1_0", 35: "TQ2_0", 39: "MXFP4",
  ]

  private static func unknown(_ number: UInt32, _ place: String) -> Failure {
    let name = others[number] ?? "type \(number)"
    return Failure(
      .mismatch, code: "gguf/format", at: place,
      "expected F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0 or Q2_K to Q6_K, found \(name)",
      remedy: "take an edition of the model in one of these")
  }

  /// The tensors at their places: one after the other from `start`, each at the next multiple of
  /// `alignment`, until the end of the file, whatever their order in the table.
  static func placed(
    _ descriptions: [Description], from start: Int, alignment: Int, fileSize: Int
  ) throws(Failure) -> [GGUFTensor] {
    var tensors: [GGUFTensor] = []
    tensors.reserveCapacity(descriptions.count)
    var end = start
    for tensor in descriptions.sorted(by: { $0.offset < $1.offset }) {
      let place = "tensor \(tensor.name)"
      guard let begin = padded(end, to: alignment), checkedSum(start, tensor.offset) == begin,
        let next = checkedSum(begin, tensor.byteCount)
      else {
        throw Failure(
          .invalidInput, code: "gguf/layout", at: place,
          "expected the tensor where the one before it ends, byte \(end - start) of the data, found"
            + " it at byte \(tensor.offset)", remedy: "fetch the file again")
      }
      guard next <= fileSize else {
        throw Failure(
          .invalidInput, code: "gguf/cut", at: place,
          "the tensor ends at byte \(next), the file at byte \(fileSize)",
          remedy: "the file is cut short: fetch it again", kind: .cut)
      }
      tensors.append(
        GGUFTensor(
          name: tensor.name, format: tensor.format, shape: tensor.shape, byteRange: begin..<next))
      end = next
    }
    // Writers pad the last tensor or do not.
    guard fileSize <= padded(end, to: alignment) ?? end else {
      throw Failure(
        .invalidInput, code: "gguf/trailing", at: "byte \(end)",
        "expected the end of the file after the last tensor, found \(fileSize - end) bytes more",
        remedy: "fetch the file again")
    }
    return tensors
  }

  /// `position` or the next multiple of `alignment`.
  static func padded(_ position: Int, to alignment: Int) -> Int? {
    checkedSum(position, alignment - 1).map { $0 / alignment * alignment }
  }
}

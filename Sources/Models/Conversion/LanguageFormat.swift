// The formats of a language model as a whole, and which format each of its tensors has then.
// SPDX-License-Identifier: Apache-2.0
import Tensors

/// The formats for the matrices of a language model, by llama.cpp's names (reference:
/// `llama_tensor_get_type_impl` of llama.cpp's src/llama-quant.cpp).
public enum LanguageFormat: String, CaseIterable, Sendable {
  case f32 = "F32"
  case f16 = "F16"
  case bf16 = "BF16"
  case q80 = "Q8_0"
  case q6K = "Q6_K"
  case q5KM = "Q5_K_M"
  case q5KS = "Q5_K_S"
  case q5K = "Q5_K"
  case q51 = "Q5_1"
  case q50 = "Q5_0"
  case q4KM = "Q4_K_M"
  case q4KS = "Q4_K_S"
  case q4K = "Q4_K"
  case q41 = "Q4_1"
  case q40 = "Q4_0"

  /// That of most matrices.
  public var base: WeightFormat {
    switch self {
    case .f32: .f32
    case .f16: .f16
    case .bf16: .bf16
    case .q80: .q80
    case .q6K: .q6K
    case .q5KM, .q5KS, .q5K: .q5K
    case .q51: .q51
    case .q50: .q50
    case .q4KM, .q4KS, .q4K: .q4K
    case .q41: .q41
    case .q40: .q40
    }
  }

  /// Whether scales are chosen by a search, so that importance matters.
  public var usesImportance: Bool { base.isQuantised && base != .q80 }

  /// llama.cpp's number of it, `general.file_type` (reference: `enum llama_ftype` of llama.h).
  var fileType: Int {
    switch self {
    case .f32: 0
    case .f16: 1
    case .bf16: 32
    case .q80: 7
    case .q6K: 18
    case .q5KM: 17
    case .q5KS, .q5K: 16
    case .q51: 9
    case .q50: 8
    case .q4KM: 15
    case .q4KS, .q4K: 14
    case .q41: 3
    case .q40: 2
    }
  }

  /// The format of the matrix that GGUF files call `name`, with rows of `columns`, in a model of
  /// `layers`. `isOutput`: it is the output layer, maybe as the embedding too.
  func format(of name: String, columns: Int, layers: Int, isOutput: Bool) -> WeightFormat {
    Self.fitting(wanted(name, layers: layers, isOutput: isOutput), columns: columns)
  }

  /// Regardless of rows that are no whole blocks.
  func wanted(_ name: String, layers: Int, isOutput: Bool) -> WeightFormat {
    guard base.isQuantised else { return base }
    if isOutput { return base == .q80 ? .q80 : .q6K }
    let words = name.split(separator: ".")
    guard words.count == 4, let layer = Int(words[1]) else { return base }
    let isValue = words[2] == "attn_v"
    guard isValue || words[2] == "ffn_down" else { return base }
    switch self {
    case .q4KM, .q5KM: return Self.getsMoreBits(layer, of: layers) ? .q6K : base
    case .q4KS: return layer < (isValue ? 4 : layers / 8) ? .q5K : base
    default: return base
    }
  }

  /// The first and the last eighth, and every third layer between.
  private static func getsMoreBits(_ layer: Int, of layers: Int) -> Bool {
    layer < layers / 8 || layer >= 7 * layers / 8 || (layer - layers / 8) % 3 == 2
  }

  /// `format`, or what llama.cpp takes where rows of `columns` are no whole blocks of it.
  static func fitting(_ format: WeightFormat, columns: Int) -> WeightFormat {
    let others: [WeightFormat: WeightFormat] = [.q4K: .q50, .q5K: .q51, .q6K: .q80]
    for candidate in [format, others[format] ?? .f16] where columns % candidate.blockElements == 0 {
      return candidate
    }
    return .f16
  }
}

/// The formats for the matrices of a vision tower and a projector.
public enum VisionFormat: String, CaseIterable, Sendable {
  case f32 = "F32"
  case f16 = "F16"
  case bf16 = "BF16"
  case q80 = "Q8_0"

  /// The one that goes with a language model's: the same, or 8 bits where that has fewer.
  public init(beside format: LanguageFormat) {
    self = VisionFormat(rawValue: format.rawValue) ?? .q80
  }

  /// The language model's of the same name.
  private var alike: LanguageFormat {
    switch self {
    case .f32: .f32
    case .f16: .f16
    case .bf16: .bf16
    case .q80: .q80
    }
  }

  public var base: WeightFormat { alike.base }
  var fileType: Int { alike.fileType }

  /// The format of the tensor that GGUF files call `name`. llama.cpp reads positions in F32 alone, and
  /// patches' weights in F32 or F16.
  func format(of name: String, shape: [Int]) -> WeightFormat {
    guard shape.count > 1, name != "v.position_embd.weight" else { return .f32 }
    if name == "v.patch_embd.weight" { return self == .f16 || self == .q80 ? .f16 : .f32 }
    return LanguageFormat.fitting(base, columns: shape[shape.count - 1])
  }
}

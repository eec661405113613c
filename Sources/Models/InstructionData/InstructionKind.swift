// The kinds of instruction data that LLaVA was trained on.
// SPDX-License-Identifier: Apache-2.0

/// The kind of request to the teacher; the raw value is the `type` of the records.
public enum InstructionKind: String, CaseIterable, Sendable {
  /// Several questions and answers, from the captions alone.
  case conversation
  /// A detailed description; the question comes from a list.
  case detail
  /// One question that requires reasoning, and its answer.
  case complex
  /// A question for a short description, answered by a caption of the image: stage 1.
  case brief

  /// Whether requests tell where things are (the paper's section 4: conversations do not need it).
  public var showsBoxes: Bool { self == .detail || self == .complex }
}

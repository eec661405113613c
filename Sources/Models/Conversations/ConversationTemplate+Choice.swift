// Which template it is: a model's, told by its name or by its own chat template, or a record's.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON

extension ConversationTemplate {
  /// The template of the model called `name` on a hub, a path's last part say; capitals do not
  /// matter. Throws `usage/template-for` with the families that are known.
  public static func forModel(named name: String) throws(Failure) -> ConversationTemplate {
    let parts = name.utf8.split(separator: UInt8(ascii: "/"))
    let last = parts.last.map(Array.init) ?? []
    let bytes = last.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    let family = families.first { family in
      family.marks.allSatisfy { contains(bytes, $0) }
    }
    if let key = family?.key, let template = named(key) { return template }
    let known = families.filter { $0.key != nil }.map(\.example)
    let fault =
      family.map {
        "the template of \(escapedForTerminal(name)), of \($0.example), is not built yet"
      }
      ?? "no family is known for the name \(escapedForTerminal(name))"
    throw Failure(
      .usage, code: "usage/template-for", at: "--template-for",
      "\(fault); known: \(known.joined(separator: ", "))", remedy: "choose one with --template")
  }

  /// The template that a record names in its member `template`; nil where it names none. Throws
  /// `record/template` where that is no key of the catalogue.
  public static func named(by record: JSONObject) throws(Failure) -> ConversationTemplate? {
    guard let member = record["template"], member != .null else { return nil }
    if let template = member.string.flatMap({ named($0) }) { return template }
    let found = member.string.map { "'\(escapedForTerminal($0.prefix(bytes: 64)))'" }
    throw Failure(
      .invalidInput, code: "record/template",
      "expected `template` to be one of \(catalogue.map(\.key).joined(separator: ", ")), found"
        + " \(found ?? "no text")", remedy: "without it the record has the template of all")
  }

  /// The template that a checkpoint's own chat template, the text of a program in Jinja, writes. It
  /// is recognised by what it contains and never run; nil where that is nothing we know.
  public static func recognised(inChatTemplate text: String) -> ConversationTemplate? {
    let bytes = Array(text.utf8)
    let format = chatFormats.first { format in
      format.marks.allSatisfy { contains(bytes, $0) }
        && !format.absent.contains { contains(bytes, $0) }
    }
    return format.flatMap { $0.key }.flatMap { named($0) }
  }

  private static func contains(_ bytes: [UInt8], _ text: String) -> Bool {
    let text = Array(text.utf8)
    return bytes.indices.contains { bytes[$0...].starts(with: text) }
  }

  /// Names by what they contain, the first that fits; no key where the template is not built yet.
  private static let families: [(marks: [String], key: String?, example: String)] = [
    (["joycaption"], nil, "JoyCaption (Llama 3)"),
    (["llava", "llama-3"], nil, "LLaVA with Llama 3"),
    (["llava", "llama3"], nil, "LLaVA with Llama 3"),
    (["llava", "phi-"], nil, "LLaVA with Phi"),
    (["llava", "onevision"], nil, "LLaVA-OneVision (Qwen2)"),
    (["llava", "qwen"], nil, "LLaVA with Qwen"),
    (["llava", "next-72b"], nil, "LLaVA-NeXT with Qwen"),
    (["llava", "next-110b"], nil, "LLaVA-NeXT with Qwen"),
    (["llava", "gemma"], nil, "LLaVA with Gemma"),
    (["tinyllava"], nil, "TinyLLaVA"),
    (["bakllava"], "vicuna_v1", "bakLlava-v1-hf"),
    (["vip-llava"], "vicuna_v1", "vip-llava-7b-hf"),
    (["llava", "mistral"], "mistral_instruct", "llava-v1.6-mistral-7b-hf"),
    (["llava", "34b"], "chatml_direct", "llava-v1.6-34b-hf"),
    (["llava", "llama-2"], "llava_llama_2", "llava-llama-2-13b-chat"),
    (["llava", "mpt"], "mpt", "LLaVA-Lightning-MPT-7B"),
    (["llava", "1.5"], "vicuna_v1", "llava-1.5-7b-hf"),
    (["llava", "v1"], "vicuna_v1", "llava-v1.6-vicuna-7b-hf"),
    (["llava", "v0"], "llava_v0", "LLaVA-13b-delta-v0"),
    (["sharegpt4v"], "vicuna_v1", "ShareGPT4V-7B"),
    (["mobilevlm"], "vicuna_v1", "MobileVLM-1.7B"),
    (["vicuna"], "vicuna_v1", "vicuna-7b-v1.5"),
  ]

  /// Chat templates by what they contain and what they do not, the first that fits.
  private static let chatFormats: [(marks: [String], absent: [String], key: String?)] = [
    (["<|start_header_id|>"], [], nil),
    (["<|im_start|>", "Answer the questions."], [], "chatml_direct"),
    // Yi's of LLaVA 1.6 places a single image on a line of its own; Qwen's do not, or name videos.
    (["<|im_start|>", #"<image>\n"#], ["video", "You are a helpful"], "chatml_direct"),
    (["<|im_start|>"], [], nil),
    (["[INST]", "<<SYS>>", "You are a helpful, respectful and honest"], [], "llama_2"),
    (["[INST]", "<<SYS>>"], [], "llava_llama_2"),
    (["[INST]"], [], "mistral_instruct"),
    (["###Human", "###"], [], "llava_v0"),
    (["role'].upper() + ': '", "ASSISTANT:"], ["###"], "vicuna_v1"),
    (["USER:", "ASSISTANT:"], ["###"], "vicuna_v1"),
  ]
}

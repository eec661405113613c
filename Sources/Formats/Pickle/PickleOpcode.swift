// The opcodes that state dicts use, and the names of those that are refused.
// SPDX-License-Identifier: Apache-2.0

/// An instruction of the pickle machine, protocol 2 (reference: CPython's Lib/pickletools.py). These
/// 31 are all that `torch.save` writes for a dictionary of tensors.
enum PickleOpcode: UInt8, CaseIterable {
  case setProtocol = 0x80
  case stop = 0x2e
  case mark = 0x28
  case none = 0x4e
  case newTrue = 0x88
  case newFalse = 0x89
  case integer4 = 0x4a
  case integer1 = 0x4b
  case integer2 = 0x4d
  case long1 = 0x8a
  case float = 0x47
  case text = 0x58
  case emptyTuple = 0x29
  case tuple = 0x74
  case tuple1 = 0x85
  case tuple2 = 0x86
  case tuple3 = 0x87
  case emptyList = 0x5d
  case append = 0x61
  case appends = 0x65
  case emptyDictionary = 0x7d
  case setItem = 0x73
  case setItems = 0x75
  case put1 = 0x71
  case put4 = 0x72
  case get1 = 0x68
  case get4 = 0x6a
  case global = 0x63
  case persistent = 0x51
  case reduce = 0x52
  case build = 0x62

  /// What an opcode that is not among them is called, for the message that refuses it.
  static func name(of byte: UInt8) -> String {
    let names: [UInt8: String] = [
      0x93: "STACK_GLOBAL", 0x69: "INST", 0x6f: "OBJ", 0x81: "NEWOBJ", 0x92: "NEWOBJ_EX",
      0x82: "EXT1", 0x83: "EXT2", 0x84: "EXT4", 0x50: "PERSID", 0x95: "FRAME", 0x94: "MEMOIZE",
      0x32: "DUP", 0x30: "POP", 0x31: "POP_MARK", 0x8b: "LONG4", 0x42: "BINBYTES",
      0x43: "SHORT_BINBYTES", 0x8e: "BINBYTES8", 0x96: "BYTEARRAY8", 0x54: "BINSTRING",
      0x55: "SHORT_BINSTRING", 0x8c: "SHORT_BINUNICODE", 0x8d: "BINUNICODE8", 0x49: "INT",
      0x4c: "LONG", 0x46: "FLOAT", 0x53: "STRING", 0x56: "UNICODE", 0x6c: "LIST", 0x64: "DICT",
      0x67: "GET", 0x70: "PUT", 0x8f: "EMPTY_SET", 0x90: "ADDITEMS", 0x91: "FROZENSET",
    ]
    return names[byte] ?? "number \(byte)"
  }
}

// The values that options of caption-filter take by name.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CaptionFiltering
import Streams

/// How the records are written.
enum CaptionFormat: String, ExpressibleByArgument, CaseIterable {
  case auto, jsonl, array, tsv

  /// What the reader of objects calls it: lines of text are a table here.
  var objects: ObjectFormat {
    switch self {
    case .auto: .auto
    case .jsonl: .jsonl
    case .array: .array
    case .tsv: .paths
    }
  }
}

extension PhraseKey: ExpressibleByArgument {}
extension CapCounting: ExpressibleByArgument {}

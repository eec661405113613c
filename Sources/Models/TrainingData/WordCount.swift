// The length of a record as LLaVA's sampler counts it.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import JSON
import Records

/// The number of words, parted by white space, in all turns of `conversations`; negative where the
/// record has no image. 0 where nothing is said. The placeholder `<image>` counts as a word.
///
/// The reference is `modality_lengths` in LLaVA's `llava/train/train.py`. Throws `record/image`
/// where the images are no paths.
public func wordCount(of record: JSONObject) throws(Failure) -> Int {
  let hasImages = try !Record.imagePaths(of: record).isEmpty
  let turns = record["conversations"]?.array ?? []
  let words = turns.reduce(0) { $0 + wordCount(of: $1.object?["value"]?.string ?? "") }
  return hasImages ? words : -words
}

/// Words by the rule of Python's `str.split`.
func wordCount(of text: String) -> Int {
  var words = 0
  var isInside = false
  for scalar in text.unicodeScalars {
    let isSpace =
      scalar.isASCII
      ? scalar == " " || (0x09...0x0D).contains(scalar.value)
        || (0x1C...0x1F).contains(scalar.value)
      : scalar.properties.isWhitespace
    if !isSpace, !isInside { words += 1 }
    isInside = !isSpace
  }
  return words
}

// How texts begin, byte by byte.
// SPDX-License-Identifier: Apache-2.0

/// Whether `text` begins with the bytes of `beginning`.
func begins(_ text: String, with beginning: String) -> Bool {
  text.utf8.starts(with: beginning.utf8)
}

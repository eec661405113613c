// The counts in the end record over all records before it.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// Running counts of one stream, the same for its writer and its reader.
struct StreamCounts {
  /// The sequence number of the next record.
  var sequence = 0
  var skipped = 0
  var bytes = 0
  /// Of all bytes; nil where not all of them are read.
  private(set) var digest: SHA256?

  init(hashes: Bool = true) { digest = hashes ? SHA256() : nil }

  /// Data and skip records.
  var records: Int { sequence - 1 }

  mutating func add(_ image: RecordImage, isSkip: Bool = false) {
    image.prefix.withUnsafeBytes { prefix in
      add([prefix, UnsafeRawBufferPointer(image.data.bytes)], isSkip: isSkip)
    }
  }

  /// Counts one record whose bytes are `parts`.
  mutating func add(_ parts: [UnsafeRawBufferPointer], isSkip: Bool) {
    for part in parts { digest?.update(part) }
    add(byteCount: parts.reduce(0) { $0 + $1.count }, isSkip: isSkip)
  }

  /// Counts one record that is not hashed.
  mutating func add(byteCount: Int, isSkip: Bool) {
    // Wrapping takes a stream of 8 EiB.
    bytes &+= byteCount
    sequence += 1
    if isSkip { skipped += 1 }
  }

  /// Throws `stream/sequence` unless `metadata` is of the next record.
  func checkSequence(_ metadata: RecordMetadata) throws(Failure) {
    guard metadata.sequence == sequence else {
      throw RecordMetadata.fault(
        "sequence", "expected sequence number \(sequence), found \(metadata.sequence)")
    }
  }

  /// Throws `stream/count` or `stream/hash` unless the end record says the same.
  func check(_ end: RecordMetadata) throws(Failure) {
    for (key, counted) in [("ts.records", records), ("ts.skipped", skipped), ("ts.bytes", bytes)] {
      let said = try end.integer(key)
      guard said == counted else {
        throw RecordMetadata.fault(
          "count", "the end record says \(key) \(said), the stream has \(counted)")
      }
    }
    if let digest { try Self.check(digest, end) }
  }

  /// Throws `stream/hash` where the end record names another digest.
  static func check(_ digest: SHA256, _ end: RecordMetadata) throws(Failure) {
    if let said = end["ts.sha256"], said != digest.hexadecimal() {
      throw RecordMetadata.fault("hash", "the stream is not the one whose SHA-256 its end names")
    }
  }
}

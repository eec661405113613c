// How much of an untrusted stream a reader takes before it refuses.
// SPDX-License-Identifier: Apache-2.0
import Safetensors

/// Limits of the readers; the defaults are those of llava-stream(5).
public struct StreamLimits: Sendable {
  /// The most bytes of one tensor record, uncompressed. Raised by `--max-record`.
  public var recordBytes = 1 << 30
  /// The most bytes of one line of JSONL or one element of an array. Raised by `--max-line`.
  public var lineBytes = 16 << 20
  /// What to do about a line above it.
  public var lineRemedy = "raise --max-line"
  /// The largest zstd window: a decoder needs that much memory.
  public var windowBytes = 8 << 20
  /// The most bytes of one skippable frame.
  public var skippableBytes = 16 << 20
  /// Refuse frames without a checksum instead of warning once.
  public var requireChecksums = false

  public init() {}
}

/// The most bytes of a record's `json`, and of any metadata value.
public let largestMetadataValue = 256 << 10
/// The most bytes of a record's `id`.
public let longestIdentifier = 1024
/// The most tensors of a record.
public let largestTensorCount = SafetensorsRules.stream.tensors

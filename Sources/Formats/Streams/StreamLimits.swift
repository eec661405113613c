// The limits beyond which a reader refuses an untrusted stream.
// SPDX-License-Identifier: Apache-2.0
import Safetensors

/// Limits of the readers; the defaults are those of llava-stream(5).
public struct StreamLimits: Sendable {
  /// The largest tensor record in bytes, uncompressed. Raised by `--max-record`.
  public var recordBytes = 1 << 30
  /// The largest line of JSONL or element of an array, in bytes. Raised by `--max-line`.
  public var lineBytes = 16 << 20
  /// What to do about a line above it.
  public var lineRemedy = "raise --max-line"
  /// The largest zstd window: a decoder needs that much memory.
  public var windowBytes = 8 << 20
  /// The largest skippable frame, in bytes.
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

// Small streams for the tests, and ways to read a stream to its end.
// SPDX-License-Identifier: Apache-2.0
import CZstd
import InputOutput
import JSON
import Streams
import Tensors

let sampleHeader = StreamHeader(
  content: "clip-features",
  schema: StreamSchema([
    StreamSchema.Field("features", .bf16, [nil, 4]), StreamSchema.Field("image_rows", .i32, [nil]),
  ]), producer: "test/1", config: #"{"side":336}"#)

/// Record `index` of a sample: two rows of features.
func sampleTensors(_ index: Int) throws -> [(name: String, tensor: Tensor)] {
  let bytes = (0..<16).map { UInt8(truncatingIfNeeded: $0 * 7 + index) }
  let features = try bytes.withUnsafeBytes { try Tensor(.bf16, shape: [2, 4], copying: $0) }
  return [("image_rows", try Tensor([Int32(2)], shape: [1])), ("features", features)]
}

/// Header, `records` data records, one skip record in the middle, end.
func sampleStream(records: Int = 3, level: Int = 1, hash: Bool = true) throws -> [UInt8] {
  let sink = MemorySink()
  let writer = try TensorStreamWriter(sink, header: sampleHeader, level: level, hash: hash)
  for index in 0..<records {
    if index == records / 2 {
      try writer.skip(id: "broken.jpg", json: nil, code: "image/truncated", message: "cut")
    }
    try writer.write(
      id: "photo \(index).jpg", json: ["id": .int(index)], tensors: try sampleTensors(index))
  }
  try writer.finish()
  return sink.bytes
}

/// Everything that a stream says, as text that two streams of the same meaning share; or the code
/// of the failure with what was delivered before it.
struct ReadResult: Equatable {
  var header = ""
  var records: [String] = []
  var failure: Failure?
}

func readStream(
  _ source: any ByteSource, limits: StreamLimits = StreamLimits(),
  warn: @escaping (String) -> Void = { _ in }
) -> ReadResult {
  var result = ReadResult()
  do throws(Failure) {
    let reader = try TensorStreamReader(source, limits: limits, warn: warn)
    let header = reader.header
    result.header =
      "\(header.content) \(header.schema.json.serializedString) \(header.producer) "
      + "\(header.config ?? "") \(header.metadata)"
    while let record = try reader.next() { result.records.append(describe(record)) }
  } catch {
    result.failure = error
  }
  return result
}

func readStream(_ bytes: [UInt8], step: Int = .max) -> ReadResult {
  readStream(MemorySource(bytes, step: step))
}

func describe(_ record: StreamRecord) -> String {
  switch record {
  case .data(let record):
    let json = record.json.map { JSONValue.object($0).serializedString } ?? "-"
    let tensors = record.tensors.map { name, tensor in
      "\(name) \(tensor.elementType) \(tensor.shape) \(tensor.withUnsafeBytes { Array($0) })"
    }
    return "\(record.sequence) \(record.id) \(json) \(tensors) \(record.metadata)"
  case .skip(let record):
    let json = record.json.map { JSONValue.object($0).serializedString } ?? "-"
    return "\(record.sequence) \(record.id) \(json) \(record.code) \(record.message)"
  }
}

/// One zstd frame of `bytes`.
func frame(_ bytes: [UInt8], level: Int32 = 1, checksum: Bool = true) -> [UInt8] {
  let context = ZSTD_createCCtx()
  defer { ZSTD_freeCCtx(context) }
  ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level)
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, checksum ? 1 : 0)
  var output = [UInt8](repeating: 0, count: ZSTD_compressBound(bytes.count))
  let count = ZSTD_compress2(context, &output, output.count, bytes, bytes.count)
  return Array(output[..<count])
}

/// The frames of `bytes`, one by one.
func split(_ bytes: [UInt8]) -> [[UInt8]] {
  var frames: [[UInt8]] = []
  var rest = bytes[...]
  while !rest.isEmpty {
    let count = rest.withUnsafeBytes { ZSTD_findFrameCompressedSize($0.baseAddress, $0.count) }
    guard count > 0, count <= rest.count else { return frames }
    frames.append(Array(rest.prefix(count)))
    rest = rest.dropFirst(count)
  }
  return frames
}

/// All frames of `bytes` decompressed.
func decompressed(_ bytes: [UInt8]) -> [UInt8] {
  split(bytes).flatMap { frame -> [UInt8] in
    let size = ZSTD_getFrameContentSize(frame, frame.count)
    // A skippable frame has no content.
    guard frame[0] == 0x28, size < 1 << 30 else { return [] }
    var output = [UInt8](repeating: 0, count: Int(size))
    _ = ZSTD_decompress(&output, output.count, frame, frame.count)
    return output
  }
}

/// A skippable frame.
func skippable(_ payload: [UInt8], kind: UInt8 = 0x50, claim: UInt32? = nil) -> [UInt8] {
  let size = claim ?? UInt32(payload.count)
  let length = (0..<4).map { UInt8(truncatingIfNeeded: size >> (8 * $0)) }
  return [kind, 0x2A, 0x4D, 0x18] + length + payload
}

/// One record as others might write it: `json` is the safetensors header, padded here.
func record(_ json: String, data: [UInt8] = []) -> [UInt8] {
  var text = Array(json.utf8)
  text += [UInt8](repeating: 0x20, count: (8 - text.count % 8) % 8)
  return (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) } + text + data
}

// What is fuzzed: every reader of bytes that may come from anywhere.
// SPDX-License-Identifier: Apache-2.0
import COCO
import Checkpoints
import GGUF
import Images
import InputOutput
import JSON
import Pickle
import Preprocessing
import Records
import Safetensors
import SandboxedImages
import Streams
import Tensors
import Tokenizers

/// A reader that takes any bytes. Each has a folder of that name in `Tests/Fuzz/corpus`.
public enum FuzzTarget: String, CaseIterable, Sendable {
  case json, safetensors, stream, records, tar, image, sandboxed, tokenizer, config, coco
  case zip, pickle, gguf, manifest

  /// Reads `bytes`. A fault is what ends the process, a broken promise too; every failure that is
  /// thrown is the right answer.
  public func read(_ bytes: [UInt8]) {
    switch self {
    case .json: readJSON(bytes)
    case .safetensors: readSafetensors(bytes)
    case .stream: readStream(bytes)
    case .records: for format in Self.formats { _ = try? readRecords(bytes, format) }
    case .tar: _ = try? readTar(bytes)
    case .image: readImage(bytes)
    case .sandboxed: _ = try? readSandboxed(bytes)
    case .tokenizer: _ = try? readTokenizer(bytes)
    case .config: readConfig(bytes)
    case .coco:
      _ = try? COCODataSet(captions: MemorySource(bytes), instances: nil, limit: 1 << 24)
      _ = try? COCODataSet(
        captions: MemorySource(bytes), instances: MemorySource(bytes), limit: 1 << 24)
    case .zip, .pickle: bytes.withUnsafeBytes { _ = try? parseAnything($0) }
    case .gguf: readGGUF(bytes)
    case .manifest:
      FuzzBench.write(bytes, to: FuzzBench.manifest)
      _ = try? ModelDirectory.open(model: "ollama:model:latest").languageCheckpoint()
    }
  }

  /// What is written is read as the same value.
  private func readJSON(_ bytes: [UInt8]) {
    guard let value = try? JSONValue(parsing: bytes) else { return }
    let again = try? JSONValue(parsing: value.serialized())
    precondition(again == value, "written, it is read as another value")
  }

  private func readSafetensors(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { bytes in
      for rules in [SafetensorsRules.checkpoint, .stream] {
        guard let (header, start) = try? SafetensorsHeader.parse(file: bytes, rules: rules) else {
          continue
        }
        for entry in header.entries {
          let end = start.addingReportingOverflow(entry.byteRange.upperBound)
          precondition(
            !end.overflow && end.partialValue <= bytes.count, "a tensor outside the file")
        }
      }
    }
  }

  /// However the bytes come in, the same records come out.
  private func readStream(_ bytes: [UInt8]) {
    func answer(step: Int) -> String {
      var (limits, count) = (StreamLimits(), 0)
      limits.recordBytes = 1 << 24
      do throws(Failure) {
        let reader = try TensorStreamReader(MemorySource(bytes, step: step), limits: limits)
        while let record = try reader.next() {
          count += 1
          _ = record.record(of: "fuzz").name
          // The shapes that tools ask of a header before they ask for images.
          if case .data(let data) = record, data["features"]?.shape.count == 2,
            data["image_rows"]?.elementType == .i32
          {
            _ = data.images(of: "features")
          }
        }
        return "\(count) records"
      } catch {
        return "\(count) records and a failure"
      }
    }
    precondition(answer(step: .max) == answer(step: 7), "read in pieces, it is another stream")
  }

  private static let formats: [ObjectFormat] = [.auto, .csv, .tsv, .paths0, .array]

  private func readRecords(_ bytes: [UInt8], _ format: ObjectFormat) throws(Failure) {
    let reader = try openObjects(MemorySource(bytes), format: format)
    try readAll(reader)
  }

  private func readTar(_ bytes: [UInt8]) throws(Failure) {
    FuzzBench.write(bytes, to: FuzzBench.file)
    let file = try RegularFile(path: FuzzBench.file)
    try readAll(TarSampleReader(file, limits: StreamLimits()) { _ in })
  }

  private func readAll(_ reader: any ObjectReader) throws(Failure) {
    while let line = try reader.next() {
      let record = line.record
      for path in (try? record.imagePaths()) ?? [] { _ = try? DataURL(path)?.bytes(limit: 1 << 20) }
      _ = (record.name, record.unnamedImage, SkipMark(of: record.object))
    }
  }

  private func readImage(_ bytes: [UInt8]) {
    var options = DecodeOptions()
    (options.maxPixels, options.sandboxProgram) = (1 << 20, "/dev/null")
    _ = try? ImageDecoder.decode(bytes, options: options)
    (options.padsTruncated, options.isLenient) = (true, true)
    _ = try? ImageDecoder.decode(bytes, options: options)
  }

  /// Our own decoders only: the libraries of the others have fuzzers of their own.
  private func readSandboxed(_ bytes: [UInt8]) throws(Failure) {
    guard bytes.starts(with: Array("BM".utf8)) || bytes.starts(with: Array("GIF8".utf8)) else {
      return
    }
    var options = DecodeOptions()
    options.maxPixels = 1 << 20
    let file = try ImageFile(bytes, options: options)
    _ = try SandboxedDecoder(for: file)?.decode(bytes, options: options)
  }

  private func readTokenizer(_ bytes: [UInt8]) throws(Failure) {
    FuzzBench.write(bytes, to: FuzzBench.file)
    let tokenizer = try Tokenizer.load(path: FuzzBench.file)
    for text in ["", " a  cat's <s> é\u{301} 猫\n\u{0}"] + tokenizer.specialNames.prefix(8) {
      var decoder = StreamingDecoder(tokenizer)
      let tokens = tokenizer.encode(text)
      _ = try? tokenizer.encode(segments: [.text(text)])
      for token in tokens { _ = decoder.append(token) }
      _ = decoder.finish()
    }
    _ = tokenizer.fastFile()
  }

  private func readConfig(_ bytes: [UInt8]) {
    guard let object = (try? JSONValue(parsing: bytes))?.object else { return }
    _ = try? ModelConfig(object, place: "config.json")
    _ = try? PreprocessorSettings(object, place: "preprocessor_config.json").check()
  }

  /// Asks for every value and decodes every tensor.
  private func readGGUF(_ bytes: [UInt8]) {
    func lookAtAll(of file: GGUFFile) throws {
      for key in file.keys {
        let value = file[key]
        _ = (value?.integers, value?.numbers, value?.texts, value?.flag, value?.floats)
      }
      for tensor in file.tensors { _ = try file.weight(tensor)?.decoded() }
    }
    let path = FuzzBench.file
    FuzzBench.write(bytes, to: path)
    _ = try? lookAtAll(of: GGUFFile(path: path))
    _ = try? Tokenizer.load(path: path)
    _ = try? ModelDirectory.open(model: path).languageCheckpoint()
    _ = try? ModelDirectory.open(model: nil, projector: path).projectorCheckpoint()
  }
}

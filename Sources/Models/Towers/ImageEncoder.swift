// From image files to features: loads on all threads, then encodes together.
// SPDX-License-Identifier: Apache-2.0
import Archives
import Checkpoints
import Images
import InputOutput
import Operations
import Records
import Tensors
import Threads

/// Reads and preprocesses image files, within a memory budget shared by all images in progress.
public struct ImageLoader: Sendable {
  public let preprocessor: Preprocessor
  public let options: DecodeOptions
  /// Shared by all copies.
  public let budget: DecodeBudget
  private let files: RecordFiles
  /// The stand-ins of images inside records, shared by all copies.
  public let standIns = StandIns()

  /// `root`: paths are confined to this directory; nil allows any path.
  public init(
    preprocessor: Preprocessor, options: DecodeOptions, root: FileRoot?,
    budget: DecodeBudget = DecodeBudget()
  ) {
    self.preprocessor = preprocessor
    self.options = options
    files = RecordFiles(root: root)
    self.budget = budget
  }

  /// The preprocessed image at `path`, which may lead into a tar archive, or in it where it
  /// is a data: URL: U8 [side, side, 3].
  /// Throws codes `path/…`, `file/…` and `image/…` for faults of the image; `io/…` and
  /// `memory/exhausted` for faults of the system.
  public func pixels(_ path: String) throws(Failure) -> Tensor {
    let share = DecodeBudget.Share(of: budget)
    defer { share.end() }
    let url = DataURL(path)
    do {
      let bytes =
        if let url {
          try url.bytes(limit: largestImageFile) { share.beginReading($0) }
        } else {
          try files.read(path, limit: largestImageFile) { share.beginReading($0) }
        }
      if let url { standIns.add(url, of: bytes) }
      let file = try ImageFile(bytes, options: options)
      share.beginDecoding(file.workingBytes)
      return try preprocessor.pixels(of: file.decode())
    } catch {
      throw error.place == nil ? error.at(url.map(standIns.text) ?? path) : error
    }
  }
}

/// Encodes image files in groups, remembering the last group: neighbours often share an image.
public final class ImageEncoder {
  private let tower: VisionTower
  private let loader: ImageLoader
  private let operations: any Operations
  private let pool: ThreadPool
  private let batch: Int
  /// Seconds in which images were read, decoded and preprocessed.
  public private(set) var secondsOfReading = 0.0
  /// By the bytes of the path: equal strings may be spelled differently, as files are not.
  private var known: [[UInt8]: Result<Tensor, Failure>] = [:]

  /// At most `batch` images are encoded together; `pool` decodes them.
  public init(
    tower: VisionTower, loader: ImageLoader, operations: any Operations, pool: ThreadPool,
    batch: Int
  ) {
    self.tower = tower
    self.loader = loader
    self.operations = operations
    self.pool = pool
    self.batch = max(1, batch)
  }

  /// Features [rowsPerImage, width] F32 of each path, or why there are none, in their order.
  public func features(_ paths: [String]) throws -> [Result<Tensor, Failure>] {
    let keys = paths.map { Array($0.utf8) }
    let wanted = Set(keys)
    var results = known.filter { wanted.contains($0.key) }
    var seen = Set(results.keys)
    let new = zip(keys, paths).filter { seen.insert($0.0).inserted }.map(\.1)
    let start = monotonicSeconds()
    let pixels = loadInParallel(new, loader: loader, pool: pool)
    secondsOfReading += monotonicSeconds() - start
    var ready: [(path: String, pixels: Tensor)] = []
    for (path, result) in zip(new, pixels) {
      switch result {
      case .success(let tensor): ready.append((path, tensor))
      case .failure(let failure): results[Array(path.utf8)] = .failure(failure)
      }
    }
    for start in stride(from: 0, to: ready.count, by: batch) {
      let group = ready[start..<min(ready.count, start + batch)]
      let features = try encode(group.map(\.pixels))
      for (path, rows) in zip(group.map(\.path), features) {
        results[Array(path.utf8)] = .success(rows)
      }
    }
    known = results
    return keys.map {
      results[$0] ?? .failure(Failure(.internalError, code: "image/lost", "not encoded"))
    }
  }

  private func encode(_ pixels: [Tensor]) throws -> [Tensor] {
    let features = try tower(tower.input(pixels, by: loader.preprocessor))
    return pixels.indices.map {
      features.rows($0 * tower.rowsPerImage..<($0 + 1) * tower.rowsPerImage)
    }
  }
}

/// Loads every path on the threads of `pool`; the results are in the order of the paths.
public func loadInParallel(
  _ paths: [String], loader: ImageLoader, pool: ThreadPool
) -> [Result<Tensor, Failure>] {
  var results = [Result<Tensor, Failure>?](repeating: nil, count: paths.count)
  results.withUnsafeMutableBufferPointer { results in
    nonisolated(unsafe) let slots = results  // each task writes its own slot
    pool.run(paths.count) { index, _ in
      slots[index] = Result { () throws(Failure) in try loader.pixels(paths[index]) }
    }
  }
  return results.map { $0 ?? .failure(Failure(.internalError, code: "image/lost", "not loaded")) }
}

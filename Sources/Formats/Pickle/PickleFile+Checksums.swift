// The checksums of a PyTorch file's records, of all or of those that are about to be read.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Tensors

extension PickleFile {
  /// Reads the whole file; throws `zip/checksum` unless every record is as it was written.
  public func verifyChecksums() throws(Failure) {
    do throws(Failure) {
      for record in archive.records { try ZipArchive.verify(record, in: file.bytes) }
    } catch {
      throw error.at(path)
    }
  }

  /// Reads the record that holds the tensor called `name`, once for all the tensors in it; throws
  /// `zip/checksum` unless it is as it was written.
  public func verifyChecksum(of name: String) throws(Failure) {
    guard let placed = views[name],
      let number = archive.recordNumber(at: placed.byteOffset),
      verified.withLock({ $0.insert(number).inserted })
    else { return }
    do throws(Failure) {
      try ZipArchive.verify(archive.records[number], in: file.bytes)
    } catch {
      throw error.at(path)
    }
  }
}

extension ZipArchive {
  /// The number of the record whose bytes hold byte `offset` of the file; of an empty one, nil.
  func recordNumber(at offset: Int) -> Int? {
    var (low, high) = (0, records.count)
    while low < high {
      let middle = (low + high) / 2
      if records[middle].range.upperBound <= offset { low = middle + 1 } else { high = middle }
    }
    return low < records.count && records[low].range.contains(offset) ? low : nil
  }
}

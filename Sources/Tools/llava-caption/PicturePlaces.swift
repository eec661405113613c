// Which of the names that paths stand for are pictures of their own, for a pipeline of the shell.
// SPDX-License-Identifier: Apache-2.0
import Captioning
import InputOutput

/// The paths of a command line, without those that bring no picture that none before has brought.
struct PicturePlaces {
  struct Place {
    /// As commands take it: none looks like an option.
    let path: String
    let isDirectory: Bool
    /// Names in the directory of pictures that have another name before.
    let others: [String]
  }

  private(set) var places: [Place] = []
  /// How many pictures there are in all.
  let count: Int

  /// Throws what `PictureSearch.find` throws.
  init(_ paths: [String], _ search: PictureSearch) throws(Failure) {
    var known = DistinctPictures()
    for path in paths {
      // Neither find nor convo-format shall take it for an option.
      let path = path.utf8.first == UInt8(ascii: "-") ? "./" + path : path
      var own = DistinctPictures()
      try search.find(in: [FilePath(path)], &own) { _ in }
      let others = own.pictures.filter { !known.add($0).isNew } + own.others.map(\.name)
      if !own.pictures.isEmpty, own.pictures.count + own.others.count == others.count { continue }
      places.append(
        Place(
          path: path, isDirectory: FilePath(path).isDirectory, others: others.compactMap(\.text)))
    }
    count = known.pictures.count
  }
}

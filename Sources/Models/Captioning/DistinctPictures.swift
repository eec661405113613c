// Which names are names of one picture.
// SPDX-License-Identifier: Apache-2.0
import InputOutput

/// Pictures in the order in which they were first named, each once: another spelling of its path, a link
/// to it, and another name of the same file are no other picture.
public struct DistinctPictures {
  public private(set) var pictures: [FilePath] = []
  /// Other names of pictures that were met, each with the name that came first.
  public private(set) var others: [(name: FilePath, picture: FilePath)] = []
  private var indices: [FilePlace: Int] = [:]
  private var names: Set<FilePath> = []

  public init() {}

  /// The index of `picture`, and whether it is new.
  public mutating func add(_ picture: FilePath) -> (index: Int, isNew: Bool) {
    let place = picture.place
    let isNewName = names.insert(picture).inserted
    if let index = indices[place] {
      if isNewName { others.append((picture, pictures[index])) }
      return (index, false)
    }
    indices[place] = pictures.count
    pictures.append(picture)
    return (pictures.count - 1, true)
  }
}

// Colours of pictures.
// SPDX-License-Identifier: Apache-2.0

/// Red, green, blue.
struct Color: Equatable {
  var red: UInt8
  var green: UInt8
  var blue: UInt8

  init(red: UInt8, green: UInt8, blue: UInt8) {
    (self.red, self.green, self.blue) = (red, green, blue)
  }

  /// Three numbers of 0...255.
  init(rgb: ArraySlice<Double>) {
    let bytes = rgb.map { UInt8(min(255, max(0, $0))) }
    self.init(red: bytes[0], green: bytes[1], blue: bytes[2])
  }

  /// From dark blue over green to yellow as `heat` goes from 0 to 1: also readable without colour,
  /// because it gets steadily lighter.
  init(heat: Double) {
    let stops: [[Double]] = [
      [68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37],
    ]
    let position = min(max(heat, 0), 1) * Double(stops.count - 1)
    let index = min(Int(position), stops.count - 2)
    let share = position - Double(index)
    let mixed = zip(stops[index], stops[index + 1]).map { $0 + ($1 - $0) * share }
    self.init(rgb: mixed[...])
  }

  /// `#rrggbb`.
  var hexadecimal: String {
    "#" + [red, green, blue].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}

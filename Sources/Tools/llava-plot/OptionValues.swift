// What the options of llava-plot accept.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Charts
import InputOutput

enum PictureFormat: String, ExpressibleByArgument, CaseIterable {
  case svg, png

  /// By the end of the name of a file.
  init?(ending path: String) {
    guard let found = Self.allCases.first(where: { path.ends(withBytesOf: ".\($0.rawValue)") })
    else { return nil }
    self = found
  }
}

/// What an axis across counts.
enum Across: String, ExpressibleByArgument, CaseIterable {
  case step, records, tokens

  var label: String {
    switch self {
    case .step: "step"
    case .records: "records trained on"
    case .tokens: "positions trained on"
    }
  }
}

enum PanelKind: String, CaseIterable {
  case loss
  case heldOut = "held-out"
  case accuracy, rate, norm
}

/// Names of panels, with commas between.
struct PanelList: ExpressibleByArgument {
  let panels: [PanelKind]

  init?(argument: String) {
    var panels: [PanelKind] = []
    for name in argument.split(atByte: UInt8(ascii: ",")) {
      guard let panel = PanelKind(rawValue: name), !panels.contains(panel) else { return nil }
      panels.append(panel)
    }
    self.panels = panels
  }
}

/// Width and height of an SVG; a PNG has twice as many pixels each way.
struct PictureSize: ExpressibleByArgument {
  let width: Int
  let height: Int

  init?(argument: String) {
    let parts = argument.split(atByte: UInt8(ascii: "x")).map { Int($0) }
    guard parts.count == 2, let width = parts[0], let height = parts[1],
      (Figure.leastWidth...4000).contains(width), (100...8000).contains(height)
    else { return nil }
    (self.width, self.height) = (width, height)
  }
}

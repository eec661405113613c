// Charts: axes, what is drawn, and that both kinds of file are what they say.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@testable import Charts

@Suite struct ChartTests {
  @Test func probe() throws {
    let a = (1...500).map { Chart.Point(x: Double($0), y: 100000 / Double($0)) }
    let b = (1...300).map { Chart.Point(x: Double($0), y: min(500, 100000 / Double($0))) }
    let chart = Chart(title: "Noun phrases & <captions>", x: .init("unique noun phrases, most frequent first", .logarithmic), y: .init("captions with the phrase", .logarithmic), series: [.init("before: 500 phrases", a), .init("after: 300 phrases", b)])
    try chart.drawing().svg().write(toFile: "/tmp/wt/filter/a.svg", atomically: true, encoding: .utf8)
    try Data(chart.drawing().png()).write(to: URL(fileURLWithPath: "/tmp/wt/filter/a.png"))
    var l = Chart(title: "ABCDEFGHIJKLMNOPQRSTUVWXYZ 0123456789", x: .init("step abcdefghijklmnopqrstuvwxyz"), y: .init("loss !\"#$%&'()*+,-./:;<=>?@[]^_`{|}~"), series: [])
    for k in 0..<6 { l.series.append(.init("run \(k)", (0...200).map { .init(x: Double($0), y: 1 + Double(k) / 5 + exp(-Double($0) / 50) ) })) }
    try l.drawing().svg().write(toFile: "/tmp/wt/filter/b.svg", atomically: true, encoding: .utf8)
    try Data(l.drawing().png()).write(to: URL(fileURLWithPath: "/tmp/wt/filter/b.png"))
  }
}

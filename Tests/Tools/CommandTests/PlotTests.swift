// llava-plot on logs of every kind, and llava-train's events beside its log.
// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@Suite struct PlotTests {
  private static func log(_ steps: Int, _ loss: (Int) -> String = { "\(1.0 + 4.0 / Double($0))" })
    -> String
  {
    (1...steps).map { step in
      #"{"step":\#(step),"loss":\#(loss(step)),"grad_norm":1.5,"lr":1e-5,"tokens":10,"ids":["a"]}"#
    }.joined(separator: "\n") + "\n"
  }

  private static func prepare() throws -> TemporaryDirectory {
    let directory = try TemporaryDirectory()
    try directory.write(log(60), to: "a.jsonl")
    try directory.write(
      log(30) + #"{"step":30,"eval_loss":2.5,"eval_accuracy":0.5}"# + "\n", to: "b.jsonl")
    try directory.write(log(1), to: "one.jsonl")
    try directory.write("", to: "empty.jsonl")
    try directory.write(log(9) { $0 == 5 ? "null" : "2" }, to: "gap.jsonl")
    try directory.write(
      log(8) { ["1e308", "-1e308", "1e999", "5e-324"][$0 % 4] }, to: "huge.jsonl")
    try directory.write("not json\n{\"step\":1,\"loss\":NaN}\n{}\n" + log(3), to: "bad.jsonl")
    try directory.write(
      String(repeating: "[", count: 100_000) + "\n" + log(3), to: "deep.jsonl")
    try directory.write([0, 1, 2, 3, 0xFF], to: "binary")
    return directory
  }

  @Test func picturesAreDrawn() throws {
    let result = try Workbench.run(
      """
      set -e
      llava-plot a.jsonl b.jsonl -o both.svg -v 2>&1
      llava-plot a.jsonl b.jsonl --format svg > again.svg; cmp both.svg again.svg
      for text in '>a<' '>b<' 'held-out loss' 'held-out accuracy' 'learning rate' 'gradient norm' \\
        '>step<' 'half-life 5 steps' 'ring: lowest'; do grep -q "$text" both.svg || echo "no $text"; done
      llava-plot < one.jsonl > one.svg; grep -q '>stdin<' one.svg
      llava-plot one.jsonl --panels loss --size 400x300 -o one.png
      od -An -tx1 -N 8 one.png; od -An -tx1 -j 16 -N 8 one.png
      llava-plot gap.jsonl --smooth 0 --panels loss --title 'A & B' --name x -o gap.svg
      grep -q 'A &amp; B' gap.svg
      grep -c '<polyline[^>]*stroke="#103e78"' gap.svg
      llava-plot a.jsonl --x tokens --log-y -o tokens.svg
      grep -q 'positions trained on' tokens.svg; grep -q '>600<' tokens.svg
      ls -A | grep -c '^\\.' || true
      """, in: try Self.prepare())
    #expect(result.status == 0, "\(result.errors)")
    #expect(
      result.text == """
        llava-plot: a: 60 steps to 60, last loss 1.0667
        llava-plot: b: 30 steps to 30, last loss 1.1333, lowest held-out loss 2.5 at step 30
        llava-plot: 91 done, 0 skipped
         89 50 4e 47 0d 0a 1a 0a
         00 00 03 20 00 00 02 58
        2
        0

        """)
  }

  @Test(
    arguments: [
      (0, "", "huge.jsonl -o out.png"),
      (0, "2 values of zero or less left out", "huge.jsonl --log-y -o out.svg"),
      (1, "3 done, 3 skipped", "bad.jsonl -o out.svg"),
      (1, "3 done, 1 skipped", "deep.jsonl -o out.svg"),
      (1, "json/too-long", "--errors json --max-line 5000 deep.jsonl -o out.svg"),
      (3, "line 1", "bad.jsonl --strict -o out.svg"),
      (3, "of 2 records skipped", "bad.jsonl --max-skips 1 -o out.svg"),
      (3, "binary data", "binary -o out.svg"),
      (3, "found no step", "empty.jsonl -o out.svg"),
      (0, "empty.jsonl has no step: left out", "empty.jsonl a.jsonl -o out.svg"),
      (3, "expected numbers for held-out, found none", "a.jsonl --panels held-out -o out.svg"),
      (4, "missing.jsonl", "a.jsonl missing.jsonl -o out.svg"),
      (4, "nowhere/out.svg", "a.jsonl -o nowhere/out.svg"),
      (2, "must end in .svg or .png", "a.jsonl -o out.pdf"),
      (2, "--format says svg", "a.jsonl -o out.png --format svg"),
      (2, "expected some of loss, held-out, accuracy", "a.jsonl --panels loss,loss -o out.svg"),
      (2, "--smooth must be 0 to 1e12", "a.jsonl --smooth nan -o out.svg"),
      (2, "expected a height of at least", "a.jsonl --size 400x200 -o out.svg"),
      (2, "expected width and height such as", "a.jsonl --size 1e9x5 -o out.svg"),
      (2, "a log for each --name", "a.jsonl --name x --name y -o out.svg"),
      (2, "- is named twice", "- - -o out.svg"),
    ] as [(Int32, String, String)])
  func everyEndIsAsItShould(status: Int32, message: String, arguments: String) throws {
    let directory = try Self.prepare()
    let result = try Workbench.run(
      "llava-plot \(arguments) < /dev/null; status=$?; ls -A | grep -c out; exit $status",
      in: directory)
    #expect(result.status == status, "\(result.errors)")
    #expect(message.isEmpty || result.errors.contains(message), "\(result.errors)")
    #expect(result.errors.isEmpty == (message.isEmpty))
    #expect(result.text == (status < 2 ? "1\n" : "0\n"))
  }

  /// A file of another kind has as many faults as lines.
  @Test func theFirstFaultsOfALogAreTold() throws {
    let directory = try Self.prepare()
    let result = try Workbench.run(
      """
      (cat a.jsonl; seq 1 12) > mixed.jsonl; (cat a.jsonl; seq 1 5) > five.jsonl
      llava-plot mixed.jsonl -o out.svg 2> errors; echo $?; grep -c ': skipped$' errors; tail -n 3 errors
      llava-plot five.jsonl -o out.svg 2> errors; grep -c 'more line' errors
      """, in: directory)
    #expect(
      result.text.hasPrefix("1\n5\n") && result.text.hasSuffix("\n0\n"), "\(result.text)")
    #expect(result.text.contains("warning: mixed.jsonl: 7 more lines skipped\n"), "\(result.text)")
    #expect(result.text.contains(" done, 12 skipped\n"), "\(result.text)")
  }

  @Test func aLogIsNotReplacedByItsPicture() throws {
    let result = try Workbench.run(
      "cp a.jsonl a.svg; llava-plot a.svg -o a.svg; status=$?; cmp a.svg a.jsonl; exit $status",
      in: try Self.prepare())
    #expect(result.status == 2 && result.errors.contains("would replace this input"))
  }

  @Test func manyRunsAndManySteps() throws {
    let directory = try Self.prepare()
    try directory.write(Self.log(20_000) { "\(2 + $0 % 7)" }, to: "long.jsonl")
    let result = try Workbench.run(
      """
      for run in $(seq 300); do cp one.jsonl run$run.jsonl; done
      llava-plot run*.jsonl -o many.svg || exit
      grep -o 'and [0-9]* more' many.svg | grep -c .
      llava-plot long.jsonl --panels loss -o long.svg
      test $(wc -c < long.svg) -lt 200000 && echo small
      """, in: directory)
    #expect(result.text == "1\nsmall\n", "\(result.errors)")
  }
}

// tensor-view and tensor-diff as users run them: statuses, messages, bad descriptors, bad streams.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Streams
import Tensors
import TestSupport
import Testing

private func stream(_ rows: [[Float]], content: String = "clip-features") throws -> [UInt8] {
  let sink = MemorySink()
  let schema = StreamSchema([StreamSchema.Field("features", .f32, [nil, 2])])
  let writer = try TensorStreamWriter(
    sink, header: StreamHeader(content: content, schema: schema, producer: "test/1"))
  for (index, row) in rows.enumerated() {
    let tensor = try Tensor(row, shape: [row.count / 2, 2])
    try writer.write(id: "r\(index)", json: nil, tensors: [("features", tensor)])
  }
  try writer.finish()
  return sink.bytes
}

/// A directory with streams `a`, `near` (0.01 off in one element), `other`, `short`.
private func streams() throws -> TemporaryDirectory {
  let directory = try TemporaryDirectory()
  try directory.write(stream([[1, 2, 3, 4], [5, 6]]), to: "a")
  try directory.write(stream([[1, 2, 3, 4.01], [5, 6]]), to: "near")
  try directory.write(stream([[1, 2, 3, 4], [5, 6]], content: "projected"), to: "other")
  try directory.write(stream([[1, 2, 3, 4]]), to: "short")
  try directory.write(Array(stream([[1, 2, 3, 4], [5, 6]]).dropLast(9)), to: "cut")
  return directory
}

@Test(
  arguments: [
    ("tensor-diff a a", 0), ("tensor-diff near a", 1), ("tensor-diff --atol 0.011 near a", 0),
    ("tensor-diff --rtol 0.003 near a", 0), ("tensor-diff --rtol 0.002 near a", 1),
    ("tensor-diff --rtol 1 --cosine 1 near a", 1), ("tensor-diff short a", 1),
    ("tensor-diff a short", 1), ("tensor-diff other a", 6), ("tensor-diff cut a", 3),
    ("tensor-diff a cut", 3), ("tensor-diff a none", 4), ("tensor-diff a", 2),
    ("tensor-diff - -", 2), ("tensor-diff --rtol nan a a", 2), ("tensor-diff - a <near", 1),
    ("tensor-view a", 0), ("tensor-view <a", 0), ("tensor-view cut", 3),
    ("tensor-view </dev/null", 3),
    ("tensor-view --record 2 a", 0), ("tensor-view --record 3 a", 3),
    ("tensor-view --tensor x a", 6),
    ("tensor-view --ids --json a", 2), ("tensor-view --errors=xml a", 2), ("tensor-view --none", 2),
    ("tensor-view --help", 0), ("tensor-view --version", 0), ("tensor-view --help >/dev/full", 4),
    ("tensor-view a >/dev/full", 4), ("tensor-view a >&-", 4), ("tensor-view <&-", 4),
    ("tensor-view --png p.png a", 0), ("tensor-view --svg /none/p.svg a", 4),
    ("tensor-view --max-record 10 a", 5), ("tensor-view a 2>&-", 0), ("tensor-view cut 2>&-", 3),
  ] as [(String, Int32)])
func statuses(command: String, status: Int32) throws {
  let result = try Shell.bash(command, in: try streams())
  #expect(result.status == status, "\(result.errors)")
  let closed = command.contains("2>&-")
  #expect(result.errors.isEmpty == (status < 2 || closed), "\(result.errors)")
  if !result.errors.isEmpty {
    #expect(result.errors.hasPrefix(command.prefix { $0 != " " } + ": "))
    #expect(result.errors.split(separator: "\n").count == 1)
  }
}

@Test func showsNumbers() throws {
  let directory = try streams()
  let text = try Shell.bash("tensor-view a", in: directory).text
  #expect(text.contains("features  F32 [2, 2]  min 1  max 4  mean 2.5  std 1.118  first 1 2 3 4"))
  #expect(text.hasSuffix("complete: 2 records, 0 of them skipped\n"))
  #expect(try Shell.bash("tensor-view --ids a", in: directory).text == "r0\nr1\n")
  let diff = try Shell.bash("tensor-diff near a", in: directory).text
  #expect(diff.contains("1\tr0\tdifferent\tfeatures: max 0.01, relative 0.0025"))
  #expect(diff.hasSuffix("different: 1 record\n"))
}

@Test func leavesQuietlyWhenTheReaderLeaves() throws {
  let directory = try streams()
  let many = try stream([[Float]](repeating: [1, 2], count: 3000))
  try directory.write(many, to: "many")
  let result = try Shell.bash(
    "tensor-view many | head -1; echo ${PIPESTATUS[0]}", in: directory)
  #expect(result.text == "content   clip-features\n141\n")
  #expect(result.errors == "")
}

@Test func readsSlowAndNonBlockingPipes() throws {
  let directory = try streams()
  let slow = "for i in $(seq 0 40); do tail -c +$((i*20+1)) a | head -c 20; sleep 0.002; done"
  let result = try Shell.bash("(\(slow)) | tensor-view --ids", in: directory)
  #expect(result.text == "r0\nr1\n")
  #expect(result.status == 0)
}

@Test func staysWithinMemoryOnABomb() throws {
  let directory = try TemporaryDirectory()
  // 2 GB of zeros in some kilobytes, behind a header that claims them; and one that lies.
  let json =
    #"{"a":{"dtype":"U8","shape":[1000000000],"data_offsets":[0,1000000000]}}         "#
  #expect(json.utf8.count == 80)
  let header = [UInt8(json.utf8.count), 0, 0, 0, 0, 0, 0, 0] + Array(json.utf8)
  try directory.write(header, to: "header")
  let script = """
    ulimit -v 400000
    (cat header; head -c 300000000 /dev/zero) | zstd -1 -c > bomb.zst
    tensor-view --max-record 200M bomb.zst; echo $?
    tensor-view header; echo $?
    """
  let result = try Shell.bash(script, in: directory)
  // 5: above the limit; the 1 GB that does not fit into memory is refused, not fatal.
  #expect(result.text == "5\n5\n", "\(result.errors)")
}

@Test func signalsStopAtOnceAndLeaveNothing() throws {
  let directory = try streams()
  let script = """
    mkfifo pipe
    (head -c 300 a; sleep 3) > pipe & tensor-view pipe > out & child=$!
    sleep 0.5; kill -TERM $child; wait $child; echo $?
    """
  let result = try Shell.bash(script, in: directory, timeout: 20)
  #expect(result.text == "143\n", "\(result.errors)")
}

@Test func errorsAsJSONAreOneObjectALine() throws {
  let directory = try streams()
  let result = try Shell.bash("tensor-view --errors json cut", in: directory)
  let object = try JSONObjectLine(result.errors)
  #expect(object.code?.hasPrefix("frame/") == true)
  #expect(object.tool == "tensor-view")
}

@Test func faultsOfArgumentsAreJSONToo() throws {
  for script in ["tensor-view --bogus --errors json", "tensor-diff --errors=json a"] {
    let result = try Shell.bash(script)
    #expect(result.status == 2)
    #expect(try JSONObjectLine(result.errors).code == "usage/arguments")
  }
}

private let hasScript = (try? Shell.bash("command -v script").status) == 0

@Test(.enabled(if: hasScript, "script(1), which makes terminals, is not installed"))
func aTerminalForDataGetsNoProgress() throws {
  let directory = try streams()
  // `script` gives the tool a terminal for stdout and stderr alike.
  let found = try Shell.bash(
    "script -qec 'tensor-view --ids a' /dev/null", in: directory, environment: ["TERM": "xterm"])
  #expect(found.status == 0 && !found.text.isEmpty)
  #expect(!found.text.contains("\u{1b}") && !found.text.contains("1 records"))
}

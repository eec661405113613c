// One list on many machines: shards, and the scripts of examples/cluster under job runners.
// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@Suite struct ClusterTests {
  private static let cluster = "\(packageRoot)/examples/cluster"

  /// Shards of every count, those with more shards than records too, joined in their order.
  @Test func shardsJoinedAreTheWhole() throws {
    let result = try Shell.bash(
      """
      for ((n = 0; n < 11; n++)); do echo "picture $n.jpg"; done > list
      { echo '['; for ((n = 0; n < 11; n++)); do
          test $n = 0 || echo ,; echo "{\\"text\\":\\"$n?\\"}"
        done; echo ']'; } > array
      for input in list array; do
        convo-format --plain --ask Why? --ask How? $input > whole
        for shards in 1 2 3 4 7 11 12; do
          for ((k = 1; k <= shards; k++)); do
            convo-format --plain --ask Why? --ask How? --shard $k/$shards $input > part || exit 9
            wc -l < part; cat part >> joined
          done | sort -n | uniq | awk -v ORS=' ' '{ print $1 / 2 }'
          cmp whole joined || exit 8; rm joined
        done
      done
      """, in: TemporaryDirectory())
    // The counts that occur: two at most, one apart.
    let counts = "11 5 6 3 4 2 3 1 2 1 0 1 "
    #expect(result.text == counts + counts, "\(result.errors)")
    #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
  }

  @Test(arguments: [
    ("--shard 0/3 list", 2), ("--shard 4/3 list", 2), ("--shard 1 list", 2),
    ("--shard +1/2 list", 2), ("--shard 1/2/3 list", 2), ("--shard 1/9999999 list", 2),
    ("--shard 1/2 --start 1 list", 2), ("--shard 1/2 --check list", 2),
    ("--shard 1/2", 2), ("--shard 1/2 -", 2), ("--shard 1/2 pipe", 2),
    ("--shard 1/2 cut.zst", 3),
  ])
  func whatIsNoShardIsRefused(arguments: String, status: Int32) throws {
    let result = try Shell.bash(
      """
      printf 'a.jpg\nb.jpg\n' > list; mkfifo pipe
      convo-format --ask Why? list > whole.zst; head -c 60 whole.zst > cut.zst
      timeout 20 convo-format --ask Why? \(arguments) < list
      """, in: TemporaryDirectory())
    #expect(result.status == status, "\(result.errors)")
    #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
  }

  /// Two tasks of one shard would write its answers twice; what is no number of shards joins nothing.
  @Test func oneTaskWritesAShard() throws {
    let directory = try Workbench.bare()
    let result = try Workbench.run(
      """
      PATH=\(Self.cluster):$PATH; ls *.jpg > list
      mkdir out; exec 8>> out/1-of-1.part; flock 8
      caption.sh list out 1 1; echo $?
      exec 8>&-
      ASK=What? caption.sh list out 1 1; caption.sh list out 1 1; echo $?
      join.sh out 1 | wc -l; wc -l < list
      for shards in 0 abc; do join.sh out $shards; echo $?; done
      caption.sh none out 1 2; echo $?; ls out
      """, in: directory)
    let lines = result.text.split(separator: "\n").map(String.init)
    try #require(lines.count == 8, "\(result.text)\(result.errors)")
    #expect(lines[0] == "1" && lines[1] == "0" && lines[2] == lines[3])
    #expect(lines[4...] == ["2", "2", "4", "1-of-1.jsonl"], "\(result.errors)")
    #expect(result.errors.contains("another task writes out/1-of-1.part"))
  }

  /// What both job runners are given to do, and what must come of it.
  private func run(_ script: String, stub: (name: String, text: String)? = nil) throws {
    let directory = try Workbench.bare()
    try directory.write(
      (["cut.jpg"] + Workbench.pictures).joined(separator: "\n") + "\n", to: "list")
    if let stub { try directory.write("#!/bin/bash\n\(stub.text)", to: stub.name) }
    let result = try Workbench.run(
      """
      chmod +x \(stub?.name ?? "list"); export PATH=$PWD:$PATH ASK='What is it?'
      convo-format --ask "$ASK" list | clip-encode | llava-project | vicuna-decode > whole 2> /dev/null
      \(script)
      test ! -e captions/1-of-3.part || echo 'a part is left'
      \(Self.cluster)/join.sh captions 3 > joined || exit 7
      cmp whole joined && wc -l < joined
      rm captions/2-of-3.jsonl
      \(Self.cluster)/join.sh captions 3
      """, in: directory)
    #expect(result.text == "6\n", "\(result.text)\(result.errors)")
    #expect(result.status == 1)
    #expect(
      result.errors.hasSuffix("join.sh: shard 2 of 3 is not complete (run its task again)\n"),
      "\(result.errors)")
  }

  /// As Slurm does: each task of the array runs a copy of the script, some of them twice.
  @Test func anArrayOfSlurmCaptionsAList() throws {
    try run(
      "sbatch --array=1-3 \(Self.cluster)/caption.sbatch list captions",
      stub: (
        "sbatch",
        """
        count=${1#--array=1-}; script=$2; shift 2
        cp "$script" copy; chmod +x copy
        export SLURM_SUBMIT_DIR=\(Self.cluster) SLURM_ARRAY_TASK_COUNT=$count
        for task in $(seq "$count") 2; do SLURM_ARRAY_TASK_ID=$task ./copy "$@" 2> log || exit; done
        """
      ))
  }

  /// Paths that lead nowhere, as a list does that was written in another directory.
  @Test func aShardWithoutAPictureIsNotComplete() throws {
    let result = try Workbench.run(
      """
      PATH=\(Self.cluster):$PATH; ls *.jpg | sed 's/^/elsewhere\\//' > list
      caption.sh list out 1 2; echo $?; ls out
      ln -s . elsewhere; caption.sh list out 1 2; echo $?; ls out
      """, in: Workbench.bare())
    let lines = result.text.split(separator: "\n").map(String.init)
    #expect(lines == ["1", "1-of-2.part", "0", "1-of-2.jsonl"], "\(result.text)\(result.errors)")
    #expect(result.errors.contains("caption.sh: no picture of shard 1 could be read"))
  }

  private static let hasParallel = (try? Shell.bash("parallel --version"))?.status == 0

  /// The stub does what GNU parallel does with these options; the real one is taken where it is there.
  @Test func parallelCaptionsAList() throws {
    let stub = (
      "parallel",
      """
      while test "$1" != -- && test "${1#--}" != "$1"; do shift 2; done
      command=(); while test "$1" != :::; do command+=("$1"); shift; done; shift
      for item in "$@"; do "${command[@]/"{}"/$item}" 2> log || exit; done
      """
    )
    try run(
      "\(Self.cluster)/parallel.sh list captions 3 2> log || exit 6",
      stub: Self.hasParallel ? nil : stub)
  }

  /// A task that was killed leaves a cut line; started again it makes the rest alone.
  @Test func aTaskThatWasKilledGoesOn() throws {
    try run(
      """
      mkdir captions
      for shard in 1 2 3; do \(Self.cluster)/caption.sh list captions $shard 3 2> log || exit 6; done
      head -c -9 captions/3-of-3.jsonl > captions/3-of-3.part; rm captions/3-of-3.jsonl
      \(Self.cluster)/caption.sh list captions 3 3 2> log || exit 5
      """)
  }
}

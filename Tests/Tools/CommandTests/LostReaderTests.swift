// Who reads a tool's output has left: nothing more is computed for nobody, and the pipe ends.
// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@Suite struct LostReaderTests {
  /// The reader goes while the only answer is being written; --stream tells how far that came.
  @Test func anAnswerForNobodyIsNotFinished() throws {
    let directory = try TemporaryDirectory()
    let result = try Workbench.run(
      """
      echo '{"text":"?"}' | convo-format --plain > prompts
      vicuna-decode --stream --max-tokens 1000 prompts 2> whole > /dev/null
      mkfifo out
      vicuna-decode --stream --max-tokens 1000 prompts 2> shown > out & tool=$!
      exec 5< out; exec 5<&-
      wait $tool; echo $?
      test $(wc -c < shown) -lt $(($(wc -c < whole) / 2)) || wc -c shown whole
      """, in: directory)
    #expect(result.text == "141\n", "\(result.text)\(result.errors)")
  }

  /// The input stays open and brings nothing: every tool of the pipe ends all the same.
  @Test func anIdlePipeEndsWithItsReader() throws {
    let directory = try Workbench.bare()
    let result = try Workbench.run(
      """
      mkfifo in out
      { convo-format --ask x < in | clip-encode | llava-project | vicuna-decode --max-tokens 2 > out
        echo "${PIPESTATUS[*]}" > ends; } &
      exec 4> in 5< out
      echo grey.jpg >&4
      read -r line <&5
      exec 5<&-
      wait $!; cat ends
      """, in: directory, timeout: 180)
    #expect(result.text == "141 141 141 141\n", "\(result.status) \(result.errors)")
    #expect(result.errors == "")
  }

  /// A list that brings nothing, not even its first line, keeps nobody whom no one reads; what goes to a
  /// file waits for it.
  @Test func anIdleListEndsWithItsReader() throws {
    let directory = try Workbench.bare()
    let result = try Workbench.run(
      """
      mkfifo in out
      llava-caption --list - < in > out & tool=$!
      exec 4> in 5< out
      exec 5<&-
      wait $tool; echo $?
      exec 4>&-
      llava-caption --max-tokens 1 --list - --tsv table < in > out & tool=$!
      exec 4> in 5< out
      exec 5<&-
      sleep 0.3; echo grey.jpg >&4; exec 4>&-
      wait $tool; echo $?; wc -l < table
      """, in: directory, timeout: 60)
    #expect(result.text == "141\n0\n2\n", "\(result.text) \(result.errors)")
    #expect(result.errors == "")
  }

  /// Input that is there is taken before anything else: its end is no waiting.
  @Test func anInputThatEndsIsReadToItsEnd() throws {
    let directory = try TemporaryDirectory()
    let result = try Workbench.run(
      """
      mkfifo out
      : | convo-format --plain > out & tool=$!
      exec 5< out; exec 5<&-
      wait $tool; echo $?
      """, in: directory)
    #expect(result.text == "0\n", "\(result.text)\(result.errors)")
  }

  /// What goes to a file is finished, whatever becomes of stdout.
  @Test(arguments: ["-o done good.projected", "--format sidecar good.projected"])
  func filesNeedNoReader(options: String) throws {
    let directory = try Workbench.make()
    let result = try Workbench.run(
      """
      mkfifo out
      vicuna-decode --max-tokens 3 \(options) > out & tool=$!
      exec 5< out; exec 5<&-
      wait $tool; echo $?
      cat done *.txt 2> /dev/null | wc -l
      """, in: directory)
    #expect(result.text == "0\n5\n", "\(result.text)\(result.errors)")
  }

  private static let hasPython = (try? Shell.bash("command -v python3"))?.status == 0

  @Test(.enabled(if: hasPython, "needs Python"))
  func aSocketThatIsClosedIsNoReader() throws {
    let directory = try TemporaryDirectory()
    let result = try Workbench.run(
      """
      python3 -c '
      import socket, subprocess
      ours, theirs = socket.socketpair()
      tool = subprocess.Popen(["convo-format", "--plain"], stdin=subprocess.PIPE, stdout=theirs)
      theirs.close()
      tool.stdin.write(b"{\\"text\\":\\"a\\"}\\n"); tool.stdin.flush()
      assert ours.recv(9)
      ours.close()
      print(tool.wait(30))'
      """, in: directory)
    #expect(result.text == "-13\n", "\(result.errors)")
  }

  /// A pipe whose other end nobody opens: the first signal ends who waits for it.
  @Test(arguments: [
    "convo-format --ask x in", "clip-encode in", "llava-caption --list in",
    "convo-format --ask x -o in a.jpg",
  ])
  func aSignalEndsTheWaitForAPipe(command: String) throws {
    let directory = try Workbench.bare()
    let result = try Workbench.run(
      """
      mkfifo in; touch a.jpg
      timeout -k 20 1 \(command) < /dev/null; echo $?
      """, in: directory)
    #expect(result.text == "124\n", "\(result.text) \(result.errors)")
  }
}

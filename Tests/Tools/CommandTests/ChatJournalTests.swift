// chat-complete stopped in every way: what was answered is not asked again.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import JSON
import LoopbackServer
import TestSupport
import Testing

@Suite struct ChatJournalTests {
  /// Stops the tool by `signal` when ten answers are in the journal, runs it again, and counts.
  @Test(arguments: [("INT", 130), ("TERM", 143), ("KILL", 137)])
  func aStoppedRunAsksNothingTwice(signal: String, status: Int) throws {
    let chat = try ChatServer.echo(after: 0.02)
    let result = try chat.run(
      """
      cat > in
      env --default-signal=INT $CHAT -j 4 --journal j in > first 2> errors & tool=$!
      until test $(wc -l < j 2> /dev/null || echo 0) -gt 10; do sleep 0.01; done
      kill -\(signal) $tool; wait $tool; echo $?
      $CHAT -j 4 --journal j in > second || exit 9
      cmp <(head -n $(wc -l < first) second) first && echo same
      $CHAT -j 4 --journal j in | cmp - second && echo same
      """, input: ChatServer.requests(60))
    #expect(result.text == "\(status)\nsame\nsame\n", "\(result.text) \(result.errors)")
    let texts = try chat.run("cat second").texts()
    #expect(texts == (0..<60).map { "re q\($0)" })
    // Each once, but for the four that were under way.
    let asked = chat.asked
    #expect(Set(asked).count == 60 && asked.count <= 64, "\(asked.count)")
  }

  @Test func aSignalStopsAWaitAtOnce() throws {
    let chat = try ChatServer { request in
      request.lastMessage == "q0"
        ? [.send(httpAnswer(429, "", headers: ["Retry-After": "600"]))] : [.hang]
    }
    let result = try chat.run(
      """
      cat > in
      $CHAT --journal j in > out & tool=$!
      sleep 0.5; kill -TERM $tool
      SECONDS=0; wait $tool; echo $? $SECONDS
      """, input: ChatServer.requests(3))
    let words = result.text.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
    #expect(words.first == 143 && words.last ?? 600 < 10, "\(result.text)")
  }

  @Test func aFullDiskLosesNothingThatWasKept() throws {
    let chat = try ChatServer.echo()
    let result = try chat.run(
      """
      cat > in
      (ulimit -f 4; trap '' XFSZ; $CHAT -j 2 --journal j in > /dev/full); echo $?
      (ulimit -f 4; $CHAT -j 2 --journal j in | cat > /dev/null; echo ${PIPESTATUS[0]})
      wc -l < j; tail -c 1 j | od -An -c
      $CHAT -j 2 --journal j in > out; echo $?; wc -l < out
      """, input: ChatServer.requests(60))
    let lines = result.text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
    try #require(lines.count == 6, "\(result.text) \(result.errors)")
    #expect(lines[0] == "4" && lines[1] == "4" && lines[3] == "\\n" && lines[4] == "0")
    #expect(lines[5] == "60" && (Int(lines[2]) ?? 0) > 10)
    #expect(result.errors.contains("j: write: File too large (raise ulimit -f)"))
    // All were asked, and few twice: those under way, and the one that found no room.
    #expect(Set(chat.asked).count == 60 && chat.asked.count <= 66, "\(chat.asked.count)")
  }

  @Test func anotherRequestIsAskedAnew() throws {
    let chat = try ChatServer.echo()
    let input = ChatServer.requests(2)
    for arguments in ["", "", "--temperature 0.5", "--model other", "--url $URL/", "--no-key"] {
      _ = try chat.complete("--journal j \(arguments)", input)
    }
    // The first; the temperature; the model. The same address in another spelling is the same.
    #expect(chat.server.requests.count == 6)
    let renamed = try chat.complete("--journal j", input.replacing("\"i1\"", with: "\"x\""))
    #expect(chat.server.requests.count == 6)
    #expect(try renamed.objects().map { $0["id"]?.string } == ["i0", "x"])
  }

  @Test func failuresAreNotKept() throws {
    let chat = try ChatServer { request in
      [.send(request.ordinal < 2 ? chatError(400, "m") : chatAnswer("ok"))]
    }
    let result = try chat.run(
      "$CHAT -q --journal j 2> /dev/null; $CHAT --journal j r", input: ChatServer.requests(2))
    #expect(try result.codes() == ["http/400", "http/400"])
    #expect(try chat.complete("--journal j", ChatServer.requests(2)).status == 0)
  }

  @Test func aTornLineIsSaidAndCutOff() throws {
    let chat = try ChatServer.echo()
    let result = try chat.run(
      """
      cat > in; $CHAT --journal j in > /dev/null
      truncate -s -9 j; $CHAT -j 1 --journal j in
      """, input: ChatServer.requests(3))
    #expect(try result.texts() == ["re q0", "re q1", "re q2"])
    #expect(result.errors.contains("of a line that was not finished cut off"), "\(result.errors)")
    #expect(chat.server.requests.count == 4)
  }

  /// The first run's request is answered only after the second run was refused.
  @Test func twoRunsOnOneJournalAreRefused() throws {
    let gate = try TemporaryDirectory()
    let open = gate.file("open")
    let chat = try ChatServer { _ in
      for _ in 0..<3000 where access(open, F_OK) != 0 { usleep(10_000) }
      return [.send(chatAnswer("ok"))]
    }
    let result = try chat.run(
      """
      cat > in
      $CHAT --journal j in > out & tool=$!
      until test -s j; do sleep 0.01; done
      $CHAT --journal j in; echo $?; touch \(open)
      wait $tool; echo $?
      """, input: ChatServer.requests(1))
    #expect(result.text == "2\n0\n" && result.errors.contains("another run is writing it"))
    #expect(chat.server.requests.count == 1)
  }

  @Test(arguments: ["--journal in in", "--journal j -o j in", "--journal j j"])
  func theJournalIsNoInputAndNoOutput(arguments: String) throws {
    let chat = try ChatServer.echo()
    let result = try chat.run(
      "cat > in; cp in before; $CHAT \(arguments); echo $?; cmp in before",
      input: ChatServer.requests(1))
    #expect(["2\n", "3\n"].contains(result.text), "\(result.text) \(result.errors)")
    #expect(chat.server.requests.isEmpty)
  }

  @Test func withoutAJournalLostRepliesAreSaid() throws {
    let gate = try TemporaryDirectory()
    let last = gate.file("last")
    let chat = try ChatServer { request in
      if request.lastMessage == "q3" { close(creat(last, 0o600)) }
      return request.lastMessage == "q0" ? [.hang] : [.send(chatAnswer("ok"))]
    }
    let result = try chat.run(
      """
      cat > in; $CHAT -j 2 in > out & tool=$!
      until test -e \(last); do sleep 0.01; done
      sleep 1; kill -TERM $tool; wait $tool; echo $?
      """, input: ChatServer.requests(4))
    #expect(result.text == "143\n")
    #expect(result.errors.contains("3 replies lost"), "\(result.errors)")
  }
}

// chat-complete with a server that means well: what is sent, what is written, in which order.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import JSON
import LoopbackServer
import TestSupport
import Testing

@Suite struct ChatReplyTests {
  @Test func repliesStandInTheOrderOfTheRequests() throws {
    // The earlier a request, the later its reply.
    let chat = try ChatServer { request in
      let number = Double(request.lastMessage.dropFirst()) ?? 0
      return [.pause((40 - number) / 200), .send(chatAnswer("re " + request.lastMessage))]
    }
    let result = try chat.complete("--jobs 40", ChatServer.requests(40))
    #expect(result.status == 0 && result.errors == "", "\(result.errors)")
    #expect(try result.texts() == (0..<40).map { "re q\($0)" })
    #expect(try result.objects().map { $0["id"]?.string } == (0..<40).map { "i\($0)" })
    #expect(chat.server.mostAtOnce > 20)
    let unordered = try chat.complete("--jobs 40 --unordered", ChatServer.requests(40))
    let texts = try unordered.texts().compactMap(\.self)
    #expect(Set(texts) == Set((0..<40).map { "re q\($0)" }) && texts.count == 40)
    #expect(texts != (0..<40).map { "re q\($0)" })
  }

  @Test func noMoreThanJobsAreUnderWay() throws {
    let chat = try ChatServer.echo(after: 0.03)
    let result = try chat.complete("-j 3", ChatServer.requests(15))
    #expect(result.status == 0 && chat.server.mostAtOnce == 3)
    #expect(chat.server.connectionCount <= 4)
  }

  @Test func aRecordIsTheRequestWithoutItsMessagesAndTheReply() throws {
    let chat = try ChatServer.echo()
    let result = try chat.complete(
      "--temperature 0.5 --max-tokens 9 --seed 3 --stop END --extra '{\"top_k\":4}'",
      #"""
      {"n":1.50,"messages":[{"role":"system","content":"s"},{"role":"user","content":"é"}],"seed":8,"image":"a.jpg"}
      """# + "\n")
    #expect(
      result.text == #"""
        {"n":1.50,"seed":8,"image":"a.jpg","id":"a.jpg","text":"re é","finish_reason":"stop","usage":{"completion_tokens":5,"prompt_tokens":10,"total_tokens":15}}

        """#, "\(result.errors)")
    let request = try #require(chat.server.requests.first)
    #expect(
      request.text == #"""
        {"model":"teacher","messages":[{"role":"system","content":"s"},{"role":"user","content":"é"}],"seed":8,"temperature":0.5,"max_tokens":9,"stop":["END"],"top_k":4}
        """#)
    #expect(request.path == "/v1/chat/completions" && request.method == "POST")
    #expect(request.headers["authorization"] == "Bearer \(ChatServer.key)")
    #expect(request.headers["user-agent"]?.hasPrefix("chat-complete/") == true)
  }

  @Test func repeatedIdsAndRepeatedRequestsAreEachAnswered() throws {
    let chat = try ChatServer.echo()
    let input = String(repeating: ChatServer.request("same", "q"), count: 5)
    let result = try chat.run("$CHAT --journal j; $CHAT --journal j < /dev/null", input: input)
    #expect(try result.texts() == Array(repeating: "re q", count: 5))
    #expect(chat.asked.count == 5)
  }

  @Test func aRecordLeavesAsSoonAsItIsFinished() throws {
    let chat = try ChatServer.echo()
    let result = try chat.run(
      """
      mkfifo in out
      $CHAT < in > out &
      exec 4> in 5< out
      for number in 1 2 3; do
        echo '{"messages":[{"role":"user","content":"'$number'"}]}' >&4
        read -r -t 10 line <&5 || exit 9
        echo "$line"
      done
      exec 4>&-
      wait $!
      """)
    #expect(result.status == 0, "\(result.errors)")
    #expect(try result.texts() == ["re 1", "re 2", "re 3"])
  }

  @Test func earlierSkipsAndBadRecordsKeepTheirPlaces() throws {
    let chat = try ChatServer.echo()
    let input =
      ChatServer.request("a", "1") + #"{"id":"b","skipped":{"code":"x/y","message":"m"}}"# + "\n"
      + "{\"id\":\n" + "{\"id\":\"d\"}\n" + ChatServer.request("e", "5")
    let result = try chat.complete("-v", input)
    #expect(result.status == 1 && result.errors.contains("2 done, 3 skipped"), "\(result.errors)")
    #expect(try result.texts() == ["re 1", nil, nil, nil, "re 5"])
    let codes = try result.codes()
    #expect(
      codes[1] == "x/y" && codes[2]?.hasPrefix("json/") == true && codes[3] == "chat/messages")
    #expect(try chat.complete("--strict", input).status == 3)
  }

  @Test func compressedRepliesEndWithAMark() throws {
    let chat = try ChatServer.echo()
    let result = try chat.run(
      "$CHAT -z | tee z | zstd -dcq; $CHAT -z < /dev/null | convo-format --check - 2>&1; $CHAT z",
      input: ChatServer.requests(3))
    #expect(result.text.contains("re q2") && result.errors.contains("expected `messages`"))
    let file = try chat.complete("-o out", ChatServer.requests(2))
    #expect(file.status == 0 && file.output.isEmpty)
    #expect(String(decoding: try chat.directory.read("out"), as: UTF8.self).contains("re q1"))
  }

  @Test func cutRepliesArePassedOnAndCounted() throws {
    let chat = try ChatServer { request in
      [.send(chatAnswer("cut", finishReason: request.lastMessage == "q1" ? "length" : "stop"))]
    }
    let result = try chat.complete("", ChatServer.requests(3))
    #expect(result.status == 0)
    #expect(try result.objects().map { $0["finish_reason"]?.string } == ["stop", "length", "stop"])
    #expect(result.errors.contains("1 of 3 replies cut"), "\(result.errors)")
    #expect(try chat.complete("-q", ChatServer.requests(3)).errors == "")
  }

  @Test func imagesAreSentWhereThatIsAsked() throws {
    let chat = try ChatServer { request in [.send(chatAnswer("\(request.body.count)"))] }
    let golden = "\(Workbench.images)/grey.jpg"
    let record =
      #"{"messages":[{"role":"user","content":"What?"}],"image":"grey.jpg"}"# + "\n"
    let result = try chat.run(
      """
      mkdir in; cp '\(golden)' in; cp '\(golden)' .
      cat > r; $CHAT r; $CHAT --images r; $CHAT --image-root in r
      sed 's/grey.jpg/..\\/grey.jpg/' r | $CHAT --image-root in
      """, input: record)
    #expect(try result.codes() == [nil, nil, nil, "path/outside-root"])
    let bodies = chat.server.requests.map(\.text)
    #expect(bodies.count == 3 && !bodies[0].contains("image") && bodies[1] == bodies[2])
    let image = try Data(contentsOf: URL(fileURLWithPath: golden)).base64EncodedString()
    #expect(
      bodies[1].contains(
        #"[{"type":"image_url","image_url":{"url":"data:image/jpeg;base64,\#(image)"}},"#
          + #"{"type":"text","text":"What?"}]"#))
  }

  @Test func aSocketOfTheMachineWillDo() throws {
    let directory = try TemporaryDirectory()
    let server = try LoopbackServer(unixSocket: directory.file("s")) { _ in
      [.send(chatAnswer("hello"))]
    }
    defer { server.stop() }
    let result = try Shell.bash(
      "chat-complete --unix-socket s --url http://teacher/v1 --model m",
      input: Array(ChatServer.requests(2).utf8), in: directory,
      environment: ["OPENAI_API_KEY": ChatServer.key])
    #expect(try result.texts() == ["hello", "hello"], "\(result.errors)")
  }

  @Test func aProxyOfTheEnvironmentIsUsedButNotForThisMachine() throws {
    let chat = try ChatServer.echo()
    let result = try chat.run(
      """
      export http_proxy=http://127.0.0.1:9 https_proxy=$http_proxy
      $CHAT; http_proxy=${URL%/v1} $CHAT --no-key --url http://far.example/v1 r
      """, input: ChatServer.requests(1))
    #expect(try result.texts() == ["re q0"], "\(result.errors)")
    let proxied = try chat.run(
      "http_proxy=${URL%/v1} $CHAT --no-key --url http://far.example/v1",
      input: ChatServer.requests(1))
    #expect(try proxied.texts() == ["re q0"], "\(proxied.errors)")
    #expect(chat.server.requests.last?.path == "http://far.example/v1/chat/completions")
  }

  @Test func whatWasSpentIsSaid() throws {
    let chat = try ChatServer { _ in [.send(chatAnswer("x", promptTokens: 1000))] }
    let result = try chat.complete("--price 2/10", ChatServer.requests(4))
    #expect(result.errors.contains("4,000 + 20 tokens, cost 0.008200"), "\(result.errors)")
  }

  @Test(arguments: [
    ("", "--url"), ("--url http://h/v1", "--model"),
    ("--url ftp://h --model m", "expected http:// or https://"),
    ("--url http://u:secret@h --model m", "without a name and a password"),
    ("--url http://h --model m -j 0", "--jobs must be 1 to 1024"),
    ("--url http://h --model m --budget 1", "--budget needs --price"),
    ("--url http://h --model m --price 1", "0.15/0.60"),
    ("--url http://h --model m --extra '{\"stream\":true}'", "must not have `stream`"),
    ("--url http://h --model m --key-file none", "none: open: No such file"),
  ])
  func wrongOptionsAreSaidInALine(arguments: String, says: String) throws {
    let result = try Shell.bash("chat-complete \(arguments) < /dev/null")
    #expect([2, 4].contains(result.status) && result.errors.contains(says), "\(result.errors)")
    #expect(result.errors.split(separator: "\n").count == 1 && !result.errors.contains("secret"))
  }
}

// Programs that read each other's output, with the input and the output of the chain in our hands.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import InputOutput

/// The output of a chain of programs while it runs.
public enum ChainOutput: Sendable {
  /// Bytes of the last program's stdout.
  case output(ArraySlice<UInt8>)
  /// Bytes of any program's stderr.
  case errors(ArraySlice<UInt8>)
}

/// The next input of a chain of programs.
public enum ChainInput: Sendable {
  case bytes([UInt8])
  /// More may follow after the programs' next output.
  case nothingYet
  case end
}

/// Programs joined by pipes. For one thread, which feeds the first and takes from the last.
public final class ProcessChain {
  private var children: [ChainedProcess] = []
  /// A socket, as its writer gets an error, where a pipe's gets a signal, once the reader is gone.
  private var input: Descriptor?
  private let output: Descriptor
  private let errors: Descriptor

  /// Starts `commands`, each a program's path and its arguments, in their order.
  ///
  /// Throws `io/spawn` where one cannot be started; those before it end by themselves.
  public init(_ commands: [[String]]) throws(Failure) {
    let (ours, first) = try Descriptor.sockets()
    let (errors, theirErrors) = try Descriptor.pipe()
    var source = first
    for command in commands {
      let (next, target) = try Descriptor.pipe()
      children.append(
        try ChainedProcess(command, input: source, output: target, errors: theirErrors))
      source = next
    }
    (input, output, self.errors) = (ours, source, errors)
  }

  deinit { stop() }

  /// Asks all programs to end, as a signal asks us, and waits for them.
  public func stop() {
    input = nil
    for child in children { child.terminate() }
    for child in children { _ = child.status() }
  }

  /// Feeds the first program what `feed` gives, and gives `take` what comes out, until both outputs have
  /// ended. Returns the statuses of the programs, 128 and the signal's number for one that a signal
  /// ended.
  ///
  /// Throws what `feed` and `take` throw, and `io/interrupted`; the programs are stopped then.
  public func run(
    _ feed: () throws(Failure) -> ChainInput, _ take: (ChainOutput) throws(Failure) -> Void
  ) throws(Failure) -> [Int32] {
    do throws(Failure) {
      var (pending, isOpen): (ArraySlice<UInt8>, (output: Bool, errors: Bool)) = ([], (true, true))
      while isOpen.output || isOpen.errors {
        try Interruption.check("the pipe")
        // Who has answered all, or has ended, needs no more: nobody may wait for what nobody feeds.
        if !isOpen.output { (input, pending) = (nil, []) }
        if pending.isEmpty, input != nil { pending = try fetch(feed) }
        let ready = try wait(
          input: pending.isEmpty ? nil : input, output: isOpen.output ? output : nil,
          errors: isOpen.errors ? errors : nil)
        if ready.input, let input { send(&pending, to: input) }
        if ready.output {
          isOpen.output = try receive(from: output) { (bytes) throws(Failure) in
            try take(.output(bytes))
          }
        }
        if ready.errors {
          isOpen.errors = try receive(from: errors) { (bytes) throws(Failure) in
            try take(.errors(bytes))
          }
        }
      }
      input = nil
      return children.map { $0.status() }
    } catch {
      stop()
      throw error
    }
  }

  /// What is to be sent next; ends the input where there is no more.
  private func fetch(_ feed: () throws(Failure) -> ChainInput) throws(Failure)
    -> ArraySlice<UInt8>
  {
    switch try feed() {
    case .bytes(let bytes): return bytes[...]
    case .nothingYet: return []
    case .end:
      input = nil
      return []
    }
  }

  private func wait(input: Descriptor?, output: Descriptor?, errors: Descriptor?) throws(Failure)
    -> (input: Bool, output: Bool, errors: Bool)
  {
    var polled = [
      pollfd(fd: input?.number ?? -1, events: Int16(POLLOUT), revents: 0),
      pollfd(fd: output?.number ?? -1, events: Int16(POLLIN), revents: 0),
      pollfd(fd: errors?.number ?? -1, events: Int16(POLLIN), revents: 0),
    ]
    let count = poll(&polled, nfds_t(polled.count), -1)
    if count < 0, errno != EINTR { throw .system("poll", "the pipe", errno: errno) }
    // Interrupted: what is not ready is asked for again.
    guard count > 0 else { return (false, false, false) }
    return (polled[0].revents != 0, polled[1].revents != 0, polled[2].revents != 0)
  }

  /// Sends what there is room for. A reader that is gone takes the rest with it: its status tells why.
  private func send(_ pending: inout ArraySlice<UInt8>, to socket: Descriptor) {
    let count = pending.withUnsafeBytes { bytes in
      Glibc.send(
        socket.number, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
    }
    if count >= 0 {
      pending = pending.dropFirst(count)
    } else if errno != EAGAIN, errno != EINTR {
      input = nil
      pending = []
    }
  }

  /// False at the end. Throws `io/read` where the pipe cannot be read: what is left is no end.
  private func receive(
    from descriptor: Descriptor, _ take: (ArraySlice<UInt8>) throws(Failure) -> Void
  ) throws(Failure) -> Bool {
    var code: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
      let found = retryingInterrupted { read(descriptor.number, buffer.baseAddress, buffer.count) }
      if found < 0 { code = errno }
      count = max(0, found)
    }
    guard code == 0 else { throw .system("read", "the pipe", errno: code) }
    guard !bytes.isEmpty else { return false }
    try take(bytes[...])
    return true
  }
}

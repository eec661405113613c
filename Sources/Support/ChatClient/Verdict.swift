// What a server's answer, or its absence, means for the request and for the run.
// SPDX-License-Identifier: Apache-2.0
import Chat
import InputOutput

/// Why a request may be sent again.
public enum RetryCause: Equatable, Sendable {
  /// The server has too much to do, or limits us, or cannot be reached: nobody should ask for a while.
  case busy
  /// This request alone met trouble.
  case trouble
}

/// What follows from the end of a request.
public enum Verdict: Equatable, Sendable {
  case reply(ChatReply)
  /// The record is at fault, or what the server made of it: no answer, and the run goes on.
  case skip(Failure)
  /// Worth another try. `after`: seconds that the server asks to wait. The failure is the record's
  /// once there were too many.
  case retry(Failure, RetryCause, after: Double?)
  /// No request can succeed.
  case end(Failure)
}

// The ranks of a run as their launcher has started them, and whether each has its cores.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import InputOutput
import Ranks
import ToolSupport

extension RankGroup {
  /// The ranks that a launcher has started this process with; one process by itself otherwise.
  static func joined(_ session: Session, patience: Double) throws(Failure) -> RankGroup {
    guard let launcher = Launcher.found() else { return RankGroup() }
    // Where only this rank can say why the job ends, it speaks.
    let voice = Reporter(tool: session.tool, format: session.settings.errors)
    let ranks: RankGroup
    do throws(Failure) {
      ranks = try RankGroup(launcher, patience: patience) { voice.error($0) }
    } catch {
      if error.isBeforeMPI, launcher.isAloneAfterAWait { voice.error(error.at(launcher.ownName)) }
      throw error
    }
    let messages = try ranks.exchange(
      ["cores": .int(availableCores()), "threads": .int(session.settings.threads)],
      at: "the start")
    let bound = messages.indices.filter { rank in
      let (cores, threads) = (messages[rank]["cores"]?.int, messages[rank]["threads"]?.int)
      return (cores ?? 0) < (threads ?? 0)
    }
    if let first = bound.first, let cores = messages[first]["cores"]?.int {
      session.reporter.warning(
        "\(ranks.name(first)) may run on \(counted(cores, "core")), and has"
          + " \(counted(messages[first]["threads"]?.int ?? 0, "thread")): start it with"
          + " \(launcher.name == "srun" ? "srun --cpu-bind=none" : "mpirun --bind-to none")")
    }
    return ranks
  }
}

extension Launcher {
  /// The threads of one rank: those of the option, else `LLAVA_THREADS`, else a share of the machine's
  /// cores, even where this rank is bound to fewer of them: that is told.
  func threads(_ option: Int?, default found: Int) throws(Failure) -> Int {
    if option != nil || getenv("LLAVA_THREADS").map({ $0.pointee != 0 }) == true { return found }
    return max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)) / localSize)
  }
}

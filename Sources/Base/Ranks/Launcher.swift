// The launcher that started this process as one of several ranks, by its environment variables.
// SPDX-License-Identifier: Apache-2.0
import Glibc

/// One of the ranks that `mpirun` or `srun` has started.
public struct Launcher: Equatable, Sendable {
  /// What it is called.
  public var name: String
  public var rank: Int
  public var size: Int
  /// Ranks on this machine.
  public var localSize: Int

  public init(name: String, rank: Int, size: Int, localSize: Int) {
    (self.name, self.rank, self.size, self.localSize) = (name, rank, size, localSize)
  }

  /// Waits, in a rank that fails before it has joined the others, for the end of the job, which comes where
  /// the first one has the same fault and has said so; false in the first rank.
  ///
  /// Who is still there then is the only one with its fault.
  public var isAloneAfterAWait: Bool {
    // By a signal, where the launcher ends the job.
    rank > 0 && usleep(3_000_000) == 0
  }

  /// The rank as messages name it before ranks know of each other.
  public var ownName: String { RankGroup.name(rank, host: RankGroup.hostName()) }

  /// The variables of Open MPI's `mpirun`, of MPICH's and Intel's Hydra, and of a job step of Slurm.
  private static let known = [
    (
      name: "mpirun", rank: "OMPI_COMM_WORLD_RANK", size: "OMPI_COMM_WORLD_SIZE",
      local: "OMPI_COMM_WORLD_LOCAL_SIZE"
    ),
    (name: "mpiexec", rank: "PMI_RANK", size: "PMI_SIZE", local: "MPI_LOCALNRANKS"),
    (
      name: "srun", rank: "SLURM_PROCID", size: "SLURM_STEP_NUM_TASKS",
      local: "SLURM_STEP_TASKS_PER_NODE"
    ),
  ]

  /// What the environment says; nil for a process by itself, and for the only rank there is.
  public static func found(
    in variable: (String) -> String? = { getenv($0).map { String(cString: $0) } }
  ) -> Launcher? {
    for names in known {
      guard let size = variable(names.size).flatMap({ Int($0) }), size > 1,
        let rank = variable(names.rank).flatMap({ Int($0) }), (0..<size).contains(rank)
      else { continue }
      // Slurm's is a list, such as `4(x2),3`.
      let digits = variable(names.local)?.prefix { $0.isASCII && $0.isNumber } ?? ""
      let local = Int(digits).map { min(max(1, $0), size) } ?? 1
      return Launcher(name: names.name, rank: rank, size: size, localSize: local)
    }
    return nil
  }
}

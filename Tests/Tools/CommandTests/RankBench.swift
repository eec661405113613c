// Training with several ranks on this machine: where MPI is there, and how it is started.
// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

enum RankBench {
  /// Builds the library as `make mpi` does, into a directory of the tests; nil where there is no MPI.
  nonisolated(unsafe) static let library: (directory: TemporaryDirectory, path: String)? = {
    guard let found = try? Shell.bash("command -v mpicc mpirun"), found.status == 0,
      let directory = try? TemporaryDirectory()
    else { return nil }
    let path = directory.file("libllava-mpi.so")
    let made = try? Shell.bash("make -s -C '\(packageRoot)' mpi-library MPI_LIBRARY='\(path)'")
    return made?.status == 0 ? (directory, path) : nil
  }()

  static let isThere = library != nil

  /// Shell functions: `ranks N COMMAND…` starts N ranks that end within a minute, with words of its own
  /// to `mpirun.log` where ranks do not speak; `same A B` compares results, checkpoints and logs.
  private static let prelude = """
    set +o pipefail
    fail() { echo "$*"; cat errors; exit 9; }
    ranks() {
      local count=$1; shift
      timeout -k 5 100 mpirun -q --oversubscribe --allow-run-as-root --bind-to none $MPIRUN \\
        -n $count "$@" 2> errors
    }
    ours() { grep -a '^llava-train' errors; }
    plain() { sed 's/,"sent_bytes".*}$/}/' $1; }
    same() {
      diff -r $1 $2 > differences || fail "$(cat differences)"
      plain $2.log | cmp - $1.log > differences || fail "$(cat differences)"
      test -z "$(ls -A $2 | grep '^\\.')" || fail "left in $2: $(ls -A $2)"
    }

    """

  /// Runs `script` after the prelude with `train` as `$TRAIN`, one thread a rank.
  static func run(
    _ script: String, train: String = TrainingBench.pretrain, in directory: TemporaryDirectory,
    timeout: Double = 400
  ) throws -> ShellResult {
    let environment = [
      "MODEL": "\(TrainingBench.golden)/model", "GOLDEN": TrainingBench.golden,
      "RECORDS": "\(TrainingBench.golden)/records.tsz", "TINY": TrainingBench.tiny,
      "PHOTOS": "\(packageRoot)/examples/images", "LLAVA_MODEL": "", "LLAVA_THREADS": "1",
      "LLAVA_MPI": library?.path ?? "", "MPIRUN": "",
      // A rank's memory is shared with the others of its machine by files there.
      "OMPI_MCA_btl_vader_single_copy_mechanism": "none",
    ]
    return try Shell.bash(
      "TRAIN=\"\(train)\"\n\(prelude)\(script)", in: directory, environment: environment,
      timeout: timeout)
  }
}

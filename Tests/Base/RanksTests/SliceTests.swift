// How arrays are dealt out, and what launchers say.
// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Ranks

struct SliceTests {
  @Test(arguments: [0, 1, 4095, 4096, 4097, 40_960, 100_000], [1, 2, 3, 8, 64])
  func slicesAreWholeBlocksOfAlikeSize(count: Int, ranks: Int) {
    for first in 0..<ranks {
      let slices = Slices(evenly: count, block: 4096, ranks: ranks, first: first)
      #expect(slices.bounds.first == 0 && slices.count == count && slices.ranks == ranks)
      let blocks = (0..<ranks).map { (slices[$0].count + 4095) / 4096 }
      #expect((blocks.max() ?? 0) - (blocks.min() ?? 0) <= 1)
      for rank in 0..<ranks where !slices[rank].isEmpty {
        #expect(slices[rank].lowerBound % 4096 == 0)
      }
    }
  }

  /// One block, and whoever is first has it.
  @Test func whatIsLeftOverGoesToTheFirst() {
    let owners = (0..<3).map { first in
      let slices = Slices(evenly: 10, block: 4096, ranks: 3, first: first)
      return (0..<3).filter { slices[$0].count == 10 }
    }
    #expect(owners == [[0], [1], [2]])
    let whole = Slices(whole: 7, of: 1, ranks: 3)
    #expect((0..<3).map { whole[$0] } == [0..<0, 0..<7, 7..<7])
    #expect(Slices(counts: [2, 0, 3]).bounds == [0, 2, 2, 5])
  }

  @Test(
    arguments: [
      ([:], nil),
      (["OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "1"], nil),
      (
        [
          "OMPI_COMM_WORLD_RANK": "1", "OMPI_COMM_WORLD_SIZE": "4",
          "OMPI_COMM_WORLD_LOCAL_SIZE": "2",
        ], Launcher(name: "mpirun", rank: 1, size: 4, localSize: 2)
      ),
      (
        ["PMI_RANK": "3", "PMI_SIZE": "4", "MPI_LOCALNRANKS": "x"],
        Launcher(name: "mpiexec", rank: 3, size: 4, localSize: 1)
      ),
      (
        [
          "SLURM_PROCID": "5", "SLURM_STEP_NUM_TASKS": "8", "SLURM_STEP_TASKS_PER_NODE": "4(x2)",
        ], Launcher(name: "srun", rank: 5, size: 8, localSize: 4)
      ),
      // A batch script's own shell is no task of a step.
      (["SLURM_PROCID": "0", "SLURM_NTASKS": "8"], nil),
      (["PMI_RANK": "4", "PMI_SIZE": "4"], nil),
    ] as [([String: String], Launcher?)])
  func launchersAreKnownByTheirVariables(variables: [String: String], expected: Launcher?) {
    #expect(Launcher.found { variables[$0] } == expected)
  }

  @Test func theLibraryIsLookedForInOrder() {
    let places = MPILibrary.places(named: nil, program: "/opt/bin")
    #expect(
      places == ["/opt/bin/libllava-mpi.so", "/opt/bin/../lib/llava-tools/libllava-mpi.so"])
    #expect(MPILibrary.places(named: "/x/mpi.so", program: "/opt/bin") == ["/x/mpi.so"])
    #expect(MPILibrary.places(named: "", program: nil).isEmpty)
  }
}

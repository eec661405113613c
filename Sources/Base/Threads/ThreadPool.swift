// Threads that share numbered tasks.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import InputOutput
import Synchronization

/// A fixed number of threads, the caller's among them.
///
/// Tasks are handed out as `TaskShares` says; no result may depend on which thread ran a task.
public final class ThreadPool: @unchecked Sendable {
  // Sendable: `job`, `sleeping` and `stopping` are touched only under `mutex`.
  public let width: Int
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let wake = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  /// Held by the thread that runs something: others wait.
  private let turn = Mutex(())
  private let generation = Atomic<Int>(0)
  private let shares: TaskShares
  private let busy = Atomic<Int>(0)
  private var job: Unmanaged<Job>?
  private var sleeping = 0
  private var stopping = false
  private var threads: [pthread_t] = []

  /// Owned by `run` alone, which outlives every use, since `body` may not escape it.
  private final class Job {
    let count: Int
    let body: (_ task: Int, _ worker: Int) -> Void

    init(count: Int, body: @escaping (_ task: Int, _ worker: Int) -> Void) {
      (self.count, self.body) = (count, body)
    }
  }

  /// Looks at the generation this many times before sleeping: about 20 microseconds, which bridges
  /// the gaps between the products of one layer.
  private static let spins = 4000

  /// A thread's stack: kernels keep their data in scratch, decoders of images on the heap.
  private static let stackBytes = 1 << 20

  /// Starts `width - 1` threads; the caller of `run` is the last. Fewer where address space is
  /// limited: the work needs most of it.
  public init(width: Int) {
    self.width = max(1, min(width, Self.affordable()))
    shares = TaskShares(workers: self.width)
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(wake, nil)
    for worker in 1..<max(2, self.width) where worker < self.width { start(worker) }
  }

  /// The threads whose stacks take an eighth of the address space that `ulimit -v` leaves.
  private static func affordable() -> Int {
    addressSpaceLimit().map { $0 / 8 / stackBytes } ?? .max
  }

  deinit {
    pthread_mutex_destroy(mutex)
    pthread_cond_destroy(wake)
    mutex.deallocate()
    wake.deallocate()
  }

  /// Ends the threads; for tests that make many pools. A pool that is in use by nobody else.
  public func stop() {
    pthread_mutex_lock(mutex)
    stopping = true
    generation.wrappingAdd(1, ordering: .releasing)
    pthread_cond_broadcast(wake)
    pthread_mutex_unlock(mutex)
    for thread in threads { pthread_join(thread, nil) }
    threads = []
  }

  /// Runs `body` for tasks 0..<count and returns when all are done. Any thread may ask, and waits
  /// for its turn; a task itself must not.
  public func run(_ count: Int, _ body: (_ task: Int, _ worker: Int) -> Void) {
    turn.withLock { _ in runAlone(count, body) }
  }

  private func runAlone(_ count: Int, _ body: (_ task: Int, _ worker: Int) -> Void) {
    guard count > 1, !threads.isEmpty else {
      for task in 0..<max(0, count) { body(task, 0) }
      return
    }
    // Else the length of this file's path, which depends on the folder of the build, is in the program.
    #sourceLocation(file:"ThreadPool.run",line:1)
    withoutActuallyEscaping(body) { body in
      let job = Job(count: count, body: body)
      publish(job)
      work(Unmanaged.passUnretained(job), worker: 0)
      awaitOthers()
      withExtendedLifetime(job) {}
    }
    #sourceLocation()
  }

  /// Others may have lost their core to the other tools of a pipe: then this one is better given up
  /// than kept busy with waiting.
  private func awaitOthers() {
    var spins = 0
    while busy.load(ordering: .acquiring) != 0 {
      spins += 1
      if spins < Self.spins { pause() } else { sched_yield() }
    }
  }

  private func publish(_ job: Job) {
    pthread_mutex_lock(mutex)
    self.job = Unmanaged.passUnretained(job)
    shares.deal(job.count)
    busy.store(threads.count, ordering: .relaxed)
    generation.wrappingAdd(1, ordering: .releasing)
    if sleeping > 0 { pthread_cond_broadcast(wake) }
    pthread_mutex_unlock(mutex)
  }

  private func work(_ job: Unmanaged<Job>, worker: Int) {
    job._withUnsafeGuaranteedRef { job in
      while let task = shares.next(for: worker) { job.body(task, worker) }
    }
  }

  private func start(_ worker: Int) {
    final class Start {
      let pool: ThreadPool, worker: Int
      init(pool: ThreadPool, worker: Int) { (self.pool, self.worker) = (pool, worker) }
    }
    var (thread, attributes) = (pthread_t(), pthread_attr_t())
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, Self.stackBytes)
    let start = Unmanaged.passRetained(Start(pool: self, worker: worker))
    let status = pthread_create(
      &thread, &attributes,
      { argument in
        guard let argument else { return nil }
        let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
        start.pool.loop(worker: start.worker)
        return nil
      }, start.toOpaque())
    // With fewer threads than asked for, the others do their work.
    if status == 0 { threads.append(thread) } else { start.release() }
  }

  private func loop(worker: Int) {
    var seen = 0
    while true {
      var spins = 0
      while generation.load(ordering: .acquiring) == seen, spins < Self.spins {
        pause()
        spins += 1
      }
      pthread_mutex_lock(mutex)
      sleeping += 1
      while generation.load(ordering: .relaxed) == seen { pthread_cond_wait(wake, mutex) }
      sleeping -= 1
      seen = generation.load(ordering: .relaxed)
      let (job, stop) = (self.job, stopping)
      pthread_mutex_unlock(mutex)
      if stop { return }
      guard let job else { continue }
      work(job, worker: worker)
      busy.wrappingSubtract(1, ordering: .releasing)
    }
  }

  private func pause() {
    #if arch(x86_64)
      // A plain loop iteration: the standard library offers no spin hint.
      _ = generation.load(ordering: .relaxed)
    #endif
  }
}

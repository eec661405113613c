import Glibc
import Kernels
import Tensors
import Checkpoints
import CLIPVision
import Vicuna
func now() -> Double { var t = timespec(); clock_gettime(getenv("CPUT") != nil ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &t); return Double(t.tv_sec) + 1e-9 * Double(t.tv_nsec) }
let kernels = try KernelSet.best()
let ops = CPUOperations(kernels: kernels, threads: Int(String(cString: getenv("THREADS")))!, precision: .bf16)
let t0 = now()
let dir = try ModelDirectory.open(model: "/tmp/models/l4")
let tower = try VisionTower(dir.visionCheckpoint(), operations: ops)
let lm = try LanguageModel(dir.languageCheckpoint(), operations: ops)
print("load", now() - t0, kernels.name)
let values: [Float] = (0..<338688).map { (i: Int) -> Float in Float(i % 255) / 128.0 - 1.0 }
for b in [1, 4, 8] {
  let img = try ops.join(Array(repeating: try Tensor(values, shape: [3 * 336, 336]), count: b)).reshaped([b, 3, 336, 336])
  for _ in 0..<2 { let s = now(); _ = try tower(img); let d = now() - s; print("encode batch", b, Double(b) / d, "img/s", Double(b)*0.366e12/d/1e9, "GFLOP/s") }
}
for n in [640] {
  let ids = (0..<n).map { Int32($0 * 7 % 32000) }
  for _ in 0..<3 {
    let cache = try lm.makeCache(capacity: n + 32)
    let x = try lm.embed(ids)
    var s = now(); _ = try lm.forward(x, caches: [(cache, 0..<n)]); var d = now() - s
    print("prefill", n, "per layer ms", d / 4 * 1e3, "-> 32 layers tok/s", Double(n) / (d / 4 * 32))
    s = now(); for _ in 0..<4 { let y = try lm.embed([5]); _ = try lm.forward(y, caches: [(cache, 0..<1)]) }; d = (now() - s) / 4
    print("decode1 per layer ms", d / 4 * 1e3, "GB/s", 4 * 202.4e6 * 2 / d / 1e9)
  }
}
let caches = try (0..<16).map { _ in try lm.makeCache(capacity: 256) }
for c in caches { _ = try lm.forward(lm.embed((0..<128).map { Int32($0) }), caches: [(c, 0..<128)]) }
for _ in 0..<3 { let s = now(); let y = try lm.embed((0..<16).map { Int32($0) }); _ = try lm.forward(y, caches: caches.enumerated().map { ($1, $0..<$0+1) }); let d = now() - s; print("decode16 per layer ms", d / 4 * 1e3) }

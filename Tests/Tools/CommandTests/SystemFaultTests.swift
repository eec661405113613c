// What the system does to a tool while it runs, and what is left then.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import InputOutput
import TestSupport
import Testing

@Suite struct SystemFaultTests {
  /// Whether C can be compiled here, for what the system is made to refuse.
  static let hasCompiler = (try? Shell.bash("command -v cc"))?.status == 0

  /// A library that makes each open of /proc/self/maps fail.
  private static let withoutMaps = """
    #define _GNU_SOURCE
    #include <dlfcn.h>
    #include <errno.h>
    #include <stdio.h>
    #include <string.h>
    static int refused(const char *path) {
      if (strcmp(path, "/proc/self/maps") != 0) return 0;
      errno = EMFILE;
      return 1;
    }
    #define OPEN(name) int name(const char *path, int flags, int mode) { \\
      if (refused(path)) return -1; \\
      return ((int (*)(const char *, int, int))dlsym(RTLD_NEXT, #name))(path, flags, mode); }
    OPEN(open) OPEN(open64)
    #define FOPEN(name) FILE *name(const char *path, const char *mode) { \\
      if (refused(path)) return NULL; \\
      return ((FILE *(*)(const char *, const char *))dlsym(RTLD_NEXT, #name))(path, mode); }
    FOPEN(fopen) FOPEN(fopen64)
    """

  /// What cannot be opened for want of descriptors may be whole: it is no damaged checkpoint.
  @Test(.enabled(if: hasCompiler, "needs a C compiler"))
  func aManifestThatCannotBeOpenedIsNoDamage() throws {
    let directory = try TemporaryDirectory()
    let source = replacing(
      #"strcmp(path, "/proc/self/maps") != 0"#, in: Self.withoutMaps,
      with: #"strstr(path, "manifest.json") == NULL"#)
    try directory.write(source, to: "manifest.c")
    let result = try TrainingBench.run(
      """
      cc -w -fno-builtin -shared -fPIC -o manifest.so manifest.c -ldl || exit 99
      head -c 2000 $RECORDS | $TRAIN -o run --total-steps 6 2> errors
      LD_PRELOAD=./manifest.so $TRAIN --total-steps 6 --resume -o run < $RECORDS 2> errors; echo $?
      cat errors
      """, in: directory)
    #expect(result.text.hasPrefix("4\n"), "\(result.text)")
    #expect(result.text.contains("manifest.json: open: Too many open files"), "\(result.text)")
  }

  @Test(.enabled(if: hasCompiler, "needs a C compiler"))
  func argumentsNeedNoProc() throws {
    let directory = try Workbench.bare()
    try directory.write(Self.withoutMaps, to: "maps.c")
    let result = try Workbench.run(
      """
      cc -w -fno-builtin -shared -fPIC -o maps.so maps.c -ldl || exit 99
      printf '/etc/hostname\\n' | LD_PRELOAD=./maps.so clip-encode --image-root . -o out
      LD_PRELOAD=./maps.so tensor-view --ids out
      """, in: directory)
    #expect(result.text == "/etc/hostname\n", "\(result.errors)")
    #expect(result.errors.contains("found an absolute one"), "\(result.errors)")
  }

  @Test(arguments: [
    ("clip-encode", "good"), ("llava-project", "good.features"),
    ("vicuna-decode", "good.projected"),
    ("vicuna-decode -z", "good.projected"), ("vicuna-decode --emit logits", "good.projected"),
  ])
  func aCheckpointThatIsOverwrittenSpoilsTheOutput(tool: String, input: String) throws {
    let directory = try Workbench.make()
    let result = try Workbench.run(
      """
      cp -r $LLAVA_MODEL m; mkfifo in; sleep 0.05
      \(tool) -m m --errors json -o out < in & tool=$!
      exec 3> in
      until grep -q model.safetensors /proc/$tool/maps; do sleep 0.02; done
      dd if=m/model.safetensors of=m/model.safetensors bs=1 count=1 conv=notrunc 2> /dev/null
      cat \(input) >&3; exec 3>&-
      wait $tool; echo $?; ls -A | grep out
      """, in: directory)
    #expect(result.text == "3\n", "\(result.text)")
    #expect(result.errors.contains(#""code":"file/changed""#), "\(result.errors)")
  }

  @Test func aFileThatMayNotGrowIsAnErrorAndLeavesNothing() throws {
    let directory = try Workbench.make()
    for command in [
      "yes grey.jpg | head -30000 | convo-format --ask x -o out", "clip-encode -o out good",
      "vicuna-decode --emit logits -0 -o out good.projected",
      "seq 100000 | convo-format --ask x --plain > plain",
    ] {
      let result = try Workbench.run(
        "ulimit -f 1; set +o pipefail; \(command); echo $?; ls -A | grep out", in: directory)
      #expect(result.text == "4\n", "\(command): \(result.text)")
      #expect(result.errors.contains("File too large (raise ulimit -f)"), "\(result.errors)")
    }
  }

  @Test func aNameOfAnyLegalLengthIsWritten() throws {
    let directory = try TemporaryDirectory()
    for name in [
      String(repeating: "n", count: 255), String(repeating: "é", count: 127), "n",
    ] {
      let result = try Shell.bash("convo-format --ask x -o '\(name)' <<< a", in: directory)
      #expect(result.status == 0, "\(result.errors)")
      #expect(directory.names == [name])
      #expect(unlink(directory.file(name)) == 0)
    }
  }

  /// From where the system cannot even start the tool (139 from execve, then 127 from the loader) to
  /// where it has enough.
  @Test(arguments: [
    "convo-format --ask x good", "convo-format --tokenizer $LLAVA_MODEL --ask x good",
    "clip-encode good", "llava-project good.features",
    "vicuna-decode --max-tokens 2 good.projected", "tensor-view good.features",
    "tensor-diff good.features good.features",
  ])
  func memoryThatIsOutIsStatus5(command: String) throws {
    let directory = try Workbench.make()
    let result = try Workbench.run(
      """
      for ((size = 8000; size < 48000; size += 400)); do
        { (ulimit -v $size; \(command) > /dev/null 2> errors); } 2> /dev/null
        status=$?
        case $status in
        127) isLoaded=1 ;;
        139) test -z "$isLoaded" || echo "$size: status 139" ;;
        0) echo done; test ! -s errors || cat errors >&2 ;;
        5) grep -qE 'no memory|gives no thread' errors || { echo $size; cat errors >&2; } ;;
        *) echo "$size: status $status"; cat errors >&2 ;;
        esac
      done | sort -u
      """, in: directory, environment: ["LLAVA_THREADS": "1"], timeout: 300)
    #expect(result.text == "done\n" && result.errors.isEmpty, "\(result.text)\(result.errors)")
  }
}

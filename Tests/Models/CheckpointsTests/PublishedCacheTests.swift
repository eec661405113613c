// Models in the hub's cache by their names, each test in a process of its own: what they set in the
// environment is a process's, and other tests read it.
// SPDX-License-Identifier: Apache-2.0
import Glibc
import InputOutput
import TestSupport
import Testing

@testable import Checkpoints

@Suite struct PublishedCacheTests {
  /// The name alone opens a LLaVA 1.5 and the tower that it names.
  @Test func aNameOpensAModelAndItsTower() async {
    await #expect(processExitsWith: .success) {
      let cache = try CacheFixture()
      try cache.add(.llava7B, revision: "4481d270cc22")
      try cache.refer(.llava7B, "main", to: "4481d270cc22\n")
      let model = PublishedModel.llava7B.name
      let alone = try ModelDirectory.open(model: model)
      #expect(throws: Failure.self) { try alone.visionCheckpoint() }
      try cache.add(.clip336, revision: "ce19dc912ca5")
      try cache.refer(.clip336, "main", to: "ce19dc912ca5")
      let opened = try ModelDirectory.open(model: model)
      let vision = try opened.visionCheckpoint()
      #expect(vision.config == PublishedModelTests.tower336)
      #expect(vision.preprocessor.aspect == .pad)
      #expect(vision.weights.path.hasPrefix(cache.snapshot(.clip336, "ce19dc912ca5")))
      #expect(try opened.languageCheckpoint().config == PublishedModelTests.decoder7B)
      #expect(try opened.projectorCheckpoint().config.depth == 2)
      let origin = HubCache.origin(of: try opened.tokenizerPath())
      #expect(origin?.repository == model)
      #expect(origin?.revision == "4481d270cc22")
      // A directory of the name where the user stands is not what the configuration means.
      try cache.make(cache.directory.file("here/openai/clip-vit-large-patch14-336"))
      try #require(chdir(cache.directory.file("here")) == 0)
      #expect(try opened.visionCheckpoint().weights.path == vision.weights.path)
    }
  }

  /// The variables that hub clients look at, the most particular first.
  @Test func whereTheCacheIs() async {
    await #expect(processExitsWith: .success) {
      let cache = try CacheFixture()
      try cache.add(.projector, revision: "a1")
      let model = PublishedModel.projector.name
      let home = cache.directory.path
      #expect(try HubCache.resolve(model) == cache.snapshot(.projector, "a1"))
      unsetenv("HF_HUB_CACHE")
      setenv("HF_HOME", home, 1)
      #expect(try HubCache.resolve(model) == cache.snapshot(.projector, "a1"))
      setenv("HOME", home, 1)
      setenv("HF_HOME", "~/", 1)
      #expect(try HubCache.resolve(model).hasSuffix("snapshots/a1"))
      for (variable, place) in [("XDG_CACHE_HOME", "xdg"), ("HOME", "home")] {
        unsetenv("HF_HOME")
        unsetenv("XDG_CACHE_HOME")
        let base = cache.directory.file(place)
        let hub = (variable == "HOME" ? "\(base)/.cache" : base) + "/huggingface"
        try cache.make(hub)
        try #require(symlink(cache.root, "\(hub)/hub") == 0)
        setenv(variable, base, 1)
        #expect(
          try HubCache.resolve(model).hasPrefix("\(hub)/hub/"), "\(variable)")
      }
    }
  }

  @Test func revisions() async {
    await #expect(processExitsWith: .success) {
      let cache = try CacheFixture()
      let model = PublishedModel.projector.name
      try cache.add(.projector, revision: "a1")
      #expect(try HubCache.resolve(model) == cache.snapshot(.projector, "a1"))
      try cache.add(.projector, revision: "b2")
      let ambiguous = try failure { try HubCache.resolve(model) }
      #expect(ambiguous.code == "checkpoint/not-found")
      #expect(ambiguous.message.contains("2 revisions"))
      #expect(ambiguous.remedy?.contains("@") == true)
      try cache.refer(.projector, "main", to: "b2")
      try cache.refer(.projector, "v1.5", to: "a1")
      #expect(try HubCache.resolve(model) == cache.snapshot(.projector, "b2"))
      #expect(try HubCache.resolve("\(model)@a1") == cache.snapshot(.projector, "a1"))
      #expect(try HubCache.resolve("\(model)@v1.5") == cache.snapshot(.projector, "a1"))
      let opened = try ModelDirectory.open(model: nil, projector: "\(model)@a1")
      #expect(try opened.projectorCheckpoint().config.depth == 2)
      let unknown = try failure { try HubCache.resolve("\(model)@c3") }
      #expect(unknown.message.contains("no revision c3"))
      #expect(unknown.remedy?.contains("--revision c3") == true)
      // What was fetched of the named revision is gone.
      try cache.refer(.projector, "main", to: "d4")
      #expect(try failure { try HubCache.resolve(model) }.message.contains("d4"))
    }
  }

  @Test func namesThatAreNotThere() async {
    await #expect(processExitsWith: .success) {
      let cache = try CacheFixture()
      let missing = try failure {
        try ModelDirectory.open(model: "liuhaotian/llava-v1.5-13b")
      }
      #expect(missing.code == "checkpoint/not-found")
      #expect(missing.status == .inputOutput)
      #expect(missing.message.contains(cache.root))
      #expect(missing.remedy?.contains("hf download liuhaotian/llava-v1.5-13b") == true)
      // Paths are paths, and lead into no cache.
      try cache.make("\(cache.root)/models--x--y/snapshots/a1")
      for path in [
        "/no/such", "no/such/model", "./x/y", "../x/y", "x/..", "x/y@", "x/y@..", "x/y@a1@a1",
        "x/y/", "x//y", "-x/y", "x/y@../../..", "",
      ] {
        let failure = try failure { try ModelDirectory.open(model: path) }
        #expect(failure.code == "checkpoint/not-found", "\(path)")
        #expect(!failure.message.contains(cache.root), "\(path)")
      }
    }
  }

  /// A reference leads to a revision of its model and nowhere else.
  @Test func hostileReferences() async {
    await #expect(processExitsWith: .success) {
      let cache = try CacheFixture()
      try cache.add(.projector, revision: "a1")
      try cache.add(.projector, revision: "b2")
      try cache.make("\(cache.root)/elsewhere")
      let model = PublishedModel.projector.name
      for text in [
        "", "\n", "..", "../../../elsewhere", "\(cache.root)/elsewhere", "a1/../b2", "a1\nb2",
        "a1\0", "\u{1b}[2J", String(repeating: "a", count: 1000),
        String(repeating: "a", count: 5000),
      ] {
        try cache.refer(.projector, "main", to: text)
        let failure = try failure { try ModelDirectory.open(model: nil, projector: model) }
        #expect(!failure.message.contains("elsewhere"), "\(text.prefix(20))")
        #expect(!failure.message.contains("\u{1b}"))
        #expect(failure.status == .inputOutput || failure.status == .limitExceeded)
      }
      // No writer would ever come.
      let reference = "\(cache.folder(.projector))/refs/main"
      try #require(unlink(reference) == 0 && mkfifo(reference, 0o600) == 0)
      #expect(throws: Failure.self) { try HubCache.resolve(model) }
    }
  }

  /// A configuration does not choose which files are opened here.
  @Test func aPathForATowerIsNotFollowed() async {
    await #expect(processExitsWith: .success) {
      let cache = try CacheFixture()
      let tower = cache.directory.file("clip-vit-large-patch14-336")
      try cache.make(tower)
      try PublishedModel.clip336.write(to: tower)
      try #require(chdir(cache.directory.path) == 0)
      let paths = [
        tower, "clip-vit-large-patch14-336", "./clip-vit-large-patch14-336",
        "openai/../clip-vit-large-patch14-336", "~/clip-vit-large-patch14-336",
      ]
      for path in paths {
        let model = try PublishedModel.llava7B.directory()
        let config = PublishedModel.llava7B.config.replacing(
          "openai/clip-vit-large-patch14-336", with: path)
        try model.write(config, to: "config.json")
        let opened = try ModelDirectory.open(model: model.path)
        let failure = try failure { try opened.visionCheckpoint() }
        #expect(failure.code == "checkpoint/no-part", "\(path)")
        #expect(failure.message.contains(path), "\(path)")
        #expect(failure.remedy?.contains("hf download") == false, "\(path)")
        let named = try ModelDirectory.open(model: model.path, vision: tower)
        #expect(try named.visionCheckpoint().rowsPerImage == 576)
      }
    }
  }
}

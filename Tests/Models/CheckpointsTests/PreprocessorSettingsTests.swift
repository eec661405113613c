// Image settings: old and new spellings, and settings that lie.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Preprocessing
import TestSupport
import Testing

@testable import Checkpoints

struct PreprocessorSettingsTests {
  private func read(_ text: String) throws -> PreprocessorSettings {
    try PreprocessorSettings(Fixture.object(text), place: "preprocessor_config.json")
  }

  @Test func readsIntegersAndObjects() throws {
    let expected = PreprocessorSettings(side: 336)
    #expect(try read("{\"size\":336,\"crop_size\":336,\"resample\":3}") == expected)
    #expect(
      try read(
        "{\"size\":{\"shortest_edge\":336},\"crop_size\":{\"height\":336,\"width\":336}}")
        == expected)
    #expect(try read("{}") == PreprocessorSettings(side: 224))
  }

  @Test func readsPaddingInBothSpellings() throws {
    #expect(try read("{\"do_pad\":true}").aspect == .pad)
    #expect(try read("{\"image_aspect_ratio\":\"pad\"}").aspect == .pad)
    #expect(try read("{\"image_aspect_ratio\":null,\"do_pad\":false}").aspect == .crop)
  }

  @Test func readsMeanDeviationAndFilter() throws {
    let settings = try read(
      "{\"image_mean\":[0.5,0.25,0],\"image_std\":[1,0.5,0.125],\"resample\":2}")
    #expect(settings.mean == [0.5, 0.25, 0])
    #expect(settings.standardDeviation == [1, 0.5, 0.125])
    #expect(settings.filter == .bilinear)
  }

  @Test(arguments: [
    "{\"image_mean\":[0.5,0.5]}", "{\"image_mean\":[0.5,0.5,0.5,0.5]}",
    "{\"image_mean\":0.5}", "{\"image_mean\":[0.5,\"a\",0.5]}", "{\"image_mean\":[]}",
    "{\"image_std\":[0.5,0,0.5]}", "{\"image_std\":[1e400,1,1]}", "{\"image_std\":[-1,1,1]}",
    "{\"size\":0}", "{\"size\":-1}", "{\"size\":2147483648}", "{\"size\":9223372036854775808}",
    "{\"size\":\"224\"}", "{\"size\":{}}", "{\"size\":{\"height\":224,\"width\":224}}",
    "{\"crop_size\":{\"height\":224,\"width\":336},\"size\":336}", "{\"crop_size\":[224,224]}",
    "{\"crop_size\":336,\"size\":224}", "{\"resample\":0}", "{\"resample\":9}",
    "{\"do_resize\":false}", "{\"do_normalize\":false}", "{\"do_rescale\":1}",
    "{\"rescale_factor\":1}", "{\"do_pad\":\"yes\"}", "{\"image_aspect_ratio\":\"anyres\"}",
  ])
  func refuses(text: String) throws {
    let failure = try failure { try read(text) }
    #expect(failure.status == .mismatch)
    #expect(failure.code == "checkpoint/config")
  }
}

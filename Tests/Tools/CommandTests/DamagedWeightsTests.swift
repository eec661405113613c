// Weights that hold NaN or infinity: what they spoil is skipped and said, never passed on.
// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@Suite struct DamagedWeightsTests {
  /// The golden model with a NaN in one tensor: `place` is how far before the file's end it stands.
  private static let damage = """
    damage() {
      cp -r $MODELS/llava-hf $1
      size=$(stat -c %s $1/model.safetensors)
      printf '\\377\\177' | dd of=$1/model.safetensors bs=1 seek=$((size - $2)) conv=notrunc status=none
    }

    """

  /// The last tensor of the file is the gain of the norm before the tower's first layer, and 93698
  /// bytes before its end stands the last number of the projector's first bias.
  @Test(arguments: [("clip-encode good.jsonl", 2), ("llava-project good.features", 93_698)])
  func whatIsNoNumberIsSkipped(command: String, place: Int) throws {
    let directory = try Workbench.make()
    let result = try Workbench.run(
      Self.damage + """
        damage broken \(place)
        \(command) -m broken > out.tsz; echo $?
        tensor-view --json out.tsz | grep -c '"code":"tensor/not-finite"'
        """, in: directory)
    #expect(result.text == "1\n5\n", "\(result.text) \(result.errors)")
    #expect(
      result.errors.contains("expected finite numbers, found NaN in element"), "\(result.errors)")
    #expect(result.errors.contains("inspect --verify"), "\(result.errors)")
  }
}

// Makes the libraries' choices values of options.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Conversations
import Streams

extension ObjectFormat: @retroactive ExpressibleByArgument {}
extension ImagePosition: @retroactive ExpressibleByArgument {}
extension PromptOptions.Compatibility: @retroactive ExpressibleByArgument {}
extension FormatOptions.SpecialPolicy: @retroactive ExpressibleByArgument {}
extension FormatOptions.SeparatorPolicy: @retroactive ExpressibleByArgument {}

/// The values of a choice, as help shows them.
func names<Choice: CaseIterable & RawRepresentable<String>>(_ type: Choice.Type) -> String {
  type.allCases.map(\.rawValue).joined(separator: ", ")
}

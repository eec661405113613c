// Makes the libraries' choices values of options.
// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Conversations
import Streams

extension ObjectFormat: ExpressibleByArgument {}
extension ImagePosition: ExpressibleByArgument {}
extension PromptOptions.Compatibility: ExpressibleByArgument {}
extension FormatOptions.SpecialPolicy: ExpressibleByArgument {}
extension FormatOptions.SeparatorPolicy: ExpressibleByArgument {}

/// The values of a choice, as help shows them.
func names<Choice: CaseIterable & RawRepresentable<String>>(_ type: Choice.Type) -> String {
  type.allCases.map(\.rawValue).joined(separator: ", ")
}

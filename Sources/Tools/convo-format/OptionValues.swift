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

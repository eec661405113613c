// A file that torch.save wrote opens as it is.
// SPDX-License-Identifier: Apache-2.0
import InputOutput
import Testing

@testable import Pickle

// How many cores the process may use.
// SPDX-License-Identifier: Apache-2.0
import CSystem

/// The cores that the process may run on, which a container or taskset may have reduced; 1 to 1024.
public func availableCores() -> Int { min(max(1, Int(llava_available_cores())), 1024) }

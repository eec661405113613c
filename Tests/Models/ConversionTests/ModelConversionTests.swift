// A model goes to another layout and back unchanged.
// SPDX-License-Identifier: Apache-2.0
import Testing

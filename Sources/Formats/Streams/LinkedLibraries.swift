// The versions of the libraries behind this module, for --version.
// SPDX-License-Identifier: Apache-2.0
import CZstd
import InputOutput

/// `zstd 1.5.4`, `nettle 3.8`: what runs, which need not be what it was built with.
public let streamLibraries = [
  "zstd \(String(cString: ZSTD_versionString()))",
  hashLibrary,
]

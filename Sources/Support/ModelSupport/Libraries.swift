// The libraries that tools name beside their version.
// SPDX-License-Identifier: Apache-2.0

/// Libraries that tools with a model use besides those of streams.
public let modelLibraries = ["OpenBLAS"]
/// Libraries that decode images.
public let imageLibraries = ["libjpeg-turbo", "libpng"]

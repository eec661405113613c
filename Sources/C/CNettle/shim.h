// Nettle: SHA-256.
// SPDX-License-Identifier: Apache-2.0
#include <nettle/sha2.h>
#include <nettle/version.h>

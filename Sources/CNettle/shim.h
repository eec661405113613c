// Nettle: SHA-256.
#include <nettle/sha2.h>
#include <nettle/version.h>

// libcurl: HTTP, with the system's proxies and certificates.
// SPDX-License-Identifier: Apache-2.0
#include <curl/curl.h>

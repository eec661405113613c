// HTTP requests over libcurl, many at once on one thread, with limits: curl_easy_setopt takes
// arguments that Swift cannot pass.
// SPDX-License-Identifier: Apache-2.0
#ifndef CHTTP_H
#define CHTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The server of all requests of a client, and their limits. Texts are copied.
typedef struct http_settings {
  const char *url;
  // NULL: over TCP.
  const char *unix_socket;
  const char *agent;
  // Use no proxy, whatever the environment says: for a host that no proxy can reach.
  bool is_direct;
  long connect_milliseconds;
  // The longest time, in seconds, without a byte received or sent.
  long silence_seconds;
  long total_milliseconds;
  // The largest body to accept.
  size_t body_limit;
  // The largest number of concurrent connections.
  long connections;
} http_settings;

typedef struct http_client http_client;

// How a request ended.
typedef struct http_outcome {
  uint64_t tag;
  // A CURLcode; 0 if the whole reply arrived.
  int curl_code;
  // libcurl's message about it; empty if there is none.
  char error[256];
  // Whether the request could be sent; false where there was no connection for it.
  bool was_connected;
  bool is_body_too_large;
  long status;
  // Retry-After in seconds, in whichever form the server wrote it; 0 without one.
  int64_t retry_after;
  // The target of a redirect, or NULL; valid as long as the outcome.
  const char *location;
  const void *body;
  size_t body_size;
} http_outcome;

// Returns NULL if libcurl lacks memory or descriptors. `headers` are lines `Name: value`.
http_client *http_open(const http_settings *settings, const char *const *headers, size_t count);
void http_close(http_client *client);

// Begins to send a POST; `body` must not change until the request's outcome is taken.
// Returns false if libcurl has no memory for it.
bool http_post(http_client *client, uint64_t tag, const void *body, size_t size);

// Sends and receives for at most `milliseconds`, less when something happens. Returns a CURLMcode.
int http_work(http_client *client, int milliseconds);

// Takes a request that has ended. The outcome's pointers are valid until `http_release`.
bool http_next(http_client *client, http_outcome *outcome);
void http_release(http_client *client);

#endif

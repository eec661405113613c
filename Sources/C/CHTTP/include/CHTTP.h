// HTTP requests over libcurl, many at once on one thread, behind limits: curl_easy_setopt takes
// arguments that Swift cannot pass.
// SPDX-License-Identifier: Apache-2.0
#ifndef CHTTP_H
#define CHTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Where all requests of a client go, and what they may take. Texts are copied.
typedef struct http_settings {
  const char *url;
  // NULL: over TCP.
  const char *unix_socket;
  const char *agent;
  // No proxy, whatever the environment says: a host that no proxy can reach.
  bool is_direct;
  long connect_milliseconds;
  // The longest time, in seconds, in which not a byte comes or goes.
  long silence_seconds;
  long total_milliseconds;
  // The largest body to accept.
  size_t body_limit;
  // The most connections at once.
  long connections;
} http_settings;

typedef struct http_client http_client;

// How a request ended.
typedef struct http_outcome {
  uint64_t tag;
  // A CURLcode; 0 where the whole answer came.
  int curl_code;
  // What libcurl says about it; empty where it says nothing.
  char error[256];
  // Whether the request could be sent; false where there was no connection for it.
  bool was_connected;
  bool is_body_too_large;
  long status;
  // Retry-After in seconds, whichever way the server wrote it; 0 where it did not.
  int64_t retry_after;
  // Where a redirect leads, or NULL; as long as the outcome.
  const char *location;
  const void *body;
  size_t body_size;
} http_outcome;

// NULL where libcurl lacks memory or descriptors. `headers` are lines `Name: value`.
http_client *http_open(const http_settings *settings, const char *const *headers, size_t count);
void http_close(http_client *client);

// Begins to send a POST; `body` must stay as it is until the request's outcome has come.
// Returns false where libcurl has no memory for it.
bool http_post(http_client *client, uint64_t tag, const void *body, size_t size);

// Sends and receives for at most `milliseconds`, less when something happens. Returns a CURLMcode.
int http_work(http_client *client, int milliseconds);

// Takes a request that has ended. The outcome's pointers are good until `http_release`.
bool http_next(http_client *client, http_outcome *outcome);
void http_release(http_client *client);

#endif

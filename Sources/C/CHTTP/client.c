// HTTP requests over libcurl's multi interface: set-up, limits, results.
// SPDX-License-Identifier: Apache-2.0
#include "CHTTP.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

// No well-meaning server sends more bytes of headers than this.
enum { header_limit = 1 << 18 };

typedef struct transfer {
  uint64_t tag;
  size_t limit, size, capacity, header_bytes;
  bool is_too_large;
  char *body;
  char error[CURL_ERROR_SIZE];
} transfer;

struct http_client {
  CURLM *multi;
  struct curl_slist *headers;
  http_settings settings;
  // Taken by `http_next` and not released yet.
  CURL *ended;
  // All requests in progress, so that closing finds them.
  CURL **active;
  size_t active_count, active_capacity;
};

static size_t keep_body(char *data, size_t unit, size_t count, void *owner) {
  transfer *own = owner;
  size_t size = unit * count;
  if (size > own->limit - own->size) {
    own->is_too_large = true;
    return CURL_WRITEFUNC_ERROR;
  }
  if (own->size + size > own->capacity) {
    size_t capacity = (own->size + size) * 2;
    if (capacity > own->limit) capacity = own->limit;
    char *grown = realloc(own->body, capacity);
    if (grown == NULL) return CURL_WRITEFUNC_ERROR;
    own->body = grown;
    own->capacity = capacity;
  }
  memcpy(own->body + own->size, data, size);
  own->size += size;
  return size;
}

static size_t count_headers(char *data, size_t unit, size_t count, void *owner) {
  (void)data;
  transfer *own = owner;
  own->header_bytes += unit * count;
  return own->header_bytes > header_limit ? CURL_WRITEFUNC_ERROR : unit * count;
}

static void free_settings(http_settings *settings) {
  free((char *)settings->url);
  free((char *)settings->unix_socket);
  free((char *)settings->agent);
}

http_client *http_open(const http_settings *settings, const char *const *headers, size_t count) {
  static bool is_ready = false;
  if (!is_ready && curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return NULL;
  is_ready = true;
  http_client *client = calloc(1, sizeof *client);
  if (client == NULL) return NULL;
  client->settings = *settings;
  client->settings.url = strdup(settings->url);
  client->settings.agent = strdup(settings->agent);
  if (settings->unix_socket) client->settings.unix_socket = strdup(settings->unix_socket);
  client->multi = curl_multi_init();
  for (size_t index = 0; index < count; index++) {
    struct curl_slist *longer = curl_slist_append(client->headers, headers[index]);
    if (longer == NULL) break;
    client->headers = longer;
  }
  if (client->multi == NULL || client->headers == NULL) {
    http_close(client);
    return NULL;
  }
  curl_multi_setopt(client->multi, CURLMOPT_MAXCONNECTS, settings->connections);
  curl_multi_setopt(client->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, settings->connections);
  return client;
}

static void discard(http_client *client, CURL *easy) {
  transfer *own = NULL;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&own);
  curl_multi_remove_handle(client->multi, easy);
  curl_easy_cleanup(easy);
  if (own == NULL) return;
  free(own->body);
  free(own);
}

void http_close(http_client *client) {
  if (client == NULL) return;
  http_release(client);
  for (size_t index = 0; index < client->active_count; index++) {
    discard(client, client->active[index]);
  }
  free(client->active);
  if (client->multi) curl_multi_cleanup(client->multi);
  curl_slist_free_all(client->headers);
  free_settings(&client->settings);
  free(client);
}

static void set_up(CURL *easy, const http_client *client, transfer *own) {
  const http_settings *settings = &client->settings;
  curl_easy_setopt(easy, CURLOPT_PRIVATE, own);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, own->error);
  curl_easy_setopt(easy, CURLOPT_URL, settings->url);
#if LIBCURL_VERSION_NUM >= 0x075500
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, client->headers);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, settings->agent);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  // A redirect would send the key to another host.
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  if (settings->unix_socket) {
    curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, settings->unix_socket);
  }
  if (settings->is_direct) curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, settings->connect_milliseconds);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, settings->silence_seconds);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, settings->total_milliseconds);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, keep_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, own);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, count_headers);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, own);
}

bool http_post(http_client *client, uint64_t tag, const void *body, size_t size) {
  if (client->active_count == client->active_capacity) {
    size_t capacity = client->active_capacity * 2 + 16;
    CURL **grown = realloc(client->active, capacity * sizeof *grown);
    if (grown == NULL) return false;
    client->active = grown;
    client->active_capacity = capacity;
  }
  transfer *own = calloc(1, sizeof *own);
  CURL *easy = own ? curl_easy_init() : NULL;
  if (easy == NULL) {
    free(own);
    return false;
  }
  own->tag = tag;
  own->limit = client->settings.body_limit;
  set_up(easy, client, own);
  curl_easy_setopt(easy, CURLOPT_POST, 1L);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)size);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
  if (curl_multi_add_handle(client->multi, easy) != CURLM_OK) {
    discard(client, easy);
    return false;
  }
  client->active[client->active_count++] = easy;
  return true;
}

int http_work(http_client *client, int milliseconds) {
  int running = 0;
  CURLMcode code = curl_multi_perform(client->multi, &running);
  if (code != CURLM_OK) return code;
  code = curl_multi_poll(client->multi, NULL, 0, milliseconds, NULL);
  if (code != CURLM_OK) return code;
  return curl_multi_perform(client->multi, &running);
}

static void describe(CURL *easy, transfer *own, CURLcode code, http_outcome *outcome) {
  memset(outcome, 0, sizeof *outcome);
  outcome->tag = own->tag;
  outcome->curl_code = code;
  const char *error = own->error[0] ? own->error : code ? curl_easy_strerror(code) : "";
  strncpy(outcome->error, error, sizeof outcome->error - 1);
  curl_off_t sent_at = 0, retry_after = 0;
  curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &sent_at);
  curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &retry_after);
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &outcome->status);
  curl_easy_getinfo(easy, CURLINFO_REDIRECT_URL, (char **)&outcome->location);
  outcome->was_connected = sent_at > 0;
  outcome->retry_after = retry_after;
  outcome->is_body_too_large = own->is_too_large;
  outcome->body = own->body;
  outcome->body_size = own->size;
}

bool http_next(http_client *client, http_outcome *outcome) {
  http_release(client);
  int left = 0;
  CURLMsg *message;
  while ((message = curl_multi_info_read(client->multi, &left)) != NULL) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL *easy = message->easy_handle;
    CURLcode code = message->data.result;
    transfer *own = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&own);
    describe(easy, own, code, outcome);
    client->ended = easy;
    for (size_t index = 0; index < client->active_count; index++) {
      if (client->active[index] != easy) continue;
      client->active[index] = client->active[--client->active_count];
      break;
    }
    return true;
  }
  return false;
}

void http_release(http_client *client) {
  if (client->ended) discard(client, client->ended);
  client->ended = NULL;
}

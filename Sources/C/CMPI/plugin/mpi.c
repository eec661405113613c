/* The table of CMPI.h over MPI. Waits poll with a time limit, so that a rank that stalls can be named.
   SPDX-License-Identifier: Apache-2.0 */
#include "../include/CMPI.h"
#include <limits.h>
#include <mpi.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__GNUC__) && !defined(__clang__)
/* MPICH's MPI_STATUSES_IGNORE is the address 1, in which GCC sees no room for statuses. */
#pragma GCC diagnostic ignored "-Wstringop-overflow"
#endif

static int own_rank, ranks;
static uint64_t sent_slices, sent_other;

enum { HERE = 1, LENGTH, PART, CALL, ANSWER };
/* How long a reply to a call may take, and how long a called rank lets the caller go first. */
static const double CALL_SECONDS = 3, SILENCE = 60;
static MPI_Request called = MPI_REQUEST_NULL;
static char call_byte;
static int is_calling;
static double silent_until;
/* How much longer than the others a rank waits for rank 0 after it has heard from it. */
static const double GRACE = 10;
/* The largest transfer in bytes: MPI counts in int. */
static const int64_t PIECE = 1 << 30;

static void library(char *text, size_t size) {
    char whole[MPI_MAX_LIBRARY_VERSION_STRING];
    int length;
    MPI_Get_library_version(whole, &length);
    size_t end = strcspn(whole, ",\n");
    for (size_t i = 0; i < end; i++)
        if (whole[i] == '\t') whole[i] = ' '; /* MPICH's columns */
    snprintf(text, size, "%.*s", (int)end, whole);
}

static void listen_for_calls(void) {
    MPI_Irecv(&call_byte, 1, MPI_CHAR, MPI_ANY_SOURCE, CALL, MPI_COMM_WORLD, &called);
}

static int start(int *rank, int *size) {
    int given, error = MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &given);
    if (error) return error;
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_rank(MPI_COMM_WORLD, &own_rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    listen_for_calls();
    *rank = own_rank;
    *size = ranks;
    return 0;
}

static void finish(void) {
    MPI_Cancel(&called);
    MPI_Request_free(&called);
    MPI_Finalize();
}

static void end_all(int status) { MPI_Abort(MPI_COMM_WORLD, status); }

static void describe(int error, char *text, size_t size) {
    char whole[MPI_MAX_ERROR_STRING];
    int length = 0;
    if (error == LLAVA_MPI_MEMORY || MPI_Error_string(error, whole, &length) != MPI_SUCCESS)
        snprintf(whole, sizeof whole, "out of memory");
    whole[strcspn(whole, "\n")] = 0;
    snprintf(text, size, "%s", whole);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* Yields to others: at first only briefly, then for longer, since ranks may share cores. */
static void pause_since(double begin) {
    double waited = now() - begin;
    if (waited < 1e-3) {
        sched_yield();
        return;
    }
    struct timespec nap = {0, waited < 0.1 ? 50000 : 500000};
    nanosleep(&nap, NULL);
}

/* Replies to a rank that calls all others, and leaves the word to it: of two ranks that call at once the
   lower one has it. */
static void answer_call(void) {
    static char answer = 1;
    int done = 0;
    MPI_Status status;
    if (MPI_Test(&called, &done, &status) || !done) return;
    MPI_Request request;
    MPI_Isend(&answer, 1, MPI_CHAR, status.MPI_SOURCE, ANSWER, MPI_COMM_WORLD, &request);
    MPI_Request_free(&request);
    listen_for_calls();
    int leaves = !is_calling || status.MPI_SOURCE < own_rank;
    if (leaves) silent_until = now() + SILENCE;
}

static int wait_for(MPI_Request *requests, int count, double seconds) {
    double begin = now(), end = begin + seconds;
    for (;;) {
        int done, error = MPI_Testall(count, requests, &done, MPI_STATUSES_IGNORE);
        if (error || done) return error;
        answer_call();
        if (seconds > 0 && now() > end && now() > silent_until) return LLAVA_MPI_LATE;
        pause_since(begin);
    }
}

/* A rank that waits replies; one that computes, reads or hangs does not. Returns the first of these, or -1. */
static int call_all(unsigned char *absent) {
    static char call = 1;
    char *answers = malloc((size_t)ranks);
    MPI_Request *requests = malloc((size_t)ranks * sizeof *requests);
    if (!answers || !requests) return -1;
    for (int r = 0; r < ranks; r++) {
        requests[r] = MPI_REQUEST_NULL;
        if (r == own_rank) continue;
        MPI_Request request;
        MPI_Irecv(&answers[r], 1, MPI_CHAR, r, ANSWER, MPI_COMM_WORLD, &requests[r]);
        MPI_Isend(&call, 1, MPI_CHAR, r, CALL, MPI_COMM_WORLD, &request);
        MPI_Request_free(&request);
    }
    int first = -1;
    is_calling = 1;
    int error = wait_for(requests, ranks, CALL_SECONDS);
    is_calling = 0;
    if (error == 0) return -1;
    /* The job ends now: pending requests are abandoned. */
    for (int r = ranks - 1; r >= 0; r--) {
        int done = 1;
        MPI_Test(&requests[r], &done, MPI_STATUS_IGNORE);
        if (absent) absent[r] = !done;
        if (!done) first = r;
    }
    return first;
}

/* The same wait, which names the late rank. */
static int wait_naming(MPI_Request *request, double seconds) {
    for (;;) {
        int error = wait_for(request, 1, seconds);
        if (error != LLAVA_MPI_LATE) return error;
        int first = call_all(NULL);
        /* Else another has the word: a rank that its end of the job wakes up may have answered. */
        if (now() > silent_until) return first < 0 ? error : LLAVA_MPI_ABSENT - first;
    }
}

/* Rank 0: receives the length of every other rank's message, and finds missing ranks. */
static int hear(int64_t *counts, MPI_Request *requests, double seconds, unsigned char *late) {
    char here = 1;
    for (int r = 1; r < ranks; r++) {
        int error = MPI_Irecv(&counts[r], 1, MPI_INT64_T, r, LENGTH, MPI_COMM_WORLD, &requests[r - 1]);
        if (!error)
            error = MPI_Isend(&here, 1, MPI_CHAR, r, HERE, MPI_COMM_WORLD, &requests[ranks - 1 + r - 1]);
        if (error) return error;
    }
    sent_other += sizeof here * (uint64_t)(ranks - 1);
    int error = wait_for(requests, ranks - 1, seconds);
    for (int r = 1; error == LLAVA_MPI_LATE && r < ranks; r++) {
        int done = 1;
        MPI_Test(&requests[r - 1], &done, MPI_STATUS_IGNORE);
        late[r] = !done;
    }
    return error ? error : wait_for(requests + ranks - 1, ranks - 1, seconds);
}

/* The others: rank 0 is there, and knows how long the message is. Who waits longest for it may say so
   first: the others follow one after the other. */
static int tell(const int64_t *count, MPI_Request *requests, double seconds, unsigned char *late) {
    char here;
    int error = MPI_Irecv(&here, 1, MPI_CHAR, 0, HERE, MPI_COMM_WORLD, &requests[0]);
    if (!error) error = MPI_Isend(count, 1, MPI_INT64_T, 0, LENGTH, MPI_COMM_WORLD, &requests[1]);
    if (!error) error = wait_for(requests, 2, seconds > 0 ? seconds + own_rank : 0);
    if (error == LLAVA_MPI_LATE) late[0] = 1;
    sent_other += sizeof *count;
    return error;
}

static int move(void *bytes, int64_t count, int from, int to, double seconds) {
    for (int64_t done = 0; done < count;) {
        int piece = (int)(count - done < PIECE ? count - done : PIECE);
        MPI_Request request;
        char *place = (char *)bytes + done;
        int error = own_rank == from
            ? MPI_Isend(place, piece, MPI_BYTE, to, PART, MPI_COMM_WORLD, &request)
            : MPI_Irecv(place, piece, MPI_BYTE, from, PART, MPI_COMM_WORLD, &request);
        if (!error) error = wait_naming(&request, seconds);
        if (error) return error;
        if (own_rank == from) sent_other += (uint64_t)piece;
        done += piece;
    }
    return 0;
}

static int broadcast(void *bytes, int64_t count, double seconds) {
    for (int64_t done = 0; done < count; done += PIECE) {
        int piece = (int)(count - done < PIECE ? count - done : PIECE);
        MPI_Request request;
        int error = MPI_Ibcast((char *)bytes + done, piece, MPI_BYTE, 0, MPI_COMM_WORLD, &request);
        if (!error) error = wait_naming(&request, seconds);
        if (error) return error;
    }
    if (own_rank == 0) sent_other += (uint64_t)count * (uint64_t)(ranks - 1);
    return 0;
}

static int exchange(const void *message, int64_t count, double seconds, unsigned char **all,
                    int64_t *counts, unsigned char *late) {
    MPI_Request *requests = malloc(2 * (size_t)ranks * sizeof *requests);
    if (!requests) return LLAVA_MPI_MEMORY;
    memset(late, 0, (size_t)ranks);
    counts[own_rank] = count;
    int error = own_rank == 0 ? hear(counts, requests, seconds, late)
                              : tell(&counts[own_rank], requests, seconds, late);
    free(requests);
    /* A missing rank may itself be waiting for another. */
    unsigned char *absent = calloc((size_t)ranks, 1);
    if (error == LLAVA_MPI_LATE && absent && call_all(absent) >= 0)
        memcpy(late, absent, (size_t)ranks);
    free(absent);
    while (error == LLAVA_MPI_LATE && now() < silent_until) pause_since(0);
    double patience = seconds > 0 ? 2 * seconds + GRACE : 0;
    if (!error) error = broadcast(counts, (int64_t)sizeof *counts * ranks, patience);
    if (error) return error;
    int64_t total = 0, begin = 0;
    for (int r = 0; r < ranks; r++) total += counts[r];
    if (!(*all = malloc((size_t)total + 1))) return LLAVA_MPI_MEMORY;
    for (int r = 0; r < ranks && !error; begin += counts[r++]) {
        if (r == own_rank) memcpy(*all + begin, message, (size_t)count);
        if (r > 0 && (own_rank == 0 || own_rank == r))
            error = move(*all + begin, counts[r], r, 0, patience);
    }
    return error ? error : broadcast(*all, total, patience);
}

static void release(void *all) { free(all); }

static int deal(const unsigned char *const *messages, const int64_t *counts, void *own,
                double seconds) {
    if (own_rank > 0) return move(own, counts[own_rank], 0, own_rank, seconds);
    for (int r = 1; r < ranks; r++) {
        int error = move((void *)messages[r], counts[r], 0, r, seconds);
        if (error) return error;
    }
    return 0;
}

/* Places of the slices as MPI takes them; 0 where they are beyond what it counts, or memory is out. */
static int *places(const int64_t *first, const int64_t *count) {
    int *made = malloc(2 * (size_t)ranks * sizeof *made);
    for (int r = 0; made && r < ranks; r++) {
        if (first[r] > INT_MAX || count[r] > INT_MAX) {
            free(made);
            return NULL;
        }
        made[r] = (int)count[r];
        made[ranks + r] = (int)first[r];
    }
    return made;
}

static uint64_t of_others(const int64_t *count) {
    uint64_t sum = 0;
    for (int r = 0; r < ranks; r++)
        if (r != own_rank) sum += (uint64_t)count[r];
    return sum;
}

static int exchange_slices(const float *values, const int64_t *first, const int64_t *count,
                           float *received, double seconds) {
    int64_t *from = malloc(2 * (size_t)ranks * sizeof *from);
    for (int r = 0; from && r < ranks; r++) {
        from[r] = count[own_rank] * r;
        from[ranks + r] = count[own_rank];
    }
    int *out = places(first, count), *in = from ? places(from, from + ranks) : NULL;
    MPI_Request request;
    int error = LLAVA_MPI_MEMORY;
    if (out && in)
        error = MPI_Ialltoallv(values, out, out + ranks, MPI_FLOAT, received, in, in + ranks,
                               MPI_FLOAT, MPI_COMM_WORLD, &request);
    if (!error) error = wait_naming(&request, seconds);
    sent_slices += sizeof *values * of_others(count);
    free(from);
    free(out);
    free(in);
    return error;
}

static int share(void *values, MPI_Datatype type, const int64_t *first, const int64_t *count,
                 double seconds) {
    int *slices = places(first, count);
    MPI_Request request;
    int error = LLAVA_MPI_MEMORY;
    if (slices)
        error = MPI_Iallgatherv(MPI_IN_PLACE, 0, type, values, slices, slices + ranks, type,
                                MPI_COMM_WORLD, &request);
    if (!error) error = wait_naming(&request, seconds);
    free(slices);
    return error;
}

static int share_slices(float *values, const int64_t *first, const int64_t *count,
                        double seconds) {
    sent_slices += sizeof *values * (uint64_t)count[own_rank] * (uint64_t)(ranks - 1);
    return share(values, MPI_FLOAT, first, count, seconds);
}

static int share_doubles(double *values, const int64_t *first, const int64_t *count,
                         double seconds) {
    sent_other += sizeof *values * (uint64_t)count[own_rank] * (uint64_t)(ranks - 1);
    return share(values, MPI_DOUBLE, first, count, seconds);
}

static int collect_slices(const float *own, float *values, const int64_t *first,
                          const int64_t *count, double seconds) {
    int *slices = places(first, count);
    MPI_Request request;
    int error = LLAVA_MPI_MEMORY;
    if (slices)
        error = MPI_Igatherv(own, slices[own_rank], MPI_FLOAT, values, slices, slices + ranks,
                             MPI_FLOAT, 0, MPI_COMM_WORLD, &request);
    if (!error) error = wait_naming(&request, seconds);
    if (own_rank > 0) sent_other += sizeof *own * (uint64_t)count[own_rank];
    free(slices);
    return error;
}

static void sent(uint64_t *slices, uint64_t *other) {
    *slices = sent_slices;
    *other = sent_other;
}

static const llava_mpi table = {
    LLAVA_MPI_VERSION, library, start, finish, end_all, describe, exchange, release, deal,
    exchange_slices, share_slices, collect_slices, share_doubles, sent,
};

__attribute__((visibility("default"))) const llava_mpi *llava_mpi_table(void) { return &table; }

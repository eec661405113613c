/* What llava-train needs from MPI: a table of functions in a small library, which `make mpi` builds
   against the machine's own MPI, and which is loaded when a launcher has started several ranks.
   SPDX-License-Identifier: Apache-2.0 */
#ifndef CMPI_H
#define CMPI_H

#include <stddef.h>
#include <stdint.h>

/* The version of this table: a library with another version is refused. */
enum { LLAVA_MPI_VERSION = 1 };

/* The results of functions: 0, a late rank, LLAVA_MPI_ABSENT - r where it is known that rank r does not
   answer, or an error of MPI, which `describe` explains. */
enum { LLAVA_MPI_LATE = -1, LLAVA_MPI_MEMORY = -2, LLAVA_MPI_ABSENT = -100 };

/* All ranks call every function in the same order, from one thread. `seconds` limits each wait
   for another rank; 0: no limit. Counts are in elements; slice r of an array belongs to rank r
   and begins at first[r]. */
typedef struct llava_mpi {
  int version;
  /* The MPI that it was built against, one line. */
  void (*library)(char *text, size_t size);
  int (*start)(int *rank, int *size);
  void (*finish)(void);
  /* Ends all ranks. */
  void (*abort)(int status);
  void (*describe)(int error, char *text, size_t size);
  /* All-gather of every rank's message: counts[size], and the messages one after the other, to be freed
     by `release`. With LLAVA_MPI_LATE `late[r]` says whether rank r is missing. */
  int (*exchange)(const void *message, int64_t count, double seconds, unsigned char **all,
                  int64_t *counts, unsigned char *late);
  void (*release)(void *all);
  /* Scatter: message r of rank 0 goes to rank r, rank 0's own stays; `counts` are the same on all ranks. */
  int (*deal)(const unsigned char *const *messages, const int64_t *counts, void *own, double seconds);
  /* All-to-all: slice r of every rank's `values` goes to rank r; received[q] comes from rank q. */
  int (*exchange_slices)(const float *values, const int64_t *first, const int64_t *count,
                         float *received, double seconds);
  /* All-gather: every rank's own slice of `values` goes to all ranks, in place. */
  int (*share_slices)(float *values, const int64_t *first, const int64_t *count, double seconds);
  /* Gather: the same to rank 0 only; `own` is this rank's slice, and `values` matters on rank 0. */
  int (*collect_slices)(const float *own, float *values, const int64_t *first, const int64_t *count,
                        double seconds);
  /* All-gather of doubles. */
  int (*share_doubles)(double *values, const int64_t *first, const int64_t *count, double seconds);
  /* Bytes that this rank has sent to others: values of slices, and everything else. */
  void (*sent)(uint64_t *slices, uint64_t *other);
} llava_mpi;

/* The only function that the library exports, `llava_mpi_table`. */
typedef const llava_mpi *llava_mpi_table_function(void);

/* Loads the library at `path`; if that fails, returns NULL and a reason in one line. */
const llava_mpi *llava_mpi_load(const char *path, char *reason, size_t size);

#endif

/* What llava-train asks of MPI: a table of functions that a small library gives, which `make mpi` builds
   against the machine's own MPI and which is loaded when a launcher has started several ranks.
   SPDX-License-Identifier: Apache-2.0 */
#ifndef CMPI_H
#define CMPI_H

#include <stddef.h>
#include <stdint.h>

/* Of this table: a library of another one is refused. */
enum { LLAVA_MPI_VERSION = 1 };

/* What functions return: 0, a late rank, or an error of MPI's, which `describe` tells. */
enum { LLAVA_MPI_LATE = -1, LLAVA_MPI_MEMORY = -2 };

/* Every function is called by all ranks in the same order, by one thread. `seconds` bounds each wait
   for another rank; 0: it does not end. Counts are of elements; slice r of an array belongs to rank r
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
  /* Every rank's message to all of them: counts[size], and the messages one after the other, to be freed
     by `release`. With LLAVA_MPI_LATE `late[r]` says whether rank r did not come. */
  int (*exchange)(const void *message, int64_t count, double seconds, unsigned char **all,
                  int64_t *counts, unsigned char *late);
  void (*release)(void *all);
  /* Message r of rank 0 to rank r; `counts` are the same everywhere. What is rank 0's own stays. */
  int (*deal)(const unsigned char *const *messages, const int64_t *counts, void *own, double seconds);
  /* Slice r of every rank's `values` to rank r: received[q] from rank q, each as long as the own slice. */
  int (*exchange_slices)(const float *values, const int64_t *first, const int64_t *count,
                         float *received, double seconds);
  /* Every rank's own slice of `values` to all, in place. */
  int (*share_slices)(float *values, const int64_t *first, const int64_t *count, double seconds);
  /* The same to rank 0 alone; `own` is this rank's slice, `values` counts there. */
  int (*collect_slices)(const float *own, float *values, const int64_t *first, const int64_t *count,
                        double seconds);
  /* The same of doubles to all. */
  int (*share_doubles)(double *values, const int64_t *first, const int64_t *count, double seconds);
  /* Bytes that this rank has given MPI for others: values of slices, and all else. */
  void (*sent)(uint64_t *slices, uint64_t *other);
} llava_mpi;

/* The only function that the library shows, `llava_mpi_table`. */
typedef const llava_mpi *llava_mpi_table_function(void);

/* Loads the library at `path`; NULL with a reason of one line where that fails. */
const llava_mpi *llava_mpi_load(const char *path, char *reason, size_t size);

#endif

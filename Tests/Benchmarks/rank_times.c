/* Stands before libllava-mpi.so and writes of rank 0 how long each exchange of slices took.
   SPDX-License-Identifier: Apache-2.0

   LLAVA_MPI names this library, LLAVA_MPI_BEHIND the one behind it, LLAVA_MPI_TIMES the file, a line of seconds
   each. Ranks have met just before a step's exchanges: nobody waits for another's work. */
#include "../../Sources/C/CMPI/include/CMPI.h"
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static llava_mpi table;
static const llava_mpi *behind;
static FILE *times;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void note(double began) {
    if (times) fprintf(times, "%.6f\n", now() - began);
}

static int start(int *rank, int *size) {
    int error = behind->start(rank, size);
    const char *path = getenv("LLAVA_MPI_TIMES");
    if (!error && *rank == 0 && path) times = fopen(path, "w");
    return error;
}

static void finish(void) {
    if (times) fclose(times);
    behind->finish();
}

static int exchange_slices(const float *values, const int64_t *first, const int64_t *count,
                           float *received, double seconds) {
    double began = now();
    int error = behind->exchange_slices(values, first, count, received, seconds);
    note(began);
    return error;
}

static int share_slices(float *values, const int64_t *first, const int64_t *count, double seconds) {
    double began = now();
    int error = behind->share_slices(values, first, count, seconds);
    note(began);
    return error;
}

__attribute__((visibility("default"))) const llava_mpi *llava_mpi_table(void) {
    if (behind) return &table;
    const char *path = getenv("LLAVA_MPI_BEHIND");
    void *library = path ? dlopen(path, RTLD_NOW | RTLD_GLOBAL) : NULL;
    llava_mpi_table_function *found =
        library ? (llava_mpi_table_function *)dlsym(library, "llava_mpi_table") : NULL;
    if (!found) {
        fprintf(stderr, "rank_times: %s\n", path ? dlerror() : "LLAVA_MPI_BEHIND is not set");
        exit(1);
    }
    behind = found();
    table = *behind;
    table.start = start;
    table.finish = finish;
    table.exchange_slices = exchange_slices;
    table.share_slices = share_slices;
    return &table;
}

/* Loading the library that `make mpi` has built.
   SPDX-License-Identifier: Apache-2.0 */
#include "include/CMPI.h"
#include <dlfcn.h>
#include <stdio.h>

const llava_mpi *llava_mpi_load(const char *path, char *reason, size_t size) {
    /* MPI's own plug-ins look for its symbols in the global scope. */
    void *library = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
    if (!library) {
        snprintf(reason, size, "%s", dlerror());
        return NULL;
    }
    llava_mpi_table_function *table =
        (llava_mpi_table_function *)dlsym(library, "llava_mpi_table");
    if (!table || table()->version != LLAVA_MPI_VERSION) {
        snprintf(reason, size, "it belongs to another version of llava-train");
        return NULL;
    }
    return table();
}

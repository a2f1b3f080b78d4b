/* What the two files that see HDF5 (1.10 C API, https://docs.hdfgroup.org) share. */
#ifndef HEATBATH_STORE_PRIVATE_H
#define HEATBATH_STORE_PRIVATE_H

#include "base/context_private.h"
#include "io/atomic_file.h"
#include "io/store.h"

#include <hdf5.h>

struct heat_store {
    heat_context *ctx;
    char *path;
    hid_t file;
    heat_atomic_file *target; /* NULL when reading */
};

/* HDF5 prints its errors unless told not to, and the setting belongs to the program, not to us. */
typedef struct heat_error_printer {
    H5E_auto2_t print;
    void *data;
} heat_error_printer;

/* Every entry point is silent for its time, and gives the program's setting back. */
heat_error_printer heat_store_silence(void);
void heat_store_restore(heat_error_printer before);

/* HEAT_ERROR_OUTPUT and HEAT_ERROR_INPUT, for what is called `name`. */
heat_status heat_store_fail_write(heat_store *store, const char *name);
heat_status heat_store_fail_read(heat_store *store, const char *name);

#endif

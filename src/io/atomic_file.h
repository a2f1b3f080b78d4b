/* A file that appears whole or not at all: it is written beside its target under a fresh name, and renamed
 * when it is complete. Only a regular file or nothing is ever replaced; pipes and devices are written
 * directly. A path that ends in ".gz" is compressed. */
#ifndef HEATBATH_ATOMIC_FILE_H
#define HEATBATH_ATOMIC_FILE_H

#include <heatbath/context.h>

typedef struct heat_atomic_file heat_atomic_file;

/* Begins a file. HEAT_ERROR_OUTPUT says why it cannot be written. A replaced file's permissions are kept, and
 * a symbolic link's target is replaced, not the link. */
HEAT_MUST_USE heat_status heat_atomic_file_create(heat_context *ctx, const char *path,
                                                  heat_atomic_file **out);

/* Adds bytes, or formatted text of fewer than 256 bytes. */
HEAT_MUST_USE heat_status heat_atomic_file_write(heat_atomic_file *file, const void *data, size_t size);
HEAT_MUST_USE heat_status heat_atomic_file_print(heat_atomic_file *file, const char *format, ...)
    HEAT_PRINTF(2, 3);

/* True once writing will fail because the work was halted and the file is all of it (heat_model_convert):
 * writers that prepare long may stop preparing. */
bool heat_atomic_file_is_given_up(const heat_atomic_file *file);

/* Brings the file to disk and under its name. Frees `file`; on failure nothing is left. */
HEAT_MUST_USE heat_status heat_atomic_file_commit(heat_atomic_file *file);

/* Removes what was written. NULL is allowed. */
void heat_atomic_file_discard(heat_atomic_file *file);

/* Commits if `status` is HEAT_OK, otherwise discards; the end of every writer. `file` may then be NULL. */
HEAT_MUST_USE heat_status heat_atomic_file_finish(heat_atomic_file *file, heat_status status);

#endif

/* Trees of named arrays in HDF5, written whole or not at all; the only room that knows the library. Root
 * attributes `format` ("heatbath"), `format_version`, `kind` and `streams_version` name what a file is; a
 * newer version is refused by name. A seal (store_seal.h) tells damage. One thread, one file at a time. */
#ifndef HEATBATH_STORE_H
#define HEATBATH_STORE_H

#include <heatbath/context.h>

typedef struct heat_store heat_store;

typedef enum heat_store_type {
    HEAT_STORE_INT8 = 0,
    HEAT_STORE_INT32,
    HEAT_STORE_INT64,
    HEAT_STORE_DOUBLE
} heat_store_type;

enum { HEAT_STORE_MAX_RANK = 8 };

/* Begins a file that will replace `path` when it is committed. `kind` is what the file holds: "graph",
 * "samples". */
HEAT_MUST_USE heat_status heat_store_create(heat_context *ctx, const char *path, const char *kind,
                                            heat_store **out);

/* Adds an array ("couplings", "chains/states": groups are made as needed), rank 0 being one number. Large
 * arrays are chunked and deflated. */
HEAT_MUST_USE heat_status heat_store_put(heat_context *ctx, heat_store *store, const char *name,
                                         heat_store_type type, int rank, const int64_t *extent,
                                         const void *data);

/* Adds a text as an attribute of the root, or of the array `of` where that is not NULL. */
HEAT_MUST_USE heat_status heat_store_put_text(heat_context *ctx, heat_store *store, const char *of,
                                              const char *name, const char *text);

/* Closes the file and renames it into place. Frees the store, whether it succeeds or not. */
HEAT_MUST_USE heat_status heat_store_commit(heat_context *ctx, heat_store *store);

/* Opens a file for reading and checks that it holds `kind`; NULL: any, which the text attribute `kind` of the
 * root tells. */
HEAT_MUST_USE heat_status heat_store_open(heat_context *ctx, const char *path, const char *kind,
                                          heat_store **out);

/* The same for a file's bytes in memory, which are borrowed while the store is open; `name` stands for them
 * in messages. */
HEAT_MUST_USE heat_status heat_store_open_image(heat_context *ctx, const char *name, const void *bytes,
                                                size_t size, const char *kind, heat_store **out);

/* Opens a file that may be of any program. `bytes` NULL: the file `path`; else an image, as above. */
HEAT_MUST_USE heat_status heat_store_open_any(heat_context *ctx, const char *path, const void *bytes,
                                              size_t size, heat_store **out);

/* True if heatbath wrote it. */
bool heat_store_is_own(const heat_store *store);

/* The largest N of an entry PREFIXN of the root; false if there is none. */
bool heat_store_find_last(const heat_store *store, const char *prefix, int64_t *number);

/* Reads an array that is one text into a block the caller frees with heat_free. */
HEAT_MUST_USE heat_status heat_store_get_word(heat_context *ctx, heat_store *store, const char *name,
                                              char **word);

/* True if the array exists. */
bool heat_store_has(const heat_store *store, const char *name);

/* Reads an array into a block the caller frees with heat_free; *rank and extent[] say its shape.
 * HEAT_ERROR_INPUT if it is missing, of a higher rank than HEAT_STORE_MAX_RANK, or does not convert to `type`
 * without loss. */
HEAT_MUST_USE heat_status heat_store_get(heat_context *ctx, heat_store *store, const char *name,
                                         heat_store_type type, int *rank, int64_t *extent, void *data);

/* Reads a text attribute into a block the caller frees with heat_free. */
HEAT_MUST_USE heat_status heat_store_get_text(heat_context *ctx, heat_store *store, const char *of,
                                              const char *name, char **text);

/* Closes without committing: a file being written disappears. NULL is allowed. */
void heat_store_close(heat_store *store);

#endif

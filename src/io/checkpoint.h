/* Checkpoints: the memory of a run under way as named parts, written whole or not at all, read back into the
 * same places. Made for the program that wrote it on the machine that wrote it: parts are plain bytes. */
#ifndef HEATBATH_CHECKPOINT_H
#define HEATBATH_CHECKPOINT_H

#include <heatbath/options.h>

typedef struct heat_part {
    char name[48];
    void *data;   /* borrowed */
    int64_t size; /* bytes */
} heat_part;

typedef struct heat_parts {
    heat_part *parts;
    int64_t count, capacity;
} heat_parts;

/* Adds a part; `index` is written behind the name where it is not negative. Empty parts are left out. */
HEAT_MUST_USE heat_status heat_parts_add(heat_context *ctx, heat_parts *parts, const char *name,
                                         int64_t index, void *data, int64_t size);
void heat_parts_clear(heat_parts *parts);

/* Writes behind the `used` bytes of `text` a line for every option of a verb but those of `is_free`, a list
 * up to NULL of those that change how a run goes, not what it gives. HEAT_ERROR_OPTION: they do not fit. */
HEAT_MUST_USE heat_status heat_checkpoint_add_options(heat_context *ctx, const heat_option_table *table,
                                                      const void *options, const char *const *is_free,
                                                      int size, int used, char *text);

/* HEAT_ERROR_OPTION: of a verb's options `every` was changed and no `checkpoint` named, a mistake and no
 * wish.
 */
HEAT_MUST_USE heat_status heat_checkpoint_check_every(heat_context *ctx, const heat_option_table *table,
                                                      const void *options);

/* Writes the parts; `identity` is lines "name = value" that say which run they belong to. */
HEAT_MUST_USE heat_status heat_checkpoint_save(heat_context *ctx, const char *path, const char *identity,
                                               const heat_parts *parts);

/* Fills the parts from the file; *found is false, and the status HEAT_OK, if there is none. HEAT_ERROR_INPUT
 * names the first line of `identity` that differs, or the part that does not fit; then some parts may be
 * filled. */
HEAT_MUST_USE heat_status heat_checkpoint_load(heat_context *ctx, const char *path, const char *identity,
                                               const heat_parts *parts, bool *found);

#endif

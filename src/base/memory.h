/* Memory: zeroed, 64-byte aligned blocks from the context's allocator, with sizes that cannot overflow. A
 * block remembers its allocator, so that it can be freed after the context is gone. */
#ifndef HEATBATH_MEMORY_H
#define HEATBATH_MEMORY_H

#include <heatbath/context.h>

/* Allocates `count` zeroed elements of `size` bytes into *out (a pointer to a pointer). A count of 0 gives a
 * valid block. HEAT_ERROR_MEMORY if the allocator fails or the block exceeds the memory allowed; *out is then
 * NULL. */
HEAT_MUST_USE heat_status heat_alloc(heat_context *ctx, int64_t count, size_t size, void *out);

/* The same without the zeroes, for large work spaces that are written before they are read: their pages cost
 * time only as far as they are used. */
HEAT_MUST_USE heat_status heat_alloc_unset(heat_context *ctx, int64_t count, size_t size, void *out);

/* Grows the block at *inout so that it holds at least `need` elements of `size` bytes; *capacity is how many
 * it holds (0 and NULL to begin with). Doubles, keeps the content, zeroes what is new. On failure nothing
 * changes. */
HEAT_MUST_USE heat_status heat_grow(heat_context *ctx, int64_t need, size_t size, int64_t *capacity,
                                    void *inout);

/* Frees a block; NULL is allowed. */
void heat_free(const void *block);

/* HEAT_ERROR_MEMORY where --memory does not allow so much, before any of it is taken. */
HEAT_MUST_USE heat_status heat_memory_check(heat_context *ctx, double bytes);

/* A copy of a string, freed by heat_free. */
HEAT_MUST_USE heat_status heat_copy_text(heat_context *ctx, const char *text, char **out);

#endif

/* Blocks with a 64-byte head in front that holds what freeing needs. */
#include "base/memory.h"
#include "base/context_private.h"
#include "base/text.h"

#include <string.h>

enum { ALIGNMENT = 64 };

typedef struct block_head {
    void *raw; /* what the allocator returned */
    heat_realloc_fn realloc;
    void *user;
} block_head;

_Static_assert(sizeof(block_head) <= ALIGNMENT, "the head must fit in front of an aligned block");

static heat_status alloc_bytes(heat_context *ctx, int64_t count, size_t size, bool zeroed, void **out)
{
    block_head head = {NULL, ctx->config.realloc, ctx->config.user};
    char needed[32], allowed[32];
    double bytes = (double)count * (double)size;
    unsigned char *block;

    *out = NULL;
    if (count < 0 || !(bytes <= (double)ctx->config.memory))
        return heat_fail(ctx, HEAT_ERROR_MEMORY,
                         "%s of memory would be needed at once, %s are allowed (option --memory)",
                         heat_text_bytes(bytes, needed, sizeof needed),
                         heat_text_bytes((double)ctx->config.memory, allowed, sizeof allowed));
    head.raw = head.realloc(head.user, NULL, (size_t)count * size + 2 * ALIGNMENT);
    if (head.raw == NULL)
        return heat_fail(ctx, HEAT_ERROR_MEMORY, "out of memory: %s were asked for",
                         heat_text_bytes(bytes, needed, sizeof needed));
    block = (unsigned char *)head.raw + ALIGNMENT;
    block += (ALIGNMENT - (uintptr_t)block % ALIGNMENT) % ALIGNMENT;
    memcpy(block - ALIGNMENT, &head, sizeof head);
    if (zeroed)
        memset(block, 0, (size_t)count * size);
    *out = block;
    return HEAT_OK;
}

heat_status heat_alloc(heat_context *ctx, int64_t count, size_t size, void *out)
{
    void *block;
    heat_status status = alloc_bytes(ctx, count, size, true, &block);

    memcpy(out, &block, sizeof block);
    return status;
}

heat_status heat_alloc_unset(heat_context *ctx, int64_t count, size_t size, void *out)
{
    void *block;
    heat_status status = alloc_bytes(ctx, count, size, false, &block);

    memcpy(out, &block, sizeof block);
    return status;
}

heat_status heat_grow(heat_context *ctx, int64_t need, size_t size, int64_t *capacity, void *inout)
{
    int64_t larger = *capacity < 16 ? 16 : *capacity;
    int64_t most = (int64_t)((size_t)ctx->config.memory / size);
    void *old, *block;
    heat_status status;

    if (need <= *capacity)
        return HEAT_OK;
    while (larger < need)
        larger = larger > INT64_MAX / 2 ? need : larger * 2;
    if (larger > most && need <= most)
        larger = most; /* near the limit, what is needed counts more than doubling */
    status = alloc_bytes(ctx, larger, size, true, &block);
    if (status != HEAT_OK)
        return status;
    memcpy(&old, inout, sizeof old);
    if (old != NULL)
        memcpy(block, old, (size_t)*capacity * size);
    heat_free(old);
    memcpy(inout, &block, sizeof block);
    *capacity = larger;
    return HEAT_OK;
}

void heat_free(const void *block)
{
    block_head head;

    if (block == NULL)
        return;
    memcpy(&head, (const unsigned char *)block - ALIGNMENT, sizeof head);
    head.realloc(head.user, head.raw, 0);
}

heat_status heat_copy_text(heat_context *ctx, const char *text, char **out)
{
    heat_status status = heat_alloc(ctx, (int64_t)strlen(text) + 1, 1, out);

    if (status == HEAT_OK)
        strcpy(*out, text);
    return status;
}

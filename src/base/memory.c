/* Blocks with a 64-byte head in front that holds what freeing needs. Unless the user brought an allocator,
 * large blocks are mapped one by one: they go back to the system when they are freed (a heap keeps what lies
 * below a living block), grow without being copied, and what is never written takes no memory but for the
 * rest of a page. They ask for huge pages, without which a pass over a large table waits for the addresses of
 * its pages. */
#define _GNU_SOURCE /* mremap, madvise */
#include "base/memory.h"
#include "base/context_private.h"
#include "base/text.h"

#include <math.h>
#include <string.h>
#include <sys/mman.h>

enum { ALIGNMENT = 64, LARGE = 1 << 20, HUGE_PAGE = 2 << 20 };

typedef struct block_head {
    void *raw;     /* what the allocator returned */
    size_t mapped; /* bytes, of a block that was mapped; 0 otherwise */
    heat_realloc_fn realloc;
    void *user;
} block_head;

_Static_assert(sizeof(block_head) <= ALIGNMENT, "the head must fit in front of an aligned block");

/* The size of a mapping for so many bytes: whole huge pages, where that is not a third more, as the system
 * then lets it begin with one. */
static size_t mapped_size(size_t size)
{
    const size_t whole = (size + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;

    return whole - size < size / 3 ? whole : size;
}

static void *take(block_head *head, size_t size)
{
    void *raw;

    if (head->realloc != heat_c_realloc || size < LARGE)
        return head->realloc(head->user, NULL, size);
    size = mapped_size(size);
    raw = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (raw == MAP_FAILED)
        return NULL;
#ifdef MADV_HUGEPAGE
    madvise(raw, size, MADV_HUGEPAGE); /* what is refused is done without */
#endif
    head->mapped = size;
    return raw;
}

/* Gives a mapped block so many elements, more than it holds, the new ones zero; false if it cannot. */
static bool extend(heat_context *ctx, int64_t count, size_t size, void **block)
{
#ifdef MREMAP_MAYMOVE
    block_head head;
    size_t bytes;
    void *raw;

    if (*block == NULL || !((double)count * (double)size <= (double)ctx->config.memory))
        return false;
    bytes = mapped_size((size_t)count * size + 2 * ALIGNMENT);
    memcpy(&head, (unsigned char *)*block - ALIGNMENT, sizeof head);
    if (head.mapped == 0)
        return false;
    raw = mremap(head.raw, head.mapped, bytes, MREMAP_MAYMOVE);
    if (raw == MAP_FAILED)
        return false;
    head.raw = raw;
    head.mapped = bytes;
    *block = (unsigned char *)raw + ALIGNMENT;
    memcpy(raw, &head, sizeof head);
    return true;
#else
    return false;
#endif
}

heat_status heat_memory_check(heat_context *ctx, double bytes)
{
    char needed[32], allowed[32];

    if (bytes <= (double)ctx->config.memory)
        return HEAT_OK;
    return heat_fail(ctx, HEAT_ERROR_MEMORY,
                     "%s of memory would be needed at once, %s are allowed (option --memory)",
                     heat_text_bytes(bytes, needed, sizeof needed),
                     heat_text_bytes((double)ctx->config.memory, allowed, sizeof allowed));
}

static heat_status alloc_bytes(heat_context *ctx, int64_t count, size_t size, bool zeroed, void **out)
{
    block_head head = {NULL, 0, ctx->config.realloc, ctx->config.user};
    char needed[32];
    double bytes = (double)count * (double)size;
    unsigned char *block;

    *out = NULL;
    if (heat_memory_check(ctx, count < 0 ? (double)NAN : bytes) != HEAT_OK)
        return HEAT_ERROR_MEMORY;
    head.raw = take(&head, (size_t)count * size + 2 * ALIGNMENT);
    if (head.raw == NULL)
        return heat_fail(ctx, HEAT_ERROR_MEMORY, "out of memory: %s were asked for",
                         heat_text_bytes(bytes, needed, sizeof needed));
    block = (unsigned char *)head.raw + ALIGNMENT;
    block += (ALIGNMENT - (uintptr_t)block % ALIGNMENT) % ALIGNMENT; /* a mapping is aligned */
    memcpy(block - ALIGNMENT, &head, sizeof head);
    if (zeroed && head.mapped == 0) /* the system's pages are zero */
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
    memcpy(&old, inout, sizeof old);
    block = old;
    if (!extend(ctx, larger, size, &block)) {
        status = alloc_bytes(ctx, larger, size, true, &block);
        if (status != HEAT_OK)
            return status;
        if (old != NULL)
            memcpy(block, old, (size_t)*capacity * size);
        heat_free(old);
    }
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
    if (head.mapped > 0)
        munmap(head.raw, head.mapped);
    else
        head.realloc(head.user, head.raw, 0);
}

heat_status heat_copy_text(heat_context *ctx, const char *text, char **out)
{
    heat_status status = heat_alloc(ctx, (int64_t)strlen(text) + 1, 1, out);

    if (status == HEAT_OK)
        strcpy(*out, text);
    return status;
}

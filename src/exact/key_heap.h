/* A binary heap of 64-bit keys, the smallest on top. Keys that have become stale stay in it: the caller knows
 * which. */
#ifndef HEATBATH_KEY_HEAP_H
#define HEATBATH_KEY_HEAP_H

#include "base/memory.h"

typedef struct heat_key_heap {
    uint64_t *keys;
    int64_t count, room;
} heat_key_heap;

static inline heat_status heat_key_heap_add(heat_context *ctx, heat_key_heap *heap, uint64_t key)
{
    heat_status status = heat_grow(ctx, heap->count + 1, sizeof *heap->keys, &heap->room, &heap->keys);
    int64_t k = heap->count;

    if (status != HEAT_OK)
        return status;
    heap->count++;
    for (; k > 0 && heap->keys[(k - 1) / 2] > key; k = (k - 1) / 2)
        heap->keys[k] = heap->keys[(k - 1) / 2];
    heap->keys[k] = key;
    return HEAT_OK;
}

/* Takes the smallest key out; the heap is not empty. */
static inline uint64_t heat_key_heap_take(heat_key_heap *heap)
{
    uint64_t first = heap->keys[0], last = heap->keys[--heap->count];
    int64_t k = 0, child;

    while ((child = 2 * k + 1) < heap->count) {
        if (child + 1 < heap->count && heap->keys[child + 1] < heap->keys[child])
            child++;
        if (last <= heap->keys[child])
            break;
        heap->keys[k] = heap->keys[child];
        k = child;
    }
    heap->keys[k] = last;
    return first;
}

#endif

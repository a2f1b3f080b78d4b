/* Houdayer's cluster move: a breadth-first walk through the sites where two replicas differ. */
#include "kernel/houdayer.h"

int64_t heat_houdayer_face(int32_t n, bool is_symmetric, uint8_t *unlike)
{
    int64_t count = 0;

    for (int32_t i = 0; i < n; i++)
        count += unlike[i];
    if (!is_symmetric || 2 * count <= n)
        return count;
    for (int32_t i = 0; i < n; i++)
        unlike[i] ^= 1;
    return n - count;
}

int64_t heat_houdayer_grow(const heat_pairwise *g, int32_t site, uint8_t *unlike, int32_t *queue)
{
    int64_t size = 1;

    queue[0] = site;
    unlike[site] = 0;
    for (int64_t at = 0; at < size; at++)
        for (int64_t k = g->row[queue[at]]; k < g->row[queue[at] + 1]; k++) {
            int32_t j = g->col[k];
            queue[size] = j;
            size += unlike[j];
            unlike[j] = 0;
        }
    return size;
}

int64_t heat_houdayer_draw(const heat_pairwise *g, bool is_symmetric, heat_stream *stream, uint8_t *unlike,
                           int32_t *queue)
{
    int64_t count = heat_houdayer_face(g->n, is_symmetric, unlike), which;
    int32_t site = 0;

    if (count == 0)
        return 0;
    for (which = (int64_t)heat_stream_below(stream, (uint64_t)count); which >= unlike[site]; site++)
        which -= unlike[site];
    return heat_houdayer_grow(g, site, unlike, queue);
}

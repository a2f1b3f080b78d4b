/* Houdayer's cluster move: a breadth-first walk through the sites where two replicas differ. */
#include "kernel/houdayer.h"

/* The cluster of `site`, in the order of the walk; returns its size. */
static int64_t grow(const heat_pairwise *g, int32_t site, heat_houdayer_scratch *s, const int8_t *a,
                    const int8_t *b)
{
    int64_t size = 1;

    s->queue[0] = site;
    s->marks[site] = 1;
    for (int64_t at = 0; at < size; at++) {
        int32_t i = s->queue[at];
        for (int64_t k = g->row[i]; k < g->row[i + 1]; k++) {
            int32_t j = g->col[k];
            if (a[j] == b[j] || s->marks[j])
                continue;
            s->marks[j] = 1;
            s->queue[size++] = j;
        }
    }
    return size;
}

/* What a gains: the terms of the cluster's fields, and those of the edges out of it, turn their sign; an edge
 * within the cluster turns at both ends. */
static double change_of(const heat_pairwise *g, int64_t size, const heat_houdayer_scratch *s, const int8_t *a)
{
    double change = 0;

    for (int64_t at = 0; at < size; at++) {
        int32_t i = s->queue[at];
        double field = g->field[i];
        for (int64_t k = g->row[i]; k < g->row[i + 1]; k++)
            if (!s->marks[g->col[k]])
                field += heat_pairwise_coupling(g, k) * a[g->col[k]];
        change += 2 * field * a[i];
    }
    return change;
}

int64_t heat_houdayer_swap(const heat_pairwise *g, int32_t site, heat_houdayer_scratch *s, int8_t *a,
                           int8_t *b, double energies[2])
{
    int64_t size = grow(g, site, s, a, b);
    double change = change_of(g, size, s, a);

    for (int64_t at = 0; at < size; at++) {
        int32_t i = s->queue[at];
        a[i] = (int8_t)-a[i];
        b[i] = (int8_t)-b[i];
        s->marks[i] = 0;
    }
    energies[0] += change;
    energies[1] -= change;
    return size;
}

int64_t heat_houdayer_move(const heat_pairwise *g, heat_stream *stream, heat_houdayer_scratch *s, int8_t *a,
                           int8_t *b, double energies[2])
{
    int64_t different = 0, which;
    int32_t site = 0;

    for (int32_t i = 0; i < g->n; i++)
        different += a[i] != b[i];
    if (different == 0)
        return 0;
    which = (int64_t)heat_stream_below(stream, (uint64_t)different);
    while (a[site] == b[site] || which-- > 0)
        site++;
    return heat_houdayer_swap(g, site, s, a, b, energies);
}

void heat_houdayer_turn(int64_t n, int8_t *row, int8_t sign)
{
    for (int64_t i = 0; i < n; i++)
        row[i] = (int8_t)(row[i] * sign);
}

void heat_houdayer_face(int64_t n, const int8_t *a, int8_t *b)
{
    int64_t differ = 0;

    for (int64_t i = 0; i < n; i++)
        differ += a[i] != b[i];
    if (2 * differ > n)
        heat_houdayer_turn(n, b, -1);
}

/* The lane kernel in plain C: the oracle of the other two. */
#define LANE_ISA ref
#include "kernel/lane_sweep_body.h"

const heat_lane_kernel heat_lane_ref = {"ref", lane_sweep_ref, lane_refresh_ref, lane_residual_ref};

/* Adds, for each of the 64 columns, how many of the words have the bit set. Bit-sliced counters: plane p
 * holds bit p of every column's count, and is emptied before it can overflow. */
static void empty_planes(uint64_t *planes, int n_planes, int width, int32_t *n_down)
{
    for (int p = 0; p < n_planes; p++) {
        for (int l = 0; l < width; l++)
            n_down[l] += (int32_t)(planes[p] >> l & 1) << p;
        planes[p] = 0;
    }
}

void heat_lane_count_down(const heat_lane_block *b, int32_t n, int32_t *n_down)
{
    enum { PLANES = 10 };
    uint64_t planes[PLANES] = {0};
    int width = LANES * b->n_vectors;

    memset(n_down, 0, (size_t)width * sizeof *n_down);
    for (int32_t i = 0; i < n; i++) {
        uint64_t carry = 0;
        memcpy(&carry, b->down + (int64_t)i * b->n_vectors, (size_t)b->n_vectors * sizeof *b->down);
        for (int p = 0; p < PLANES && carry != 0; p++) {
            uint64_t sum = planes[p] ^ carry;
            carry &= planes[p];
            planes[p] = sum;
        }
        if (i % ((1 << PLANES) - 1) == (1 << PLANES) - 2)
            empty_planes(planes, PLANES, width, n_down);
    }
    empty_planes(planes, PLANES, width, n_down);
}

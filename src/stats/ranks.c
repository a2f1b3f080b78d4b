/* Radix sort by bytes, the lowest first, on the bits of a double, which order as the numbers do once the
 * negative ones are reversed (Knuth, The Art of Computer Programming 3, section 5.2.5). */
#include "stats/ranks.h"

#include <string.h>

enum { BYTES = 8, BYTE_VALUES = 256 };

static uint64_t sort_key(double value)
{
    uint64_t bits, sign = (uint64_t)1 << 63;

    memcpy(&bits, &value, sizeof bits);
    return (bits & sign) != 0 ? ~bits : bits | sign;
}

static unsigned byte_of(double value, int byte)
{
    return (unsigned)(sort_key(value) >> (8 * byte)) & (BYTE_VALUES - 1);
}

/* Deals the values out by one byte; false, with nothing done, if all have the same. */
static bool deal(int64_t n, int byte, const heat_ranked *from, heat_ranked *to)
{
    int64_t next[BYTE_VALUES] = {0}, before = 0;

    for (int64_t k = 0; k < n; k++)
        next[byte_of(from[k].value, byte)]++;
    if (n == 0 || next[byte_of(from[0].value, byte)] == n)
        return false;
    for (int b = 0; b < BYTE_VALUES; b++) {
        int64_t count = next[b];
        next[b] = before;
        before += count;
    }
    for (int64_t k = 0; k < n; k++)
        to[next[byte_of(from[k].value, byte)]++] = from[k];
    return true;
}

void heat_rank_values(int64_t n, const double *x, heat_ranked *spare, heat_ranked *ranked)
{
    heat_ranked *from = ranked, *to = spare;

    for (int64_t k = 0; k < n; k++)
        ranked[k] = (heat_ranked){x[k] + 0.0, k}; /* -0 + 0 is 0 */
    for (int byte = 0; byte < BYTES; byte++)
        if (deal(n, byte, from, to)) {
            heat_ranked *dealt = to;
            to = from;
            from = dealt;
        }
    if (from != ranked)
        memcpy(ranked, from, (size_t)n * sizeof *ranked);
}

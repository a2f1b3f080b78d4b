/* Whether a model's energies are exact in doubles. Sums are if all their terms are multiples of 2^b and no
 * partial sum reaches 2^(53 + b). */
#ifndef HEATBATH_EXACTNESS_H
#define HEATBATH_EXACTNESS_H

#include "kernel/lowest_bit.h"

#include <math.h>
#include <stdbool.h>

/* What has been seen of the numbers. */
typedef struct heat_exactness {
    int lowest_bit; /* all are multiples of 2^this */
    double total;   /* the most that one state can add up to */
} heat_exactness;

static inline heat_exactness heat_exactness_of_nothing(void)
{
    return (heat_exactness){.lowest_bit = 1023};
}

/* One of `count` numbers, whichever the state chooses. */
static inline void heat_exactness_add(heat_exactness *x, int64_t count, const double *value)
{
    double largest = 0;

    for (int64_t k = 0; k < count; k++) {
        int bit = heat_lowest_bit(value[k]);
        x->lowest_bit = bit < x->lowest_bit ? bit : x->lowest_bit;
        largest = fabs(value[k]) > largest ? fabs(value[k]) : largest;
    }
    x->total += largest;
}

static inline bool heat_exactness_holds(const heat_exactness *x)
{
    return x->total < ldexp(1, 53 + (x->lowest_bit < 0 ? x->lowest_bit : 0));
}

#endif

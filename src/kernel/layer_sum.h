/* Sums over the states of one layer, all or one at a time, the other summed out: with y the first layer
 * (bits) and x_i = b_i + sum_j W_ij y_j the fields of the units i of the other,
 *
 *     Z = sum_y exp(beta c.y) prod_i (1 + exp(beta x_i)).
 *
 * Units are 0 and 1. The states of a block differ in their low bits alone and are visited in Gray's order. A
 * weight is held as m 2^e with 1 <= m < 2: nothing over- or underflows. */
#ifndef HEATBATH_LAYER_SUM_H
#define HEATBATH_LAYER_SUM_H

#include <heatbath/export.h>

enum {
    HEAT_LAYER_BLOCK_BITS = 12, /* low bits of a block */
    HEAT_LAYER_PAD = 8          /* units a vector; arrays hold an even number of them */
};

/* m 2^e. */
typedef struct heat_scaled {
    double m;
    int64_t e;
} heat_scaled;

/* The model as the kernels read it. Arrays of units are padded to pairs of vectors, with units that count
 * nothing, and begin at multiples of 64 bytes. */
typedef struct heat_layer_table {
    int32_t n_units, n_bits; /* n_units with the padding */
    double beta;
    const double *weights;         /* W, [bit][unit] */
    const double *bias;            /* b, [unit]; -1e300 in the padding */
    const double *own;             /* c, [bit] */
    const heat_scaled *own_factor; /* [bit][2]: exp(-beta c), exp(beta c) */
    /* Where every unit's odds exp(beta x_i) keep within the range of doubles: then they follow the flips by
     * one multiplication each, and are held as exp(beta x_i - s_i), s_i = max(0, the largest beta x_i). */
    bool is_multiplicative;
    bool is_plain;         /* so do they without the shift: visits hold them */
    const double *factor;  /* [bit][2][unit]: exp(-beta W), exp(beta W) */
    const double *ones;    /* [unit] */
    const double *shift;   /* s_i, [unit] */
    const double *rest;    /* exp(-s_i), [unit]; 1 in the padding */
    int32_t n_groups;      /* of vectors whose products stay within the range of doubles */
    const int32_t *groups; /* [n_groups]: where each ends, in vectors */
    /* The factors once more, for visits that hold odds as floats; NULL: visits hold doubles. */
    const float *single; /* [bit][2][unit] */
    int32_t n_single_groups;
    const int32_t *single_groups; /* in vectors of twice as many units */
} heat_layer_table;

/* What the states of a block add up to: without exp(sum_i s_i) where the table is multiplicative. */
typedef struct heat_layer_tally {
    heat_scaled sum; /* m is 0, or any size: sum of weights */
    double highest;  /* of c.y + sum_i max(0, x_i): minus the lowest energy of a state with this y */
    uint64_t state;  /* y that has it; the first one met. Both are followed, and the sum is not, where
                      * `wants_highest`, which needs a table that is not multiplicative */
    bool wants_highest;
    /* The same sum of weights times minus the energy's mean at y, and the mean of its square, as multiples of
     * 2^e: followed where `wants_energy`, which needs a table that is multiplicative. */
    double energy, square;
    bool wants_energy;
} heat_layer_tally;

/* Sums under the weights divided by `total`, what all states add up to; every array is added to. */
typedef struct heat_layer_moments {
    heat_scaled total;
    double negligible;  /* states of less weight add nothing */
    double *unit_mean;  /* [unit] */
    double *bit_mean;   /* [bit] */
    double *pair_mean;  /* [bit][unit] */
    double *block_mean; /* [unit] work space */
} heat_layer_moments;

/* Adds block number `block` (states from block << HEAT_LAYER_BLOCK_BITS on) to a tally or to moments.
 * `work` is [2][unit]. */
typedef void (*heat_layer_sum_fn)(const heat_layer_table *table, int64_t block, double *work,
                                  heat_layer_tally *tally);
typedef void (*heat_layer_moments_fn)(const heat_layer_table *table, int64_t block, double *work,
                                      heat_layer_moments *moments);

/* The same sums for one state of y, of chains that move it: `work`, [unit], holds what a state leaves behind:
 * odds, as floats where the table has single factors, or fields. state[n_bits] are bytes of 0 and 1. */
typedef void (*heat_layer_begin_fn)(const heat_layer_table *table, const int8_t *state, double *work);

/* A flip of y: this bit, to this value; bit -1 is none. */
typedef struct heat_layer_flip {
    int32_t bit;
    bool on;
} heat_layer_flip;

/* Takes flip `made` into `work`; leaves prod_i (1 + exp(beta x_i)) of the state that flip `asked` would make
 * (of this one if none). */
typedef heat_scaled (*heat_layer_visit_fn)(const heat_layer_table *table, double *work, heat_layer_flip made,
                                           heat_layer_flip asked);

/* Moves that were offered to chains, from what their visits left; n is a multiple of HEAT_LAYER_PAD. */
typedef struct heat_layer_offer {
    int64_t n;
    bool is_metropolis;  /* min(1, e^x), else the heat bath's 1 / (1 + e^-x) */
    const double *m;     /* [n] products, m 2^e */
    const int64_t *e;    /* [n] */
    const double *base;  /* [n] added to their logarithms: log weights of the states offered */
    const double *now;   /* [n] log weights of the states now */
    const double *slope; /* [n] x = slope (log weight - now) + tilt */
    const double *tilt;  /* [n] */
    double *weight;      /* [n] log weights of the states offered */
    double *probability; /* [n] of taking the offer */
} heat_layer_offer;

typedef void (*heat_layer_offer_fn)(const heat_layer_offer *offer);

/* Mean and variance of sum_i x_i field_i given y, by a `work` of its own. */
typedef void (*heat_layer_energy_fn)(const heat_layer_table *table, const int8_t *state, double *work,
                                     double moments[2]);

/* One row an instruction set; all give the same bits. */
typedef struct heat_layer_sum_kernel {
    const char *isa;
    heat_layer_sum_fn sum;
    heat_layer_moments_fn moments;
    heat_layer_begin_fn begin;
    heat_layer_visit_fn visit;
    heat_layer_offer_fn offer;
    heat_layer_energy_fn energy;
} heat_layer_sum_kernel;

extern const heat_layer_sum_kernel heat_layer_sum_ref;
#ifdef HEAT_X86_KERNELS
extern const heat_layer_sum_kernel heat_layer_sum_avx2, heat_layer_sum_avx512;
#endif

#endif

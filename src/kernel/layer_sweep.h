/* Block Gibbs between two layers of units of 0 and 1: all units of one layer are drawn at once, given the
 * other, for a block of chains. A unit's field b_j + sum_i W_ij x_i is the sum of the rows of W whose unit is
 * on, in exact integers; states are a bit a unit. Either direction is a heat_layer_rows of its own, W and its
 * transpose. Smolensky, in Parallel Distributed Processing 1 (1986) 194.
 *
 * Arrays of units are padded to whole words of 64; bits of the padding are 0. */
#ifndef HEATBATH_LAYER_SWEEP_H
#define HEATBATH_LAYER_SWEEP_H

#include "kernel/lane_sweep.h"

#include <stdbool.h>

enum {
    HEAT_LAYER_WORD = 64,  /* units a word of a state */
    HEAT_LAYER_TILE = 2,   /* words whose rows of 64 columns the nearest cache holds: 32 KiB */
    HEAT_LAYER_LANES = 16, /* random streams a chain: unit j draws from stream j % 16 */
    HEAT_LAYER_NEAR = 128, /* pairs of rows of a block */
    HEAT_LAYER_CASES = 3,  /* of a unit and a pair: on in the data, in the dream, in both */
    HEAT_LAYER_LISTS = HEAT_LAYER_WORD * (1 + HEAT_LAYER_NEAR) /* room for the lists of a word's units */
};

/* Words of a state of n units. */
static inline int64_t heat_layer_words(int32_t n)
{
    return ((int64_t)n + HEAT_LAYER_WORD - 1) / HEAT_LAYER_WORD;
}

/* What the units of one layer, `from`, add to the fields of the other, `to`. */
typedef struct heat_layer_rows {
    int32_t n_from, n_to;
    const int32_t *rows; /* [word of to][unit of from, padded][64] W, in units; 0 in the padding */
    const int32_t *bias; /* [word of to][64], in units; |b_j| + sum_i |W_ij| < 2^30 */
} heat_layer_rows;

/* The part of them that leads to `n_words` words of units from word `first` on. */
static inline heat_layer_rows heat_layer_rows_to(const heat_layer_rows *r, int64_t first, int64_t n_words)
{
    const int64_t begin = first * HEAT_LAYER_WORD, left = r->n_to - begin, n = n_words * HEAT_LAYER_WORD;

    return (heat_layer_rows){.n_from = r->n_from,
                             .n_to = (int32_t)(n < left ? n : left),
                             .rows = r->rows + begin * heat_layer_words(r->n_from) * HEAT_LAYER_WORD,
                             .bias = r->bias + begin};
}

/* Tiles of rows that the nearest cache holds. */
static inline int64_t heat_layer_tiles(const heat_layer_rows *r)
{
    return (heat_layer_words(r->n_from) + HEAT_LAYER_TILE - 1) / HEAT_LAYER_TILE;
}

/* Half a sweep: fields from `from`, then what is wanted of them; NULL for what is not. */
typedef struct heat_layer_draw {
    int32_t n_chains;
    const uint64_t *from; /* [chain][word] states; NULL: `fields` are there already */
    uint64_t *to;         /* [chain][word] states drawn, by `rule`; of HEAT_FLIP_METROPOLIS also read */
    heat_flip_rule rule;
    /* The log-odds of a unit, in bits: scale_c F_cj + reference_scale_c R_j, with F in units. At beta,
     * towards a reference whose log-odds are r_j (annealed importance sampling): scale = beta unit / ln 2,
     * reference_scale = 1 - beta, R_j = r_j / ln 2. */
    const float *scale;           /* [chain] */
    const float *reference_scale; /* [chain]; NULL with `reference` */
    const float *reference;       /* [unit]; NULL: none */
    uint32_t *random;             /* [chain][4][16] xoshiro128+ */
    int32_t *fields;              /* [word][chain][64] F, in units; out, or in where `from` is NULL */
    int64_t n_fields;             /* chains a word of them holds; 0: n_chains */
    float *probabilities;         /* [word][chain][64] of being on; anything in the padding */
    int64_t n_probabilities;      /* likewise */
    int64_t *on_fields;           /* [chain] becomes the sum of F over the units that are drawn on */
    int64_t *on_bias;             /* [chain] likewise of the biases */
    int64_t *n_moves;             /* [chain] is added the number of units that changed */
    uint64_t *work;               /* [chain][heat_layer_work_size] work space; read where is_listed */
    bool is_listed;               /* `list_units` has been there for all chains, of these states */
    int32_t *work_fields;         /* work space [chain][64]; NULL with `fields` */
    int32_t *sums;                /* work space [chain][4][16]; NULL without sums over units that are on */
} heat_layer_draw;

/* Numbers of heat_layer_draw.work, a chain: its state, or a byte for each unit that is on and each tile. */
static inline int64_t heat_layer_work_size(const heat_layer_rows *r)
{
    return (heat_layer_words(r->n_from) * HEAT_LAYER_WORD + heat_layer_tiles(r) + 7) / 8;
}

/* A unit comes on where u + 1/2 is below its probability in units of 2^-31, u being its next 31 random bits;
 * the probability is computed in single precision: its declared error is 2^-20, absolute. */
typedef void (*heat_layer_draw_fn)(const heat_layer_rows *rows, const heat_layer_draw *draw);

/* Leaves in draw->work what a draw reads of the chains from number `begin` to before `end`, whatever units it
 * draws: so threads that draw units of the same chains share that, too, each for some of the chains, at the
 * same time. The states `from` of all chains decide where it goes: they are there before, and stay until the
 * draw. Reads no more of `draw` than from, n_chains and work. */
typedef void (*heat_layer_list_fn)(const heat_layer_rows *rows, const heat_layer_draw *draw, int64_t begin,
                                   int64_t end);

/* Takes streams, heat_layer_draw.random, past the draws of so many words of units. */
typedef void (*heat_layer_skip_fn)(int64_t n_chains, int64_t n_words, uint32_t *random);

/* One step of all weights, over units of 0 and 1 centred at m_i and l, and what comes of it in one pass:
 *
 *     W_ij += rate (sum_r weight_r ((x_ri - m_i) (y_rj - l) - m_i l) - decay W_ij).
 *
 * Rows are those of both phases of learning, of data before those of dreams; no weight of data is negative,
 * and none of dreams positive, by which sums keep to their bits. Row r of data and row r of dreams are a
 * pair: one addition serves a unit that is on in both. The first sum is one of whole numbers of 16 bits: each
 * weight_r y_rj is rounded to a 254th of the largest weight, or less in blocks of fewer pairs, up or down by
 * a phase that is spread evenly over rows, units and steps. The error is far below that of the sample that
 * rows are, and comes to nothing over many steps (Weyl, Math. Ann. 77 (1916) 313). */
typedef struct heat_layer_climb {
    int32_t n_x, n_y, n_data, n_dreams;
    const uint64_t *x;    /* [row][word] states of the one layer */
    const float *y;       /* [word][row][64] means of the other, from 0 to 1 */
    const double *weight; /* [row] */
    uint32_t turn;        /* which step this is: decides on the phase */
    int16_t *rounded;     /* work space, [block][case][HEAT_LAYER_NEAR][64] */
    uint16_t *list;       /* [word of x][block][HEAT_LAYER_LISTS], left by `list_rows` */
    float *w;             /* [word of y][x, padded][64]; 0 in the padding */
    double rate, decay;
    const double *x_offset; /* m, [x] */
    double y_offset;        /* l */
    float *y_gain;  /* [y, padded] become sum_r weight_r y_rj, rounded alike; anything in the padding */
    double *x_gain; /* [x] the same of x, left by `list_rows` */
    double per_unit;
    int32_t *up, *down;    /* tables of heat_layer_rows, in units: from x to y, from y to x */
    float *x_sum, *x_size; /* [word of y][x, padded] become sum_j W_ij, sum_j |W_ij| over its units */
    float *y_sum, *y_size; /* [word of x][y, padded] become sum_i m_i W_ij, sum_i |W_ij| over its units */
} heat_layer_climb;

/* Pairs of rows; the last have no data, or no dream. */
static inline int64_t heat_layer_pairs(int64_t n_data, int64_t n_dreams)
{
    return n_data > n_dreams ? n_data : n_dreams;
}

/* Blocks of so many pairs. */
static inline int64_t heat_layer_blocks(int64_t n_pairs)
{
    return (n_pairs + HEAT_LAYER_NEAR - 1) / HEAT_LAYER_NEAR;
}

/* Lists the rows of a word of x, `list_rows`, or, when all those are listed, moves the weights of a word of
 * y: words share nothing but what they read, and those of y the work space. */
typedef void (*heat_layer_climb_fn)(const heat_layer_climb *climb, int32_t word);

/* What a change of beta does to the weight of the one layer, kept, the other summed out,
 *
 *     p_beta(x) = exp(s B.x + r R.x) prod_j (1 + exp(s F_j + r R_j)),
 *
 * in bits and units as in heat_layer_draw. */
typedef struct heat_layer_gain {
    int32_t n_chains, n_kept, n_summed;
    const uint64_t *kept;      /* [chain][word] states x */
    const int32_t *fields;     /* [word][chain][64] F that they make, as a draw leaves them */
    const int32_t *kept_bias;  /* [unit, padded] B, in units */
    const float *scale_before; /* [chain] */
    const float *scale;        /* [chain] */
    const float *reference_before, *reference_scale; /* [chain]; NULL with `reference` */
    const float *kept_reference, *reference;         /* [unit, padded] R of either layer; NULL: none */
    double *log_weight; /* [chain] is added log (p_after(x) / p_before(x)): error about 1e-6 */
} heat_layer_gain;

typedef void (*heat_layer_gain_fn)(const heat_layer_gain *gain);

/* One row an instruction set; all give the same bits. */
typedef struct heat_layer_kernel {
    const char *isa;
    heat_layer_list_fn list_units;
    heat_layer_draw_fn draw;
    heat_layer_skip_fn skip;
    heat_layer_climb_fn list_rows, climb;
    heat_layer_gain_fn gain;
} heat_layer_kernel;

extern const heat_layer_kernel heat_layer_ref;
#ifdef HEAT_X86_KERNELS
extern const heat_layer_kernel heat_layer_avx2, heat_layer_avx512;
#endif

#endif

/* The distinct values of many draws. Physical draws take few of them: an energy or a magnetisation has
 * thousands of levels where there are millions of draws, and all that ranks decide is then a table. */
#ifndef HEATBATH_LEVELS_H
#define HEATBATH_LEVELS_H

#include <heatbath/context.h>

typedef struct heat_levels {
    int64_t count;  /* of levels */
    double *value;  /* [level] ascending; -0 counts as 0 */
    uint32_t *code; /* [chain * n_draws + draw] its level */
    int64_t *draws; /* [level] of the draws that count, see heat_levels_count; scratch */
} heat_levels;

/* Draw t of chain c stands at x[c * stride + t]. What takes long is done on `threads` threads. */
typedef struct heat_draw_table {
    int64_t n_chains, n_draws;
    int64_t stride;
    const double *x;
    int64_t threads; /* HEAT_AUTO or a count; they never change a bit */
} heat_draw_table;

/* Chains are cut into so many units, by their size alone; unit u is [heat_draw_table_unit(u), that of u + 1).
 */
int64_t heat_draw_table_units(const heat_draw_table *table);
int64_t heat_draw_table_unit(const heat_draw_table *table, int64_t unit);

/* Finds the levels of finite values. Where those between the 4096 lowest and highest draws are more than
 * 2^16, neighbours in rank share a level, which is their mean: ranks are then true to n / 2^16. Cost: O(n).
 * HEAT_ERROR_UNABLE beyond 2^32 of them. Clear it at the end, and on failure. */
HEAT_MUST_USE heat_status heat_levels_init(heat_context *ctx, const heat_draw_table *table,
                                           heat_levels *levels);
void heat_levels_clear(heat_levels *levels);

/* Counts the draws of each level among the values [k * step, k * step + length), k < n_pieces, anew, or in
 * addition. */
void heat_levels_count(heat_levels *levels, int64_t n_pieces, int64_t step, int64_t first, int64_t length,
                       bool anew);

/* The quantile p of the n >= 1 draws that were counted, between the order statistics by a straight line (type
 * 7 of Hyndman and Fan, Am. Stat. 50 (1996) 361). */
double heat_levels_quantile(const heat_levels *levels, int64_t n, double p);

/* score[level] = Phi^-1((rank - 3/8) / (n + 1/4)) of the n draws that were counted, equal values at their
 * average rank (Blom 1958); of x, or of |x - centre|. A level without a draw has the score of its place. */
void heat_levels_scores(const heat_levels *levels, int64_t n, double *score);
void heat_levels_folded_scores(const heat_levels *levels, int64_t n, double centre, double *score);

#endif

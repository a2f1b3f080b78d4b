/* What annealed members say of each temperature asked for: a log weight and the energy under it, each. */
#ifndef HEATBATH_ANNEALED_ROWS_H
#define HEATBATH_ANNEALED_ROWS_H

#include "logz/logz_methods.h"
#include "stats/log_weights.h"

/* Independent weights at one temperature: of chains, or of whole populations. */
typedef struct heat_annealed_rows {
    int64_t n, capacity_weight, capacity_mean, capacity_square;
    double origin;      /* subtracted from energies: the first one */
    double *log_weight; /* [n] estimates of log Z */
    double *mean;       /* [n] of the energy, under this weight */
    double *square;     /* [n] of (energy - origin)^2 */
} heat_annealed_rows;

/* One more weight, and the energies under it by their shares of it; NULL: all alike. A weight of 0 has none.
 */
HEAT_MUST_USE heat_status heat_annealed_rows_add(heat_context *ctx, heat_annealed_rows *rows,
                                                 double log_weight, int64_t n_energies, const double *shares,
                                                 const double *energies, const double *variances);
void heat_annealed_rows_clear(heat_annealed_rows *rows);

/* Fills a row of the result and its errors; *weights is what log Z stands on. */
HEAT_MUST_USE heat_status heat_annealed_rows_fill(heat_context *ctx, uint64_t seed,
                                                  const heat_annealed_rows *rows, heat_logz_row *row,
                                                  heat_log_weights *weights);

#endif

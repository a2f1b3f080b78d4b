/* Histograms with error bars. */
#ifndef HEATBATH_HISTOGRAM_H
#define HEATBATH_HISTOGRAM_H

#include <heatbath/context.h>

/* Edges for values between low and high. A step > 0 says that values are low + k step: then every bin is
 * centred on as many of them as the next, so that no bin is favoured, and the last may reach beyond high.
 * Writes n + 1 <= most_bins + 1 edges and returns n. low = high makes one bin. low <= high are finite,
 * most_bins >= 1. */
int64_t heat_histogram_edges(double low, double high, double step, int64_t most_bins, double *edges);

/* p[bin], the share of all draws x[chain * stride + draw] in [edge, next edge) (the last bin holds its upper
 * edge too), and its standard error. p sums to 1 where the edges hold all draws; a density is p / (bin's
 * width). The errors come from the scatter of blocks ten autocorrelation times `tau` (draws) long, at most 32
 * a chain; a bin never met, or met in every draw of every block alike, has the error tau / draws. Fewer than
 * two blocks: error NaN. A draw that is not finite, or edges that do not ascend: HEAT_ERROR_ARGUMENT. */
HEAT_MUST_USE heat_status heat_histogram_get(heat_context *ctx, int64_t n_chains, int64_t n_draws,
                                             int64_t stride, const double *x, double tau, int64_t n_bins,
                                             const double *edges, double *p, double *error);

#endif

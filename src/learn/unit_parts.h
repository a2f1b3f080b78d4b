/* What the files of RBMs of any layers share: unit_learner.c is the kind, unit_start.c where training begins,
 * unit_gaps.c rows that lack values, unit_conditionals.c single numbers given the others,
 * unit_spread.c the sweep as a matrix. */
#ifndef HEATBATH_UNIT_PARTS_H
#define HEATBATH_UNIT_PARTS_H

#include "learn/learn_rows.h"

typedef struct heat_unit_learner {
    heat_unit_layers layers; /* of the parameters of the moment: points to the arrays below */
    double *visible_field, *hidden_field, *visible_precision, *hidden_precision;
    double *visible_offset, *hidden_offset; /* m, l */
    double *mean, *deviation; /* [n_visible] of Gaussian units, which are standardised by them */
    double log_volume;        /* sum log deviation: of log Z in the units of the data */
    bool *is_constant;        /* [n_visible] of Gaussian units: the same in all rows */
    double *values, *field, *hidden_mean, *hidden_square, *sums; /* work space */
    double *drawn, *drawn_hidden, *down;                         /* of gaps; [v] */
} heat_unit_learner;

/* The layers at the learner's parameters, without the centring. */
const heat_unit_layers *heat_unit_learner_layers(const heat_learner *learner);

bool heat_unit_learner_is_gaussian(const heat_unit_learner *self);

/* Row r, standardised. */
void heat_unit_learner_read_row(const heat_learner *learner, const void *rows, int64_t r, double *values);

/* Products of phi and psi, and their own, summed, become the statistics of the centred energy, in place. */
void heat_unit_learner_centre(const heat_unit_learner *self, double *sums);

/* Members of the kind's row. */
HEAT_MUST_USE heat_status heat_unit_learner_open(heat_context *ctx, const heat_learn_input *input,
                                                 const heat_learn_options *options, heat_learner *learner);
bool heat_unit_learner_integrates(const heat_learner *learner, const int8_t *gaps);
HEAT_MUST_USE heat_status heat_unit_learner_integrate(heat_context *ctx, const heat_learner *learner,
                                                      const void *row, const int8_t *gaps, double weight,
                                                      double *sum, double *log_weight);
HEAT_MUST_USE heat_status heat_unit_learner_add_sites(heat_context *ctx, const heat_learner *learner,
                                                      const void *row, int64_t n_sites, const int32_t *sites,
                                                      double weight, double *value, double *sum);
HEAT_MUST_USE heat_status heat_unit_learner_spread(heat_context *ctx, const heat_learner *learner, double *p);
double heat_unit_learner_count_spread(const heat_learner *learner);
void heat_unit_learner_draw_gaps(const heat_learner *learner, heat_stream *stream, const int8_t *gaps,
                                 void *row);

#endif

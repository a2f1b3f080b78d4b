/* The observables as two tables: averages of a recorded series, and functions of averages. One row adds an
 * observable; who computes it, with which errors, is the estimators' business. */
#ifndef HEATBATH_OBSERVABLE_ROWS_H
#define HEATBATH_OBSERVABLE_ROWS_H

#include "sample/observables.h"
#include "stats/resampling.h"

/* An average of value(x, n) over a series x, n variables. */
typedef struct heat_average_row {
    const char *name;
    heat_series_id series;
    bool (*fits)(const heat_model_info *info);
    double (*value)(double x, double n);
    bool is_before_over_n; /* value is that of the row before, over n */
} heat_average_row;

/* factor * f of the averages of up to three columns, column(s, shift, k, c) of record k; shift is subtracted
 * where it keeps digits. A ratio is over samples of the disorder that of their averages, [<q^4>] / [<q^2>]^2
 * (Bhatt and Young, Phys. Rev. B 37 (1988) 5606), not the average of ratios. */
typedef struct heat_derived_row {
    const char *name;
    const char *of; /* the average whose autocorrelation time and verdict it takes over */
    bool (*fits)(const heat_model_info *info);
    int n_columns;
    double (*column)(const heat_series *s, double shift, int64_t k, int column);
    heat_derived_fn f;
    double (*factor)(const heat_series *s);
    const char *moments[3]; /* of a ratio: the averages that its columns are of, NULL where f reads none */
} heat_derived_row;

enum { HEAT_N_AVERAGES = 21, HEAT_N_DERIVED = 7, HEAT_MOST_OBSERVABLES = HEAT_N_AVERAGES + HEAT_N_DERIVED };

extern const heat_average_row heat_average_rows[HEAT_N_AVERAGES];
extern const heat_derived_row heat_derived_rows[HEAT_N_DERIVED];

/* 2 sin(k / 2) of a lattice, k = 2 pi / L along its first axis. */
double heat_observable_wave(const heat_model_info *info);

/* The series that the average of that name is of. */
heat_series_id heat_observable_series(const char *average);

#endif

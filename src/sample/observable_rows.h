/* The observables as two tables: averages of a recorded series, and functions of averages. One row adds an
 * observable, which is reported where its series is recorded; who computes it, with which errors, is the
 * estimators' business. */
#ifndef HEATBATH_OBSERVABLE_ROWS_H
#define HEATBATH_OBSERVABLE_ROWS_H

#include "sample/observables.h"
#include "stats/resampling.h"

/* Bins of a histogram: the spacing of the values, 0 of a continuum, and their range where it is known, so
 * that all models and temperatures get the same edges. */
typedef struct heat_grid {
    double step, low, high;
} heat_grid;

typedef enum heat_average_flag {
    HEAT_PER_SPIN = 1, /* of models of spins: value is that of the row before, over n */
    HEAT_BETWEEN = 2,  /* interpolated between the temperatures of a scan */
    HEAT_OF_NUMBER = 4 /* n is the row's own number, flags / 8, not that of variables */
} heat_average_flag;

/* An average of value(x, n) over a series x, n variables. */
typedef struct heat_average_row {
    const char *name;
    heat_series_id series;
    double (*value)(double x, double n);
    heat_grid (*grid)(const heat_model_info *info); /* of its histogram; NULL: there is none */
    unsigned flags;                                 /* heat_average_flag */
} heat_average_row;

/* factor * f of the averages of up to three columns, column(s, shift, k, c) of record k; shift is subtracted
 * where it keeps digits. A ratio is over samples of the disorder that of their averages, [<q^4>] / [<q^2>]^2
 * (Bhatt and Young, Phys. Rev. B 37 (1988) 5606), not the average of ratios. */
typedef struct heat_derived_row {
    const char *name;
    const char *of; /* the average whose autocorrelation time and verdict it takes over */
    int n_columns;
    double (*column)(const heat_series *s, double shift, int64_t k, int column);
    heat_derived_fn f;
    double (*factor)(const heat_series *s);
    const char *moments[3]; /* of a ratio: the averages that its columns are of, NULL where f reads none */
} heat_derived_row;

/* Both end with a row without a name. */
extern const heat_average_row heat_average_rows[];
extern const heat_derived_row heat_derived_rows[];

/* The second argument of a row's value. */
static inline double heat_average_parameter(const heat_series *s, const heat_average_row *row)
{
    return row->flags & HEAT_OF_NUMBER ? (double)(row->flags / 8) : (double)s->info->n_variables;
}

/* Average k of what is recorded, *row: those of the table, the coordinates, the occupancies of basins. False
 * behind the last. */
bool heat_average_get(const heat_series *series, int32_t k, heat_average_row *row);

/* The average of that name, or NULL. */
const heat_average_row *heat_average_find(const char *name, size_t length);

/* 2 sin(k / 2) of a lattice, k = 2 pi / L along its first axis. */
double heat_observable_wave(const heat_model_info *info);

#endif

/* The tables of a Potts model, one for each end of an edge, shared where they are equal by construction. */
#ifndef HEATBATH_POTTS_TABLES_H
#define HEATBATH_POTTS_TABLES_H

#include "model/potts_rows.h"

#include <heatbath/model.h>

typedef struct heat_potts_tables {
    int64_t n;
    double *value;  /* [n][q][q]: the value of the end's own variable first */
    int64_t *table; /* [end] */
    int64_t capacity;
} heat_potts_tables;

/* The tables of rows that were built from the edges of `potts`. Edges that repeat a pair get the sum of their
 * tables, and the rows lose the repeats. */
HEAT_MUST_USE heat_status heat_potts_tables_build(heat_context *ctx, const heat_potts *potts,
                                                  heat_potts_rows *rows, heat_potts_tables *tables);

/* True if the table has one number where the values are equal and one where they differ. */
bool heat_potts_table_is_plain(const double *value, int32_t q);

void heat_potts_tables_clear(heat_potts_tables *tables);

#endif

/* Tapes from graphs: the steps for the nodes that are asked for, and for nothing else. */
#ifndef HEATBATH_TAPE_WRITER_H
#define HEATBATH_TAPE_WRITER_H

#include "expr/graph.h"

/* A tape and what it owns. */
typedef struct heat_tape_text {
    heat_tape tape;
    heat_tape_step *steps;
    double *constants;
    float *single_constants;
} heat_tape_text;

/* Writes the tape that leaves node `value` as the value (-1: none) and rows[i] as row i, i < n_x (NULL:
 * none). The context is the graph's. */
HEAT_MUST_USE heat_status heat_tape_write(const heat_graph *g, int32_t n_x, int32_t value,
                                          const int32_t *rows, heat_tape_text *out);

void heat_tape_text_clear(heat_tape_text *t);

#endif

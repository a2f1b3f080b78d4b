/* Several MODELs of one command: samples of one disorder, each with streams of its own. What a verb's several
 * models have in common: the runs one after the other, and what is said of each. */
#ifndef HEATBATH_SEVERAL_H
#define HEATBATH_SEVERAL_H

#include "output.h"

typedef struct cli_several {
    int64_t n_models;
    const char *const *specs;
    int64_t n_run;  /* models that have a result */
    int64_t n_done; /* of these the first, run to their end: the average's; one cut short if it is alone */
    heat_outcome *outcomes; /* [n_run] */
    heat_outcome outcome;   /* the worst of all */
    double seconds;
    json_t *rows; /* under --json, one a model */
} cli_several;

/* Runs the model on streams of its own, number `index` on top of the option, within `time` seconds, and fills
 * outcome and seconds of the report, and under --json its result and reasons. */
typedef heat_status (*cli_several_fn)(cli *c, const heat_model *model, int64_t index, double time, void *arg,
                                      cli_report *report);

/* All models, until a signal or --time ends it. A model that cannot be read fails before the first is run.
 * Close it whatever the outcome. */
heat_status cli_several_run(cli *c, int64_t n_models, const char *const *specs, cli_several_fn run, void *arg,
                            cli_several *several);
void cli_several_close(cli_several *several);

/* Adds the models to `result`, which holds their average, and prints the report. Takes result and reasons
 * over. */
heat_status cli_several_print_json(cli *c, cli_several *several, json_t *result, json_t *reasons,
                                   const char *ran);

/* Result `index` in a few words. */
typedef void (*cli_several_text_fn)(int64_t index, const void *arg, char *text, size_t size);

/* Lines on the models, all of them or those that failed; the outcome, its reasons (NULL: none) and the time.
 * Sets the exit code. */
void cli_several_print_text(cli *c, const cli_several *several, cli_several_text_fn describe, const void *arg,
                            const char *reasons);

#endif

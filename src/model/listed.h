/* Lists of variables as options spell them: names, numbers and ranges a-b, separated by commas. */
#ifndef HEATBATH_LISTED_H
#define HEATBATH_LISTED_H

#include <heatbath/context.h>

/* What is counted, and how. */
typedef struct heat_listed {
    const char *option, *what;                      /* "predict", "column" */
    int32_t n, first;                               /* numbers are first ... first + n - 1 */
    const char *(*name)(const void *of, int32_t i); /* NULL where it has none */
    const void *of;
} heat_listed;

/* Sets is_listed[i] of what the list names; a name is preferred to a number. HEAT_ERROR_OPTION quotes the
 * first word that is none. */
HEAT_MUST_USE heat_status heat_listed_mark(heat_context *ctx, const heat_listed *listed, const char *list,
                                           bool *is_listed);

#endif

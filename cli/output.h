/* What the verbs print: the JSON envelope and its parts, and errors. */
#ifndef HEATBATH_OUTPUT_H
#define HEATBATH_OUTPUT_H

#include "cli.h"

#include <jansson.h>

/* What stands around a verb's result. The two JSON values are taken over, whatever happens. */
typedef struct cli_report {
    const heat_model_info *model; /* NULL: the verb has none */
    heat_outcome outcome;
    json_t *reasons; /* array of clauses; NULL: none */
    json_t *result;
    double seconds;
    const char *ran; /* the engine or method that "auto" stood for; NULL: does not apply */
} cli_report;

/* Prints the envelope, and sets the exit code that belongs to the outcome. */
heat_status cli_print_report(cli *c, cli_report *report);

/* Says that a signal came before there was anything to report: the failure's words, and under --json an
 * envelope without a result. Takes the failure back and sets the exit code. */
heat_status cli_print_interrupted(cli *c);

void cli_print_failure(const cli *c);
void cli_print_failure_json(cli *c);

/* Adds to an object or an array; a value that could not be built (NULL) is remembered in the cli. */
void cli_put(cli *c, json_t *object, const char *key, json_t *value);
void cli_append(cli *c, json_t *array, json_t *value);

/* A number; null where it is not finite. */
json_t *cli_json_number(double value);

/* An energy: without a decimal point where the model's energies are integers. */
json_t *cli_json_energy(const heat_model_info *model, double energy);

/* A text; bytes that are no UTF-8 become question marks. */
json_t *cli_json_text(const char *text);

/* Arrays. */
json_t *cli_json_state(const int8_t *state, int64_t count);
json_t *cli_json_numbers(const double *values, int64_t count);
json_t *cli_json_indices(const int32_t *values, int64_t count);

/* The lines of `text` as an array, without empty ones. */
json_t *cli_json_lines(const char *text);

#endif

/* The command line as one table: the verb's own options, made by the library's table, and the command's. */
#ifndef HEATBATH_ARGUMENTS_H
#define HEATBATH_ARGUMENTS_H

#include <heatbath/heatbath.h>

struct cli;

/* The claims of the tour, as --only names them. */
#define CLI_CLAIM_WORDS                                                                                      \
    "all|ising-energy|torus-logz|three-roads|log-sum-exp|proved-ground|temperature-knob|shared-numbers|two-" \
    "phases|cd-bias|machine-is-ising|two-wells|wide-well"

enum { CLI_MOST_OPTIONS = 64, CLI_MOST_OPERANDS = 64 };

/* The command's own options. */
typedef struct cli_own {
#define HEAT_OPTION(kind, name, default_, min, max, unit, readers, help) HEAT_FIELD_##kind(name)
#include "command.def"
#undef HEAT_OPTION
} cli_own;

/* The options of bench, which the library does not know. */
typedef struct cli_bench_options {
    size_t size;
#define HEAT_OPTION(kind, name, default_, min, max, unit, readers, help) HEAT_FIELD_##kind(name)
#include "bench.def"
#undef HEAT_OPTION
} cli_bench_options;

/* Every option's value: the verb's struct stands first, so that one table serves both. */
typedef struct cli_values {
    union {
        size_t size;
        heat_ground_options ground;
        heat_sample_options sample;
        heat_logz_options logz;
        heat_learn_options learn;
        heat_score_options score;
        heat_explore_options explore;
        cli_bench_options bench;
    } verb;
    heat_data_options data; /* of verbs that read DATA */
    cli_own own;
} cli_values;

typedef struct cli_arguments {
    heat_option rows[CLI_MOST_OPTIONS];
    heat_option_table table; /* of `rows` */
    cli_values values;
    bool given[CLI_MOST_OPTIONS];
    const char *operands[CLI_MOST_OPERANDS];
    int n_operands;
    char lets[4096]; /* what several --let say, between commas */
} cli_arguments;

/* Makes the table of a verb, with every value at its default. */
void cli_arguments_init(cli_arguments *args, const char *verb);

/* Reads argv[2] and on: options in any order, "--option value" or "--option=value", switches without a value,
 * "--" before operands that begin with a dash. */
heat_status cli_arguments_parse(struct cli *c, int argc, char **argv);

/* True if the words before a "--" hold `word`. */
bool cli_arguments_have(int argc, char **argv, const char *word);

/* "--burn-in". Returns `buffer`. */
const char *cli_option_spell(const heat_option *option, char *buffer, size_t size);

/* The row of the table called `name`. */
const heat_option *cli_option_find(const cli_arguments *args, const char *name);

#endif

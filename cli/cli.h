/* The command: what main, the parser, the printers and the verbs share. It stands outside the library and
 * sees its public headers only. */
#ifndef HEATBATH_CLI_H
#define HEATBATH_CLI_H

#include "arguments.h"

typedef struct cli cli;

/* One row of the verb table (verbs.c). */
typedef struct cli_verb {
    const char *name;
    const char *operands; /* as help prints them: "MODEL", "MODEL FILE" */
    int least_operands, most_operands;
    const char *summary; /* one line */
    const char *text;    /* what help and the manual page say below the options */
    const char *example; /* the arguments of a command that works */
    heat_status (*run)(cli *c);
} cli_verb;

/* The verb table, and the words of a CHOICE that names one. */
extern const cli_verb cli_verbs[];
extern const int cli_n_verbs;

/* The verb called `name`, or NULL; of `get` the failure then offers the nearest. */
const cli_verb *cli_verb_find(const char *name);
const cli_verb *cli_verb_get(cli *c, const char *name);

/* What went wrong, in the parts that the JSON prints. */
typedef struct cli_failure {
    heat_status status;
    char message[1024];
    char option[256];
    char value[256];
    char file[1024];
    int64_t line, column;
} cli_failure;

/* One run of the command. */
struct cli {
    heat_context *ctx;
    const cli_verb *verb; /* NULL until it is known */
    cli_arguments args;
    bool json, quiet;
    bool json_failed; /* some part of the JSON could not be built */
    bool bar_shown;   /* a progress bar stands on the terminal */
    bool bar_is_own;  /* the verb shows its own progress: that of the library calls within it is not shown */
    double began_s;   /* the command itself, on cli_clock's scale */
    cli_failure failure;
    int exit_code;
};

/* The signal that asked to stop, 0 if none. */
int cli_signal(void);

/* Each records a failure and returns its status. cli_fail_library takes over the context's last error. */
heat_status cli_fail(cli *c, heat_status status, const char *format, ...) HEAT_PRINTF(3, 4);
heat_status cli_fail_option(cli *c, const char *option, const char *value, const char *format, ...)
    HEAT_PRINTF(4, 5);
heat_status cli_fail_file(cli *c, heat_status status, const char *file, const char *format, ...)
    HEAT_PRINTF(4, 5);
heat_status cli_fail_library(cli *c);

/* Takes a failure back. */
void cli_failure_clear(cli *c);

/* 2 for misuse, 1 for work that failed. */
int cli_failure_code(heat_status status);

/* 0, 3 when not converged, 130 or 143 when interrupted. */
int cli_outcome_code(heat_outcome outcome);

/* What is left of --time (HEAT_FOREVER where it is not given), which counts from the start of the command. */
double cli_time_left(const cli *c);

/* Loads the operand MODEL, by --format where it is given, and describes it. Within --time, where the verb has
 * that option. */
heat_status cli_model_load(cli *c, heat_model **model, heat_model_info *info);
heat_status cli_model_load_spec(cli *c, const char *spec, heat_model **model, heat_model_info *info);

/* The verbs. */
heat_status cli_ground(cli *c);
heat_status cli_sample(cli *c);
heat_status cli_logz(cli *c);
heat_status cli_learn(cli *c);
heat_status cli_score(cli *c);
heat_status cli_explore(cli *c);
heat_status cli_info(cli *c);
heat_status cli_convert(cli *c);
heat_status cli_tour(cli *c);
heat_status cli_bench(cli *c);
heat_status cli_help(cli *c);

#endif

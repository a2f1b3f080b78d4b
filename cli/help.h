/* Help, manual pages and completion: three prints of the same tables. */
#ifndef HEATBATH_HELP_H
#define HEATBATH_HELP_H

#include "cli.h"

enum { CLI_HELP_SIZE = 512 };

/* "--burn-in N": an option as its user writes it. Returns `buffer`. */
const char *cli_help_option(const heat_option *option, char buffer[CLI_HELP_SIZE]);

/* "default 1000; 0 or more; read by metropolis, heat-bath": what the table says beyond the help sentence; ""
 * for switches. Returns `buffer`. */
const char *cli_help_limits(const cli_arguments *args, const heat_option *option, char buffer[CLI_HELP_SIZE]);

/* The manual page of a verb, or of the whole command (NULL). */
void cli_print_manual(const cli_verb *verb);

/* The completion script of "bash" or "zsh". */
void cli_print_completion(const char *shell);

/* The exit codes, one a line, as both help and manual print them. */
extern const char *const cli_exit_text;

#endif

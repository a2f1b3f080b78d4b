/* What people see: progress and messages on standard error, numbers and rows on standard output. */
#ifndef HEATBATH_TERMINAL_H
#define HEATBATH_TERMINAL_H

#include "cli.h"

/* The context's callbacks; `user` is the cli. */
void cli_show_progress(void *user, const heat_progress *progress);

/* Progress of the command's own work, while bar_is_own keeps out that of the library. */
void cli_show_fraction(cli *c, const char *what, double fraction);
void cli_show_message(void *user, heat_log_level level, const char *message);

/* Takes the bar away before anything else is printed. */
void cli_hide_progress(cli *c);

/* One line "key   value" of a table with two columns. */
void cli_print_row(const char *key, const char *format, ...) HEAT_PRINTF(2, 3);

/* The lines of a text (NULL: none) as such rows without a key. */
void cli_print_lines(const char *text);

enum { CLI_NUMBER_SIZE = 48 };

/* Each writes into `buffer` and returns it; "-" where the number is not finite. The mean is given as many
 * digits as its error justifies. */
const char *cli_text_mean(double mean, double error, char buffer[CLI_NUMBER_SIZE]);
const char *cli_text_error(double error, char buffer[CLI_NUMBER_SIZE]);
const char *cli_text_short(double value, int digits, char buffer[CLI_NUMBER_SIZE]);
const char *cli_text_fixed(double value, int decimals, char buffer[CLI_NUMBER_SIZE]);
const char *cli_text_full(double value, char buffer[CLI_NUMBER_SIZE]);
const char *cli_text_size(double bytes, char buffer[CLI_NUMBER_SIZE]);

/* "1.25 s", "2 min 5 s". */
const char *cli_text_time(double seconds, char buffer[CLI_NUMBER_SIZE]);

/* "12.3 million": a rate or count for people. */
const char *cli_text_count(double count, char buffer[CLI_NUMBER_SIZE]);

#endif

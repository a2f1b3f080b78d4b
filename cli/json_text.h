/* JSON values as text. */
#ifndef HEATBATH_JSON_TEXT_H
#define HEATBATH_JSON_TEXT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* Prints `value` and a newline: one key a line down to the third level, then one line; each number is the
 * shortest that reads back as itself. False if memory is short. */
bool cli_json_print(FILE *out, json_t *value);

/* The shortest decimal that reads back as `value`. Returns `buffer`. */
const char *cli_text_number(double value, char *buffer, size_t size);

#endif

/* Words that this version does not know yet, but that belong to the command by design. */
#ifndef HEATBATH_LATER_H
#define HEATBATH_LATER_H

#include <stdbool.h>

/* True if `option` of `verb` is to come; asked only about an option that the verb does not have. */
bool cli_is_later_option(const char *verb, const char *option);

/* True if `value` of `option` is to come; asked only about a value that was refused. */
bool cli_is_later_value(const char *verb, const char *option, const char *value);

#endif

/* Failures of the command: recorded once, printed once by main. */
#include "cli.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A message is one line, whatever the input holds. */
static void keep_to_one_line(char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ' || *text == 127)
            *text = '?';
}

static heat_status record(cli *c, heat_status status, const char *prefix, const char *format, va_list args)
{
    cli_failure *f = &c->failure;
    size_t used;

    *f = (cli_failure){.status = status};
    snprintf(f->message, sizeof f->message, "%s", prefix);
    used = strlen(f->message);
    vsnprintf(f->message + used, sizeof f->message - used, format, args);
    keep_to_one_line(f->message);
    return status;
}

heat_status cli_fail(cli *c, heat_status status, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    record(c, status, "", format, args);
    va_end(args);
    return status;
}

heat_status cli_fail_option(cli *c, const char *option, const char *value, const char *format, ...)
{
    char prefix[128];
    va_list args;

    snprintf(prefix, sizeof prefix, "option --%.100s: ", option);
    va_start(args, format);
    record(c, HEAT_ERROR_OPTION, prefix, format, args);
    va_end(args);
    snprintf(c->failure.option, sizeof c->failure.option, "%s", option);
    snprintf(c->failure.value, sizeof c->failure.value, "%s", value == NULL ? "" : value);
    return HEAT_ERROR_OPTION;
}

heat_status cli_fail_file(cli *c, heat_status status, const char *file, const char *format, ...)
{
    char prefix[800];
    va_list args;

    snprintf(prefix, sizeof prefix, "%.700s: ", file);
    va_start(args, format);
    record(c, status, prefix, format, args);
    va_end(args);
    snprintf(c->failure.file, sizeof c->failure.file, "%s", file);
    return status;
}

heat_status cli_fail_library(cli *c)
{
    heat_error e = heat_context_error_detail(c->ctx);
    cli_failure *f = &c->failure;

    *f = (cli_failure){.status = e.status, .line = e.line, .column = e.column};
    snprintf(f->message, sizeof f->message, "%s", e.message);
    snprintf(f->option, sizeof f->option, "%s", e.option);
    snprintf(f->value, sizeof f->value, "%s", e.value);
    snprintf(f->file, sizeof f->file, "%s", e.file);
    keep_to_one_line(f->message);
    if (e.status != HEAT_OK)
        return e.status;
    return cli_fail(c, HEAT_ERROR_INTERNAL, "the library failed without a word: a bug, please report it");
}

void cli_failure_clear(cli *c)
{
    c->failure = (cli_failure){.status = HEAT_OK};
}

int cli_failure_code(heat_status status)
{
    switch (status) {
    case HEAT_OK:
        return 0;
    case HEAT_ERROR_ARGUMENT:
    case HEAT_ERROR_OPTION:
    case HEAT_ERROR_INPUT:
        return 2;
    case HEAT_ERROR_OUTPUT:
    case HEAT_ERROR_MEMORY:
    case HEAT_ERROR_UNDEFINED:
    case HEAT_ERROR_UNABLE:
    case HEAT_ERROR_CALLBACK:
    case HEAT_ERROR_INTERNAL:
    case HEAT_ERROR_STOPPED:
        break;
    }
    return 1;
}

int cli_outcome_code(heat_outcome outcome)
{
    if (outcome == HEAT_OUTCOME_NOT_CONVERGED)
        return 3;
    return outcome == HEAT_OUTCOME_INTERRUPTED ? 128 + cli_signal() : 0;
}

/* Progress, messages and numbers for people. */
#include "terminal.h"
#include "json_text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BAR_WIDTH = 24 };

void cli_show_progress(void *user, const heat_progress *p)
{
    cli *c = user;
    char bar[BAR_WIDTH + 1], number[CLI_NUMBER_SIZE];
    int full;

    if (c->quiet || c->bar_is_own || !isatty(STDERR_FILENO))
        return;
    full = p->fraction >= 0 && p->fraction <= 1 ? (int)(p->fraction * BAR_WIDTH) : 0;
    memset(bar, '.', BAR_WIDTH);
    memset(bar, '#', (size_t)full);
    bar[BAR_WIDTH] = '\0';
    fprintf(stderr, "\r\033[K%s [%s]", p->verb == NULL ? "" : p->verb, bar);
    if (isfinite(p->fraction))
        fprintf(stderr, " %3.0f%%", 100 * p->fraction);
    if (isfinite(p->rate) && p->rate > 0)
        fprintf(stderr, "  %s updates/s", cli_text_count(p->rate, number));
    if (isfinite(p->best))
        fprintf(stderr, "  best %s", cli_text_full(p->best, number));
    if (p->epoch > 0 && isfinite(p->train))
        fprintf(stderr, "  epoch %lld: train %s", (long long)p->epoch, cli_text_fixed(p->train, 2, number));
    if (p->epoch > 0 && isfinite(p->validation))
        fprintf(stderr, ", validation %s", cli_text_fixed(p->validation, 2, number));
    if (p->epoch > 0 && isfinite(p->validation) && isfinite(p->train))
        fprintf(stderr, ", gap %s", cli_text_fixed(p->train - p->validation, 2, number));
    if (p->epoch > 0 && isfinite(p->ess))
        fprintf(stderr, ", chains ess %s", cli_text_fixed(p->ess, 0, number));
    if (isfinite(p->remaining_s))
        fprintf(stderr, "  %s left", cli_text_time(ceil(p->remaining_s), number));
    fflush(stderr);
    c->bar_shown = true;
}

void cli_show_fraction(cli *c, const char *what, double fraction)
{
    const double none = (double)NAN;
    heat_progress p = {sizeof p, what, fraction, none, none, none, none, 0, none, none, none};

    c->bar_is_own = false;
    cli_show_progress(c, &p);
    c->bar_is_own = true;
}

void cli_hide_progress(cli *c)
{
    if (c->bar_shown)
        fputs("\r\033[K", stderr);
    c->bar_shown = false;
}

void cli_show_message(void *user, heat_log_level level, const char *message)
{
    cli *c = user;

    if (c->quiet && level == HEAT_LOG_NOTE)
        return;
    cli_hide_progress(c);
    fprintf(stderr, "heatbath: %s: %s\n", level == HEAT_LOG_NOTE ? "note" : "warning", message);
}

void cli_print_row(const char *key, const char *format, ...)
{
    va_list args;

    printf("%-14s ", key);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
}

void cli_print_lines(const char *text)
{
    while (text != NULL && *text != '\0') {
        int length = (int)strcspn(text, "\n");
        cli_print_row("", "%.*s", length, text);
        text += length + (text[length] == '\n');
    }
}

const char *cli_text_mean(double mean, double error, char buffer[CLI_NUMBER_SIZE])
{
    int decimals;

    if (!isfinite(mean) || !(error > 0) || !isfinite(error))
        return cli_text_short(mean, 10, buffer);
    decimals = 1 - (int)floor(log10(error)); /* two digits of the error */
    snprintf(buffer, CLI_NUMBER_SIZE, "%.*f", decimals < 0 ? 0 : decimals > 17 ? 17 : decimals, mean);
    return buffer;
}

const char *cli_text_error(double error, char buffer[CLI_NUMBER_SIZE])
{
    return cli_text_mean(error, error, buffer);
}

const char *cli_text_short(double value, int digits, char buffer[CLI_NUMBER_SIZE])
{
    if (!isfinite(value))
        snprintf(buffer, CLI_NUMBER_SIZE, "-");
    else if (value == floor(value) && fabs(value) < 1e15)
        snprintf(buffer, CLI_NUMBER_SIZE, "%.0f", value == 0 ? 0.0 : value);
    else
        snprintf(buffer, CLI_NUMBER_SIZE, "%.*g", digits, value);
    return buffer;
}

const char *cli_text_fixed(double value, int decimals, char buffer[CLI_NUMBER_SIZE])
{
    if (!(fabs(value) < 1e9))
        return cli_text_short(value, 4, buffer);
    snprintf(buffer, CLI_NUMBER_SIZE, "%.*f", decimals, value);
    return buffer;
}

const char *cli_text_full(double value, char buffer[CLI_NUMBER_SIZE])
{
    return isfinite(value) ? cli_text_number(value, buffer, CLI_NUMBER_SIZE)
                           : cli_text_short(value, 1, buffer);
}

const char *cli_text_size(double bytes, char buffer[CLI_NUMBER_SIZE])
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB"};
    size_t k = 0;

    if (bytes >= 1e18) { /* beyond any machine: only the exponent matters */
        snprintf(buffer, CLI_NUMBER_SIZE, "%.0e bytes", bytes);
        return buffer;
    }
    for (; bytes >= 1024 && k + 1 < sizeof units / sizeof *units; k++)
        bytes /= 1024;
    snprintf(buffer, CLI_NUMBER_SIZE, "%.3g %s", bytes, units[k]);
    return buffer;
}

const char *cli_text_time(double seconds, char buffer[CLI_NUMBER_SIZE])
{
    if (!(seconds >= 0) || !(seconds < 1e9))
        snprintf(buffer, CLI_NUMBER_SIZE, "-");
    else if (seconds >= 3600)
        snprintf(buffer, CLI_NUMBER_SIZE, "%d h %d min", (int)(seconds / 3600), (int)fmod(seconds / 60, 60));
    else if (seconds >= 60)
        snprintf(buffer, CLI_NUMBER_SIZE, "%d min %d s", (int)(seconds / 60), (int)fmod(seconds, 60));
    else
        snprintf(buffer, CLI_NUMBER_SIZE, "%.3g s", seconds);
    return buffer;
}

const char *cli_text_count(double count, char buffer[CLI_NUMBER_SIZE])
{
    static const char *const words[] = {"", " thousand", " million", " billion", " trillion"};
    size_t k = 0;

    if (fabs(count) >= 1e15) {
        snprintf(buffer, CLI_NUMBER_SIZE, "%.0e", count);
        return buffer;
    }
    for (; fabs(count) >= 1000 && k + 1 < sizeof words / sizeof *words; k++)
        count /= 1000;
    snprintf(buffer, CLI_NUMBER_SIZE, "%.3g%s", count, words[k]);
    return buffer;
}

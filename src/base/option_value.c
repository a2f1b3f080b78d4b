/* Options from text and back, and the checks that every verb makes before it begins. */
#include "base/context_private.h"
#include "base/text.h"

#include <heatbath/options.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_TEMPERATURES = 100000, MOST_WORDS = 64 };

static void *field_of(const heat_option *o, void *options)
{
    return (char *)options + o->offset;
}

static const void *const_field_of(const heat_option *o, const void *options)
{
    return (const char *)options + o->offset;
}

static const char *set_text_of(const heat_option *o, const void *options)
{
    return *(const char *const *)(const void *)((const char *)options + o->set_offset);
}

void heat_option_init(const heat_option_table *table, void *options)
{
    memset(options, 0, table->struct_size);
    memcpy(options, &table->struct_size, sizeof table->struct_size);
    for (int32_t k = 0; k < table->n_options; k++) {
        const heat_option *o = &table->options[k];
        void *field = field_of(o, options);
        switch (o->kind) {
        case HEAT_OPTION_REAL:
        case HEAT_OPTION_TEMPERATURE:
            *(double *)field = o->number;
            break;
        case HEAT_OPTION_COUNT:
        case HEAT_OPTION_BYTES:
            *(int64_t *)field = (int64_t)o->number;
            break;
        case HEAT_OPTION_SEED:
            *(uint64_t *)field = o->seed;
            break;
        case HEAT_OPTION_SWITCH:
            *(bool *)field = o->number != 0;
            break;
        case HEAT_OPTION_TEXT:
        case HEAT_OPTION_CHOICE:
            *(const char **)field = o->text;
            break;
        }
    }
}

static bool same_name(const char *a, const char *b)
{
    for (; *a != '\0' && *b != '\0'; a++, b++)
        if (*a != *b && !((*a == '-' || *a == '_') && (*b == '-' || *b == '_')))
            return false;
    return *a == *b;
}

static const heat_option *find(const heat_option_table *table, const char *name)
{
    for (int32_t k = 0; k < table->n_options; k++)
        if (same_name(table->options[k].name, name))
            return &table->options[k];
    return NULL;
}

static heat_status unknown_option(heat_context *ctx, const heat_option_table *table, const char *name)
{
    const char *names[MOST_WORDS];
    char spelled[HEAT_WORD_SIZE];
    int count = table->n_options < MOST_WORDS ? table->n_options : MOST_WORDS;
    int nearest;

    for (int k = 0; k < count; k++)
        names[k] = table->options[k].name;
    nearest = heat_nearest_word(name, names, count);
    if (nearest < 0)
        return heat_fail_option(ctx, name, NULL, "%s has no such option (see heatbath help %s)", table->verb,
                                table->verb);
    snprintf(spelled, sizeof spelled, "%s", names[nearest]);
    for (char *c = spelled; *c != '\0'; c++)
        if (*c == '_')
            *c = '-';
    return heat_fail_option(ctx, name, NULL, "%s has no such option; did you mean --%s?", table->verb,
                            spelled);
}

/* True if `word` stands in `list`, whose words are separated by '|'. */
static bool is_listed(const char *list, const char *word)
{
    size_t length = strlen(word);

    if (strchr(word, '|') != NULL)
        return false;
    for (const char *c = list; c != NULL; c = strchr(c, '|')) {
        c += *c == '|';
        if (length > 0 && strncmp(c, word, length) == 0 && (c[length] == '|' || c[length] == '\0'))
            return true;
    }
    return false;
}

static heat_status bad_choice(heat_context *ctx, const heat_option *o, const char *value)
{
    char copy[HEAT_MESSAGE_SIZE];
    const char *words[MOST_WORDS];
    int count = 0, nearest;

    snprintf(copy, sizeof copy, "%s", o->unit);
    for (char *c = copy; c != NULL && count < MOST_WORDS;) {
        char *bar = strchr(c, '|');
        if (bar != NULL)
            *bar = '\0';
        words[count++] = c;
        c = bar == NULL ? NULL : bar + 1;
    }
    nearest = heat_nearest_word(value, words, count);
    if (nearest >= 0)
        return heat_fail_option(ctx, o->name, value, "'%.80s' is none of %s; did you mean %s?", value,
                                o->unit, words[nearest]);
    return heat_fail_option(ctx, o->name, value, "'%.80s' is none of %s", value, o->unit);
}

static heat_status out_of_range(heat_context *ctx, const heat_option *o, double number, const char *value)
{
    char low[40], high[40];

    heat_text_real(o->min, low, sizeof low);
    heat_text_real(o->max, high, sizeof high);
    if (o->kind == HEAT_OPTION_COUNT && o->min == HEAT_AUTO)
        return heat_fail_option(ctx, o->name, value, "'%.80s' is not auto or a number from 1 to %s", value,
                                high);
    if (o->kind == HEAT_OPTION_REAL && o->min == HEAT_AUTO)
        return heat_fail_option(ctx, o->name, value, "'%.80s' is not auto or a number above 0, up to %s",
                                value, high);
    if (o->max >= HEAT_FOREVER && !(number > o->max))
        return heat_fail_option(ctx, o->name, value, "'%.80s' is not a number of at least %s", value, low);
    return heat_fail_option(ctx, o->name, value, "'%.80s' is not a number from %s to %s", value, low, high);
}

/* NaN is out of every range. */
static heat_status check_range(heat_context *ctx, const heat_option *o, double number, const char *value)
{
    return number >= o->min && number <= o->max ? HEAT_OK : out_of_range(ctx, o, number, value);
}

/* An AUTO count's 0 is no count. */
static bool is_empty_count(const heat_option *o, int64_t count)
{
    return o->min == HEAT_AUTO && count == 0;
}

static heat_status set_count(heat_context *ctx, const heat_option *o, const char *value, void *field)
{
    int64_t count = HEAT_AUTO;
    bool is_auto = o->min == HEAT_AUTO && strcmp(value, "auto") == 0;

    if (!is_auto && !heat_parse_int(value, strlen(value), &count)) {
        double real;
        if (!heat_parse_real(value, strlen(value), &real) || real != floor(real))
            return heat_fail_option(ctx, o->name, value, "'%.80s' is not a whole number%s", value,
                                    o->min == HEAT_AUTO ? " or auto" : "");
        if (!(fabs(real) < 9e15)) /* beyond the range of every count */
            return out_of_range(ctx, o, real, value);
        count = (int64_t)real; /* 1e6 is a whole number too */
    }
    if (!is_auto && (count < 0 || is_empty_count(o, count)))
        return out_of_range(ctx, o, (double)NAN, value);
    if (check_range(ctx, o, (double)count, value) != HEAT_OK)
        return HEAT_ERROR_OPTION;
    *(int64_t *)field = count;
    return HEAT_OK;
}

/* Of an AUTO number what is not above 0 is none, but HEAT_AUTO itself. */
static bool is_no_size(const heat_option *o, double real)
{
    return o->min == HEAT_AUTO && !(real > 0) && real != HEAT_AUTO;
}

static heat_status set_real(heat_context *ctx, const heat_option *o, const char *value, void *field)
{
    const char *word = o->min == HEAT_AUTO ? "auto" : o->min == HEAT_RANDOM ? "random" : NULL;
    double real = o->min;
    bool is_auto = word != NULL && strcmp(value, word) == 0;

    if (!is_auto && !heat_parse_real(value, strlen(value), &real))
        return heat_fail_option(ctx, o->name, value, "'%.80s' is not a number%s%s", value,
                                word != NULL ? " or " : "", word != NULL ? word : "");
    if (!is_auto && o->min == HEAT_AUTO && !(real > 0))
        return out_of_range(ctx, o, real, value);
    if (check_range(ctx, o, real, value) != HEAT_OK)
        return HEAT_ERROR_OPTION;
    *(double *)field = real;
    return HEAT_OK;
}

static heat_status set_temperature(heat_context *ctx, const heat_option *o, const char *value, void *options)
{
    void *set = (char *)options + o->set_offset;
    double one, hi;
    int64_t count;

    if (heat_parse_real(value, strlen(value), &one)) {
        if (check_range(ctx, o, one, value) != HEAT_OK)
            return HEAT_ERROR_OPTION;
        *(double *)field_of(o, options) = one;
        *(const char **)set = NULL;
        return HEAT_OK;
    }
    if (!heat_temperature_range_get(value, &one, &hi) &&
        heat_temperature_set_get(ctx, value, 0, NULL, &count) != HEAT_OK)
        return HEAT_ERROR_OPTION;
    *(const char **)set = value;
    return HEAT_OK;
}

heat_status heat_option_set(heat_context *ctx, const heat_option_table *table, void *options,
                            const char *name, const char *value)
{
    const heat_option *o = find(table, name);
    size_t length;
    void *field;

    if (o == NULL)
        return unknown_option(ctx, table, name);
    if (value == NULL)
        return heat_fail_option(ctx, o->name, NULL, "needs a value");
    field = field_of(o, options);
    length = strlen(value);
    switch (o->kind) {
    case HEAT_OPTION_REAL:
        return set_real(ctx, o, value, field);
    case HEAT_OPTION_COUNT:
        return set_count(ctx, o, value, field);
    case HEAT_OPTION_SEED:
        if (!heat_parse_uint(value, length, (uint64_t *)field))
            return heat_fail_option(ctx, o->name, value, "'%.80s' is not a whole number from 0 to 2^64 - 1",
                                    value);
        return HEAT_OK;
    case HEAT_OPTION_BYTES: {
        int64_t bytes;
        if (!heat_parse_bytes(value, length, &bytes))
            return heat_fail_option(ctx, o->name, value, "'%.80s' is not a size such as 500M or 4G", value);
        if (check_range(ctx, o, (double)bytes, value) != HEAT_OK)
            return HEAT_ERROR_OPTION;
        *(int64_t *)field = bytes;
        return HEAT_OK;
    }
    case HEAT_OPTION_SWITCH:
        if (strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
            return heat_fail_option(ctx, o->name, value, "'%.80s' is neither true nor false", value);
        *(bool *)field = value[0] == 't';
        return HEAT_OK;
    case HEAT_OPTION_TEXT:
        *(const char **)field = value;
        return HEAT_OK;
    case HEAT_OPTION_CHOICE:
        if (!is_listed(o->unit, value))
            return bad_choice(ctx, o, value);
        *(const char **)field = value;
        return HEAT_OK;
    case HEAT_OPTION_TEMPERATURE:
        return set_temperature(ctx, o, value, options);
    }
    return heat_fail(ctx, HEAT_ERROR_INTERNAL, "option table of %s holds an unknown kind", table->verb);
}

size_t heat_option_describe(const heat_option *o, const void *options, char *buffer, size_t size)
{
    const void *field = const_field_of(o, options);
    char number[48];
    const char *text = number;

    switch (o->kind) {
    case HEAT_OPTION_TEMPERATURE:
        if (set_text_of(o, options) != NULL)
            text = set_text_of(o, options);
        else
            heat_text_real(*(const double *)field, number, sizeof number);
        break;
    case HEAT_OPTION_REAL:
        if (*(const double *)field == HEAT_RANDOM)
            text = "random";
        else if (o->min == HEAT_AUTO && *(const double *)field == HEAT_AUTO)
            text = "auto";
        else
            heat_text_real(*(const double *)field, number, sizeof number);
        break;
    case HEAT_OPTION_COUNT:
        if (o->min == HEAT_AUTO && *(const int64_t *)field == HEAT_AUTO) {
            text = "auto";
            break;
        } /* fall through */
    case HEAT_OPTION_BYTES:
        snprintf(number, sizeof number, "%lld", (long long)*(const int64_t *)field);
        break;
    case HEAT_OPTION_SEED:
        snprintf(number, sizeof number, "%llu", (unsigned long long)*(const uint64_t *)field);
        break;
    case HEAT_OPTION_SWITCH:
        text = *(const bool *)field ? "true" : "false";
        break;
    case HEAT_OPTION_TEXT:
    case HEAT_OPTION_CHOICE:
        text = *(const char *const *)field == NULL ? "" : *(const char *const *)field;
        break;
    }
    snprintf(buffer, size, "%s", text);
    return strlen(text);
}

/* True if the field differs from its default. */
static bool is_set(const heat_option *o, const void *options)
{
    const void *field = const_field_of(o, options);

    switch (o->kind) {
    case HEAT_OPTION_REAL:
        return *(const double *)field != o->number;
    case HEAT_OPTION_TEMPERATURE:
        return *(const double *)field != o->number || set_text_of(o, options) != NULL;
    case HEAT_OPTION_COUNT:
    case HEAT_OPTION_BYTES:
        return *(const int64_t *)field != (int64_t)o->number;
    case HEAT_OPTION_SEED:
        return *(const uint64_t *)field != o->seed;
    case HEAT_OPTION_SWITCH:
        return *(const bool *)field != (o->number != 0);
    case HEAT_OPTION_TEXT:
    case HEAT_OPTION_CHOICE: {
        const char *text = *(const char *const *)field;
        return text != o->text && (text == NULL || o->text == NULL || strcmp(text, o->text) != 0);
    }
    }
    return false;
}

static heat_status check_field(heat_context *ctx, const heat_option *o, const void *options)
{
    const void *field = const_field_of(o, options);
    char value[HEAT_WORD_SIZE];

    heat_option_describe(o, options, value, sizeof value);
    switch (o->kind) {
    case HEAT_OPTION_REAL:
        if (is_no_size(o, *(const double *)field))
            return out_of_range(ctx, o, (double)NAN, value);
        return check_range(ctx, o, *(const double *)field, value);
    case HEAT_OPTION_COUNT:
    case HEAT_OPTION_BYTES:
        if (is_empty_count(o, *(const int64_t *)field))
            return out_of_range(ctx, o, (double)NAN, value);
        return check_range(ctx, o, (double)*(const int64_t *)field, value);
    case HEAT_OPTION_TEMPERATURE: {
        int64_t count;
        double lo, hi;
        if (set_text_of(o, options) != NULL && heat_temperature_range_get(set_text_of(o, options), &lo, &hi))
            return HEAT_OK;
        if (set_text_of(o, options) != NULL)
            return heat_temperature_set_get(ctx, set_text_of(o, options), 0, NULL, &count);
        return check_range(ctx, o, *(const double *)field, value);
    }
    case HEAT_OPTION_CHOICE:
        if (*(const char *const *)field == NULL || !is_listed(o->unit, *(const char *const *)field))
            return bad_choice(ctx, o, value);
        return HEAT_OK;
    case HEAT_OPTION_SEED:
    case HEAT_OPTION_SWITCH:
    case HEAT_OPTION_TEXT:
        return HEAT_OK;
    }
    return HEAT_OK;
}

/* Whether `reader` is among the option's readers: all, those listed, or after '!' all but those listed. */
static bool is_read_by(const heat_option *o, const char *reader)
{
    if (o->readers[0] == '!')
        return !is_listed(o->readers + 1, reader);
    return o->readers[0] == '\0' || is_listed(o->readers, reader);
}

heat_status heat_option_check(heat_context *ctx, const heat_option_table *table, const void *options,
                              const char *reader)
{
    for (int32_t k = 0; k < table->n_options; k++) {
        const heat_option *o = &table->options[k];
        heat_status status = check_field(ctx, o, options);
        if (status != HEAT_OK)
            return status;
        if (reader != NULL && is_set(o, options) && !is_read_by(o, reader)) {
            char value[HEAT_WORD_SIZE];
            heat_option_describe(o, options, value, sizeof value);
            return heat_fail_option(ctx, o->name, value, "%s does not read it", reader);
        }
    }
    return HEAT_OK;
}

bool heat_temperature_range_get(const char *text, double *lo, double *hi)
{
    size_t length = strcspn(text, ":");

    return text[length] == ':' && heat_parse_real(text, length, lo) &&
           heat_parse_real(text + length + 1, strlen(text + length + 1), hi) && *lo > 0 && *hi > *lo &&
           isfinite(*hi);
}

/* Adds one temperature, counting beyond the capacity too. */
static heat_status add_temperature(heat_context *ctx, const char *text, double t, int64_t capacity,
                                   double *values, int64_t *count)
{
    if (!(t > 0 && isfinite(t)))
        return heat_fail_option(ctx, "temperature", text, "a temperature must be greater than 0");
    if (*count >= MOST_TEMPERATURES)
        return heat_fail_option(ctx, "temperature", text, "a set holds at most %d temperatures",
                                MOST_TEMPERATURES);
    if (*count < capacity)
        values[*count] = t;
    (*count)++;
    return HEAT_OK;
}

heat_status heat_temperature_set_get(heat_context *ctx, const char *text, int64_t capacity, double *values,
                                     int64_t *count)
{
    double ends[3];
    int n_parts = 0;
    char separator = strchr(text, ':') != NULL ? ':' : ',';

    *count = 0;
    for (const char *c = text;; c++) {
        size_t length = strcspn(c, separator == ':' ? ":" : ",");
        double t;
        if (!heat_parse_real(c, length, &t))
            return heat_fail_option(ctx, "temperature", text,
                                    "'%.80s' is not a temperature, a list 1,2,3 or a range lo:hi:step", text);
        if (separator == ':') {
            if (n_parts == 3)
                return heat_fail_option(ctx, "temperature", text, "a range has three parts, lo:hi:step");
            ends[n_parts++] = t;
        } else if (add_temperature(ctx, text, t, capacity, values, count) != HEAT_OK) {
            return HEAT_ERROR_OPTION;
        }
        c += length;
        if (*c == '\0')
            break;
    }
    if (separator == ',')
        return HEAT_OK;
    if (n_parts == 2 && !(ends[0] > 0 && ends[1] > ends[0]))
        return heat_fail_option(ctx, "temperature", text, "a ladder lo:hi needs 0 < lo < hi");
    if (n_parts != 3)
        return heat_fail_option(
            ctx, "temperature", text,
            "a range has three parts, lo:hi:step (lo:hi is for engines that space a ladder)");
    if (!(ends[1] >= ends[0] && ends[2] > 0 && (ends[1] - ends[0]) / ends[2] < MOST_TEMPERATURES))
        return heat_fail_option(ctx, "temperature", text,
                                "a range lo:hi:step needs lo <= hi, step > 0 and at most %d values",
                                MOST_TEMPERATURES);
    for (int64_t k = 0; ends[0] + (double)k * ends[2] <= ends[1] + 1e-9 * ends[2]; k++) {
        double t = ends[0] + (double)k * ends[2];
        if (ends[2] >= 1e-6 && t < 1e6) /* 3.8, not the sum of its steps, 3.8000000000000003 */
            t = round(t * 1e9) / 1e9;
        if (add_temperature(ctx, text, t, capacity, values, count) != HEAT_OK)
            return HEAT_ERROR_OPTION;
    }
    return HEAT_OK;
}

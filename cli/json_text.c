/* JSON as people and programs like to read it: keys on lines of their own, arrays on one, numbers as short as
 * they can be without losing a bit. */
#include "json_text.h"

#include <math.h>
#include <stdlib.h>

enum { DEEPEST_LINE = 3 }; /* objects below this level stay on one line */

const char *cli_text_number(double value, char *buffer, size_t size)
{
    if (value == floor(value) && fabs(value) < 9007199254740992.0) {
        snprintf(buffer, size, "%.0f", value == 0 ? 0.0 : value);
        return buffer;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(buffer, size, "%.*g", digits, value);
        if (strtod(buffer, NULL) == value)
            break;
    }
    return buffer;
}

static void indent(FILE *out, int level)
{
    fprintf(out, "\n%*s", 2 * level, "");
}

static bool print_text(FILE *out, const char *text)
{
    json_t *string = json_string(text);
    char *encoded = string == NULL ? NULL : json_dumps(string, JSON_ENCODE_ANY);

    json_decref(string);
    if (encoded == NULL)
        return false;
    fputs(encoded, out);
    free(encoded);
    return true;
}

static bool holds_containers(json_t *value)
{
    const json_t *first = json_is_array(value) ? json_array_get(value, 0) : NULL;
    return json_is_object(first);
}

/* Most integers of long arrays are spins and bits. */
static void print_integer(FILE *out, json_int_t value)
{
    if (value < -9 || value > 9) {
        fprintf(out, "%lld", (long long)value);
        return;
    }
    if (value < 0)
        putc_unlocked('-', out);
    putc_unlocked((int)('0' + (value < 0 ? -value : value)), out);
}

static bool print_value(FILE *out, json_t *value, int level);

static bool print_array(FILE *out, json_t *value, int level)
{
    bool lines = level < DEEPEST_LINE && holds_containers(value);

    fputc('[', out);
    for (size_t k = 0; k < json_array_size(value); k++) {
        if (k > 0)
            putc_unlocked(',', out);
        if (k > 0 && !lines)
            putc_unlocked(' ', out);
        if (lines)
            indent(out, level + 1);
        if (!print_value(out, json_array_get(value, k), level + 1))
            return false;
    }
    if (lines)
        indent(out, level);
    fputc(']', out);
    return true;
}

static bool print_object(FILE *out, json_t *value, int level)
{
    bool lines = level < DEEPEST_LINE && json_object_size(value) > 0;
    bool first = true;
    const char *key;
    json_t *member;

    fputc('{', out);
    json_object_foreach(value, key, member)
    {
        if (!first)
            fputs(lines ? "," : ", ", out);
        first = false;
        if (lines)
            indent(out, level + 1);
        if (!print_text(out, key))
            return false;
        fputs(": ", out);
        if (!print_value(out, member, level + 1))
            return false;
    }
    if (lines)
        indent(out, level);
    fputc('}', out);
    return true;
}

static bool print_value(FILE *out, json_t *value, int level)
{
    char number[48];

    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return print_object(out, value, level);
    case JSON_ARRAY:
        return print_array(out, value, level);
    case JSON_STRING:
        return print_text(out, json_string_value(value));
    case JSON_INTEGER:
        print_integer(out, json_integer_value(value));
        break;
    case JSON_REAL:
        fputs(cli_text_number(json_real_value(value), number, sizeof number), out);
        break;
    case JSON_TRUE:
        fputs("true", out);
        break;
    case JSON_FALSE:
        fputs("false", out);
        break;
    case JSON_NULL:
        fputs("null", out);
        break;
    }
    return true;
}

bool cli_json_print(FILE *out, json_t *value)
{
    bool complete = print_value(out, value, 0);

    fputc('\n', out);
    return complete;
}

/* Parsing that says no unless the whole word is the number, and the names a mistyped word may have meant. */
#include "base/text.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_NUMBER = 400 };

bool heat_parse_uint(const char *text, size_t length, uint64_t *out)
{
    uint64_t value = 0;

    if (length == 0)
        return false;
    for (size_t k = 0; k < length; k++) {
        unsigned digit = (unsigned)text[k] - '0';
        if (digit > 9 || value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *out = value;
    return true;
}

bool heat_parse_int(const char *text, size_t length, int64_t *out)
{
    bool negative = length > 0 && text[0] == '-';
    size_t sign = length > 0 && (text[0] == '-' || text[0] == '+');
    uint64_t size;

    if (!heat_parse_uint(text + sign, length - sign, &size) || size > (uint64_t)INT64_MAX + negative)
        return false;
    *out = negative ? (int64_t)(0 - size) : (int64_t)size;
    return true;
}

/* Digits with at most one point and an exponent: what strtod accepts beyond that is not a number here. */
static bool looks_decimal(const char *text, size_t length)
{
    size_t k = 0, digits = 0;

    if (k < length && (text[k] == '+' || text[k] == '-'))
        k++;
    for (; k < length && text[k] >= '0' && text[k] <= '9'; k++)
        digits++;
    if (k < length && text[k] == '.')
        for (k++; k < length && text[k] >= '0' && text[k] <= '9'; k++)
            digits++;
    if (digits == 0)
        return false;
    if (k < length && (text[k] == 'e' || text[k] == 'E')) {
        size_t before;
        k++;
        if (k < length && (text[k] == '+' || text[k] == '-'))
            k++;
        before = k;
        while (k < length && text[k] >= '0' && text[k] <= '9')
            k++;
        if (k == before)
            return false;
    }
    return k == length;
}

/* The locale's, which a host program may have set to another than '.'. */
static char decimal_point(void)
{
    const char *point = localeconv()->decimal_point;

    return point[0] != '\0' && point[1] == '\0' ? point[0] : '.';
}

static void replace_point(char *number, char from, char to)
{
    char *point = strchr(number, from);

    if (point != NULL)
        *point = to;
}

/* A short decimal without exponent: digits and their power of ten are exact doubles, so that one division
 * rounds as it should (Clinger, PLDI 1990, section 4). */
static bool parse_short(const char *text, size_t length, double *out)
{
    double digits = 0, power = 1;
    size_t k = length > 0 && (text[0] == '-' || text[0] == '+'), point = length;

    if (length - k > 16 || length < k + 3 || text[k] == '.' || text[length - 1] == '.')
        return false;
    for (; k < length; k++) {
        if (text[k] == '.' && point == length) {
            point = k;
        } else if (text[k] >= '0' && text[k] <= '9') {
            digits = 10 * digits + (text[k] - '0');
            power *= point < length ? 10 : 1;
        } else {
            return false;
        }
    }
    if (point == length) /* sixteen digits may be too many */
        return false;
    *out = text[0] == '-' ? -(digits / power) : digits / power;
    return true;
}

bool heat_parse_real(const char *text, size_t length, double *out)
{
    char word[LONGEST_NUMBER];
    int64_t integer;
    double value;

    if (length < 16 &&
        heat_parse_int(text, length, &integer)) { /* exact in a double; most weights are integers */
        *out = (double)integer;
        return true;
    }
    if (parse_short(text, length, out))
        return true;
    if (length >= sizeof word || !looks_decimal(text, length))
        return false;
    memcpy(word, text, length);
    word[length] = '\0';
    replace_point(word, '.', decimal_point());
    value = strtod(word, NULL);
    if (!isfinite(value))
        return false;
    *out = value;
    return true;
}

bool heat_parse_bytes(const char *text, size_t length, int64_t *out)
{
    static const char units[] = "KMGT";
    double scale = 1, value;
    bool binary = length > 1 && text[length - 1] == 'B' && text[length - 2] == 'i';
    const char *unit;

    if (length > 0 && text[length - 1] == 'B')
        length -= binary ? 2 : 1;
    unit = length > 0 ? memchr(units, text[length - 1] & ~0x20, sizeof units - 1) : NULL;
    if (unit != NULL) {
        scale = ldexp(1, 10 * (int)(unit - units + 1));
        length--;
    } else if (binary) {
        return false;
    }
    if (!heat_parse_real(text, length, &value) || !(value >= 0) || !(value * scale < 9e18))
        return false;
    *out = (int64_t)(value * scale);
    return true;
}

const char *heat_text_real(double value, char *buffer, size_t size)
{
    if (value == floor(value) && fabs(value) < 9007199254740992.0) {
        snprintf(buffer, size, "%.0f", value == 0 ? 0.0 : value);
        return buffer;
    }
    for (int digits = fabs(value) < DBL_MIN ? 1 : 15; digits <= 17; digits++) { /* 15 are never too many */
        snprintf(buffer, size, "%.*g", digits, value);
        if (strtod(buffer, NULL) == value)
            break;
    }
    replace_point(buffer, decimal_point(), '.');
    return buffer;
}

const char *heat_text_bytes(double bytes, char *buffer, size_t size)
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    size_t k = 0;

    while (bytes >= 1024 && k + 1 < sizeof units / sizeof *units) {
        bytes /= 1024;
        k++;
    }
    snprintf(buffer, size, bytes < 1e6 ? "%.*f %s" : "%.*g %s", k == 0 ? 0 : 1, bytes, units[k]);
    return buffer;
}

static bool ends_in(const char *text, size_t length, const char *suffix)
{
    size_t tail = strlen(suffix);

    return length >= tail && memcmp(text + length - tail, suffix, tail) == 0;
}

bool heat_path_ends_in(const char *path, const char *suffix)
{
    size_t length = strlen(path);

    return ends_in(path, length, suffix) ||
           (ends_in(path, length, ".gz") && ends_in(path, length - 3, suffix));
}

static char plain(char c)
{
    return c == '_' ? '-' : c;
}

int heat_edit_distance(const char *a, const char *b)
{
    enum { LONGEST = 63 };
    int row[3][LONGEST + 1]; /* rows i-2, i-1, i of the table of distances, in turn */
    size_t n = strlen(a), m = strlen(b);

    if (n > LONGEST)
        n = LONGEST;
    if (m > LONGEST)
        m = LONGEST;
    for (size_t j = 0; j <= m; j++)
        row[0][j] = (int)j;
    for (size_t i = 1; i <= n; i++) {
        int *now = row[i % 3], *before = row[(i + 2) % 3], *earlier = row[(i + 1) % 3];
        now[0] = (int)i;
        for (size_t j = 1; j <= m; j++) {
            int best = before[j - 1] + (plain(a[i - 1]) != plain(b[j - 1]));
            if (before[j] + 1 < best)
                best = before[j] + 1;
            if (now[j - 1] + 1 < best)
                best = now[j - 1] + 1;
            if (i > 1 && j > 1 && plain(a[i - 1]) == plain(b[j - 2]) && plain(a[i - 2]) == plain(b[j - 1]) &&
                earlier[j - 2] + 1 < best)
                best = earlier[j - 2] + 1;
            now[j] = best;
        }
    }
    return row[n % 3][m];
}

int heat_nearest_word(const char *word, const char *const *words, int count)
{
    int best = -1;
    int best_distance = 1 + (int)strlen(word) / 3; /* farther than a third of the word is another word */

    for (int k = 0; k < count; k++) {
        int distance = heat_edit_distance(word, words[k]);
        if (distance <= best_distance && (best < 0 || distance < best_distance)) {
            best = k;
            best_distance = distance;
        }
    }
    return best;
}

/* One option table per verb. A row of <heatbath/VERB.def> makes the struct field, its default, the range
 * check, the command-line flag, the JSON echo, the help, the manual page and the shell completion.
 *
 *     HEAT_OPTION(KIND, name, default, min, max, unit, readers, help)
 *
 * KIND        the field it makes
 * REAL        double name           HEAT_RANDOM where min is HEAT_RANDOM: in place of a value, by chance
 *                                   HEAT_AUTO where min is HEAT_AUTO: the verb chooses; else above 0
 * COUNT       int64_t name          HEAT_AUTO (-1) where min is HEAT_AUTO: the verb chooses
 * SEED        uint64_t name         min and max are not read: every value is valid
 * BYTES       int64_t name          on the command line with K, M, G or T (powers of 1024)
 * SWITCH      bool name
 * TEXT        const char *name      borrowed for the call; NULL: not given
 * CHOICE      const char *name      one of the words in `unit`, separated by '|'
 * TEMPERATURE double name and const char *name_set: one value, or the text of a set, "1,2,3" or
 * "1.5:3.5:0.1", which wins when it is not NULL
 *
 * readers     "" if every engine or method reads it, "|this|that|" if only those do, "!|this|" if all others
 * do: set for one that does not read it, it is refused. A struct starts with its size; new rows are added at
 * the end of a table only. */
#ifndef HEATBATH_OPTIONS_H
#define HEATBATH_OPTIONS_H

#include <heatbath/context.h>

HEAT_BEGIN_DECLS

#define HEAT_AUTO (-1)
#define HEAT_FOREVER (1e300) /* a time that no run reaches */
#define HEAT_RANDOM (-2e300) /* on the command line "random" */

typedef enum heat_option_kind {
    HEAT_OPTION_REAL = 0,
    HEAT_OPTION_COUNT,
    HEAT_OPTION_SEED,
    HEAT_OPTION_BYTES,
    HEAT_OPTION_SWITCH,
    HEAT_OPTION_TEXT,
    HEAT_OPTION_CHOICE,
    HEAT_OPTION_TEMPERATURE
} heat_option_kind;

/* One row of a table, for programs that build their own interface from it. */
typedef struct heat_option {
    const char *name; /* as the struct spells it; the command line has '-' for '_' */
    heat_option_kind kind;
    size_t offset;     /* of the field in the verb's options struct, bytes */
    size_t set_offset; /* TEMPERATURE: of the name_set field; else 0 */
    double number;     /* the default of REAL, COUNT, BYTES, SWITCH, TEMPERATURE */
    uint64_t seed;     /* the default of SEED */
    const char *text;  /* the default of TEXT and CHOICE */
    double min, max;   /* inclusive; REAL, COUNT, BYTES, TEMPERATURE */
    const char *unit;  /* what is counted or measured; the words of a CHOICE */
    const char *readers;
    const char *help; /* one sentence */
} heat_option;

typedef struct heat_option_table {
    const char *verb;
    size_t struct_size; /* of the verb's options struct, bytes */
    int32_t n_options;
    const heat_option *options;
} heat_option_table;

#define HEAT_FIELD_REAL(name) double name;
#define HEAT_FIELD_COUNT(name) int64_t name;
#define HEAT_FIELD_SEED(name) uint64_t name;
#define HEAT_FIELD_BYTES(name) int64_t name;
#define HEAT_FIELD_SWITCH(name) bool name;
#define HEAT_FIELD_TEXT(name) const char *name;
#define HEAT_FIELD_CHOICE(name) const char *name;
#define HEAT_FIELD_TEMPERATURE(name)                                                                         \
    double name;                                                                                             \
    const char *name##_set;

/* The table of a verb by its name; NULL if there is no such verb. */
HEAT_API const heat_option_table *heat_option_table_get(const char *verb);

/* Sets `options` (a verb's struct) to the defaults of `table`, its size included. */
HEAT_API void heat_option_init(const heat_option_table *table, void *options);

/* Sets one option from text. `name` may spell '_' as '-'. Texts are borrowed: `value` must outlive `options`.
 * HEAT_ERROR_OPTION: unknown name (the message offers the nearest), or a value that does not parse or is out
 * of range. */
HEAT_API HEAT_MUST_USE heat_status heat_option_set(heat_context *ctx, const heat_option_table *table,
                                                   void *options, const char *name, const char *value);

/* Checks every field of `options` against its range and that no option is set which `reader` (an engine's or
 * method's name; NULL: all are read) does not read. An option counts as set when it differs from its default.
 * HEAT_ERROR_OPTION names the first that fails. */
HEAT_API HEAT_MUST_USE heat_status heat_option_check(heat_context *ctx, const heat_option_table *table,
                                                     const void *options, const char *reader);

/* Writes the value of one option as the command line would take it into `buffer` (always terminated; "auto"
 * for HEAT_AUTO, "" for a text not given). Returns the length that the whole text has. */
HEAT_API size_t heat_option_describe(const heat_option *option, const void *options, char *buffer,
                                     size_t size);

/* True if the text is a range without a step, "lo:hi", with 0 < lo < hi, which an engine is to space. */
HEAT_API bool heat_temperature_range_get(const char *text, double *lo, double *hi);

/* Parses a temperature set, "2", "1,2,3" or "1.5:3.5:0.1" (ends included, at most 100000 values, each > 0)
 * into `values`, of which at most `capacity` are written; *count is how many the text holds. */
HEAT_API HEAT_MUST_USE heat_status heat_temperature_set_get(heat_context *ctx, const char *text,
                                                            int64_t capacity, double *values, int64_t *count);

HEAT_END_DECLS

#endif

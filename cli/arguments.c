/* From words to values. The library parses and refuses every value; here words are told apart: options,
 * their values, operands. */
#include "arguments.h"
#include "cli.h"
#include "later.h"

#include <stdio.h>
#include <string.h>

#define ROW_HEAD(kind_, name_, unit_, readers_, help_)                                                       \
    .name = #name_, .kind = HEAT_OPTION_##kind_, .offset = PLACE(name_), .unit = unit_, .readers = readers_, \
    .help = help_
#define ROW_REAL(name, d, lo, hi, u, r, h)                                                                   \
    {ROW_HEAD(REAL, name, u, r, h), .number = (d), .min = (lo), .max = (hi)},
#define ROW_BYTES(name, d, lo, hi, u, r, h)                                                                  \
    {ROW_HEAD(BYTES, name, u, r, h), .number = (d), .min = (lo), .max = (hi)},
#define ROW_COUNT(name, d, lo, hi, u, r, h)                                                                  \
    {ROW_HEAD(COUNT, name, u, r, h), .number = (d), .min = (lo), .max = (hi)},
#define ROW_SWITCH(name, d, lo, hi, u, r, h)                                                                 \
    {ROW_HEAD(SWITCH, name, u, r, h), .number = (d), .min = (lo), .max = (hi)},
#define ROW_SEED(name, d, lo, hi, u, r, h) {ROW_HEAD(SEED, name, u, r, h), .seed = (d)},
#define ROW_TEXT(name, d, lo, hi, u, r, h) {ROW_HEAD(TEXT, name, u, r, h), .text = (d)},
#define ROW_CHOICE(name, d, lo, hi, u, r, h) {ROW_HEAD(CHOICE, name, u, r, h), .text = (d)},
#define HEAT_OPTION(kind, ...) ROW_##kind(__VA_ARGS__)

#define PLACE(name) offsetof(cli_values, own.name)
static const heat_option own_rows[] = {
#include "command.def"
};
#undef PLACE

#define PLACE(name) offsetof(cli_bench_options, name)
static const heat_option bench_rows[] = {
#include "bench.def"
};
#undef PLACE
#undef HEAT_OPTION

static const heat_option_table bench_table = {"bench", sizeof(cli_bench_options),
                                              (int32_t)(sizeof bench_rows / sizeof *bench_rows), bench_rows};

/* The table of a verb's options struct; NULL if it has none. */
static const heat_option_table *verb_table(const char *verb)
{
    return strcmp(verb, bench_table.verb) == 0 ? &bench_table : heat_option_table_get(verb);
}

static bool is_read_by(const heat_option *o, const char *verb)
{
    char word[32];

    snprintf(word, sizeof word, "|%.20s|", verb);
    return strstr(o->readers, word) != NULL;
}

/* True if DATA is among the verb's operands: then the options that say how to read it are its too. */
static bool reads_data(const char *verb)
{
    const cli_verb *row = cli_verb_find(verb);

    return row != NULL && strstr(row->operands, "DATA") != NULL;
}

/* Adds the options of DATA behind `count` rows; returns how many rows there are. */
static int add_data_options(cli_arguments *args, int count)
{
    const heat_option_table *table = heat_option_table_get("data");

    for (int k = 0; k < table->n_options && count < CLI_MOST_OPTIONS; k++) {
        args->rows[count] = table->options[k];
        args->rows[count++].offset += offsetof(cli_values, data);
    }
    return count;
}

void cli_arguments_init(cli_arguments *args, const char *verb)
{
    const heat_option_table *own = verb_table(verb);
    int count = 0;

    memset(args, 0, sizeof *args);
    for (int k = 0; own != NULL && k < own->n_options && count < CLI_MOST_OPTIONS; k++)
        args->rows[count++] = own->options[k];
    if (reads_data(verb))
        count = add_data_options(args, count);
    for (size_t k = 0; k < sizeof own_rows / sizeof *own_rows && count < CLI_MOST_OPTIONS; k++) {
        if (!is_read_by(&own_rows[k], verb))
            continue;
        args->rows[count] = own_rows[k];
        args->rows[count++].readers = ""; /* from here on, readers are engines and methods */
    }
    args->table = (heat_option_table){verb, sizeof args->values, count, args->rows};
    heat_option_init(&args->table, &args->values);
    if (own != NULL)
        args->values.verb.size = own->struct_size;
    args->values.data.size = sizeof args->values.data;
}

static bool same_name(const char *a, const char *b)
{
    for (; *a != '\0' && *b != '\0'; a++, b++)
        if ((*a == '_' ? '-' : *a) != (*b == '_' ? '-' : *b))
            return false;
    return *a == *b;
}

const heat_option *cli_option_find(const cli_arguments *args, const char *name)
{
    for (int k = 0; k < args->table.n_options; k++)
        if (same_name(args->rows[k].name, name))
            return &args->rows[k];
    return NULL;
}

const char *cli_option_spell(const heat_option *option, char *buffer, size_t size)
{
    snprintf(buffer, size, "--%s", option->name);
    for (char *c = buffer; *c != '\0'; c++)
        if (*c == '_')
            *c = '-';
    return buffer;
}

bool cli_arguments_have(int argc, char **argv, const char *word)
{
    for (int k = 1; k < argc && strcmp(argv[k], "--") != 0; k++)
        if (strcmp(argv[k], word) == 0)
            return true;
    return false;
}

/* Adds a value to those that --let gave before. */
static heat_status join_lets(cli *c, const char **value)
{
    char *lets = c->args.lets;
    size_t used = strlen(lets);
    int more = snprintf(lets + used, sizeof c->args.lets - used, "%s%s", used > 0 ? "," : "", *value);

    if (more < 0 || (size_t)more >= sizeof c->args.lets - used)
        return cli_fail_option(c, "let", *value, "is too long");
    *value = lets;
    return HEAT_OK;
}

/* The option at argv[k]; returns in *used how many words it took. */
static heat_status set_option(cli *c, int argc, char **argv, int k, int *used)
{
    cli_arguments *args = &c->args;
    const char *word = argv[k] + 2, *value = strchr(word, '=');
    const heat_option *option;
    char name[256];

    snprintf(name, sizeof name, "%.*s", value == NULL ? (int)strlen(word) : (int)(value - word), word);
    option = cli_option_find(args, name);
    *used = 1;
    if (value != NULL) {
        value++;
    } else if (option != NULL && option->kind == HEAT_OPTION_SWITCH) {
        value = "true";
    } else if (option != NULL && k + 1 < argc) {
        value = argv[k + 1];
        if (strncmp(value, "--", 2) == 0)
            return cli_fail_option(c, name, value, "needs a value, and %.80s looks like an option", value);
        *used = 2;
    }
    if (option != NULL && value != NULL && strcmp(option->name, "let") == 0) {
        if (join_lets(c, &value) != HEAT_OK)
            return c->failure.status;
    } else if (option != NULL && args->given[option - args->rows])
        return cli_fail_option(c, name, value, "is given twice");
    if (option == NULL && cli_is_later_option(c->verb->name, name))
        return cli_fail_option(c, name, value, "planned, but %s does not have it yet", c->verb->name);
    if (heat_option_set(c->ctx, &args->table, &args->values, name, value) != HEAT_OK)
        return value != NULL && cli_is_later_value(c->verb->name, name, value)
                   ? cli_fail_option(c, name, value, "'%.80s' is planned, but not there yet", value)
                   : cli_fail_library(c);
    args->given[option - args->rows] = true;
    return HEAT_OK;
}

static heat_status add_operand(cli *c, const char *word)
{
    if (c->args.n_operands == c->verb->most_operands)
        return cli_fail(c, HEAT_ERROR_ARGUMENT, "%s takes %s%s, and '%.80s' is one word too many",
                        c->verb->name, c->verb->most_operands == 1 ? "one " : "",
                        c->verb->most_operands == 0 ? "options alone" : c->verb->operands, word);
    c->args.operands[c->args.n_operands++] = word;
    return HEAT_OK;
}

static heat_status check_operands(cli *c)
{
    const cli_verb *verb = c->verb;

    for (int k = 0; k < c->args.n_operands; k++)
        if (c->args.operands[k][0] == '\0')
            return cli_fail(c, HEAT_ERROR_ARGUMENT,
                            "%s takes %s, and here is an empty word (an unset shell variable?)", verb->name,
                            verb->operands);
    if (c->args.n_operands >= verb->least_operands)
        return HEAT_OK;
    if (c->args.n_operands == 0 && verb->operands[0] == 'M')
        return cli_fail(c, HEAT_ERROR_ARGUMENT,
                        "%s needs a MODEL, a file or a built-in, as in: heatbath %s %s", verb->name,
                        verb->name, verb->example);
    return cli_fail(c, HEAT_ERROR_ARGUMENT, "%s needs %s, as in: heatbath %s %s", verb->name, verb->operands,
                    verb->name, verb->example);
}

/* Here, for all verbs: not every way of each comes to a kernel that would be missed. */
static heat_status check_isa(cli *c)
{
    const heat_option *option = cli_option_find(&c->args, "isa");
    char value[64];

    if (option == NULL)
        return HEAT_OK;
    heat_option_describe(option, &c->args.values, value, sizeof value);
    if (heat_isa_resolve(value) != NULL)
        return HEAT_OK;
    return cli_fail_option(c, "isa", value, "this machine cannot run it (its widest is %s)",
                           heat_isa_resolve("auto"));
}

heat_status cli_arguments_parse(cli *c, int argc, char **argv)
{
    bool options_end = false;

    cli_arguments_init(&c->args, c->verb->name);
    for (int k = 2, used = 1; k < argc; k += used) {
        heat_status status;
        used = 1;
        if (options_end || argv[k][0] != '-' || argv[k][1] == '\0') {
            status = add_operand(c, argv[k]);
        } else if (argv[k][1] != '-') {
            return cli_fail(c, HEAT_ERROR_OPTION,
                            "%.80s: options begin with two dashes (see heatbath help %s)", argv[k],
                            c->verb->name);
        } else if (argv[k][2] == '\0') {
            options_end = true;
            continue;
        } else {
            status = set_option(c, argc, argv, k, &used);
        }
        if (status != HEAT_OK)
            return status;
    }
    c->json = c->args.values.own.json;
    c->quiet = c->args.values.own.quiet;
    return check_operands(c) == HEAT_OK ? check_isa(c) : c->failure.status;
}

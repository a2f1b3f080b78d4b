/* heatbath help: the tables, printed for people. */
#include "help.h"
#include "terminal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LINE_WIDTH = 79, NAME_WIDTH = 22, TEXT_COLUMN = NAME_WIDTH + 3 };

const char *const cli_exit_text =
    "0    proved, converged, completed, best_found or time\n"
    "3    not_converged: the failing criterion is named, the numbers it concerns are withheld\n"
    "1    the work failed, or cannot be done here\n"
    "2    misuse: an unknown option, a bad value, a bad file\n"
    "130  interrupted by Ctrl-C (143 by SIGTERM): the best or last state was reported\n";

static const char *placeholder(const heat_option *o)
{
    switch (o->kind) {
    case HEAT_OPTION_REAL:
        return " X";
    case HEAT_OPTION_COUNT:
    case HEAT_OPTION_SEED:
        return " N";
    case HEAT_OPTION_BYTES:
        return " SIZE";
    case HEAT_OPTION_TEXT:
        return o->unit;
    case HEAT_OPTION_CHOICE:
        return " WORD";
    case HEAT_OPTION_TEMPERATURE:
        return " T";
    case HEAT_OPTION_SWITCH:
        break;
    }
    return "";
}

const char *cli_help_option(const heat_option *o, char buffer[CLI_HELP_SIZE])
{
    char name[128];

    snprintf(buffer, CLI_HELP_SIZE, "%s%s%s", cli_option_spell(o, name, sizeof name),
             o->kind == HEAT_OPTION_TEXT ? " " : "", placeholder(o));
    return buffer;
}

/* Appends to a text that is cut, never overrun. */
static void add(char buffer[CLI_HELP_SIZE], const char *text)
{
    size_t used = strlen(buffer);
    snprintf(buffer + used, CLI_HELP_SIZE - used, "%s", text);
}

static void add_default(const cli_arguments *args, const heat_option *o, char buffer[CLI_HELP_SIZE])
{
    char value[CLI_HELP_SIZE];

    if ((o->kind == HEAT_OPTION_TEXT && o->text == NULL) ||
        (o->kind == HEAT_OPTION_REAL && fabs(o->number) >= HEAT_FOREVER)) {
        add(buffer, "default none");
        return;
    }
    if (o->kind == HEAT_OPTION_BYTES)
        cli_text_size(o->number, value);
    else
        heat_option_describe(o, &args->values, value, sizeof value);
    add(buffer, "default ");
    add(buffer, value);
}

static void add_range(const heat_option *o, char buffer[CLI_HELP_SIZE])
{
    char low[CLI_NUMBER_SIZE], high[CLI_NUMBER_SIZE], text[128];
    double least = o->kind == HEAT_OPTION_COUNT && o->min == HEAT_AUTO ? 1 : o->min;

    if (o->kind == HEAT_OPTION_TEMPERATURE) {
        add(buffer, "; T, 1,2,3 or lo:hi:step, each above 0");
        return;
    }
    if ((o->kind != HEAT_OPTION_REAL && o->kind != HEAT_OPTION_COUNT) || least <= -HEAT_FOREVER)
        return;
    cli_text_short(least, 4, low);
    cli_text_short(o->max, 4, high);
    if (o->kind == HEAT_OPTION_REAL && o->min == HEAT_AUTO) {
        add(buffer, "; above 0");
        return;
    }
    if (o->max >= 1e12)
        snprintf(text, sizeof text, "; at least %s", low);
    else
        snprintf(text, sizeof text, "; %s to %s", low, high);
    add(buffer, text);
    if (o->unit[0] != '\0') {
        add(buffer, " ");
        add(buffer, o->unit);
    }
}

/* "|auto|anneal|" as "auto, anneal". */
static void add_words(const char *list, char buffer[CLI_HELP_SIZE])
{
    bool first = true;

    while (*list != '\0') {
        size_t length = strcspn(list, "|");
        char word[64];
        if (length > 0) {
            snprintf(word, sizeof word, "%s%.*s", first ? "" : ", ", (int)length, list);
            add(buffer, word);
            first = false;
        }
        list += length + (list[length] == '|');
    }
}

const char *cli_help_limits(const cli_arguments *args, const heat_option *o, char buffer[CLI_HELP_SIZE])
{
    buffer[0] = '\0';
    if (o->kind == HEAT_OPTION_SWITCH)
        return buffer;
    if (o->kind == HEAT_OPTION_CHOICE) {
        add_words(o->unit, buffer);
        add(buffer, "; ");
    }
    add_default(args, o, buffer);
    add_range(o, buffer);
    if (o->readers[0] != '\0') {
        bool is_but = o->readers[0] == '!';
        add(buffer, is_but ? "; read by all but " : "; read by ");
        add_words(o->readers + is_but, buffer);
    }
    return buffer;
}

/* Prints a text as lines of LINE_WIDTH, the words between which `at` columns of the first are used already
 * and `indent` of each other. */
static void print_wrapped(const char *text, int indent, int at)
{
    bool is_first = true;

    while (*text != '\0') {
        int length = (int)strcspn(text, " ");
        if (!is_first && at + 1 + length > LINE_WIDTH) {
            printf("\n%*s", indent, "");
            at = indent;
        } else if (!is_first) {
            putchar(' ');
            at++;
        }
        printf("%.*s", length, text);
        at += length;
        is_first = false;
        text += length;
        text += strspn(text, " ");
    }
    putchar('\n');
}

static void print_options(const cli_verb *verb)
{
    cli_arguments args;
    char option[CLI_HELP_SIZE], limits[CLI_HELP_SIZE], text[2 * CLI_HELP_SIZE];

    cli_arguments_init(&args, verb->name);
    for (int k = 0; k < args.table.n_options; k++) {
        const heat_option *o = &args.rows[k];
        cli_help_limits(&args, o, limits);
        snprintf(text, sizeof text, limits[0] == '\0' ? "%s" : "%s (%s)", o->help, limits);
        printf("  %-*s ", NAME_WIDTH, cli_help_option(o, option));
        print_wrapped(text, TEXT_COLUMN, TEXT_COLUMN);
    }
    printf("  %-*s this text\n", NAME_WIDTH, "--help");
}

static void print_verb(const cli_verb *verb)
{
    printf("heatbath %s: %s\n\n", verb->name, verb->summary);
    printf("usage: heatbath %s%s%s [--option value ...]\n", verb->name, verb->operands[0] == '\0' ? "" : " ",
           verb->operands);
    printf("  as in: heatbath %s %s\n\n", verb->name, verb->example);
    print_wrapped(verb->text, 0, 0);
    printf("\noptions:\n");
    print_options(verb);
}

static void print_command(void)
{
    printf("heatbath %s: energies in contact with a heat bath\n\n", heat_version());
    printf("usage: heatbath VERB MODEL [--option value ...]\n\nverbs:\n");
    for (int k = 0; k < cli_n_verbs; k++)
        printf("  %-8s %-11s %s\n", cli_verbs[k].name, cli_verbs[k].operands, cli_verbs[k].summary);
    printf("\nMODEL is a file, \"-\" for standard input, or a built-in:\n"
           "  lattice:32x32,J=1,h=0   periodic square lattice (any dimension; also open),\n"
           "                          triangular:32x32, honeycomb:16x16\n"
           "  ea:10x10x10,seed=1      Edwards-Anderson spin glass on a lattice\n"
           "  sk:64,seed=1            Sherrington-Kirkpatrick spin glass\n"
           "  regular:1000,k=3        random regular graph\n"
           "  potts:32x32,q=3         Potts model, on a lattice or any graph above (graph=)\n"
           "  double-well, muller-brown, rosenbrock:2, funnel:10, eight-schools, basins:1,1.4\n"
           "  potential:(x^2-1)^2     an energy of real numbers, typed\n"
           "  ./mine.so               an energy of one's own, compiled\n"
           "couplings J=1, J=pm (+1 or -1) or J=gauss, fields h= likewise\n"
           "DATA is a file (CSV, TSV, .npy, .npz, IDX, .h5), \"-\", or a built-in:\n"
           "  digits, bars-and-stripes:4x4, shifter:8, ising-teacher:MODEL,n=1000,seed=1\n"
           "\nexit code:\n%s\nheatbath help VERB tells a verb's options and their defaults.\n",
           cli_exit_text);
}

heat_status cli_help(cli *c)
{
    const cli_own *own = &c->args.values.own;
    const cli_verb *verb = NULL;

    if (c->args.n_operands > 0) {
        verb = cli_verb_get(c, c->args.operands[0]);
        if (verb == NULL)
            return c->failure.status;
    }
    if (strcmp(own->completion, "none") != 0)
        cli_print_completion(own->completion);
    else if (own->man)
        cli_print_manual(verb);
    else if (verb != NULL)
        print_verb(verb);
    else
        print_command();
    return HEAT_OK;
}

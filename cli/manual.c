/* Manual pages in troff (man macros), from the same tables as the help. */
#include "help.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Text that troff prints as it stands: no dash becomes a hyphen, no leading dot or quote a request. */
static void print_plain(const char *text)
{
    bool line_start = true;

    for (; *text != '\0'; text++) {
        if (line_start && (*text == '.' || *text == '\''))
            fputs("\\&", stdout);
        line_start = *text == '\n';
        if (*text == '-')
            fputs("\\-", stdout);
        else if (*text == '\\')
            fputs("\\e", stdout);
        else
            putchar(*text);
    }
}

static void print_title(const cli_verb *verb)
{
    printf(".TH HEATBATH");
    if (verb != NULL) {
        putchar('-');
        for (const char *c = verb->name; *c != '\0'; c++)
            putchar(toupper((unsigned char)*c));
    }
    printf(" 1 \"\" \"heatbath %s\" \"User Commands\"\n.SH NAME\n", heat_version());
}

static void print_options(const cli_verb *verb)
{
    cli_arguments args;
    char text[CLI_HELP_SIZE];

    cli_arguments_init(&args, verb->name);
    printf(".SH OPTIONS\n");
    for (int k = 0; k < args.table.n_options; k++) {
        const heat_option *o = &args.rows[k];
        printf(".TP\n.B ");
        print_plain(cli_help_option(o, text));
        putchar('\n');
        print_plain(o->help);
        putchar('\n');
        cli_help_limits(&args, o, text);
        if (text[0] == '\0')
            continue;
        printf(".br\n(");
        print_plain(text);
        printf(")\n");
    }
}

static void print_exit_codes(void)
{
    const char *line = cli_exit_text;

    printf(".SH EXIT STATUS\n");
    while (*line != '\0') {
        size_t code = strcspn(line, " "), end = strcspn(line, "\n");
        size_t text = code + strspn(line + code, " ");
        printf(".TP\n.B %.*s\n%.*s\n", (int)code, line, (int)(end - text), line + text);
        line += end + 1;
    }
}

static void print_verb(const cli_verb *verb)
{
    print_title(verb);
    printf("heatbath\\-%s \\- ", verb->name);
    print_plain(verb->summary);
    printf("\n.SH SYNOPSIS\n.B heatbath %s\n%s [\\-\\-option value ...]\n.SH DESCRIPTION\n", verb->name,
           verb->operands);
    print_plain(verb->text);
    putchar('\n');
    print_options(verb);
    print_exit_codes();
    printf(".SH EXAMPLE\n.nf\nheatbath %s ", verb->name);
    print_plain(verb->example);
    printf("\n.fi\n.SH SEE ALSO\n.BR heatbath (1)\n");
}

static void print_command(void)
{
    print_title(NULL);
    printf(
        "heatbath \\- energies in contact with a heat bath\n.SH SYNOPSIS\n.B heatbath\n"
        "VERB MODEL [\\-\\-option value ...]\n.SH DESCRIPTION\n"
        "Ground states, samples and partition functions of an energy. MODEL is a file, \"\\-\" for standard\n"
        "input, or a built\\-in such as lattice:32x32,J=1 or ea:10x10x10,seed=1.\n.SH VERBS\n");
    for (int k = 0; k < cli_n_verbs; k++) {
        printf(".TP\n.B %s %s\n", cli_verbs[k].name, cli_verbs[k].operands);
        print_plain(cli_verbs[k].summary);
        putchar('\n');
    }
    print_exit_codes();
    printf(".SH SEE ALSO\n");
    for (int k = 0; k < cli_n_verbs; k++)
        printf(".BR heatbath\\-%s (1)%s\n", cli_verbs[k].name, k + 1 < cli_n_verbs ? "," : "");
}

void cli_print_manual(const cli_verb *verb)
{
    if (verb == NULL)
        print_command();
    else
        print_verb(verb);
}

/* Completion scripts, from the same tables as the help. */
#include "help.h"

#include <stdio.h>
#include <string.h>

static void print_words(const char *list)
{
    for (; *list != '\0'; list++)
        putchar(*list == '|' ? ' ' : *list);
}

static void print_verb_names(void)
{
    for (int k = 0; k < cli_n_verbs; k++)
        printf("%s%s", k == 0 ? "" : " ", cli_verbs[k].name);
}

/* The lines "VERB:--option) words" of a shell's case. */
static void print_bash_choices(const cli_verb *verb)
{
    cli_arguments args;
    char name[128];

    cli_arguments_init(&args, verb->name);
    for (int k = 0; k < args.table.n_options; k++) {
        const heat_option *o = &args.rows[k];
        if (o->kind != HEAT_OPTION_CHOICE)
            continue;
        printf("    %s:%s) words=\"", verb->name, cli_option_spell(o, name, sizeof name));
        print_words(o->unit);
        printf("\" ;;\n");
    }
}

static void print_bash_options(const cli_verb *verb)
{
    cli_arguments args;
    char name[128];

    cli_arguments_init(&args, verb->name);
    printf("        %s) words=\"", verb->name);
    for (int k = 0; k < args.table.n_options; k++)
        printf("%s ", cli_option_spell(&args.rows[k], name, sizeof name));
    printf("--help\" ;;\n");
}

static void print_bash(void)
{
    printf(
        "# bash completion of heatbath, made by: heatbath help --completion bash\n"
        "_heatbath() {\n"
        "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} verb=${COMP_WORDS[1]} "
        "words=\n"
        "    COMPREPLY=()\n"
        "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
        "        COMPREPLY=($(compgen -W \"");
    print_verb_names();
    printf(" --help --version\" -- \"$word\"))\n        return\n    fi\n    case $verb:$before in\n");
    for (int k = 0; k < cli_n_verbs; k++)
        print_bash_choices(&cli_verbs[k]);
    printf("    help:*) [[ $word == -* ]] || words=\"");
    print_verb_names();
    printf("\" ;;\n    esac\n    if [ -z \"$words\" ] && [[ $word == -* ]]; then\n        case $verb in\n");
    for (int k = 0; k < cli_n_verbs; k++)
        print_bash_options(&cli_verbs[k]);
    printf("        esac\n    fi\n"
           "    if [ -n \"$words\" ]; then\n"
           "        COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
           "    else\n"
           "        COMPREPLY=($(compgen -f -- \"$word\"))\n"
           "    fi\n"
           "}\n"
           "complete -o filenames -F _heatbath heatbath\n");
}

/* A help sentence inside single quotes and square brackets. */
static void print_zsh_text(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            fputs("'\\''", stdout);
        else if (*text == '[' || *text == ']' || *text == ':')
            printf("\\%c", *text);
        else
            putchar(*text);
    }
}

static void print_zsh_verb(const cli_verb *verb)
{
    cli_arguments args;
    char name[128];

    cli_arguments_init(&args, verb->name);
    printf("    %s) _arguments", verb->name);
    for (int k = 0; k < args.table.n_options; k++) {
        const heat_option *o = &args.rows[k];
        printf(" \\\n        '%s[", cli_option_spell(o, name, sizeof name));
        print_zsh_text(o->help);
        printf("]");
        if (o->kind == HEAT_OPTION_CHOICE) {
            printf(":word:(");
            print_words(o->unit);
            printf(")");
        } else if (o->kind == HEAT_OPTION_TEXT && strcmp(o->unit, "FILE") == 0) {
            printf(":file:_files");
        } else if (o->kind != HEAT_OPTION_SWITCH) {
            printf(":value:");
        }
        printf("'");
    }
    if (strcmp(verb->name, "help") == 0) {
        printf(" '1:verb:(");
        print_verb_names();
        printf(")' ;;\n");
    } else {
        printf(" '*:file:_files' ;;\n");
    }
}

static void print_zsh(void)
{
    printf("#compdef heatbath\n# zsh completion of heatbath, made by: heatbath help --completion zsh\n"
           "local -a verbs\nverbs=(\n");
    for (int k = 0; k < cli_n_verbs; k++) {
        printf("    '%s:", cli_verbs[k].name);
        print_zsh_text(cli_verbs[k].summary);
        printf("'\n");
    }
    printf(")\nif (( CURRENT == 2 )); then\n    _describe verb verbs\nelse\n    local verb=$words[2]\n"
           "    shift words\n    (( CURRENT-- ))\n    case $verb in\n");
    for (int k = 0; k < cli_n_verbs; k++)
        print_zsh_verb(&cli_verbs[k]);
    printf("    esac\nfi\n");
}

void cli_print_completion(const char *shell)
{
    if (strcmp(shell, "bash") == 0)
        print_bash();
    else
        print_zsh();
}

/* What is planned and not there yet is told as such: the nearest word that exists would be a wrong guess. A
 * word that has arrived is found before anyone asks here. */
#include "later.h"

#include <stdio.h>
#include <string.h>

/* Verb, option ("" for all that the verb may get), and the words. */
static const struct {
    const char *verb, *option, *words;
} later[] = {
    {"ground", "", "|checkpoint|every|output-format|"},
    {"sample", "", "|target-error|repeats|"},
    {"logz", "",
     "|burn-in|thin|step|checkpoint|every|figures|output|"
     "repeats|"},
    {"learn", "", "|method|loss|corrupt-labels|clamp|repeats|update|"},
    {"explore", "", "|checkpoint|every|target-error|"},
    {"info", "", "|figures|"},
    {"tour", "", "|figures|time|"},
};

static bool is_among(const char *words, const char *word)
{
    char barred[80];

    if ((size_t)snprintf(barred, sizeof barred, "|%s|", word) >= sizeof barred || strchr(word, '|') != NULL)
        return false;
    for (char *c = barred; *c != '\0'; c++)
        if (*c == '_')
            *c = '-';
    return strstr(words, barred) != NULL;
}

static bool is_listed(const char *verb, const char *option, const char *word)
{
    for (size_t k = 0; k < sizeof later / sizeof *later; k++)
        if (strcmp(later[k].verb, verb) == 0 && strcmp(later[k].option, option) == 0 &&
            is_among(later[k].words, word))
            return true;
    return false;
}

bool cli_is_later_option(const char *verb, const char *option)
{
    return is_listed(verb, "", option);
}

bool cli_is_later_value(const char *verb, const char *option, const char *value)
{
    char word[64];
    size_t length = strcspn(value, ":");

    snprintf(word, sizeof word, "%.*s", (int)(length < sizeof word ? length : sizeof word - 1), value);
    return is_listed(verb, option, word);
}

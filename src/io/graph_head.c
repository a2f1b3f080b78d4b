/* Splitting a prefix of a file into its first two lines of words. */
#include "io/graph_head.h"
#include "base/text.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Splits the line at `at`; returns where the next one begins. */
static const char *split(const char *at, const char *end, heat_head_line *line)
{
    *line = (heat_head_line){0};
    while (at < end && *at != '\n' && *at != '#') {
        const char *begin = at;
        if (is_blank(*at)) {
            at++;
            continue;
        }
        while (at < end && *at != '\n' && *at != '#' && !is_blank(*at))
            at++;
        if (line->n_words < HEAT_HEAD_WORDS) {
            line->word[line->n_words] = begin;
            line->length[line->n_words] = (size_t)(at - begin);
        }
        line->n_words++;
    }
    while (at < end && *at != '\n')
        at++;
    return at < end ? at + 1 : end;
}

void heat_graph_head_get(const char *bytes, size_t n_bytes, heat_graph_head *head)
{
    const char *at = bytes, *end = bytes + n_bytes;

    *head = (heat_graph_head){.bytes = bytes, .n_bytes = n_bytes};
    while (at < end && head->first.n_words == 0)
        at = split(at, end, &head->first);
    while (at < end && head->second.n_words == 0)
        at = split(at, end, &head->second);
}

bool heat_head_is_int(const heat_head_line *line, int word)
{
    size_t k = 0;

    if (word >= line->n_words)
        return false;
    if (line->word[word][0] == '-' || line->word[word][0] == '+')
        k = 1;
    if (k == line->length[word])
        return false;
    for (; k < line->length[word]; k++)
        if (line->word[word][k] < '0' || line->word[word][k] > '9')
            return false;
    return true;
}

bool heat_head_is_real(const heat_head_line *line, int word)
{
    double value;

    return word < line->n_words && heat_parse_real(line->word[word], line->length[word], &value);
}

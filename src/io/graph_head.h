/* The beginning of a graph file, as formats look at it to recognise themselves. */
#ifndef HEATBATH_GRAPH_HEAD_H
#define HEATBATH_GRAPH_HEAD_H

#include <heatbath/export.h>

enum { HEAT_HEAD_WORDS = 4 }; /* looked at in a line */

/* One line that holds words; n_words counts all of them, word[] the first ones. */
typedef struct heat_head_line {
    int n_words;
    const char *word[HEAT_HEAD_WORDS];
    size_t length[HEAT_HEAD_WORDS];
} heat_head_line;

typedef struct heat_graph_head {
    const char *bytes;
    size_t n_bytes;
    heat_head_line first, second; /* lines with words, comments and blank lines left out */
} heat_graph_head;

/* Splits the first bytes of a file, which are borrowed. */
void heat_graph_head_get(const char *bytes, size_t n_bytes, heat_graph_head *head);

/* True if the word is an integer of any size, or a finite decimal number. */
bool heat_head_is_int(const heat_head_line *line, int word);
bool heat_head_is_real(const heat_head_line *line, int word);

#endif

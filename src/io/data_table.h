/* A table of data as it is read, row by row: columns that are labels or weights are put aside, the others are
 * packed into the narrowest storage that holds all values so far. */
#ifndef HEATBATH_DATA_TABLE_H
#define HEATBATH_DATA_TABLE_H

#include "io/labels.h"

#include <heatbath/data.h>

enum { HEAT_READING_SIZE = 512, HEAT_MOST_CLASSES = 255, HEAT_DATA_WORD = 64 };

/* Where a row stands in its file. */
typedef struct heat_row_place {
    const char *file;
    int64_t line;           /* 0: the file has no lines */
    const int64_t *columns; /* of each field's first byte, 1-based; NULL without lines */
} heat_row_place;

typedef struct heat_data_table {
    int64_t n_rows;
    int32_t n_columns; /* variables */
    heat_data_storage storage;
    bool spins;     /* bits are -1 and +1 */
    int64_t stride; /* bytes a row */
    int64_t capacity;
    unsigned char *values;
    int64_t n_missing, missing_capacity;
    uint64_t *missing;  /* a bit a value, rows begin at words; NULL: none is */
    heat_labels names;  /* of the variables; empty: x1, x2, ... */
    heat_labels *words; /* [n_columns] classes of columns that hold words; NULL: none does */
    bool has_labels, has_weights;
    int64_t label_capacity, weight_capacity;
    double *label, *weight; /* a number a row */
    heat_labels classes;    /* of the labels, where they are words */
    int32_t n_dimensions;   /* of a row; 0: plain */
    int64_t extent[HEAT_DATA_MOST_AXES];
    char reading[HEAT_READING_SIZE];

    /* while it is read */
    const heat_data_options *options;
    int64_t n_fields, label_field, weight_field; /* -1: none */
    heat_labels *field_words;                    /* [n_fields] */
    double *row;                                 /* [n_columns] */
    bool seen_zero, seen_minus;
} heat_data_table;

/* Begins a table of rows of n_fields fields. `names` has a name for each, or is empty. The options must
 * outlive the reading. HEAT_ERROR_OPTION: no such label or weight column. */
HEAT_MUST_USE heat_status heat_data_table_begin(heat_context *ctx, heat_data_table *table, const char *file,
                                                int64_t n_fields, const heat_labels *names,
                                                const heat_data_options *options);

/* Adds a row of n_fields numbers, NaN where a value is missing. HEAT_ERROR_INPUT names the field that may not
 * lack its value, or is too large. */
HEAT_MUST_USE heat_status heat_data_table_add(heat_context *ctx, heat_data_table *table, const double *fields,
                                              const heat_row_place *place);

/* The number that stands for a word in a field, a new one for a new word. HEAT_ERROR_INPUT if there are too
 * many or the column holds numbers. */
HEAT_MUST_USE heat_status heat_data_table_word(heat_context *ctx, heat_data_table *table, int64_t field,
                                               const char *text, size_t length, const heat_row_place *place,
                                               double *value);

/* Ends the reading: classes are sorted by their words and renumbered. HEAT_ERROR_INPUT if there is no row. */
HEAT_MUST_USE heat_status heat_data_table_end(heat_context *ctx, heat_data_table *table, const char *file);

/* The last step of the words: sorts them and hands them to the variables and labels that they belong to. */
HEAT_MUST_USE heat_status heat_data_table_place_words(heat_context *ctx, heat_data_table *table);

/* The last step of --binarize random: values become bits, by the options' seed. HEAT_ERROR_INPUT if one is
 * negative. */
HEAT_MUST_USE heat_status heat_data_table_draw(heat_context *ctx, heat_data_table *table, const char *file);

/* Adds a clause to `reading`. */
void heat_data_table_say(heat_data_table *table, const char *format, ...) HEAT_PRINTF(2, 3);

/* HEAT_ERROR_INPUT at a field of a row. */
heat_status heat_data_table_fail(heat_context *ctx, const heat_data_table *table, int64_t field,
                                 const heat_row_place *place, const char *format, ...) HEAT_PRINTF(5, 6);

/* One value as a number; a missing one is NaN. */
double heat_data_table_get(const heat_data_table *table, int64_t row, int32_t column);

/* Words of 64 bits in a row of bits. */
int64_t heat_data_table_words(int32_t n_columns);

/* A table alike in columns, names, classes and coding, without rows and with room for n_rows. */
HEAT_MUST_USE heat_status heat_data_table_like(heat_context *ctx, const heat_data_table *table,
                                               int64_t n_rows, heat_data_table *out);

void heat_data_table_clear(heat_data_table *table);

#endif

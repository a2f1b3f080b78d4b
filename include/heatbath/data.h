/* Data: rows of variables, the other thing that verbs read. An immutable table, packed to one bit a value
 * where all values are 0 and 1, or -1 and +1. */
#ifndef HEATBATH_DATA_H
#define HEATBATH_DATA_H

#include <heatbath/model.h>
#include <heatbath/options.h>

HEAT_BEGIN_DECLS

typedef struct heat_data heat_data;

/* How the values lie in memory: the narrowest of these that holds them all. */
typedef enum heat_data_storage {
    HEAT_DATA_BITS = 0, /* 0 and 1, or -1 and +1: one bit a value, rows begin at 64-bit words */
    HEAT_DATA_BYTES,    /* whole numbers from 0 to 255, one byte a value */
    HEAT_DATA_FLOATS    /* any other numbers, rounded to 32-bit floats */
} heat_data_storage;

typedef struct heat_data_options {
    size_t size;
#define HEAT_OPTION(kind, name, default_, min, max, unit, readers, help) HEAT_FIELD_##kind(name)
#include <heatbath/data.def>
#undef HEAT_OPTION
    const char *format; /* of the file, by name (docs/data.md); NULL: told by content */
} heat_data_options;

enum { HEAT_DATA_MOST_AXES = 7 };

/* What a table is. Read the fields up to `size`. Strings live as long as the data. */
typedef struct heat_data_info {
    size_t size;         /* set by heat_data_describe */
    const char *name;    /* the file or built-in it came from */
    const char *format;  /* "csv", "npy", "npz", "idx", "hdf5"; "built-in", "memory" */
    const char *reading; /* how the source was read, clauses separated by "; " */
    int64_t n_rows;
    int32_t n_variables; /* columns, without those that hold labels and weights */
    heat_data_storage storage;
    heat_coding coding; /* SPIN: -1 and +1; otherwise 0, 1, ... */
    int32_t n_states;   /* one more than the highest value; 0 for FLOATS */
    double min, max;    /* of all values */
    double mean;
    int64_t n_missing; /* values that are not there */
    bool has_labels;
    int32_t n_classes; /* of labels: words, or whole numbers from 0 on; 0 for any other labels */
    bool has_weights;
    int32_t n_dimensions; /* of a row that is an image or the like; 0: a plain row */
    int64_t extent[HEAT_DATA_MOST_AXES];
    int64_t bytes; /* that the values take */
} heat_data_info;

HEAT_API void heat_data_options_init(heat_data_options *options);

/* Reads data: a file, told by its content (CSV, TSV, .npy, .npz, IDX, heatbath's HDF5; .gz too), "-" for
 * standard input, or a built-in: "digits", "bars-and-stripes:4x4", "shifter:8", or
 * "ising-teacher:MODEL,n=1000,seed=1" (docs/data.md). An existing file wins over a built-in of its name.
 * `options` may be NULL. HEAT_ERROR_INPUT names file, line, column and what was expected. Cost: one pass;
 * memory little above what the packed values take. */
HEAT_API HEAT_MUST_USE heat_status heat_data_load(heat_context *ctx, const char *spec,
                                                  const heat_data_options *options, heat_data **out);

/* True if `spec` names data rather than a model: a built-in, or a file whose content no model format claims.
 * `format` (NULL: none was given) decides where it names a format of one of the two alone. */
HEAT_API bool heat_data_is_named(heat_context *ctx, const char *spec, const char *format);

/* Data from memory: n_rows rows of n_variables values, copied. Values must be finite. */
HEAT_API HEAT_MUST_USE heat_status heat_data_create(heat_context *ctx, int64_t n_rows, int32_t n_variables,
                                                    const double *values, heat_data **out);
HEAT_API HEAT_MUST_USE heat_status heat_data_create_states(heat_context *ctx, int64_t n_rows,
                                                           int32_t n_variables, const int8_t *states,
                                                           heat_data **out);

/* The rows whose numbers are given, in that order, with their labels and weights. */
HEAT_API HEAT_MUST_USE heat_status heat_data_take(heat_context *ctx, const heat_data *data, int64_t n_rows,
                                                  const int64_t *rows, heat_data **out);

/* Splits the rows at random by `seed`: round(fraction * n_rows) of them into *part, the others into *rest,
 * both in the order of the data. HEAT_ERROR_ARGUMENT unless both hold a row. */
HEAT_API HEAT_MUST_USE heat_status heat_data_split(heat_context *ctx, const heat_data *data, double fraction,
                                                   uint64_t seed, heat_data **rest, heat_data **part);

/* Loads the data of an option such as --validation: a fraction of *data (0.2; *data is then replaced by the
 * rest), or a file, read as `options` say, which must have the variables and coding of *data. `option` is for
 * messages; each option has random numbers of its own. *part is the caller's to free, and NULL on failure;
 * the rows that *data had are freed when it is replaced, and it stays as it is on failure. HEAT_ERROR_OPTION:
 * a number that is no fraction above 0 and below 1, or that a file is called by; HEAT_ERROR_INPUT: a file
 * that cannot be read as data, or does not fit *data. */
HEAT_API HEAT_MUST_USE heat_status heat_data_load_part(heat_context *ctx, const char *option,
                                                       const char *text, const heat_data_options *options,
                                                       uint64_t seed, heat_data **data, heat_data **part);

/* Writes data; the suffix chooses the format: .csv, .tsv, .data (no header), .npy, .idx (or -ubyte), .h5,
 * each but the last also .gz. Labels and weights go into .csv, .tsv and .h5 only: elsewhere they are left out
 * with a warning. Whole or not at all. */
HEAT_API HEAT_MUST_USE heat_status heat_data_save(heat_context *ctx, const heat_data *data, const char *path);

/* Frees data; NULL is allowed. */
HEAT_API void heat_data_free(heat_data *data);

/* Describes data. Cost: O(1). */
HEAT_API void heat_data_describe(const heat_data *data, heat_data_info *info);

/* The name of variable i where the source names its columns; NULL elsewhere (they are then x1, x2, ...). */
HEAT_API const char *heat_data_get_name(const heat_data *data, int32_t i);

/* The word that value k of variable i stands for, NULL if it is a number. */
HEAT_API const char *heat_data_get_word(const heat_data *data, int32_t i, int32_t k);

/* The label of a row, 0 <= row < n_rows: the number of its class where labels are words, else the number that
 * stood there; NaN if there are no labels. */
HEAT_API double heat_data_get_label(const heat_data *data, int64_t row);

/* The word of class k >= 0; NULL where there are not so many, as of labels that are numbers. */
HEAT_API const char *heat_data_get_class(const heat_data *data, int32_t k);

/* The weight of a row, 1 without weights. */
HEAT_API double heat_data_get_weight(const heat_data *data, int64_t row);

/* True if the value is missing. */
HEAT_API bool heat_data_is_missing(const heat_data *data, int64_t row, int32_t i);

/* Copies rows first ... first + n_rows - 1 as they stand in the source's coding (classes of words as their
 * numbers); a missing value is NaN. The rows must exist. */
HEAT_API void heat_data_get_values(const heat_data *data, int64_t first, int64_t n_rows, float *values);

/* The same as states, in the data's coding; a missing value is the coding's lowest. HEAT_ERROR_UNDEFINED if
 * the values are no states: FLOATS, or above 126. */
HEAT_API HEAT_MUST_USE heat_status heat_data_get_states(heat_context *ctx, const heat_data *data,
                                                        int64_t first, int64_t n_rows, int8_t *states);

/* The packed bits of a row, (n_variables + 63) / 64 words, variable i in bit i % 64 of word i / 64, unused
 * bits 0; NULL unless the storage is BITS. Rows follow each other. Lives as long as the data. */
HEAT_API const uint64_t *heat_data_get_bits(const heat_data *data, int64_t row);

HEAT_END_DECLS

#endif

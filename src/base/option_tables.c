/* The option tables: each verb's .def file, read once more as an array of rows. */
#include <heatbath/data.h>
#include <heatbath/explore.h>
#include <heatbath/ground.h>
#include <heatbath/learn.h>
#include <heatbath/logz.h>
#include <heatbath/sample.h>
#include <heatbath/score.h>
#include <string.h>

/* The head and the tail that all rows share; STRUCT is the verb's options struct. */
#define ROW_(kind_, name_, unit_, readers_, help_, ...)                                                      \
    {.name = #name_,                                                                                         \
     .kind = HEAT_OPTION_##kind_,                                                                            \
     .offset = offsetof(STRUCT, name_),                                                                      \
     .unit = unit_,                                                                                          \
     .readers = readers_,                                                                                    \
     .help = help_,                                                                                          \
     __VA_ARGS__},
#define ROW_NUMBER(kind, name, d, lo, hi, u, r, h)                                                           \
    ROW_(kind, name, u, r, h, .number = (d), .min = (lo), .max = (hi))
#define ROW_REAL(...) ROW_NUMBER(REAL, __VA_ARGS__)
#define ROW_COUNT(...) ROW_NUMBER(COUNT, __VA_ARGS__)
#define ROW_BYTES(...) ROW_NUMBER(BYTES, __VA_ARGS__)
#define ROW_SWITCH(...) ROW_NUMBER(SWITCH, __VA_ARGS__)
#define ROW_SEED(name, d, lo, hi, u, r, h) ROW_(SEED, name, u, r, h, .seed = (d))
#define ROW_TEXT(name, d, lo, hi, u, r, h) ROW_(TEXT, name, u, r, h, .text = (d))
#define ROW_CHOICE(name, d, lo, hi, u, r, h) ROW_(CHOICE, name, u, r, h, .text = (d))
#define ROW_TEMPERATURE(name, d, lo, hi, u, r, h)                                                            \
    ROW_(TEMPERATURE, name, u, r, h, .set_offset = offsetof(STRUCT, name##_set), .number = (d), .min = (lo), \
         .max = (hi))
#define HEAT_OPTION(kind, ...) ROW_##kind(__VA_ARGS__)

#define STRUCT heat_ground_options
static const heat_option ground_rows[] = {
#include <heatbath/ground.def>
};
#undef STRUCT

#define STRUCT heat_sample_options
static const heat_option sample_rows[] = {
#include <heatbath/sample.def>
};
#undef STRUCT

#define STRUCT heat_logz_options
static const heat_option logz_rows[] = {
#include <heatbath/logz.def>
};
#undef STRUCT

#define STRUCT heat_data_options
static const heat_option data_rows[] = {
#include <heatbath/data.def>
};
#undef STRUCT

#define STRUCT heat_learn_options
static const heat_option learn_rows[] = {
#include <heatbath/learn.def>
};
#undef STRUCT

#define STRUCT heat_score_options
static const heat_option score_rows[] = {
#include <heatbath/score.def>
};
#undef STRUCT

#define STRUCT heat_explore_options
static const heat_option explore_rows[] = {
#include <heatbath/explore.def>
};
#undef STRUCT

/* Every table: what the command's verbs and the library's calls find by name. */
#define TABLES(X) X(ground) X(sample) X(logz) X(data) X(learn) X(score) X(explore)

#define TABLE(verb)                                                                                          \
    {#verb, sizeof(heat_##verb##_options), (int32_t)(sizeof verb##_rows / sizeof *verb##_rows), verb##_rows},
static const heat_option_table tables[] = {TABLES(TABLE)};

const heat_option_table *heat_option_table_get(const char *verb)
{
    for (size_t k = 0; k < sizeof tables / sizeof *tables; k++)
        if (strcmp(tables[k].verb, verb) == 0)
            return &tables[k];
    return NULL;
}

#define INIT(verb)                                                                                           \
    void heat_##verb##_options_init(heat_##verb##_options *options)                                          \
    {                                                                                                        \
        heat_option_init(heat_option_table_get(#verb), options);                                             \
    }
TABLES(INIT)

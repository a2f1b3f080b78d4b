/* The energy: one opaque handle for every kind of model. Its structure never changes after creation, so any
 * number of threads may read it. E(x) and all signs are those of docs/conventions.md. */
#ifndef HEATBATH_MODEL_H
#define HEATBATH_MODEL_H

#include <heatbath/custom.h>

HEAT_BEGIN_DECLS

typedef struct heat_model heat_model;

/* What a model is. Read the fields up to `size`. Strings live as long as the model. */
typedef struct heat_model_info {
    size_t size;      /* set by heat_model_describe */
    const char *kind; /* "ising" (spins), "qubo" (0 and 1), "boltzmann" (likewise), "potts" (0 to q-1), "rbm",
                       * "potential" (real numbers), "custom" */
    const char *name; /* the file or built-in it came from, or what its creator called it */
    const char *format; /* of the file: "rudy", "qubo", ... (docs/formats.md); "built-in", "memory" */
    int32_t n_variables;
    int32_t n_states; /* of each variable; of layers of different kinds the most; 0: some are real numbers */
    heat_coding coding;   /* of its states, the input's own */
    int64_t n_edges;      /* after merging */
    int64_t n_merged;     /* terms of the input that repeated an earlier one; they were added up */
    int64_t n_self_loops; /* edges of the input from a vertex to itself, dropped (Max-Cut only) */
    int64_t n_isolated;   /* variables without an edge */
    int32_t n_components; /* connected; an isolated variable is one */
    int32_t min_degree, max_degree;
    double min_coupling,
        max_coupling; /* J_ij, of a QUBO Q_ij, i < j, of Boltzmann machines W_ij; 0 without edges */
    bool has_field; /* some h_i is not 0 (of a QUBO: of its Ising form); without, s -> -s keeps the energy. Of
                     * a Potts model: fields or tables tell the values apart; without, exchanging two values
                     * everywhere keeps the energy */
    bool exact;     /* energies are exact sums: multiples of one power of two below 2^53 in size */
    bool integer;   /* exact, and every energy is an integer */
    bool max_cut;   /* the input was a Max-Cut file: heat_model_get_cut is defined */
    int32_t n_dimensions;  /* of a lattice built-in; 0 otherwise */
    const int64_t *extent; /* n_dimensions lengths */
    bool has_labels;       /* heat_model_get_label is not NULL */
    int32_t n_visible; /* of a Boltzmann machine: its first variables, the hidden ones follow; 0 otherwise */
    int32_t
        first_index; /* variables without names are counted from here: 1 where the input counts so, else 0 */
    double normal_coupling; /* standard deviation of couplings that a built-in drew from a normal distribution
                               of mean 0; 0 otherwise */
    int64_t n_chains;       /* that a training kept with the model: heat_model_get_chains */
} heat_model_info;

/* Reads a model: a file, told by its content (.gz too), "-" for standard input, or a built-in such as
 * "lattice:32x32,J=1", "ea:10x10x10,seed=1", "potts:32x32,q=3" (docs/formats.md). An existing file wins over
 * a built-in of the same name. HEAT_ERROR_INPUT names file, line, column and what was expected. Cost: one
 * pass over the file; memory 12 bytes an edge end and 16 to 24 a variable, little more while reading (JSON is
 * held as a whole). */
HEAT_API HEAT_MUST_USE heat_status heat_model_load(heat_context *ctx, const char *spec, heat_model **out);

/* The same, from a file whose format is told by name (see docs/formats.md), not by its content. */
HEAT_API HEAT_MUST_USE heat_status heat_model_load_format(heat_context *ctx, const char *path,
                                                          const char *format, heat_model **out);

/* What is known of a model's file beside its content. */
typedef struct heat_load_options {
    size_t size;        /* set by heat_load_options_init */
    const char *format; /* NULL: told by content */
    /* Of an RBM in another program's file (docs/formats.md): */
    int32_t transpose; /* W is 1: [hidden][visible], 0: [visible][hidden]; -1: as names or lengths say */
    const char *visible_layer; /* "binary", "spin" or "gaussian"; NULL: as the file says, else binary */
    const char *hidden_layer;
    int64_t update; /* which update of training; -1: the last */
    /* Of a potential: */
    const char *let; /* parameters of its expression, "a=1,b=0.5"; NULL: none */
    const char *box; /* walls that reflect, "lo:hi", or one a variable between commas; NULL: none */
} heat_load_options;

HEAT_API void heat_load_options_init(heat_load_options *options);

/* heat_model_load with options (NULL: none). One that the model has no use for is HEAT_ERROR_OPTION. */
HEAT_API HEAT_MUST_USE heat_status heat_model_load_with(heat_context *ctx, const char *spec,
                                                        const heat_load_options *options, heat_model **out);

/* Several models named by one text. */
typedef struct heat_model_list {
    size_t size; /* set by heat_model_expand */
    int64_t count;
    char **specs; /* [count], owned */
} heat_model_list;

/* Takes a text that stands for several built-ins, "ea:8x8,seed=1..100" (both ends included), apart into one
 * text a model, in the order of the seeds. Any other text stands for one model and is returned as it is; it
 * is not loaded. HEAT_ERROR_INPUT for a range that is none, or empty. */
HEAT_API HEAT_MUST_USE heat_status heat_model_expand(heat_context *ctx, const char *spec,
                                                     heat_model_list *list);

/* Frees what a list owns and zeroes it; legal on zeroes. */
HEAT_API void heat_model_list_clear(heat_model_list *list);

/* An Ising model from arrays, which are copied: E(s) = -sum_e couplings[e] s_i s_j - sum_i fields[i] s_i +
 * offset, s = -1, +1. Edges repeated in either order are added up; i = j is HEAT_ERROR_ARGUMENT. `fields` may
 * be NULL. */
HEAT_API HEAT_MUST_USE heat_status heat_model_create_ising(heat_context *ctx, int32_t n_variables,
                                                           int64_t n_edges, const int32_t *i,
                                                           const int32_t *j, const double *couplings,
                                                           const double *fields, double offset,
                                                           heat_model **out);

/* A QUBO from arrays, which are copied: E(x) = sum_t terms[t] x_i x_j + offset, x = 0, 1; i = j is a linear
 * term. Terms repeated in either order are added up. */
HEAT_API HEAT_MUST_USE heat_status heat_model_create_qubo(heat_context *ctx, int32_t n_variables,
                                                          int64_t n_terms, const int32_t *i, const int32_t *j,
                                                          const double *terms, double offset,
                                                          heat_model **out);

/* A Potts model: variables a_i of q values,
 * E(a) = -sum_e J_e(a_i, a_j) - sum_i h_i(a_i) + offset, with J_e(a, b) = couplings[e] if a = b, else 0; or
 * any table. */
typedef struct heat_potts {
    size_t size; /* set by heat_potts_init */
    int32_t n_variables;
    int32_t n_states; /* q, 2 to 127, the same for every variable */
    int64_t n_edges;
    const int32_t *i, *j;    /* [n_edges], i != j */
    const double *couplings; /* [n_edges]; NULL: tables */
    int64_t n_tables;
    const double *tables; /* [n_tables][q][q]: J(a_i, a_j), a_i first */
    const int64_t *table; /* [n_edges]: which one; NULL: edge e has table e */
    const double *fields; /* [n_variables][q]; NULL: none */
    double offset;
} heat_potts;

/* Zeroes the struct, sets its size, and n_states 3. */
HEAT_API void heat_potts_init(heat_potts *potts);

/* A Potts model from arrays, which are copied. Edges that repeat a pair, in either order, are added up, value
 * by value. Memory: 20 bytes an edge end with couplings; with tables 12, and each table once, or twice if it
 * is not symmetric. HEAT_ERROR_ARGUMENT names the first index or number that is out of range or not finite.
 */
HEAT_API HEAT_MUST_USE heat_status heat_model_create_potts(heat_context *ctx, const heat_potts *potts,
                                                           heat_model **out);

/* A Boltzmann machine: units x of 0 and 1, the visible ones first, any graph between them,
 * E(x) = -sum_e weights[e] x_i x_j - sum_i biases[i] x_i + offset: visible alone, general, or in layers. */
typedef struct heat_boltzmann {
    size_t size; /* set by heat_boltzmann_init */
    int32_t n_visible, n_hidden;
    int64_t n_edges;
    const int32_t *i, *j;  /* [n_edges], i != j */
    const double *weights; /* [n_edges] W */
    const double *biases;  /* [n_visible + n_hidden] b; NULL: zeroes */
    double offset;
} heat_boltzmann;

/* Zeroes the struct and sets its size. */
HEAT_API void heat_boltzmann_init(heat_boltzmann *machine);

/* A Boltzmann machine from arrays, which are copied. Edges repeated in either order are added up. It is the
 * Ising model J = W/4, h_i = b_i/2 + sum_j W_ij/4, and every verb takes it as one. HEAT_ERROR_ARGUMENT names
 * the first index or number that is out of range or not finite. */
HEAT_API HEAT_MUST_USE heat_status heat_model_create_boltzmann(heat_context *ctx,
                                                               const heat_boltzmann *machine,
                                                               heat_model **out);

/* What the units of a layer are. */
typedef enum heat_layer {
    HEAT_LAYER_BINARY = 0, /* 0 and 1 */
    HEAT_LAYER_SPIN,       /* -1 and +1 */
    HEAT_LAYER_POTTS,      /* one of q values, 0 to q-1 */
    HEAT_LAYER_GAUSSIAN,   /* any number */
    HEAT_LAYER_RELU        /* any number from 0 on; hidden units alone */
} heat_layer;

/* "binary", "spin", "potts", "gaussian", "relu"; "unknown" for any other value. */
HEAT_API const char *heat_layer_name(heat_layer layer);

/* The layer of that name; false if there is none. */
HEAT_API bool heat_layer_find(const char *name, heat_layer *layer);

/* A restricted Boltzmann machine: visible units v, hidden units h, no edges within a layer,
 * E(v, h) = -sum_ij v_i W_ij h_j - sum_i b_i v_i - sum_j c_j h_j + offset. A Potts unit stands for q units of
 * 0 and 1 of which one is on, its one-hot row: W has a row or column for each of them, the bias a number. Of
 * a Gaussian or ReLU unit x, a (x - b)^2 / 2 stands in place of -b x: b is its mean at rest, a its precision.
 */
typedef struct heat_rbm {
    size_t size; /* set by heat_rbm_init */
    int32_t n_visible, n_hidden;
    heat_layer visible, hidden; /* what the units of the layers are */
    const double
        *weights; /* W, [n_visible][n_hidden]; [n_visible * q][n_hidden] of visible Potts units, ... */
    const double *visible_bias; /* b, [n_visible], of Potts units [n_visible][q]; NULL: zeroes */
    const double *hidden_bias;  /* c, [n_hidden] likewise; NULL: zeroes */
    double offset;
    int32_t visible_states, hidden_states; /* q of Potts units, 2 to 127; else not read */
    const double *visible_precision;       /* a, [n_visible] of Gaussian units, above 0; NULL: ones */
    const double *hidden_precision;        /* likewise of Gaussian and ReLU units */
} heat_rbm;

/* Zeroes the struct and sets its size: both layers are binary. */
HEAT_API void heat_rbm_init(heat_rbm *rbm);

/* An RBM from arrays, which are copied. A state is the visible units, then the hidden ones: 0 and 1, or -1
 * and +1 where both layers are spins; where one is, its -1 is written 0; Potts units 0 to q-1. Models with
 * Gaussian or ReLU units have no such states: n_states is 0. Memory: 8 bytes a weight, and of two layers of
 * two values 16 to 24 for the bipartite graph that it is. HEAT_ERROR_ARGUMENT names the first number that is
 * not finite. */
HEAT_API HEAT_MUST_USE heat_status heat_model_create_rbm(heat_context *ctx, const heat_rbm *rbm,
                                                         heat_model **out);

/* The arrays of an RBM, which live as long as the model, into a struct that heat_rbm_init made; no bias is
 * NULL, and no precision of a layer that has one. HEAT_ERROR_UNABLE if the model is none. */
HEAT_API HEAT_MUST_USE heat_status heat_model_get_rbm(heat_context *ctx, const heat_model *model,
                                                      heat_rbm *rbm);

/* F_T(v) = -T log sum_h exp(-E(v, h)/T) of n_rows visible states, each n_visible values in the model's
 * coding: at T = 1, log p(v) = -F(v) - log Z. Errors of the terms are below 2^-50 relative. HEAT_ERROR_UNABLE
 * if the model is no RBM; HEAT_ERROR_ARGUMENT names the first value that is not in the coding. Cost: rows *
 * hidden units * visible units that are on. */
HEAT_API HEAT_MUST_USE heat_status heat_rbm_free_energies(heat_context *ctx, const heat_model *model,
                                                          double temperature, int64_t n_rows,
                                                          const int8_t *visible, double *free_energies);

/* The same of visible units given as numbers, which every kind of layer can be; hidden units of a continuum
 * are integrated. HEAT_ERROR_ARGUMENT names the first value that its unit does not have. */
HEAT_API HEAT_MUST_USE heat_status heat_rbm_free_energies_of(heat_context *ctx, const heat_model *model,
                                                             double temperature, int64_t n_rows,
                                                             const double *visible, double *free_energies);

/* A model from callbacks. The struct is copied; on success the model owns `user`, on failure the caller does.
 */
HEAT_API HEAT_MUST_USE heat_status heat_model_create_custom(heat_context *ctx, const heat_custom *custom,
                                                            heat_model **out);

/* Writes a model; the suffix chooses the format: .mc, .ising, .qubo, .coo, .json (each also .gz), .h5; spins
 * and 0/1 are converted exactly. What the format cannot hold (a field in .mc) is HEAT_ERROR_OUTPUT, an
 * unknown suffix HEAT_ERROR_ARGUMENT, and nothing is written. The file appears whole or not at all. */
HEAT_API HEAT_MUST_USE heat_status heat_model_save(heat_context *ctx, const heat_model *model,
                                                   const char *path);

/* Frees a model; NULL is allowed. */
HEAT_API void heat_model_free(heat_model *model);

/* Describes a model. Cost: O(1). */
HEAT_API void heat_model_describe(const heat_model *model, heat_model_info *info);

/* The name of variable i where the input names its variables otherwise than 0 to n - 1; NULL elsewhere. Lives
 * as long as the model. */
HEAT_API const char *heat_model_get_label(const heat_model *model, int32_t i);

/* The bounds of variable i, a real number: those of the energy itself, or the walls that a box puts up;
 * -infinity and infinity where there is none, and of any other variable. */
HEAT_API void heat_model_get_bounds(const heat_model *model, int32_t i, double *lower, double *upper);

/* The persistent chains that a training kept with its model: how many, and *values[chain][visible unit], what
 * each unit is worth (0 and 1, -1 and +1, a Potts value, a real number), as long as the model lives; 0 and
 * NULL of any other model. */
HEAT_API int64_t heat_model_get_chains(const heat_model *model, const float **values);

/* Energies of n_rows states, each n_variables values in the model's coding, straight from the definition.
 * HEAT_ERROR_ARGUMENT names the first value that is not in the coding. Cost: O(rows * (variables + edges)).
 */
HEAT_API HEAT_MUST_USE heat_status heat_model_get_energy(heat_context *ctx, const heat_model *model,
                                                         int64_t n_rows, const int8_t *states,
                                                         double *energies);

/* The same of rows of numbers, of models whose variables are real (n_states 0): +infinity beyond the bounds
 * of a variable; and where `gradients` is not NULL dE/dx, [n_rows][n_variables]. HEAT_ERROR_CALLBACK, which
 * names the place, where an energy or gradient is NaN. HEAT_ERROR_UNABLE if the variables have few values, or
 * the model has no gradient. */
HEAT_API HEAT_MUST_USE heat_status heat_model_get_energy_of(heat_context *ctx, const heat_model *model,
                                                            int64_t n_rows, const double *rows,
                                                            double *energies, double *gradients);

/* The cut of a Max-Cut model's state from its energy: (sum of weights - energy) / 2. HEAT_ERROR_UNDEFINED for
 * any other model. */
HEAT_API HEAT_MUST_USE heat_status heat_model_get_cut(heat_context *ctx, const heat_model *model,
                                                      double energy, double *cut);

/* Reads one state of `model` from a file of n_variables values (text separated by blanks, commas or
 * newlines), in the model's own coding. HEAT_ERROR_INPUT names line and column of a value outside it. */
HEAT_API HEAT_MUST_USE heat_status heat_model_load_state(heat_context *ctx, const heat_model *model,
                                                         const char *path, int8_t *state);

/* In a clamp, which is a row of values: this variable is free. */
enum { HEAT_FREE = -128 };

/* Reads which variables of `model` are held, and at what, into clamp[n_variables]: a row of values with `?`
 * where a variable is free, or lines `index,value` (docs/formats.md). HEAT_ERROR_INPUT names line and column.
 */
HEAT_API HEAT_MUST_USE heat_status heat_model_load_clamp(heat_context *ctx, const heat_model *model,
                                                         const char *path, int8_t *clamp);

/* The same as numbers, NaN where a variable is free, of any model: units of an RBM may be real numbers, which
 * have no rows of states. Whether a unit has the value is asked when the model is made. */
HEAT_API HEAT_MUST_USE heat_status heat_model_load_clamp_values(heat_context *ctx, const heat_model *model,
                                                                const char *path, double *held);

/* The model of the free variables, given the held ones: E of its states is E of the whole state, so p(x) of
 * it is p(free | held) of `model`. Any verb takes it. Variables keep their order and coding, and lose their
 * names; the lattice, if there was one, is gone. `model` is borrowed: it must outlive the new one. Takes what
 * a model of its size takes. */
HEAT_API HEAT_MUST_USE heat_status heat_model_create_clamped(heat_context *ctx, const heat_model *model,
                                                             const int8_t *clamp, heat_model **out);

/* The same by numbers, held[n_variables], NaN where a variable is free: of models of states the values of
 * their coding; of RBMs with Gaussian or ReLU units what each unit is worth, -1 and +1 of spins.
 * HEAT_ERROR_ARGUMENT names the first that its variable does not have. */
HEAT_API HEAT_MUST_USE heat_status heat_model_create_clamped_values(heat_context *ctx,
                                                                    const heat_model *model,
                                                                    const double *held, heat_model **out);

/* Whole states of n_rows states of a model that one of these two made, the held variables at their values; of
 * any other model the states themselves. `states` may begin where `rows` does. Both are int8_t, n_variables a
 * row, or double where variables are real numbers (n_states 0). */
HEAT_API void heat_model_get_whole(const heat_model *model, int64_t n_rows, const void *rows, void *states);

HEAT_END_DECLS

#endif

/* report: figures of results. Every figure is a table (.tsv) and the gnuplot commands that draw it (.gp),
 * which are written here; gnuplot, run in their folder, makes the .svg:
 *
 *     cd DIR && gnuplot scan.gp                 makes scan.svg
 *     gnuplot -e "out='other.svg'" scan.gp      the same under another name
 *
 * Pictures of lattices, and sheets of images, are written as .png, without gnuplot. Files appear whole or not
 * at all. */
#ifndef HEATBATH_REPORT_H
#define HEATBATH_REPORT_H

#include <heatbath/learn.h>
#include <heatbath/sample.h>

HEAT_BEGIN_DECLS

/* A curve drawn beside the measured points of one observable. */
typedef struct heat_report_curve {
    const char *observable; /* "energy", "abs_magnetization_per_spin": in that observable's units */
    const char *title;      /* of the legend: "exact", "infinite lattice" */
    int64_t n;
    const double *temperature; /* n, ascending */
    const double *value;       /* n */
} heat_report_curve;

/* Draws a scan against temperature with error bars: energy, heat capacity, order, Binder cumulant,
 * susceptibility and correlation length, and of spin glasses the moments of the overlap, as far as they were
 * measured and not refused; with curves where they were interpolated (DIR/scan_between.tsv). Writes
 * DIR/scan.tsv with every observable, DIR/scan.gp, and DIR/scan_exact.tsv with the curves: those given, and
 * for square Ising lattices of one coupling Kaufman's energy and heat capacity of the lattice itself and
 * Yang's magnetisation of the infinite one; of other models energy and heat capacity by heat_logz where its
 * exact roads take a second or two. An average over models, and a model with clamped variables, have none.
 * HEAT_ERROR_UNDEFINED if there is nothing to draw: fewer than two temperatures, or no average that was not
 * refused; the message says so, and nothing is written. */
HEAT_API HEAT_MUST_USE heat_status heat_report_scan(heat_context *ctx, const heat_model *model,
                                                    const heat_sample_result *result, int32_t n_curves,
                                                    const heat_report_curve *curves, const char *dir);

/* A histogram with errors: p[bin] of edges[bin] to edges[bin + 1]. */
typedef struct heat_report_histogram {
    const char *title; /* of the legend: "T = 2" */
    int64_t n_bins;
    const double *edges; /* n_bins + 1 */
    const double *p;     /* n_bins, probabilities: they are drawn as densities */
    const double *error; /* n_bins */
} heat_report_histogram;

/* Draws n histograms of one observable, `label` at its axis, over each other: DIR/STEM.tsv and DIR/STEM.gp.
 */
HEAT_API HEAT_MUST_USE heat_status heat_report_histograms(heat_context *ctx, const char *label, int32_t n,
                                                          const heat_report_histogram *histograms,
                                                          const char *dir, const char *stem);

/* What is drawn of a potential of one or two variables. */
typedef struct heat_report_landscape {
    size_t size;        /* set by heat_report_landscape_init */
    double temperature; /* of the draws; 0: there are none */
    int64_t n_draws;
    const double *draws; /* [n_draws][n_variables], which decide what is in view */
    int64_t n_walk;      /* of them the first, of one chain in their order, are drawn */
    int64_t n_minima;
    const double *minima; /* [n_minima][n_variables] */
    int64_t n_saddles;
    const double *saddles; /* [n_saddles][n_variables] */
    const char
        *schedule; /* the draws are of all its temperatures, `temperature` is the coldest; NULL: of one */
} heat_report_landscape;

/* Zeroes the struct and sets its size. */
HEAT_API void heat_report_landscape_init(heat_report_landscape *landscape);

/* Draws U about these places: of one variable the curve, and the walk in time below it; of two a map of
 * colours and lines of equal energy, with the walk on it. Writes DIR/STEM.tsv (the grid, the walk, the minima
 * and the saddles, parted by two empty lines) and DIR/STEM.gp. HEAT_ERROR_UNABLE: the model is no potential
 * of one or two variables. */
HEAT_API HEAT_MUST_USE heat_status heat_report_potential(heat_context *ctx, const heat_model *model,
                                                         const heat_report_landscape *landscape,
                                                         const char *dir, const char *stem);

enum { HEAT_REPORT_MARGINALS = 12 }; /* panels, at most */

/* Draws the histograms that a row of heat_sample's result has of coordinates, a panel each, up to the first
 * HEAT_REPORT_MARGINALS, as densities with errors; of potentials of one and two variables over the exact
 * densities, by quadrature (DIR/STEM_exact.tsv). Writes DIR/STEM.tsv and DIR/STEM.gp. HEAT_ERROR_UNDEFINED if
 * there are none. */
HEAT_API HEAT_MUST_USE heat_status heat_report_marginals(heat_context *ctx, const heat_model *model,
                                                         const heat_sample_temperature *at, const char *dir,
                                                         const char *stem);

/* Draws, of a run with a cyclic schedule and observables=basins, the share of the chains that ended each
 * cycle in a basin and its mean so far, of the first eight basins: DIR/occupancy.tsv and DIR/occupancy.gp.
 * HEAT_ERROR_UNDEFINED if there are none. */
HEAT_API HEAT_MUST_USE heat_status heat_report_occupancy(heat_context *ctx, const heat_model *model,
                                                         const heat_sample_result *result, const char *dir);

/* A state of a lattice model as a picture: one colour a value, two for spins, as many as there are values for
 * Potts, each site a square of whole pixels. One axis is a row; three are planes, laid out in rows. Writes
 * DIR/STEM.png, DIR/STEM.tsv (the values, row by row) and DIR/STEM.gp. HEAT_ERROR_UNABLE: the model is no
 * lattice of one to three dimensions, or has more than 256 values. */
HEAT_API HEAT_MUST_USE heat_status heat_report_state(heat_context *ctx, const heat_model *model,
                                                     const int8_t *state, const char *title, const char *dir,
                                                     const char *stem);

/* A number for every site of a lattice model, values[n_variables], such as a mean of each spin, as a picture
 * in greys from black for `low`, and what is below, to white for `high`, and above: the files and errors of
 * heat_report_state. HEAT_ERROR_ARGUMENT unless low < high. */
HEAT_API HEAT_MUST_USE heat_status heat_report_sites(heat_context *ctx, const heat_model *model,
                                                     const double *values, double low, double high,
                                                     const char *title, const char *dir, const char *stem);

/* Draws the likelihoods of a training against the epoch, with bounds where log Z was estimated. Writes
 * DIR/learning.tsv and DIR/learning.gp. HEAT_ERROR_UNDEFINED if there were fewer than two looks. */
HEAT_API HEAT_MUST_USE heat_status heat_report_learning(heat_context *ctx, const heat_learn_result *result,
                                                        const char *dir);

/* Images of rows x columns numbers, such as states of the visible units of a model of images, its weights, or
 * what it makes of an image of which some pixels are held. */
typedef struct heat_report_images {
    size_t size; /* set by heat_report_images_init */
    int64_t n, rows, columns;
    const double *values; /* [n][rows][columns]; NaN has a colour of its own */
    double low, high;     /* values of the first and the last colour */
    bool is_signed;       /* from blue through white to red, else from black to white */
    int64_t across;       /* images in a row of the sheet; 0: about as wide as high */
} heat_report_images;

/* Zeroes the struct, sets its size, and high 1. */
HEAT_API void heat_report_images_init(heat_report_images *images);

/* Writes them side by side as DIR/STEM.png, each number a square of whole pixels. HEAT_ERROR_ARGUMENT if
 * there is nothing to draw. */
HEAT_API HEAT_MUST_USE heat_status heat_report_image_sheet(heat_context *ctx,
                                                           const heat_report_images *images, const char *dir,
                                                           const char *stem);

HEAT_END_DECLS

#endif

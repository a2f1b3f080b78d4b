/* Figures: the tables hold what was measured and what is exact, the pictures the colours of the states. */
#include "report/exact_density.h"
#include "report/figure_file.h"
#include "report/png_image.h"
#include "support.h"

#include <heatbath/exact.h>
#include <heatbath/logz.h>
#include <heatbath/report.h>
#include <math.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[64];

static const char *in_folder(const char *name)
{
    static char path[256];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/heatbath_report.XXXXXX");
    return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
    static const char *const names[] = {
        "scan.tsv",     "scan.gp",     "scan_exact.tsv", "q.tsv",       "q.gp", "s.png",
        "s.tsv",        "s.gp",        "t.png",          "t.tsv",       "t.gp", "a.png",
        "learning.tsv", "learning.gp", "i.png",          "m.tsv",       "m.gp", "m_exact.tsv",
        "w.tsv",        "w.gp",        "occupancy.tsv",  "occupancy.gp"};

    (void)state;
    for (size_t k = 0; k < sizeof names / sizeof *names; k++)
        unlink(in_folder(names[k]));
    return rmdir(folder); /* fails if anything else was left behind */
}

/* The content of a file, freed by free(). */
static char *content_of(const char *name)
{
    FILE *f = fopen(in_folder(name), "rb");
    char *text = calloc(1, 1 << 21);

    assert_non_null(f);
    assert_non_null(text);
    assert_true(fread(text, 1, (1 << 21) - 1, f) > 0);
    fclose(f);
    return text;
}

static heat_model *load(heat_context *ctx, const char *spec)
{
    heat_model *model;

    assert_ok(ctx, heat_model_load(ctx, spec, &model));
    return model;
}

/* Two temperatures with three observables, one of them refused. */
static heat_sample_result made_result(heat_observable rows[2][3], heat_sample_temperature temperatures[2])
{
    heat_sample_result r;

    heat_sample_result_init(&r);
    for (int t = 0; t < 2; t++) {
        rows[t][0] = (heat_observable){.name = "energy", .mean = -20.25 - t, .error = 0.5};
        rows[t][1] = (heat_observable){.name = "binder", .mean = (double)NAN, .error = (double)NAN};
        rows[t][2] = (heat_observable){.name = "heat_capacity", .mean = 8.0 / 3, .error = 0.1};
        temperatures[t] =
            (heat_sample_temperature){.temperature = 2 + t,
                                      .outcome = t == 0 ? HEAT_OUTCOME_CONVERGED : HEAT_OUTCOME_NOT_CONVERGED,
                                      .n_observables = 3,
                                      .observables = rows[t]};
    }
    r.engine = "heat-bath";
    r.n_temperatures = 2;
    r.temperatures = temperatures;
    r.n_chains = 4;
    r.n_sweeps = 100;
    return r;
}

static void a_scan_holds_measured_and_exact_values(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "lattice:4x4");
    heat_observable rows[2][3];
    heat_sample_temperature temperatures[2];
    heat_sample_result r = made_result(rows, temperatures);
    const double at[] = {2, 3}, value[] = {-1, -0.5};
    const heat_report_curve curve = {"energy", "it's mine", 2, at, value};
    double energy, t, e;
    char *text, *line;

    assert_ok(ctx, heat_report_scan(ctx, model, &r, 1, &curve, folder));
    text = content_of("scan.tsv");
    assert_string_equal(text, "temperature\tenergy\tenergy_error\tbinder\tbinder_error\theat_capacity\t"
                              "heat_capacity_error\n2\t-20.25\t0.5\tnan\tnan\t2.6666666666666665\t0.1\n"
                              "3\t-21.25\t0.5\tnan\tnan\t2.6666666666666665\t0.1\n");
    free(text);
    text = content_of("scan_exact.tsv");
    assert_int_equal(sscanf(text, "energy\texact\t%lf\t%lf", &t, &e), 2);
    assert_ok(ctx, heat_exact_square_ising(ctx, 4, 4, 1, 2, NULL, &energy, NULL));
    assert_close(t, 2, 0);
    assert_close(e, energy, 0);
    line = strstr(text, "mine");
    assert_non_null(line);
    assert_int_equal(sscanf(line, "mine\t%lf\t%lf", &t, &e), 2);
    assert_close(e, -1, 0);
    free(text);
    text = content_of("scan.gp");
    assert_contains(text, "column('energy')/16");
    assert_contains(text, "index 3 using 3:($4/16)");
    assert_contains(text, "'it''s mine'");
    assert_contains(text, "1 of 2 temperatures not converged");
    assert_null(strstr(text, "binder")); /* refused everywhere: no panel */
    free(text);
    heat_model_free(model);
    heat_context_free(ctx);
}

/* Of a model that elimination solves: what heat_logz says at the ends; nothing where a variable is held. */
static void small_models_have_exact_curves(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "ea:4x4,seed=1");
    heat_observable rows[2][3];
    heat_sample_temperature temperatures[2];
    heat_sample_result r = made_result(rows, temperatures);
    heat_logz_options options;
    heat_logz_result z;
    double t, e;
    char *text, *line;

    heat_logz_options_init(&options);
    heat_logz_result_init(&z);
    options.temperature_set = "2,3";
    assert_ok(ctx, heat_logz(ctx, model, &options, &z));
    assert_ok(ctx, heat_report_scan(ctx, model, &r, 0, NULL, folder));
    text = content_of("scan_exact.tsv");
    assert_int_equal(sscanf(text, "energy\texact\t%lf\t%lf", &t, &e), 2);
    assert_close(t, 2, 1e-12);
    assert_close(e, z.rows[0].mean_energy, 1e-9);
    line = strstr(text, "energy\texact\t3\t");
    assert_non_null(line);
    assert_int_equal(sscanf(line, "energy\texact\t%lf\t%lf", &t, &e), 2);
    assert_close(e, z.rows[1].mean_energy, 1e-9);
    assert_non_null(strstr(text, "heat_capacity\texact\t2\t"));
    free(text);
    unlink(in_folder("scan_exact.tsv"));
    r.n_clamped = 1;
    assert_ok(ctx, heat_report_scan(ctx, model, &r, 0, NULL, folder));
    assert_int_not_equal(access(in_folder("scan_exact.tsv"), F_OK), 0);
    heat_logz_result_clear(&z);
    heat_model_free(model);
    heat_context_free(ctx);
}

static void a_scan_of_nothing_is_refused_and_leaves_nothing(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "regular:10,k=3");
    heat_observable rows[2][3];
    heat_sample_temperature temperatures[2];
    heat_sample_result r = made_result(rows, temperatures);

    r.n_temperatures = 1;
    assert_int_equal(heat_report_scan(ctx, model, &r, 0, NULL, folder), HEAT_ERROR_UNDEFINED);
    assert_contains(heat_context_error(ctx), "1 temperature");
    r.n_temperatures = 2;
    for (int t = 0; t < 2; t++)
        for (int k = 0; k < 3; k++)
            rows[t][k].mean = (double)NAN;
    assert_int_equal(heat_report_scan(ctx, model, &r, 0, NULL, folder), HEAT_ERROR_UNDEFINED);
    assert_contains(heat_context_error(ctx), "no average");
    rows[0][0].mean = 1;
    assert_int_equal(heat_report_scan(ctx, model, &r, 0, NULL, "/nowhere/at/all"), HEAT_ERROR_OUTPUT);
    assert_int_equal(heat_report_scan(ctx, NULL, &r, 0, NULL, folder), HEAT_ERROR_ARGUMENT);
    assert_int_equal(access(in_folder("scan.tsv"), F_OK), -1);
    heat_model_free(model);
    heat_context_free(ctx);
}

static void histograms_are_drawn_as_densities(void **state)
{
    (void)state;
    const double edges[] = {-1, 0, 2}, p[] = {0.25, 0.75}, error[] = {0.125, 0.5};
    const heat_report_histogram h = {"T = 2", 2, edges, p, error};
    heat_context *ctx = test_context();
    char *text;

    assert_ok(ctx, heat_report_histograms(ctx, "overlap", 1, &h, folder, "q"));
    text = content_of("q.tsv");
    assert_contains(text, "T = 2\t-1\t0\t0.25\t0.125\t-0.5\t0.25\t0.125\n"
                          "T = 2\t0\t2\t0.75\t0.5\t1\t0.375\t0.25\n");
    free(text);
    text = content_of("q.gp");
    assert_contains(text, "'q.tsv' index 0 using 6:($7>0?$7-$8:NaN):(0):(2*$8) with vectors");
    free(text);
    heat_context_free(ctx);
}

/* Pixels as RGB, freed by free(). */
static uint8_t *pixels_of(const char *name, unsigned *width, unsigned *height)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    uint8_t *pixels;

    assert_true(png_image_begin_read_from_file(&image, in_folder(name)));
    image.format = PNG_FORMAT_RGB;
    pixels = malloc(PNG_IMAGE_SIZE(image));
    assert_non_null(pixels);
    assert_true(png_image_finish_read(&image, NULL, pixels, 0, NULL));
    *width = image.width;
    *height = image.height;
    return pixels;
}

static void spins_are_two_colours_row_by_row(void **state)
{
    (void)state;
    const int8_t spins[] = {-1, 1, 1, -1, -1, 1};
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "lattice:2x3,open");
    unsigned width, height;
    uint8_t *pixels;
    char *text;

    assert_ok(ctx, heat_report_state(ctx, model, spins, "it's", folder, "s"));
    pixels = pixels_of("s.png", &width, &height);
    assert_int_equal(width, 3 * (512 / 3));
    assert_int_equal(height, 2 * (512 / 3));
    for (int k = 0; k < 6; k++) { /* the middle of every square */
        unsigned x = (unsigned)(k % 3) * 170 + 85, y = (unsigned)(k / 3) * 170 + 85;
        assert_int_equal(pixels[3 * (y * width + x)], spins[k] < 0 ? 27 : 244);
    }
    free(pixels);
    text = content_of("s.tsv");
    assert_string_equal(text, "-1\t1\t1\n-1\t-1\t1\n");
    free(text);
    text = content_of("s.gp");
    assert_contains(text, "set title 'it''s'");
    free(text);
    heat_model_free(model);
    heat_context_free(ctx);
}

/* Five planes of 2 x 2: three above two, a square apart. */
static void planes_of_three_axes_stand_apart(void **state)
{
    (void)state;
    double values[20];
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "lattice:5x2x2,open");
    unsigned width, height;
    uint8_t *pixels;
    char *text;

    for (int k = 0; k < 20; k++)
        values[k] = k / 19.0;
    assert_ok(ctx, heat_report_sites(ctx, model, values, 0, 1, "greys", folder, "t"));
    pixels = pixels_of("t.png", &width, &height);
    assert_int_equal(width, 8 * 64);
    assert_int_equal(height, 5 * 64);
    assert_int_equal(pixels[0], 0);
    assert_int_equal(pixels[3 * 2 * 64], 255);                      /* a gap */
    assert_int_equal(pixels[3 * ((4 * 64) * width + 4 * 64)], 255); /* the last site */
    assert_in_range(pixels[3 * (64 * width + 64)], 39, 41);         /* site 3: 3/19 */
    free(pixels);
    text = content_of("t.tsv");
    assert_int_equal(strncmp(text, "0\t0.052631", 10), 0);
    assert_contains(text, "nan\tnan\tnan");
    free(text);
    assert_int_equal(heat_report_sites(ctx, model, values, 1, 1, "greys", folder, "t"), HEAT_ERROR_ARGUMENT);
    heat_model_free(model);
    heat_context_free(ctx);
}

static int pixel(const uint8_t *pixels, unsigned width, unsigned x, unsigned y, int part)
{
    return pixels[3 * (y * width + x) + (unsigned)part];
}

/* Three images of 1 x 2: two above one, a square around each. */
static void images_stand_side_by_side(void **state)
{
    (void)state;
    const double values[] = {0, 1, (double)NAN, 0.5, -3, 7};
    heat_context *ctx = test_context();
    heat_report_images s;
    unsigned width, height;
    uint8_t *pixels;

    heat_report_images_init(&s);
    s.n = 3;
    s.rows = 1;
    s.columns = 2;
    s.values = values;
    s.across = 2;
    assert_ok(ctx, heat_report_image_sheet(ctx, &s, folder, "i"));
    pixels = pixels_of("i.png", &width, &height);
    assert_int_equal(width, 7 * (960 / 7));
    assert_int_equal(height, 5 * (960 / 7));
    for (int k = 0; k < 6; k++) { /* NaN is orange; what lies beyond the range is its end */
        static const int red[] = {0, 255, 236, 128, 0, 255}, blue[] = {0, 255, 60, 128, 0, 255};
        unsigned x = (unsigned)(k / 2 % 2 * 3 + k % 2 + 1) * 137 + 60,
                 y = (unsigned)(k / 4 * 2 + 1) * 137 + 60;
        assert_int_equal(pixel(pixels, width, x, y, 0), red[k]);
        assert_int_equal(pixel(pixels, width, x, y, 2), blue[k]);
    }
    assert_int_equal(pixel(pixels, width, 3 * 137 + 9, 137 + 9, 0), 70); /* between two */
    free(pixels);
    s.is_signed = true;
    s.low = -1;
    assert_ok(ctx, heat_report_image_sheet(ctx, &s, folder, "i"));
    pixels = pixels_of("i.png", &width, &height);
    assert_int_equal(pixel(pixels, width, 137 + 9, 137 + 9, 1), 255); /* 0 is white */
    assert_int_equal(pixel(pixels, width, 2 * 137 + 9, 137 + 9, 0),
                     160); /* the highest red, the lowest blue */
    assert_int_equal(pixel(pixels, width, 137 + 9, 3 * 137 + 9, 2), 140);
    free(pixels);
    s.high = -1;
    assert_int_equal(heat_report_image_sheet(ctx, &s, folder, "i"), HEAT_ERROR_ARGUMENT);
    heat_context_free(ctx);
}

static void what_is_no_lattice_has_no_picture(void **state)
{
    (void)state;
    int8_t spins[10] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    heat_context *ctx = test_context();
    heat_model *graph = load(ctx, "regular:10,k=3"), *lattice = load(ctx, "lattice:10,open");

    assert_int_equal(heat_report_state(ctx, graph, spins, "", folder, "a"), HEAT_ERROR_UNABLE);
    assert_contains(heat_context_error(ctx), "no lattice");
    spins[4] = 3;
    assert_int_equal(heat_report_state(ctx, lattice, spins, "", folder, "a"), HEAT_ERROR_ARGUMENT);
    heat_model_free(graph);
    heat_model_free(lattice);
    heat_context_free(ctx);
}

static void pictures_beyond_all_bounds_are_refused(void **state)
{
    (void)state;
    const uint8_t index = 0;
    const heat_colour white = {255, 255, 255};
    heat_context *ctx = test_context();

    assert_int_equal(heat_png_write(ctx, in_folder("a.png"), 1, 1, 65537, &index, 1, &white),
                     HEAT_ERROR_UNABLE);
    assert_int_equal(heat_png_write(ctx, in_folder("a.png"), 0, 1, 1, &index, 1, &white),
                     HEAT_ERROR_ARGUMENT);
    assert_int_equal(heat_png_write(ctx, in_folder("a.png"), 1, 1, 1, &index, 257, &white),
                     HEAT_ERROR_ARGUMENT);
    assert_int_equal(heat_png_write(ctx, "/nowhere/a.png", 1, 1, 1, &index, 1, &white), HEAT_ERROR_OUTPUT);
    heat_context_free(ctx);
}

static void long_titles_are_cut_at_whole_characters(void **state)
{
    (void)state;
    char text[400], out[HEAT_FIGURE_TEXT_SIZE];

    memset(text, '\'', sizeof text);
    text[sizeof text - 1] = '\0';
    assert_int_equal(strlen(heat_figure_text(text, out)), 320);
    memset(text, 'a', 159);
    memcpy(text + 159, "\xc3\xa4\xc3\xa4", 5);
    assert_int_equal(strlen(heat_figure_text(text, out)), 159);
    assert_string_equal(heat_figure_text("a\tb\n", out), "a b ");
}

static heat_status everything(heat_context *ctx, void *arg)
{
    const int8_t spins[] = {-1, 1, 1, -1, -1, 1};
    heat_observable rows[2][3];
    heat_sample_temperature temperatures[2];
    heat_sample_result r = made_result(rows, temperatures);
    heat_status status = heat_report_state(ctx, arg, spins, "a", folder, "s");

    return status == HEAT_OK ? heat_report_scan(ctx, arg, &r, 0, NULL, folder) : status;
}

static heat_status a_landscape(heat_context *ctx, void *arg)
{
    const double minima[] = {-1, 1};
    const heat_report_landscape of = {.size = sizeof of, .n_minima = 2, .minima = minima};

    return heat_report_potential(ctx, arg, &of, folder, "w");
}

static heat_status some_marginals(heat_context *ctx, void *arg)
{
    double edges[] = {-1, 0, 2}, p[] = {0.25, 0.75}, error[] = {0.125, 0.0625};
    heat_sample_histogram row = {"x", 2, edges, p, error};
    const heat_sample_temperature at = {.temperature = 0.5, .n_histograms = 1, .histograms = &row};

    return heat_report_marginals(ctx, arg, &at, folder, "m");
}

static void every_failing_allocation_is_reported(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "lattice:2x3,open");

    test_failing_allocations(everything, model);
    heat_model_free(model);
    model = load(ctx, "double-well");
    test_failing_allocations(a_landscape, model);
    test_failing_allocations(some_marginals, model);
    heat_model_free(model);
    heat_context_free(ctx);
}

static void learning_is_a_curve_between_bounds(void **state)
{
    (void)state;
    heat_learn_look looks[] = {{1, -3, -4, {10, 0.5, 9, 12}, 40},
                               {2, -2, (double)NAN, {11, 0.5, 10, 12}, (double)NAN}};
    heat_learn_result r = {.size = sizeof r, .n_history = 1, .history = looks};
    heat_context *ctx = test_context();
    char *text;

    assert_int_equal(heat_report_learning(ctx, &r, folder), HEAT_ERROR_UNDEFINED);
    r.n_history = 2;
    assert_ok(ctx, heat_report_learning(ctx, &r, folder));
    text = content_of("learning.tsv");
    assert_contains(text,
                    "1\t-3\t-5\t-2\t-4\t10\t0.5\t9\t12\t40\n2\t-2\t-3\t-1\tnan\t11\t0.5\t10\t12\tnan\n");
    free(text);
    text = content_of("learning.gp");
    assert_contains(text, "using 1:3:4 with filledcurves");
    assert_contains(text, "title 'validation'");
    free(text);
    heat_context_free(ctx);
}

/* Double well at T = 1/2: exp(-U/T) / Z, Z = 1.4109147032. Basins: y integrates to sqrt(2 pi T) e^(c x / 2),
 * log Z = 0.37927895 at T = 1/4. Beyond a wall 0; of three variables nothing is known. */
static void densities_are_exact(void **state)
{
    (void)state;
    const double at[] = {-1.25, 0, 0.5, 1}, c = 1.3862943611198906;
    heat_context *ctx = test_context();
    heat_model *well = load(ctx, "double-well"), *basins = load(ctx, "basins:1,1.3862943611198906");
    heat_model *walled = load(ctx, "eight-schools"), *half;
    double p[4], sum = 0, along[161], density[161];
    heat_load_options box;

    assert_ok(ctx, heat_exact_density_get(ctx, well, 0.5, 0, 4, at, p));
    for (int k = 0; k < 4; k++)
        assert_close(p[k], exp(-2 * pow(at[k] * at[k] - 1, 2)) / 1.4109147032, 1e-9);
    assert_ok(ctx, heat_exact_density_get(ctx, basins, 0.25, 0, 4, at, p));
    for (int k = 0; k < 4; k++)
        assert_close(p[k],
                     sqrt(2 * 3.14159265358979 * 0.25) *
                         exp(c * at[k] / 2 - 4 * pow(at[k] * at[k] - 1, 2) - 0.37927895),
                     1e-7);
    for (int k = 0; k <= 160; k++)
        along[k] = 0.125 * (k - 80);
    assert_ok(ctx, heat_exact_density_get(ctx, basins, 0.25, 1, 161, along, density));
    for (int k = 0; k <= 160; k++)
        sum += 0.125 * density[k];
    assert_close(sum, 1, 1e-6);
    assert_ok(ctx, heat_exact_density_get(ctx, walled, 1, 0, 4, at, p));
    assert_true(isnan(p[0]) && isnan(p[3]));
    heat_load_options_init(&box);
    box.box = "0:";
    assert_ok(ctx, heat_model_load_with(ctx, "double-well", &box, &half));
    assert_ok(ctx, heat_exact_density_get(ctx, half, 0.5, 0, 4, at, p));
    assert_close(p[0], 0, 0);
    assert_close(p[3], 2 / 1.4109147032, 1e-9);
    heat_model_free(half);
    heat_model_free(walled);
    heat_model_free(basins);
    heat_model_free(well);
    heat_context_free(ctx);
}

static void marginals_are_bins_over_exact_curves(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "double-well");
    double edges[] = {-1, 0, 2}, p[] = {0.25, 0.75}, error[] = {0.125, 0.0625};
    heat_sample_histogram rows[] = {{"energy", 2, edges, p, error}, {"x", 2, edges, p, error}};
    heat_sample_temperature at = {.temperature = 0.5, .n_histograms = 2, .histograms = rows};
    char *text;

    assert_ok(ctx, heat_report_marginals(ctx, model, &at, folder, "m"));
    text = content_of("m.tsv");
    assert_contains(text,
                    "\nx\t-1\t0\t0.25\t0.125\t-0.5\t0.25\t0.125\nx\t0\t2\t0.75\t0.0625\t1\t0.375\t0.03125\n");
    free(text);
    text = content_of("m_exact.tsv");
    assert_contains(text, "# name\tx\tdensity\nx\t-1.15\t0.5756"); /* exp(-0.208) / Z */
    free(text);
    text = content_of("m.gp");
    assert_contains(text, "plot 'm.tsv' index 0 using 6:7:($3-$2) with boxes");
    assert_contains(text, "title 'exact'");
    assert_contains(text, "title 'double-well, T = 0.5'");
    free(text);
    p[0] = p[1] = (double)NAN; /* refused: its axis, and what is exact */
    assert_ok(ctx, heat_report_marginals(ctx, model, &at, folder, "m"));
    text = content_of("m.gp");
    assert_contains(text, "draws: not converged");
    free(text);
    at.n_histograms = 1;
    assert_int_equal(heat_report_marginals(ctx, model, &at, folder, "m"), HEAT_ERROR_UNDEFINED);
    heat_model_free(model);
    heat_context_free(ctx);
}

/* Panel by panel its own histogram and its own density: y is normal, of variance T / 2. */
static void every_panel_has_its_own_curve(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "potential:(x^2-1)^2 + y^2");
    double edges[] = {-1, 0, 2}, p[] = {0.25, 0.75}, error[] = {0.125, 0.0625};
    heat_sample_histogram rows[] = {{"y", 2, edges, p, error}, {"x", 2, edges, p, error}};
    heat_sample_temperature at = {.temperature = 0.5, .n_histograms = 2, .histograms = rows};
    char *text;

    assert_ok(ctx, heat_report_marginals(ctx, model, &at, folder, "m"));
    text = content_of("m_exact.tsv");
    assert_contains(text, "\nx\t-1.15\t0.5756");
    assert_contains(text, "\n\n\ny\t-1.15\t0.0566"); /* exp(-2.645) / sqrt(pi / 2) */
    free(text);
    text = content_of("m.gp");
    assert_contains(text, "plot 'm.tsv' index 1 using 6:7:($3-$2) with boxes");
    assert_contains(text, "'m_exact.tsv' index 1 using 2:3");
    free(text);
    heat_model_free(model);
    heat_context_free(ctx);
}

/* Two cycles of four chains, half of which end the first in either basin. */
static void occupancy_is_a_share_and_a_mean(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "double-well");
    double minima[] = {-1, 1}, energies[] = {0, 0}, shares[] = {0.5, 0.5, 0.25, 0.75};
    heat_sample_temperature at = {.temperature = 0.25};
    heat_sample_result r = {.size = sizeof r, .n_temperatures = 1, .temperatures = &at, .n_variables = 1};
    char *text;

    assert_int_equal(heat_report_occupancy(ctx, model, &r, folder), HEAT_ERROR_UNDEFINED);
    r.n_chains = 4;
    r.n_cycles = 2;
    r.n_basins = 2;
    r.basin_states = minima;
    r.basin_energies = energies;
    r.cycle_occupancy = shares;
    assert_ok(ctx, heat_report_occupancy(ctx, model, &r, folder));
    text = content_of("occupancy.tsv");
    assert_contains(text,
                    "\n1\t0.5\t0.5\t0.25\t0.5\t0.5\t0.25\n2\t0.25\t0.375\t0.1711632"); /* sqrt(3/8 5/8 / 8) */
    free(text);
    text = content_of("occupancy.gp");
    assert_contains(text, "using 1:($3-2*$4):($3+2*$4) with filledcurves");
    assert_contains(text, "using 1:($6-2*$7):($6+2*$7) with filledcurves");
    assert_contains(text, "title 'basin 2, U = 0 at 1'");
    assert_contains(text, "4 chains cooled to T = 0.25");
    free(text);
    heat_model_free(model);
    heat_context_free(ctx);
}

static int64_t count_lines(const char *text)
{
    int64_t n = 0;

    for (; *text != '\0'; text++)
        n += *text == '\n';
    return n;
}

/* Where a logarithm is none there is no energy, and the picture has a hole. */
static void landscapes_show_what_is_marked(void **state)
{
    (void)state;
    const double minima[] = {-1, 1}, saddle[] = {0}, draws[] = {0.5, 1, -1, 2};
    heat_context *ctx = test_context();
    heat_model *well = load(ctx, "double-well"), *lattice = load(ctx, "lattice:3x3");
    heat_model *plane = load(ctx, "potential:y^2 - log(x)");
    heat_report_landscape of;
    char *text;

    heat_report_landscape_init(&of);
    assert_int_equal(heat_report_potential(ctx, well, &of, folder, "w"), HEAT_ERROR_ARGUMENT);
    of.n_minima = 2;
    of.minima = minima;
    of.n_saddles = 1;
    of.saddles = saddle;
    assert_int_equal(heat_report_potential(ctx, lattice, &of, folder, "w"), HEAT_ERROR_UNABLE);
    assert_ok(ctx, heat_report_potential(ctx, well, &of, folder, "w"));
    text = content_of("w.tsv");
    assert_contains(text, "# x\tenergy\n-1.9\t");
    assert_contains(text, "\n\n\n# walk\nnan\tnan\n\n\n# minima\n-1\t0\n1\t0\n\n\n# saddles\n0\t1\n");
    assert_int_equal(count_lines(text), 1 + 401 + 4 + 5 + 4);
    free(text);
    text = content_of("w.gp");
    assert_contains(text, "yrange [-0.108:1.8]"); /* 1.8 times the saddle, and 6 % below */
    free(text);
    of = (heat_report_landscape){
        .size = sizeof of, .temperature = 0.5, .n_draws = 2, .draws = draws, .n_walk = 1};
    assert_ok(ctx, heat_report_potential(ctx, plane, &of, folder, "w"));
    text = content_of("w.tsv");
    assert_contains(text, "\n-1.18\t0.88\tnan\n-1.18\t0.8903"); /* x < 0; y runs first */
    assert_contains(text, "\t2.12\t4.88006");
    assert_contains(text, "\n\n\n# walk\n0.5\t1\t1.693147180559945");
    assert_null(strstr(strstr(text, "# walk"), "\n-1\t2\t")); /* one draw of the walk */
    free(text);
    heat_model_free(plane);
    heat_model_free(lattice);
    heat_model_free(well);
    heat_context_free(ctx);
}

/* A walk in a well whose lowest energy is 3, and walls at -1.2 and 3. */
static void curves_end_at_walls_and_mark_the_temperature(void **state)
{
    (void)state;
    const double minima[] = {-1, 1}, draws[] = {-1, 0.5, 1};
    heat_report_landscape of = {.size = sizeof of,
                                .temperature = 0.5,
                                .n_draws = 3,
                                .draws = draws,
                                .n_walk = 3,
                                .n_minima = 2,
                                .minima = minima};
    heat_context *ctx = test_context();
    heat_load_options box;
    heat_model *model;
    char *text;

    heat_load_options_init(&box);
    box.box = "-1.2:3";
    assert_ok(ctx, heat_model_load_with(ctx, "potential:(x^2-1)^2 + 3", &box, &model));
    assert_ok(ctx, heat_report_potential(ctx, model, &of, folder, "w"));
    text = content_of("w.tsv");
    assert_contains(text, "# x\tenergy\n-1.2\t3.1936"); /* 0.12 of what is marked, 2, would be -1.24 */
    free(text);
    text = content_of("w.gp");
    assert_contains(text, "xrange [-1.2:1.24]");
    assert_contains(text, "     3.5 with lines dt 2");
    assert_contains(text, "'w.tsv' index 1 using 1:2 with points");
    assert_contains(text, "'w.tsv' index 2 using 1:2 with points");
    free(text);
    heat_model_free(model);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(learning_is_a_curve_between_bounds),
        cmocka_unit_test(a_scan_of_nothing_is_refused_and_leaves_nothing),
        cmocka_unit_test(a_scan_holds_measured_and_exact_values),
        cmocka_unit_test(small_models_have_exact_curves),
        cmocka_unit_test(histograms_are_drawn_as_densities),
        cmocka_unit_test(densities_are_exact),
        cmocka_unit_test(marginals_are_bins_over_exact_curves),
        cmocka_unit_test(every_panel_has_its_own_curve),
        cmocka_unit_test(occupancy_is_a_share_and_a_mean),
        cmocka_unit_test(landscapes_show_what_is_marked),
        cmocka_unit_test(curves_end_at_walls_and_mark_the_temperature),
        cmocka_unit_test(spins_are_two_colours_row_by_row),
        cmocka_unit_test(planes_of_three_axes_stand_apart),
        cmocka_unit_test(images_stand_side_by_side),
        cmocka_unit_test(what_is_no_lattice_has_no_picture),
        cmocka_unit_test(pictures_beyond_all_bounds_are_refused),
        cmocka_unit_test(long_titles_are_cut_at_whole_characters),
        cmocka_unit_test(every_failing_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

/* --figures DIR: the library writes tables, gnuplot commands and pictures; here gnuplot is run on them. An
 * .svg is drawn under another name and renamed, so that it appears whole or not at all. */
#include "figures.h"
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_PICTURES = 8, NO_SUCH_COMMAND = 127 };

static bool has_picture(const heat_model_info *info)
{
    return info != NULL && info->n_dimensions >= 1 && info->n_dimensions <= 3;
}

heat_status cli_figures_open(cli *c)
{
    const char *dir = c->args.values.own.figures;
    struct stat folder;

    if (dir == NULL)
        return HEAT_OK;
    if (mkdir(dir, 0777) != 0 && errno != EEXIST)
        return cli_fail_file(c, HEAT_ERROR_OUTPUT, dir, "cannot be made: %s", strerror(errno));
    if (stat(dir, &folder) != 0 || !S_ISDIR(folder.st_mode))
        return cli_fail_file(c, HEAT_ERROR_OUTPUT, dir, "is no folder for figures");
    if (access(dir, W_OK | X_OK) != 0)
        return cli_fail_file(c, HEAT_ERROR_OUTPUT, dir, "cannot be written: %s", strerror(errno));
    return HEAT_OK;
}

heat_status cli_figures_prepare(cli *c, const heat_model *model, const heat_model_info *info,
                                heat_sample_options *options, char list[CLI_FIGURE_LIST])
{
    heat_status status = cli_figures_open(c);

    if (status != HEAT_OK || c->args.values.own.figures == NULL)
        return status;
    if (has_picture(info) && !options->keep_states) {
        options->keep_states = true;
        options->thin = options->sweeps;
    }
    cli_potential_prepare(model, info, options, list);
    return HEAT_OK;
}

static void note(cli *c, const char *message)
{
    cli_show_message(c, HEAT_LOG_NOTE, message);
}

/* gnuplot on DIR/STEM.gp, its output to a file beside the final one. Returns its exit code. */
static int run_gnuplot(const char *dir, const char *stem, const char *part)
{
    char script[128], where[160];
    int status;
    pid_t child;

    snprintf(script, sizeof script, "%s.gp", stem);
    snprintf(where, sizeof where, "out='%s'", part);
    child = fork();
    if (child == 0) {
        int silent = open("/dev/null", O_WRONLY);
        if (silent < 0 || dup2(silent, 1) < 0 || dup2(silent, 2) < 0 || chdir(dir) != 0)
            _exit(1);
        execlp("gnuplot", "gnuplot", "-e", where, script, (char *)NULL);
        _exit(errno == ENOENT ? NO_SUCH_COMMAND : 1);
    }
    while (child > 0 && waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            child = -1;
    return child > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

void cli_figure_draw(cli *c, const char *stem, bool *have_gnuplot)
{
    const char *dir = c->args.values.own.figures;
    char part[128], text[256];
    size_t size = strlen(dir) + 2 * sizeof part;
    char *from = malloc(size), *to = malloc(size);
    int code = 1;

    if (!*have_gnuplot)
        goto out;
    snprintf(part, sizeof part, ".%s.svg.%ld", stem, (long)getpid());
    if (from != NULL && to != NULL) {
        snprintf(from, size, "%s/%s", dir, part);
        snprintf(to, size, "%s/%s.svg", dir, stem);
        code = run_gnuplot(dir, stem, part);
        if (code == 0 && rename(from, to) != 0)
            code = 1;
        if (code != 0)
            unlink(from);
    }
    snprintf(text, sizeof text, "gnuplot could not draw %s.gp (it ended with %d)", stem, code);
    if (code == NO_SUCH_COMMAND)
        note(c, "gnuplot is not installed: the figures stay tables (.tsv) and commands (.gp)");
    else if (code != 0)
        note(c, text);
    *have_gnuplot = code != NO_SUCH_COMMAND;
out:
    free(from);
    free(to);
}

/* "state_T2.269" */
static void name_state(double temperature, char *stem, size_t size)
{
    char number[CLI_NUMBER_SIZE];

    snprintf(stem, size, "state_T%s", cli_text_short(temperature, 6, number));
}

int32_t cli_figure_at(int32_t k, int32_t n)
{
    int32_t count = n < MOST_PICTURES ? n : MOST_PICTURES;

    return k >= count ? -1 : count < 2 ? 0 : (int32_t)((int64_t)k * (n - 1) / (count - 1));
}

/* One state at each of them. */
static heat_status draw_states(cli *c, const heat_model *model, const heat_model_info *info,
                               const heat_sample_result *r, bool *have_gnuplot)
{
    for (int32_t k = 0; cli_figure_at(k, r->n_temperatures) >= 0 && r->n_draws > 0; k++) {
        int32_t t = cli_figure_at(k, r->n_temperatures);
        const int8_t *state =
            r->states + ((int64_t)t * r->n_chains * r->n_draws + r->n_draws - 1) * r->n_variables;
        char stem[80], title[256], number[CLI_NUMBER_SIZE];
        name_state(r->temperatures[t].temperature, stem, sizeof stem);
        snprintf(title, sizeof title, "%.160s, T = %s", info->name,
                 cli_text_short(r->temperatures[t].temperature, 6, number));
        if (heat_report_state(c->ctx, model, state, title, c->args.values.own.figures, stem) != HEAT_OK)
            return cli_fail_library(c);
        cli_figure_draw(c, stem, have_gnuplot);
    }
    return HEAT_OK;
}

bool cli_figure_is_listed(const char *list, const char *name)
{
    size_t length = strlen(name);

    for (const char *word = list; word != NULL && *word != '\0';
         word += strcspn(word, ","), word += *word == ',')
        if (strcspn(word, ",") == length && strncmp(word, name, length) == 0)
            return true;
    return false;
}

/* Every histogram that was asked for, its temperatures over each other, as far as they were accepted. */
static heat_status draw_histograms(cli *c, const heat_sample_result *r, bool *have_gnuplot)
{
    for (int32_t h = 0; h < r->temperatures[0].n_histograms; h++) {
        const char *name = r->temperatures[0].histograms[h].name;
        heat_report_histogram rows[MOST_PICTURES];
        char titles[MOST_PICTURES][CLI_NUMBER_SIZE + 8], number[CLI_NUMBER_SIZE], stem[64], label[48];
        int32_t n = 0;
        if (!cli_figure_is_listed(c->args.values.verb.sample.histogram, name))
            continue;
        for (int32_t k = 0; k < MOST_PICTURES; k++) {
            int32_t t = cli_figure_at(k, r->n_temperatures);
            const heat_sample_histogram *of;
            if (t < 0 || r->temperatures[t].n_histograms <= h)
                continue;
            of = &r->temperatures[t].histograms[h];
            if (of->n_bins < 1 || !isfinite(of->p[0]))
                continue;
            snprintf(titles[n], sizeof *titles, "T = %s",
                     cli_text_short(r->temperatures[t].temperature, 4, number));
            rows[n] = (heat_report_histogram){titles[n], of->n_bins, of->edges, of->p, of->error};
            n++;
        }
        snprintf(stem, sizeof stem, "histogram_%s", name);
        if (n == 0)
            continue;
        for (char *word = strcpy(label, name); (word = strchr(word, '_')) != NULL;)
            *word = ' ';
        if (heat_report_histograms(c->ctx, label, n, rows, c->args.values.own.figures, stem) != HEAT_OK)
            return cli_fail_library(c);
        cli_figure_draw(c, stem, have_gnuplot);
    }
    return HEAT_OK;
}

heat_status cli_figures_write(cli *c, const heat_model *model, const heat_model_info *info,
                              const heat_sample_result *r)
{
    const char *dir = c->args.values.own.figures;
    bool have_gnuplot = true;
    heat_status status;

    if (dir == NULL)
        return HEAT_OK;
    cli_hide_progress(c);
    status = heat_report_scan(c->ctx, model, r, 0, NULL, dir);
    if (status == HEAT_ERROR_UNDEFINED)
        note(c, heat_context_error(c->ctx));
    else if (status != HEAT_OK)
        return cli_fail_library(c);
    if (status == HEAT_OK)
        cli_figure_draw(c, "scan", &have_gnuplot);
    status = r->n_temperatures > 0 ? draw_histograms(c, r, &have_gnuplot) : HEAT_OK;
    if (status == HEAT_OK)
        status = cli_potential_write(c, model, info, r, &have_gnuplot);
    if (status != HEAT_OK || !has_picture(info) || r->states == NULL)
        return status;
    return draw_states(c, model, info, r, &have_gnuplot);
}

heat_status cli_figures_write_learning(cli *c, const heat_learn_result *r)
{
    const char *dir = c->args.values.own.figures;
    bool have_gnuplot = true;
    heat_status status;

    if (dir == NULL)
        return HEAT_OK;
    cli_hide_progress(c);
    status = heat_report_learning(c->ctx, r, dir);
    if (status == HEAT_OK)
        cli_figure_draw(c, "learning", &have_gnuplot);
    else if (status == HEAT_ERROR_UNDEFINED)
        note(c, heat_context_error(c->ctx));
    else
        return cli_fail_library(c);
    return HEAT_OK;
}

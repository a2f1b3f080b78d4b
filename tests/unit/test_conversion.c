/* Conversions: a stop ends them at any moment and leaves nothing, where the same file is saved after a stop.
 */
#include "support.h"

#include <dirent.h>
#include <heatbath/convert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/heatbath_conversion_XXXXXX";

/* Asks for a stop at the k-th allocation. */
typedef struct stopping {
    heat_context *ctx;
    int64_t left;
} stopping;

static void *count_down(void *user, void *old, size_t size)
{
    stopping *s = user;

    if (size == 0) {
        free(old);
        return NULL;
    }
    if (s->ctx != NULL && --s->left == 0)
        heat_context_stop(s->ctx);
    return realloc(old, size);
}

static int count_files(void)
{
    DIR *d = opendir(folder);
    int count = 0;

    assert_non_null(d);
    for (struct dirent *entry; (entry = readdir(d)) != NULL;)
        count += entry->d_name[0] != '.' || strstr(entry->d_name, "heatbath") != NULL;
    closedir(d);
    return count;
}

static void check_suffix(const char *suffix)
{
    stopping s = {0};
    heat_context_config config;
    heat_context *ctx;
    heat_model *model;
    char path[256];
    int n_stopped = 0;

    snprintf(path, sizeof path, "%s/file%s", folder, suffix);
    heat_context_config_init(&config);
    config.user = &s;
    config.realloc = count_down;
    assert_int_equal(heat_context_create(&config, &ctx), HEAT_OK);
    assert_ok(ctx, heat_model_load(ctx, "ea:60x60,J=gauss", &model));
    s.ctx = ctx;
    for (;; n_stopped++) {
        heat_status status;
        s.left = n_stopped;
        if (n_stopped == 0)
            heat_context_stop(ctx); /* before anything */
        status = heat_model_convert(ctx, model, path);
        heat_context_resume(ctx);
        if (status == HEAT_OK)
            break;
        assert_int_equal(status, HEAT_ERROR_STOPPED);
        assert_contains(heat_context_error(ctx), "stopped on request before the file was");
        assert_int_equal(count_files(), 0);
    }
    assert_true(n_stopped > 3);
    assert_int_equal(count_files(), 1);
    unlink(path);
    heat_context_stop(ctx);
    assert_ok(ctx, heat_model_save(ctx, model, path)); /* what a stopped verb has is saved all the same */
    assert_int_equal(count_files(), 1);
    unlink(path);
    heat_model_free(model);
    s.ctx = NULL;
    heat_context_free(ctx);
}

static void a_stop_ends_a_conversion_without_a_file(void **state)
{
    (void)state;
    static const char *const suffixes[] = {".mc", ".ising.gz", ".qubo", ".coo", ".json", ".h5"};

    for (size_t k = 0; k < sizeof suffixes / sizeof *suffixes; k++)
        check_suffix(suffixes[k]);
}

static void a_stop_ends_a_conversion_of_data(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_data *data;
    char path[256];

    snprintf(path, sizeof path, "%s/file.csv", folder);
    assert_ok(ctx, heat_data_load(ctx, "bars-and-stripes:4x4", NULL, &data));
    heat_context_stop(ctx);
    assert_int_equal(heat_data_convert(ctx, data, path), HEAT_ERROR_STOPPED);
    assert_int_equal(count_files(), 0);
    assert_ok(ctx, heat_data_save(ctx, data, path));
    assert_int_equal(count_files(), 1);
    unlink(path);
    heat_data_free(data);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stop_ends_a_conversion_without_a_file),
        cmocka_unit_test(a_stop_ends_a_conversion_of_data),
    };
    int code;

    if (mkdtemp(folder) == NULL)
        return 1;
    code = cmocka_run_group_tests(tests, NULL, NULL);
    rmdir(folder);
    return code;
}

#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int n_skipped;

void test_skip(const char *file, int line)
{
    n_skipped++;
    _skip(file, line);
}

int test_exit_code(int n_failed)
{
    enum { EXIT_SKIPPED = 77 }; /* meson's word for it */

    if (n_failed != 0)
        return EXIT_FAILURE;
    return n_skipped > 0 ? EXIT_SKIPPED : EXIT_SUCCESS;
}

heat_context *test_context(void)
{
    heat_context *ctx = NULL;

    if (heat_context_create(NULL, &ctx) != HEAT_OK)
        fail_msg("no context");
    return ctx;
}

void test_assert_ok(heat_context *ctx, heat_status status, const char *what, const char *file, int line)
{
    if (status == HEAT_OK)
        return;
    print_error("%s: %s: %s\n", what, heat_status_name(status), heat_context_error(ctx));
    _fail(file, line);
}

void test_assert_close(double value, double expected, double tolerance, const char *what, const char *file,
                       int line)
{
    if (fabs(value - expected) <= tolerance)
        return;
    print_error("%s = %.17g, expected %.17g within %.3g\n", what, value, expected, tolerance);
    _fail(file, line);
}

void test_assert_contains(const char *text, const char *part, const char *file, int line)
{
    if (text != NULL && strstr(text, part) != NULL)
        return;
    print_error("'%s' does not hold '%s'\n", text == NULL ? "(null)" : text, part);
    _fail(file, line);
}

const char *test_data(const char *name)
{
    static char path[4096];

#ifdef HEAT_REFERENCE_DATA
    snprintf(path, sizeof path, "%s/%s", HEAT_REFERENCE_DATA, name);
#else
    print_message("skipped: %s needs -Dreference_data=DIR\n", name);
    skip();
#endif
    return path;
}

static int significant_digits(const char *number)
{
    int digits = 0;

    for (; *number != '\0' && *number != 'e' && *number != 'E'; number++)
        if (*number >= '0' && *number <= '9' && (digits > 0 || *number != '0'))
            digits++;
    return digits;
}

int test_each_row(const char *table, void (*visit)(const test_row *row, void *arg), void *arg)
{
    FILE *f = fopen(test_data(table), "r");
    char line[1024];
    int count = 0;

    if (f == NULL)
        fail_msg("cannot open %s", test_data(table));
    while (fgets(line, sizeof line, f) != NULL) {
        test_row row = {.digits = 0};
        char number[64], *end;
        if (sscanf(line, "%63[^\t]\t%127[^\t]\t%63[^\t]\t%63[^\t]", row.name, row.parameters, row.quantity,
                   number) != 4)
            continue;
        row.value = strtod(number, &end);
        if (end == number)
            continue; /* the head of the table */
        row.digits = significant_digits(number);
        visit(&row, arg);
        count++;
    }
    fclose(f);
    return count;
}

double test_parameter(const test_row *row, const char *key, double otherwise)
{
    size_t length = strlen(key);

    for (const char *c = row->parameters; c != NULL; c = strchr(c, ';')) {
        c += *c == ';';
        if (strncmp(c, key, length) == 0 && c[length] == '=')
            return strtod(c + length + 1, NULL);
    }
    return otherwise;
}

uint64_t test_seed(void)
{
    const char *text = getenv("HEATBATH_TEST_SEED");

    return text == NULL ? 1 : strtoull(text, NULL, 10);
}

void test_reproduce(uint64_t seed)
{
    char program[4096];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);

    program[length < 0 ? 0 : length] = '\0';
    print_error("seed %llu; again: HEATBATH_TEST_SEED=%llu %s\n", (unsigned long long)seed,
                (unsigned long long)test_seed(), program);
}

typedef struct counting_allocator {
    long allocations, fail_at, live;
} counting_allocator;

static void *counting_realloc(void *user, void *old, size_t size)
{
    counting_allocator *a = user;
    void *block;

    if (size == 0) {
        a->live -= old != NULL;
        free(old);
        return NULL;
    }
    if (++a->allocations == a->fail_at)
        return NULL;
    block = realloc(old, size);
    a->live += old == NULL && block != NULL;
    return block;
}

void test_failing_allocations(heat_status (*body)(heat_context *ctx, void *arg), void *arg)
{
    enum { PATIENCE = 100000 };

    for (long k = 2; k < PATIENCE; k++) { /* the first allocation is the context itself */
        counting_allocator a = {.fail_at = k};
        heat_context_config config;
        heat_context *ctx = NULL;
        heat_status status;

        heat_context_config_init(&config);
        config.user = &a;
        config.realloc = counting_realloc;
        if (heat_context_create(&config, &ctx) != HEAT_OK)
            fail_msg("no context");
        status = body(ctx, arg);
        if (status != HEAT_OK && status != HEAT_ERROR_MEMORY)
            fail_msg("allocation %ld failing: %s: %s", k, heat_status_name(status), heat_context_error(ctx));
        heat_context_free(ctx);
        if (a.live != 0)
            fail_msg("allocation %ld failing: %ld blocks leaked", k, a.live);
        if (status == HEAT_OK) {
            if (a.allocations >= k)
                fail_msg("allocation %ld failed and nobody noticed", k);
            return;
        }
    }
    fail_msg("still failing after %d allocations", PATIENCE);
}

static char made[64][64];
static int n_made;

static void remove_made(void)
{
    for (int k = 0; k < n_made && k < 64; k++)
        unlink(made[k]);
}

const char *test_file(const char *suffix, const void *content, size_t size)
{
    char *path = made[n_made % 64];
    int fd;

    if (n_made == 0)
        atexit(remove_made);
    if (n_made >= 64)
        unlink(path);
    snprintf(path, sizeof made[0], "/tmp/heatbath-test-XXXXXX%s", suffix);
    fd = mkstemps(path, (int)strlen(suffix));
    if (fd < 0 || (size_t)write(fd, content, size) != size)
        fail_msg("cannot write %s", path);
    close(fd);
    n_made++;
    return path;
}

const heat_observable *test_observable(const heat_sample_temperature *row, const char *name)
{
    for (int32_t k = 0; k < row->n_observables; k++)
        if (strcmp(row->observables[k].name, name) == 0)
            return &row->observables[k];
    fail_msg("no observable %s", name);
    return NULL;
}

double test_invert(int n, const double *cumulative, double u)
{
    int low = 0, high = n;

    while (high - low > 1) {
        int middle = (low + high) / 2;
        *(cumulative[middle] <= u ? &low : &high) = middle;
    }
    return low + (u - cumulative[low]) / (cumulative[high] - cumulative[low]);
}

/* LLVM's OpenMP runtime keeps its thread tables until the process is gone. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libomp";
}

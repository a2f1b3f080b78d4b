/* Files appear whole or not at all, and only regular files are replaced. */
#include "io/atomic_file.h"
#include "support.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/heatbath-test-XXXXXX");
    return mkdtemp(folder) == NULL;
}

/* Removes the folder with what is in it. */
static int remove_folder(void **state)
{
    (void)state;
    DIR *d = opendir(folder);
    struct dirent *entry;
    char path[400];

    while (d != NULL && (entry = readdir(d)) != NULL) {
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] != '.' || strlen(entry->d_name) > 2)
            unlink(path);
    }
    closedir(d);
    return rmdir(folder);
}

static int count_files(void)
{
    DIR *d = opendir(folder);
    int count = -2; /* "." and ".." */

    assert_non_null(d);
    while (readdir(d) != NULL)
        count++;
    closedir(d);
    return count;
}

static const char *inside(const char *name)
{
    static char path[128];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static heat_status write_words(heat_context *ctx, const char *path, size_t size)
{
    heat_atomic_file *file;
    heat_status status = heat_atomic_file_create(ctx, path, &file);
    char *bytes = calloc(size + 1, 1);

    assert_non_null(bytes);
    if (status == HEAT_OK)
        status = heat_atomic_file_print(file, "%d words\n", 2);
    if (status == HEAT_OK)
        status = heat_atomic_file_write(file, bytes, size);
    free(bytes);
    return heat_atomic_file_finish(file, status);
}

static int64_t size_of(const char *path)
{
    struct stat about;

    return stat(path, &about) == 0 ? (int64_t)about.st_size : -1;
}

static void a_file_appears_when_it_is_complete(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 65536, 65537, 1000000};
    heat_context *ctx = test_context();
    heat_atomic_file *file;

    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        assert_ok(ctx, write_words(ctx, inside("a"), sizes[k]));
        assert_int_equal(size_of(inside("a")), sizes[k] + 8);
        assert_int_equal(count_files(), 1);
    }
    assert_ok(ctx, heat_atomic_file_create(ctx, inside("b"), &file));
    assert_ok(ctx, heat_atomic_file_print(file, "x"));
    assert_int_equal(size_of(inside("b")), -1);
    heat_atomic_file_discard(file);
    assert_int_equal(count_files(), 1);
    heat_context_free(ctx);
}

static void a_replaced_file_keeps_its_permissions_and_links(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    struct stat about;
    char target[128];

    assert_ok(ctx, write_words(ctx, inside("real"), 0));
    strcpy(target, inside("real"));
    assert_int_equal(chmod(target, 0640), 0);
    assert_int_equal(symlink(target, inside("link")), 0);
    assert_ok(ctx, write_words(ctx, inside("link"), 5));
    assert_int_equal(lstat(inside("link"), &about), 0);
    assert_true(S_ISLNK(about.st_mode));
    assert_int_equal(stat(target, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0640);
    assert_int_equal(about.st_size, 13);
    heat_context_free(ctx);
}

static void assert_cannot_write(const char *path, const char *reason, size_t size)
{
    heat_context *ctx = test_context();

    assert_int_equal(write_words(ctx, path, size), HEAT_ERROR_OUTPUT);
    assert_contains(heat_context_error(ctx), reason);
    assert_string_equal(heat_context_error_detail(ctx).file, path);
    heat_context_free(ctx);
}

static void what_cannot_be_written_says_why(void **state)
{
    (void)state;
    int before = count_files();

    assert_cannot_write("/dev/full", "cannot be written: No space left on device", 0);
    assert_cannot_write("/dev/full", "cannot be written: No space left on device", 100000);
    assert_cannot_write("/nonexistent/x", "cannot be written: No such file or directory", 0);
    assert_cannot_write(folder, "cannot be written: Is a directory", 0);
    assert_cannot_write("/dev/null/x", "cannot be written: Not a directory", 0);
    assert_int_equal(count_files(), before);
}

/* A limit on file sizes stands for a full disk. */
static void a_full_disk_leaves_the_old_file(void **state)
{
    (void)state;
    struct rlimit limit, small;
    heat_context *ctx = test_context();
    int before;

    assert_ok(ctx, write_words(ctx, inside("old"), 0));
    before = count_files();
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    small = limit;
    small.rlim_cur = 1000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_cannot_write(inside("old"), "cannot be written: File too large", 100000);
    assert_cannot_write(inside("new"), "cannot be written: File too large", 2000);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(size_of(inside("old")), 8);
    assert_int_equal(count_files(), before);
    heat_context_free(ctx);
}

static void pipes_are_written_directly(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    char text[16] = "";
    int reader;

    assert_int_equal(mkfifo(inside("pipe"), 0600), 0);
    reader = open(inside("pipe"), O_RDONLY | O_NONBLOCK);
    assert_true(reader >= 0);
    assert_ok(ctx, write_words(ctx, inside("pipe"), 0));
    assert_int_equal(read(reader, text, sizeof text - 1), 8);
    assert_string_equal(text, "2 words\n");
    close(reader);
    assert_ok(ctx, write_words(ctx, "/dev/null", 10));
    heat_context_free(ctx);
}

static heat_status write_packed(heat_context *ctx, void *path)
{
    return write_words(ctx, path, 70000);
}

static void failing_allocations_leave_nothing(void **state)
{
    (void)state;
    int before = count_files();

    test_failing_allocations(write_packed, (void *)(uintptr_t)inside("packed.gz"));
    assert_int_equal(count_files(), before + 1); /* the last try succeeds */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_appears_when_it_is_complete),
        cmocka_unit_test(a_replaced_file_keeps_its_permissions_and_links),
        cmocka_unit_test(what_cannot_be_written_says_why),
        cmocka_unit_test(a_full_disk_leaves_the_old_file),
        cmocka_unit_test(pipes_are_written_directly),
        cmocka_unit_test(failing_allocations_leave_nothing),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

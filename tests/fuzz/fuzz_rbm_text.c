/* Any three texts as the weights and the biases of an RBM: the first byte chooses the letters of the biases
 * and which axis of the weights is the visible one; a byte 0x1e ends a text. The biases lie in files of their
 * own, as the reader wants them. */
#include "fuzz_graph.h"
#include "io/rbm_text.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LONGEST = 128 };
static char folder[] = "/tmp/fuzz_rbm_text_XXXXXX";

static void path_of(char letter, char path[LONGEST])
{
    snprintf(path, LONGEST, "%s/x_%c.txt", folder, letter);
}

static void remove_folder(void)
{
    char path[LONGEST];

    for (char letter = 'a'; letter <= 'c'; letter++) {
        path_of(letter, path);
        unlink(path);
    }
    rmdir(folder);
}

/* The bytes up to the separator, which are taken from the input. */
static size_t take(const uint8_t **data, size_t *size, const uint8_t **part)
{
    const uint8_t *end = *size == 0 ? NULL : memchr(*data, 0x1e, *size);
    size_t length = end == NULL ? *size : (size_t)(end - *data);

    *part = *data;
    *data += length + (end != NULL);
    *size -= length + (end != NULL);
    return length;
}

static void write_file(char letter, const uint8_t *bytes, size_t size)
{
    char path[LONGEST];
    FILE *f;

    path_of(letter, path);
    f = fopen(path, "wb");
    FUZZ_CHECK(f != NULL);
    FUZZ_CHECK(size == 0 || fwrite(bytes, 1, size, f) == size);
    fclose(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool is_ready;
    heat_context *ctx = fuzz_context();
    heat_text_source *source = NULL;
    uint8_t choice = size > 0 ? data[0] : 0;
    heat_edge_list list = {.hints = {.transpose = (heat_hint)(choice % 3)}};
    char first = choice & 64 ? 'b' : 'a', path[LONGEST];
    const uint8_t *left = size > 0 ? data + 1 : data, *weights, *bias;
    size_t n_left = size > 0 ? size - 1 : 0, n_weights = take(&left, &n_left, &weights), n_bias;
    heat_status status;

    if (!is_ready) {
        FUZZ_CHECK(mkdtemp(folder) != NULL);
        atexit(remove_folder);
        is_ready = true;
    }
    path_of(first == 'a' ? 'c' : 'a', path);
    unlink(path);
    n_bias = take(&left, &n_left, &bias);
    write_file(first, bias, n_bias);
    write_file((char)(first + 1), left, n_left);
    path_of('W', path);
    status = heat_text_source_open_memory(ctx, path, weights, n_weights, &source);
    if (status == HEAT_OK)
        status = heat_rbm_text_read(source, &list);
    heat_text_source_close(source);
    fuzz_check_graph(ctx, status, &list);
    FUZZ_CHECK(status != HEAT_OK || list.form == HEAT_FORM_RBM);
    heat_edge_list_clear(&list);
    heat_context_free(ctx);
    return 0;
}

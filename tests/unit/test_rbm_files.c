/* RBMs that other programs wrote: .npz, plain text, the HDF5 of rbms; their orientation, their units, and
 * what is refused. The archives are made here, byte by byte. */
#include "support.h"

#include <hdf5.h>
#include <heatbath/model.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { V = 3, H = 2, MOST = 1 << 16 };

static const double weights[V * H] = {0.5, -1, 2, 0.25, -0.125, 4}; /* [visible][hidden] */
static const double visible_bias[V] = {1, -2, 0.75}, hidden_bias[H] = {-0.5, 3};

/* An archive under way: its members, and its directory. */
typedef struct archive {
    unsigned char bytes[MOST], directory[4096];
    size_t size, directory_size;
    int count;
} archive;

static void put(unsigned char *at, uint32_t value, int n_bytes)
{
    for (int k = 0; k < n_bytes; k++)
        at[k] = (unsigned char)(value >> 8 * k);
}

static size_t deflate_raw(const unsigned char *data, size_t size, unsigned char *out)
{
    z_stream s = {
        .next_in = (Bytef *)(uintptr_t)data, .avail_in = (uInt)size, .next_out = out, .avail_out = MOST / 2};

    assert_int_equal(deflateInit2(&s, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&s, Z_FINISH), Z_STREAM_END);
    deflateEnd(&s);
    return MOST / 2 - s.avail_out;
}

static void add_member(archive *a, const char *name, const unsigned char *data, size_t size, bool deflated)
{
    size_t length = strlen(name), begin = a->size;
    unsigned char *local = a->bytes + begin, *entry = a->directory + a->directory_size;
    size_t packed = size;

    memset(local, 0, 30);
    memset(entry, 0, 46);
    memcpy(local + 30, name, length);
    if (deflated)
        packed = deflate_raw(data, size, local + 30 + length);
    else
        memcpy(local + 30 + length, data, size);
    put(local, 0x04034b50, 4);
    put(local + 26, (uint32_t)length, 2);
    put(entry, 0x02014b50, 4);
    put(entry + 10, deflated ? 8 : 0, 2);
    put(entry + 16, (uint32_t)crc32(0, data, (uInt)size), 4);
    put(entry + 20, (uint32_t)packed, 4);
    put(entry + 24, (uint32_t)size, 4);
    put(entry + 28, (uint32_t)length, 2);
    put(entry + 42, (uint32_t)begin, 4);
    memcpy(entry + 46, name, length);
    a->size += 30 + length + packed;
    a->directory_size += 46 + length;
    a->count++;
}

static const char *finish(archive *a)
{
    unsigned char *end = a->bytes + a->size + a->directory_size;

    memcpy(a->bytes + a->size, a->directory, a->directory_size);
    memset(end, 0, 22);
    put(end, 0x06054b50, 4);
    put(end + 8, (uint32_t)a->count, 2);
    put(end + 10, (uint32_t)a->count, 2);
    put(end + 12, (uint32_t)a->directory_size, 4);
    put(end + 16, (uint32_t)a->size, 4);
    a->size += a->directory_size + 22;
    return test_file(".npz", a->bytes, a->size);
}

/* How an array is written. */
typedef struct form {
    const char *type; /* "<f8", "<f4", ">f8" */
    bool fortran, transposed, deflated;
} form;

/* A .npy of rows x columns (columns 0: one axis). */
static size_t make_npy(const double *values, int rows, int columns, const form *f, unsigned char *out)
{
    bool turned = f->transposed && columns > 0;
    int r = turned ? columns : rows, c = turned ? rows : columns, width = f->type[2] - '0';
    int length = sprintf((char *)out + 10,
                         columns == 0 ? "{'descr': '%s', 'fortran_order': %s, 'shape': (%d,), }\n"
                                      : "{'descr': '%s', 'fortran_order': %s, 'shape': (%d, %d), }\n",
                         f->type, f->fortran ? "True" : "False", columns == 0 ? rows : r, c);
    unsigned char *at = out + 10 + length;

    memcpy(out, "\x93NUMPY\x01\x00", 8);
    put(out + 8, (uint32_t)length, 2);
    for (int k = 0; k < rows * (columns == 0 ? 1 : columns); k++) {
        int i = f->fortran ? k % r : k / (c == 0 ? 1 : c), j = f->fortran ? k / r : k % (c == 0 ? 1 : c);
        double value = columns == 0    ? values[k]
                       : f->transposed ? values[j * columns + i]
                                       : values[i * columns + j];
        float single = (float)value;
        unsigned char bytes[8];
        memcpy(bytes, width == 4 ? (void *)&single : (void *)&value, (size_t)width);
        for (int b = 0; b < width; b++)
            *at++ = bytes[f->type[0] == '>' ? width - 1 - b : b];
    }
    return (size_t)(at - out);
}

static void add_array(archive *a, const char *name, const double *values, int rows, int columns,
                      const form *f)
{
    static unsigned char npy[MOST / 4];
    char file[64];

    snprintf(file, sizeof file, "%s.npy", name);
    add_member(a, file, npy, make_npy(values, rows, columns, f, npy), f->deflated);
}

static const form plain = {"<f8", false, false, false};

static const char *make_npz(const char *const *names, const form *f)
{
    static archive a;

    a = (archive){.size = 0};
    add_array(&a, names[0], weights, V, H, f);
    add_array(&a, names[1], visible_bias, V, 0, f);
    add_array(&a, names[2], hidden_bias, H, 0, f);
    return finish(&a);
}

static void check_machine(heat_context *ctx, const char *path, const heat_load_options *opt, heat_layer layer)
{
    heat_model *model;
    heat_rbm rbm;

    assert_ok(ctx, heat_model_load_with(ctx, path, opt, &model));
    heat_rbm_init(&rbm);
    assert_ok(ctx, heat_model_get_rbm(ctx, model, &rbm));
    assert_int_equal(rbm.n_visible, V);
    assert_int_equal(rbm.n_hidden, H);
    assert_int_equal(rbm.visible, layer);
    assert_int_equal(rbm.hidden, layer);
    assert_memory_equal(rbm.weights, weights, sizeof weights);
    assert_memory_equal(rbm.visible_bias, visible_bias, sizeof visible_bias);
    assert_memory_equal(rbm.hidden_bias, hidden_bias, sizeof hidden_bias);
    heat_model_free(model);
}

static const char *const short_names[] = {"W", "b", "c"};
static const char *const sklearn_names[] = {"components_", "intercept_visible_", "intercept_hidden_"};

static void npz_is_read_in_every_order_width_and_packing(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    static const char *const types[] = {"<f8", "<f4", ">f8", ">f4"};

    for (int k = 0; k < 32; k++) {
        form f = {types[k / 8], k & 1, k & 2, k & 4};
        check_machine(ctx, make_npz(short_names, &f), NULL, HEAT_LAYER_BINARY);
    }
    heat_context_free(ctx);
}

static void scikit_learn_names_say_the_orientation(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    form f = {"<f8", false, true, true};
    heat_load_options opt;

    check_machine(ctx, make_npz(sklearn_names, &f), NULL, HEAT_LAYER_BINARY);
    heat_load_options_init(&opt);
    opt.hidden_layer = "spin"; /* BernoulliRBM has none */
    {
        heat_model *model;
        assert_int_equal(heat_model_load_with(ctx, make_npz(sklearn_names, &f), &opt, &model),
                         HEAT_ERROR_OPTION);
        assert_contains(heat_context_error(ctx), "the file says that these units are binary");
    }
    heat_context_free(ctx);
}

static void units_are_what_the_options_say(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_load_options opt;

    heat_load_options_init(&opt);
    opt.visible_layer = opt.hidden_layer = "spin";
    check_machine(ctx, make_npz(short_names, &plain), &opt, HEAT_LAYER_SPIN);
    opt.visible_layer = "potts";
    {
        heat_model *model;
        assert_int_equal(heat_model_load_with(ctx, "x", &opt, &model), HEAT_ERROR_OPTION);
        assert_contains(heat_context_error(ctx), "'potts' is none of binary|spin");
    }
    heat_context_free(ctx);
}

static void a_square_matrix_needs_to_be_told(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    static const double square[4] = {1, 2, 3, 4};
    archive *a = calloc(1, sizeof *a);
    const char *path;
    heat_load_options opt;
    heat_model *model;
    heat_rbm rbm;

    assert_non_null(a);
    add_array(a, "W", square, 2, 2, &plain);
    add_array(a, "b", hidden_bias, 2, 0, &plain);
    add_array(a, "c", hidden_bias, 2, 0, &plain);
    path = finish(a);
    assert_int_equal(heat_model_load(ctx, path, &model), HEAT_ERROR_INPUT);
    assert_contains(heat_context_error(ctx), "it can be read as [visible][hidden] and as [hidden][visible]");
    heat_load_options_init(&opt);
    for (opt.transpose = 0; opt.transpose < 2; opt.transpose++) {
        assert_ok(ctx, heat_model_load_with(ctx, path, &opt, &model));
        heat_rbm_init(&rbm);
        assert_ok(ctx, heat_model_get_rbm(ctx, model, &rbm));
        assert_close(rbm.weights[1], opt.transpose ? 3 : 2, 0);
        heat_model_free(model);
    }
    free(a);
    heat_context_free(ctx);
}

static void refuse(heat_context *ctx, const char *path, const char *words)
{
    heat_model *model;

    assert_int_equal(heat_model_load(ctx, path, &model), HEAT_ERROR_INPUT);
    assert_contains(heat_context_error(ctx), words);
}

static void wrong_archives_are_refused_by_name(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    archive *a = calloc(1, sizeof *a);
    double bad[V * H] = {(double)NAN};

    assert_non_null(a);
    add_array(a, "X", weights, V, H, &plain);
    refuse(ctx, finish(a), "found X.npy");
    *a = (archive){.size = 0};
    add_array(a, "W", weights, V, H, &plain);
    add_array(a, "b", visible_bias, V, 0, &plain);
    refuse(ctx, finish(a), "the array 'c' is missing");
    *a = (archive){.size = 0};
    add_array(a, "W", weights, V, H, &plain);
    a->directory[16] ^= 1;
    refuse(ctx, finish(a), "checksum does not fit");
    *a = (archive){.size = 0};
    add_array(a, "W", weights, V, H, &plain);
    add_array(a, "b", visible_bias, V, 0, &plain);
    add_array(a, "c", visible_bias, V, 0, &plain);
    refuse(ctx, finish(a), "they do not fit together");
    *a = (archive){.size = 0};
    add_array(a, "W", bad, V, H, &plain);
    add_array(a, "b", visible_bias, V, 0, &plain);
    add_array(a, "c", hidden_bias, H, 0, &plain);
    refuse(ctx, finish(a), "'W' is not finite at place 0");
    for (size_t cut = 4; cut < a->size; cut += 7)
        refuse(ctx, test_file(".npz", a->bytes, cut), "archive");
    free(a);
    heat_context_free(ctx);
}

/* A file beside another one: `path` with `from` in its name replaced. */
static void write_companion(const char *path, char letter, const char *content)
{
    char name[512];
    FILE *f;

    snprintf(name, sizeof name, "%s", path);
    name[strlen(name) - 5] = letter; /* of _W.txt */
    f = fopen(name, "w");
    assert_non_null(f);
    fputs(content, f);
    fclose(f);
}

static void remove_companion(const char *path, char letter)
{
    char name[512];

    snprintf(name, sizeof name, "%s", path);
    name[strlen(name) - 5] = letter;
    remove(name);
}

static void text_files_side_by_side_are_one_machine(void **state)
{
    (void)state;
    static const char text[] = "0.5 -1\n2 0.25\n-0.125 4\n", turned[] = "0.5 2 -0.125\n-1 0.25 4\n";
    heat_context *ctx = test_context();
    heat_load_options opt;
    char path[512];

    for (int k = 0; k < 4; k++) {
        snprintf(path, sizeof path, "%s",
                 k & 1 ? test_file("_W.txt", turned, strlen(turned))
                       : test_file("_W.txt", text, strlen(text)));
        write_companion(path, k & 2 ? 'b' : 'a', "1\n-2\n0.75\n");
        write_companion(path, k & 2 ? 'c' : 'b', "-0.5 3\n");
        check_machine(ctx, path, NULL, HEAT_LAYER_BINARY);
        heat_load_options_init(&opt);
        opt.transpose = 1 - (k & 1);
        {
            heat_model *model;
            assert_int_equal(heat_model_load_with(ctx, path, &opt, &model), HEAT_ERROR_INPUT);
            assert_contains(heat_context_error(ctx), "they do not fit together");
        }
        write_companion(path, 'a', "1\n");
        write_companion(path, 'c', "1\n");
        refuse(ctx, path, "a and c are both there");
        for (char c = 'a'; c <= 'c'; c++)
            remove_companion(path, c);
        refuse(ctx, path, "neither a nor c is there");
    }
    refuse(ctx, test_file(".txt", text, strlen(text)), "the weights of an RBM are named NAME_W.txt");
    heat_context_free(ctx);
}

static void put_shape(hid_t file, const char *name, int rank, const hsize_t *extent, const double *values)
{
    hid_t links = H5Pcreate(H5P_LINK_CREATE), space = H5Screate_simple(rank, extent, NULL), set;

    H5Pset_create_intermediate_group(links, 1);
    set = H5Dcreate2(file, name, H5T_IEEE_F32LE, space, links, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    H5Dclose(set);
    H5Sclose(space);
    H5Pclose(links);
}

static void put_array(hid_t file, const char *name, int rank, const double *values)
{
    hsize_t extent[2] = {V, H}, length = values == visible_bias ? V : H;

    put_shape(file, name, rank, rank == 2 ? extent : &length, values);
}

static hid_t begin_rbms(const char *path, const char *model_type)
{
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), type = H5Tcopy(H5T_C_S1),
          space = H5Screate(H5S_SCALAR), set;

    H5Tset_size(type, H5T_VARIABLE);
    set = H5Dcreate2(file, "model_type", type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, &model_type);
    H5Dclose(set);
    H5Sclose(space);
    H5Tclose(type);
    return file;
}

/* As rbms writes it, with two updates; only the last has these weights. */
static void make_rbms(const char *path, const char *model_type)
{
    static const double other[V * H] = {7, 7, 7, 7, 7, 7};
    hid_t file = begin_rbms(path, model_type);

    for (int k = 0; k < 2; k++) {
        char name[64];
        snprintf(name, sizeof name, "update_%d/params/weight_matrix", k == 0 ? 9 : 10);
        put_array(file, name, 2, k == 0 ? other : weights);
        snprintf(name, sizeof name, "update_%d/params/vbias", k == 0 ? 9 : 10);
        put_array(file, name, 1, visible_bias);
        snprintf(name, sizeof name, "update_%d/params/hbias", k == 0 ? 9 : 10);
        put_array(file, name, 1, hidden_bias);
    }
    H5Fclose(file);
}

static void rbms_files_are_read_at_any_update(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    char path[512];
    heat_load_options opt;
    heat_model *model;
    heat_rbm rbm;

    snprintf(path, sizeof path, "%s", test_file(".h5", "", 0));
    make_rbms(path, "BBRBM");
    check_machine(ctx, path, NULL, HEAT_LAYER_BINARY);
    heat_load_options_init(&opt);
    opt.update = 9;
    assert_ok(ctx, heat_model_load_with(ctx, path, &opt, &model));
    heat_rbm_init(&rbm);
    assert_ok(ctx, heat_model_get_rbm(ctx, model, &rbm));
    assert_close(rbm.weights[3], 7, 0);
    heat_model_free(model);
    opt.update = 8;
    assert_int_equal(heat_model_load_with(ctx, path, &opt, &model), HEAT_ERROR_OPTION);
    assert_contains(heat_context_error(ctx), "has no update 8; its last is 10");
    make_rbms(path, "IIRBM");
    check_machine(ctx, path, NULL, HEAT_LAYER_SPIN);
    make_rbms(path, "BGRBM");
    refuse(ctx, path, "model_type is 'BGRBM'; those read are BBRBM");
    make_rbms(path, "PBRBM");
    refuse(ctx, path, "expected as [visible][value][hidden]");
    heat_context_free(ctx);
}

/* One visible unit of two values, three hidden units: E = -W_ah - b_a - c.h. */
static void rbms_potts_units_are_read(void **state)
{
    (void)state;
    static const double w[6] = {1, -2, 0.5, 3, 0.25, -1}, b[2] = {0.5, -0.75}, c[3] = {2, -1, 0.125};
    static const hsize_t of_w[3] = {1, 2, 3}, of_b[2] = {1, 2}, of_c[1] = {3};
    static const int8_t row[4] = {1, 1, 0, 1};
    heat_context *ctx = test_context();
    heat_model *model;
    double energy;
    char path[512];
    hid_t file;

    snprintf(path, sizeof path, "%s", test_file(".h5", "", 0));
    file = begin_rbms(path, "PBRBM");
    put_shape(file, "update_3/params/weight_matrix", 3, of_w, w);
    put_shape(file, "update_3/params/vbias", 2, of_b, b);
    put_shape(file, "update_3/params/hbias", 1, of_c, c);
    H5Fclose(file);
    assert_ok(ctx, heat_model_load(ctx, path, &model));
    assert_ok(ctx, heat_model_get_energy(ctx, model, 1, row, &energy));
    assert_close(energy, -(3 - 1) - -0.75 - (2 + 0.125), 1e-15);
    heat_model_free(model);
    heat_context_free(ctx);
}

static void other_models_take_no_such_options(void **state)
{
    (void)state;
    static const char text[] = "ising 2\n0 1 1\n";
    heat_context *ctx = test_context();
    heat_load_options opt;
    heat_model *model;

    heat_load_options_init(&opt);
    opt.transpose = 1;
    assert_int_equal(heat_model_load_with(ctx, test_file(".ising", text, strlen(text)), &opt, &model),
                     HEAT_ERROR_OPTION);
    assert_contains(heat_context_error(ctx), "is of files that hold an RBM");
    heat_context_free(ctx);
}

static heat_status load(heat_context *ctx, void *arg)
{
    heat_model *model = NULL;
    heat_status status = heat_model_load(ctx, arg, &model);

    heat_model_free(model);
    return status;
}

static void failing_memory_is_an_error_and_leaks_nothing(void **state)
{
    (void)state;
    char path[512];

    snprintf(path, sizeof path, "%s", make_npz(short_names, &plain)); /* zlib has an allocator of its own */
    test_failing_allocations(load, path);
    snprintf(path, sizeof path, "%s", test_file(".h5", "", 0));
    make_rbms(path, "BBRBM");
    test_failing_allocations(load, path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(npz_is_read_in_every_order_width_and_packing),
        cmocka_unit_test(scikit_learn_names_say_the_orientation),
        cmocka_unit_test(units_are_what_the_options_say),
        cmocka_unit_test(a_square_matrix_needs_to_be_told),
        cmocka_unit_test(wrong_archives_are_refused_by_name),
        cmocka_unit_test(text_files_side_by_side_are_one_machine),
        cmocka_unit_test(rbms_files_are_read_at_any_update),
        cmocka_unit_test(rbms_potts_units_are_read),
        cmocka_unit_test(other_models_take_no_such_options),
        cmocka_unit_test(failing_memory_is_an_error_and_leaks_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A model of one's own, for the command: two real variables along a curved valley, x > 0,
 * E(x, y) = x + (y - x^2)^2. Built as a shared object, from headers alone, it is a MODEL:
 *
 *     cc -shared -fPIC -o banana.so banana.c $(pkg-config --cflags heatbath)
 *     heatbath info ./banana.so
 */
#include <heatbath/custom.h>
#include <math.h>

static int energy(void *user, int64_t n_rows, const double *rows, double *energies)
{
    (void)user;
    for (int64_t r = 0; r < n_rows; r++) {
        double x = rows[2 * r], off = rows[2 * r + 1] - x * x;
        energies[r] = x + off * off;
    }
    return 0;
}

static int gradient(void *user, int64_t n_rows, const double *rows, double *energies, double *gradients)
{
    for (int64_t r = 0; r < n_rows; r++) {
        double x = rows[2 * r], off = rows[2 * r + 1] - x * x;
        gradients[2 * r] = 1 - 4 * x * off;
        gradients[2 * r + 1] = 2 * off;
    }
    return energy(user, n_rows, rows, energies);
}

int heat_custom_fill(heat_custom *custom)
{
    static const char *const names[] = {"length", "height"};
    static const double lower[] = {0, -INFINITY}, start[] = {1, 1};

    custom->size = sizeof *custom; /* which version of heat_custom this was built for */
    custom->n_variables = 2;
    custom->n_states = 0; /* real numbers */
    custom->thread_safe = true;
    custom->names = names;
    custom->real_energy = energy;
    custom->real_gradient = gradient; /* optional */
    custom->lower = lower;            /* the variables' bounds, and where chains begin: optional too */
    custom->start = start;
    return 0;
}

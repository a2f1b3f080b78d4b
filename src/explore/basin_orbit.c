/* Fewer draws tell as much. Basins are laid upon each other where their harmonic wells are: x in basin k has
 * the images x_l = x_l* + L_l^-T Q_l Q_k L_k^T (x - x_k*), H = L L^T the curvature there and Q a reflection,
 * which turns the way to the lowest saddle into the first axis. Those that lie in basin l are the orbit of x,
 * the same of whichever point of it. Given the orbit, the point is one of its members with probability
 *
 *     P_l ~ exp(-beta U(x_l)) / det L_l,
 *
 * so that instead of 1 in its own basin a draw counts P_l in each: an average that has the same mean for any
 * potential (Rao-Blackwell), and far less scatter where wells are alike. Casella and Robert, Biometrika 83
 * (1996) 81; of such maps between wells Andricioaei, Straub, Voter, J. Chem. Phys. 114 (2001) 6994. */
#include "explore/basin_orbit.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "model/smooth_rows.h"

#include <math.h>
#include <string.h>

static const double negligible = -30; /* log of a share */

/* --- the maps --- */

/* L_k^T (x - x_k). */
static void unfold(const heat_flow_basins *b, int64_t k, const double *x, double *z)
{
    const int32_t n = b->view->n;
    const double *factor = b->factor + k * n * n, *at = b->minima->minima.x + k * n;

    for (int32_t i = 0; i < n; i++) {
        z[i] = 0;
        for (int32_t j = i; j < n; j++)
            z[i] += factor[j * n + i] * (x[j] - at[j]);
    }
}

static void reflect(int32_t n, const double *normal, double *z)
{
    double along = 0;

    for (int32_t i = 0; i < n; i++)
        along += normal[i] * z[i];
    for (int32_t i = 0; i < n; i++)
        z[i] -= 2 * along * normal[i];
}

/* Makes v the normal of the mirror that turns it into the first axis; 0 where it points there. */
static void make_mirror(int32_t n, double *v)
{
    double length = 0;

    for (int32_t i = 0; i < n; i++)
        length += v[i] * v[i];
    for (int32_t i = 0; i < n && length > 0; i++)
        v[i] /= sqrt(length);
    v[0] -= length > 0;
    length = 0;
    for (int32_t i = 0; i < n; i++)
        length += v[i] * v[i];
    for (int32_t i = 0; i < n; i++)
        v[i] = length > 1e-16 ? v[i] / sqrt(length) : 0;
}

/* Where the way out of basin k leads: its lowest saddle, else the lowest other minimum. */
static const double *find_way_out(const heat_flow_basins *b, int64_t k)
{
    const heat_places *saddles = &b->minima->saddles;
    const double *way = b->minima->minima.x + (k == 0 ? 1 : 0) * b->view->n;
    double lowest = (double)INFINITY;

    for (int64_t s = 0; s < saddles->count; s++)
        if ((saddles->ends[s][0] == k) != (saddles->ends[s][1] == k) && saddles->energy[s] < lowest) {
            lowest = saddles->energy[s];
            way = saddles->x + s * b->view->n;
        }
    return way;
}

heat_status heat_orbits_open(heat_context *ctx, const heat_flow_basins *b, heat_orbits *o)
{
    const int32_t n = b->view->n;
    heat_status status = heat_alloc(ctx, b->count * n, sizeof *o->mirror, &o->mirror);

    o->basins = b;
    if (status == HEAT_OK)
        status = heat_alloc(ctx, b->count, sizeof *o->log_det, &o->log_det);
    for (int64_t k = 0; k < b->count && status == HEAT_OK && b->count > 1; k++) {
        if (!b->is_curved[k])
            continue;
        unfold(b, k, find_way_out(b, k), o->mirror + k * n);
        make_mirror(n, o->mirror + k * n);
        o->log_det[k] = heat_flow_basins_log_det(b, k) / 2;
    }
    return status;
}

void heat_orbits_close(heat_orbits *o)
{
    heat_free(o->mirror);
    heat_free(o->log_det);
    *o = (heat_orbits){.basins = NULL};
}

/* --- draws --- */

heat_status heat_orbit_draws_open(heat_context *ctx, const heat_orbits *orbits, heat_flow *flow, int64_t most,
                                  heat_orbit_draws *d)
{
    const int64_t n = orbits->basins->view->n, images = most * HEAT_ORBIT_BASINS;
    heat_status status = heat_alloc(ctx, most, sizeof *d->orbit, &d->orbit);

    d->orbits = orbits;
    d->flow = flow;
    d->most = most;
    if (status == HEAT_OK)
        status = heat_alloc(ctx, images * n, sizeof *d->images, &d->images);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, images, sizeof *d->energies, &d->energies);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, images, sizeof *d->basin, &d->basin);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, images, sizeof *d->place, &d->place);
    return status == HEAT_OK ? heat_alloc(ctx, 2 * n, sizeof *d->z, &d->z) : status;
}

void heat_orbit_draws_close(heat_orbit_draws *d)
{
    heat_free(d->orbit);
    heat_free(d->images);
    heat_free(d->energies);
    heat_free(d->basin);
    heat_free(d->place);
    heat_free(d->z);
    *d = (heat_orbit_draws){.orbits = NULL};
}

/* Sets up one orbit, its own point alone, and lists the images that it may have. */
static void begin_orbit(heat_orbit_draws *d, int64_t draw, const double *point, int32_t basin, double energy)
{
    const heat_flow_basins *b = d->orbits->basins;
    const int32_t n = b->view->n;
    heat_orbit *orbit = &d->orbit[draw];
    double *z = d->z, *turned = d->z + n;

    *orbit = (heat_orbit){.first = basin < 0 ? 0 : basin / HEAT_ORBIT_BASINS * HEAT_ORBIT_BASINS};
    if (basin < 0)
        return;
    orbit->count =
        (int32_t)(b->count - orbit->first < HEAT_ORBIT_BASINS ? b->count - orbit->first : HEAT_ORBIT_BASINS);
    orbit->energy[basin - orbit->first] = energy;
    orbit->share[basin - orbit->first] = 1;
    if (!b->is_curved[basin])
        return;
    unfold(b, basin, point, z);
    reflect(n, d->orbits->mirror + basin * n, z);
    for (int32_t k = 0; k < orbit->count; k++) {
        const int64_t other = orbit->first + k;
        if (other == basin || !b->is_curved[other])
            continue;
        memcpy(turned, z, (size_t)n * sizeof *z);
        reflect(n, d->orbits->mirror + other * n, turned);
        heat_flow_basins_place(b, other, 1, turned, d->images + d->n_images * n);
        d->place[d->n_images++] = draw * HEAT_ORBIT_BASINS + k;
    }
}

/* Energies of all images; infinite where there is none. */
static heat_status evaluate(heat_context *ctx, heat_orbit_draws *d)
{
    const heat_smooth *v = d->orbits->basins->view;
    const heat_error_text before = ctx->error;
    heat_status status = heat_smooth_evaluate_rows(ctx, v, d->n_images, d->images, d->energies, NULL);

    if (status != HEAT_ERROR_CALLBACK)
        return status;
    status = HEAT_OK;
    for (int64_t i = 0; i < d->n_images && status == HEAT_OK; i++) {
        status = heat_smooth_evaluate_rows(ctx, v, 1, d->images + i * v->n, &d->energies[i], NULL);
        if (status == HEAT_ERROR_CALLBACK) {
            d->energies[i] = (double)INFINITY;
            status = HEAT_OK;
        }
    }
    ctx->error = before;
    return status;
}

/* Leaves those images out whose share is nothing, and gives the others theirs, relative to the draw's. */
static void weigh(heat_orbit_draws *d, const int32_t *basin, const double *energy, const double *beta)
{
    const int32_t n = d->orbits->basins->view->n;
    const double *log_det = d->orbits->log_det;
    int64_t kept = 0;

    for (int64_t i = 0; i < d->n_images; i++) {
        const int64_t draw = d->place[i] / HEAT_ORBIT_BASINS, k = d->place[i] % HEAT_ORBIT_BASINS;
        heat_orbit *orbit = &d->orbit[draw];
        double weight =
            beta[draw] * (energy[draw] - d->energies[i]) + log_det[basin[draw]] - log_det[orbit->first + k];
        if (!(weight > negligible))
            continue;
        orbit->energy[k] = d->energies[i];
        orbit->share[k] = exp(weight);
        memmove(d->images + kept * n, d->images + i * n, (size_t)n * sizeof *d->images);
        d->place[kept++] = d->place[i];
    }
    d->n_images = kept;
}

heat_status heat_orbit_draws_share(heat_context *ctx, heat_orbit_draws *d, int64_t count,
                                   const double *points, const int32_t *basin, const double *energy,
                                   const double *beta)
{
    heat_status status;

    d->n_images = 0;
    for (int64_t draw = 0; draw < count; draw++)
        begin_orbit(d, draw, points + draw * d->orbits->basins->view->n, basin[draw], energy[draw]);
    status = evaluate(ctx, d);
    if (status != HEAT_OK)
        return status;
    weigh(d, basin, energy, beta);
    status = heat_flow_locate(ctx, d->flow, d->n_images, d->images, d->basin);
    for (int64_t i = 0; i < d->n_images; i++) {
        heat_orbit *orbit = &d->orbit[d->place[i] / HEAT_ORBIT_BASINS];
        int64_t k = d->place[i] % HEAT_ORBIT_BASINS;
        if (d->basin[i] != orbit->first + k)
            orbit->share[k] = 0;
    }
    for (int64_t draw = 0; draw < count; draw++) {
        heat_orbit *orbit = &d->orbit[draw];
        double sum = 0;
        for (int32_t k = 0; k < orbit->count; k++)
            sum += orbit->share[k];
        for (int32_t k = 0; k < orbit->count; k++)
            orbit->share[k] /= sum;
    }
    return status;
}

/* Random RBMs, and their energy straight from the definition. */
#include "unit_instance.h"
#include "random/stream.h"
#include "support.h"

const heat_layer kinds[N_KINDS] = {HEAT_LAYER_BINARY, HEAT_LAYER_SPIN, HEAT_LAYER_POTTS, HEAT_LAYER_GAUSSIAN,
                                   HEAT_LAYER_RELU};

static void fill(heat_stream *stream, int n, double size, double *to)
{
    for (int k = 0; k < n; k++)
        to[k] = size * heat_stream_normal(stream);
}

void make(instance *s, heat_layer visible, heat_layer hidden, double size)
{
    heat_stream stream;
    int v = visible == HEAT_LAYER_POTTS ? V * Q_VISIBLE : V,
        h = hidden == HEAT_LAYER_POTTS ? H * Q_HIDDEN : H;

    heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, (uint64_t)(8 * visible + hidden));
    heat_rbm_init(&s->rbm);
    fill(&stream, v * h, size, s->weights);
    fill(&stream, v, size, s->visible_bias);
    fill(&stream, h, size, s->hidden_bias);
    for (int i = 0; i < V; i++)
        s->visible_precision[i] = 1 + heat_stream_uniform(&stream);
    for (int j = 0; j < H; j++)
        s->hidden_precision[j] = 1 + heat_stream_uniform(&stream);
    s->rbm.n_visible = V;
    s->rbm.n_hidden = H;
    s->rbm.visible = visible;
    s->rbm.hidden = hidden;
    s->rbm.visible_states = Q_VISIBLE;
    s->rbm.hidden_states = Q_HIDDEN;
    s->rbm.weights = s->weights;
    s->rbm.visible_bias = s->visible_bias;
    s->rbm.hidden_bias = s->hidden_bias;
    s->rbm.visible_precision = s->visible_precision;
    s->rbm.hidden_precision = s->hidden_precision;
    s->rbm.offset = 0.375;
}

bool is_real(heat_layer layer)
{
    return layer == HEAT_LAYER_GAUSSIAN || layer == HEAT_LAYER_RELU;
}

double energy_of(const heat_rbm *r, const double *v, const double *h)
{
    int qv = r->visible == HEAT_LAYER_POTTS ? Q_VISIBLE : 1,
        qh = r->hidden == HEAT_LAYER_POTTS ? Q_HIDDEN : 1;
    double energy = r->offset;

    for (int i = 0; i < V; i++) {
        int a = qv > 1 ? i * qv + (int)v[i] : i;
        double x = qv > 1 ? 1 : v[i];
        for (int j = 0; j < H; j++)
            energy -= x * r->weights[a * H * qh + (qh > 1 ? j * qh + (int)h[j] : j)] * (qh > 1 ? 1 : h[j]);
        energy -= is_real(r->visible) ? -r->visible_precision[i] * (v[i] - r->visible_bias[i]) *
                                            (v[i] - r->visible_bias[i]) / 2
                                      : r->visible_bias[a] * x;
    }
    for (int j = 0; j < H; j++) {
        int b = qh > 1 ? j * qh + (int)h[j] : j;
        energy -= is_real(r->hidden)
                      ? -r->hidden_precision[j] * (h[j] - r->hidden_bias[j]) * (h[j] - r->hidden_bias[j]) / 2
                      : r->hidden_bias[b] * (qh > 1 ? 1 : h[j]);
    }
    return energy;
}

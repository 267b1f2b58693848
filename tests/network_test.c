// Tangled from chapters/8-trainer.md [645f61f4c00e]: edit there, or here and make stitch
#define main trainer_main
#include "../src/mnist.c"
#undef main
#include <stddef.h>
#ifndef LANES
#include "check.h"

// The worse of two errors
static double worse(double error, double other)
{
    return isnan(error) || error >= other ? error : other;
}

#ifdef COMPLEX
// Backward with one call replaced
enum call {   // in their order
    LOSS, DENSE2_DA, DENSE2_DW, DENSE2_DB, RELU4, DENSE1_DA, DENSE1_DW, DENSE1_DB,
    POOL, RELU2, CONV2_DA, CONV2_DW, CONV2_DB, RELU1, CONV1_DW, CONV1_DB, CALLS
};
static enum call passed, replaced;
static void (*instead)(void);

#define TURNSTILE(layer, ...) (passed++ == replaced ? instead() : layer(__VA_ARGS__))
#define softmax_cross_entropy_dz(...) TURNSTILE(softmax_cross_entropy_dz, __VA_ARGS__)
#define fully_connected_da(...) TURNSTILE(fully_connected_da, __VA_ARGS__)
#define fully_connected_dw(...) TURNSTILE(fully_connected_dw, __VA_ARGS__)
#define fully_connected_db(...) TURNSTILE(fully_connected_db, __VA_ARGS__)
#define relu_backward(...) TURNSTILE(relu_backward, __VA_ARGS__)
#define max_pooling_backward(...) TURNSTILE(max_pooling_backward, __VA_ARGS__)
#define convolution_da(...) TURNSTILE(convolution_da, __VA_ARGS__)
#define convolution_dw(...) TURNSTILE(convolution_dw, __VA_ARGS__)
#define convolution_db(...) TURNSTILE(convolution_db, __VA_ARGS__)
#define network_backward backward_with_one_replaced
// Network, backward
__attribute__((flatten))
static void network_backward(const struct parameters *p, struct group *g,
                             struct parameters *gradient)
{
    softmax_cross_entropy_dz(10, g->y, g->a5, g->dz5);
    fully_connected_da(dense2, p->w4, g->dz5, g->da4);
    fully_connected_dw(dense2, g->a4, g->dz5, gradient->w4);
    fully_connected_db(dense2, g->dz5, gradient->b4);
    relu_backward(128, g->a4, g->da4, g->da4);
    fully_connected_da(dense1, p->w3, g->da4, (real *)g->da3);
    fully_connected_dw(dense1, (real *)g->a3, g->da4, gradient->w3);
    fully_connected_db(dense1, g->da4, gradient->b3);
    max_pooling_backward(pool, g->a2, g->a3, g->da3, g->da2);
    relu_backward(FILTERS * 20 * 20, (real *)g->a2, (real *)g->da2, (real *)g->da2);
    convolution_da(conv2, p->w2, g->da2, g->da1);
    convolution_dw(conv2, g->a1, g->da2, gradient->w2);
    convolution_db(conv2, g->da2, gradient->b2);
    relu_backward(FILTERS * 24 * 24, (real *)g->a1, (real *)g->da1, (real *)g->da1);
    convolution_dw(conv1, g->a0, g->da1, gradient->w1);
    convolution_db(conv1, g->da1, gradient->b1);
}
#undef softmax_cross_entropy_dz
#undef fully_connected_da
#undef fully_connected_dw
#undef fully_connected_db
#undef relu_backward
#undef max_pooling_backward
#undef convolution_da
#undef convolution_dw
#undef convolution_db
#undef network_backward
#else
// Load
static void load_parameters(const char *path, struct parameters *p, struct scale *scale)
{
    enum { MOST = 100 << 20 };   // bytes: the format allows for long headers
    struct bytes file = read_file(path, MOST, "; 'make train' makes a file of parameters");
    float *number = allocate(NUMBERS, sizeof *number);
    if (!parse_tensors(file, TENSORS, tensors, number))
        give_up("%s: %s", path, complaint);
    for (int i = 0; i < PARAMETERS; i++)
        ((weight *)p)[i] = number[i];
    *scale = (struct scale){number[PARAMETERS], number[PARAMETERS + 1]};
    if (scale->deviation <= 0)
        give_up("%s: the input's deviation is %g, expected more than 0", path, scale->deviation);
    free(number), free(file.at);
}
#endif
#endif

// A network to check
static struct random draws;
static struct parameters *p, *gradient;
static struct group *g;
static weight value[256];

static void draw_parameters(void)
{
    initialise(p, &draws);
    he_initialise(&draws, 200, 8, p->b1);
    he_initialise(&draws, 200, 8, p->b2);
    he_initialise(&draws, 200, 128, p->b3);
    he_initialise(&draws, 200, 10, p->b4);
    for (int i = 0; i < PARAMETERS; i++)
        ((weight *)p)[i] = (float)creal(((weight *)p)[i]);
}

static void begin_network(void)
{
    program = "network";
    draws.state = getenv("SEED") ? strtoull(getenv("SEED"), NULL, 10) : 0;
    p = allocate(1, sizeof *p);
    gradient = allocate(1, sizeof *gradient);
    g = allocate(1, sizeof *g);
    standard_values(&(struct scale){33, 79}, value);   // about MNIST's
    for (int byte = 0; byte < 256; byte++)
        value[byte] = (float)creal(value[byte]);
    draw_parameters();
}

static void end_network(void)
{
    free(p), free(gradient), free(g);
}

// Forward with samples order[0..count). What was there before becomes NaN, so nothing is stale.
static void forward(const struct data *d, int count, const int order[count])
{
    memset(g, 0xff, sizeof *g);
    memset(gradient, 0xff, sizeof *gradient);
    fill(g, d, count, order, value);
    network_forward(p, g);
}

// Some digits of a folder
static struct data some_digits(const char *folder, int count)
{
    static struct data all;
    all = load(folder ? folder : "build/drawn", "train");
    if (all.count < count)
        give_up("%s: holds %d pictures, expected at least %d", folder, all.count, count);
    int first = random_below(&draws, all.count - count + 1);
    return (struct data){count, all.picture + first, all.label + first};
}

#ifndef LANES
// Another label
static void forward_unsure(struct data *d, int k)
{
    forward(d, 1, &k);
    d->label[k] = (unsigned char)((answer(g, 0) + 1) % 10);
    forward(d, 1, &k);
}
#endif

#ifdef COMPLEX
// The network by its definition
static double first(int c, int x, int y)   // (7), (20)
{
    double z = creal(p->b1[c]);
    for (int x_ = 0; x_ < 5; x_++)
        for (int y_ = 0; y_ < 5; y_++)
            z += creal(p->w1[c][0][x_][y_]) * creal(g->a0[0][x + x_][y + y_]);
    return z > 0 ? z : 0;
}

static double second(int c, int x, int y)   // (7), (20)
{
    double z = creal(p->b2[c]);
    for (int c_ = 0; c_ < 8; c_++)
        for (int x_ = 0; x_ < 5; x_++)
            for (int y_ = 0; y_ < 5; y_++)
                z += creal(p->w2[c][c_][x_][y_]) * first(c_, x + x_, y + y_);
    return z > 0 ? z : 0;
}

static double third(int c, int x, int y)   // (18)
{
    double upper = fmax(second(c, 2 * x, 2 * y), second(c, 2 * x, 2 * y + 1));
    return fmax(upper, fmax(second(c, 2 * x + 1, 2 * y), second(c, 2 * x + 1, 2 * y + 1)));
}

static double loss_by_definition(double z5[10])   // (1), (20), (22), (24)
{
    double a3[800], a4[128], s = 0, loss = 0;
    for (int i = 0; i < 800; i++)
        a3[i] = third(i / 100, i / 10 % 10, i % 10);   // (G3)
    for (int c = 0; c < 128; c++) {
        double z = creal(p->b3[c]);
        for (int c_ = 0; c_ < 800; c_++)
            z += creal(p->w3[c][c_]) * a3[c_];
        a4[c] = z > 0 ? z : 0;
    }
    for (int c = 0; c < 10; c++) {
        z5[c] = creal(p->b4[c]);
        for (int c_ = 0; c_ < 128; c_++)
            z5[c] += creal(p->w4[c][c_]) * a4[c_];
        s += exp(z5[c]);
    }
    for (int c = 0; c < 10; c++)
        loss -= creal(g->y[c]) * log(exp(z5[c]) / s);
    return loss;
}

static double error_of_forward(void)   // of the largest z5
{
    double z5[10], scale = 0, error = fabs(loss_by_definition(z5) - creal(g->loss));
    for (int c = 0; c < 10; c++) {
        error = worse(error, fabs(z5[c] - creal(g->z5[c])));
        scale = fmax(scale, fabs(z5[c]));
    }
    return error / scale;
}

// Along random directions
enum { DIRECTIONS = 20 };
static double u[DIRECTIONS][PARAMETERS];   // directions
static double along[DIRECTIONS];           // the loss's slopes along them

static void measure_directions(void)
{
    weight *theta = (weight *)p;
    for (int d = 0; d < DIRECTIONS; d++) {
        for (int i = 0; i < PARAMETERS; i++) {
            u[d][i] = 2 * random_uniform(&draws) - 1;
            theta[i] += TINY * u[d][i] * _Complex_I;
        }
        network_forward(p, g);
        along[d] = cimag(g->loss) / TINY;
        for (int i = 0; i < PARAMETERS; i++)
            theta[i] = creal(theta[i]);
    }
}

static double error_along_directions(void)   // of the gradient; the worst direction's
{
    double error = 0;
    for (int d = 0; d < DIRECTIONS; d++) {
        double product = 0, scale = 0;
        for (int i = 0; i < PARAMETERS; i++) {
            double term = creal(((weight *)gradient)[i]) * u[d][i];
            product += term;
            scale += fabs(term);
        }
        error = worse(error, fabs(along[d] - product) / scale);
    }
    return error;
}

// Every parameter alone
struct entries { int looked_at, dead, place; double worst, most, measured; };   // worst: error

static double complex_slope(weight *theta)
{
    weight before = *theta;
    *theta += TINY * _Complex_I;
    network_forward(p, g);
    *theta = before;
    return cimag(g->loss) / TINY;
}

static struct entries compare_entries(int count, weight theta[count], const weight slope[count])
{
    struct entries e = {.looked_at = count > 100 && !asked("WHOLE") ? 100 : count};
    for (int k = 0; k < e.looked_at; k++) {
        int i = (int)((long)k * count / e.looked_at) + random_below(&draws, count / e.looked_at);
        double measured = complex_slope(theta + i), gap = fabs(measured - creal(slope[i]));
        e.dead += measured == 0 && slope[i] == 0;
        e.most = fmax(e.most, fmax(fabs(measured), fabs(creal(slope[i]))));
        if (gap > e.worst || isnan(gap))
            e.worst = gap, e.place = i, e.measured = measured;
    }
    return e;
}

static int entries_pass(const struct entries *e)
{
    return e->worst <= 1e-12 * e->most && e->most > 0;
}

static void check_entries(const struct tensor *t, weight *theta, const weight *slope)
{
    struct shape s = shape(t);
    struct entries e = compare_entries(s.count, theta, slope);
    result(entries_pass(&e), "      %-2s [%s]: %d of %d slopes, %d dead, off by %.0e of the most",
           t->name, s.text, e.looked_at, s.count, e.dead, e.worst / e.most);
    if (!entries_pass(&e))
        say("      worst at number %d: %.10g, measured %.10g\n", e.place, creal(slope[e.place]),
            e.measured);
}

// wrong: the network's wiring
static void nothing_instead(void) {}

static void loss_without_softmax(void)   // (25) alone, without (23)
{
    for (int c = 0; c < 10; c++)
        g->dz5[c] = -g->y[c] / g->a5[c];
}

static void loss_without_labels(void) { memcpy(g->dz5, g->a5, sizeof g->dz5); }
static void mask_of_slope(void) { relu_backward(128, g->da4, g->da4, g->da4); }

static void pooling_to_all(void)
{
    for (int i = 0; i < 8 * 20 * 20; i++)
        ((real *)g->da2)[i] = g->da3[i / 400][i % 400 / 40][i % 20 / 2];
}

static void slope_of_w2_with_a2(void)
{
    static real a2[8][24][24];   // as many numbers as a1; the rest zero
    memcpy(a2, g->a2, sizeof g->a2);
    convolution_dw(conv2, a2, g->da2, gradient->w2);
}

static void biases_exchanged(void)
{
    convolution_db(conv2, g->da2, gradient->b1);
    convolution_db(conv1, g->da1, gradient->b2);
}

static const struct wiring {
    const char *name;
    enum call replaced;
    void (*instead)(void);
} wirings[] = {
    {"the loss's slope left out", LOSS, nothing_instead},
    {"the slope of (25) taken for the softmax's", LOSS, loss_without_softmax},
    {"the labels forgotten", LOSS, loss_without_labels},
    {"a4's slope left out", DENSE2_DA, nothing_instead},
    {"w4's slope left out", DENSE2_DW, nothing_instead},
    {"b4's slope left out", DENSE2_DB, nothing_instead},
    {"a4's ReLU left out", RELU4, nothing_instead},
    {"ReLU decides by the slope, not by the value", RELU4, mask_of_slope},
    {"a3's slope left out", DENSE1_DA, nothing_instead},
    {"w3's slope left out", DENSE1_DW, nothing_instead},
    {"b3's slope left out", DENSE1_DB, nothing_instead},
    {"the pooling's slope left out", POOL, nothing_instead},
    {"the pooling's slope to the whole window", POOL, pooling_to_all},
    {"a2's ReLU left out", RELU2, nothing_instead},
    {"a1's slope left out", CONV2_DA, nothing_instead},
    {"w2's slope left out", CONV2_DW, nothing_instead},
    {"w2's slope with a2 for a1", CONV2_DW, slope_of_w2_with_a2},
    {"b2's slope left out", CONV2_DB, nothing_instead},
    {"a1's ReLU left out", RELU1, nothing_instead},
    {"w1's slope left out", CONV1_DW, nothing_instead},
    {"b1's slope left out", CONV1_DB, nothing_instead},
    {"the slopes of b1 and b2 exchanged", CONV1_DB, biases_exchanged},
};

// Reject wrong wirings
static double error_with(const struct data *d, int digit, const struct wiring *w)
{
    forward(d, 1, &digit);
    passed = 0, replaced = w->replaced, instead = w->instead;
    backward_with_one_replaced(p, g, gradient);
    return error_along_directions();
}

static void reject_wirings(const struct data *d, int digit)
{
    double error = error_with(d, digit, &(struct wiring){"none", CALLS, NULL});
    result(error <= 1e-12 && passed == CALLS,
           "      backward through the turnstile, %d calls: off by %.0e", passed, error);
    for (size_t k = 0; k < sizeof wirings / sizeof *wirings; k++) {
        error = error_with(d, digit, &wirings[k]);
        result(!(error <= 1e-12), "      wrong: %s: %s, off by %.0e", wirings[k].name,
               error <= 1e-12 ? "passes" : "rejected", error);
    }
}

static void reject_one_entry(void)
{
    struct entries e = compare_entries(8, p->b2, gradient->b2);
    gradient->b2[5] += 1e-11 * e.most;
    e = compare_entries(8, p->b2, gradient->b2);
    expect(e.place == 5 && !entries_pass(&e) && error_along_directions() <= 1e-12,
           "wrong: one entry of b2's slope, by 1e-11 of the largest: rejected, alone");
}

// Check the network with complex numbers
enum { DIGITS = 5 };

static void check_networks(struct data *d)
{
    double error = 0, error_along = 0;
    for (int k = 0; k < DIGITS; k++) {
        draw_parameters();
        forward_unsure(d, k);
        error = worse(error, error_of_forward());
        network_backward(p, g, gradient);
        measure_directions();
        error_along = worse(error_along, error_along_directions());
    }
    result(error <= 1e-13, "      %d networks, a digit each: the definition's loss, off by %.0e",
           DIGITS, error);
    result(error_along <= 1e-12, "      all %d slopes at once, %d directions each, off by %.0e",
           PARAMETERS, DIRECTIONS, error_along);
}

int main(int count, char **arguments)
{
    begin_network();
    struct data d = some_digits(count > 1 ? arguments[1] : NULL, DIGITS);
    check_networks(&d);
    for (int t = 0, first = 0; t < TENSORS - 1; first += shape(&tensors[t++]).count)
        check_entries(&tensors[t], (weight *)p + first, (weight *)gradient + first);
    reject_one_entry();
    reject_wirings(&d, DIGITS - 1);
    end_network();
    return closing();
}
#else
// The arrays of a group
static const struct member { const char *name; size_t at; int count, additions; } members[] = {
    {"a0", offsetof(struct group, a0), 28 * 28, 0},
    {"y", offsetof(struct group, y), 10, 0},
    {"a1", offsetof(struct group, a1), 8 * 24 * 24, 25},
    {"a2", offsetof(struct group, a2), 8 * 20 * 20, 225},
    {"a3", offsetof(struct group, a3), 8 * 10 * 10, 225},
    {"a4", offsetof(struct group, a4), 128, 1025},
    {"z5", offsetof(struct group, z5), 10, 1153},
    {"a5", offsetof(struct group, a5), 10, 1163},
    {"loss", offsetof(struct group, loss), 1, 1173},
    {"dz5", offsetof(struct group, dz5), 10, 1163},
    {"da4", offsetof(struct group, da4), 128, 1173},
    {"da3", offsetof(struct group, da3), 8 * 10 * 10, 1301},
    {"da2", offsetof(struct group, da2), 8 * 20 * 20, 1301},
    {"da1", offsetof(struct group, da1), 8 * 24 * 24, 1501},
};
enum { FORWARD = 9, MEMBERS = sizeof members / sizeof *members };   // the first nine: forward

// Put pixels at the kink
// In channel c, z becomes zero at the left edge of digit c, as nearly as a float can say it.
static void put_at_kinks(const struct data *d)
{
    for (int c = 0; c < 8; c++) {
        const unsigned char (*picture)[28] = (const void *)d->picture[c % d->count];
        double z = 0;
        int y = 0;
        while (y < 23 && !picture[14][y + 4])
            y++;
        for (int x_ = 0; x_ < 5; x_++)
            for (int y_ = 0; y_ < 5; y_++)
                z += (double)p->w1[c][0][x_][y_] * value[picture[12 + x_][y + y_]];
        p->b1[c] = (float)-z;
    }
}

#ifdef LANES
// Try a remainder of inputs
static void try_remainder(void)   // of one input less than lanes; one neuron more than a tile
{
    enum { C = 9, C_ = 2 * SAMPLES - 1 };
    real input[C_], slope[C];
    weight got[C][C_];
    for (int n = 0; n < SAMPLES; n++) {
        for (int c_ = 0; c_ < C_; c_++)
            *sample(&input[c_], n) = (c_ * 7 + n * 3) % 11 - 5;
        for (int c = 0; c < C; c++)
            *sample(&slope[c], n) = (c * 5 + n * 2) % 7 - 3;
    }
    fully_connected_dw((struct fully_connected){C, C_}, input, slope, got);
    for (int c = 0; c < C; c++)
        for (int c_ = 0; c_ < C_; c_++)
            if (got[c][c_] != total(slope[c] * input[c_]))
                give_up("lanes: dw[%d][%d] of (3) is %g, expected %g", c, c_, got[c][c_],
                        total(slope[c] * input[c_]));
}

// Write down what the lanes compute
static void put_down(size_t size, int count, const void *at)
{
    if (fwrite(at, size, count, stdout) != (size_t)count)
        give_up("cannot write the lanes' numbers: %s", strerror(errno));
}

int main(int count, char **arguments)
{
    begin_network();
    try_remainder();
    struct data d = some_digits(count > 1 ? arguments[1] : NULL, SAMPLES);
    int order[SAMPLES], samples = SAMPLES;
    for (int n = 0; n < SAMPLES; n++)
        order[n] = n;
    put_at_kinks(&d);
    forward(&d, SAMPLES, order);
    network_backward(p, g, gradient);
    put_down(sizeof samples, 1, &samples);
    put_down(sizeof *d.picture, SAMPLES, d.picture);
    put_down(1, SAMPLES, d.label);
    put_down(sizeof(float), PARAMETERS, p);
    put_down(sizeof(float), PARAMETERS, gradient);
    for (int m = 0; m < MEMBERS; m++)
        put_down(sizeof(real), members[m].count, (char *)g + members[m].at);
    end_network();
    return fflush(stdout) != 0;
}
#else
// Read what the lanes have computed
static struct {
    int samples;
    unsigned char picture[64][28][28], label[64];
    double parameters[PARAMETERS], gradient[PARAMETERS];
    struct group *sample;
} lanes;

static double *numbers(const struct group *of, const struct member *m)
{
    return (double *)((const char *)of + m->at);
}

static void take_up(size_t size, void *at)
{
    if (fread(at, size, 1, stdin) != 1)
        give_up("standard input: expected all that 'build/network_lanes' writes");
}

static double take_number(void)
{
    float number;
    take_up(sizeof number, &number);
    return number;
}

static void read_lanes(void)
{
    take_up(sizeof lanes.samples, &lanes.samples);
    if (lanes.samples < 2 || lanes.samples > 64)
        give_up("%d lanes, expected 4, 8 or 16", lanes.samples);
    take_up((size_t)lanes.samples * 28 * 28, lanes.picture);
    take_up((size_t)lanes.samples, lanes.label);
    for (int i = 0; i < PARAMETERS; i++)
        lanes.parameters[i] = take_number();
    for (int i = 0; i < PARAMETERS; i++)
        lanes.gradient[i] = take_number();
    lanes.sample = allocate(lanes.samples, sizeof *lanes.sample);
    for (int m = 0; m < MEMBERS; m++)
        for (int i = 0; i < members[m].count; i++)
            for (int n = 0; n < lanes.samples; n++)
                numbers(&lanes.sample[n], &members[m])[i] = take_number();
}

// The same side of every kink
static int other_sides(const struct group *a, const struct group *b)
{
    const double *a1 = (const double *)a->a1, *a2 = (const double *)a->a2;
    const double *b1 = (const double *)b->a1, *b2 = (const double *)b->a2;
    int sides = 0;
    for (int i = 0; i < 8 * 24 * 24; i++)
        sides += (a1[i] > 0) != (b1[i] > 0);
    for (int i = 0; i < 8 * 20 * 20; i++) {
        int c = i / 400, x = i % 400 / 40, y = i % 20 / 2;
        sides += (a2[i] > 0) != (b2[i] > 0);
        sides += (a2[i] == a->a3[c][x][y]) != (b2[i] == b->a3[c][x][y]);
    }
    for (int i = 0; i < 128; i++)
        sides += (a->a4[i] > 0) != (b->a4[i] > 0);
    return sides;
}

static int take_sides(const struct group *lane)
{
    int sides = other_sides(g, lane);
    if (sides) {
        memcpy(g->a1, lane->a1, sizeof g->a1);
        memcpy(g->a2, lane->a2, sizeof g->a2);
        memcpy(g->a3, lane->a3, sizeof g->a3);
        memcpy(g->a4, lane->a4, sizeof g->a4);
    }
    return sides;
}

// Compare lanes with double
static const int additions_of_gradient[] = {2077, 2077, 1701, 1701, 1173, 1173, 1163, 1163};
static struct agreement { double gap, most; } in_group[MEMBERS], in_gradient[TENSORS - 1];
static int kinks;

static void compare_numbers(struct agreement *a, int count, const double x[count],
                            const double y[count])
{
    for (int i = 0; i < count; i++) {
        a->gap = worse(a->gap, fabs(x[i] - y[i]));
        a->most = fmax(a->most, fmax(fabs(x[i]), fabs(y[i])));
    }
}

static double allowed(int additions)
{
    return 2 * FLT_EPSILON * sqrt(additions);
}

static int in_agreement(const struct agreement *a, int additions)
{
    return a->most > 0 && a->gap <= allowed(additions) * a->most;
}

static void compare_members(int first, int end, const struct group *lane)
{
    for (int m = first; m < end; m++)
        compare_numbers(&in_group[m], members[m].count, numbers(g, &members[m]),
                        numbers(lane, &members[m]));
}

// The gradient is the total of so many digits.
static void compare_all(const struct data *d, int totalled)
{
    static double sum[PARAMETERS];
    memset(sum, 0, sizeof sum);
    memset(in_group, 0, sizeof in_group), memset(in_gradient, 0, sizeof in_gradient);
    kinks = 0;
    for (int n = 0; n < lanes.samples; n++) {
        forward(d, 1, &n);
        compare_members(0, FORWARD, &lanes.sample[n]);
        kinks += take_sides(&lanes.sample[n]);
        network_backward(p, g, gradient);
        compare_members(FORWARD, MEMBERS, &lanes.sample[n]);
        for (int i = 0; i < PARAMETERS && n < totalled; i++)
            sum[i] += ((double *)gradient)[i];
    }
    for (int t = 0, first = 0; t < TENSORS - 1; first += shape(&tensors[t++]).count)
        compare_numbers(&in_gradient[t], shape(&tensors[t]).count, sum + first,
                        lanes.gradient + first);
}

static int disagreements(void)
{
    int count = 0;
    for (int m = 0; m < MEMBERS; m++)
        count += !in_agreement(&in_group[m], members[m].additions);
    for (int t = 0; t < TENSORS - 1; t++)
        count += !in_agreement(&in_gradient[t], additions_of_gradient[t]);
    return count;
}

// Report lanes against double
static void report_agreement(const char *of, const char *name, int count, const struct agreement *a,
                             int additions)
{
    char error[80] = "to the last bit";
    if (additions || a->gap != 0)
        snprintf(error, sizeof error, "off by %.0e of the largest, %.0e allowed", a->gap / a->most,
                 allowed(additions));
    result(in_agreement(a, additions), "      %-5s %-4s %6d numbers, %s", of, name, count, error);
}

static void reject(const struct data *d, int totalled, const char *mistake)
{
    compare_all(d, totalled);
    result(disagreements() > 0, "      wrong: %s: %d of %d arrays reject it", mistake,
           disagreements(), MEMBERS + TENSORS - 1);
}

static void reject_wrong_lanes(struct data *d)
{
    reject(d, lanes.samples - 1, "the last lane not in the total");
    unsigned char label = d->label[0];
    d->label[0] = d->label[1];
    reject(d, lanes.samples, "a lane with its neighbour's label");
    d->label[0] = label;
    static struct group first_lane;
    first_lane = lanes.sample[0];
    memmove(&lanes.sample[0], &lanes.sample[1], (lanes.samples - 1) * sizeof first_lane);
    lanes.sample[lanes.samples - 1] = first_lane;
    reject(d, lanes.samples, "all lanes shifted by one");
}

static void check_lanes(void)
{
    read_lanes();
    struct data d = {lanes.samples, lanes.picture, lanes.label};
    put_at_kinks(&d);
    expect(!memcmp(p, lanes.parameters, sizeof *p), "lanes and double begin with equal parameters");
    compare_all(&d, lanes.samples);
    for (int m = 0; m < MEMBERS; m++)
        report_agreement("", members[m].name, members[m].count * lanes.samples, &in_group[m],
                         members[m].additions);
    for (int t = 0; t < TENSORS - 1; t++)
        report_agreement("total", tensors[t].name, shape(&tensors[t]).count, &in_gradient[t],
                         additions_of_gradient[t]);
    say("      %d of %d branches went the other way by rounding\n", kinks,
        lanes.samples * (8 * 24 * 24 + 2 * 8 * 20 * 20 + 128));
    reject_wrong_lanes(&d);
    free(lanes.sample);
}

// Differences of the whole network
// (G15) for one parameter. Both ends of the step take the same branches; NaN at a kink.
static double slope_of_loss(double *theta, struct group *above, struct group *below)
{
    double before = *theta, result = NAN;
    for (double h = 0x1p-15; h > 0x1p-25 && isnan(result); h /= 8) {
        *theta = before + h;
        network_forward(p, above);
        *theta = before - h;
        network_forward(p, below);
        if (!other_sides(above, below))
            result = (above->loss - below->loss) / (2 * h);
    }
    *theta = before;
    return result;
}

static int place_of_largest(int count, const double slope[count])
{
    int place = 0;
    for (int i = 1; i < count; i++)
        if (fabs(slope[i]) > fabs(slope[place]))
            place = i;
    return place;
}

struct sampled { int entries, kinks; double error, most; };

static struct sampled sample_slopes(int count, double *theta, const double slope[count])
{
    static struct group above, below;
    int largest_at = place_of_largest(count, slope);
    struct sampled d = {.most = fabs(slope[largest_at])};
    memcpy(&above, g, sizeof above), memcpy(&below, g, sizeof below);
    for (int k = -1; k < count; k += k < 0 ? 1 : count / 20 + 1) {
        int i = k < 0 ? largest_at : k;   // the largest comes first, and once
        if (k == largest_at)
            continue;
        d.entries++;
        double measured = slope_of_loss(theta + i, &above, &below);
        d.kinks += isnan(measured);
        if (!isnan(measured))
            d.error = worse(d.error, fabs(measured - slope[i]));
    }
    return d;
}

static int agree(const struct sampled *d)
{
    return d->error <= 1e-6 * d->most && d->most > 0 && d->kinks < d->entries / 2 + 1;
}

static void check_differences(const struct tensor *t, double *theta, const double *slope)
{
    struct shape s = shape(t);
    struct sampled d = sample_slopes(s.count, theta, slope);
    result(agree(&d), "      %-3s [%s]: %d of %d entries, %d at a kink, off by %.0e of the largest",
           t->name, s.text, d.entries, s.count, d.kinks, d.error / d.most);
}

// A slope that is compared with itself would pass.
static void reject_slope(void)
{
    gradient->b4[place_of_largest(10, gradient->b4)] *= 1 + 2e-6;
    struct sampled d = sample_slopes(10, p->b4, gradient->b4);
    expect(!agree(&d), "wrong: b4's largest slope, by two millionths: rejected");
}

static void check_pictures(const char *folder)
{
    enum { SHOWN = 3 };
    struct data d = some_digits(folder, SHOWN);
    for (int picture = 0; picture < SHOWN; picture++) {
        say("      picture %d, a %d\n", picture, d.label[picture]);
        forward_unsure(&d, picture);
        network_backward(p, g, gradient);
        for (int t = 0, first = 0; t < TENSORS - 1; first += shape(&tensors[t++]).count)
            check_differences(&tensors[t], (double *)p + first, (double *)gradient + first);
    }
    reject_slope();
}

int main(int count, char **arguments)
{
    begin_network();
    struct scale scale;
    if (count > 2) {
        load_parameters(arguments[2], p, &scale);
        standard_values(&scale, value);
    }
    if (count > 1)
        check_pictures(arguments[1]);
    else
        check_lanes();
    end_network();
    return closing();
}
#endif
#endif

// Tangled from chapters/8-trainer.md [cf4a69b1583c]: edit the chapter, or edit here and run make stitch
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

static void begin(void)
{
    draws.state = getenv("SEED") ? strtoull(getenv("SEED"), NULL, 10) : 0;
    p = allocate(1, sizeof *p), gradient = allocate(1, sizeof *gradient), g = allocate(1, sizeof *g);
    for (int byte = 0; byte < 256; byte++)
        value[byte] = (float)((byte - 33) / 79.0);   // about MNIST's mean and deviation
    draw_parameters();
}

static void end(void)
{
    free(p), free(gradient), free(g);
}

// Forward with samples order[0..count). What was there before becomes NaN, so that nothing stale is taken for a result.
static void forward(const struct data *d, int count, const int order[count])
{
    memset(g, 0xff, sizeof *g);
    memset(gradient, 0xff, sizeof *gradient);
    fill(g, d, count, order, value);
    network_forward(p, g);
}

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
    return fmax(fmax(second(c, 2 * x, 2 * y), second(c, 2 * x, 2 * y + 1)), fmax(second(c, 2 * x + 1, 2 * y), second(c, 2 * x + 1, 2 * y + 1)));
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
static double u[DIRECTIONS][PARAMETERS], along[DIRECTIONS];   // the directions and the loss's slopes along them

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
struct entries { int looked_at, dead, at; double worst, most, measured; };   // worst: the largest error, at number at

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
    struct entries e = {.looked_at = count > 100000 && !asked("WHOLE") ? 1000 : count};
    for (int k = 0; k < e.looked_at; k++) {
        int i = e.looked_at < count ? (int)((long)k * count / e.looked_at) + random_below(&draws, count / e.looked_at) : k;
        double measured = complex_slope(theta + i), gap = fabs(measured - creal(slope[i]));
        e.dead += measured == 0 && slope[i] == 0;
        e.most = fmax(e.most, fmax(fabs(measured), fabs(creal(slope[i]))));
        if (gap > e.worst || isnan(gap))
            e.worst = gap, e.at = i, e.measured = measured;
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
    char line[200];
    snprintf(line, sizeof line, "%-2s [%s]: %d of %d slopes, %d of them dead, off by %.0e of the largest", t->name, s.text, e.looked_at, s.count,
             e.dead, e.worst / e.most);
    expect(entries_pass(&e), line);
    if (!entries_pass(&e))
        say("      worst at number %d: %.10g, measured %.10g\n", e.at, creal(slope[e.at]), e.measured);
}

// Backward in steps
static void loss_dz(void) { softmax_cross_entropy_dz(10, g->y, g->a5, g->dz5); }

static void dense_4(void)
{
    fully_connected_da(10, 128, p->w4, g->dz5, g->da4);
    fully_connected_dw(10, 128, g->a4, g->dz5, gradient->w4);
    fully_connected_db(10, g->dz5, gradient->b4);
}

static void relu_4(void) { relu_backward(128, g->a4, g->da4, g->da4); }

static void dense_3(void)
{
    fully_connected_da(128, 800, p->w3, g->da4, (real *)g->da3);
    fully_connected_dw(128, 800, (real *)g->a3, g->da4, gradient->w3);
    fully_connected_db(128, g->da4, gradient->b3);
}

static void pooling(void) { max_pooling_backward(8, 10, 10, 20, 20, 2, 2, 2, 2, g->a2, g->a3, g->da3, g->da2); }
static void relu_2(void) { relu_backward(8 * 20 * 20, (real *)g->a2, (real *)g->da2, (real *)g->da2); }

static void conv_2(void)
{
    convolution_da(8, 8, 20, 20, 24, 24, 5, 5, 1, 1, 0, 0, p->w2, g->da2, g->da1);
    convolution_dw(8, 8, 20, 20, 24, 24, 5, 5, 1, 1, 0, 0, g->a1, g->da2, g->dw2);
    convolution_db(8, 20, 20, g->da2, g->db2);
}

static void relu_1(void) { relu_backward(8 * 24 * 24, (real *)g->a1, (real *)g->da1, (real *)g->da1); }

static void conv_1(void)
{
    convolution_dw(8, 1, 24, 24, 28, 28, 5, 5, 1, 1, 0, 0, g->a0, g->da1, g->dw1);
    convolution_db(8, 24, 24, g->da1, g->db1);
}

static void sums(void)
{
    totals(200, (real *)g->dw1, (weight *)gradient->w1);
    totals(8, g->db1, gradient->b1);
    totals(1600, (real *)g->dw2, (weight *)gradient->w2);
    totals(8, g->db2, gradient->b2);
}

static operation *const steps[] = {loss_dz, dense_4, relu_4, dense_3, pooling, relu_2, conv_2, relu_1, conv_1, sums};

static void backward_with(operation *right, operation *wrong)
{
    for (size_t k = 0; k < sizeof steps / sizeof *steps; k++)
        (steps[k] == right ? wrong : steps[k])();
}

// wrong: the network's wiring
static void forgotten(void) {}

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

static void conv_2_of_a2(void)
{
    static real a2[8][24][24];   // as many numbers as a1; the rest zero
    conv_2();
    memcpy(a2, g->a2, sizeof g->a2);
    convolution_dw(8, 8, 20, 20, 24, 24, 5, 5, 1, 1, 0, 0, a2, g->da2, g->dw2);
}

static void sums_exchanged(void)
{
    sums();
    totals(8, g->db1, gradient->b2);
    totals(8, g->db2, gradient->b1);
}

static void sums_without_w2(void)
{
    totals(200, (real *)g->dw1, (weight *)gradient->w1);
    totals(8, g->db1, gradient->b1);
    totals(8, g->db2, gradient->b2);
}

static const struct { const char *name; operation *right, *wrong; } wirings[] = {
    {"the loss's slope forgotten", loss_dz, forgotten},
    {"the slope of (25) taken for the softmax's", loss_dz, loss_without_softmax},
    {"the labels forgotten", loss_dz, loss_without_labels},
    {"a4's ReLU forgotten", relu_4, forgotten},
    {"a2's ReLU forgotten", relu_2, forgotten},
    {"a1's ReLU forgotten", relu_1, forgotten},
    {"ReLU decides by the slope, not by the value", relu_4, mask_of_slope},
    {"the pooling's slope to the whole window", pooling, pooling_to_all},
    {"w2's slope with a2 for a1", conv_2, conv_2_of_a2},
    {"the slopes of b1 and b2 exchanged", sums, sums_exchanged},
    {"w2's total not taken", sums, sums_without_w2},
};

// Reject wrong wirings
static double error_with(const struct data *d, int digit, operation *right, operation *wrong)
{
    forward(d, 1, &digit);
    backward_with(right, wrong);
    return error_along_directions();
}

static void reject_wirings(const struct data *d, int digit)
{
    char line[200];
    expect(error_with(d, digit, NULL, NULL) <= 1e-12, "the trainer's backward propagation once more, in steps: passes");
    for (size_t k = 0; k < sizeof wirings / sizeof *wirings; k++) {
        double error = error_with(d, digit, wirings[k].right, wirings[k].wrong);
        snprintf(line, sizeof line, "wrong: %s: %s, off by %.0e", wirings[k].name, error <= 1e-12 ? "passes" : "rejected", error);
        expect(!(error <= 1e-12), line);
    }
}

static void reject_one_entry(void)
{
    struct entries e = compare_entries(8, p->b2, gradient->b2);
    gradient->b2[5] += 1e-11 * e.most;
    e = compare_entries(8, p->b2, gradient->b2);
    expect(e.at == 5 && !entries_pass(&e) && error_along_directions() <= 1e-12,
           "wrong: one entry of b2's slope, by 1e-11 of the largest: rejected, alone");
}

// Check the network with complex numbers
enum { DIGITS = 10 };

static void check_ten_networks(struct data *d)
{
    char line[200];
    double error = 0, error_along = 0;
    for (int k = 0; k < DIGITS; k++) {
        draw_parameters();
        forward(d, 1, &k);
        d->label[k] = (unsigned char)((answer(g, 0) + 1) % 10);
        forward(d, 1, &k);
        error = worse(error, error_of_forward());
        network_backward(p, g, gradient);
        measure_directions();
        error_along = worse(error_along, error_along_directions());
    }
    snprintf(line, sizeof line, "%d networks, a digit each: the loss is the definition's, off by %.0e", DIGITS, error);
    expect(error <= 1e-13, line);
    snprintf(line, sizeof line, "all %d slopes at once, along %d directions for each of them, off by %.0e", PARAMETERS, DIRECTIONS, error_along);
    expect(error_along <= 1e-12, line);
}

int main(void)
{
    begin();
    struct data d = drawn_digits(random_bits(&draws), DIGITS);
    check_ten_networks(&d);
    for (int t = 0, at = 0; t < TENSORS - 1; at += shape(&tensors[t++]).count)
        check_entries(&tensors[t], (weight *)p + at, (weight *)gradient + at);
    reject_one_entry();
    reject_wirings(&d, DIGITS - 1);
    drop(&d), end();
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
    {"dw2", offsetof(struct group, dw2), 8 * 8 * 5 * 5, 1701},
    {"db2", offsetof(struct group, db2), 8, 1701},
    {"dw1", offsetof(struct group, dw1), 8 * 5 * 5, 2077},
    {"db1", offsetof(struct group, db1), 8, 2077},
};
enum { FORWARD = 9, MEMBERS = sizeof members / sizeof *members };   // the first nine are known after forward propagation

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
// Write down what the lanes compute
static void put_down(size_t size, int count, const void *at)
{
    if (fwrite(at, size, count, stdout) != (size_t)count)
        give_up("cannot write the lanes' numbers: %s", strerror(errno));
}

int main(void)
{
    begin();
    struct data d = drawn_digits(random_bits(&draws), SAMPLES);
    int order[SAMPLES], samples = SAMPLES;
    for (int n = 0; n < SAMPLES; n++)
        order[n] = n;
    put_at_kinks(&d);
    forward(&d, SAMPLES, order);
    network_backward(p, g, gradient);
    put_down(sizeof samples, 1, &samples);
    put_down(sizeof(float), PARAMETERS, p);
    put_down(sizeof(float), PARAMETERS, gradient);
    for (int m = 0; m < MEMBERS; m++)
        put_down(sizeof(real), members[m].count, (char *)g + members[m].at);
    drop(&d), end();
    return fflush(stdout) != 0;
}
#else
// Read what the lanes have computed
static struct { int samples; double parameters[PARAMETERS], gradient[PARAMETERS]; struct group *sample; } lanes;

static double *numbers(struct group *of, const struct member *m)
{
    return (double *)((char *)of + m->at);
}

static void take_up(size_t size, void *at)
{
    if (fread(at, size, 1, stdin) != 1)
        give_up("the lanes' numbers end early; they come from 'build/network_lanes | build/network_double'");
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
    const double *a1 = (const double *)a->a1, *b1 = (const double *)b->a1, *a2 = (const double *)a->a2, *b2 = (const double *)b->a2;
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
static const int additions_of_gradient[TENSORS - 1] = {2077, 2077, 1701, 1701, 1173, 1173, 1163, 1163};   // w1, b1, ...
static struct agreement { double gap, most; } in_group[MEMBERS], in_gradient[TENSORS - 1];
static int kinks;

static void compare_numbers(struct agreement *a, int count, const double x[count], const double y[count])
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

static int agrees(const struct agreement *a, int additions)
{
    return a->most > 0 && a->gap <= allowed(additions) * a->most;
}

static void compare_all(const struct data *d, int totalled)   // the gradient is the total of so many digits
{
    static double sum[PARAMETERS];
    memset(sum, 0, sizeof sum), memset(in_group, 0, sizeof in_group), memset(in_gradient, 0, sizeof in_gradient);
    kinks = 0;
    for (int n = 0; n < lanes.samples; n++) {
        forward(d, 1, &n);
        for (int m = 0; m < FORWARD; m++)
            compare_numbers(&in_group[m], members[m].count, numbers(g, &members[m]), numbers(&lanes.sample[n], &members[m]));
        kinks += take_sides(&lanes.sample[n]);
        network_backward(p, g, gradient);
        for (int m = FORWARD; m < MEMBERS; m++)
            compare_numbers(&in_group[m], members[m].count, numbers(g, &members[m]), numbers(&lanes.sample[n], &members[m]));
        for (int i = 0; i < PARAMETERS && n < totalled; i++)
            sum[i] += ((double *)gradient)[i];
    }
    for (int t = 0, at = 0; t < TENSORS - 1; at += shape(&tensors[t++]).count)
        compare_numbers(&in_gradient[t], shape(&tensors[t]).count, sum + at, lanes.gradient + at);
}

static int disagreements(void)
{
    int count = 0;
    for (int m = 0; m < MEMBERS; m++)
        count += !agrees(&in_group[m], members[m].additions);
    for (int t = 0; t < TENSORS - 1; t++)
        count += !agrees(&in_gradient[t], additions_of_gradient[t]);
    return count;
}

// Report lanes against double
static void report(const char *of, const char *name, int count, const struct agreement *a, int additions)
{
    char line[200], error[80] = "to the last bit";
    if (additions || a->gap != 0)
        snprintf(error, sizeof error, "off by %.0e of the largest, %.0e allowed", a->gap / a->most, allowed(additions));
    snprintf(line, sizeof line, "%-5s %-4s %6d numbers, %s", of, name, count, error);
    expect(agrees(a, additions), line);
}

static void reject(const struct data *d, int totalled, const char *mistake)
{
    char line[200];
    compare_all(d, totalled);
    snprintf(line, sizeof line, "wrong: %s: %d of %d arrays reject it", mistake, disagreements(), MEMBERS + TENSORS - 1);
    expect(disagreements() > 0, line);
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

int main(void)
{
    read_lanes();
    begin();
    struct data d = drawn_digits(random_bits(&draws), lanes.samples);
    put_at_kinks(&d);
    expect(!memcmp(p, lanes.parameters, sizeof *p), "lanes and double begin with the same parameters");
    compare_all(&d, lanes.samples);
    for (int m = 0; m < MEMBERS; m++)
        report("", members[m].name, members[m].count * lanes.samples, &in_group[m], members[m].additions);
    for (int t = 0; t < TENSORS - 1; t++)
        report("total", tensors[t].name, shape(&tensors[t]).count, &in_gradient[t], additions_of_gradient[t]);
    say("      %d of %d branches went the other way by rounding\n", kinks, lanes.samples * (8 * 24 * 24 + 2 * 8 * 20 * 20 + 128));
    reject_wrong_lanes(&d);
    drop(&d), free(lanes.sample), end();
    return closing();
}
#endif
#endif

// Tangled from chapters/8-trainer.md [8b9f7be2cea6]: edit there, or here and make stitch
//
// A convolutional network that learns to read handwritten digits: all of the book's layers.
//
//     cc -std=gnu11 -O3 -march=native -fno-math-errno -Wno-psabi mnist.c -o mnist -pthread -lm
//
// and './mnist --data DIR' trains it on the idx files in DIR. Beside it stand program.h, for
// errors, options and files, safetensors.h, for the file of parameters, and fast.c, the fast sums,
// which -DPLAIN does without. (A single file of them all: make build/one.c.) A number is a row of
// sixteen samples (eight with AVX, four elsewhere); with -DDOUBLE it is one double, with -DCOMPLEX
// one complex number.

#define _GNU_SOURCE
// How many lanes
#if defined DOUBLE || defined COMPLEX
#elif defined __AVX512F__
#define LANES 16
#elif defined __AVX__
#define LANES 8
#else
#define LANES 4
#endif

#include "program.h"
#include "safetensors.h"
#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <tgmath.h>
#include <time.h>

// Options
static struct {
    const char *data, *save;
    double batch, epochs, limit, rate, seed, threads;
} chosen = {"data", "mnist.safetensors", 32, 2, INT_MAX, 0.003, 1, 1};

// A team of threads
struct team { int threads; void *subject; atomic_int waiting; atomic_uint meetings; };
struct worker { struct team *team; int number; pthread_t thread; };   // number: 0, 1, ...

// Returns when every thread of the team has called it.
static void meet(struct team *t)
{
    enum { LOOKS = 100000 };
    unsigned meetings = atomic_load(&t->meetings);
    if (atomic_fetch_add(&t->waiting, 1) == t->threads - 1) {   // the last one opens the door
        atomic_store(&t->waiting, 0);
        atomic_fetch_add(&t->meetings, 1);
    }
    for (int looks = 0; atomic_load(&t->meetings) == meetings; looks++)
        if (looks >= LOOKS)
            sched_yield();
}

// Together
// Each of so many threads does the job, the caller as number 0. Returns when all are done.
static void together(int threads, void *(*job)(void *worker), void *subject)
{
    struct team team = {.threads = threads, .subject = subject};
    struct worker *worker = allocate(threads, sizeof *worker);
    for (int i = 0; i < threads; i++)
        worker[i] = (struct worker){.team = &team, .number = i};
    for (int i = 1; i < threads; i++)
        if (pthread_create(&worker[i].thread, NULL, job, &worker[i]))
            give_up("cannot start thread %d; try fewer --threads", i);
    job(&worker[0]);
    for (int i = 1; i < threads; i++)
        pthread_join(worker[i].thread, NULL);
    free(worker);
}

// What a number is
#if defined COMPLEX
typedef double _Complex weight, real;
enum { SAMPLES = 1 };
#elif defined LANES
typedef float weight;
typedef float real __attribute__((vector_size(4 * LANES)));
enum { SAMPLES = LANES };
#else
typedef double weight, real;
enum { SAMPLES = 1 };
#endif

// The same for every sample
static inline real same(weight w)
{
    return w + (real){0};
}

// One sample of a number
static inline weight *sample(real *a, int n)
{
    return (weight *)a + n;
}

// The total over samples
static inline weight total(real a)
{
    weight sum = 0;
    for (int n = 0; n < SAMPLES; n++)
        sum += *sample(&a, n);
    return sum;
}

// The larger of two
static inline real real_max(real a, real b)
{
#ifdef LANES
    typedef int mask __attribute__((vector_size(4 * LANES)));
    mask first = (a > b) | (a != a);
    return (real)((first & (mask)a) | (~first & (mask)b));
#else
    return creal(a) > creal(b) || creal(a) != creal(a) ? a : b;
#endif
}

// One where positive
static inline real positive(real a)
{
#ifdef LANES
    return -__builtin_convertvector(a > 0, real);
#else
    return creal(a) > 0;
#endif
}

// One where equal
static inline real equal(real a, real b)
{
#ifdef LANES
    return -__builtin_convertvector(a == b, real);
#else
    return creal(a) == creal(b);
#endif
}

// Exponential
static inline real real_exp(real z)
{
#ifdef LANES
    for (int n = 0; n < SAMPLES; n++)
        z[n] = expf(z[n]);
    return z;
#else
    return exp(z);
#endif
}

// Logarithm
static inline real real_log(real a)
{
#ifdef LANES
    for (int n = 0; n < SAMPLES; n++)
        a[n] = logf(a[n]);
    return a;
#else
    return log(a);
#endif
}

// The layers of the network
// Sizes of a fully-connected layer
struct fully_connected { int C, C_; };   // neurons, inputs; each at least 1

// Sizes of a convolution
struct convolution {
    int C, C_, X, Y, X_, Y_;     // channels, rows and columns of this layer and of the previous one
    int KX, KY, SX, SY, PX, PY;  // rows and columns of a kernel, strides, paddings
};

// Convolution, extent (6) (G4)
// How many places a kernel of K rows has on X_ rows: stride s, p rows of zeros on either side.
// The same for columns. Refuses K < 1, s < 1, p < 0, a kernel larger than the padded input, and
// one of those larger than an int.
int convolution_extent(int X_, int K, int s, int p)
{
    assert(K >= 1 && s >= 1 && p >= 0 && "K and s are at least 1, p is at least 0");
    long long padded = X_ + 2LL * p;
    assert(padded <= INT_MAX && "the padded input's rows must fit into an int");
    assert(K <= padded && "the kernel must not be larger than the padded input");
    return ((int)padded - K) / s + 1;
}

// Sizes that fit
static inline int convolution_fits(struct convolution n)
{
    return n.C >= 1 && n.C_ >= 1 && n.X == convolution_extent(n.X_, n.KX, n.SX, n.PX)
        && n.Y == convolution_extent(n.Y_, n.KY, n.SY, n.PY);
}

// Inside
static inline int inside(int i, int extent)
{
    return 0 <= i && i < extent;
}

#ifdef PLAIN

// Fully-connected, forward (1)
// z[C] from a[C_], with the weights w[C][C_] and the biases b[C].
// Refuses a layer without neurons or inputs.
void fully_connected_forward(struct fully_connected n, const weight w[n.C][n.C_],
                             const weight b[n.C], const real a[n.C_], real z[n.C])
{
    assert(n.C >= 1 && n.C_ >= 1 && "a layer has at least one neuron and one input");
    for (int c = 0; c < n.C; c++) {
        real s = same(b[c]);
        for (int c_ = 0; c_ < n.C_; c_++)
            s += w[c][c_] * a[c_];
        z[c] = s;
    }
}

// Fully-connected, slope of the input (2)
// da[C_] from dz[C]. Refuses a layer without neurons or inputs.
void fully_connected_da(struct fully_connected n, const weight w[n.C][n.C_], const real dz[n.C],
                        real da[n.C_])
{
    assert(n.C >= 1 && n.C_ >= 1 && "a layer has at least one neuron and one input");
    for (int c_ = 0; c_ < n.C_; c_++) {
        real s = same(0);
        for (int c = 0; c < n.C; c++)
            s += dz[c] * w[c][c_];
        da[c_] = s;
    }
}

// Fully-connected, slope of the weights (3)
// dw[C][C_], the total over the samples, from a[C_] and dz[C].
// Refuses a layer without neurons or inputs.
void fully_connected_dw(struct fully_connected n, const real a[n.C_], const real dz[n.C],
                        weight dw[n.C][n.C_])
{
    assert(n.C >= 1 && n.C_ >= 1 && "a layer has at least one neuron and one input");
    for (int c = 0; c < n.C; c++)
        for (int c_ = 0; c_ < n.C_; c_++)
            dw[c][c_] = total(a[c_] * dz[c]);
}

// Convolution, forward (7) (G5)
// z[C][X][Y] from a[C_][X_][Y_], with C times C_ kernels w and the biases b.
// Refuses sizes that don't fit.
void convolution_forward(struct convolution n, const weight w[n.C][n.C_][n.KX][n.KY],
                         const weight b[n.C], const real a[n.C_][n.X_][n.Y_], real z[n.C][n.X][n.Y])
{
    assert(convolution_fits(n));
    for (int c = 0; c < n.C; c++)
        for (int x = 0; x < n.X; x++)
            for (int y = 0; y < n.Y; y++) {
                real s = same(b[c]);
                for (int c_ = 0; c_ < n.C_; c_++)
                    for (int x_ = 0; x_ < n.KX; x_++)
                        for (int y_ = 0; y_ < n.KY; y_++) {
                            int i = x * n.SX + x_ - n.PX, j = y * n.SY + y_ - n.PY;
                            if (inside(i, n.X_) && inside(j, n.Y_))
                                s += w[c][c_][x_][y_] * a[c_][i][j];
                        }
                z[c][x][y] = s;
            }
}

// First and last window
// Input row i is in the windows of the outputs x = first_window to last_window, of X, with K rows:
// window x covers rows x s - p to x s - p + K - 1, so x s is at most i + p and more than i + p - K.
static inline int first_window(int i, int K, int s, int p)
{
    return i + p < K ? 0 : (i + p - K) / s + 1;
}

static inline int last_window(int i, int X, int s, int p)
{
    return (i + p) / s < X ? (i + p) / s : X - 1;
}

// Convolution, slope of the input (8) (G6a)
// da[C_][X_][Y_] from dz[C][X][Y]. Refuses sizes that don't fit.
void convolution_da(struct convolution n, const weight w[n.C][n.C_][n.KX][n.KY],
                    const real dz[n.C][n.X][n.Y], real da[n.C_][n.X_][n.Y_])
{
    assert(convolution_fits(n));
    for (int c_ = 0; c_ < n.C_; c_++)
        for (int i = 0; i < n.X_; i++)
            for (int j = 0; j < n.Y_; j++) {
                int top = first_window(i, n.KX, n.SX, n.PX), low = last_window(i, n.X, n.SX, n.PX);
                int left = first_window(j, n.KY, n.SY, n.PY);
                int right = last_window(j, n.Y, n.SY, n.PY);
                real s = same(0);
                for (int c = 0; c < n.C; c++)
                    for (int x = top; x <= low; x++)
                        for (int y = left; y <= right; y++)
                            s += dz[c][x][y] * w[c][c_][i + n.PX - x * n.SX][j + n.PY - y * n.SY];
                da[c_][i][j] = s;
            }
}

// Convolution, slope of the weights (9) (G6b)
// dw[C][C_][KX][KY], the total over the samples, from a[C_][X_][Y_] and dz[C][X][Y].
// Refuses sizes that don't fit.
void convolution_dw(struct convolution n, const real a[n.C_][n.X_][n.Y_],
                    const real dz[n.C][n.X][n.Y], weight dw[n.C][n.C_][n.KX][n.KY])
{
    assert(convolution_fits(n));
    for (int c = 0; c < n.C; c++)
        for (int c_ = 0; c_ < n.C_; c_++)
            for (int x_ = 0; x_ < n.KX; x_++)
                for (int y_ = 0; y_ < n.KY; y_++) {
                    real s = same(0);
                    for (int x = 0; x < n.X; x++)
                        for (int y = 0; y < n.Y; y++) {
                            int i = x * n.SX + x_ - n.PX, j = y * n.SY + y_ - n.PY;
                            if (inside(i, n.X_) && inside(j, n.Y_))
                                s += dz[c][x][y] * a[c_][i][j];
                        }
                    dw[c][c_][x_][y_] = total(s);
                }
}

#else
#define SUMS_ALONE   // of fast.c, whose other parts stand here already
#include "fast.c"
#endif

// Fully-connected, slope of the biases (4)
// db[C], the total over the samples, from dz[C]. Refuses a layer without neurons.
void fully_connected_db(struct fully_connected n, const real dz[n.C], weight db[n.C])
{
    assert(n.C >= 1 && "a layer has at least one neuron");
    for (int c = 0; c < n.C; c++)
        db[c] = total(dz[c]);
}

// Convolution, slope of the biases (10)
// db[C], the total over the samples, from dz[C][X][Y]. Refuses sizes that don't fit.
void convolution_db(struct convolution n, const real dz[n.C][n.X][n.Y], weight db[n.C])
{
    assert(convolution_fits(n));
    for (int c = 0; c < n.C; c++) {
        real s = same(0);
        for (int x = 0; x < n.X; x++)
            for (int y = 0; y < n.Y; y++)
                s += dz[c][x][y];
        db[c] = total(s);
    }
}

// Sizes of a pooling layer
struct pooling {
    int C, X, Y, X_, Y_;   // channels; rows and columns of this layer and of the previous one
    int DX, DY, SX, SY;    // rows and columns of a window, strides
};

// Downsampling, extent (17)
// How many places a window of D rows has on X_ rows, with stride s. The same for columns.
// Refuses D < 1, s < 1 and a window larger than the input.
int downsampling_extent(int X_, int D, int s)
{
    assert(D >= 1 && s >= 1 && "a window has at least one row, a stride is at least 1");
    assert(D <= X_ && "the window must not be larger than the input");
    return (X_ - D) / s + 1;
}

// Windows that fit
static inline int pooling_fits(struct pooling n)
{
    return n.C >= 1 && n.X == downsampling_extent(n.X_, n.DX, n.SX)
        && n.Y == downsampling_extent(n.Y_, n.DY, n.SY);
}

// Max pooling, forward (18)
// a[C][X][Y] from a_[C][X_][Y_]. Refuses sizes that don't fit.
void max_pooling_forward(struct pooling n, const real a_[n.C][n.X_][n.Y_], real a[n.C][n.X][n.Y])
{
    assert(pooling_fits(n));
    for (int c = 0; c < n.C; c++)
        for (int x = 0; x < n.X; x++)
            for (int y = 0; y < n.Y; y++) {
                real most = a_[c][x * n.SX][y * n.SY];
                for (int rx = 0; rx < n.DX; rx++)
                    for (int ry = 0; ry < n.DY; ry++)
                        most = real_max(a_[c][x * n.SX + rx][y * n.SY + ry], most);
                a[c][x][y] = most;
            }
}

// Max pooling, backward (19)
// da_[C][X_][Y_] from da[C][X][Y], with the a_ and a of max_pooling_forward.
// Refuses sizes that don't fit.
void max_pooling_backward(struct pooling n, const real a_[n.C][n.X_][n.Y_],
                          const real a[n.C][n.X][n.Y], const real da[n.C][n.X][n.Y],
                          real da_[n.C][n.X_][n.Y_])
{
    assert(pooling_fits(n));
    memset(da_, 0, sizeof(real[n.C][n.X_][n.Y_]));
    for (int c = 0; c < n.C; c++)
        for (int x = 0; x < n.X; x++)
            for (int y = 0; y < n.Y; y++) {
                real taken = same(0);
                for (int rx = 0; rx < n.DX; rx++)
                    for (int ry = 0; ry < n.DY; ry++) {
                        int i = x * n.SX + rx, j = y * n.SY + ry;
                        real hit = equal(a_[c][i][j], a[c][x][y]) * (1 - taken);
                        da_[c][i][j] += hit * da[c][x][y];
                        taken += hit;
                    }
            }
}

// ReLU, forward (20)
// a[N] from z[N]. a may be the same array as z.
void relu_forward(int N, const real z[N], real a[N])
{
    const real zero = {0};
    for (int n = 0; n < N; n++)
        a[n] = real_max(z[n], zero);
}

// ReLU, backward (21) (G1)
// dz[N] from da[N] and z[N]. dz may be the same array as da. In place of z the function may be
// given a: one is positive where the other is.
void relu_backward(int N, const real z[N], const real da[N], real dz[N])
{
    for (int n = 0; n < N; n++)
        dz[n] = da[n] * positive(z[n]);
}

// Softmax with cross entropy (G8) (22) (24)
// The loss of z[C], before the softmax, with labels y[C]. Also writes the probabilities a[C].
// Refuses C < 1.
real softmax_cross_entropy(int C, const real y[C], const real z[C], real a[C])
{
    assert(C >= 1 && "there is at least one class");
    real mu = z[0], s = {0}, loss = {0};
    for (int c = 1; c < C; c++)
        mu = real_max(z[c], mu);
    for (int c = 0; c < C; c++) {
        a[c] = real_exp(z[c] - mu);
        s += a[c];
    }
    real log_s = real_log(s);
    for (int c = 0; c < C; c++) {
        a[c] /= s;
        loss += y[c] * (log_s + (mu - z[c]));
    }
    return loss;
}

// Softmax with cross entropy, slope (G9) (23) (25)
// dz[C] from labels y[C] and probabilities a[C]. A sample whose labels are all zero has no loss and
// no slope. Refuses C < 1.
void softmax_cross_entropy_dz(int C, const real y[C], const real a[C], real dz[C])
{
    assert(C >= 1 && "there is at least one class");
    real sum = {0};
    for (int c = 0; c < C; c++)
        sum += y[c];
    for (int c = 0; c < C; c++)
        dz[c] = a[c] * sum - y[c];
}

// Mean and deviation (G11)
// Of n >= 1 bytes. The deviation is 0 when all bytes are equal: then there is nothing to divide by.
void mean_and_deviation(size_t n, const unsigned char x[n], double *mean, double *deviation)
{
    assert(n >= 1 && "a mean needs at least one byte");
    unsigned long long sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++) {
        sum += x[i];
        squares += (unsigned)x[i] * x[i];
    }
    unsigned long long q = sum / n;
    double fraction = (double)(sum % n) / n;   // mu - q
    *mean = q + fraction;
    *deviation = sqrt((double)(squares + q * q * n - 2 * q * sum) / n - fraction * fraction);
}

// Adam's constants
struct adam { weight rate, beta1, beta2, epsilon; };   // lambda and the two betas, each below 1

// Adam (G13)
// Step t = 0, 1, ... of theta[n] along the gradient g[n]. The means m[n] and v[n] are zero before
// the first step, and kept between steps. The four arrays don't overlap. Refuses t < 0.
void adam(struct adam s, int t, int n, const weight g[restrict n], weight m[restrict n],
          weight v[restrict n], weight theta[restrict n])
{
    assert(t >= 0 && "steps count from 0");
    weight to_m_hat = 1 / (1 - pow((double)creal(s.beta1), t + 1.0));
    weight to_v_hat = 1 / (1 - pow((double)creal(s.beta2), t + 1.0));
    for (int i = 0; i < n; i++) {
        m[i] = s.beta1 * m[i] + (1 - s.beta1) * g[i];
        v[i] = s.beta2 * v[i] + (1 - s.beta2) * g[i] * g[i];
        theta[i] -= s.rate * (m[i] * to_m_hat) / (sqrt(v[i] * to_v_hat) + s.epsilon);
    }
}

// Random bits
struct random { unsigned long long state; };

// 64 random bits.
unsigned long long random_bits(struct random *r)
{
    unsigned long long u = r->state += 0x9e3779b97f4a7c15;
    u = (u ^ u >> 30) * 0xbf58476d1ce4e5b9;
    u = (u ^ u >> 27) * 0x94d049bb133111eb;
    return u ^ u >> 31;
}

// Random numbers
// Uniform random numbers
// Uniform in [0, 1).
double random_uniform(struct random *r)
{
    return (random_bits(r) >> 11) * 0x1p-53;
}

// Normal random numbers
// Normal, with mean 0 and deviation 1.
double random_normal(struct random *r)
{
    double distance = sqrt(-2 * log(1 - random_uniform(r)));
    return distance * cos(6.283185307179586 * random_uniform(r));
}

// Random choice
// One of 0, 1, ..., n - 1, each equally likely. Refuses n < 1.
int random_below(struct random *r, int n)
{
    assert(n >= 1 && "there must be something to choose from");
    unsigned long long rounds = ~0ULL - ~0ULL % n, u;
    do
        u = random_bits(r);
    while (u >= rounds);
    return (int)(u % n);
}

// He initialisation (G14)
// n weights of neurons that each look at fan_in inputs. Refuses fan_in < 1.
void he_initialise(struct random *r, int fan_in, int n, weight w[n])
{
    assert(fan_in >= 1 && "a neuron has at least one input");
    for (int i = 0; i < n; i++)
        w[i] = sqrt(2.0 / fan_in) * random_normal(r);
}

// Shuffle
// All n! orders are equally likely.
void shuffle(struct random *r, int n, int order[n])
{
    for (int i = n - 1; i > 0; i--) {
        int j = random_below(r, i + 1), moved = order[i];
        order[i] = order[j];
        order[j] = moved;
    }
}

// Learning-rate ramp
// The learning rate at step 0, 1, ..., steps - 1: up to rate in the first tenth, then down
// towards 0. Refuses a step outside of 0 to steps.
double ramp(int step, int steps, double rate)
{
    assert(0 <= step && step <= steps && steps >= 1 && "a step is one of 0, 1, ..., steps");
    int rising = steps / 10;
    return step < rising ? rate * (step + 1) / rising : rate * (steps - step) / (steps - rising);
}

// The parameters
#ifndef FILTERS
#define FILTERS 8   // of either convolution; chapter 9 measures others with cc -DFILTERS=...
#endif
struct parameters {
    weight w1[FILTERS][1][5][5], b1[FILTERS];
    weight w2[FILTERS][FILTERS][5][5], b2[FILTERS];
    weight w3[128][FILTERS * 100], b3[128];
    weight w4[10][128], b4[10];
};
enum { PARAMETERS = sizeof(struct parameters) / sizeof(weight) };   // 105,634

// A group of samples
struct group {
    real a0[1][28][28], a1[FILTERS][24][24], a2[FILTERS][20][20], a3[FILTERS][10][10];
    real a4[128], z5[10], a5[10], y[10], loss;   // y: 1 at the digit that the picture shows, else 0
    real da1[FILTERS][24][24], da2[FILTERS][20][20], da3[FILTERS][10][10], da4[128], dz5[10];
};

// Sizes of the layers
static const struct convolution conv1 = {FILTERS, 1, 24, 24, 28, 28, 5, 5, 1, 1, 0, 0};
static const struct convolution conv2 = {FILTERS, FILTERS, 20, 20, 24, 24, 5, 5, 1, 1, 0, 0};
static const struct pooling pool = {FILTERS, 10, 10, 20, 20, 2, 2, 2, 2};
static const struct fully_connected dense1 = {128, FILTERS * 100}, dense2 = {10, 128};

// Network, forward
__attribute__((flatten)) static void network_forward(const struct parameters *p, struct group *g)
{
    convolution_forward(conv1, p->w1, p->b1, g->a0, g->a1);
    relu_forward(FILTERS * 24 * 24, (real *)g->a1, (real *)g->a1);
    convolution_forward(conv2, p->w2, p->b2, g->a1, g->a2);
    relu_forward(FILTERS * 20 * 20, (real *)g->a2, (real *)g->a2);
    max_pooling_forward(pool, g->a2, g->a3);
    fully_connected_forward(dense1, p->w3, p->b3, (real *)g->a3, g->a4);
    relu_forward(128, g->a4, g->a4);
    fully_connected_forward(dense2, p->w4, p->b4, g->a4, g->z5);
    g->loss = softmax_cross_entropy(10, g->y, g->z5, g->a5);
}

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

// Standard values (G11)
struct scale { double mean, deviation; };

static void standard_values(const struct scale *s, weight value[256])
{
    for (int byte = 0; byte < 256; byte++)
        value[byte] = (byte - s->mean) / s->deviation;
}

// Fill a group
// Samples order[0..count) into the lanes of a group.
static void fill(struct group *g, const struct data *d, int count, const int order[count],
                 const weight value[256])
{
    static const unsigned char black[28 * 28];
    const unsigned char *pixel[SAMPLES];
    memset(g->y, 0, sizeof g->y);
    for (int n = 0; n < SAMPLES; n++) {
        pixel[n] = n < count ? (const unsigned char *)d->picture[order[n]] : black;
        if (n < count)
            *sample(&g->y[d->label[order[n]]], n) = 1;
    }
    real *input = (real *)g->a0;
    for (int i = 0; i < 28 * 28; i++)
        for (int n = 0; n < SAMPLES; n++)
            *sample(&input[i], n) = value[pixel[n][i]];
}

// Training
struct batch { int step, first, count; double rate; };   // first, count: in the epoch's order

struct training {
    const struct data *data;
    int *order, size, batches, steps, groups;      // samples and groups a batch, batches an epoch
    weight value[256];
    struct parameters *theta, *m, *v, *gradient;   // gradient[group]
    double *loss, cost, running, since, seconds;   // loss[group], cost of a batch, running mean
    long long done;                                // how many samples
    int stopped, shown;
    struct random *random;
    double (*schedule)(int step, int steps, double rate);
    void (*rule)(struct adam s, int t, int n, const weight *g, weight *m, weight *v, weight *theta);
    void (*watch)(struct training *t, struct batch b);
};

// One thread's part of a step (G10)
static void differentiate(struct worker *me, struct batch b, struct group *g)
{
    struct training *t = me->team->subject;
    for (int k = me->number; k * SAMPLES < b.count; k += me->team->threads) {
        int before = k * SAMPLES, count = smaller(SAMPLES, b.count - before);
        fill(g, t->data, count, t->order + b.first + before, t->value);
        network_forward(t->theta, g);
        network_backward(t->theta, g, &t->gradient[k]);
        t->loss[k] = creal(total(g->loss));
    }
}

// n parameters, the first of them number first.
static void update_block(struct training *t, struct batch b, int first, int n)
{
    weight *sum = (weight *)&t->gradient[0] + first;
    for (int k = 1; k * SAMPLES < b.count; k++)
        for (int i = 0; i < n; i++)
            sum[i] += ((weight *)&t->gradient[k])[first + i];
    for (int i = 0; i < n; i++)
        sum[i] /= b.count;
    t->rule((struct adam){b.rate, 0.9, 0.99, 1e-8}, b.step, n, sum, (weight *)t->m + first,
            (weight *)t->v + first, (weight *)t->theta + first);
}

static void update(struct worker *me, struct batch b)
{
    enum { BLOCK = 2048 };   // so few that the sums are still in the nearest memory
    long number = me->number, threads = me->team->threads;
    int from = PARAMETERS * number / threads, to = PARAMETERS * (number + 1) / threads;
    for (int first = from; first < to; first += BLOCK)
        update_block(me->team->subject, b, first, smaller(BLOCK, to - first));
}

// Train
static struct batch batch(const struct training *t, int step)
{
    int first = step % t->batches * t->size;
    return (struct batch){step, first, smaller(t->size, t->data->count - first),
                          t->schedule(step, t->steps, chosen.rate)};
}

static void *train_on_thread(void *worker)
{
    struct worker *me = worker;
    struct training *t = me->team->subject;
    struct group *g = allocate(1, sizeof *g);
    for (int step = 0; step < t->steps && !t->stopped; step++) {
        struct batch b = batch(t, step);
        if (b.first == 0 && me->number == 0)
            shuffle(t->random, t->data->count, t->order);
        if (b.first == 0)
            meet(me->team);   // the order is there
        differentiate(me, b, g);
        meet(me->team);       // all gradients are there
        update(me, b);
        if (me->number == 0)
            t->watch(t, b);
        meet(me->team);       // all parameters are there
    }
    free(g);
    return NULL;
}

// Initialise (G14)
static void initialise(struct parameters *p, struct random *random)
{
    he_initialise(random, 1 * 5 * 5, FILTERS * 25, (weight *)p->w1);
    he_initialise(random, FILTERS * 5 * 5, FILTERS * FILTERS * 25, (weight *)p->w2);
    he_initialise(random, FILTERS * 100, 128 * FILTERS * 100, (weight *)p->w3);
    he_initialise(random, 128, 10 * 128, (weight *)p->w4);
}

// Progress
static double now(void)   // seconds
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + 1e-9 * t.tv_nsec;
}

static void progress(struct training *t, int step)   // steps done
{
    int terminal = isatty(STDERR_FILENO), last = t->stopped || step == t->steps;
    double seconds = now() - t->since;
    int tenths = terminal ? (int)(10 * seconds) : (int)(10.0 * step / t->steps);
    if (tenths == t->shown && !last)
        return;
    t->shown = tenths;
    fprintf(stderr, "%s%3.0f%%  step %d of %d  loss %.4f  %.0f samples/s  %.0f s left%s",
            terminal ? "\r" : "", floor(100.0 * step / t->steps), step, t->steps, t->running,
            t->done / seconds, seconds * (t->steps - step) / step,
            terminal && !last ? "\033[K" : "\n");
}

// Interruptions
static volatile sig_atomic_t interrupted;   // by the signal of this number

static void interrupt(int number)
{
    interrupted = number;
}

// What happens at such a signal from now on. One that is ignored stays so, as nohup wants it.
static void at_signals(void (*handler)(int))
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    for (int i = 0; i < 3; i++)
        if (signal(signals[i], handler) == SIG_IGN)
            signal(signals[i], SIG_IGN);
}

// Watch (G10)
static void watch(struct training *t, struct batch b)
{
    double sum = 0;
    for (int k = 0; k * SAMPLES < b.count; k++)
        sum += t->loss[k];
    t->cost = sum / b.count;
    t->running = b.step ? 0.98 * t->running + 0.02 * t->cost : t->cost;
    t->done += b.count;
    t->stopped = interrupted || !isfinite(t->cost);
    progress(t, b.step + 1);
}

// Prepare and run
static struct training new_training(const struct data *d, struct parameters *theta,
                                    const struct scale *scale, struct random *random)
{
    struct training t = {.data = d, .theta = theta, .random = random, .size = (int)chosen.batch,
                         .schedule = ramp, .rule = adam, .watch = watch};
    t.batches = (d->count + t.size - 1) / t.size;
    if (chosen.epochs * t.batches > INT_MAX)
        give_up("too many steps; try fewer --epochs or a larger --batch");
    t.steps = (int)chosen.epochs * t.batches;
    t.groups = (t.size + SAMPLES - 1) / SAMPLES;
    t.order = allocate(d->count, sizeof *t.order);
    for (int i = 0; i < d->count; i++)
        t.order[i] = i;
    t.gradient = allocate(t.groups, sizeof *t.gradient);
    t.m = allocate(1, sizeof *t.m);
    t.v = allocate(1, sizeof *t.v);
    t.loss = allocate(t.groups, sizeof *t.loss);
    standard_values(scale, t.value);
    return t;
}

static void train(struct training *t)
{
    t->since = now();
    t->stopped = interrupted;
    together(smaller((int)chosen.threads, t->groups), train_on_thread, t);
    t->seconds = now() - t->since;
    free(t->order), free(t->gradient), free(t->m), free(t->v), free(t->loss);
}

// Test
static int answer(const struct group *g, int n)   // to sample n
{
    int best = 0;
    for (int c = 1; c < 10; c++) {
        real a = g->a5[c], b = g->a5[best];
        if (creal(*sample(&a, n)) > creal(*sample(&b, n)))
            best = c;
    }
    return best;
}

struct examination {
    const struct data *data;
    const struct parameters *theta;
    weight value[256];
    struct score { int answer; double loss; } *score;   // of each sample
};

static void *examine(void *worker)
{
    struct worker *me = worker;
    struct examination *e = me->team->subject;
    struct group *g = allocate(1, sizeof *g);
    for (int k = me->number; k * SAMPLES < e->data->count; k += me->team->threads) {
        int order[SAMPLES], first = k * SAMPLES, count = smaller(SAMPLES, e->data->count - first);
        for (int n = 0; n < count; n++)
            order[n] = first + n;
        fill(g, e->data, count, order, e->value);
        network_forward(e->theta, g);
        for (int n = 0; n < count; n++)
            e->score[first + n] = (struct score){answer(g, n), creal(*sample(&g->loss, n))};
    }
    free(g);
    return NULL;
}

// Report the test
// Prints the result. The scores are the caller's to free.
static struct score *test(const struct data *d, const struct parameters *p, const struct scale *s)
{
    struct examination e = {d, p, .score = allocate(d->count, sizeof *e.score)};
    standard_values(s, e.value);
    together(smaller((int)chosen.threads, (d->count + SAMPLES - 1) / SAMPLES), examine, &e);
    int right = 0;
    double loss = 0;
    for (int i = 0; i < d->count; i++) {
        right += e.score[i].answer == d->label[i];
        loss += e.score[i].loss;
    }
    printf("test cost %.4f\n", loss / d->count);
    printf("test: %d of %d right, %.2f %%\n", right, d->count, 100.0 * right / d->count);
    return e.score;
}

// The arrays of the network
static const struct tensor tensors[] = {
    {"w1", {FILTERS, 1, 5, 5}}, {"b1", {FILTERS}}, {"w2", {FILTERS, FILTERS, 5, 5}},
    {"b2", {FILTERS}}, {"w3", {128, FILTERS * 100}}, {"b3", {128}}, {"w4", {10, 128}}, {"b4", {10}},
    {"scale", {2}},
};
enum { TENSORS = sizeof tensors / sizeof *tensors, NUMBERS = PARAMETERS + 2 };

// Save
static void save(const char *path, const struct parameters *p, const struct scale *scale)
{
    struct output o = create(path);
    put_header(o.file, TENSORS, tensors);
    for (int i = 0; i < PARAMETERS; i++)
        put_float(o.file, (float)creal(((const weight *)p)[i]));
    put_float(o.file, (float)scale->mean);
    put_float(o.file, (float)scale->deviation);
    complete(&o);
    printf("saved %s\n", path);
}

// Keep the result
static void prepare_to_keep(void)
{
    at_signals(interrupt);
    try_place(chosen.save);
}

static void keep(const struct training *t, const struct scale *scale)
{
    char beside[PATH_MAX];
    snprintf(beside, sizeof beside, "%s.interrupted", chosen.save);
    if (!isfinite(t->cost))
        give_up("after %lld samples the loss is no longer finite; nothing saved; lower the --rate",
                t->done);
    if (!t->done) {
        at_signals(SIG_DFL);
        raise(interrupted);
    }
    printf("trained on %lld samples in %.2f s, cost %.4f\n", t->done, t->seconds, t->running);
    if (t->stopped)
        printf("interrupted: these are the parameters so far\n");
    save(t->stopped && !access(chosen.save, F_OK) ? beside : chosen.save, t->theta, scale);
    at_signals(SIG_DFL);
}

// Begin
static void begin(const struct option *known, char **arguments)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    chosen.threads = processors < 1 ? 1 : smaller((int)processors, 256);
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);   // in a log, results and progress stand in their order
    read_options(known, arguments);
}

// End
static int ending(void)
{
    int status = finish();
    if (interrupted)
        raise(interrupted);
    return status;
}

// Scale of the pictures (G11)
static struct scale scale_of(const struct data *d)
{
    struct scale s;
    const unsigned char *pixels = (const unsigned char *)d->picture;
    mean_and_deviation((size_t)d->count * 28 * 28, pixels, &s.mean, &s.deviation);
    if (!(s.deviation > 0))
        give_up("all pixels of the training pictures are equal: nothing to learn from");
    return s;
}

// Main
static const struct option training_options[] = {
    // Options of training
    {"--data", "DIR", "folder of the four unpacked idx files (data)", &chosen.data, NULL, 0, 0},
    {"--epochs", "N", "how often each training sample is used (2)", NULL, &chosen.epochs, 1, 1000},
    {"--batch", "N", "samples in a step (32)", NULL, &chosen.batch, 1, 4096},
    {"--rate", "R", "highest learning rate (0.003)", NULL, &chosen.rate, 1e-9, 1},
    {"--seed", "N", "seed of all random numbers (1)", NULL, &chosen.seed, 0, 1e15},
    {"--threads", "N", "threads (as many as processors)", NULL, &chosen.threads, 1, 256},
    {"--limit", "N", "use the first N training samples only", NULL, &chosen.limit, 1, INT_MAX},
    {"--save", "FILE", "where to save (mnist.safetensors)", &chosen.save, NULL, 0, 0},
    {0},
};

int main(int count, char **arguments)
{
    static struct data training, unseen;
    static struct parameters theta;
    (void)count;
    start("mnist", "Trains a network to read digits, tests it and saves it.");
    begin(training_options, arguments);
    training = load(chosen.data, "train"), unseen = load(chosen.data, "t10k");
    prepare_to_keep();
    training.count = smaller(training.count, (int)chosen.limit);
    struct scale scale = scale_of(&training);
    struct random random = {(unsigned long long)chosen.seed};
    initialise(&theta, &random);
    struct training t = new_training(&training, &theta, &scale, &random);
    train(&t);
    keep(&t, &scale);   // before anything else can fail
    free(test(&unseen, &theta, &scale));
    return ending();
}

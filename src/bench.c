// Tangled from chapters/9-why-it-is-fast.md [b97337e32244]: edit the chapter, or edit here and run make stitch
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

#include <assert.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tgmath.h>
#include <time.h>

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
    mask first = a > b;
    return (real)((first & (mask)a) | (~first & (mask)b));
#else
    return creal(a) > creal(b) ? a : b;
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
// The same for columns. Refuses K < 1, s < 1, p < 0 and a kernel larger than the padded input.
int convolution_extent(int X_, int K, int s, int p)
{
    assert(K >= 1 && s >= 1 && p >= 0 && "K and s are at least 1, p is at least 0");
    assert(K <= X_ + 2 * p && "the kernel must not be larger than the padded input");
    return (X_ + 2 * p - K) / s + 1;
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
void fully_connected_forward(struct fully_connected n, const weight w[n.C][n.C_], const weight b[n.C],
                             const real a[n.C_], real z[n.C])
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
// da[C_] from dz[C].
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
// Input row i is in the windows of the outputs x = first_window to last_window, of X, with K rows.
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
                int from_x = first_window(i, n.KX, n.SX, n.PX), to_x = last_window(i, n.X, n.SX, n.PX);
                int from_y = first_window(j, n.KY, n.SY, n.PY), to_y = last_window(j, n.Y, n.SY, n.PY);
                real s = same(0);
                for (int c = 0; c < n.C; c++)
                    for (int x = from_x; x <= to_x; x++)
                        for (int y = from_y; y <= to_y; y++)
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

// Fast: fully-connected, forward (1)
// Some rows of the product
// (1) for R neurons: z[R] from a[C_].
__attribute__((always_inline))
static inline void rows(int R, int C_, const weight w[R][C_], const weight b[R], const real a[C_], real z[R])
{
    real s[R];
    for (int c = 0; c < R; c++)
        s[c] = same(b[c]);
    for (int c_ = 0; c_ < C_; c_++)
        for (int c = 0; c < R; c++)
            s[c] += w[c][c_] * a[c_];
    for (int c = 0; c < R; c++)
        z[c] = s[c];
}

void fully_connected_forward(struct fully_connected n, const weight w[n.C][n.C_], const weight b[n.C],
                             const real a[n.C_], real z[n.C])
{
    assert(n.C >= 1 && n.C_ >= 1 && "a layer has at least one neuron and one input");
    enum { TILE = 8 };
    int c = 0;
    for (; c + TILE <= n.C; c += TILE)
        rows(TILE, n.C_, w + c, b + c, a, z + c);
    if (c < n.C)
        rows(n.C - c, n.C_, w + c, b + c, a, z + c);
}

// Fast: fully-connected, slope of the input (2)
// Some columns of the product
// (2) for R inputs: da[first] to da[first + R - 1] from dz[C].
__attribute__((always_inline))
static inline void columns(int R, int first, struct fully_connected n, const weight w[n.C][n.C_],
                           const real dz[n.C], real da[n.C_])
{
    real s[R];
    for (int k = 0; k < R; k++)
        s[k] = same(0);
    for (int c = 0; c < n.C; c++)
        for (int k = 0; k < R; k++)
            s[k] += dz[c] * w[c][first + k];
    for (int k = 0; k < R; k++)
        da[first + k] = s[k];
}

void fully_connected_da(struct fully_connected n, const weight w[n.C][n.C_], const real dz[n.C],
                        real da[n.C_])
{
    assert(n.C >= 1 && n.C_ >= 1 && "a layer has at least one neuron and one input");
    enum { TILE = 16 };
    int first = 0;
    for (; first + TILE <= n.C_; first += TILE)
        columns(TILE, first, n, w, dz, da);
    if (first < n.C_)
        columns(n.C_ - first, first, n, w, dz, da);
}

// Fast: fully-connected, slope of the weights (3)
// Some slopes of the weights
// (3) for R neurons and count inputs, from number first on: turned[n] holds these inputs of sample n,
// dz[c][n] the slope of neuron c for sample n.
__attribute__((always_inline))
static inline void block(int R, int first, int count, int C_, const real turned[SAMPLES],
                         const weight dz[R][SAMPLES], weight dw[R][C_])
{
    real s[R];
    for (int c = 0; c < R; c++)
        s[c] = same(0);
    for (int n = 0; n < SAMPLES; n++)
        for (int c = 0; c < R; c++)
            s[c] += dz[c][n] * turned[n];
    for (int c = 0; c < R; c++)
        memcpy(&dw[c][first], &s[c], count * sizeof(weight));
}

void fully_connected_dw(struct fully_connected n, const real a[n.C_], const real dz[n.C],
                        weight dw[n.C][n.C_])
{
    assert(n.C >= 1 && n.C_ >= 1 && "a layer has at least one neuron and one input");
    enum { TILE = 8 };
    const weight (*input)[SAMPLES] = (const void *)a, (*slope)[SAMPLES] = (const void *)dz;
    for (int first = 0; first < n.C_; first += SAMPLES) {
        int count = n.C_ - first < SAMPLES ? n.C_ - first : SAMPLES, c = 0;
        real turned[SAMPLES] = {0};
        for (int i = 0; i < SAMPLES; i++)
            for (int k = 0; k < count; k++)
                *sample(&turned[i], k) = input[first + k][i];
        for (; c + TILE <= n.C; c += TILE)
            block(TILE, first, count, n.C_, turned, slope + c, dw + c);
        if (c < n.C)
            block(n.C - c, first, count, n.C_, turned, slope + c, dw + c);
    }
}

// Fast: convolution, forward (7) (G5)
// Some feature maps
// (7) for R neurons of the layer n.
__attribute__((always_inline))
static inline void feature_maps(int R, struct convolution n, const weight w[R][n.C_][n.KX][n.KY],
                                const weight b[R], const real a[n.C_][n.X_][n.Y_], real z[R][n.X][n.Y])
{
    for (int x = 0; x < n.X; x++)
        for (int y = 0; y < n.Y; y++) {
            real s[R];
            for (int c = 0; c < R; c++)
                s[c] = same(b[c]);
            for (int c_ = 0; c_ < n.C_; c_++)
                for (int x_ = 0; x_ < n.KX; x_++)
                    for (int y_ = 0; y_ < n.KY; y_++) {
                        int i = x * n.SX + x_ - n.PX, j = y * n.SY + y_ - n.PY;
                        if (inside(i, n.X_) && inside(j, n.Y_))
                            for (int c = 0; c < R; c++)
                                s[c] += w[c][c_][x_][y_] * a[c_][i][j];
                    }
            for (int c = 0; c < R; c++)
                z[c][x][y] = s[c];
        }
}

void convolution_forward(struct convolution n, const weight w[n.C][n.C_][n.KX][n.KY],
                         const weight b[n.C], const real a[n.C_][n.X_][n.Y_], real z[n.C][n.X][n.Y])
{
    assert(convolution_fits(n));
    enum { TILE = 8 };
    int c = 0;
    for (; c + TILE <= n.C; c += TILE)
        feature_maps(TILE, n, w + c, b + c, a, z + c);
    if (c < n.C)
        feature_maps(n.C - c, n, w + c, b + c, a, z + c);
}

// Fast: convolution, slope of the input (8) (G6)
// Some slopes of the input
// (8) for R channels of the input of the layer n: da[first] to da[first + R - 1].
__attribute__((always_inline))
static inline void gather_slopes(int R, int first, struct convolution n, const weight w[n.C][n.C_][n.KX][n.KY],
                                 const real dz[n.C][n.X][n.Y], real da[n.C_][n.X_][n.Y_])
{
    for (int i = 0; i < n.X_; i++)
        for (int j = 0; j < n.Y_; j++) {
            real s[R];
            for (int k = 0; k < R; k++)
                s[k] = same(0);
            for (int x_ = 0; x_ < n.KX; x_++)
                for (int y_ = 0; y_ < n.KY; y_++) {
                    int from_x = i + n.PX - x_, from_y = j + n.PY - y_, x = from_x / n.SX, y = from_y / n.SY;
                    if (from_x >= 0 && from_x % n.SX == 0 && x < n.X && from_y >= 0 && from_y % n.SY == 0 && y < n.Y)
                        for (int c = 0; c < n.C; c++)
                            for (int k = 0; k < R; k++)
                                s[k] += dz[c][x][y] * w[c][first + k][x_][y_];
                }
            for (int k = 0; k < R; k++)
                da[first + k][i][j] = s[k];
        }
}

void convolution_da(struct convolution n, const weight w[n.C][n.C_][n.KX][n.KY],
                    const real dz[n.C][n.X][n.Y], real da[n.C_][n.X_][n.Y_])
{
    assert(convolution_fits(n));
    enum { TILE = 8 };
    int first = 0;
    for (; first + TILE <= n.C_; first += TILE)
        gather_slopes(TILE, first, n, w, dz, da);
    if (first < n.C_)
        gather_slopes(n.C_ - first, first, n, w, dz, da);
}

// Fast: convolution, slope of the weights (9) (G6)
// Some slopes of the kernels
// (9) for R neurons of the layer n.
__attribute__((always_inline))
static inline void kernel_slopes(int R, struct convolution n, const real a[n.C_][n.X_][n.Y_],
                                 const real dz[R][n.X][n.Y], weight dw[R][n.C_][n.KX][n.KY])
{
    real sum[n.KX][n.KY][R];
    for (int c_ = 0; c_ < n.C_; c_++) {
        memset(sum, 0, sizeof sum);
        for (int x = 0; x < n.X; x++)
            for (int x_ = 0; x_ < n.KX; x_++)
                for (int y_ = 0; y_ < n.KY; y_++)
                    for (int y = 0; y < n.Y; y++) {
                        int i = x * n.SX + x_ - n.PX, j = y * n.SY + y_ - n.PY;
                        if (inside(i, n.X_) && inside(j, n.Y_))
                            for (int c = 0; c < R; c++)
                                sum[x_][y_][c] += dz[c][x][y] * a[c_][i][j];
                    }
        for (int c = 0; c < R; c++)
            for (int x_ = 0; x_ < n.KX; x_++)
                for (int y_ = 0; y_ < n.KY; y_++)
                    dw[c][c_][x_][y_] = total(sum[x_][y_][c]);
    }
}

void convolution_dw(struct convolution n, const real a[n.C_][n.X_][n.Y_], const real dz[n.C][n.X][n.Y],
                    weight dw[n.C][n.C_][n.KX][n.KY])
{
    assert(convolution_fits(n));
    enum { TILE = 8 };
    int c = 0;
    for (; c + TILE <= n.C; c += TILE)
        kernel_slopes(TILE, n, a, dz + c, dw + c);
    if (c < n.C)
        kernel_slopes(n.C - c, n, a, dz + c, dw + c);
}

#endif

// Fully-connected, slope of the biases (4)
// db[C], the total over the samples, from dz[C].
void fully_connected_db(struct fully_connected n, const real dz[n.C], weight db[n.C])
{
    assert(n.C >= 1 && "a layer has at least one neuron");
    for (int c = 0; c < n.C; c++)
        db[c] = total(dz[c]);
}

// Convolution, slope of the biases (10)
// db[C], the total over the samples, from dz[C][X][Y].
void convolution_db(struct convolution n, const real dz[n.C][n.X][n.Y], weight db[n.C])
{
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
// da_[C][X_][Y_] from da[C][X][Y], with the a_ and a of max_pooling_forward. Refuses sizes that don't fit.
void max_pooling_backward(struct pooling n, const real a_[n.C][n.X_][n.Y_], const real a[n.C][n.X][n.Y],
                          const real da[n.C][n.X][n.Y], real da_[n.C][n.X_][n.Y_])
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
// a may be the same array as z.
void relu_forward(int N, const real z[N], real a[N])
{
    const real zero = {0};
    for (int n = 0; n < N; n++)
        a[n] = real_max(z[n], zero);
}

// ReLU, backward (21) (G1)
// dz may be the same array as da. In place of z the function may be given a: one is positive where the other is.
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
        mu = real_max(mu, z[c]);
    for (int c = 0; c < C; c++)
        s += a[c] = real_exp(z[c] - mu);
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

// Adam, forgetful
// A step of theta[n] as the paper's program takes it: both means begin at zero for every batch, and
// are not corrected. The two arrays don't overlap.
void forgetful_adam(struct adam s, int n, const weight g[restrict n], weight theta[restrict n])
{
    for (int i = 0; i < n; i++) {
        weight m = (1 - s.beta1) * g[i], v = (1 - s.beta2) * g[i] * g[i];
        theta[i] -= s.rate * m / sqrt(v + s.epsilon);
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
    real a0[1][28][28], a1[FILTERS][24][24], a2[FILTERS][20][20], a3[FILTERS][10][10], a4[128], z5[10], a5[10], y[10], loss;
    real da1[FILTERS][24][24], da2[FILTERS][20][20], da3[FILTERS][10][10], da4[128], dz5[10];
};

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
static void network_backward(const struct parameters *p, struct group *g, struct parameters *gradient)
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

// Give up
static const char *program = "mnist";

__attribute__((noreturn, format(printf, 1, 2))) static void give_up(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%s: ", program);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    exit(1);
}

static void *allocate(size_t count, size_t size)
{
    size_t bytes = (count * size + 63) / 64 * 64;   // lanes must begin at a multiple of their size
    void *at = aligned_alloc(64, bytes ? bytes : 64);
    if (!at)
        give_up("no memory for %zu bytes", bytes);
    return memset(at, 0, bytes);
}

// Data
struct data {
    int count;
    unsigned char (*picture)[28][28], *label;
};

// Fill a group
// Samples order[0..count) into the lanes of a group; value[] is each byte's standardised value (G11).
static void fill(struct group *g, const struct data *d, int count, const int order[count], const weight value[256])
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

// Draw digits
enum {
    SIDE = 28,          /* pixels on a side of the picture */
    MAX_POINTS = 18,    /* control points in a skeleton */
    SPAN_STEPS = 5,     /* straight pieces between two control points */
    MAX_PIECES = MAX_POINTS * SPAN_STEPS
};

struct point { double x, y; };

// One way of writing a digit: one or two strokes of the pen.  Coordinates
// are percentages of the digit's box, x to the right and y downwards.
// Writing a point twice makes a sharp corner there.
struct skeleton {
    int digit;
    int length[2];                      /* points in each stroke */
    signed char xy[MAX_POINTS][2];
};

static const struct skeleton skeletons[] = {
    /* 0: a ring; a ring with a tail crossing at the top; a narrow ring */
    {0, {9, 0}, {{50,0},{18,13},{3,50},{18,87},{50,100},{82,87},{97,50},
                 {82,13},{50,0}}},
    {0, {10, 0}, {{62,5},{30,8},{6,45},{14,86},{45,100},{80,82},{96,45},
                  {84,12},{58,0},{36,8}}},
    {0, {9, 0}, {{50,0},{30,13},{20,50},{30,87},{50,100},{70,87},{80,50},
                 {70,13},{50,0}}},
    /* 1: a bare stem; bent a little; with a serif; with serif and foot */
    {1, {3, 0}, {{50,0},{50,50},{50,100}}},
    {1, {3, 0}, {{52,0},{48,50},{52,100}}},
    {1, {3, 0}, {{60,0},{50,50},{40,100}}},
    {1, {3, 0}, {{40,0},{50,50},{60,100}}},
    {1, {5, 0}, {{30,20},{52,0},{52,0},{51,50},{50,100}}},
    {1, {5, 2}, {{26,22},{52,0},{52,0},{51,50},{50,100},{20,100},{82,99}}},
    /* 2: sharp corner at the foot; loop at the foot; wide flat foot; swan */
    {2, {9, 0}, {{10,22},{30,3},{62,2},{80,22},{66,52},{36,80},{5,99},{5,99},
                  {97,97}}},
    {2, {11, 0}, {{14,20},{36,2},{66,4},{78,26},{62,58},{34,90},{10,96},
                  {8,80},{30,78},{62,92},{98,92}}},
    {2, {8, 0}, {{8,16},{40,0},{74,12},{72,42},{40,72},{4,96},{4,96},
                 {98,92}}},
    {2, {10, 0}, {{22,28},{34,4},{62,0},{78,20},{70,54},{44,88},{20,96},
                  {22,84},{50,88},{90,100}}},
    {2, {10, 0}, {{18,30},{30,8},{56,0},{74,16},{60,46},{30,78},{12,94},
                  {30,84},{60,88},{100,98}}},
    {2, {11, 0}, {{20,24},{38,4},{62,0},{72,20},{58,54},{28,92},{4,96},
                  {2,76},{24,68},{56,82},{100,80}}},
    /* 3: round; with a sharp waist; flat-topped; small top, big belly */
    {3, {10, 0}, {{12,12},{42,0},{76,10},{76,32},{42,48},{76,58},{88,78},
                  {66,96},{34,100},{6,88}}},
    {3, {10, 0}, {{12,14},{42,0},{78,12},{70,34},{36,48},{36,48},{80,58},
                  {84,82},{48,100},{6,92}}},
    {3, {9, 0}, {{12,3},{84,0},{84,0},{40,42},{40,42},{84,56},{84,84},
                 {48,100},{6,92}}},
    {3, {11, 0}, {{20,10},{48,0},{72,10},{66,32},{44,44},{38,46},{60,46},
                  {90,62},{84,88},{44,100},{4,90}}},
    /* 4: open; open and rounded; closed; open with the bar past the stem */
    {4, {5, 3}, {{14,0},{8,52},{8,52},{50,54},{90,50},{84,2},{78,50},
                 {74,100}}},
    {4, {5, 3}, {{16,4},{6,34},{22,54},{60,48},{84,34},{86,0},{80,50},
                 {74,100}}},
    {4, {6, 3}, {{66,0},{36,30},{4,64},{4,64},{50,64},{98,62},{66,0},
                 {66,50},{64,100}}},
    {4, {5, 3}, {{22,6},{10,48},{10,48},{50,52},{98,44},{72,0},{64,50},
                 {56,100}}},
    /* 5: flag drawn apart; in one line; round-shouldered; flat and wide */
    {5, {8, 2}, {{24,2},{18,42},{18,42},{54,38},{84,58},{78,88},{42,100},
                 {6,90},{24,2},{90,0}}},
    {5, {10, 0}, {{90,0},{30,3},{30,3},{20,44},{20,44},{56,40},{82,62},
                  {72,90},{38,100},{4,92}}},
    {5, {8, 0}, {{96,2},{50,4},{26,24},{36,44},{70,60},{74,84},{42,100},
                 {6,92}}},
    {5, {8, 2}, {{36,10},{24,46},{50,50},{72,64},{70,88},{40,100},{14,92},
                 {8,84},{36,10},{98,0}}},
    /* 6: curved back; straight back; small low loop */
    {6, {11, 0}, {{72,0},{36,18},{12,54},{16,86},{46,100},{78,88},{84,66},
                  {62,52},{32,60},{18,78},{20,86}}},
    {6, {9, 0}, {{56,0},{28,36},{14,72},{30,98},{64,96},{82,74},{66,56},
                 {36,64},{18,82}}},
    {6, {10, 0}, {{40,0},{20,34},{12,70},{30,98},{66,98},{88,78},{76,60},
                  {48,62},{28,78},{28,92}}},
    {6, {10, 0}, {{84,0},{50,20},{24,50},{12,80},{26,98},{54,96},{66,78},
                  {52,66},{30,74},{18,90}}},
    /* 7: plain; rounded; with a bar; with a hanging serif */
    {7, {5, 0}, {{6,8},{86,3},{86,3},{62,46},{42,100}}},
    {7, {6, 0}, {{4,10},{40,6},{76,2},{84,16},{60,54},{44,100}}},
    {7, {5, 2}, {{8,6},{88,2},{88,2},{60,50},{36,100},{32,52},{88,48}}},
    {7, {7, 0}, {{8,28},{12,8},{12,8},{88,4},{88,4},{66,46},{54,100}}},
    {7, {5, 0}, {{8,14},{80,10},{80,10},{76,54},{72,100}}},
    {7, {6, 0}, {{6,24},{30,2},{62,8},{86,6},{70,50},{50,100}}},
    /* 8: from the top right; two rings; narrow; open at the top right */
    {8, {13, 0}, {{78,12},{50,0},{22,14},{30,36},{54,50},{80,70},{74,92},
                  {46,100},{20,90},{20,70},{46,50},{74,30},{78,12}}},
    {8, {9, 9}, {{50,0},{28,8},{22,24},{30,40},{50,46},{70,40},{78,24},
                 {72,8},{50,0},{50,46},{24,54},{14,73},{24,92},{50,100},
                 {76,92},{86,73},{76,54},{50,46}}},
    {8, {13, 0}, {{74,12},{50,0},{26,12},{32,34},{52,50},{74,70},{70,92},
                  {46,100},{24,90},{26,70},{48,50},{72,30},{74,12}}},
    {8, {12, 0}, {{88,8},{52,0},{24,16},{34,38},{58,56},{68,80},{48,100},
                  {28,92},{26,74},{46,52},{76,30},{92,14}}},
    /* 9: straight tail; curved tail; hooked tail; tail begun at the ring */
    {9, {11, 0}, {{80,14},{48,0},{18,14},{12,34},{32,46},{62,38},{80,14},
                  {80,14},{78,40},{74,70},{70,100}}},
    {9, {10, 0}, {{76,10},{46,2},{18,20},{22,42},{50,44},{76,22},{78,8},
                  {76,44},{60,78},{38,100}}},
    {9, {11, 0}, {{80,14},{50,0},{22,12},{18,34},{42,46},{70,36},{80,14},
                  {82,50},{74,84},{46,100},{18,88}}},
    {9, {11, 0}, {{70,18},{52,4},{30,16},{24,34},{38,44},{58,36},{70,18},
                  {70,18},{66,44},{62,72},{60,100}}},
    {9, {10, 0}, {{78,4},{40,4},{16,24},{28,42},{58,34},{78,12},{78,12},
                  {72,42},{62,72},{54,100}}},
    {9, {8, 3}, {{74,8},{44,0},{14,20},{16,42},{44,46},{68,32},{78,10},
                 {74,6},{78,8},{70,50},{62,100}}},
};

struct drawing {
    int strokes, length[2];
    struct point at[2][MAX_PIECES];
};

static const struct skeleton *choose_skeleton(struct random *r, int digit)
{
    int total = sizeof skeletons / sizeof skeletons[0];
    int first = 0, count = 0;
    while (first < total && skeletons[first].digit != digit)
        first++;
    while (first + count < total && skeletons[first + count].digit == digit)
        count++;
    return &skeletons[first + (int)(random_uniform(r) * count)];
}

// The skeleton's points, in a box of height 1, each a little displaced.
static void jitter_points(struct random *r, const struct skeleton *s,
                          struct point p[MAX_POINTS])
{
    const double jitter = 0.06;
    for (int i = 0; i < s->length[0] + s->length[1]; i++) {
        const signed char *now = s->xy[i], *before = s->xy[i > 0 ? i - 1 : 0];
        if (i > 0 && now[0] == before[0] && now[1] == before[1]) {
            p[i] = p[i - 1];            /* the two halves of a corner */
            continue;
        }
        p[i].x = now[0] / 100.0 - 0.5 + jitter * random_normal(r);
        p[i].y = now[1] / 100.0 - 0.5 + jitter * random_normal(r);
    }
}

static double catmull_rom(double a, double b, double c, double d, double t)
{
    double slope = c - a;
    double bend = 2 * a - 5 * b + 4 * c - d;
    double twist = 3 * b - a - 3 * c + d;
    return b + 0.5 * t * (slope + t * (bend + t * twist));
}

// A smooth curve through n points; returns how many points it now has.
static int smooth_stroke(const struct point *p, int n, struct point *curve)
{
    int made = 0;
    for (int i = 0; i + 1 < n; i++) {
        struct point b = p[i], c = p[i + 1];
        struct point a = i > 0 ? p[i - 1] : b;
        struct point d = i + 2 < n ? p[i + 2] : c;
        if (b.x == c.x && b.y == c.y)
            continue;
        for (int k = 0; k < SPAN_STEPS; k++) {
            double t = (double)k / SPAN_STEPS;
            curve[made].x = catmull_rom(a.x, b.x, c.x, d.x, t);
            curve[made].y = catmull_rom(a.y, b.y, c.y, d.y, t);
            made++;
        }
    }
    curve[made++] = p[n - 1];
    return made;
}

static void draw_strokes(struct random *r, int digit, struct drawing *d)
{
    const struct skeleton *s = choose_skeleton(r, digit);
    struct point p[MAX_POINTS];
    jitter_points(r, s, p);
    d->strokes = s->length[1] > 0 ? 2 : 1;
    d->length[0] = smooth_stroke(p, s->length[0], d->at[0]);
    d->length[1] = 0;
    if (d->strokes == 2)
        d->length[1] = smooth_stroke(p + s->length[0], s->length[1], d->at[1]);
}

static double clamp(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x;
}

// The writer's hand: a slow wave, then width, slant and rotation.
static void deform(struct random *r, struct drawing *d)
{
    double width = clamp(0.82 + 0.2 * random_normal(r), 0.4, 1.2);
    double slant = 0.15 + 0.25 * random_normal(r);
    double angle = 0.15 * random_normal(r);
    double wave_x = 0.06 * random_normal(r), start_x = 6.28 * random_uniform(r);
    double wave_y = 0.06 * random_normal(r), start_y = 6.28 * random_uniform(r);
    double c = cos(angle), s = sin(angle);
    for (int k = 0; k < d->strokes; k++)
        for (int i = 0; i < d->length[k]; i++) {
            struct point *p = &d->at[k][i];
            double y = p->y + wave_y * sin(5 * p->y + 2 * p->x + start_y);
            double x = p->x + wave_x * sin(5 * p->y + start_x);
            x = width * x - slant * y;
            p->x = c * x - s * y;
            p->y = s * x + c * y;
        }
}

// The longer side of the box around the drawing.
static double extent(const struct drawing *d)
{
    struct point low = d->at[0][0], high = low;
    for (int k = 0; k < d->strokes; k++)
        for (int i = 0; i < d->length[k]; i++) {
            struct point p = d->at[k][i];
            low.x = fmin(low.x, p.x);
            low.y = fmin(low.y, p.y);
            high.x = fmax(high.x, p.x);
            high.y = fmax(high.y, p.y);
        }
    return fmax(high.x - low.x, high.y - low.y);
}

// The centre of mass of the ink: each piece weighs as much as it is long.
static struct point centre_of_mass(const struct drawing *d)
{
    struct point sum = {0, 0};
    double mass = 0;
    for (int k = 0; k < d->strokes; k++) {
        struct point a = d->at[k][0];
        for (int i = 1; i < d->length[k]; i++) {
            struct point b = d->at[k][i];
            double length = sqrt((b.x - a.x) * (b.x - a.x) +
                                 (b.y - a.y) * (b.y - a.y));
            sum.x += length * (a.x + b.x) / 2;
            sum.y += length * (a.y + b.y) / 2;
            mass += length;
            a = b;
        }
    }
    return (struct point){sum.x / mass, sum.y / mass};
}

// Scales the drawing to the given size in pixels and centres it.
static void fit(struct random *r, struct drawing *d, double size)
{
    double scale = size / extent(d);
    struct point centre = centre_of_mass(d);
    double shift_x = 13.5 + 1.0 * random_normal(r);
    double shift_y = 13.5 + 1.0 * random_normal(r);
    for (int k = 0; k < d->strokes; k++)
        for (int i = 0; i < d->length[k]; i++) {
            struct point *p = &d->at[k][i];
            p->x = scale * (p->x - centre.x) + shift_x;
            p->y = scale * (p->y - centre.y) + shift_y;
        }
}

// The square of the distance from (x, y) to the piece from a to b.
static double distance_squared(struct point a, struct point b,
                               double x, double y)
{
    double dx = b.x - a.x, dy = b.y - a.y;
    double along = (x - a.x) * dx + (y - a.y) * dy;
    double t = clamp(along / (dx * dx + dy * dy + 1e-12), 0, 1);
    double ex = x - a.x - t * dx, ey = y - a.y - t * dy;
    return ex * ex + ey * ey;
}

// Lowers nearest[][] for the pixels within reach of one piece.
static void mark_piece(struct point a, struct point b, double reach,
                       double nearest[SIDE][SIDE])
{
    int left = (int)clamp(ceil(fmin(a.x, b.x) - reach), 0, SIDE);
    int right = (int)clamp(floor(fmax(a.x, b.x) + reach), -1, SIDE - 1);
    int top = (int)clamp(ceil(fmin(a.y, b.y) - reach), 0, SIDE);
    int bottom = (int)clamp(floor(fmax(a.y, b.y) + reach), -1, SIDE - 1);
    for (int y = top; y <= bottom; y++)
        for (int x = left; x <= right; x++) {
            double d = distance_squared(a, b, x, y);
            if (d < nearest[y][x])
                nearest[y][x] = d;
        }
}

// A pixel is white inside the line and fades out over a soft edge.
static void ink(struct random *r, const struct drawing *d, double half,
                unsigned char picture[SIDE][SIDE])
{
    double soft = 0.45 + 0.3 * random_uniform(r);
    double white = 255 - 25 * random_uniform(r);
    double reach = half + soft;
    double nearest[SIDE][SIDE];
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++)
            nearest[y][x] = reach * reach;
    for (int k = 0; k < d->strokes; k++)
        for (int i = 0; i + 1 < d->length[k]; i++)
            mark_piece(d->at[k][i], d->at[k][i + 1], reach, nearest);
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            double depth = (reach - sqrt(nearest[y][x])) / (2 * soft);
            double grain = 1 - 0.12 * random_uniform(r);
            picture[y][x] = (unsigned char)(white * grain * clamp(depth, 0, 1));
        }
}

static void draw_digit(struct random *r, int digit, unsigned char picture[28][28])
{
    struct drawing d;
    double half = clamp(1.35 + 0.4 * random_normal(r), 0.6, 2.4);
    double size = 20 + random_normal(r);
    draw_strokes(r, digit, &d);
    deform(r, &d);
    fit(r, &d, size - 2 * half);
    ink(r, &d, half, picture);
}

static struct data drawn_digits(unsigned long long seed, int count)
{
    struct random random = {seed};
    struct data d = {count, allocate(count, sizeof *d.picture), allocate(count, 1)};
    for (int i = 0; i < count; i++) {
        d.label[i] = (unsigned char)(i % 10);
        draw_digit(&random, i % 10, d.picture[i]);
    }
    return d;
}

// Options
struct options {
    const char *data, *save, *load, *log, *read, *optimiser;
    int epochs, batch, threads, limit, hold_out, test, gradcheck, confusion, constant, shipped;
    unsigned long long seed;
    double rate;
};

// Standard values
struct scale { double mean, deviation; };

static void standard_values(const struct scale *s, weight value[256])   // (G11)
{
    for (int byte = 0; byte < 256; byte++)
        value[byte] = (byte - s->mean) / s->deviation;
}

// A team of threads
struct team {
    int threads;
    struct worker *worker;
    void (*job)(struct worker *me);   // what all do next; NULL: go home
    void *subject;                    // and on what
    atomic_int waiting;
    atomic_uint round;                // how often all have met
    pthread_mutex_t lock;
    pthread_cond_t all_here;          // a new round has begun: wakes those who sleep
};

struct worker {
    struct team *team;
    int number;
    pthread_t thread;
    struct group *group;
};

// Returns when every thread of the team has called it.
static void meet(struct team *t)
{
    enum { LOOKS = 100000 };
    unsigned round = atomic_load(&t->round);
    if (atomic_fetch_add(&t->waiting, 1) == t->threads - 1) {
        atomic_store(&t->waiting, 0);
        pthread_mutex_lock(&t->lock);
        atomic_fetch_add(&t->round, 1);
        pthread_cond_broadcast(&t->all_here);
        pthread_mutex_unlock(&t->lock);
        return;
    }
    for (int looks = 0; looks < LOOKS; looks++)
        if (atomic_load(&t->round) != round)
            return;
    pthread_mutex_lock(&t->lock);
    while (atomic_load(&t->round) == round)
        pthread_cond_wait(&t->all_here, &t->lock);
    pthread_mutex_unlock(&t->lock);
}

static void *work(void *argument)
{
    struct worker *me = argument;
    for (;;) {
        meet(me->team);
        if (!me->team->job)
            return NULL;
        me->team->job(me);
        meet(me->team);
    }
}

// Called by the first thread. Returns when all have done the job.
static void together(struct team *t, void (*job)(struct worker *me), void *subject)
{
    t->job = job;
    t->subject = subject;
    meet(t);
    job(&t->worker[0]);
    meet(t);
}

// Start and finish
static void start(struct team *t, int threads)
{
    *t = (struct team){.threads = threads, .worker = allocate(threads, sizeof *t->worker)};
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->all_here, NULL);
    for (int i = 0; i < threads; i++) {
        t->worker[i] = (struct worker){.team = t, .number = i, .group = allocate(1, sizeof(struct group))};
        if (i > 0 && pthread_create(&t->worker[i].thread, NULL, work, &t->worker[i]))
            give_up("cannot start thread %d; try fewer --threads", i);
    }
}

static void finish(struct team *t)
{
    t->job = NULL;
    meet(t);
    for (int i = 0; i < t->threads; i++) {
        if (i > 0)
            pthread_join(t->worker[i].thread, NULL);
        free(t->worker[i].group);
    }
    free(t->worker);
}

// Training
struct training {
    const struct options *options;
    int groups, steps, step;                         // groups: at most, in a batch
    const struct data *data;
    int *order, first, count;                        // this batch: samples first to first + count of this epoch's order
    weight value[256];
    double rate, *loss;                              // loss[group], a sum over its samples
    struct parameters *theta, *m, *v, *gradient;     // gradient[group]
};

// One thread's part of a step
static void differentiate(struct worker *me)
{
    struct training *t = me->team->subject;
    for (int g = me->number; g * SAMPLES < t->count; g += me->team->threads) {
        int left = t->count - g * SAMPLES;
        fill(me->group, t->data, left < SAMPLES ? left : SAMPLES, t->order + t->first + g * SAMPLES, t->value);
        network_forward(t->theta, me->group);
        network_backward(t->theta, me->group, &t->gradient[g]);
        t->loss[g] = creal(total(me->group->loss));
    }
}

static void update_block(struct training *t, int first, int n)
{
    weight *sum = (weight *)&t->gradient[0] + first;
    for (int g = 1; g * SAMPLES < t->count; g++)
        for (int i = 0; i < n; i++)
            sum[i] += ((weight *)&t->gradient[g])[first + i];
    for (int i = 0; i < n; i++)
        sum[i] /= t->count;
    if (t->options->shipped)
        forgetful_adam((struct adam){t->rate, 0.95, 0.99, 1e-7}, n, sum, (weight *)t->theta + first);
    else
        adam((struct adam){t->rate, 0.9, 0.99, 1e-8}, t->step, n, sum, (weight *)t->m + first,
             (weight *)t->v + first, (weight *)t->theta + first);
}

static void update(struct worker *me)
{
    enum { BLOCK = 2048 };
    int from = (int)((long)PARAMETERS * me->number / me->team->threads), to = (int)((long)PARAMETERS * (me->number + 1) / me->team->threads);
    for (int first = from; first < to; first += BLOCK)
        update_block(me->team->subject, first, to - first < BLOCK ? to - first : BLOCK);
}

static void differentiate_and_update(struct worker *me)
{
    differentiate(me);
    meet(me->team);   // all gradients are there
    update(me);
}

// Now
static double now(void)   // seconds
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + 1e-9 * t.tv_nsec;
}

// One step
// One step by all threads. Returns the mean loss of the batch.
static double step(struct team *team, struct training *t)
{
    together(team, differentiate_and_update, t);
    double loss = 0;
    for (int g = 0; g * SAMPLES < t->count; g++)
        loss += t->loss[g];
    return loss / t->count;
}

static struct training new_training(const struct options *o, const struct data *d, struct parameters *theta, const struct scale *scale)
{
    struct training t = {.options = o, .data = d, .theta = theta};
    t.groups = (o->batch + SAMPLES - 1) / SAMPLES;
    t.steps = (int)((long)o->epochs * ((d->count + o->batch - 1) / o->batch));
    t.order = allocate(d->count, sizeof *t.order);
    t.gradient = allocate(t.groups, sizeof *t.gradient);
    t.m = allocate(1, sizeof *t.m);
    t.v = allocate(1, sizeof *t.v);
    t.loss = allocate(t.groups, sizeof *t.loss);
    standard_values(scale, t.value);
    for (int i = 0; i < d->count; i++)
        t.order[i] = i;
    return t;
}

static void free_training(struct training *t)
{
    free(t->order), free(t->gradient), free(t->m), free(t->v), free(t->loss);
}

// Initialise
static void initialise(struct parameters *p, struct random *random)
{
    he_initialise(random, 1 * 5 * 5, FILTERS * 25, (weight *)p->w1);
    he_initialise(random, FILTERS * 5 * 5, FILTERS * FILTERS * 25, (weight *)p->w2);
    he_initialise(random, FILTERS * 100, 128 * FILTERS * 100, (weight *)p->w3);
    he_initialise(random, 128, 10 * 128, (weight *)p->w4);
}

// Median
// Of an odd number of measurements: the median, the least and the most.
struct span { double median, least, most; };

enum { RUNS = 25 };

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static struct span span(double run[RUNS])
{
    qsort(run, RUNS, sizeof *run, by_size);
    return (struct span){run[RUNS / 2], run[0], run[RUNS - 1]};
}

// The machine's limits
enum { CHAINS = 12, LINKS = 50000 };

// GFLOP/s of sums that don't wait for each other: a multiplication and an addition are two.
__attribute__((noinline)) static struct span peak(real factor, real addend, real chain[CHAINS])
{
    double run[RUNS];
    for (int r = 0; r < RUNS; r++) {
        real s[CHAINS];
        double since = now();
        for (int i = 0; i < CHAINS; i++)
            s[i] = chain[i];
        for (int k = 0; k < LINKS; k++)
            for (int i = 0; i < CHAINS; i++)
                s[i] = s[i] * factor + addend;
        for (int i = 0; i < CHAINS; i++)
            chain[i] = s[i];
        run[r] = 2e-9 * SAMPLES * CHAINS * LINKS / (now() - since);
    }
    return span(run);
}

// GB/s of a sum over so many bytes, which stay in the nearest memory that has room for them.
__attribute__((noinline)) static struct span bandwidth(size_t bytes, const real memory[], real chain[CHAINS])
{
    double run[RUNS];
    size_t times = bytes < 1 << 24 ? ((size_t)1 << 24) / bytes : 1;   // at least 16 MiB in all
    for (int r = 0; r < RUNS; r++) {
        real s[8] = {0};
        double since = now();
        for (size_t t = 0; t < times; t++)
            for (size_t k = 0; k + 8 <= bytes / sizeof(real); k += 8)
                for (int i = 0; i < 8; i++)
                    s[i] += memory[k + i];
        run[r] = 1e-9 * times * bytes / (now() - since);
        for (int i = 0; i < 8; i++)
            chain[i] += s[i];
    }
    return span(run);
}

// The paper's order
// (7)
static void convolution_forward_printed(int C, int C_, int X, int Y, int KX, int KY, const weight w[C][C_][KX][KY], const weight b[C],
                                        const real a[C_][X + KX - 1][Y + KY - 1], real z[C][X][Y])
{
    for (int c = 0; c < C; c++)
        for (int x = 0; x < X; x++)
            for (int y = 0; y < Y; y++) {
                real s = same(b[c]);
                for (int c_ = 0; c_ < C_; c_++)
                    for (int x_ = 0; x_ < KX; x_++)
                        for (int y_ = 0; y_ < KY; y_++)
                            s += w[c][c_][x_][y_] * a[c_][x + x_][y + y_];
                z[c][x][y] = s;
            }
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

// (8)
static void convolution_da_printed(int C, int C_, int X, int Y, int KX, int KY, const weight w[C][C_][KX][KY], const real dz[C][X][Y],
                                   real da[C_][X + KX - 1][Y + KY - 1])
{
    for (int c_ = 0; c_ < C_; c_++)
        for (int i = 0; i < X + KX - 1; i++)
            for (int j = 0; j < Y + KY - 1; j++) {
                real s = same(0);
                for (int c = 0; c < C; c++)
                    for (int x = i < KX ? 0 : i - KX + 1; x <= least(X - 1, i); x++)
                        for (int y = j < KY ? 0 : j - KY + 1; y <= least(Y - 1, j); y++)
                            s += dz[c][x][y] * w[c][c_][i - x][j - y];
                da[c_][i][j] = s;
            }
}

// (9)
static void convolution_dw_printed(int C, int C_, int X, int Y, int KX, int KY, const real a[C_][X + KX - 1][Y + KY - 1], const real dz[C][X][Y],
                                   real dw[C][C_][KX][KY])
{
    for (int c = 0; c < C; c++)
        for (int c_ = 0; c_ < C_; c_++)
            for (int x_ = 0; x_ < KX; x_++)
                for (int y_ = 0; y_ < KY; y_++) {
                    real s = same(0);
                    for (int x = 0; x < X; x++)
                        for (int y = 0; y < Y; y++)
                            s += dz[c][x][y] * a[c_][x + x_][y + y_];
                    dw[c][c_][x_][y_] = s;
                }
}

// (1)
static void fully_connected_forward_printed(int C, int C_, const weight w[C][C_], const weight b[C], const real a[C_], real z[C])
{
    for (int c = 0; c < C; c++) {
        real s = same(b[c]);
        for (int c_ = 0; c_ < C_; c_++)
            s += w[c][c_] * a[c_];
        z[c] = s;
    }
}

// (2)
static void fully_connected_da_printed(int C, int C_, const weight w[C][C_], const real dz[C], real da[C_])
{
    for (int c_ = 0; c_ < C_; c_++) {
        real s = same(0);
        for (int c = 0; c < C; c++)
            s += dz[c] * w[c][c_];
        da[c_] = s;
    }
}

// (3)
static void fully_connected_dw_printed(int C, int C_, const real a[C_], const real dz[C], weight dw[C][C_])
{
    for (int c = 0; c < C; c++)
        for (int c_ = 0; c_ < C_; c_++)
            dw[c][c_] = total(a[c_] * dz[c]);
}

// The parts
static struct training training;
static struct team team;
static struct parameters *p, *gradient;
static struct group *g;
static int group;   // its number in the batch

enum { F = FILTERS, BATCH = 32 };

#define PART __attribute__((flatten, noinline)) static void
PART data(void)      { fill(g, training.data, SAMPLES, training.order + group * SAMPLES, training.value); }
PART conv1(void)     { convolution_forward(F, 1, 24, 24, 28, 28, 5, 5, 1, 1, 0, 0, p->w1, p->b1, g->a0, g->a1); }
PART relu1(void)     { relu_forward(F * 24 * 24, (real *)g->a1, (real *)g->a1); }
PART conv2(void)     { convolution_forward(F, F, 20, 20, 24, 24, 5, 5, 1, 1, 0, 0, p->w2, p->b2, g->a1, g->a2); }
PART relu2(void)     { relu_forward(F * 20 * 20, (real *)g->a2, (real *)g->a2); }
PART pool(void)      { max_pooling_forward(F, 10, 10, 20, 20, 2, 2, 2, 2, g->a2, g->a3); }
PART dense1(void)    { fully_connected_forward(128, F * 100, p->w3, p->b3, (real *)g->a3, g->a4); relu_forward(128, g->a4, g->a4); }
PART dense2(void)    { fully_connected_forward(10, 128, p->w4, p->b4, g->a4, g->z5); }
PART loss(void)      { g->loss = softmax_cross_entropy(10, g->y, g->z5, g->a5); softmax_cross_entropy_dz(10, g->y, g->a5, g->dz5); }
PART dense2_da(void) { fully_connected_da(10, 128, p->w4, g->dz5, g->da4); relu_backward(128, g->a4, g->da4, g->da4); }
PART dense2_dw(void) { fully_connected_dw(10, 128, g->a4, g->dz5, gradient[group].w4); fully_connected_db(10, g->dz5, gradient[group].b4); }
PART dense1_da(void) { fully_connected_da(128, F * 100, p->w3, g->da4, (real *)g->da3); }
PART dense1_dw(void)
{
    fully_connected_dw(128, F * 100, (real *)g->a3, g->da4, gradient[group].w3);
    fully_connected_db(128, g->da4, gradient[group].b3);
}
PART pool_back(void) { max_pooling_backward(F, 10, 10, 20, 20, 2, 2, 2, 2, g->a2, g->a3, g->da3, g->da2); }
PART relu2_back(void){ relu_backward(F * 20 * 20, (real *)g->a2, (real *)g->da2, (real *)g->da2); }
PART conv2_da(void)  { convolution_da(F, F, 20, 20, 24, 24, 5, 5, 1, 1, 0, 0, p->w2, g->da2, g->da1); }
PART conv2_dw(void)  { convolution_dw(F, F, 20, 20, 24, 24, 5, 5, 1, 1, 0, 0, g->a1, g->da2, g->dw2); }
PART conv2_db(void)  { convolution_db(F, 20, 20, g->da2, g->db2); }
PART relu1_back(void){ relu_backward(F * 24 * 24, (real *)g->a1, (real *)g->da1, (real *)g->da1); }
PART conv1_dw(void)  { convolution_dw(F, 1, 24, 24, 28, 28, 5, 5, 1, 1, 0, 0, g->a0, g->da1, g->dw1); }
PART conv1_db(void)  { convolution_db(F, 24, 24, g->da1, g->db1); }
PART all_totals(void){ group_totals(g, &gradient[group]); }
PART adam_step(void) { update(&team.worker[0]); }

PART conv1_printed(void)     { convolution_forward_printed(F, 1, 24, 24, 5, 5, p->w1, p->b1, g->a0, g->a1); }
PART conv2_printed(void)     { convolution_forward_printed(F, F, 20, 20, 5, 5, p->w2, p->b2, g->a1, g->a2); }
PART dense1_printed(void)    { fully_connected_forward_printed(128, F * 100, p->w3, p->b3, (real *)g->a3, g->a4); relu_forward(128, g->a4, g->a4); }
PART dense1_da_printed(void) { fully_connected_da_printed(128, F * 100, p->w3, g->da4, (real *)g->da3); }
PART dense1_dw_printed(void)
{
    fully_connected_dw_printed(128, F * 100, (real *)g->a3, g->da4, gradient[group].w3);
    fully_connected_db(128, g->da4, gradient[group].b3);
}
PART conv2_da_printed(void)  { convolution_da_printed(F, F, 20, 20, 5, 5, p->w2, g->da2, g->da1); }
PART conv2_dw_printed(void)  { convolution_dw_printed(F, F, 20, 20, 5, 5, g->a1, g->da2, g->dw2); }
PART conv1_dw_printed(void)  { convolution_dw_printed(F, 1, 24, 24, 5, 5, g->a0, g->da1, g->dw1); }

// The table of parts
enum { CONV1 = F * 25 * 576, CONV2 = F * F * 25 * 400, DENSE1 = 128 * 100 * F, DENSE2 = 10 * 128 };   // multiply-adds a sample
static const double MULTIPLY_ADDS = 2.0 * CONV1 + 3.0 * CONV2 + 3.0 * DENSE1 + 3.0 * DENSE2;

static const struct part {
    const char *name;
    double operations;   // a sample; a multiplication and an addition are two
    void (*run)(void), (*printed)(void);
} part[] = {
    {"data", 0, data, NULL}, {"conv 1", 2.0 * CONV1, conv1, conv1_printed}, {"relu 1", F * 576, relu1, NULL},
    {"conv 2", 2.0 * CONV2, conv2, conv2_printed}, {"relu 2", F * 400, relu2, NULL}, {"pool", F * 300, pool, NULL},
    {"dense 1", 2.0 * DENSE1, dense1, dense1_printed}, {"dense 2", 2.0 * DENSE2, dense2, NULL}, {"loss", 80, loss, NULL},
    {"dense 2 da", 2.0 * DENSE2, dense2_da, NULL}, {"dense 2 dw", 2.0 * DENSE2, dense2_dw, NULL},
    {"dense 1 da", 2.0 * DENSE1, dense1_da, dense1_da_printed}, {"dense 1 dw", 2.0 * DENSE1, dense1_dw, dense1_dw_printed},
    {"pool da", F * 2400, pool_back, NULL}, {"relu 2 dz", F * 400, relu2_back, NULL},
    {"conv 2 da", 2.0 * CONV2, conv2_da, conv2_da_printed}, {"conv 2 dw", 2.0 * CONV2, conv2_dw, conv2_dw_printed},
    {"conv 2 db", F * 400, conv2_db, NULL}, {"relu 1 dz", F * 576, relu1_back, NULL}, {"conv 1 dw", 2.0 * CONV1, conv1_dw, conv1_dw_printed},
    {"conv 1 db", F * 576, conv1_db, NULL}, {"totals", F * F * 25 + F * 27, all_totals, NULL}, {"Adam", 15.0 * PARAMETERS / BATCH, adam_step, NULL},
};
enum { PARTS = sizeof part / sizeof *part };

// Time the parts
static void time_batch(int printed, double seconds[PARTS])   // adds each part's seconds
{
    for (group = 0; group * SAMPLES < BATCH; group++)
        for (int k = 0; k < PARTS; k++)
            if (k < PARTS - 1 || (group + 1) * SAMPLES == BATCH) {   // Adam: once a batch
                double since = now();
                (printed && part[k].printed ? part[k].printed : part[k].run)();
                seconds[k] += now() - since;
            }
}

// Seconds a sample of each part; the last entry sums them up.
static void time_parts(int printed, struct span each[PARTS + 1])
{
    double run[PARTS][RUNS] = {{0}};
    for (int r = 0; r < RUNS; r++) {
        double seconds[PARTS] = {0};
        time_batch(printed, seconds);
        for (int k = 0; k < PARTS; k++)
            run[k][r] = seconds[k] / BATCH;
    }
    each[PARTS] = (struct span){0};
    for (int k = 0; k < PARTS; k++) {
        each[k] = span(run[k]);
        each[PARTS].median += each[k].median;
        each[PARTS].least += each[k].least;
        each[PARTS].most += each[k].most;
    }
}

// The same gradient
static void expect_same(const char *what, const struct parameters *expected)
{
    double worst = 0, most = 0;
    for (int i = 0; i < PARAMETERS; i++) {
        double x = creal(((const weight *)expected)[i]), y = creal(((const weight *)gradient)[i]);
        most = fmax(most, fabs(x));
        worst = fmax(worst, fabs(x - y));
    }
    if (!(worst <= (sizeof(weight) == 4 ? 1e-5 : 1e-12) * most))
        give_up("%s: another gradient than the trainer's: off by %g of %g", what, worst, most);
}

static void check_gradients(void)
{
    struct parameters *expected = allocate(1, sizeof *expected);
    group = 0;
    data();
    network_forward(p, g);
    network_backward(p, g, expected);
    for (int printed = 0; printed < 2; printed++) {
        memset(gradient, 0, sizeof *gradient);
        for (int k = 0; k < PARTS - 1; k++)
            (printed && part[k].printed ? part[k].printed : part[k].run)();
        expect_same(printed ? "the paper's order" : "the parts", expected);
    }
    free(expected);
}

// Time a step
static void next_step(struct team *t)
{
    training.first = (training.first + BATCH) % (training.data->count - BATCH);
    step(t, &training);
}

static struct span time_step(int threads)   // seconds a sample
{
    enum { STEPS = 10 };
    double run[RUNS];
    struct team t;
    start(&t, threads);
    for (double since = now(); now() - since < 0.2;)   // until the system has given each thread a core of its own
        next_step(&t);
    for (int r = 0; r < RUNS; r++) {
        double since = now();
        for (int k = 0; k < STEPS; k++)
            next_step(&t);
        run[r] = (now() - since) / (STEPS * BATCH);
    }
    finish(&t);
    return span(run);
}

// Seconds in double
static void write_seconds(void)   // for each part: in the fast order, in the paper's order
{
    struct span fast[PARTS + 1], printed[PARTS + 1];
    time_parts(0, fast);
    time_parts(1, printed);
    for (int k = 0; k <= PARTS; k++)
        printf("%.9g %.9g\n", fast[k].median, printed[k].median);
}

static void read_seconds(const char *path, double fast[PARTS + 1], double printed[PARTS + 1])
{
    FILE *file = fopen(path, "r");
    for (int k = 0; k <= PARTS; k++)
        if (!file || fscanf(file, "%lf %lf", &fast[k], &printed[k]) != 2)
            give_up("%s: expected two numbers for each of %d parts, as build/bench-double --seconds prints them", path, PARTS + 1);
    fclose(file);
}

// Print the measurements
static void print_machine(struct span most)
{
    size_t kib[] = {32, 512, 8 << 10, 128 << 10};
    real chain[CHAINS], *memory = allocate(1, 1 << 27);
    for (int i = 0; i < CHAINS; i++)
        chain[i] = same(0);
    printf("peak %.0f GFLOP/s (%.0f to %.0f); reading", most.median, most.least, most.most);
    for (int k = 0; k < 4; k++) {
        struct span b = bandwidth(kib[k] << 10, memory, chain);
        printf("%s %zu KiB %.0f GB/s (%.0f to %.0f)", k ? "," : "", kib[k], b.median, b.least, b.most);
    }
    printf("\n");
    free(memory);
}

static void print_parts(const double fast_double[PARTS + 1], const double printed_double[PARTS + 1], double most)
{
    struct span fast[PARTS + 1], printed[PARTS + 1];
    time_parts(0, fast);
    time_parts(1, printed);
    double stage[] = {printed_double[PARTS], printed[PARTS].median, fast_double[PARTS], fast[PARTS].median};
    printf("lanes : double    %4.1f in the paper's order, %4.1f in ours\n", stage[0] / stage[1], stage[2] / stage[3]);
    printf("ours  : paper's   %4.1f in double, %4.1f in lanes; both together %.0f\n\n", stage[0] / stage[2], stage[1] / stage[3],
           stage[0] / stage[3]);
    printf("            share  us a sample  (least  most)   Gop/s  of peak | lanes:double  ours:paper's | us in double, paper's order, both\n");
    for (int k = 0; k <= PARTS; k++) {
        double operations = k < PARTS ? part[k].operations : 2 * MULTIPLY_ADDS, rate = 1e-9 * operations / fast[k].median;
        printf("%-11s %4.1f %%  %11.3f  (%5.3f %5.3f)  %6.1f  %4.0f %%   | %12.1f  %12.1f | %12.2f %12.3f %12.2f\n", k < PARTS ? part[k].name : "all",
               100 * fast[k].median / fast[PARTS].median, 1e6 * fast[k].median, 1e6 * fast[k].least, 1e6 * fast[k].most, rate, 100 * rate / most,
               fast_double[k] / fast[k].median, printed[k].median / fast[k].median, 1e6 * fast_double[k], 1e6 * printed[k].median,
               1e6 * printed_double[k]);
    }
}

static void print_step(int threads, double most)
{
    struct span s = time_step(threads);
    double rate = 2e-9 * MULTIPLY_ADDS / s.median;
    printf("%2d filters, %d thread%s: %.2f us a sample (%.2f to %.2f), %.0f samples/s, %.2f MFLOP a sample, %.0f GFLOP/s, %.0f %% of the peak\n", F,
           threads, threads > 1 ? "s" : "", 1e6 * s.median, 1e6 * s.least, 1e6 * s.most, 1 / s.median, 2e-6 * MULTIPLY_ADDS, rate,
           100 * rate / (most * threads));
}

static void print_all(const char *path, struct span most)
{
    double in_double[2][PARTS + 1];
    read_seconds(path, in_double[0], in_double[1]);
    struct span one = time_step(1), two = time_step(2);
    double work = 2e-9 * MULTIPLY_ADDS / most.median;   // the seconds that a sample takes at the peak
    printf("step : peak       %4.2f  (%.2f to %.2f)\n", work / one.median, work / one.most, work / one.least);
    printf("two threads : one %4.2f  (%.2f to %.2f)\n", one.median / two.median, one.least / two.most, one.most / two.least);
    print_parts(in_double[0], in_double[1], most.median);
    printf("\n");
    print_machine(most);
    print_step(1, most.median);
    print_step(2, most.median);
}

// Prepare
static void prepare(const struct options *o, struct data *drawn, const struct scale *scale)
{
    struct random random = {1};
    *drawn = drawn_digits(1, 2048);
    p = allocate(1, sizeof *p);
    g = allocate(1, sizeof *g);
    initialise(p, &random);
    training = new_training(o, drawn, p, scale);
    training.count = BATCH;
    shuffle(&random, drawn->count, training.order);
    gradient = training.gradient;
    start(&team, 1);
    team.subject = &training;
}

static void clean_up(struct data *drawn)
{
    finish(&team);
    free_training(&training);
    free(drawn->picture), free(drawn->label), free(p), free(g);
}

int main(int count, char **arguments)
{
    struct options o = {.epochs = 1, .batch = BATCH};
    struct scale scale = {33, 78};
    struct data drawn;
    real chain[CHAINS];
    for (int i = 0; i < CHAINS; i++)
        chain[i] = same(i);
    program = "bench";
    prepare(&o, &drawn, &scale);
    check_gradients();
    struct span most = peak(same(0.999), same(0.001), chain);
    if (count == 2 && !strcmp(arguments[1], "--seconds"))
        write_seconds();
    else if (count == 3 && !strcmp(arguments[1], "--step") && atoi(arguments[2]) > 0)
        print_step(atoi(arguments[2]), most.median);
    else if (count == 2)
        print_all(arguments[1], most);
    else
        give_up("usage: bench-double --seconds >FILE; bench FILE; or bench --step THREADS");
    clean_up(&drawn);
    return 0;
}

// Tangled from chapters/9-why-it-is-fast.md [54ef732e6a6c]: edit there, or here and make stitch
#ifndef SUMS_ALONE   // the trainer, which includes this file, has these already
#include <assert.h>
#include <limits.h>
#include <string.h>

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
#endif

// Sums side by side
enum { TILE = 8, HALF = TILE / 2 };   // neurons at one place, neurons at two: eight sums each

// Fast: convolution, forward (7) (G5)
// Some feature maps
// (7) for R neurons of the layer n, at P neighbouring places at a time, from column first on.
__attribute__((always_inline))
static inline void some_maps(int P, int R, int first, struct convolution n,
                             const weight w[R][n.C_][n.KX][n.KY], const weight b[R],
                             const real a[n.C_][n.X_][n.Y_], real z[R][n.X][n.Y])
{
    for (int x = 0; x < n.X; x++)
        for (int y = first; y + P <= n.Y; y += P) {
            real s[TILE];
            for (int k = 0; k < P * R; k++)
                s[k] = same(b[k % R]);
            for (int c_ = 0; c_ < n.C_; c_++)
                for (int x_ = 0; x_ < n.KX; x_++)
                    for (int y_ = 0; y_ < n.KY; y_++)
                        for (int p = 0; p < P; p++) {
                            int i = x * n.SX + x_ - n.PX, j = (y + p) * n.SY + y_ - n.PY;
                            if (inside(i, n.X_) && inside(j, n.Y_))
                                for (int c = 0; c < R; c++)
                                    s[p * R + c] += w[c][c_][x_][y_] * a[c_][i][j];
                        }
            for (int k = 0; k < P * R; k++)
                z[k % R][x][y + k / R] = s[k];
        }
}

__attribute__((always_inline))
static inline void all_maps(int P, int R, int first, struct convolution n,
                            const weight w[n.C][n.C_][n.KX][n.KY], const weight b[n.C],
                            const real a[n.C_][n.X_][n.Y_], real z[n.C][n.X][n.Y])
{
    int c = 0;
    for (; c + R <= n.C; c += R)
        some_maps(P, R, first, n, w + c, b + c, a, z + c);
    if (c < n.C)
        some_maps(P, n.C - c, first, n, w + c, b + c, a, z + c);
}

void convolution_forward(struct convolution n, const weight w[n.C][n.C_][n.KX][n.KY],
                         const weight b[n.C], const real a[n.C_][n.X_][n.Y_], real z[n.C][n.X][n.Y])
{
    assert(convolution_fits(n));
    all_maps(2, HALF, 0, n, w, b, a, z);
    if (n.Y % 2)
        all_maps(1, TILE, n.Y - 1, n, w, b, a, z);
}

// Fast: convolution, slope of the input (8) (G6a)
// Some slopes of the input
// The row or column of the output whose window begins so far after the first one's; -1: none.
static inline int output(int after, int stride, int extent)
{
    return after < 0 || after % stride || after / stride >= extent ? -1 : after / stride;
}

// (8) for R channels of the input of the layer n, from channel c0 on, and P places at a time, in
// columns from first to end, where they all find an output or none does.
__attribute__((always_inline))
static inline void some_channels(int P, int R, int c0, int first, int end, struct convolution n,
                                 const weight w[n.C][n.C_][n.KX][n.KY],
                                 const real dz[n.C][n.X][n.Y], real da[n.C_][n.X_][n.Y_])
{
    for (int i = 0; i < n.X_; i++)
        for (int j = first; j < end; j += P) {
            real s[TILE];
            for (int k = 0; k < P * R; k++)
                s[k] = same(0);
            for (int x_ = 0; x_ < n.KX; x_++)
                for (int y_ = 0; y_ < n.KY; y_++) {
                    int x = output(i + n.PX - x_, n.SX, n.X), y = output(j + n.PY - y_, n.SY, n.Y);
                    for (int c = 0; c < n.C && x >= 0 && y >= 0; c++)
                        for (int p = 0; p < P; p++)
                            for (int k = 0; k < R; k++)
                                s[p * R + k] += dz[c][x][y + p] * w[c][c0 + k][x_][y_];
                }
            for (int k = 0; k < P * R; k++)
                da[c0 + k % R][i][j + k / R] = s[k];
        }
}

__attribute__((always_inline))
static inline void all_channels(int P, int R, int first, int end, struct convolution n,
                                const weight w[n.C][n.C_][n.KX][n.KY],
                                const real dz[n.C][n.X][n.Y], real da[n.C_][n.X_][n.Y_])
{
    int c0 = 0;
    for (; c0 + R <= n.C_; c0 += R)
        some_channels(P, R, c0, first, end, n, w, dz, da);
    if (c0 < n.C_)
        some_channels(P, n.C_ - c0, c0, first, end, n, w, dz, da);
}

void convolution_da(struct convolution n, const weight w[n.C][n.C_][n.KX][n.KY],
                    const real dz[n.C][n.X][n.Y], real da[n.C_][n.X_][n.Y_])
{
    assert(convolution_fits(n));
    int pairs = n.SY == 1 && n.PY < n.KY && n.Y > n.KY ? (n.Y - n.KY + 1) / 2 : 0;
    int first = pairs ? n.KY - 1 - n.PY : 0, end = first + 2 * pairs;
    all_channels(1, TILE, 0, first, n, w, dz, da);
    all_channels(2, HALF, first, end, n, w, dz, da);
    all_channels(1, TILE, end, n.Y_, n, w, dz, da);
}

// Fast: convolution, slope of the weights (9) (G6b)
// Some slopes of the kernels
// (9) for R neurons, one channel a of the input, and P neighbouring weights of a kernel.
__attribute__((always_inline))
static inline void some_slopes(int P, int R, int c_, int x_, int y_, struct convolution n,
                               const real a[n.X_][n.Y_], const real dz[R][n.X][n.Y],
                               weight dw[R][n.C_][n.KX][n.KY])
{
    real s[TILE];
    for (int k = 0; k < P * R; k++)
        s[k] = same(0);
    for (int x = 0; x < n.X; x++)
        #pragma GCC unroll 4   // or gcc 12 loads each slope twice
        for (int y = 0; y < n.Y; y++) {
            real slope[TILE];
            for (int c = 0; c < R; c++)
                slope[c] = dz[c][x][y];
            for (int p = 0; p < P; p++) {
                int i = x * n.SX + x_ - n.PX, j = y * n.SY + y_ + p - n.PY;
                if (inside(i, n.X_) && inside(j, n.Y_))
                    for (int c = 0; c < R; c++)
                        s[p * R + c] += slope[c] * a[i][j];
            }
        }
    for (int k = 0; k < P * R; k++)
        dw[k % R][c_][x_][y_ + k / R] = total(s[k]);
}

// (9) for R neurons of the layer n, P columns of the kernels at a time, from column first on.
__attribute__((always_inline))
static inline void some_kernels(int P, int R, int first, struct convolution n,
                                const real a[n.C_][n.X_][n.Y_], const real dz[R][n.X][n.Y],
                                weight dw[R][n.C_][n.KX][n.KY])
{
    for (int c_ = 0; c_ < n.C_; c_++)
        for (int x_ = 0; x_ < n.KX; x_++)
            for (int y_ = first; y_ + P <= n.KY; y_ += P)
                some_slopes(P, R, c_, x_, y_, n, a[c_], dz, dw);
}

__attribute__((always_inline))
static inline void all_kernels(int P, int R, int first, struct convolution n,
                               const real a[n.C_][n.X_][n.Y_], const real dz[n.C][n.X][n.Y],
                               weight dw[n.C][n.C_][n.KX][n.KY])
{
    int c = 0;
    for (; c + R <= n.C; c += R)
        some_kernels(P, R, first, n, a, dz + c, dw + c);
    if (c < n.C)
        some_kernels(P, n.C - c, first, n, a, dz + c, dw + c);
}

void convolution_dw(struct convolution n, const real a[n.C_][n.X_][n.Y_],
                    const real dz[n.C][n.X][n.Y], weight dw[n.C][n.C_][n.KX][n.KY])
{
    assert(convolution_fits(n));
    all_kernels(2, HALF, 0, n, a, dz, dw);
    if (n.KY % 2)
        all_kernels(1, TILE, n.KY - 1, n, a, dz, dw);
}

// Fast: fully-connected, forward (1)
static inline struct convolution of_one_pixel(struct fully_connected n)
{
    assert(n.C >= 1 && n.C_ >= 1 && "a layer has at least one neuron and one input");
    return (struct convolution){n.C, n.C_, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0};
}

__attribute__((flatten))
void fully_connected_forward(struct fully_connected n, const weight w[n.C][n.C_],
                             const weight b[n.C], const real a[n.C_], real z[n.C])
{
    convolution_forward(of_one_pixel(n), (const void *)w, b, (const void *)a, (void *)z);
}

// Fast: fully-connected, slope of the input (2)
__attribute__((flatten))
void fully_connected_da(struct fully_connected n, const weight w[n.C][n.C_], const real dz[n.C],
                        real da[n.C_])
{
    convolution_da(of_one_pixel(n), (const void *)w, (const void *)dz, (void *)da);
}

// Fast: fully-connected, slope of the weights (3)
// A strip of inputs, turned
enum { STRIP = 16 };

// turned[k][i]: inputs SAMPLES k to SAMPLES k + SAMPLES - 1 of sample i; zeros beyond the last.
static inline void turn_strip(int count, const real a[count], real turned[STRIP][SAMPLES])
{
    memset(turned, 0, sizeof(real[STRIP][SAMPLES]));
    for (int c_ = 0; c_ < count; c_++) {
        real input = a[c_];
        for (int i = 0; i < SAMPLES; i++)
            *sample(&turned[c_ / SAMPLES][i], c_ % SAMPLES) = *sample(&input, i);
    }
}

// Some slopes of the weights
static inline void store(int count, real s, weight dw[])   // the first numbers of s, at most count
{
    if (count >= SAMPLES)
        memcpy(dw, &s, sizeof s);   // a known size: one instruction
    else
        for (int k = 0; k < count; k++)
            dw[k] = *sample(&s, k);
}

// (3) for R neurons, R at most TILE, and count inputs, of which dw[0] begins with the first.
__attribute__((always_inline))
static inline void some_weights(int R, int count, int C_, const real turned[STRIP][SAMPLES],
                                const weight dz[R][SAMPLES], weight dw[R][C_])
{
    for (int first = 0; first < count; first += SAMPLES) {
        real s[TILE];
        for (int c = 0; c < R; c++)
            s[c] = same(0);
        for (int i = 0; i < SAMPLES; i++)
            for (int c = 0; c < R; c++)
                s[c] += dz[c][i] * turned[first / SAMPLES][i];
        for (int c = 0; c < R; c++)
            store(count - first, s[c], &dw[c][first]);
    }
}

void fully_connected_dw(struct fully_connected n, const real a[n.C_], const real dz[n.C],
                        weight dw[n.C][n.C_])
{
    assert(n.C >= 1 && n.C_ >= 1 && "a layer has at least one neuron and one input");
    enum { WIDTH = STRIP * SAMPLES };
    const weight (*slope)[SAMPLES] = (const void *)dz;
    for (int first = 0; first < n.C_; first += WIDTH) {
        int count = n.C_ - first < WIDTH ? n.C_ - first : WIDTH, c = 0;
        real turned[STRIP][SAMPLES];
        turn_strip(count, a + first, turned);
        for (; c + TILE <= n.C; c += TILE)
            some_weights(TILE, count, n.C_, turned, slope + c, (void *)&dw[c][first]);
        if (c < n.C)
            some_weights(n.C - c, count, n.C_, turned, slope + c, (void *)&dw[c][first]);
    }
}

#ifndef SUMS_ALONE
// Fully-connected, backward
// All three slopes from dz[C]: (2), (3) and (4). Refuses a layer without neurons or inputs.
void fully_connected_backward(struct fully_connected n, const weight w[n.C][n.C_],
                              const real a[n.C_], const real dz[n.C],
                              real da[n.C_], weight dw[n.C][n.C_], weight db[n.C])
{
    fully_connected_da(n, w, dz, da);
    fully_connected_dw(n, a, dz, dw);
    fully_connected_db(n, dz, db);
}

// Convolution, backward
// All three slopes from dz[C][X][Y]: (8), (9) and (10). Refuses sizes that don't fit.
void convolution_backward(struct convolution n, const weight w[n.C][n.C_][n.KX][n.KY],
                          const real a[n.C_][n.X_][n.Y_], const real dz[n.C][n.X][n.Y],
                          real da[n.C_][n.X_][n.Y_], weight dw[n.C][n.C_][n.KX][n.KY],
                          weight db[n.C])
{
    convolution_da(n, w, dz, da);
    convolution_dw(n, a, dz, dw);
    convolution_db(n, dz, db);
}
#endif

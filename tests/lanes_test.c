// Tangled from chapters/9-why-it-is-fast.md [e247c83fd6d6]: edit there, or here and make stitch
#define _GNU_SOURCE
#include <assert.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <tgmath.h>

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

// Convolution of lists (12) (13)
// s = k * m on its whole range. Refuses empty lists.
void convolve_line(int K, int M, const real k[K], const real m[M], real s[K + M - 1])
{
    assert(K >= 1 && M >= 1 && "a list has at least one number");
    memset(s, 0, sizeof(real[K + M - 1]));
    for (int x_ = 0; x_ < K; x_++)
        for (int x = x_; x < x_ + M; x++)
            s[x] += k[x_] * m[x - x_];
}

// Sizes of two pictures
struct pictures { int KX, KY, MX, MY; };   // rows and columns of the kernel k and of the picture m

static inline int pictures_fit(struct pictures n)
{
    return n.KX >= 1 && n.KY >= 1 && n.MX >= 1 && n.MY >= 1;
}

// Convolution of pictures (14) (15) (16)
// s = k * m on its whole range. Refuses pictures without rows or columns.
void convolve(struct pictures n, const real k[n.KX][n.KY], const real m[n.MX][n.MY],
              real s[n.KX + n.MX - 1][n.KY + n.MY - 1])
{
    assert(pictures_fit(n) && "a picture has at least one row and one column");
    memset(s, 0, sizeof(real[n.KX + n.MX - 1][n.KY + n.MY - 1]));
    for (int x_ = 0; x_ < n.KX; x_++)
        for (int y_ = 0; y_ < n.KY; y_++)
            for (int x = x_; x < x_ + n.MX; x++)
                for (int y = y_; y < y_ + n.MY; y++)
                    s[x][y] += k[x_][y_] * m[x - x_][y - y_];
}

// Cross-correlation of pictures (G18) (G20a) (G20b)
// r on the whole range: the sum of (7) for one channel, with KX - 1 rows and KY - 1 columns of
// zeros on either side of m. Refuses pictures without rows or columns.
void correlate(struct pictures n, const real k[n.KX][n.KY], const real m[n.MX][n.MY],
               real r[n.KX + n.MX - 1][n.KY + n.MY - 1])
{
    assert(pictures_fit(n) && "a picture has at least one row and one column");
    for (int x = 0; x < n.KX + n.MX - 1; x++)
        for (int y = 0; y < n.KY + n.MY - 1; y++) {
            real s = {0};
            for (int x_ = 0; x_ < n.KX; x_++)
                for (int y_ = 0; y_ < n.KY; y_++) {
                    int i = x - (n.KX - 1) + x_, j = y - (n.KY - 1) + y_;
                    if (0 <= i && i < n.MX && 0 <= j && j < n.MY)
                        s += k[x_][y_] * m[i][j];
                }
            r[x][y] = s;
        }
}

// Flip (G19)
// The kernel flipped about both axes. Refuses a kernel without rows or columns.
void flip(int KX, int KY, const real k[KX][KY], real flipped[KX][KY])
{
    assert(KX >= 1 && KY >= 1 && "a picture has at least one row and one column");
    for (int x_ = 0; x_ < KX; x_++)
        for (int y_ = 0; y_ < KY; y_++)
            flipped[x_][y_] = k[KX - 1 - x_][KY - 1 - y_];
}

// Average pooling, forward (G16)
// a[C][X][Y] from a_[C][X_][Y_]. Refuses sizes that don't fit.
void average_pooling_forward(struct pooling n, const real a_[n.C][n.X_][n.Y_],
                             real a[n.C][n.X][n.Y])
{
    assert(pooling_fits(n));
    weight share = 1 / ((weight)n.DX * n.DY);
    for (int c = 0; c < n.C; c++)
        for (int x = 0; x < n.X; x++)
            for (int y = 0; y < n.Y; y++) {
                real s = same(0);
                for (int rx = 0; rx < n.DX; rx++)
                    for (int ry = 0; ry < n.DY; ry++)
                        s += a_[c][x * n.SX + rx][y * n.SY + ry];
                a[c][x][y] = share * s;
            }
}

// Average pooling, backward (G17)
// da_[C][X_][Y_] from da[C][X][Y]. Refuses sizes that don't fit.
void average_pooling_backward(struct pooling n, const real da[n.C][n.X][n.Y],
                              real da_[n.C][n.X_][n.Y_])
{
    assert(pooling_fits(n));
    weight share = 1 / ((weight)n.DX * n.DY);
    memset(da_, 0, sizeof(real[n.C][n.X_][n.Y_]));
    for (int c = 0; c < n.C; c++)
        for (int x = 0; x < n.X; x++)
            for (int y = 0; y < n.Y; y++)
                for (int rx = 0; rx < n.DX; rx++)
                    for (int ry = 0; ry < n.DY; ry++)
                        da_[c][x * n.SX + rx][y * n.SY + ry] += share * da[c][x][y];
}

// Sigmoid, forward (G21)
// a[N] from z[N]. a may be the same array as z.
void sigmoid_forward(int N, const real z[N], real a[N])
{
    for (int n = 0; n < N; n++)
        a[n] = 1 / (1 + real_exp(-z[n]));
}

// Sigmoid, backward (G1a) (G1)
// dz[N] from da[N] and z[N]. dz may be the same array as da.
void sigmoid_backward(int N, const real z[N], const real da[N], real dz[N])
{
    for (int n = 0; n < N; n++) {
        real a = 1 / (1 + real_exp(-z[n]));
        dz[n] = da[n] * a * (1 - a);
    }
}

// Arctangent of a number
static inline real real_atan(real z)
{
#if defined LANES
    for (int n = 0; n < SAMPLES; n++)
        z[n] = atanf(z[n]);
    return z;
#elif defined COMPLEX
    double x = creal(z), y = cimag(z);   // log1p: the logarithm of 1 + t keeps a tiny t
    return atan2(2 * x, 1 - x * x - y * y) / 2
         + log1p(4 * y / (x * x + (1 - y) * (1 - y))) / 4 * _Complex_I;
#else
    return atan(z);
#endif
}

// Arctan, forward (G22)
// a[N] from z[N]. a may be the same array as z.
void arctan_forward(int N, const real z[N], real a[N])
{
    for (int n = 0; n < N; n++)
        a[n] = real_atan(z[n]);
}

// Arctan, backward (G1b) (G1)
// dz[N] from da[N] and z[N]. dz may be the same array as da.
void arctan_backward(int N, const real z[N], const real da[N], real dz[N])
{
    for (int n = 0; n < N; n++)
        dz[n] = da[n] / (1 + z[n] * z[n]);
}

// Softmax, forward (22)
// a[C] from z[C]. Refuses C < 1.
void softmax_forward(int C, const real z[C], real a[C])
{
    assert(C >= 1 && "softmax needs at least one number");
    real most = z[0], sum = {0};
    for (int c = 1; c < C; c++)
        most = real_max(z[c], most);
    for (int c = 0; c < C; c++) {
        a[c] = real_exp(z[c] - most);
        sum += a[c];
    }
    for (int c = 0; c < C; c++)
        a[c] /= sum;
}

// Softmax, slopes (23)
// J[c][c_] is the slope of a[c] with respect to z[c_], from a[C] alone.
void softmax_jacobian(int C, const real a[C], real J[C][C])
{
    for (int c = 0; c < C; c++) {
        for (int c_ = 0; c_ < C; c_++)
            J[c][c_] = -a[c] * a[c_];
        J[c][c] = a[c] * (1 - a[c]);
    }
}

// Softmax, backward (G7)
// dz[C] from da[C] and the a[C] of softmax_forward. dz may be the same array as da.
void softmax_backward(int C, const real a[C], const real da[C], real dz[C])
{
    real mean = {0};
    for (int c = 0; c < C; c++)
        mean += da[c] * a[c];
    for (int c = 0; c < C; c++)
        dz[c] = a[c] * (da[c] - mean);
}

// Cross entropy (24)
// The loss of probabilities a[C] with labels y[C]. A class whose label is zero adds nothing, even
// where its a is zero. Refuses C < 1.
real cross_entropy(int C, const real y[C], const real a[C])
{
    assert(C >= 1 && "there is at least one class");
    real loss = {0};
    for (int c = 0; c < C; c++)
        loss -= y[c] * real_log(a[c] + equal(y[c], (real){0}));
    return loss;
}

// Cross entropy, slope (25)
// da[C] from labels y[C] and probabilities a[C]; 0 where the label is zero. Refuses C < 1.
void cross_entropy_da(int C, const real y[C], const real a[C], real da[C])
{
    assert(C >= 1 && "there is at least one class");
    for (int c = 0; c < C; c++)
        da[c] = -y[c] / (a[c] + equal(y[c], (real){0}));
}

// Numbers for lanes
enum { ALL = 16, MOST = 11 * 300, ARRAYS = 40 };   // samples; numbers of an array; arrays
static const double ROUNDED = 1e-6;
static int samples, block, drawn, kept;   // all samples; this block's first; arrays so far
static struct made {
    const char *name;
    int count, each;   // numbers; of one place: ALL, or 1 for a total
    double allowed;    // of the largest
    double number[MOST * ALL];
} made[ARRAYS];

static weight eighth(int place, int n)   // of this array, for sample n
{
    struct random r = {(unsigned long long)(drawn * MOST + place) * ALL + n};
    return (int)(random_bits(&r) >> 58) / 8.0 - 4;
}

static void draw(int count, real x[count])
{
    for (int i = 0; i < count; i++)
        for (int n = 0; n < SAMPLES; n++)
            *sample(&x[i], n) = eighth(i, block + n);
    drawn++;
}

static void draw_weights(int count, weight x[count])   // the same for all samples
{
    for (int i = 0; i < count; i++)
        x[i] = eighth(i, 0);
    drawn++;
}

// Keep what lanes make
static void keep(const char *name, double allowed, int count, const real x[count])
{
    struct made *m = &made[kept++];
    m->name = name, m->count = count * ALL, m->each = ALL, m->allowed = allowed;
    for (int i = 0; i < count; i++)
        for (int n = 0; n < SAMPLES; n++) {
            real number = x[i];
            m->number[i * ALL + block + n] = *sample(&number, n);
        }
}

static void keep_total(const char *name, int count, const weight x[count])
{
    struct made *m = &made[kept++];
    m->name = name, m->count = count, m->each = 1;
    for (int i = 0; i < count; i++)
        m->number[i] += x[i];
}

// Layers in lanes
#define FLAT(array) sizeof(array) / sizeof(real), (real *)(array)
#define FLAT_WEIGHTS(array) sizeof(array) / sizeof(weight), (weight *)(array)

static void dense(void)
{
    static weight w[11][300], b[11], dw[11][300], db[11];
    static real a[300], z[11], dz[11], da[300];
    struct fully_connected n = {11, 300};
    draw_weights(FLAT_WEIGHTS(w)), draw_weights(FLAT_WEIGHTS(b));
    draw(FLAT(a)), draw(FLAT(dz));
    fully_connected_forward(n, w, b, a, z);
    fully_connected_backward(n, w, a, dz, da, dw, db);
    keep("(1) z", 0, FLAT(z)), keep("(2) da", 0, FLAT(da));
    keep_total("(3) dw", FLAT_WEIGHTS(dw)), keep_total("(4) db", FLAT_WEIGHTS(db));
}

static void convolutions(void)
{
    static weight w[11][3][3][4], b[11], dw[11][3][3][4], db[11];
    static real a[3][13][12], z[11][7][11], dz[11][7][11], da[3][13][12];
    struct convolution n = {.C = 11, .C_ = 3, .X = 7, .Y = 11, .X_ = 13, .Y_ = 12,
                            .KX = 3, .KY = 4, .SX = 2, .SY = 1, .PX = 1, .PY = 1};
    draw_weights(FLAT_WEIGHTS(w)), draw_weights(FLAT_WEIGHTS(b));
    draw(FLAT(a)), draw(FLAT(dz));
    convolution_forward(n, w, b, a, z);
    convolution_backward(n, w, a, dz, da, dw, db);
    keep("(7) z", 0, FLAT(z)), keep("(8) da", 0, FLAT(da));
    keep_total("(9) dw", FLAT_WEIGHTS(dw)), keep_total("(10) db", FLAT_WEIGHTS(db));
}

static void poolings(void)
{
    static real a_[3][13][12], a[3][6][5], da[3][6][5], da_[3][13][12];
    struct pooling n = {.C = 3, .X = 6, .Y = 5, .X_ = 13, .Y_ = 12,
                        .DX = 3, .DY = 3, .SX = 2, .SY = 2};
    draw(FLAT(a_)), draw(FLAT(da));
    average_pooling_forward(n, a_, a);
    average_pooling_backward(n, da, da_);
    keep("(G16) a", ROUNDED, FLAT(a)), keep("(G17) da", ROUNDED, FLAT(da_));
    max_pooling_forward(n, a_, a);
    max_pooling_backward(n, a_, a, da, da_);
    keep("(18) a", 0, FLAT(a)), keep("(19) da", 0, FLAT(da_));
}

static void pictures(void)
{
    static real k[3][4], flipped[3][4], m[7][6], s[9][9], t[9][9], line[9];
    struct pictures n = {.KX = 3, .KY = 4, .MX = 7, .MY = 6};
    draw(FLAT(k)), draw(FLAT(m));
    convolve_line(4, 6, k[0], m[0], line);
    convolve(n, k, m, s);
    correlate(n, k, m, t);
    flip(3, 4, k, flipped);
    keep("(13) s", 0, FLAT(line)), keep("(15) s", 0, FLAT(s));
    keep("(G18) s", 0, FLAT(t)), keep("(G19) k", 0, FLAT(flipped));
}

// Numbers in lanes
static void activations(void)
{
    enum { N = 37 };
    static real z[N], da[N], a[N], dz[N];
    draw(FLAT(z)), draw(FLAT(da));
    relu_forward(N, z, a), relu_backward(N, z, da, dz);
    keep("(20) a", 0, FLAT(a)), keep("(21) dz", 0, FLAT(dz));
    arctan_forward(N, z, a), arctan_backward(N, z, da, dz);
    keep("(G22) a", ROUNDED, FLAT(a)), keep("(G1b) dz", ROUNDED, FLAT(dz));
    sigmoid_forward(N, z, a), sigmoid_backward(N, z, da, dz);
    keep("(G21) a", ROUNDED, FLAT(a)), keep("(G1a) dz", ROUNDED, FLAT(dz));
}

static void softmaxes(void)
{
    enum { C = 37 };
    static real z[C], da[C], y[C], a[C], dz[C], J[C][C], loss[2];
    draw(FLAT(z)), draw(FLAT(da)), draw(FLAT(y));
    softmax_forward(C, z, a), softmax_backward(C, a, da, dz);
    softmax_jacobian(C, a, J);
    keep("(22) a", ROUNDED, FLAT(a)), keep("(23) J", ROUNDED, FLAT(J));
    keep("(G7) dz", ROUNDED, FLAT(dz));
    loss[0] = cross_entropy(C, y, a);
    cross_entropy_da(C, y, a, dz);
    keep("(25) da", ROUNDED, FLAT(dz));
    loss[1] = softmax_cross_entropy(C, y, z, a);
    softmax_cross_entropy_dz(C, y, a, dz);
    keep("(24), (G8) loss", ROUNDED, FLAT(loss)), keep("(G9) dz", ROUNDED, FLAT(dz));
}

// Each number beside each other one: sample n has number i + n in the place of i.
static void comparisons(void)
{
    enum { KINDS = 8 };
    static const double kind[KINDS] = {NAN, INFINITY, -INFINITY, 0.0, -0.0, 1, -1, 2};
    static real larger[KINDS], same_as[KINDS], above[KINDS];
    static real power[KINDS], angle[KINDS], logarithm[KINDS];
    for (int i = 0; i < KINDS; i++) {
        real a = same(0), b = same(kind[i]);
        for (int n = 0; n < SAMPLES; n++)
            *sample(&a, n) = kind[(i + block + n) % KINDS];
        larger[i] = real_max(a, b), same_as[i] = equal(a, b), above[i] = positive(a);
        power[i] = real_exp(a), angle[i] = real_atan(a), logarithm[i] = real_log(a);
    }
    keep("real_max", 0, FLAT(larger)), keep("equal", 0, FLAT(same_as));
    keep("positive", 0, FLAT(above));
    keep("real_exp", ROUNDED, FLAT(power)), keep("real_atan", ROUNDED, FLAT(angle));
    keep("real_log", ROUNDED, FLAT(logarithm));
}

static void make_all(int count)   // from so many samples
{
    memset(made, 0, sizeof made);
    samples = count;
    for (block = 0; block < samples; block += SAMPLES) {
        drawn = kept = 0;
        dense(), convolutions(), poolings(), pictures(), activations(), softmaxes(), comparisons();
    }
}

#ifdef LANES
// Write what the lanes made
int main(void)
{
    int lanes = SAMPLES;
    make_all(ALL);
    fwrite(&lanes, sizeof lanes, 1, stdout);
    for (int k = 0; k < kept; k++)
        fwrite(made[k].number, sizeof(double), made[k].count, stdout);
    return fflush(stdout) != 0;
}
#else
#include "check.h"

// Compare what the lanes made
static double from_lanes[ARRAYS][MOST * ALL];

static int place_of_largest(const struct made *m)   // of the finite ones
{
    int place = -1;
    for (int i = 0; i < m->count; i++)
        if (isfinite(m->number[i]) && (place < 0 || fabs(m->number[i]) > fabs(m->number[place])))
            place = i;
    return place;
}

// Whether array k agrees with lanes that are moved on, with a factor before the largest number.
static int as_in_lanes(int k, int moved, double factor)
{
    const struct made *m = &made[k];
    int largest = place_of_largest(m);
    for (int i = 0; i < m->count; i++) {
        int from = i - i % m->each + (i + moved) % m->each;
        double x = m->number[i], y = from_lanes[k][from] * (i == largest ? factor : 1);
        double allowed = m->allowed * fabs(m->number[largest]);
        if (!(x == y || (isnan(x) && isnan(y)) || fabs(x - y) <= allowed))
            return 0;
    }
    return 1;
}

static void reject(const char *mistake, int unseen, int moved, double factor)
{
    int rejected = 0;
    for (int k = 0; k < kept; k++)
        rejected += !as_in_lanes(k, moved, factor);
    result(rejected == kept - unseen, "      wrong: %s: %d of %d arrays reject it", mistake,
           rejected, kept);
}

int main(void)
{
    int lanes = 0, totals = 0;
    make_all(ALL);
    int good = fread(&lanes, sizeof lanes, 1, stdin) == 1;
    for (int k = 0; k < kept; k++)
        good &= fread(from_lanes[k], sizeof(double), made[k].count, stdin)
                == (size_t)made[k].count;
    expect(good, "lanes come in, from build/lanes_8 for instance");
    for (int k = 0; k < kept; k++) {
        totals += made[k].each == 1;
        result(as_in_lanes(k, 0, 1), "%-15s in %2d lanes as in double: %5d numbers, %s",
               made[k].name, lanes, made[k].count, made[k].allowed > 0 ? "rounded" : "equal");
    }
    reject("a ten-thousandth in one number", 0, 0, 1 + 1e-4);
    reject("lanes moved on by one", totals, 1, 1);
    make_all(ALL - 1);
    reject("the last sample left out", 0, 0, 1);
    return closing();
}
#endif

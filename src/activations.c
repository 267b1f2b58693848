// Tangled from chapters/5-activations.md [552fe2841447]: edit there, or here and make stitch
#include <assert.h>
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

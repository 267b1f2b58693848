// Tangled from chapters/6-loss.md [a09ac3f57ca2]: edit there, or here and make stitch
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

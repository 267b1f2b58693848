// Tangled from chapters/1-fully-connected.md [61be6690bf13]: edit there, or here and make stitch
#include <assert.h>

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

// Fully-connected, slope of the biases (4)
// db[C], the total over the samples, from dz[C]. Refuses a layer without neurons.
void fully_connected_db(struct fully_connected n, const real dz[n.C], weight db[n.C])
{
    assert(n.C >= 1 && "a layer has at least one neuron");
    for (int c = 0; c < n.C; c++)
        db[c] = total(dz[c]);
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

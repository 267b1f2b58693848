// Tangled from chapters/1-fully-connected.md [796fd6a639ab]: edit the chapter, or edit here and run make stitch
#include <assert.h>
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

// Fully-connected, forward (1)
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

// z[C] from a[C_], with the weights w[C][C_] and the biases b[C].
void fully_connected_forward(int C, int C_, const weight w[C][C_], const weight b[C], const real a[C_], real z[C])
{
    assert(C >= 1 && C_ >= 1 && "a layer has at least one neuron and one input");
    enum { TILE = 8 };
    int c = 0;
    for (; c + TILE <= C; c += TILE)
        rows(TILE, C_, w + c, b + c, a, z + c);
    if (c < C)
        rows(C - c, C_, w + c, b + c, a, z + c);
}

// Fully-connected, slope of the input (2)
// Some columns of the product
// (2) for R inputs: da[first] to da[first + R - 1] from dz[C].
__attribute__((always_inline))
static inline void columns(int R, int first, int C, int C_, const weight w[C][C_], const real dz[C], real da[C_])
{
    real s[R];
    for (int k = 0; k < R; k++)
        s[k] = same(0);
    for (int c = 0; c < C; c++)
        for (int k = 0; k < R; k++)
            s[k] += dz[c] * w[c][first + k];
    for (int k = 0; k < R; k++)
        da[first + k] = s[k];
}

// da[C_] from dz[C].
void fully_connected_da(int C, int C_, const weight w[C][C_], const real dz[C], real da[C_])
{
    assert(C >= 1 && C_ >= 1 && "a layer has at least one neuron and one input");
    enum { TILE = 16 };
    int first = 0;
    for (; first + TILE <= C_; first += TILE)
        columns(TILE, first, C, C_, w, dz, da);
    if (first < C_)
        columns(C_ - first, first, C, C_, w, dz, da);
}

// Fully-connected, slope of the weights (3)
// Some slopes of the weights
// (3) for R neurons and count inputs from first on: turned[n] holds these inputs of sample n, dz[c][n] the slope of neuron c for sample n.
__attribute__((always_inline))
static inline void block(int R, int first, int count, int C_, const real turned[SAMPLES], const weight dz[R][SAMPLES], weight dw[R][C_])
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

// dw[C][C_], the total over the samples, from a[C_] and dz[C].
void fully_connected_dw(int C, int C_, const real a[C_], const real dz[C], weight dw[C][C_])
{
    assert(C >= 1 && C_ >= 1 && "a layer has at least one neuron and one input");
    enum { TILE = 8 };
    const weight (*input)[SAMPLES] = (const void *)a, (*slope)[SAMPLES] = (const void *)dz;
    for (int first = 0; first < C_; first += SAMPLES) {
        int count = C_ - first < SAMPLES ? C_ - first : SAMPLES, c = 0;
        real turned[SAMPLES] = {0};
        for (int n = 0; n < SAMPLES; n++)
            for (int k = 0; k < count; k++)
                *sample(&turned[n], k) = input[first + k][n];
        for (; c + TILE <= C; c += TILE)
            block(TILE, first, count, C_, turned, slope + c, dw + c);
        if (c < C)
            block(C - c, first, count, C_, turned, slope + c, dw + c);
    }
}

// Fully-connected, slope of the biases (4)
// db[C], the total over the samples, from dz[C].
void fully_connected_db(int C, const real dz[C], weight db[C])
{
    assert(C >= 1 && "a layer has at least one neuron");
    for (int c = 0; c < C; c++)
        db[c] = total(dz[c]);
}

// Fully-connected, backward
// All three slopes from dz[C]: equations (2), (3) and (4). The slopes of w and b are totals over the samples.
void fully_connected_backward(int C, int C_, const weight w[C][C_], const real a[C_], const real dz[C],
                              real da[C_], weight dw[C][C_], weight db[C])
{
    fully_connected_da(C, C_, w, dz, da);
    fully_connected_dw(C, C_, a, dz, dw);
    fully_connected_db(C, dz, db);
}

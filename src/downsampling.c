// Tangled from chapters/4-downsampling.md [4ac127561268]: edit there, or here and make stitch
#include <assert.h>
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

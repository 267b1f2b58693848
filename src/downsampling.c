// Tangled from chapters/4-downsampling.md [14ea174dcc69]: edit the chapter, or edit here and run make stitch
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

// One where equal
static inline real equal(real a, real b)
{
#ifdef LANES
    return -__builtin_convertvector(a == b, real);
#else
    return creal(a) == creal(b);
#endif
}

// Downsampling, extent (17)
// How many places a window of D rows has on X_ rows, stride s >= 1. The same for columns.
int downsampling_extent(int X_, int D, int s)
{
    assert(D >= 1 && s >= 1 && "a window has at least one row, a stride is at least 1");
    assert(D <= X_ && "the window must not be larger than the input");
    return (X_ - D) / s + 1;
}

// Max pooling, forward (18)
// a[C][X][Y] from a_[C][X_][Y_]: windows of DX rows and DY columns, strides SX, SY.
void max_pooling_forward(int C, int X, int Y, int X_, int Y_, int DX, int DY, int SX, int SY,
                         const real a_[C][X_][Y_], real a[C][X][Y])
{
    assert(C >= 1 && X == downsampling_extent(X_, DX, SX) && Y == downsampling_extent(Y_, DY, SY));
    for (int c = 0; c < C; c++)
        for (int x = 0; x < X; x++)
            for (int y = 0; y < Y; y++) {
                real most = a_[c][x * SX][y * SY];
                for (int rx = 0; rx < DX; rx++)
                    for (int ry = 0; ry < DY; ry++)
                        most = real_max(a_[c][x * SX + rx][y * SY + ry], most);
                a[c][x][y] = most;
            }
}

// Max pooling, backward (19)
// da_[C][X_][Y_] from da[C][X][Y], with the a_ and a of max_pooling_forward.
void max_pooling_backward(int C, int X, int Y, int X_, int Y_, int DX, int DY, int SX, int SY,
                          const real a_[C][X_][Y_], const real a[C][X][Y], const real da[C][X][Y], real da_[C][X_][Y_])
{
    assert(C >= 1 && X == downsampling_extent(X_, DX, SX) && Y == downsampling_extent(Y_, DY, SY));
    memset(da_, 0, sizeof(real[C][X_][Y_]));
    for (int c = 0; c < C; c++)
        for (int x = 0; x < X; x++)
            for (int y = 0; y < Y; y++) {
                real taken = {0};
                for (int rx = 0; rx < DX; rx++)
                    for (int ry = 0; ry < DY; ry++) {
                        int i = x * SX + rx, j = y * SY + ry;
                        real hit = equal(a_[c][i][j], a[c][x][y]) * (1 - taken);
                        da_[c][i][j] += hit * da[c][x][y];
                        taken += hit;
                    }
            }
}

// Average pooling, forward
// Sizes as in max_pooling_forward.
void average_pooling_forward(int C, int X, int Y, int X_, int Y_, int DX, int DY, int SX, int SY,
                             const real a_[C][X_][Y_], real a[C][X][Y])
{
    assert(C >= 1 && X == downsampling_extent(X_, DX, SX) && Y == downsampling_extent(Y_, DY, SY));
    weight share = (weight)1 / (DX * DY);
    for (int c = 0; c < C; c++)
        for (int x = 0; x < X; x++)
            for (int y = 0; y < Y; y++) {
                real s = {0};
                for (int rx = 0; rx < DX; rx++)
                    for (int ry = 0; ry < DY; ry++)
                        s += a_[c][x * SX + rx][y * SY + ry];
                a[c][x][y] = share * s;
            }
}

// Average pooling, backward
// da_[C][X_][Y_] from da[C][X][Y].
void average_pooling_backward(int C, int X, int Y, int X_, int Y_, int DX, int DY, int SX, int SY,
                              const real da[C][X][Y], real da_[C][X_][Y_])
{
    assert(C >= 1 && X == downsampling_extent(X_, DX, SX) && Y == downsampling_extent(Y_, DY, SY));
    weight share = (weight)1 / (DX * DY);
    memset(da_, 0, sizeof(real[C][X_][Y_]));
    for (int c = 0; c < C; c++)
        for (int x = 0; x < X; x++)
            for (int y = 0; y < Y; y++)
                for (int rx = 0; rx < DX; rx++)
                    for (int ry = 0; ry < DY; ry++)
                        da_[c][x * SX + rx][y * SY + ry] += share * da[c][x][y];
}

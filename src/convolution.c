// Tangled from chapters/2-convolution.md [4f35ae5da2a1]: edit the chapter, or edit here and run make stitch
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

// Convolution, extent (6) (G4)
// How many places a kernel of K rows has on X_ rows: stride s >= 1, p >= 0 rows of zeros on either side. The same for columns.
int convolution_extent(int X_, int K, int s, int p)
{
    assert(K >= 1 && s >= 1 && p >= 0 && "a kernel has at least one row, a stride is at least 1, a padding at least 0");
    assert(K <= X_ + 2 * p && "the kernel must not be larger than the padded input");
    return (X_ + 2 * p - K) / s + 1;
}

// Inside
static inline int inside(int i, int extent)
{
    return 0 <= i && i < extent;
}

// Convolution, forward (7) (G5)
// Some feature maps
// (7) for R neurons. Sizes as in convolution_forward.
__attribute__((always_inline))
static inline void feature_maps(int R, int C_, int X, int Y, int X_, int Y_, int KX, int KY, int SX, int SY, int PX, int PY,
                                const weight w[R][C_][KX][KY], const weight b[R], const real a[C_][X_][Y_], real z[R][X][Y])
{
    for (int x = 0; x < X; x++)
        for (int y = 0; y < Y; y++) {
            real s[R];
            for (int c = 0; c < R; c++)
                s[c] = same(b[c]);
            for (int c_ = 0; c_ < C_; c_++)
                for (int x_ = 0; x_ < KX; x_++)
                    for (int y_ = 0; y_ < KY; y_++) {
                        int i = x * SX + x_ - PX, j = y * SY + y_ - PY;
                        if (inside(i, X_) && inside(j, Y_))
                            for (int c = 0; c < R; c++)
                                s[c] += w[c][c_][x_][y_] * a[c_][i][j];
                    }
            for (int c = 0; c < R; c++)
                z[c][x][y] = s[c];
        }
}

// z[C][X][Y] from a[C_][X_][Y_] with C x C_ kernels of KX x KY; strides SX, SY; PX rows and PY columns of zeros on either side.
void convolution_forward(int C, int C_, int X, int Y, int X_, int Y_, int KX, int KY, int SX, int SY, int PX, int PY,
                         const weight w[C][C_][KX][KY], const weight b[C], const real a[C_][X_][Y_], real z[C][X][Y])
{
    assert(X == convolution_extent(X_, KX, SX, PX) && Y == convolution_extent(Y_, KY, SY, PY));
    enum { TILE = 8 };
    int c = 0;
    for (; c + TILE <= C; c += TILE)
        feature_maps(TILE, C_, X, Y, X_, Y_, KX, KY, SX, SY, PX, PY, w + c, b + c, a, z + c);
    if (c < C)
        feature_maps(C - c, C_, X, Y, X_, Y_, KX, KY, SX, SY, PX, PY, w + c, b + c, a, z + c);
}

// Convolution, slope of the input (8) (G6)
// Some slopes of the input
// (8) for R channels of the input: da[first] to da[first + R - 1]. Sizes as in convolution_forward.
__attribute__((always_inline))
static inline void gather_slopes(int R, int first, int C, int C_, int X, int Y, int X_, int Y_, int KX, int KY, int SX, int SY, int PX, int PY,
                                 const weight w[C][C_][KX][KY], const real dz[C][X][Y], real da[C_][X_][Y_])
{
    for (int i = 0; i < X_; i++)
        for (int j = 0; j < Y_; j++) {
            real s[R];
            for (int k = 0; k < R; k++)
                s[k] = same(0);
            for (int x_ = 0; x_ < KX; x_++)
                for (int y_ = 0; y_ < KY; y_++) {
                    int from_x = i + PX - x_, from_y = j + PY - y_, x = from_x / SX, y = from_y / SY;
                    if (from_x >= 0 && from_x % SX == 0 && x < X && from_y >= 0 && from_y % SY == 0 && y < Y)
                        for (int c = 0; c < C; c++)
                            for (int k = 0; k < R; k++)
                                s[k] += dz[c][x][y] * w[c][first + k][x_][y_];
                }
            for (int k = 0; k < R; k++)
                da[first + k][i][j] = s[k];
        }
}

// da[C_][X_][Y_] from dz[C][X][Y]. Sizes as in convolution_forward.
void convolution_da(int C, int C_, int X, int Y, int X_, int Y_, int KX, int KY, int SX, int SY, int PX, int PY,
                    const weight w[C][C_][KX][KY], const real dz[C][X][Y], real da[C_][X_][Y_])
{
    enum { TILE = 8 };
    int first = 0;
    for (; first + TILE <= C_; first += TILE)
        gather_slopes(TILE, first, C, C_, X, Y, X_, Y_, KX, KY, SX, SY, PX, PY, w, dz, da);
    if (first < C_)
        gather_slopes(C_ - first, first, C, C_, X, Y, X_, Y_, KX, KY, SX, SY, PX, PY, w, dz, da);
}

// Convolution, slope of the weights (9) (G6)
// Some slopes of the kernels
// (9) for R neurons. Sizes as in convolution_forward.
__attribute__((always_inline))
static inline void kernel_slopes(int R, int C_, int X, int Y, int X_, int Y_, int KX, int KY, int SX, int SY, int PX, int PY,
                                 const real a[C_][X_][Y_], const real dz[R][X][Y], real dw[R][C_][KX][KY])
{
    memset(dw, 0, sizeof(real[R][C_][KX][KY]));
    for (int x = 0; x < X; x++)
        for (int c_ = 0; c_ < C_; c_++)
            for (int x_ = 0; x_ < KX; x_++)
                for (int y_ = 0; y_ < KY; y_++) {
                    real s[R];
                    for (int c = 0; c < R; c++)
                        s[c] = dw[c][c_][x_][y_];
                    for (int y = 0; y < Y; y++) {
                        int i = x * SX + x_ - PX, j = y * SY + y_ - PY;
                        if (inside(i, X_) && inside(j, Y_))
                            for (int c = 0; c < R; c++)
                                s[c] += dz[c][x][y] * a[c_][i][j];
                    }
                    for (int c = 0; c < R; c++)
                        dw[c][c_][x_][y_] = s[c];
                }
}

// dw[C][C_][KX][KY], for each sample its own, from dz[C][X][Y] and a[C_][X_][Y_]. Sizes as in convolution_forward.
void convolution_dw(int C, int C_, int X, int Y, int X_, int Y_, int KX, int KY, int SX, int SY, int PX, int PY,
                    const real a[C_][X_][Y_], const real dz[C][X][Y], real dw[C][C_][KX][KY])
{
    enum { TILE = 8 };
    int c = 0;
    for (; c + TILE <= C; c += TILE)
        kernel_slopes(TILE, C_, X, Y, X_, Y_, KX, KY, SX, SY, PX, PY, a, dz + c, dw + c);
    if (c < C)
        kernel_slopes(C - c, C_, X, Y, X_, Y_, KX, KY, SX, SY, PX, PY, a, dz + c, dw + c);
}

// Convolution, slope of the biases (10)
// db[C], for each sample its own, from dz[C][X][Y].
void convolution_db(int C, int X, int Y, const real dz[C][X][Y], real db[C])
{
    for (int c = 0; c < C; c++) {
        real s = {0};
        for (int x = 0; x < X; x++)
            for (int y = 0; y < Y; y++)
                s += dz[c][x][y];
        db[c] = s;
    }
}

// Convolution, backward
// All three slopes from dz[C][X][Y]: equations (8), (9) and (10). Sizes as in convolution_forward.
void convolution_backward(int C, int C_, int X, int Y, int X_, int Y_, int KX, int KY, int SX, int SY, int PX, int PY,
                          const weight w[C][C_][KX][KY], const real a[C_][X_][Y_], const real dz[C][X][Y],
                          real da[C_][X_][Y_], real dw[C][C_][KX][KY], real db[C])
{
    convolution_da(C, C_, X, Y, X_, Y_, KX, KY, SX, SY, PX, PY, w, dz, da);
    convolution_dw(C, C_, X, Y, X_, Y_, KX, KY, SX, SY, PX, PY, a, dz, dw);
    convolution_db(C, X, Y, dz, db);
}

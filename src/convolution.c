// Tangled from chapters/2-convolution.md [eb9f5242076c]: edit the chapter, or edit here and run make stitch
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
// z[C][X][Y] from a[C_][X_][Y_] with C x C_ kernels of KX x KY; strides SX, SY; PX rows and PY columns of zeros on either side.
void convolution_forward(int C, int C_, int X, int Y, int X_, int Y_, int KX, int KY, int SX, int SY, int PX, int PY,
                         const weight w[C][C_][KX][KY], const weight b[C], const real a[C_][X_][Y_], real z[C][X][Y])
{
    assert(X == convolution_extent(X_, KX, SX, PX) && Y == convolution_extent(Y_, KY, SY, PY));
    for (int x = 0; x < X; x++)
        for (int y = 0; y < Y; y++) {
            real s[C];
            for (int c = 0; c < C; c++)
                s[c] = same(b[c]);
            for (int c_ = 0; c_ < C_; c_++)
                for (int x_ = 0; x_ < KX; x_++)
                    for (int y_ = 0; y_ < KY; y_++) {
                        int i = x * SX + x_ - PX, j = y * SY + y_ - PY;
                        if (inside(i, X_) && inside(j, Y_))
                            for (int c = 0; c < C; c++)
                                s[c] += w[c][c_][x_][y_] * a[c_][i][j];
                    }
            for (int c = 0; c < C; c++)
                z[c][x][y] = s[c];
        }
}

// Convolution, slope of the input (8) (G6)
// da[C_][X_][Y_] from dz[C][X][Y]. Sizes as in convolution_forward.
void convolution_da(int C, int C_, int X, int Y, int X_, int Y_, int KX, int KY, int SX, int SY, int PX, int PY,
                    const weight w[C][C_][KX][KY], const real dz[C][X][Y], real da[C_][X_][Y_])
{
    memset(da, 0, sizeof(real[C_][X_][Y_]));
    for (int x = 0; x < X; x++)
        for (int y = 0; y < Y; y++)
            for (int x_ = 0; x_ < KX; x_++)
                for (int y_ = 0; y_ < KY; y_++) {
                    int i = x * SX + x_ - PX, j = y * SY + y_ - PY;
                    if (inside(i, X_) && inside(j, Y_))
                        for (int c_ = 0; c_ < C_; c_++) {
                            real s = {0};
                            for (int c = 0; c < C; c++)
                                s += dz[c][x][y] * w[c][c_][x_][y_];
                            da[c_][i][j] += s;
                        }
                }
}

// Convolution, slope of the weights (9) (G6)
// dw[C][C_][KX][KY], for each sample its own, from dz[C][X][Y] and a[C_][X_][Y_]. Sizes as in convolution_forward.
void convolution_dw(int C, int C_, int X, int Y, int X_, int Y_, int KX, int KY, int SX, int SY, int PX, int PY,
                    const real a[C_][X_][Y_], const real dz[C][X][Y], real dw[C][C_][KX][KY])
{
    memset(dw, 0, sizeof(real[C][C_][KX][KY]));
    for (int x = 0; x < X; x++)
        for (int c_ = 0; c_ < C_; c_++)
            for (int x_ = 0; x_ < KX; x_++)
                for (int y_ = 0; y_ < KY; y_++) {
                    real s[C];
                    for (int c = 0; c < C; c++)
                        s[c] = dw[c][c_][x_][y_];
                    for (int y = 0; y < Y; y++) {
                        int i = x * SX + x_ - PX, j = y * SY + y_ - PY;
                        if (inside(i, X_) && inside(j, Y_))
                            for (int c = 0; c < C; c++)
                                s[c] += dz[c][x][y] * a[c_][i][j];
                    }
                    for (int c = 0; c < C; c++)
                        dw[c][c_][x_][y_] = s[c];
                }
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

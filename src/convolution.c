// Tangled from chapters/2-convolution.md [2622cd8dbe2a]: edit there, or here and make stitch
#include <assert.h>
#include <limits.h>

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

// Tangled from chapters/3-cross-correlation.md [aa415586de7f]: edit the chapter, or edit here and run make stitch
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

// Convolution of lists (13)
// s = k * m on its whole range.
void convolve_line(int K, int M, const real k[K], const real m[M], real s[K + M - 1])
{
    assert(K >= 1 && M >= 1 && "a list has at least one number");
    memset(s, 0, sizeof(real[K + M - 1]));
    for (int x_ = 0; x_ < K; x_++)
        for (int x = x_; x < x_ + M; x++)
            s[x] += k[x_] * m[x - x_];
}

// Convolution of pictures (14) (15)
// s = k * m on its whole range.
void convolve(int KX, int KY, int MX, int MY, const real k[KX][KY], const real m[MX][MY], real s[KX + MX - 1][KY + MY - 1])
{
    assert(KX >= 1 && KY >= 1 && MX >= 1 && MY >= 1 && "a picture has at least one row and one column");
    memset(s, 0, sizeof(real[KX + MX - 1][KY + MY - 1]));
    for (int x_ = 0; x_ < KX; x_++)
        for (int y_ = 0; y_ < KY; y_++)
            for (int x = x_; x < x_ + MX; x++)
                for (int y = y_; y < y_ + MY; y++)
                    s[x][y] += k[x_][y_] * m[x - x_][y - y_];
}

// Cross-correlation of pictures
// r on the whole range: the sum of (7) for one channel, with KX - 1 rows and KY - 1 columns of zeros on either side of m.
void correlate(int KX, int KY, int MX, int MY, const real k[KX][KY], const real m[MX][MY], real r[KX + MX - 1][KY + MY - 1])
{
    assert(KX >= 1 && KY >= 1 && MX >= 1 && MY >= 1 && "a picture has at least one row and one column");
    for (int x = 0; x < KX + MX - 1; x++)
        for (int y = 0; y < KY + MY - 1; y++) {
            real s = {0};
            for (int x_ = 0; x_ < KX; x_++)
                for (int y_ = 0; y_ < KY; y_++) {
                    int i = x - (KX - 1) + x_, j = y - (KY - 1) + y_;
                    if (0 <= i && i < MX && 0 <= j && j < MY)
                        s += k[x_][y_] * m[i][j];
                }
            r[x][y] = s;
        }
}

// Flip
// The kernel flipped about both axes.
void flip(int KX, int KY, const real k[KX][KY], real flipped[KX][KY])
{
    assert(KX >= 1 && KY >= 1 && "a picture has at least one row and one column");
    for (int x_ = 0; x_ < KX; x_++)
        for (int y_ = 0; y_ < KY; y_++)
            flipped[x_][y_] = k[KX - 1 - x_][KY - 1 - y_];
}

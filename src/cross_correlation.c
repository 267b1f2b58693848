// Tangled from chapters/3-cross-correlation.md [c41d2a4b62cc]: edit there, or here and make stitch
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

// Convolution of lists (12) (13)
// s = k * m on its whole range. Refuses empty lists.
void convolve_line(int K, int M, const real k[K], const real m[M], real s[K + M - 1])
{
    assert(K >= 1 && M >= 1 && "a list has at least one number");
    memset(s, 0, sizeof(real[K + M - 1]));
    for (int x_ = 0; x_ < K; x_++)
        for (int x = x_; x < x_ + M; x++)
            s[x] += k[x_] * m[x - x_];
}

// Sizes of two pictures
struct pictures { int KX, KY, MX, MY; };   // rows and columns of the kernel k and of the picture m

static inline int pictures_fit(struct pictures n)
{
    return n.KX >= 1 && n.KY >= 1 && n.MX >= 1 && n.MY >= 1;
}

// Convolution of pictures (14) (15) (16)
// s = k * m on its whole range. Refuses pictures without rows or columns.
void convolve(struct pictures n, const real k[n.KX][n.KY], const real m[n.MX][n.MY],
              real s[n.KX + n.MX - 1][n.KY + n.MY - 1])
{
    assert(pictures_fit(n) && "a picture has at least one row and one column");
    memset(s, 0, sizeof(real[n.KX + n.MX - 1][n.KY + n.MY - 1]));
    for (int x_ = 0; x_ < n.KX; x_++)
        for (int y_ = 0; y_ < n.KY; y_++)
            for (int x = x_; x < x_ + n.MX; x++)
                for (int y = y_; y < y_ + n.MY; y++)
                    s[x][y] += k[x_][y_] * m[x - x_][y - y_];
}

// Cross-correlation of pictures (G18) (G20a) (G20b)
// r on the whole range: the sum of (7) for one channel, with KX - 1 rows and KY - 1 columns of
// zeros on either side of m. Refuses pictures without rows or columns.
void correlate(struct pictures n, const real k[n.KX][n.KY], const real m[n.MX][n.MY],
               real r[n.KX + n.MX - 1][n.KY + n.MY - 1])
{
    assert(pictures_fit(n) && "a picture has at least one row and one column");
    for (int x = 0; x < n.KX + n.MX - 1; x++)
        for (int y = 0; y < n.KY + n.MY - 1; y++) {
            real s = {0};
            for (int x_ = 0; x_ < n.KX; x_++)
                for (int y_ = 0; y_ < n.KY; y_++) {
                    int i = x - (n.KX - 1) + x_, j = y - (n.KY - 1) + y_;
                    if (0 <= i && i < n.MX && 0 <= j && j < n.MY)
                        s += k[x_][y_] * m[i][j];
                }
            r[x][y] = s;
        }
}

// Flip (G19)
// The kernel flipped about both axes. Refuses a kernel without rows or columns.
void flip(int KX, int KY, const real k[KX][KY], real flipped[KX][KY])
{
    assert(KX >= 1 && KY >= 1 && "a picture has at least one row and one column");
    for (int x_ = 0; x_ < KX; x_++)
        for (int y_ = 0; y_ < KY; y_++)
            flipped[x_][y_] = k[KX - 1 - x_][KY - 1 - y_];
}

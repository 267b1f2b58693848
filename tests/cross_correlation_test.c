// Tangled from chapters/3-cross-correlation.md [404be9b77b30]: edit there, or here and make stitch
#include "../src/cross_correlation.c"
#include "check.h"

// Lists and pictures
enum shape { LISTS = 100, PICTURES };   // less than that: the pieces of a unit in (12)
enum { SMALL = 4 * 3 * 4 * 4, SIZES = 4 };   // small shapes; sizes that are enlarged
static struct pictures n, exchanged;
static struct array k, m, s, r, km, mk, s_plane, padded, flipped, r_flipped, ds, dk, dm;
static struct array k_line, m_line, s_line, sums;   // of (13) and (12)
static double h, kappa, mu, xi;   // of (12): the length of a piece, the rates, their factor's xi
static int pieces;

static double k_at(double i) { return exp(-kappa * i * h); }
static double m_at(double i) { return exp(-mu * i * h); }
static double s_at(double i) { return (k_at(i) - m_at(i)) / (mu - kappa); }

static void draw(int KX, int KY, int MX, int MY)
{
    int X = KX + MX - 1, Y = KY + MY - 1;
    n = (struct pictures){KX, KY, MX, MY}, exchanged = (struct pictures){MX, MY, KX, KY};
    ARRAY(k, KX, KY), ARRAY(dk, KX, KY), ARRAY(flipped, KX, KY);
    ARRAY(m, MX, MY), ARRAY(dm, MX, MY), ARRAY(padded, X + KX - 1, Y + KY - 1);
    ARRAY(s, X, Y), ARRAY(ds, X, Y), ARRAY(s_plane, X, Y), ARRAY(km, X, Y), ARRAY(mk, X, Y);
    ARRAY(r, X, Y), ARRAY(r_flipped, X, Y), ARRAY(k_line, KX), ARRAY(m_line, MX), ARRAY(s_line, X);
    randomise(k), randomise(m), randomise(ds), randomise(k_line), randomise(m_line);
}

static void choose(int shape)
{
    int size[4];
    draw_different(4, size, 2, 7);
    draw(size[0], shape == LISTS ? 1 : size[1], size[2], shape == LISTS ? 1 : size[3]);
    if (shape < LISTS) {   // everything up to t = 4, in pieces
        h = 1.0 / shape, pieces = 4 * shape;
        kappa = between(4, 8) / 8.0, mu = kappa + between(4, 12) / 8.0, xi = (mu - kappa) * h / 2;
        draw(pieces, 1, pieces, 1), ARRAY(sums, pieces);
        EACH(i, pieces) at(k_line, i) = k_at(i + 0.5), at(m_line, i) = m_at(i + 0.5);
    }
}

static int small_pictures(long number)
{
    int KX = 1 + (int)number / 48, KY = 1 + number / 16 % 3, MX = 1 + number / 4 % 4,
        MY = 1 + number % 4;
    if (number >= SMALL)
        KX = 2, enlarge((int)number - SMALL, SIZES, (const int[]){27, 27, 60, 60},
                        (int *[]){&KX, &KY, &MX, &MY});
    draw(KX, KY, MX, MY);
    return 1;
}

#define FAR (n.KX + n.KY + n.MX + n.MY)   // where everything is zero
#define EVERYWHERE(i) for (int i = -FAR; i <= FAR; i++)
#define EACH_SUM EACH(x, n.KX + n.MX - 1) EACH(y, n.KY + n.MY - 1)
#define EACH_TERM EACH_SUM EACH(x_, n.KX) EACH(y_, n.KY)
#define ADD(out, factor, i, j) EACH_TERM at(out, x, y) += (factor) * at(k, x_, y_) * at(m, i, j)
#define UP(x, extent) x - ((extent) - 1) + x##_   // as in (G18)

// Check (13)
DEFINE(s_line, EACH(x, n.KX + n.MX - 1) EVERYWHERE(x_)
                   at(s_line, x) += at(k_line, x_) * at(m_line, x - x_))
EQUATION(13, s_line, convolve_line(n.KX, n.MX, k_line.at, m_line.at, s_line.at),
         AT(LISTS), EVERY_SMALL_SHAPE)

// Check (12)
DEFINE(sums, EACH(u, pieces) at(sums, u) = s_at(u + 1) * xi / sinh(xi))
EQUATION(12, sums, convolve_line(pieces, pieces, k_line.at, m_line.at, s_line.at);
         EACH(u, pieces) at(sums, u) = h * at(s_line, u),
         OF(convolve_line), WITHIN(1e-14), AT(2, 4, 8, 16, 32), WITHOUT_REGIMES)

// Check (14)
DEFINE(s_plane, EACH_SUM EVERYWHERE(x_) EVERYWHERE(y_)
                    at(s_plane, x, y) += at(k, x_, y_) * at(m, x - x_, y - y_))
EQUATION(14, s_plane, convolve(n, k.at, m.at, s_plane.at), AT(PICTURES))

DEFINE(s, EACH_TERM at(s, x, y) += at(k, x_, y_) * at(m, x - x_, y - y_))
EQUATION(15, s, convolve(n, k.at, m.at, s.at), AT(PICTURES), EVERY_SMALL_SHAPE)

// Check (16)
DEFINE(km, EACH_SUM EVERYWHERE(x_) EVERYWHERE(y_) {
    at(km, x, y) += at(m, x_, y_) * at(k, x - x_, y - y_);
    at(mk, x, y) += at(k, x_, y_) * at(m, x - x_, y - y_);
})
EQUATION(16, km, convolve(n, k.at, m.at, km.at); convolve(exchanged, m.at, k.at, mk.at),
         ALSO(mk), AT(PICTURES))

// Check (G18)
DEFINE(r, clear(padded);
          EACH(i, n.MX) EACH(j, n.MY) at(padded, i + n.KX - 1, j + n.KY - 1) = at(m, i, j);
          EACH_TERM at(r, x, y) += at(k, x_, y_) * at(padded, x + x_, y + y_))
EQUATION(G18, r, correlate(n, k.at, m.at, r.at), AT(PICTURES), EVERY_SMALL_SHAPE)

// Check (G19)
DEFINE(r_flipped, EACH_TERM at(r_flipped, x, y) += at(k, x_, y_) * at(m, x - x_, y - y_))
EQUATION(G19, r_flipped, flip(n.KX, n.KY, k.at, flipped.at);
         correlate(n, flipped.at, m.at, r_flipped.at), OF(flip), AT(PICTURES), EVERY_SMALL_SHAPE)

// Check (G20)
static void correlate_inside(struct array kernel, struct array out)   // with the slopes of s
{
    struct pictures of = {kernel.extent[0], kernel.extent[1], ds.extent[0], ds.extent[1]};
    struct array all = array("r", 2, (int[]){of.KX + of.MX - 1, of.KY + of.MY - 1});
    correlate(of, kernel.at, ds.at, all.at);
    EACH(x, out.extent[0]) EACH(y, out.extent[1])
        at(out, x, y) = at(all, of.KX - 1 + x, of.KY - 1 + y);
}

DEFINE(dk, EACH_TERM at(dk, x_, y_) += at(ds, x, y) * at(m, x - x_, y - y_))
EQUATION(G20a, dk, correlate_inside(m, dk), SLOPE(s, k, EXACTLY_AFFINE),
         OF(correlate), AT(LISTS, PICTURES), EVERY_SMALL_SHAPE)

DEFINE(dm, EACH_SUM EACH(i, n.MX) EACH(j, n.MY) at(dm, i, j) += at(ds, x, y) * at(k, x - i, y - j))
EQUATION(G20b, dm, correlate_inside(k, dm), SLOPE(s, m, EXACTLY_AFFINE),
         OF(correlate), AT(LISTS, PICTURES), EVERY_SMALL_SHAPE)

// Claims about convolutions
static int nothing_beside(void)   // what (14) adds up outside of the range is zero
{
    double beside = 0;
    choose(PICTURES);
    EACH_SUM at(s, x, y) = 1;   // outside it reads zero
    EVERYWHERE(x) EVERYWHERE(y) EVERYWHERE(x_) EVERYWHERE(y_)
        beside += fabs(creal((1 - at(s, x, y)) * at(k, x_, y_) * at(m, x - x_, y - y_)));
    return beside == 0;
}

static int exchange_flips(void)
{
    int flips = 1;
    choose(PICTURES);
    correlate(n, k.at, m.at, r.at), correlate(exchanged, m.at, k.at, mk.at);
    EACH_SUM flips &= at(mk, x, y) == at(r, r.extent[0] - 1 - x, r.extent[1] - 1 - y);
    return flips;
}

static int lost(void)   // how many numbers other than zero the printed range leaves out
{
    int count = 0;
    draw(3, 2, 4, 7);
    EACH_SUM at(k, x, y) = at(m, x, y) = 1;
    convolve(n, k.at, m.at, s.at);
    EACH_SUM count += (x >= n.MX || y >= n.MY) && creal(at(s, x, y)) > 0;
    return count;
}

static int is_zero(struct array x) { return largest(x) == 0 && !nans(x); }

static int zeros_remain(int KY, int MY)
{
    draw(3, KY, 4, MY), clear(k), clear(k_line);
    call_13(), call_15(), call_G18(), call_G19();
    return is_zero(s_line) && is_zero(s) && is_zero(r) && is_zero(r_flipped);
}

CLAIM("outside of its range a convolution is zero", nothing_beside())
CLAIM("correlating with exchanged arguments flips the result", exchange_flips())
CLAIM("of 48 numbers of a convolution the printed range leaves out 20", lost() == 20)
CLAIM("a kernel of zeros gives zeros", zeros_remain(1, 1) && zeros_remain(2, 5))

static void call_flip(void) { flip(n.KX, n.KY, k.at, flipped.at); }

REFUSES("an empty k", "at least one number", draw(0, 1, 3, 1); call_13())
REFUSES("an empty m", "at least one number", draw(3, 1, 0, 1); call_13())
REFUSES("a kernel with no rows", "one row and one column", draw(0, 2, 3, 4); call_15())
REFUSES("a kernel with no columns", "one row and one column", draw(1, 0, 3, 4); call_15())
REFUSES("a picture with no rows", "one row and one column", draw(1, 2, 0, 4); call_15())
REFUSES("a picture with no columns", "one row and one column", draw(1, 2, 3, 0); call_15())
REFUSES("a correlation of no rows", "one row and one column", draw(0, 2, 3, 4); call_G18())
REFUSES("a flip of no rows", "one row and one column", draw(0, 2, 3, 4); call_flip())
REFUSES("a flip of no columns", "one row and one column", draw(2, 0, 3, 4); call_flip())

// wrong: (12)
#define SUM(end) EACH(u, pieces) EACH(i, end) at(sums, u) +=

WRONG(12, NULL, "the beginnings of the pieces", ORACLE, SUM(u + 1) h * k_at(i) * m_at(u - i))
WRONG(12, NULL, "the beginnings for m only", ORACLE, SUM(u + 1) h * k_at(i + 0.5) * m_at(u - i))
WRONG(12, NULL, "no factor h", ORACLE, SUM(u + 1) k_at(i + 0.5) * m_at(u - i + 0.5))
WRONG(12, NULL, "the factor h twice", ORACLE, SUM(u + 1) h * h * k_at(i + 0.5) * m_at(u - i + 0.5))
WRONG(12, NULL, "the sum for t + h", ORACLE, SUM(u + 2) h * k_at(i + 0.5) * m_at(u + 1.5 - i))
WRONG(12, NULL, "k taken twice", ORACLE, SUM(u + 1) h * k_at(i + 0.5) * k_at(u - i + 0.5))
WRONG(12, NULL, "m(t + x)", ORACLE, SUM(pieces) h * k_at(i + 0.5) * m_at(u + 1.5 + i))

// wrong: (13)
#define ON_THE_LINE EACH(x, n.KX + n.MX - 1) EACH(x_, n.KX) at(s_line, x) += at(k_line, x_) *

#define WRAPPED(i, extent) (((i) % (extent) + (extent)) % (extent))

WRONG(13, NULL, "m(x + x')", ORACLE, ON_THE_LINE at(m_line, x + x_))
WRONG(13, NULL, "cut off where m ends", ORACLE, ON_THE_LINE (x < n.MX) * at(m_line, x - x_))
WRONG(13, NULL, "one place late", ORACLE, ON_THE_LINE at(m_line, x - 1 - x_))
WRONG(13, NULL, "indices that wrap around", ORACLE, ON_THE_LINE at(m_line, WRAPPED(x - x_, n.MX)))
WRONG(13, NULL, "= for +=", ORACLE,
      EACH(x_, n.KX) EACH(i, n.MX) at(s_line, x_ + i) = at(k_line, x_) * at(m_line, i))
STALE(13, ORACLE)

// wrong: (14)
WRONG(14, NULL, "m(x + x', y + y')", ORACLE, ADD(s_plane, 1, x + x_, y + y_))
WRONG(14, NULL, "m(x - x', y + y')", ORACLE, ADD(s_plane, 1, x - x_, y + y_))
WRONG(14, NULL, "m(x - x', x - y')", ORACLE, ADD(s_plane, 1, x - x_, x - y_))
WRONG(14, NULL, "k(y', x')", ORACLE,
      EACH_TERM at(s_plane, x, y) += at(k, y_, x_) * at(m, x - x_, y - y_))
WRONG(14, NULL, "m(y - y', x - x')", ORACLE, ADD(s_plane, 1, y - y_, x - x_))
WRONG(14, NULL, "= for +=", ORACLE, EACH(x_, n.KX) EACH(y_, n.KY) EACH(i, n.MX) EACH(j, n.MY)
          at(s_plane, x_ + i, y_ + j) = at(k, x_, y_) * at(m, i, j))
STALE(14, ORACLE)

// wrong: (15)
#define PRINTED (x < n.MX && y < n.MY)   // the range
#define CLAMPED(i, extent) ((i) < 0 ? 0 : (i) < (extent) ? (i) : (extent) - 1)

WRONG(15, "E15", "x only up to eta_x(m), as printed", ORACLE, ADD(s, PRINTED, x - x_, y - y_))
WRONG(15, "P6", "(7) with the kernel flipped, as printed: no shift", ORACLE,
      ADD(s, 1, x + n.KX - 1 - x_, y + n.KY - 1 - y_))
WRONG(15, NULL, "k's first row left out", ORACLE, ADD(s, x_ > 0, x - x_, y - y_))
WRONG(15, NULL, "k's last row left out", ORACLE, ADD(s, x_ < n.KX - 1, x - x_, y - y_))
WRONG(15, NULL, "m's border continued outwards", ORACLE,
      ADD(s, 1, CLAMPED(x - x_, n.MX), CLAMPED(y - y_, n.MY)))
WRONG(15, NULL, "indices that wrap around", ORACLE,
      ADD(s, 1, WRAPPED(x - x_, n.MX), WRAPPED(y - y_, n.MY)))

// wrong: (16)
#define BOTH_WAYS(factor, i, j) \
    EACH(way, 2) { \
        struct pictures N = way ? exchanged : n; \
        struct array K = way ? m : k, M = way ? k : m, KM = way ? mk : km; \
        EACH_SUM EACH(x_, N.KX) EACH(y_, N.KY) \
            at(KM, x, y) += (factor) * at(K, x_, y_) * at(M, i, j); \
    }

WRONG(16, "E16", "k(x, y) m(x - x, y - y), as printed", ORACLE, BOTH_WAYS(1, x_ - x_, y_ - y_))
WRONG(16, "P7", "on the range that is printed with (15)", ORACLE,
      BOTH_WAYS(x < N.MX && y < N.MY, x - x_, y - y_))
WRONG(16, NULL, "a cross-correlation", ORACLE, BOTH_WAYS(1, UP(x, N.KX), UP(y, N.KY)))
WRONG(16, NULL, "a kernel flipped about one axis", ORACLE, BOTH_WAYS(1, x - x_, UP(y, N.KY)))
WRONG(16, NULL, "k's first row left out", ORACLE, BOTH_WAYS(x_ > 0, x - x_, y - y_))

// wrong: (G18)
WRONG(G18, NULL, "a convolution in its place", ORACLE, ADD(r, 1, x - x_, y - y_))
WRONG(G18, NULL, "the sum of (7) on a picture without padding", ORACLE, ADD(r, 1, x + x_, y + y_))
WRONG(G18, NULL, "a shift by the count", ORACLE, ADD(r, 1, x - n.KX + x_, y - n.KY + y_))
WRONG(G18, NULL, "exchanged shifts", ORACLE, ADD(r, 1, UP(x, n.KY), UP(y, n.KX)))
STALE(G18, ORACLE)

// wrong: (G19)
WRONG(G19, NULL, "the kernel as it is", ORACLE, ADD(r_flipped, 1, UP(x, n.KX), UP(y, n.KY)))
WRONG(G19, NULL, "the flip without the shift", ORACLE,
      ADD(r_flipped, 1, x + n.KX - 1 - x_, y + n.KY - 1 - y_))
WRONG(G19, NULL, "the flip about one axis", ORACLE, ADD(r_flipped, 1, x - x_, UP(y, n.KY)))
WRONG(G19, NULL, "the picture flipped, not the kernel", ORACLE,
      ADD(r_flipped, 1, n.MX + n.KX - 2 - x - x_, n.MY + n.KY - 2 - y - y_))

// wrong: (G20a)
#define WITH_PLUS ADD(s, 1, x + x_, y + y_)
#define OWED_TO_K(factor, i, j) EACH_TERM at(dk, x_, y_) += (factor) * at(ds, x, y) * at(m, i, j)

WRONG(G20a, NULL, "slopes by convolution", CENTRAL, OWED_TO_K(1, x_ - x, y_ - y))
WRONG(G20a, NULL, "slopes of a flipped kernel", CENTRAL, OWED_TO_K(1, UP(x, n.KX), UP(y, n.KY)))
WRONG(G20a, NULL, "slopes of the printed range", CENTRAL, OWED_TO_K(PRINTED, x - x_, y - y_))
WRONG_TOGETHER(G20a, "m(x + x'), and its slopes", s, WITH_PLUS, OWED_TO_K(1, x + x_, y + y_))
WRONG_TOGETHER(G20a, "the printed range, and its slopes",
               s, ADD(s, PRINTED, x - x_, y - y_), OWED_TO_K(PRINTED, x - x_, y - y_))
STALE(G20a, CENTRAL)

// wrong: (G20b)
#define OWED_TO_M EACH_SUM EACH(i, n.MX) EACH(j, n.MY) at(dm, i, j) += at(ds, x, y) *

WRONG(G20b, NULL, "slopes by convolution", CENTRAL, OWED_TO_M at(k, i - x, j - y))
WRONG(G20b, NULL, "slopes of the printed range", CENTRAL, OWED_TO_M PRINTED * at(k, x - i, y - j))
WRONG_TOGETHER(G20b, "m(x + x'), and its slopes", s, WITH_PLUS, OWED_TO_M at(k, i - x, j - y))
WRONG_TOGETHER(G20b, "the printed range, and its slopes",
               s, ADD(s, PRINTED, x - x_, y - y_), OWED_TO_M PRINTED * at(k, x - i, y - j))
STALE(G20b, CENTRAL)

int main(void)
{
    return check_chapter("chapters/3-cross-correlation.md", choose, SMALL + SIZES, small_pictures);
}

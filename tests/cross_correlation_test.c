// Tangled from chapters/3-cross-correlation.md [fef946ed97a8]: edit there, or here and make stitch
#include "../src/cross_correlation.c"
#include "check.h"

// Lists and pictures
enum shape { LISTS = 100, PICTURES };   // less than that: the pieces of a unit in (12)
static struct pictures n, exchanged;
static struct array k, m, s, r, km, mk, s_plane, padded, flipped, r_flipped, ds, dk, dm;
static struct array k_line, m_line, s_line, sums;   // of (13) and (12)
static double h, kappa, mu, xi;   // of (12): the length of a piece, the rates, their factor's xi
static int pieces;

static void draw(int KX, int KY, int MX, int MY)
{
    int X = KX + MX - 1, Y = KY + MY - 1;
    n = (struct pictures){KX, KY, MX, MY}, exchanged = (struct pictures){MX, MY, KX, KY};
    ARRAY(k, KX, KY), ARRAY(dk, KX, KY), ARRAY(flipped, KX, KY);
    ARRAY(m, MX, MY), ARRAY(dm, MX, MY), ARRAY(padded, X + KX - 1, Y + KY - 1);
    ARRAY(s, X, Y), ARRAY(ds, X, Y), ARRAY(s_plane, X, Y), ARRAY(km, X, Y), ARRAY(mk, X, Y);
    ARRAY(r, X, Y), ARRAY(r_flipped, X, Y);
    ARRAY(k_line, KX), ARRAY(m_line, MX), ARRAY(s_line, KX + MX - 1);
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
    }
}

enum { FAR = 12 };   // from there on everything is zero
#define EVERYWHERE(i) for (int i = -FAR; i <= FAR; i++)
#define EACH_SUM EACH(x, n.KX + n.MX - 1) EACH(y, n.KY + n.MY - 1)
#define EACH_TERM EACH_SUM EACH(x_, n.KX) EACH(y_, n.KY)

static double k_at(double i) { return exp(-kappa * i * h); }
static double m_at(double i) { return exp(-mu * i * h); }
static double s_at(double i) { return (k_at(i) - m_at(i)) / (mu - kappa); }

// Check (13)
DEFINE(s_line, EACH(x, n.KX + n.MX - 1) EVERYWHERE(x_)
                   at(s_line, x) += at(k_line, x_) * at(m_line, x - x_))
EQUATION(13, s_line, convolve_line(n.KX, n.MX, k_line.at, m_line.at, s_line.at),
         AT(LISTS), EVERY_SMALL_SHAPE)

// Check (12)
static void sum_over_pieces(void)
{
    EACH(i, pieces) at(k_line, i) = k_at(i + 0.5), at(m_line, i) = m_at(i + 0.5);
    convolve_line(pieces, pieces, k_line.at, m_line.at, s_line.at);
    EACH(u, pieces) at(sums, u) = h * at(s_line, u);
}

DEFINE(sums, EACH(u, pieces) at(sums, u) = s_at(u + 1) * xi / sinh(xi))
EQUATION(12, sums, sum_over_pieces(), OF(convolve_line), WITHIN(1e-14), AT(2, 4, 8, 16, 32))

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

// Every small list and picture
enum { SMALL = 3 * 3 * 4 * 4, SMALL_LISTS = 4 * 4 };

static int small_pictures(long number)
{
    int i = (int)(number < SMALL ? number : number - SMALL);
    if (number < SMALL)
        draw(1 + i / 48, 1 + i / 16 % 3, 1 + i / 4 % 4, 1 + i % 4);
    else
        draw(1 + i / 4, 1, 1 + i % 4, 1);
    return 1;
}

// Claims about convolutions
static int nothing_beside(int shape)   // what (14) adds up outside of the range is zero
{
    int zero = 1;
    choose(shape);
    for (int x = -2; x < s.extent[0] + 2; x++)
        for (int y = -2; y < s.extent[1] + 2; y++)
            EVERYWHERE(x_) EVERYWHERE(y_)
                zero &= (0 <= x && x < s.extent[0] && 0 <= y && y < s.extent[1])
                    || at(k, x_, y_) * at(m, x - x_, y - y_) == 0;
    return zero;
}

static int exchange_flips(int correlating)   // whether exchanged arguments flip the result
{
    int flips = 1;
    choose(PICTURES), call_16();
    if (correlating)
        correlate(n, k.at, m.at, km.at), correlate(exchanged, m.at, k.at, mk.at);
    EACH_SUM flips &= at(mk, x, y) == at(km, km.extent[0] - 1 - x, km.extent[1] - 1 - y);
    return flips;
}

static int lost(void)   // how many numbers other than zero the printed range leaves out
{
    int count = 0;
    draw(3, 2, 4, 7);
    EACH(x, 4) EACH(y, 7) at(k, x, y) = at(m, x, y) = 1;
    convolve(n, k.at, m.at, s.at);
    EACH_SUM count += (x >= n.MX || y >= n.MY) && creal(at(s, x, y)) > 0;
    return count;
}

static int all_are(real value)   // the first number of all four results; none is nan
{
    convolve_line(n.KX, n.MX, k_line.at, m_line.at, s_line.at);
    convolve(n, k.at, m.at, s.at);
    correlate(n, k.at, m.at, r.at);
    call_G19();
    return at(s_line, 0) == value && at(s, 0) == value && at(r, 0) == value
        && at(r_flipped, 0) == value && !nans(s_line) && !nans(s) && !nans(r) && !nans(r_flipped);
}

static int zeros_remain(int KY, int MY)
{
    draw(3, KY, 4, MY), clear(k), clear(k_line);
    return all_are(0) && largest(s_line) + largest(s) + largest(r) + largest(r_flipped) == 0;
}

static int one_by_one(void)
{
    draw(1, 1, 1, 1);
    at(k_line, 0) = at(k, 0), at(m_line, 0) = at(m, 0);
    return all_are(at(k, 0) * at(m, 0));
}

CLAIM("outside of its range a convolution is zero",
      nothing_beside(LISTS) && nothing_beside(PICTURES))
CLAIM("correlating with exchanged arguments flips the result", exchange_flips(1))
CLAIM("with a convolution it does not", !exchange_flips(0))
CLAIM("of 48 numbers of a convolution the printed range leaves out 20", lost() == 20)
CLAIM("a kernel of zeros gives zeros", zeros_remain(1, 1) && zeros_remain(2, 5))
CLAIM("of one number and another they are the product", one_by_one())

static struct pictures only(int KX, int KY, int MX, int MY)   // sizes for arrays that are larger
{
    draw(3, 3, 4, 4);
    return (struct pictures){KX, KY, MX, MY};
}

#define NO_NUMBER "a list has at least one number"
#define NO_ROW "a picture has at least one row and one column"

REFUSES("an empty k", NO_NUMBER, only(0, 0, 0, 0), convolve_line(0, 3, k.at, m.at, s.at))
REFUSES("an empty m", NO_NUMBER, only(0, 0, 0, 0), convolve_line(3, 0, k.at, m.at, s.at))
REFUSES("a kernel with no rows", NO_ROW, convolve(only(0, 2, 3, 4), k.at, m.at, s.at))
REFUSES("a kernel with no columns", NO_ROW, convolve(only(1, 0, 3, 4), k.at, m.at, s.at))
REFUSES("a picture with no rows", NO_ROW, convolve(only(1, 2, 0, 4), k.at, m.at, s.at))
REFUSES("a picture with no columns", NO_ROW, convolve(only(1, 2, 3, 0), k.at, m.at, s.at))
REFUSES("a correlation of no rows", NO_ROW, correlate(only(0, 2, 3, 4), k.at, m.at, r.at))
REFUSES("a flip of no rows", NO_ROW, flip(only(0, 2, 3, 4).KX, 2, k.at, flipped.at))
REFUSES("a flip of no columns", NO_ROW, flip(only(2, 0, 3, 4).KX, 0, k.at, flipped.at))

// wrong: (12)
#define EACH_PIECE EACH(u, pieces) EACH(i, u + 1) at(sums, u) +=

WRONG(12, NULL, "the beginnings of the pieces", ORACLE, EACH_PIECE h * k_at(i) * m_at(u - i))
WRONG(12, NULL, "the beginnings for m only", ORACLE, EACH_PIECE h * k_at(i + 0.5) * m_at(u - i))
WRONG(12, NULL, "no factor h", ORACLE, EACH_PIECE k_at(i + 0.5) * m_at(u - i + 0.5))
WRONG(12, NULL, "the factor h twice", ORACLE, EACH_PIECE h * h * k_at(i + 0.5) * m_at(u - i + 0.5))
WRONG(12, NULL, "the sum for t + h", ORACLE,
      EACH(u, pieces) EACH(i, u + 2) at(sums, u) += h * k_at(i + 0.5) * m_at(u + 1 - i + 0.5))
WRONG(12, NULL, "k taken twice", ORACLE, EACH_PIECE h * k_at(i + 0.5) * k_at(u - i + 0.5))
WRONG(12, NULL, "m(t + x)", ORACLE,
      EACH(u, pieces) EACH(i, pieces) at(sums, u) += h * k_at(i + 0.5) * m_at(u + 1 + i + 0.5))

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
#define IN_THE_PLANE EACH_TERM at(s_plane, x, y) +=

WRONG(14, NULL, "m(x + x', y + y')", ORACLE, IN_THE_PLANE at(k, x_, y_) * at(m, x + x_, y + y_))
WRONG(14, NULL, "m(x - x', y + y')", ORACLE, IN_THE_PLANE at(k, x_, y_) * at(m, x - x_, y + y_))
WRONG(14, NULL, "m(x - x', x - y')", ORACLE, IN_THE_PLANE at(k, x_, y_) * at(m, x - x_, x - y_))
WRONG(14, NULL, "k(y', x')", ORACLE, IN_THE_PLANE at(k, y_, x_) * at(m, x - x_, y - y_))
WRONG(14, NULL, "m(y - y', x - x')", ORACLE, IN_THE_PLANE at(k, x_, y_) * at(m, y - y_, x - x_))
WRONG(14, NULL, "= for +=", ORACLE, EACH(x_, n.KX) EACH(y_, n.KY) EACH(i, n.MX) EACH(j, n.MY)
          at(s_plane, x_ + i, y_ + j) = at(k, x_, y_) * at(m, i, j))
STALE(14, ORACLE)

// wrong: (15)
#define IN_S(part_) EACH_TERM at(s, x, y) += (part_) * at(k, x_, y_) * at(m, x - x_, y - y_)
#define IN_PRINTED_RANGE (x < n.MX && y < n.MY)

#define CLAMPED(i, extent) ((i) < 0 ? 0 : (i) < (extent) ? (i) : (extent) - 1)

WRONG(15, "E15", "x only up to eta_x(m), as printed", ORACLE, IN_S(IN_PRINTED_RANGE))
WRONG(15, "P6", "(7) with the kernel flipped, as printed: no shift", ORACLE,
      EACH_TERM at(s, x, y) += at(k, n.KX - 1 - x_, n.KY - 1 - y_) * at(m, x + x_, y + y_))
WRONG(15, NULL, "k's first row left out", ORACLE, IN_S(x_ > 0))
WRONG(15, NULL, "k's last row left out", ORACLE, IN_S(x_ < n.KX - 1))
WRONG(15, NULL, "m's border continued outwards", ORACLE,
      EACH_TERM at(s, x, y) += at(k, x_, y_) * at(m, CLAMPED(x - x_, n.MX), CLAMPED(y - y_, n.MY)))
WRONG(15, NULL, "indices that wrap around", ORACLE,
      EACH_TERM at(s, x, y) += at(k, x_, y_) * at(m, WRAPPED(x - x_, n.MX), WRAPPED(y - y_, n.MY)))

// wrong: (16)
#define BOTH_WAYS(term) \
    EACH(way, 2) { \
        struct array K = way ? m : k, M = way ? k : m, KM = way ? mk : km; \
        EACH_SUM EACH(x_, K.extent[0]) EACH(y_, K.extent[1]) at(KM, x, y) += term; \
    }

WRONG(16, "E16", "k(x, y) m(x - x, y - y), as printed", ORACLE,
      BOTH_WAYS(at(K, x_, y_) * at(M, x_ - x_, y_ - y_)))
WRONG(16, "P7", "on the range that is printed with (15)", ORACLE,
      BOTH_WAYS((x < M.extent[0] && y < M.extent[1]) * at(K, x_, y_) * at(M, x - x_, y - y_)))
WRONG(16, NULL, "a cross-correlation", ORACLE,
      BOTH_WAYS(at(K, x_, y_) * at(M, x - (K.extent[0] - 1) + x_, y - (K.extent[1] - 1) + y_)))
WRONG(16, NULL, "a kernel flipped about one axis", ORACLE,
      BOTH_WAYS(at(K, x_, y_) * at(M, x - x_, y - (K.extent[1] - 1) + y_)))
WRONG(16, NULL, "k's first row left out", ORACLE,
      BOTH_WAYS((x_ > 0) * at(K, x_, y_) * at(M, x - x_, y - y_)))

// wrong: (G18)
#define IN_R EACH_TERM at(r, x, y) += at(k, x_, y_) *

WRONG(G18, NULL, "a convolution in its place", ORACLE, IN_R at(m, x - x_, y - y_))
WRONG(G18, NULL, "the sum of (7) on a picture without padding", ORACLE, IN_R at(m, x + x_, y + y_))
WRONG(G18, NULL, "a shift by the count", ORACLE, IN_R at(m, x - n.KX + x_, y - n.KY + y_))
WRONG(G18, NULL, "exchanged shifts", ORACLE, IN_R at(m, x - (n.KY - 1) + x_, y - (n.KX - 1) + y_))
STALE(G18, ORACLE)

// wrong: (G19)
#define IN_FLIPPED EACH_TERM at(r_flipped, x, y) +=

WRONG(G19, NULL, "the kernel as it is", ORACLE,
      IN_FLIPPED at(k, x_, y_) * at(m, x - (n.KX - 1) + x_, y - (n.KY - 1) + y_))
WRONG(G19, NULL, "the flip without the shift", ORACLE,
      IN_FLIPPED at(k, n.KX - 1 - x_, n.KY - 1 - y_) * at(m, x + x_, y + y_))
WRONG(G19, NULL, "the flip about one axis", ORACLE,
      IN_FLIPPED at(k, x_, y_) * at(m, x - x_, y - (n.KY - 1) + y_))
WRONG(G19, NULL, "the picture flipped, not the kernel", ORACLE,
      IN_FLIPPED at(k, x_, y_) * at(m, n.MX + n.KX - 2 - x - x_, n.MY + n.KY - 2 - y - y_))

// wrong: (G20a)
#define WITH_PLUS EACH_TERM at(s, x, y) += at(k, x_, y_) * at(m, x + x_, y + y_)
#define OWED_TO_K(i, j) EACH_TERM at(dk, i, j) += at(ds, x, y) *

WRONG(G20a, NULL, "slopes by convolution", CENTRAL, OWED_TO_K(x_, y_) at(m, x_ - x, y_ - y))
WRONG(G20a, NULL, "slopes of a flipped kernel", CENTRAL,
      OWED_TO_K(n.KX - 1 - x_, n.KY - 1 - y_) at(m, x - x_, y - y_))
WRONG(G20a, NULL, "slopes of the printed range", CENTRAL,
      OWED_TO_K(x_, y_) IN_PRINTED_RANGE * at(m, x - x_, y - y_))
WRONG_TOGETHER(G20a, "m(x + x'), and its slopes",
               s, WITH_PLUS, OWED_TO_K(x_, y_) at(m, x + x_, y + y_))
WRONG_TOGETHER(G20a, "the printed range, and its slopes",
               s, IN_S(IN_PRINTED_RANGE),
               OWED_TO_K(x_, y_) IN_PRINTED_RANGE * at(m, x - x_, y - y_))
STALE(G20a, CENTRAL)

// wrong: (G20b)
#define OWED_TO_M EACH_SUM EACH(i, n.MX) EACH(j, n.MY) at(dm, i, j) += at(ds, x, y) *

WRONG(G20b, NULL, "slopes by convolution", CENTRAL, OWED_TO_M at(k, i - x, j - y))
WRONG(G20b, NULL, "slopes of the printed range", CENTRAL,
      OWED_TO_M IN_PRINTED_RANGE * at(k, x - i, y - j))
WRONG_TOGETHER(G20b, "m(x + x'), and its slopes", s, WITH_PLUS, OWED_TO_M at(k, i - x, j - y))
WRONG_TOGETHER(G20b, "the printed range, and its slopes",
               s, IN_S(IN_PRINTED_RANGE), OWED_TO_M IN_PRINTED_RANGE * at(k, x - i, y - j))
STALE(G20b, CENTRAL)

int main(void)
{
    return check_chapter("chapters/3-cross-correlation.md", choose, SMALL + SMALL_LISTS,
                         small_pictures);
}

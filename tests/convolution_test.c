// Tangled from chapters/2-convolution.md [1fc2986c4096]: edit there, or here and make stitch
#ifdef FAST
#include "../src/fast.c"
#define CHAPTER "chapters/9-why-it-is-fast.md"
#else
#include "../src/convolution.c"
#define CHAPTER "chapters/2-convolution.md"
#endif
#include "check.h"

// Shapes for the convolution
enum shape { PLAIN = 1, STRIDED, WIDE, WIDE_STRIDED, TABLE, TABLE_STRIDED };
static struct convolution n;
static struct array eta, w, b, a, z, Z, H, B, dz, da, dw, db;
static int steps = 1;   // of the table: how many strides, and how many paddings

static void draw_arrays(void)   // of the sizes in n
{
    ARRAY(w, n.C, n.C_, n.KX, n.KY), ARRAY(dw, n.C, n.C_, n.KX, n.KY);
    ARRAY(b, n.C), ARRAY(db, n.C), ARRAY(a, n.C_, n.X_, n.Y_), ARRAY(da, n.C_, n.X_, n.Y_);
    ARRAY(z, n.C, n.X, n.Y), ARRAY(dz, n.C, n.X, n.Y);
    ARRAY(Z, n.C, n.X, n.Y), ARRAY(H, n.C, n.X, n.Y), ARRAY(B, n.C, n.X, n.Y);
    randomise(w), randomise(b), randomise(a), randomise(dz);
}

static void size_output(void)
{
    n.X = (n.X_ + 2 * n.PX - n.KX) / n.SX + 1, n.Y = (n.Y_ + 2 * n.PY - n.KY) / n.SY + 1;
}

static void draw_sizes(int wide, int strided)
{
    n = (struct convolution){.SX = 1, .SY = 1};
    DRAW(2, 5, &n.C, &n.C_, &n.KX, &n.KY);
    DRAW(6, 8, &n.X_, &n.Y_);
    if (wide)
        DRAW(9, 12, &n.C, &n.C_);
    if (strided) {
        DRAW(2, 3, &n.SX, &n.SY);
        DRAW(1, 3, &n.PX, &n.PY);
    }
    size_output();
}

static void choose(int shape)
{
    steps = shape == TABLE_STRIDED ? 4 : 1;
    ARRAY(eta, 12, 6, steps, steps);
    do
        draw_sizes(shape == WIDE || shape == WIDE_STRIDED,
                   shape == STRIDED || shape == WIDE_STRIDED);
    while (n.X == n.Y || n.X_ < n.KX + 2 || n.Y_ < n.KY + 2);
    draw_arrays();
}

#define EACH_SIZE for (int X_ = 6; X_ < 18; X_++) for (int K = 1; K <= 6; K++) \
                  for (int s = 1; s <= steps; s++) for (int p = 0; p < steps; p++)
#define ETA at(eta, X_ - 6, K - 1, s - 1, p)
#define EACH_MAP EACH(c, n.C) EACH(x, n.X) EACH(y, n.Y)
#define EACH_TERM EACH_MAP EACH(c_, n.C_) EACH(x_, n.KX) EACH(y_, n.KY)
#define ROW x * n.SX + x_ - n.PX
#define COLUMN y * n.SY + y_ - n.PY

// Every small convolution
enum { SMALL = 9 * 16 * 9 * 9 * 9, TILES = 7, SIZES = 10, LARGE = SIZES + 2 };
enum { ALL = SMALL + TILES * TILES + LARGE };

static void large_convolution(int k)
{
    static const int most[SIZES] = {27, 27, 60, 60, 9, 9, 5, 5, 5, 5};
    n = (struct convolution){.C = 2, .C_ = 2, .X_ = 9, .Y_ = 9, .KX = 3, .KY = 3, .SX = 1, .SY = 1};
    if (k < SIZES)
        enlarge(k, SIZES, most, (int *[]){&n.C, &n.C_, &n.X_, &n.Y_, &n.KX, &n.KY, &n.SX, &n.SY,
                                          &n.PX, &n.PY});
    else if (k == SIZES)
        n.X_ = 260, n.Y_ = 261;
    else
        n.KX = 1, n.Y_ = 1, n.KY = 6, n.PY = 3;
}

static int small_convolution(long number)
{
    static const int base[] = {3, 3, 4, 4, 3, 3, 3, 3, 3, 3};
    static const int first[] = {1, 1, 1, 1, 1, 1, 1, 1, 0, 0};
    static const int channels[TILES] = {1, 7, 8, 9, 15, 16, 17};
    int tile = (int)(number - SMALL);
    count_up(number, 10, first, base, (int *[]){&n.C, &n.C_, &n.X_, &n.Y_, &n.KX, &n.KY,
                                                &n.SX, &n.SY, &n.PX, &n.PY});
    if (number >= ALL - LARGE)
        large_convolution((int)number - (ALL - LARGE));
    else if (number >= SMALL)
        n = (struct convolution){.C = channels[tile % TILES], .C_ = channels[tile / TILES], .X_ = 3,
                                 .Y_ = 2, .KX = 2, .KY = 1, .SX = 1, .SY = 1};
    int legal = n.KX <= n.X_ + 2 * n.PX && n.KY <= n.Y_ + 2 * n.PY;
    size_output();
    if (legal)
        draw_arrays();
    return legal;
}

// Check (6)
DEFINE(eta, EACH_SIZE for (int first = -p; first + K <= X_ + p; first += s) ETA += 1)
EQUATION(6, eta, EACH_SIZE ETA = convolution_extent(X_, K, s, p),
         OF(convolution_extent), AT(TABLE), WITHOUT_REGIMES)
EQUATION(G4, eta, EACH_SIZE ETA = convolution_extent(X_, K, s, p),
         OF(convolution_extent), AT(TABLE_STRIDED), WITHOUT_REGIMES)

// Check (7)
DEFINE(z, EACH_MAP at(z, c, x, y) = at(b, c);
          EACH_TERM at(z, c, x, y) += at(w, c, c_, x_, y_) * at(a, c_, ROW, COLUMN))
EQUATION(7, z, convolution_forward(n, w.at, b.at, a.at, z.at), AT(PLAIN), WIDELY(WIDE))
EQUATION(G5, z, convolution_forward(n, w.at, b.at, a.at, z.at),
         AT(STRIDED), WIDELY(WIDE_STRIDED), EVERY_SMALL_SHAPE)

// Check (8)
DEFINE(da, EACH_TERM at(da, c_, ROW, COLUMN) += at(dz, c, x, y) * at(w, c, c_, x_, y_))
EQUATION(8, da, convolution_da(n, w.at, dz.at, da.at),
         SLOPE(z, a, EXACTLY_AFFINE), AT(PLAIN), WIDELY(WIDE))
EQUATION(G6a, da, convolution_da(n, w.at, dz.at, da.at),
         SLOPE(z, a, EXACTLY_AFFINE), AT(STRIDED), WIDELY(WIDE_STRIDED), EVERY_SMALL_SHAPE)

// Check (9)
DEFINE(dw, EACH_TERM at(dw, c, c_, x_, y_) += at(dz, c, x, y) * at(a, c_, ROW, COLUMN))
EQUATION(9, dw, convolution_dw(n, a.at, dz.at, dw.at),
         SLOPE(z, w, EXACTLY_AFFINE), AT(PLAIN), WIDELY(WIDE))
EQUATION(G6b, dw, convolution_dw(n, a.at, dz.at, dw.at),
         SLOPE(z, w, EXACTLY_AFFINE), AT(STRIDED), WIDELY(WIDE_STRIDED), EVERY_SMALL_SHAPE)

// Check (10)
DEFINE(db, EACH_MAP at(db, c) += at(dz, c, x, y))
EQUATION(10, db, convolution_db(n, dz.at, db.at),
         SLOPE(z, b, EXACTLY_AFFINE), AT(PLAIN), WIDELY(WIDE), EVERY_SMALL_SHAPE)

// Check (11) (11)
static real h(int c, int c_, int x, int y)
{
    real s = 0;
    EACH(x_, n.KX) EACH(y_, n.KY) s += at(w, c, c_, x_, y_) * at(a, c_, ROW, COLUMN);
    return s;
}

DEFINE(H, EACH_MAP EACH(c_, n.C_) at(H, c, x, y) += h(c, c_, x, y))
DEFINE(B, EACH_MAP at(B, c, x, y) = at(b, c))
DEFINE(Z, define_H(); define_B(); EACH_MAP at(Z, c, x, y) = at(H, c, x, y) + at(B, c, x, y))
EQUATION(11, Z, convolution_forward(n, w.at, b.at, a.at, Z.at), AT(PLAIN))

// Claims about the convolution
static int backward_is_right(void)
{
    convolution_backward(n, w.at, a.at, dz.at, da.at, dw.at, db.at);
    return AS_DEFINED(da) && AS_DEFINED(dw) && AS_DEFINED(db);
}

CLAIM("convolution_backward gives all three slopes", (choose(STRIDED), backward_is_right()))
CLAIM("no slope in, no slope out",
      (choose(STRIDED), clear(dz),
       backward_is_right() && largest(da) + largest(dw) + largest(db) == 0))
REFUSES("a kernel larger than the padded input", "not be larger", convolution_extent(3, 6, 1, 1))
REFUSES("a kernel larger than the input", "not be larger", convolution_extent(3, 4, 1, 0))
REFUSES("a kernel without rows", "at least 1", convolution_extent(3, 0, 1, 0))
REFUSES("a stride of zero", "at least 1", convolution_extent(3, 2, 0, 0))
REFUSES("a negative padding", "at least 0", convolution_extent(3, 2, 1, -1))
REFUSES("more rows than an int counts", "into an int", convolution_extent(3, 2, 1, INT_MAX - 1))
CLAIM("as many as it counts do", convolution_extent(1001, INT_MAX, 1, INT_MAX / 2 - 500) == 1)
REFUSES("a layer without neurons", "convolution_fits", choose(PLAIN), n.C = 0, call_7())
REFUSES("a layer without channels before it", "convolution_fits", choose(PLAIN), n.C_ = 0, call_7())
REFUSES("an output with too few rows", "convolution_fits", choose(PLAIN), n.X--, call_7())
REFUSES("an output with too many columns", "convolution_fits", choose(PLAIN), n.Y++, call_7())
REFUSES("too few columns, in (8)", "convolution_fits", choose(PLAIN), n.Y--, call_8())
REFUSES("too many rows, in (9)", "convolution_fits", choose(PLAIN), n.X++, call_9())
REFUSES("too few rows, in (10)", "convolution_fits", choose(PLAIN), n.X--, call_10())

// wrong: (6)
WRONG(6, "E6", "eta - k + 1, as printed", ORACLE, EACH_SIZE ETA = (X_ - 1) - (K - 1) + 1 + 1)
WRONG(6, NULL, "one less", ORACLE, EACH_SIZE ETA = X_ - K)
WRONG(6, NULL, "as large as the input", ORACLE, EACH_SIZE ETA = X_)
WRONG(6, NULL, "the kernel subtracted twice", ORACLE, EACH_SIZE ETA = fmax(0, X_ - 2 * K + 1))
WRONG(6, NULL, "wrong for the largest input only", ORACLE, EACH_SIZE ETA = X_ - K + 1 + (X_ == 17))

// wrong: (G4)
WRONG(G4, NULL, "rounded up", ORACLE, EACH_SIZE ETA = (X_ + 2 * p - K + s - 1) / s + 1)
WRONG(G4, NULL, "padded on one side only", ORACLE, EACH_SIZE ETA = (X_ + p - K) / s + 1)
WRONG(G4, NULL, "the stride forgotten", ORACLE, EACH_SIZE ETA = X_ + 2 * p - K + 1)
WRONG(G4, NULL, "a difference of quotients", ORACLE, EACH_SIZE ETA = (X_ + 2 * p) / s - K / s + 1)

// wrong: (7)
#define WITH_BIAS EACH_MAP at(z, c, x, y) = at(b, c); EACH_TERM at(z, c, x, y) +=
#define Z_OF(...) WITH_BIAS at(w, c, c_, x_, y_) * at(a, __VA_ARGS__)
#define FLIPPED n.KX - 1 - x_, n.KY - 1 - y_

WRONG(7, "E7a", "a_(c), as printed", ORACLE, Z_OF(c, ROW, COLUMN))
WRONG(7, "E7b", "(x + x', x + y'), as printed", ORACLE, Z_OF(c_, ROW, x + y_))
WRONG(7, NULL, "a flipped kernel", ORACLE, WITH_BIAS at(w, c, c_, FLIPPED) * at(a, c_, ROW, COLUMN))
WRONG(7, NULL, "w_(c',c)", ORACLE, WITH_BIAS at(w, c_, c, x_, y_) * at(a, c_, ROW, COLUMN))
WRONG(7, NULL, "rows and columns of the input exchanged", ORACLE, Z_OF(c_, COLUMN, ROW))
WRONG(7, NULL, "the kernel's last row left out", ORACLE,
      WITH_BIAS (x_ < n.KX - 1) * at(w, c, c_, x_, y_) * at(a, c_, ROW, COLUMN))
WRONG(7, NULL, "the bias once for each c'", ORACLE,
      define_z(); EACH_MAP at(z, c, x, y) += (n.C_ - 1) * at(b, c))
WRONG(7, NULL, "no bias", ORACLE, define_z(); EACH_MAP at(z, c, x, y) -= at(b, c))
STALE(7, ORACLE)

// wrong: (G5)
WRONG(G5, NULL, "strides exchanged", ORACLE, Z_OF(c_, x * n.SY + x_ - n.PX, y * n.SX + y_ - n.PY))
WRONG(G5, NULL, "the stride forgotten in one direction", ORACLE, Z_OF(c_, ROW, y + y_ - n.PY))
WRONG(G5, NULL, "the stride times x' instead of x", ORACLE,
      Z_OF(c_, x + x_ * n.SX - n.PX, y + y_ * n.SY - n.PY))
WRONG(G5, NULL, "no padding", ORACLE, Z_OF(c_, x * n.SX + x_, y * n.SY + y_))
WRONG(G5, NULL, "padding with the other sign", ORACLE,
      Z_OF(c_, ROW + 2 * n.PX, COLUMN + 2 * n.PY))

// wrong: (8)
#define DA_OF(...) EACH_MAP EACH(c_, n.C_) EACH(i, n.X_) EACH(j, n.Y_) \
    at(da, c_, i, j) += at(dz, c, x, y) * at(w, __VA_ARGS__)

WRONG(8, "E8a", "without its condition, indices wrap around", CENTRAL,
      DA_OF(c, c_, abs(i - x) % n.KX, abs(j - y) % n.KY))
WRONG(8, NULL, "w(x - x'', y - y'')", CENTRAL, DA_OF(c, c_, x - i, y - j))
WRONG(8, NULL, "w_(c'',c)", CENTRAL, DA_OF(c_, c, i - x, j - y))
WRONG(8, NULL, "no sum over c", CENTRAL,
      EACH_TERM at(da, c_, ROW, COLUMN) += (c == 0) * at(dz, c, x, y) * at(w, c, c_, x_, y_))
WRONG(8, NULL, "= for +=", CENTRAL,
      EACH_TERM at(da, c_, ROW, COLUMN) = at(dz, c, x, y) * at(w, c, c_, x_, y_))
STALE(8, CENTRAL)

// wrong: (G6a)
WRONG(G6a, "P4", "(8) with an unscaled stride", CENTRAL,
      DA_OF(c, c_, i + n.PX - x, j + n.PY - y))
WRONG(G6a, NULL, "(8) with the stride in one direction only", CENTRAL,
      DA_OF(c, c_, i + n.PX - x * n.SX, j + n.PY - y))
WRONG(G6a, NULL, "(8) where the stride does not divide", CENTRAL,
      DA_OF(c, c_, (i + n.PX) / n.SX - x, (j + n.PY) / n.SY - y))
WRONG(G6a, NULL, "(8) with padding of the other sign", CENTRAL,
      DA_OF(c, c_, i - n.PX - x * n.SX, j - n.PY - y * n.SY))

// wrong: (9)
#define DW_OF(...) EACH_TERM at(dw, c, c_, x_, y_) += at(dz, c, x, y) * at(a, __VA_ARGS__)

WRONG(9, "E9a", "(x + x'', x + y''), as printed", CENTRAL, DW_OF(c_, ROW, x + y_))
WRONG_TOGETHER(9, "the printed (7) and (9) together",
               z, Z_OF(c_, ROW, x + y_), DW_OF(c_, ROW, x + y_))
WRONG(9, "E9b", "a_(c') with c' unbound, taken for c", CENTRAL, DW_OF(c, ROW, COLUMN))
WRONG(9, NULL, "a flipped kernel", CENTRAL,
      EACH_TERM at(dw, c, c_, FLIPPED) += at(dz, c, x, y) * at(a, c_, ROW, COLUMN))
WRONG_TOGETHER(9, "a flipped kernel forward and backward",
               z, WITH_BIAS at(w, c, c_, FLIPPED) * at(a, c_, ROW, COLUMN),
               EACH_TERM at(dw, c, c_, FLIPPED) += at(dz, c, x, y) * at(a, c_, ROW, COLUMN))
WRONG(9, NULL, "the activation of layer l, not l - 1", CENTRAL,
      EACH_TERM at(dw, c, c_, x_, y_) += at(dz, c, x, y) * at(z, c_, x + x_, y + y_))
WRONG(9, NULL, "no sum over x and y", CENTRAL,
      EACH_TERM at(dw, c, c_, x_, y_) = at(dz, c, x, y) * at(a, c_, ROW, COLUMN))
STALE(9, CENTRAL)

// wrong: (G6b)
WRONG(G6b, NULL, "(9) with the stride in one direction only", CENTRAL,
      DW_OF(c_, ROW, y + y_ - n.PY))
WRONG(G6b, NULL, "(9) with the stride times x'' instead of x", CENTRAL,
      DW_OF(c_, x + x_ * n.SX - n.PX, y + y_ * n.SY - n.PY))
WRONG(G6b, NULL, "(9) without padding", CENTRAL, DW_OF(c_, x * n.SX + x_, y * n.SY + y_))
WRONG(G6b, NULL, "(9) with padding of the other sign", CENTRAL,
      DW_OF(c_, ROW + 2 * n.PX, COLUMN + 2 * n.PY))

// wrong: (10)
WRONG(10, "E10a", "no sum over x and y, as printed", CENTRAL, EACH_MAP at(db, c) = at(dz, c, x, y))
WRONG(10, NULL, "the mean instead of the sum", CENTRAL,
      EACH_MAP at(db, c) += at(dz, c, x, y) / (n.X * n.Y))
WRONG(10, NULL, "the first place left out", CENTRAL,
      EACH_MAP at(db, c) += (x + y > 0) * at(dz, c, x, y))
WRONG(10, NULL, "the sum over all channels", CENTRAL,
      EACH_MAP EACH(k, n.C) at(db, k) += at(dz, c, x, y))
STALE(10, CENTRAL)

// wrong: (11)
#define STACK(channel, of_bias) \
    define_H(); define_B(); \
    EACH_MAP at(Z, c, x, y) = at(H, channel, x, y) + at(B, of_bias, x, y)

WRONG(11, "E11b", "Z_(1) stacked twice, as printed", ORACLE, STACK(c + (c == 0), c + (c == 0)))
WRONG(11, "E11a", "h with (x + x', x + y'), as printed", ORACLE,
      Z_OF(c_, ROW, x + y_); EACH_MAP at(Z, c, x, y) = at(z, c, x, y))
WRONG(11, NULL, "B with b_(0) in all channels", ORACLE, STACK(c, 0))
WRONG(11, NULL, "no B", ORACLE, STACK(c, n.C))
WRONG(11, NULL, "H in the opposite order", ORACLE, STACK(n.C - 1 - c, c))

int main(void)
{
    return check_chapter(CHAPTER, choose, ALL, small_convolution);
}

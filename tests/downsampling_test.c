// Tangled from chapters/4-downsampling.md [469d03f4bfc9]: edit there, or here and make stitch
#include "../src/downsampling.c"
#include "check.h"

// Shapes for downsampling
enum shape { OVERLAPPING = 1, APART, TIED, ONE_ROW, ONE_COLUMN, TABLE };
static struct pooling n;
static struct array eta, a_, a, mean, da_, da, dmean_, dmean;

static void draw_sizes(int shape)
{
    int more = shape == OVERLAPPING || shape == TIED, left_over = shape <= TIED;
    DRAW(2, 4, &n.C, &n.X, &n.Y), DRAW(2, 3, &n.SX, &n.SY);
    n.C = shape == TIED ? 1 : n.C;
    n.DX = shape == ONE_ROW ? 1 : n.SX + more * between(1, 2);
    n.DY = shape == ONE_COLUMN ? 1 : n.SY + more * between(1, 2);
    n.X_ = (n.X - 1) * n.SX + n.DX + left_over * between(1, n.SX - 1);
    n.Y_ = (n.Y - 1) * n.SY + n.DY + left_over * between(1, n.SY - 1);
}

static void place_special_entries(void)
{
    int rows = (n.X - 1) * n.SX + n.DX, columns = (n.Y - 1) * n.SY + n.DY;   // that windows show
    EACH(c, n.C) EACH(i, n.X_) EACH(j, n.Y_)
        at(a_, c, i, j) *= i < rows && j < columns ? 1 : -1;
    at(a_, 0, rows - 1, columns - 1) = at(a_, n.C - 1, n.SX, n.SY) = -1 / 512.0;
}

static void draw_arrays(int shape)   // of the sizes in n
{
    n.X = (n.X_ - n.DX) / n.SX + 1, n.Y = (n.Y_ - n.DY) / n.SY + 1;
    ARRAY(eta, 12, 6, 4), ARRAY(a, n.C, n.X, n.Y), ARRAY(mean, n.C, n.X, n.Y);
    ARRAY(da, n.C, n.X, n.Y), ARRAY(dmean, n.C, n.X, n.Y);
    ARRAY(a_, n.C, n.X_, n.Y_), ARRAY(da_, n.C, n.X_, n.Y_), ARRAY(dmean_, n.C, n.X_, n.Y_);
    randomise(da), randomise(dmean);
    int level[a_.count];
    draw_different(a_.count, level, 2, a_.count + 1);
    EACH(k, a_.count)
        ((real *)a_.at)[k] = as_regime(shape == TIED ? between(-8, -1) / 8.0 : -level[k] / 512.0);
    if (shape == TIED)
        at(a_, 0, 0, 1) = at(a_, 0, 1, 0) = -1 / 16.0;
}

static void choose(int shape)
{
    do
        draw_sizes(shape);
    while (n.DX == n.DY || n.X_ == n.Y_ || (shape == TIED && n.X_ > n.Y_ - n.SY));
    draw_arrays(shape);
    if (shape != TIED)
        place_special_entries();
}

enum { SMALL = 2 * 3 * 16 * 81 };

static int small_window(long number)   // the sizes are the digits of the number
{
    static const int base[] = {3, 4, 4, 3, 3, 3, 3}, first[] = {1, 1, 1, 1, 1, 1, 1};
    count_up(number / 2, 7, first, base, (int *[]){&n.C, &n.X_, &n.Y_, &n.DX, &n.DY, &n.SX, &n.SY});
    int legal = n.DX <= n.X_ && n.DY <= n.Y_;
    if (legal)
        draw_arrays(number % 2 ? TIED : APART);
    return legal;
}

// Windows
struct window { int c, i, j, rows, columns; };   // begins at row i, column j of channel c
enum which { LARGEST = 1, SMALLEST = -1 };

static real shown(struct window w, int k)        // entry k, counted by rows
{
    return at(a_, w.c, w.i + k / w.columns, w.j + k % w.columns);
}

static int winner(struct window w, enum which sign)   // the first entry that no other beats
{
    int k = 0;
    for (int m = 0; m < w.rows * w.columns; m++)
        if (sign * (creal(shown(w, m)) - creal(shown(w, k))) > 0)
            k++, m = -1;   // k is beaten: the next one, against all
    return went(k);
}

#define EACH_SIZE for (int X_ = 6; X_ < 18; X_++) for (int D = 1; D <= 6; D++) \
                  for (int s = 1; s <= 4; s++)
#define ETA at(eta, X_ - 6, D - 1, s - 1)
#define EACH_OUTPUT EACH(c, n.C) EACH(x, n.X) EACH(y, n.Y)
#define EACH_PAIR EACH_OUTPUT EACH(i, n.X_) EACH(j, n.Y_)   // of an output and an input
#define COUNT (n.DX * n.DY)   // entries of a window
#define WINDOW ((struct window){c, x * n.SX, y * n.SY, n.DX, n.DY})
#define WINNER winner(WINDOW, LARGEST)
#define WINS (i == x * n.SX + WINNER / n.DY && j == y * n.SY + WINNER % n.DY)
#define COVERS (x * n.SX <= i && i < x * n.SX + n.DX && y * n.SY <= j && j < y * n.SY + n.DY)

// Check (17)
DEFINE(eta, EACH_SIZE for (int first = 0; first + D <= X_; first += s) ETA += 1)
EQUATION(17, eta, EACH_SIZE ETA = downsampling_extent(X_, D, s),
         OF(downsampling_extent), AT(TABLE), WITHOUT_REGIMES)

// Check (18)
DEFINE(a, EACH_OUTPUT at(a, c, x, y) = shown(WINDOW, WINNER))
EQUATION(18, a, max_pooling_forward(n, a_.at, a.at),
         AT(OVERLAPPING, APART, TIED, ONE_ROW, ONE_COLUMN), EVERY_SMALL_SHAPE)

// Check (19)
DEFINE(da_, define_a(); EACH_PAIR at(da_, c, i, j) += WINS * at(da, c, x, y))
EQUATION(19, da_, max_pooling_backward(n, a_.at, a.at, da.at, da_.at),
         SLOPE(a, a_, EXACTLY_AFFINE), AT(OVERLAPPING, APART, TIED), WIDELY(ONE_ROW, ONE_COLUMN),
         EVERY_SMALL_SHAPE)

// Check (G16)
DEFINE(mean, EACH_PAIR at(mean, c, x, y) += COVERS * at(a_, c, i, j) / COUNT)
EQUATION(G16, mean, average_pooling_forward(n, a_.at, mean.at), WITHIN(1e-14),
         AT(OVERLAPPING, APART, TIED, ONE_ROW, ONE_COLUMN), EVERY_SMALL_SHAPE)

// Check (G17)
DEFINE(dmean_, EACH_PAIR at(dmean_, c, i, j) += COVERS * at(dmean, c, x, y) / COUNT)
EQUATION(G17, dmean_, average_pooling_backward(n, dmean.at, dmean_.at), SLOPE(mean, a_, AFFINE),
         WITHIN(1e-14), AT(OVERLAPPING, APART, TIED, ONE_ROW, ONE_COLUMN), EVERY_SMALL_SHAPE)

// wrong: (17)
WRONG(17, "E17", "(eta - delta) / s + 1, as printed", ORACLE, EACH_SIZE ETA = (X_ - D) / s + 2)
WRONG(17, "E17", "as printed, delta a count", ORACLE, EACH_SIZE ETA = (X_ - D + s - 1) / s + 1)
WRONG(17, NULL, "one less", ORACLE, EACH_SIZE ETA = (X_ - D) / s)
WRONG(17, NULL, "the stride forgotten", ORACLE, EACH_SIZE ETA = X_ - D + 1)
WRONG(17, NULL, "the window subtracted twice", ORACLE, EACH_SIZE ETA = (X_ - 2 * D) / s + 1)
WRONG(17, NULL, "a difference of quotients", ORACLE, EACH_SIZE ETA = X_ / s - D / s + 1)

// wrong: (18)
#define MOST(...) EACH_OUTPUT { struct window w = {c, __VA_ARGS__}; \
                                at(a, c, x, y) = shown(w, winner(w, LARGEST)); }
#define FIRST x * n.SX, y * n.SY   // where the window begins
#define LEAST EACH_OUTPUT at(a, c, x, y) = shown(WINDOW, winner(WINDOW, SMALLEST))

WRONG(18, "E18", "delta both the size and the last index", ORACLE, MOST(FIRST, n.DX + 1, n.DY + 1))
WRONG(18, "E18", "maxpool(a(x, y)), as printed", ORACLE, MOST(x, y, 1, 1))
WRONG(18, NULL, "strides exchanged", ORACLE, MOST(x * n.SY, y * n.SX, n.DX, n.DY))
WRONG(18, NULL, "the stride forgotten in one direction", ORACLE, MOST(x * n.SX, y, n.DX, n.DY))
WRONG(18, NULL, "the window's rows and columns exchanged", ORACLE, MOST(FIRST, n.DY, n.DX))
WRONG(18, NULL, "the window's last row left out", ORACLE, MOST(FIRST, n.DX - 1, n.DY))
WRONG(18, NULL, "the smallest", ORACLE, LEAST)
WRONG(18, NULL, "the largest of all channels", ORACLE,
      define_a(); EACH_OUTPUT EACH(k, n.C)
          at(a, c, x, y) = fmax(creal(at(a, c, x, y)), creal(at(a, k, x, y))))
WRONG(18, NULL, "a maximum that starts with zero", ORACLE,
      define_a(); EACH_OUTPUT at(a, c, x, y) *= creal(at(a, c, x, y)) > 0)
STALE(18, ORACLE)

// wrong: (19)
#define SHARE(k) at(da_, c, x * n.SX + (k) / n.DY, y * n.SY + (k) % n.DY) += at(da, c, x, y)
#define TIES(k) (creal(shown(WINDOW, k)) == creal(shown(WINDOW, WINNER)))
#define BY_COLUMNS(k) ((k) % n.DX * n.DY + (k) / n.DX)

static void assigned(void) { EACH_PAIR if (WINS) at(da_, c, i, j) = at(da, c, x, y); }
static void all_ties(void) { EACH_OUTPUT EACH(k, COUNT) SHARE(k) * TIES(k); }

static void one_term(void)   // of the last window that begins at the entry or before
{
    EACH_OUTPUT SHARE(WINNER) * (WINNER / n.DY < n.SX && WINNER % n.DY < n.SY);
}

WRONG(19, "E19a", "the same (x, y), as printed", CENTRAL,
      EACH_OUTPUT at(da_, c, x, y) = equal(at(a_, c, x, y), at(a, c, x, y)) * at(da, c, x, y))
WRONG(19, "E19b", "no sum over the windows", CENTRAL, one_term())
WRONG(19, "L5", "= for +=, as in the paper's program", CENTRAL, assigned())
WRONG(19, "L6", "a square picture, as in the paper's program", ORACLE,
      EACH_OUTPUT SHARE(WINNER) * (y * n.SY + n.DY <= n.X_))
WRONG(19, "E19c", "the whole slope for every tied entry", ORACLE, all_ties())
WRONG(19, NULL, "ties shared", ORACLE,
      EACH_OUTPUT { int ties = 0; EACH(k, COUNT) ties += TIES(k);
                    EACH(k, COUNT) SHARE(k) * TIES(k) / ties; })
WRONG(19, NULL, "the last maximum", ORACLE,
      EACH_OUTPUT { int k = COUNT - 1; while (!TIES(k)) k--; SHARE(k); })
WRONG(19, NULL, "the first maximum by columns", ORACLE,
      EACH_OUTPUT { int k = 0; while (!TIES(BY_COLUMNS(k))) k++; SHARE(BY_COLUMNS(k)); })
WRONG(19, NULL, "an even share for every entry", CENTRAL,
      EACH_PAIR at(da_, c, i, j) += COVERS * at(da, c, x, y) / COUNT)
WRONG(19, NULL, "strides exchanged", CENTRAL,
      EACH_OUTPUT at(da_, c, x * n.SY + WINNER / n.DY, y * n.SX + WINNER % n.DY) += at(da, c, x, y))
STALE(19, CENTRAL)
WRONG_TOGETHER(19, "the smallest forward and backward",
               a, LEAST, EACH_OUTPUT SHARE(winner(WINDOW, SMALLEST)))

// wrong: (G16)
#define SUM EACH_PAIR at(mean, c, x, y) += COVERS * at(a_, c, i, j)

WRONG(G16, NULL, "the sum", ORACLE, SUM)
WRONG(G16, NULL, "one less than the count", ORACLE, SUM / (COUNT - 1))
WRONG(G16, NULL, "strides exchanged", ORACLE,
      EACH_OUTPUT EACH(k, COUNT)
          at(mean, c, x, y) += at(a_, c, x * n.SY + k / n.DY, y * n.SX + k % n.DY) / COUNT)
WRONG(G16, NULL, "the window's last column left out", ORACLE,
      SUM * (j - y * n.SY < n.DY - 1) / COUNT)
STALE(G16, ORACLE)

// wrong: (G17)
#define WHOLE EACH_PAIR at(dmean_, c, i, j) += COVERS * at(dmean, c, x, y)

WRONG(G17, NULL, "the whole slope for each entry", CENTRAL, WHOLE)
WRONG_TOGETHER(G17, "the sum forward and backward", mean, SUM, WHOLE)
WRONG(G17, NULL, "= for +=", CENTRAL,
      EACH_PAIR if (COVERS) at(dmean_, c, i, j) = at(dmean, c, x, y) / COUNT)
WRONG(G17, NULL, "the slope for the largest alone", CENTRAL,
      EACH_PAIR at(dmean_, c, i, j) += WINS * at(dmean, c, x, y))
STALE(G17, CENTRAL)

// Claims about downsampling
static int all_refuse(int rows, int columns)   // an output with so many too many
{
    choose(APART);
    n.X += rows, n.Y += columns;
    return refuses(call_18, "pooling_fits") && refuses(call_19, "pooling_fits")
        && refuses(call_G16, "pooling_fits") && refuses(call_G17, "pooling_fits");
}

static int all_nans_seen(void)   // whichever entry is one, as many outputs are as windows cover it
{
    int seen = 0, covering = 0;
    choose(OVERLAPPING);
    EACH(k, a_.count) {
        real before = ((real *)a_.at)[k];
        ((real *)a_.at)[k] = NAN;
        call_18();
        seen += nans(a);
        ((real *)a_.at)[k] = before;
    }
    EACH_PAIR covering += COVERS;
    return seen == covering;
}

CLAIM("windows that don't overlap hide that a slope is assigned", UNNOTICED(assigned, da_, APART))
CLAIM("windows that don't overlap hide the missing sum", UNNOTICED(one_term, da_, APART))
CLAIM("entries that all differ hide what happens to ties", UNNOTICED(all_ties, da_, OVERLAPPING))
CLAIM("where entries tie, the slopes add up to those that came in",
      (choose(TIED), define_a(), call_19(), sum_of(da_) == sum_of(da)))
CLAIM("no slope in, no slope out of a mean",
      (choose(OVERLAPPING), clear(dmean), call_G17(), largest(dmean_) == 0 && !nans(dmean_)))
CLAIM("a nan anywhere in a window is its maximum", all_nans_seen())
CLAIM("an infinite slope is nan where it meets a zero",
      (choose(APART), define_a(), at(da, 0, 0, 0) = INFINITY, call_19(),
       nans(da_) == n.DX * n.DY - 1))
REFUSES("a window larger than the input", "must not be larger", downsampling_extent(3, 4, 1))
REFUSES("a window without rows", "at least one row", downsampling_extent(3, 0, 1))
REFUSES("a stride of zero", "at least 1", downsampling_extent(3, 2, 0))
CLAIM("a layer without channels does not fit",
      !pooling_fits((struct pooling){0, 1, 1, 1, 1, 1, 1, 1, 1}))
CLAIM("(18), (19), (G16) and (G17) refuse an output with a row too many", all_refuse(1, 0))
CLAIM("(18), (19), (G16) and (G17) refuse one with a column too few", all_refuse(0, -1))

int main(void)
{
    return check_chapter("chapters/4-downsampling.md", choose, SMALL, small_window);
}

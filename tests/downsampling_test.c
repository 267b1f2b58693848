// Tangled from chapters/4-downsampling.md [22b08357b055]: edit there, or here and make stitch
#include "../src/downsampling.c"
#include "check.h"

// Shapes for downsampling
enum shape { OVERLAPPING = 1, APART, TIED, ONE_ROW, ONE_COLUMN, TABLE };
static struct pooling n;
static struct array eta, a_, a, mean, da_, da, dmean_, dmean;

static void draw_sizes(int shape)
{
    int size[3], step[2], more = shape == OVERLAPPING || shape == TIED, left_over = shape <= TIED;
    draw_different(3, size, 2, 4);
    draw_different(2, step, 2, 3);
    n.C = shape == TIED ? 1 : size[0], n.SX = step[0], n.SY = step[1];
    n.DX = shape == ONE_ROW ? 1 : n.SX + more * between(1, 2);
    n.DY = shape == ONE_COLUMN ? 1 : n.SY + more * between(1, 2);
    n.X_ = (size[1] - 1) * n.SX + n.DX + left_over * between(1, n.SX - 1);
    n.Y_ = (size[2] - 1) * n.SY + n.DY + left_over * between(1, n.SY - 1);
}

static void shuffle_levels(struct array x)   // -2/512, -3/512, ...
{
    real *level = x.at;
    EACH(i, x.count) {   // level i goes to a random place among the first i + 1
        int j = between(0, i);
        level[i] = level[j];
        level[j] = -(i + 2) / 512.0;
    }
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
    shuffle_levels(a_), randomise(da), randomise(dmean);
    if (shape == TIED) {
        EACH(c, n.C) EACH(i, n.X_) EACH(j, n.Y_) at(a_, c, i, j) = between(-8, -1) / 8.0;
        at(a_, 0, 0, 1) = at(a_, 0, 1, 0) = -1 / 16.0;
    }
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

// Every small window
enum { SMALL = 2 * 3 * 16 * 81 };

static int small_window(long number)   // the sizes are the digits of the number
{
    static const int base[] = {3, 4, 4, 3, 3, 3, 3}, first[] = {1, 1, 1, 1, 1, 1, 1};
    int shape = number % 2 ? TIED : APART;
    count_up(number / 2, 7, first, base, (int *[]){&n.C, &n.X_, &n.Y_, &n.DX, &n.DY, &n.SX, &n.SY});
    int legal = n.DX <= n.X_ && n.DY <= n.Y_;
    if (legal)
        draw_arrays(shape);
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
    return k;
}

#define EACH_SIZE for (int X_ = 6; X_ < 18; X_++) for (int D = 1; D <= 6; D++) \
                  for (int s = 1; s <= 4; s++)
#define ETA at(eta, X_ - 6, D - 1, s - 1)
#define EACH_OUTPUT EACH(c, n.C) EACH(x, n.X) EACH(y, n.Y)
#define EACH_PAIR EACH_OUTPUT EACH(i, n.X_) EACH(j, n.Y_)   // of an output and an input
#define WINDOW ((struct window){c, x * n.SX, y * n.SY, n.DX, n.DY})
#define ROW(k) (x * n.SX + (k) / n.DY)
#define COLUMN(k) (y * n.SY + (k) % n.DY)
#define COVERS (x * n.SX <= i && i < x * n.SX + n.DX && y * n.SY <= j && j < y * n.SY + n.DY)

// Check (17)
DEFINE(eta, EACH_SIZE for (int first = 0; first + D <= X_; first += s) ETA += 1)
EQUATION(17, eta, EACH_SIZE ETA = downsampling_extent(X_, D, s), OF(downsampling_extent), AT(TABLE))

// Check (18)
DEFINE(a, EACH_OUTPUT {
              int k = winner(WINDOW, LARGEST);
              went(k);
              at(a, c, x, y) = shown(WINDOW, k);
          })
EQUATION(18, a, max_pooling_forward(n, a_.at, a.at),
         AT(OVERLAPPING, APART, TIED, ONE_ROW, ONE_COLUMN), EVERY_SMALL_SHAPE)

// Check (19)
DEFINE(da_, define_a();
            EACH_OUTPUT {
                int k = winner(WINDOW, LARGEST);
                EACH(i, n.X_) EACH(j, n.Y_)
                    at(da_, c, i, j) += (i == ROW(k) && j == COLUMN(k)) * at(da, c, x, y);
            })
EQUATION(19, da_, max_pooling_backward(n, a_.at, a.at, da.at, da_.at),
         SLOPE(a, a_, EXACTLY_AFFINE), AT(OVERLAPPING, APART, TIED), WIDELY(ONE_ROW, ONE_COLUMN),
         EVERY_SMALL_SHAPE)

// Check (G16)
DEFINE(mean, EACH_PAIR at(mean, c, x, y) += COVERS * at(a_, c, i, j) / (n.DX * n.DY))
EQUATION(G16, mean, average_pooling_forward(n, a_.at, mean.at), WITHIN(1e-14),
         AT(OVERLAPPING, APART, TIED, ONE_ROW, ONE_COLUMN), EVERY_SMALL_SHAPE)

// Check (G17)
DEFINE(dmean_, EACH_PAIR at(dmean_, c, i, j) += COVERS * at(dmean, c, x, y) / (n.DX * n.DY))
EQUATION(G17, dmean_, average_pooling_backward(n, dmean.at, dmean_.at), SLOPE(mean, a_, AFFINE),
         WITHIN(1e-14), AT(OVERLAPPING, APART, TIED, ONE_ROW, ONE_COLUMN), EVERY_SMALL_SHAPE)

// wrong: (17)
WRONG(17, "E17", "(eta - delta) / s + 1, as printed", ORACLE,
      EACH_SIZE ETA = ((X_ - 1) - (D - 1)) / s + 1 + 1)
WRONG(17, "E17", "as printed, delta a count", ORACLE, EACH_SIZE ETA = (X_ - D + s - 1) / s + 1)
WRONG(17, NULL, "one less", ORACLE, EACH_SIZE ETA = (X_ - D) / s)
WRONG(17, NULL, "the stride forgotten", ORACLE, EACH_SIZE ETA = X_ - D + 1)
WRONG(17, NULL, "the window subtracted twice", ORACLE,
      EACH_SIZE ETA = X_ < 2 * D ? 0 : (X_ - 2 * D) / s + 1)
WRONG(17, NULL, "a difference of quotients", ORACLE, EACH_SIZE ETA = X_ / s - D / s + 1)

// wrong: (18)
#define OUTPUTS(which, ...) EACH_OUTPUT { struct window w = {c, __VA_ARGS__}; \
                                          at(a, c, x, y) = shown(w, winner(w, which)); }
#define FIRST x * n.SX, y * n.SY   // where the window begins

WRONG(18, "E18", "delta both the size and the last index", ORACLE,
      OUTPUTS(LARGEST, FIRST, n.DX + 1, n.DY + 1))
WRONG(18, "E18", "maxpool(a(x, y)), as printed", ORACLE, OUTPUTS(LARGEST, x, y, 1, 1))
WRONG(18, NULL, "strides exchanged", ORACLE, OUTPUTS(LARGEST, x * n.SY, y * n.SX, n.DX, n.DY))
WRONG(18, NULL, "the stride forgotten in one direction", ORACLE,
      OUTPUTS(LARGEST, x * n.SX, y, n.DX, n.DY))
WRONG(18, NULL, "the window's rows and columns exchanged", ORACLE,
      OUTPUTS(LARGEST, FIRST, n.DY, n.DX))
WRONG(18, NULL, "the window's last row left out", ORACLE, OUTPUTS(LARGEST, FIRST, n.DX - 1, n.DY))
WRONG(18, NULL, "the smallest", ORACLE, OUTPUTS(SMALLEST, FIRST, n.DX, n.DY))
WRONG(18, NULL, "the largest of all channels", ORACLE,
      define_a(); EACH_OUTPUT EACH(k, n.C)
          if (creal(at(a, k, x, y)) > creal(at(a, c, x, y)))
              at(a, c, x, y) = at(a, k, x, y))
WRONG(18, NULL, "a maximum that starts with zero", ORACLE,
      define_a(); EACH_OUTPUT at(a, c, x, y) *= creal(at(a, c, x, y)) > 0)
STALE(18, ORACLE)

// wrong: (19)
#define SHARE(k) at(da_, c, ROW(k), COLUMN(k)) += at(da, c, x, y)
#define EACH_ENTRY EACH(k, n.DX * n.DY)
#define TIES(k) (creal(shown(WINDOW, k)) == creal(shown(WINDOW, winner(WINDOW, LARGEST))))

static void assigned(void)
{
    EACH_OUTPUT EACH_ENTRY
        if (k == winner(WINDOW, LARGEST))
            at(da_, c, ROW(k), COLUMN(k)) = at(da, c, x, y);
}

static void one_term(void)   // of the last window that begins at the entry or before
{
    EACH_OUTPUT EACH_ENTRY
        if (k == winner(WINDOW, LARGEST) && k / n.DY < n.SX && k % n.DY < n.SY)
            SHARE(k);
}

static void all_ties(void) { EACH_OUTPUT EACH_ENTRY SHARE(k) * TIES(k); }

WRONG(19, "E19a", "the same (x, y), as printed", CENTRAL,
      EACH_OUTPUT
          at(da_, c, x, y) = (creal(at(a_, c, x, y)) == creal(at(a, c, x, y))) * at(da, c, x, y))
WRONG(19, "E19b", "no sum over the windows", CENTRAL, one_term())
WRONG(19, "L5", "= for +=, as in the paper's program", CENTRAL, assigned())
WRONG(19, "L6", "a square picture, as in the paper's program", ORACLE,
      EACH_OUTPUT EACH_ENTRY SHARE(k) * (y * n.SY + n.DY <= n.X_ && k == winner(WINDOW, LARGEST)))
WRONG(19, "E19c", "the whole slope for every tied entry", ORACLE, all_ties())
WRONG(19, NULL, "ties shared", ORACLE,
      EACH_OUTPUT { int ties = 0; EACH_ENTRY ties += TIES(k);
                    EACH_ENTRY SHARE(k) * TIES(k) / ties; })
WRONG(19, NULL, "the last maximum", ORACLE,
      EACH_OUTPUT { int last = 0; EACH_ENTRY last = TIES(k) ? k : last; SHARE(last); })
WRONG(19, NULL, "the first maximum by columns", ORACLE,
      EACH_OUTPUT { int m = 0; while (!TIES(m % n.DX * n.DY + m / n.DX)) m++;
                    SHARE(m % n.DX * n.DY + m / n.DX); })
WRONG(19, NULL, "an even share for every entry", CENTRAL,
      EACH_OUTPUT EACH_ENTRY SHARE(k) / (n.DX * n.DY))
WRONG(19, NULL, "strides exchanged", CENTRAL,
      EACH_OUTPUT { int k = winner(WINDOW, LARGEST);
                    at(da_, c, x * n.SY + k / n.DY, y * n.SX + k % n.DY) += at(da, c, x, y); })
STALE(19, CENTRAL)
WRONG_TOGETHER(19, "the smallest forward and backward",
               a, EACH_OUTPUT { int k = winner(WINDOW, SMALLEST); went(k);
                                at(a, c, x, y) = shown(WINDOW, k); },
               EACH_OUTPUT SHARE(winner(WINDOW, SMALLEST)))

// wrong: (G16)
WRONG(G16, NULL, "the sum", ORACLE, EACH_PAIR at(mean, c, x, y) += COVERS * at(a_, c, i, j))
WRONG(G16, NULL, "one less than the count", ORACLE,
      EACH_PAIR at(mean, c, x, y) += COVERS * at(a_, c, i, j) / (n.DX * n.DY - 1))
WRONG(G16, NULL, "strides exchanged", ORACLE,
      EACH_OUTPUT EACH(k, n.DX * n.DY)
          at(mean, c, x, y) += at(a_, c, x * n.SY + k / n.DY, y * n.SX + k % n.DY) / (n.DX * n.DY))
WRONG(G16, NULL, "the window's last column left out", ORACLE,
      EACH_PAIR at(mean, c, x, y)
          += (COVERS && j - y * n.SY < n.DY - 1) * at(a_, c, i, j) / (n.DX * n.DY))
STALE(G16, ORACLE)

// wrong: (G17)
WRONG(G17, NULL, "the whole slope for each entry", CENTRAL,
      EACH_PAIR at(dmean_, c, i, j) += COVERS * at(dmean, c, x, y))
WRONG_TOGETHER(G17, "the sum forward and backward",
               mean, EACH_PAIR at(mean, c, x, y) += COVERS * at(a_, c, i, j),
               EACH_PAIR at(dmean_, c, i, j) += COVERS * at(dmean, c, x, y))
WRONG(G17, NULL, "= for +=", CENTRAL,
      EACH_PAIR if (COVERS) at(dmean_, c, i, j) = at(dmean, c, x, y) / (n.DX * n.DY))
WRONG(G17, NULL, "the slope for the largest alone", CENTRAL,
      EACH_OUTPUT { int k = winner(WINDOW, LARGEST);
                    at(dmean_, c, ROW(k), COLUMN(k)) += at(dmean, c, x, y); })
STALE(G17, CENTRAL)

// Claims about downsampling
static int passes_for_19(operation *wrong, int shape)   // gives what (19) gives, at this shape
{
    choose(shape);
    define_da_();
    struct array right = copy(da_);
    clear(da_);
    wrong();
    return alike(da_, right);
}

static int ties_are_paid_once(void)
{
    double owed = 0;
    choose(TIED);
    define_a(), call_19();
    EACH(k, da.count) owed += part(da, k);
    EACH(k, da_.count) owed -= part(da_, k);
    return owed == 0;
}

static int zero_gives_zero(void)
{
    choose(OVERLAPPING);
    clear(dmean), call_G17();
    return largest(dmean_) == 0 && !nans(dmean_);
}

static void with_fault(operation *call, int rows, int columns)   // so many too many
{
    choose(APART);
    n.X += rows, n.Y += columns;
    call();
}

CLAIM("windows that don't overlap hide that a slope is assigned", passes_for_19(assigned, APART))
CLAIM("windows that don't overlap hide the missing sum", passes_for_19(one_term, APART))
CLAIM("entries that all differ hide what happens to ties", passes_for_19(all_ties, OVERLAPPING))
CLAIM("where entries tie, the slopes add up to those that came in", ties_are_paid_once())
CLAIM("no slope in, no slope out of a mean", zero_gives_zero())
REFUSES("a window larger than the input", "must not be larger", downsampling_extent(3, 4, 1))
REFUSES("a window without rows", "at least one row", downsampling_extent(3, 0, 1))
REFUSES("a stride of zero", "at least 1", downsampling_extent(3, 2, 0))
CLAIM("a layer without channels does not fit",
      !pooling_fits((struct pooling){0, 1, 1, 1, 1, 1, 1, 1, 1}))
REFUSES("(18): an output with a row too many", "pooling_fits", with_fault(call_18, 1, 0))
REFUSES("(18): an output with a column too few", "pooling_fits", with_fault(call_18, 0, -1))
REFUSES("(19): an output with a row too many", "pooling_fits", with_fault(call_19, 1, 0))
REFUSES("(19): an output with a column too few", "pooling_fits", with_fault(call_19, 0, -1))
REFUSES("(G16): an output with a row too many", "pooling_fits", with_fault(call_G16, 1, 0))
REFUSES("(G16): an output with a column too few", "pooling_fits", with_fault(call_G16, 0, -1))
REFUSES("(G17): an output with a row too many", "pooling_fits", with_fault(call_G17, 1, 0))
REFUSES("(G17): an output with a column too few", "pooling_fits", with_fault(call_G17, 0, -1))

int main(void)
{
    return check_chapter("chapters/4-downsampling.md", choose, SMALL, small_window);
}

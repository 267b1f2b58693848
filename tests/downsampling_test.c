// Tangled from chapters/4-downsampling.md [c67ec77fffbd]: edit the chapter, or edit here and run make stitch
#include "../src/downsampling.c"
#include "check.h"

// Verdict of a claim
static struct verdict verdict_with(const struct mutant *m, struct verdict (*run)(void))
{
    operation *right[2];
    release();
    begin_stream(0);
    exchange(m, right, 1);
    struct verdict v = run();
    exchange(m, right, 0);
    if (array_with_broken_guard())
        judge(&v, ORACLE, 1, NAN, 0, "something was written outside of an array");
    return v;
}

// The downsampling under test
static struct layer {
    operation *extent, *forward, *backward, *average, *average_slope;
} layer;

static int places(int X_, int D, int s);

// Shapes for downsampling
enum shape { OVERLAPPING, APART, TIED, ONE_ROW, ONE_COLUMN };
static struct { int C, X, Y, X_, Y_, DX, DY, SX, SY; } n;
static struct array eta, a_, a, da_, da;

static void shuffle_levels(struct array x)   // -2/512, -3/512, ...
{
    real *at = x.at;
    for (int i = 0; i < x.count; i++) {   // level i goes to a random place among the first i + 1
        int j = between(0, i);
        at[i] = at[j];
        at[j] = -(i + 2) / 512.0;
    }
}

static void place_special_entries(void)
{
    int last_row = (n.X - 1) * n.SX + n.DX - 1, last_column = (n.Y - 1) * n.SY + n.DY - 1;   // that a window shows
    for (int c = 0; c < n.C; c++)
        for (int i = 0; i < n.X_; i++)
            for (int j = 0; j < n.Y_; j++)
                if (i > last_row || j > last_column)
                    put(a_, c, i, j, 0, -get(a_, c, i, j, 0));
    put(a_, 0, last_row, last_column, 0, -1 / 512.0);
    put(a_, n.C - 1, n.SX, n.SY, 0, -1 / 512.0);
}

static void make_ties(void)   // and one in the first window for certain, in another order by rows than by columns
{
    for (int i = 0; i < a_.count; i++)
        ((real *)a_.at)[i] = between(-8, -1) / 8.0;
    put(a_, 0, 0, 1, 0, -1 / 16.0);
    put(a_, 0, 1, 0, 0, -1 / 16.0);
}

static void draw_arrays(void)
{
    n.X = places(n.X_, n.DX, n.SX), n.Y = places(n.Y_, n.DY, n.SY);
    a_ = array("a_", 3, (int[]){n.C, n.X_, n.Y_}), da_ = array("da_", 3, a_.extent);
    a = array("a", 3, (int[]){n.C, n.X, n.Y}), da = array("da", 3, a.extent);
    shuffle_levels(a_), randomise(da);
}

static void draw_extents(enum shape shape)
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

static void choose(enum shape shape)
{
    do
        draw_extents(shape);
    while (n.DX == n.DY || n.X_ == n.Y_ || (shape == TIED && n.X_ > n.Y_ - n.SY));
    draw_arrays();
    if (shape == TIED)
        make_ties();
    else
        place_special_entries();
}

// Check (17)
typedef int extent_function(int X_, int D, int s);

static int places(int X_, int D, int s)
{
    int count = 0;
    for (int first = 0; first + D <= X_; first += s)
        count++;
    return count;
}

static void fill_table(struct array table, extent_function *f)   // zero where the window is too large
{
    for (int X_ = 1; X_ <= table.extent[0]; X_++)
        for (int D = 1; D <= table.extent[1]; D++)
            for (int s = 1; s <= table.extent[2]; s++)
                put(table, X_ - 1, D - 1, s - 1, 0, D <= X_ ? f(X_, D, s) : 0);
}

static void extent(void)
{
    fill_table(eta, downsampling_extent);
}

static struct verdict check_extent(void)
{
    struct verdict v = {0};
    eta = array("eta", 3, (int[]){12, 6, 4});
    struct array expected = array("eta", 3, eta.extent);
    layer.extent();
    fill_table(expected, places);
    compare(&v, ORACLE, EXACT, eta, expected);
    return v;
}

// wrong: (17)
static int extent_as_printed(int X_, int D, int s)   // with sizes minus one: eta = (eta' - delta) / s + 1
{
    return ((X_ - 1) - (D - 1)) / s + 1 + 1;
}

static int extent_rounded_up(int X_, int D, int s)   // with delta a count, eta a count minus one
{
    return (X_ - D + s - 1) / s + 1;
}

static int extent_one_less(int X_, int D, int s)
{
    return (X_ - D) / s;
}

static int extent_without_stride(int X_, int D, int s)
{
    return X_ - D + s / s;
}

static int extent_window_twice(int X_, int D, int s)
{
    return X_ < 2 * D ? 0 : (X_ - 2 * D) / s + 1;
}

static int extent_of_quotients(int X_, int D, int s)
{
    return X_ / s - D / s + 1;
}

static void wrong_17_as_printed(void) { fill_table(eta, extent_as_printed); }
static void wrong_17_rounded_up(void) { fill_table(eta, extent_rounded_up); }
static void wrong_17_one_less(void) { fill_table(eta, extent_one_less); }
static void wrong_17_without_stride(void) { fill_table(eta, extent_without_stride); }
static void wrong_17_window_twice(void) { fill_table(eta, extent_window_twice); }
static void wrong_17_quotients(void) { fill_table(eta, extent_of_quotients); }

// Check (18)
struct window { int c, i, j, rows, columns; };   // begins at row i, column j of channel c
typedef struct window window_of_output(int c, int x, int y);
typedef int order(double one, double other);     // whether the one beats the other

static struct window window(int c, int x, int y)
{
    return (struct window){c, x * n.SX, y * n.SY, n.DX, n.DY};
}

static int larger(double one, double other)
{
    return one > other;
}

static double shown(struct window w, int k)   // entry k of a window, in row order
{
    return creal(get(a_, w.c, w.i + k / w.columns, w.j + k % w.columns, 0));
}

static int winner(struct window w, order *beats)   // the first entry that none beats
{
    int count = w.rows * w.columns, k = 0, m = 0;
    while (k < count && m < count)
        if (beats(shown(w, m), shown(w, k)))
            k++, m = 0;
        else
            m++;
    return k;
}

static void write_winners(window_of_output *place, order *beats)
{
    for (int c = 0; c < n.C; c++)
        for (int x = 0; x < n.X; x++)
            for (int y = 0; y < n.Y; y++) {
                struct window w = place(c, x, y);
                int k = winner(w, beats);
                put(a, c, x, y, 0, get(a_, w.c, w.i + k / w.columns, w.j + k % w.columns, 0));
            }
}

static void forward(void)
{
    max_pooling_forward(n.C, n.X, n.Y, n.X_, n.Y_, n.DX, n.DY, n.SX, n.SY, a_.at, a.at);
}

static void verify_forward(struct verdict *v)
{
    layer.forward();
    struct array got = a;
    a = array("a", 3, got.extent);
    write_winners(window, larger);
    compare(v, ORACLE, EXACT, got, a);
    a = got;
}

static struct verdict check_forward(void)
{
    struct verdict v = {0};
    choose(OVERLAPPING);
    verify_forward(&v);
    return v;
}

static struct verdict check_forward_apart(void)
{
    struct verdict v = {0};
    choose(APART);
    verify_forward(&v);
    return v;
}

static struct verdict check_forward_of_lines(void)
{
    struct verdict v = {0};
    choose(ONE_ROW);
    verify_forward(&v);
    choose(ONE_COLUMN);
    verify_forward(&v);
    return v;
}

// wrong: (18)
static struct window one_too_large(int c, int x, int y) { return (struct window){c, x * n.SX, y * n.SY, n.DX + 1, n.DY + 1}; }
static struct window single_entry(int c, int x, int y) { return (struct window){c, x, y, 1, 1}; }
static struct window strides_exchanged(int c, int x, int y) { return (struct window){c, x * n.SY, y * n.SX, n.DX, n.DY}; }
static struct window stride_in_rows_only(int c, int x, int y) { return (struct window){c, x * n.SX, y, n.DX, n.DY}; }
static struct window turned(int c, int x, int y) { return (struct window){c, x * n.SX, y * n.SY, n.DY, n.DX}; }
static struct window without_last_row(int c, int x, int y) { return (struct window){c, x * n.SX, y * n.SY, n.DX - 1, n.DY}; }

static int smaller(double one, double other)
{
    return one < other;
}

static void wrong_18_too_large(void) { write_winners(one_too_large, larger); }
static void wrong_18_single_entry(void) { write_winners(single_entry, larger); }
static void wrong_18_exchanged(void) { write_winners(strides_exchanged, larger); }
static void wrong_18_rows_only(void) { write_winners(stride_in_rows_only, larger); }
static void wrong_18_turned(void) { write_winners(turned, larger); }
static void wrong_18_last_row(void) { write_winners(without_last_row, larger); }
static void wrong_18_smallest(void) { write_winners(window, smaller); }

static void wrong_18_all_channels(void)
{
    write_winners(window, larger);
    for (int k = n.X * n.Y; k < a.count; k++)   // channel c - 1 holds the largest of all the channels before c
        if (part(a, k) < part(a, k - n.X * n.Y))
            ((real *)a.at)[k] = ((real *)a.at)[k - n.X * n.Y];
}

static void wrong_18_from_zero(void)
{
    write_winners(window, larger);
    for (int k = 0; k < a.count; k++)
        ((real *)a.at)[k] *= part(a, k) > 0;
}

// Check (19)
static int source(struct window w, double output)   // the first entry that has the output's value
{
    int k = 0;
    while (k < w.rows * w.columns && shown(w, k) != output)
        k++;
    return k;
}

static real objective_max(void)
{
    layer.forward();
    for (int c = 0; c < n.C; c++)
        for (int x = 0; x < n.X; x++)
            for (int y = 0; y < n.Y; y++)
                went(source(window(c, x, y), creal(get(a, c, x, y, 0))));
    return inner_product(da, a);
}

static void backward(void)
{
    max_pooling_backward(n.C, n.X, n.Y, n.X_, n.Y_, n.DX, n.DY, n.SX, n.SY, a_.at, a.at, da.at, da_.at);
}

static real won_by(int c, int i, int j)   // the slopes of all the outputs that this entry has won
{
    real s = 0;
    for (int x = 0; x < n.X; x++)
        for (int y = 0; y < n.Y; y++) {
            int k = winner(window(c, x, y), larger);
            if (i == x * n.SX + k / n.DY && j == y * n.SY + k % n.DY)
                s += get(da, c, x, y, 0);
        }
    return s;
}

static void gather(struct array out)
{
    for (int c = 0; c < n.C; c++)
        for (int i = 0; i < n.X_; i++)
            for (int j = 0; j < n.Y_; j++)
                put(out, c, i, j, 0, won_by(c, i, j));
}

static void verify_backward(struct verdict *v)
{
    struct array expected = array("da_", 3, da_.extent);
    layer.forward();
    layer.backward();
    gather(expected);
    compare(v, ORACLE, EXACT, da_, expected);
}

static void verify_gradient(struct verdict *v, enum shape shape)
{
    choose(shape);
    verify_backward(v);
    check_gradient(v, objective_max, a_, da_, EXACTLY_AFFINE);
}

static struct verdict check_backward(void)
{
    struct verdict v = {0};
    verify_gradient(&v, OVERLAPPING);
    return v;
}

static struct verdict check_backward_apart(void)
{
    struct verdict v = {0};
    verify_gradient(&v, APART);
    return v;
}

static struct verdict check_backward_of_lines(void)
{
    struct verdict v = {0};
    choose(ONE_ROW);
    verify_backward(&v);
    choose(ONE_COLUMN);
    verify_backward(&v);
    return v;
}

// Check ties
static double sum(struct array x)
{
    double s = 0;
    for (int i = 0; i < x.count; i++)
        s += part(x, i);
    return s;
}

static struct verdict check_ties(void)
{
    struct verdict v = {0};
    verify_gradient(&v, TIED);
    judge(&v, ADJOINT, 1, fabs(sum(da_) - sum(da)), EXACT, "the sum of all slopes");
    return v;
}

// wrong: (19)
typedef double share(struct window w, int k);   // what part of its window's slope entry k gets

static void hand_out(share *s)
{
    memset(da_.at, 0, (size_t)da_.count * sizeof(real));
    for (int c = 0; c < n.C; c++)
        for (int x = 0; x < n.X; x++)
            for (int y = 0; y < n.Y; y++)
                for (int k = 0; k < n.DX * n.DY; k++) {
                    int i = x * n.SX + k / n.DY, j = y * n.SY + k % n.DY;
                    put(da_, c, i, j, 0, get(da_, c, i, j, 0) + s(window(c, x, y), k) * get(da, c, x, y, 0));
                }
}

static double share_of_winner(struct window w, int k) { return k == winner(w, larger); }
static double share_of_smallest(struct window w, int k) { return k == winner(w, smaller); }
static double share_of_tied(struct window w, int k) { return shown(w, k) == shown(w, winner(w, larger)); }
static double even_share(struct window w, int k) { return (void)k, 1.0 / (w.rows * w.columns); }
static double share_in_a_square(struct window w, int k) { return w.j + w.columns <= n.X_ ? share_of_winner(w, k) : 0; }

static double divided_share(struct window w, int k)
{
    double tied = 0;
    for (int m = 0; m < w.rows * w.columns; m++)
        tied += share_of_tied(w, m);
    return share_of_tied(w, k) / tied;
}

static double share_of_last(struct window w, int k)
{
    int last = 0;
    for (int m = 0; m < w.rows * w.columns; m++)
        last = share_of_tied(w, m) ? m : last;
    return k == last;
}

static double share_of_first_by_columns(struct window w, int k)
{
    int first = -1;
    for (int m = w.rows * w.columns - 1; m >= 0; m--) {   // backward, so that the first is found last
        int at = m % w.rows * w.columns + m / w.rows;
        first = share_of_tied(w, at) ? at : first;
    }
    return k == first;
}

static void wrong_19_all_ties(void) { hand_out(share_of_tied); }
static void wrong_19_divided(void) { hand_out(divided_share); }
static void wrong_19_last(void) { hand_out(share_of_last); }
static void wrong_19_by_columns(void) { hand_out(share_of_first_by_columns); }
static void wrong_19_even(void) { hand_out(even_share); }
static void wrong_19_smallest(void) { hand_out(share_of_smallest); }
static void wrong_19_square(void) { hand_out(share_in_a_square); }

static void wrong_19_as_printed(void)
{
    for (int c = 0; c < n.C; c++)
        for (int i = 0; i < n.X_; i++)
            for (int j = 0; j < n.Y_; j++)
                put(da_, c, i, j, 0, get(da, c, i, j, 0) * (creal(get(a_, c, i, j, 0)) == creal(get(a, c, i, j, 0))));
}

static void wrong_19_one_term(void)
{
    for (int c = 0; c < n.C; c++)
        for (int i = 0; i < n.X_; i++)
            for (int j = 0; j < n.Y_; j++) {
                int x = i / n.SX, y = j / n.SY;
                put(da_, c, i, j, 0, get(da, c, x, y, 0) * share_of_winner(window(c, x, y), i % n.SX * n.DY + j % n.SY));
            }
}

static void wrong_19_assigned(void)
{
    memset(da_.at, 0, (size_t)da_.count * sizeof(real));
    for (int c = 0; c < n.C; c++)
        for (int x = 0; x < n.X; x++)
            for (int y = 0; y < n.Y; y++) {
                int k = winner(window(c, x, y), larger);
                put(da_, c, x * n.SX + k / n.DY, y * n.SY + k % n.DY, 0, get(da, c, x, y, 0));
            }
}

static void wrong_19_exchanged(void)
{
    memset(da_.at, 0, (size_t)da_.count * sizeof(real));
    for (int c = 0; c < n.C; c++)
        for (int x = 0; x < n.X; x++)
            for (int y = 0; y < n.Y; y++) {
                int k = winner(window(c, x, y), larger), i = x * n.SY + k / n.DY, j = y * n.SX + k % n.DY;
                put(da_, c, i, j, 0, get(da_, c, i, j, 0) + get(da, c, x, y, 0));
            }
}

static void wrong_19_on_top(void)
{
    struct array sum = array("da_", 3, da_.extent);
    gather(sum);
    for (int k = 0; k < da_.count; k++)
        ((real *)da_.at)[k] += ((real *)sum.at)[k];
}

// What hides mistakes
static void check_hiding_places(void)
{
    struct verdict v = verdict_with(&(struct mutant){.change = {{&layer.backward, wrong_19_assigned}}}, check_backward_apart);
    expect(passes(&v), "windows that don't overlap hide that a slope is assigned");
    v = verdict_with(&(struct mutant){.change = {{&layer.backward, wrong_19_one_term}}}, check_backward_apart);
    expect(passes(&v), "windows that don't overlap hide the missing sum");
    v = verdict_with(&(struct mutant){.change = {{&layer.backward, wrong_19_all_ties}}}, check_backward);
    expect(passes(&v), "entries that all differ hide what happens to ties");
    v = verdict_with(&(struct mutant){.change = {{&layer.forward, wrong_18_smallest}, {&layer.backward, wrong_19_smallest}}}, check_backward_apart);
    expect(caught(&v, ORACLE) && !caught(&v, CENTRAL) && !caught(&v, COMPLEX_STEP) && !caught(&v, ADJOINT),
           "the smallest, forward and backward, deceives all but the oracle");
}

// Check average pooling
static int covers(int x, int i, int D, int s)   // output row x, input row i
{
    return x * s <= i && i < x * s + D;
}

static void average(void)
{
    average_pooling_forward(n.C, n.X, n.Y, n.X_, n.Y_, n.DX, n.DY, n.SX, n.SY, a_.at, a.at);
}

static void average_slope(void)
{
    average_pooling_backward(n.C, n.X, n.Y, n.X_, n.Y_, n.DX, n.DY, n.SX, n.SY, da.at, da_.at);
}

static real objective_average(void)
{
    layer.average();
    return inner_product(da, a);
}

static void add_shares(struct array means, struct array slopes)   // over all pairs of an input and an output
{
    memset(means.at, 0, (size_t)means.count * sizeof(real));
    memset(slopes.at, 0, (size_t)slopes.count * sizeof(real));
    for (int c = 0; c < n.C; c++)
        for (int i = n.X_ - 1; i >= 0; i--)
            for (int j = n.Y_ - 1; j >= 0; j--)
                for (int x = 0; x < n.X; x++)
                    for (int y = 0; y < n.Y; y++)
                        if (covers(x, i, n.DX, n.SX) && covers(y, j, n.DY, n.SY)) {
                            *entry(means, c, x, y, 0) += get(a_, c, i, j, 0) / (n.DX * n.DY);
                            *entry(slopes, c, i, j, 0) += get(da, c, x, y, 0) / (n.DX * n.DY);
                        }
}

static void verify_average(struct verdict *v)
{
    struct array means = array("a", 3, a.extent), slopes = array("da_", 3, da_.extent);
    layer.average();
    layer.average_slope();
    add_shares(means, slopes);
    compare(v, ORACLE, 1e-14, a, means);
    compare(v, ORACLE, 1e-14, da_, slopes);
}

static void verify_average_gradient(struct verdict *v, enum shape shape)
{
    choose(shape);
    verify_average(v);
    check_gradient(v, objective_average, a_, da_, AFFINE);
    struct array nothing = array("da_", 3, da_.extent);
    memset(nothing.at, 0, (size_t)nothing.count * sizeof(real));
    memset(da.at, 0, (size_t)da.count * sizeof(real));
    layer.average_slope();
    compare(v, ORACLE, EXACT, da_, nothing);
}

static struct verdict check_average(void)
{
    struct verdict v = {0};
    for (enum shape shape = OVERLAPPING; shape <= ONE_COLUMN; shape++)
        verify_average_gradient(&v, shape);
    return v;
}

// wrong: average pooling
static void scale(struct array x, double factor)
{
    for (int k = 0; k < x.count; k++)
        ((real *)x.at)[k] *= factor;
}

static void write_means(double factor)
{
    add_shares(a, array("da_", 3, da_.extent));
    scale(a, factor);
}

static void write_shares(double factor)
{
    add_shares(array("a", 3, a.extent), da_);
    scale(da_, factor);
}

static void wrong_average_sum(void) { write_means(n.DX * n.DY); }
static void wrong_average_of_one_less(void) { write_means(n.DX * n.DY / (n.DX * n.DY - 1.0)); }
static void wrong_average_slope_whole(void) { write_shares(n.DX * n.DY); }

static void wrong_average_slope_assigned(void)
{
    memset(da_.at, 0, (size_t)da_.count * sizeof(real));
    for (int c = 0; c < n.C; c++)
        for (int x = 0; x < n.X; x++)
            for (int y = 0; y < n.Y; y++)
                for (int k = 0; k < n.DX * n.DY; k++)
                    put(da_, c, x * n.SX + k / n.DY, y * n.SY + k % n.DY, 0, get(da, c, x, y, 0) / (n.DX * n.DY));
}

static void wrong_average_slope_on_top(void)
{
    struct array means = array("a", 3, a.extent), slopes = array("da_", 3, da_.extent);
    add_shares(means, slopes);
    for (int k = 0; k < da_.count; k++)
        ((real *)da_.at)[k] += ((real *)slopes.at)[k];
}

static void wrong_average_slope_of_winner(void)
{
    hand_out(share_of_winner);
}

static const struct mutant average_mutants[] = {
    {"", NULL, "average pooling: the sum is rejected", ORACLE, {{&layer.average, wrong_average_sum}}},
    {"", NULL, "average pooling: one less than the count is rejected", ORACLE, {{&layer.average, wrong_average_of_one_less}}},
    {"", NULL, "average pooling: the whole slope for each entry is rejected", CENTRAL, {{&layer.average_slope, wrong_average_slope_whole}}},
    {"", NULL, "average pooling: the sum forward and backward is rejected", ORACLE,
     {{&layer.average, wrong_average_sum}, {&layer.average_slope, wrong_average_slope_whole}}},
    {"", NULL, "average pooling: = for += is rejected", CENTRAL, {{&layer.average_slope, wrong_average_slope_assigned}}},
    {"", NULL, "average pooling: += on a stale slope is rejected", CENTRAL, {{&layer.average_slope, wrong_average_slope_on_top}}},
    {"", NULL, "average pooling: the slope for the largest alone is rejected", CENTRAL, {{&layer.average_slope, wrong_average_slope_of_winner}}},
};

static void check_average_and_mutants(void)
{
    struct verdict v = verdict_with(&(struct mutant){0}, check_average);
    expect(passes(&v), "average_pooling_forward and average_pooling_backward");
    explain(&v);
    for (size_t k = 0; k < sizeof average_mutants / sizeof *average_mutants; k++) {
        v = verdict_with(&average_mutants[k], check_average);
        expect(caught(&v, average_mutants[k].by), average_mutants[k].name);
    }
}

// Every small window
static int small_shape(int number)   // sets n; returns whether it is legal
{
    static const int base[] = {3, 4, 4, 3, 3, 3, 3};
    int *digit[] = {&n.C, &n.X_, &n.Y_, &n.DX, &n.DY, &n.SX, &n.SY};
    for (int k = 0; k < 7; k++) {
        *digit[k] = 1 + number % base[k];
        number /= base[k];
    }
    return n.DX <= n.X_ && n.DY <= n.Y_;
}

static void try_shape(struct verdict *v)
{
    verify_forward(v);
    verify_backward(v);
    adjoint(v, objective_max, a_, da_, EXACT);
    verify_average(v);
    adjoint(v, objective_average, a_, da_, 1e-13);
}

static void every_small_shape(void)
{
    struct verdict v = {0};
    char claim[80];
    int shapes = 0;
    for (int number = 0; number < 3 * 16 * 81; number++) {
        if (!small_shape(number))
            continue;
        draw_arrays();
        try_shape(&v);
        make_ties();
        try_shape(&v);
        release();
        shapes++;
    }
    snprintf(claim, sizeof claim, "downsampling, every small shape: %d of them", shapes);
    result(passes(&v), claim);
    explain(&v);
}

// Illegal windows
static operation *tried;

static void window_too_large(void) { downsampling_extent(3, 4, 1); }
static void no_window(void) { downsampling_extent(3, 0, 1); }
static void no_stride(void) { downsampling_extent(3, 2, 0); }
static void no_channel(void) { choose(APART), n.C = 0, tried(); }
static void one_row_too_many(void) { choose(APART), n.X++, tried(); }
static void one_column_too_few(void) { choose(APART), n.Y--, tried(); }

static void check_refusals(void)
{
    operation *all[] = {forward, backward, average, average_slope};
    int channels = 0, rows = 0, columns = 0;
    for (int k = 0; k < 4; k++) {
        tried = all[k];
        channels += refuses(no_channel, "C >= 1");
        rows += refuses(one_row_too_many, "X == ");
        columns += refuses(one_column_too_few, "Y == ");
    }
    expect(refuses(window_too_large, "the window must not be larger than the input"), "a window larger than the input is refused");
    expect(refuses(no_window, "a window has at least one row"), "a window without rows is refused");
    expect(refuses(no_stride, "a stride is at least 1"), "a stride of zero is refused");
    expect(channels == 4, "a layer without channels is refused by all four functions");
    expect(rows == 4, "an output with a row too many is refused by all four functions");
    expect(columns == 4, "an output with a column too few is refused by all four functions");
}

static struct layer layer = {extent, forward, backward, average, average_slope};

static const struct check checks[] = {
    {"(17)", "eta", "downsampling_extent", check_extent},
    {"(18)", "a", "max_pooling_forward", check_forward},
    {"(18)", "a, apart", "max_pooling_forward", check_forward_apart},
    {"(18)", "a, lines", "max_pooling_forward", check_forward_of_lines},
    {"(19)", "dl/da", "max_pooling_backward", check_backward},
    {"(19)", "apart", "max_pooling_backward", check_backward_apart},
    {"(19)", "lines", "max_pooling_backward", check_backward_of_lines},
    {"(19)", "ties", "max_pooling_backward", check_ties},
};

static const struct mutant mutants[] = {
    {"(17)", "E17", "(eta - delta) / s + 1, as printed", ORACLE, {{&layer.extent, wrong_17_as_printed}}},
    {"(17)", "E17", "as printed, delta a count", ORACLE, {{&layer.extent, wrong_17_rounded_up}}},
    {"(17)", NULL, "one less", ORACLE, {{&layer.extent, wrong_17_one_less}}},
    {"(17)", NULL, "the stride forgotten", ORACLE, {{&layer.extent, wrong_17_without_stride}}},
    {"(17)", NULL, "the window subtracted twice", ORACLE, {{&layer.extent, wrong_17_window_twice}}},
    {"(17)", NULL, "a difference of quotients", ORACLE, {{&layer.extent, wrong_17_quotients}}},
    {"(18)", "E18", "delta both the size and the last index", ORACLE, {{&layer.forward, wrong_18_too_large}}},
    {"(18)", "E18", "maxpool(a(x, y)), as printed", ORACLE, {{&layer.forward, wrong_18_single_entry}}},
    {"(18)", NULL, "strides exchanged", ORACLE, {{&layer.forward, wrong_18_exchanged}}},
    {"(18)", NULL, "the stride forgotten in one direction", ORACLE, {{&layer.forward, wrong_18_rows_only}}},
    {"(18)", NULL, "the window's rows and columns exchanged", ORACLE, {{&layer.forward, wrong_18_turned}}},
    {"(18)", NULL, "the window's last row left out", ORACLE, {{&layer.forward, wrong_18_last_row}}},
    {"(18)", NULL, "the smallest", ORACLE, {{&layer.forward, wrong_18_smallest}}},
    {"(18)", NULL, "the largest of all channels", ORACLE, {{&layer.forward, wrong_18_all_channels}}},
    {"(18)", NULL, "a maximum that starts with zero", ORACLE, {{&layer.forward, wrong_18_from_zero}}},
    {"(19)", "E19a", "the same (x, y), as printed", CENTRAL, {{&layer.backward, wrong_19_as_printed}}},
    {"(19)", "E19b", "no sum over the windows", CENTRAL, {{&layer.backward, wrong_19_one_term}}},
    {"(19)", "L5", "= for +=, as in the paper's program", CENTRAL, {{&layer.backward, wrong_19_assigned}}},
    {"(19)", "L6", "a square picture, as in the paper's program", ORACLE, {{&layer.backward, wrong_19_square}}},
    {"(19)", "E19c", "the whole slope for every tied entry", ORACLE, {{&layer.backward, wrong_19_all_ties}}},
    {"(19)", NULL, "ties shared", ORACLE, {{&layer.backward, wrong_19_divided}}},
    {"(19)", NULL, "the last maximum", ORACLE, {{&layer.backward, wrong_19_last}}},
    {"(19)", NULL, "the first maximum by columns", ORACLE, {{&layer.backward, wrong_19_by_columns}}},
    {"(19)", NULL, "an even share for every entry", CENTRAL, {{&layer.backward, wrong_19_even}}},
    {"(19)", NULL, "strides exchanged", CENTRAL, {{&layer.backward, wrong_19_exchanged}}},
    {"(19)", NULL, "+= on a stale slope", CENTRAL, {{&layer.backward, wrong_19_on_top}}},
    {"(19)", NULL, "the smallest forward and backward", ORACLE, {{&layer.forward, wrong_18_smallest}, {&layer.backward, wrong_19_smallest}}},
};

static void claims(void)
{
    check_hiding_places();
    check_average_and_mutants();
    check_refusals();
}

int main(void)
{
    return run_suite(&(struct suite){"chapters/4-downsampling.md", sizeof checks / sizeof *checks, sizeof mutants / sizeof *mutants,
                                     checks, mutants, claims, every_small_shape});
}

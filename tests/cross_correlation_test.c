// Tangled from chapters/3-cross-correlation.md [ce34c6f2f08e]: edit the chapter, or edit here and run make stitch
#include "../src/cross_correlation.c"
#include "check.h"

// The convolutions under test
static struct convolution {
    operation *integral, *line, *plane, *slopes, *correlation, *flipped;
} convolution;

// Lists and pictures
static struct array k, m, s, ds, dk, dm;   // the result, s or r, is always s

static void draw(int KX, int KY, int MX, int MY)   // a list is a picture with one column
{
    k = array("k", 2, (int[]){KX, KY}), dk = array("dk", 2, k.extent);
    m = array("m", 2, (int[]){MX, MY}), dm = array("dm", 2, m.extent);
    s = array("s", 2, (int[]){KX + MX - 1, KY + MY - 1}), ds = array("ds", 2, s.extent);
    randomise(k), randomise(m), randomise(ds);
}

static void draw_lists(void)
{
    int size[2];
    draw_different(2, size, 2, 7);
    draw(size[0], 1, size[1], 1);
}

static void draw_pictures(void)
{
    int size[4];
    draw_different(4, size, 2, 6);
    draw(size[0], size[1], size[2], size[3]);
}

static struct array padded(struct array x, int PX, int PY)   // with PX rows and PY columns of zeros on either side
{
    struct array wide = array(x.name, 2, (int[]){x.extent[0] + 2 * PX, x.extent[1] + 2 * PY});
    for (int i = 0; i < wide.extent[0]; i++)
        for (int j = 0; j < wide.extent[1]; j++)
            put(wide, i, j, 0, 0, get(x, i - PX, j - PY, 0, 0));
    return wide;
}

// Check (12) (12)
static double h, rate_of_k, rate_of_m;   // h: the length of a piece
static struct array sums;                // s(t) for t = h, 2h, ... 4

static void sum_over_pieces(double k_at, double m_at, double factor, int late)   // where in its piece each function is taken
{
    int N = sums.count;
    k = array("k", 1, sums.extent), m = array("m", 1, sums.extent), s = array("s", 1, (int[]){2 * N - 1});
    for (int i = 0; i < N; i++) {
        put(k, i, 0, 0, 0, exp(-rate_of_k * (i + k_at) * h));
        put(m, i, 0, 0, 0, exp(-rate_of_m * (i + m_at) * h));
    }
    convolution.line();
    for (int u = 0; u < N; u++)
        put(sums, u, 0, 0, 0, factor * get(s, u + late, 0, 0, 0));
}

static void integral(void)
{
    sum_over_pieces(0.5, 0.5, h, 0);
}

static void verify_integral(struct verdict *v, double *before)   // *before: the error for twice the h
{
    struct array expected = array("s", 1, (int[]){(int)(4 / h)});
    double xi = (rate_of_m - rate_of_k) * h / 2, error = 0;
    sums = array("s", 1, expected.extent);
    convolution.integral();
    for (int u = 0; u < sums.count; u++) {
        double t = (u + 1) * h, exact = (exp(-rate_of_k * t) - exp(-rate_of_m * t)) / (rate_of_m - rate_of_k);
        put(expected, u, 0, 0, 0, exact * xi / sinh(xi));
        error = fmax(error, fabs(part(sums, u) / exact - 1));
    }
    compare(v, ORACLE, 1e-14, sums, expected);
    judge(v, ORACLE, sums.count, error, xi * xi / 6, "the error of the sum, as a part of the integral");
    if (*before > 0)
        judge(v, ORACLE, 1, fabs(*before / error - 4), 1.5 * xi * xi, "the quotient of two errors, which should be 4");
    *before = error;
}

static struct verdict check_integral(void)
{
    struct verdict v = {0};
    double before = 0;
    rate_of_k = between(4, 8) / 8.0, rate_of_m = rate_of_k + between(4, 12) / 8.0;
    for (h = 0.5; h > 0.03; h /= 2)
        verify_integral(&v, &before);
    return v;
}

// wrong: (12)
static void wrong_12_beginnings(void) { sum_over_pieces(0, 0, h, 0); }
static void wrong_12_one_beginning(void) { sum_over_pieces(0.5, 0, h, 0); }
static void wrong_12_no_h(void) { sum_over_pieces(0.5, 0.5, 1, 0); }
static void wrong_12_h_twice(void) { sum_over_pieces(0.5, 0.5, h * h, 0); }
static void wrong_12_early(void) { sum_over_pieces(0.5, 0.5, h, 1); }

static void wrong_12_k_twice(void)
{
    double kept = rate_of_m;
    rate_of_m = rate_of_k;
    integral();
    rate_of_m = kept;
}

static void wrong_12_plus(void)
{
    for (int u = 0; u < sums.count; u++) {
        double sum = 0;
        for (int i = 0; i < sums.count; i++)
            sum += h * exp(-rate_of_k * (i + 0.5) * h) * exp(-rate_of_m * (u + 1 + i + 0.5) * h);
        put(sums, u, 0, 0, 0, sum);
    }
}

// Check the slopes of a convolution
struct place { int x, y, x_, y_; };   // one term of the sums
typedef real term(struct place i);

static void correlate_with_slopes(struct array kernel, struct array out)   // where the kernel lies completely inside
{
    int X = kernel.extent[0], Y = kernel.extent[1];
    struct array r = array("r", 2, (int[]){X + ds.extent[0] - 1, Y + ds.extent[1] - 1});
    correlate(X, Y, ds.extent[0], ds.extent[1], kernel.at, ds.at, r.at);
    for (int x = 0; x < out.extent[0]; x++)
        for (int y = 0; y < out.extent[1]; y++)
            put(out, x, y, 0, 0, get(r, X - 1 + x, Y - 1 + y, 0, 0));
}

static void slopes(void)
{
    correlate_with_slopes(m, dk);
    correlate_with_slopes(k, dm);
}

static real factor_of_k(struct place i) { return get(ds, i.x, i.y, 0, 0) * get(m, i.x - i.x_, i.y - i.y_, 0, 0); }
static real factor_of_m(struct place i) { return get(ds, i.x, i.y, 0, 0) * get(k, i.x - i.x_, i.y - i.y_, 0, 0); }

static void add_slopes(struct array out, term *t)   // out[x_][y_] = the sum of the terms over x, y
{
    struct place i;
    for (i.x_ = 0; i.x_ < out.extent[0]; i.x_++)
        for (i.y_ = 0; i.y_ < out.extent[1]; i.y_++) {
            real sum = 0;
            for (i.x = 0; i.x < ds.extent[0]; i.x++)
                for (i.y = 0; i.y < ds.extent[1]; i.y++)
                    sum += t(i);
            put(out, i.x_, i.y_, 0, 0, sum);
        }
}

static void verify_slopes(struct verdict *v, objective *f)
{
    struct array dk_ = array("dk", 2, k.extent), dm_ = array("dm", 2, m.extent);
    convolution.slopes();
    add_slopes(dk_, factor_of_k);
    add_slopes(dm_, factor_of_m);
    compare(v, ORACLE, EXACT, dk, dk_);
    compare(v, ORACLE, EXACT, dm, dm_);
    check_gradient(v, f, k, dk, EXACTLY_AFFINE);
    check_gradient(v, f, m, dm, EXACTLY_AFFINE);
}

// Check (13)
enum { FAR = 12, BESIDE = 2 };   // from FAR on everything is zero; so many places beside s are looked at

static real sum_over_the_line(int x)
{
    real sum = 0;
    for (int x_ = -FAR; x_ <= FAR; x_++)
        sum += get(k, x_, 0, 0, 0) * get(m, x - x_, 0, 0, 0);
    return sum;
}

static void line(void)
{
    convolve_line(k.count, m.count, k.at, m.at, s.at);
}

static real objective_line(void)
{
    convolution.line();
    return inner_product(ds, s);
}

static void verify_line(struct verdict *v)
{
    convolution.line();
    struct array wide = padded(s, BESIDE, 0), expected = array("s", 2, wide.extent);
    for (int i = 0; i < wide.count; i++)
        put(expected, i, 0, 0, 0, sum_over_the_line(i - BESIDE));
    compare(v, ORACLE, EXACT, wide, expected);
    verify_slopes(v, objective_line);
}

static struct verdict check_line(void)
{
    struct verdict v = {0};
    draw_lists();
    verify_line(&v);
    return v;
}

// wrong: (13)
static void add_terms(term *t)   // s[x][y] = the sum of the terms over x_, y_
{
    struct place i;
    for (i.x = 0; i.x < s.extent[0]; i.x++)
        for (i.y = 0; i.y < s.extent[1]; i.y++) {
            real sum = 0;
            for (i.x_ = 0; i.x_ < k.extent[0]; i.x_++)
                for (i.y_ = 0; i.y_ < k.extent[1]; i.y_++)
                    sum += t(i);
            put(s, i.x, i.y, 0, 0, sum);
        }
}

static int wrapped(int i, int extent) { return (i % extent + extent) % extent; }

static real product_at(struct place i, int x, int y) { return get(k, i.x_, i.y_, 0, 0) * get(m, x, y, 0, 0); }
static real product(struct place i) { return product_at(i, i.x - i.x_, i.y - i.y_); }
static real product_with_plus(struct place i) { return product_at(i, i.x + i.x_, i.y + i.y_); }
static real product_late(struct place i) { return product_at(i, i.x - 1 - i.x_, i.y - i.y_); }
static real product_wrapped(struct place i) { return product_at(i, wrapped(i.x - i.x_, m.extent[0]), wrapped(i.y - i.y_, m.extent[1])); }

static void wrong_plus(void) { add_terms(product_with_plus); }
static void wrong_late(void) { add_terms(product_late); }
static void wrong_wrapped(void) { add_terms(product_wrapped); }

static int inside_m(int x, int y) { return x < m.extent[0] && y < m.extent[1]; }
static real product_inside_m(struct place i) { return inside_m(i.x, i.y) ? product(i) : 0; }
static void wrong_cut_off(void) { add_terms(product_inside_m); }   // what is outside of the range counts as zero

static void scatter(int add)
{
    if (!add)
        memset(s.at, 0, (size_t)s.count * sizeof(real));
    for (int i = 0; i < k.count; i++)
        for (int j = 0; j < m.count; j++) {
            real *at = entry(s, i / k.extent[1] + j / m.extent[1], i % k.extent[1] + j % m.extent[1], 0, 0);
            *at = (add ? *at : 0) + ((real *)k.at)[i] * ((real *)m.at)[j];
        }
}

static void wrong_last_product(void) { scatter(0); }
static void wrong_on_top(void) { scatter(1); }

static real factor_of_k_with_plus(struct place i) { return get(ds, i.x, i.y, 0, 0) * get(m, i.x + i.x_, i.y + i.y_, 0, 0); }
static real factor_of_m_with_plus(struct place i) { return get(ds, i.x, i.y, 0, 0) * get(k, i.x_ - i.x, i.y_ - i.y, 0, 0); }
static real share_of_k(struct place i) { return get(ds, i.x, i.y, 0, 0) * get(m, i.x_ - i.x, i.y_ - i.y, 0, 0); }
static real share_of_m(struct place i) { return get(ds, i.x, i.y, 0, 0) * get(k, i.x_ - i.x, i.y_ - i.y, 0, 0); }

static void wrong_slopes_with_plus(void)   // of wrong_plus they are the right ones
{
    add_slopes(dk, factor_of_k_with_plus);
    add_slopes(dm, factor_of_m_with_plus);
}

static void wrong_slopes_convolved(void)
{
    add_slopes(dk, share_of_k);
    add_slopes(dm, share_of_m);
}

// Check (14)
static real sum_over_the_plane(int x, int y)
{
    real sum = 0;
    for (int x_ = -FAR; x_ <= FAR; x_++)
        for (int y_ = -FAR; y_ <= FAR; y_++)
            sum += get(k, x_, y_, 0, 0) * get(m, x - x_, y - y_, 0, 0);
    return sum;
}

static void plane(void)
{
    convolve(k.extent[0], k.extent[1], m.extent[0], m.extent[1], k.at, m.at, s.at);
}

static real objective_plane(void)
{
    convolution.plane();
    return inner_product(ds, s);
}

static struct verdict check_plane(void)
{
    struct verdict v = {0};
    draw_pictures();
    convolution.plane();
    struct array wide = padded(s, BESIDE, BESIDE), expected = array("s", 2, wide.extent);
    for (int x = 0; x < wide.extent[0]; x++)
        for (int y = 0; y < wide.extent[1]; y++)
            put(expected, x, y, 0, 0, sum_over_the_plane(x - BESIDE, y - BESIDE));
    compare(&v, ORACLE, EXACT, wide, expected);
    verify_slopes(&v, objective_plane);
    return v;
}

// Check (15)
static int larger(int i, int j)
{
    return i > j ? i : j;
}

static int smaller(int i, int j)
{
    return i < j ? i : j;
}

static real sum_with_limits(int x, int y)
{
    real sum = 0;
    for (int x_ = larger(0, x - (m.extent[0] - 1)); x_ <= smaller(k.extent[0] - 1, x); x_++)
        for (int y_ = larger(0, y - (m.extent[1] - 1)); y_ <= smaller(k.extent[1] - 1, y); y_++)
            sum += ((real *)k.at)[x_ * k.extent[1] + y_] * ((real *)m.at)[(x - x_) * m.extent[1] + y - y_];
    return sum;
}

static void verify_limits(struct verdict *v)
{
    convolution.plane();
    struct array expected = array("s", 2, s.extent);
    for (int x = 0; x < s.extent[0]; x++)
        for (int y = 0; y < s.extent[1]; y++)
            put(expected, x, y, 0, 0, sum_with_limits(x, y));
    compare(v, ORACLE, EXACT, s, expected);
    verify_slopes(v, objective_plane);
}

static struct verdict check_limits(void)
{
    struct verdict v = {0};
    draw_pictures();
    verify_limits(&v);
    return v;
}

// wrong: (14) and (15)
static int clamped(int i, int extent) { return larger(0, smaller(i, extent - 1)); }

static real product_with_one_plus(struct place i) { return product_at(i, i.x - i.x_, i.y + i.y_); }
static real product_with_x_twice(struct place i) { return product_at(i, i.x - i.x_, i.x - i.y_); }
static real product_transposed(struct place i) { return get(k, i.y_, i.x_, 0, 0) * get(m, i.x - i.x_, i.y - i.y_, 0, 0); }
static real product_with_rows_for_columns(struct place i) { return product_at(i, i.y - i.y_, i.x - i.x_); }
static real product_but_first_row(struct place i) { return i.x_ > 0 ? product(i) : 0; }
static real product_but_last_row(struct place i) { return i.x_ < k.extent[0] - 1 ? product(i) : 0; }
static real product_at_border(struct place i) { return product_at(i, clamped(i.x - i.x_, m.extent[0]), clamped(i.y - i.y_, m.extent[1])); }

static void wrong_14_one_plus(void) { add_terms(product_with_one_plus); }
static void wrong_14_x_twice(void) { add_terms(product_with_x_twice); }
static void wrong_14_transposed(void) { add_terms(product_transposed); }
static void wrong_14_rows_for_columns(void) { add_terms(product_with_rows_for_columns); }
static void wrong_15_first_row(void) { add_terms(product_but_first_row); }
static void wrong_15_last_row(void) { add_terms(product_but_last_row); }
static void wrong_15_border(void) { add_terms(product_at_border); }

static real factor_of_flipped(struct place i)
{
    return factor_of_k((struct place){i.x, i.y, k.extent[0] - 1 - i.x_, k.extent[1] - 1 - i.y_});
}

static real factor_of_k_inside_m(struct place i) { return inside_m(i.x, i.y) ? factor_of_k(i) : 0; }
static real factor_of_m_inside_m(struct place i) { return inside_m(i.x, i.y) ? factor_of_m(i) : 0; }

static void wrong_slopes_flipped(void)
{
    add_slopes(dk, factor_of_flipped);
    add_slopes(dm, factor_of_m);
}

static void wrong_slopes_cut_off(void)   // of wrong_cut_off they are the right ones
{
    add_slopes(dk, factor_of_k_inside_m);
    add_slopes(dm, factor_of_m_inside_m);
}

// Check (16) (16)
static void exchange_arguments(void)
{
    struct array kept = k;
    k = m, m = kept;
    s = array("s", 2, s.extent);
}

static struct verdict check_commutes(void)
{
    struct verdict v = {0};
    draw_pictures();
    convolution.plane();
    struct array left = s, expected = array("s", 2, s.extent);
    exchange_arguments();
    convolution.plane();
    for (int x = 0; x < s.extent[0]; x++)
        for (int y = 0; y < s.extent[1]; y++)
            put(expected, x, y, 0, 0, sum_over_the_plane(x, y));   // k and m are exchanged: this is the right side
    compare(&v, ORACLE, EXACT, s, left);
    compare(&v, ORACLE, EXACT, s, expected);
    return v;
}

// wrong: (16)
static real product_without_primes(struct place i) { return get(k, i.x_, i.y_, 0, 0) * get(m, i.x_ - i.x_, i.y_ - i.y_, 0, 0); }

static void wrong_16_no_primes(void) { add_terms(product_without_primes); }

// Check the cross-correlation
static void correlation(void)
{
    correlate(k.extent[0], k.extent[1], m.extent[0], m.extent[1], k.at, m.at, s.at);
}

static void verify_correlation(struct verdict *v)
{
    convolution.correlation();
    struct array wide = padded(m, k.extent[0] - 1, k.extent[1] - 1), expected = array("r", 2, s.extent);
    for (int x = 0; x < s.extent[0]; x++)
        for (int y = 0; y < s.extent[1]; y++) {
            real sum = 0;
            for (int i = k.count - 1; i >= 0; i--)
                sum += ((real *)k.at)[i] * get(wide, x + i / k.extent[1], y + i % k.extent[1], 0, 0);
            put(expected, x, y, 0, 0, sum);
        }
    compare(v, ORACLE, EXACT, s, expected);
}

static struct verdict check_correlation(void)
{
    struct verdict v = {0};
    draw_pictures();
    verify_correlation(&v);
    return v;
}

// wrong: cross-correlations
static real correlated_at(struct place i, int shift_x, int shift_y) { return product_at(i, i.x - shift_x + i.x_, i.y - shift_y + i.y_); }
static real correlated(struct place i) { return correlated_at(i, k.extent[0] - 1, k.extent[1] - 1); }
static real correlated_by_count(struct place i) { return correlated_at(i, k.extent[0], k.extent[1]); }
static real correlated_exchanged(struct place i) { return correlated_at(i, k.extent[1] - 1, k.extent[0] - 1); }

static void wrong_correlation(void) { add_terms(correlated); }   // right as a correlation, wrong as a convolution
static void wrong_shift_by_count(void) { add_terms(correlated_by_count); }
static void wrong_shifts_exchanged(void) { add_terms(correlated_exchanged); }

// Check the flip
static struct array flipped(struct array x)
{
    struct array other = array(x.name, 2, x.extent);
    flip(x.extent[0], x.extent[1], x.at, other.at);
    return other;
}

static void flipped_correlation(void)
{
    struct array kept = k;
    k = flipped(k);
    correlation();
    k = kept;
}

static void verify_flip(struct verdict *v)
{
    convolution.flipped();
    struct array result = s;
    s = array("s", 2, s.extent);
    plane();
    compare(v, ORACLE, EXACT, result, s);
}

static struct verdict check_flip(void)
{
    struct verdict v = {0};
    draw_pictures();
    verify_flip(&v);
    return v;
}

static struct verdict check_exchange(void)   // exchanged arguments flip the result
{
    struct verdict v = {0};
    draw_pictures();
    convolution.correlation();
    struct array r = s;
    exchange_arguments();
    convolution.correlation();
    compare(&v, ORACLE, EXACT, flipped(s), r);
    return v;
}

// wrong: flips
static real flipped_rows(struct place i)   // the kernel's rows only
{
    return product_at(i, i.x - i.x_, i.y - (k.extent[1] - 1) + i.y_);
}

static real flipped_and_not_shifted(struct place i)
{
    return get(k, k.extent[0] - 1 - i.x_, k.extent[1] - 1 - i.y_, 0, 0) * get(m, i.x + i.x_, i.y + i.y_, 0, 0);
}

static void wrong_one_axis(void) { add_terms(flipped_rows); }
static void wrong_not_shifted(void) { add_terms(flipped_and_not_shifted); }

// Claims about convolutions
static void holds(const char *claim, struct verdict (*check)(void))
{
    begin_stream(0);
    struct verdict v = check();
    expect(passes(&v) && !array_with_broken_guard(), claim);
    explain(&v);
}

static void rejects(const char *claim, struct verdict (*check)(void), operation **slot, operation *wrong)
{
    operation *right = *slot;
    begin_stream(0);
    *slot = wrong;
    struct verdict v = check();
    *slot = right;
    expect(caught(&v, ORACLE), claim);
}

static void check_correlations(void)
{
    holds("correlate is the sum of (7) on a padded picture", check_correlation);
    rejects("a convolution in its place is rejected", check_correlation, &convolution.correlation, plane);
    rejects("the sum of (7) on a picture without padding is rejected", check_correlation, &convolution.correlation, wrong_plus);
    rejects("a shift by the count is rejected", check_correlation, &convolution.correlation, wrong_shift_by_count);
    rejects("exchanged shifts are rejected", check_correlation, &convolution.correlation, wrong_shifts_exchanged);
    holds("correlating with the flipped kernel is convolving", check_flip);
    rejects("the kernel as it is is rejected", check_flip, &convolution.flipped, correlation);
    rejects("the flip without the shift is rejected", check_flip, &convolution.flipped, wrong_not_shifted);
    rejects("the flip about one axis is rejected", check_flip, &convolution.flipped, wrong_one_axis);
    holds("correlating with exchanged arguments flips the result", check_exchange);
    rejects("with a convolution it does not", check_exchange, &convolution.correlation, plane);
}

static void fill(struct array x, real value)
{
    for (int i = 0; i < x.count; i++)
        ((real *)x.at)[i] = value;
}

static int lost(void)   // how many numbers other than zero the range that is printed with (15) leaves out
{
    int count = 0;
    draw(3, 2, 4, 7);
    fill(k, 1), fill(m, 1);
    plane();
    for (int x = 0; x < s.extent[0]; x++)
        for (int y = 0; y < s.extent[1]; y++)
            count += !inside_m(x, y) && get(s, x, y, 0, 0) != 0;
    return count;
}

static int zeros_remain(operation *f, int KY, int MY)
{
    draw(3, KY, 4, MY);
    fill(k, 0);
    f();
    return largest(s) == 0 && !isnan(creal(inner_product(ds, s)));
}

static int one_by_one(operation *f)
{
    draw(1, 1, 1, 1);
    f();
    return get(s, 0, 0, 0, 0) == get(k, 0, 0, 0, 0) * get(m, 0, 0, 0, 0);
}

// Illegal lists and pictures
static void no_k(void) { convolve_line(0, 3, k.at, m.at, s.at); }
static void no_m(void) { convolve_line(3, 0, k.at, m.at, s.at); }
static void kernel_without_rows(void) { convolve(0, 2, 3, 4, k.at, m.at, s.at); }
static void kernel_without_columns(void) { convolve(1, 0, 3, 4, k.at, m.at, s.at); }
static void picture_without_rows(void) { convolve(1, 2, 0, 4, k.at, m.at, s.at); }
static void picture_without_columns(void) { convolve(1, 2, 3, 0, k.at, m.at, s.at); }
static void correlate_without_rows(void) { correlate(0, 2, 3, 4, k.at, m.at, s.at); }
static void correlate_without_columns(void) { correlate(1, 0, 3, 4, k.at, m.at, s.at); }
static void correlate_no_rows(void) { correlate(1, 2, 0, 4, k.at, m.at, s.at); }
static void correlate_no_columns(void) { correlate(1, 2, 3, 0, k.at, m.at, s.at); }
static void flip_without_rows(void) { flip(0, 2, k.at, s.at); }
static void flip_without_columns(void) { flip(2, 0, k.at, s.at); }

static void check_illegal_pictures(void)
{
    operation *illegal[] = {kernel_without_rows, kernel_without_columns, picture_without_rows, picture_without_columns, correlate_without_rows,
                            correlate_without_columns, correlate_no_rows, correlate_no_columns, flip_without_rows, flip_without_columns};
    int refused = 1;
    draw(3, 3, 4, 4);
    for (size_t i = 0; i < sizeof illegal / sizeof *illegal; i++)
        refused &= refuses(illegal[i], "a picture has at least one row and one column");
    expect(refused, "pictures and kernels without rows or columns are refused");
    expect(refuses(no_k, "a list has at least one number") && refuses(no_m, "a list has at least one number"), "empty lists are refused");
}

// Every small list and picture
static void every_small_picture(void)
{
    struct verdict v = {0};
    char claim[80];
    int shapes = 0;
    for (int KX = 1; KX <= 3; KX++)
        for (int KY = 1; KY <= 3; KY++)
            for (int MX = 1; MX <= 4; MX++)
                for (int MY = 1; MY <= 4; MY++, shapes++) {
                    draw(KX, KY, MX, MY);
                    verify_limits(&v);
                    verify_correlation(&v);
                    verify_flip(&v);
                    release();
                }
    for (int K = 1; K <= 4; K++)
        for (int M = 1; M <= 4; M++, shapes++) {
            draw(K, 1, M, 1);
            verify_line(&v);
            release();
        }
    snprintf(claim, sizeof claim, "convolutions and cross-correlations, every small shape: %d of them", shapes);
    result(passes(&v), claim);
    explain(&v);
}

static struct convolution convolution = {integral, line, plane, slopes, correlation, flipped_correlation};

static const struct check checks[] = {
    {"(12)", "s(t)", "convolve_line", check_integral},
    {"(13)", "s(x)", "convolve_line", check_line},
    {"(14)", "s(x, y)", "convolve", check_plane},
    {"(15)", "s(x, y)", "convolve", check_limits},
    {"(16)", "k * m", "convolve", check_commutes},
};

static const struct mutant mutants[] = {
    {"(12)", NULL, "the beginnings of the pieces", ORACLE, {{&convolution.integral, wrong_12_beginnings}}},
    {"(12)", NULL, "the beginnings for m only", ORACLE, {{&convolution.integral, wrong_12_one_beginning}}},
    {"(12)", NULL, "no factor h", ORACLE, {{&convolution.integral, wrong_12_no_h}}},
    {"(12)", NULL, "the factor h twice", ORACLE, {{&convolution.integral, wrong_12_h_twice}}},
    {"(12)", NULL, "the sum for t + h", ORACLE, {{&convolution.integral, wrong_12_early}}},
    {"(12)", NULL, "k taken twice", ORACLE, {{&convolution.integral, wrong_12_k_twice}}},
    {"(12)", NULL, "m(t + x)", ORACLE, {{&convolution.integral, wrong_12_plus}}},
    {"(13)", NULL, "m(x + x')", ORACLE, {{&convolution.line, wrong_plus}}},
    {"(13)", NULL, "m(x + x'), and its slopes", ORACLE, {{&convolution.line, wrong_plus}, {&convolution.slopes, wrong_slopes_with_plus}}},
    {"(13)", NULL, "cut off where m ends", ORACLE, {{&convolution.line, wrong_cut_off}}},
    {"(13)", NULL, "one place late", ORACLE, {{&convolution.line, wrong_late}}},
    {"(13)", NULL, "indices that wrap around", ORACLE, {{&convolution.line, wrong_wrapped}}},
    {"(13)", NULL, "= for +=", ORACLE, {{&convolution.line, wrong_last_product}}},
    {"(13)", NULL, "+= on a stale result", ORACLE, {{&convolution.line, wrong_on_top}}},
    {"(13)", NULL, "slopes by convolution", CENTRAL, {{&convolution.slopes, wrong_slopes_convolved}}},
    {"(14)", NULL, "m(x + x', y + y')", ORACLE, {{&convolution.plane, wrong_plus}}},
    {"(14)", NULL, "m(x - x', y + y')", ORACLE, {{&convolution.plane, wrong_14_one_plus}}},
    {"(14)", NULL, "m(x - x', x - y')", ORACLE, {{&convolution.plane, wrong_14_x_twice}}},
    {"(14)", NULL, "k(y', x')", ORACLE, {{&convolution.plane, wrong_14_transposed}}},
    {"(14)", NULL, "m(y - y', x - x')", ORACLE, {{&convolution.plane, wrong_14_rows_for_columns}}},
    {"(14)", NULL, "= for +=", ORACLE, {{&convolution.plane, wrong_last_product}}},
    {"(14)", NULL, "+= on a stale result", ORACLE, {{&convolution.plane, wrong_on_top}}},
    {"(14)", NULL, "slopes by convolution", CENTRAL, {{&convolution.slopes, wrong_slopes_convolved}}},
    {"(14)", NULL, "slopes of a flipped kernel", CENTRAL, {{&convolution.slopes, wrong_slopes_flipped}}},
    {"(15)", "E15", "x only up to eta_x(m), as printed", ORACLE, {{&convolution.plane, wrong_cut_off}}},
    {"(15)", "E15", "the printed range, and its slopes", ORACLE, {{&convolution.plane, wrong_cut_off}, {&convolution.slopes, wrong_slopes_cut_off}}},
    {"(15)", "P6", "(7) with the kernel flipped, as printed: no shift", ORACLE, {{&convolution.plane, wrong_not_shifted}}},
    {"(15)", NULL, "k's first row left out", ORACLE, {{&convolution.plane, wrong_15_first_row}}},
    {"(15)", NULL, "k's last row left out", ORACLE, {{&convolution.plane, wrong_15_last_row}}},
    {"(15)", NULL, "m's border continued outwards", ORACLE, {{&convolution.plane, wrong_15_border}}},
    {"(15)", NULL, "indices that wrap around", ORACLE, {{&convolution.plane, wrong_wrapped}}},
    {"(15)", NULL, "slopes of the printed range", CENTRAL, {{&convolution.slopes, wrong_slopes_cut_off}}},
    {"(16)", "E16", "k(x, y) m(x - x, y - y), as printed", ORACLE, {{&convolution.plane, wrong_16_no_primes}}},
    {"(16)", "P7", "on the range that is printed with (15)", ORACLE, {{&convolution.plane, wrong_cut_off}}},
    {"(16)", NULL, "a cross-correlation", ORACLE, {{&convolution.plane, wrong_correlation}}},
    {"(16)", NULL, "a kernel flipped about one axis", ORACLE, {{&convolution.plane, wrong_one_axis}}},
    {"(16)", NULL, "k's first row left out", ORACLE, {{&convolution.plane, wrong_15_first_row}}},
};

static void claims(void)
{
    check_correlations();
    expect(lost() == 20, "of 48 numbers of a convolution the printed range leaves out 20");
    expect(zeros_remain(line, 1, 1) && zeros_remain(plane, 2, 5) && zeros_remain(correlation, 2, 5), "a kernel of zeros gives zeros");
    expect(one_by_one(line) && one_by_one(plane) && one_by_one(correlation) && one_by_one(flipped_correlation),
           "of one number and another they are the product");
    check_illegal_pictures();
}

int main(void)
{
    return run_suite(&(struct suite){"chapters/3-cross-correlation.md", sizeof checks / sizeof *checks, sizeof mutants / sizeof *mutants,
                                     checks, mutants, claims, every_small_picture});
}

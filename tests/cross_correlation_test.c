// Tangled from chapters/3-cross-correlation.md [414dbb39eace]: edit the chapter, or edit here and run make stitch
#include "../src/cross_correlation.c"
#include "check.h"

// Lists and pictures
typedef void operation(struct array k, struct array m, struct array s);   // s = k * m, or something like it

static struct array picture(const char *name, int X, int Y)   // a list is a picture with one column
{
    struct array x = array(name, 2, (int[]){X, Y});
    randomise(x);
    return x;
}

static struct array whole_range(struct array k, struct array m)
{
    struct array s = array("s", 2, (int[]){k.extent[0] + m.extent[0] - 1, k.extent[1] + m.extent[1] - 1});
    spoil(s);
    return s;
}

// Check (12) (12)
static double error_of_sum(double h, double where)   // where in a piece the functions are taken; the largest error for t = h, 2h, ... 4
{
    int N = (int)(4 / h);
    struct array k = picture("k", N, 1), m = picture("m", N, 1), s = whole_range(k, m);
    for (int i = 0; i < N; i++) {
        put(k, i, 0, 0, 0, exp(-(i + where) * h));
        put(m, i, 0, 0, 0, exp(-2 * (i + where) * h));
    }
    convolve_line(N, N, k.at, m.at, s.at);
    double worst = 0;
    for (int u = 0; u < N; u++) {
        double t = (u + 1) * h, exact = exp(-t) - exp(-2 * t);
        worst = fmax(worst, fabs(h * part(s, u) / exact - 1));
    }
    return worst;
}

static struct verdict check_integral(double where)
{
    struct verdict v = {0};
    for (double h = 0.5; h > 0.01; h /= 2) {
        char text[160];
        snprintf(text, sizeof text, "pieces of length %g", h);
        judge(&v, ORACLE, (int)(4 / h), error_of_sum(h, where), h * h / 24, text);
        double quotient = error_of_sum(h, where) / error_of_sum(h / 2, where);
        judge(&v, ORACLE, 1, fabs(quotient - 4), 0.04, "the quotient of two errors should be 4");
    }
    return v;
}

// Check (13)
enum { FAR = 20 };   // from here on everything is zero

static real sum_over_the_line(struct array k, struct array m, int x)
{
    real sum = 0;
    for (int x_ = -FAR; x_ <= FAR; x_++)
        sum += get(k, x_, 0, 0, 0) * get(m, x - x_, 0, 0, 0);
    return sum;
}

static struct verdict check_line(operation *convolution)
{
    struct verdict v = {0};
    struct array k = picture("k", 4, 1), m = picture("m", 7, 1), s = whole_range(k, m);
    convolution(k, m, s);
    struct array got = array("s", 1, (int[]){FAR}), expected = array("s", 1, got.extent);
    for (int i = 0; i < FAR; i++) {
        put(got, i, 0, 0, 0, get(s, i - 5, 0, 0, 0));   // x from -5 to 14, and s is zero beyond its ends
        put(expected, i, 0, 0, 0, sum_over_the_line(k, m, i - 5));
    }
    compare(&v, ORACLE, 1e-14, got, expected);
    return v;
}

static void line(struct array k, struct array m, struct array s)
{
    convolve_line(k.count, m.count, k.at, m.at, s.at);
}

// wrong: mistakes in (13)
static void line_with_plus(struct array k, struct array m, struct array s)
{
    for (int x = 0; x < s.count; x++) {
        real sum = 0;
        for (int x_ = 0; x_ < k.count; x_++)
            sum += get(k, x_, 0, 0, 0) * get(m, x + x_, 0, 0, 0);
        put(s, x, 0, 0, 0, sum);
    }
}

static void line_cut_off(struct array k, struct array m, struct array s)
{
    line(k, m, s);
    for (int x = m.count; x < s.count; x++)
        put(s, x, 0, 0, 0, 0);
}

// Check (14)
static real sum_over_the_plane(struct array k, struct array m, int x, int y)
{
    real sum = 0;
    for (int x_ = -FAR; x_ <= FAR; x_++)
        for (int y_ = -FAR; y_ <= FAR; y_++)
            sum += get(k, x_, y_, 0, 0) * get(m, x - x_, y - y_, 0, 0);
    return sum;
}

static struct verdict check_plane(operation *convolution)
{
    struct verdict v = {0};
    struct array k = picture("k", 3, 2), m = picture("m", 4, 7), s = whole_range(k, m);
    convolution(k, m, s);
    struct array got = array("s", 2, (int[]){FAR, FAR}), expected = array("s", 2, got.extent);
    for (int i = 0; i < FAR; i++)
        for (int j = 0; j < FAR; j++) {
            put(got, i, j, 0, 0, get(s, i - 5, j - 5, 0, 0));
            put(expected, i, j, 0, 0, sum_over_the_plane(k, m, i - 5, j - 5));
        }
    compare(&v, ORACLE, 1e-14, got, expected);
    return v;
}

static void plane(struct array k, struct array m, struct array s)
{
    convolve(k.extent[0], k.extent[1], m.extent[0], m.extent[1], k.at, m.at, s.at);
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

static struct verdict check_limits(operation *convolution)
{
    struct verdict v = {0};
    struct array k = picture("k", 3, 2), m = picture("m", 4, 7), s = whole_range(k, m);
    convolution(k, m, s);
    struct array expected = array("s", 2, s.extent);
    for (int x = 0; x < s.extent[0]; x++)
        for (int y = 0; y < s.extent[1]; y++) {
            real sum = 0;
            for (int x_ = larger(0, x - (m.extent[0] - 1)); x_ <= smaller(k.extent[0] - 1, x); x_++)
                for (int y_ = larger(0, y - (m.extent[1] - 1)); y_ <= smaller(k.extent[1] - 1, y); y_++)
                    sum += ((real *)k.at)[x_ * k.extent[1] + y_] * ((real *)m.at)[(x - x_) * m.extent[1] + y - y_];
            put(expected, x, y, 0, 0, sum);
        }
    compare(&v, ORACLE, 1e-14, s, expected);
    return v;
}

// wrong: (15) as printed
static int inside_m(struct array m, int i, int j)
{
    return i < m.extent[0] && j < m.extent[1];
}

static void plane_cut_off(struct array k, struct array m, struct array s)   // what is outside of the range counts as zero
{
    plane(k, m, s);
    for (int i = 0; i < s.extent[0]; i++)
        for (int j = 0; j < s.extent[1]; j++)
            if (!inside_m(m, i, j))
                put(s, i, j, 0, 0, 0);
}

static int lost(void)   // how many numbers other than zero the printed range leaves out
{
    struct array k = picture("k", 3, 2), m = picture("m", 4, 7), s = whole_range(k, m);
    plane(k, m, s);
    int count = 0;
    for (int i = 0; i < s.extent[0]; i++)
        for (int j = 0; j < s.extent[1]; j++)
            count += !inside_m(m, i, j) && get(s, i, j, 0, 0) != 0;
    return count;
}

// Check (16) (16)
static struct verdict check_commutes(operation *convolution)
{
    struct verdict v = {0};
    struct array k = picture("k", 3, 2), m = picture("m", 4, 7), s = whole_range(k, m);
    struct array exchanged = array("s", 2, s.extent);
    convolution(k, m, s);
    convolution(m, k, exchanged);
    compare(&v, ORACLE, 1e-14, exchanged, s);
    return v;
}

// wrong: (16) as printed
static void plane_without_primes(struct array k, struct array m, struct array s)
{
    real sum = 0;
    for (int x = 0; x < k.extent[0]; x++)
        for (int y = 0; y < k.extent[1]; y++)
            sum += get(k, x, y, 0, 0) * get(m, x - x, y - y, 0, 0);
    for (int i = 0; i < s.count; i++)
        put(s, i / s.extent[1], i % s.extent[1], 0, 0, sum);
}

// Check the cross-correlation
static void correlation(struct array k, struct array m, struct array r)
{
    correlate(k.extent[0], k.extent[1], m.extent[0], m.extent[1], k.at, m.at, r.at);
}

static struct array padded(struct array m, int PX, int PY)
{
    struct array wide = array("m", 2, (int[]){m.extent[0] + 2 * PX, m.extent[1] + 2 * PY});
    for (int i = 0; i < wide.extent[0]; i++)
        for (int j = 0; j < wide.extent[1]; j++)
            put(wide, i, j, 0, 0, get(m, i - PX, j - PY, 0, 0));
    return wide;
}

static struct verdict check_correlation(operation *r)
{
    struct verdict v = {0};
    struct array k = picture("k", 3, 2), m = picture("m", 4, 7), s = whole_range(k, m);
    r(k, m, s);
    struct array wide = padded(m, k.extent[0] - 1, k.extent[1] - 1), expected = array("r", 2, s.extent);
    for (int x = 0; x < s.extent[0]; x++)
        for (int y = 0; y < s.extent[1]; y++) {
            real sum = 0;
            for (int i = k.count - 1; i >= 0; i--)
                sum += ((real *)k.at)[i] * get(wide, x + i / k.extent[1], y + i % k.extent[1], 0, 0);
            put(expected, x, y, 0, 0, sum);
        }
    compare(&v, ORACLE, 1e-14, s, expected);
    return v;
}

// Check the flip
static struct array flipped(struct array x)
{
    struct array other = array(x.name, 2, x.extent);
    flip(x.extent[0], x.extent[1], x.at, other.at);
    return other;
}

static struct verdict check_flip(operation *r)
{
    struct verdict v = {0};
    struct array k = picture("k", 3, 2), m = picture("m", 4, 7), s = whole_range(k, m);
    struct array expected = array("s", 2, s.extent);
    plane(k, m, expected);
    r(k, m, s);
    compare(&v, ORACLE, 1e-14, s, expected);
    return v;
}

static void correlation_with_flipped(struct array k, struct array m, struct array r)
{
    correlation(flipped(k), m, r);
}

static struct verdict check_exchange(void)   // exchanged arguments flip the result
{
    struct verdict v = {0};
    struct array k = picture("k", 3, 2), m = picture("m", 4, 7), s = whole_range(k, m);
    struct array exchanged = array("r", 2, s.extent);
    correlation(k, m, s);
    correlation(m, k, exchanged);
    compare(&v, ORACLE, 1e-14, flipped(exchanged), s);
    return v;
}

// wrong: flips
static void correlation_without_shift(struct array k, struct array m, struct array r)
{
    struct array right = array("r", 2, r.extent);
    correlation_with_flipped(k, m, right);
    for (int x = 0; x < r.extent[0]; x++)
        for (int y = 0; y < r.extent[1]; y++)
            put(r, x, y, 0, 0, get(right, x + k.extent[0] - 1, y + k.extent[1] - 1, 0, 0));
}

static void correlation_with_rows_flipped(struct array k, struct array m, struct array r)
{
    struct array half = array("k", 2, k.extent);
    for (int x_ = 0; x_ < k.extent[0]; x_++)
        for (int y_ = 0; y_ < k.extent[1]; y_++)
            put(half, x_, y_, 0, 0, get(k, k.extent[0] - 1 - x_, y_, 0, 0));
    correlation(half, m, r);
}

static void equations(void)
{
    equation("(12)", "integral", "convolve_line", check_integral(0.5));
    equation("(13)", "s(x)", "convolve_line", check_line(line));
    equation("(14)", "s(x, y)", "convolve", check_plane(plane));
    equation("(15)", "s(x, y)", "convolve", check_limits(plane));
    equation("(16)", "k * m", "convolve", check_commutes(plane));
    struct verdict r = check_correlation(correlation), f = check_flip(correlation_with_flipped), x = check_exchange();
    expect(passes(&r), "correlate is the sum of (7) on a padded picture");
    expect(passes(&f), "correlating with the flipped kernel is convolving");
    expect(passes(&x), "correlating with exchanged arguments flips the result");
}

static void mistakes(void)
{
    rejects("(12) with a sum that is not over middles", check_integral(0));
    rejects("(13) with a plus", check_line(line_with_plus));
    rejects("(13) cut off where m ends", check_line(line_cut_off));
    rejects("(14) with a plus", check_plane(correlation));
    rejects("(15) as printed, x only up to eta_x(m)", check_plane(plane_cut_off));
    expect(lost() == 20, "the printed range leaves out 20 numbers that are not zero");
    rejects("(16) as printed, k(x,y) m(x-x,y-y)", check_commutes(plane_without_primes));
    rejects("(16) on the range that is printed with (15)", check_commutes(plane_cut_off));
    rejects("a cross-correlation that commutes", check_commutes(correlation));
    rejects("a cross-correlation that is a convolution", check_correlation(plane));
    rejects("a convolution without the flip", check_flip(correlation));
    rejects("the flip without the shift", check_flip(correlation_without_shift));
    rejects("the flip about one axis", check_flip(correlation_with_rows_flipped));
}

int main(void)
{
    chapter = "chapters/3-cross-correlation.md";
    equations();
    mistakes();
    return closing();
}

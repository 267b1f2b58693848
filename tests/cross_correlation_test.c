// Tangled from chapters/3-cross-correlation.md [7d6fa65475c4]: edit the chapter, or edit here and run make stitch
#include "../src/cross_correlation.c"
#include "check.h"

static struct array k, m, s;

static void choose(int rows_of_k, int rows_of_m)
{
    k = array("k", 2, (int[]){rows_of_k, 2}), m = array("m", 2, (int[]){rows_of_m, 7});
    s = array("s", 2, (int[]){rows_of_k + rows_of_m - 1, 2 + 7 - 1});
    randomise(k), randomise(m), spoil(s);
}

// Check (14) (12) (14)
enum { FAR = 25 };   // from here on everything is zero

static void sum_over_the_plane(struct array out)
{
    for (int x = 0; x < out.extent[0]; x++)
        for (int y = 0; y < out.extent[1]; y++) {
            real sum = 0;
            for (int x_ = -FAR; x_ <= FAR; x_++)
                for (int y_ = -FAR; y_ <= FAR; y_++)
                    sum += get(k, x_, y_, 0, 0) * get(m, x - x_, y - y_, 0, 0);
            put(out, x, y, 0, 0, sum);
        }
}

static struct verdict check_convolve(int rows_of_k, int rows_of_m, int rows, int columns)   // of the result
{
    struct verdict v = {0};
    choose(rows_of_k, rows_of_m);
    convolve(k.extent[0], k.extent[1], m.extent[0], m.extent[1], k.at, m.at, s.at);
    struct array expected = array("s", 2, s.extent);
    sum_over_the_plane(expected);
    for (int i = 0; i < s.count; i++)   // what a smaller range leaves out counts as zero
        if (i / s.extent[1] >= rows || i % s.extent[1] >= columns)
            ((real *)s.at)[i] = 0;
    compare(&v, ORACLE, 1e-14, s, expected);
    return v;
}

static struct verdict check_integral(void)
{
    struct verdict v = {0};
    const double h = 0.125;
    enum { N = 161 };   // samples of the bell curve from -10 to 10
    struct array bell = array("bell", 2, (int[]){1, N}), sum = array("s", 2, (int[]){1, 2 * N - 1}), exact = array("s", 2, sum.extent);
    for (int i = 0; i < N; i++)
        put(bell, 0, i, 0, 0, exp(-pow(h * (i - N / 2), 2)) * sqrt(h));
    convolve(1, N, 1, N, bell.at, bell.at, sum.at);
    for (int i = 0; i < 2 * N - 1; i++)
        put(exact, 0, i, 0, 0, sqrt(acos(-1) / 2) * exp(-pow(h * (i - N + 1), 2) / 2));
    compare(&v, ORACLE, 1e-13, sum, exact);
    return v;
}

// Check (16) (16)
static struct verdict check_commutes(void)
{
    struct verdict v = {0};
    choose(3, 4);
    struct array other = array("s", 2, s.extent);
    convolve(k.extent[0], k.extent[1], m.extent[0], m.extent[1], k.at, m.at, s.at);
    convolve(m.extent[0], m.extent[1], k.extent[0], k.extent[1], m.at, k.at, other.at);
    compare(&v, ORACLE, 1e-14, s, other);
    return v;
}

static struct verdict check_without_primes(void)
{
    struct verdict v = {0};
    choose(3, 4);
    struct array left = array("k m", 2, s.extent), right = array("m k", 2, s.extent);
    for (int x = 0; x < s.extent[0]; x++)
        for (int y = 0; y < s.extent[1]; y++) {
            put(left, x, y, 0, 0, get(k, x, y, 0, 0) * get(m, 0, 0, 0, 0));
            put(right, x, y, 0, 0, get(m, x, y, 0, 0) * get(k, 0, 0, 0, 0));
        }
    compare(&v, ORACLE, 1e-14, left, right);
    return v;
}

// Check the flip
static struct verdict check_flip(int flipped, int shift)
{
    struct verdict v = {0};
    choose(3, 4);
    struct array kernel = array("k", 2, k.extent), r = array("r", 2, s.extent), moved = array("r", 2, s.extent);
    flip(k.extent[0], k.extent[1], k.at, kernel.at);
    convolve(k.extent[0], k.extent[1], m.extent[0], m.extent[1], k.at, m.at, s.at);
    correlate(k.extent[0], k.extent[1], m.extent[0], m.extent[1], flipped ? kernel.at : k.at, m.at, r.at);
    for (int x = 0; x < s.extent[0]; x++)
        for (int y = 0; y < s.extent[1]; y++)
            put(moved, x, y, 0, 0, get(r, x + shift, y + shift, 0, 0));
    compare(&v, ORACLE, 1e-14, moved, s);
    return v;
}

int main(void)
{
    chapter = "chapters/3-cross-correlation.md";
    equation("(12)", "integral", "convolve", check_integral());
    equation("(13)", "line", "convolve", check_convolve(1, 1, 1, 8));
    equation("(14)", "plane", "convolve", check_convolve(3, 4, 6, 8));
    equation("(15)", "s", "convolve", check_convolve(3, 4, 6, 8));
    equation("(16)", "k*m = m*k", "convolve", check_commutes());
    struct verdict flipped = check_flip(1, 0);
    expect(passes(&flipped), "correlating with the flipped kernel is convolving");
    rejects("(15) with its printed range", check_convolve(3, 4, 4, 7));
    rejects("(16) as printed, without the primes", check_without_primes());
    rejects("correlating with the kernel as it is", check_flip(0, 0));
    rejects("the flip without its shift", check_flip(1, 1));
    return closing();
}

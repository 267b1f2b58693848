// Tangled from chapters/6-loss.md [7cd7655407b8]: edit the chapter, or edit here and run make stitch
#include "../src/loss.c"
#include "check.h"

// The loss under test
static struct under_test {
    real (*loss)(int n, const real *y, const real *a);
    void (*slope_a)(int n, const real *y, const real *a, real *da);
    real (*softmax)(int n, const real *y, const real *z, real *a);
    void (*slope_z)(int n, const real *y, const real *a, real *dz);
} under_test;

// Numbers for the loss
enum size { ORDINARY, LARGE };   // z around 0 or around 1000
enum { C = 7 };
static struct array y, z, a, da, dz, loss, expected;

static void choose(enum size size)
{
    y = array("y", 1, (int[]){C}), z = array("z", 1, y.extent), a = array("a", 1, y.extent);
    da = array("da", 1, y.extent), dz = array("dz", 1, y.extent);
    loss = array("loss", 1, (int[]){1}), expected = array("loss", 1, loss.extent);
    for (int c = 0; c < C; c++) {
        put(y, c, 0, 0, 0, c == 2 ? 0 : 0.55 + 0.45 * uniform());
        put(z, c, 0, 0, 0, (size == LARGE ? 1000 : 0) + 2 * uniform());
        put(a, c, 0, 0, 0, 0.6 + 0.4 * uniform());
    }
    spoil(da), spoil(dz), spoil(loss);
}

// Check (24)
static struct verdict check_loss(void)
{
    struct verdict v = {0};
    choose(ORDINARY);
    *(real *)loss.at = under_test.loss(C, y.at, a.at);
    double product = 1;
    for (int c = C - 1; c >= 0; c--)
        product *= pow(part(a, c), part(y, c));
    put(expected, 0, 0, 0, 0, -log(product));
    compare(&v, ORACLE, 1e-14, loss, expected);
    return v;
}

// wrong: (24) with another logarithm
static real cross_entropy_base_2(int n, const real *labels, const real *probabilities)
{
    return cross_entropy(n, labels, probabilities) / log(2.0);
}

static real cross_entropy_base_10(int n, const real *labels, const real *probabilities)
{
    return cross_entropy(n, labels, probabilities) / log(10.0);
}

static real cross_entropy_without_minus(int n, const real *labels, const real *probabilities)
{
    return -cross_entropy(n, labels, probabilities);
}

// wrong: (24) with 0 log 0
static real cross_entropy_literally(int n, const real *labels, const real *probabilities)
{
    real sum = 0;
    for (int c = 0; c < n; c++)
        sum -= labels[c] * real_log(probabilities[c]);
    return sum;
}

// Check (25)
static real objective_a(void)
{
    return cross_entropy(C, y.at, a.at);
}

static struct verdict check_slope_a(void)
{
    struct verdict v = {0};
    choose(ORDINARY);
    under_test.slope_a(C, y.at, a.at, da.at);
    check_gradient(&v, objective_a, a, da, CURVED);
    return v;
}

// wrong: (25)
static void slope_a_without_minus(int n, const real *labels, const real *probabilities, real *slope)
{
    for (int c = 0; c < n; c++)
        slope[c] = labels[c] / probabilities[c];
}

static void slope_a_with_another_index(int n, const real *labels, const real *probabilities, real *slope)
{
    for (int c = 0; c < n; c++)
        slope[c] = -labels[c] / probabilities[(c + 1) % n];
}

// Check the zeros
static void check_zeros(void)
{
    real none_and_all[] = {0, 1}, all_and_none[] = {1, 0}, slope[2];
    expect(creal(cross_entropy(2, none_and_all, none_and_all)) == 0, "(24) is 0 for a = y, although 0 log 0 occurs");
    expect(isnan(creal(cross_entropy_literally(2, none_and_all, none_and_all))), "left to the machine, 0 log 0 is nan");
    expect(isinf(creal(cross_entropy(2, all_and_none, none_and_all))), "(24) is infinite when the truth has probability 0");
    cross_entropy_da(2, none_and_all, none_and_all, slope);
    expect(creal(slope[0]) == 0 && creal(slope[1]) == -1, "(25) is (0, -1) there, not (nan, -1)");
}

// Check (G8)
static struct verdict check_softmax(enum size size)
{
    struct verdict v = {0};
    choose(size);
    spoil(a);
    *(real *)loss.at = under_test.softmax(C, y.at, z.at, a.at);
    struct array probability = array("a", 1, a.extent);
    double sum = 0;
    for (int c = 0; c < C; c++) {
        double inverse = 0;
        for (int c_ = 0; c_ < C; c_++)
            inverse += exp(part(z, c_) - part(z, c));
        put(probability, c, 0, 0, 0, 1 / inverse);
        sum += part(y, c) * log(inverse);
    }
    put(expected, 0, 0, 0, 0, sum);
    compare(&v, ORACLE, 1e-14, loss, expected);
    compare(&v, ORACLE, 1e-14, a, probability);
    return v;
}

// wrong: (G8) without the shift
static real softmax_unshifted(int n, const real *labels, const real *before, real *probabilities)
{
    real s = 0;
    for (int c = 0; c < n; c++)
        s += probabilities[c] = real_exp(before[c]);
    for (int c = 0; c < n; c++)
        probabilities[c] /= s;
    return cross_entropy(n, labels, probabilities);
}

// Check the extremes
static void check_extremes(void)
{
    real far_apart[] = {1000, 0}, far_down[] = {-1000, 0}, truth[] = {0, 1}, at[2];
    expect(creal(softmax_cross_entropy(2, truth, far_apart, at)) == 1000, "(G8) of z = (1000, 0) with the truth at 0 is 1000");
    expect(isinf(creal(cross_entropy(2, truth, at))), "(24) of the same probabilities is infinite: the second is 0");
    expect(creal(softmax_cross_entropy(2, truth, far_down, at)) == 0, "(G8) of z = (-1000, 0) with the truth at 0 is 0");
}

// Check (G9)
static real objective_z(void)
{
    return softmax_cross_entropy(C, y.at, z.at, a.at);
}

static struct verdict check_slope_z(enum size size)
{
    struct verdict v = {0};
    choose(size);
    softmax_cross_entropy(C, y.at, z.at, a.at);
    under_test.slope_z(C, y.at, a.at, dz.at);
    struct array chain = array("dz", 1, dz.extent);
    for (int c_ = 0; c_ < C; c_++) {
        double sum = 0;
        for (int c = 0; c < C; c++) {
            double slope = c == c_ ? part(a, c) * (1 - part(a, c)) : -part(a, c) * part(a, c_);   // (23)
            sum += -part(y, c) / part(a, c) * slope;                                             // (25)
        }
        put(chain, c_, 0, 0, 0, sum);
    }
    compare(&v, ORACLE, 1e-14, dz, chain);
    check_gradient(&v, objective_z, z, dz, CURVED);
    return v;
}

// wrong: (G9)
static void slope_z_without_sum(int n, const real *labels, const real *probabilities, real *slope)
{
    for (int c = 0; c < n; c++)
        slope[c] = probabilities[c] - labels[c];
}

static void slope_z_without_softmax(int n, const real *labels, const real *probabilities, real *slope)
{
    cross_entropy_da(n, labels, probabilities, slope);
}

// Check a sample that does not exist
static void check_no_sample(void)
{
    real none[] = {0, 0, 0}, before[] = {3, -1, 2}, at[3], slope[3], wrong[3];
    real nothing = softmax_cross_entropy(3, none, before, at);
    softmax_cross_entropy_dz(3, none, at, slope);
    slope_z_without_sum(3, none, at, wrong);
    int zeros = creal(slope[0]) == 0 && creal(slope[1]) == 0 && creal(slope[2]) == 0;
    expect(creal(nothing) == 0 && zeros, "a sample with no label has neither loss nor slope");
    expect(creal(wrong[0]) > 0.5, "with a - y it would have one");
}

static void equations(void)
{
    equation("(24)", "l", "cross_entropy", check_loss());
    check_zeros();
    equation("(25)", "dl/da", "cross_entropy_da", check_slope_a());
    equation("(G8)", "l, a", "softmax_cross_entropy", check_softmax(ORDINARY));
    equation("(G8)", "l, a", "softmax_cross_entropy", check_softmax(LARGE));
    check_extremes();
    equation("(G9)", "dl/dz", "softmax_cross_entropy_dz", check_slope_z(ORDINARY));
    check_no_sample();
}

static void mistakes(const struct under_test right)
{
    under_test.loss = cross_entropy_base_2;
    rejects("(24) with logarithms of base 2", check_loss());
    under_test.loss = cross_entropy_base_10;
    rejects("(24) with logarithms of base 10", check_loss());
    under_test.loss = cross_entropy_without_minus;
    rejects("(24) without the minus", check_loss());
    under_test.slope_a = slope_a_without_minus;
    rejects("(25) without the minus", check_slope_a());
    under_test.slope_a = slope_a_with_another_index;
    rejects("(25) with another index below", check_slope_a());
    under_test.softmax = softmax_unshifted;
    struct verdict v = check_softmax(ORDINARY);
    expect(passes(&v), "(22) and (24) one after the other are right around 0");
    rejects("(22) and (24) one after the other around 1000", check_softmax(LARGE));
    under_test.slope_z = slope_z_without_sum;
    rejects("(G9) without the sum, a - y, for labels that do not sum to one", check_slope_z(ORDINARY));
    under_test.slope_z = slope_z_without_softmax;
    rejects("(25) in place of (G9)", check_slope_z(ORDINARY));
    under_test = right;
}

int main(void)
{
    chapter = "chapters/6-loss.md";
    under_test = (struct under_test){cross_entropy, cross_entropy_da, softmax_cross_entropy, softmax_cross_entropy_dz};
    equations();
    mistakes(under_test);
    return closing();
}

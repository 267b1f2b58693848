// Tangled from chapters/6-loss.md [a2733572a467]: edit the chapter, or edit here and run make stitch
#include "../src/loss.c"
#include "check.h"

// The loss under test
static struct layer {
    operation *loss, *slope_a, *softmax, *slope_z;
} layer;

// Numbers for the loss
static int C;
static struct array y, z, a, da, dz, loss;

static void draw_arrays(void)
{
    y = array("y", 1, (int[]){C}), z = array("z", 1, y.extent), a = array("a", 1, y.extent);
    da = array("da", 1, y.extent), dz = array("dz", 1, y.extent), loss = array("loss", 1, (int[]){1});
}

static void draw_entries(struct array x, int low, int high)   // multiples of 1/1024, no two of them equal
{
    int value[C];
    draw_different(C, value, low, high);
    for (int c = 0; c < C; c++)
        put(x, c, 0, 0, 0, value[c] / 1024.0);
}

static int unlabelled[2];   // the classes whose label is zero

static void choose(void)
{
    C = between(4, 7);
    draw_arrays();
    draw_entries(y, 564, 1024), draw_entries(z, -1024, 1023), draw_entries(a, 320, 896);
    draw_different(2, unlabelled, 1, C - 2);
    for (int k = 0; k < 2; k++)
        put(y, unlabelled[k], 0, 0, 0, 0);
}

static void choose_extreme_probabilities(void)
{
    for (int k = 0; k < 2; k++)
        put(a, unlabelled[k], 0, 0, 0, k);
}

// Check (24)
static void loss_of_a(void)
{
    put(loss, 0, 0, 0, 0, cross_entropy(C, y.at, a.at));
}

static void verify_loss(struct verdict *v)
{
    struct array expected = array("loss", 1, loss.extent);
    double product = 1;
    for (int c = C - 1; c >= 0; c--)
        product *= pow(part(a, c), part(y, c));
    put(expected, 0, 0, 0, 0, -log(product));
    layer.loss();
    compare(v, ORACLE, 1e-14, loss, expected);
}

static struct verdict check_loss(void)
{
    struct verdict v = {0};
    choose();
    verify_loss(&v);
    return v;
}

static struct verdict check_loss_with_zeros(void)
{
    struct verdict v = {0};
    choose();
    choose_extreme_probabilities();
    verify_loss(&v);
    return v;
}

// wrong: (24)
typedef real term(int c);

static void add_terms(term *t)   // loss = the sum of the terms over c
{
    real sum = 0;
    for (int c = 0; c < C; c++)
        sum += t(c);
    put(loss, 0, 0, 0, 0, sum);
}

static real term_literally(int c) { return -get(y, c, 0, 0, 0) * real_log(get(a, c, 0, 0, 0)); }
static real term_guarded(int c) { return part(y, c) == 0 ? 0 : term_literally(c); }
static real term_without_last(int c) { return c == C - 1 ? 0 : term_guarded(c); }
static real term_exchanged(int c) { return part(y, c) == 0 ? 0 : -get(a, c, 0, 0, 0) * real_log(get(y, c, 0, 0, 0)); }
static real term_of_largest(int c) { return part(y, c) < largest(y) ? 0 : -real_log(get(a, c, 0, 0, 0)); }

static void scale(struct array x, double factor)
{
    for (int k = 0; k < x.count; k++)
        ((real *)x.at)[k] *= factor;
}

static void wrong_24_base_2(void) { loss_of_a(), scale(loss, 1 / log(2.0)); }
static void wrong_24_base_10(void) { loss_of_a(), scale(loss, 1 / log(10.0)); }
static void wrong_24_zero_log_zero(void) { add_terms(term_literally); }
static void wrong_24_no_minus(void) { loss_of_a(), scale(loss, -1); }
static void wrong_24_mean(void) { loss_of_a(), scale(loss, 1.0 / C); }
static void wrong_24_exchanged(void) { add_terms(term_exchanged); }
static void wrong_24_without_last(void) { add_terms(term_without_last); }
static void wrong_24_one_hot(void) { add_terms(term_of_largest); }

// Check the zeros
static void set(struct array x, double first, double second)
{
    put(x, 0, 0, 0, 0, first), put(x, 1, 0, 0, 0, second);
}

static void check_zeros(void)
{
    C = 2;
    draw_arrays();
    set(y, 0, 1), set(a, 0, 1);
    loss_of_a();
    cross_entropy_da(C, y.at, a.at, da.at);
    expect(part(loss, 0) == 0, "(24) is 0 for a = y, although 0 log 0 occurs");
    expect(part(da, 0) == 0 && part(da, 1) == -1, "(25) is (0, -1) there, not (nan, -1)");
    wrong_24_zero_log_zero();
    expect(isnan(part(loss, 0)), "left to the machine, 0 log 0 is nan");
    set(a, 1, 0);
    loss_of_a();
    cross_entropy_da(C, y.at, a.at, da.at);
    expect(isinf(part(loss, 0)), "(24) is infinite when the truth has probability 0");
    expect(part(da, 0) == 0 && isinf(part(da, 1)), "(25) is (0, -infinity) there");
}

// Check (25)
static real objective_a(void)
{
    layer.loss();
    return get(loss, 0, 0, 0, 0);
}

static void slope_a(void)
{
    cross_entropy_da(C, y.at, a.at, da.at);
}

static struct verdict verify_slope_a(void)
{
    struct verdict v = {0};
    struct array expected = array("da", 1, da.extent);
    for (int c = 0; c < C; c++)
        put(expected, c, 0, 0, 0, part(y, c) == 0 ? 0 : -exp(log(part(y, c)) - log(part(a, c))));
    layer.slope_a();
    compare(&v, ORACLE, 1e-14, da, expected);
    check_gradient(&v, objective_a, a, da, CURVED);
    return v;
}

static struct verdict check_slope_a(void)
{
    choose();
    return verify_slope_a();
}

static struct verdict check_slope_a_with_zeros(void)
{
    choose();
    choose_extreme_probabilities();
    return verify_slope_a();
}

// wrong: (25)
static void give_each(struct array out, term *t)   // out[c] = the term
{
    for (int c = 0; c < C; c++)
        put(out, c, 0, 0, 0, t(c));
}

static real slope_of_next(int c) { return -get(y, c, 0, 0, 0) / get(a, (c + 1) % C, 0, 0, 0); }
static real slope_inverted(int c) { return part(y, c) == 0 ? 0 : -get(a, c, 0, 0, 0) / get(y, c, 0, 0, 0); }
static real slope_one_hot(int c) { return part(y, c) == 0 ? 0 : -1 / get(a, c, 0, 0, 0); }
static real slope_literally(int c) { return -get(y, c, 0, 0, 0) / get(a, c, 0, 0, 0); }

static void wrong_25_no_minus(void) { slope_a(), scale(da, -1); }
static void wrong_25_base_2(void) { slope_a(), scale(da, 1 / log(2.0)); }
static void wrong_25_next(void) { give_each(da, slope_of_next); }
static void wrong_25_inverted(void) { give_each(da, slope_inverted); }
static void wrong_25_one_hot(void) { give_each(da, slope_one_hot); }
static void wrong_25_zero_by_zero(void) { give_each(da, slope_literally); }

static void add_on_top(struct array out, operation *right)
{
    struct array stale = array(out.name, 1, out.extent);
    right();
    for (int k = 0; k < out.count; k++)
        ((real *)out.at)[k] += ((real *)stale.at)[k];
}

static void wrong_25_on_top(void) { add_on_top(da, slope_a); }

// Check (G8)
static void softmax_and_loss(void)
{
    put(loss, 0, 0, 0, 0, softmax_cross_entropy(C, y.at, z.at, a.at));
}

static void verify_softmax(struct verdict *v)
{
    struct array expected = array("loss", 1, loss.extent), probability = array("a", 1, a.extent);
    double sum = 0;
    for (int c = 0; c < C; c++) {
        double inverse = 0;
        for (int c_ = 0; c_ < C; c_++)
            inverse += exp(part(z, c_) - part(z, c));
        put(probability, c, 0, 0, 0, 1 / inverse);
        sum += part(y, c) * log(inverse);
    }
    put(expected, 0, 0, 0, 0, sum);
    spoil(a), spoil(loss);
    layer.softmax();
    compare(v, ORACLE, 1e-14, loss, expected);
    compare(v, ORACLE, 1e-14, a, probability);
}

static struct verdict check_softmax(void)
{
    struct verdict v = {0};
    choose();
    verify_softmax(&v);
    return v;
}

static struct verdict check_softmax_far_from_zero(void)
{
    struct verdict v = {0};
    for (int centre = -1000; centre <= 1000; centre += 2000) {
        choose();
        for (int c = 0; c < C; c++)
            *entry(z, c, 0, 0, 0) += centre;
        verify_softmax(&v);
    }
    return v;
}

// wrong: (G8)
static real sum_of_labels(void)
{
    real sum = 0;
    for (int c = 0; c < C; c++)
        sum += get(y, c, 0, 0, 0);
    return sum;
}

static real mu(void)
{
    real most = get(z, 0, 0, 0, 0);
    for (int c = 1; c < C; c++)
        most = real_max(most, get(z, c, 0, 0, 0));
    return most;
}

static real s_from(int first)
{
    real s = 0;
    for (int c = first; c < C; c++)
        s += real_exp(get(z, c, 0, 0, 0) - mu());
    return s;
}

static void wrong_G8_unshifted(void)
{
    real s = 0;
    for (int c = 0; c < C; c++)
        s += real_exp(get(z, c, 0, 0, 0));
    for (int c = 0; c < C; c++)
        put(a, c, 0, 0, 0, real_exp(get(z, c, 0, 0, 0)) / s);
    loss_of_a();
}

static void wrong_G8_no_mu(void) { softmax_and_loss(), *entry(loss, 0, 0, 0, 0) -= sum_of_labels() * mu(); }
static void wrong_G8_mean(void) { softmax_and_loss(), scale(loss, 1.0 / C); }

static void wrong_G8_not_divided(void)
{
    softmax_and_loss();
    for (int c = 0; c < C; c++)
        put(a, c, 0, 0, 0, real_exp(get(z, c, 0, 0, 0) - mu()));
}

static void wrong_G8_from_one(void)
{
    for (int c = 0; c < C; c++)
        put(a, c, 0, 0, 0, real_exp(get(z, c, 0, 0, 0) - mu()) / s_from(1));
    loss_of_a();
}

static void wrong_G8_one_hot(void)
{
    softmax_and_loss();
    *entry(loss, 0, 0, 0, 0) += (1 - sum_of_labels()) * (real_log(s_from(0)) + mu());
}

static void wrong_G8_twice(void)
{
    struct array kept = z;
    softmax_and_loss();
    z = array("z", 1, a.extent);
    memcpy(z.at, a.at, (size_t)a.count * sizeof(real));
    softmax_and_loss();
    z = kept;
}

// Check the extremes
static void check_unshifted(void)   // right around 0, and only there
{
    struct layer right = layer;
    layer.softmax = wrong_G8_unshifted;
    struct verdict near = check_softmax(), far = check_softmax_far_from_zero();
    layer = right;
    expect(passes(&near), "(22) and (24) one after the other are right around 0");
    expect(!passes(&far), "and wrong around 1000 and -1000");
}

static void check_extremes(void)
{
    C = 2;
    draw_arrays();
    set(y, 0, 1), set(z, 1000, 0);
    softmax_and_loss();
    expect(part(loss, 0) == 1000, "(G8) of z = (1000, 0) with y = (0, 1) is 1000");
    loss_of_a();
    expect(isinf(part(loss, 0)), "(24) of the same probabilities is infinite: the second is 0");
    set(z, -1000, 0);
    softmax_and_loss();
    expect(part(loss, 0) == 0, "(G8) of z = (-1000, 0) with y = (0, 1) is 0");
}

// Check (G9)
static real objective_z(void)
{
    layer.softmax();
    return get(loss, 0, 0, 0, 0);
}

static void slope_z(void)
{
    softmax_cross_entropy_dz(C, y.at, a.at, dz.at);
}

static double chain(int c_)   // (25) times (23), summed
{
    double sum = 0;
    for (int c = 0; c < C; c++) {
        double slope = c == c_ ? part(a, c) * (1 - part(a, c)) : -part(a, c) * part(a, c_);
        sum += -part(y, c) / part(a, c) * slope;
    }
    return sum;
}

static struct verdict verify_slope_z(void)
{
    struct verdict v = {0};
    struct array expected = array("dz", 1, dz.extent);
    layer.softmax();
    layer.slope_z();
    for (int c_ = 0; c_ < C; c_++)
        put(expected, c_, 0, 0, 0, chain(c_));
    compare(&v, ORACLE, 1e-14, dz, expected);
    check_gradient(&v, objective_z, z, dz, CURVED);
    return v;
}

static struct verdict check_slope_z(void)
{
    choose();
    return verify_slope_z();
}

// Check a tie
static void check_tie(void)
{
    choose();
    set(z, 2, 2);   // all others are below 1
    struct verdict v = verify_slope_z();
    expect(passes(&v) && v.kinks == 0, "(G9) holds where two z are the largest");
}

// wrong: (G9)
static real slope_assuming_one(int c) { return get(a, c, 0, 0, 0) - get(y, c, 0, 0, 0); }
static real slope_of_diagonal(int c) { return -get(y, c, 0, 0, 0) * (1 - get(a, c, 0, 0, 0)); }
static real slope_without_labels(int c) { return get(a, c, 0, 0, 0) * sum_of_labels(); }

static void wrong_G9_assuming_one(void) { give_each(dz, slope_assuming_one); }
static void wrong_G9_diagonal(void) { give_each(dz, slope_of_diagonal); }
static void wrong_G9_no_labels(void) { give_each(dz, slope_without_labels); }
static void wrong_G9_no_softmax(void) { cross_entropy_da(C, y.at, a.at, dz.at); }
static void wrong_G9_sign(void) { slope_z(), scale(dz, -1); }
static void wrong_G9_on_top(void) { add_on_top(dz, slope_z); }

// Check a sample that does not exist
static void check_no_sample(void)
{
    C = 3;
    draw_arrays();
    randomise(z);
    memset(y.at, 0, (size_t)y.count * sizeof(real));
    softmax_and_loss();
    slope_z();
    expect(part(loss, 0) == 0 && largest(dz) == 0 && !isnan(part(dz, 0)), "a sample with no label has neither loss nor slope");
    wrong_G9_assuming_one();
    expect(largest(dz) > 0.3, "with a - y it would have one");
}

// Every small loss
static void every_small_shape(void)
{
    struct verdict v = {0};
    char claim[80];
    int cases = 0;
    for (C = 1; C <= 6; C++)
        for (int labelled = 0; labelled < 1 << C; labelled++) {
            draw_arrays();
            draw_entries(y, 564, 1024), draw_entries(z, -1024, 1023), draw_entries(a, 320, 896);
            for (int c = 0; c < C; c++)
                if (!(labelled >> c & 1))
                    put(y, c, 0, 0, 0, 0);
            verify_loss(&v);
            slope_a();
            adjoint(&v, objective_a, a, da, 1e-13);
            verify_softmax(&v);
            slope_z();
            adjoint(&v, objective_z, z, dz, 1e-13);
            release();
            cases++;
        }
    snprintf(claim, sizeof claim, "loss, every small number of classes and labels: %d of them", cases);
    result(passes(&v), claim);
    explain(&v);
}

// Illegal losses
static void without_classes(operation *f)
{
    choose();
    C = 0;
    f();
}

static void loss_of_no_class(void) { without_classes(loss_of_a); }
static void slope_a_of_no_class(void) { without_classes(slope_a); }
static void softmax_of_no_class(void) { without_classes(softmax_and_loss); }
static void slope_z_of_no_class(void) { without_classes(slope_z); }

static void check_refusals(void)
{
    const char *message = "there is at least one class";
    expect(refuses(loss_of_no_class, message), "(24) refuses to do without classes");
    expect(refuses(slope_a_of_no_class, message), "(25) refuses to do without classes");
    expect(refuses(softmax_of_no_class, message), "(G8) refuses to do without classes");
    expect(refuses(slope_z_of_no_class, message), "(G9) refuses to do without classes");
}

static void check_one_class(void)
{
    C = 1;
    draw_arrays();
    put(y, 0, 0, 0, 0, 1), put(z, 0, 0, 0, 0, 3);
    softmax_and_loss();
    slope_z();
    expect(part(loss, 0) == 0 && part(a, 0) == 1 && part(dz, 0) == 0, "a single class is certain: (G8) is 0 and its slope, too");
    loss_of_a();
    slope_a();
    expect(part(loss, 0) == 0 && part(da, 0) == -1, "and (24) is 0, and (25) is -1");
}

static struct layer layer = {loss_of_a, slope_a, softmax_and_loss, slope_z};

static const struct check checks[] = {
    {"(24)", "l", "cross_entropy", check_loss},
    {"(24)", "l, zeros", "cross_entropy", check_loss_with_zeros},
    {"(25)", "dl/da", "cross_entropy_da", check_slope_a},
    {"(25)", "dl/da, 0", "cross_entropy_da", check_slope_a_with_zeros},
    {"(G8)", "l, a", "softmax_cross_entropy", check_softmax},
    {"(G8)", "l, a, far", "softmax_cross_entropy", check_softmax_far_from_zero},
    {"(G9)", "dl/dz", "softmax_cross_entropy_dz", check_slope_z},
};

static const struct mutant mutants[] = {
    {"(24)", "E24", "log for ln, base 2", ORACLE, {{&layer.loss, wrong_24_base_2}}},
    {"(24)", "E24", "log for ln, base 10", ORACLE, {{&layer.loss, wrong_24_base_10}}},
    {"(24)", "L9", "0 log 0 left to the machine", ORACLE, {{&layer.loss, wrong_24_zero_log_zero}}},
    {"(24)", NULL, "no minus", ORACLE, {{&layer.loss, wrong_24_no_minus}}},
    {"(24)", NULL, "the mean over the classes", ORACLE, {{&layer.loss, wrong_24_mean}}},
    {"(24)", NULL, "a ln y", ORACLE, {{&layer.loss, wrong_24_exchanged}}},
    {"(24)", NULL, "the last class left out", ORACLE, {{&layer.loss, wrong_24_without_last}}},
    {"(24)", NULL, "the largest label only", ORACLE, {{&layer.loss, wrong_24_one_hot}}},
    {"(25)", NULL, "no minus", CENTRAL, {{&layer.slope_a, wrong_25_no_minus}}},
    {"(25)", NULL, "a[c' + 1]", CENTRAL, {{&layer.slope_a, wrong_25_next}}},
    {"(25)", NULL, "a / y", CENTRAL, {{&layer.slope_a, wrong_25_inverted}}},
    {"(25)", NULL, "1 for every label", CENTRAL, {{&layer.slope_a, wrong_25_one_hot}}},
    {"(25)", NULL, "0 / 0 left to the machine", CENTRAL, {{&layer.slope_a, wrong_25_zero_by_zero}}},
    {"(25)", NULL, "the slope of base 2", CENTRAL, {{&layer.slope_a, wrong_25_base_2}}},
    {"(25)", NULL, "base 2 in the loss and in the slope", ORACLE, {{&layer.loss, wrong_24_base_2}, {&layer.slope_a, wrong_25_base_2}}},
    {"(25)", NULL, "+= on a stale slope", CENTRAL, {{&layer.slope_a, wrong_25_on_top}}},
    {"(G8)", "L8", "no shift by the maximum", ORACLE, {{&layer.softmax, wrong_G8_unshifted}}},
    {"(G8)", NULL, "mu not added back", ORACLE, {{&layer.softmax, wrong_G8_no_mu}}},
    {"(G8)", NULL, "a not divided by s", ORACLE, {{&layer.softmax, wrong_G8_not_divided}}},
    {"(G8)", NULL, "the sum from 1", ORACLE, {{&layer.softmax, wrong_G8_from_one}}},
    {"(G8)", NULL, "ln s + mu once, not for each label", ORACLE, {{&layer.softmax, wrong_G8_one_hot}}},
    {"(G8)", NULL, "softmax of a softmax", ORACLE, {{&layer.softmax, wrong_G8_twice}}},
    {"(G8)", NULL, "the mean over the classes", ORACLE, {{&layer.softmax, wrong_G8_mean}}},
    {"(G9)", NULL, "a - y for any labels", CENTRAL, {{&layer.slope_z, wrong_G9_assuming_one}}},
    {"(G9)", NULL, "labels trusted in the loss and in the slope", ORACLE,
     {{&layer.softmax, wrong_G8_one_hot}, {&layer.slope_z, wrong_G9_assuming_one}}},
    {"(G9)", NULL, "(25), without the softmax", CENTRAL, {{&layer.slope_z, wrong_G9_no_softmax}}},
    {"(G9)", NULL, "the diagonal of (23) only", CENTRAL, {{&layer.slope_z, wrong_G9_diagonal}}},
    {"(G9)", NULL, "y - a", CENTRAL, {{&layer.slope_z, wrong_G9_sign}}},
    {"(G9)", NULL, "no labels", CENTRAL, {{&layer.slope_z, wrong_G9_no_labels}}},
    {"(G9)", NULL, "+= on a stale slope", CENTRAL, {{&layer.slope_z, wrong_G9_on_top}}},
};

static void claims(void)
{
    check_zeros();
    check_unshifted();
    check_extremes();
    check_tie();
    check_no_sample();
    check_one_class();
    check_refusals();
}

int main(void)
{
    return run_suite(&(struct suite){"chapters/6-loss.md", sizeof checks / sizeof *checks, sizeof mutants / sizeof *mutants,
                                     checks, mutants, claims, every_small_shape});
}

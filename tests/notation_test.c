// Tangled from chapters/0-notation.md [1f59fb39c978]: edit the chapter, or edit here and run make stitch
#include "../src/notation.c"
#include "check.h"

// Check (G15)
static struct array theta, estimates;
static operation *estimate;

static real cube(void)
{
    real t = *(real *)theta.at;
    return t * t * t;
}

static void fill_estimates(double (*slope)(double h))
{
    for (int k = 0; k < estimates.count; k++)
        put(estimates, k, 0, 0, 0, slope(1.0 / (2 << k)));
}

static double by_difference(double h)
{
    return central_difference(cube, theta.at, h).value;
}

static void central_estimates(void)
{
    fill_estimates(by_difference);
}

static struct verdict check_differences(void)
{
    struct verdict v = {0};
    const double known[] = {12.25, 12.0625, 12.015625};
    theta = array("theta", 1, (int[]){1}), estimates = array("slope", 1, (int[]){3});
    struct array expected = array("slope", 1, estimates.extent);
    put(theta, 0, 0, 0, 0, 2);
    estimate();
    for (int k = 0; k < 3; k++)
        put(expected, k, 0, 0, 0, known[k]);
    compare(&v, ORACLE, EXACT, estimates, expected);
    return v;
}

// wrong: (G15)
static double cube_at(double t) { return t * t * t; }
static double one_sided(double h) { return (cube_at(2 + h) - cube_at(2)) / h; }
static double not_halved(double h) { return (cube_at(2 + h) - cube_at(2 - h)) / h; }
static double of_one_end(double h) { return cube_at(2 + h) / (2 * h); }
static double ends_exchanged(double h) { return (cube_at(2 - h) - cube_at(2 + h)) / (2 * h); }

static void wrong_G15_one_sided(void) { fill_estimates(one_sided); }
static void wrong_G15_not_halved(void) { fill_estimates(not_halved); }
static void wrong_G15_one_end(void) { fill_estimates(of_one_end); }
static void wrong_G15_exchanged(void) { fill_estimates(ends_exchanged); }

// Promises of the checker
static struct array slope_of_theta;

static struct verdict gradient_verdict(objective *f, double at, double slope, enum bend bend)
{
    struct verdict v = {0};
    theta = array("theta", 1, (int[]){1}), slope_of_theta = array("dtheta", 1, theta.extent);
    put(theta, 0, 0, 0, 0, at);
    put(slope_of_theta, 0, 0, 0, 0, slope);
    check_gradient(&v, f, theta, slope_of_theta, bend);
    return v;
}

static real relu_of_theta(void)
{
    real t = *(real *)theta.at;
    went(creal(t) > 0 ? 1 : creal(t) < 0 ? 2 : 3);
    return creal(t) > 0 ? t : 0;
}

static real constant(void)
{
    return 5;
}

static void check_kinks(void)
{
    struct verdict near = gradient_verdict(relu_of_theta, 0.01, 1, EXACTLY_AFFINE), at = gradient_verdict(relu_of_theta, 0, 0, EXACTLY_AFFINE);
    struct slope s = central_difference(relu_of_theta, theta.at, 1);
    expect(passes(&near) && !near.kinks, "near a kink the step is made smaller");
    expect(at.kinks == 1 && !at.by[CENTRAL].entries, "at a kink nothing is compared, and it is counted");
    expect(s.step == 0, "and there is no slope to speak of");
}

static void check_verdicts(void)
{
    struct verdict dead = gradient_verdict(constant, 1, 0, EXACTLY_AFFINE);
    struct verdict wrong = gradient_verdict(cube, 2, 12.001, CURVED), right = gradient_verdict(cube, 2, 12, CURVED);
    expect(!passes(&dead) && dead.dead, "an argument without influence is called dead, and fails");
    expect(caught(&wrong, CENTRAL) && wrong.by[CENTRAL].error < 1e-4, "a slope that is off in its fifth digit is caught at the best of all steps");
    expect(passes(&right) && right.by[CENTRAL].error < 1e-9, "the right one agrees to nine digits");
    struct verdict kept = {0};
    judge(&kept, ORACLE, 1, 0, 0, ""), judge(&kept, ORACLE, 1, 0.5, 0, "middle"), judge(&kept, ORACLE, 1, 0, 0, "");
    expect(caught(&kept, ORACLE) && kept.by[ORACLE].error == 0.5, "the worst is kept where nothing is allowed");
    struct verdict none = {0};
    expect(!passes(&none), "a check that compares nothing does not pass");
}

static void check_arrays(void)
{
    struct verdict v = {0};
    release();
    struct array x = array("x", 1, (int[]){3}), y = array("y", 1, (int[]){3});
    memset(y.at, 0, 3 * sizeof(real));
    put(x, 0, 0, 0, 0, 0), put(x, 2, 0, 0, 0, 0);
    compare(&v, ORACLE, EXACT, x, y);
    expect(caught(&v, ORACLE), "an entry that was not written is caught");
    expect(!array_with_broken_guard(), "what is written inside of an array breaks no guard");
#ifndef __SANITIZE_ADDRESS__
    ((real *)y.at)[3] = 7;
    expect(array_with_broken_guard() && !strcmp(array_with_broken_guard(), "y"), "what is written behind an array is found");
    ((real *)x.at)[-1] = 7;
    expect(!strcmp(array_with_broken_guard(), "x"), "and what is written before it");
#endif
}

static void check_recognition(void)
{
    static operation *elsewhere = central_estimates;
    const struct mutant here = {.change = {{&estimate, wrong_G15_exchanged}}}, other = {.change = {{&elsewhere, wrong_G15_exchanged}}};
    expect(concerns(&here, 0) && !concerns(&other, 0), "a mistake is recognised only in what the check calls");
}

static int draws_differ(void)
{
    int value[4], differ = 1;
    begin_stream(1);
    for (int k = 0; k < 1000; k++) {
        draw_different(4, value, 2, 6);
        for (int i = 0; i < 4; i++)
            differ &= 2 <= value[i] && value[i] <= 6 && !is_among(i, value, value[i]);
    }
    return differ;
}

// The adjoint by hand
static struct array two;

static real by_hand(void)   // <v, z> with v = (1, 10), z0 = 2 a0 + 3 a1, z1 = 4 a1
{
    const real *a = two.at;
    return 2 * a[0] + 3 * a[1] + 10 * (4 * a[1]);
}

static void check_adjoint(void)
{
#ifdef COMPLEX
    struct verdict right = {0}, wrong = {0};
    two = array("a", 1, (int[]){2});
    struct array da = array("da", 1, two.extent);
    randomise(two);
    put(da, 0, 0, 0, 0, 2), put(da, 1, 0, 0, 0, 43);
    adjoint(&right, by_hand, two, da, EXACT);
    put(da, 0, 0, 0, 0, 32), put(da, 1, 0, 0, 0, 40);
    adjoint(&wrong, by_hand, two, da, EXACT);
    expect(passes(&right) && !passes(&wrong), "the adjoint test accepts (2, 43) and rejects (32, 40)");
#else
    (void)by_hand;
    (void)two;
#endif
}

static operation *estimate = central_estimates;

static const struct check checks[] = {
    {"(G15)", "slope", "central_difference", check_differences},
};

static const struct mutant mutants[] = {
    {"(G15)", NULL, "to one side", ORACLE, {{&estimate, wrong_G15_one_sided}}},
    {"(G15)", NULL, "not divided by two", ORACLE, {{&estimate, wrong_G15_not_halved}}},
    {"(G15)", NULL, "the value at one end", ORACLE, {{&estimate, wrong_G15_one_end}}},
    {"(G15)", NULL, "the ends exchanged", ORACLE, {{&estimate, wrong_G15_exchanged}}},
};

static void claims(void)
{
    check_kinks();
    check_verdicts();
    check_arrays();
    check_adjoint();
    check_recognition();
    expect(draws_differ(), "extents that must differ do, and stay in their range");
}

int main(void)
{
    return run_suite(&(struct suite){"chapters/0-notation.md", sizeof checks / sizeof *checks, sizeof mutants / sizeof *mutants,
                                     checks, mutants, claims, NULL});
}

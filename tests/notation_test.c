// Tangled from chapters/0-notation.md [44af3072be69]: edit there, or here and make stitch
#include "../src/notation.c"
#include "check.h"

// Numbers for (G15)
static struct array theta, slopes;

static real cube(void)
{
    real t = at(theta, 0);
    return t * t * t;
}

static void choose(int shape)
{
    (void)shape;
    ARRAY(theta, 1), ARRAY(slopes, 3);
    at(theta, 0) = 2;
}

// Check (G15)
DEFINE(slopes, at(slopes, 0) = 12.25; at(slopes, 1) = 12.0625; at(slopes, 2) = 12.015625)
EQUATION(G15, slopes,
         EACH(k, 3) at(slopes, k) = central_difference(cube, theta.at, 1.0 / (2 << k)).value,
         OF(central_difference), AT(1), WITHOUT_REGIMES)

// Promises about slopes
static struct verdict gradient_verdict(objective *f, double where, double slope, enum bend bend)
{
    struct verdict v = {0};
    struct array gradient;
    ARRAY(theta, 1);
    ARRAY(gradient, 1);
    at(theta, 0) = where, at(gradient, 0) = slope;
    check_gradient(&v, f, theta, gradient, bend);
    return v;
}

static real relu_of_theta(void)
{
    real t = at(theta, 0);
    went(creal(t) > 0 ? 1 : creal(t) < 0 ? 2 : 3);
    return creal(t) > 0 ? t : 0;
}

static real constant(void)
{
    return 5;
}

static int a_step_is_shortened(void)
{
    struct verdict near = gradient_verdict(relu_of_theta, 0.01, 1, EXACTLY_AFFINE);
    return passes(&near) && !near.kinks;
}

static int a_kink_is_counted(void)
{
    struct verdict v = gradient_verdict(relu_of_theta, 0, 0, EXACTLY_AFFINE);
    return v.kinks == 1 && !v.by[CENTRAL].entries
        && central_difference(relu_of_theta, theta.at, 1).step == 0;
}

static int a_dead_argument_fails(void)
{
    struct verdict v = gradient_verdict(constant, 1, 0, EXACTLY_AFFINE);
    return !passes(&v) && v.dead;
}

static int the_fifth_digit_is_seen(void)
{
    struct verdict wrong = gradient_verdict(cube, 2, 12.001, CURVED);
    struct verdict right = gradient_verdict(cube, 2, 12, CURVED);
    return caught(&wrong, CENTRAL) && wrong.by[CENTRAL].error < 1e-4
        && passes(&right) && right.by[CENTRAL].error < 1e-9;
}

CLAIM("near a kink the step is made smaller", a_step_is_shortened())
CLAIM("at a kink nothing is compared, and it is counted", a_kink_is_counted())
CLAIM("an argument without influence is called dead, and fails", a_dead_argument_fails())
CLAIM("a slope that is off in its fifth digit is caught, the right one passes",
      the_fifth_digit_is_seen())

// Promises about arrays
static int unwritten_is_caught(void)
{
    struct verdict v = {0};
    struct array x, y;
    ARRAY(x, 3);
    ARRAY(y, 3);
    clear(y);
    at(x, 0) = at(x, 2) = 0;
    compare(&v, ORACLE, EXACT, x, y);
    return caught(&v, ORACLE);
}

#ifndef __SANITIZE_ADDRESS__   // the sanitizer has guards of its own
static int guard_notices(int place)   // what is written there, in an array of three
{
    struct array x;
    ARRAY(x, 3);
    ((real *)x.at)[place] = 7;
    return array_with_broken_guard() != NULL;
}

CLAIM("what is written inside of an array breaks no guard", !guard_notices(2))
CLAIM("what is written behind an array is found", guard_notices(3))
CLAIM("and what is written before it", guard_notices(-1))
#endif

static int the_worst_is_kept(void)
{
    struct verdict kept = {0}, none = {0};
    judge(&kept, ORACLE, 1, 0, 0, ""), judge(&kept, ORACLE, 1, 0.5, 0, "middle");
    judge(&kept, ORACLE, 1, 0, 0, "");
    return caught(&kept, ORACLE) && kept.by[ORACLE].error == 0.5 && !passes(&none);
}

static int draws_differ(void)
{
    int value[4], differ = 1;
    for (int k = 0; k < 1000; k++) {
        draw_different(4, value, 2, 6);
        for (int i = 0; i < 4; i++)
            differ &= 2 <= value[i] && value[i] <= 6 && !is_among(i, value, value[i]);
    }
    return differ;
}

CLAIM("an entry that was not written is caught", unwritten_is_caught())
CLAIM("the worst is kept; a check that compares nothing does not pass", the_worst_is_kept())
CLAIM("extents that must differ do, and stay in their range", draws_differ())

// Promises about wrong functions
static struct array once, twice;

static void double_it(void) { EACH(i, 3) at(twice, i) = 2 * at(once, i); }
static void triple_it(void) { EACH(i, 3) at(twice, i) = 3 * at(once, i); }
static void skip_one(void) { EACH(i, 2) at(twice, i) = 3 * at(once, i); }
static void read_behind(void) { EACH(i, 3) at(twice, i) = 2 * ((real *)once.at)[i + 1]; }

static void test_doubling(operation *tested)
{
    static struct equation doubling = {.tag = "(x)", .result = {&twice}, .define = double_it};
    doubling.run = tested;
    under_test = &doubling;
    ARRAY(once, 3), ARRAY(twice, 3);
    randomise(once);
}

static struct version tried(operation *tested, operation *mistake)   // the mistake's version
{
    struct version v[2] = {{.run = tested, .as_tested = 1}, {.run = mistake, .as_tested = 1}};
    test_doubling(tested);
    try_shape(2, v, 0);
    v[1].as_tested &= !passes(&v[0].verdict);
    return v[1];
}

static int reads_behind(void)   // which place a nan comes from
{
    test_doubling(read_behind);
    fill_guards(0);
    int behind = guard(once) ? is_read((real *)once.at + 3) && !is_read((real *)once.at - 1) : 1;
    fill_guards(0xff);
    return behind;
}

#define TWICE(name, ...) static void name(void) { EACH(i, 3) at(twice, i) = 2 * (__VA_ARGS__); }

TWICE(in_float, (float)part(once, i))
TWICE(cut_at_8, fmax(-8, fmin(8, part(once, i))))
TWICE(nothing_small, fabs(part(once, i)) < 1e-6 ? 0 : part(once, i))
TWICE(one_for_zero, part(once, i) == 0 ? 1 : part(once, i))

static int in_regimes(operation *tested)   // whether a function passes, drawn sixty times
{
    struct version v = {.run = tested};
    EACH(k, 60) {
        regime = USUAL_SIZE + k % (REGIME_COUNT - USUAL_SIZE);
        release();
        test_doubling(tested);
        try_regime(1, &v);
    }
    regime = UNROUNDED;
    return passes(&v.verdict);
}

static int only_in_regimes(operation *mistake)   // it is seen: not by numbers that don't round
{
    struct version v = {.run = mistake};
    test_doubling(mistake);
    try_shape(1, &v, 0);
    return passes(&v.verdict) && !in_regimes(mistake);
}

CLAIM("the right function passes in all regimes", in_regimes(double_it))
CLAIM("float for double is seen in regimes alone", only_in_regimes(in_float))
CLAIM("so is a number that is cut off at 8", only_in_regimes(cut_at_8))
CLAIM("a small one that is taken for zero", only_in_regimes(nothing_small))
CLAIM("and a zero that is taken for one", only_in_regimes(one_for_zero))
CLAIM("the right function agrees with itself in place, a wrong one does not",
      (test_doubling(double_it), !agrees(double_it, triple_it, &twice, twice)
                                 && agrees(double_it, double_it, &twice, once)))
CLAIM("a known mistake is recognised", tried(triple_it, triple_it).as_tested)
CLAIM("another is not taken for it", !tried(skip_one, triple_it).as_tested)
CLAIM("results that hold nan resemble nothing", !tried(skip_one, skip_one).as_tested)
CLAIM("the right function is not called a mistake", !tried(double_it, double_it).as_tested)
CLAIM("a place that was read outside of an array is found", reads_behind())
CLAIM("what is as it is defined is told from what is not",   // the first call leaves the right one
      (test_doubling(double_it), triple_it(),
       !as_defined(twice, double_it) && as_defined(twice, double_it)))

// The adjoint by hand
#ifdef COMPLEX
static struct array two;

static real by_hand(void)   // <v, z> with v = (1, 10), z0 = 2 a0 + 3 a1, z1 = 4 a1
{
    return 2 * at(two, 0) + 3 * at(two, 1) + 10 * (4 * at(two, 1));
}

static int adjoint_accepts(double da0, double da1)
{
    struct verdict v = {0};
    struct array da;
    ARRAY(two, 2);
    ARRAY(da, 2);
    randomise(two);
    at(da, 0) = da0, at(da, 1) = da1;
    judge_direction(&v, along_random(by_hand, two), da, EXACT);
    return passes(&v);
}

CLAIM("the adjoint test accepts (2, 43)", adjoint_accepts(2, 43))
CLAIM("and rejects (32, 40)", !adjoint_accepts(32, 40))
#endif

// wrong: (G15)
static double cube_at(double t) { return t * t * t; }
#define EACH_STEP EACH(k, 3) for (double h = 1.0 / (2 << k); h; h = 0)

WRONG(G15, NULL, "to one side", ORACLE,
      EACH_STEP at(slopes, k) = (cube_at(2 + h) - cube_at(2)) / h)
WRONG(G15, NULL, "not divided by two", ORACLE,
      EACH_STEP at(slopes, k) = (cube_at(2 + h) - cube_at(2 - h)) / h)
WRONG(G15, NULL, "the value at one end", ORACLE,
      EACH_STEP at(slopes, k) = cube_at(2 + h) / (2 * h))
WRONG(G15, NULL, "the ends exchanged", ORACLE,
      EACH_STEP at(slopes, k) = (cube_at(2 - h) - cube_at(2 + h)) / (2 * h))

int main(void)
{
    return check_chapter("chapters/0-notation.md", choose, 0, NULL);
}

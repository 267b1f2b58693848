// Tangled from chapters/5-activations.md [298bdae3ce56]: edit there, or here and make stitch
#include "../src/activations.c"
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

// The activations under test
static struct activation {
    operation *relu, *relu_slope, *sigmoid, *sigmoid_slope, *arctan, *arctan_slope, *softmax, *jacobian, *softmax_slope;
} activation;

// Numbers for the activations
enum numbers { NOT_ZERO, WITH_ZEROS, SCORES };   // SCORES: a few, for softmax
static struct array z, a, da, dz, J;

static void choose_count(int low, int high)
{
    z = array("z", 1, (int[]){between(low, high)}), dz = array("dz", 1, z.extent);
    a = array("a", 1, z.extent), da = array("da", 1, z.extent);
    randomise(z), randomise(da);
    for (int i = 0; i < z.count; i++) {
        put(z, i, 0, 0, 0, (2 * fabs(part(z, i)) + 0.125) * (i % 2 ? -1 : 1));
        put(da, i, 0, 0, 0, (fabs(part(da, i)) + i % 3 + 0.125) * (i / 2 % 2 ? -1 : 1));   // never all equal: softmax has no slope then
    }
}

static void choose(enum numbers numbers)
{
    choose_count(numbers == SCORES ? 4 : 8, numbers == SCORES ? 6 : 12);
    if (numbers == WITH_ZEROS)
        put(z, 1, 0, 0, 0, 0), put(z, 2, 0, 0, 0, 0);
}

static double sum(struct array x)
{
    double s = 0;
    for (int i = 0; i < x.count; i++)
        s += part(x, i);
    return s;
}

// Oracles of the activations
typedef double function(double t);

static double relu_value(double t)
{
    return (t + fabs(t)) / 2;
}

static double relu_slope_value(double t)
{
    return t == 0 ? 0 : (1 + t / fabs(t)) / 2;
}

static double sigmoid_value(double t)
{
    return (1 + tanh(t / 2)) / 2;
}

static double sigmoid_slope_value(double t)
{
    return 1 / (4 * cosh(t / 2) * cosh(t / 2));
}

static double arctan_value(double t)
{
    return atan2(t, 1);   // the angle of the point (1, t)
}

static double arctan_slope_value(double t)
{
    return cos(arctan_value(t)) * cos(arctan_value(t));
}

// Verify an activation
static void verify_value(struct verdict *v, operation *f, function *value, double allowed)
{
    struct array expected = array("a", 1, z.extent);
    for (int i = 0; i < z.count; i++)
        put(expected, i, 0, 0, 0, value(part(z, i)));
    f();
    compare(v, ORACLE, allowed, a, expected);
}

static void verify_slope(struct verdict *v, operation *f, function *slope, double allowed)
{
    struct array expected = array("dz", 1, z.extent);
    for (int i = 0; i < z.count; i++)
        put(expected, i, 0, 0, 0, part(da, i) * slope(part(z, i)));
    f();
    compare(v, ORACLE, allowed, dz, expected);
}

// Check (20)
static void relu(void)
{
    relu_forward(z.count, z.at, a.at);
}

static struct verdict check_relu(void)
{
    struct verdict v = {0};
    choose(WITH_ZEROS);
    verify_value(&v, activation.relu, relu_value, EXACT);
    return v;
}

// wrong: (20)
static void write_values(function *f)
{
    for (int i = 0; i < z.count; i++)
        put(a, i, 0, 0, 0, f(part(z, i)));
}

static double smaller_than_zero(double t) { return fmin(0, t); }
static double relu_of_minus(double t) { return fmax(0, -t); }
static double identity(double t) { return t; }
static double leaky(double t) { return t > 0 ? t : t / 10; }
static double larger_than_one(double t) { return fmax(1, t); }

static void wrong_20_smaller(void) { write_values(smaller_than_zero); }
static void wrong_20_minus(void) { write_values(relu_of_minus); }
static void wrong_20_absolute(void) { write_values(fabs); }
static void wrong_20_identity(void) { write_values(identity); }
static void wrong_20_leaky(void) { write_values(leaky); }
static void wrong_20_one(void) { write_values(larger_than_one); }

static void wrong_20_from_one(void)
{
    for (int i = 1; i < z.count; i++)
        put(a, i, 0, 0, 0, relu_value(part(z, i)));
}

static void wrong_20_on_top(void)
{
    for (int i = 0; i < z.count; i++)
        *entry(a, i, 0, 0, 0) += relu_value(part(z, i));
}

// Check (21)
static real objective_relu(void)
{
    for (int i = 0; i < z.count; i++)
        went(part(z, i) > 0 ? 2 : part(z, i) == 0);
    activation.relu();
    return inner_product(da, a);
}

static void relu_slope(void)
{
    relu_backward(z.count, z.at, da.at, dz.at);
}

static struct verdict verify_relu_slope(enum numbers numbers)
{
    struct verdict v = {0};
    choose(numbers);
    verify_slope(&v, activation.relu_slope, relu_slope_value, EXACT);
    check_gradient(&v, objective_relu, z, dz, EXACTLY_AFFINE);
    return v;
}

static struct verdict check_relu_slope(void)
{
    return verify_relu_slope(WITH_ZEROS);
}

static struct verdict check_relu_slope_without_zeros(void)
{
    return verify_relu_slope(NOT_ZERO);
}

// wrong: (21)
static void write_slopes(function *f)
{
    for (int i = 0; i < z.count; i++)
        put(dz, i, 0, 0, 0, part(da, i) * f(part(z, i)));
}

static double one_at_zero(double t) { return t >= 0; }
static double half_at_zero(double t) { return t > 0 ? 1 : t == 0 ? 0.5 : 0; }
static double one_where_negative(double t) { return t <= 0; }
static double leaky_slope(double t) { return t > 0 ? 1 : 0.1; }
static double sign(double t) { return (t > 0) - (t < 0); }

static void wrong_21_as_printed(void) { write_slopes(one_at_zero); }
static void wrong_21_half(void) { write_slopes(half_at_zero); }
static void wrong_21_inverted(void) { write_slopes(one_where_negative); }
static void wrong_21_times_z(void) { write_slopes(relu_value); }
static void wrong_21_leaky(void) { write_slopes(leaky_slope); }
static void wrong_21_sign(void) { write_slopes(sign); }

static void wrong_21_mask_of_da(void)
{
    for (int i = 0; i < z.count; i++)
        put(dz, i, 0, 0, 0, relu_value(part(da, i)));
}

static void wrong_21_mask_alone(void)
{
    for (int i = 0; i < z.count; i++)
        put(dz, i, 0, 0, 0, part(z, i) > 0);
}

static void wrong_21_on_top(void)
{
    for (int i = 0; i < z.count; i++)
        *entry(dz, i, 0, 0, 0) += part(da, i) * (part(z, i) > 0);
}

// Check ReLU in place
static struct verdict check_relu_in_place(void)
{
    struct verdict v = {0};
    choose(NOT_ZERO);
    a = z, dz = da;
    verify_value(&v, activation.relu, relu_value, EXACT);
    verify_slope(&v, activation.relu_slope, relu_slope_value, EXACT);
    return v;
}

// Claims about zero
static real objective_without_sides(void)
{
    activation.relu();
    return inner_product(da, a);
}

static void check_zero(void)
{
    struct verdict v = verdict_with(&(struct mutant){.change = {{&activation.relu_slope, wrong_21_as_printed}}}, check_relu_slope_without_zeros);
    expect(passes(&v), "away from zero the printed (21) is not noticed");
    choose(WITH_ZEROS);
    int halves = 0;
    for (int i = 0; i < z.count; i++)
        halves += part(z, i) == 0 && central_difference(objective_without_sides, entry(z, i, 0, 0, 0), 1).value == part(da, i) / 2;
    expect(halves == 2, "central differences at zero say one half");
}

// Check (G1)
static void sigmoid(void) { sigmoid_forward(z.count, z.at, a.at); }
static void sigmoid_slope(void) { sigmoid_backward(z.count, z.at, da.at, dz.at); }
static void arctan(void) { arctan_forward(z.count, z.at, a.at); }
static void arctan_slope(void) { arctan_backward(z.count, z.at, da.at, dz.at); }

static real objective_sigmoid(void)
{
    activation.sigmoid();
    return inner_product(da, a);
}

static real objective_arctan(void)
{
    activation.arctan();
    return inner_product(da, a);
}

static struct verdict check_sigmoid(void)
{
    struct verdict v = {0};
    choose(NOT_ZERO);
    verify_value(&v, activation.sigmoid, sigmoid_value, 1e-14);
    verify_slope(&v, activation.sigmoid_slope, sigmoid_slope_value, 1e-14);
    check_gradient(&v, objective_sigmoid, z, dz, CURVED);
    a = z, dz = da;
    verify_slope(&v, activation.sigmoid_slope, sigmoid_slope_value, 1e-14);
    verify_value(&v, activation.sigmoid, sigmoid_value, 1e-14);
    return v;
}

static struct verdict check_arctan(void)
{
    struct verdict v = {0};
    choose(NOT_ZERO);
    verify_value(&v, activation.arctan, arctan_value, 1e-14);
    verify_slope(&v, activation.arctan_slope, arctan_slope_value, 1e-14);
    check_gradient(&v, objective_arctan, z, dz, CURVED);
    a = z, dz = da;
    verify_slope(&v, activation.arctan_slope, arctan_slope_value, 1e-14);
    verify_value(&v, activation.arctan, arctan_value, 1e-14);
    return v;
}

// wrong: (G1)
static double z_one_minus_z(double t) { return t * (1 - t); }
static double a_one_plus_a(double t) { return sigmoid_value(t) * (1 + sigmoid_value(t)); }
static double slope_at_arctan(double t) { return arctan_slope_value(arctan_value(t)); }
static double slope_without_square(double t) { return 1 / (1 + t); }
static double sigmoid_of_minus(double t) { return sigmoid_value(-t); }
static double slope_of_minus(double t) { return -sigmoid_slope_value(t); }
static double one(double t) { return t == t; }

static void wrong_G1_from_z(void) { write_slopes(z_one_minus_z); }
static void wrong_G1_from_a(void) { write_slopes(slope_at_arctan); }
static void wrong_G1_plus(void) { write_slopes(a_one_plus_a); }
static void wrong_G1_no_square(void) { write_slopes(slope_without_square); }
static void wrong_G1_handed_on(void) { write_slopes(one); }
static void wrong_G1_minus(void) { write_values(sigmoid_of_minus); }
static void wrong_G1_minus_slope(void) { write_slopes(slope_of_minus); }

static void wrong_G1_no_da(void)
{
    for (int i = 0; i < z.count; i++)
        put(dz, i, 0, 0, 0, sigmoid_slope_value(part(z, i)));
}

// Check (22)
static void softmax(void)
{
    softmax_forward(z.count, z.at, a.at);
}

static void write_softmax(struct array out)
{
    for (int c = 0; c < z.count; c++) {
        double sum = 0;
        for (int c_ = z.count - 1; c_ >= 0; c_--)
            sum += exp(part(z, c_) - part(z, c));
        put(out, c, 0, 0, 0, 1 / sum);
    }
}

static void verify_softmax(struct verdict *v)
{
    struct array expected = array("a", 1, a.extent);
    activation.softmax();
    write_softmax(expected);
    compare(v, ORACLE, 1e-14, a, expected);
}

static struct verdict check_softmax(void)
{
    struct verdict v = {0};
    choose(SCORES);
    verify_softmax(&v);
    return v;
}

static struct verdict check_large_softmax(void)
{
    struct verdict v = {0};
    choose(SCORES);
    struct array moderate = z;
    z = array("z", 1, z.extent);
    for (int largest = -1; largest < z.count; largest++) {   // -1: all of them
        for (int c = 0; c < z.count; c++)
            put(z, c, 0, 0, 0, part(moderate, c) + (largest < 0 || c == largest ? 1000 : -1000));
        verify_softmax(&v);
    }
    return v;
}

// wrong: (22)
typedef double ratio(int c);   // what a[c] is

static double sum_of_exponentials(double shift)
{
    double sum = 0;
    for (int c = 0; c < z.count; c++)
        sum += exp(part(z, c) - shift);
    return sum;
}

static double largest_z(void)
{
    double most = part(z, 0);
    for (int c = 1; c < z.count; c++)
        most = fmax(most, part(z, c));
    return most;
}

static void write_ratios(ratio *r)
{
    for (int c = 0; c < z.count; c++)
        put(a, c, 0, 0, 0, r(c));
}

static double shifted(int c) { return exp(part(z, c) - largest_z()); }
static double one_z_in_every_term(int c) { return exp(part(z, c)) / (z.count * exp(part(z, c))); }
static double not_shifted(int c) { return exp(part(z, c)) / sum_of_exponentials(0); }
static double shifted_by_first(int c) { return exp(part(z, c) - part(z, 0)) / sum_of_exponentials(part(z, 0)); }
static double numerator_shifted(int c) { return shifted(c) / sum_of_exponentials(0); }
static double without_own_term(int c) { return shifted(c) / (sum_of_exponentials(largest_z()) - shifted(c)); }
static double from_the_second(int c) { return shifted(c) / (sum_of_exponentials(largest_z()) - shifted(0)); }
static double without_exponential(int c) { return part(z, c) / sum(z); }

static void wrong_22_one_z(void) { write_ratios(one_z_in_every_term); }
static void wrong_22_not_shifted(void) { write_ratios(not_shifted); }
static void wrong_22_first(void) { write_ratios(shifted_by_first); }
static void wrong_22_numerator(void) { write_ratios(numerator_shifted); }
static void wrong_22_not_divided(void) { write_ratios(shifted); }
static void wrong_22_own_term(void) { write_ratios(without_own_term); }
static void wrong_22_from_second(void) { write_ratios(from_the_second); }
static void wrong_22_no_exponential(void) { write_ratios(without_exponential); }

static void wrong_22_sigmoid(void)   // in complex numbers too, for the gradient methods
{
    for (int c = 0; c < z.count; c++)
        put(a, c, 0, 0, 0, 1 / (1 + exp(-get(z, c, 0, 0, 0))));
}

// Claims about softmax
static struct verdict check_sum(void)   // no oracle, only "the outputs sum to one"
{
    struct verdict v = {0};
    choose(SCORES);
    activation.softmax();
    judge(&v, ORACLE, 1, fabs(sum(a) - 1), 1e-14, "sum of a");
    return v;
}

static struct verdict check_single_softmax(void)
{
    struct verdict v = {0};
    choose_count(1, 1);
    verify_softmax(&v);
    return v;
}

static void softmax_of_nothing(void) { softmax_forward(0, z.at, a.at); }

static void check_claims_about_softmax(void)
{
    struct verdict v = verdict_with(&(struct mutant){.change = {{&activation.softmax, wrong_22_one_z}}}, check_sum);
    expect(passes(&v), "the sum of (22) is 1 with one z in every term");
    v = verdict_with(&(struct mutant){.change = {{&activation.softmax, wrong_22_not_shifted}}}, check_softmax);
    expect(passes(&v), "for moderate z the shift is not noticed");
    v = verdict_with(&(struct mutant){0}, check_single_softmax);
    expect(passes(&v), "softmax of one number is 1");
    expect(refuses(softmax_of_nothing, "softmax needs at least one number"), "softmax of no number is refused");
}

// Check (23)
static int output;

static real objective_output(void)
{
    activation.softmax();
    return get(a, output, 0, 0, 0);
}

static void jacobian(void)
{
    softmax_jacobian(z.count, a.at, J.at);
}

static double quotient(int c, int c_)   // the slope of a[c] with respect to z[c_]
{
    double S = sum_of_exponentials(0);
    return ((c == c_) * exp(part(z, c)) * S - exp(part(z, c)) * exp(part(z, c_))) / (S * S);
}

static void verify_jacobian(struct verdict *v)
{
    J = array("J", 2, (int[]){z.count, z.count});
    struct array expected = array("J", 2, J.extent);
    activation.softmax();
    activation.jacobian();
    for (int k = 0; k < J.count; k++)
        put(expected, k / z.count, k % z.count, 0, 0, quotient(k / z.count, k % z.count));
    compare(v, ORACLE, 1e-14, J, expected);
}

static struct array row_of_jacobian(int c)
{
    static const char *const name[] = {"J[0]", "J[1]", "J[2]", "J[3]", "J[4]", "J[5]"};
    struct array row = array(name[c], 1, z.extent);
    memcpy(row.at, entry(J, c, 0, 0, 0), (size_t)row.count * sizeof(real));
    return row;
}

static struct verdict check_jacobian(void)
{
    struct verdict v = {0};
    choose(SCORES);
    verify_jacobian(&v);
    for (output = 0; output < z.count; output++)
        check_gradient(&v, objective_output, z, row_of_jacobian(output), CURVED);
    return v;
}

// wrong: (23)
typedef double slope_of_output(int c, int c_);

static void write_jacobian(slope_of_output *slope)
{
    for (int c = 0; c < z.count; c++)
        for (int c_ = 0; c_ < z.count; c_++)
            put(J, c, c_, 0, 0, slope(c, c_));
}

static double captured(int c, int c_)   // c' free and summed
{
    double S = z.count * exp(part(z, c_));
    return c == c_ ? quotient(c, c_) : -exp(part(z, c)) * exp(part(z, c_)) / (S * S);
}

static double plus_off_diagonal(int c, int c_) { return fabs(quotient(c, c_)); }
static double diagonal(int c, int c_) { return c == c_ ? part(a, c) * (1 - part(a, c)) : 0; }
static double product_everywhere(int c, int c_) { return -part(a, c) * part(a, c_); }
static double slope_from_z(int c, int c_) { return part(z, c) * ((c == c_) - part(z, c_)); }
static double on_what_was_there(int c, int c_) { return creal(get(J, c, c_, 0, 0)) + quotient(c, c_); }

static void wrong_23_captured(void) { write_jacobian(captured); }
static void wrong_23_plus(void) { write_jacobian(plus_off_diagonal); }
static void wrong_23_diagonal(void) { write_jacobian(diagonal); }
static void wrong_23_product(void) { write_jacobian(product_everywhere); }
static void wrong_23_from_z(void) { write_jacobian(slope_from_z); }
static void wrong_23_on_top(void) { write_jacobian(on_what_was_there); }

// Check (G7)
static real objective_softmax(void)
{
    activation.softmax();
    return inner_product(da, a);
}

static void softmax_slope(void)
{
    softmax_backward(z.count, a.at, da.at, dz.at);
}

static void verify_softmax_slope(struct verdict *v)
{
    struct array expected = array("dz", 1, z.extent);
    activation.softmax();
    for (int c_ = 0; c_ < z.count; c_++) {
        real s = 0;
        for (int c = 0; c < z.count; c++)
            s += quotient(c, c_) * part(da, c);
        put(expected, c_, 0, 0, 0, s);
    }
    activation.softmax_slope();
    compare(v, ORACLE, 1e-14, dz, expected);
}

static struct verdict check_softmax_slope(void)
{
    struct verdict v = {0};
    choose(SCORES);
    verify_softmax_slope(&v);
    check_gradient(&v, objective_softmax, z, dz, CURVED);
    dz = da;
    verify_softmax_slope(&v);
    return v;
}

// wrong: (G7)
static double mean_slope(void)
{
    double mean = 0;
    for (int c = 0; c < z.count; c++)
        mean += part(da, c) * part(a, c);
    return mean;
}

static void write_products(double mean, double sign)
{
    for (int c = 0; c < z.count; c++)
        put(dz, c, 0, 0, 0, part(a, c) * (part(da, c) - sign * mean));
}

static void wrong_G7_plain_mean(void) { write_products(sum(da) / z.count, 1); }
static void wrong_G7_plus(void) { write_products(mean_slope(), -1); }
static void wrong_G7_no_mean(void) { write_products(0, 1); }

static void wrong_G7_diagonal(void)
{
    for (int c = 0; c < z.count; c++)
        put(dz, c, 0, 0, 0, part(da, c) * part(a, c) * (1 - part(a, c)));
}

static void wrong_G7_no_factor(void)
{
    double mean = mean_slope();
    for (int c = 0; c < z.count; c++)
        put(dz, c, 0, 0, 0, part(da, c) - mean);
}

static void wrong_G7_incomplete(void)
{
    double mean = 0;
    for (int c = 0; c < z.count; c++) {
        mean += part(da, c) * part(a, c);
        put(dz, c, 0, 0, 0, part(a, c) * (part(da, c) - mean));
    }
}

static void wrong_G7_on_top(void)
{
    double mean = mean_slope();
    for (int c = 0; c < z.count; c++)
        *entry(dz, c, 0, 0, 0) += part(a, c) * (part(da, c) - mean);
}

// Every small count
static void try_count(struct verdict *v)
{
    verify_value(v, relu, relu_value, EXACT), verify_slope(v, relu_slope, relu_slope_value, EXACT);
    adjoint(v, objective_relu, z, dz, EXACT);
    verify_value(v, sigmoid, sigmoid_value, 1e-14), verify_slope(v, sigmoid_slope, sigmoid_slope_value, 1e-14);
    adjoint(v, objective_sigmoid, z, dz, 1e-13);
    verify_value(v, arctan, arctan_value, 1e-14), verify_slope(v, arctan_slope, arctan_slope_value, 1e-14);
    adjoint(v, objective_arctan, z, dz, 1e-13);
    verify_softmax(v), verify_jacobian(v), verify_softmax_slope(v);
    adjoint(v, objective_softmax, z, dz, 1e-13);
}

static void every_small_shape(void)
{
    struct verdict v = {0};
    for (int count = 1; count <= 48; count++) {
        choose_count(count, count);
        try_count(&v);
        release();
    }
    result(passes(&v), "activations, 1 to 48 numbers");
    explain(&v);
}

static struct activation activation = {relu, relu_slope, sigmoid, sigmoid_slope, arctan, arctan_slope, softmax, jacobian, softmax_slope};

static const struct check checks[] = {
    {"(20)", "a", "relu_forward", check_relu},
    {"(21)", "dl/dz", "relu_backward", check_relu_slope},
    {"(21)", "in place", "relu_backward", check_relu_in_place},
    {"(G1)", "ReLU", "relu_backward", check_relu_slope_without_zeros},
    {"(G1)", "sigmoid", "sigmoid_backward", check_sigmoid},
    {"(G1)", "arctan", "arctan_backward", check_arctan},
    {"(22)", "a", "softmax_forward", check_softmax},
    {"(22)", "z ~ 1000", "softmax_forward", check_large_softmax},
    {"(23)", "da/dz", "softmax_jacobian", check_jacobian},
    {"(G7)", "dl/dz", "softmax_backward", check_softmax_slope},
};

static const struct mutant mutants[] = {
    {"(20)", NULL, "min(0, z)", ORACLE, {{&activation.relu, wrong_20_smaller}}},
    {"(20)", NULL, "max(0, -z)", ORACLE, {{&activation.relu, wrong_20_minus}}},
    {"(20)", NULL, "|z|", ORACLE, {{&activation.relu, wrong_20_absolute}}},
    {"(20)", NULL, "z, nothing is stopped", ORACLE, {{&activation.relu, wrong_20_identity}}},
    {"(20)", NULL, "a tenth of z where negative", ORACLE, {{&activation.relu, wrong_20_leaky}}},
    {"(20)", NULL, "max(1, z)", ORACLE, {{&activation.relu, wrong_20_one}}},
    {"(20)", NULL, "the first number left out", ORACLE, {{&activation.relu, wrong_20_from_one}}},
    {"(20)", NULL, "+= on a stale output", ORACLE, {{&activation.relu, wrong_20_on_top}}},
    {"(21)", "E21", "1 if z >= 0, as printed", ORACLE, {{&activation.relu_slope, wrong_21_as_printed}}},
    {"(21)", NULL, "one half at zero", ORACLE, {{&activation.relu_slope, wrong_21_half}}},
    {"(21)", NULL, "the mask from dl/da", CENTRAL, {{&activation.relu_slope, wrong_21_mask_of_da}}},
    {"(21)", NULL, "the mask inverted", CENTRAL, {{&activation.relu_slope, wrong_21_inverted}}},
    {"(21)", NULL, "the mask alone, without dl/da", CENTRAL, {{&activation.relu_slope, wrong_21_mask_alone}}},
    {"(21)", NULL, "max(0, z) for the mask", CENTRAL, {{&activation.relu_slope, wrong_21_times_z}}},
    {"(21)", NULL, "+= on a stale slope", CENTRAL, {{&activation.relu_slope, wrong_21_on_top}}},
    {"(21)", NULL, "a leaky ReLU forward and backward", ORACLE, {{&activation.relu, wrong_20_leaky}, {&activation.relu_slope, wrong_21_leaky}}},
    {"(21)", NULL, "|z| forward and backward", ORACLE, {{&activation.relu, wrong_20_absolute}, {&activation.relu_slope, wrong_21_sign}}},
    {"(G1)", NULL, "sigmoid: z (1 - z)", CENTRAL, {{&activation.sigmoid_slope, wrong_G1_from_z}}},
    {"(G1)", NULL, "arctan: 1 / (1 + a a)", CENTRAL, {{&activation.arctan_slope, wrong_G1_from_a}}},
    {"(G1)", NULL, "sigmoid: a (1 + a)", CENTRAL, {{&activation.sigmoid_slope, wrong_G1_plus}}},
    {"(G1)", NULL, "arctan: 1 / (1 + z)", CENTRAL, {{&activation.arctan_slope, wrong_G1_no_square}}},
    {"(G1)", NULL, "sigmoid: f' without dl/da", CENTRAL, {{&activation.sigmoid_slope, wrong_G1_no_da}}},
    {"(G1)", NULL, "arctan: dl/da without f'", CENTRAL, {{&activation.arctan_slope, wrong_G1_handed_on}}},
    {"(G1)", NULL, "sigmoid: exp(z) forward", ORACLE, {{&activation.sigmoid, wrong_G1_minus}}},
    {"(G1)", NULL, "sigmoid: exp(z) forward and backward", ORACLE,
     {{&activation.sigmoid, wrong_G1_minus}, {&activation.sigmoid_slope, wrong_G1_minus_slope}}},
    {"(22)", "E22", "one z in every term of the sum", ORACLE, {{&activation.softmax, wrong_22_one_z}}},
    {"(22)", "L8", "no shift, as in the paper's program", ORACLE, {{&activation.softmax, wrong_22_not_shifted}}},
    {"(22)", NULL, "shifted by the first z", ORACLE, {{&activation.softmax, wrong_22_first}}},
    {"(22)", NULL, "only the numerator shifted", ORACLE, {{&activation.softmax, wrong_22_numerator}}},
    {"(22)", NULL, "no sum over c'", ORACLE, {{&activation.softmax, wrong_22_not_divided}}},
    {"(22)", NULL, "the sum without its own term", ORACLE, {{&activation.softmax, wrong_22_own_term}}},
    {"(22)", NULL, "the sum from c' = 1", ORACLE, {{&activation.softmax, wrong_22_from_second}}},
    {"(22)", NULL, "z for exp(z)", ORACLE, {{&activation.softmax, wrong_22_no_exponential}}},
    {"(23)", "E23", "c' free and summed", CENTRAL, {{&activation.jacobian, wrong_23_captured}}},
    {"(23)", NULL, "a plus off the diagonal", CENTRAL, {{&activation.jacobian, wrong_23_plus}}},
    {"(23)", NULL, "the diagonal alone", CENTRAL, {{&activation.jacobian, wrong_23_diagonal}}},
    {"(23)", NULL, "- a[c] a[c'] on the diagonal too", CENTRAL, {{&activation.jacobian, wrong_23_product}}},
    {"(23)", NULL, "z for a", CENTRAL, {{&activation.jacobian, wrong_23_from_z}}},
    {"(23)", NULL, "+= on a stale matrix", CENTRAL, {{&activation.jacobian, wrong_23_on_top}}},
    {"(23)", NULL, "sigmoids forward and backward", ORACLE, {{&activation.softmax, wrong_22_sigmoid}, {&activation.jacobian, wrong_23_diagonal}}},
    {"(G7)", NULL, "the diagonal alone", CENTRAL, {{&activation.softmax_slope, wrong_G7_diagonal}}},
    {"(G7)", NULL, "the mean not weighted", CENTRAL, {{&activation.softmax_slope, wrong_G7_plain_mean}}},
    {"(G7)", NULL, "the mean with a plus", CENTRAL, {{&activation.softmax_slope, wrong_G7_plus}}},
    {"(G7)", NULL, "no sum over c'", CENTRAL, {{&activation.softmax_slope, wrong_G7_no_mean}}},
    {"(G7)", NULL, "the factor a[c] forgotten", CENTRAL, {{&activation.softmax_slope, wrong_G7_no_factor}}},
    {"(G7)", NULL, "a mean that is not complete", CENTRAL, {{&activation.softmax_slope, wrong_G7_incomplete}}},
    {"(G7)", NULL, "+= on a stale slope", CENTRAL, {{&activation.softmax_slope, wrong_G7_on_top}}},
    {"(G7)", NULL, "sigmoids forward and backward", ORACLE,
     {{&activation.softmax, wrong_22_sigmoid}, {&activation.softmax_slope, wrong_G7_diagonal}}},
};

static void claims(void)
{
    check_zero();
    check_claims_about_softmax();
}

int main(void)
{
    return run_suite(&(struct suite){"chapters/5-activations.md", sizeof checks / sizeof *checks, sizeof mutants / sizeof *mutants,
                                     checks, mutants, claims, every_small_shape});
}

// Tangled from chapters/5-activations.md [3d6fed5d8f67]: edit the chapter, or edit here and run make stitch
#include "../src/activations.c"
#include "check.h"

// Report without a number
static void unnumbered(const char *claim, struct verdict v)
{
    expect(passes(&v), claim);
    for (int m = 0; m < METHODS; m++)
        if (caught(&v, m))
            printf("      %s is off by %.1e where %.1e is allowed: %s\n", method_name[m], v.by[m].error, v.by[m].allowed, v.by[m].worst);
}

// Numbers for the activations
enum { N = 37, C = 7 };
static struct array z, a, da, dz;

static void choose(int count)
{
    z = array("z", 1, (int[]){count}), dz = array("dz", 1, z.extent);
    a = array("a", 1, z.extent), da = array("da", 1, z.extent);
    randomise(z), randomise(da);
    spoil(a), spoil(dz);
    for (int i = 0; i < count; i++) {
        double u = part(z, i);
        put(z, i, 0, 0, 0, 2 * u + (u < 0 ? -0.125 : 0.125));
    }
}

// Oracles of the activations
static double relu(double t)
{
    return (t + fabs(t)) / 2;
}

static double relu_slope(double t)
{
    return (1 + t / fabs(t)) / 2;
}

static double sigmoid(double t)
{
    return (1 + tanh(t / 2)) / 2;
}

static double sigmoid_slope(double t)
{
    return 1 / (4 * cosh(t / 2) * cosh(t / 2));
}

static double arctan(double t)
{
    return atan2(t, 1);   // the angle of the point (1, t)
}

static double arctan_slope(double t)
{
    return cos(arctan(t)) * cos(arctan(t));
}

// Check an activation, forward
typedef void forward_function(int count, const real *in, real *out);
typedef void backward_function(int count, const real *at, const real *slope, real *out);

struct activation {
    forward_function *forward;
    backward_function *backward;
    double (*value)(double z), (*slope)(double z);   // the oracles
    int kink;
};

static struct verdict check_forward(struct activation f)
{
    struct verdict v = {0};
    choose(N);
    f.forward(N, z.at, a.at);
    struct array expected = array("a", 1, a.extent);
    for (int i = 0; i < N; i++)
        put(expected, i, 0, 0, 0, f.value(part(z, i)));
    compare(&v, ORACLE, 1e-14, a, expected);
    return v;
}

// Check an activation, backward
static forward_function *differentiated;

static real objective_a(void)
{
    differentiated(N, z.at, a.at);
    return inner_product(da, a);
}

static double nearest_to_zero(struct array x)
{
    double least = INFINITY;
    for (int i = 0; i < x.count; i++)
        least = fmin(least, fabs(part(x, i)));
    return least;
}

static struct verdict check_backward(struct activation f)
{
    struct verdict v = {0};
    choose(N);
    f.backward(N, z.at, da.at, dz.at);
    struct array expected = array("dz", 1, dz.extent);
    for (int i = 0; i < N; i++)
        put(expected, i, 0, 0, 0, part(da, i) * f.slope(part(z, i)));
    compare(&v, ORACLE, 1e-14, dz, expected);
    differentiated = f.forward;
    check_gradient(&v, objective_a, z, dz, CURVED);
    if (f.kink && !(nearest_to_zero(z) > 2 * CURVED))
        judge(&v, CENTRAL, 1, NAN, 1, "an input is too close to the kink for the step");
    return v;
}

// Check ReLU in place
static struct verdict check_in_place(void)
{
    struct verdict v = {0};
    choose(N);
    relu_forward(N, z.at, a.at);
    relu_backward(N, z.at, da.at, dz.at);
    relu_forward(N, z.at, z.at);
    relu_backward(N, z.at, da.at, da.at);
    compare(&v, ORACLE, 1e-14, z, a);
    compare(&v, ORACLE, 1e-14, da, dz);
    return v;
}

// Check (21) at zero
static struct verdict check_at_zero(backward_function *backward)
{
    struct verdict v = {0};
    choose(N);
    memset(z.at, 0, N * sizeof(real));
    backward(N, z.at, da.at, dz.at);
    struct array expected = array("dz", 1, dz.extent);
    memset(expected.at, 0, N * sizeof(real));
    compare(&v, ORACLE, 0, dz, expected);
    return v;
}

static int halves_at_zero(void)   // what central differences say there: half of each slope
{
    differentiated = relu_forward;
    struct array slope = central_differences(objective_a, z, 1);
    int halves = 0;
    for (int i = 0; i < N; i++)
        halves += fabs(part(slope, i) - part(da, i) / 2) < 1e-14;
    return halves == N;
}

// wrong: (21) as printed
static void relu_backward_as_printed(int count, const real at[count], const real slope[count], real out[count])
{
    for (int i = 0; i < count; i++)
        out[i] = slope[i] * (creal(at[i]) >= 0);
}

// wrong: (21) with the mask of another array
static void relu_backward_masked_by_da(int count, const real at[count], const real slope[count], real out[count])
{
    (void)at;
    relu_backward(count, slope, slope, out);
}

// wrong: sigmoid and arctan with z and a confused
static void sigmoid_backward_from_z(int count, const real at[count], const real slope[count], real out[count])
{
    for (int i = 0; i < count; i++)
        out[i] = slope[i] * at[i] * (1 - at[i]);
}

static void arctan_backward_from_a(int count, const real at[count], const real slope[count], real out[count])
{
    arctan_forward(count, at, out);
    arctan_backward(count, out, slope, out);
}

// Check (22)
static struct verdict check_softmax(forward_function *softmax, double offset)
{
    struct verdict v = {0};
    choose(C);
    for (int c = 0; c < C; c++)
        ((real *)z.at)[c] += offset;
    softmax(C, z.at, a.at);
    struct array expected = array("a", 1, a.extent);
    for (int c = 0; c < C; c++) {
        double sum = 0;
        for (int c_ = C - 1; c_ >= 0; c_--)
            sum += exp(part(z, c_) - part(z, c));
        put(expected, c, 0, 0, 0, 1 / sum);
    }
    compare(&v, ORACLE, 1e-14, a, expected);
    return v;
}

static struct verdict check_sum(forward_function *softmax)   // no oracle, only "the outputs sum to one"
{
    struct verdict v = {0};
    choose(C);
    softmax(C, z.at, a.at);
    double sum = 0;
    for (int c = 0; c < C; c++)
        sum += part(a, c);
    judge(&v, ORACLE, 1, fabs(sum - 1), 1e-14, "sum of a");
    return v;
}

// wrong: (22) with one z in every term
static void softmax_with_one_z(int count, const real in[count], real out[count])
{
    for (int i = 0; i < count; i++) {
        real sum = 0;
        for (int k = 0; k < count; k++)
            sum += exp(in[i]);
        out[i] = exp(in[i]) / sum;
    }
}

// wrong: (22) without the shift
static void softmax_without_shift(int count, const real in[count], real out[count])
{
    real sum = 0;
    for (int k = 0; k < count; k++)
        sum += exp(in[k]);
    for (int i = 0; i < count; i++)
        out[i] = exp(in[i]) / sum;
}

// Check (23)
typedef void slopes_function(struct array J);
static int output;

static real objective_output(void)
{
    softmax_forward(C, z.at, a.at);
    return ((real *)a.at)[output];
}

static void slopes(struct array J)
{
    softmax_jacobian(C, a.at, J.at);
}

static void slopes_by_quotients(struct array J)
{
    double S = 0;
    for (int c = 0; c < C; c++)
        S += exp(part(z, c));
    for (int c = 0; c < C; c++)
        for (int c_ = 0; c_ < C; c_++)
            put(J, c, c_, 0, 0, ((c == c_) * exp(part(z, c)) * S - exp(part(z, c)) * exp(part(z, c_))) / (S * S));
}

static struct verdict check_slopes(slopes_function *under_test)
{
    struct verdict v = {0};
    choose(C);
    softmax_forward(C, z.at, a.at);
    struct array J = array("J", 2, (int[]){C, C}), expected = array("J", 2, J.extent);
    spoil(J);
    under_test(J);
    slopes_by_quotients(expected);
    compare(&v, ORACLE, 1e-14, J, expected);
    for (output = 0; output < C; output++) {
        char name[] = "J[c]";
        name[2] = '0' + output;
        struct array row = array(name, 1, z.extent);
        memcpy(row.at, (real *)J.at + output * C, C * sizeof(real));
        check_gradient(&v, objective_output, z, row, CURVED);
    }
    return v;
}

// wrong: (23) with c' free and summed
static void slopes_with_c_captured(struct array J)
{
    slopes(J);
    for (int c = 0; c < C; c++)
        for (int c_ = 0; c_ < C; c_++)
            if (c != c_) {
                double S = C * exp(part(z, c_));
                put(J, c, c_, 0, 0, -exp(part(z, c)) * exp(part(z, c_)) / (S * S));
            }
}

static void slopes_with_plus(struct array J)   // not the paper's: the sign off the diagonal
{
    slopes(J);
    for (int c = 0; c < C; c++)
        for (int c_ = 0; c_ < C; c_++)
            put(J, c, c_, 0, 0, (c == c_ ? 1 : -1) * get(J, c, c_, 0, 0));
}

// Check (G7)
static real objective_softmax(void)
{
    softmax_forward(C, z.at, a.at);
    return inner_product(da, a);
}

static struct verdict check_softmax_backward(backward_function *backward)
{
    struct verdict v = {0};
    choose(C);
    softmax_forward(C, z.at, a.at);
    backward(C, a.at, da.at, dz.at);
    struct array J = array("J", 2, (int[]){C, C}), expected = array("dz", 1, dz.extent);
    slopes_by_quotients(J);
    for (int c_ = 0; c_ < C; c_++) {
        real s = 0;
        for (int c = 0; c < C; c++)
            s += get(J, c, c_, 0, 0) * get(da, c, 0, 0, 0);
        put(expected, c_, 0, 0, 0, s);
    }
    compare(&v, ORACLE, 1e-14, dz, expected);
    check_gradient(&v, objective_softmax, z, dz, CURVED);
    return v;
}

// wrong: (G7) with the diagonal only
static void softmax_backward_diagonal(int count, const real at[count], const real slope[count], real out[count])
{
    for (int i = 0; i < count; i++)
        out[i] = slope[i] * at[i] * (1 - at[i]);
}

static struct activation ReLU = {relu_forward, relu_backward, relu, relu_slope, 1};
static struct activation Sigmoid = {sigmoid_forward, sigmoid_backward, sigmoid, sigmoid_slope, 0};
static struct activation Arctan = {arctan_forward, arctan_backward, arctan, arctan_slope, 0};

static void equations(void)
{
    equation("(20)", "a", "relu_forward", check_forward(ReLU));
    equation("(G1)", "dl/dz", "relu_backward", check_backward(ReLU));
    equation("(21)", "dl/dz", "relu_backward", check_backward(ReLU));
    equation("(21)", "in place", "relu_backward", check_in_place());
    equation("(21)", "at zero", "relu_backward", check_at_zero(relu_backward));
    expect(halves_at_zero(), "central differences at zero say one half");
    expect(!(nearest_to_zero(z) > 2 * CURVED), "the guard against the kink sees a zero");
    unnumbered("sigmoid_forward", check_forward(Sigmoid));
    unnumbered("sigmoid_backward", check_backward(Sigmoid));
    unnumbered("arctan_forward", check_forward(Arctan));
    unnumbered("arctan_backward", check_backward(Arctan));
    equation("(22)", "a", "softmax_forward", check_softmax(softmax_forward, 0));
    equation("(22)", "z ~ 1000", "softmax_forward", check_softmax(softmax_forward, 1000));
    equation("(23)", "da/dz", "softmax_jacobian", check_slopes(slopes));
    equation("(G7)", "dl/dz", "softmax_backward", check_softmax_backward(softmax_backward));
}

static void mistakes_number_by_number(void)
{
    struct activation wrong = ReLU;
    wrong.backward = relu_backward_as_printed;
    rejects("(21) as printed, 1 at zero", check_at_zero(wrong.backward));
    struct verdict v = check_backward(wrong);
    expect(passes(&v), "away from zero the printed (21) is not noticed");
    wrong.backward = relu_backward_masked_by_da;
    rejects("(21) with the mask from dl/da", check_backward(wrong));
    wrong = Sigmoid;
    wrong.backward = sigmoid_backward_from_z;
    rejects("sigmoid with z (1 - z)", check_backward(wrong));
    wrong = Arctan;
    wrong.backward = arctan_backward_from_a;
    rejects("arctan with 1 / (1 + a a)", check_backward(wrong));
}

static void mistakes_of_softmax(void)
{
    rejects("(22) with one z in every term", check_softmax(softmax_with_one_z, 0));
    struct verdict v = check_sum(softmax_with_one_z);
    expect(passes(&v), "it sums to one all the same");
    rejects("(22) without the shift, z near 1000", check_softmax(softmax_without_shift, 1000));
    v = check_softmax(softmax_without_shift, 0);
    expect(passes(&v), "for moderate z the shift is not noticed");
    rejects("(23) with c' free and summed", check_slopes(slopes_with_c_captured));
    rejects("(23) with a plus off the diagonal", check_slopes(slopes_with_plus));
    rejects("(G7) with the diagonal only", check_softmax_backward(softmax_backward_diagonal));
}

int main(void)
{
    chapter = "chapters/5-activations.md";
    equations();
    mistakes_number_by_number();
    mistakes_of_softmax();
    return closing();
}

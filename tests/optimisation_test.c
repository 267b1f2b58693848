// Tangled from chapters/7-optimisation.md [7d8f551a222a]: edit the chapter, or edit here and run make stitch
#include "../src/optimisation.c"
#include "check.h"

// The optimiser under test
static struct under_test {
    weight (*mean)(int n, const weight *loss);
    void (*standard)(size_t n, const unsigned char *x, double *mean, double *deviation);
    void (*descent)(int n, weight rate, const weight *g, weight *theta);
    void (*adam)(int n, int t, weight rate, weight beta1, weight beta2, weight epsilon, const weight *g, weight *m, weight *v, weight *theta);
    void (*he)(struct random *r, int fan_in, int n, weight *w);
} under_test;

// Check (G10)
enum { ALL = 10, BATCH = 4, LAST = ALL % BATCH };
static struct array losses;

static real objective_cost(void)
{
    return under_test.mean(losses.count, losses.at);
}

static struct verdict check_mean(int count)
{
    struct verdict v = {0};
    losses = array("loss", 1, (int[]){count});
    struct array cost = array("cost", 1, (int[]){1}), expected = array("cost", 1, cost.extent), slope = array("dloss", 1, losses.extent);
    randomise(losses);
    put(cost, 0, 0, 0, 0, objective_cost());
    double mean = 0;
    for (int k = 0; k < count; k++) {
        mean += (part(losses, k) - mean) / (k + 1);
        put(slope, k, 0, 0, 0, 1.0 / count);
    }
    put(expected, 0, 0, 0, 0, mean);
    compare(&v, ORACLE, 1e-13, cost, expected);
    check_gradient(&v, objective_cost, losses, slope, AFFINE);
    return v;
}

// wrong: (G10) by the nominal size
static weight mean_by_nominal_size(int count, const weight *each)
{
    return mean_loss(count, each) * count / BATCH;
}

// Check (G11)
enum { BYTES = 70000 };
static unsigned char bytes[BYTES];

static void draw_bytes(int bright)
{
    for (int i = 0; i < BYTES; i++)
        bytes[i] = bright ? 254 + (uniform() < 0) : uniform() < 0.6 ? 0 : (int)(128 + 128 * uniform());
}

static struct verdict check_standard(int bright)
{
    struct verdict v = {0};
    draw_bytes(bright);
    double mean, deviation;
    under_test.standard(BYTES, bytes, &mean, &deviation);
    long double m = 0, s = 0, mean_after = 0, squares_after = 0;
    for (int i = 0; i < BYTES; i++)
        m += bytes[i] / (long double)BYTES;
    for (int i = 0; i < BYTES; i++) {
        double x = (bytes[i] - mean) / deviation;
        s += (bytes[i] - m) * (bytes[i] - m) / BYTES;
        mean_after += x / BYTES;
        squares_after += x * x / BYTES;
    }
    char text[160];
    snprintf(text, sizeof text, "standardised bytes have mean %.4f and mean square %.4f", (double)mean_after, (double)squares_after);
    judge(&v, ORACLE, 1, fabs(mean / (double)m - 1), 1e-12, text);
    judge(&v, ORACLE, 1, fabs(deviation / (double)sqrt(s) - 1), 1e-11, text);
    judge(&v, ORACLE, 1, fabs((double)mean_after), 1e-11, text);
    judge(&v, ORACLE, 1, fabs((double)squares_after - 1), 1e-11, text);
    return v;
}

// wrong: (G11)
static void standard_with_int(size_t n, const unsigned char *x, double *mean, double *deviation)
{
    mean_and_deviation(n, x, mean, deviation);
    *mean = (int)*mean;
    *deviation = (int)*deviation;
}

static void standard_with_32_bits(size_t n, const unsigned char *x, double *mean, double *deviation)
{
    unsigned sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++) {
        sum += x[i];
        squares += (unsigned)x[i] * x[i];
    }
    *mean = (double)sum / n;
    *deviation = sqrt((double)squares / n - *mean * *mean);
}

// Check (G12)
enum { N = 5 };
static struct array theta;

static void descend(int steps, double rate)   // on the quadratic with curvatures 1, 2, ..., N
{
    weight g[N], *at = theta.at;
    for (int t = 0; t < steps; t++) {
        for (int i = 0; i < N; i++)
            g[i] = (i + 1) * at[i];
        under_test.descent(N, rate, g, theta.at);
    }
}

static struct verdict check_descent(void)
{
    struct verdict v = {0};
    theta = array("theta", 1, (int[]){N});
    struct array expected = array("theta", 1, theta.extent);
    randomise(theta);
    for (int i = 0; i < N; i++)
        put(expected, i, 0, 0, 0, part(theta, i) * pow(1 - 0.1 * (i + 1), 7));
    descend(7, 0.1);
    compare(&v, ORACLE, 1e-14, theta, expected);
    return v;
}

static void check_descent_by_hand(void)
{
    weight x = 1, g = 2;
    gradient_descent(1, 0.25, &g, &x);
    expect(creal(x) == 0.5, "on theta^2 with rate 1/4, a step leads from 1 to 1/2");
    g = 2 * x;
    gradient_descent(1, 0.25, &g, &x);
    expect(creal(x) == 0.25, "and the next to 1/4");
}

// wrong: (G12)
static void descent_by_inverse(int n, weight rate, const weight *g, weight *at)
{
    for (int i = 0; i < n; i++)
        at[i] -= rate / g[i];
}

static void ascent(int n, weight rate, const weight *g, weight *at)
{
    gradient_descent(n, -rate, g, at);
}

static double farthest(int from, int to, void (*descent)(int n, weight rate, const weight *g, weight *at))   // of these steps on theta^2
{
    weight x = 1;
    double far = 0;
    for (int t = 0; t < to; t++) {
        weight g = 2 * x;
        descent(1, 0.1, &g, &x);
        far = t < from ? 0 : fmax(far, fabs(creal(x)));
    }
    return far;
}

// Check (G13)
enum { STEPS = 6 };
static const double RATE = 0.01, BETA1 = 0.9, BETA2 = 0.99, EPSILON = 1e-3;
static weight history[STEPS][N];   // the gradients of all steps

static double oracle_step(int t, int i)
{
    long double m = 0, v = 0, to_m = 0, to_v = 0;
    for (int s = 0; s <= t; s++) {
        long double in_m = pow((long double)BETA1, t - s), in_v = pow((long double)BETA2, t - s), g = creal(history[s][i]);
        m += in_m * g, to_m += in_m;
        v += in_v * g * g, to_v += in_v;
    }
    return RATE * (m / to_m) / (sqrt(v / to_v) + EPSILON);   // to_m and to_v: how much weight was given out
}

static struct verdict check_adam(void)
{
    struct verdict v = {0};
    theta = array("theta", 1, (int[]){N});
    struct array expected = array("theta", 1, theta.extent);
    weight m[N] = {0}, squares[N] = {0};
    randomise(theta);
    memcpy(expected.at, theta.at, N * sizeof(weight));
    for (int t = 0; t < STEPS; t++) {
        for (int i = 0; i < N; i++)
            history[t][i] = uniform() * pow(10.0, 2 - 2 * i);
        under_test.adam(N, t, RATE, BETA1, BETA2, EPSILON, history[t], m, squares, theta.at);
        for (int i = 0; i < N; i++)
            put(expected, i, 0, 0, 0, part(expected, i) - oracle_step(t, i));
        compare(&v, ORACLE, 1e-14, theta, expected);
    }
    return v;
}

static void check_adam_by_hand(void)
{
    weight g[] = {0.5, -500, 0}, m[3] = {0}, v[3] = {0}, x[3] = {0};
    adam(3, 0, 0.01, 0.9, 0.999, 1e-8, g, m, v, x);
    expect(fabs(creal(x[0]) + 0.01) < 1e-9 && fabs(creal(x[1]) - 0.01) < 1e-9, "Adam's first step is the rate, for slopes of 0.5 and -500");
    expect(creal(x[2]) == 0, "and zero for a slope of zero");
}

// wrong: (G13)
static enum { FORGETS = 1, UNCORRECTED, EPSILON_INSIDE, NOT_SQUARED, LATE } slip;

static void adam_with_a_slip(int n, int t, weight rate, weight beta1, weight beta2, weight epsilon, const weight *g, weight *m, weight *v, weight *at)
{
    int from_zero = slip == FORGETS || slip == UNCORRECTED, late = slip == LATE;
    weight to_m_hat = from_zero ? 1 : 1 / (1 - pow(beta1, t + 1 + late)), to_v_hat = from_zero ? 1 : 1 / (1 - pow(beta2, t + 1 + late));
    for (int i = 0; i < n; i++) {
        if (slip == FORGETS)
            m[i] = v[i] = 0;
        m[i] = beta1 * m[i] + (1 - beta1) * g[i];
        v[i] = beta2 * v[i] + (1 - beta2) * (slip == NOT_SQUARED ? fabs(creal(g[i])) : g[i] * g[i]);
        weight root = slip == EPSILON_INSIDE ? sqrt(v[i] * to_v_hat + epsilon) : sqrt(v[i] * to_v_hat) + epsilon;
        at[i] -= rate * m[i] * to_m_hat / root;
    }
}

static struct verdict check_slip(int which)
{
    slip = which;
    under_test.adam = adam_with_a_slip;
    return check_adam();
}

static void check_forgetful_step(void)
{
    weight g[] = {3, -0.2}, m[2] = {0}, v[2] = {0}, x[2] = {0};
    slip = FORGETS;
    for (int t = 0; t < 10; t++)
        adam_with_a_slip(2, t, 0.01, 0.95, 0.99, 1e-7, g, m, v, x);
    expect(fabs(creal(x[0]) + 0.05) < 1e-6 && fabs(creal(x[1]) - 0.05) < 1e-6, "with forgotten means, ten steps are ten times 0.005 sign(g)");
}

// Check the random numbers
static double chi_square(int kinds, const int seen[kinds], double expected)
{
    double sum = 0;
    for (int i = 0; i < kinds; i++)
        sum += (seen[i] - expected) * (seen[i] - expected) / expected;
    return sum;
}

static double too_far(int kinds)   // five deviations
{
    return kinds - 1 + 5 * sqrt(2.0 * (kinds - 1));
}

static void check_random_numbers(void)
{
    struct random r = {0};
    int first = random_bits(&r) == 0xe220a8397b1dcdaf, tenths[10] = {0}, sevenths[7] = {0}, inside = 1;
    expect(first && random_bits(&r) == 0x6e789e6aa1b965f4, "random bits are those of splitmix64");
    for (int i = 0; i < 100000; i++) {
        double u = random_uniform(&r);
        inside &= u >= 0 && u < 1;
        if (inside)
            tenths[(int)(10 * u)]++;
        int k = random_below(&r, 7);
        inside &= k >= 0 && k < 7;
        if (inside)
            sevenths[k]++;
    }
    expect(inside && chi_square(10, tenths, 1e5 / 10) < too_far(10), "uniform numbers fill [0, 1) evenly");
    expect(inside && chi_square(7, sevenths, 1e5 / 7) < too_far(7), "a choice among seven is fair");
}

// Check (G14)
enum { DRAWN = 100000, FAN_IN = 50, FAN_OUT = 8 };

static struct verdict check_he(void)
{
    struct verdict v = {0};
    static weight w[DRAWN];
    struct random r = {(unsigned long long)((uniform() + 1) * 0x1p52)};
    under_test.he(&r, FAN_IN, DRAWN, w);
    double sum = 0, squares = 0, near = 0, variance = 2.0 / FAN_IN, p = 0.682689;
    for (int i = 0; i < DRAWN; i++) {
        double x = creal(w[i]);
        sum += x / DRAWN;
        squares += x * x / DRAWN;
        near += (x * x < variance) / (double)DRAWN;
    }
    char text[160];
    snprintf(text, sizeof text, "mean %.4f, variance %.4f, %.4f of them within one deviation", sum, squares, near);
    judge(&v, ORACLE, DRAWN, fabs(sum), 5 * sqrt(variance / DRAWN), text);
    judge(&v, ORACLE, DRAWN, fabs(squares / variance - 1), 5 * sqrt(2.0 / DRAWN), text);
    judge(&v, ORACLE, DRAWN, fabs(near - p), 5 * sqrt(p * (1 - p) / DRAWN), text);
    return v;
}

// wrong: (G14)
static void he_with_fan_out(struct random *r, int fan_in, int n, weight *w)
{
    he_initialise(r, fan_in * FAN_OUT / FAN_IN, n, w);
}

static void he_with_variance_as_deviation(struct random *r, int fan_in, int n, weight *w)
{
    for (int i = 0; i < n; i++)
        w[i] = 2.0 / fan_in * random_normal(r);
}

static void he_uniform(struct random *r, int fan_in, int n, weight *w)
{
    for (int i = 0; i < n; i++)
        w[i] = sqrt(6.0 / fan_in) * (2 * random_uniform(r) - 1);
}

// Check the shuffle
static double shuffles(void (*f)(struct random *r, int n, int *order))   // chi-square of the 24 orders of 4
{
    struct random r = {1};
    int seen[24] = {0};
    for (int k = 0; k < 24000; k++) {
        int order[] = {0, 1, 2, 3}, number = 0;
        f(&r, 4, order);
        for (int i = 0; i < 4; i++) {
            int smaller = 0;   // behind it
            for (int j = i + 1; j < 4; j++)
                smaller += order[j] < order[i];
            number = number * (4 - i) + smaller;
        }
        seen[number]++;
    }
    return chi_square(24, seen, 1000);
}

static int is_permutation(void)
{
    struct random r = {1};
    int order[1000], times[1000] = {0}, once = 1;
    for (int i = 0; i < 1000; i++)
        order[i] = i;
    shuffle(&r, 1000, order);
    for (int i = 0; i < 1000; i++)
        times[order[i]]++;
    for (int i = 0; i < 1000; i++)
        once &= times[i] == 1;
    return once;
}

// wrong: shuffle with any
static void shuffle_with_any(struct random *r, int n, int *order)
{
    for (int i = 0; i < n; i++) {
        int j = random_below(r, n), moved = order[i];
        order[i] = order[j];
        order[j] = moved;
    }
}

// Check the ramp
static int ramp_is_right(double (*f)(int step, int steps, double rate), int steps)
{
    int right = fabs(f(steps, steps, 2)) < 1e-12, rising = steps / 10;
    for (int t = 0; t < steps; t++) {
        double now = f(t, steps, 2);
        right &= now > 0 && now <= 2;
        if (t + 1 < rising)
            right &= fabs(f(t + 1, steps, 2) - now - 2.0 / rising) < 1e-12;
        else if (t >= rising)
            right &= fabs(now - f(t + 1, steps, 2) - 2.0 / (steps - rising)) < 1e-12;
    }
    return right && f(rising, steps, 2) == 2 && (!rising || f(rising - 1, steps, 2) == 2);
}

static double constant_rate(int step, int steps, double rate)
{
    return step <= steps ? rate : 0;
}

static void check_ramp(void)
{
    int right = 1;
    for (int steps = 1; steps <= 60; steps++)
        right &= ramp_is_right(ramp, steps);
    expect(right && ramp_is_right(ramp, 1000), "the ramp is straight up to the rate and straight down to 0, for any number of steps");
    expect(fabs(ramp(0, 1000, 0.002) - 0.00002) < 1e-15 && fabs(ramp(550, 1000, 0.002) - 0.001) < 1e-15, "step 0 has a hundredth and step 550 a half, of 1000");
    expect(!ramp_is_right(constant_rate, 1000), "a constant rate is rejected");
}

static void equations(void)
{
    equation("(G10)", "cost", "mean_loss", check_mean(BATCH));
    equation("(G10)", "cost", "mean_loss, last batch", check_mean(LAST));
    equation("(G11)", "mu, s", "mean_and_deviation", check_standard(0));
    equation("(G11)", "mu, s", "mean_and_deviation", check_standard(1));
    equation("(G12)", "theta", "gradient_descent", check_descent());
    check_descent_by_hand();
    expect(farthest(900, 1000, gradient_descent) < 1e-9, "on theta^2 it arrives and stays");
    equation("(G13)", "theta", "adam", check_adam());
    check_adam_by_hand();
    check_random_numbers();
    equation("(G14)", "w", "he_initialise", check_he());
    expect(is_permutation(), "a shuffle of 1000 keeps each of them");
    expect(shuffles(shuffle) < too_far(24), "all 24 orders of four are equally likely");
    check_ramp();
}

static void mistakes(const struct under_test right)
{
    under_test.mean = mean_by_nominal_size;
    rejects("(G10) with the last batch divided by the nominal size", check_mean(LAST));
    under_test.standard = standard_with_int;
    rejects("(G11) with int(mean) and int(std)", check_standard(0));
    under_test.standard = standard_with_32_bits;
    rejects("(G11) with sums of 32 bits", check_standard(1));
    under_test.descent = descent_by_inverse;
    rejects("(G12) as the paper says it, by the negative inverse", check_descent());
    expect(farthest(900, 1000, descent_by_inverse) >= 0.5 * sqrt(0.1), "on theta^2 that one never settles");
    under_test.descent = ascent;
    rejects("(G12) uphill", check_descent());
    rejects("(G13) with means forgotten at each step", check_slip(FORGETS));
    check_forgetful_step();
    rejects("(G13) without bias correction", check_slip(UNCORRECTED));
    rejects("(G13) with epsilon inside the root", check_slip(EPSILON_INSIDE));
    rejects("(G13) with v not squared", check_slip(NOT_SQUARED));
    rejects("(G13) with t from 1", check_slip(LATE));
    under_test.he = he_with_fan_out;
    rejects("(G14) with the fan-out", check_he());
    under_test.he = he_with_variance_as_deviation;
    rejects("(G14) with the variance as deviation", check_he());
    under_test.he = he_uniform;
    rejects("(G14) from a uniform distribution", check_he());
    expect(shuffles(shuffle_with_any) > too_far(24), "a shuffle that exchanges with any place is rejected");
    under_test = right;
}

int main(void)
{
    chapter = "chapters/7-optimisation.md";
    under_test = (struct under_test){mean_loss, mean_and_deviation, gradient_descent, adam, he_initialise};
    equations();
    mistakes(under_test);
    return closing();
}

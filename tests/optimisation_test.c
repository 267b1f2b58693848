// Tangled from chapters/7-optimisation.md [a5b93672cdf7]: edit the chapter, or edit here and run make stitch
#include "../src/optimisation.c"
#include "check.h"

// The optimiser under test
static struct optimiser {
    operation *costs, *slopes, *standard, *descent, *adam, *he;
} optimiser;

// Check (G10)
static int batch;   // its nominal size; the last batch is smaller
static struct array loss, cost, dcost, dloss;
typedef weight average(int count, const weight each[count]);

static int size_of(int b)
{
    return b < cost.count - 1 ? batch : loss.count - b * batch;
}

static void take_costs(average *f)
{
    for (int b = 0; b < cost.count; b++)
        put(cost, b, 0, 0, 0, f(size_of(b), (weight *)loss.at + b * batch));
}

static void costs(void)
{
    take_costs(mean_loss);
}

static real objective_cost(void)
{
    optimiser.costs();
    return inner_product(dcost, cost);
}

static void share_slopes(double factor, int nominal)   // each loss of a batch gets its share of the slope of the cost
{
    for (int i = 0; i < loss.count; i++) {
        int b = i / batch;
        put(dloss, i, 0, 0, 0, get(dcost, b, 0, 0, 0) * factor / (nominal ? nominal : size_of(b)));
    }
}

static void slopes(void)
{
    share_slopes(1, 0);
}

static void draw_losses(int count, int of_batch)
{
    batch = of_batch;
    loss = array("loss", 1, (int[]){count}), dloss = array("dloss", 1, loss.extent);
    cost = array("cost", 1, (int[]){(count + batch - 1) / batch}), dcost = array("dcost", 1, cost.extent);
    randomise(loss), randomise(dcost);
    for (int i = 0; i < count; i++)
        *entry(loss, i, 0, 0, 0) += 1.5;   // a loss is positive
}

static void verify_costs(struct verdict *v)
{
    struct array expected = array("cost", 1, cost.extent);
    for (int b = 0; b < cost.count; b++) {
        long sum = 0;
        for (int n = 0; n < size_of(b); n++)
            sum += lround(1024 * part(loss, b * batch + n));
        put(expected, b, 0, 0, 0, (double)sum / (1024L * size_of(b)));
    }
    optimiser.costs();
    compare(v, ORACLE, 1e-14, cost, expected);
}

static struct verdict check_costs(void)
{
    struct verdict v = {0};
    int of_batch = between(4, 7);
    draw_losses(2 * of_batch + between(2, of_batch - 1), of_batch);
    verify_costs(&v);
    optimiser.slopes();
    remember(dloss);
    check_gradient(&v, objective_cost, loss, dloss, AFFINE);
    return v;
}

// wrong: (G10)
static weight sum_from(int first, int count, const weight each[count])
{
    weight sum = 0;
    for (int n = first; n < count; n++)
        sum += each[n];
    return sum;
}

static weight mean_by_nominal_size(int count, const weight each[count]) { return sum_from(0, count, each) / batch; }
static weight sum_for_mean(int count, const weight each[count]) { return sum_from(0, count, each); }
static weight mean_by_one_less(int count, const weight each[count]) { return sum_from(0, count, each) / (count - 1); }
static weight mean_but_first(int count, const weight each[count]) { return sum_from(1, count, each) / count; }
static weight mean_of_last(int count, const weight each[count]) { return each[count - 1] / count; }

static void wrong_G10_nominal(void) { take_costs(mean_by_nominal_size); }
static void wrong_G10_sum(void) { take_costs(sum_for_mean); }
static void wrong_G10_one_less(void) { take_costs(mean_by_one_less); }
static void wrong_G10_but_first(void) { take_costs(mean_but_first); }
static void wrong_G10_last(void) { take_costs(mean_of_last); }
static void wrong_G10_slopes_nominal(void) { share_slopes(1, batch); }
static void wrong_G10_slopes_summed(void) { share_slopes(1, 1); }

// Check (G11)
static int byte_count;
static unsigned char bytes[70000];
static struct array scale;   // mu, sigma

static void draw_bytes(int bright)
{
    byte_count = bright ? between(67000, 70000) : between(1000, 5000);
    for (int i = 0; i < byte_count; i++) {
        int u = between(0, 639);
        bytes[i] = (unsigned char)(bright ? 254 + u % 2 : u < 384 ? 0 : u - 384);
    }
}

static void set_scale(double mean, double deviation)
{
    put(scale, 0, 0, 0, 0, mean);
    put(scale, 1, 0, 0, 0, deviation);
}

static void standard(void)
{
    double mean = NAN, deviation = NAN;
    mean_and_deviation((size_t)byte_count, bytes, &mean, &deviation);
    set_scale(mean, deviation);
}

// The mean of ((x - shift) / unit)^power over all bytes.
static long double moment(const int counted[256], long double shift, long double unit, int power)
{
    long double sum = 0;
    for (int x = 0; x < 256; x++)
        sum += counted[x] * powl((x - shift) / unit, power);
    return sum / byte_count;
}

static struct verdict verify_scale(int bright)
{
    struct verdict v = {0};
    int counted[256] = {0};
    draw_bytes(bright);
    for (int i = 0; i < byte_count; i++)
        counted[bytes[i]]++;
    scale = array("scale", 1, (int[]){2});
    optimiser.standard();
    long double mu = moment(counted, 0, 1, 1), sigma = sqrtl(moment(counted, mu, 1, 2));
    double got_mu = part(scale, 0), got_sigma = part(scale, 1), rounding = 2 * DBL_EPSILON * (double)(mu / sigma);
    remember(scale);
    judge(&v, ORACLE, 1, fabs(got_mu / (double)mu - 1), 1e-14, "mu");
    judge(&v, ORACLE, 1, fabs(got_sigma / (double)sigma - 1), 1e-14, "sigma");
    judge(&v, ORACLE, 1, fabs((double)moment(counted, got_mu, got_sigma, 1)), 1e-14 + rounding, "the mean of the standardised bytes");
    judge(&v, ORACLE, 1, fabs((double)moment(counted, got_mu, got_sigma, 2) - 1), 1e-14, "their mean square");
    return v;
}

static struct verdict check_dark(void)
{
    return verify_scale(0);
}

static struct verdict check_bright(void)
{
    return verify_scale(1);
}

// wrong: (G11)
static double mean_over(int count, double shift, int squared)   // of x - shift, or of its square
{
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum += squared ? (bytes[i] - shift) * (bytes[i] - shift) : bytes[i] - shift;
    return sum / count;
}

static void wrong_G11_int(void)
{
    double mean = mean_over(byte_count, 0, 0);
    set_scale((int)mean, (int)sqrt(mean_over(byte_count, mean, 1)));
}

static void wrong_G11_32_bits(void)
{
    unsigned sum = 0, squares = 0;
    for (int i = 0; i < byte_count; i++) {
        sum += bytes[i];
        squares += (unsigned)bytes[i] * bytes[i];
    }
    double mean = (double)sum / byte_count;
    set_scale(mean, sqrt((double)squares / byte_count - mean * mean));
}

static void wrong_G11_variance(void)
{
    double mean = mean_over(byte_count, 0, 0);
    set_scale(mean, mean_over(byte_count, mean, 1));
}

static void wrong_G11_one_less(void)
{
    double mean = mean_over(byte_count, 0, 0);
    set_scale(mean, sqrt(mean_over(byte_count, mean, 1) * byte_count / (byte_count - 1)));
}

static void wrong_G11_about_zero(void)
{
    set_scale(mean_over(byte_count, 0, 0), sqrt(mean_over(byte_count, 0, 1)));
}

static void wrong_G11_first_half(void)
{
    double mean = mean_over(byte_count / 2, 0, 0);
    set_scale(mean, sqrt(mean_over(byte_count / 2, mean, 1)));
}

// Check (G12)
enum { STEPS = 5 };
static double rate;
static struct array theta, g;   // a step goes from theta along g

static void descent(void)
{
    gradient_descent(theta.count, rate, g.at, theta.at);
}

static void descend(operation *step, int steps)   // on the quadratic with curvatures 1, 2, 3, ...
{
    for (int t = 0; t < steps; t++) {
        for (int i = 0; i < theta.count; i++)
            put(g, i, 0, 0, 0, (i + 1) * get(theta, i, 0, 0, 0));
        step();
    }
}

static void draw_parameters(int n)
{
    theta = array("theta", 1, (int[]){n}), g = array("g", 1, theta.extent);
    randomise(theta);
}

static void verify_descent(struct verdict *v)
{
    struct array expected = array("theta", 1, theta.extent);
    int r = between(1, 5);
    rate = r / 64.0;
    for (int i = 0; i < theta.count; i++) {
        long long x = llround(1024 * part(theta, i));
        for (int t = 0; t < STEPS; t++)
            x *= 64 - r * (i + 1);
        put(expected, i, 0, 0, 0, (double)x * 0x1p-40);
    }
    descend(optimiser.descent, STEPS);
    compare(v, ORACLE, EXACT, theta, expected);
}

static struct verdict check_descent(void)
{
    struct verdict v = {0};
    draw_parameters(between(4, 8));
    verify_descent(&v);
    return v;
}

static void check_descent_by_hand(void)
{
    weight x = 1, slope = 2;
    gradient_descent(1, 0.25, &slope, &x);
    expect(creal(x) == 0.5, "on theta^2 with rate 1/4, a step leads from 1 to 1/2");
    slope = 2 * x;
    gradient_descent(1, 0.25, &slope, &x);
    expect(creal(x) == 0.25, "and the next to 1/4");
}

// wrong: (G12)
static real theta_at(int i) { return get(theta, i, 0, 0, 0); }
static real g_at(int i) { return get(g, i, 0, 0, 0); }

static real by_inverse(int i) { return theta_at(i) - rate / g_at(i); }
static real uphill(int i) { return theta_at(i) + rate * g_at(i); }
static real without_rate(int i) { return theta_at(i) - g_at(i); }
static real assigned(int i) { return -rate * g_at(i); }
static real by_first_slope(int i) { return theta_at(i) - rate * g_at(0); }
static real but_the_last(int i) { return i == theta.count - 1 ? theta_at(i) : theta_at(i) - rate * g_at(i); }
static real by_sign(int i) { return theta_at(i) - rate * (creal(g_at(i)) > 0 ? 1 : -1); }

static void move_each(real (*place)(int i))
{
    for (int i = 0; i < theta.count; i++)
        put(theta, i, 0, 0, 0, place(i));
}

static void wrong_G12_inverse(void) { move_each(by_inverse); }
static void wrong_G12_uphill(void) { move_each(uphill); }
static void wrong_G12_no_rate(void) { move_each(without_rate); }
static void wrong_G12_assigned(void) { move_each(assigned); }
static void wrong_G12_first_slope(void) { move_each(by_first_slope); }
static void wrong_G12_but_last(void) { move_each(but_the_last); }
static void wrong_G12_sign(void) { move_each(by_sign); }

static double farthest(operation *step)   // from 0, in the last 100 of 1000 steps from 1; curvature 2 is theta^2
{
    double far = 0;
    draw_parameters(2);
    put(theta, 1, 0, 0, 0, 1);
    rate = 0.1;
    descend(step, 900);
    for (int t = 0; t < 100; t++) {
        descend(step, 1);
        far = fmax(far, fabs(part(theta, 1)));
    }
    return far;
}

// Check (G13)
static const double BETA1 = 0.9, BETA2 = 0.99, EPSILON = 1e-3;
static int t;   // the step
static struct array mean_g, mean_g2;   // m and v
static struct array history;   // the gradients of all steps

static void adam_step(void)
{
    adam(theta.count, t, rate, BETA1, BETA2, EPSILON, g.at, mean_g.at, mean_g2.at, theta.at);
}

static long double given_out(double beta, int power, int i)   // (1 - beta) times the sum of beta^(t-s) g_s^power over all steps so far
{
    long double sum = 0;
    for (int s = t; s >= 0; s--)
        sum += powl((long double)beta, t - s) * powl(creal(get(history, s, i, 0, 0)), power);
    return (1 - (long double)beta) * sum;
}

static double oracle_step(int i)   // g_s^0 = 1: how much weight was given out
{
    long double m_hat = given_out(BETA1, 1, i) / given_out(BETA1, 0, i), v_hat = given_out(BETA2, 2, i) / given_out(BETA2, 0, i);
    return (double)(rate * m_hat / (sqrtl(v_hat) + EPSILON));
}

static void begin_adam(int n)
{
    draw_parameters(n);
    mean_g = array("m", 1, theta.extent), mean_g2 = array("v", 1, theta.extent);
    history = array("g", 2, (int[]){STEPS, n});
    randomise(history);
    for (int i = 0; i < n; i++) {
        put(mean_g, i, 0, 0, 0, 0);
        put(mean_g2, i, 0, 0, 0, 0);
        for (int s = 0; s < STEPS; s++)
            put(history, s, i, 0, 0, ldexp(creal(get(history, s, i, 0, 0)), -4 * (i % 6)));
    }
}

static void verify_adam(struct verdict *v)
{
    struct array expected = array("theta", 1, theta.extent), m = array("m", 1, theta.extent), v_ = array("v", 1, theta.extent);
    memcpy(expected.at, theta.at, (size_t)theta.count * sizeof(real));
    rate = between(5, 20) / 1000.0;
    for (t = 0; t < STEPS; t++) {
        for (int i = 0; i < theta.count; i++)
            put(g, i, 0, 0, 0, get(history, t, i, 0, 0));
        optimiser.adam();
        for (int i = 0; i < theta.count; i++) {
            put(expected, i, 0, 0, 0, part(expected, i) - oracle_step(i));
            put(m, i, 0, 0, 0, (double)given_out(BETA1, 1, i));
            put(v_, i, 0, 0, 0, (double)given_out(BETA2, 2, i));
        }
        compare(v, ORACLE, 1e-14, theta, expected);
        compare(v, ORACLE, 1e-14, mean_g, m);
        compare(v, ORACLE, 1e-14, mean_g2, v_);
    }
}

static struct verdict check_adam(void)
{
    struct verdict v = {0};
    begin_adam(between(6, 10));
    verify_adam(&v);
    return v;
}

static void check_adam_by_hand(void)
{
    weight slope[] = {0.5, -500, 0}, m[3] = {0}, v[3] = {0}, x[3] = {0};
    adam(3, 0, 0.01, 0.9, 0.999, 1e-8, slope, m, v, x);
    expect(fabs(creal(x[0]) + 0.01) < 1e-9 && fabs(creal(x[1]) - 0.01) < 1e-9, "Adam's first step is the rate, for slopes of 0.5 and -500");
    expect(creal(x[2]) == 0, "and zero for a slope of zero");
}

// wrong: (G13)
enum slip { FORGETS = 1, UNCORRECTED = 2, EPSILON_INSIDE = 4, NOT_SQUARED = 8, LATE = 16, NO_ROOT = 32, UPHILL = 64 };

static void adam_with(int slip, double beta1, double beta2, double epsilon)
{
    weight *m = mean_g.at, *v = mean_g2.at, *slope = g.at, *at = theta.at;
    double steps = t + (slip & LATE ? 2 : 1);
    double to_m_hat = slip & UNCORRECTED ? 1 : 1 / (1 - pow(beta1, steps)), to_v_hat = slip & UNCORRECTED ? 1 : 1 / (1 - pow(beta2, steps));
    for (int i = 0; i < theta.count; i++) {
        if (slip & FORGETS)
            m[i] = v[i] = 0;
        m[i] = beta1 * m[i] + (1 - beta1) * slope[i];
        v[i] = beta2 * v[i] + (1 - beta2) * (slip & NOT_SQUARED ? fabs(creal(slope[i])) : slope[i] * slope[i]);
        weight v_hat = v[i] * to_v_hat;
        weight root = slip & NO_ROOT ? v_hat + epsilon : slip & EPSILON_INSIDE ? sqrt(v_hat + epsilon) : sqrt(v_hat) + epsilon;
        at[i] += (slip & UPHILL ? 1 : -1) * rate * m[i] * to_m_hat / root;
    }
}

static void wrong_G13_program(void) { forgetful_adam(theta.count, rate, BETA1, BETA2, EPSILON, g.at, theta.at); }
static void wrong_G13_forgets(void) { adam_with(FORGETS, BETA1, BETA2, EPSILON); }
static void wrong_G13_uncorrected(void) { adam_with(UNCORRECTED, BETA1, BETA2, EPSILON); }
static void wrong_G13_inside(void) { adam_with(EPSILON_INSIDE, BETA1, BETA2, EPSILON); }
static void wrong_G13_not_squared(void) { adam_with(NOT_SQUARED, BETA1, BETA2, EPSILON); }
static void wrong_G13_late(void) { adam_with(LATE, BETA1, BETA2, EPSILON); }
static void wrong_G13_exchanged(void) { adam_with(0, BETA2, BETA1, EPSILON); }
static void wrong_G13_no_root(void) { adam_with(NO_ROOT, BETA1, BETA2, EPSILON); }
static void wrong_G13_uphill(void) { adam_with(UPHILL, BETA1, BETA2, EPSILON); }

static void check_forgetful_adam(void)   // one step against Adam with all of the program's slips
{
    begin_adam(5);
    randomise(g);
    rate = 0.01, t = 0;
    struct array before = array("theta", 1, theta.extent), after = array("theta", 1, theta.extent);
    memcpy(before.at, theta.at, (size_t)theta.count * sizeof(real));
    wrong_G13_program();
    memcpy(after.at, theta.at, (size_t)theta.count * sizeof(real));
    memcpy(theta.at, before.at, (size_t)theta.count * sizeof(real));
    adam_with(FORGETS | UNCORRECTED | EPSILON_INSIDE, BETA1, BETA2, EPSILON);
    expect(alike(after, theta) && !alike(after, before), "forgetful_adam is Adam with the three slips of the paper's program");
}

static void check_forgetful_steps(void)
{
    begin_adam(2);
    memset(theta.at, 0, 2 * sizeof(real));
    put(g, 0, 0, 0, 0, 3), put(g, 1, 0, 0, 0, -2);
    rate = 0.01;
    for (t = 0; t < 10; t++)
        forgetful_adam(2, rate, 0.95, 0.99, 1e-7, g.at, theta.at);
    expect(fabs(part(theta, 0) + 0.05) < 1e-6 && fabs(part(theta, 1) - 0.05) < 1e-6, "with forgotten means, ten steps are ten times 0.005 sign(g)");
}

// Check the random numbers
static int even(int kinds, const int counted[kinds], double expected)   // chi-square, at most five deviations above its mean
{
    double sum = 0, spread = 2 / (9.0 * (kinds - 1));
    for (int i = 0; i < kinds; i++)
        sum += (counted[i] - expected) * (counted[i] - expected) / expected;
    return cbrt(sum / (kinds - 1)) <= 1 - spread + 5 * sqrt(spread);
}

static unsigned long long unstirred(unsigned long long u, int shift, unsigned long long factor)   // undoes u = (u ^ u >> shift) * factor
{
    unsigned long long inverse = factor, bits = 0;
    for (int k = 0; k < 6; k++)
        inverse *= 2 - factor * inverse;   // Newton: each step doubles the number of right bits
    u *= inverse;
    for (int k = 0; k < 64; k += shift)    // and here each adds shift of them, from above
        bits = u ^ bits >> shift;
    return bits;
}

static struct random before(unsigned long long bits)   // the generator that gives these bits next
{
    bits = unstirred(bits, 31, 1);
    bits = unstirred(bits, 27, 0x94d049bb133111eb);
    bits = unstirred(bits, 30, 0xbf58476d1ce4e5b9);
    return (struct random){bits - 0x9e3779b97f4a7c15};
}

static void check_bits(void)
{
    struct random r = {0};
    int first = random_bits(&r) == 0xe220a8397b1dcdaf, undone = 1;
    expect(first && random_bits(&r) == 0x6e789e6aa1b965f4, "random bits are those of splitmix64");
    for (int i = 0; i < 100; i++) {
        unsigned long long u = random_word();
        r = before(u);
        undone &= random_bits(&r) == u;
    }
    expect(undone, "every stirring step can be undone");
}

static int uniform_is_right(double (*f)(struct random *r))   // the bits over 2^64, rounded down to multiples of 2^-53
{
    const unsigned long long bits[] = {0, 1, 2047, 2048, ~0ULL, ~0ULL << 11, random_word(), random_word()};
    int right = 1;
    for (size_t i = 0; i < sizeof bits / sizeof *bits; i++) {
        struct random r = before(bits[i]);
        right &= f(&r) == (double)(bits[i] / 2048) / 9007199254740992.0;
    }
    return right;
}

static int normal_is_right(double (*f)(struct random *r))
{
    int right = 1;
    for (int i = 0; i < 100; i++) {
        struct random r = {random_word()}, same = r;
        double x = f(&r), distance = sqrt(2 * log(1 / (1 - random_uniform(&same)))), turn = random_uniform(&same);
        double angle = acos(fmax(-1, fmin(1, x / distance))) / acos(-1);   // from 0 to 1, half a turn
        right &= fabs(angle - fmin(2 * turn, 2 - 2 * turn)) < 1e-6 && r.state == same.state;
    }
    return right;
}

static int draws_again(int (*f)(struct random *r, int n))   // 2^64 = 7 k + 2: the last two numbers of 64 bits are an incomplete round of seven
{
    struct random last = before(~0ULL), same = last, next = before(~0ULL - 1), complete = before(~0ULL - 2);
    random_bits(&same);
    int again = (int)(random_bits(&same) % 7), right = f(&last, 7) == again && last.state == same.state;
    unsigned long long state = complete.state + 0x9e3779b97f4a7c15;
    f(&next, 7);
    return right && next.state == before(~0ULL - 1).state + 2 * 0x9e3779b97f4a7c15 && f(&complete, 7) == 6 && complete.state == state;
}

static int choice_is_fair(int (*f)(struct random *r, int n))
{
    struct random r = {random_word()};
    int counted[7] = {0}, inside = f(&r, 1) == 0;
    for (int i = 0; i < 21000; i++) {
        int k = f(&r, 7);
        inside &= k >= 0 && k < 7;
        counted[inside ? k : 0]++;
    }
    return inside && even(7, counted, 3000);
}

static int fills_evenly(double (*f)(struct random *r))
{
    struct random r = {random_word()};
    int counted[10] = {0}, inside = 1;
    for (int i = 0; i < 20000; i++) {
        double u = f(&r);
        inside &= u >= 0 && u < 1;
        counted[inside ? (int)(10 * u) : 0]++;
    }
    return inside && even(10, counted, 2000);
}

static void check_random_numbers(void)
{
    check_bits();
    expect(uniform_is_right(random_uniform) && fills_evenly(random_uniform), "uniform numbers fill [0, 1) evenly");
    expect(normal_is_right(random_normal), "a normal number is one coordinate of a point, its angle and distance drawn one by one");
    expect(choice_is_fair(random_below) && draws_again(random_below), "a choice among seven is fair, to the last incomplete round");
}

// wrong: random numbers
static double uniform_with_one(struct random *r) { return (double)random_bits(r) / 0x1p64; }
static double uniform_from_lower_bits(struct random *r) { return (double)(random_bits(r) & ((1ULL << 53) - 1)) * 0x1p-53; }
static int below_by_remainder(struct random *r, int n) { return (int)(random_bits(r) % (unsigned long long)n); }
static int below_by_rounding(struct random *r, int n) { return (int)(random_uniform(r) * (n - 1) + 0.5); }

static double normal_from_one(struct random *r)
{
    double u = random_uniform(r);
    return sqrt(-2 * log(1 - u)) * cos(6.283185307179586 * u);
}

static void reject_random_numbers(void)
{
    expect(!uniform_is_right(uniform_with_one), "a uniform number that can be 1 is rejected");
    expect(!uniform_is_right(uniform_from_lower_bits), "a uniform number from the lower bits is rejected");
    expect(!normal_is_right(normal_from_one), "a normal number from one uniform number is rejected");
    expect(!draws_again(below_by_remainder), "a choice by the remainder alone is rejected");
    expect(!choice_is_fair(below_by_rounding), "a choice by rounding is rejected");
}

// Check (G14)
enum { DRAWN = 20000, FAN_OUT = 8 };
static int fan_in;
static struct random generator;
static struct array w;

static void he(void)
{
    he_initialise(&generator, fan_in, DRAWN, w.at);
}

static void judge_distribution(struct verdict *v)
{
    double sum = 0, squares = 0, near = 0, variance = 2.0 / fan_in, p = 0.682689;
    for (int i = 0; i < DRAWN; i++) {
        double x = part(w, i);
        sum += x / DRAWN;
        squares += x * x / DRAWN;
        near += (x * x < variance) / (double)DRAWN;
    }
    char text[160];
    snprintf(text, sizeof text, "mean %.4f, variance %.4f, %.4f of them within one deviation", sum, squares, near);
    judge(v, ORACLE, 1, fabs(sum), 5 * sqrt(variance / DRAWN), text);
    judge(v, ORACLE, 1, fabs(squares / variance - 1), 5 * sqrt(2.0 / DRAWN), text);
    judge(v, ORACLE, 1, fabs(near - p), 5 * sqrt(p * (1 - p) / DRAWN), text);
}

static struct verdict check_he(void)
{
    struct verdict v = {0};
    w = array("w", 1, (int[]){DRAWN});
    struct array expected = array("w", 1, w.extent);
    fan_in = between(40, 60);
    struct random same = generator = (struct random){random_word()};
    for (int i = 0; i < DRAWN; i++)
        put(expected, i, 0, 0, 0, random_normal(&same) / sqrt(fan_in / 2.0));
    optimiser.he();
    compare(&v, ORACLE, 1e-14, w, expected);
    judge_distribution(&v);
    return v;
}

// wrong: (G14)
static void draw_weights(double deviation)
{
    for (int i = 0; i < DRAWN; i++)
        put(w, i, 0, 0, 0, deviation * random_normal(&generator));
}

static void wrong_G14_fan_out(void) { draw_weights(sqrt(2.0 / FAN_OUT)); }
static void wrong_G14_both(void) { draw_weights(sqrt(2.0 / (fan_in + FAN_OUT))); }
static void wrong_G14_variance(void) { draw_weights(2.0 / fan_in); }
static void wrong_G14_no_relu(void) { draw_weights(sqrt(1.0 / fan_in)); }
static void wrong_G14_one(void) { draw_weights(1); }

static void wrong_G14_all_equal(void)
{
    double x = sqrt(2.0 / fan_in) * random_normal(&generator);
    for (int i = 0; i < DRAWN; i++)
        put(w, i, 0, 0, 0, x);
}

static void wrong_G14_uniform(void)
{
    for (int i = 0; i < DRAWN; i++)
        put(w, i, 0, 0, 0, sqrt(6.0 / fan_in) * (2 * random_uniform(&generator) - 1));
}

// wrong: shuffles
static void exchange_places(int order[], int i, int j)
{
    int moved = order[i];
    order[i] = order[j];
    order[j] = moved;
}

static void shuffle_with_any(struct random *r, int n, int order[n])
{
    for (int i = 0; i < n; i++)
        exchange_places(order, i, random_below(r, n));
}

static void shuffle_with_another(struct random *r, int n, int order[n])
{
    for (int i = n - 1; i > 0; i--)
        exchange_places(order, i, random_below(r, i));
}

// Check the shuffle
typedef void shuffler(struct random *r, int n, int order[n]);

static int all_orders_come_up(shuffler *f)   // of four things
{
    struct random r = {random_word()};
    int counted[24] = {0};
    for (int k = 0; k < 24000; k++) {
        int order[] = {0, 1, 2, 3}, number = 0;
        f(&r, 4, order);
        for (int i = 0; i < 4; i++) {
            int smaller = 0;   // behind it
            for (int j = i + 1; j < 4; j++)
                smaller += order[j] < order[i];
            number = number * (4 - i) + smaller;
        }
        counted[number]++;
    }
    return even(24, counted, 1000);
}

static int is_permutation(int n)   // of n >= 1 things, with n - 1 choices
{
    struct random r = {random_word()}, before = r;
    int order[n], times[n], once = 1;
    for (int i = 0; i < n; i++)
        order[i] = i, times[i] = 0;
    shuffle(&r, n, order);
    for (int i = 0; i < n; i++)
        times[order[i]]++;
    for (int i = 0; i < n; i++)
        once &= times[i] == 1;
    return once && r.state - before.state == (unsigned long long)(n - 1) * 0x9e3779b97f4a7c15;
}

static void check_shuffle(void)
{
    expect(is_permutation(1000) && is_permutation(1), "a shuffle keeps each thing, by one choice less than there are things");
    expect(all_orders_come_up(shuffle), "all 24 orders of four are equally likely");
    expect(!all_orders_come_up(shuffle_with_any), "a shuffle that exchanges with any place is rejected");
    expect(!all_orders_come_up(shuffle_with_another), "a shuffle that never leaves a thing in its place is rejected");
}

// Check the ramp
typedef double schedule(int step, int steps, double top);

static int ramp_is_right(schedule *f)   // up to 60 steps, and 1000
{
    int right = 1;
    for (int steps = 1; steps <= 1000; steps += steps < 60 ? 1 : 940)
        for (int step = 0; step <= steps; step++) {
            double expected = 2 * fmin((step + 1.0) / (steps / 10), (steps - step + 0.0) / (steps - steps / 10));
            right &= fabs(f(step, steps, 2) - expected) < 1e-14;
        }
    return right;
}

static double constant_rate(int step, int steps, double top) { return step <= steps ? top : 0; }
static double ramp_from_zero(int step, int steps, double top) { return step < steps / 10 ? top * step / (steps / 10) : ramp(step, steps, top); }
static double ramp_by_a_fifth(int step, int steps, double top) { return fmin(top * (step + 1.0) / (steps / 5), ramp(step, steps, top)); }
static double ramp_to_something(int step, int steps, double top) { return fmax(top / 100, ramp(step, steps, top)); }

static void check_ramp(void)
{
    expect(ramp_is_right(ramp), "the ramp is straight up to the rate and straight down to 0, for any number of steps");
    expect(fabs(ramp(0, 1000, 0.002) - 0.00002) < 1e-15 && fabs(ramp(550, 1000, 0.002) - 0.001) < 1e-15,
           "step 0 has a hundredth and step 550 a half, of 1000");
    expect(!ramp_is_right(constant_rate), "a constant rate is rejected");
    expect(!ramp_is_right(ramp_from_zero), "a ramp whose first step has no rate is rejected");
    expect(!ramp_is_right(ramp_by_a_fifth), "a ramp that rises too long is rejected");
    expect(!ramp_is_right(ramp_to_something), "a ramp that does not reach zero is rejected");
}

// Illegal optimisations
static void mean_of_none(void) { mean_loss(0, loss.at); }
static void deviation_of_none(void) { mean_and_deviation(0, bytes, &(double){0}, &(double){0}); }
static void step_before_the_first(void) { adam(1, -1, 0.1, 0.9, 0.9, 1e-8, g.at, mean_g.at, mean_g2.at, theta.at); }
static void choice_of_none(void) { random_below(&generator, 0); }
static void no_inputs(void) { he_initialise(&generator, 0, 1, w.at); }
static void ramp_before_the_first(void) { ramp(-1, 10, 1); }
static void ramp_behind_the_last(void) { ramp(11, 10, 1); }
static void ramp_of_none(void) { ramp(0, 0, 1); }

static void check_illegal_optimisations(void)
{
    draw_losses(1, 1);
    begin_adam(1);
    w = array("w", 1, (int[]){1});
    expect(refuses(mean_of_none, "at least one loss"), "the mean of no losses is refused");
    expect(refuses(deviation_of_none, "at least one byte"), "the mean of no bytes is refused");
    expect(refuses(step_before_the_first, "steps count from 0"), "a step before the first is refused");
    expect(refuses(choice_of_none, "something to choose from"), "a choice among none is refused");
    expect(refuses(no_inputs, "at least one input"), "weights of a neuron without inputs are refused");
    const char *message = "a step is one of";
    expect(refuses(ramp_before_the_first, message) && refuses(ramp_behind_the_last, message) && refuses(ramp_of_none, message),
           "a ramp is refused outside of its steps");
}

static void check_ones(void)   // the smallest of everything is legal
{
    weight one = 0.75;
    unsigned char byte = 200;
    double mean = NAN, deviation = NAN;
    struct random r = {random_word()}, same = r;
    mean_and_deviation(1, &byte, &mean, &deviation);
    expect(creal(mean_loss(1, &one)) == 0.75 && mean == 200 && deviation == 0, "one loss or byte is its own mean");
    he_initialise(&r, 1, 1, &one);
    expect(fabs(creal(one) - sqrt(2) * random_normal(&same)) < 1e-14, "a neuron may have one input");
}

// Every small number of parameters
static void every_small_count(void)
{
    struct verdict v = {0};
    for (int n = 1; n <= 40; n++) {
        draw_losses(n, between(1, n));
        verify_costs(&v);
        slopes();
        adjoint(&v, objective_cost, loss, dloss, 1e-13);
        draw_parameters(n <= 8 ? n : 8);
        verify_descent(&v);
        begin_adam(n);
        verify_adam(&v);
        release();
    }
    result(passes(&v), "cost, gradient descent and Adam, every number of parameters up to 40");
    explain(&v);
}

static struct optimiser optimiser = {costs, slopes, standard, descent, adam_step, he};

static const struct check checks[] = {
    {"(G10)", "cost", "mean_loss", check_costs},
    {"(G11)", "mu, sigma", "mean_and_deviation", check_dark},
    {"(G11)", "mu, sigma", "mean_and_deviation", check_bright},
    {"(G12)", "theta", "gradient_descent", check_descent},
    {"(G13)", "theta", "adam", check_adam},
    {"(G14)", "w", "he_initialise", check_he},
};

static const struct mutant mutants[] = {
    {"(G10)", NULL, "the last batch by the nominal size", ORACLE, {{&optimiser.costs, wrong_G10_nominal}}},
    {"(G10)", NULL, "its slopes by the nominal size", CENTRAL, {{&optimiser.slopes, wrong_G10_slopes_nominal}}},
    {"(G10)", NULL, "both by the nominal size", ORACLE, {{&optimiser.costs, wrong_G10_nominal}, {&optimiser.slopes, wrong_G10_slopes_nominal}}},
    {"(G10)", NULL, "the sum, no mean", ORACLE, {{&optimiser.costs, wrong_G10_sum}}},
    {"(G10)", NULL, "slopes summed over the batch, no mean", CENTRAL, {{&optimiser.slopes, wrong_G10_slopes_summed}}},
    {"(G10)", NULL, "both summed, no mean", ORACLE, {{&optimiser.costs, wrong_G10_sum}, {&optimiser.slopes, wrong_G10_slopes_summed}}},
    {"(G10)", NULL, "over N - 1", ORACLE, {{&optimiser.costs, wrong_G10_one_less}}},
    {"(G10)", NULL, "the first sample left out", ORACLE, {{&optimiser.costs, wrong_G10_but_first}}},
    {"(G10)", NULL, "= for +=", ORACLE, {{&optimiser.costs, wrong_G10_last}}},
    {"(G11)", "L10", "int(mean) and int(std), as in the program", ORACLE, {{&optimiser.standard, wrong_G11_int}}},
    {"(G11)", NULL, "sums of 32 bits", ORACLE, {{&optimiser.standard, wrong_G11_32_bits}}},
    {"(G11)", NULL, "the variance for the deviation", ORACLE, {{&optimiser.standard, wrong_G11_variance}}},
    {"(G11)", NULL, "over n - 1", ORACLE, {{&optimiser.standard, wrong_G11_one_less}}},
    {"(G11)", NULL, "the mean square about 0", ORACLE, {{&optimiser.standard, wrong_G11_about_zero}}},
    {"(G11)", NULL, "of the first half only", ORACLE, {{&optimiser.standard, wrong_G11_first_half}}},
    {"(G12)", "P1", "the negative inverse, as printed", ORACLE, {{&optimiser.descent, wrong_G12_inverse}}},
    {"(G12)", NULL, "uphill", ORACLE, {{&optimiser.descent, wrong_G12_uphill}}},
    {"(G12)", NULL, "no rate", ORACLE, {{&optimiser.descent, wrong_G12_no_rate}}},
    {"(G12)", NULL, "= for -=", ORACLE, {{&optimiser.descent, wrong_G12_assigned}}},
    {"(G12)", NULL, "the first slope for all", ORACLE, {{&optimiser.descent, wrong_G12_first_slope}}},
    {"(G12)", NULL, "the last parameter left out", ORACLE, {{&optimiser.descent, wrong_G12_but_last}}},
    {"(G12)", NULL, "the sign of the slope", ORACLE, {{&optimiser.descent, wrong_G12_sign}}},
    {"(G13)", "L3", "means forgotten, uncorrected, as in the program", ORACLE, {{&optimiser.adam, wrong_G13_program}}},
    {"(G13)", NULL, "means forgotten at each step", ORACLE, {{&optimiser.adam, wrong_G13_forgets}}},
    {"(G13)", NULL, "no bias correction", ORACLE, {{&optimiser.adam, wrong_G13_uncorrected}}},
    {"(G13)", NULL, "epsilon inside the root", ORACLE, {{&optimiser.adam, wrong_G13_inside}}},
    {"(G13)", NULL, "v not squared", ORACLE, {{&optimiser.adam, wrong_G13_not_squared}}},
    {"(G13)", NULL, "t from 1", ORACLE, {{&optimiser.adam, wrong_G13_late}}},
    {"(G13)", NULL, "beta_1 and beta_2 exchanged", ORACLE, {{&optimiser.adam, wrong_G13_exchanged}}},
    {"(G13)", NULL, "no root", ORACLE, {{&optimiser.adam, wrong_G13_no_root}}},
    {"(G13)", NULL, "uphill", ORACLE, {{&optimiser.adam, wrong_G13_uphill}}},
    {"(G14)", NULL, "the fan-out", ORACLE, {{&optimiser.he, wrong_G14_fan_out}}},
    {"(G14)", NULL, "fan-in and fan-out together", ORACLE, {{&optimiser.he, wrong_G14_both}}},
    {"(G14)", NULL, "the variance for the deviation", ORACLE, {{&optimiser.he, wrong_G14_variance}}},
    {"(G14)", NULL, "1/fan-in", ORACLE, {{&optimiser.he, wrong_G14_no_relu}}},
    {"(G14)", NULL, "all weights equal", ORACLE, {{&optimiser.he, wrong_G14_all_equal}}},
    {"(G14)", NULL, "a uniform distribution", ORACLE, {{&optimiser.he, wrong_G14_uniform}}},
    {"(G14)", NULL, "deviation 1", ORACLE, {{&optimiser.he, wrong_G14_one}}},
};

static void claims(void)
{
    check_descent_by_hand();
    expect(farthest(descent) < 1e-9, "on theta^2, gradient descent arrives and stays");
    expect(farthest(wrong_G12_inverse) >= 0.5 * sqrt(0.1), "the negative inverse never settles there");
    check_adam_by_hand();
    check_forgetful_adam();
    check_forgetful_steps();
    check_random_numbers();
    reject_random_numbers();
    check_shuffle();
    check_ramp();
    check_ones();
    check_illegal_optimisations();
}

int main(void)
{
    return run_suite(&(struct suite){"chapters/7-optimisation.md", sizeof checks / sizeof *checks, sizeof mutants / sizeof *mutants,
                                     checks, mutants, claims, every_small_count});
}

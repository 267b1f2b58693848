// Tangled from chapters/7-optimisation.md [69bfd01b26d9]: edit there, or here and make stitch
#include "../src/optimisation.c"
#include "check.h"

// Numbers for the optimiser
enum shape { USUAL = 1, FIRST, STEEP, DARK, BRIGHT, WEIGHTS };
enum { DRAWN = 20000, FAN_OUT = 8 };
static const double BETA1 = 0.9, BETA2 = 0.99, EPSILON = 1e-3;
static struct array loss, dl, cost, dcost, w, dw, mu, sigma, start, gradient, place, g, theta, m, v;
static struct random generator, seed;
static unsigned char bytes[70000];
static int samples, batch, byte_count, step, fan_in;   // batch: its nominal size
static double rate;

#define EACH_TERM EACH(n, samples) EACH(p, 3)
#define EACH_PARAMETER EACH(i, start.count)
#define CONSTANTS (struct adam){rate, BETA1, BETA2, EPSILON}

static void draw_arrays(int parameters, int weights)
{
    ARRAY(w, weights), ARRAY(dw, 3), ARRAY(dl, 3, samples), ARRAY(loss, samples);
    ARRAY(cost, 1), ARRAY(dcost, 1), ARRAY(mu, 1), ARRAY(sigma, 1);
    ARRAY(start, parameters), ARRAY(gradient, parameters), ARRAY(place, parameters);
    ARRAY(g, 6, parameters), ARRAY(theta, parameters), ARRAY(m, parameters), ARRAY(v, parameters);
    randomise(w), randomise(dl), randomise(start), randomise(g), clear(loss);
    at(dcost, 0) = 1, rate = between(1, 5) / 64.0;
    EACH_TERM at(loss, n) += (at(dl, p, n) += 1.5) * at(w, p);
    EACH_PARAMETER at(gradient, i) = (i + 1) * at(start, i);
    EACH_PARAMETER EACH(s, 6) at(g, s, i) *= ldexp(1, -4 * (i % 6));
}

static void choose(int shape)
{
    batch = between(4, 7), samples = between(2, batch - 1);
    step = shape == FIRST ? 0 : between(1, 5);
    draw_arrays(between(6, 10), shape == WEIGHTS ? DRAWN : 3);
    EACH(i, g.count) ((real *)g.at)[i] *= shape == STEEP ? 0x1p30 : 1;
    byte_count = shape == BRIGHT ? between(67000, 70000) : between(1000, 5000);
    EACH(i, byte_count) bytes[i] = (unsigned char)(shape == BRIGHT ? between(254, 255)
                                                   : between(0, 4) < 3 ? 0 : between(0, 255));
    seed.state = random_word(), fan_in = between(40, 60);
}

static int small_optimisation(long number)   // 1 to 40 samples and parameters
{
    samples = batch = 1 + (int)number, step = (int)number % 6;
    draw_arrays(samples, 3);
    return 1;
}

static long double moment(long double shift, long double unit, int power)
{
    int counted[256] = {0};
    long double sum = 0;
    EACH(i, byte_count) counted[bytes[i]]++;
    EACH(x, 256) sum += counted[x] * powl((x - shift) / unit, power);
    return sum / byte_count;
}

static void standard(void)
{
    double mean = NAN, deviation = NAN;
    mean_and_deviation((size_t)byte_count, bytes, &mean, &deviation);
    at(mu, 0) = mean, at(sigma, 0) = deviation;
}

static long double so_far(double beta, int power, int t, int i)
{
    long double sum = 0;
    EACH(s, t + 1) sum += powl(beta, t - s) * powl(creal(at(g, s, i)), power);
    return (1 - (long double)beta) * sum;
}

static void before_the_step(void)
{
    EACH_PARAMETER at(theta, i) = at(start, i), at(m, i) = so_far(BETA1, 1, step - 1, i);
    EACH_PARAMETER at(v, i) = so_far(BETA2, 2, step - 1, i);
}

// Check (G10)
DEFINE(cost, EACH_TERM at(cost, 0) += at(dl, p, n) * at(w, p) / samples)
DEFINE(dw, define_cost(); EACH_TERM at(dw, p) += at(dl, p, n) / samples)
EQUATION(G10, dw,
         at(cost, 0) = mean_loss(samples, loss.at);
         EACH(p, 3) at(dw, p) = mean_loss(samples, &at(dl, p, 0)),
         OF(mean_loss), ALSO(cost), SLOPE(cost, w, AFFINE),
         AT(USUAL), WITHIN(1e-14), EVERY_SMALL_SHAPE)

// Check (G11)
DEFINE(mu, at(mu, 0) = moment(0, 1, 1);
           at(sigma, 0) = sqrt(moment(moment(0, 1, 1), 1, 2)))
EQUATION(G11, mu, standard(), OF(mean_and_deviation), ALSO(sigma), AT(DARK, BRIGHT), WITHIN(1e-14),
         WITHOUT_REGIMES)

// Check (G12)
DEFINE(place, EACH_PARAMETER at(place, i) = (1 - rate * (i + 1)) * at(start, i))
EQUATION(G12, place,
         EACH_PARAMETER at(place, i) = at(start, i);
         gradient_descent(start.count, rate, gradient.at, place.at),
         OF(gradient_descent), AT(USUAL), EVERY_SMALL_SHAPE)

// Check (G13)
DEFINE(theta, EACH_PARAMETER {
                  long double m_t = so_far(BETA1, 1, step, i), v_t = so_far(BETA2, 2, step, i);
                  long double m_hat = m_t / so_far(BETA1, 0, step, i);
                  long double v_hat = v_t / so_far(BETA2, 0, step, i);
                  at(m, i) = m_t, at(v, i) = v_t;
                  at(theta, i) = at(start, i) - rate * m_hat / (sqrtl(v_hat) + EPSILON);
              })
EQUATION(G13, theta,
         before_the_step();
         adam(CONSTANTS, step, start.count, &at(g, step, 0), m.at, v.at, theta.at),
         OF(adam), ALSO_TWO(m, v), AT(USUAL, FIRST), WIDELY(STEEP), WITHIN(1e-14),
         EVERY_SMALL_SHAPE)

// Check (G14)
DEFINE(w, generator = seed;
          EACH(i, DRAWN) at(w, i) = random_normal(&generator) / sqrt(fan_in / 2.0))
EQUATION(G14, w, generator = seed; he_initialise(&generator, fan_in, DRAWN, w.at),
         OF(he_initialise), AT(WEIGHTS), WITHIN(1e-14), WITHOUT_REGIMES)

// Check the random numbers
static struct random before(unsigned long long u)   // the generator that gives u next
{
    u = (u ^ u >> 31 ^ u >> 62) * 0x319642b2d24d8ec3;
    u = (u ^ u >> 27 ^ u >> 54) * 0x96de1b173f119089;
    u = u ^ u >> 30 ^ u >> 60;
    return (struct random){u - 0x9e3779b97f4a7c15};
}

static int uniform_is_right(double (*f)(struct random *r))   // the bits over 2^64, rounded down
{
    const unsigned long long end[] = {0, 1, 2047, 2048, ~0ULL, ~0ULL << 11};
    int right = 1;
    EACH(i, 100) {
        unsigned long long bits = i < 6 ? end[i] : random_word();
        generator = before(bits);
        right &= f(&generator) == bits / 2048 * 0x1p-53;
    }
    return right;
}

static int normal_is_right(double (*f)(struct random *r))
{
    int right = 1;
    EACH(i, 100) {
        struct random r = {random_word()}, same = r;
        double x = f(&r), distance = sqrt(2 * log(1 / (1 - random_uniform(&same))));
        double turn = random_uniform(&same);
        double angle = acos(fmax(-1, fmin(1, x / distance))) / acos(-1);   // 0 to 1, half a turn
        right &= fabs(angle - fmin(2 * turn, 2 - 2 * turn)) < 1e-6 && r.state == same.state;
    }
    return right;
}

typedef int choice(struct random *r, int n);

static int draws_again(choice *f)   // 2^64 = 7 k + 2: its last two numbers must not count
{
    int right = 1;
    EACH(back, 3) {
        struct random r = before(~0ULL - (unsigned)back), same = r;
        unsigned long long first = random_bits(&same), bits = back < 2 ? random_bits(&same) : first;
        right &= f(&r, 7) == (int)(bits % 7) && r.state == same.state;
    }
    return right;
}

CLAIM("random bits are splitmix64's", (seed.state = 0, random_bits(&seed) == 0xe220a8397b1dcdaf)
      && random_bits(&seed) == 0x6e789e6aa1b965f4)
CLAIM("a uniform number is the upper 53 bits", uniform_is_right(random_uniform))
CLAIM("a normal number is one coordinate of a random point", normal_is_right(random_normal))
CLAIM("a choice draws again in the last incomplete round", draws_again(random_below))
REFUSES("a choice among none", "something to choose from", random_below(&generator, 0))

// Check the distributions
static int is_even(choice *f, int n)
{
    struct random r = {random_word()};
    struct array counted = array("counted", 1, &n);
    double inside = 0, sum = 0, spread = 2 / (9.0 * (n - 1));
    clear(counted);
    EACH(draw, 3000 * n) at(counted, f(&r, n)) += 1;   // and nothing where it is outside
    EACH(k, n) inside += part(counted, k), sum += pow(part(counted, k) - 3000, 2) / 3000;
    return inside == 3000 * n && cbrt(sum / (n - 1)) <= 1 - spread + 5 * sqrt(spread);
}

static int by_large_choice(struct random *r, int n)
{
    return (int)((long long)n * random_below(r, INT_MAX) / INT_MAX);
}

static int by_uniform(struct random *r, int n) { return (int)floor(n * random_uniform(r)); }

// n times the probability that a normal number is less than x.
static int part_of_normal(double x, int n) { return (int)floor(n * erfc(-x / sqrt(2)) / 2); }

static int by_weight(struct random *r, int n)
{
    weight first;
    he_initialise(r, 50, 1, &first);
    return part_of_normal(creal(first) / 0.2, n);
}

// One of the n = 24 orders of four things.
static int order_by(void (*f)(struct random *r, int n, int *order), struct random *r, int n)
{
    int order[] = {0, 1, 2, 3}, number = 0;
    f(r, 4, order);
    EACH(i, 4) {
        number *= i + 1;
        EACH(j, i) number += order[j] < order[i];
    }
    return number < n ? number : -1;
}

static int by_shuffle(struct random *r, int n) { return order_by(shuffle, r, n); }

// Of n >= 1 things, with n - 1 choices, and by a third of n on average.
static int is_permutation(int n)
{
    struct random r = {random_word()}, old = r;
    int order[n], seen[n], once = 1;
    double moved = 0;
    EACH(i, n) order[i] = i, seen[i] = 0;
    shuffle(&r, n, order);
    EACH(i, n) once &= 0 <= order[i] && order[i] < n && !seen[order[i]]++;
    EACH(i, n) moved += abs(order[i] - i);
    return once && (n < 1000 || fabs(3 * moved / n / n - 1) < 0.1)
        && r.state - old.state == (unsigned long long)(n - 1) * 0x9e3779b97f4a7c15;
}

CLAIM("a choice is fair, among seven or one", is_even(random_below, 7) && !random_below(&seed, 1))
CLAIM("so is one among as many as an int counts", is_even(by_large_choice, 10))
CLAIM("uniform numbers fill [0, 1) evenly", is_even(by_uniform, 10))
CLAIM("the first weights are normal, with variance 2/fan-in", is_even(by_weight, 10))
CLAIM("all 24 orders of four are equally likely", is_even(by_shuffle, 24))
CLAIM("a shuffle keeps each thing, by n - 1 choices", is_permutation(1000) && is_permutation(1))
CLAIM("60,000 things, too, or 2^16 and one", is_permutation(60000) && is_permutation(65537))
CLAIM("a neuron may have one input",
      (choose(WEIGHTS), he_initialise(&seed, 1, 1, w.at), isfinite(part(w, 0))))
REFUSES("a neuron without inputs", "at least one input", he_initialise(&seed, 0, 1, w.at))

// Claims about optimisation
static int ramp_is_right(double (*f)(int t, int steps, double top))   // up to 60 steps, and 1000
{
    int right = 1;
    for (int steps = 1; steps <= 1000; steps += steps < 60 ? 1 : 940)
        EACH(t, steps + 1) {
            double up = (t + 1.0) / (steps / 10), down = (steps - t + 0.0) / (steps - steps / 10);
            right &= fabs(f(t, steps, 2) - 2 * fmin(up, down)) < 1e-14;
        }
    return right;
}

static double after(int steps, double lambda, int by_inverse)   // from 1 down theta^2: how far off
{
    weight x = 1;
    EACH(t, steps) {
        weight slope = by_inverse ? 1 / (2 * x) : 2 * x;
        gradient_descent(1, lambda, &slope, &x);
    }
    return fabs(creal(x));
}

static int first_steps(void)   // of Adam, and of the forgetful one; none for a slope of 0
{
    weight slope[] = {0.5, -500, 0}, x[3] = {0}, x_[3] = {0}, mean[3] = {0}, square[3] = {0};
    adam((struct adam){0.01, 0.9, 0.999, 1e-8}, 0, 3, slope, mean, square, x);
    forgetful_adam((struct adam){0.01, 0.95, 0.99, 1e-7}, 3, slope, x_);
    return fabs(creal(x[0]) + 0.01) < 1e-9 && fabs(creal(x[1]) - 0.01) < 1e-9 && x[2] == 0
        && fabs(creal(x_[0]) + 0.005) < 1e-6 && fabs(creal(x_[1]) - 0.005) < 1e-6 && x_[2] == 0;
}

CLAIM("the ramp is straight up and straight down, for any number of steps", ramp_is_right(ramp))
REFUSES("a ramp before its first step", "a step is one of", ramp(-1, 10, 1))
REFUSES("a ramp behind its last", "a step is one of", ramp(11, 10, 1))
REFUSES("a ramp without steps", "a step is one of", ramp(0, 0, 1))
CLAIM("one loss is its own mean", (choose(USUAL), mean_loss(1, loss.at) == at(loss, 0)))
CLAIM("one byte is its own mean, and has no deviation",
      (choose(BRIGHT), byte_count = 1, standard(), part(mu, 0) == bytes[0] && part(sigma, 0) == 0))
CLAIM("on theta^2 with rate 1/4, a step leads from 1 to 1/2, and the next to 1/4",
      after(1, 0.25, 0) == 0.5 && after(2, 0.25, 0) == 0.25)
CLAIM("with rate 1 it jumps forever, with 0.1 it arrives",
      after(1000, 1, 0) == 1 && after(1000, 0.1, 0) < 1e-9)
CLAIM("the negative inverse never settles there",
      fmax(after(999, 0.1, 1), after(1000, 0.1, 1)) >= 0.5 * sqrt(0.1))
CLAIM("Adam's first step is the rate times sign(g), the forgetful one's half of it", first_steps())
REFUSES("the mean of no losses", "at least one loss", mean_loss(0, NULL))
REFUSES("the mean of no bytes", "at least one byte", byte_count = 0; standard())
REFUSES("a step before the first", "steps count from 0", choose(USUAL); step = -1; call_G13())

// wrong: (G10)
#define SHARES(of_loss, of_slope) \
    EACH_TERM at(cost, 0) += at(dl, p, n) * at(w, p) * (of_loss); \
    EACH_TERM at(dw, p) += at(dl, p, n) * (of_slope)
#define BOTH(share) SHARES(share, share)

WRONG(G10, NULL, "the last batch by the nominal size", ORACLE, BOTH(1.0 / batch))
WRONG(G10, NULL, "its slopes by the nominal size", CENTRAL, SHARES(1.0 / samples, 1.0 / batch))
WRONG_TOGETHER(G10, "both by the nominal size", cost, BOTH(1.0 / batch), BOTH(1.0 / batch))
WRONG(G10, NULL, "the sum, no mean", ORACLE, BOTH(1))
WRONG(G10, NULL, "slopes summed over the batch, no mean", CENTRAL, SHARES(1.0 / samples, 1))
WRONG_TOGETHER(G10, "both summed, no mean", cost, BOTH(1), BOTH(1))
WRONG(G10, NULL, "over N - 1", ORACLE, BOTH(1.0 / (samples - 1)))
WRONG(G10, NULL, "the first sample left out", ORACLE, BOTH((n > 0) * 1.0 / samples))
WRONG(G10, NULL, "= for +=", ORACLE, BOTH((n == samples - 1) * 1.0 / samples))

// wrong: (G11)
#define SIGMA define_mu(); at(sigma, 0)

WRONG(G11, "L10", "int(mean) and int(std), as in the program", ORACLE,
      SIGMA = (int)part(sigma, 0); at(mu, 0) = (int)part(mu, 0))
WRONG(G11, NULL, "sums of 32 bits", ORACLE,
      SIGMA = sqrt(fmodl(moment(0, 1, 2) * byte_count, 0x1p32) / byte_count - pow(part(mu, 0), 2)))
WRONG(G11, NULL, "the variance for the deviation", ORACLE, SIGMA *= part(sigma, 0))
WRONG(G11, NULL, "over n - 1", ORACLE, SIGMA *= sqrt(byte_count / (byte_count - 1.0)))
WRONG(G11, NULL, "the mean square about 0", ORACLE, SIGMA = sqrt(moment(0, 1, 2)))
WRONG(G11, NULL, "of the first half only", ORACLE,
      int all = byte_count; byte_count /= 2; define_mu(); byte_count = all)

// wrong: (G12)
#define MOVED EACH_PARAMETER at(place, i) = at(start, i)

WRONG(G12, "P1", "the negative inverse, as printed", ORACLE, MOVED - rate / at(gradient, i))
WRONG(G12, NULL, "uphill", ORACLE, MOVED + rate * at(gradient, i))
WRONG(G12, NULL, "no rate", ORACLE, MOVED - at(gradient, i))
WRONG(G12, NULL, "= for -=", ORACLE, EACH_PARAMETER at(place, i) = -rate * at(gradient, i))
WRONG(G12, NULL, "the first slope for all", ORACLE, MOVED - rate * at(gradient, 0))
WRONG(G12, NULL, "the last parameter left out", ORACLE,
      MOVED - (i < start.count - 1) * rate * at(gradient, i))
WRONG(G12, NULL, "the sign of the slope", ORACLE, MOVED - rate * (part(gradient, i) > 0 ? 1 : -1))

// wrong: (G13)
enum slip { FORGETS = 1, UNCORRECTED = 2, INSIDE = 4, NOT_SQUARED = 8, LATE = 16, EXCHANGED = 32,
            NO_ROOT = 64, UPHILL = 128, PROGRAM = FORGETS | UNCORRECTED | INSIDE };

static void adam_with(int slip)
{
    double beta1 = slip & EXCHANGED ? BETA2 : BETA1, beta2 = slip & EXCHANGED ? BETA1 : BETA2;
    double kept = slip & FORGETS ? 0 : 1;
    double steps = slip & UNCORRECTED ? INFINITY : slip & LATE ? step + 2 : step + 1;
    double given1 = 1 - pow(beta1, steps), given2 = 1 - pow(beta2, steps);
    before_the_step();
    EACH_PARAMETER {
        real slope = at(g, step, i);
        real square = slip & NOT_SQUARED ? fabs(creal(slope)) : slope * slope;
        at(m, i) = kept * beta1 * at(m, i) + (1 - beta1) * slope;
        at(v, i) = kept * beta2 * at(v, i) + (1 - beta2) * square;
        real v_hat = at(v, i) / given2, root = (slip & NO_ROOT ? v_hat : sqrt(v_hat)) + EPSILON;
        real divisor = slip & INSIDE ? sqrt(v_hat + EPSILON) : root;
        at(theta, i) -= (slip & UPHILL ? -1 : 1) * rate * at(m, i) / given1 / divisor;
    }
}

CLAIM("forgetful_adam is Adam with the three slips of the paper's program",
      (choose(USUAL), adam_with(PROGRAM),
       forgetful_adam(CONSTANTS, start.count, &at(g, step, 0), start.at), alike(theta, start)))
WRONG(G13, "L3", "means forgotten, uncorrected, as in the program", ORACLE, adam_with(PROGRAM))
WRONG(G13, NULL, "means forgotten at each step", ORACLE, adam_with(FORGETS))
WRONG(G13, NULL, "no bias correction", ORACLE, adam_with(UNCORRECTED))
WRONG(G13, NULL, "epsilon inside the root", ORACLE, adam_with(INSIDE))
WRONG(G13, NULL, "v not squared", ORACLE, adam_with(NOT_SQUARED))
WRONG(G13, NULL, "t from 1", ORACLE, adam_with(LATE))
WRONG(G13, NULL, "beta_1 and beta_2 exchanged", ORACLE, adam_with(EXCHANGED))
WRONG(G13, NULL, "no root", ORACLE, adam_with(NO_ROOT))
WRONG(G13, NULL, "uphill", ORACLE, adam_with(UPHILL))

// wrong: (G14)
#define DRAW_WITH(deviation) \
    generator = seed; EACH(i, DRAWN) at(w, i) = (deviation) * random_normal(&generator)

WRONG(G14, NULL, "the fan-out", ORACLE, DRAW_WITH(sqrt(2.0 / FAN_OUT)))
WRONG(G14, NULL, "fan-in and fan-out together", ORACLE, DRAW_WITH(sqrt(2.0 / (fan_in + FAN_OUT))))
WRONG(G14, NULL, "the variance for the deviation", ORACLE, DRAW_WITH(2.0 / fan_in))
WRONG(G14, NULL, "1/fan-in", ORACLE, DRAW_WITH(sqrt(1.0 / fan_in)))
WRONG(G14, NULL, "all weights equal", ORACLE, define_w(); EACH(i, DRAWN) at(w, i) = at(w, 0))
WRONG(G14, NULL, "a uniform distribution", ORACLE, generator = seed;
      EACH(i, DRAWN) at(w, i) = sqrt(6.0 / fan_in) * (2 * random_uniform(&generator) - 1))
WRONG(G14, NULL, "deviation 1", ORACLE, DRAW_WITH(1))

// wrong: random numbers, shuffles and ramps
#define NUMBER(name, ...) static double name(struct random *r) { __VA_ARGS__; }
#define CHOICE(name, ...) static int name(struct random *r, int n) { return (int)(__VA_ARGS__); }
#define RATE(name, what, bound, limit) \
    static double name(int t, int steps, double top) { return bound(ramp(t, steps, top), limit); } \
    CLAIM(what " is rejected", !ramp_is_right(name))

NUMBER(with_one, return (double)random_bits(r) / 0x1p64)
NUMBER(from_lower_bits, return (random_bits(r) << 11 >> 11) * 0x1p-53)
NUMBER(from_one, double u = random_uniform(r); return sqrt(-2 * log(1 - u)) * cos(acos(-1) * 2 * u))
CHOICE(by_remainder, random_bits(r) % (unsigned)n)
CHOICE(by_rounding, random_uniform(r) * (n - 1) + 0.5)
CHOICE(by_flat_weight, part_of_normal(sqrt(3) * (2 * random_uniform(r) - 1), n))
RATE(constant, "a constant rate", fmax, top)
RATE(from_zero, "a ramp whose first step has no rate", fmin, top * t / (steps / 10))
RATE(by_a_fifth, "a ramp that rises too long", fmin, top * (t + 1.0) / (steps / 5))
RATE(to_something, "a ramp that does not reach zero", fmax, top / 100)

// Exchanges each place with one of the first so many.
#define SHUFFLE(name, so_many, what) \
    static void name(struct random *r, int n, int order[n]) \
    { \
        for (int i = n - 1; i >= 0; i--) { \
            int j = random_below(r, so_many), moved = order[i]; \
            order[i] = order[j], order[j] = moved; \
        } \
    } \
    CHOICE(by_##name, order_by(name, r, n)) \
    CLAIM("a shuffle that " what " is rejected", !is_even(by_##name, 24))

SHUFFLE(with_any, n, "exchanges with any place")
SHUFFLE(with_another, i > 0 ? i : 1, "never leaves a thing in its place")

CLAIM("a uniform number that can be 1 is rejected", !uniform_is_right(with_one))
CLAIM("a uniform number from the lower bits is rejected", !uniform_is_right(from_lower_bits))
CLAIM("a normal number from one uniform number is rejected", !normal_is_right(from_one))
CLAIM("a choice by the remainder alone is rejected", !draws_again(by_remainder))
CLAIM("a choice by rounding is rejected", !is_even(by_rounding, 7))
CLAIM("uniform weights of the right variance are rejected", !is_even(by_flat_weight, 10))

int main(void)
{
    return check_chapter("chapters/7-optimisation.md", choose, 40, small_optimisation);
}

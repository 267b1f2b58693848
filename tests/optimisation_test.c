// Tangled from chapters/7-optimisation.md [4ab82f3475ec]: edit there, or here and make stitch
#include "../src/optimisation.c"
#include "check.h"

// Numbers for the optimiser
enum shape { USUAL = 1, FIRST, DARK, BRIGHT, WEIGHTS };
enum { DRAWN = 20000, FAN_OUT = 8 };
static const double BETA1 = 0.9, BETA2 = 0.99, EPSILON = 1e-3;
static struct array loss, dl, cost, dcost, w, dw, mu, sigma, start, gradient, place, g, theta, m, v;
static struct random generator, seed;
static unsigned char bytes[70000];
static int samples, batch, byte_count, step, fan_in;   // batch: its nominal size
static double rate;

#define EACH_TERM EACH(n, samples) EACH(p, 3)
#define EACH_PARAMETER EACH(i, start.count)

static void draw_arrays(int parameters)
{
    ARRAY(w, 3), ARRAY(dw, 3), ARRAY(dl, 3, samples), ARRAY(loss, samples);
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
    draw_arrays(between(6, 10));
    byte_count = shape == BRIGHT ? between(67000, 70000) : between(1000, 5000);
    EACH(i, byte_count) bytes[i] = (unsigned char)(shape == BRIGHT ? between(254, 255)
                                                   : between(0, 4) < 3 ? 0 : between(0, 255));
    seed.state = random_word(), fan_in = between(40, 60);
    if (shape == WEIGHTS)
        ARRAY(w, DRAWN);
}

static int small_optimisation(long number)   // 1 to 40 samples and parameters
{
    samples = batch = 1 + (int)number, step = (int)number % 6;
    draw_arrays(samples);
    return 1;
}

// Moments and sums
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
EQUATION(G11, mu, standard(), OF(mean_and_deviation), ALSO(sigma), AT(DARK, BRIGHT), WITHIN(1e-14))

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
         adam((struct adam){rate, BETA1, BETA2, EPSILON}, step, start.count, &at(g, step, 0),
              m.at, v.at, theta.at),
         OF(adam), ALSO_TWO(m, v), AT(USUAL, FIRST), WITHIN(1e-14), EVERY_SMALL_SHAPE)

// Check (G14)
DEFINE(w, generator = seed;
          EACH(i, DRAWN) at(w, i) = random_normal(&generator) / sqrt(fan_in / 2.0))
EQUATION(G14, w, generator = seed; he_initialise(&generator, fan_in, DRAWN, w.at),
         OF(he_initialise), AT(WEIGHTS), WITHIN(1e-14))

// Check the random numbers
// Undoes u = (u ^ u >> shift) * factor.
static unsigned long long unstirred(unsigned long long u, int shift, unsigned long long factor)
{
    unsigned long long inverse = factor, bits = 0;
    EACH(k, 6) inverse *= 2 - factor * inverse;   // Newton: doubles the number of right bits
    u *= inverse;
    for (int k = 0; k < 64; k += shift)   // and here each adds shift of them, from above
        bits = u ^ bits >> shift;
    return bits;
}

static struct random before(unsigned long long bits)   // the generator that gives these bits next
{
    bits = unstirred(unstirred(bits, 31, 1), 27, 0x94d049bb133111eb);
    return (struct random){unstirred(bits, 30, 0xbf58476d1ce4e5b9) - 0x9e3779b97f4a7c15};
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

CLAIM("random bits are those of splitmix64",
      (generator.state = 0, random_bits(&generator) == 0xe220a8397b1dcdaf)
      && random_bits(&generator) == 0x6e789e6aa1b965f4)
CLAIM("every stirring step can be undone, and a uniform number is the upper 53 bits",
      uniform_is_right(random_uniform))
CLAIM("a normal number is one coordinate of a point, its angle and distance drawn one by one",
      normal_is_right(random_normal))
CLAIM("a choice draws again in the last incomplete round", draws_again(random_below))
REFUSES("a choice among none", "something to choose from", random_below(&generator, 0))

// Check the distributions
static int is_even(choice *f, int n)
{
    struct random r = {random_word()};
    int counted[24] = {0}, inside = 1;
    double sum = 0, spread = 2 / (9.0 * (n - 1));
    EACH(draw, 3000 * n) {
        int k = f(&r, n);
        inside &= k >= 0 && k < n;
        counted[inside ? k : 0]++;
    }
    EACH(k, n) sum += (counted[k] - 3000.0) * (counted[k] - 3000.0) / 3000;
    return inside && cbrt(sum / (n - 1)) <= 1 - spread + 5 * sqrt(spread);
}

static int by_uniform(struct random *r, int n) { return (int)floor(n * random_uniform(r)); }

typedef void shuffler(struct random *r, int n, int order[n]);

static int order_by(shuffler *f, struct random *r, int n)   // one of the n = 24 of four things
{
    int order[] = {0, 1, 2, 3}, number = 0;
    f(r, 4, order);
    EACH(i, 4) {
        int smaller = 0;   // behind it
        for (int j = i + 1; j < 4; j++)
            smaller += order[j] < order[i];
        number = number * (4 - i) + smaller;
    }
    return number < n ? number : -1;
}

static int by_shuffle(struct random *r, int n) { return order_by(shuffle, r, n); }

static int is_permutation(int n)   // of n >= 1 things, with n - 1 choices
{
    struct random r = {random_word()}, old = r;
    int order[n], once = 1;
    EACH(i, n) order[i] = i;
    shuffle(&r, n, order);
    EACH(i, n) once &= is_among(n, order, i);
    return once && r.state - old.state == (unsigned long long)(n - 1) * 0x9e3779b97f4a7c15;
}

CLAIM("a choice among seven is fair, and one among one is that one",
      is_even(random_below, 7) && random_below(&generator, 1) == 0)
CLAIM("uniform numbers fill [0, 1) evenly", is_even(by_uniform, 10))
CLAIM("all 24 orders of four are equally likely", is_even(by_shuffle, 24))
CLAIM("a shuffle keeps each thing, by one choice less than there are things",
      is_permutation(1000) && is_permutation(1))

// Check the first weights
static int are_normal(double variance)   // the weights w
{
    double sum = 0, squares = 0, near = 0, p = 0.682689;
    EACH(i, DRAWN) {
        double square = part(w, i) * part(w, i);
        sum += part(w, i) / DRAWN, squares += square / DRAWN, near += square < variance;
    }
    return fabs(sum) <= 5 * sqrt(variance / DRAWN)
        && fabs(squares / variance - 1) <= 5 * sqrt(2.0 / DRAWN)
        && fabs(near / DRAWN - p) <= 5 * sqrt(p * (1 - p) / DRAWN);
}

static void uniform_weights(void)
{
    generator = seed;
    EACH(i, DRAWN) at(w, i) = sqrt(6.0 / fan_in) * (2 * random_uniform(&generator) - 1);
}

CLAIM("the first weights are normal, with variance 2/fan-in",
      (choose(WEIGHTS), he_initialise(&seed, fan_in, DRAWN, w.at), are_normal(2.0 / fan_in)))
CLAIM("uniform ones of that variance are rejected",
      (choose(WEIGHTS), uniform_weights(), !are_normal(2.0 / fan_in)))
REFUSES("a neuron without inputs", "at least one input", he_initialise(&seed, 0, 1, w.at))

// Check the ramp
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

CLAIM("the ramp is straight up to the rate and straight down to 0, for any number of steps",
      ramp_is_right(ramp))
CLAIM("step 0 has a hundredth and step 550 a half, of 1000",
      fabs(ramp(0, 1000, 0.002) - 0.00002) < 1e-15 && fabs(ramp(550, 1000, 0.002) - 0.001) < 1e-15)
REFUSES("a ramp before its first step", "a step is one of", ramp(-1, 10, 1))
REFUSES("a ramp behind its last", "a step is one of", ramp(11, 10, 1))
REFUSES("a ramp without steps", "a step is one of", ramp(0, 0, 1))

// Claims about optimisation
static int are_standard(int shape)   // the standardised bytes: mean 0, mean square 1
{
    choose(shape), standard();
    double mean = part(mu, 0), deviation = part(sigma, 0);
    double rounding = 2 * DBL_EPSILON * mean / deviation;
    return fabs((double)moment(mean, deviation, 1)) <= 1e-14 + rounding
        && fabs((double)moment(mean, deviation, 2) - 1) <= 1e-14;
}

static int one_is_its_own_mean(void)
{
    weight one = 0.75;
    byte_count = 1, bytes[0] = 200, ARRAY(mu, 1), ARRAY(sigma, 1);
    standard();
    return mean_loss(1, &one) == 0.75 && part(mu, 0) == 200 && part(sigma, 0) == 0;
}

// Descends theta^2 from 1; the distance from 0, the largest of the last tenth of the steps.
static double after(int steps, double lambda, int by_inverse)
{
    weight x = 1;
    double far = 0;
    EACH(t, steps) {
        weight slope = by_inverse ? 1 / (2 * x) : 2 * x;
        gradient_descent(1, lambda, &slope, &x);
        far = 10 * (t + 1) > 9 * steps ? fmax(far, fabs(creal(x))) : 0;
    }
    return far;
}

static int first_steps(void)   // of Adam, and of the forgetful one; none for a slope of 0
{
    weight slope[] = {0.5, -500, 0}, x[3] = {0}, x_[3] = {0}, mean[3] = {0}, square[3] = {0};
    adam((struct adam){0.01, 0.9, 0.999, 1e-8}, 0, 3, slope, mean, square, x);
    forgetful_adam((struct adam){0.01, 0.95, 0.99, 1e-7}, 3, slope, x_);
    return fabs(creal(x[0]) + 0.01) < 1e-9 && fabs(creal(x[1]) - 0.01) < 1e-9 && x[2] == 0
        && fabs(creal(x_[0]) + 0.005) < 1e-6 && fabs(creal(x_[1]) - 0.005) < 1e-6 && x_[2] == 0;
}

CLAIM("standardised bytes have mean 0 and deviation 1", are_standard(DARK) && are_standard(BRIGHT))
CLAIM("one loss or byte is its own mean", one_is_its_own_mean())
CLAIM("on theta^2 with rate 1/4, a step leads from 1 to 1/2, and the next to 1/4",
      after(1, 0.25, 0) == 0.5 && after(2, 0.25, 0) == 0.25)
CLAIM("with rate 1 it jumps forever", after(1000, 1, 0) == 1)
CLAIM("on theta^2, gradient descent arrives and stays", after(1000, 0.1, 0) < 1e-9)
CLAIM("the negative inverse never settles there", after(1000, 0.1, 1) >= 0.5 * sqrt(0.1))
CLAIM("Adam's first step is the rate times sign(g), the forgetful one's half of it", first_steps())
REFUSES("the mean of no losses", "at least one loss", mean_loss(0, NULL))
REFUSES("the mean of no bytes", "at least one byte", byte_count = 0; standard())
REFUSES("a step before the first", "steps count from 0",
        adam((struct adam){0.1, 0.9, 0.9, 1e-8}, -1, 1, g.at, m.at, v.at, theta.at))

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
WRONG(G11, "L10", "int(mean) and int(std), as in the program", ORACLE,
      define_mu(); at(mu, 0) = (int)part(mu, 0); at(sigma, 0) = (int)part(sigma, 0))
WRONG(G11, NULL, "sums of 32 bits", ORACLE,
      define_mu(); unsigned squares = 0;
      EACH(i, byte_count) squares += (unsigned)bytes[i] * bytes[i];
      at(sigma, 0) = sqrt(squares / (double)byte_count - part(mu, 0) * part(mu, 0)))
WRONG(G11, NULL, "the variance for the deviation", ORACLE,
      define_mu(); at(sigma, 0) *= at(sigma, 0))
WRONG(G11, NULL, "over n - 1", ORACLE,
      define_mu(); at(sigma, 0) *= sqrt(byte_count / (byte_count - 1.0)))
WRONG(G11, NULL, "the mean square about 0", ORACLE,
      define_mu(); at(sigma, 0) = sqrt(moment(0, 1, 2)))
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
    double kept = slip & FORGETS ? 0 : 1, steps = slip & LATE ? step + 2 : step + 1;
    double given1 = slip & UNCORRECTED ? 1 : 1 - pow(beta1, steps);
    double given2 = slip & UNCORRECTED ? 1 : 1 - pow(beta2, steps);
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

static int forgetful_is_adam_with_slips(void)
{
    choose(USUAL);
    adam_with(PROGRAM);
    struct array x = copy(start), before_it = copy(start);
    forgetful_adam((struct adam){rate, BETA1, BETA2, EPSILON}, x.count, &at(g, step, 0), x.at);
    return alike(theta, x) && !alike(theta, before_it);
}

CLAIM("forgetful_adam is Adam with the three slips of the paper's program",
      forgetful_is_adam_with_slips())
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
WRONG(G14, NULL, "a uniform distribution", ORACLE, uniform_weights())
WRONG(G14, NULL, "deviation 1", ORACLE, DRAW_WITH(1))

// wrong: random numbers, shuffles and ramps
#define DRAW(name, ...) static double name(struct random *r) { __VA_ARGS__; }
#define CHOICE(name, ...) static int name(struct random *r, int n) { return (int)(__VA_ARGS__); }
#define RATE(name, ...) static double name(int t, int steps, double top) { return __VA_ARGS__; }

DRAW(with_one, return (double)random_bits(r) / 0x1p64)
DRAW(from_lower_bits, return (random_bits(r) << 11 >> 11) * 0x1p-53)
DRAW(from_one, double u = random_uniform(r); return sqrt(-2 * log(1 - u)) * cos(acos(-1) * 2 * u))
CHOICE(by_remainder, random_bits(r) % (unsigned)n)
CHOICE(by_rounding, random_uniform(r) * (n - 1) + 0.5)
RATE(constant, t <= steps ? top : 0)
RATE(from_zero, t < steps / 10 ? top * t / (steps / 10) : ramp(t, steps, top))
RATE(by_a_fifth, fmin(top * (t + 1.0) / (steps / 5), ramp(t, steps, top)))
RATE(to_something, fmax(top / 100, ramp(t, steps, top)))

static void exchange(int *one, int *other)
{
    int moved = *one;
    *one = *other, *other = moved;
}

static void with_any(struct random *r, int n, int order[n])
{
    EACH(i, n) exchange(&order[i], &order[random_below(r, n)]);
}

static void with_another(struct random *r, int n, int order[n])
{
    EACH(i, n - 1) exchange(&order[n - 1 - i], &order[random_below(r, n - 1 - i)]);
}

CHOICE(by_any, order_by(with_any, r, n))
CHOICE(by_another, order_by(with_another, r, n))

CLAIM("a uniform number that can be 1 is rejected", !uniform_is_right(with_one))
CLAIM("a uniform number from the lower bits is rejected", !uniform_is_right(from_lower_bits))
CLAIM("a normal number from one uniform number is rejected", !normal_is_right(from_one))
CLAIM("a choice by the remainder alone is rejected", !draws_again(by_remainder))
CLAIM("a choice by rounding is rejected", !is_even(by_rounding, 7))
CLAIM("a shuffle that exchanges with any place is rejected", !is_even(by_any, 24))
CLAIM("a shuffle that never leaves a thing in its place is rejected", !is_even(by_another, 24))
CLAIM("a constant rate is rejected", !ramp_is_right(constant))
CLAIM("a ramp whose first step has no rate is rejected", !ramp_is_right(from_zero))
CLAIM("a ramp that rises too long is rejected", !ramp_is_right(by_a_fifth))
CLAIM("a ramp that does not reach zero is rejected", !ramp_is_right(to_something))

int main(void)
{
    return check_chapter("chapters/7-optimisation.md", choose, 40, small_optimisation);
}

// Tangled from chapters/7-optimisation.md [5d21f4b603ba]: edit there, or here and make stitch
#include <assert.h>
#include <stddef.h>
#include <tgmath.h>

// What a number is
#if defined COMPLEX
typedef double _Complex weight, real;
enum { SAMPLES = 1 };
#elif defined LANES
typedef float weight;
typedef float real __attribute__((vector_size(4 * LANES)));
enum { SAMPLES = LANES };
#else
typedef double weight, real;
enum { SAMPLES = 1 };
#endif

// Random bits
struct random { unsigned long long state; };

// 64 random bits.
unsigned long long random_bits(struct random *r)
{
    unsigned long long u = r->state += 0x9e3779b97f4a7c15;
    u = (u ^ u >> 30) * 0xbf58476d1ce4e5b9;
    u = (u ^ u >> 27) * 0x94d049bb133111eb;
    return u ^ u >> 31;
}

// Random numbers
// Uniform random numbers
// Uniform in [0, 1).
double random_uniform(struct random *r)
{
    return (random_bits(r) >> 11) * 0x1p-53;
}

// Normal random numbers
// Normal, with mean 0 and deviation 1.
double random_normal(struct random *r)
{
    double distance = sqrt(-2 * log(1 - random_uniform(r)));
    return distance * cos(6.283185307179586 * random_uniform(r));
}

// Random choice
// One of 0, 1, ..., n - 1, each equally likely. Refuses n < 1.
int random_below(struct random *r, int n)
{
    assert(n >= 1 && "there must be something to choose from");
    unsigned long long rounds = ~0ULL - ~0ULL % n, u;
    do
        u = random_bits(r);
    while (u >= rounds);
    return (int)(u % n);
}

// Mean loss (G10)
// The cost of N samples, by their own number, in the last batch too. Refuses N < 1.
weight mean_loss(int N, const weight loss[N])
{
    assert(N >= 1 && "a mean needs at least one loss");
    weight sum = 0;
    for (int n = 0; n < N; n++)
        sum += loss[n];
    return sum / N;
}

// Mean and deviation (G11)
// Of n >= 1 bytes. The deviation is 0 when all bytes are equal: then there is nothing to divide by.
void mean_and_deviation(size_t n, const unsigned char x[n], double *mean, double *deviation)
{
    assert(n >= 1 && "a mean needs at least one byte");
    unsigned long long sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++) {
        sum += x[i];
        squares += (unsigned)x[i] * x[i];
    }
    unsigned long long q = sum / n;
    double fraction = (double)(sum % n) / n;   // mu - q
    *mean = q + fraction;
    *deviation = sqrt((double)(squares + q * q * n - 2 * q * sum) / n - fraction * fraction);
}

// Gradient descent (G12)
// One step of theta[n] against the gradient g[n].
void gradient_descent(int n, weight rate, const weight g[n], weight theta[n])
{
    for (int i = 0; i < n; i++)
        theta[i] -= rate * g[i];
}

// Adam's constants
struct adam { weight rate, beta1, beta2, epsilon; };   // lambda and the two betas, each below 1

// Adam (G13)
// Step t = 0, 1, ... of theta[n] along the gradient g[n]. The means m[n] and v[n] are zero before
// the first step, and kept between steps. The four arrays don't overlap. Refuses t < 0.
void adam(struct adam s, int t, int n, const weight g[restrict n], weight m[restrict n],
          weight v[restrict n], weight theta[restrict n])
{
    assert(t >= 0 && "steps count from 0");
    weight to_m_hat = 1 / (1 - pow((double)creal(s.beta1), t + 1.0));
    weight to_v_hat = 1 / (1 - pow((double)creal(s.beta2), t + 1.0));
    for (int i = 0; i < n; i++) {
        m[i] = s.beta1 * m[i] + (1 - s.beta1) * g[i];
        v[i] = s.beta2 * v[i] + (1 - s.beta2) * g[i] * g[i];
        theta[i] -= s.rate * (m[i] * to_m_hat) / (sqrt(v[i] * to_v_hat) + s.epsilon);
    }
}

// He initialisation (G14)
// n weights of neurons that each look at fan_in inputs. Refuses fan_in < 1.
void he_initialise(struct random *r, int fan_in, int n, weight w[n])
{
    assert(fan_in >= 1 && "a neuron has at least one input");
    for (int i = 0; i < n; i++)
        w[i] = sqrt(2.0 / fan_in) * random_normal(r);
}

// Shuffle
// All n! orders are equally likely.
void shuffle(struct random *r, int n, int order[n])
{
    for (int i = n - 1; i > 0; i--) {
        int j = random_below(r, i + 1), moved = order[i];
        order[i] = order[j];
        order[j] = moved;
    }
}

// Learning-rate ramp
// The learning rate at step 0, 1, ..., steps - 1: up to rate in the first tenth, then down
// towards 0. Refuses a step outside of 0 to steps.
double ramp(int step, int steps, double rate)
{
    assert(0 <= step && step <= steps && steps >= 1 && "a step is one of 0, 1, ..., steps");
    int rising = steps / 10;
    return step < rising ? rate * (step + 1) / rising : rate * (steps - step) / (steps - rising);
}

// Adam, forgetful
// A step of theta[n] as the paper's program takes it: both means begin at zero for every batch, and
// are not corrected. The two arrays don't overlap.
void forgetful_adam(struct adam s, int n, const weight g[restrict n], weight theta[restrict n])
{
    for (int i = 0; i < n; i++) {
        weight m = (1 - s.beta1) * g[i], v = (1 - s.beta2) * g[i] * g[i];
        theta[i] -= s.rate * m / sqrt(v + s.epsilon);
    }
}

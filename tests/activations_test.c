// Tangled from chapters/5-activations.md [eeace126b495]: edit there, or here and make stitch
#include "../src/activations.c"
#include "check.h"

// Numbers for the activations
enum shape { NOT_ZERO = 1, WITH_ZEROS, SCORES, HIGH, PEAK };   // PEAK + c: the largest of four is c
static int N;
static struct array z, a, da, dz, a_sigmoid, da_sigmoid, dz_sigmoid, a_arctan, da_arctan, dz_arctan,
                    a_softmax, da_softmax, dz_softmax, scores, own, down, J;   // down: d of own

#define side(t) (went(1 + (creal(t) > 0) - (creal(t) < 0)) - 1)
#define EACH_PAIR EACH(c, N) EACH(c_, N)

static void draw_arrays(int shape)   // of N numbers
{
    ARRAY(z, N), ARRAY(a, N), ARRAY(a_sigmoid, N), ARRAY(a_arctan, N), ARRAY(a_softmax, N);
    ARRAY(da, N), ARRAY(da_sigmoid, N), ARRAY(da_arctan, N), ARRAY(da_softmax, N), ARRAY(down, N);
    ARRAY(dz, N), ARRAY(dz_sigmoid, N), ARRAY(dz_arctan, N), ARRAY(dz_softmax, N), ARRAY(own, N);
    ARRAY(scores, N, N), ARRAY(J, N, N);
    randomise(z), randomise(da);
    EACH(n, N) {
        int high = shape == HIGH || shape == PEAK + n;
        at(z, n) = (2 * fabs(part(z, n)) + 0.125) * (n % 2 ? -1 : 1);
        at(z, n) += high ? 1000 : shape >= PEAK ? -1000 : 0;
        at(da, n) = (fabs(part(da, n)) + n % 3 + 0.125) * (n / 2 % 2 ? -1 : 1);
        at(da_sigmoid, n) = at(da_arctan, n) = at(da_softmax, n) = at(da, n);
        at(down, n) = 1;
    }
    EACH_PAIR at(scores, c, c_) = at(z, c_);
}

static void choose(int shape)
{
    N = shape >= PEAK ? 4 : shape >= SCORES ? between(4, 6) : between(8, 12);
    draw_arrays(shape);
    if (shape == WITH_ZEROS)
        at(z, 1) = at(z, 2) = 0;
}

static int small_count(long number)   // with make shapes, 1 to 48 numbers: three channels of 4 by 4
{
    N = (int)number + 1;
    draw_arrays(NOT_ZERO);
    return 1;
}

// Check (20)
DEFINE(a, EACH(n, N) at(a, n) = (at(z, n) + (side(at(z, n)) > 0 ? at(z, n) : -at(z, n))) / 2)
EQUATION(20, a, relu_forward(N, z.at, a.at), AT(NOT_ZERO, WITH_ZEROS), EVERY_SMALL_SHAPE)

// Check (21)
DEFINE(dz, EACH(n, N) at(dz, n) = side(at(z, n)) == 1 ? at(da, n) : 0)
EQUATION(21, dz, relu_backward(N, z.at, da.at, dz.at),
         SLOPE(a, z, EXACTLY_AFFINE), AT(WITH_ZEROS), EVERY_SMALL_SHAPE)
EQUATION(G1, dz, relu_backward(N, z.at, da.at, dz.at), SLOPE(a, z, EXACTLY_AFFINE), AT(NOT_ZERO))

// Check (G21)
DEFINE(a_sigmoid, EACH(n, N) at(a_sigmoid, n) = (1 + tanh(at(z, n) / 2)) / 2)
EQUATION(G21, a_sigmoid, sigmoid_forward(N, z.at, a_sigmoid.at),
         AT(NOT_ZERO, WITH_ZEROS), WITHIN(1e-14), EVERY_SMALL_SHAPE)

// Check (G1a)
DEFINE(dz_sigmoid, EACH(n, N) at(dz_sigmoid, n) = at(da_sigmoid, n) / (2 + 2 * cosh(at(z, n))))
EQUATION(G1a, dz_sigmoid, sigmoid_backward(N, z.at, da_sigmoid.at, dz_sigmoid.at),
         SLOPE(a_sigmoid, z, CURVED), AT(NOT_ZERO, WITH_ZEROS), WITHIN(1e-14), EVERY_SMALL_SHAPE)

// Check (G22)
static real angle(real t)   // whose tangent is t
{
    EACH(k, 26) t /= 1 + sqrt(1 + t * t);
    return t * 0x1p26;
}

DEFINE(a_arctan, EACH(n, N) at(a_arctan, n) = angle(at(z, n)))
EQUATION(G22, a_arctan, arctan_forward(N, z.at, a_arctan.at),
         AT(NOT_ZERO, WITH_ZEROS), WITHIN(1e-14), EVERY_SMALL_SHAPE)

// Check (G1b)
DEFINE(dz_arctan, EACH(n, N) at(dz_arctan, n) = at(da_arctan, n) * pow(cos(angle(at(z, n))), 2))
EQUATION(G1b, dz_arctan, arctan_backward(N, z.at, da_arctan.at, dz_arctan.at),
         SLOPE(a_arctan, z, CURVED), AT(NOT_ZERO, WITH_ZEROS), WITHIN(1e-14), EVERY_SMALL_SHAPE)

// Check (22)
static real probability(const real *score, int c)
{
    real s = 0;
    EACH(c_, N) s += exp(score[c_] - score[c]);
    return 1 / s;
}

DEFINE(a_softmax, EACH(c, N) at(a_softmax, c) = probability(z.at, c))
EQUATION(22, a_softmax, softmax_forward(N, z.at, a_softmax.at), AT(SCORES, HIGH),
         WIDELY(PEAK, PEAK + 1, PEAK + 2, PEAK + 3), WITHIN(1e-14), EVERY_SMALL_SHAPE)

// Check (23)
DEFINE(own, EACH(c, N) at(own, c) = probability(&at(scores, c, 0), c))
DEFINE(J, define_a_softmax();
          real S = 0;
          EACH(c, N) S += exp(at(z, c));
          EACH_PAIR at(J, c, c_) = exp(at(z, c)) * ((c == c_) * S - exp(at(z, c_))) / (S * S))
EQUATION(23, J, softmax_jacobian(N, a_softmax.at, J.at),
         SLOPE(own, scores, CURVED), AT(SCORES), WITHIN(1e-14), EVERY_SMALL_SHAPE)

// Check (G7)
DEFINE(dz_softmax, define_J(); EACH_PAIR at(dz_softmax, c_) += at(J, c, c_) * at(da_softmax, c))
EQUATION(G7, dz_softmax, softmax_backward(N, a_softmax.at, da_softmax.at, dz_softmax.at),
         SLOPE(a_softmax, z, CURVED), AT(SCORES), WITHIN(1e-13), EVERY_SMALL_SHAPE)

// wrong: (20)
#define Z part(z, n)
#define EACH_A EACH(n, N) at(a, n) =

WRONG(20, NULL, "min(0, z)", ORACLE, EACH_A fmin(0, Z))
WRONG(20, NULL, "max(0, -z)", ORACLE, EACH_A fmax(0, -Z))
WRONG(20, NULL, "|z|", ORACLE, EACH_A fabs(Z))
WRONG(20, NULL, "z, nothing is stopped", ORACLE, EACH_A Z)
WRONG(20, NULL, "a tenth of z where negative", ORACLE, EACH_A Z > 0 ? Z : Z / 10)
WRONG(20, NULL, "max(1, z)", ORACLE, EACH_A fmax(1, Z))
WRONG(20, NULL, "the first number left out", ORACLE, EACH_A (n > 0) * fmax(0, Z))
STALE(20, ORACLE)

// wrong: (21)
#define EACH_DZ EACH(n, N) at(dz, n) =

static void one_at_zero(void) { EACH_DZ at(da, n) * (Z >= 0); }

WRONG(21, "E21", "1 if z >= 0, as printed", ORACLE, one_at_zero())
WRONG(21, NULL, "one half at zero", ORACLE, EACH_DZ at(da, n) * (1 + side(Z)) / 2)
WRONG(21, NULL, "the mask from dl/da", CENTRAL, EACH_DZ fmax(0, part(da, n)))
WRONG(21, NULL, "the mask inverted", CENTRAL, EACH_DZ at(da, n) * (Z <= 0))
WRONG(21, NULL, "the mask alone, without dl/da", CENTRAL, EACH_DZ Z > 0)
WRONG(21, NULL, "max(0, z) for the mask", CENTRAL, EACH_DZ at(da, n) * fmax(0, Z))
STALE(21, CENTRAL)
WRONG_TOGETHER(21, "a leaky ReLU forward and backward",
               a, EACH_A at(z, n) / (side(Z) > 0 ? 1 : 8), EACH_DZ at(da, n) / (Z > 0 ? 1 : 8))
WRONG_TOGETHER(21, "|z| forward and backward",
               a, EACH_A at(z, n) * side(Z), EACH_DZ at(da, n) * side(Z))

// wrong: (G1)
WRONG(G1, NULL, "dl/da without f'", CENTRAL, EACH_DZ at(da, n))
WRONG(G1, NULL, "f' without dl/da", CENTRAL, EACH_DZ Z > 0)
WRONG(G1, NULL, "f in place of f'", CENTRAL, EACH_DZ at(da, n) * fmax(0, Z))
WRONG(G1, NULL, "f' of the next number", CENTRAL, EACH_DZ at(da, n) * (part(z, (n + 1) % N) > 0))
STALE(G1, CENTRAL)

// wrong: (G21)
WRONG(G21, NULL, "sigmoid: exp(z) forward", ORACLE, EACH(n, N) at(a_sigmoid, n) = 1 / (1 + exp(Z)))
WRONG(G21, NULL, "the 1 forgotten", ORACLE, EACH(n, N) at(a_sigmoid, n) = exp(Z))
WRONG(G21, NULL, "from -1 to 1", ORACLE, EACH(n, N) at(a_sigmoid, n) = tanh(Z / 2))
WRONG(G21, NULL, "z for exp(z)", ORACLE, EACH(n, N) at(a_sigmoid, n) = 1 / (1 - Z))
STALE(G21, ORACLE)

// wrong: (G1a)
#define EACH_DZ_SIGMOID EACH(n, N) at(dz_sigmoid, n) =
#define A part(a_sigmoid, n)

WRONG(G1a, NULL, "sigmoid: z (1 - z)", CENTRAL, EACH_DZ_SIGMOID at(da, n) * Z * (1 - Z))
WRONG(G1a, NULL, "sigmoid: a (1 + a)", CENTRAL, EACH_DZ_SIGMOID at(da, n) * A * (1 + A))
WRONG(G1a, NULL, "sigmoid: f' without dl/da", CENTRAL, EACH_DZ_SIGMOID A * (1 - A))
STALE(G1a, CENTRAL)
WRONG_TOGETHER(G1a, "sigmoid: exp(z) forward and backward",
               a_sigmoid, EACH(n, N) at(a_sigmoid, n) = 1 / (1 + exp(at(z, n))),
               define_dz_sigmoid(); EACH_DZ_SIGMOID -at(dz_sigmoid, n))

// wrong: (G22)
WRONG(G22, NULL, "the tangent", ORACLE, EACH(n, N) at(a_arctan, n) = tan(Z))
WRONG(G22, NULL, "the other angle", ORACLE, EACH(n, N) at(a_arctan, n) = atan2(1, Z))
WRONG(G22, NULL, "in degrees", ORACLE, EACH(n, N) at(a_arctan, n) = atan(Z) * 90 / acos(0.0))
WRONG(G22, NULL, "without its sign", ORACLE, EACH(n, N) at(a_arctan, n) = atan(fabs(Z)))
STALE(G22, ORACLE)

// wrong: (G1b)
#define EACH_DZ_ARCTAN EACH(n, N) at(dz_arctan, n) =

WRONG(G1b, NULL, "arctan: 1 / (1 + a a)", CENTRAL, EACH_DZ_ARCTAN at(da, n) / (1 + pow(atan(Z), 2)))
WRONG(G1b, NULL, "arctan: 1 / (1 + z)", CENTRAL, EACH_DZ_ARCTAN at(da, n) / (1 + Z))
WRONG(G1b, NULL, "arctan: dl/da without f'", CENTRAL, EACH_DZ_ARCTAN at(da, n))
WRONG(G1b, NULL, "arctan: 1 + z z", CENTRAL, EACH_DZ_ARCTAN at(da, n) * (1 + Z * Z))
STALE(G1b, CENTRAL)

// wrong: (22)
#define P(c) at(a_softmax, c)
#define E(c) exp(part(z, c))
#define SOFTMAX_OVER(x) define_a_softmax(); EACH(c, N) P(c) /= x

static void shifted(double shift)
{
    double sum = 0;
    EACH(c, N) sum += exp(part(z, c) - shift);
    EACH(c, N) P(c) = exp(part(z, c) - shift) / sum;
}

static void not_shifted(void) { shifted(0); }
static void one_z_in_every_term(void) { EACH(c, N) P(c) = E(c) / (N * E(c)); }

WRONG(22, "E22", "one z in every term of the sum", ORACLE, one_z_in_every_term())
WRONG(22, "L8", "no shift, as in the paper's program", ORACLE, not_shifted())
WRONG(22, NULL, "shifted by the first z", ORACLE, shifted(part(z, 0)))
WRONG(22, NULL, "only the numerator shifted", ORACLE,
      define_a_softmax(); double most = largest(a_softmax), sum = 0;
      EACH(c, N) sum += E(c); EACH(c, N) P(c) /= most * sum)
WRONG(22, NULL, "no sum over c'", ORACLE,
      define_a_softmax(); double most = largest(a_softmax); EACH(c, N) P(c) /= most)
WRONG(22, NULL, "the sum without its own term", ORACLE, SOFTMAX_OVER(1 - P(c)))
WRONG(22, NULL, "the sum from c' = 1", ORACLE, SOFTMAX_OVER(1 - probability(z.at, 0)))
WRONG(22, NULL, "z for exp(z)", ORACLE, EACH(c, N) P(c) = part(z, c) / sum_of(z))
STALE(22, ORACLE)

// wrong: (23)
#define EACH_J EACH_PAIR at(J, c, c_) =
#define SIGMOID(t) (1 / (1 + exp(-(t))))

WRONG(23, "E23", "c' free and summed", CENTRAL,
      define_J(); EACH_PAIR if (c != c_) at(J, c, c_) = -E(c) / E(c_) / (N * N))
WRONG(23, NULL, "a plus off the diagonal", CENTRAL, define_J(); EACH_J fabs(part(J, c * N + c_)))
WRONG(23, NULL, "the diagonal alone", CENTRAL, EACH_J (c == c_) * P(c) * (1 - P(c)))
WRONG(23, NULL, "- a[c] a[c'] on the diagonal too", CENTRAL, EACH_J -P(c) * P(c_))
WRONG(23, NULL, "z for a", CENTRAL, EACH_J at(z, c) * ((c == c_) - at(z, c_)))
STALE(23, CENTRAL)
WRONG_TOGETHER(23, "sigmoids forward and backward",
               own, EACH(c, N) at(own, c) = SIGMOID(at(scores, c, c)),
               EACH_J (c == c_) * SIGMOID(at(z, c)) * (1 - SIGMOID(at(z, c))))

// wrong: (G7)
#define DA at(da_softmax, c)
#define EACH_DZ_SOFTMAX EACH(c, N) at(dz_softmax, c) =
#define MEAN inner_product(a_softmax, da_softmax)

WRONG(G7, NULL, "the diagonal alone", CENTRAL, EACH_DZ_SOFTMAX DA * P(c) * (1 - P(c)))
WRONG(G7, NULL, "the mean not weighted", CENTRAL,
      EACH_DZ_SOFTMAX P(c) * (DA - sum_of(da_softmax) / N))
WRONG(G7, NULL, "the mean with a plus", CENTRAL, EACH_DZ_SOFTMAX P(c) * (DA + MEAN))
WRONG(G7, NULL, "no sum over c'", CENTRAL, EACH_DZ_SOFTMAX P(c) * DA)
WRONG(G7, NULL, "the factor a[c] forgotten", CENTRAL, EACH_DZ_SOFTMAX DA - MEAN)
WRONG(G7, NULL, "a mean that is not complete", CENTRAL,
      real mean = 0; EACH(c, N) { mean += DA * P(c); at(dz_softmax, c) = P(c) * (DA - mean); })
STALE(G7, CENTRAL)
WRONG_TOGETHER(G7, "sigmoids forward and backward",
               a_softmax, EACH(c, N) P(c) = SIGMOID(at(z, c)),
               EACH_DZ_SOFTMAX DA * SIGMOID(at(z, c)) * (1 - SIGMOID(at(z, c))))

// Claims about the activations
#define IN_PLACE(forward, backward, f) \
    (choose(NOT_ZERO), agrees(define_dz##f, call_##backward, &dz##f, da##f) \
                       && agrees(define_a##f, call_##forward, &a##f, z))

static real unrecorded(void)   // ReLU without a record of ways, so that no step is shortened
{
    define_a();
    branches = 0;
    return inner_product(da, a);
}

static void stretch(double size)   // all z are so large, up or down
{
    choose(NOT_ZERO);
    EACH(n, N) at(z, n) = n % 2 ? -size : size;
}

static int saturates(struct array low_or_high, struct array slope, double low, double high)
{
    int right = !nans(slope) && largest(slope) < 1e-14;
    EACH(n, N) right &= fabs(part(low_or_high, n) - (part(z, n) > 0 ? high : low)) < 1e-7;
    return right;
}

CLAIM("at 800 the sigmoid is 0 or 1, and flat",
      (stretch(800), call_G21(), call_G1a(), saturates(a_sigmoid, dz_sigmoid, 0, 1)))
CLAIM("at 10^8 the arctangent is plus or minus half pi, and flat",
      (stretch(1e8), call_G22(), call_G1b(),
       saturates(a_arctan, dz_arctan, -acos(0.0), acos(0.0))))
CLAIM("ReLU in place, forward and backward", IN_PLACE(20, 21, ))
CLAIM("ReLU of a whole layer, 4,608 numbers",
      (small_count(4607), call_20(), call_21(), AS_DEFINED(a) && AS_DEFINED(dz)))
CLAIM("sigmoid in place, forward and backward", IN_PLACE(G21, G1a, _sigmoid))
CLAIM("arctan in place, forward and backward", IN_PLACE(G22, G1b, _arctan))
CLAIM("softmax in place, backward",
      (choose(SCORES), agrees(define_dz_softmax, call_G7, &dz_softmax, da_softmax)))
CLAIM("the slope of ReLU from a in place of z",
      (choose(WITH_ZEROS), define_a(), z = a, agrees(define_dz, call_21, &dz, dz)))
CLAIM("ReLU hands a nan on, and only that",
      (choose(NOT_ZERO), at(z, 1) = NAN, call_20(), isnan(part(a, 1)) && nans(a) == 1))
CLAIM("an infinite slope is nan where ReLU stops it",
      (choose(WITH_ZEROS), at(da, 1) = INFINITY, call_21(), isnan(part(dz, 1)) && nans(dz) == 1))
CLAIM("away from zero the printed (21) is not noticed", UNNOTICED(one_at_zero, dz, NOT_ZERO))
CLAIM("central differences at zero say one half",
      (choose(WITH_ZEROS), central_difference(unrecorded, &at(z, 1), 1).value == part(da, 1) / 2))
CLAIM("the sum of (22) is 1 with one z in every term",
      (choose(SCORES), one_z_in_every_term(), fabs(sum_of(a_softmax) - 1) < 1e-14))
CLAIM("for moderate z the shift is not noticed", UNNOTICED(not_shifted, a_softmax, SCORES))
CLAIM("softmax of one number is 1", (small_count(0), call_22(), part(a_softmax, 0) == 1))
REFUSES("softmax of no number", "at least one number", softmax_forward(0, NULL, NULL))
#ifdef COMPLEX
static double worst_tangent(void)   // how far tan(alpha) is from t; 1 if alpha is too wide
{
    double worst = 0;
    for (double x = -3; x <= 3; x += 0.375) for (double y = -2.75; y <= 2.75; y += 0.5) {
        real t = x + y * _Complex_I, alpha = real_atan(t);
        worst = fmax(worst, cabs(tan(alpha) - t) / cabs(t) + (fabs(creal(alpha)) > acos(0.0)));
    }
    return worst;
}

CLAIM("arctan of a complex number is the angle with that tangent", worst_tangent() < 1e-14)
CLAIM("and keeps the tiny imaginary part of a complex step",
      fabs(cimag(real_atan(2 + TINY * _Complex_I)) / TINY - 0.2) < 1e-16)
#endif

int main(void)
{
    return check_chapter("chapters/5-activations.md", choose, 48, small_count);
}

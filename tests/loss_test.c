// Tangled from chapters/6-loss.md [22d49b553096]: edit there, or here and make stitch
#include "../src/loss.c"
#include "check.h"

// Numbers for the loss
enum shape { USUAL = 1, EXTREME, HIGH, LOW, TIE };
static int C;
static struct array y, z, a, da, dz, loss, dloss, pair, dpair;

static void draw_arrays(void)   // of C classes
{
    ARRAY(y, C), ARRAY(z, C), ARRAY(a, C), ARRAY(da, C), ARRAY(dz, C);
    ARRAY(loss, 1), ARRAY(dloss, 1), ARRAY(pair, 1), ARRAY(dpair, 1);
    randomise(y), randomise(z), randomise(a);   // each number lies between -1 and 1
    EACH(c, C) at(y, c) = (3 + at(y, c)) / 4, at(a, c) = (19 + 9 * at(a, c)) / 32;
    at(dloss, 0) = at(dpair, 0) = 1;   // the slope of the loss by itself
}

static void choose(int shape)
{
    int unlabelled[2];
    C = between(4, 7);
    draw_arrays();
    draw_different(2, unlabelled, 1, C - 2);
    EACH(k, 2) at(y, unlabelled[k]) = 0;
    EACH(k, 2 * (shape == EXTREME)) at(a, unlabelled[k]) = k;
    EACH(c, C) at(z, c) += shape == HIGH ? 1000 : shape == LOW ? -1000 : 0;
    EACH(c, 2 * (shape == TIE)) at(z, c) = 2;   // all others are below 1
}

enum { SMALL = 2 + 4 + 8 + 16 + 32 + 64 };

static int small_loss(long number)   // number + 2 has a leading 1, and a digit for each class
{
    C = ilogb(number + 2.0);
    draw_arrays();
    EACH(c, C) if (!((number + 2) >> c & 1)) at(y, c) = 0, at(a, c) = c % 2;
    at(z, 0) = 2;   // so its a is more than twice any other
    return 1;
}

#define EACH_LABELLED EACH(c, C) if (part(y, c) != 0)

// Check (24)
DEFINE(loss, real product = 1; EACH_LABELLED product *= pow(at(a, c), at(y, c));
             at(loss, 0) = -log(product))
EQUATION(24, loss, at(loss, 0) = cross_entropy(C, y.at, a.at), OF(cross_entropy),
         AT(USUAL, EXTREME), WITHIN(1e-14), EVERY_SMALL_SHAPE)

// Check (25)
DEFINE(da, EACH_LABELLED at(da, c) = -exp(log(at(y, c)) - log(at(a, c))))
EQUATION(25, da, cross_entropy_da(C, y.at, a.at, da.at),
         SLOPE(loss, a, CURVED), AT(USUAL, EXTREME), WITHIN(1e-14), EVERY_SMALL_SHAPE)

// Check (G8)
DEFINE(pair, EACH(c, C) {
                 real inverse = 0;   // of a
                 EACH(c_, C) inverse += exp(at(z, c_) - at(z, c));
                 at(a, c) = 1 / inverse;
                 at(pair, 0) += at(y, c) * log(inverse);
             })
EQUATION(G8, pair, at(pair, 0) = softmax_cross_entropy(C, y.at, z.at, a.at),
         OF(softmax_cross_entropy), ALSO(a),
         AT(USUAL, HIGH, LOW, TIE), WITHIN(1e-14), EVERY_SMALL_SHAPE)

// Check (G9)
DEFINE(dz, define_pair();
           EACH(c, C) EACH(c_, C)
               at(dz, c_) += -at(y, c) / at(a, c) * (at(a, c) * ((c == c_) - at(a, c_))))
EQUATION(G9, dz, softmax_cross_entropy_dz(C, y.at, a.at, dz.at),
         SLOPE(pair, z, CURVED), AT(USUAL, TIE), WITHIN(1e-14), EVERY_SMALL_SHAPE)

// Claims about the loss
static void two_classes(double first, double second)   // their z and a
{
    C = 2;
    draw_arrays();
    EACH(c, C) at(y, c) = c, at(z, c) = at(a, c) = c ? second : first;
}

static int alone_is(double value, double slope)   // (24); (25) of the right class, the other's is 0
{
    call_24(), call_25();
    return part(loss, 0) == value && part(da, C - 1) == slope && (C == 1 || part(da, 0) == 0);
}

static int slope_of_code(void)   // (G9), measured by calls of (G8) and not by its definition
{
    struct verdict v = {0};
    under_test = &equation_G9;
    call_G8(), call_G9();
    struct measured m = measure_z(call_G8);
    judge_gradient(&v, &m, dz);
    return passes(&v);
}

CLAIM("for a = y, although 0 log 0 occurs, (24) is 0 and (25) is (0, -1)",
      (two_classes(0, 1), alone_is(0, -1)))
CLAIM("when the truth has probability 0, (24) is infinite and (25) is (0, -infinity)",
      (two_classes(1, 0), alone_is(INFINITY, -INFINITY)))
CLAIM("z = (1000, 0): (G8) is 1000, (24) of the same probabilities infinite",
      (two_classes(1000, 0), call_G8(), part(pair, 0) == 1000 && alone_is(INFINITY, -INFINITY)))
CLAIM("z = (-1000, 0): both are 0",
      (two_classes(-1000, 0), call_G8(), part(pair, 0) == 0 && alone_is(0, -1)))
CLAIM("z = (-infinity, 0): the first class is ruled out, and the loss is nan",
      (two_classes(-INFINITY, 0), call_G8(), part(a, 0) == 0 && isnan(part(pair, 0))))
CLAIM("a single class is certain: no loss, (25) is -1, (G9) is 0",
      (C = 1, draw_arrays(), at(y, 0) = 1, call_G8(), call_G9(),
       part(pair, 0) == 0 && part(a, 0) == 1 && part(dz, 0) == 0 && alone_is(0, -1)))
CLAIM("a sample with no label has neither loss nor slope; with a - y it would have",
      (choose(USUAL), clear(y), call_G8(), call_G9(),
       part(pair, 0) == 0 && largest(dz) == 0 && !nans(dz) && largest(a) > 0.1))
CLAIM("(G9) is the slope of the code of (G8) where two z are the largest",
      (choose(TIE), slope_of_code()))
REFUSES("(24) without classes", "at least one class", cross_entropy(0, NULL, NULL))
REFUSES("(25) without classes", "at least one class", cross_entropy_da(0, NULL, NULL, NULL))
REFUSES("(G8) without classes", "at least one class", softmax_cross_entropy(0, NULL, NULL, NULL))
REFUSES("(G9) without classes", "at least one class", softmax_cross_entropy_dz(0, NULL, NULL, NULL))

// wrong: (24)
#define IN_BASE(number, out) define_##out(); EACH(i, out.count) at(out, i) /= log(number)
#define LOSS(out, ln_a) clear(out); EACH(c, C) at(out, 0) -= at(y, c) * (ln_a)

WRONG(24, "E24", "log for ln, base 2", ORACLE, IN_BASE(2, loss))
WRONG(24, "E24", "log for ln, base 10", ORACLE, IN_BASE(10, loss))
WRONG(24, "L9", "0 log 0 left to the machine", ORACLE, LOSS(loss, log(at(a, c))))
WRONG(24, NULL, "no minus", ORACLE, define_loss(); at(loss, 0) *= -1)
WRONG(24, NULL, "the mean over the classes", ORACLE, define_loss(); at(loss, 0) /= C)
WRONG(24, NULL, "a ln y", ORACLE, EACH_LABELLED at(loss, 0) -= at(a, c) * log(at(y, c)))
WRONG(24, NULL, "the last class left out", ORACLE, C--; define_loss(); C++)
WRONG(24, NULL, "the largest label only", ORACLE,
      EACH_LABELLED at(loss, 0) -= (part(y, c) == largest(y)) * log(at(a, c)))

// wrong: (25)
WRONG(25, NULL, "no minus", CENTRAL, define_da(); EACH(c, C) at(da, c) *= -1)
WRONG(25, NULL, "a[c' + 1]", CENTRAL, EACH(c, C) at(da, c) = -at(y, c) / at(a, (c + 1) % C))
WRONG(25, NULL, "a / y", CENTRAL, EACH_LABELLED at(da, c) = -at(a, c) / at(y, c))
WRONG(25, NULL, "1 for every label", CENTRAL, EACH_LABELLED at(da, c) = -1 / at(a, c))
WRONG(25, NULL, "0 / 0 left to the machine", CENTRAL, EACH(c, C) at(da, c) = -at(y, c) / at(a, c))
WRONG(25, NULL, "the slope of base 2", CENTRAL, IN_BASE(2, da))
WRONG_TOGETHER(25, "base 2 in the loss and in the slope", loss, IN_BASE(2, loss), IN_BASE(2, da))
STALE(25, CENTRAL)

// wrong: (G8)
#define ONCE define_pair(); LOSS(pair, at(z, c)); at(pair, 0) += at(z, 0) - log(at(a, 0))

static void without_shift(void)
{
    real s = 0;
    EACH(c, C) s += exp(at(z, c));
    EACH(c, C) at(a, c) = exp(at(z, c)) / s;
    LOSS(pair, log(at(a, c)));
}

CLAIM("(22) and (24) one after the other are right around 0",
      (choose(USUAL), without_shift(), AS_DEFINED(pair)))
WRONG(G8, "L8", "no shift by the maximum", ORACLE, without_shift())
WRONG(G8, NULL, "mu not added back", ORACLE, define_pair(); LOSS(pair, log(largest(a)) + at(z, c)))
WRONG(G8, NULL, "a not divided by s", ORACLE,
      define_pair(); double most = largest(a); EACH(c, C) at(a, c) /= most)
WRONG(G8, NULL, "the sum from 1", ORACLE,
      define_pair(); real s = 1 - at(a, 0); EACH(c, C) at(a, c) /= s; LOSS(pair, log(at(a, c))))
WRONG(G8, NULL, "ln s + mu once, not for each label", ORACLE, ONCE)
WRONG(G8, NULL, "softmax of a softmax", ORACLE,
      struct array before = z; define_pair(); z = copy(a); define_pair(); z = before)
WRONG(G8, NULL, "the mean over the classes", ORACLE, define_pair(); at(pair, 0) /= C)

// wrong: (G9)
WRONG(G9, NULL, "a - y for any labels", CENTRAL, EACH(c, C) at(dz, c) = at(a, c) - at(y, c))
WRONG_TOGETHER(G9, "labels trusted in the loss and in the slope",
               pair, ONCE, EACH(c, C) at(dz, c) = at(a, c) - at(y, c))
WRONG(G9, NULL, "(25), without the softmax", CENTRAL, define_da(); EACH(c, C) at(dz, c) = at(da, c))
WRONG(G9, NULL, "the diagonal of (23) only", CENTRAL,
      EACH(c, C) at(dz, c) = -at(y, c) * (1 - at(a, c)))
WRONG(G9, NULL, "y - a", CENTRAL, define_dz(); EACH(c, C) at(dz, c) *= -1)
WRONG(G9, NULL, "no labels", CENTRAL, define_dz(); EACH(c, C) at(dz, c) += at(y, c))
STALE(G9, CENTRAL)

int main(void)
{
    return check_chapter("chapters/6-loss.md", choose, SMALL, small_loss);
}

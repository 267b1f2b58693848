// Tangled from chapters/0-notation.md [78f6784b318b]: edit there, or here and make stitch
#include <complex.h>
#include <float.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

// Numbers as they are
#if defined __FAST_MATH__ || defined __FINITE_MATH_ONLY__ && __FINITE_MATH_ONLY__
#error "compile without -ffast-math (or -Ofast): it removes the tests for NaN and infinity"
#endif

// Arrays with a name and a shape
enum { RANK = 4 };
struct array {
    const char *name;
    int rank, extent[RANK], count;   // extents that are not used are 1
    void *at;                        // count numbers of type real
};

static struct array *arrays;   // all that were made since the last release
static int array_count, array_room;

static inline int guard(struct array x)   // numbers on either side
{
#ifdef __SANITIZE_ADDRESS__
    (void)x;
    return 0;
#else
    return x.count + 16;
#endif
}

static inline void *no_null(void *at)
{
    if (!at) {
        fputs("check: no memory for another array\n", stderr);
        exit(1);
    }
    return at;
}

static inline void spoil(struct array x)
{
    memset(x.at, 0xff, (size_t)x.count * sizeof(real));   // NaN
}

static inline struct array array(const char *name, int rank, const int extent[rank])
{
    struct array x = {name, rank, {1, 1, 1, 1}, 1, NULL};
    for (int i = 0; i < rank; i++)
        x.count *= x.extent[i] = extent[i];
    size_t bytes = ((size_t)x.count + 2 * (size_t)guard(x)) * sizeof(real);
    x.at = (real *)memset(no_null(malloc(bytes)), 0xff, bytes) + guard(x);
    if (array_count == array_room) {
        array_room = 2 * array_room + 64;
        arrays = no_null(realloc(arrays, (size_t)array_room * sizeof *arrays));
    }
    return arrays[array_count++] = x;
}

// ARRAY(w, n.C, n.C_) gives the checker's array w its name and its shape.
#define ARRAY(x, ...) \
    x = array(#x, sizeof((int[]){__VA_ARGS__}) / sizeof(int), (int[]){__VA_ARGS__})

static inline const char *array_with_broken_guard(void)
{
    for (int k = 0; k < array_count; k++) {
        const unsigned char *before = (unsigned char *)((real *)arrays[k].at - guard(arrays[k]));
        const unsigned char *behind = (unsigned char *)((real *)arrays[k].at + arrays[k].count);
        for (size_t i = 0; i < (size_t)guard(arrays[k]) * sizeof(real); i++)
            if (before[i] != 0xff || behind[i] != 0xff)
                return arrays[k].name;
    }
    return NULL;
}

static inline void release(void)
{
    while (array_count) {
        struct array x = arrays[--array_count];
        free((real *)x.at - guard(x));
    }
}

// Entries of an array
// at(w, c, c_) is that entry of w, to be read or written. Outside of w it reads zero, and what is
// written there is dropped.
#define at(x, ...) (*entry(&(x), (int[RANK]){__VA_ARGS__}))

// The sanitizers watch the functions under test; what goes through at() watches itself.
#define UNWATCHED __attribute__((no_sanitize("address", "undefined")))

UNWATCHED __attribute__((noinline, unused))
static real *entry(const struct array *x, const int index[RANK])
{
    static real outside;
    int offset = 0;
    for (int r = 0; r < RANK; r++) {
        if (index[r] < 0 || index[r] >= x->extent[r]) {
            outside = 0;
            return &outside;
        }
        offset = offset * x->extent[r] + index[r];
    }
    return (real *)x->at + offset;
}

#define EACH(i, extent) for (int i = 0; i < (extent); i++)

static inline double part(struct array x, int i)   // the real part of entry i, counted through
{
    return creal(((real *)x.at)[i]);
}

static inline void clear(struct array x)
{
    memset(x.at, 0, (size_t)x.count * sizeof(real));
}

static inline struct array copy(struct array x)
{
    struct array y = array(x.name, x.rank, x.extent);
    memcpy(y.at, x.at, (size_t)x.count * sizeof(real));
    return y;
}

// Random numbers for checks
static unsigned long long random_state;

static inline unsigned long long random_word(void)
{
    unsigned long long u = random_state += 0x9e3779b97f4a7c15;
    u = (u ^ u >> 30) * 0xbf58476d1ce4e5b9;
    u = (u ^ u >> 27) * 0x94d049bb133111eb;
    return u ^ u >> 31;
}

static inline void begin_stream(int number)
{
    const char *seed = getenv("SEED") ? getenv("SEED") : "0";
    char *end;
    random_state = strtoull(seed, &end, 10);
    if (end == seed || *end) {
        fprintf(stderr, "check: SEED=%s: expected a whole number\n", seed);
        exit(1);
    }
    random_state = random_word() + (unsigned long long)number;
}

static inline double uniform(void)   // in [-1, 1)
{
    return (double)(random_word() >> 11) * 0x1p-52 - 1;
}

static inline int between(int low, int high)   // both may occur
{
    return low + (int)(random_word() % (unsigned long long)(high - low + 1));
}

// How the numbers are drawn: so that nothing rounds; or with all their digits and now and then a
// zero, of the usual size, 1e8 times as large, or as small.
enum regime { UNROUNDED, USUAL_SIZE, TIMES_1E8, OVER_1E8, REGIME_COUNT };
static enum regime regime;

static inline double as_regime(double x)
{
    static const double unit[] = {1, 1, 1e8, 1e-8};
    if (regime == UNROUNDED)
        return x;
    return between(0, 7) ? x * unit[regime] * (1 + 0x1p-12 * uniform()) : 0;
}

static inline void randomise(struct array x)   // odd multiples of 1/1024 between -1 and 1
{
    for (int i = 0; i < x.count; i++)
        ((real *)x.at)[i] = as_regime((2 * between(-512, 511) + 1) / 1024.0);
}

static inline int is_among(int n, const int *value, int wanted)
{
    while (n && value[n - 1] != wanted)
        n--;
    return n > 0;
}

static inline void draw_different(int n, int value[n], int low, int high)   // no two of them equal
{
    for (int i = 0; i < n; i++)
        do
            value[i] = between(low, high);
        while (is_among(i, value, value[i]));
}

// DRAW(low, high, &n.C, &n.C_) draws these, no two of them equal.
#define DRAW(low, high, ...) \
    draw_into(sizeof((int *[]){__VA_ARGS__}) / sizeof(int *), (int *[]){__VA_ARGS__}, low, high)

static inline void draw_into(int n, int *const place[n], int low, int high)
{
    int value[n];
    draw_different(n, value, low, high);
    for (int i = 0; i < n; i++)
        *place[i] = value[i];
}

// A verdict
enum method { ORACLE, CENTRAL, COMPLEX_STEP, ADJOINT, REGIMES, METHODS };
static const char *const method_name[] = {"oracle", "central", "complex", "adjoint", "regimes"};

struct verdict {
    struct { int entries; double error, allowed; char worst[200]; } by[METHODS];
    int kinks;
    const char *dead;
};

static inline int caught(const struct verdict *v, int m)
{
    return v->by[m].entries && !(v->by[m].error <= v->by[m].allowed);   // so NaN is caught
}

static inline int passes(const struct verdict *v)
{
    int entries = 0, errors = 0;
    for (int m = 0; m < METHODS; m++) {
        entries += v->by[m].entries;
        errors += caught(v, m);
    }
    return entries && !errors && !v->dead;
}

// Keep the worst
static inline double excess(double error, double allowed)   // infinite where nothing is allowed
{
    return error == 0 ? 0 : error / allowed;
}

static inline int exceeds(double error, double allowed, double other, double allowed_other)
{
    double x = excess(error, allowed), y = excess(other, allowed_other);
    return x > y || (x == y && error > other);
}

static inline int worsens(const struct verdict *v, enum method m, double error, double allowed)
{
    return !v->by[m].entries || isnan(error)
        || exceeds(error, allowed, v->by[m].error, v->by[m].allowed);
}

static inline void judge(struct verdict *v, enum method m, int entries, double error,
                         double allowed, const char *worst)
{
    if (worsens(v, m, error, allowed)) {
        v->by[m].error = error;
        v->by[m].allowed = allowed;
        snprintf(v->by[m].worst, sizeof v->by[m].worst, "%s", worst);
    }
    v->by[m].entries += entries;
}

// Compare two arrays
enum { EXACT = 0 };   // no error is allowed

static inline double largest(struct array x)
{
    double most = 0;
    for (int i = 0; i < x.count; i++)
        most = fmax(most, fabs(part(x, i)));
    return most;
}

static inline double sum_of(struct array x)
{
    double sum = 0;
    for (int i = 0; i < x.count; i++)
        sum += part(x, i);
    return sum;
}

// "da[2][0][3]": where entry i of x stands, if i is counted through. Before x the last index is
// negative.
static inline int describe_place(int size, char text[size], struct array x, int i)
{
    int used = snprintf(text, size, "%s", x.name);
    for (int r = 0, stride = x.count; r < x.rank; r++) {
        stride /= x.extent[r];
        int index = r == x.rank - 1 && i < 0 ? i : r ? i / stride % x.extent[r] : i / stride;
        used += snprintf(text + used, size - used, "[%d]", index);
    }
    return used;
}

static inline void describe(int size, char text[size], struct array x, int i, double expected)
{
    int used = describe_place(size, text, x, i);
    const char *why = isnan(part(x, i)) ? " (an array holds nan until it is written)" : "";
    snprintf(text + used, size - used, " is %.10g%s, expected %.10g", part(x, i), why, expected);
}

static inline double difference(struct array got, struct array expected, int *at_entry)
{
    double scale = fmax(largest(got), largest(expected)), worst = 0;
    *at_entry = 0;
    for (int i = 0; i < got.count && !isnan(worst); i++) {
        double gap = fabs(part(got, i) - part(expected, i)), error = gap == 0 ? 0 : gap / scale;
        if (!(error <= worst)) {
            worst = error;
            *at_entry = i;
        }
    }
    return worst;
}

static inline void compare(struct verdict *v, enum method m, double allowed, struct array got,
                           struct array expected)
{
    int i;
    double error = difference(got, expected, &i);
    char text[200] = "";
    if (worsens(v, m, error, allowed))
        describe(sizeof text, text, got, i, part(expected, i));
    judge(v, m, got.count, error, allowed, text);
}

// The function to differentiate
typedef real objective(void);
static unsigned long long branches;   // the way of the last evaluation; 0 without branches

static inline int went(int way)   // to be called at each branch, way = 0, 1, ..., which it returns
{
    branches = branches * 0x9e3779b97f4a7c15 + (unsigned long long)way + 1;
    return way;
}

static inline real inner_product(struct array v, struct array z)
{
    real sum = 0;
    for (int i = 0; i < z.count; i++)
        sum += part(v, i) * ((real *)z.at)[i];
    return sum;
}

// Central differences (G15)
struct slope { double value, step; };   // step 0: at a kink

static inline double value_at(objective *f, unsigned long long *way)
{
    branches = 0;
    double value = creal(f());
    *way = branches;
    return value;
}

// here: the way at theta itself.
static inline struct slope difference_from(objective *f, real *theta, double h,
                                           unsigned long long here)
{
    real before = *theta;
    unsigned long long above_way, below_way;
    for (; h >= 0x1p-40; h /= 8) {
        *theta = before + h;
        double above = value_at(f, &above_way);
        *theta = before - h;
        double below = value_at(f, &below_way);
        *theta = before;
        if (above_way == here && below_way == here)
            return (struct slope){(above - below) / (2 * h), h};
        if (h < 0x1p-17)
            break;
    }
    return (struct slope){0, 0};
}

static inline struct slope central_difference(objective *f, real *theta, double h)
{
    unsigned long long here;
    value_at(f, &here);
    return difference_from(f, theta, h, here);
}

// Differences of an array
// One step's differences for all entries of an argument.
struct differences { double h, value; struct array numeric, step; };

static inline struct differences differences(objective *f, struct array x, double h)
{
    unsigned long long here;
    struct differences d = {h, fabs(value_at(f, &here)), array(x.name, x.rank, x.extent),
                            array("h", x.rank, x.extent)};
    for (int i = 0; i < x.count; i++) {
        struct slope s = difference_from(f, (real *)x.at + i, h, here);
        ((real *)d.numeric.at)[i] = s.value;
        ((real *)d.step.at)[i] = s.step;
    }
    return d;
}

struct gap { double error, allowed; int at, kinks, all_zero; double numeric; };

static inline struct gap gap_to(const struct differences *d, struct array gradient, double allowed)
{
    struct gap g = {.allowed = allowed, .all_zero = 1};
    double scale = fmax(largest(gradient), largest(d->numeric));
    for (int i = 0; i < gradient.count && !isnan(g.error); i++) {
        double h = part(d->step, i), numeric = part(d->numeric, i);
        double off = fabs(numeric - part(gradient, i)), error = off == 0 ? 0 : off / scale;
        double rounding = allowed == EXACT ? 0 : 4 * DBL_EPSILON * d->value / h / scale;
        g.all_zero &= numeric == 0 && part(gradient, i) == 0;
        g.kinks += h == 0;
        if (h != 0 && (isnan(error) || exceeds(error, allowed + rounding, g.error, g.allowed)))
            g.error = error, g.allowed = allowed + rounding, g.at = i, g.numeric = numeric;
    }
    return g;
}

// Complex step
static const double TINY = 0x1p-100;

static inline struct array complex_steps(objective *f, struct array x, double h)
{
    struct array slope = array(x.name, x.rank, x.extent);
    for (int i = 0; i < x.count; i++) {
        real *theta = (real *)x.at + i, before = *theta;
        *theta = before + h * _Complex_I;
        ((real *)slope.at)[i] = cimag(f()) / h;
        *theta = before;
    }
    return slope;
}

struct direction { struct array u; double slope; };   // the slope of f along u

static inline struct direction along_random(objective *f, struct array x)
{
    struct direction d = {array("u", x.rank, x.extent), 0};
    struct array before = copy(x);
    randomise(d.u);
    for (int i = 0; i < x.count; i++)
        ((real *)x.at)[i] += TINY * part(d.u, i) * _Complex_I;
    d.slope = cimag(f()) / TINY;
    memcpy(x.at, before.at, (size_t)x.count * sizeof(real));
    return d;
}

static inline void judge_direction(struct verdict *v, struct direction d, struct array gradient,
                                   double allowed)
{
    double expected = 0, scale = 0;
    for (int i = 0; i < gradient.count; i++) {
        expected += part(d.u, i) * part(gradient, i);
        scale += fabs(part(d.u, i) * part(gradient, i));
    }
    double error = fabs(d.slope - expected);
    judge(v, ADJOINT, 1, error == 0 ? 0 : error / scale, allowed, gradient.name);
}

// All that is measured
static const char *tag_under_test = "";

enum bend { EXACTLY_AFFINE, AFFINE, CURVED };
enum { STEPS = 39 };   // 2^-2 to 2^-40

// All that was measured about the slope of f by x. It does not depend on the gradient under test.
struct measured {
    enum bend bend;
    int steps;
    struct differences by_step[STEPS];
    struct array complex_slope;
    struct direction along;
};

static inline struct measured measure(objective *f, struct array x, enum bend bend)
{
    struct measured m = {.bend = bend, .steps = bend == CURVED ? STEPS : 1};
    for (int k = 0; k < m.steps; k++)
        m.by_step[k] = differences(f, x, bend == CURVED ? ldexp(1, -2 - k) : 1);
#ifdef COMPLEX
    m.complex_slope = complex_steps(f, x, TINY);
    m.along = along_random(f, x);
#endif
    return m;
}

// Judge a gradient
static inline struct gap best_gap(const struct measured *m, struct array gradient)
{
    struct gap best = {.error = NAN};   // a large step may leave the domain of a logarithm
    const double allowed[] = {EXACT, 1e-14, 1e-9};
    for (int k = 0; k < m->steps; k++) {
        struct gap g = gap_to(&m->by_step[k], gradient, allowed[m->bend]);
        if (k == 0 || isnan(best.error) || g.error < best.error)
            best = g;
    }
    return best;
}

static inline void judge_gradient(struct verdict *v, const struct measured *m,
                                  struct array gradient)
{
    struct gap g = best_gap(m, gradient);
    char text[200];
    describe(sizeof text, text, gradient, g.at, g.numeric);
    judge(v, CENTRAL, gradient.count - g.kinks, g.error, g.allowed, text);
    v->kinks += g.kinks;
    if (g.all_zero)
        v->dead = gradient.name;
#ifdef COMPLEX
    double allowed = m->bend == EXACTLY_AFFINE ? EXACT : 1e-13;
    compare(v, COMPLEX_STEP, allowed, gradient, m->complex_slope);
    judge_direction(v, m->along, gradient, allowed);
#endif
}

// With SWEEP=file: the errors at each step, for the picture of the V.
static inline void write_sweep(objective *f, struct array x, const struct measured *m,
                               struct array gradient)
{
    FILE *file = getenv("SWEEP") ? fopen(getenv("SWEEP"), "a") : NULL;
    for (int k = 0, i; file && k < m->steps; k++) {
        struct differences d = m->by_step[k];
        fprintf(file, "%s,%s,%.17g,%.2e,%.2e\n", tag_under_test, x.name, d.h,
                gap_to(&d, gradient, 1e-9).error,
                difference(gradient, complex_steps(f, x, d.h), &i));
    }
    if (file)
        fclose(file);
}

static inline void check_gradient(struct verdict *v, objective *f, struct array x,
                                  struct array gradient, enum bend bend)
{
    struct measured m = measure(f, x, bend);
    judge_gradient(v, &m, gradient);
}

// Results
// Say and count
static int passed_count, failed_count;

static inline int asked(const char *variable)
{
    const char *value = getenv(variable);
    return value && *value && strcmp(value, "0");
}

static inline void say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs(asked("TAP") ? "# " : "", stdout);
    vprintf(format, arguments);
    va_end(arguments);
}

__attribute__((format(printf, 2, 3)))
static inline void result(int ok, const char *format, ...)   // of one claim, which the format tells
{
    *(ok ? &passed_count : &failed_count) += 1;
    if (asked("TAP"))
        printf("%s %d - ", ok ? "ok" : "not ok", passed_count + failed_count);
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("%s\n", asked("TAP") ? "" : ok ? "   ok" : "   FAILED");
}

static inline void expect(int condition, const char *claim)
{
    result(condition, asked("TAP") ? "%s" : "      %s", claim);
}

static inline int sum_of_results(void)   // whether any has failed
{
    if (asked("TAP"))
        printf("1..%d\n", passed_count + failed_count);
    say("%d passed, %d failed\n", passed_count, failed_count);
    return failed_count != 0;
}

// What failed, and with VERBOSE=1 what did not.
static inline void explain(const struct verdict *v)
{
    for (int m = 0; m < METHODS; m++)
        if (caught(v, m))
            say("      %s is off by %.1e where %.1e is allowed: %s\n", method_name[m],
                v->by[m].error, v->by[m].allowed, v->by[m].worst);
        else if (asked("VERBOSE") && v->by[m].entries)
            say("      %-8s %.0e, allowed %.0e, %d entries\n", method_name[m],
                v->by[m].error, v->by[m].allowed, v->by[m].entries);
    if (v->dead)
        say("      %s is dead: all its slopes are zero, so nothing was checked\n", v->dead);
}

static inline int closing(void)
{
    release();
    free(arrays);
    return sum_of_results();
}

// Equations and wrong versions
typedef void operation(void);   // reads and writes the checker's arrays
enum { MOST_SHAPES = 6, MOST_RESULTS = 3, MOST_WRONG = 24 };

struct wrong {
    int line;
    const char *erratum, *name;   // the number in paper/errata.md or NULL; what is wrong
    enum method by;               // the equation's check must reject it by this method
    operation *run, *define_z;    // in place of the call; and of the definition of z, or NULL
};

struct equation {
    int line;
    const char *tag, *what, *call, *function;   // the last where the call does not begin with it
    struct array *result[MOST_RESULTS];   // up to the first NULL; the first one is named
    operation *run, *define;              // the call under test; the definition
    double within;                        // what the oracle allows
    int at_shape[MOST_SHAPES], widely[MOST_SHAPES];   // up to the first 0
    int every_small_shape, without_regimes;
    struct { operation *define; struct array *z, *dz, *by; enum bend bend; } slope;
    int wrongs;
    struct wrong wrong[MOST_WRONG];
};

// Declare an equation
#define DEFINE(out, ...) \
    UNWATCHED static void define_##out(void) \
    { \
        clear(out); \
        __VA_ARGS__; \
    }

#define EQUATION(id, out, tested, ...) \
    static void call_##id(void) \
    { \
        tested; \
    } \
    static struct equation equation_##id = { \
        .line = __LINE__, .tag = "(" #id ")", .what = #out, .call = #tested, \
        .result[0] = &out, .run = call_##id, .define = define_##out, __VA_ARGS__}; \
    __attribute__((constructor)) static void add_##id(void) \
    { \
        add_equation(&equation_##id); \
    }

#define AT(...) .at_shape = {__VA_ARGS__}
#define WIDELY(...) .widely = {__VA_ARGS__}
#define SLOPE(z_, by_, bend_) .slope = {define_##z_, &z_, &d##z_, &by_, bend_}
#define OF(function_) .function = #function_
#define WITHIN(error) .within = error
#define ALSO(x) .result[1] = &x
#define ALSO_TWO(x, y) .result[1] = &x, .result[2] = &y
#define EVERY_SMALL_SHAPE .every_small_shape = 1
#define WITHOUT_REGIMES .without_regimes = 1

// Declare wrong versions
#ifdef NO_WRONG
#define WRONG(...)
#define WRONG_TOGETHER(...)
#define STALE(...)
#else
#define WRONG(...) WRONG_AT(__LINE__, __VA_ARGS__)
#define WRONG_TOGETHER(...) WRONG_TOGETHER_AT(__LINE__, __VA_ARGS__)
#define STALE(...) STALE_AT(__LINE__, __VA_ARGS__)
#endif

#define WRONG_AT(line, ...) WRONG_AT_(line, __VA_ARGS__)
#define WRONG_AT_(line, id, erratum, name, by, ...) \
    UNWATCHED static void wrong_##line(void) \
    { \
        __VA_ARGS__; \
    } \
    __attribute__((constructor)) static void add_wrong_##line(void) \
    { \
        add_wrong(&equation_##id, \
                  (struct wrong){line, erratum, name, by, wrong_##line, NULL}); \
    }

#define STALE_AT(line, ...) STALE_AT_(line, __VA_ARGS__)
#define STALE_AT_(line, id, by) \
    __attribute__((constructor)) static void add_stale_##line(void) \
    { \
        add_wrong(&equation_##id, \
                  (struct wrong){line, NULL, "+= on what was there before", by, stale, NULL}); \
    }

// The list of equations
static struct equation *equations[40];   // in the order of their lines
static int equation_count;

static inline void add_equation(struct equation *e)
{
    int k = equation_count++;
    for (; k > 0 && equations[k - 1]->line > e->line; k--)
        equations[k] = equations[k - 1];
    equations[k] = e;
}

static inline void add_wrong(struct equation *e, struct wrong w)
{
    int k = e->wrongs++;
    if (e->wrongs > MOST_WRONG)
        abort();
    for (; k > 0 && e->wrong[k - 1].line > w.line; k--)
        e->wrong[k] = e->wrong[k - 1];
    e->wrong[k] = w;
}

// Declare wrong versions that agree
// A wrong version of two functions at once: of z, which is differentiated, and of the slope.
#define WRONG_TOGETHER_AT(line, ...) WRONG_TOGETHER_AT_(line, __VA_ARGS__)
#define WRONG_TOGETHER_AT_(line, id, name, z, wrong_z, ...) \
    UNWATCHED static void wrong_z_##line(void) \
    { \
        clear(z); \
        wrong_z; \
    } \
    UNWATCHED static void wrong_##line(void) \
    { \
        __VA_ARGS__; \
    } \
    __attribute__((constructor)) static void add_wrong_##line(void) \
    { \
        add_wrong(&equation_##id, \
                  (struct wrong){line, NULL, name, ORACLE, wrong_##line, wrong_z_##line}); \
    }

// Produce results
static const struct equation *under_test;
static operation *give_z;

static inline real weighted_z(void)   // the function that is differentiated: <dz, z>
{
    give_z();
    return inner_product(*under_test->slope.dz, *under_test->slope.z);
}

static inline void stale(void)
{
    for (int r = 0; r < MOST_RESULTS && under_test->result[r]; r++)
        spoil(*under_test->result[r]);
    struct array before = copy(*under_test->result[0]);
    under_test->define();
    for (int i = 0; i < before.count; i++)
        ((real *)under_test->result[0]->at)[i] += ((real *)before.at)[i];
}

// The results of one version. The call under test finds nan there; all others find zeros.
static inline void produce(operation *run)
{
    for (int r = 0; r < MOST_RESULTS && under_test->result[r]; r++)
        (run == under_test->run ? spoil : clear)(*under_test->result[r]);
    run();
}

struct results { struct array of[MOST_RESULTS]; };

static inline struct results results(void)
{
    struct results all = {0};
    for (int r = 0; r < MOST_RESULTS && under_test->result[r]; r++)
        all.of[r] = copy(*under_test->result[r]);
    return all;
}

// Likeness
static inline int nans(struct array x)
{
    int count = 0;
    for (int i = 0; i < x.count; i++)
        count += isnan(part(x, i));
    return count;
}

static inline int alike(struct array a, struct array b)
{
    int equal = a.count == b.count && !nans(a);   // what holds nan is like nothing
    double scale = largest(a);
    for (int i = 0; equal && i < a.count; i++)
        equal = fabs(part(a, i) - part(b, i)) <= 1e-12 * scale;
    return equal;
}

// Whether the call leaves in x what the definition leaves, when x lies where another array is.
static inline int agrees(operation *define, operation *call, struct array *x, struct array where)
{
    define();
    struct array expected = copy(*x), apart = *x;
    clear(*x);
    *x = where;
    call();
    int same = alike(*x, expected);
    *x = apart;
    return same;
}

// Whether a wrong version gives what the definition of x gives, at this shape.
#define UNNOTICED(wrong, x, shape) (choose(shape), agrees(define_##x, wrong, &x, x))

static inline int all_alike(struct results a, struct results b)
{
    int equal = 1;
    for (int r = 0; r < MOST_RESULTS && a.of[r].at; r++)
        equal &= alike(a.of[r], b.of[r]);
    return equal;
}

static inline int as_defined(struct array x, operation *define)
{
    struct array got = copy(x);
    define();
    return alike(got, x);
}

#define AS_DEFINED(x) as_defined(x, define_##x)

// Try a shape
// How one version did at all shapes; and whether it always gave what the call under test gives.
struct version { operation *run, *define_z; struct verdict verdict; int as_tested; };

static inline void judge_guards(struct version *v)
{
    const char *broken = v->run == under_test->run ? array_with_broken_guard() : NULL;
    char text[200];
    snprintf(text, sizeof text, "something was written outside of %s", broken ? broken : "");
    if (broken)
        judge(&v->verdict, ORACLE, 1, NAN, 0, text);
}

static inline void judge_version(struct version *v, struct results expected,
                                 const struct measured *m)
{
    struct results got = results();
    for (int r = 0; r < MOST_RESULTS && got.of[r].at; r++)
        compare(&v->verdict, ORACLE, under_test->within, got.of[r], expected.of[r]);
    if (m)
        judge_gradient(&v->verdict, m, got.of[0]);
    judge_guards(v);
}

static inline struct measured measure_z(operation *define)
{
    give_z = define;
    return measure(weighted_z, *under_test->slope.by, under_test->slope.bend);
}

static inline void try_shape(int versions, struct version v[versions], int with_slope)
{
    struct measured m, other;
    produce(under_test->define);
    struct results expected = results(), tested = {0};
    if (with_slope) {
        m = measure_z(under_test->slope.define);
        under_test->slope.define();
    }
    for (int k = 0; k < versions; k++) {
        if (with_slope && v[k].define_z)
            other = measure_z(v[k].define_z);
        produce(v[k].run);
        judge_version(&v[k], expected, !with_slope ? NULL : v[k].define_z ? &other : &m);
        if (k == 0)
            tested = results();
        v[k].as_tested &= all_alike(tested, results());
    }
    if (with_slope && under_test->slope.bend == CURVED)
        write_sweep(weighted_z, *under_test->slope.by, &m, expected.of[0]);
}

// Judge a regime
// What the definition gives for other inputs: f of them. Inputs are the arrays that hold numbers.
static inline struct results defined_by(double (*f)(double), int known, const int input[known])
{
    struct array before[known];
    for (int k = 0; k < known; k++)
        for (int i = (before[k] = copy(arrays[k])).count; input[k] && i-- > 0;)
            ((real *)arrays[k].at)[i] = f(part(arrays[k], i));
    produce(under_test->define);
    struct results all = results();
    for (int k = 0; k < known; k++)
        if (input[k])
            memcpy(arrays[k].at, before[k].at, (size_t)before[k].count * sizeof(real));
    return all;
}

static inline double one_for(double x)
{
    (void)x;
    return 1;
}

struct bound { struct results defined, terms, sizes; };

static inline struct bound bound_of_rounding(void)
{
    int known = array_count, input[known];
    for (int k = 0; k < known; k++)
        input[k] = !nans(arrays[k]);
    branches = 0;
    produce(under_test->define);
    struct bound b = {.defined = results()};
    for (int k = 0; k < known && branches && under_test->slope.by; k++)
        input[k] &= arrays[k].at != under_test->slope.by->at;
    b.terms = defined_by(one_for, known, input);
    b.sizes = defined_by(fabs, known, input);
    return b;
}

static inline void compare_terms(struct verdict *v, struct array got, const struct bound *b, int r)
{
    for (int i = 0; i < got.count; i++) {
        double expected = part(b->defined.of[r], i), gap = fabs(part(got, i) - expected);
        double error = gap == 0 ? 0 : gap / part(b->sizes.of[r], i);
        double allowed = (part(b->terms.of[r], i) + 8) * DBL_EPSILON;
        char text[200] = "";
        if (worsens(v, REGIMES, error, allowed))
            describe(sizeof text, text, got, i, expected);
        judge(v, REGIMES, 1, error, allowed, text);
    }
}

// The call under test, and the wrong versions that a regime must reject.
static inline void try_regime(int versions, struct version v[versions])
{
    struct bound b = {0};
    if (under_test->within == EXACT)
        b = bound_of_rounding();
    else
        produce(under_test->define), b.defined = results();
    for (int k = 0; k < versions; k++) {
        if (k > 0 && under_test->wrong[k - 1].by != REGIMES)
            continue;
        produce(v[k].run);
        for (int r = 0; r < MOST_RESULTS && under_test->result[r]; r++)
            if (under_test->within == EXACT)
                compare_terms(&v[k].verdict, *under_test->result[r], &b, r);
            else
                compare(&v[k].verdict, REGIMES, under_test->within, *under_test->result[r],
                        b.defined.of[r]);
        judge_guards(&v[k]);
    }
}

// Try all shapes
typedef void chooser(int shape);

static chooser *choose_shape;

// An equation's shape has the same numbers, whatever ran before.
static inline void begin_shape(int number, int k, int shape)
{
    release();
    begin_stream(16 * number + k);
    choose_shape(shape);
}

// Where results round anyway, as exponentials do, a chapter has large numbers of its own.
static inline void try_regimes(int number, int k, int shape, int versions,
                               struct version v[versions])
{
    const struct equation *e = equations[number];
    int count = e->without_regimes ? 0 : e->within == EXACT ? REGIME_COUNT : USUAL_SIZE + 1;
    for (int r = USUAL_SIZE; r < count; r++) {
        regime = r;
        begin_shape(number, k, shape);
        try_regime(versions, v);
    }
    regime = UNROUNDED;
}

static inline void try_shapes(int number, int versions, struct version v[versions])
{
    const struct equation *e = under_test = equations[number];
    tag_under_test = e->tag;
    for (int s = 0; s < MOST_SHAPES && e->at_shape[s]; s++) {
        begin_shape(number, s, e->at_shape[s]);
        try_shape(versions, v, e->slope.by != NULL);
        try_regimes(number, s, e->at_shape[s], versions, v);
    }
    for (int s = 0; s < MOST_SHAPES && e->widely[s]; s++) {
        begin_shape(number, 8 + s, e->widely[s]);
        try_shape(versions, v, 0);
        try_regimes(number, 8 + s, e->widely[s], versions, v);
    }
}

// Report an equation
static const char *chapter;

// The header of the chunk that bears the equation's number and defines the function; of the first
// that bears the number, if none does.
static inline int line_of(const char *tag, const char *function)
{
    char line[4096], definition[200];
    int number = 0, first = 0, header = 0, found = 0;
    FILE *file = fopen(chapter, "r");
    snprintf(definition, sizeof definition, " %s(", function);
    while (file && !found && fgets(line, sizeof line, file)) {
        number++;
        const char *end = strncmp(line, "// <<", 5) ? NULL : strstr(line, "= (");
        if (end || !strncmp(line, "```", 3))
            header = end && strstr(end, tag) ? number : 0;
        first = first ? first : header;
        found = header && line[0] != ' ' && line[0] != '/' && strstr(line, definition) ? header : 0;
    }
    if (file)
        fclose(file);
    return found ? found : first;
}

static inline void report_to_file(const char *format, ...)
{
    FILE *file = getenv("REPORT") ? fopen(getenv("REPORT"), "a") : NULL;
    if (file) {
        va_list arguments;
        va_start(arguments, format);
        vfprintf(file, format, arguments);
        va_end(arguments);
        fclose(file);
    }
}

// The regimes count only where they fail, because their numbers always round.
static inline int worst_method(const struct verdict *v)
{
    int worst = -1;
    for (int m = 0; m < (caught(v, REGIMES) ? METHODS : REGIMES); m++)
        if (v->by[m].entries && (worst < 0 || !(v->by[m].error <= v->by[worst].error)))
            worst = m;
    return worst;
}

struct name { char function[80], what[60]; };

static inline struct name name_of(const struct equation *e)
{
    struct name n;
    snprintf(n.function, sizeof n.function, "%s", e->function ? e->function : e->call);
    n.function[strcspn(n.function, "(")] = 0;
    snprintf(n.what, sizeof n.what, "%s%s", e->slope.by ? "dl/" : "", e->what);
    return n;
}

static inline void report(const struct equation *e, const struct verdict *v)
{
    struct name n = name_of(e);
    int methods = 0, entries = 0, worst = worst_method(v), ok = passes(v);
    for (int m = 0; m < METHODS; m++) {
        methods += v->by[m].entries > 0;
        entries += v->by[m].entries;
        if (v->by[m].entries)
            report_to_file("equation\t%s\t%s\t%s\t%s\t%s\t%s\t%.1e\t%.1e\t%d\n", chapter,
                           e->tag, n.what, n.function, ok ? "ok" : "FAILED", method_name[m],
                           v->by[m].error, v->by[m].allowed, v->by[m].entries);
    }
    char kinks[40] = "", error[40] = "exact";
    if (v->kinks)
        snprintf(kinks, sizeof kinks, ", %d at a kink", v->kinks);
    if (worst < 0 || v->by[worst].error != 0)
        snprintf(error, sizeof error, "%s %.0e", worst < 0 ? "none" : method_name[worst],
                 worst < 0 ? NAN : v->by[worst].error);
    result(ok, "%-5s %-9s %-26s %s:%d   %d method%s, %s, %d comparisons%s", e->tag, n.what,
           n.function, chapter, line_of(e->tag, n.function), methods, methods == 1 ? "" : "s",
           error, entries, kinks);
    explain(v);
}

// Find what was read
static inline int nans_in_results(void)   // of the call under test
{
    int count = 0;
    produce(under_test->run);
    for (int r = 0; r < MOST_RESULTS && under_test->result[r]; r++)
        count += nans(*under_test->result[r]);
    return count;
}

static inline void fill_guards(int byte)   // 0xff: nan, 0: zeros
{
    for (int k = 0; k < array_count; k++) {
        real *first = arrays[k].at;
        memset(first - guard(arrays[k]), byte, (size_t)guard(arrays[k]) * sizeof(real));
        memset(first + arrays[k].count, byte, (size_t)guard(arrays[k]) * sizeof(real));
    }
}

static inline int is_read(real *cell)   // whether nan in this place alone reaches the results
{
    int without = nans_in_results();
    *cell = NAN;
    int with = nans_in_results();
    *cell = 0;
    return with > without;
}

// Says which place outside of an array the call under test reads: the one closest to its array.
static inline void say_what_was_read(void)
{
    int known = array_count, found = 0;
    fill_guards(0);
    for (int k = 0; k < known && !found; k++)
        for (int i = 0; i < 2 * guard(arrays[k]) && !found; i++) {
            struct array x = arrays[k];
            int place = i % 2 ? x.count + i / 2 : -1 - i / 2;   // before, behind, before, ...
            char text[200];
            describe_place(sizeof text, text, x, place);
            found = is_read((real *)x.at + place);
            if (found)
                say("      reads outside of %s, at %s\n", x.name, text + strlen(x.name));
        }
    fill_guards(0xff);
}

// Say why
static inline void say_why(int number, int versions, const struct version v[versions])
{
    const struct equation *e = equations[number];
    for (int k = 1; k < versions; k++)
        if (v[k].as_tested && !v[k].define_z)
            say("      this is what %s gives: %s\n", e->tag, e->wrong[k - 1].name);
    for (int s = 0; s < 2 * MOST_SHAPES; s++) {
        int shape = s < MOST_SHAPES ? e->at_shape[s] : e->widely[s - MOST_SHAPES];
        if (shape) {
            begin_shape(number, s < MOST_SHAPES ? s : 8 + s - MOST_SHAPES, shape);
            if (nans_in_results()) {
                say_what_was_read();
                break;
            }
        }
    }
}

// Report wrong versions
static inline void print_wrong(const struct equation *e, const struct wrong *w,
                               const struct verdict *v, const struct verdict *right)
{
    char all[200] = "";
    for (int m = 0; m < METHODS; m++)
        if (caught(v, m))
            strcat(strcat(all, " "), method_name[m]);
    say("  %-5s %-52s %-8s %.0e, right %.0e; all:%s\n", e->tag, w->name, method_name[w->by],
        v->by[w->by].error, right->by[w->by].error, all);
}

// Each wrong version must be rejected by the method that is told; two that agree, by no other.
static inline int rejected(const struct wrong *w, const struct verdict *v)
{
    int others = 0;
    for (int m = 0; m < METHODS; m++)
        others += m != (int)w->by && caught(v, m);
    return caught(v, w->by) && !(w->define_z && others);
}

static inline void report_wrongs(const struct equation *e, const struct version v[])
{
    int survivors = 0;
    for (int k = 0; k < e->wrongs; k++) {
        const struct wrong *w = &e->wrong[k];
        const struct verdict *own = &v[k + 1].verdict;
        survivors += !rejected(w, own);
        if (asked("MUTANTS") || !rejected(w, own))
            print_wrong(e, w, own, &v[0].verdict);
        if (rejected(w, own))
            report_to_file("mutant\t%s\t%s\t%s\t%s\t%s\t%.1e\t%.1e\t%s\n", chapter, w->name,
                           w->erratum ? w->erratum : "-", method_name[w->by], e->tag,
                           own->by[w->by].error, v[0].verdict.by[w->by].error, name_of(e).function);
    }
    result(!survivors && e->wrongs >= 4, "%s: %d wrong versions, %s", e->tag, e->wrongs,
           e->wrongs < 4 ? "expected at least 4" : survivors ? "and not each is rejected" :
           "each rejected by the method that its row tells");
}

// Check an equation
// Versions of one equation: the call under test, then the wrong ones.
static inline struct version *versions_of(const struct equation *e)
{
    struct version *v = no_null(calloc(1 + (size_t)e->wrongs, sizeof *v));
    v[0] = (struct version){.run = e->run, .as_tested = 1};
    for (int k = 0; k < e->wrongs; k++)
        v[k + 1] = (struct version){.run = e->wrong[k].run, .define_z = e->wrong[k].define_z,
                                    .as_tested = 1};
    return v;
}

static inline void check_equation(int number)
{
    const struct equation *e = equations[number];
    int with_wrongs = !getenv("MUTANTS") || asked("MUTANTS");
    struct version *v = versions_of(e);
    try_shapes(number, 1 + (with_wrongs ? e->wrongs : 0), v);
    report(e, &v[0].verdict);
    if (passes(&v[0].verdict) && with_wrongs)
        report_wrongs(e, v);
    if (!passes(&v[0].verdict)) {
        if (!with_wrongs)
            try_shapes(number, 1 + e->wrongs, v);
        say_why(number, 1 + e->wrongs, v);
    }
    free(v);
}

// Small shapes
typedef int small_chooser(long number);   // chooses it; returns whether it is legal

// A number whose digits have each a base and a first value: counting goes through all combinations.
static inline void count_up(long number, int digits, const int first[digits],
                            const int base[digits], int *const value[digits])
{
    for (int k = 0; k < digits; k++) {
        *value[k] = first[k] + (int)(number % base[k]);
        number /= base[k];
    }
}

// One equation at the shape that was chosen: by the oracle and by the adjoint test.
static inline void judge_small_shape(struct verdict *v)
{
    produce(under_test->define);
    struct results expected = results();
    produce(under_test->run);
    for (int r = 0; r < MOST_RESULTS && expected.of[r].at; r++)
        compare(v, ORACLE, under_test->within, *under_test->result[r], expected.of[r]);
#ifdef COMPLEX
    if (under_test->slope.by) {
        struct array gradient = copy(*under_test->result[0]);
        give_z = under_test->slope.define;
        judge_direction(v, along_random(weighted_z, *under_test->slope.by), gradient,
                        under_test->slope.bend == EXACTLY_AFFINE ? EXACT : 1e-13);
    }
#endif
}

static inline void check_small_shapes(long count, small_chooser *choose)
{
    struct verdict *v = no_null(calloc((size_t)equation_count, sizeof *v));
    int shapes = 0;
    for (long number = 0; number < count; number++) {
        release();
        begin_stream((int)number);
        shapes += choose(number);
        for (int k = 0; k < equation_count && array_count; k++) {
            under_test = equations[k];
            if (under_test->every_small_shape)
                judge_small_shape(&v[k]);
        }
    }
    for (int k = 0; k < equation_count; k++)
        if (equations[k]->every_small_shape) {
            result(passes(&v[k]), "%s at every small shape: %d of them", equations[k]->tag, shapes);
            explain(&v[k]);
        }
    free(v);
}

// See an assertion
static inline int refuses(operation *illegal, const char *message)
{
    int ends[2];
    char text[2000] = "";
    fflush(stdout);
    if (pipe(ends))
        return 0;
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        illegal();
        _exit(0);
    }
    close(ends[1]);
    for (ssize_t used = 0, n; (n = read(ends[0], text + used, sizeof text - 1 - (size_t)used)) > 0;)
        used += n;
    close(ends[0]);
    int status = 0;
    return child > 0 && waitpid(child, &status, 0) == child && WIFSIGNALED(status)
        && WTERMSIG(status) == SIGABRT && strstr(text, message);
}

// Declare claims
struct claim {
    int line;
    const char *text;
    int (*holds)(void);
    operation *illegal;    // or else: it must be refused
    const char *message;   // with these words
};
static struct claim claims[64];
static int claim_count;

static inline void add_claim(struct claim c)
{
    int k = claim_count++;
    if (claim_count > 64)
        abort();
    for (; k > 0 && claims[k - 1].line > c.line; k--)
        claims[k] = claims[k - 1];
    claims[k] = c;
}

#define CLAIM(...) CLAIM_AT(__LINE__, __VA_ARGS__)
#define CLAIM_AT(line, ...) CLAIM_AT_(line, __VA_ARGS__)
#define CLAIM_AT_(line, text, ...) \
    static int claim_##line(void) \
    { \
        return (__VA_ARGS__); \
    } \
    __attribute__((constructor)) static void add_claim_##line(void) \
    { \
        add_claim((struct claim){line, text, claim_##line, NULL, NULL}); \
    }

#define REFUSES(...) REFUSES_AT(__LINE__, __VA_ARGS__)
#define REFUSES_AT(line, ...) REFUSES_AT_(line, __VA_ARGS__)
#define REFUSES_AT_(line, text, message, ...) \
    static void illegal_##line(void) \
    { \
        __VA_ARGS__; \
    } \
    __attribute__((constructor)) static void add_refusal_##line(void) \
    { \
        add_claim((struct claim){line, text, NULL, illegal_##line, message}); \
    }

// Check a chapter
static inline void check_claims(void)
{
    for (int k = 0; k < claim_count; k++) {
        const struct claim *c = &claims[k];
        release();
        begin_stream(1000 + k);
        result(c->holds ? c->holds() : refuses(c->illegal, c->message), "%s%s%s",
               asked("TAP") ? "" : "      ", c->text, c->holds ? "" : " is refused");
    }
}

static inline int check_chapter(const char *path, chooser *choose, long small_shapes,
                                small_chooser *small)
{
    setvbuf(stdout, NULL, _IOLBF, 0);   // what was printed stays printed if a check crashes
    chapter = path, choose_shape = choose;
    const char *only = getenv("ONLY");
    if (asked("SHAPES")) {
        check_small_shapes(small_shapes, small);
        return closing();
    }
    for (int k = 0; k < equation_count; k++)
        if (!only || !*only || strstr(only, equations[k]->tag))
            check_equation(k);
    if (!only || !*only)
        check_claims();
    else if (!passed_count && !failed_count)
        result(0, "ONLY=%s: no equation of %s; write it like ONLY='(7)'", only, chapter);
    return closing();
}

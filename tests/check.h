// Tangled from chapters/0-notation.md [a092c301f46a]: edit the chapter, or edit here and run make stitch
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

// Arrays with a name and a shape
enum { RANK = 4 };
struct array {
    const char *name;
    int rank, extent[RANK], count;   // extents that are not used are 1
    void *at;                        // count numbers of type real
};

static struct array *arrays;   // all that were made since the last release
static int array_count, array_room;

static inline size_t guard(struct array x)   // in bytes, on either side
{
#ifdef __SANITIZE_ADDRESS__
    (void)x;
    return 0;
#else
    return ((size_t)x.count + 16) * sizeof(real);
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
    size_t bytes = (size_t)x.count * sizeof(real) + 2 * guard(x);
    char *block = memset(no_null(malloc(bytes)), 0xff, bytes);
    x.at = block + guard(x);
    if (array_count == array_room)
        arrays = no_null(realloc(arrays, (size_t)(array_room = 2 * array_room + 64) * sizeof *arrays));
    return arrays[array_count++] = x;
}

static inline const char *array_with_broken_guard(void)
{
    for (int k = 0; k < array_count; k++) {
        const unsigned char *before = (unsigned char *)arrays[k].at - guard(arrays[k]);
        const unsigned char *behind = (unsigned char *)((real *)arrays[k].at + arrays[k].count);
        for (size_t i = 0; i < guard(arrays[k]); i++)
            if (before[i] != 0xff || behind[i] != 0xff)
                return arrays[k].name;
    }
    return NULL;
}

static inline void release(void)
{
    while (array_count) {
        struct array x = arrays[--array_count];
        free((char *)x.at - guard(x));
    }
}

// Entries of an array
static inline real *entry(struct array x, int i, int j, int k, int l)
{
    int index[RANK] = {i, j, k, l}, offset = 0;
    for (int r = 0; r < RANK; r++) {
        if (index[r] < 0 || index[r] >= x.extent[r])
            return NULL;
        offset = offset * x.extent[r] + index[r];
    }
    return (real *)x.at + offset;
}

static inline real get(struct array x, int i, int j, int k, int l)
{
    real *at = entry(x, i, j, k, l);
    return at ? *at : 0;
}

static inline void put(struct array x, int i, int j, int k, int l, real value)
{
    real *at = entry(x, i, j, k, l);
    if (at)
        *at = value;
}

static inline double part(struct array x, int i)   // the real part of entry i, counted through
{
    return creal(((real *)x.at)[i]);
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

static inline void randomise(struct array x)   // odd multiples of 1/1024 between -1 and 1: none is zero, which would hide an error
{
    for (int i = 0; i < x.count; i++)
        ((real *)x.at)[i] = (2 * between(-512, 511) + 1) / 1024.0;
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

// A verdict
enum method { ORACLE, CENTRAL, COMPLEX_STEP, ADJOINT, METHODS };
static const char *const method_name[] = {"oracle", "central", "complex", "adjoint"};

struct verdict {
    struct { int entries; double error, allowed; char worst[160]; } by[METHODS];
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
    return !v->by[m].entries || isnan(error) || exceeds(error, allowed, v->by[m].error, v->by[m].allowed);
}

static inline void judge(struct verdict *v, enum method m, int entries, double error, double allowed, const char *worst)
{
    if (worsens(v, m, error, allowed)) {
        v->by[m].error = error;
        v->by[m].allowed = allowed;
        snprintf(v->by[m].worst, sizeof v->by[m].worst, "%s", worst);
    }
    v->by[m].entries += entries;
}

// Compare two arrays
enum { EXACT = 0, SEEN = 4 };   // EXACT: no error is allowed
static struct { int count; struct array result[SEEN]; } seen;   // the first results that an oracle was asked about

static inline void remember(struct array x)
{
    if (seen.count < SEEN) {
        struct array copy = array(x.name, x.rank, x.extent);
        memcpy(copy.at, x.at, (size_t)x.count * sizeof(real));
        seen.result[seen.count++] = copy;
    }
}

static inline double largest(struct array x)
{
    double most = 0;
    for (int i = 0; i < x.count; i++)
        most = fmax(most, fabs(part(x, i)));
    return most;
}

static inline void describe(int size, char text[size], struct array x, int i, double expected)
{
    int used = snprintf(text, size, "%s", x.name);
    for (int r = 0, stride = x.count; r < x.rank; r++) {
        stride /= x.extent[r];
        used += snprintf(text + used, size - used, "[%d]", i / stride % x.extent[r]);
    }
    snprintf(text + used, size - used, " is %.10g%s, expected %.10g", part(x, i), isnan(part(x, i)) ? " (an array holds nan until it is written)" : "", expected);
}

static inline double difference(struct array got, struct array expected, int *at)   // the largest, of the largest entry; *at: where
{
    double scale = fmax(largest(got), largest(expected)), worst = 0;
    *at = 0;
    for (int i = 0; i < got.count && !isnan(worst); i++) {
        double gap = fabs(part(got, i) - part(expected, i)), error = gap == 0 ? 0 : gap / scale;
        if (!(error <= worst)) {
            worst = error;
            *at = i;
        }
    }
    return worst;
}

static inline void compare(struct verdict *v, enum method m, double allowed, struct array got, struct array expected)
{
    int at;
    double error = difference(got, expected, &at);
    if (m == ORACLE)
        remember(got);
    char text[160] = "";
    if (worsens(v, m, error, allowed))
        describe(sizeof text, text, got, at, part(expected, at));
    judge(v, m, got.count, error, allowed, text);
}

// The function to differentiate
typedef real objective(void);
static unsigned long long branches;   // the way of the last evaluation; 0 for a function without branches

static inline void went(int way)   // to be called at each branch, way = 0, 1, ...
{
    branches = branches * 0x9e3779b97f4a7c15 + (unsigned long long)way + 1;
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
static inline struct slope difference_from(objective *f, real *theta, double h, unsigned long long here)
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

// Compare with central differences
struct differences { double error, allowed; int at, kinks, all_zero; double numeric; };

static inline struct differences differences(objective *f, struct array x, struct array gradient, double h, double allowed)
{
    struct array numeric = array(x.name, x.rank, x.extent), step = array("h", x.rank, x.extent);
    struct differences d = {.allowed = allowed, .all_zero = 1};
    unsigned long long here;
    double value = fabs(value_at(f, &here));
    for (int i = 0; i < x.count; i++) {
        struct slope s = difference_from(f, (real *)x.at + i, h, here);
        ((real *)numeric.at)[i] = s.value;
        ((real *)step.at)[i] = s.step;
        d.kinks += s.step == 0;
        d.all_zero &= s.value == 0 && part(gradient, i) == 0;
    }
    double scale = fmax(largest(gradient), largest(numeric));
    for (int i = 0; i < x.count; i++) {
        double h_i = part(step, i), gap = fabs(part(numeric, i) - part(gradient, i));
        if (h_i == 0)
            continue;
        double error = gap == 0 ? 0 : gap / scale, bound = allowed == EXACT ? 0 : allowed + 4 * DBL_EPSILON * value / h_i / scale;
        if (isnan(error) || exceeds(error, bound, d.error, d.allowed))
            d.error = error, d.allowed = bound, d.at = i, d.numeric = part(numeric, i);
        if (isnan(error))
            break;
    }
    return d;
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

// Adjoint test
static inline void adjoint(struct verdict *v, objective *f, struct array x, struct array gradient, double allowed)
{
#ifdef COMPLEX
    struct array before = array(x.name, x.rank, x.extent), u = array("u", x.rank, x.extent);
    memcpy(before.at, x.at, (size_t)x.count * sizeof(real));
    randomise(u);
    double expected = 0, scale = 0;
    for (int i = 0; i < x.count; i++) {
        ((real *)x.at)[i] += TINY * part(u, i) * _Complex_I;
        expected += part(u, i) * part(gradient, i);
        scale += fabs(part(u, i) * part(gradient, i));
    }
    double error = fabs(cimag(f()) / TINY - expected);
    memcpy(x.at, before.at, (size_t)x.count * sizeof(real));
    judge(v, ADJOINT, 1, error == 0 ? 0 : error / scale, allowed, gradient.name);
#else
    (void)v, (void)f, (void)x, (void)gradient, (void)allowed;   // in double there is no complex step to compare with
#endif
}

// The best of all steps
static const char *tag_under_test = "";

static inline void write_sweep(objective *f, struct array x, struct array gradient, double h, double error)
{
    FILE *file = getenv("SWEEP") ? fopen(getenv("SWEEP"), "a") : NULL;
    if (file) {
        int at;
        double complex_error = difference(gradient, complex_steps(f, x, h), &at);
        fprintf(file, "%s,%s,%.17g,%.2e,%.2e\n", tag_under_test, x.name, h, error, complex_error);
        fclose(file);
    }
}

static inline struct differences best_differences(objective *f, struct array x, struct array gradient)
{
    struct differences best = {.error = NAN};   // a large step may leave the domain of a logarithm
    for (double h = 0x1p-2; h >= 0x1p-40; h /= 2) {
        struct differences d = differences(f, x, gradient, h, 1e-9);
        if (isnan(best.error) || d.error < best.error)
            best = d;
        write_sweep(f, x, gradient, h, d.error);
    }
    return best;
}

// Check a gradient
enum bend { EXACTLY_AFFINE, AFFINE, CURVED };

static inline void check_gradient(struct verdict *v, objective *f, struct array x, struct array gradient, enum bend bend)
{
    struct differences d = bend == CURVED ? best_differences(f, x, gradient) : differences(f, x, gradient, 1, bend == AFFINE ? 1e-14 : EXACT);
    char text[160];
    describe(sizeof text, text, gradient, d.at, d.numeric);
    judge(v, CENTRAL, x.count - d.kinks, d.error, d.allowed, text);
    v->kinks += d.kinks;
    if (d.all_zero)
        v->dead = x.name;
#ifdef COMPLEX
    compare(v, COMPLEX_STEP, bend == EXACTLY_AFFINE ? EXACT : 1e-13, gradient, complex_steps(f, x, TINY));
    adjoint(v, f, x, gradient, bend == EXACTLY_AFFINE ? EXACT : 1e-13);
#endif
}

// Results
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

static inline void result(int ok, const char *claim)
{
    *(ok ? &passed_count : &failed_count) += 1;
    if (asked("TAP"))
        printf("%s %d - %s\n", ok ? "ok" : "not ok", passed_count + failed_count, claim);
    else
        printf("%s   %s\n", claim, ok ? "ok" : "FAILED");
}

static inline void expect(int condition, const char *claim)
{
    char line[400];
    snprintf(line, sizeof line, "      %s", claim);
    result(condition, asked("TAP") ? claim : line);
}

// Checks and mutants
typedef void operation(void);   // reads and writes the checker's arrays

struct check {
    const char *tag, *what, *function;   // "(7)", "z", "convolution_forward"
    struct verdict (*run)(void);
};

struct mutant {
    const char *tag, *erratum, *name;    // the equation; the number in paper/errata.md or NULL; what is wrong
    enum method by;                      // the check of this equation must catch it by this method
    struct { operation **slot, *with; } change[2];
};

struct suite {
    const char *chapter;
    int checks, mutants;
    const struct check *check;
    const struct mutant *mutant;
    void (*claims)(void), (*shapes)(void);   // what else must hold; every small shape; NULL if there is none
};

static const struct suite *suite;

static inline struct verdict run_check(int number)
{
    release();
    seen.count = 0;
    begin_stream(number);
    tag_under_test = suite->check[number].tag;
    struct verdict v = suite->check[number].run();
    const char *broken = array_with_broken_guard();
    if (broken)
        judge(&v, ORACLE, 1, NAN, 0, "something was written outside of an array");
    return v;
}

static inline void exchange(const struct mutant *m, operation *kept[2], int install)
{
    for (int k = 0; k < 2; k++)
        if (m->change[k].slot) {
            if (install)
                kept[k] = *m->change[k].slot;
            *m->change[k].slot = install ? m->change[k].with : kept[k];
        }
}

// Recognise a mistake
static inline int alike(struct array a, struct array b)
{
    int equal = a.count == b.count;
    double scale = largest(a);
    for (int i = 0; equal && i < a.count; i++)
        equal = isnan(part(a, i)) ? isnan(part(b, i)) : fabs(part(a, i) - part(b, i)) <= 1e-12 * scale;
    return equal;
}

static inline int seen_again(int count, const struct array result[SEEN])   // nan alone is no likeness
{
    int equal = count > 0 && count == seen.count, numbers = 0;
    for (int k = 0; equal && k < count; k++) {
        equal = alike(result[k], seen.result[k]);
        for (int i = 0; i < result[k].count; i++)
            numbers += !isnan(part(result[k], i));
    }
    return equal && numbers;
}

static int calls;

static inline void nothing(void)   // stands in a slot, to see whether a check calls it
{
    calls++;
}

static inline void run_with(const struct mutant *m, int number)
{
    operation *right[2];
    exchange(m, right, 1);
    run_check(number);
    exchange(m, right, 0);
}

// Whether the check calls all that the mutant replaces. An equation may have checks of several functions, and a mutant of another changes nothing.
static inline int concerns(const struct mutant *m, int number)
{
    for (int k = 0; k < 2 && m->change[k].slot; k++) {
        const struct mutant idle = {.change = {{m->change[k].slot, nothing}}};
        calls = 0;
        run_with(&idle, number);
        if (!calls)
            return 0;
    }
    return 1;
}

static inline void recognise(int number)
{
    int count = seen.count;
    struct array result[SEEN], *kept = arrays;
    memcpy(result, seen.result, sizeof result);
    int kept_count = array_count, kept_room = array_room;
    for (int k = 0; k < suite->mutants; k++) {
        if (strcmp(suite->mutant[k].tag, suite->check[number].tag))
            continue;
        arrays = NULL, array_count = array_room = 0;   // the failed check's arrays are still needed
        run_with(&suite->mutant[k], number);
        if (seen_again(count, result) && concerns(&suite->mutant[k], number))
            say("      this is what %s gives: %s\n", suite->mutant[k].tag, suite->mutant[k].name);
        release();
        free(arrays);
    }
    arrays = kept, array_count = kept_count, array_room = kept_room;
}

// Report an equation
// The header of the chunk that bears the equation's number and defines the function; of the first that bears the number, if none does.
static inline int line_of(const char *tag, const char *function)
{
    char line[4096], definition[200];
    int number = 0, first = 0, header = 0, found = 0;
    FILE *file = fopen(suite->chapter, "r");
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

static inline int worst_method(const struct verdict *v)
{
    int worst = -1;
    for (int m = 0; m < METHODS; m++)
        if (v->by[m].entries && (worst < 0 || !(v->by[m].error <= v->by[worst].error)))
            worst = m;
    return worst;
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

static inline void explain(const struct verdict *v)   // what failed, and with VERBOSE=1 what did not
{
    for (int m = 0; m < METHODS; m++)
        if (caught(v, m))
            say("      %s is off by %.1e where %.1e is allowed: %s\n", method_name[m], v->by[m].error, v->by[m].allowed, v->by[m].worst);
        else if (asked("VERBOSE") && v->by[m].entries)
            say("      %-8s %.0e, allowed %.0e, %d entries\n", method_name[m], v->by[m].error, v->by[m].allowed, v->by[m].entries);
    if (v->dead)
        say("      %s is dead: all its slopes are zero, so nothing was checked\n", v->dead);
}

static inline int equation(int number, struct verdict v)
{
    const struct check *c = &suite->check[number];
    int methods = 0, entries = 0, worst = worst_method(&v), ok = passes(&v);
    for (int m = 0; m < METHODS; m++) {
        methods += v.by[m].entries > 0;
        entries += v.by[m].entries;
        if (v.by[m].entries)
            report_to_file("equation\t%s\t%s\t%s\t%s\t%s\t%s\t%.1e\t%.1e\t%d\n", suite->chapter, c->tag, c->what, c->function, ok ? "ok" : "FAILED",
                           method_name[m], v.by[m].error, v.by[m].allowed, v.by[m].entries);
    }
    char line[400], kinks[40] = "", error[40] = "exact";
    if (v.kinks)
        snprintf(kinks, sizeof kinks, ", %d at a kink", v.kinks);
    if (worst < 0 || v.by[worst].error != 0)
        snprintf(error, sizeof error, "%s %.0e", worst < 0 ? "none" : method_name[worst], worst < 0 ? NAN : v.by[worst].error);
    snprintf(line, sizeof line, "%-5s %-9s %-26s %s:%d   %d method%s, %s, %d comparisons%s", c->tag, c->what, c->function, suite->chapter,
             line_of(c->tag, c->function), methods, methods == 1 ? "" : "s", error, entries, kinks);
    result(ok, line);
    explain(&v);
    if (!ok && !getenv("MUTANTS"))
        recognise(number);
    return ok;
}

// Run the mutants
// The first check of the mutant's own equation that catches it by the method that the chapter says, or -1.
static inline int catching_check(const struct mutant *m, const struct verdict v[])
{
    for (int c = 0; c < suite->checks; c++)
        if (!strcmp(suite->check[c].tag, m->tag) && caught(&v[c], m->by))
            return c;
    return -1;
}

static inline void print_mutant(const struct mutant *m, int by, const struct verdict v[], const struct verdict right[])
{
    char all[1000] = "";
    for (int c = 0; c < suite->checks; c++)
        for (int k = 0; k < METHODS; k++)
            if (caught(&v[c], k)) {
                size_t used = strlen(all);
                snprintf(all + used, sizeof all - used, " %s %s", suite->check[c].tag, method_name[k]);
            }
    say("  %-5s %-52s %-8s %.0e, right %.0e; all:%s\n", m->tag, m->name, method_name[m->by], by < 0 ? NAN : v[by].by[m->by].error,
        by < 0 ? NAN : right[by].by[m->by].error, all);
}

static inline int run_mutant(const struct mutant *m, const struct verdict right[])
{
    operation *kept[2];
    struct verdict v[suite->checks];
    exchange(m, kept, 1);
    for (int c = 0; c < suite->checks; c++)
        v[c] = run_check(c);
    exchange(m, kept, 0);
    int by = catching_check(m, v);
    if (asked("MUTANTS") || by < 0)
        print_mutant(m, by, v, right);
    if (by >= 0)
        report_to_file("mutant\t%s\t%s\t%s\t%s\t%s\t%.1e\t%.1e\t%s\n", suite->chapter, m->name, m->erratum ? m->erratum : "-", method_name[m->by], m->tag,
                       v[by].by[m->by].error, right[by].by[m->by].error, suite->check[by].function);
    return by >= 0;
}

static inline void run_mutants(const struct verdict right[])
{
    char line[400];
    int survivors = 0;
    for (int k = 0; k < suite->mutants; k++)
        survivors += !run_mutant(&suite->mutant[k], right);
    snprintf(line, sizeof line, "%d wrong versions, each rejected by the method that its chapter says", suite->mutants);
    result(!survivors, line);
    for (int c = 0; c < suite->checks; c++) {
        int own = 0;
        for (int k = 0; k < suite->mutants; k++)
            own += !strcmp(suite->mutant[k].tag, suite->check[c].tag);
        if (own < 4) {
            snprintf(line, sizeof line, "%s has %d wrong versions, expected at least 4", suite->check[c].tag, own);
            result(0, line);
        }
    }
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
    return child > 0 && waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT && strstr(text, message);
}

// Run a suite
static inline int closing(void)
{
    release();
    free(arrays);
    if (asked("TAP"))
        printf("1..%d\n", passed_count + failed_count);
    say("%d passed, %d failed\n", passed_count, failed_count);
    return failed_count != 0;
}

static inline int run_suite(const struct suite *s)
{
    setvbuf(stdout, NULL, _IOLBF, 0);   // what was printed stays printed if a check crashes
    suite = s;
    if (asked("SHAPES")) {
        if (s->shapes)
            s->shapes();
        return closing();
    }
    struct verdict right[s->checks];
    int ok = 1;
    for (int c = 0; c < s->checks; c++)
        ok &= equation(c, right[c] = run_check(c));
    if (s->claims)
        s->claims();
    if (ok && (!getenv("MUTANTS") || asked("MUTANTS")))   // of mutants of something wrong nothing follows
        run_mutants(right);
    return closing();
}

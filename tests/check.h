// Tangled from chapters/0-notation.md [ae2aaca37423]: edit the chapter, or edit here and run make stitch
#include <complex.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Arrays with a name and a shape
enum { RANK = 4 };
struct array {
    const char *name;
    int rank, extent[RANK], count;   // extents that are not used are 1
    void *at;                        // count numbers of type real
};

// The numbers of all the arrays of a program, to be freed together at its end.
static void *allocated[1 << 16];
static int allocations;

static inline struct array array(const char *name, int rank, const int extent[rank])
{
    struct array x = {name, rank, {1, 1, 1, 1}, 1, NULL};
    for (int i = 0; i < rank; i++)
        x.count *= x.extent[i] = extent[i];
    x.at = malloc(x.count * sizeof(real));
    if (!x.at || allocations == sizeof allocated / sizeof *allocated) {
        fprintf(stderr, "check: no room for another array of %d numbers\n", x.count);
        exit(1);
    }
    allocated[allocations++] = x.at;
    return x;
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

// Random numbers for checks
static inline double uniform(void)   // in [-1, 1)
{
    static unsigned long long state;
    if (!state)
        state = 1 + strtoull(getenv("SEED") ? getenv("SEED") : "0", NULL, 10);
    unsigned long long u = state += 0x9e3779b97f4a7c15;
    u = (u ^ u >> 30) * 0xbf58476d1ce4e5b9;
    u = (u ^ u >> 27) * 0x94d049bb133111eb;
    return (double)((u ^ u >> 31) >> 11) * 0x1p-52 - 1;
}

static inline void randomise(struct array x)
{
    for (int i = 0; i < x.count; i++)
        ((real *)x.at)[i] = uniform();
}

static inline void spoil(struct array x)
{
    for (int i = 0; i < x.count; i++)
        ((real *)x.at)[i] = NAN;
}

// A verdict
enum method { ORACLE, CENTRAL, COMPLEX_STEP, ADJOINT, METHODS };
static const char *const method_name[] = {"oracle", "central", "complex", "adjoint"};

struct verdict {
    struct { int entries; double error, allowed; char worst[160]; } by[METHODS];
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
    return entries && !errors;
}

// Keep the worst
static inline double excess(double error, double allowed)   // infinite where nothing is allowed
{
    return error == 0 ? 0 : error / allowed;
}

static inline void judge(struct verdict *v, enum method m, int entries, double error, double allowed, const char *worst)
{
    int worse = !v->by[m].entries || isnan(error) || excess(error, allowed) > excess(v->by[m].error, v->by[m].allowed);
    v->by[m].entries += entries;
    if (worse) {
        v->by[m].error = error;
        v->by[m].allowed = allowed;
        snprintf(v->by[m].worst, sizeof v->by[m].worst, "%s", worst);
    }
}

// Compare two arrays
static inline double part(struct array x, int i)
{
    return creal(((real *)x.at)[i]);
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
    snprintf(text + used, size - used, " is %.10g, expected %.10g", part(x, i), expected);
}

static inline void compare(struct verdict *v, enum method m, double allowed, struct array got, struct array expected)
{
    double scale = fmax(largest(got), largest(expected)), worst = 0;
    int at = 0;
    for (int i = 0; i < got.count && !isnan(worst); i++) {
        double difference = fabs(part(got, i) - part(expected, i));
        double error = difference == 0 ? 0 : difference / scale;
        if (!(error <= worst)) {
            worst = error;
            at = i;
        }
    }
    char text[160];
    describe(sizeof text, text, got, at, part(expected, at));
    judge(v, m, got.count, worst, allowed, text);
}

// Central differences (G15)
typedef real objective(void);

static inline struct array central_differences(objective *f, struct array x, double h)
{
    struct array slope = array(x.name, x.rank, x.extent);
    for (int i = 0; i < x.count; i++) {
        real *theta = (real *)x.at + i, before = *theta;
        *theta = before + h;
        real above = f();
        *theta = before - h;
        real below = f();
        *theta = before;
        ((real *)slope.at)[i] = (above - below) / (2 * h);
    }
    return slope;
}

// Complex step
static const double TINY = 0x1p-100;

static inline struct array complex_steps(objective *f, struct array x)
{
    struct array slope = array(x.name, x.rank, x.extent);
    for (int i = 0; i < x.count; i++) {
        real *theta = (real *)x.at + i, before = *theta;
        *theta = before + TINY * _Complex_I;
        ((real *)slope.at)[i] = cimag(f()) / TINY;
        *theta = before;
    }
    return slope;
}

// Adjoint test
static inline void adjoint(struct verdict *v, objective *f, struct array x, struct array gradient)
{
    struct array before = array(x.name, x.rank, x.extent);
    memcpy(before.at, x.at, x.count * sizeof(real));
    double expected = 0, scale = 0;
    for (int i = 0; i < x.count; i++) {
        double u = uniform();
        ((real *)x.at)[i] += TINY * u * _Complex_I;
        expected += u * part(gradient, i);
        scale += fabs(u * part(gradient, i));
    }
    double error = fabs(cimag(f()) / TINY - expected);
    memcpy(x.at, before.at, x.count * sizeof(real));
    judge(v, ADJOINT, 1, error == 0 ? 0 : error / scale, 1e-13, gradient.name);
}

// Check a gradient
static const double AFFINE = 1, CURVED = 0x1p-17;   // steps

static inline void check_gradient(struct verdict *v, objective *f, struct array x, struct array gradient, double step)
{
    double rounding = 4 * DBL_EPSILON * fabs(creal(f())) / step / fmax(largest(gradient), DBL_MIN);
    struct array numeric = central_differences(f, x, step);
    compare(v, CENTRAL, (step == AFFINE ? 1e-14 : 1e-8) + rounding, gradient, numeric);
#ifdef COMPLEX
    compare(v, COMPLEX_STEP, 1e-13, gradient, complex_steps(f, x));
    adjoint(v, f, x, gradient);
#endif
}

static inline real inner_product(struct array v, struct array z)
{
    real sum = 0;
    for (int i = 0; i < z.count; i++)
        sum += part(v, i) * ((real *)z.at)[i];
    return sum;
}

// Report
static const char *chapter;
static int passed_count, failed_count;

static inline int line_of(const char *tag)
{
    char line[4096];
    int number = 0, found = 0;
    FILE *file = fopen(chapter, "r");
    while (file && !found && fgets(line, sizeof line, file)) {
        number++;
        const char *end = strncmp(line, "// <<", 5) ? NULL : strstr(line, "= (");
        found = end && strstr(end, tag);
    }
    if (file)
        fclose(file);
    return found ? number : 0;
}

static inline void print_methods(const struct verdict *v)
{
    int entries = 0;
    for (int m = 0; m < METHODS; m++) {
        if (v->by[m].entries)
            printf("   %s %.0e", method_name[m], v->by[m].error);
        entries = v->by[m].entries > entries ? v->by[m].entries : entries;
    }
    printf("   %d entries", entries);
}

static inline void equation(const char *tag, const char *what, const char *function, struct verdict v)
{
    int ok = passes(&v);
    *(ok ? &passed_count : &failed_count) += 1;
    printf("%-5s %-8s %-28s %s:%d\n   ", tag, what, function, chapter, line_of(tag));
    print_methods(&v);
    printf("   %s\n", ok ? "ok" : "FAILED");
    for (int m = 0; m < METHODS; m++)
        if (caught(&v, m))
            printf("      %s is off by %.1e where %.1e is allowed: %s\n", method_name[m], v.by[m].error, v.by[m].allowed, v.by[m].worst);
}

static inline void rejects(const char *mistake, struct verdict v)
{
    int ok = !passes(&v), m = 0;
    *(ok ? &passed_count : &failed_count) += 1;
    while (ok && m < METHODS - 1 && !caught(&v, m))
        m++;
    if (ok)
        printf("      rejects %s: %s %.0e, %s\n", mistake, method_name[m], v.by[m].error, v.by[m].worst);
    else
        printf("      FAILED to reject %s\n", mistake);
}

static inline void expect(int condition, const char *claim)
{
    *(condition ? &passed_count : &failed_count) += 1;
    printf("      %s: %s\n", claim, condition ? "ok" : "FAILED");
}

static inline int closing(void)
{
    while (allocations)
        free(allocated[--allocations]);
    printf("%d passed, %d failed\n", passed_count, failed_count);
    return failed_count != 0;
}

// Tangled from chapters/4-downsampling.md [ff3b2c433231]: edit the chapter, or edit here and run make stitch
#include "../src/downsampling.c"
#include "check.h"

// Report without a number
static void unnumbered(const char *claim, struct verdict v)
{
    expect(passes(&v), claim);
    for (int m = 0; m < METHODS; m++)
        if (caught(&v, m))
            printf("      %s is off by %.1e where %.1e is allowed: %s\n", method_name[m], v.by[m].error, v.by[m].allowed, v.by[m].worst);
}

// The downsampling under test
static struct layer {
    int (*extent)(int X_, int D, int s);
    void (*forward)(void), (*backward)(void), (*average_backward)(void);
} layer;

// Check (17)
static int places(int X_, int D, int s)
{
    int count = 0;
    for (int first = 0; first + D <= X_; first += s)
        count++;
    return count;
}

static struct verdict check_extent(void)
{
    struct verdict v = {0};
    for (int X_ = 1; X_ <= 16; X_++)
        for (int D = 1; D <= X_; D++)
            for (int s = 1; s <= 6; s++) {
                char shape[160];
                snprintf(shape, sizeof shape, "%d rows, window of %d, stride %d", X_, D, s);
                judge(&v, ORACLE, 1, abs(layer.extent(X_, D, s) - places(X_, D, s)), 0.5, shape);
            }
    return v;
}

// wrong: (17) as printed
static int extent_as_printed(int X_, int D, int s)   // with sizes minus one: eta = (eta' - delta) / s + 1
{
    return ((X_ - 1) - (D - 1)) / s + 1 + 1;
}

static int extent_rounded_up(int X_, int D, int s)   // with delta a count, eta a count minus one
{
    return (X_ - D + s - 1) / s + 1;
}

// Shapes for downsampling
enum shape { OVERLAPPING, APART };
static struct { int C, X, Y, X_, Y_, DX, DY, SX, SY; } n;
static struct array a_, a, da_, da;

static void shuffled_levels(struct array x)
{
    real *at = x.at;
    for (int i = 0; i < x.count; i++) {   // level i goes to a random place among the first i + 1
        int j = (int)((uniform() + 1) / 2 * (i + 1));
        at[i] = at[j];
        at[j] = (double)i / x.count - 1;
    }
}

static void choose(enum shape shape)
{
    const int overlapping[] = {2, 16, 15, 3, 5, 2, 3}, apart[] = {5, 13, 14, 2, 3, 2, 3};
    const int *s = shape == OVERLAPPING ? overlapping : apart;
    n.C = s[0], n.X_ = s[1], n.Y_ = s[2], n.DX = s[3], n.DY = s[4], n.SX = s[5], n.SY = s[6];
    n.X = places(n.X_, n.DX, n.SX), n.Y = places(n.Y_, n.DY, n.SY);
    a_ = array("a_", 3, (int[]){n.C, n.X_, n.Y_}), da_ = array("da_", 3, a_.extent);
    a = array("a", 3, (int[]){n.C, n.X, n.Y}), da = array("da", 3, a.extent);
    spoil(a_), spoil(a), spoil(da_);
    shuffled_levels(a_), randomise(da);
}

// Check (18)
static int first_maximum(int c, int i, int j, int DX, int DY)   // of the window that begins at row i, column j
{
    for (int k = 0; k < DX * DY; k++) {
        int larger = 0;
        for (int m = 0; m < DX * DY; m++)
            larger += creal(get(a_, c, i + m / DY, j + m % DY, 0)) > creal(get(a_, c, i + k / DY, j + k % DY, 0));
        if (larger == 0)
            return k;
    }
    return -1;
}

static void choose_maxima(struct array out, int DX, int DY, int SX, int SY)
{
    for (int c = 0; c < n.C; c++)
        for (int x = 0; x < n.X; x++)
            for (int y = 0; y < n.Y; y++) {
                int k = first_maximum(c, x * SX, y * SY, DX, DY);
                put(out, c, x, y, 0, get(a_, c, x * SX + k / DY, y * SY + k % DY, 0));
            }
}

static void forward(void)
{
    max_pooling_forward(n.C, n.X, n.Y, n.X_, n.Y_, n.DX, n.DY, n.SX, n.SY, a_.at, a.at);
}

static struct verdict check_forward(enum shape shape)
{
    struct verdict v = {0};
    choose(shape);
    layer.forward();
    struct array expected = array("a", 3, a.extent);
    choose_maxima(expected, n.DX, n.DY, n.SX, n.SY);
    compare(&v, ORACLE, 0, a, expected);
    return v;
}

// wrong: (18) with the size as the last index
static void forward_with_window_too_large(void)
{
    choose_maxima(a, n.DX + 1, n.DY + 1, n.SX, n.SY);
}

// wrong: (18) with usual mistakes
static void forward_with_swapped_strides(void)
{
    choose_maxima(a, n.DX, n.DY, n.SY, n.SX);
}

static void forward_from_zero(void)
{
    choose_maxima(a, n.DX, n.DY, n.SX, n.SY);
    for (int i = 0; i < a.count; i++)
        ((real *)a.at)[i] *= part(a, i) > 0;
}

// Check (19)
static double smallest_lead(void)   // of a window's largest entry over its second largest
{
    double least = INFINITY;
    for (int c = 0; c < n.C; c++)
        for (int x = 0; x < n.X; x++)
            for (int y = 0; y < n.Y; y++) {
                int i = x * n.SX, j = y * n.SY, k = first_maximum(c, i, j, n.DX, n.DY);
                for (int m = 0; m < n.DX * n.DY; m++)
                    if (m != k)
                        least = fmin(least, creal(get(a_, c, i + k / n.DY, j + k % n.DY, 0) - get(a_, c, i + m / n.DY, j + m % n.DY, 0)));
            }
    return least;
}

static real objective_max(void)
{
    forward();
    return inner_product(da, a);
}

static void backward(void)
{
    max_pooling_backward(n.C, n.X, n.Y, n.X_, n.Y_, n.DX, n.DY, n.SX, n.SY, a_.at, a.at, da.at, da_.at);
}

static void gather(struct array out)
{
    for (int c = 0; c < n.C; c++)
        for (int i = 0; i < n.X_; i++)
            for (int j = 0; j < n.Y_; j++) {
                real s = 0;
                for (int x = 0; x < n.X; x++)
                    for (int y = 0; y < n.Y; y++) {
                        int k = first_maximum(c, x * n.SX, y * n.SY, n.DX, n.DY);
                        if (i == x * n.SX + k / n.DY && j == y * n.SY + k % n.DY)
                            s += get(da, c, x, y, 0);
                    }
                put(out, c, i, j, 0, s);
            }
}

static struct verdict check_backward(enum shape shape)
{
    struct verdict v = {0};
    choose(shape);
    forward();
    layer.backward();
    struct array expected = array("da_", 3, da_.extent);
    gather(expected);
    compare(&v, ORACLE, 1e-14, da_, expected);
    check_gradient(&v, objective_max, a_, da_, CURVED);
    if (!(smallest_lead() > 2 * CURVED))
        judge(&v, CENTRAL, 1, NAN, 1, "the two largest entries of a window are too close for the step");
    return v;
}

// Check ties
static struct verdict check_ties(enum shape shape)
{
    struct verdict v = {0};
    choose(shape);
    for (int i = 0; i < a_.count; i++)
        ((real *)a_.at)[i] = -0.5;
    forward();
    layer.backward();
    struct array expected = array("da_", 3, da_.extent);
    gather(expected);
    compare(&v, ORACLE, 1e-14, da_, expected);
    double in = 0, out = 0, scale = 0;
    for (int i = 0; i < da.count; i++)
        in += part(da, i), scale += fabs(part(da, i));
    for (int i = 0; i < da_.count; i++)
        out += part(da_, i);
    judge(&v, ADJOINT, 1, fabs(out - in) / scale, 1e-13, "the sum of all slopes");
    return v;
}

// wrong: (19) as printed
static void backward_as_printed(void)
{
    for (int c = 0; c < n.C; c++)
        for (int i = 0; i < n.X_; i++)
            for (int j = 0; j < n.Y_; j++)
                put(da_, c, i, j, 0, get(da, c, i, j, 0) * (creal(get(a_, c, i, j, 0)) == creal(get(a, c, i, j, 0))));
}

// wrong: (19) without its sum or its choice
static void hand_out(int adding, int only_the_first)
{
    memset(da_.at, 0, da_.count * sizeof(real));
    for (int c = 0; c < n.C; c++)
        for (int x = 0; x < n.X; x++)
            for (int y = 0; y < n.Y; y++) {
                int taken = 0;
                for (int k = 0; k < n.DX * n.DY; k++) {
                    int i = x * n.SX + k / n.DY, j = y * n.SY + k % n.DY;
                    if (creal(get(a_, c, i, j, 0)) == creal(get(a, c, x, y, 0)) && !(only_the_first && taken++))
                        put(da_, c, i, j, 0, adding * get(da_, c, i, j, 0) + get(da, c, x, y, 0));
                }
            }
}

static void backward_assigning(void)
{
    hand_out(0, 1);
}

static void backward_to_all_ties(void)
{
    hand_out(1, 0);
}

// Check average pooling
static int covers(int x, int i, int D, int s)   // output row x, input row i
{
    return x * s <= i && i < x * s + D;
}

static real objective_average(void)
{
    average_pooling_forward(n.C, n.X, n.Y, n.X_, n.Y_, n.DX, n.DY, n.SX, n.SY, a_.at, a.at);
    return inner_product(da, a);
}

static void average_backward(void)
{
    average_pooling_backward(n.C, n.X, n.Y, n.X_, n.Y_, n.DX, n.DY, n.SX, n.SY, da.at, da_.at);
}

static void spread(struct array from, struct array to)   // over all pairs of an input and an output
{
    memset(to.at, 0, to.count * sizeof(real));
    for (int c = 0; c < n.C; c++)
        for (int i = n.X_ - 1; i >= 0; i--)
            for (int j = n.Y_ - 1; j >= 0; j--)
                for (int x = 0; x < n.X; x++)
                    for (int y = 0; y < n.Y; y++)
                        if (covers(x, i, n.DX, n.SX) && covers(y, j, n.DY, n.SY)) {
                            int down = to.extent[1] == n.X;
                            real *into = down ? entry(to, c, x, y, 0) : entry(to, c, i, j, 0);
                            *into += (down ? get(from, c, i, j, 0) : get(from, c, x, y, 0)) / (n.DX * n.DY);
                        }
}

static struct verdict check_average(enum shape shape)
{
    struct verdict v = {0};
    choose(shape);
    objective_average();
    layer.average_backward();
    struct array expected = array("a", 3, a.extent), expected_slope = array("da_", 3, da_.extent);
    spread(a_, expected);
    spread(da, expected_slope);
    compare(&v, ORACLE, 1e-14, a, expected);
    compare(&v, ORACLE, 1e-14, da_, expected_slope);
    check_gradient(&v, objective_average, a_, da_, AFFINE);
    return v;
}

// wrong: average pooling without its division
static void average_backward_undivided(void)
{
    average_backward();
    for (int i = 0; i < da_.count; i++)
        ((real *)da_.at)[i] *= n.DX * n.DY;
}

static void equations(void)
{
    equation("(17)", "eta", "downsampling_extent", check_extent());
    equation("(18)", "a", "max_pooling_forward", check_forward(OVERLAPPING));
    equation("(18)", "a", "max_pooling_forward", check_forward(APART));
    equation("(19)", "dl/da", "max_pooling_backward", check_backward(OVERLAPPING));
    equation("(19)", "dl/da", "max_pooling_backward", check_backward(APART));
    equation("(19)", "ties", "max_pooling_backward", check_ties(OVERLAPPING));
    expect(smallest_lead() == 0, "the guard against kinks sees a tie");
    unnumbered("average_pooling_forward and _backward, windows that overlap", check_average(OVERLAPPING));
    unnumbered("average_pooling_forward and _backward, windows side by side", check_average(APART));
}

static void mistakes(const struct layer right)
{
    layer.extent = extent_as_printed;
    rejects("(17) as printed, with + 1", check_extent());
    layer.extent = extent_rounded_up;
    rejects("(17) as printed, delta a count", check_extent());
    layer.forward = forward_with_window_too_large;
    rejects("(18) with delta both size and last index", check_forward(OVERLAPPING));
    layer.forward = forward_with_swapped_strides;
    rejects("(18) with s_x and s_y swapped", check_forward(OVERLAPPING));
    layer.forward = forward_from_zero;
    rejects("(18) with a maximum that starts from zero", check_forward(OVERLAPPING));
    layer.backward = backward_as_printed;
    rejects("(19) as printed, the same (x, y)", check_backward(OVERLAPPING));
    layer.backward = backward_assigning;
    rejects("(19) without its sum", check_backward(OVERLAPPING));
    struct verdict v = check_backward(APART);
    expect(passes(&v), "windows that don't overlap hide the missing sum");
    layer.backward = backward_to_all_ties;
    rejects("(19) with every tied entry rewarded", check_ties(OVERLAPPING));
    v = check_backward(OVERLAPPING);
    expect(passes(&v), "entries that all differ hide what happens to ties");
    layer.average_backward = average_backward_undivided;
    rejects("average pooling without its division", check_average(OVERLAPPING));
    layer = right;
}

int main(void)
{
    chapter = "chapters/4-downsampling.md";
    layer = (struct layer){downsampling_extent, forward, backward, average_backward};
    equations();
    mistakes(layer);
    return closing();
}

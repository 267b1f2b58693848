// Tangled from chapters/2-convolution.md [efdc917945a4]: edit the chapter, or edit here and run make stitch
#include "../src/convolution.c"
#include "check.h"

// The layer under test
static struct layer {
    int (*extent)(int X_, int K, int s, int p);
    void (*forward)(void), (*slope_a)(void), (*slope_w)(void), (*slope_b)(void);
} layer;

// Check (6)
static int places(int X_, int K, int s, int p)
{
    int count = 0;
    for (int first = -p; first + K <= X_ + p; first += s)
        count++;
    return count;
}

static int extent_off_when_large(int X_, int K, int s, int p)   // wrong in the last cases only: the verdict must keep them
{
    return places(X_, K, s, p) + (X_ == 12);
}

static int extent_as_printed(int X_, int K, int s, int p)   // with sizes minus one: eta - k + 1
{
    return (X_ - 1 + 2 * p - (K - 1)) / s + 1 + 1;
}

static struct verdict check_extent(void)
{
    struct verdict v = {0};
    for (int X_ = 1; X_ <= 12; X_++)
        for (int K = 1; K <= 6; K++)
            for (int s = 1; s <= 4; s++)
                for (int p = 0; p <= 3; p++)
                    if (K <= X_ + 2 * p) {
                        char shape[160];
                        snprintf(shape, sizeof shape, "%d rows, kernel of %d, stride %d, padding %d", X_, K, s, p);
                        judge(&v, ORACLE, 1, abs(layer.extent(X_, K, s, p) - places(X_, K, s, p)), 0, shape);
                    }
    return v;
}

// Shapes for the convolution
enum shape { PLAIN, STRIDED };
static struct { int C, C_, X, Y, X_, Y_, KX, KY, SX, SY, PX, PY; } n;
static struct array w, b, a, z, dz, da, dw, db;

static void choose(enum shape shape)
{
    const int plain[] = {2, 3, 9, 11, 4, 5, 1, 1, 0, 0}, strided[] = {7, 2, 10, 16, 3, 4, 2, 3, 1, 2};
    const int *s = shape == PLAIN ? plain : strided;
    n.C = s[0], n.C_ = s[1], n.X_ = s[2], n.Y_ = s[3], n.KX = s[4], n.KY = s[5], n.SX = s[6], n.SY = s[7], n.PX = s[8], n.PY = s[9];
    n.X = places(n.X_, n.KX, n.SX, n.PX), n.Y = places(n.Y_, n.KY, n.SY, n.PY);
    w = array("w", 4, (int[]){n.C, n.C_, n.KX, n.KY}), dw = array("dw", 4, w.extent);
    b = array("b", 1, (int[]){n.C}), db = array("db", 1, b.extent);
    a = array("a", 3, (int[]){n.C_, n.X_, n.Y_}), da = array("da", 3, a.extent);
    z = array("z", 3, (int[]){n.C, n.X, n.Y}), dz = array("dz", 3, z.extent);
    randomise(w), randomise(b), randomise(a), randomise(dz);
    spoil(z), spoil(da), spoil(dw), spoil(db);
}

// Check (7)
struct index { int c, c_, x, y, x_, y_; };   // one term of the sums
typedef real term(struct index i);

static real product(struct index i)
{
    return get(w, i.c, i.c_, i.x_, i.y_) * get(a, i.c_, i.x * n.SX + i.x_ - n.PX, i.y * n.SY + i.y_ - n.PY, 0);
}

static void add_terms(struct array out, term *t)   // out_(c)(x, y) = b_(c) + the sum of the terms over c', x', y'
{
    struct index i;
    for (i.c = 0; i.c < n.C; i.c++)
        for (i.x = 0; i.x < n.X; i.x++)
            for (i.y = 0; i.y < n.Y; i.y++) {
                real s = get(b, i.c, 0, 0, 0);
                for (i.c_ = 0; i.c_ < n.C_; i.c_++)
                    for (i.x_ = 0; i.x_ < n.KX; i.x_++)
                        for (i.y_ = 0; i.y_ < n.KY; i.y_++)
                            s += t(i);
                put(out, i.c, i.x, i.y, 0, s);
            }
}

static void forward(void)
{
    convolution_forward(n.C, n.C_, n.X, n.Y, n.X_, n.Y_, n.KX, n.KY, n.SX, n.SY, n.PX, n.PY, w.at, b.at, a.at, z.at);
}

static struct verdict check_forward(enum shape shape)
{
    struct verdict v = {0};
    choose(shape);
    layer.forward();
    struct array expected = array("z", 3, z.extent);
    add_terms(expected, product);
    compare(&v, ORACLE, 1e-14, z, expected);
    return v;
}

// wrong: (7) as printed
static real product_with_channel_c(struct index i)
{
    return get(w, i.c, i.c_, i.x_, i.y_) * get(a, i.c, i.x * n.SX + i.x_ - n.PX, i.y * n.SY + i.y_ - n.PY, 0);
}

static real product_with_x_twice(struct index i)
{
    return get(w, i.c, i.c_, i.x_, i.y_) * get(a, i.c_, i.x * n.SX + i.x_ - n.PX, i.x * n.SY + i.y_ - n.PY, 0);
}

static void forward_with_channel_c(void)
{
    add_terms(z, product_with_channel_c);
}

static void forward_with_x_twice(void)
{
    add_terms(z, product_with_x_twice);
}

// Check (8)
static real objective_z(void)
{
    forward();
    return inner_product(dz, z);
}

static void slope_a(void)
{
    convolution_da(n.C, n.C_, n.X, n.Y, n.X_, n.Y_, n.KX, n.KY, n.SX, n.SY, n.PX, n.PY, w.at, dz.at, da.at);
}

static void gather(struct array out, int SX, int SY)
{
    for (int c_ = 0; c_ < n.C_; c_++)
        for (int i = 0; i < n.X_; i++)
            for (int j = 0; j < n.Y_; j++) {
                real s = 0;
                for (int c = 0; c < n.C; c++)
                    for (int x = 0; x < n.X; x++)
                        for (int y = 0; y < n.Y; y++)
                            s += get(dz, c, x, y, 0) * get(w, c, c_, i + n.PX - x * SX, j + n.PY - y * SY);
                put(out, c_, i, j, 0, s);
            }
}

static struct verdict check_slope_a(enum shape shape)
{
    struct verdict v = {0};
    choose(shape);
    layer.slope_a();
    struct array expected = array("da", 3, da.extent);
    gather(expected, n.SX, n.SY);
    compare(&v, ORACLE, 1e-14, da, expected);
    check_gradient(&v, objective_z, a, da, AFFINE);
    return v;
}

// wrong: (8) without its condition
static void slope_a_wrapped(void)
{
    for (int c_ = 0; c_ < n.C_; c_++)
        for (int i = 0; i < n.X_; i++)
            for (int j = 0; j < n.Y_; j++) {
                real s = 0;
                for (int c = 0; c < n.C; c++)
                    for (int x = 0; x < n.X; x++)
                        for (int y = 0; y < n.Y; y++)
                            s += get(dz, c, x, y, 0) * get(w, c, c_, abs(i - x) % n.KX, abs(j - y) % n.KY);
                put(da, c_, i, j, 0, s);
            }
}

// wrong: (8) with an unscaled stride
static void slope_a_unscaled(void)
{
    gather(da, 1, 1);
}

// Check (9)
static void slope_w(void)
{
    convolution_dw(n.C, n.C_, n.X, n.Y, n.X_, n.Y_, n.KX, n.KY, n.SX, n.SY, n.PX, n.PY, a.at, dz.at, dw.at);
}

static real factor_of_weight(struct index i)
{
    return get(dz, i.c, i.x, i.y, 0) * get(a, i.c_, i.x * n.SX + i.x_ - n.PX, i.y * n.SY + i.y_ - n.PY, 0);
}

static void add_slopes(struct array out, term *t)   // out_(c,c'')(x'', y'') = the sum of the terms over x, y
{
    struct index i;
    for (i.c = 0; i.c < n.C; i.c++)
        for (i.c_ = 0; i.c_ < n.C_; i.c_++)
            for (i.x_ = 0; i.x_ < n.KX; i.x_++)
                for (i.y_ = 0; i.y_ < n.KY; i.y_++) {
                    real s = 0;
                    for (i.x = 0; i.x < n.X; i.x++)
                        for (i.y = 0; i.y < n.Y; i.y++)
                            s += t(i);
                    put(out, i.c, i.c_, i.x_, i.y_, s);
                }
}

static struct verdict check_slope_w(enum shape shape)
{
    struct verdict v = {0};
    choose(shape);
    layer.slope_w();
    struct array expected = array("dw", 4, dw.extent);
    add_slopes(expected, factor_of_weight);
    compare(&v, ORACLE, 1e-14, dw, expected);
    check_gradient(&v, objective_z, w, dw, AFFINE);
    return v;
}

// wrong: (9) as printed
static real factor_with_x_twice(struct index i)
{
    return get(dz, i.c, i.x, i.y, 0) * get(a, i.c_, i.x * n.SX + i.x_ - n.PX, i.x * n.SY + i.y_ - n.PY, 0);
}

static void slope_w_with_x_twice(void)
{
    add_slopes(dw, factor_with_x_twice);
}

static real objective_with_x_twice(void)
{
    forward_with_x_twice();
    return inner_product(dz, z);
}

static struct verdict check_two_wrongs(enum shape shape)   // no oracle, only the gradient check
{
    struct verdict v = {0};
    choose(shape);
    slope_w_with_x_twice();
    check_gradient(&v, objective_with_x_twice, w, dw, AFFINE);
    return v;
}

// Check (10)
static void slope_b(void)
{
    convolution_db(n.C, n.X, n.Y, dz.at, db.at);
}

static struct verdict check_slope_b(enum shape shape)
{
    struct verdict v = {0};
    choose(shape);
    layer.slope_b();
    struct array expected = array("db", 1, db.extent);
    for (int c = 0; c < n.C; c++) {
        real s = 0;
        for (int k = n.X * n.Y - 1; k >= 0; k--)
            s += get(dz, c, k / n.Y, k % n.Y, 0) * 1.0;
        put(expected, c, 0, 0, 0, s);
    }
    compare(&v, ORACLE, 1e-14, db, expected);
    check_gradient(&v, objective_z, b, db, AFFINE);
    return v;
}

// wrong: (10) as printed
static void slope_b_without_sum(void)
{
    for (int c = 0; c < n.C; c++)
        put(db, c, 0, 0, 0, get(dz, c, n.X - 1, n.Y - 1, 0));
}

// Check (11) (11)
static real h(int c, int c_, int x, int y)
{
    real s = 0;
    for (int x_ = 0; x_ < n.KX; x_++)
        for (int y_ = 0; y_ < n.KY; y_++)
            s += get(w, c, c_, x_, y_) * get(a, c_, x * n.SX + x_ - n.PX, y * n.SY + y_ - n.PY, 0);
    return s;
}

static void build_H_and_B(struct array H, struct array B)
{
    for (int c = 0; c < n.C; c++)
        for (int x = 0; x < n.X; x++)
            for (int y = 0; y < n.Y; y++) {
                real s = 0;
                for (int c_ = 0; c_ < n.C_; c_++)
                    s += h(c, c_, x, y);
                put(H, c, x, y, 0, s);
                put(B, c, x, y, 0, get(b, c, 0, 0, 0));
            }
}

static struct verdict check_layer(enum shape shape, int stack_twice)
{
    struct verdict v = {0};
    choose(shape);
    forward();
    struct array H = array("H", 3, z.extent), B = array("B", 3, z.extent), Z = array("Z", 3, z.extent);
    build_H_and_B(H, B);
    for (int c = 0; c < n.C; c++)
        for (int k = 0; k < n.X * n.Y; k++) {
            int from = c == 0 && stack_twice ? 1 : c;   // the printed stack: Z_(1), Z_(1), ...
            put(Z, c, k / n.Y, k % n.Y, 0, get(H, from, k / n.Y, k % n.Y, 0) + get(B, from, k / n.Y, k % n.Y, 0));
        }
    compare(&v, ORACLE, 1e-14, z, Z);
    return v;
}

static void equations(void)
{
    equation("(6)", "eta", "convolution_extent", check_extent());
    equation("(7)", "z", "convolution_forward", check_forward(PLAIN));
    equation("(8)", "dl/da", "convolution_da", check_slope_a(PLAIN));
    equation("(9)", "dl/dw", "convolution_dw", check_slope_w(PLAIN));
    equation("(10)", "dl/db", "convolution_db", check_slope_b(PLAIN));
    equation("(11)", "Z = H + B", "convolution_forward", check_layer(PLAIN, 0));
    equation("(G5)", "z", "convolution_forward", check_forward(STRIDED));
    equation("(G6)", "dl/da", "convolution_da", check_slope_a(STRIDED));
    equation("(G6)", "dl/dw", "convolution_dw", check_slope_w(STRIDED));
}

static void mistakes(const struct layer right)
{
    layer.extent = extent_as_printed;
    rejects("(6) as printed, eta - k + 1", check_extent());
    layer.extent = extent_off_when_large;
    rejects("(6) wrong for the largest input only", check_extent());
    layer.forward = forward_with_channel_c;
    rejects("(7) as printed, a_(c)", check_forward(PLAIN));
    layer.forward = forward_with_x_twice;
    rejects("(7) as printed, (x + x', x + y')", check_forward(PLAIN));
    layer.slope_a = slope_a_wrapped;
    rejects("(8) without its condition", check_slope_a(PLAIN));
    layer.slope_a = slope_a_unscaled;
    rejects("(8) with an unscaled stride", check_slope_a(STRIDED));
    layer.slope_w = slope_w_with_x_twice;
    rejects("(9) as printed, (x + x'', x + y'')", check_slope_w(PLAIN));
    layer.slope_b = slope_b_without_sum;
    rejects("(10) as printed, without the sum", check_slope_b(PLAIN));
    rejects("(11) as printed, Z_(1) stacked twice", check_layer(PLAIN, 1));
    layer = right;
    struct verdict v = check_two_wrongs(PLAIN);
    expect(passes(&v), "a gradient check alone accepts the printed (7) with the printed (9)");
}

int main(void)
{
    chapter = "chapters/2-convolution.md";
    layer = (struct layer){convolution_extent, forward, slope_a, slope_w, slope_b};
    equations();
    mistakes(layer);
    return closing();
}

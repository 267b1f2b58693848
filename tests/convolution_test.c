// Tangled from chapters/2-convolution.md [abc7ec1fbf04]: edit the chapter, or edit here and run make stitch
#include "../src/convolution.c"
#include "check.h"

// The layer under test
static struct layer {
    operation *extent, *forward, *slope_a, *slope_w, *slope_b, *stack;
} layer;

// Shapes for the convolution
enum shape { PLAIN, STRIDED, WIDE, WIDE_STRIDED };
static struct { int C, C_, X, Y, X_, Y_, KX, KY, SX, SY, PX, PY; } n;
static struct array eta, w, b, a, z, Z, dz, da, dw, db;

static void draw_arrays(void)   // of the sizes in n
{
    n.X = (n.X_ + 2 * n.PX - n.KX) / n.SX + 1, n.Y = (n.Y_ + 2 * n.PY - n.KY) / n.SY + 1;
    w = array("w", 4, (int[]){n.C, n.C_, n.KX, n.KY}), dw = array("dw", 4, w.extent);
    b = array("b", 1, (int[]){n.C}), db = array("db", 1, b.extent);
    a = array("a", 3, (int[]){n.C_, n.X_, n.Y_}), da = array("da", 3, a.extent);
    z = array("z", 3, (int[]){n.C, n.X, n.Y}), dz = array("dz", 3, z.extent);
    randomise(w), randomise(b), randomise(a), randomise(dz);
}

static void choose(enum shape shape)
{
    int size[6], step[4] = {1, 1, 0, 0};
    do {
        draw_different(4, size, 2, 5);
        draw_different(2, size + 4, 6, 8);
        if (shape == WIDE || shape == WIDE_STRIDED)
            draw_different(2, size, 9, 12);
        if (shape == STRIDED || shape == WIDE_STRIDED) {
            draw_different(2, step, 2, 3);
            draw_different(2, step + 2, 1, 3);
        }
        n.C = size[0], n.C_ = size[1], n.KX = size[2], n.KY = size[3], n.X_ = size[4], n.Y_ = size[5];
        n.SX = step[0], n.SY = step[1], n.PX = step[2], n.PY = step[3];
    } while (n.X_ - n.KX == n.Y_ - n.KY || n.X_ < n.KX + 2 || n.Y_ < n.KY + 2);
    draw_arrays();
}

// Check (6)
typedef int extent_function(int X_, int K, int s, int p);

static int places(int X_, int K, int s, int p)
{
    int count = 0;
    for (int first = -p; first + K <= X_ + p; first += s)
        count++;
    return count;
}

static void fill_table(struct array table, extent_function *f)   // zero where the kernel is too large
{
    for (int X_ = 1; X_ <= table.extent[0]; X_++)
        for (int K = 1; K <= table.extent[1]; K++)
            for (int s = 1; s <= table.extent[2]; s++)
                for (int p = 0; p < table.extent[3]; p++)
                    put(table, X_ - 1, K - 1, s - 1, p, K <= X_ + 2 * p ? f(X_, K, s, p) : 0);
}

static void extent(void)
{
    fill_table(eta, convolution_extent);
}

static struct verdict check_table(int strides, int paddings)
{
    struct verdict v = {0};
    eta = array("eta", 4, (int[]){12, 6, strides, paddings});
    struct array expected = array("eta", 4, eta.extent);
    layer.extent();
    fill_table(expected, places);
    compare(&v, ORACLE, EXACT, eta, expected);
    return v;
}

static struct verdict check_extent(void)
{
    return check_table(1, 1);
}

static struct verdict check_extent_with_strides(void)
{
    return check_table(4, 4);
}

// wrong: (6)
static int extent_as_printed(int X_, int K, int s, int p)   // with sizes minus one: eta - k + 1
{
    return (X_ - 1 + 2 * p - (K - 1)) / s + 1 + 1;
}

static int extent_one_less(int X_, int K, int s, int p)
{
    return (X_ + 2 * p - K) / s;
}

static int extent_of_input(int X_, int K, int s, int p)   // a kernel that may stick out
{
    (void)K, (void)p;
    return (X_ - 1) / s + 1;
}

static int extent_kernel_doubled(int X_, int K, int s, int p)
{
    return X_ + 2 * p - 2 * K < 0 ? 0 : (X_ + 2 * p - 2 * K) / s + 1;
}

static int extent_off_when_large(int X_, int K, int s, int p)
{
    return places(X_, K, s, p) + (X_ == 12);
}

static int extent_rounded_up(int X_, int K, int s, int p)
{
    return (X_ + 2 * p - K + s - 1) / s + 1;
}

static int extent_padded_once(int X_, int K, int s, int p)
{
    return X_ + p < K ? 0 : (X_ + p - K) / s + 1;
}

static int extent_without_stride(int X_, int K, int s, int p)
{
    (void)s;
    return X_ + 2 * p - K + 1;
}

static int extent_of_quotients(int X_, int K, int s, int p)
{
    return (X_ + 2 * p) / s - K / s + 1;
}

static void wrong_6_as_printed(void) { fill_table(eta, extent_as_printed); }
static void wrong_6_one_less(void) { fill_table(eta, extent_one_less); }
static void wrong_6_input(void) { fill_table(eta, extent_of_input); }
static void wrong_6_doubled(void) { fill_table(eta, extent_kernel_doubled); }
static void wrong_6_when_large(void) { fill_table(eta, extent_off_when_large); }
static void wrong_G4_rounded_up(void) { fill_table(eta, extent_rounded_up); }
static void wrong_G4_padded_once(void) { fill_table(eta, extent_padded_once); }
static void wrong_G4_without_stride(void) { fill_table(eta, extent_without_stride); }
static void wrong_G4_quotients(void) { fill_table(eta, extent_of_quotients); }

// Check (7)
struct index { int c, c_, x, y, x_, y_; };   // one term of the sums
typedef real term(struct index i);

static real product(struct index i)
{
    return get(w, i.c, i.c_, i.x_, i.y_) * get(a, i.c_, i.x * n.SX + i.x_ - n.PX, i.y * n.SY + i.y_ - n.PY, 0);
}

static void add_terms(struct array out, term *t)   // out[c][x][y] = b[c] + the sum of the terms over c_, x_, y_
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

static void verify_forward(struct verdict *v)
{
    struct array expected = array("z", 3, z.extent);
    layer.forward();
    add_terms(expected, product);
    compare(v, ORACLE, EXACT, z, expected);
}

static struct verdict check_forward(void)
{
    struct verdict v = {0};
    choose(WIDE);
    verify_forward(&v);
    choose(PLAIN);
    verify_forward(&v);
    return v;
}

static struct verdict check_forward_with_strides(void)
{
    struct verdict v = {0};
    choose(WIDE_STRIDED);
    verify_forward(&v);
    choose(STRIDED);
    verify_forward(&v);
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

static void wrong_7_channel_c(void) { add_terms(z, product_with_channel_c); }
static void wrong_7_x_twice(void) { add_terms(z, product_with_x_twice); }

// wrong: (7)
static real product_flipped(struct index i)
{
    return get(w, i.c, i.c_, n.KX - 1 - i.x_, n.KY - 1 - i.y_) * get(a, i.c_, i.x * n.SX + i.x_ - n.PX, i.y * n.SY + i.y_ - n.PY, 0);
}

static real product_transposed(struct index i)
{
    return get(w, i.c_, i.c, i.x_, i.y_) * get(a, i.c_, i.x * n.SX + i.x_ - n.PX, i.y * n.SY + i.y_ - n.PY, 0);
}

static real product_with_rows_for_columns(struct index i)
{
    return get(w, i.c, i.c_, i.x_, i.y_) * get(a, i.c_, i.y * n.SY + i.y_ - n.PY, i.x * n.SX + i.x_ - n.PX, 0);
}

static real product_without_last_row(struct index i)
{
    return i.x_ == n.KX - 1 ? 0 : product(i);
}

static real bias_for_each_channel(struct index i)
{
    return product(i) + (i.x_ == 0 && i.y_ == 0 && i.c_ > 0 ? get(b, i.c, 0, 0, 0) : 0);
}

static void add_to_z(real factor_of_bias, int on_top)
{
    struct array sum = array("z", 3, z.extent);
    add_terms(sum, product);
    for (int c = 0; c < n.C; c++)
        for (int k = 0; k < n.X * n.Y; k++) {
            real *at = entry(z, c, k / n.Y, k % n.Y, 0);
            *at = (on_top ? *at : 0) + get(sum, c, k / n.Y, k % n.Y, 0) + factor_of_bias * get(b, c, 0, 0, 0);
        }
}

static void wrong_7_flipped(void) { add_terms(z, product_flipped); }
static void wrong_7_transposed(void) { add_terms(z, product_transposed); }
static void wrong_7_rows_for_columns(void) { add_terms(z, product_with_rows_for_columns); }
static void wrong_7_last_row(void) { add_terms(z, product_without_last_row); }
static void wrong_7_bias_each_channel(void) { add_terms(z, bias_for_each_channel); }
static void wrong_7_no_bias(void) { add_to_z(-1, 0); }
static void wrong_7_on_top(void) { add_to_z(0, 1); }

// Check (8)
static real objective_z(void)
{
    layer.forward();
    return inner_product(dz, z);
}

static void slope_a(void)
{
    convolution_da(n.C, n.C_, n.X, n.Y, n.X_, n.Y_, n.KX, n.KY, n.SX, n.SY, n.PX, n.PY, w.at, dz.at, da.at);
}

static real owed(struct index i)   // what output (c, x, y) owes to input (c_, x_, y_)
{
    return get(dz, i.c, i.x, i.y, 0) * get(w, i.c, i.c_, i.x_ + n.PX - i.x * n.SX, i.y_ + n.PY - i.y * n.SY);
}

static void gather(struct array out, term *t)
{
    struct index i;
    for (i.c_ = 0; i.c_ < n.C_; i.c_++)
        for (i.x_ = 0; i.x_ < n.X_; i.x_++)
            for (i.y_ = 0; i.y_ < n.Y_; i.y_++) {
                real s = 0;
                for (i.c = 0; i.c < n.C; i.c++)
                    for (i.x = 0; i.x < n.X; i.x++)
                        for (i.y = 0; i.y < n.Y; i.y++)
                            s += t(i);
                put(out, i.c_, i.x_, i.y_, 0, s);
            }
}

static void verify_slope_a(struct verdict *v, enum shape shape)
{
    choose(shape);
    layer.slope_a();
    struct array expected = array("da", 3, da.extent);
    gather(expected, owed);
    compare(v, ORACLE, EXACT, da, expected);
    if (shape == PLAIN || shape == STRIDED)
        check_gradient(v, objective_z, a, da, EXACTLY_AFFINE);
}

static struct verdict check_slope_a(void)
{
    struct verdict v = {0};
    verify_slope_a(&v, WIDE);
    verify_slope_a(&v, PLAIN);
    return v;
}

static struct verdict check_slope_a_with_strides(void)
{
    struct verdict v = {0};
    verify_slope_a(&v, WIDE_STRIDED);
    verify_slope_a(&v, STRIDED);
    return v;
}

// wrong: (8)
static real owed_wrapped(struct index i)
{
    return get(dz, i.c, i.x, i.y, 0) * get(w, i.c, i.c_, abs(i.x_ - i.x) % n.KX, abs(i.y_ - i.y) % n.KY);
}

static real owed_with_other_sign(struct index i)
{
    return get(dz, i.c, i.x, i.y, 0) * get(w, i.c, i.c_, i.x * n.SX - n.PX - i.x_, i.y * n.SY - n.PY - i.y_);
}

static real owed_transposed(struct index i)
{
    return get(dz, i.c, i.x, i.y, 0) * get(w, i.c_, i.c, i.x_ + n.PX - i.x * n.SX, i.y_ + n.PY - i.y * n.SY);
}

static real owed_by_first_neuron(struct index i)
{
    return i.c == 0 ? owed(i) : 0;
}

static void wrong_8_wrapped(void) { gather(da, owed_wrapped); }
static void wrong_8_other_sign(void) { gather(da, owed_with_other_sign); }
static void wrong_8_transposed(void) { gather(da, owed_transposed); }
static void wrong_8_one_neuron(void) { gather(da, owed_by_first_neuron); }

static void wrong_8_last_share(void)   // the share of the last output that touches an input, instead of the sum
{
    struct index i;
    memset(da.at, 0, (size_t)da.count * sizeof(real));
    for (i.x = 0; i.x < n.X; i.x++)
        for (i.y = 0; i.y < n.Y; i.y++)
            for (i.c_ = 0; i.c_ < n.C_; i.c_++)
                for (int k = 0; k < n.KX * n.KY; k++) {
                    real s = 0;
                    i.x_ = i.x * n.SX + k / n.KY - n.PX, i.y_ = i.y * n.SY + k % n.KY - n.PY;
                    for (i.c = 0; i.c < n.C; i.c++)
                        s += owed(i);
                    put(da, i.c_, i.x_, i.y_, 0, s);
                }
}

static void wrong_8_on_top(void)
{
    struct array sum = array("da", 3, da.extent);
    gather(sum, owed);
    for (int k = 0; k < da.count; k++)
        ((real *)da.at)[k] += ((real *)sum.at)[k];
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

static void add_slopes(struct array out, term *t)   // out[c][c_][x_][y_] = the sum of the terms over x, y
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

static void verify_slope_w(struct verdict *v, enum shape shape)
{
    choose(shape);
    layer.slope_w();
    struct array expected = array("dw", 4, dw.extent);
    add_slopes(expected, factor_of_weight);
    compare(v, ORACLE, EXACT, dw, expected);
    if (shape == PLAIN || shape == STRIDED)
        check_gradient(v, objective_z, w, dw, EXACTLY_AFFINE);
}

static struct verdict check_slope_w(void)
{
    struct verdict v = {0};
    verify_slope_w(&v, WIDE);
    verify_slope_w(&v, PLAIN);
    return v;
}

static struct verdict check_slope_w_with_strides(void)
{
    struct verdict v = {0};
    verify_slope_w(&v, WIDE_STRIDED);
    verify_slope_w(&v, STRIDED);
    return v;
}

// wrong: (9)
static real factor_with_x_twice(struct index i)
{
    return get(dz, i.c, i.x, i.y, 0) * get(a, i.c_, i.x * n.SX + i.x_ - n.PX, i.x * n.SY + i.y_ - n.PY, 0);
}

static real factor_of_channel_c(struct index i)
{
    return get(dz, i.c, i.x, i.y, 0) * get(a, i.c, i.x * n.SX + i.x_ - n.PX, i.y * n.SY + i.y_ - n.PY, 0);
}

static real factor_flipped(struct index i)
{
    return get(dz, i.c, i.x, i.y, 0) * get(a, i.c_, i.x * n.SX + n.KX - 1 - i.x_ - n.PX, i.y * n.SY + n.KY - 1 - i.y_ - n.PY, 0);
}

static real factor_of_own_layer(struct index i)
{
    return get(dz, i.c, i.x, i.y, 0) * get(z, i.c_, i.x + i.x_, i.y + i.y_, 0);
}

static real factor_at_last_output(struct index i)
{
    return i.x == n.X - 1 && i.y == n.Y - 1 ? factor_of_weight(i) : 0;
}

static void wrong_9_x_twice(void) { add_slopes(dw, factor_with_x_twice); }
static void wrong_9_channel_c(void) { add_slopes(dw, factor_of_channel_c); }
static void wrong_9_flipped(void) { add_slopes(dw, factor_flipped); }
static void wrong_9_no_sum(void) { add_slopes(dw, factor_at_last_output); }

static void wrong_9_own_layer(void)
{
    layer.forward();
    add_slopes(dw, factor_of_own_layer);
}

static void wrong_9_on_top(void)
{
    struct array sum = array("dw", 4, dw.extent);
    add_slopes(sum, factor_of_weight);
    for (int k = 0; k < dw.count; k++)
        ((real *)dw.at)[k] += ((real *)sum.at)[k];
}

// Two wrongs that agree
static void check_two_wrongs(void)
{
    struct layer right = layer;
    layer.forward = wrong_7_x_twice;
    layer.slope_w = wrong_9_x_twice;
    begin_stream(0);
    struct verdict v = check_slope_w();
    layer = right;
    expect(!caught(&v, CENTRAL) && !caught(&v, COMPLEX_STEP) && !caught(&v, ADJOINT),
           "the gradient methods accept the printed (7) with the printed (9)");
    expect(caught(&v, ORACLE), "the oracle does not");
}

// Check (10)
static void slope_b(void)
{
    convolution_db(n.C, n.X, n.Y, dz.at, db.at);
}

static void add_up(struct array out, int first, real share)   // the sums over x and y from place first on, each times share
{
    for (int c = 0; c < n.C; c++) {
        real s = 0;
        for (int k = n.X * n.Y - 1; k >= first; k--)
            s += get(dz, c, k / n.Y, k % n.Y, 0) * share;
        put(out, c, 0, 0, 0, s);
    }
}

static struct verdict check_slope_b(void)
{
    struct verdict v = {0};
    choose(PLAIN);
    layer.slope_b();
    struct array expected = array("db", 1, db.extent);
    add_up(expected, 0, 1);
    compare(&v, ORACLE, EXACT, db, expected);
    check_gradient(&v, objective_z, b, db, EXACTLY_AFFINE);
    return v;
}

// wrong: (10)
static void wrong_10_no_sum(void) { add_up(db, n.X * n.Y - 1, 1); }
static void wrong_10_mean(void) { add_up(db, 0, 1.0 / (n.X * n.Y)); }
static void wrong_10_from_one(void) { add_up(db, 1, 1); }

static void wrong_10_all_channels(void)
{
    real s = 0;
    for (int k = 0; k < dz.count; k++)
        s += ((real *)dz.at)[k];
    for (int c = 0; c < n.C; c++)
        put(db, c, 0, 0, 0, s);
}

static void wrong_10_on_top(void)
{
    struct array sum = array("db", 1, db.extent);
    add_up(sum, 0, 1);
    for (int c = 0; c < n.C; c++)
        *entry(db, c, 0, 0, 0) += get(sum, c, 0, 0, 0);
}

// Check the convolution's pair
static void check_pair(void)
{
    choose(STRIDED);
    slope_a(), slope_w(), slope_b();
    struct array da_ = array("da", 3, da.extent), dw_ = array("dw", 4, dw.extent), db_ = array("db", 1, db.extent);
    convolution_backward(n.C, n.C_, n.X, n.Y, n.X_, n.Y_, n.KX, n.KY, n.SX, n.SY, n.PX, n.PY, w.at, a.at, dz.at, da_.at, dw_.at, db_.at);
    expect(alike(da, da_) && alike(dw, dw_) && alike(db, db_), "convolution_backward gives all three slopes");
}

// Check (11) (11)
static real h(term *t, int c, int c_, int x, int y)
{
    real s = 0;
    for (int x_ = 0; x_ < n.KX; x_++)
        for (int y_ = 0; y_ < n.KY; y_++)
            s += t((struct index){c, c_, x, y, x_, y_});
    return s;
}

// Z = H + B. Matrix k of the stack is that of channel channel[k]; B holds the bias of channel of_bias[k] in every place.
static void stack(term *t, const int channel[], const int of_bias[])
{
    for (int k = 0; k < n.C; k++)
        for (int x = 0; x < n.X; x++)
            for (int y = 0; y < n.Y; y++) {
                real H = 0, B = get(b, of_bias[k], 0, 0, 0);
                for (int c_ = 0; c_ < n.C_; c_++)
                    H += h(t, channel[k], c_, x, y);
                put(Z, k, x, y, 0, H + B);
            }
}

static const int in_order[] = {0, 1, 2, 3, 4};

static void layer_at_once(void)
{
    stack(product, in_order, in_order);
}

static struct verdict check_layer(void)
{
    struct verdict v = {0};
    choose(PLAIN);
    Z = array("Z", 3, z.extent);
    layer.stack();
    layer.forward();
    compare(&v, ORACLE, EXACT, Z, z);
    return v;
}

// wrong: (11)
static void wrong_11_one_twice(void) { stack(product, (int[]){1, 1, 2, 3, 4}, (int[]){1, 1, 2, 3, 4}); }
static void wrong_11_x_twice(void) { stack(product_with_x_twice, in_order, in_order); }
static void wrong_11_one_bias(void) { stack(product, in_order, (int[5]){0}); }
static void wrong_11_no_bias(void) { stack(product, in_order, (int[]){-1, -1, -1, -1, -1}); }
static void wrong_11_channel_c(void) { stack(product_with_channel_c, in_order, in_order); }

// wrong: strides and paddings
static real product_at(struct index i, int x, int y)
{
    return get(w, i.c, i.c_, i.x_, i.y_) * get(a, i.c_, x, y, 0);
}

static real strides_swapped(struct index i) { return product_at(i, i.x * n.SY + i.x_ - n.PX, i.y * n.SX + i.y_ - n.PY); }
static real stride_in_rows_only(struct index i) { return product_at(i, i.x * n.SX + i.x_ - n.PX, i.y + i.y_ - n.PY); }
static real dilated(struct index i) { return product_at(i, i.x + i.x_ * n.SX - n.PX, i.y + i.y_ * n.SY - n.PY); }
static real not_padded(struct index i) { return product_at(i, i.x * n.SX + i.x_, i.y * n.SY + i.y_); }
static real padded_behind(struct index i) { return product_at(i, i.x * n.SX + i.x_ + n.PX, i.y * n.SY + i.y_ + n.PY); }

static void wrong_G5_swapped(void) { add_terms(z, strides_swapped); }
static void wrong_G5_rows_only(void) { add_terms(z, stride_in_rows_only); }
static void wrong_G5_dilated(void) { add_terms(z, dilated); }
static void wrong_G5_not_padded(void) { add_terms(z, not_padded); }
static void wrong_G5_padded_behind(void) { add_terms(z, padded_behind); }

static real owed_at(struct index i, int x_, int y_)
{
    return get(dz, i.c, i.x, i.y, 0) * get(w, i.c, i.c_, x_, y_);
}

static real owed_unscaled(struct index i) { return owed_at(i, i.x_ + n.PX - i.x, i.y_ + n.PY - i.y); }
static real owed_in_rows_only(struct index i) { return owed_at(i, i.x_ + n.PX - i.x * n.SX, i.y_ + n.PY - i.y); }
static real owed_rounded(struct index i) { return owed_at(i, (i.x_ + n.PX) / n.SX - i.x, (i.y_ + n.PY) / n.SY - i.y); }
static real owed_padded_behind(struct index i) { return owed_at(i, i.x_ - n.PX - i.x * n.SX, i.y_ - n.PY - i.y * n.SY); }

static void wrong_G6_unscaled(void) { gather(da, owed_unscaled); }
static void wrong_G6_rows_only(void) { gather(da, owed_in_rows_only); }
static void wrong_G6_rounded(void) { gather(da, owed_rounded); }
static void wrong_G6_padded_behind(void) { gather(da, owed_padded_behind); }

static real factor_in_rows_only(struct index i)
{
    return get(dz, i.c, i.x, i.y, 0) * get(a, i.c_, i.x * n.SX + i.x_ - n.PX, i.y + i.y_ - n.PY, 0);
}

static void wrong_G6_dw_rows_only(void) { add_slopes(dw, factor_in_rows_only); }

// Every small shape
static int small_shape(long number)   // sets n; returns whether it is legal
{
    static const int base[] = {3, 3, 4, 4, 3, 3, 3, 3, 3, 3}, first[] = {1, 1, 1, 1, 1, 1, 1, 1, 0, 0};
    int *digit[] = {&n.C, &n.C_, &n.X_, &n.Y_, &n.KX, &n.KY, &n.SX, &n.SY, &n.PX, &n.PY};
    for (int k = 0; k < 10; k++) {
        *digit[k] = first[k] + (int)(number % base[k]);
        number /= base[k];
    }
    return n.KX <= n.X_ + 2 * n.PX && n.KY <= n.Y_ + 2 * n.PY;
}

static void every_small_shape(void)
{
    struct verdict v = {0};
    char claim[80];
    int shapes = 0;
    for (long number = 0; number < 9L * 16 * 9 * 9 * 9; number++) {
        if (!small_shape(number))
            continue;
        draw_arrays();
        verify_forward(&v);
        convolution_backward(n.C, n.C_, n.X, n.Y, n.X_, n.Y_, n.KX, n.KY, n.SX, n.SY, n.PX, n.PY, w.at, a.at, dz.at, da.at, dw.at, db.at);
        adjoint(&v, objective_z, a, da, EXACT);
        adjoint(&v, objective_z, w, dw, EXACT);
        adjoint(&v, objective_z, b, db, EXACT);
        release();
        shapes++;
    }
    snprintf(claim, sizeof claim, "convolution, every small shape: %d of them", shapes);
    result(passes(&v), claim);
    explain(&v);
}

// Whole tiles and rests
static const int tiles[] = {1, 7, 8, 9, 15, 16, 17};
enum { TILES = sizeof tiles / sizeof *tiles };

static void verify_slopes(struct verdict *v)   // without moving anything
{
    struct array expected_da = array("da", 3, da.extent), expected_dw = array("dw", 4, dw.extent), expected_db = array("db", 1, db.extent);
    layer.slope_a(), layer.slope_w(), layer.slope_b();
    gather(expected_da, owed), add_slopes(expected_dw, factor_of_weight), add_up(expected_db, 0, 1);
    compare(v, ORACLE, EXACT, da, expected_da);
    compare(v, ORACLE, EXACT, dw, expected_dw);
    compare(v, ORACLE, EXACT, db, expected_db);
}

static void check_tiles(void)
{
    struct verdict v = {0};
    for (int k = 0; k < TILES * TILES; k++) {
        n.C = tiles[k % TILES], n.C_ = tiles[k / TILES];
        n.X_ = 3, n.Y_ = 2, n.KX = 2, n.KY = 1, n.SX = n.SY = 1, n.PX = n.PY = 0;
        draw_arrays();
        verify_forward(&v);
        verify_slopes(&v);
    }
    expect(passes(&v), "whole tiles, one channel less and one more");
}

// Zero in, zero out
static int all_zero(struct array x)
{
    int zero = 1;
    for (int i = 0; i < x.count; i++)
        zero &= ((real *)x.at)[i] == 0;
    return zero;
}

static void check_zero(void)
{
    choose(STRIDED);
    memset(dz.at, 0, (size_t)dz.count * sizeof(real));
    slope_a(), slope_w(), slope_b();
    expect(all_zero(da) && all_zero(dw) && all_zero(db), "no slope in, no slope out");
}

// Illegal convolutions
static void kernel_too_large(void) { convolution_extent(3, 6, 1, 1); }
static void no_kernel(void) { convolution_extent(3, 0, 1, 0); }
static void no_stride(void) { convolution_extent(3, 2, 0, 0); }
static void negative_padding(void) { convolution_extent(3, 2, 1, -1); }

static void one_row_too_many(void)
{
    choose(PLAIN);
    convolution_forward(n.C, n.C_, n.X + 1, n.Y, n.X_, n.Y_, n.KX, n.KY, n.SX, n.SY, n.PX, n.PY, w.at, b.at, a.at, z.at);
}

static void one_column_too_few(void)
{
    choose(PLAIN);
    convolution_forward(n.C, n.C_, n.X, n.Y - 1, n.X_, n.Y_, n.KX, n.KY, n.SX, n.SY, n.PX, n.PY, w.at, b.at, a.at, z.at);
}

static void check_refusals(void)
{
    expect(refuses(kernel_too_large, "the kernel must not be larger than the padded input"), "a kernel larger than the padded input is refused");
    expect(refuses(no_kernel, "a kernel has at least one row"), "a kernel without rows is refused");
    expect(refuses(no_stride, "a stride is at least 1"), "a stride of zero is refused");
    expect(refuses(negative_padding, "a padding at least 0"), "a negative padding is refused");
    expect(refuses(one_row_too_many, "X == "), "an output with a row too many is refused");
    expect(refuses(one_column_too_few, "Y == "), "an output with a column too few is refused");
}

static struct layer layer = {extent, forward, slope_a, slope_w, slope_b, layer_at_once};

static const struct check checks[] = {
    {"(6)", "eta", "convolution_extent", check_extent},
    {"(7)", "z", "convolution_forward", check_forward},
    {"(8)", "dl/da", "convolution_da", check_slope_a},
    {"(9)", "dl/dw", "convolution_dw", check_slope_w},
    {"(10)", "dl/db", "convolution_db", check_slope_b},
    {"(11)", "Z = H + B", "convolution_forward", check_layer},
    {"(G4)", "eta", "convolution_extent", check_extent_with_strides},
    {"(G5)", "z", "convolution_forward", check_forward_with_strides},
    {"(G6)", "dl/da", "convolution_da", check_slope_a_with_strides},
    {"(G6)", "dl/dw", "convolution_dw", check_slope_w_with_strides},
};

static const struct mutant mutants[] = {
    {"(6)", "E6", "eta - k + 1, as printed", ORACLE, {{&layer.extent, wrong_6_as_printed}}},
    {"(6)", NULL, "one less", ORACLE, {{&layer.extent, wrong_6_one_less}}},
    {"(6)", NULL, "as large as the input", ORACLE, {{&layer.extent, wrong_6_input}}},
    {"(6)", NULL, "the kernel subtracted twice", ORACLE, {{&layer.extent, wrong_6_doubled}}},
    {"(6)", NULL, "wrong for the largest input only", ORACLE, {{&layer.extent, wrong_6_when_large}}},
    {"(7)", "E7a", "a_(c), as printed", ORACLE, {{&layer.forward, wrong_7_channel_c}}},
    {"(7)", "E7b", "(x + x', x + y'), as printed", ORACLE, {{&layer.forward, wrong_7_x_twice}}},
    {"(7)", NULL, "a flipped kernel", ORACLE, {{&layer.forward, wrong_7_flipped}}},
    {"(7)", NULL, "w_(c',c)", ORACLE, {{&layer.forward, wrong_7_transposed}}},
    {"(7)", NULL, "rows and columns of the input exchanged", ORACLE, {{&layer.forward, wrong_7_rows_for_columns}}},
    {"(7)", NULL, "the kernel's last row left out", ORACLE, {{&layer.forward, wrong_7_last_row}}},
    {"(7)", NULL, "the bias once for each c'", ORACLE, {{&layer.forward, wrong_7_bias_each_channel}}},
    {"(7)", NULL, "no bias", ORACLE, {{&layer.forward, wrong_7_no_bias}}},
    {"(7)", NULL, "+= on a stale output", ORACLE, {{&layer.forward, wrong_7_on_top}}},
    {"(8)", "E8a", "without its condition, indices wrap around", CENTRAL, {{&layer.slope_a, wrong_8_wrapped}}},
    {"(8)", NULL, "w(x - x'', y - y'')", CENTRAL, {{&layer.slope_a, wrong_8_other_sign}}},
    {"(8)", NULL, "w_(c'',c)", CENTRAL, {{&layer.slope_a, wrong_8_transposed}}},
    {"(8)", NULL, "no sum over c", CENTRAL, {{&layer.slope_a, wrong_8_one_neuron}}},
    {"(8)", NULL, "= for +=", CENTRAL, {{&layer.slope_a, wrong_8_last_share}}},
    {"(8)", NULL, "+= on a stale slope", CENTRAL, {{&layer.slope_a, wrong_8_on_top}}},
    {"(9)", "E9a", "(x + x'', x + y''), as printed", CENTRAL, {{&layer.slope_w, wrong_9_x_twice}}},
    {"(9)", NULL, "the printed (7) and (9) together", ORACLE, {{&layer.forward, wrong_7_x_twice}, {&layer.slope_w, wrong_9_x_twice}}},
    {"(9)", "E9b", "a_(c') with c' unbound, taken for c", CENTRAL, {{&layer.slope_w, wrong_9_channel_c}}},
    {"(9)", NULL, "a flipped kernel", CENTRAL, {{&layer.slope_w, wrong_9_flipped}}},
    {"(9)", NULL, "a flipped kernel forward and backward", ORACLE, {{&layer.forward, wrong_7_flipped}, {&layer.slope_w, wrong_9_flipped}}},
    {"(9)", NULL, "the activation of layer l, not l - 1", CENTRAL, {{&layer.slope_w, wrong_9_own_layer}}},
    {"(9)", NULL, "no sum over x and y", CENTRAL, {{&layer.slope_w, wrong_9_no_sum}}},
    {"(9)", NULL, "+= on a stale slope", CENTRAL, {{&layer.slope_w, wrong_9_on_top}}},
    {"(10)", "E10a", "no sum over x and y, as printed", CENTRAL, {{&layer.slope_b, wrong_10_no_sum}}},
    {"(10)", NULL, "the mean instead of the sum", CENTRAL, {{&layer.slope_b, wrong_10_mean}}},
    {"(10)", NULL, "the first place left out", CENTRAL, {{&layer.slope_b, wrong_10_from_one}}},
    {"(10)", NULL, "the sum over all channels", CENTRAL, {{&layer.slope_b, wrong_10_all_channels}}},
    {"(10)", NULL, "+= on a stale slope", CENTRAL, {{&layer.slope_b, wrong_10_on_top}}},
    {"(11)", "E11b", "Z_(1) stacked twice, as printed", ORACLE, {{&layer.stack, wrong_11_one_twice}}},
    {"(11)", "E11a", "h with (x + x', x + y'), as printed", ORACLE, {{&layer.stack, wrong_11_x_twice}}},
    {"(11)", NULL, "B with b_(0) in all channels", ORACLE, {{&layer.stack, wrong_11_one_bias}}},
    {"(11)", NULL, "no B", ORACLE, {{&layer.stack, wrong_11_no_bias}}},
    {"(11)", NULL, "h from channel c", ORACLE, {{&layer.stack, wrong_11_channel_c}}},
    {"(G4)", NULL, "rounded up", ORACLE, {{&layer.extent, wrong_G4_rounded_up}}},
    {"(G4)", NULL, "padded on one side only", ORACLE, {{&layer.extent, wrong_G4_padded_once}}},
    {"(G4)", NULL, "the stride forgotten", ORACLE, {{&layer.extent, wrong_G4_without_stride}}},
    {"(G4)", NULL, "a difference of quotients", ORACLE, {{&layer.extent, wrong_G4_quotients}}},
    {"(G5)", NULL, "strides exchanged", ORACLE, {{&layer.forward, wrong_G5_swapped}}},
    {"(G5)", NULL, "the stride forgotten in one direction", ORACLE, {{&layer.forward, wrong_G5_rows_only}}},
    {"(G5)", NULL, "the stride times x' instead of x", ORACLE, {{&layer.forward, wrong_G5_dilated}}},
    {"(G5)", NULL, "no padding", ORACLE, {{&layer.forward, wrong_G5_not_padded}}},
    {"(G5)", NULL, "padding with the other sign", ORACLE, {{&layer.forward, wrong_G5_padded_behind}}},
    {"(G6)", "P4", "(8) with an unscaled stride", CENTRAL, {{&layer.slope_a, wrong_G6_unscaled}}},
    {"(G6)", NULL, "(8) with the stride in one direction only", CENTRAL, {{&layer.slope_a, wrong_G6_rows_only}}},
    {"(G6)", NULL, "(8) where the stride does not divide", CENTRAL, {{&layer.slope_a, wrong_G6_rounded}}},
    {"(G6)", NULL, "(8) with padding of the other sign", CENTRAL, {{&layer.slope_a, wrong_G6_padded_behind}}},
    {"(G6)", NULL, "(9) with the stride in one direction only", CENTRAL, {{&layer.slope_w, wrong_G6_dw_rows_only}}},
};

static void claims(void)
{
    check_two_wrongs();
    check_pair();
    check_tiles();
    check_zero();
    check_refusals();
}

int main(void)
{
    return run_suite(&(struct suite){"chapters/2-convolution.md", sizeof checks / sizeof *checks, sizeof mutants / sizeof *mutants,
                                     checks, mutants, claims, every_small_shape});
}

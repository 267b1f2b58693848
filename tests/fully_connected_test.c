// Tangled from chapters/1-fully-connected.md [f992526e4587]: edit the chapter, or edit here and run make stitch
#include "../src/fully_connected.c"
#include "check.h"

// The fully-connected layer under test
static struct layer {
    void (*forward)(void), (*slope_a)(void), (*slope_w)(void), (*slope_b)(void), (*Wa)(struct array out);
} layer;

// Shapes for the fully-connected layer
enum shape { SMALL, LARGE, SHAPES };
static struct { int C, C_; } n;
static struct array w, b, a, z, dz, da, dw, db;

static void choose(enum shape shape)
{
    n.C = shape == SMALL ? 3 : 21, n.C_ = shape == SMALL ? 5 : 37;
    w = array("w", 2, (int[]){n.C, n.C_}), dw = array("dw", 2, w.extent);
    b = array("b", 1, (int[]){n.C}), db = array("db", 1, b.extent);
    a = array("a", 1, (int[]){n.C_}), da = array("da", 1, a.extent);
    z = array("z", 1, (int[]){n.C}), dz = array("dz", 1, z.extent);
    randomise(w), randomise(b), randomise(a), randomise(dz);
    spoil(z), spoil(da), spoil(dw), spoil(db);
}

// Check (1)
static void forward(void)
{
    fully_connected_forward(n.C, n.C_, w.at, b.at, a.at, z.at);
}

static void add_products(struct array out, int first)   // first: where the sum begins
{
    for (int c = 0; c < n.C; c++)
        put(out, c, 0, 0, 0, get(b, c, 0, 0, 0));
    for (int c_ = n.C_ - 1; c_ >= first; c_--)
        for (int c = 0; c < n.C; c++)
            put(out, c, 0, 0, 0, get(out, c, 0, 0, 0) + get(w, c, c_, 0, 0) * get(a, c_, 0, 0, 0));
}

static struct verdict check_forward(void)
{
    struct verdict v = {0};
    for (int shape = 0; shape < SHAPES; shape++) {
        choose(shape);
        layer.forward();
        struct array expected = array("z", 1, z.extent);
        add_products(expected, 0);
        compare(&v, ORACLE, 1e-14, z, expected);
    }
    return v;
}

// wrong: mistakes in (1)
static void forward_without_bias(void)
{
    add_products(z, 0);
    for (int c = 0; c < n.C; c++)
        put(z, c, 0, 0, 0, get(z, c, 0, 0, 0) - get(b, c, 0, 0, 0));
}

static void forward_from_one(void)
{
    add_products(z, 1);
}

static void forward_whole_tiles(void)
{
    fully_connected_forward(n.C / 8 * 8, n.C_, w.at, b.at, a.at, z.at);
}

static void forward_on_top(void)
{
    struct array sum = array("z", 1, z.extent);
    add_products(sum, 0);
    for (int c = 0; c < n.C; c++)
        put(z, c, 0, 0, 0, get(z, c, 0, 0, 0) + get(sum, c, 0, 0, 0));
}

// Check (2)
static real objective_z(void)
{
    forward();
    return inner_product(dz, z);
}

static void slope_a(void)
{
    fully_connected_da(n.C, n.C_, w.at, dz.at, da.at);
}

static void collect(struct array out, int transposed)   // transposed: the weight of (c'', c) instead of (c, c'')
{
    for (int c_ = 0; c_ < n.C_; c_++) {
        real s = 0;
        for (int c = n.C - 1; c >= 0; c--)
            s += (transposed ? get(w, c_, c, 0, 0) : get(w, c, c_, 0, 0)) * get(dz, c, 0, 0, 0);
        put(out, c_, 0, 0, 0, s);
    }
}

static struct verdict check_slope_a(void)
{
    struct verdict v = {0};
    for (int shape = 0; shape < SHAPES; shape++) {
        choose(shape);
        layer.slope_a();
        struct array expected = array("da", 1, da.extent);
        collect(expected, 0);
        compare(&v, ORACLE, 1e-14, da, expected);
        check_gradient(&v, objective_z, a, da, AFFINE);
    }
    return v;
}

// wrong: mistakes in (2)
static void slope_a_with_rows(void)
{
    collect(da, 1);
}

static void slope_a_on_top(void)
{
    struct array sum = array("da", 1, da.extent);
    collect(sum, 0);
    for (int c_ = 0; c_ < n.C_; c_++)
        put(da, c_, 0, 0, 0, get(da, c_, 0, 0, 0) + get(sum, c_, 0, 0, 0));
}

// Check (3)
static void slope_w(void)
{
    fully_connected_dw(n.C, n.C_, a.at, dz.at, dw.at);
}

static real sum_for_one_weight(int c, int c_)   // the inner product of dz and z, if only this weight were not zero
{
    real s = 0;
    for (int row = 0; row < n.C; row++)
        for (int column = 0; column < n.C_; column++)
            s += (row == c && column == c_) * get(a, column, 0, 0, 0) * get(dz, row, 0, 0, 0);
    return s;
}

static struct verdict check_slope_w(void)
{
    struct verdict v = {0};
    for (int shape = 0; shape < SHAPES; shape++) {
        choose(shape);
        layer.slope_w();
        struct array expected = array("dw", 2, dw.extent);
        for (int c = 0; c < n.C; c++)
            for (int c_ = 0; c_ < n.C_; c_++)
                put(expected, c, c_, 0, 0, sum_for_one_weight(c, c_));
        compare(&v, ORACLE, 1e-14, dw, expected);
        check_gradient(&v, objective_z, w, dw, AFFINE);
    }
    return v;
}

// wrong: mistakes in (3)
static void slope_w_transposed(void)
{
    for (int k = 0; k < dw.count; k++)
        ((real *)dw.at)[k] = get(a, k / n.C, 0, 0, 0) * get(dz, k % n.C, 0, 0, 0);
}

static void slope_w_exchanged(void)   // a_(c) and dl/dz_(c'')
{
    for (int c = 0; c < n.C; c++)
        for (int c_ = 0; c_ < n.C_; c_++)
            put(dw, c, c_, 0, 0, get(a, c, 0, 0, 0) * get(dz, c_, 0, 0, 0));
}

static void slope_w_on_top(void)
{
    for (int c = 0; c < n.C; c++)
        for (int c_ = 0; c_ < n.C_; c_++)
            put(dw, c, c_, 0, 0, get(dw, c, c_, 0, 0) + get(a, c_, 0, 0, 0) * get(dz, c, 0, 0, 0));
}

// Check (4)
static void slope_b(void)
{
    fully_connected_db(n.C, dz.at, db.at);
}

static struct verdict check_slope_b(void)
{
    struct verdict v = {0};
    for (int shape = 0; shape < SHAPES; shape++) {
        choose(shape);
        layer.slope_b();
        compare(&v, ORACLE, 1e-14, db, dz);
        check_gradient(&v, objective_z, b, db, AFFINE);
    }
    return v;
}

// wrong: mistakes in (4)
static void slope_b_is_one(void)
{
    for (int c = 0; c < n.C; c++)
        put(db, c, 0, 0, 0, 1);
}

static void slope_b_summed(void)
{
    real s = 0;
    for (int c = 0; c < n.C; c++)
        s += get(dz, c, 0, 0, 0);
    for (int c = 0; c < n.C; c++)
        put(db, c, 0, 0, 0, s);
}

// Check the pair
static struct verdict check_backward(void)
{
    struct verdict v = {0};
    choose(LARGE);
    slope_a(), slope_w(), slope_b();
    struct array da_ = array("da", 1, da.extent), dw_ = array("dw", 2, dw.extent), db_ = array("db", 1, db.extent);
    spoil(da_), spoil(dw_), spoil(db_);
    fully_connected_backward(n.C, n.C_, w.at, a.at, dz.at, da_.at, dw_.at, db_.at);
    compare(&v, ORACLE, 0, da_, da);
    compare(&v, ORACLE, 0, dw_, dw);
    compare(&v, ORACLE, 0, db_, db);
    return v;
}

// Check (5) (5) (G2)
// Do the columns of A match the rows of B? A_T and B_T say which of them is transposed.
static int fits(struct array A, int A_T, struct array B, int B_T)
{
    return A.extent[A_T ? 0 : 1] == B.extent[B_T ? 1 : 0];
}

static void multiply(struct array out, struct array A, int A_T, struct array B, int B_T)
{
    for (int i = 0; i < out.extent[0]; i++)
        for (int j = 0; j < out.extent[1]; j++) {
            real s = 0;
            for (int k = 0; fits(A, A_T, B, B_T) && k < B.extent[B_T ? 1 : 0]; k++)
                s += (A_T ? get(A, k, i, 0, 0) : get(A, i, k, 0, 0)) * (B_T ? get(B, j, k, 0, 0) : get(B, k, j, 0, 0));
            put(out, i, j, 0, 0, s);
        }
}

static struct verdict check_matrix_form(void)
{
    struct verdict v = {0};
    for (int shape = 0; shape < SHAPES; shape++) {
        choose(shape);
        forward();
        struct array Wa_b = array("z", 1, z.extent);
        layer.Wa(Wa_b);
        for (int c = 0; c < n.C; c++)
            put(Wa_b, c, 0, 0, 0, get(Wa_b, c, 0, 0, 0) + get(b, c, 0, 0, 0));
        compare(&v, ORACLE, 1e-14, Wa_b, z);
    }
    return v;
}

static void W_times_a(struct array out)
{
    multiply(out, w, 0, a, 0);
}

static struct verdict check_matrix_slopes(int W_T)
{
    struct verdict v = {0};
    for (int shape = 0; shape < SHAPES; shape++) {
        choose(shape);
        slope_a(), slope_w();
        struct array W_dz = array("da", 1, da.extent), dz_a = array("dw", 2, dw.extent);
        multiply(W_dz, w, W_T, dz, 0);
        multiply(dz_a, dz, 0, a, 1);
        compare(&v, ORACLE, 1e-14, W_dz, da);
        compare(&v, ORACLE, 1e-14, dz_a, dw);
    }
    return v;
}

// wrong: (5) as printed
static struct array without_first(struct array x)
{
    struct array rest = array(x.name, 1, (int[]){x.count - 1});
    for (int i = 1; i < x.count; i++)
        put(rest, i - 1, 0, 0, 0, get(x, i, 0, 0, 0));
    return rest;
}

static void W_times_a_from_one(struct array out)
{
    struct array shifted = array("a", 1, a.extent), rest = without_first(a);
    for (int i = 0; i < n.C_; i++)
        put(shifted, i, 0, 0, 0, get(rest, i, 0, 0, 0));   // beyond the end: zero
    multiply(out, w, 0, shifted, 0);
}

static void W_times_a_to_one(struct array out)   // row 0 of the product is called z_(1)
{
    struct array product = array("z", 1, z.extent);
    multiply(product, w, 0, a, 0);
    for (int c = 0; c < n.C; c++)
        put(out, c, 0, 0, 0, get(product, c - 1, 0, 0, 0));
}

// Check (G3) (G3)
enum { FC = 2, FX = 3, FY = 4 };

static int place(int c, int x, int y)
{
    return (c * FX + x) * FY + y;
}

static struct verdict check_flatten(int (*place_of)(int c, int x, int y))
{
    struct verdict v = {0};
    real pictures[FC][FX][FY], output[1];
    struct array list = array("a", 1, (int[]){FC * FX * FY}), expected = array("a", 1, list.extent);
    struct array one = array("w", 1, list.extent), got = array("z", 1, (int[]){1}), sum = array("z", 1, (int[]){1});
    randomise(expected), randomise(one), spoil(list), put(sum, 0, 0, 0, 0, 0);
    for (int c = 0; c < FC; c++)
        for (int x = 0; x < FX; x++)
            for (int y = 0; y < FY; y++) {
                int i = place_of(c, x, y);
                pictures[c][x][y] = get(expected, i, 0, 0, 0);
                put(sum, 0, 0, 0, 0, get(sum, 0, 0, 0, 0) + get(one, i, 0, 0, 0) * pictures[c][x][y]);
            }
    memcpy(list.at, pictures, sizeof pictures);
    compare(&v, ORACLE, 0, list, expected);
    fully_connected_forward(1, FC * FX * FY, one.at, (weight[]){0}, (const real *)pictures, output);
    put(got, 0, 0, 0, 0, output[0]);
    compare(&v, ORACLE, 1e-14, got, sum);
    return v;
}

// wrong: other places
static int column_by_column(int c, int x, int y)
{
    return (c * FY + y) * FX + x;
}

static int channels_last(int c, int x, int y)
{
    return (x * FY + y) * FC + c;
}

static void equations(void)
{
    equation("(1)", "z", "fully_connected_forward", check_forward());
    equation("(2)", "dl/da", "fully_connected_da", check_slope_a());
    equation("(3)", "dl/dw", "fully_connected_dw", check_slope_w());
    equation("(4)", "dl/db", "fully_connected_db", check_slope_b());
    struct verdict v = check_backward();
    expect(passes(&v), "fully_connected_backward gives all three slopes");
    equation("(5)", "Wa + b", "fully_connected_forward", check_matrix_form());
    equation("(G2)", "slopes", "fully_connected_backward", check_matrix_slopes(1));
    equation("(G3)", "list", "the order of C's arrays", check_flatten(place));
}

static void forward_mistakes(void)
{
    layer.forward = forward_without_bias;
    rejects("(1) without the bias", check_forward());
    layer.forward = forward_from_one;
    rejects("(1) with a sum from 1", check_forward());
    layer.forward = forward_whole_tiles;
    rejects("(1) for whole tiles only", check_forward());
    layer.forward = forward_on_top;
    rejects("(1) with += for =", check_forward());
}

static void backward_mistakes(void)
{
    layer.slope_a = slope_a_with_rows;
    rejects("(2) with the weight of (c'', c)", check_slope_a());
    layer.slope_a = slope_a_on_top;
    rejects("(2) with += for =", check_slope_a());
    layer.slope_w = slope_w_transposed;
    rejects("(3) transposed", check_slope_w());
    layer.slope_w = slope_w_exchanged;
    rejects("(3) with a_(c) and dl/dz_(c'')", check_slope_w());
    layer.slope_w = slope_w_on_top;
    rejects("(3) with += for =", check_slope_w());
    layer.slope_b = slope_b_is_one;
    rejects("(4) without the chain rule", check_slope_b());
    layer.slope_b = slope_b_summed;
    rejects("(4) summed over the neurons", check_slope_b());
}

static void matrix_mistakes(void)
{
    choose(LARGE);
    expect(fits(w, 0, a, 0) && !fits(w, 0, without_first(a), 0), "W can be multiplied with a, not with an a that begins at 1");
    layer.Wa = W_times_a_from_one;
    rejects("(5) as printed, a begins with a_(1)", check_matrix_form());
    layer.Wa = W_times_a_to_one;
    rejects("(5) as printed, z begins with z_(1)", check_matrix_form());
    rejects("(G2) with W not transposed", check_matrix_slopes(0));
    rejects("(G3) column by column", check_flatten(column_by_column));
    rejects("(G3) with the channels last", check_flatten(channels_last));
}

int main(void)
{
    chapter = "chapters/1-fully-connected.md";
    layer = (struct layer){forward, slope_a, slope_w, slope_b, W_times_a};
    equations();
    forward_mistakes();
    backward_mistakes();
    matrix_mistakes();
    return closing();
}

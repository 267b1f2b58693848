// Tangled from chapters/1-fully-connected.md [d31147e5e844]: edit the chapter, or edit here and run make stitch
#include "../src/fully_connected.c"
#include "check.h"

static struct { void (*forward)(void), (*slope_a)(void), (*slope_w)(void), (*slope_b)(void); } layer;
static struct { int C, C_; } n = {21, 37};
static struct array w, b, a, z, dz, da, dw, db;

static void choose(void)
{
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

static void multiply(struct array out, struct array matrix, struct array vector, int transposed)   // matrix times vector
{
    for (int i = 0; i < out.count; i++) {
        real s = 0;
        for (int j = vector.count - 1; j >= 0; j--)
            s += get(matrix, transposed ? j : i, transposed ? i : j, 0, 0) * get(vector, j, 0, 0, 0);
        put(out, i, 0, 0, 0, s);
    }
}

static struct verdict check_forward(void)
{
    struct verdict v = {0};
    choose();
    layer.forward();
    struct array expected = array("z", 1, z.extent);
    multiply(expected, w, a, 0);
    for (int c = 0; c < n.C; c++)
        put(expected, c, 0, 0, 0, get(expected, c, 0, 0, 0) + get(b, c, 0, 0, 0));
    compare(&v, ORACLE, 1e-14, z, expected);
    return v;
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

static struct verdict check_slope_a(void)
{
    struct verdict v = {0};
    choose();
    layer.slope_a();
    struct array expected = array("da", 1, da.extent);
    multiply(expected, w, dz, 1);   // (G2): the transposed matrix times the slopes
    compare(&v, ORACLE, 1e-14, da, expected);
    check_gradient(&v, objective_z, a, da, AFFINE);
    return v;
}

// Check (3)
static void slope_w(void)
{
    fully_connected_dw(n.C, n.C_, a.at, dz.at, dw.at);
}

static struct verdict check_slope_w(void)
{
    struct verdict v = {0};
    choose();
    layer.slope_w();
    struct array expected = array("dw", 2, dw.extent);
    for (int k = 0; k < expected.count; k++)   // (G2): the outer product of the slopes and the inputs
        ((real *)expected.at)[k] = get(dz, k / n.C_, 0, 0, 0) * get(a, k % n.C_, 0, 0, 0);
    compare(&v, ORACLE, 1e-14, dw, expected);
    check_gradient(&v, objective_z, w, dw, AFFINE);
    return v;
}

// Check (4)
static void slope_b(void)
{
    fully_connected_db(n.C, dz.at, db.at);
}

static struct verdict check_slope_b(void)
{
    struct verdict v = {0};
    choose();
    layer.slope_b();
    compare(&v, ORACLE, 1e-14, db, dz);
    check_gradient(&v, objective_z, b, db, AFFINE);
    return v;
}

// Check (G3) (G3)
static struct verdict check_flatten(void)
{
    struct verdict v = {0};
    enum { C = 3, X = 4, Y = 5 };
    real picture[C][X][Y];
    for (int c = 0; c < C; c++)
        for (int x = 0; x < X; x++)
            for (int y = 0; y < Y; y++)
                picture[c][x][y] = 100 * c + 10 * x + y;
    for (int i = 0; i < C * X * Y; i++)
        judge(&v, ORACLE, 1, fabs(creal(((real *)picture)[i]) - (100 * (i / (X * Y)) + 10 * (i / Y % X) + i % Y)), 0, "order of C, X, Y");
    return v;
}

// wrong: usual mistakes in the layer
static void forward_from_one(void)   // (5) with vectors that begin at 1
{
    for (int c = 0; c < n.C; c++) {
        real s = get(b, c, 0, 0, 0);
        for (int c_ = 1; c_ < n.C_; c_++)
            s += get(w, c, c_, 0, 0) * get(a, c_, 0, 0, 0);
        put(z, c, 0, 0, 0, s);
    }
}

static void forward_without_bias(void)
{
    multiply(z, w, a, 0);
}

static void slope_a_not_transposed(void)
{
    multiply(da, w, dz, 0);
}

static void slope_w_transposed(void)
{
    for (int k = 0; k < dw.count; k++)
        ((real *)dw.at)[k] = get(dz, k % n.C, 0, 0, 0) * get(a, k / n.C, 0, 0, 0);
}

static void slope_b_summed(void)   // one sum for all neurons
{
    for (int c = 0; c < n.C; c++)
        put(db, c, 0, 0, 0, get(dz, 0, 0, 0, 0) + get(dz, 1, 0, 0, 0));
}

int main(void)
{
    chapter = "chapters/1-fully-connected.md";
    layer.forward = forward, layer.slope_a = slope_a, layer.slope_w = slope_w, layer.slope_b = slope_b;
    equation("(1)", "z", "fully_connected_forward", check_forward());
    equation("(2)", "dl/da", "fully_connected_da", check_slope_a());
    equation("(3)", "dl/dw", "fully_connected_dw", check_slope_w());
    equation("(4)", "dl/db", "fully_connected_db", check_slope_b());
    equation("(G3)", "flatten", "", check_flatten());
    layer.forward = forward_from_one;
    rejects("(5) as printed, vectors that begin at 1", check_forward());
    layer.forward = forward_without_bias;
    rejects("(1) without the bias", check_forward());
    layer.slope_a = slope_a_not_transposed;
    rejects("(2) with a matrix that is not transposed", check_slope_a());
    layer.slope_w = slope_w_transposed;
    rejects("(3) transposed", check_slope_w());
    layer.slope_b = slope_b_summed;
    rejects("(4) summed over neurons", check_slope_b());
    return closing();
}

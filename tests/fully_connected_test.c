// Tangled from chapters/1-fully-connected.md [072f2faa4da2]: edit the chapter, or edit here and run make stitch
#include "../src/fully_connected.c"
#include "check.h"

// The fully-connected layer under test
static struct layer {
    operation *forward, *slope_a, *slope_w, *slope_b, *backward, *at_once, *slopes_at_once, *flatten;
} layer;

// Shapes for the fully-connected layer
enum shape { SMALL, LARGE, SHAPES };
static struct { int C, C_; } n;
static struct array w, b, a, z, dz, da, dw, db;
static struct array Z, Wt_dz, dz_at;   // z, da and dw of (5) and (G2)

static void draw_arrays(void)
{
    w = array("w", 2, (int[]){n.C, n.C_}), dw = array("dw", 2, w.extent), dz_at = array("dz a'", 2, w.extent);
    b = array("b", 1, (int[]){n.C}), db = array("db", 1, b.extent);
    a = array("a", 1, (int[]){n.C_}), da = array("da", 1, a.extent), Wt_dz = array("W' dz", 1, a.extent);
    z = array("z", 1, (int[]){n.C}), dz = array("dz", 1, z.extent), Z = array("W a + b", 1, z.extent);
    randomise(w), randomise(b), randomise(a), randomise(dz);
}

static void choose(enum shape shape)
{
    int size[2];
    draw_different(2, size, 2, 7);
    n.C = shape == SMALL ? size[0] : between(17, 23);
    n.C_ = shape == SMALL ? size[1] : between(33, 40);
    draw_arrays();
}

// Check (1)
typedef real term(int c, int c_);   // one term of the sum over c'

static real product(int c, int c_)
{
    return get(w, c, c_, 0, 0) * get(a, c_, 0, 0, 0);
}

static void add_products(struct array out, term *t)   // out[c] = b[c] + the sum of the terms over c_
{
    for (int c = 0; c < n.C; c++)
        put(out, c, 0, 0, 0, get(b, c, 0, 0, 0));
    for (int c_ = n.C_ - 1; c_ >= 0; c_--)
        for (int c = 0; c < n.C; c++)
            *entry(out, c, 0, 0, 0) += t(c, c_);
}

static void forward(void)
{
    fully_connected_forward(n.C, n.C_, w.at, b.at, a.at, z.at);
}

static void verify_forward(struct verdict *v)
{
    struct array expected = array("z", 1, z.extent);
    layer.forward();
    add_products(expected, product);
    compare(v, ORACLE, EXACT, z, expected);
}

static struct verdict check_forward(void)
{
    struct verdict v = {0};
    for (int shape = 0; shape < SHAPES; shape++) {
        choose(shape);
        verify_forward(&v);
    }
    return v;
}

// wrong: (1)
static real product_without_bias(int c, int c_) { return product(c, c_) - (c_ == 0 ? get(b, c, 0, 0, 0) : 0); }
static real product_with_bias(int c, int c_) { return product(c, c_) + (c_ > 0 ? get(b, c, 0, 0, 0) : 0); }
static real product_from_one(int c, int c_) { return c_ == 0 ? 0 : product(c, c_); }
static real product_transposed(int c, int c_) { return get(w, c_, c, 0, 0) * get(a, c_, 0, 0, 0); }
static real product_of_columns(int c, int c_) { return ((real *)w.at)[c_ * n.C + c] * get(a, c_, 0, 0, 0); }
static real product_with_input_c(int c, int c_) { return get(w, c, c_, 0, 0) * get(a, c, 0, 0, 0); }

static void wrong_1_no_bias(void) { add_products(z, product_without_bias); }
static void wrong_1_bias_each_input(void) { add_products(z, product_with_bias); }
static void wrong_1_from_one(void) { add_products(z, product_from_one); }
static void wrong_1_transposed(void) { add_products(z, product_transposed); }
static void wrong_1_columns(void) { add_products(z, product_of_columns); }
static void wrong_1_input_c(void) { add_products(z, product_with_input_c); }

static void wrong_1_whole_tiles(void)
{
    struct array sum = array("z", 1, z.extent);
    add_products(sum, product);
    for (int c = 0; c < n.C / 8 * 8; c++)
        put(z, c, 0, 0, 0, get(sum, c, 0, 0, 0));
}

static void add_on_top(struct array out, struct array sum)
{
    for (int k = 0; k < out.count; k++)
        ((real *)out.at)[k] += ((real *)sum.at)[k];
}

static void wrong_1_on_top(void)
{
    struct array sum = array("z", 1, z.extent);
    add_products(sum, product);
    add_on_top(z, sum);
}

// Check (2)
static real objective_z(void)
{
    layer.forward();
    return inner_product(dz, z);
}

static void slope_a(void)
{
    fully_connected_da(n.C, n.C_, w.at, dz.at, da.at);
}

static real owed(int c, int c_)   // what output c owes to input c_
{
    return get(dz, c, 0, 0, 0) * get(w, c, c_, 0, 0);
}

static void collect(struct array out, term *t)   // out[c_] = the sum of the terms over c
{
    for (int c_ = 0; c_ < n.C_; c_++) {
        real s = 0;
        for (int c = n.C - 1; c >= 0; c--)
            s += t(c, c_);
        put(out, c_, 0, 0, 0, s);
    }
}

static void verify_slope_a(struct verdict *v)
{
    struct array expected = array("da", 1, da.extent);
    layer.slope_a();
    collect(expected, owed);
    compare(v, ORACLE, EXACT, da, expected);
}

static struct verdict check_slope_a(void)
{
    struct verdict v = {0};
    for (int shape = 0; shape < SHAPES; shape++) {
        choose(shape);
        verify_slope_a(&v);
        check_gradient(&v, objective_z, a, da, EXACTLY_AFFINE);
    }
    return v;
}

// wrong: (2)
static real owed_transposed(int c, int c_) { return get(dz, c, 0, 0, 0) * get(w, c_, c, 0, 0); }
static real owed_by_output_c_(int c, int c_) { return get(dz, c_, 0, 0, 0) * get(w, c, c_, 0, 0); }
static real owed_times_input(int c, int c_) { return get(dz, c, 0, 0, 0) * get(a, c_, 0, 0, 0); }
static real owed_by_first(int c, int c_) { return c == 0 ? owed(c, c_) : 0; }
static real owed_by_last(int c, int c_) { return c == n.C - 1 ? owed(c, c_) : 0; }

static void wrong_2_transposed(void) { collect(da, owed_transposed); }
static void wrong_2_output_c_(void) { collect(da, owed_by_output_c_); }
static void wrong_2_input(void) { collect(da, owed_times_input); }
static void wrong_2_first(void) { collect(da, owed_by_first); }
static void wrong_2_last(void) { collect(da, owed_by_last); }

static void wrong_2_on_top(void)
{
    struct array sum = array("da", 1, da.extent);
    collect(sum, owed);
    add_on_top(da, sum);
}

// Two transposed wrongs that agree
static void check_two_transposed(void)
{
    struct layer right = layer;
    layer.forward = wrong_1_transposed;
    layer.slope_a = wrong_2_transposed;
    begin_stream(0);
    struct verdict v = check_slope_a();
    layer = right;
    expect(!caught(&v, CENTRAL) && !caught(&v, COMPLEX_STEP) && !caught(&v, ADJOINT),
           "the gradient methods accept (1) and (2) with both weights transposed");
    expect(caught(&v, ORACLE), "the oracle does not accept them");
}

// Check (3)
static void slope_w(void)
{
    fully_connected_dw(n.C, n.C_, a.at, dz.at, dw.at);
}

static real factor_of_weight(int c, int c_)
{
    return get(a, c_, 0, 0, 0) * get(dz, c, 0, 0, 0);
}

static void book(struct array out, term *t)   // out[c][c_] = the term
{
    for (int c_ = n.C_ - 1; c_ >= 0; c_--)
        for (int c = n.C - 1; c >= 0; c--)
            put(out, c, c_, 0, 0, t(c, c_));
}

static void verify_slope_w(struct verdict *v)
{
    struct array expected = array("dw", 2, dw.extent);
    layer.slope_w();
    book(expected, factor_of_weight);
    compare(v, ORACLE, EXACT, dw, expected);
}

static struct verdict check_slope_w(void)
{
    struct verdict v = {0};
    for (int shape = 0; shape < SHAPES; shape++) {
        choose(shape);
        verify_slope_w(&v);
        check_gradient(&v, objective_z, w, dw, EXACTLY_AFFINE);
    }
    return v;
}

// wrong: (3)
static real factor_exchanged(int c, int c_) { return get(a, c, 0, 0, 0) * get(dz, c_, 0, 0, 0); }
static real factor_of_own_layer(int c, int c_) { return get(z, c_, 0, 0, 0) * get(dz, c, 0, 0, 0); }
static real factor_without_chain(int c, int c_) { return (void)c, get(a, c_, 0, 0, 0); }
static real factor_mean(int c, int c_) { return factor_of_weight(c, c_) / n.C; }
static real factor_from_one(int c, int c_) { return c_ == 0 ? 0 : factor_of_weight(c, c_); }

static void wrong_3_exchanged(void) { book(dw, factor_exchanged); }
static void wrong_3_no_chain(void) { book(dw, factor_without_chain); }
static void wrong_3_mean(void) { book(dw, factor_mean); }
static void wrong_3_from_one(void) { book(dw, factor_from_one); }

static void wrong_3_own_layer(void)
{
    layer.forward();
    book(dw, factor_of_own_layer);
}

static void wrong_3_columns(void)
{
    for (int k = 0; k < dw.count; k++)
        ((real *)dw.at)[k] = factor_of_weight(k % n.C, k / n.C);
}

static void wrong_3_on_top(void)
{
    struct array sum = array("dw", 2, dw.extent);
    book(sum, factor_of_weight);
    add_on_top(dw, sum);
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
        compare(&v, ORACLE, EXACT, db, dz);
        check_gradient(&v, objective_z, b, db, EXACTLY_AFFINE);
    }
    return v;
}

// wrong: (4)
static void give_all(struct array out, real slope)
{
    for (int c = 0; c < n.C; c++)
        put(out, c, 0, 0, 0, slope);
}

static real sum_of_slopes(void)
{
    real s = 0;
    for (int c = 0; c < n.C; c++)
        s += get(dz, c, 0, 0, 0);
    return s;
}

static void wrong_4_one(void) { give_all(db, 1); }
static void wrong_4_sum(void) { give_all(db, sum_of_slopes()); }
static void wrong_4_mean(void) { give_all(db, sum_of_slopes() / n.C); }

static void wrong_4_neighbour(void)
{
    for (int c = 0; c < n.C; c++)
        put(db, c, 0, 0, 0, get(dz, c - 1, 0, 0, 0));
}

static void wrong_4_on_top(void)
{
    add_on_top(db, dz);
}

static void wrong_4_each_input(void)
{
    for (int c = 0; c < n.C; c++)
        put(db, c, 0, 0, 0, n.C_ * get(dz, c, 0, 0, 0));
}

// Check the fully-connected pair
static void backward(void)
{
    fully_connected_backward(n.C, n.C_, w.at, a.at, dz.at, da.at, dw.at, db.at);
}

static void check_pair(void)
{
    choose(LARGE);
    slope_a(), slope_w(), slope_b();
    struct array da_ = da, dw_ = dw, db_ = db;
    da = array("da", 1, da.extent), dw = array("dw", 2, dw.extent), db = array("db", 1, db.extent);
    backward();
    expect(alike(da, da_) && alike(dw, dw_) && alike(db, db_), "fully_connected_backward gives all three slopes");
}

// Check (5) (5) (G2)
// Do the columns of A match the rows of B? A_T and B_T say which of them is transposed.
static int fits(struct array A, int A_T, struct array B, int B_T)
{
    return A.extent[A_T ? 0 : 1] == B.extent[B_T ? 1 : 0];
}

static void multiply(struct array out, struct array A, int A_T, struct array B, int B_T)   // zero where the shapes don't fit
{
    for (int i = 0; i < out.extent[0]; i++)
        for (int j = 0; j < out.extent[1]; j++) {
            real s = 0;
            for (int k = 0; fits(A, A_T, B, B_T) && k < B.extent[B_T ? 1 : 0]; k++)
                s += (A_T ? get(A, k, i, 0, 0) : get(A, i, k, 0, 0)) * (B_T ? get(B, j, k, 0, 0) : get(B, k, j, 0, 0));
            put(out, i, j, 0, 0, s);
        }
}

static void multiply_and_add(struct array W, struct array vector, struct array biases)   // Z = W vector + biases
{
    multiply(Z, W, 0, vector, 0);
    add_on_top(Z, biases);
}

static void layer_at_once(void)
{
    multiply_and_add(w, a, b);
}

static struct verdict check_layer(void)
{
    struct verdict v = {0};
    for (int shape = 0; shape < SHAPES; shape++) {
        choose(shape);
        layer.at_once();
        layer.forward();
        compare(&v, ORACLE, EXACT, Z, z);
    }
    return v;
}

static void slopes_at_once(void)
{
    multiply(Wt_dz, w, 1, dz, 0);
    multiply(dz_at, dz, 0, a, 1);
}

static struct verdict check_slopes(void)
{
    struct verdict v = {0};
    for (int shape = 0; shape < SHAPES; shape++) {
        choose(shape);
        layer.backward();
        layer.slopes_at_once();
        compare(&v, ORACLE, EXACT, Wt_dz, da);
        compare(&v, ORACLE, EXACT, dz_at, dw);
    }
    return v;
}

// wrong: (5) as printed
static struct array shifted(struct array x, int by, int count)   // entry i is x[i + by], zero beyond either end
{
    struct array moved = array(x.name, 1, (int[]){count});
    for (int i = 0; i < count; i++)
        put(moved, i, 0, 0, 0, get(x, i + by, 0, 0, 0));
    return moved;
}

static void wrong_5_a_from_one(void)
{
    multiply_and_add(w, shifted(a, 1, n.C_), b);
}

static void wrong_5_z_from_one(void)   // the first row of the product is taken for number 1
{
    layer_at_once();
    memcpy(Z.at, shifted(Z, -1, n.C).at, (size_t)Z.count * sizeof(real));
}

static void check_shapes_fit(void)
{
    choose(LARGE);
    expect(fits(w, 0, a, 0) && !fits(w, 0, shifted(a, 1, n.C_ - 1), 0), "W can be multiplied with a, not with an a that begins at 1");
}

// wrong: (5) and (G2)
static struct array filled_by_columns(struct array x)
{
    struct array filled = array(x.name, 2, x.extent);
    for (int k = 0; k < x.count; k++)
        put(filled, k % x.extent[0], k / x.extent[0], 0, 0, ((real *)x.at)[k]);
    return filled;
}

static void wrong_5_no_bias(void) { multiply(Z, w, 0, a, 0); }
static void wrong_5_columns(void) { multiply_and_add(filled_by_columns(w), a, b); }

static void wrong_5_one_bias(void)
{
    struct array first = array("b", 1, b.extent);
    give_all(first, get(b, 0, 0, 0, 0));
    multiply_and_add(w, a, first);
}

static void wrong_5_bias_first(void)   // W (a + b)
{
    struct array sum = shifted(b, 0, n.C_);
    add_on_top(sum, a);
    multiply(Z, w, 0, sum, 0);
}

static void wrong_G2_not_transposed(void)
{
    slopes_at_once();
    multiply(Wt_dz, w, 0, dz, 0);
}

static void wrong_G2_columns(void)
{
    slopes_at_once();
    multiply(Wt_dz, filled_by_columns(w), 1, dz, 0);
}

static void wrong_G2_other_order(void)
{
    slopes_at_once();
    multiply(dz_at, a, 0, dz, 1);
}

static void wrong_G2_inner(void)
{
    slopes_at_once();
    multiply(dz_at, dz, 1, a, 0);
}

static void wrong_G2_overwritten(void)
{
    slope_a(), slope_b();
    fully_connected_dw(n.C, n.C_, da.at, dz.at, dw.at);
}

// Check (G3) (G3)
static struct { int C, X, Y; } m;   // the pictures' channels, rows and columns
static struct array pictures, list;

static void choose_pictures(void)
{
    int size[4];
    draw_different(4, size, 2, 5);
    m.C = size[0], m.X = size[1], m.Y = size[2], n.C = size[3], n.C_ = m.C * m.X * m.Y;
    pictures = array("p", 3, (int[]){m.C, m.X, m.Y});
    draw_arrays();
    randomise(pictures);
    list = a;
    spoil(list);
}

typedef int place(int c, int x, int y);

static int place_in_list(int c, int x, int y)
{
    return (c * m.X + x) * m.Y + y;
}

static void write_list(place *i)
{
    real (*p)[m.X][m.Y] = pictures.at;
    for (int c = 0; c < m.C; c++)
        for (int x = 0; x < m.X; x++)
            for (int y = 0; y < m.Y; y++)
                put(list, i(c, x, y), 0, 0, 0, p[c][x][y]);
}

static void flatten(void)
{
    write_list(place_in_list);
}

static void layer_on_pictures(struct array z_, struct array da_)   // forward and backward, channel by channel, row by row
{
    real (*p)[m.X][m.Y] = pictures.at, (*w_)[m.C][m.X][m.Y] = w.at, (*da_p)[m.X][m.Y] = da_.at;
    memset(da_.at, 0, (size_t)da_.count * sizeof(real));
    for (int c = 0; c < n.C; c++) {
        put(z_, c, 0, 0, 0, get(b, c, 0, 0, 0));
        for (int c_ = 0; c_ < m.C; c_++)
            for (int x_ = 0; x_ < m.X; x_++)
                for (int y_ = 0; y_ < m.Y; y_++) {
                    *entry(z_, c, 0, 0, 0) += w_[c][c_][x_][y_] * p[c_][x_][y_];
                    da_p[c_][x_][y_] += get(dz, c, 0, 0, 0) * w_[c][c_][x_][y_];
                }
    }
}

static struct verdict check_flatten(void)
{
    struct verdict v = {0};
    choose_pictures();
    struct array cast = array("a", 1, list.extent), z_ = array("z", 1, z.extent), da_ = array("da", 3, pictures.extent);
    memcpy(cast.at, pictures.at, (size_t)list.count * sizeof(real));
    layer.flatten();
    compare(&v, ORACLE, EXACT, list, cast);
    layer.forward();
    layer.slope_a();
    layer_on_pictures(z_, da_);
    compare(&v, ORACLE, EXACT, z, z_);
    compare(&v, ORACLE, EXACT, da, da_);
    return v;
}

// wrong: other places
static int place_by_columns(int c, int x, int y) { return (c * m.Y + y) * m.X + x; }
static int place_channels_last(int c, int x, int y) { return (x * m.Y + y) * m.C + c; }
static int place_exchanged(int c, int x, int y) { return (c * m.Y + x) * m.X + y; }
static int place_with_eta(int c, int x, int y) { return (c * (m.X - 1) + x) * (m.Y - 1) + y; }
static int place_from_one(int c, int x, int y) { return place_in_list(c, x, y) + 1; }

static void wrong_G3_columns(void) { write_list(place_by_columns); }
static void wrong_G3_channels_last(void) { write_list(place_channels_last); }
static void wrong_G3_exchanged(void) { write_list(place_exchanged); }
static void wrong_G3_eta(void) { write_list(place_with_eta); }
static void wrong_G3_from_one(void) { write_list(place_from_one); }

// Check around the tiles
static void check_around_tiles(void)
{
    struct verdict v = {0};
    const int extent[] = {1, 7, 8, 9, 15, 16, 17, 31, 32, 33};
    for (int i = 0; i < 7; i++)
        for (int j = 0; j < 10; j++) {
            n.C = extent[i], n.C_ = extent[j];
            draw_arrays();
            verify_forward(&v);
            verify_slope_a(&v);
            verify_slope_w(&v);
            layer.slope_b();
            compare(&v, ORACLE, EXACT, db, dz);
            release();
        }
    expect(passes(&v), "(1) to (4) hold for layers of whole tiles, one less, and one more");
}

// Every small fully-connected layer
static void every_small_shape(void)
{
    struct verdict v = {0};
    char claim[80];
    int shapes = 0;
    for (n.C = 1; n.C <= 17; n.C++)
        for (n.C_ = 1; n.C_ <= 33; n.C_++) {
            draw_arrays();
            verify_forward(&v);
            backward();
            adjoint(&v, objective_z, a, da, EXACT);
            adjoint(&v, objective_z, w, dw, EXACT);
            adjoint(&v, objective_z, b, db, EXACT);
            release();
            shapes++;
        }
    snprintf(claim, sizeof claim, "fully-connected layer, every small shape: %d of them", shapes);
    result(passes(&v), claim);
    explain(&v);
}

// Illegal fully-connected layers
static void choose_empty(int C, int C_)   // the arrays are larger than what is asked for
{
    choose(SMALL);
    n.C = C, n.C_ = C_;
}

static void forward_without_neurons(void) { choose_empty(0, 2), forward(); }
static void forward_without_inputs(void) { choose_empty(2, 0), forward(); }
static void slope_a_without_neurons(void) { choose_empty(0, 2), slope_a(); }
static void slope_a_without_inputs(void) { choose_empty(2, 0), slope_a(); }
static void slope_w_without_neurons(void) { choose_empty(0, 2), slope_w(); }
static void slope_w_without_inputs(void) { choose_empty(2, 0), slope_w(); }
static void slope_b_without_neurons(void) { choose_empty(0, 2), slope_b(); }

static void check_refusals(void)
{
    const char *message = "a layer has at least one neuron";
    expect(refuses(forward_without_neurons, message) && refuses(forward_without_inputs, message), "(1) refuses a layer without neurons or inputs");
    expect(refuses(slope_a_without_neurons, message) && refuses(slope_a_without_inputs, message), "(2) refuses a layer without neurons or inputs");
    expect(refuses(slope_w_without_neurons, message) && refuses(slope_w_without_inputs, message), "(3) refuses a layer without neurons or inputs");
    expect(refuses(slope_b_without_neurons, message), "(4) refuses a layer without neurons");
}

static struct layer layer = {forward, slope_a, slope_w, slope_b, backward, layer_at_once, slopes_at_once, flatten};

static const struct check checks[] = {
    {"(1)", "z", "fully_connected_forward", check_forward},
    {"(2)", "dl/da", "fully_connected_da", check_slope_a},
    {"(3)", "dl/dw", "fully_connected_dw", check_slope_w},
    {"(4)", "dl/db", "fully_connected_db", check_slope_b},
    {"(5)", "Wa + b", "fully_connected_forward", check_layer},
    {"(G2)", "slopes", "fully_connected_backward", check_slopes},
    {"(G3)", "list", "the order of C's arrays", check_flatten},
};

static const struct mutant mutants[] = {
    {"(1)", NULL, "no bias", ORACLE, {{&layer.forward, wrong_1_no_bias}}},
    {"(1)", NULL, "the bias once for each c'", ORACLE, {{&layer.forward, wrong_1_bias_each_input}}},
    {"(1)", NULL, "the sum from 1", ORACLE, {{&layer.forward, wrong_1_from_one}}},
    {"(1)", NULL, "w_(c',c)", ORACLE, {{&layer.forward, wrong_1_transposed}}},
    {"(1)", NULL, "the matrix read column by column", ORACLE, {{&layer.forward, wrong_1_columns}}},
    {"(1)", NULL, "a_(c)", ORACLE, {{&layer.forward, wrong_1_input_c}}},
    {"(1)", NULL, "whole tiles only", ORACLE, {{&layer.forward, wrong_1_whole_tiles}}},
    {"(1)", NULL, "+= on a stale output", ORACLE, {{&layer.forward, wrong_1_on_top}}},
    {"(2)", NULL, "w_(c'',c)", CENTRAL, {{&layer.slope_a, wrong_2_transposed}}},
    {"(2)", NULL, "both weights transposed, forward and backward", ORACLE,
     {{&layer.forward, wrong_1_transposed}, {&layer.slope_a, wrong_2_transposed}}},
    {"(2)", NULL, "dl/dz_(c'')", CENTRAL, {{&layer.slope_a, wrong_2_output_c_}}},
    {"(2)", NULL, "the input for the weight", CENTRAL, {{&layer.slope_a, wrong_2_input}}},
    {"(2)", NULL, "no sum over c", CENTRAL, {{&layer.slope_a, wrong_2_first}}},
    {"(2)", NULL, "= for +=", CENTRAL, {{&layer.slope_a, wrong_2_last}}},
    {"(2)", NULL, "+= on a stale slope", CENTRAL, {{&layer.slope_a, wrong_2_on_top}}},
    {"(3)", NULL, "written column by column", CENTRAL, {{&layer.slope_w, wrong_3_columns}}},
    {"(3)", NULL, "a_(c) and dl/dz_(c'')", CENTRAL, {{&layer.slope_w, wrong_3_exchanged}}},
    {"(3)", NULL, "the numbers of layer l, not l - 1", CENTRAL, {{&layer.slope_w, wrong_3_own_layer}}},
    {"(3)", NULL, "no chain rule", CENTRAL, {{&layer.slope_w, wrong_3_no_chain}}},
    {"(3)", NULL, "the mean over the neurons", CENTRAL, {{&layer.slope_w, wrong_3_mean}}},
    {"(3)", NULL, "+= on a stale slope", CENTRAL, {{&layer.slope_w, wrong_3_on_top}}},
    {"(3)", NULL, "from 1, forward and backward", ORACLE, {{&layer.forward, wrong_1_from_one}, {&layer.slope_w, wrong_3_from_one}}},
    {"(4)", NULL, "no chain rule", CENTRAL, {{&layer.slope_b, wrong_4_one}}},
    {"(4)", NULL, "the sum over all neurons", CENTRAL, {{&layer.slope_b, wrong_4_sum}}},
    {"(4)", NULL, "the mean over all neurons", CENTRAL, {{&layer.slope_b, wrong_4_mean}}},
    {"(4)", NULL, "off by one neuron", CENTRAL, {{&layer.slope_b, wrong_4_neighbour}}},
    {"(4)", NULL, "+= on a stale slope", CENTRAL, {{&layer.slope_b, wrong_4_on_top}}},
    {"(4)", NULL, "once for each c', forward and backward", ORACLE,
     {{&layer.forward, wrong_1_bias_each_input}, {&layer.slope_b, wrong_4_each_input}}},
    {"(5)", "E5", "a begins with a_(1), as printed", ORACLE, {{&layer.at_once, wrong_5_a_from_one}}},
    {"(5)", "E5", "z begins with z_(1), as printed", ORACLE, {{&layer.at_once, wrong_5_z_from_one}}},
    {"(5)", NULL, "no b", ORACLE, {{&layer.at_once, wrong_5_no_bias}}},
    {"(5)", NULL, "b_(0) for all", ORACLE, {{&layer.at_once, wrong_5_one_bias}}},
    {"(5)", NULL, "W (a + b)", ORACLE, {{&layer.at_once, wrong_5_bias_first}}},
    {"(5)", NULL, "W filled column by column", ORACLE, {{&layer.at_once, wrong_5_columns}}},
    {"(G2)", NULL, "W not transposed", ORACLE, {{&layer.slopes_at_once, wrong_G2_not_transposed}}},
    {"(G2)", NULL, "W filled column by column", ORACLE, {{&layer.slopes_at_once, wrong_G2_columns}}},
    {"(G2)", NULL, "a times the transposed dl/dz", ORACLE, {{&layer.slopes_at_once, wrong_G2_other_order}}},
    {"(G2)", NULL, "an inner product for the outer one", ORACLE, {{&layer.slopes_at_once, wrong_G2_inner}}},
    {"(G2)", NULL, "a overwritten by its slope before (3)", ORACLE, {{&layer.backward, wrong_G2_overwritten}}},
    {"(G3)", NULL, "column by column", ORACLE, {{&layer.flatten, wrong_G3_columns}}},
    {"(G3)", NULL, "the channels last", ORACLE, {{&layer.flatten, wrong_G3_channels_last}}},
    {"(G3)", NULL, "the extents of x and y exchanged", ORACLE, {{&layer.flatten, wrong_G3_exchanged}}},
    {"(G3)", NULL, "eta for the extent", ORACLE, {{&layer.flatten, wrong_G3_eta}}},
    {"(G3)", NULL, "from 1", ORACLE, {{&layer.flatten, wrong_G3_from_one}}},
};

static void claims(void)
{
    check_two_transposed();
    check_pair();
    check_around_tiles();
    check_shapes_fit();
    check_refusals();
}

int main(void)
{
    return run_suite(&(struct suite){"chapters/1-fully-connected.md", sizeof checks / sizeof *checks, sizeof mutants / sizeof *mutants,
                                     checks, mutants, claims, every_small_shape});
}

// Tangled from chapters/1-fully-connected.md [34dcb167d05e]: edit there, or here and make stitch
#ifdef FAST
#include "../src/fast.c"
#define CHAPTER "chapters/9-why-it-is-fast.md"
#else
#include "../src/fully_connected.c"
#define CHAPTER "chapters/1-fully-connected.md"
#endif
#include "check.h"

// Shapes for the fully-connected layer
enum shape { SMALL = 1, LARGE, STACK };
static struct fully_connected n;
static struct { int C, X, Y; } m;   // channels, rows and columns of the pictures on the list
static struct array w, b, a, z, dz, da, dw, db;
static struct array Z, Wt_dz, dz_at;   // z, da and dw of (5), (G2a) and (G2b)
static struct array P, z_P, dP;        // the pictures, z of them, and their slope

static void draw_arrays(void)   // of the sizes in n
{
    ARRAY(w, n.C, n.C_), ARRAY(dw, n.C, n.C_), ARRAY(dz_at, n.C, n.C_);
    ARRAY(b, n.C), ARRAY(db, n.C), ARRAY(z, n.C), ARRAY(dz, n.C), ARRAY(Z, n.C), ARRAY(z_P, n.C);
    ARRAY(a, n.C_), ARRAY(da, n.C_), ARRAY(Wt_dz, n.C_);
    randomise(w), randomise(b), randomise(a), randomise(dz);
}

static void choose(int shape)
{
    DRAW(2, 7, &n.C, &m.C, &m.X, &m.Y);
    n.C_ = shape == STACK ? m.C * m.X * m.Y : m.C;
    if (shape == LARGE)
        n.C = between(17, 23), n.C_ = between(33, 40);
    draw_arrays();
    ARRAY(P, m.C, m.X, m.Y), ARRAY(dP, m.C, m.X, m.Y);
    randomise(P);
}

enum { NEURONS = 17, INPUTS = 33, SIZES = 2 };

static int small_layer(long number)   // the last ones are large
{
    n.C = 1 + (int)(number / INPUTS), n.C_ = 1 + (int)(number % INPUTS);
    if (number >= NEURONS * INPUTS)
        enlarge(n.C_ - 1, SIZES, (const int[]){131, 1700}, (int *[]){&n.C, &n.C_});
    draw_arrays();
    return 1;
}

#define EACH_TERM EACH(c_, n.C_) EACH(c, n.C)

// Check (1)
DEFINE(z, EACH(c, n.C) at(z, c) = at(b, c); EACH_TERM at(z, c) += at(w, c, c_) * at(a, c_))
EQUATION(1, z, fully_connected_forward(n, w.at, b.at, a.at, z.at),
         AT(SMALL), WIDELY(LARGE), EVERY_SMALL_SHAPE)

// Check (2)
DEFINE(da, EACH_TERM at(da, c_) += at(dz, c) * at(w, c, c_))
EQUATION(2, da, fully_connected_da(n, w.at, dz.at, da.at),
         SLOPE(z, a, EXACTLY_AFFINE), AT(SMALL), WIDELY(LARGE), EVERY_SMALL_SHAPE)

// Check (3)
DEFINE(dw, EACH_TERM at(dw, c, c_) += at(dz, c) * at(a, c_))
EQUATION(3, dw, fully_connected_dw(n, a.at, dz.at, dw.at),
         SLOPE(z, w, EXACTLY_AFFINE), AT(SMALL), WIDELY(LARGE), EVERY_SMALL_SHAPE)

// Check (4)
DEFINE(db, EACH(c, n.C) at(db, c) = at(dz, c))
EQUATION(4, db, fully_connected_db(n, dz.at, db.at),
         SLOPE(z, b, EXACTLY_AFFINE), AT(SMALL), WIDELY(LARGE), EVERY_SMALL_SHAPE)

// Check (5) (5) (G2a) (G2b)
#define PRODUCT(out, extent_of_k, left, right) \
    EACH(i, out.extent[0]) EACH(j, out.extent[1]) EACH(k, extent_of_k) \
        at(out, i, j) += (left) * (right)

DEFINE(Z, PRODUCT(Z, n.C_, at(w, i, k), at(a, k, j)); PRODUCT(Z, 1, at(b, i, k), 1))
EQUATION(5, Z, fully_connected_forward(n, w.at, b.at, a.at, Z.at), AT(SMALL, LARGE))

DEFINE(Wt_dz, PRODUCT(Wt_dz, n.C, at(w, k, i), at(dz, k, j)))
EQUATION(G2a, Wt_dz, fully_connected_da(n, w.at, dz.at, Wt_dz.at), AT(SMALL, LARGE))

DEFINE(dz_at, PRODUCT(dz_at, 1, at(dz, i, k), at(a, j, k)))
EQUATION(G2b, dz_at, fully_connected_dw(n, a.at, dz.at, dz_at.at), AT(SMALL, LARGE))

// Check (G3) (G3)
#define PICTURES(list) ((real (*)[m.X][m.Y])(list).at)
#define ON_LIST(i) \
    EACH(c, n.C) at(z_P, c) = at(b, c); \
    EACH(c, n.C) EACH(c_, m.C) EACH(x, m.X) EACH(y, m.Y) { \
        at(z_P, c) += at(w, c, i) * PICTURES(P)[c_][x][y]; \
        PICTURES(dP)[c_][x][y] += at(dz, c) * at(w, c, i); \
    }

DEFINE(z_P, ON_LIST((c_ * m.X + x) * m.Y + y))
EQUATION(G3, z_P, fully_connected_forward(n, w.at, b.at, P.at, z_P.at);
         fully_connected_da(n, w.at, dz.at, dP.at), ALSO(dP), AT(STACK))

// Claims about the fully-connected layer
#define LEAST "a layer has at least one neuron"

CLAIM("fully_connected_backward gives all three slopes",
      (choose(LARGE), fully_connected_backward(n, w.at, a.at, dz.at, da.at, dw.at, db.at),
       AS_DEFINED(da) && AS_DEFINED(dw) && AS_DEFINED(db)))
REFUSES("(1) without neurons", LEAST, choose(SMALL), n.C = 0, call_1())
REFUSES("(1) without inputs", LEAST, choose(SMALL), n.C_ = 0, call_1())
REFUSES("(2) without neurons", LEAST, choose(SMALL), n.C = 0, call_2())
REFUSES("(2) without inputs", LEAST, choose(SMALL), n.C_ = 0, call_2())
REFUSES("(3) without neurons", LEAST, choose(SMALL), n.C = 0, call_3())
REFUSES("(3) without inputs", LEAST, choose(SMALL), n.C_ = 0, call_3())
REFUSES("(4) without neurons", LEAST, choose(SMALL), n.C = 0, call_4())

// wrong: (1)
#define WITH_BIAS EACH(c, n.C) at(z, c) = at(b, c); EACH_TERM at(z, c) +=
#define BY_COLUMNS(matrix, c, c_) ((real *)(matrix).at)[(c_) * n.C + (c)]

WRONG(1, NULL, "no bias", ORACLE, EACH_TERM at(z, c) += at(w, c, c_) * at(a, c_))
WRONG(1, NULL, "the bias once for each c'", ORACLE,
      EACH_TERM at(z, c) += at(w, c, c_) * at(a, c_) + at(b, c))
WRONG(1, NULL, "the sum from 1", ORACLE, WITH_BIAS (c_ > 0) * at(w, c, c_) * at(a, c_))
WRONG(1, NULL, "w_(c',c)", ORACLE, WITH_BIAS at(w, c_, c) * at(a, c_))
WRONG(1, NULL, "the matrix read column by column", ORACLE,
      WITH_BIAS BY_COLUMNS(w, c, c_) * at(a, c_))
WRONG(1, NULL, "a_(c)", ORACLE, WITH_BIAS at(w, c, c_) * at(a, c))
WRONG(1, NULL, "whole tiles only", ORACLE,
      define_z(); for (int c = n.C / 8 * 8; c < n.C; c++) at(z, c) = 0)
STALE(1, ORACLE)

// wrong: (2)
WRONG(2, NULL, "w_(c'',c)", CENTRAL, EACH_TERM at(da, c_) += at(dz, c) * at(w, c_, c))
WRONG_TOGETHER(2, "both weights transposed, forward and backward",
               z, WITH_BIAS at(w, c_, c) * at(a, c_),
               EACH_TERM at(da, c_) += at(dz, c) * at(w, c_, c))
WRONG(2, NULL, "dl/dz_(c'')", CENTRAL, EACH_TERM at(da, c_) += at(dz, c_) * at(w, c, c_))
WRONG(2, NULL, "the input for the weight", CENTRAL, EACH_TERM at(da, c_) += at(dz, c) * at(a, c_))
WRONG(2, NULL, "no sum over c", CENTRAL,
      EACH_TERM at(da, c_) += (c == 0) * at(dz, c) * at(w, c, c_))
WRONG(2, NULL, "= for +=", CENTRAL, EACH_TERM at(da, c_) = at(dz, c) * at(w, c, c_))
STALE(2, CENTRAL)

// wrong: (3)
WRONG(3, NULL, "written column by column", CENTRAL,
      EACH_TERM BY_COLUMNS(dw, c, c_) = at(dz, c) * at(a, c_))
WRONG(3, NULL, "a_(c) and dl/dz_(c'')", CENTRAL, EACH_TERM at(dw, c, c_) = at(dz, c_) * at(a, c))
WRONG(3, NULL, "the numbers of layer l, not l - 1", CENTRAL,
      define_z(); EACH_TERM at(dw, c, c_) = at(dz, c) * at(z, c_))
WRONG(3, NULL, "no chain rule", CENTRAL, EACH_TERM at(dw, c, c_) = at(a, c_))
WRONG(3, NULL, "the mean over the neurons", CENTRAL,
      EACH_TERM at(dw, c, c_) = at(dz, c) * at(a, c_) / n.C)
WRONG_TOGETHER(3, "from 1, forward and backward",
               z, WITH_BIAS (c_ > 0) * at(w, c, c_) * at(a, c_),
               EACH_TERM at(dw, c, c_) = (c_ > 0) * at(dz, c) * at(a, c_))
STALE(3, CENTRAL)

// wrong: (4)
WRONG(4, NULL, "no chain rule", CENTRAL, EACH(c, n.C) at(db, c) = 1)
WRONG(4, NULL, "the sum over all neurons", CENTRAL,
      EACH(c, n.C) EACH(k, n.C) at(db, c) += at(dz, k))
WRONG(4, NULL, "the mean over all neurons", CENTRAL,
      EACH(c, n.C) EACH(k, n.C) at(db, c) += at(dz, k) / n.C)
WRONG(4, NULL, "off by one neuron", CENTRAL, EACH(c, n.C) at(db, c) = at(dz, c - 1))
WRONG_TOGETHER(4, "once for each c', forward and backward",
               z, EACH_TERM at(z, c) += at(w, c, c_) * at(a, c_) + at(b, c),
               EACH_TERM at(db, c) += at(dz, c))
STALE(4, CENTRAL)

// wrong: (5)
#define PLUS_B PRODUCT(Z, 1, at(b, i), 1)

WRONG(5, "E5", "a begins with a_(1), as printed", ORACLE,
      PRODUCT(Z, n.C_, at(w, i, k), at(a, k + 1)); PLUS_B)
WRONG(5, "E5", "z begins with z_(1), as printed", ORACLE,
      define_z(); EACH(c, n.C) at(Z, c) = at(z, c - 1))
WRONG(5, NULL, "no b", ORACLE, PRODUCT(Z, n.C_, at(w, i, k), at(a, k)))
WRONG(5, NULL, "b_(0) for all", ORACLE,
      PRODUCT(Z, n.C_, at(w, i, k), at(a, k)); PRODUCT(Z, 1, at(b, 0), 1))
WRONG(5, NULL, "W (a + b)", ORACLE, PRODUCT(Z, n.C_, at(w, i, k), at(a, k) + at(b, k)))
WRONG(5, NULL, "W filled column by column", ORACLE,
      PRODUCT(Z, n.C_, BY_COLUMNS(w, i, k), at(a, k)); PLUS_B)

// wrong: (G2a)
WRONG(G2a, NULL, "W not transposed", ORACLE, PRODUCT(Wt_dz, n.C, at(w, i, k), at(dz, k)))
WRONG(G2a, NULL, "W filled column by column", ORACLE,
      PRODUCT(Wt_dz, n.C, BY_COLUMNS(w, k, i), at(dz, k)))
WRONG(G2a, NULL, "dl/dz begins with number 1", ORACLE,
      PRODUCT(Wt_dz, n.C, at(w, k, i), at(dz, k + 1)))
WRONG(G2a, NULL, "the bias added, as in (5)", ORACLE,
      PRODUCT(Wt_dz, n.C, at(w, k, i), at(dz, k)); PRODUCT(Wt_dz, 1, at(b, i), 1))
STALE(G2a, ORACLE)

// wrong: (G2b)
WRONG(G2b, NULL, "a times the transposed dl/dz", ORACLE, PRODUCT(dz_at, 1, at(a, i), at(dz, j)))
WRONG(G2b, NULL, "an inner product for the outer one", ORACLE,
      EACH(k, n.C) at(dz_at, 0) += at(dz, k) * at(a, k))
WRONG(G2b, NULL, "a overwritten by its slope before (3)", ORACLE,
      define_da(); PRODUCT(dz_at, 1, at(dz, i), at(da, j)))
WRONG(G2b, NULL, "a begins with a_(1), as printed with (5)", ORACLE,
      PRODUCT(dz_at, 1, at(dz, i), at(a, j + 1)))
STALE(G2b, ORACLE)

// wrong: (G3)
WRONG(G3, NULL, "column by column", ORACLE, ON_LIST((c_ * m.Y + y) * m.X + x))
WRONG(G3, NULL, "the channels last", ORACLE, ON_LIST((x * m.Y + y) * m.C + c_))
WRONG(G3, NULL, "the extents of x and y exchanged", ORACLE, ON_LIST((c_ * m.Y + x) * m.X + y))
WRONG(G3, NULL, "eta for the extent", ORACLE, ON_LIST((c_ * (m.X - 1) + x) * (m.Y - 1) + y))
WRONG(G3, NULL, "from 1", ORACLE, ON_LIST((c_ * m.X + x) * m.Y + y + 1))

int main(void)
{
    return check_chapter(CHAPTER, choose, NEURONS * INPUTS + SIZES, small_layer);
}

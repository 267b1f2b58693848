// Tangled from chapters/11-drawn-digits.md [28a4a8705683]: edit there, or here and make stitch
//
// Draws digits and writes them as four files of MNIST's form.
//
//     cc -std=gnu11 -O3 draw.c -o draw -lm

#define _GNU_SOURCE
#include "program.h"
#include <assert.h>

// Random bits
struct random { unsigned long long state; };

// 64 random bits.
unsigned long long random_bits(struct random *r)
{
    unsigned long long u = r->state += 0x9e3779b97f4a7c15;
    u = (u ^ u >> 30) * 0xbf58476d1ce4e5b9;
    u = (u ^ u >> 27) * 0x94d049bb133111eb;
    return u ^ u >> 31;
}

// Uniform random numbers
// Uniform in [0, 1).
double random_uniform(struct random *r)
{
    return (random_bits(r) >> 11) * 0x1p-53;
}

// Normal random numbers
// Normal, with mean 0 and deviation 1.
double random_normal(struct random *r)
{
    double distance = sqrt(-2 * log(1 - random_uniform(r)));
    return distance * cos(6.283185307179586 * random_uniform(r));
}

// Ways of writing
enum { POINTS = 18, PIECES = 5 };   // of a skeleton, at most; straight pieces between two of them

// The points of one or two strokes, so many in each. One that stands twice is a sharp corner.
struct skeleton { int digit, length[2]; signed char at[POINTS][2]; };

static const struct skeleton skeletons[] = {
    // 0: a ring; a ring with a tail crossing at the top; a narrow ring
    {0, {9, 0}, {{0, 50}, {13, 18}, {50, 3}, {87, 18}, {100, 50}, {87, 82}, {50, 97}, {13, 82},
        {0, 50}}},
    {0, {10, 0}, {{5, 62}, {8, 30}, {45, 6}, {86, 14}, {100, 45}, {82, 80}, {45, 96}, {12, 84},
        {0, 58}, {8, 36}}},
    {0, {9, 0}, {{0, 50}, {13, 30}, {50, 20}, {87, 30}, {100, 50}, {87, 70}, {50, 80}, {13, 70},
        {0, 50}}},
    // 1: a bare stem; bent a little; with a serif; with serif and foot
    {1, {3, 0}, {{0, 50}, {50, 50}, {100, 50}}},
    {1, {3, 0}, {{0, 52}, {50, 48}, {100, 52}}},
    {1, {3, 0}, {{0, 60}, {50, 50}, {100, 40}}},
    {1, {3, 0}, {{0, 40}, {50, 50}, {100, 60}}},
    {1, {5, 0}, {{20, 30}, {0, 52}, {0, 52}, {50, 51}, {100, 50}}},
    {1, {5, 2}, {{22, 26}, {0, 52}, {0, 52}, {50, 51}, {100, 50}, {100, 20}, {99, 82}}},
    // 2: sharp corner at the foot; loop at the foot; wide flat foot; swan
    {2, {9, 0}, {{22, 10}, {3, 30}, {2, 62}, {22, 80}, {52, 66}, {80, 36}, {99, 5}, {99, 5},
        {97, 97}}},
    {2, {11, 0}, {{20, 14}, {2, 36}, {4, 66}, {26, 78}, {58, 62}, {90, 34}, {96, 10}, {80, 8},
        {78, 30}, {92, 62}, {92, 98}}},
    {2, {8, 0}, {{16, 8}, {0, 40}, {12, 74}, {42, 72}, {72, 40}, {96, 4}, {96, 4}, {92, 98}}},
    {2, {10, 0}, {{28, 22}, {4, 34}, {0, 62}, {20, 78}, {54, 70}, {88, 44}, {96, 20}, {84, 22},
        {88, 50}, {100, 90}}},
    {2, {10, 0}, {{30, 18}, {8, 30}, {0, 56}, {16, 74}, {46, 60}, {78, 30}, {94, 12}, {84, 30},
        {88, 60}, {98, 100}}},
    {2, {11, 0}, {{24, 20}, {4, 38}, {0, 62}, {20, 72}, {54, 58}, {92, 28}, {96, 4}, {76, 2},
        {68, 24}, {82, 56}, {80, 100}}},
    // 3: round; with a sharp waist; flat-topped; small top, big belly
    {3, {10, 0}, {{12, 12}, {0, 42}, {10, 76}, {32, 76}, {48, 42}, {58, 76}, {78, 88}, {96, 66},
        {100, 34}, {88, 6}}},
    {3, {10, 0}, {{14, 12}, {0, 42}, {12, 78}, {34, 70}, {48, 36}, {48, 36}, {58, 80}, {82, 84},
        {100, 48}, {92, 6}}},
    {3, {9, 0}, {{3, 12}, {0, 84}, {0, 84}, {42, 40}, {42, 40}, {56, 84}, {84, 84}, {100, 48},
        {92, 6}}},
    {3, {11, 0}, {{10, 20}, {0, 48}, {10, 72}, {32, 66}, {44, 44}, {46, 38}, {46, 60}, {62, 90},
        {88, 84}, {100, 44}, {90, 4}}},
    // 4: open; open and rounded; closed; open with the bar past the stem
    {4, {5, 3}, {{0, 14}, {52, 8}, {52, 8}, {54, 50}, {50, 90}, {2, 84}, {50, 78}, {100, 74}}},
    {4, {5, 3}, {{4, 16}, {34, 6}, {54, 22}, {48, 60}, {34, 84}, {0, 86}, {50, 80}, {100, 74}}},
    {4, {6, 3}, {{0, 66}, {30, 36}, {64, 4}, {64, 4}, {64, 50}, {62, 98}, {0, 66}, {50, 66},
        {100, 64}}},
    {4, {5, 3}, {{6, 22}, {48, 10}, {48, 10}, {52, 50}, {44, 98}, {0, 72}, {50, 64}, {100, 56}}},
    // 5: flag drawn apart; in one line; round-shouldered; flat and wide
    {5, {8, 2}, {{2, 24}, {42, 18}, {42, 18}, {38, 54}, {58, 84}, {88, 78}, {100, 42}, {90, 6},
        {2, 24}, {0, 90}}},
    {5, {10, 0}, {{0, 90}, {3, 30}, {3, 30}, {44, 20}, {44, 20}, {40, 56}, {62, 82}, {90, 72},
        {100, 38}, {92, 4}}},
    {5, {8, 0}, {{2, 96}, {4, 50}, {24, 26}, {44, 36}, {60, 70}, {84, 74}, {100, 42}, {92, 6}}},
    {5, {8, 2}, {{10, 36}, {46, 24}, {50, 50}, {64, 72}, {88, 70}, {100, 40}, {92, 14}, {84, 8},
        {10, 36}, {0, 98}}},
    // 6: curved back; straight back; small low loop
    {6, {11, 0}, {{0, 72}, {18, 36}, {54, 12}, {86, 16}, {100, 46}, {88, 78}, {66, 84}, {52, 62},
        {60, 32}, {78, 18}, {86, 20}}},
    {6, {9, 0}, {{0, 56}, {36, 28}, {72, 14}, {98, 30}, {96, 64}, {74, 82}, {56, 66}, {64, 36},
        {82, 18}}},
    {6, {10, 0}, {{0, 40}, {34, 20}, {70, 12}, {98, 30}, {98, 66}, {78, 88}, {60, 76}, {62, 48},
        {78, 28}, {92, 28}}},
    {6, {10, 0}, {{0, 84}, {20, 50}, {50, 24}, {80, 12}, {98, 26}, {96, 54}, {78, 66}, {66, 52},
        {74, 30}, {90, 18}}},
    // 7: plain; rounded; with a bar; with a hanging serif
    {7, {5, 0}, {{8, 6}, {3, 86}, {3, 86}, {46, 62}, {100, 42}}},
    {7, {6, 0}, {{10, 4}, {6, 40}, {2, 76}, {16, 84}, {54, 60}, {100, 44}}},
    {7, {5, 2}, {{6, 8}, {2, 88}, {2, 88}, {50, 60}, {100, 36}, {52, 32}, {48, 88}}},
    {7, {7, 0}, {{28, 8}, {8, 12}, {8, 12}, {4, 88}, {4, 88}, {46, 66}, {100, 54}}},
    {7, {5, 0}, {{14, 8}, {10, 80}, {10, 80}, {54, 76}, {100, 72}}},
    {7, {6, 0}, {{24, 6}, {2, 30}, {8, 62}, {6, 86}, {50, 70}, {100, 50}}},
    // 8: from the top right; two rings; narrow; open at the top right
    {8, {13, 0}, {{12, 78}, {0, 50}, {14, 22}, {36, 30}, {50, 54}, {70, 80}, {92, 74}, {100, 46},
        {90, 20}, {70, 20}, {50, 46}, {30, 74}, {12, 78}}},
    {8, {9, 9}, {{0, 50}, {8, 28}, {24, 22}, {40, 30}, {46, 50}, {40, 70}, {24, 78}, {8, 72},
        {0, 50}, {46, 50}, {54, 24}, {73, 14}, {92, 24}, {100, 50}, {92, 76}, {73, 86}, {54, 76},
        {46, 50}}},
    {8, {13, 0}, {{12, 74}, {0, 50}, {12, 26}, {34, 32}, {50, 52}, {70, 74}, {92, 70}, {100, 46},
        {90, 24}, {70, 26}, {50, 48}, {30, 72}, {12, 74}}},
    {8, {12, 0}, {{8, 88}, {0, 52}, {16, 24}, {38, 34}, {56, 58}, {80, 68}, {100, 48}, {92, 28},
        {74, 26}, {52, 46}, {30, 76}, {14, 92}}},
    // 9: straight tail; curved tail; hooked tail; tail begun at the ring
    {9, {11, 0}, {{14, 80}, {0, 48}, {14, 18}, {34, 12}, {46, 32}, {38, 62}, {14, 80}, {14, 80},
        {40, 78}, {70, 74}, {100, 70}}},
    {9, {10, 0}, {{10, 76}, {2, 46}, {20, 18}, {42, 22}, {44, 50}, {22, 76}, {8, 78}, {44, 76},
        {78, 60}, {100, 38}}},
    {9, {11, 0}, {{14, 80}, {0, 50}, {12, 22}, {34, 18}, {46, 42}, {36, 70}, {14, 80}, {50, 82},
        {84, 74}, {100, 46}, {88, 18}}},
    {9, {11, 0}, {{18, 70}, {4, 52}, {16, 30}, {34, 24}, {44, 38}, {36, 58}, {18, 70}, {18, 70},
        {44, 66}, {72, 62}, {100, 60}}},
    {9, {10, 0}, {{4, 78}, {4, 40}, {24, 16}, {42, 28}, {34, 58}, {12, 78}, {12, 78}, {42, 72},
        {72, 62}, {100, 54}}},
    {9, {8, 3}, {{8, 74}, {0, 44}, {20, 14}, {42, 16}, {46, 44}, {32, 68}, {10, 78}, {6, 74},
        {8, 78}, {50, 70}, {100, 62}}},
};
enum { SKELETONS = sizeof skeletons / sizeof *skeletons };

// A line of the pen
struct point { double x, y; };   // row and column

struct line { int count, second; struct point at[POINTS * PIECES]; };   // second: of a stroke

static int joined(const struct line *l, int i)   // whether the pen went from point i to point i + 1
{
    return i + 1 < l->count && i + 1 != l->second;
}

// Displace the points
static const struct skeleton *choose(struct random *r, int digit)
{
    const struct skeleton *way[SKELETONS];
    int ways = 0;
    for (int i = 0; i < SKELETONS; i++)
        if (skeletons[i].digit == digit)
            way[ways++] = &skeletons[i];
    return way[(int)(random_uniform(r) * ways)];
}

// The skeleton's points, in a box of height 1 around (0, 0).
static void displace(struct random *r, const struct skeleton *s, struct point at[POINTS])
{
    const double jitter = 0.06;
    for (int i = 0; i < s->length[0] + s->length[1]; i++) {
        if (i > 0 && !memcmp(s->at[i], s->at[i - 1], sizeof s->at[i])) {
            at[i] = at[i - 1];
            continue;
        }
        at[i].y = s->at[i][1] / 100.0 - 0.5 + jitter * random_normal(r);
        at[i].x = s->at[i][0] / 100.0 - 0.5 + jitter * random_normal(r);
    }
}

// Smooth curve
static double catmull_rom(double a, double b, double c, double d, double t)
{
    double slope = c - a, bend = 2 * a - 5 * b + 4 * c - d, twist = 3 * b - a - 3 * c + d;
    return b + 0.5 * t * (slope + t * (bend + t * twist));
}

// A curve through n points of one stroke, which is added to the line.
static void draw_stroke(struct line *l, int n, const struct point at[n])
{
    for (int i = 0; i + 1 < n; i++) {
        struct point b = at[i], a = i > 0 ? at[i - 1] : b;
        struct point c = at[i + 1], d = i + 2 < n ? at[i + 2] : c;
        if (b.x == c.x && b.y == c.y)   // the two halves of a corner
            continue;
        for (int k = 0; k < PIECES; k++) {
            double t = (double)k / PIECES;
            struct point *next = &l->at[l->count++];
            next->x = catmull_rom(a.x, b.x, c.x, d.x, t);
            next->y = catmull_rom(a.y, b.y, c.y, d.y, t);
        }
    }
    l->at[l->count++] = at[n - 1];
}

static struct line write_digit(struct random *r, int digit)
{
    const struct skeleton *s = choose(r, digit);
    struct point at[POINTS];
    struct line l = {0};
    displace(r, s, at);
    draw_stroke(&l, s->length[0], at);
    l.second = l.count;
    if (s->length[1])
        draw_stroke(&l, s->length[1], at + s->length[0]);
    return l;
}

// The writer's hand
static double between(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x;
}

static void deform(struct random *r, struct line *l)
{
    double width = between(0.82 + 0.2 * random_normal(r), 0.4, 1.2);
    double slant = 0.15 + 0.25 * random_normal(r);
    double angle = 0.15 * random_normal(r), cosine = cos(angle), sine = sin(angle);   // radians
    double wave_y = 0.06 * random_normal(r), from_y = 6.28 * random_uniform(r);
    double wave_x = 0.06 * random_normal(r), from_x = 6.28 * random_uniform(r);
    for (int i = 0; i < l->count; i++) {
        struct point *p = &l->at[i];
        double x = p->x + wave_x * sin(5 * p->x + 2 * p->y + from_x);
        double y = width * (p->y + wave_y * sin(5 * p->x + from_y)) - slant * x;
        p->x = sine * y + cosine * x;
        p->y = cosine * y - sine * x;
    }
}

// Onto the picture
static double longer_side(const struct line *l)
{
    struct point low = l->at[0], high = low;
    for (int i = 0; i < l->count; i++) {
        low = (struct point){fmin(low.x, l->at[i].x), fmin(low.y, l->at[i].y)};
        high = (struct point){fmax(high.x, l->at[i].x), fmax(high.y, l->at[i].y)};
    }
    return fmax(high.x - low.x, high.y - low.y);
}

static struct point centre_of_mass(const struct line *l)
{
    struct point sum = {0, 0};
    double mass = 0;
    for (int i = 0; i < l->count; i++)
        if (joined(l, i)) {
            struct point a = l->at[i], b = l->at[i + 1];
            double length = sqrt((b.y - a.y) * (b.y - a.y) + (b.x - a.x) * (b.x - a.x));
            sum.x += length * (a.x + b.x) / 2;
            sum.y += length * (a.y + b.y) / 2;
            mass += length;
        }
    return (struct point){sum.x / mass, sum.y / mass};
}

// Makes the digit size pixels long and puts it into the middle.
static void place(struct random *r, struct line *l, double size)
{
    double scale = size / longer_side(l);
    struct point centre = centre_of_mass(l), middle;
    middle.y = 13.5 + random_normal(r);
    middle.x = 13.5 + random_normal(r);
    for (int i = 0; i < l->count; i++) {
        l->at[i].x = scale * (l->at[i].x - centre.x) + middle.x;
        l->at[i].y = scale * (l->at[i].y - centre.y) + middle.y;
    }
}

// Distance to a piece
static double distance_squared(struct point a, struct point b, double x, double y)
{
    double to_x = b.x - a.x, to_y = b.y - a.y, along = (y - a.y) * to_y + (x - a.x) * to_x;
    double t = between(along / (to_y * to_y + to_x * to_x + 1e-12), 0, 1);   // to may be zero
    double off_x = x - a.x - t * to_x, off_y = y - a.y - t * to_y;
    return off_y * off_y + off_x * off_x;
}

// Lowers nearest[][], the square of the distance to the line, for pixels within reach of a piece.
static void come_nearer(struct point a, struct point b, double reach, double nearest[28][28])
{
    int top = (int)between(ceil(fmin(a.x, b.x) - reach), 0, 28);
    int left = (int)between(ceil(fmin(a.y, b.y) - reach), 0, 28);
    int bottom = (int)between(floor(fmax(a.x, b.x) + reach), -1, 27);
    int right = (int)between(floor(fmax(a.y, b.y) + reach), -1, 27);
    for (int x = top; x <= bottom; x++)
        for (int y = left; y <= right; y++)
            nearest[x][y] = fmin(nearest[x][y], distance_squared(a, b, x, y));
}

// Ink
// A line of 2 half pixels.
static void ink(struct random *r, const struct line *l, double half, unsigned char picture[28][28])
{
    double soft = 0.45 + 0.3 * random_uniform(r), white = 255 - 25 * random_uniform(r);
    double reach = half + soft, nearest[28][28];
    for (int x = 0; x < 28; x++)
        for (int y = 0; y < 28; y++)
            nearest[x][y] = reach * reach;
    for (int i = 0; i < l->count; i++)
        if (joined(l, i))
            come_nearer(l->at[i], l->at[i + 1], reach, nearest);
    for (int x = 0; x < 28; x++)
        for (int y = 0; y < 28; y++) {
            double light = between((reach - sqrt(nearest[x][y])) / (2 * soft), 0, 1);
            double grain = 1 - 0.12 * random_uniform(r);
            picture[x][y] = (unsigned char)(white * grain * light);
        }
}

static void draw_digit(struct random *r, int digit, unsigned char picture[28][28])
{
    double half = between(1.35 + 0.4 * random_normal(r), 0.6, 2.4), size = 20 + random_normal(r);
    struct line l = write_digit(r, digit);
    deform(r, &l);
    place(r, &l, size - 2 * half);
    ink(r, &l, half, picture);
}

// Write idx files
static struct output create_idx(const char *folder, const char *part, const char *kind,
                                int dimensions, int count)
{
    char path[3000];
    snprintf(path, sizeof path, "%s/%s-%s-idx%d-ubyte", folder, part, kind, dimensions);
    struct output o = create(path);
    const unsigned char head[16] = {0, 0, 8, dimensions, 0, count >> 16, count >> 8 & 255,
                                    count & 255, [11] = 28, [15] = 28};
    fwrite(head, 1, 4 + 4 * dimensions, o.file);
    return o;
}

static void draw_set(const char *folder, const char *part, unsigned long long seed, int count)
{
    struct random random = {seed};
    struct output pictures = create_idx(folder, part, "images", 3, count);
    struct output labels = create_idx(folder, part, "labels", 1, count);
    for (int i = 0; i < count; i++) {
        unsigned char picture[28][28];
        draw_digit(&random, i % 10, picture);
        fwrite(picture, 1, sizeof picture, pictures.file);
        fputc(i % 10, labels.file);
    }
    complete(&pictures);
    complete(&labels);
}

int main(int count, char **arguments)
{
    static const char *out = "build/drawn";
    static double seed = 1, digits = 20000;
    static const struct option options[] = {
        {"--out", "DIR", "where to write the four files (build/drawn)", &out, NULL, 0, 0},
        {"--seed", "N", "seed of all random numbers (1)", NULL, &seed, 0, 1e15},
        {"--count", "N", "for training (20000); a tenth for the test", NULL, &digits, 10, 1e6},
        {0},
    };
    (void)count;
    start("draw", "Draws digits and writes them as four files of MNIST's form.");
    read_options(options, arguments);
    if (mkdir(out, 0777) && errno != EEXIST)
        give_up("%s: cannot make this folder: %s", out, strerror(errno));
    draw_set(out, "train", (unsigned long long)seed, (int)digits);
    draw_set(out, "t10k", (unsigned long long)seed + 1000003, (int)digits / 10);
    printf("%s: drew %.0f digits for training and a tenth as many for the test\n", out, digits);
    return finish();
}

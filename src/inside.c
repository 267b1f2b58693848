// Tangled from chapters/10-looking-inside.md [73fc0c705cf9]: edit there, or here and make stitch
//
// Writes what a trained network looks like inside, as tables that the figures are drawn from.
// It is the trainer with another beginning:
//
//     cc -std=gnu11 -O3 -march=native -fno-math-errno -Wno-psabi inside.c -o inside -pthread -lm

#define main trainer_main
#include "mnist.c"
#undef main

// Gradient descent (G12)
// One step of theta[n] against the gradient g[n].
void gradient_descent(int n, weight rate, const weight g[n], weight theta[n])
{
    for (int i = 0; i < n; i++)
        theta[i] -= rate * g[i];
}

// Load
static void load_parameters(const char *path, struct parameters *p, struct scale *scale)
{
    enum { MOST = 100 << 20 };   // bytes: the format allows for long headers
    struct bytes file = read_file(path, MOST, "; 'make train' makes a file of parameters");
    float *number = allocate(NUMBERS, sizeof *number);
    if (!parse_tensors(file, TENSORS, tensors, number))
        give_up("%s: %s", path, complaint);
    for (int i = 0; i < PARAMETERS; i++)
        ((weight *)p)[i] = number[i];
    *scale = (struct scale){number[PARAMETERS], number[PARAMETERS + 1]};
    if (scale->deviation <= 0)
        give_up("%s: the input's deviation is %g, expected more than 0", path, scale->deviation);
    free(number), free(file.at);
}

// Places
static struct places { const char *load, *data, *out; } places = {
    "mnist.safetensors", "data", "figures/data"
};

static const struct option place_options[] = {
    {"--load", "FILE", "parameters of a trained network", &places.load, NULL, 0, 0},
    {"--data", "DIR", "folder of the four unpacked idx files (data)", &places.data, NULL, 0, 0},
    {"--out", "DIR", "folder for the tables (figures/data)", &places.out, NULL, 0, 0},
    {0},
};

// A data file
static struct output create_table(const struct places *p, const char *name, const char *columns)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", p->out, name);
    struct output o = create(path);
    fprintf(o.file, "# build/inside --load %s --data %s\n%s\n", p->load, p->data, columns);
    return o;
}

static void complete_table(struct output *o)
{
    complete(o);
    printf("wrote %s\n", o->path);
}

// C channels of X rows: a line a row, which begins with the array's name, the channel and the row.
static void write_rows(const struct output *o, const char *name, int C, int X, int Y,
                       const double a[C][X][Y])
{
    for (int c = 0; c < C; c++)
        for (int x = 0; x < X; x++) {
            fprintf(o->file, "%s,%d,%d", name, c, x);
            for (int y = 0; y < Y; y++)
                fprintf(o->file, ",%.3g", a[c][x][y]);
            fputc('\n', o->file);
        }
}

// Write arrays
static void write_weights(const struct output *o, const char *name, int C, int X, int Y,
                          const weight *w)
{
    double *copy = allocate(C * X * Y, sizeof *copy);
    for (int i = 0; i < C * X * Y; i++)
        copy[i] = creal(w[i]);
    write_rows(o, name, C, X, Y, (void *)copy);
    free(copy);
}

static double of_first(const real *a)   // the number of a group's first sample
{
    real copy = *a;
    return creal(*sample(&copy, 0));
}

static void write_sample(const struct output *o, const char *name, int C, int X, int Y,
                         const real *a)
{
    double *copy = allocate(C * X * Y, sizeof *copy);
    for (int i = 0; i < C * X * Y; i++)
        copy[i] = of_first(&a[i]);
    write_rows(o, name, C, X, Y, (void *)copy);
    free(copy);
}

// Write the filters
static void write_filters(const struct places *place, const struct parameters *p)
{
    struct output o = create_table(place, "filters.csv", "array,filter,row,numbers");
    write_weights(&o, "w1", 8, 5, 5, (const weight *)p->w1);
    write_weights(&o, "w2", 64, 5, 5, (const weight *)p->w2);   // number 8 c + c_: of c at c_
    complete_table(&o);
}

// Write the activations
enum { SHOWN = 1 };   // a two: the test picture of that number

static void write_activations(const struct places *place, const struct group *g)
{
    struct output o = create_table(place, "activations.csv", "array,channel,row,numbers");
    write_sample(&o, "a0", 1, 28, 28, (const real *)g->a0);
    write_sample(&o, "a1", 8, 24, 24, (const real *)g->a1);
    write_sample(&o, "a2", 8, 20, 20, (const real *)g->a2);
    write_sample(&o, "a3", 8, 10, 10, (const real *)g->a3);
    write_sample(&o, "a4", 1, 1, 128, g->a4);
    write_sample(&o, "a5", 1, 1, 10, g->a5);
    complete_table(&o);
}

// Correlation and convolution of a digit
// How much a kernel differs from itself flipped, as a part of its own size: 0 for a symmetric one,
// 4 for an antisymmetric one.
static double asymmetry(const weight k[5][5])
{
    double difference = 0, size = 0;
    for (int x_ = 0; x_ < 5; x_++)
        for (int y_ = 0; y_ < 5; y_++) {
            difference += pow(creal(k[x_][y_] - k[4 - x_][4 - y_]), 2);
            size += pow(creal(k[x_][y_]), 2);
        }
    return difference / size;
}

static int least_symmetric(const struct parameters *p)
{
    int c = 0;
    for (int other = 1; other < 8; other++)
        if (asymmetry(p->w1[other][0]) > asymmetry(p->w1[c][0]))
            c = other;
    return c;
}

static void write_correlation(const struct places *place, const struct parameters *p,
                              const struct group *g)
{
    const struct convolution one = {1, 1, 24, 24, 28, 28, 5, 5, 1, 1, 0, 0};
    int c = least_symmetric(p);
    weight flipped[1][1][5][5], none[1] = {0};
    for (int x_ = 0; x_ < 5; x_++)
        for (int y_ = 0; y_ < 5; y_++)
            flipped[0][0][x_][y_] = p->w1[c][0][4 - x_][4 - y_];
    real (*z)[24][24] = allocate(24 * 24, sizeof(real));
    struct output o = create_table(place, "correlation.csv", "array,filter,row,numbers");
    write_sample(&o, "picture", 1, 28, 28, (const real *)g->a0);
    write_weights(&o, "kernel", 1, 5, 5, (const weight *)p->w1[c]);
    convolution_forward(one, &p->w1[c], none, g->a0, z);
    write_sample(&o, "correlation", 1, 24, 24, (const real *)z);
    convolution_forward(one, flipped, none, g->a0, z);
    write_sample(&o, "convolution", 1, 24, 24, (const real *)z);
    complete_table(&o);
    free(z);
}

// Look at the whole test
struct seen { int table[10][10], fired[128]; long zeros[3]; };

static long zeros(int n, const real a[n], int count)   // in the first samples of a group
{
    long found = 0;
    for (int i = 0; i < n; i++) {
        real copy = a[i];
        for (int lane = 0; lane < count; lane++)
            found += creal(*sample(&copy, lane)) == 0;
    }
    return found;
}

static void write_wrong(const struct output *o, const struct data *d, int picture, int read,
                        double probability)
{
    fprintf(o->file, "%d,%d,%d,%.4f,", picture, d->label[picture], read, probability);
    for (int i = 0; i < 28 * 28; i++)
        fprintf(o->file, "%x", ((const unsigned char *)d->picture[picture])[i] >> 4);
    fputc('\n', o->file);
}

// Samples first to first + count of the test, which the group has just seen.
static void look(struct seen *s, const struct output *wrong, const struct data *d, struct group *g,
                 int first, int count)
{
    s->zeros[0] += zeros(8 * 24 * 24, (const real *)g->a1, count);
    s->zeros[1] += zeros(8 * 20 * 20, (const real *)g->a2, count);
    s->zeros[2] += zeros(128, g->a4, count);
    for (int c = 0; c < 128; c++)
        s->fired[c] += count - (int)zeros(1, &g->a4[c], count);
    for (int n = 0; n < count; n++) {
        int shown = d->label[first + n], read = answer(g, n);
        s->table[shown][read]++;
        if (read != shown)
            write_wrong(wrong, d, first + n, read, creal(*sample(&g->a5[read], n)));
    }
}

static void tell(const struct seen *s, int pictures)
{
    int never = 0, right = 0;
    for (int c = 0; c < 128; c++)
        never += s->fired[c] == 0;
    for (int c = 0; c < 10; c++)
        right += s->table[c][c];
    const int numbers[3] = {8 * 24 * 24, 8 * 20 * 20, 128};
    double part[3];
    for (int k = 0; k < 3; k++)
        part[k] = 100.0 * s->zeros[k] / numbers[k] / pictures;
    printf("%d of %d right; of a1 %.0f %%, of a2 %.0f %% and of a4 %.0f %% are zero; "
           "%d of 128 neurons never fire\n", right, pictures, part[0], part[1], part[2], never);
}

static void write_table(const struct places *place, const struct seen *s)
{
    struct output o = create_table(place, "confusion.csv", "shown,0,1,2,3,4,5,6,7,8,9");
    for (int shown = 0; shown < 10; shown++) {
        fprintf(o.file, "%d", shown);
        for (int read = 0; read < 10; read++)
            fprintf(o.file, ",%d", s->table[shown][read]);
        fputc('\n', o.file);
    }
    complete_table(&o);
}

static void write_test(const struct places *place, const struct parameters *p, struct group *g,
                       const struct data *d, const weight value[256])
{
    struct seen s = {0};
    struct output wrong = create_table(place, "wrong.csv", "picture,shown,read,probability,pixels");
    for (int first = 0; first < d->count; first += SAMPLES) {
        int order[SAMPLES], count = smaller(SAMPLES, d->count - first);
        for (int n = 0; n < count; n++)
            order[n] = first + n;
        fill(g, d, count, order, value);
        network_forward(p, g);
        look(&s, &wrong, d, g, first, count);
    }
    complete_table(&wrong);
    write_table(place, &s);
    tell(&s, d->count);
}

// The plane
enum { PICTURES = 1024, GRID = 49 };

struct plane {
    const struct parameters *middle;      // the trained network
    struct parameters u, v;               // to the untrained one; a random direction
    struct parameters here, slope;        // room for a point and a group's gradient
    const struct data *data;
    const weight *value;
    struct group *group;
};

static void set_directions(struct plane *q)
{
    struct random random = {1};   // the trainer's seed: the same first weights
    initialise(&q->u, &random);
    for (int i = 0; i < PARAMETERS; i++) {
        weight theta = ((const weight *)q->middle)[i];
        ((weight *)&q->u)[i] -= theta;
        ((weight *)&q->v)[i] = random_normal(&random) * theta;
    }
}

// Moves to the place with these two coordinates.
static void go(struct plane *q, const weight at[2])
{
    const weight *middle = (const weight *)q->middle, *u = (weight *)&q->u, *v = (weight *)&q->v;
    for (int i = 0; i < PARAMETERS; i++)
        ((weight *)&q->here)[i] = middle[i] + at[0] * u[i] + at[1] * v[i];
}

// Inner product
static double product(const struct parameters *p, const struct parameters *q)
{
    double sum = 0;
    for (int i = 0; i < PARAMETERS; i++)
        sum += creal(((const weight *)p)[i] * ((const weight *)q)[i]);
    return sum;
}

// Cost and slope in the plane
// The cost of the first training pictures at this place, and where wanted its slopes along u and v.
static double cost(struct plane *q, const weight at[2], weight slope[2])
{
    double loss = 0, along[2] = {0};
    go(q, at);
    for (int first = 0; first < PICTURES; first += SAMPLES) {
        int order[SAMPLES];
        for (int n = 0; n < SAMPLES; n++)
            order[n] = first + n;
        fill(q->group, q->data, SAMPLES, order, q->value);
        network_forward(&q->here, q->group);
        loss += creal(total(q->group->loss));
        if (!slope)
            continue;
        network_backward(&q->here, q->group, &q->slope);
        along[0] += product(&q->slope, &q->u);
        along[1] += product(&q->slope, &q->v);
    }
    for (int k = 0; k < 2 && slope; k++)
        slope[k] = along[k] / PICTURES;
    return loss / PICTURES;
}

// Write the plane
static void write_plane(const struct places *place, struct plane *q)
{
    struct output o = create_table(place, "plane.csv", "u,v,cost");
    for (int i = 0; i < GRID; i++)
        for (int k = 0; k < GRID; k++) {
            double u = -0.5 + 2.0 * i / (GRID - 1), v = -1.25 + 2.5 * k / (GRID - 1);
            fprintf(o.file, "%.4f,%.4f,%.4g\n", u, v, cost(q, (weight[]){u, v}, NULL));
        }
    complete_table(&o);
}

static void write_descent(const struct places *place, struct plane *q)
{
    static const double begin[][2] = {{1, 0}, {0.9, 1.1}, {0.6, -1.1}, {-0.4, 1.1}};
    struct output o = create_table(place, "descent.csv", "path,step,u,v,cost");
    for (int path = 0; path < 4; path++) {
        weight at[2] = {begin[path][0], begin[path][1]}, slope[2];
        for (int step = 0; step <= 60; step++) {
            double here = cost(q, at, slope);
            double u = creal(at[0]), v = creal(at[1]);
            fprintf(o.file, "%d,%d,%.4f,%.4f,%.4g\n", path, step, u, v, here);
            gradient_descent(2, 0.01, slope, at);
        }
    }
    complete_table(&o);
}

// Look inside
static void look_inside(const struct places *place, const struct parameters *p,
                        const struct scale *scale)
{
    static struct data unseen, training;
    unseen = load(place->data, "t10k");
    training = load(place->data, "train");
    if (unseen.count <= SHOWN || training.count < PICTURES)
        give_up("%s: expected at least %d training pictures and %d others", place->data, PICTURES,
                SHOWN + 1);
    struct group *g = allocate(1, sizeof *g);
    struct plane *q = allocate(1, sizeof *q);
    weight value[256];
    standard_values(scale, value);
    write_filters(place, p);
    fill(g, &unseen, 1, (int[]){SHOWN}, value);
    network_forward(p, g);
    write_activations(place, g);
    write_correlation(place, p, g);
    write_test(place, p, g, &unseen, value);
    q->middle = p, q->data = &training, q->value = value, q->group = g;
    set_directions(q);
    write_plane(place, q);
    write_descent(place, q);
    free(q), free(g);
}

int main(int count, char **arguments)
{
    (void)count;
    start("inside", "Writes what a trained network looks like inside, as tables.");
    read_options(place_options, arguments);
    struct parameters *p = allocate(1, sizeof *p);
    struct scale scale;
    load_parameters(places.load, p, &scale);
    look_inside(&places, p, &scale);
    free(p);
    return finish();
}

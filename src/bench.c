// Tangled from chapters/9-why-it-is-fast.md [3cb998e1a3ef]: edit there, or here and make stitch
//
// How fast each part of the trainer is. It is the trainer with another beginning:
//
//     cc -std=gnu11 -O3 -march=native -fno-math-errno -Wno-psabi bench.c -o bench -pthread -lm

#define main trainer_main
#include "mnist.c"
#undef main

// Median
// Of an odd number of measurements: the median, the least and the most.
struct span { double median, least, most; };

enum { RUNS = 25 };

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static struct span span(double run[RUNS])
{
    qsort(run, RUNS, sizeof *run, by_size);
    return (struct span){run[RUNS / 2], run[0], run[RUNS - 1]};
}

// Seconds for which this thread has had a processor.
static double worked(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec + 1e-9 * t.tv_nsec;
}

// Sums that don't wait for each other
enum { CHAINS = 12, LINKS = 50000 };

// GFLOP/s of so many running sums side by side: a multiplication and an addition are two.
__attribute__((always_inline))
static inline struct span rate_of(int sums, real factor, real addend, real chain[sums])
{
    double run[RUNS];
    for (int r = 0; r < RUNS; r++) {
        real s[CHAINS];
        double since = worked();
        for (int i = 0; i < sums; i++)
            s[i] = chain[i];
        for (int k = 0; k < LINKS; k++)
            for (int i = 0; i < sums; i++)
                s[i] = s[i] * factor + addend;
        for (int i = 0; i < sums; i++)
            chain[i] = s[i];
        run[r] = 2e-9 * SAMPLES * sums * LINKS / (worked() - since);
    }
    return span(run);
}

#define RATE __attribute__((noinline)) static struct span
RATE one_sum(real factor, real addend, real *chain) { return rate_of(1, factor, addend, chain); }
RATE peak(real factor, real addend, real *chain) { return rate_of(CHAINS, factor, addend, chain); }

// Speed of memory
// GB/s of a sum over so many bytes, which stay in the nearest memory that has room for them.
__attribute__((noinline))
static struct span bandwidth(size_t bytes, const real memory[], real chain[CHAINS])
{
    enum { SUMS = 8 };
    double run[RUNS];
    size_t times = bytes < 1 << 24 ? ((size_t)1 << 24) / bytes : 1;   // at least 16 MiB in all
    for (int r = 0; r < RUNS; r++) {
        real s[SUMS] = {0};
        double since = worked();
        for (size_t t = 0; t < times; t++)
            for (size_t k = 0; k + SUMS <= bytes / sizeof(real); k += SUMS)
                for (int i = 0; i < SUMS; i++)
                    s[i] += memory[k + i];
        run[r] = 1e-9 * times * bytes / (worked() - since);
        for (int i = 0; i < SUMS; i++)
            chain[i] += s[i];
    }
    return span(run);
}

// The parts
static struct training training;
static struct team team = {.threads = 1, .subject = &training};
static struct worker alone = {.team = &team};
static struct parameters *p, *gradient;
static struct group *g;
static int group;                   // its number in the batch

enum { F = FILTERS, BATCH = 32, PICTURES = 2048 };
#define FLAT(array) ((real *)(array))

#define PART __attribute__((flatten, noinline)) static void
PART data(void)
{
    fill(g, training.data, SAMPLES, training.order + group * SAMPLES, training.value);
}

PART conv1_z(void) { convolution_forward(conv1, p->w1, p->b1, g->a0, g->a1); }
PART relu1(void) { relu_forward(F * 576, FLAT(g->a1), FLAT(g->a1)); }
PART conv2_z(void) { convolution_forward(conv2, p->w2, p->b2, g->a1, g->a2); }
PART relu2(void) { relu_forward(F * 400, FLAT(g->a2), FLAT(g->a2)); }
PART pool_a(void) { max_pooling_forward(pool, g->a2, g->a3); }
PART dense1_z(void) { fully_connected_forward(dense1, p->w3, p->b3, FLAT(g->a3), g->a4); }
PART relu3(void) { relu_forward(128, g->a4, g->a4); }
PART dense2_z(void) { fully_connected_forward(dense2, p->w4, p->b4, g->a4, g->z5); }
PART loss(void) { g->loss = softmax_cross_entropy(10, g->y, g->z5, g->a5); }
PART loss_dz(void) { softmax_cross_entropy_dz(10, g->y, g->a5, g->dz5); }
PART dense2_da(void) { fully_connected_da(dense2, p->w4, g->dz5, g->da4); }
PART dense2_dw(void) { fully_connected_dw(dense2, g->a4, g->dz5, gradient[group].w4); }
PART dense2_db(void) { fully_connected_db(dense2, g->dz5, gradient[group].b4); }
PART relu3_dz(void) { relu_backward(128, g->a4, g->da4, g->da4); }
PART dense1_da(void) { fully_connected_da(dense1, p->w3, g->da4, FLAT(g->da3)); }
PART dense1_dw(void) { fully_connected_dw(dense1, FLAT(g->a3), g->da4, gradient[group].w3); }
PART dense1_db(void) { fully_connected_db(dense1, g->da4, gradient[group].b3); }
PART pool_da(void) { max_pooling_backward(pool, g->a2, g->a3, g->da3, g->da2); }
PART relu2_dz(void) { relu_backward(F * 400, FLAT(g->a2), FLAT(g->da2), FLAT(g->da2)); }
PART conv2_da(void) { convolution_da(conv2, p->w2, g->da2, g->da1); }
PART conv2_dw(void) { convolution_dw(conv2, g->a1, g->da2, gradient[group].w2); }
PART conv2_db(void) { convolution_db(conv2, g->da2, gradient[group].b2); }
PART relu1_dz(void) { relu_backward(F * 576, FLAT(g->a1), FLAT(g->da1), FLAT(g->da1)); }
PART conv1_dw(void) { convolution_dw(conv1, g->a0, g->da1, gradient[group].w1); }
PART conv1_db(void) { convolution_db(conv1, g->da1, gradient[group].b1); }
PART adam_step(void) { update(&alone, (struct batch){.count = BATCH, .rate = 0.001}); }

// The table of parts
enum { CONV1 = F * 25 * 576, CONV2 = F * F * 25 * 400, DENSE1 = 128 * 100 * F, DENSE2 = 10 * 128 };
static const double MULTIPLY_ADDS = 2.0 * CONV1 + 3.0 * CONV2 + 3.0 * DENSE1 + 3.0 * DENSE2;

static const struct part {
    const char *name;
    double operations;   // a sample; a multiplication and an addition are two
    void (*run)(void);
} part[] = {
    {"data", 0, data},
    {"(7) conv 1", 2.0 * CONV1, conv1_z}, {"relu 1", F * 576, relu1},
    {"(7) conv 2", 2.0 * CONV2, conv2_z}, {"relu 2", F * 400, relu2}, {"pool", F * 300, pool_a},
    {"(1) dense 1", 2.0 * DENSE1, dense1_z}, {"relu 3", 128, relu3},
    {"(1) dense 2", 2.0 * DENSE2, dense2_z}, {"loss", 40, loss}, {"loss dz", 10, loss_dz},
    {"(2) dense 2", 2.0 * DENSE2, dense2_da}, {"(3) dense 2", 2.0 * DENSE2, dense2_dw},
    {"(4) dense 2", 10, dense2_db}, {"relu 3 dz", 128, relu3_dz},
    {"(2) dense 1", 2.0 * DENSE1, dense1_da}, {"(3) dense 1", 2.0 * DENSE1, dense1_dw},
    {"(4) dense 1", 128, dense1_db},
    {"pool da", F * 2400, pool_da}, {"relu 2 dz", F * 400, relu2_dz},
    {"(8) conv 2", 2.0 * CONV2, conv2_da}, {"(9) conv 2", 2.0 * CONV2, conv2_dw},
    {"(10) conv 2", F * 400, conv2_db}, {"relu 1 dz", F * 576, relu1_dz},
    {"(9) conv 1", 2.0 * CONV1, conv1_dw}, {"(10) conv 1", F * 576, conv1_db},
    {"Adam", 15.0 * PARAMETERS / BATCH, adam_step},
};
enum { PARTS = sizeof part / sizeof *part };

// Time the parts
static void time_batch(double seconds[PARTS])   // adds each part's seconds
{
    for (group = 0; group * SAMPLES < BATCH; group++)
        for (int k = 0; k < PARTS; k++)
            if (k < PARTS - 1 || (group + 1) * SAMPLES == BATCH) {   // Adam: once a batch
                double since = worked();
                part[k].run();
                seconds[k] += worked() - since;
            }
}

// Seconds a sample of each part; the last entry sums them up.
static void time_parts(struct span each[PARTS + 1])
{
    double run[PARTS][RUNS] = {{0}};
    for (int r = 0; r < RUNS; r++) {
        double seconds[PARTS] = {0};
        time_batch(seconds);
        for (int k = 0; k < PARTS; k++)
            run[k][r] = seconds[k] / BATCH;
    }
    each[PARTS] = (struct span){0};
    for (int k = 0; k < PARTS; k++) {
        each[k] = span(run[k]);
        each[PARTS].median += each[k].median;
        each[PARTS].least += each[k].least;
        each[PARTS].most += each[k].most;
    }
}

// The same gradient
// The parts one by one must give the trainer's gradient, to the last bit or nearly.
static void check_gradient(void)
{
    struct parameters *expected = allocate(1, sizeof *expected);
    double worst = 0, most = 0;
    group = 0;
    data();
    network_forward(p, g);
    network_backward(p, g, expected);
    for (int k = 0; k < PARTS - 1; k++)
        part[k].run();
    for (int i = 0; i < PARAMETERS; i++) {
        double x = creal(((const weight *)expected)[i]), y = creal(((const weight *)gradient)[i]);
        most = fmax(most, fabs(x));
        worst = fmax(worst, fabs(x - y));
    }
    if (!(worst <= (sizeof(weight) == 4 ? 1e-5 : 1e-12) * most))
        give_up("the parts have another gradient than the trainer: off by %g of %g", worst, most);
    free(expected);
}

// Time a step
static double step_run[RUNS];   // seconds a sample

// The trainer's loop, some steps at a time, when all threads are warm.
// Waiting is part of a team's time.
static void *time_on_thread(void *worker)
{
    enum { SAMPLES_A_RUN = 80 / FILTERS * BATCH, COLD = 5 };
    struct worker *me = worker;
    int steps = training.size < SAMPLES_A_RUN ? SAMPLES_A_RUN / training.size : 1;
    double (*seconds)(void) = me->team->threads > 1 ? now : worked;
    struct group *own = allocate(1, sizeof *own);
    for (int r = -COLD; r < RUNS; r++) {
        double since = seconds();
        for (int k = 0; k < steps; k++) {
            struct batch b = batch(&training, k);
            differentiate(me, b, own);
            meet(me->team);
            update(me, b);
            meet(me->team);
        }
        if (me->number == 0 && r >= 0)
            step_run[r] = (seconds() - since) / (steps * training.size);
    }
    free(own);
    return NULL;
}

static struct span time_step(int threads)   // seconds a sample
{
    together(threads, time_on_thread, &training);
    return span(step_run);
}

// Seconds a sample of reading alone, as the test does it.
static struct span time_reading(int threads)
{
    const struct data *d = training.data;
    struct examination e = {d, p, .score = allocate(d->count, sizeof *e.score)};
    double run[RUNS];
    memcpy(e.value, training.value, sizeof e.value);
    for (int r = 0; r < RUNS; r++) {
        double since = now();
        together(threads, examine, &e);
        run[r] = (now() - since) / d->count;
    }
    free(e.score);
    return span(run);
}

// Seconds of another build
static void write_seconds(void)   // of each part and of all
{
    struct span each[PARTS + 1];
    time_parts(each);
    for (int k = 0; k <= PARTS; k++)
        printf("%.9g\n", each[k].median);
}

static void read_seconds(const char *path, double seconds[PARTS + 1])
{
    FILE *file = fopen(path, "r");
    for (int k = 0; k <= PARTS; k++)
        if (!file || fscanf(file, "%lf", &seconds[k]) != 1)
            give_up("%s: expected %d numbers: bench-plain --seconds", path, PARTS + 1);
    fclose(file);
}

// Print the measurements
static void print_machine(struct span most, struct span one)
{
    size_t kib[] = {32, 512, 8 << 10, 128 << 10};
    real chain[CHAINS], *memory = allocate(1, 1 << 27);
    for (int i = 0; i < CHAINS; i++)
        chain[i] = same(0);
    printf("peak %.1f GFLOP/s (%.1f to %.1f); one sum alone %.1f (%.1f to %.1f)\nreading",
           most.median, most.least, most.most, one.median, one.least, one.most);
    for (int k = 0; k < 4; k++) {
        struct span b = bandwidth(kib[k] << 10, memory, chain);
        printf("%s %zu KiB %.0f GB/s (%.0f to %.0f)", k ? "," : "", kib[k],
               b.median, b.least, b.most);
    }
    printf("\n");
    free(memory);
}

static void print_parts(const double plain[PARTS + 1], const double scalar[PARTS + 1], double most)
{
    struct span fast[PARTS + 1];
    time_parts(fast);
    printf("lanes : double %4.1f, fast : plain %4.1f, both together %.0f\n\n",
           scalar[PARTS] / plain[PARTS], plain[PARTS] / fast[PARTS].median,
           scalar[PARTS] / fast[PARTS].median);
    printf("            share  us a sample  (least   most)  Gop/s | of the peak, plain | "
           "fast : plain | us plain, in double\n");
    for (int k = 0; k <= PARTS; k++) {
        double s = fast[k].median, operations = k < PARTS ? part[k].operations : 2 * MULTIPLY_ADDS;
        printf("%-11s %4.1f %%  %11.3f  (%6.3f %6.3f)  %5.1f |  "
               "%7.0f %%  %5.0f %% | %12.1f | %8.3f  %9.2f\n", k < PARTS ? part[k].name : "all",
               100 * s / fast[PARTS].median, 1e6 * s, 1e6 * fast[k].least,
               1e6 * fast[k].most, 1e-9 * operations / s,
               1e-7 * operations / s / most, 1e-7 * operations / plain[k] / most,
               plain[k] / s, 1e6 * plain[k], 1e6 * scalar[k]);
    }
}

// Of a sample, on so many threads; most: GFLOP/s that one of them could do.
static void print_time(int threads, double multiply_adds, struct span s, double most)
{
    double rate = 2e-9 * multiply_adds / s.median;
    printf("%d thread%s: %.2f us a sample (%.2f to %.2f), %.0f samples/s, "
           "%.2f MFLOP a sample, %.0f GFLOP/s, %.0f %% of the peak\n",
           threads, threads > 1 ? "s" : "", 1e6 * s.median, 1e6 * s.least, 1e6 * s.most,
           1 / s.median, 2e-6 * multiply_adds, rate, 100 * rate / (most * threads));
}

static void print_step(int threads, double most)
{
    printf("%2d filters, batches of %d, ", F, training.size);
    print_time(threads, MULTIPLY_ADDS, time_step(threads), most);
}

static void print_reading(int threads, double most)
{
    printf("%2d filters, reading alone, ", F);
    print_time(threads, CONV1 + CONV2 + DENSE1 + DENSE2, time_reading(threads), most);
}

static void print_all(const char *plain_path, const char *double_path,
                      struct span most, struct span one)
{
    double plain[PARTS + 1], scalar[PARTS + 1];
    read_seconds(plain_path, plain);
    read_seconds(double_path, scalar);
    print_machine(most, one);
    print_parts(plain, scalar, most.median);
    printf("\n");
    print_step(1, most.median);
    print_step(2, most.median);
}

// Prepare
// The time depends on the sizes alone, so the pictures may be noise.
static struct data noise(struct random *random, int count)
{
    struct data d = {count, allocate(count, sizeof *d.picture), allocate(count, 1)};
    for (int i = 0; i < count * 28 * 28; i++)
        ((unsigned char *)d.picture)[i] = random_bits(random) >> 56;
    for (int i = 0; i < count; i++)
        d.label[i] = random_bits(random) % 10;
    return d;
}

static void prepare(struct data *d, int batch)
{
    static const struct scale scale = {127.5, 74};   // of bytes that are noise
    static struct random random = {1};
    *d = noise(&random, PICTURES);
    p = allocate(1, sizeof *p);
    g = allocate(1, sizeof *g);
    initialise(p, &random);
    chosen.batch = batch;
    training = new_training(d, p, &scale, &random);
    gradient = training.gradient;
}

int main(int count, char **arguments)
{
    static struct data d;
    real chain[CHAINS];
    for (int i = 0; i < CHAINS; i++)
        chain[i] = same(i);
    start("bench", "Measures the trainer.");
    const char *what = count > 1 ? arguments[1] : "";
    int threads = count > 2 ? atoi(arguments[2]) : 0;
    int batch = count > 3 ? atoi(arguments[3]) : BATCH;
    prepare(&d, batch < 1 || batch > PICTURES ? BATCH : batch);
    struct span most = peak(same(0.999), same(0.001), chain);
    struct span one = one_sum(same(0.999), same(0.001), chain);
    if (!strcmp(what, "--step") && threads > 0)
        print_step(threads, most.median);
    else if (!strcmp(what, "--read") && threads > 0)
        print_reading(threads, most.median);
    else if (count == 2 && !strcmp(what, "--seconds"))
        check_gradient(), write_seconds();
    else if (count == 3 && what[0] != '-')
        check_gradient(), print_all(what, arguments[2], most, one);
    else
        give_up("usage: bench-plain --seconds >FILE; bench FILE FILE; "
                "bench --step THREADS [BATCH]; or bench --read THREADS");
    return finish();
}

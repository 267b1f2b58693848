// Tangled from chapters/8-trainer.md [7428690d70d8]: edit there, or here and make stitch
#define _GNU_SOURCE
#include <math.h>
#include <stdint.h>
#include <string.h>
#ifndef FILTERS
#define FILTERS 8
#endif

// The oracle's random numbers
static uint64_t stirred(uint64_t u, int shift, uint64_t factor)
{
    return (u ^ u >> shift) * factor;
}

// Draw k = 0, 1, ... of a seed.
static uint64_t draw(uint64_t seed, uint64_t k)
{
    uint64_t u = seed + (k + 1) * 0x9e3779b97f4a7c15;
    return stirred(stirred(stirred(u, 30, 0xbf58476d1ce4e5b9), 27, 0x94d049bb133111eb), 31, 1);
}

static double uniform_draw(uint64_t seed, uint64_t k)
{
    return ldexp((double)(draw(seed, k) / 2048), -53);
}

static double normal_draw(uint64_t seed, uint64_t k)   // from the draws k and k + 1
{
    return sqrt(-2 * log1p(-uniform_draw(seed, k))) * cos(2 * acos(-1) * uniform_draw(seed, k + 1));
}

// The oracle's network
enum {
    F = FILTERS, LAYERS = 4,
    A0 = 0, A1 = A0 + 28 * 28, A2 = A1 + F * 24 * 24, A3 = A2 + F * 20 * 20, A4 = A3 + F * 100,
    A5 = A4 + 128, ONE = A5 + 10, ALL,   // where each layer's numbers begin
    THETA = F * 26 + F * (25 * F + 1) + 128 * (100 * F + 1) + 10 * 129,
    PRODUCTS = 576 * F * 26 + 400 * F * (25 * F + 1) + 128 * (100 * F + 1) + 10 * 129,
};

// C maps of X by X from C_ maps, with kernels of K by K; where the numbers and parameters begin.
static const struct layer { int C, C_, X, K, out, in, w, b; } layers[LAYERS] = {
    {F, 1, 24, 5, A1, A0, 0, 25 * F},
    {F, F, 20, 5, A2, A1, 26 * F, 26 * F + 25 * F * F},
    {128, F, 1, 10, A4, A3, 27 * F + 25 * F * F, 27 * F + 25 * F * F + 12800 * F},
    {10, 128, 1, 1, A5, A4, THETA - 1290, THETA - 10},
};

static struct product { int sum, number, parameter; } products[PRODUCTS];
static int behind[LAYERS];   // where the products of each layer end

static struct {   // the numbers of one sample, their slopes
    double a[ALL], da[ALL], nearest;   // nearest: how close to a kink
    int winner[F * 100];               // which number of a window is its largest
} one;

static struct product *list_kernel(const struct layer *l, int c, int c_, struct product *next)
{
    int E = l->X + l->K - 1;   // rows and columns of the previous layer
    for (int k = 0; k < l->K * l->K; k++)
        for (int i = 0; i < l->X * l->X; i++) {
            int x = i / l->X + k / l->K, y = i % l->X + k % l->K;
            *next++ = (struct product){l->out + c * l->X * l->X + i, l->in + (c_ * E + x) * E + y,
                                       l->w + (c * l->C_ + c_) * l->K * l->K + k};
        }
    return next;
}

static void list_products(void)
{
    struct product *next = products;
    for (int l = 0; l < LAYERS; l++) {
        const struct layer *of = &layers[l];
        for (int c = 0; c < of->C; c++) {
            for (int c_ = 0; c_ < of->C_; c_++)
                next = list_kernel(of, c, c_, next);
            for (int i = 0; i < of->X * of->X; i++)
                *next++ = (struct product){of->out + c * of->X * of->X + i, ONE, of->b + c};
        }
        behind[l] = (int)(next - products);
    }
}

// The oracle's forward propagation
static void come_near(double distance, double largest)
{
    if (distance < one.nearest * largest)
        one.nearest = distance / largest;
}

static double largest_of(int first, int end)
{
    double largest = 0;
    for (int i = first; i < end; i++)
        largest = fmax(largest, fabs(one.a[i]));
    return largest;
}

static void add_up(int layer, const double *theta)
{
    for (int k = layer ? behind[layer - 1] : 0; k < behind[layer]; k++)
        one.a[products[k].sum] += theta[products[k].parameter] * one.a[products[k].number];
}

static void rectify(int first, int end)
{
    double largest = largest_of(first, end);
    for (int i = first; i < end; i++) {
        come_near(fabs(one.a[i]), largest);
        one.a[i] = fmax(one.a[i], 0);
    }
}

static void pool_windows(void)
{
    double largest = largest_of(A2, A3);
    for (int i = 0; i < F * 100; i++) {
        int corner = A2 + i / 10 * 40 + i % 10 * 2, place[] = {0, 1, 20, 21};
        one.winner[i] = corner;
        for (int k = 1; k < 4; k++)
            if (one.a[corner + place[k]] > one.a[one.winner[i]])
                one.winner[i] = corner + place[k];
        double most = one.a[one.winner[i]];
        for (int k = 0; k < 4 && most > 0; k++)   // of four zeros none has a slope
            if (corner + place[k] != one.winner[i])
                come_near(most - one.a[corner + place[k]], largest);
        one.a[A3 + i] = most;
    }
}

// The sums before the softmax are one.a[A5] and behind.
static void propagate(const double *theta, const unsigned char *picture, double mean,
                      double deviation)
{
    memset(one.a, 0, sizeof one.a);
    one.a[ONE] = 1;
    for (int i = 0; i < 28 * 28; i++)
        one.a[A0 + i] = (picture[i] - mean) / deviation;
    add_up(0, theta), rectify(A1, A2);
    add_up(1, theta), rectify(A2, A3);
    pool_windows();
    add_up(2, theta), rectify(A4, A5);
    add_up(3, theta);
}

static double probability(int c)   // of digit c (22)
{
    double sum = 0;
    for (int k = 0; k < 10; k++)
        sum += exp(one.a[A5 + k] - one.a[A5 + c]);
    return 1 / sum;
}

// The oracle's backward propagation
static void scatter(int layer, const double *theta, double *slope, double *size)
{
    for (int k = layer ? behind[layer - 1] : 0; k < behind[layer]; k++) {
        struct product p = products[k];
        one.da[p.number] += theta[p.parameter] * one.da[p.sum];
        slope[p.parameter] += one.a[p.number] * one.da[p.sum];
        size[p.parameter] += fabs(one.a[p.number] * one.da[p.sum]);
    }
}

static void rectify_slopes(int first, int end)
{
    for (int i = first; i < end; i++)
        if (one.a[i] == 0)
            one.da[i] = 0;
}

// Adds a sample's slopes to slope[THETA], and the sizes of their terms to size[THETA].
static void propagate_back(const double *theta, int label, double *slope, double *size)
{
    memset(one.da, 0, sizeof one.da);
    for (int c = 0; c < 10; c++)
        one.da[A5 + c] = probability(c) - (c == label);
    scatter(3, theta, slope, size), rectify_slopes(A4, A5);
    scatter(2, theta, slope, size);
    for (int i = 0; i < F * 100; i++)
        one.da[one.winner[i]] += one.da[A3 + i];
    rectify_slopes(A2, A3), scatter(1, theta, slope, size);
    rectify_slopes(A1, A2), scatter(0, theta, slope, size);
}

// The oracle's plan
enum { MOST_SAMPLES = 100, MOST_STEPS = 40 };

struct wish { uint64_t seed; int samples, size, epochs; double rate; int constant, shipped; };
struct step { int count, sample[MOST_SAMPLES]; double rate; };

// Epoch 0, 1, ... takes the draws behind those of the weights, one for each place but the first.
static void draw_order(const struct wish *w, int epoch, int order[])
{
    uint64_t weights = THETA - (2 * F + 138);   // there are so many biases
    uint64_t next = 2 * weights + (uint64_t)epoch * (uint64_t)(w->samples - 1);
    int urn[MOST_SAMPLES];
    memcpy(urn, order, sizeof urn);
    for (int left = w->samples; left > 1; left--) {
        int drawn = (int)(draw(w->seed, next++) % (uint64_t)left);
        order[left - 1] = urn[drawn];
        urn[drawn] = urn[left - 1];
    }
    order[0] = urn[0];
}

static double rate_of(const struct wish *w, int step, int steps)
{
    double rising = steps / 10, up = (step + 1) / rising;
    double down = (steps - step) / (steps - rising);
    return w->constant ? w->rate : w->rate * (step < rising ? up : down);
}

// Returns how many steps there are.
static int plan(const struct wish *w, struct step step[MOST_STEPS])
{
    int order[MOST_SAMPLES], steps = 0;
    for (int i = 0; i < MOST_SAMPLES; i++)
        order[i] = i;
    for (int epoch = 0; epoch < w->epochs; epoch++) {
        draw_order(w, epoch, order);
        for (int i = 0; i < w->samples; i++) {
            if (i % w->size == 0)
                step[steps++].count = 0;
            struct step *s = &step[steps - 1];
            s->sample[s->count++] = order[i];
        }
    }
    for (int t = 0; t < steps; t++)
        step[t].rate = rate_of(w, t, steps);
    return steps;
}

// The oracle's steps
struct set { int count; const unsigned char (*picture)[28 * 28], *label; };

static struct oracle {
    struct wish wish;
    struct set set;
    int steps, done;   // steps: of the whole run; done: so far
    struct step step[MOST_STEPS];
    double mean, deviation, theta[THETA], slope[MOST_STEPS][THETA];
    double size[THETA];   // of the last slopes' terms
    double cost, doubt;   // of the last batch; doubt: 1 - a of the right digit, the mean
} oracle;

static void scale_pictures(struct oracle *o)   // (G11), in two passes
{
    const unsigned char *pixel = o->set.picture[0];
    int pixels = o->wish.samples * 28 * 28;
    long double sum = 0, squares = 0;
    for (int i = 0; i < pixels; i++)
        sum += pixel[i];
    for (int i = 0; i < pixels; i++)
        squares += powl(pixel[i] - sum / pixels, 2);
    o->mean = (double)(sum / pixels);
    o->deviation = (double)sqrtl(squares / pixels);
}

static void begin_oracle(struct oracle *o, struct wish w, struct set s)
{
    memset(o, 0, sizeof *o);
    o->wish = w, o->set = s;
    o->steps = plan(&o->wish, o->step);
    scale_pictures(o);
    uint64_t next = 0;
    for (int l = 0; l < LAYERS; l++)
        for (int i = layers[l].w; i < layers[l].b; i++, next += 2)
            o->theta[i] = normal_draw(w.seed, next)
                        * sqrt(2.0 / (layers[l].C_ * layers[l].K * layers[l].K));   // (G14)
}

// The mean of the batch's losses and of their slopes (G10), at the parameters as they are.
static void oracle_slopes(struct oracle *o)
{
    const struct step *s = &o->step[o->done];
    double *slope = o->slope[o->done];
    one.nearest = 1, o->cost = o->doubt = 0;
    memset(o->size, 0, sizeof o->size);
    for (int i = 0; i < s->count; i++) {
        int label = o->set.label[s->sample[i]];
        propagate(o->theta, o->set.picture[s->sample[i]], o->mean, o->deviation);
        propagate_back(o->theta, label, slope, o->size);
        o->cost -= log(probability(label)) / s->count;
        o->doubt += (1 - probability(label)) / s->count;
    }
    for (int i = 0; i < THETA; i++)
        slope[i] /= s->count, o->size[i] /= s->count;
}

static void oracle_adam(struct oracle *o)   // (G13)
{
    double weight_m[MOST_STEPS], weight_v[MOST_STEPS], all_m = 0, all_v = 0;
    for (int t = 0; t <= o->done; t++) {
        all_m += weight_m[t] = pow(0.9, o->done - t);
        all_v += weight_v[t] = pow(0.99, o->done - t);
    }
    for (int i = 0; i < THETA; i++) {
        double m = 0, v = 0;
        for (int t = 0; t <= o->done; t++) {
            m += weight_m[t] / all_m * o->slope[t][i];
            v += weight_v[t] / all_v * pow(o->slope[t][i], 2);
        }
        o->theta[i] -= o->step[o->done].rate * m / (sqrt(v) + 1e-8);
    }
}

static void oracle_shipped(struct oracle *o)   // chapter 7: both means begin anew with each batch
{
    for (int i = 0; i < THETA; i++) {
        double g = o->slope[o->done][i];
        o->theta[i] -= o->step[o->done].rate * 0.05 * g / sqrt(0.01 * g * g + 1e-7);
    }
}

static void oracle_update(struct oracle *o)
{
    if (o->wish.shipped)
        oracle_shipped(o);
    else
        oracle_adam(o);
    o->done++;
}

// The oracle's test
struct reading { int answer; double loss; };

static struct reading read_sample(const struct oracle *o, struct set s, int i)
{
    int answer = 0;
    propagate(o->theta, s.picture[i], o->mean, o->deviation);
    for (int c = 1; c < 10; c++)
        if (one.a[A5 + c] > one.a[A5 + answer])
            answer = c;
    return (struct reading){answer, -log(probability(s.label[i]))};
}

#define STUDY_MAIN study_main
#include "../src/study.c"
#undef main
#include <fcntl.h>
#include <float.h>
#include <sys/wait.h>

// Say and count
static int passed_count, failed_count;

static inline int asked(const char *variable)
{
    const char *value = getenv(variable);
    return value && *value && strcmp(value, "0");
}

static inline void say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs(asked("TAP") ? "# " : "", stdout);
    vprintf(format, arguments);
    va_end(arguments);
}

__attribute__((format(printf, 2, 3)))
static inline void result(int ok, const char *format, ...)   // of one claim, which the format tells
{
    *(ok ? &passed_count : &failed_count) += 1;
    if (asked("TAP"))
        printf("%s %d - ", ok ? "ok" : "not ok", passed_count + failed_count);
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("%s\n", asked("TAP") ? "" : ok ? "   ok" : "   FAILED");
}

static inline void expect(int condition, const char *claim)
{
    result(condition, asked("TAP") ? "%s" : "      %s", claim);
}

static inline int sum_of_results(void)   // whether any has failed
{
    if (asked("TAP"))
        printf("1..%d\n", passed_count + failed_count);
    say("%d passed, %d failed\n", passed_count, failed_count);
    return failed_count != 0;
}

// The worse of two errors
static double worse(double error, double other)
{
    return isnan(error) || error >= other ? error : other;
}

// Within rounding
#ifdef LANES
static const double of_slopes = 1.1e-5;   // 2 units of a float, times the root of 2,113 additions
static const double of_theta = 32 * FLT_EPSILON, close_to_kink = 1e-6;
#else
static const double of_slopes = 1e-12, of_theta = 1e-12, close_to_kink = 0;
#endif

// Noise for pictures
enum { TRAINED = 61, UNSEEN = 23, PICTURES = TRAINED + UNSEEN };
static unsigned char noise[PICTURES][28][28], digit[PICTURES];

static void draw_noise(uint64_t seed)
{
    unsigned char *pixel = (unsigned char *)noise;
    for (int i = 0; i < PICTURES * 28 * 28; i++) {
        unsigned char byte = draw(seed, (uint64_t)i) & 255;
        pixel[i] = i < TRAINED * 28 * 28 ? byte : 100 + byte / 2;
    }
    for (int i = 0; i < PICTURES; i++)
        digit[i] = draw(seed + 1, (uint64_t)i) % 10;
}

// Files of our own
static int kept[2];

// What is printed goes to a file, up to speak(). With VERBOSE=1 progress is shown.
static void hush(void)
{
    fflush(stdout);
    for (int k = 0; k < (asked("VERBOSE") ? 1 : 2); k++) {
        kept[k] = dup(1 + k);
        int place = open(k ? "/dev/null" : "said", O_WRONLY | O_CREAT | O_TRUNC, 0600);
        dup2(place, 1 + k);
        close(place);
    }
}

static void speak(void)
{
    fflush(stdout);
    for (int k = 0; k < (asked("VERBOSE") ? 1 : 2); k++) {
        dup2(kept[k], 1 + k);
        close(kept[k]);
    }
}

static char content[1 << 20];

static long read_whole(const char *name)   // into content, with a zero behind
{
    FILE *file = fopen(name, "rb");
    long length = file ? (long)fread(content, 1, sizeof content - 1, file) : 0;
    if (file)
        fclose(file);
    content[length] = 0;
    return length;
}

static void write_idx(const char *name, int dimensions, int count, const void *bytes)
{
    FILE *file = fopen(name, "wb");
    int length = dimensions == 3 ? 28 * 28 * count : count;
    fprintf(file, "%c%c%c%c%c%c%c%c", 0, 0, 8, dimensions, 0, 0, count / 256, count % 256);
    if (dimensions == 3)
        fprintf(file, "%c%c%c%c%c%c%c%c", 0, 0, 0, 28, 0, 0, 0, 28);
    fwrite(bytes, 1, (size_t)length, file);
    fclose(file);
}

static void write_sets(void)
{
    write_idx("train-images-idx3-ubyte", 3, TRAINED, noise);
    write_idx("train-labels-idx1-ubyte", 1, TRAINED, digit);
    write_idx("t10k-images-idx3-ubyte", 3, UNSEEN, noise + TRAINED);
    write_idx("t10k-labels-idx1-ubyte", 1, UNSEEN, digit + TRAINED);
}

// A program called as from a shell. What it prints is in the file "said". Whether it ends well.
static int ends_well(int (*program_main)(int, char **), const char *line)
{
    char words[400], *argument[40] = {NULL};
    int count = 0, status = -1;
    snprintf(words, sizeof words, "%s", line);
    for (char *word = strtok(words, " "); word; word = strtok(NULL, " "))
        argument[count++] = word;
    hush();
    pid_t child = fork();
    if (child == 0)
        exit(program_main(count, argument));
    waitpid(child, &status, 0);
    speak();
    return child > 0 && status == 0;
}

// Follow the trainer
static struct { double theta, slope, cost, rate; int kinks, steps; } gap;   // the largest so far
static struct row { long long samples; double cost, rate; } row[MOST_STEPS];
static int order[MOST_SAMPLES], used[MOST_SAMPLES], orders, uneven;
static int last_step;   // behind which the run is interrupted; -1: never

// In parts of the largest size, or of a length if that is more.
static double gap_of_array(int first, int end, const weight x[], const double y[],
                           const double size[], double most)
{
    double error = 0;
    for (int i = first; i < end; i++) {
        error = worse(error, fabs(x[i] - y[i]));
        most = fmax(most, fabs(size[i]));
    }
    return error / (most > 0 ? most : 1);
}

static double gap_of_arrays(const weight x[], const double y[], const double size[], double length)
{
    double error = 0;
    for (int l = 0; l < LAYERS; l++) {
        int w = layers[l].w, b = layers[l].b;
        error = worse(error, gap_of_array(w, b, x, y, size, length));
        error = worse(error, gap_of_array(b, b + layers[l].C, x, y, size, length));
    }
    return error;
}

// Each sample once an epoch, and not in the order of the last one.
static void look_at_order(const struct training *t, struct batch b)
{
    if (b.first == 0) {
        orders += memcmp(order, t->order, t->data->count * sizeof *order) != 0;
        memcpy(order, t->order, t->data->count * sizeof *order);
    }
    for (int i = b.first; i < b.first + b.count; i++)
        used[t->order[i]]++;
    for (int i = 0; i < t->data->count && b.first + b.count == t->data->count; i++)
        uneven += used[i] != orders;
}

static void look(struct training *t, struct batch b)
{
    if (b.step == last_step)
        interrupt(SIGINT);
    watch(t, b);
    look_at_order(t, b);
    row[b.step] = (struct row){t->done, t->cost, b.rate};
}

static int alike(void)
{
    return gap.theta <= of_theta && gap.slope <= of_slopes && gap.cost <= of_slopes
        && gap.rate <= 1e-15;
}

static void adopt(const weight from[], double to[])
{
    for (int i = 0; i < THETA; i++)
        to[i] = from[i];
}

static void follow(struct training *t, struct batch b)
{
    struct oracle *o = &oracle;
    double *slope = o->slope[o->done];
    look(t, b);
    oracle_slopes(o);
    gap.cost = worse(gap.cost, fabs(t->cost - o->cost) / (1 + o->cost));
    gap.rate = worse(gap.rate, fabs(b.rate / o->step[o->done].rate - 1));
    if (one.nearest < close_to_kink)
        gap.kinks++;
    else
        gap.slope = worse(gap.slope, o->doubt * gap_of_arrays((weight *)t->gradient, slope,
                                                              o->size, 0));
    adopt((weight *)t->gradient, slope);
    oracle_update(o);
    gap.theta = worse(gap.theta, gap_of_arrays((weight *)t->theta, o->theta, o->theta, b.rate));
    adopt((weight *)t->theta, o->theta);
    gap.steps++;
    t->stopped |= !alike();
}

// Train beside the oracle
static struct parameters theta;
static struct scale scale;
static struct data test_set = {UNSEEN, noise + TRAINED, digit + TRAINED};

static struct set set_of(const struct data *d)
{
    return (struct set){d->count, (const void *)d->picture, d->label};
}

static void forget_last_run(void)
{
    memset(&theta, 0, sizeof theta), memset(&gap, 0, sizeof gap);
    memset(row, 0, sizeof row), memset(used, 0, sizeof used), memset(order, 0, sizeof order);
    orders = uneven = interrupted = 0;
}

static void (*mistake)(struct training *t);   // to be made, or NULL

// As the trainer does it, with someone else to look on.
static void train_as(struct wish w, int threads, void (*onlooker)(struct training *, struct batch))
{
    static struct data d = {0, noise, digit};
    struct random random = {w.seed};
    forget_last_run();
    chosen.batch = w.size, chosen.epochs = w.epochs, chosen.rate = w.rate, chosen.threads = threads;
    d.count = w.samples;
    scale = scale_of(&d);
    initialise(&theta, &random);
    struct training t = new_training(&d, &theta, &scale, &random);
    t.schedule = w.constant ? constant : t.schedule;
    t.rule = w.shipped ? shipped : t.rule;
    t.watch = onlooker;
    if (mistake)
        mistake(&t);
    if (onlooker == follow) {
        begin_oracle(&oracle, w, set_of(&d));
        gap.theta = gap_of_arrays((weight *)&theta, oracle.theta, oracle.theta, 0);
        adopt((weight *)&theta, oracle.theta);
    }
    hush();
    train(&t);
    speak();
}

// Check some runs
static struct wish wishes[] = {   // seed, samples, batch, epochs, rate, constant, shipped
    {1, 29, 7, 3, 0.003, 0, 0},               // a last batch of one sample
    {20, 47, 36, 2, 0.003, 0, 0},             // groups of lanes with a remainder, in both batches
    {3000000000000, 14, 32, 3, 0.01, 1, 0},   // a batch larger than the set
    {4, 33, 11, 2, 0.01, 1, 1},               // a last batch as large as the others
};
enum { WISHES = sizeof wishes / sizeof *wishes };

static int followed(int steps)
{
    return alike() && gap.steps == steps && 3 * gap.kinks <= 2 * steps;
}

static void check_run(struct wish w)
{
    int steps = (w.samples + w.size - 1) / w.size * w.epochs;
    train_as(w, 1, follow);
    result(followed(steps), "      %d samples, batches of %d, seed %llu: %d steps, parameters off "
           "by %.0e, slopes %.0e, cost %.0e, %d at a kink", w.samples, w.size,
           (unsigned long long)w.seed, gap.steps, gap.theta, gap.slope, gap.cost, gap.kinks);
    result(!uneven && orders == w.epochs && row[steps - 1].samples == w.samples * w.epochs,
           "      in %d epochs each sample came once an epoch, in %d orders", w.epochs, orders);
}

static void check_scale(void)
{
    double error = fmax(fabs(scale.mean / oracle.mean - 1),
                        fabs(scale.deviation / oracle.deviation - 1));
    result(error <= 1e-14, "      mean and deviation of the training pictures, off by %.0e", error);
}

// How many answers of the trainer's test differ, and the losses by how much.
static int other_answers(const struct data *d, const struct scale *s, double *error)
{
    int other = 0;
    *error = 0;
    hush();
    struct score *score = test(d, &theta, s);
    speak();
    for (int i = 0; i < UNSEEN; i++) {
        struct reading r = read_sample(&oracle, set_of(&test_set), i);
        other += r.answer != score[i].answer;
        *error = worse(*error, fabs(score[i].loss - r.loss) / (1 + r.loss));
    }
    free(score);
    return other;
}

static void check_answers(void)
{
    struct scale own = scale_of(&test_set);
    double error;
    int other = other_answers(&test_set, &scale, &error);
    result(!other && error <= of_slopes, "      the test: %d of %d answers differ, losses by %.0e",
           other, UNSEEN, error);
    other_answers(&test_set, &own, &error);
    result(error > of_slopes, "      wrong: the test standardised by its own mean: rejected");
}

// Two seeds have no weight in common. The biases are zero.
static void check_seeds(void)
{
    static struct parameters other;
    int alike = 0;
    forget_last_run();
    initialise(&theta, &(struct random){5}), initialise(&other, &(struct random){6});
    for (int i = 0; i < THETA; i++)
        alike += ((weight *)&theta)[i] == ((weight *)&other)[i];
    result(alike == 2 * F + 138, "      two seeds: %d of %d are alike, which are the biases", alike,
           THETA);
}

// wrong: the training run
enum { OF_EPOCH = 5 };

static void adam_of_epoch(struct adam s, int t, int n, const weight *g, weight *m, weight *v,
                          weight *x)
{
    adam(s, t % OF_EPOCH, n, g, m, v, x);
}

static void adam_from_two(struct adam s, int t, int n, const weight *g, weight *m, weight *v,
                          weight *x)
{
    adam(s, t + 1, n, g, m, v, x);
}

static void adam_of_sevenths(struct adam s, int t, int n, const weight *g, weight *m, weight *v,
                             weight *x)
{
    weight *of_seven = allocate(n, sizeof *of_seven);
    for (int i = 0; i < n; i++)
        of_seven[i] = t % OF_EPOCH == OF_EPOCH - 1 ? g[i] / 7 : g[i];
    adam(s, t, n, of_seven, m, v, x);
    free(of_seven);
}

static double late_ramp(int step, int steps, double rate)
{
    return ramp(step ? step - 1 : 0, steps, rate);
}

static double ramp_of_epoch(int step, int steps, double rate)
{
    (void)steps;
    return ramp(step % OF_EPOCH, OF_EPOCH, rate);
}

// Before the next epoch the generator and the order are what they were before the first.
static void follow_one_order(struct training *t, struct batch b)
{
    static unsigned long long first_state;
    if (b.step == 0)
        first_state = t->random->state - (t->data->count - 1) * 0x9e3779b97f4a7c15;
    follow(t, b);
    t->random->state = first_state;
    for (int i = 0; i < t->data->count && b.first + b.count == t->data->count; i++)
        t->order[i] = i;
}

static void nominal_size(struct training *t) { t->rule = adam_of_sevenths; }
static void steps_of_epoch(struct training *t) { t->rule = adam_of_epoch; }
static void steps_from_two(struct training *t) { t->rule = adam_from_two; }
static void rates_late(struct training *t) { t->schedule = late_ramp; }
static void rates_of_epoch(struct training *t) { t->schedule = ramp_of_epoch; }
static void one_order(struct training *t) { t->watch = follow_one_order; }
static void one_seed(struct training *t) { initialise(t->theta, &(struct random){1}); }

static void test_scale(struct training *t)
{
    struct scale of_test = scale_of(&test_set);
    standard_values(&of_test, t->value);
}

static void labels_beside(struct training *t)
{
    static struct data d;
    static unsigned char beside[TRAINED];
    for (int i = 0; i < TRAINED; i++)
        beside[i] = (digit[i] + 1) % 10;
    d = (struct data){t->data->count, noise, beside};
    t->data = &d;
}

// The last samples were put aside: these are as many, but from the second on.
static void held_out_too(struct training *t)
{
    static struct data d;
    d = (struct data){t->data->count, noise + 1, digit + 1};
    t->data = &d;
}

static const struct { const char *name; void (*make)(struct training *t); } wrong_runs[] = {
    {"the last batch divided by the size of the others", nominal_size},
    {"Adam's steps counted within the epoch", steps_of_epoch},
    {"Adam's steps counted from one too many", steps_from_two},
    {"the rate of the step before", rates_late},
    {"a ramp in each epoch", rates_of_epoch},
    {"one order for all epochs", one_order},
    {"weights of seed 1, whatever is asked", one_seed},
    {"pictures standardised by the test's mean", test_scale},
    {"each sample with the label beside", labels_beside},
    {"one sample that was put aside, in the place of another", held_out_too},
};

static void reject_wrong_runs(uint64_t seed)
{
    for (size_t k = 0; k < sizeof wrong_runs / sizeof *wrong_runs; k++) {
        mistake = wrong_runs[k].make;
        train_as((struct wish){seed + 5, 29, 7, 2, 0.003, 0, 0}, 1, follow);
        result(!alike(), "      wrong: %s: rejected in step %d", wrong_runs[k].name, gap.steps - 1);
    }
    mistake = NULL;
}

// Check threads and interruptions
static int same_with_threads(struct wish w, int threads)
{
    static struct parameters alone;
    alone = theta;
    long long done = row[oracle.done - 1].samples;
    train_as(w, threads, look);
    return !memcmp(&alone, &theta, sizeof theta) && row[oracle.done - 1].samples == done;
}

static void check_threads(struct wish w)
{
    train_as(w, 1, follow);
    for (int threads = 2; threads <= 3; threads++)
        result(same_with_threads(w, threads), "      %d threads: to the last bit", threads);
}

static void check_interruption(struct wish w)
{
    last_step = 6;
    train_as(w, 1, follow);
    result(followed(last_step + 1), "      interrupted in step %d of %d: the oracle's parameters",
           last_step, oracle.steps);
    expect(same_with_threads(w, 3) && !row[last_step + 1].samples, "and with three threads");
    last_step = -1;
}

// Check the ends of a run
static struct training empty;
static const struct scale any_scale = {0, 1};

// What became of the job in a process of its own, as waitpid says it.
static int outcome(void (*job)(void))
{
    int status = -1;
    hush();
    pid_t child = fork();
    if (child == 0) {
        chosen.save = "a";
        job();
        exit(0);
    }
    waitpid(child, &status, 0);
    speak();
    return status;
}

static void keep_nothing(void)
{
    prepare_to_keep();
    raise(SIGINT), raise(SIGTERM);
    keep(&empty, &any_scale);
}

static void train_nothing(void)
{
    static const struct data d = {TRAINED, noise, digit};
    struct training t = new_training(&d, &theta, &any_scale, &(struct random){1});
    prepare_to_keep();
    raise(SIGTERM);
    train(&t);
    exit(t.done != 0);
}

static void keep_and_be_as_before(void)
{
    prepare_to_keep();
    empty.done = 1, empty.theta = &theta;
    keep(&empty, &any_scale);
    exit(signal(SIGTERM, SIG_DFL) != SIG_DFL);
}

static void plan_too_much(void)
{
    static const struct data many = {.count = 3000000};
    chosen.batch = 1, chosen.epochs = 1000;
    new_training(&many, &theta, &any_scale, NULL);
}

static void check_ends(void)
{
    remove("a");
    int status = outcome(keep_nothing);
    expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM && access("a", F_OK),
           "the last signal before the first step ends the program, and nothing is saved");
    expect(outcome(train_nothing) == 0, "for no step is taken then");
    expect(outcome(keep_and_be_as_before) == 0 && !access("a", F_OK),
           "after the last one it is what it was");
    status = outcome(plan_too_much);
    expect(WIFEXITED(status) && WEXITSTATUS(status) == 1,
           "more steps than an int counts are refused");
}

// Check the meeting
enum { MOST_THREADS = 5 };
struct rounds { int count, in[MOST_THREADS], early[MOST_THREADS]; };

static void *go_round(void *worker)
{
    struct worker *me = worker;
    struct rounds *r = me->team->subject;
    for (int k = 1; k <= r->count; k++) {
        for (volatile int late = k % me->team->threads == me->number ? 5000 : 0; late; late--)
            ;
        r->in[me->number] = k;
        meet(me->team);
        for (int i = 0; i < me->team->threads; i++)
            r->early[me->number] += r->in[i] != k;
        meet(me->team);
    }
    return NULL;
}

static void check_meeting(int threads, int count)
{
    struct rounds r = {.count = count};
    int early = 0, complete_rounds = 1;
    together(threads, go_round, &r);
    for (int i = 0; i < threads; i++) {
        early += r.early[i];
        complete_rounds &= r.in[i] == count;
    }
    result(!early && complete_rounds, "      %d threads meet %d times, none goes on before all",
           threads, 2 * count);
}

// Check the progress
// What is written about so many steps of a run, and behind it an exclamation mark.
static const char *told(struct training *t, int step, int on_terminal)
{
    int end[2], standard_error = dup(2);   // what is written to end[1] comes out at end[0]
    long length = 0, more = 1;
    if (on_terminal) {
        end[0] = posix_openpt(O_RDWR | O_NOCTTY);
        if (grantpt(end[0]) || unlockpt(end[0]))
            return "no pseudo-terminal";
        end[1] = open(ptsname(end[0]), O_WRONLY | O_NOCTTY);
    } else if (pipe(end))
        return "no pipe";
    dup2(end[1], 2);
    progress(t, step);
    fputc('!', stderr);
    dup2(standard_error, 2);
    for (; more > 0 && !memchr(content, '!', length); length += more)
        more = read(end[0], content + length, 500 - length);
    content[length] = 0;
    close(end[0]), close(end[1]), close(standard_error);
    return content;
}

static int tells(struct training *t, int step, int on_terminal, const char *expected)
{
    return !strcmp(told(t, step, on_terminal), expected);
}

static int silent_at_once(struct training *t)   // a tenth of a second may end in between
{
    return tells(t, 199, 1, "!") || tells(t, 199, 1, "!") || tells(t, 199, 1, "!");
}

#define LINE " 19%  step 199 of 1000  loss 0.1250  40 samples/s  404 s left"
#define LAST_LINE "100%  step 1000 of 1000  loss 0.1250  40 samples/s  0 s left"

static void check_progress(void)
{
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    double time = now();
    clock_gettime(CLOCK_MONOTONIC, &after);
    expect(before.tv_sec + 1e-9 * before.tv_nsec <= time
           && time <= after.tv_sec + 1e-9 * after.tv_nsec, "now is now, in seconds");
    struct training t = {.steps = 1000, .done = 4000, .running = 0.125, .since = time - 100.3};
    expect(tells(&t, 199, 0, LINE "\n!") && tells(&t, 199, 0, "!") && !tells(&t, 299, 0, "!")
           && tells(&t, 299, 0, "!"), "progress is told once a tenth");
    t.shown = 9;
    expect(tells(&t, 999, 0, "!"), "and not at the last step but one");
    t.shown = 10;
    expect(tells(&t, 1000, 0, LAST_LINE "\n!"), "and at the last");
    t.shown = 1, t.stopped = 1;
    expect(tells(&t, 199, 0, LINE "\n!") && tells(&t, 199, 1, "\r" LINE "\r\n!"),
           "and when training is stopped");
    t.shown = 0, t.stopped = 0;
    expect(tells(&t, 199, 1, "\r" LINE "\033[K!") && t.shown / 2 == 501 && silent_at_once(&t),
           "on a terminal once a tenth of a second, over the line before");
    t.shown = 0;
    expect(tells(&t, 1000, 1, "\r" LAST_LINE "\r\n!"), "where the last line stays");
    t.shown = 0;
    expect(strstr(told(&t, 999, 1), "\033[K!") != NULL, "but not the one before it");
    t.shown = 0, t.loss = &(double){0.5};
    hush();
    watch(&t, (struct batch){.step = 98, .count = 1});
    int after_99 = t.shown;
    watch(&t, (struct batch){.step = 99, .count = 1});
    speak();
    expect(after_99 == 0 && t.shown == 1, "who looks on knows how many steps are done");
}

// Read a file of parameters
static double float_at(const unsigned char *b)   // four bytes, the lowest first
{
    long bits = b[0] + 256L * b[1] + 65536L * (b[2] % 128);
    int exponent = 2 * (b[3] % 128) + b[2] / 128;
    double size = exponent ? ldexp(8388608 + bits, exponent - 150) : ldexp(bits, -149);
    return b[3] < 128 ? size : -size;
}

// Whether an array of the file in content has this name, shape and numbers.
static int holds(long length, const char *name, const char *text, int count, const double x[])
{
    const unsigned char *file = (unsigned char *)content;
    long header = file[0] + 256L * file[1], first, end;
    char entry[200];
    snprintf(entry, sizeof entry, "\"%s\":{\"dtype\":\"F32\",\"shape\":[%s],"
             "\"data_offsets\":[%%ld,%%ld]", name, text);
    const char *found = strstr(content + 8, "\"");
    while (found && sscanf(found, entry, &first, &end) != 2)
        found = strstr(found + 1, "\"");
    if (!found || end - first != 4L * count || first < 0 || 8 + header + end > length)
        return 0;
    int wrong_numbers = 0;
    for (int i = 0; i < count; i++)
        wrong_numbers += float_at(file + 8 + header + first + 4 * i) != (float)x[i];
    return !wrong_numbers;
}

// Whether a file holds the parameters of the last run and the scale of its pictures.
static int saved(const char *name)
{
    static double x[THETA];
    double two[] = {oracle.mean, oracle.deviation};
    int at = 0, good = 1;
    long length = read_whole(name);
    for (int i = 0; i < THETA; i++)
        x[i] = ((weight *)&theta)[i];
    for (int l = 0; l < LAYERS; l++) {
        const struct layer *of = &layers[l];
        char array[16], text[40];
        int inputs = of->C_ * of->K * of->K;
        snprintf(array, sizeof array, "w%d", l + 1);
        snprintf(text, sizeof text, l < 2 ? "%d,%d,5,5" : "%d,%d", of->C, l < 2 ? of->C_ : inputs);
        good &= holds(length, array, text, of->C * inputs, x + at);
        snprintf(array, sizeof array, "b%d", l + 1);
        snprintf(text, sizeof text, "%d", of->C);
        good &= holds(length, array, text, of->C, x + at + of->C * inputs);
        at += of->C * (inputs + 1);
    }
    return good && holds(length, "scale", "2", 2, two);
}

// Read what was printed
static int test_printed(struct set s)   // by the last program
{
    int right = 0, said_right = -1, said_of = -1;
    double losses = 0, said_cost = NAN;
    for (int i = 0; i < s.count; i++) {
        struct reading r = read_sample(&oracle, s, i);
        right += r.answer == s.label[i];
        losses += r.loss;
    }
    read_whole("said");
    const char *found = strstr(content, "test cost");
    if (found)
        sscanf(found, "test cost %lf test: %d of %d", &said_cost, &said_right, &said_of);
    return said_right == right && said_of == s.count && fabs(said_cost - losses / s.count) < 1e-4;
}

static int confusion_printed(struct set s)
{
    int told[10][10] = {{0}}, wrong_counts = 0;
    for (int i = 0; i < s.count; i++)
        told[s.label[i]][read_sample(&oracle, s, i).answer]++;
    read_whole("said");
    char *next = strstr(content, "8     9\n");   // the title's end
    for (int shown = 0; shown < 10 && next; shown++) {
        wrong_counts += strtol(next + (shown ? 0 : 7), &next, 10) != shown;
        for (int answer = 0; answer < 10; answer++)
            wrong_counts += strtol(next, &next, 10) != told[shown][answer];
    }
    return next && !wrong_counts;
}

// The samples and the running mean of the cost, which is 0.98 of what it was and 0.02 of the last.
static int training_printed(struct wish w)
{
    long long samples = -1;
    double seconds, mean = row[0].cost, said_mean = NAN;
    for (int t = 1; t < oracle.done; t++)
        mean += 0.02 * (row[t].cost - mean);
    read_whole("said");
    sscanf(content, "trained on %lld samples in %lf s, cost %lf", &samples, &seconds, &said_mean);
    return samples == w.samples * w.epochs && fabs(said_mean - mean) < 1e-4;
}

static int right_line(const char *line, int t)   // of the log, for step t
{
    int step;
    long long samples;
    double cost, rate, seconds;
    return sscanf(line, "%d,%lld,%lf,%lf,%lf", &step, &samples, &cost, &rate, &seconds) == 5
        && step == t && samples == row[t].samples && seconds >= 0
        && fabs(cost - row[t].cost) < 1e-6 && fabs(rate / row[t].rate - 1) < 1e-5;
}

static int logged(const char *name)
{
    int t = 0, good = read_whole(name) > 0;
    char *line = strtok(content, "\n");
    good &= line && !strcmp(line, "step,samples,loss,rate,seconds");
    for (; (line = strtok(NULL, "\n")) && t < oracle.done; t++)
        good &= right_line(line, t);
    return good && !line && t == oracle.done;
}

static void write_picture(const char *name, int i)   // as PGM
{
    FILE *file = fopen(name, "wb");
    fprintf(file, "P5\n28 28\n255\n");
    fwrite(noise[i], 1, sizeof noise[i], file);
    fclose(file);
}

// The ten probabilities of a picture, in percent, and the answer.
static int picture_read(int i)
{
    write_picture("picture.pgm", i);
    int good = ends_well(study_main, "study --load a --read picture.pgm"), digit_said = -1;
    struct reading r = read_sample(&oracle, (struct set){1, (const void *)noise[i], digit + i}, 0);
    double percent = NAN;
    read_whole("said");
    char *line = strtok(content, "\n");
    for (int c = 0; c < 10 && line; c++, line = strtok(NULL, "\n"))
        good &= sscanf(line, "%d %lf", &digit_said, &percent) == 2 && digit_said == c
             && fabs(percent - 100 * probability(c)) < 0.0051;
    return good && line && sscanf(line, "picture.pgm: %d", &digit_said) == 1
        && digit_said == r.answer;
}

// Check the programs
static void check_trainer(uint64_t seed)
{
    struct wish w = {seed, 47, 36, 2, 0.004, 0, 0};
    char line[200];
    train_as(w, 1, follow);
    snprintf(line, sizeof line, "mnist --data . --epochs 2 --batch 36 --limit 47 --rate 0.004 "
             "--threads 2 --save a --seed %llu", (unsigned long long)seed);
    expect(ends_well(trainer_main, line) && saved("a"), "mnist saves the oracle's parameters");
    expect(training_printed(w), "it says how many samples and which cost");
    expect(test_printed(set_of(&test_set)), "and how the oracle reads the test pictures");
    expect(ends_well(study_main, "study --data . --load a --test --confusion --threads 3")
           && test_printed(set_of(&test_set)), "study reads them with the file as the oracle does");
    expect(confusion_printed(set_of(&test_set)), "rows of the confusion are the digits shown");
    expect(picture_read(3) && picture_read(TRAINED + 4), "it reads a picture as the oracle does");
}

static int studied(struct wish w, const char *options)   // as the oracle says
{
    char line[300];
    snprintf(line, sizeof line, "study --data . --save b --log log --seed %llu --batch %d --epochs "
             "%d --rate %.9g %s", (unsigned long long)w.seed, w.size, w.epochs, w.rate, options);
    return ends_well(study_main, line) && saved("b");
}

static void check_study(uint64_t seed)
{
    struct wish w = {seed, TRAINED - 10, 20, 2, 0.01, 0, 1};
    struct data aside = {10, noise + w.samples, digit + w.samples};
    static const char *options = "--hold-out 10 --optimiser shipped";
    train_as(w, 1, follow);
    expect(studied(w, options), "study saves the oracle's parameters");
    expect(test_printed(set_of(&aside)), "and tests on the samples that were put aside");
    expect(logged("log"), "its log has each step, samples so far, cost and rate");
    for (int i = w.samples; i < PICTURES; i++) {
        digit[i] = (digit[i] + 1) % 10;
        memset(noise[i][7], 200, 28);
    }
    write_sets();
    expect(studied(w, options) && test_printed(set_of(&aside)),
           "with other pictures aside it learns the same");
    w = (struct wish){seed + 1, 12, 5, 1, 0.02, 1, 0};
    train_as(w, 1, follow);
    expect(studied(w, "--limit 12 --constant") && logged("log") && test_printed(set_of(&test_set)),
           "and at a constant rate");
}

// Check the run
static void leave(const char *folder)
{
    static const char *names[] = {
        "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
        "t10k-labels-idx1-ubyte", "picture.pgm", "said", "log", "a", "b",
    };
    for (size_t k = 0; k < sizeof names / sizeof *names; k++)
        remove(names[k]);
    rmdir(folder);
}

int main(void)
{
    uint64_t seed = getenv("SEED") ? strtoull(getenv("SEED"), NULL, 10) : 0;
    program = "run";
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s/run-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    if (!mkdtemp(folder) || chdir(folder))
        give_up("%s: %s; expected a folder for the check's files", folder, strerror(errno));
    alarm(300);   // threads that wait for each other in vain wait forever
    list_products();
    draw_noise(seed);
    write_sets();
    last_step = -1;
    check_meeting(2, 1000), check_meeting(3, 100), check_meeting(5, 30);
    for (int k = 0; k < WISHES; k++) {
        wishes[k].seed += seed;
        check_run(wishes[k]);
    }
    check_scale();
    check_answers();
    check_seeds();
    reject_wrong_runs(seed);
    check_threads(wishes[1]);
    check_interruption(wishes[0]);
    check_ends();
    check_progress();
    check_trainer(seed + 5000000000);
    check_study(seed + 9);
    leave(folder);
    return sum_of_results();
}

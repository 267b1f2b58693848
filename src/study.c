// Tangled from chapters/8-trainer.md [075a45430486]: edit there, or here and make stitch
//
// The trainer with more to choose: 'study --help' lists it.
//
//     cc -std=gnu11 -O3 -march=native -fno-math-errno -Wno-psabi study.c -o study -pthread -lm

#define main trainer_main
#include "mnist.c"
#undef main
#ifdef STUDY_MAIN
#define main STUDY_MAIN   // for tests/run_test.c, which has a main of its own
#endif

// Adam, forgetful
// A step of theta[n] as the paper's program takes it: both means begin at zero for every batch, and
// are not corrected. The two arrays don't overlap.
void forgetful_adam(struct adam s, int n, const weight g[restrict n], weight theta[restrict n])
{
    for (int i = 0; i < n; i++) {
        weight m = (1 - s.beta1) * g[i], v = (1 - s.beta2) * g[i] * g[i];
        theta[i] -= s.rate * m / sqrt(v + s.epsilon);
    }
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

// What is studied
static struct {
    const char *load, *optimiser, *log, *read;
    double test, hold_out, constant, confusion;
} study;

// Other rules
static double constant(int step, int steps, double rate)
{
    (void)step, (void)steps;
    return rate;
}

static void shipped(struct adam s, int t, int n, const weight *g, weight *m, weight *v,
                    weight *theta)
{
    (void)t, (void)m, (void)v;
    forgetful_adam((struct adam){s.rate, 0.95, 0.99, 1e-7}, n, g, theta);
}

// Log
static struct output log_table;

static void watch_and_log(struct training *t, struct batch b)
{
    watch(t, b);
    fprintf(log_table.file, "%d,%lld,%.6f,%.6g,%.4f\n", b.step, t->done, t->cost, b.rate,
            now() - t->since);
}

// Hold out
static struct data put_aside(struct data *d, int count)
{
    if (count >= d->count)
        give_up("--hold-out %d: expected less than the %d training samples", count, d->count);
    d->count -= count;
    return (struct data){count, d->picture + d->count, d->label + d->count};
}

// Confusion
static void print_confusion(const struct data *d, const struct score *score)
{
    int table[10][10] = {0};
    for (int i = 0; i < d->count; i++)
        table[d->label[i]][score[i].answer]++;
    printf("shown \\ read  0     1     2     3     4     5     6     7     8     9\n");
    for (int shown = 0; shown < 10; shown++) {
        printf("%5d     ", shown);
        for (int read = 0; read < 10; read++)
            printf("%6d", table[shown][read]);
        printf("\n");
    }
}

// Parse a picture
static void skip_comments(struct cursor *c)
{
    for (skip_spaces(c); c->at < c->end && *c->at == '#'; skip_spaces(c))
        while (c->at < c->end && *c->at != '\n')
            c->at++;
}

// The pixels of a binary PGM file of 28 by 28. NULL, and a complaint, if it is none.
static const unsigned char *parse_picture(struct bytes file)
{
    struct cursor c = {file.at + 2, file.at + file.count};
    long long number[3];   // width, height, white
    int good = file.count > 2 && file.at[0] == 'P' && file.at[1] == '5';
    for (int i = 0; i < 3 && good; i++) {
        const unsigned char *before = c.at;
        skip_comments(&c);
        good = c.at > before && parse_count(&c, &number[i]);
    }
    wrong("not a binary PGM picture (P5)");
    if (!good || c.at == c.end || !is_space(*c.at++))
        return NULL;
    wrong("%lld by %lld, white %lld, expected 28 by 28, 255", number[0], number[1], number[2]);
    if (number[0] != 28 || number[1] != 28 || number[2] != 255)
        return NULL;
    wrong("is %s than its header says", c.end - c.at < 28 * 28 ? "shorter" : "longer");
    return c.end - c.at == 28 * 28 ? c.at : NULL;
}

// Read a picture
static void read_picture(const char *path, unsigned char picture[28][28])
{
    struct bytes file = read_file(path, 1 << 16, "");
    const unsigned char *pixels = parse_picture(file);
    if (!pixels)
        give_up("%s: %s", path, complaint);
    memcpy(picture, pixels, 28 * 28);
    free(file.at);
}

static void classify(const char *path, const struct parameters *p, const struct scale *scale)
{
    unsigned char picture[1][28][28], label[1] = {0};
    struct group *g = allocate(1, sizeof *g);
    weight value[256];
    read_picture(path, picture[0]);
    standard_values(scale, value);
    fill(g, &(struct data){1, picture, label}, 1, (int[]){0}, value);
    network_forward(p, g);
    for (int c = 0; c < 10; c++)
        printf("%d  %6.2f %%\n", c, 100 * (double)creal(*sample(&g->a5[c], 0)));
    printf("%s: %d\n", path, answer(g, 0));
    free(g);
}

// Study
static void check_options(void)
{
    if (study.optimiser && strcmp(study.optimiser, "shipped") && strcmp(study.optimiser, "adam"))
        give_up("--optimiser %s: expected adam or shipped", study.optimiser);
    if ((study.test || study.read) && !study.load)
        give_up("%s needs the parameters of a trained network: --load FILE",
                study.test ? "--test" : "--read");
    if (study.log && !strcmp(study.log, chosen.save))
        give_up("--log and --save: expected two files, not %s twice", study.log);
}

static void study_training(struct data *d, struct parameters *p, struct scale *scale,
                           struct random *random)
{
    d->count = smaller(d->count, (int)chosen.limit);
    if (!study.load)
        *scale = scale_of(d);
    prepare_to_keep();
    struct training t = new_training(d, p, scale, random);
    if (study.constant)
        t.schedule = constant;
    if (study.optimiser && !strcmp(study.optimiser, "shipped"))
        t.rule = shipped;
    if (study.log) {
        t.watch = watch_and_log;
        log_table = create(study.log);
        fputs("step,samples,loss,rate,seconds\n", log_table.file);
    }
    train(&t);
    int logged = !study.log || completed(&log_table);
    keep(&t, scale);
    if (!logged)
        give_up("%s", complaint);
}

static void run(struct parameters *p, struct scale *scale)
{
    static struct data training, unseen;
    struct random random = {(unsigned long long)chosen.seed};
    initialise(p, &random);
    if (study.load)
        load_parameters(study.load, p, scale);
    if (study.read) {
        classify(study.read, p, scale);
        return;
    }
    if (!study.test || study.hold_out)
        training = load(chosen.data, "train");
    unseen = study.hold_out ? put_aside(&training, (int)study.hold_out) : load(chosen.data, "t10k");
    if (!study.test)
        study_training(&training, p, scale, &random);
    struct score *score = test(&unseen, p, scale);
    if (study.confusion)
        print_confusion(&unseen, score);
    free(score);
}

static const struct option study_options[] = {
    // Options of training
    {"--data", "DIR", "folder of the four unpacked idx files (data)", &chosen.data, NULL, 0, 0},
    {"--epochs", "N", "how often each training sample is used (2)", NULL, &chosen.epochs, 1, 1000},
    {"--batch", "N", "samples in a step (32)", NULL, &chosen.batch, 1, 4096},
    {"--rate", "R", "highest learning rate (0.003)", NULL, &chosen.rate, 1e-9, 1},
    {"--seed", "N", "seed of all random numbers (1)", NULL, &chosen.seed, 0, 1e15},
    {"--threads", "N", "threads (as many as processors)", NULL, &chosen.threads, 1, 256},
    {"--limit", "N", "use the first N training samples only", NULL, &chosen.limit, 1, INT_MAX},
    {"--save", "FILE", "where to save (mnist.safetensors)", &chosen.save, NULL, 0, 0},
    // Options of studying
    {"--load", "FILE", "begin with these parameters", &study.load, NULL, 0, 0},
    {"--test", "", "don't train, only test; needs --load", NULL, &study.test, 0, 0},
    {"--hold-out", "N", "test on the last N training samples", NULL, &study.hold_out, 1, 1e9},
    {"--constant", "", "keep the rate where it is", NULL, &study.constant, 0, 0},
    {"--optimiser", "O", "adam, or shipped: the paper's program's", &study.optimiser, NULL, 0, 0},
    {"--log", "FILE.csv", "write each step's loss", &study.log, NULL, 0, 0},
    {"--confusion", "", "show which digits are taken for which", NULL, &study.confusion, 0, 0},
    {"--read", "FILE.pgm", "read a picture, white on black; needs --load", &study.read, NULL, 0, 0},
    {0},
};

int main(int count, char **arguments)
{
    static struct parameters parameters;
    struct scale scale;
    (void)count;
    start("study", "Trains and tests like mnist, with more to choose.");
    begin(study_options, arguments);
    check_options();
    run(&parameters, &scale);
    return ending();
}

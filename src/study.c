// Tangled from chapters/8-trainer.md [889cc60554dc]: edit there, or here and make stitch
//
// The trainer with more to choose: 'study --help' lists it.
//
//     cc -std=gnu11 -O3 -march=native -fno-math-errno -Wno-psabi study.c -o study -pthread -lm

#define main trainer_main
#include "mnist.c"
#undef main

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
// A file of parameters, of which *header bytes are the JSON behind the first eight.
static unsigned char *read_safetensors(const char *path, long *header)
{
    enum { ROOM = 4 * NUMBERS + (1 << 16) };
    FILE *file = fopen(path, "rb");
    if (!file)
        give_up("%s: %s; 'make train' makes a file of parameters", path, strerror(errno));
    unsigned char *content = allocate(ROOM, 1);
    long length = (long)fread(content, 1, ROOM - 1, file), expected;
    fclose(file);
    *header = length < 8 ? -1 : (long)(content[0] | content[1] << 8 | content[2] << 16);
    if (*header < 2 || content[3] || 8 + *header > length || content[8] != '{')
        give_up("%s: not a safetensors file", path);
    expected = 8 + *header + 4 * NUMBERS;
    if (length != expected)
        give_up("%s: %ld bytes, expected %ld: truncated, or not the parameters of this network",
                path, length, expected);
    return content;
}

// Where the numbers of an array begin, behind the header.
static long find_tensor(const char *path, const char *header, const struct tensor *t)
{
    char entry[128];
    struct shape s = shape(t);
    snprintf(entry, sizeof entry, "\"%s\":{\"dtype\":\"F32\",\"shape\":[%s],\"data_offsets\":[",
             t->name, s.text);
    const char *found = strstr(header, entry);
    if (!found)
        give_up("%s: holds no array %s of shape [%s] in F32: not the parameters of this network",
                path, t->name, s.text);
    long place = strtol(found + strlen(entry), NULL, 10);
    if (place < 0 || place > 4L * (NUMBERS - s.count))
        give_up("%s: array %s lies outside of the file", path, t->name);
    return place;
}

static float read_number(const unsigned char *b)
{
    unsigned bits = b[0] | b[1] << 8 | b[2] << 16 | (unsigned)b[3] << 24;
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

static void load_parameters(const char *path, struct parameters *p, struct scale *scale)
{
    long header;
    unsigned char *content = read_safetensors(path, &header);
    char *text = memcpy(allocate(header + 1, 1), content + 8, header);
    float *number = allocate(NUMBERS, sizeof(float)), *next = number;
    for (int i = 0; i < TENSORS; i++) {
        const unsigned char *from = content + 8 + header + find_tensor(path, text, &tensors[i]);
        for (int k = 0, count = shape(&tensors[i]).count; k < count; k++, next++)
            if (!isfinite(*next = read_number(from + 4 * k)))
                give_up("%s: number %d of %s is not finite", path, k, tensors[i].name);
    }
    for (int i = 0; i < PARAMETERS; i++)
        ((weight *)p)[i] = number[i];
    *scale = (struct scale){number[PARAMETERS], number[PARAMETERS + 1]};
    if (scale->deviation <= 0)
        give_up("%s: the input's deviation is %g, expected more than 0", path, scale->deviation);
    free(number), free(text), free(content);
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
    fprintf(log_table.file, "%d,%ld,%.6f,%.6g,%.4f\n", b.step, t->done, t->cost, b.rate,
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

// Read a picture
static void read_picture(const char *path, unsigned char picture[28][28])
{
    FILE *file = fopen(path, "rb");
    if (!file)
        give_up("%s: %s", path, strerror(errno));
    int width = 0, height = 0, white = 0;
    if (fscanf(file, "P5 %d %d %d", &width, &height, &white) != 3 || fgetc(file) == EOF)
        give_up("%s: not a binary PGM picture (P5, without comments)", path);
    if (width != 28 || height != 28 || white != 255)
        give_up("%s: %d by %d, white %d, expected 28 by 28, 255", path, width, height, white);
    if (fread(picture, 1, 28 * 28, file) != 28 * 28)
        give_up("%s: shorter than its header says", path);
    fclose(file);
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
}

static void study_training(struct data *d, struct parameters *p, struct scale *scale,
                           struct random *random)
{
    d->count = smaller(d->count, (int)chosen.limit);
    if (!study.load)
        *scale = scale_of(d);
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
    if (study.log)
        complete(&log_table);
    save(chosen.save, p, scale);
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
    {"--read", "FILE.pgm", "read one picture of 28 by 28; needs --load", &study.read, NULL, 0, 0},
    {0},
};

int main(int count, char **arguments)
{
    static struct parameters parameters;
    struct scale scale;
    (void)count;
    program = "study", purpose = "Trains and tests like mnist, with more to choose.";
    begin(study_options, arguments);
    check_options();
    run(&parameters, &scale);
    return ending();
}

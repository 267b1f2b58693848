// Tangled from chapters/12-files.md [8519cb2183e2]: edit there, or here and make stitch
#define _GNU_SOURCE
#include "../src/program.h"
#include "../src/safetensors.h"
#include <assert.h>
#include <dirent.h>

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

// Random choice
// One of 0, 1, ..., n - 1, each equally likely. Refuses n < 1.
int random_below(struct random *r, int n)
{
    assert(n >= 1 && "there must be something to choose from");
    unsigned long long rounds = ~0ULL - ~0ULL % n, u;
    do
        u = random_bits(r);
    while (u >= rounds);
    return (int)(u % n);
}

// Judge
static const struct tensor small[] = {{"w", {2, 3}}, {"b", {2}}, {"scale", {1}}};
enum { SMALL = 3, SMALL_NUMBERS = 9 };

static void must(int holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "FAILED: %s\n", what);
        abort();
    }
}

static int judge_idx(struct bytes file)   // how many dimensions, or 0
{
    for (int dimensions = 1; dimensions <= 3; dimensions++) {
        long long extent[3], product = 1;
        const unsigned char *content = parse_idx(file, dimensions, extent);
        if (!content)
            continue;
        unsigned char head[16] = {0, 0, 8, (unsigned char)dimensions};
        for (int d = 0; d < dimensions; product *= extent[d++])
            for (int i = 0; i < 4; i++)
                head[4 + 4 * d + i] = extent[d] >> (24 - 8 * i) & 255;
        must(!memcmp(head, file.at, 4 + 4 * dimensions), "an idx file's header is what was read");
        must(content + product == file.at + file.count, "its content is the rest of the file");
        return dimensions;
    }
    return 0;
}

static int judge_picture(struct bytes file)
{
    const unsigned char *pixels = parse_picture(file);
    must(!pixels || pixels + 28 * 28 == file.at + file.count, "pixels are the end of a picture");
    return pixels != NULL;
}

static int judge_tensors(struct bytes file)
{
    float number[SMALL_NUMBERS], again[SMALL_NUMBERS];
    if (!parse_tensors(file, SMALL, small, number))
        return 0;
    struct bytes anew = {0};
    FILE *out = open_memstream((char **)&anew.at, &anew.count);
    put_header(out, SMALL, small);
    for (int i = 0; i < SMALL_NUMBERS; i++)
        put_float(out, number[i]);
    fclose(out);
    must(anew.at[0] % 8 == 0, "numbers begin at a multiple of eight");
    must(parse_tensors(anew, SMALL, small, again), "what was written can be read");
    must(!memcmp(number, again, sizeof number), "and has the same numbers");
    free(anew.at);
    return 1;
}

// Which format it is: i, p, t or 0.
static int judge(const unsigned char *at, size_t count)
{
    struct bytes file = {memcpy(malloc(count + !count), at, count), count};
    int idx = judge_idx(file), picture = judge_picture(file), tensors = judge_tensors(file);
    must(!!idx + picture + tensors <= 1, "a file has one format");
    free(file.at);
    return idx ? 'i' : picture ? 'p' : tensors ? 't' : 0;
}

#ifdef LIBFUZZER   // clang -fsanitize=fuzzer, which brings main
int LLVMFuzzerTestOneInput(const unsigned char *at, size_t count);
int LLVMFuzzerTestOneInput(const unsigned char *at, size_t count)
{
    judge(at, count);
    return 0;
}
#else
// Break a file
enum { ROOM = 4096 };
struct subject { int format; size_t count; unsigned char at[ROOM]; };

static void insert(struct subject *s, size_t place, size_t count, const void *what)
{
    unsigned char copy[ROOM];   // it may be part of the subject
    if (s->count + count > ROOM)
        return;
    memcpy(copy, what, count);
    memmove(s->at + place + count, s->at + place, s->count - place);
    memcpy(s->at + place, copy, count);
    s->count += count;
}

static void cut(struct subject *s, size_t place, size_t count)
{
    memmove(s->at + place, s->at + place + count, s->count - place - count);
    s->count -= count;
}

static void damage(struct random *r, struct subject *s)
{
    static const char bytes[] = "{}[]\":,0129#\n \\P5w\0\1\2\3\10\34\177\200\377";
    static const char *const words[] = {
        "\"dtype\":\"F32\"", "\"shape\":[2,3]", "\"data_offsets\":[0,24]", "\"__metadata__\":{}",
        "99999999999999999999", "P5 28 28 255\n", "# \n", "\\u0022", "{}", ",", "w", "4"
    };
    size_t place = random_below(r, (int)s->count + 1), left = s->count - place;
    size_t run = left ? random_below(r, (int)left) + 1 : 0;
    const char *word = words[random_below(r, sizeof words / sizeof *words)];
    int kind = random_below(r, 6);
    if (kind == 0 && left)
        s->at[place] ^= 1 << random_below(r, 8);
    else if (kind == 1 && left)
        s->at[place] = (unsigned char)bytes[random_below(r, sizeof bytes - 1)];
    else if (kind == 2)
        cut(s, place, run);
    else if (kind == 3)
        insert(s, place, run, s->at + place);
    else if (kind == 4)
        insert(s, place, strlen(word), word);
    else
        insert(s, place, 1, &bytes[random_below(r, sizeof bytes - 1)]);
}

// Judge the corpus and what is made of it
static struct subject corpus[1000];
static int files, failed;
static long accepted;

static void read_corpus(const char *folder)
{
    char path[PATH_MAX];
    struct dirent **entry;
    int count = scandir(folder, &entry, NULL, alphasort);
    if (count < 3)
        give_up("%s: no files here", folder);
    for (int i = 0; i < count && files < 1000; free(entry[i++])) {
        const char *name = entry[i]->d_name;
        if (*name == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, name);
        struct bytes b = read_file(path, ROOM, "");
        struct subject *s = &corpus[files++];
        memcpy(s->at, b.at, s->count = b.count);
        s->format = judge(b.at, b.count);
        if (s->format != *name && !(*name == 'n' && !s->format))
            printf("FAILED: %s is taken for '%c' (%s)\n", path, s->format, complaint), failed++;
        free(b.at);
    }
    free(entry);
}

static void judge_damaged(struct random *r, long inputs)
{
    for (long n = 0; n < inputs; n++) {
        struct subject s = corpus[random_below(r, files)];
        while (n % 2 && !s.format)   // every other one begins as a good one
            s = corpus[random_below(r, files)];
        for (int edits = 1 + random_below(r, 4); edits > 0; edits--)
            damage(r, &s);
        accepted += judge(s.at, s.count) != 0;
    }
}

int main(int count, char **arguments)
{
    start("fuzz_test", "Gives damaged files to the parsers: fuzz_test CORPUS INPUTS.");
    struct random r = {getenv("SEED") ? strtoull(getenv("SEED"), NULL, 10) : 0};
    long inputs = count > 2 ? strtol(arguments[2], NULL, 10) : 0;
    read_corpus(count > 1 ? arguments[1] : "tests/corpus");
    judge_damaged(&r, inputs);
    failed += inputs > 1000 && (accepted < inputs / 100 || accepted > inputs / 2);
    printf("%d files of the corpus, %ld damaged ones, of which %ld are still files\n", files,
           inputs, accepted);
    printf("%d passed, %d failed\n", files + 1 - failed, failed);
    return finish() || failed;
}
#endif

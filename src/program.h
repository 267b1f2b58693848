// Tangled from chapters/8-trainer.md [dc9569b08b6f]: edit there, or here and make stitch
//
// What every program of this book needs: errors, memory, options, output files, the files of MNIST.

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

// Give up
static const char *program, *purpose;   // its name; what it does, in a line

// One line on standard error, and the end.
__attribute__((noreturn, format(printf, 1, 2)))
static inline void give_up(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%s: ", program);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    exit(1);
}

// Memory
static inline void *allocate(size_t count, size_t size)   // zeros
{
    size_t bytes = (count * size + 63) / 64 * 64;   // lanes begin at a multiple of their size
    void *at = aligned_alloc(64, bytes ? bytes : 64);
    if (!at)
        give_up("no memory for %zu bytes", bytes);
    return memset(at, 0, bytes);
}

static inline int smaller(int a, int b)
{
    return a < b ? a : b;
}

// Read the options
struct option { const char *name, *value, *help, **text; double *number, least, most; };

static inline double number(const struct option *k, const char *text)
{
    char *end;
    double value = strtod(text, &end);
    int whole = k->least == floor(k->least), fits = value >= k->least && value <= k->most;
    if (end == text || *end || !fits || (whole && value != floor(value)))
        give_up("%s %s: expected a %snumber from %g to %g", k->name, text, whole ? "whole " : "",
                k->least, k->most);
    return value;
}

static inline void print_help(const struct option *known)
{
    printf("usage: %s [options]\n%s\n", program, purpose);
    for (; known->name; known++)
        printf("  %-12s %-9s %s\n", known->name, known->value, known->help);
    exit(fflush(stdout) != 0);
}

// The last of the known options has no name. One that takes no value sets its number to 1.
static inline void read_options(const struct option *known, char **argument)
{
    while (*++argument) {
        const struct option *k = known;
        while (k->name && strcmp(k->name, *argument))
            k++;
        if (!strcmp(*argument, "--help"))
            print_help(known);
        if (!k->name)
            give_up("no option %s; '%s --help' lists them", *argument, program);
        if (!*k->value)
            *k->number = 1;
        else if (!*++argument)
            give_up("%s needs a value; '%s --help' lists the options", k->name, program);
        else if (k->text)
            *k->text = *argument;
        else
            *k->number = number(k, *argument);
    }
}

// Output files
struct output { FILE *file; char path[4096], beside[4100]; };

static inline struct output create(const char *path)
{
    struct output o;
    struct stat there;
    snprintf(o.path, sizeof o.path, "%s", path);
    snprintf(o.beside, sizeof o.beside, "%s.new", o.path);
    if (!stat(path, &there) && !S_ISREG(there.st_mode))   // a device, which renaming would replace
        give_up("%s: cannot write: it is no ordinary file; choose another place", path);
    o.file = fopen(o.beside, "wb");
    if (!o.file)
        give_up("%s: cannot write: %s; choose another place", o.beside, strerror(errno));
    return o;
}

static inline void complete(struct output *o)
{
    int failed = ferror(o->file);
    if (fclose(o->file) || failed || rename(o->beside, o->path)) {
        int reason = errno;
        remove(o->beside);
        give_up("%s: cannot write: %s; an older file is untouched", o->path, strerror(reason));
    }
}

// Data
struct data { int count; unsigned char (*picture)[28][28], *label; };

// Read an idx file
// The bytes of an idx file with the given number of dimensions, whose sizes go to extent[].
static inline unsigned char *read_idx(const char *path, int dimensions, long extent[dimensions])
{
    FILE *file = fopen(path, "rb");
    if (!file)
        give_up("%s: %s; try 'make train', or name a folder with --data", path, strerror(errno));
    unsigned char h[16] = {0};
    size_t length = 4 + 4 * (size_t)dimensions, bytes = 1;
    if (fread(h, 1, length, file) != length || h[0] || h[1] || h[2] != 8 || h[3] != dimensions)
        give_up("%s: no idx file of bytes in %d dimensions (unpack .gz files)", path, dimensions);
    for (int d = 0; d < dimensions; d++) {
        const unsigned char *at = h + 4 + 4 * d;
        extent[d] = (long)at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3];
        if (extent[d] > INT_MAX / 784 || (bytes *= (size_t)extent[d]) > INT_MAX)
            give_up("%s: promises %ld entries, more than this program can hold", path, extent[d]);
    }
    unsigned char *content = allocate(bytes + 1, 1);
    size_t found = fread(content, 1, bytes + 1, file);
    if (found != bytes)
        give_up("%s: is %s than its header says: expected %zu bytes behind the header", path,
                found < bytes ? "shorter" : "longer", bytes);
    fclose(file);
    return content;
}

// Load a data set
static inline struct data load(const char *folder, const char *part)   // "train" or "t10k"
{
    char path[2][4096];
    long size[3], count[1];
    snprintf(path[0], sizeof path[0], "%s/%s-images-idx3-ubyte", folder, part);
    snprintf(path[1], sizeof path[1], "%s/%s-labels-idx1-ubyte", folder, part);
    struct data d = {.picture = (void *)read_idx(path[0], 3, size)};
    d.label = read_idx(path[1], 1, count);
    if (size[1] != 28 || size[2] != 28)
        give_up("%s: pictures of %ld by %ld, expected 28 by 28", path[0], size[1], size[2]);
    if (size[0] == 0)
        give_up("%s: holds no pictures", path[0]);
    if (count[0] != size[0])
        give_up("%s: %ld labels for the %ld pictures of %s", path[1], count[0], size[0], path[0]);
    d.count = (int)size[0];
    for (int i = 0; i < d.count; i++)
        if (d.label[i] > 9)
            give_up("%s: label %d of picture %d, expected 0 to 9", path[1], d.label[i], i);
    return d;
}

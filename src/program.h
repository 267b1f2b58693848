// Tangled from chapters/12-files.md [655b2ebfefe0]: edit there, or here and make stitch
//
// What every program of this book needs: errors, memory, options, files read and written.

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// Numbers as they are
#if defined __FAST_MATH__ || defined __FINITE_MATH_ONLY__ && __FINITE_MATH_ONLY__
#error "compile without -ffast-math (or -Ofast): it removes the tests for NaN and infinity"
#endif

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

// Complain
static char complaint[PATH_MAX + 256];   // what was wrong last

__attribute__((format(printf, 1, 2)))
static inline int wrong(const char *format, ...)   // 0
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(complaint, sizeof complaint, format, arguments);
    va_end(arguments);
    return 0;
}

// Start and finish
static inline void remove_unfinished(void);   // output files

static inline void start(const char *name, const char *what_it_does)
{
    program = name, purpose = what_it_does;
    signal(SIGPIPE, SIG_IGN);
    atexit(remove_unfinished);
    int place;
    do
        place = open("/dev/null", O_RDONLY);
    while (0 <= place && place <= STDERR_FILENO);
    close(place);
}

// What main returns: all that was printed has arrived.
static inline int finish(void)
{
    int failed = ferror(stdout);
    if (fflush(stdout) || failed)
        give_up("standard output: cannot write; not all results were printed");
    return 0;
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
    exit(finish());
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

// Read a file
struct bytes { unsigned char *at; size_t count; };

// All of a file of at most so many bytes. The advice follows what is said if it cannot be opened.
static inline struct bytes read_file(const char *path, size_t most, const char *advice)
{
    int file = open(path, O_RDONLY);
    if (file < 0)
        give_up("%s: %s%s", path, strerror(errno), advice);
    size_t room = 1 << 16;
    struct bytes b = {malloc(room), 0};
    for (ssize_t came = 1; came > 0; b.count += came) {
        if (b.count == room)
            b.at = realloc(b.at, room *= 2);
        if (!b.at)
            give_up("%s: no memory for %zu bytes of it", path, room);
        came = read(file, b.at + b.count, room - b.count);
        if (came < 0)
            give_up("%s: cannot read: %s", path, strerror(errno));
        if (b.count > most)
            give_up("%s: longer than the %zu bytes that such a file can have", path, most);
    }
    close(file);
    return b;
}

// Parse an idx file
// What stands behind the header of an idx file with so many dimensions, whose sizes go to extent[].
// NULL, and a complaint, if it is none.
static inline unsigned char *parse_idx(struct bytes file, int dimensions,
                                       long long extent[dimensions])
{
    const unsigned char *h = file.at;
    size_t header = 4 + 4 * (size_t)dimensions;
    long long expected = 1;
    wrong("no idx file of bytes in %d dimensions", dimensions);
    if (file.count < header || h[0] || h[1] || h[2] != 8 || h[3] != dimensions)
        return NULL;
    for (int d = 0; d < dimensions; d++) {
        const unsigned char *at = h + 4 + 4 * d;
        extent[d] = (long long)at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3];
        wrong("promises %lld entries, more than this program can hold", extent[d]);
        if (extent[d] > INT_MAX / 784 || (expected *= extent[d]) > INT_MAX)
            return NULL;
    }
    long long found = (long long)(file.count - header);
    wrong("is %s than its header says: %lld bytes behind the header, expected %lld",
          found < expected ? "shorter" : "longer", found, expected);
    return found == expected ? file.at + header : NULL;
}

// Data
struct data { int count; unsigned char (*picture)[28][28], *label; };

// Load a data set
static inline unsigned char *read_idx(const char *path, int dimensions, long long extent[])
{
    char packed[PATH_MAX + 4];
    snprintf(packed, sizeof packed, "%s.gz", path);
    if (access(path, F_OK) && !access(packed, F_OK))
        give_up("%s: is packed; 'make train MNIST=...' unpacks, or do it by gzip -d", packed);
    struct bytes file = read_file(path, 16 + (size_t)INT_MAX,
                                  "; try 'make train', or name a folder with --data");
    unsigned char *content = parse_idx(file, dimensions, extent);
    if (!content)
        give_up("%s: %s", path, complaint);
    return content;
}

static inline struct data load(const char *folder, const char *part)   // "train" or "t10k"
{
    char path[2][PATH_MAX];
    long long size[3], count[1];
    snprintf(path[0], sizeof path[0], "%s/%s-images-idx3-ubyte", folder, part);
    snprintf(path[1], sizeof path[1], "%s/%s-labels-idx1-ubyte", folder, part);
    struct data d = {.picture = (void *)read_idx(path[0], 3, size)};
    d.label = read_idx(path[1], 1, count);
    if (size[1] != 28 || size[2] != 28)
        give_up("%s: pictures of %lld by %lld, expected 28 by 28", path[0], size[1], size[2]);
    if (size[0] == 0)
        give_up("%s: holds no pictures", path[0]);
    if (count[0] != size[0])
        give_up("%s: %lld labels for the %lld pictures of %s", path[1], count[0], size[0], path[0]);
    d.count = (int)size[0];
    for (int i = 0; i < d.count; i++)
        if (d.label[i] > 9)
            give_up("%s: label %d of picture %d, expected 0 to 9", path[1], d.label[i], i);
    return d;
}

// Text
struct cursor { const unsigned char *at, *end; };

static inline int is_space(int c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static inline void skip_spaces(struct cursor *c)
{
    while (c->at < c->end && is_space(*c->at))
        c->at++;
}

// A whole number from 0, of at most 15 digits, after spaces. Whether there is one.
static inline int parse_count(struct cursor *c, long long *value)
{
    skip_spaces(c);
    const unsigned char *from = c->at;
    for (*value = 0; c->at < c->end && '0' <= *c->at && *c->at <= '9' && c->at < from + 15; c->at++)
        *value = 10 * *value + (*c->at - '0');
    return c->at > from && (*from != '0' || c->at == from + 1);
}

// Output files
struct output { FILE *file; char path[PATH_MAX], *beside; };   // beside: one of the unfinished
enum { OUTPUTS = 4 };
static char unfinished[OUTPUTS][PATH_MAX + 8];

static inline void remove_unfinished(void)
{
    for (int i = 0; i < OUTPUTS; i++)
        if (*unfinished[i])
            remove(unfinished[i]);
}

// The file that a name stands for, behind links. Refuses what a new file must not replace. Returns
// its permissions.
static inline mode_t find_target(const char *name, char path[PATH_MAX])
{
    struct stat there;
    if (realpath(name, path) && !stat(path, &there)) {
        if (!S_ISREG(there.st_mode))   // a folder, or a device
            give_up("%s: cannot write: it is no ordinary file; choose another place", name);
        if (access(path, W_OK))
            give_up("%s: cannot write: it is protected; choose another place", name);
        return there.st_mode & 0777;
    }
    if (errno != ENOENT || !*name)
        give_up("%s: cannot write: %s; choose another place", name, strerror(errno));
    if (!lstat(name, &there))
        give_up("%s: cannot write: a link that leads nowhere; choose another place", name);
    mode_t mask = umask(0);
    umask(mask);
    snprintf(path, PATH_MAX, "%s", name);
    return 0666 & ~mask;
}

static inline struct output create(const char *name)
{
    struct output o;
    mode_t permissions = find_target(name, o.path);
    int i = 0;
    while (i < OUTPUTS - 1 && *unfinished[i])
        i++;
    o.beside = unfinished[i];
    snprintf(o.beside, sizeof *unfinished, "%s.XXXXXX", o.path);
    int file = mkstemp(o.beside);
    if (file < 0)
        *o.beside = 0;
    if (file < 0 || fchmod(file, permissions) || !(o.file = fdopen(file, "wb")))
        give_up("%s: cannot write: %s; choose another place", name, strerror(errno));
    return o;
}

static inline void discard(struct output *o)
{
    fclose(o->file);
    remove(o->beside);
    *o->beside = 0;
}

// Whether the file is in its place. If not there is a complaint, and an older file as it was.
static inline int completed(struct output *o)
{
    int reason = ferror(o->file) ? EIO : 0;
    if (fflush(o->file) || fsync(fileno(o->file)))
        reason = errno;
    if (fclose(o->file) && !reason)
        reason = errno;
    if (!reason && rename(o->beside, o->path))
        reason = errno;
    if (reason)
        remove(o->beside);
    *o->beside = 0;
    if (!reason)
        return 1;
    return wrong("%s: cannot write: %s; an older file is untouched", o->path, strerror(reason));
}

static inline void complete(struct output *o)
{
    if (!completed(o))
        give_up("%s", complaint);
}

// Try a place
static inline void try_place(const char *name)
{
    struct output o = create(name);
    discard(&o);
}

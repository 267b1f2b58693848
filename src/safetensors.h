// Tangled from chapters/12-files.md [cb3843ddcb11]: edit there, or here and make stitch
//
// Arrays of floats in a file of the safetensors format. It stands on program.h.

// The arrays of a file
struct tensor { const char *name; int extent[5]; };   // extents end with a zero
struct shape { int count; char text[48]; };

static inline struct shape shape(const struct tensor *t)   // "8,1,5,5": 200 numbers
{
    struct shape s = {1, ""};
    for (int d = 0, end = 0; t->extent[d]; d++) {
        s.count *= t->extent[d];
        end += snprintf(s.text + end, sizeof s.text - end, "%s%d", d ? "," : "", t->extent[d]);
    }
    return s;
}

// Write arrays to a file
static inline void put_number(FILE *file, int bytes, unsigned long long value)   // little-endian
{
    for (int i = 0; i < bytes; i++)
        fputc(value >> 8 * i & 255, file);
}

static inline void put_header(FILE *file, int count, const struct tensor t[count])
{
    char header[1024];
    int end = 0;
    for (int i = 0, at = 0; i < count; i++) {
        struct shape s = shape(&t[i]);
        end += snprintf(header + end, sizeof header - end,
                        "%c\"%s\":{\"dtype\":\"F32\",\"shape\":[%s],\"data_offsets\":[%d,%d]}",
                        i ? ',' : '{', t[i].name, s.text, at, at + 4 * s.count);
        at += 4 * s.count;
    }
    int length = (end + 1 + 7) / 8 * 8;
    put_number(file, 8, length);
    fprintf(file, "%s}%*s", header, length - end - 1, "");
}

static inline void put_float(FILE *file, float value)
{
    unsigned bits;
    memcpy(&bits, &value, 4);
    put_number(file, 4, bits);
}

// Parse JSON
enum { NAME = 64 };

// Whether this character comes next, after spaces. If so, it is passed.
static inline int comes(struct cursor *c, int expected)
{
    skip_spaces(c);
    if (c->at == c->end || *c->at != expected)
        return 0;
    c->at++;
    return 1;
}

// A string. One that is longer than a name, or has a backslash, gives an empty text: none of our
// names is like that.
static inline int parse_string(struct cursor *c, char text[NAME])
{
    int length = 0, ordinary = 1;
    if (!comes(c, '"'))
        return 0;
    for (; c->at < c->end && *c->at != '"'; c->at++) {
        int escaped = *c->at == '\\';
        if (*c->at < ' ' || (escaped && ++c->at == c->end))
            return 0;
        ordinary &= !escaped && length < NAME - 1;
        if (ordinary)
            text[length++] = (char)*c->at;
    }
    text[ordinary ? length : 0] = 0;
    return c->at < c->end && *c->at++ == '"';
}

// [1,2,3]: how many numbers, at most so many; -1 if it is no such list.
static inline int parse_list(struct cursor *c, int most, long long value[most])
{
    int count = 0;
    if (!comes(c, '['))
        return -1;
    if (comes(c, ']'))
        return 0;
    do
        if (count == most || !parse_count(c, &value[count++]))
            return -1;
    while (comes(c, ','));
    return comes(c, ']') ? count : -1;
}

// Parse the header
struct entry { char name[NAME], type[NAME]; int dimensions; long long extent[8], place[2]; };

static inline int parse_entry(struct cursor *c, struct entry *e)
{
    char key[NAME];
    int good = comes(c, '{'), types = 0, shapes = 0, places = 0;
    while (good) {
        good = parse_string(c, key) && comes(c, ':');
        if (good && !strcmp(key, "dtype"))
            good = parse_string(c, e->type) && ++types == 1;
        else if (good && !strcmp(key, "shape"))
            good = (e->dimensions = parse_list(c, 8, e->extent)) >= 0 && ++shapes == 1;
        else if (good && !strcmp(key, "data_offsets"))
            good = parse_list(c, 2, e->place) == 2 && ++places == 1;
        else
            good = 0;
        if (good && !comes(c, ','))
            return types && shapes && places && comes(c, '}');
    }
    return 0;
}

static inline int parse_notes(struct cursor *c)
{
    char text[NAME];
    if (!comes(c, '{'))
        return 0;
    if (comes(c, '}'))
        return 1;
    do
        if (!parse_string(c, text) || !comes(c, ':') || !parse_string(c, text))
            return 0;
    while (comes(c, ','));
    return comes(c, '}');
}

// How many entries, at most so many; -1 if it is no header.
static inline int parse_header(struct cursor *c, int most, struct entry entry[most])
{
    int count = 0, notes = 0;
    if (!comes(c, '{'))
        return -1;
    do {
        if (count == most || !parse_string(c, entry[count].name) || !comes(c, ':'))
            return -1;
        int is_notes = !strcmp(entry[count].name, "__metadata__");
        if (is_notes ? !parse_notes(c) || ++notes > 1 : !parse_entry(c, &entry[count]))
            return -1;
        count += !is_notes;
    } while (comes(c, ','));
    int closed = comes(c, '}');
    skip_spaces(c);
    return closed && c->at == c->end ? count : -1;
}

// Look for the arrays
static inline int is_tensor(const struct entry *e, const struct tensor *t)
{
    int d = 0;
    while (d < e->dimensions && e->extent[d] == t->extent[d] && t->extent[d])
        d++;
    return !strcmp(e->name, t->name) && !strcmp(e->type, "F32") && d == e->dimensions
        && t->extent[d] == 0;
}

// The entries of the arrays, in the order of the table.
static inline int find_tensors(int count, const struct tensor t[count],
                               const struct entry all[count], const struct entry *found[count],
                               long long bytes)
{
    for (int i = 0; i < count; i++) {
        int k = 0;
        while (k < count && !is_tensor(&all[k], &t[i]))
            k++;
        struct shape s = shape(&t[i]);
        if (k == count)
            return wrong("holds no array %s of shape [%s] in F32: not the parameters of this "
                         "network", t[i].name, s.text);
        const long long *place = all[k].place;
        if (place[1] > bytes || place[1] - place[0] != 4 * s.count)
            return wrong("array %s: bytes %lld to %lld of %lld, expected %d bytes", t[i].name,
                         place[0], place[1], bytes, 4 * s.count);
        found[i] = &all[k];
        for (k = 0; k < i; k++)
            if (place[0] < found[k]->place[1] && found[k]->place[0] < place[1])
                return wrong("arrays %s and %s overlap", t[k].name, t[i].name);
    }
    return 1;
}

// Parse a file of arrays
static inline float get_float(const unsigned char *b)
{
    unsigned bits = b[0] | b[1] << 8 | b[2] << 16 | (unsigned)b[3] << 24;
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

// The entries of the header, and the bytes behind it.
static inline int parse_entries(struct bytes file, int count, struct entry entry[],
                                struct bytes *numbers)
{
    enum { MOST = 64 };
    struct entry all[MOST];
    unsigned long long length = 0;
    for (int i = 7; i >= 0 && file.count > 8; i--)
        length = length << 8 | file.at[i];
    if (file.count <= 8 || length > file.count - 8 || file.at[8] != '{')
        return wrong("not a safetensors file");
    struct cursor c = {file.at + 8, file.at + 8 + length};
    int found = parse_header(&c, MOST, all);
    if (found < 0)
        return wrong("not a safetensors file: its header is wrong at byte %td", c.at - file.at);
    if (found != count)
        return wrong("holds %d arrays, expected %d: not the parameters of this network", found,
                     count);
    memcpy(entry, all, count * sizeof *entry);
    *numbers = (struct bytes){file.at + 8 + length, file.count - 8 - length};
    return 1;
}

// The numbers of the arrays, in the order of the table. 0, and a complaint, if the file does not
// hold these arrays and nothing else.
static inline int parse_tensors(struct bytes file, int count, const struct tensor t[count],
                                float number[])
{
    struct entry all[count];
    const struct entry *found[count];
    struct bytes b;
    size_t expected = 0;
    for (int i = 0; i < count; i++)
        expected += 4 * shape(&t[i]).count;
    if (!parse_entries(file, count, all, &b))
        return 0;
    if (b.count != expected)
        return wrong("%zu bytes behind the header, expected %zu: truncated, or not the parameters "
                     "of this network", b.count, expected);
    if (!find_tensors(count, t, all, found, b.count))
        return 0;
    for (int i = 0; i < count; i++)
        for (int k = 0; k < shape(&t[i]).count; k++, number++)
            if (!isfinite(*number = get_float(b.at + found[i]->place[0] + 4 * k)))
                return wrong("number %d of %s is not finite", k, t[i].name);
    return 1;
}

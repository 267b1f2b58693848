#!/usr/bin/env python3
"""Holds the figures that README.md and chapter 9 quote together with one run of make bench.

    python3 paper/measured.py           renews what quotes figures/data/bench.txt
    python3 paper/measured.py --take    takes the last run of make bench into it first

A quotation is a piece of text with its figures in braces, as Python's format has them. It must stand
once in its file, however its lines are broken. Figures that need NumPy or PyTorch stay as they are where
bench had none.
"""
import datetime
import os
import platform
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TABLE, FRESH = 'figures/data/bench.txt', 'build/bench.txt'
README, CHAPTER = 'README.md', 'chapters/9-why-it-is-fast.md'
SUMS = ('(7) conv 1', '(7) conv 2', '(8) conv 2', '(9) conv 1', '(9) conv 2', '(1) dense 1', '(2) dense 1',
        '(3) dense 1')
FILTERS, BATCHES = (8, 16, 32, 64), (1, 32, 128, 1024)


class Failure(Exception):
    """Is said in one line."""


# ---- What bench has printed ----

def figures(pattern, text, names):
    """The figures of the only line with the pattern, in which # is a figure, by their names."""
    places = list(re.finditer(pattern.replace('#', r'([\d.]+)'), text, re.M))
    if len(places) != 1:
        raise Failure('%s: expected one line like %s, found %d; make numbers measures anew'
                      % (TABLE, pattern, len(places)))
    return dict(zip(names.split(), map(float, places[0].groups())))


def step(start, text):
    end = ': # us a sample .*, # samples/s, # MFLOP a sample, # GFLOP/s, # % of the peak$'
    return figures('^ *' + start + end, text, 'us rate mflop gflops share')


def measured(text):
    """What a run says, by names: m['(7) conv 2']['share']."""
    m = {'core': figures('^peak # GFLOP/s .* one sum alone #', text, 'peak alone'),
         'ratios': figures('^lanes : double +#, fast : plain +#, both together #', text, 'lanes sums both')}
    for kib in (32, 512, 8192, 131072):
        m['read %d' % kib] = figures('[ ,]%d KiB # GB/s' % kib, text, 'rate')
    for name in (*SUMS, 'all'):
        m[name] = figures('^' + re.escape(name) + r' .*% +# +\(.*\| +# % +# % \| +# \| +# +#$', text,
                          'us share plain times us_plain us_double')
    for filters in FILTERS:
        m['%d filters' % filters] = step('%d filters, batches of 32, 1 thread' % filters, text)
    for batch in BATCHES:
        m['batches of %d' % batch] = step('8 filters, batches of %d, 1 thread' % batch, text)
    m['2 threads'] = step('8 filters, batches of 32, 2 threads', text)
    m['reading'] = step('8 filters, reading alone, 1 thread', text)
    for name in re.findall(r'(?m)^ours : (\S+, .*?)  ', text):
        m[name] = figures('^ours : ' + re.escape(name) + r' +# \(# to #\) +# and # ', text,
                          'ratio least most ours theirs')
    return m


# ---- What quotes it ----

def about(x):
    """With three figures."""
    digits = 2 - len('%.0f' % x) + 1
    return round(x, min(digits, 0))


def quotations(m):
    """(file, text with figures in braces, what they are)."""
    core, one, two, ratios = m['core'], m['8 filters'], m['2 threads'], {**m['all'], **m['ratios']}
    least = 2e3 * one['mflop'] / 2 / core['peak']   # us a sample that the products alone take
    teams = {**one, 'times': one['us'] / two['us'], 'two': two['us']}
    yield README, ('a training step on one core: {us:.0f} µs a sample, {share:.0f} % of its multiply-add '
                   'peak; two threads {times:.1f} times as fast'), teams
    yield CHAPTER, ('two threads are {times:.1f} times as fast as one ({two:.0f} microseconds a sample and '
                    '{us:.0f}).'), teams
    yield CHAPTER, "| the same sums in C, in the paper's order, in `double` | {us_double:,.0f} |", ratios
    yield CHAPTER, '| eight samples in one number | {us_plain:,.0f} | {lanes:.1f} |', ratios
    yield CHAPTER, '| eight sums side by side | {us:,.0f} | {sums:.1f} |', ratios
    yield CHAPTER, 'The plain loops stay as they are, and are {lanes:.1f} times as fast.', ratios
    yield CHAPTER, 'with the meetings of its threads, takes {us:.0f}.)', one
    yield CHAPTER, '| one | {alone:.1f} | | twelve | {peak:.1f} |', core
    yield CHAPTER, ('in less than 2 · 2.46 million / {peak:.1f} GFLOP/s = {least:.0f} microseconds a sample. '
                    'With {us:.0f} we are at {share:.0f} percent of that.'), {**core, **one, 'least': least}
    for kib, name in ((32, '32 KiB, first'), (512, '512 KiB, second'), (8192, '8 MiB, third')):
        yield CHAPTER, '| %s-level cache | {rate:.0f} |' % name, m['read %d' % kib]
    yield CHAPTER, '| 128 MiB, main memory | {rate:.0f} |', m['read 131072']
    for name in SUMS:
        row = '| %s | %s | {plain:.0f} %% | {share:.0f} %% | {times:.1f} |' % tuple(name.split(' ', 1))
        yield CHAPTER, row, m[name]
    shares = '{share:.0f} percent of the peak instead of {plain:.0f}'
    for equation in ('(7)', '(8)', '(9)'):
        yield CHAPTER, '%s on the second convolution: %s.' % (equation, shares), m[equation + ' conv 2']
    yield CHAPTER, '(1) reaches %s,' % shares, m['(1) dense 1']
    yield CHAPTER, 'and (2) {share:.0f} instead of {plain:.0f}.', m['(2) dense 1']
    yield CHAPTER, '(3) reaches %s.' % shares, m['(3) dense 1']
    for filters in FILTERS:
        row = '| %d | {mflop:.2f} | {us:,.0f} | {gflops:.0f} | {share:.0f} %% |' % filters
        yield CHAPTER, row, m['%d filters' % filters]
    for batch in BATCHES:
        row = '| training, batches of %s | {rate:,.0f} |' % format(batch, ',')
        yield CHAPTER, row, m['batches of %d' % batch]
    yield CHAPTER, '| reading pictures | {rate:,.0f} |', m['reading']


def quotations_of_others(m):
    """Those that need NumPy or PyTorch."""
    if 'NumPy, 1 thread' in m:
        scalar, numpy = m['all']['us_double'], m['NumPy, 1 thread']
        slow = 1e6 / numpy['theirs']
        v = {'ratio': about(numpy['ratio']), 'slow': about(slow), 'scalar': scalar, 'times': slow / scalar,
             'theirs': numpy['theirs'], 'each': slow / 17216}
        yield README, "to a NumPy program like the paper's, one thread: {ratio:,.0f} times", v
        yield CHAPTER, "with one thread it is {ratio:,.0f} times as fast as a program like the paper's.", v
        yield CHAPTER, 'one place of one feature map at a time | {slow:,.0f} |', v
        yield CHAPTER, "in the paper's order, in `double` | {scalar:,.0f} | {times:.0f} |", v
        yield CHAPTER, 'written anew for this comparison: {theirs:.1f} samples a second.', v
        yield CHAPTER, 'forward and backward, so each takes {each:.1f} microseconds.', v
        yield CHAPTER, 'compiled with `-DPLAIN -DDOUBLE`, are {times:.0f} times as fast.', v
    titles = {'batches of %d' % batch: 'batches of %s' % format(batch, ',') for batch in BATCHES}
    for name, title in {**titles, 'reading': 'reading alone'}.items():
        other = m.get('PyTorch, %s, 1 thread' % name)
        if other:
            row = '| %s | {rate:,.0f} | {theirs:,.0f} | {ratio:.1f} ({least:.1f} to {most:.1f}) |' % title
            yield CHAPTER, row, {**other, 'rate': m[name]['rate']}
    for name in ('(7)', '(8)', '(9)', 'all three'):
        other = m.get('oneDNN, %s conv 2, 1 thread' % name)
        if other:
            row = '| %s | {ours:.1f} | {theirs:.1f} | {ratio:.1f} ({least:.1f} to {most:.1f}) |' % name
            yield CHAPTER, row, other
    two = m.get('PyTorch, batches of 32, 2 threads')
    if two:
        yield CHAPTER, ('With two threads each, and batches of 32, the ratio is {ratio:.1f} ({least:.1f} to '
                        '{most:.1f}).'), two


def pattern(template):
    """What finds a quotation with whatever figures, each of them a group."""
    parts = re.split(r'\{[^}]*\}', template)
    return r'([\d.,]*\d)'.join(r'\s+'.join(map(re.escape, part.split(' '))) for part in parts)


def renew(text, template, values, file):
    """The text with a quotation's figures in it."""
    places = list(re.finditer(pattern(template), text))
    if len(places) != 1:
        raise Failure('%s: expected once, found %d times: %s' % (file, len(places), template))
    place = places[0]
    for number, figure in reversed(list(enumerate(re.findall(r'\{[^}]*\}', template), 1))):
        text = text[:place.start(number)] + figure.format(**values) + text[place.end(number):]
    return text


# ---- Reading and writing ----

def read(path, root=ROOT):
    with open(os.path.join(root, path), encoding='utf-8') as file:
        return file.read()


def write(path, text, root=ROOT):
    path = os.path.join(root, path)
    with open(path + '.new', 'w', encoding='utf-8') as file:
        file.write(text)
    os.replace(path + '.new', path)


def renewed(root=ROOT):
    """The files that quote the table, as they must be: {path: text}."""
    texts = {path: read(path, root) for path in (README, CHAPTER)}
    m = measured(read(TABLE, root))
    for path, template, values in (*quotations(m), *quotations_of_others(m)):
        texts[path] = renew(texts[path], template, values, path)
    return texts


def machine():
    """The processor's name, how many of them, and which registers it has."""
    try:
        text = read('/proc/cpuinfo')
    except OSError:
        return '%s, %d processors' % (platform.machine(), os.cpu_count())
    name = re.search(r'model name\s*: (.*)', text)
    lanes = next((title for flag, title in (('avx512f', 'AVX-512'), ('avx2', 'AVX2')) if flag in text), '')
    return '%s, %d processors, %s' % (name[1] if name else platform.machine(), os.cpu_count(), lanes)


def take(compiler):
    if not os.path.exists(os.path.join(ROOT, FRESH)):
        raise Failure('%s is not there; make bench writes it' % FRESH)
    write(TABLE, '# make numbers, %s: %s, %s\n%s' % (datetime.date.today(), machine(), compiler, read(FRESH)))


def main(arguments):
    if arguments[:1] == ['--take']:
        take(*arguments[1:])
    elif arguments:
        raise Failure('usage: measured.py [--take COMPILER]')
    for path, text in renewed().items():
        if text != read(path):
            write(path, text)
            print('renewed the figures of %s' % path)


if __name__ == '__main__':
    try:
        main(sys.argv[1:])
    except (Failure, OSError) as failure:
        sys.exit('measured: %s' % failure)

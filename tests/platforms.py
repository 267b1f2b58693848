#!/usr/bin/env python3
"""make platforms: checks, trainer and files with every compiler and machine that is here, one at a time.

    python3 tests/platforms.py            all of them, into paper/platforms.md: a quarter of an hour
    python3 tests/platforms.py NAME...    those whose names contain one of these words, on standard output

Each platform runs some of the checkers, trains for ten steps with one, two and three threads, and exchanges
files with the reference, which is this machine's own compiler. What is not installed is a row that says so,
and never passes. Debian has most of it: gcc-11 to gcc-14, clang-13 to clang-19, libclang-rt-14-dev,
musl-tools, tcc, gcc-{i686,aarch64,riscv64,s390x}-linux-gnu, qemu-user-static.
"""
import collections
import os
import platform
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

import tools

CHECKERS = ['fully_connected', 'convolution', 'activations', 'loss']
STRICT = '-std=gnu11 -Wall -Wextra -Wshadow -Werror -Wno-psabi -fno-math-errno'.split()
PATIENCE = 300   # seconds for one program
EMPTY = '#include <stdio.h>\nint main(void) { return 0; }\n'
SHAPES = 'struct n { int A; };\nint f(struct n n, int a[n.A]) { return a[0]; }\n' + EMPTY
REFUSED = 'refused, as it must be'

Platform = collections.namedtuple('Platform', 'name compiler options runner')


def row(name, compiler, options, runner=''):
    return Platform(name, compiler, options.split(), runner)


def emulated(name, processor, options='-O2'):
    """A machine of its own: a cross compiler, and an emulator for what it makes."""
    return row(name, processor + '-linux-gnu-gcc', options + ' -static', 'qemu-%s-static' % processor)


NATIVE = '-O3 -march=native'
ADDRESS = '-O1 -g -fsanitize=address,undefined -fno-sanitize=vla-bound -fno-sanitize-recover=all'
PLATFORMS = (
    [row('gcc %d' % version, 'gcc-%d' % version, NATIVE) for version in (11, 12, 13, 14)]
    + [row('clang %d' % version, 'clang-%d' % version, NATIVE) for version in range(13, 20)]
    + [row('gcc, other options', 'gcc', options) for options in
       ('-O0', '-O1', '-O2', '-O3', '-Ofast', '-O3 -march=x86-64-v4')]
    + [row('clang, other options', 'clang', options) for options in ('-O0', '-O2', '-Ofast')]
    + [row('musl', 'musl-gcc', '-O2 -static'),
       row('tcc', 'tcc', '-DPLAIN -DDOUBLE'),
       row('32 bits (i686, SSE2)', 'i686-linux-gnu-gcc', '-O2 -msse2 -mfpmath=sse -static'),
       row('32 bits (i686, x87)', 'i686-linux-gnu-gcc', '-O2 -mfpmath=387 -static'),
       emulated('aarch64', 'aarch64'), emulated('riscv64', 'riscv64'),
       emulated('s390x, big-endian', 's390x'),
       row('address, undefined', 'gcc', ADDRESS), row('address, undefined', 'clang', ADDRESS),
       row('thread', 'clang', '-O1 -g -fsanitize=thread'),
       row('memory', 'clang', '-O1 -g -fsanitize=memory -fno-sanitize-recover=all'),
       row('integer', 'clang', '-O1 -g -fsanitize=integer -fno-sanitize-recover=all '
           '-fno-sanitize=unsigned-integer-overflow,unsigned-shift-base')])


class Failed(Exception):
    """What went wrong, in a few words for the table."""


class NotHere(Exception):
    """Why the platform cannot be tried."""


def run(command, **more):
    try:
        return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=tools.ROOT,
                              universal_newlines=True, timeout=PATIENCE, **more)
    except subprocess.TimeoutExpired:
        raise Failed('not done after %d s' % PATIENCE) from None


class Machine:
    """One platform's programs, built into a folder of their own."""
    def __init__(self, platform, folder):
        self.platform, self.folder = platform, folder
        os.makedirs(folder, exist_ok=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def is_here(self):
        """Finds what is not there. A cross compiler without its library is none, either."""
        p = self.platform
        for program in filter(None, (p.compiler, p.runner)):
            if not shutil.which(program):
                raise NotHere('not here: no ' + program)
        for text, reason in ((EMPTY, 'not here: no library for it'),
                             (SHAPES, 'cannot: knows no array whose size is another parameter (C99)')):
            with open(self.path('small.c'), 'w') as file:
                file.write(text)
            options = [option for option in p.options if option != '-Ofast']
            if run([p.compiler, *options, self.path('small.c'), '-o', self.path('small')]).returncode:
                raise NotHere(reason)
        self.output('small')

    def build(self, name, source, *options):
        made = run([self.platform.compiler, *STRICT, *self.platform.options, *options, source,
                    '-o', self.path(name), '-pthread', '-lm'])
        if made.returncode:
            raise Failed('%s does not compile: %s' % (source, first_error(made.stdout)))

    def call(self, name, *arguments):
        return run([word for word in (self.platform.runner, self.path(name)) if word] + list(arguments))

    def output(self, name, *arguments):
        done = self.call(name, *arguments)
        if done.returncode == -signal.SIGILL:
            raise NotHere('not here: no processor with such instructions')
        if done.returncode:
            raise Failed('%s fails with status %d: %s'
                         % (name, done.returncode, first_error(done.stdout) or 'no word'))
        return done.stdout

    def checks(self):
        """How many checks of equations and of parsers pass."""
        passed = 0
        for name in CHECKERS:
            options = [] if self.platform.compiler == 'tcc' else ['-DCOMPLEX', '-Wno-error=unused-parameter']
            self.build(name, 'tests/%s_test.c' % name, *options)
            passed += number_passed(self.output(name))
        self.build('fuzz', 'tests/fuzz_test.c')
        return passed + number_passed(self.output('fuzz', 'tests/corpus', '2000'))

    def build_programs(self):
        self.build('study', 'src/study.c')
        self.build('draw', 'src/draw.c')
        self.output('draw', '--count', '1000', '--out', self.path('digits'))

    def train(self, data, threads):
        """The file of parameters after ten steps."""
        save = self.path('parameters-%d' % threads)
        self.output('study', '--data', data, '--limit', '320', '--epochs', '1', '--threads', str(threads),
                    '--save', save)
        return save

    def answers(self, parameters, data):
        """Cost and correct answers on the test pictures of a folder."""
        said = self.output('study', '--test', '--load', parameters, '--data', data, '--threads', '1')
        found = re.search(r'test cost (\S+)\ntest: (\d+) of (\d+) right', said)
        if not found:
            raise Failed('a test without an answer: ' + said)
        return float(found[1]), int(found[2]), int(found[3])


def first_error(text):
    lines = text.strip().split('\n')
    found = [line for line in lines if re.search(r'error|FAILED|ERROR|warning', line)] or lines
    return re.sub(r'\S*/(?=\S)', '', found[0]).strip()[:100]


def number_passed(said):
    found = re.search(r'^(\d+) passed, 0 failed$', said, re.M)
    if not found:
        raise Failed(first_error(said))
    return int(found[1])


def content(path):
    with open(path, 'rb') as file:
        return file.read()


def numbers(path):
    """The parameters in a safetensors file, by its definition: a length, JSON, little-endian floats."""
    data = content(path)
    start = 8 + struct.unpack('<Q', data[:8])[0]
    return struct.unpack('<%df' % ((len(data) - start) // 4), data[start:])


def agree(what, one, other):
    """Two answers on the same pictures: the same digits right, the cost to the digits that are printed."""
    if one[1:] != other[1:] or abs(one[0] - other[0]) > 1.5e-4:
        raise Failed('%s: %s here, %s there' % (what, one, other))


def threads_agree(machine, data):
    saved = [machine.train(data, threads) for threads in (1, 2, 3)]
    if len({content(path) for path in saved}) != 1:
        raise Failed('the parameters depend on the number of threads')
    return saved[0]


def exchange(machine, reference, saved):
    """Files of either are read by the other, parameters and pictures."""
    ours, digits = reference.path('parameters-1'), reference.path('digits')
    theirs = machine.path('digits')
    agree('our parameters', reference.answers(ours, digits), machine.answers(ours, digits))
    agree('its parameters', reference.answers(saved, digits), machine.answers(saved, digits))
    agree('its pictures', reference.answers(ours, theirs), machine.answers(ours, theirs))


def distance(saved, reference):
    """The largest difference of two parameters, which may only come from rounding."""
    difference = max(abs(a - b) for a, b in zip(numbers(saved), numbers(reference.path('parameters-1'))))
    if not difference < 1e-4:
        raise Failed('the parameters are %.1e away' % difference)
    return 'the same' if difference == 0 else '%.0e' % difference


def pictures_differ(machine, reference):
    files = [content(os.path.join(m.path('digits'), 'train-images-idx3-ubyte')) for m in (machine, reference)]
    return 'the same' if files[0] == files[1] else '%d of %d pixels' % (
        sum(a != b for a, b in zip(*files)), len(files[0]) - 16)


def fast_math_is_refused(machine):
    """Such a compiler removes the tests for NaN: the code must not compile."""
    for source in 'src/study.c', 'tests/loss_test.c':
        try:
            machine.build('refused', source)
        except Failed as reason:
            if 'fast-math' not in str(reason):
                raise
        else:
            raise Failed(source + ' compiles')
    return [REFUSED, '', '', '', '']


def results(machine, reference):
    """The cells of a row: checks, threads, files, parameters, digits."""
    if '-Ofast' in machine.platform.options:
        return fast_math_is_refused(machine)
    passed = machine.checks()
    machine.build_programs()
    saved = threads_agree(machine, reference.path('digits'))
    exchange(machine, reference, saved)
    return ['%d pass' % passed, 'equal', 'read both ways', distance(saved, reference),
            pictures_differ(machine, reference)]


def version(compiler):
    said = run([compiler, '-v' if compiler == 'tcc' else '--version']).stdout
    return (re.search(r'\d+\.\d+(\.\d+)?', re.sub(r'\([^)]*\)', '', said)) or [''])[0]


def tell(machine, reference):
    """A row of the table, and whether it is as it must be; None if that cannot be known here."""
    p, good = machine.platform, True
    try:
        machine.is_here()
        cells = results(machine, reference)
    except NotHere as reason:
        cells, good = [str(reason), '', '', '', ''], None
    except Failed as reason:
        cells, good = ['**FAILED: %s**' % str(reason).replace('|', '/'), '', '', '', ''], False
    compiler = '%s (%s)' % (p.compiler, version(p.compiler)) if shutil.which(p.compiler) else p.compiler
    return '| %s |' % ' | '.join([p.name, compiler, '`%s`' % ' '.join(p.options)] + cells), good


HEAD = '''| platform | compiler | options | checks | 1, 2 and 3 threads | files | parameters | digits drawn |
|---|---|---|---|---|---|---|---|'''
PAGE = '''# Platforms

*Written by `make platforms` on %(date)s: %(machine)s. The reference is %(reference)s.*

Each row builds the checkers of %(checkers)s
with complex numbers, and the one of the parsers, and runs them. It trains for ten steps on drawn digits, with
one, two and three threads, and exchanges files with the reference: either reads the other's parameters and
pictures, and must give the same answers. aarch64, riscv64 and s390x are emulated.

What must be equal everywhere: the verdicts of the checks, the answers to the same parameters and pictures,
and on one machine the parameters for all numbers of threads. What may differ between machines is the last
bits of the parameters. Sums are taken in lanes of 16, 8 or 4 samples, as the processor has them, and one
that multiplies and adds in one step rounds once instead of twice. The column *parameters* has the largest
difference from the reference after ten steps. The digits are drawn with the C library's sine and cosine,
whose last bits could round a pixel the other way.

%(table)s

%(closing)s
'''


def processor():
    try:
        found = re.search(r'^model name\s*: (.*)$', content('/proc/cpuinfo').decode(), re.M)
    except OSError:
        found = None
    return found[1] if found else platform.processor() or platform.machine()


def main(words):
    chosen = [p for p in PLATFORMS if not words or any(word in ' '.join([p.name, p.compiler] + p.options)
                                                      for word in words)]
    with tempfile.TemporaryDirectory() as folder:
        reference = Machine(row('reference', os.environ.get('CC', 'cc'), NATIVE),
                            os.path.join(folder, 'reference'))
        reference.build_programs()
        threads_agree(reference, reference.path('digits'))
        told = []
        for number, p in enumerate(chosen):
            start = time.time()
            told.append(tell(Machine(p, os.path.join(folder, str(number))), reference))
            shutil.rmtree(os.path.join(folder, str(number)))
            print('%s   %.0f s' % (told[-1][0], time.time() - start), file=sys.stderr, flush=True)
    passed, failed, absent = ([good for line, good in told].count(kind) for kind in (True, False, None))
    closing = '%d passed, %d failed' % (passed, failed)
    table = '\n'.join([HEAD] + [line for line, good in told])
    if not words:
        compiler = reference.platform.compiler
        page = PAGE % {'date': time.strftime('%Y-%m-%d'), 'machine': processor(), 'table': table,
                       'reference': '%s (%s) with `%s`' % (compiler, version(compiler), NATIVE),
                       'checkers': ', '.join(name.replace('_', ' ') for name in CHECKERS),
                       'closing': '%s, %d not here' % (closing, absent)}
        write(os.path.join(tools.ROOT, 'paper', 'platforms.md'), page)
    else:
        print(table)
    print(closing)
    return failed > 0


def write(path, page):
    with open(path + '.new', 'w', encoding='utf-8') as file:
        file.write(page)
    os.replace(path + '.new', path)


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))

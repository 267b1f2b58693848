#!/usr/bin/env python3
"""The mutator: breaks the chapters' C in small mechanical ways, and shows each wrong version to its checkers.

    python3 tests/mutate.py NAME ...   every function of src/NAME.c: convolution, loss, fast, ...
    python3 tests/mutate.py trainer    the functions of the trainer and of its studies
    make mutants                       of all of them

A mutant is one edit of a few tokens in one function. It is killed if a checker, built with it, fails,
crashes, leaves an array or never ends. The checkers of a file are the tests that include it; those of
src/fast.c are built with -DFAST; the trainer's is the training run beside its oracle. A mutant that lives
is either explained in tests/equivalent.txt, where it changes nothing that could be seen, or a hole in the
checks. An explanation whose mutant is killed or gone is stale, and an error too.
"""
import collections
import concurrent.futures
import functools
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

from tools import ROOT   # finds the tangler
import tangle

# ---- Tokens ----

Token = collections.namedtuple('Token', 'kind text start end')

TOKEN = re.compile(r'''
    (?P<space>\s+ | //[^\n]* | /\*.*?\*/ | ^\#(?:\\\n|[^\n])*)
  | (?P<string>"(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*')
  | (?P<number>(?:\d|\.\d)(?:[eEpP][-+]|[\w.])*)
  | (?P<name>[A-Za-z_]\w*)
  | (?P<mark><<=|>>=|\.\.\.|[-+*/%&|^<>=!]=|\+\+|--|&&|\|\||<<|>>|->|.)''', re.X | re.M | re.S)

TYPES = set('char const double enum float int long mask real restrict size_t static struct typedef unsigned '
            'void weight'.split())
KEYWORDS = set('break case continue default do else for goto if return sizeof switch while'.split())


def lex(source):
    return [Token(match.lastgroup, match[0], *match.span()) for match in TOKEN.finditer(source)]


class Function:
    """One function's tokens without spaces and comments, from its parameters to its last brace."""
    def __init__(self, name, tokens, source):
        self.name, self.tokens, self.source = name, tokens, source
        self.text = [token.text for token in tokens]
        self.names = {token.text for token in tokens if token.kind == 'name'}
        self.partner, stack = {}, []   # the bracket that closes or opens
        for i, text in enumerate(self.text):
            if text in ('(', '[', '{'):
                stack.append(i)
            elif text in (')', ']', '}'):
                self.partner[i] = stack.pop()
                self.partner[self.partner[i]] = i
        self.body = self.partner[0] + 1
        extents = [i for i in range(self.body) if self.text[i] == '[']
        self.unread = {j for i in extents if self.ignored(i) for j in range(i + 1, self.partner[i] + 1)}

    def ignored(self, i):
        """Whether C ignores the extent at i: a parameter's first, and each if it is only handed on."""
        first = i
        while self.text[first - 1] == ']':
            first = self.partner[first - 1]
        uses = [j for j in range(self.body, len(self.text)) if self.text[j] == self.text[first - 1]]
        return i == first or all(self.text[j - 1] in '(,' and self.text[j + 1] in ',)' for j in uses)

    def parameters(self):
        """The parameters' names."""
        names, depth = [], 0
        for i, token in enumerate(self.tokens[:self.body]):
            depth += (token.text in '([') - (token.text in ')]')
            if token.text == ',' and depth == 1 or token.text == '(' and not names:
                names.append(None)
            elif token.kind == 'name' and token.text not in TYPES and (depth == 1 or self.to_function(i)):
                names[-1] = token.text
        return [name for name in names if name]

    def to_function(self, i):
        """Whether the name at i is that of a pointer to a function: (*name)(...)."""
        return self.text[i - 2:i] == ['(', '*'] and self.text[i + 1:i + 3] == [')', '(']

    def part(self, first, last):
        return self.source[self.tokens[first].start:self.tokens[last].end]

    def binary(self, i):
        """Whether the operator at i has something to its left."""
        before = self.tokens[i - 1]
        return (before.kind == 'number' or before.text in (')', ']')
                or before.kind == 'name' and before.text not in TYPES | KEYWORDS)

    def declaration(self, i):
        """Whether i is in a statement, or in the first part of a loop, that begins with a type."""
        while self.text[i - 1] not in (';', '{', '}', '('):
            i = self.partner[i - 1] if i - 1 in self.partner else i - 1
        return self.text[i] in TYPES

    def operand(self, i, step):
        """The other end of the operand beside the operator at i: on its right for step 1, left for -1."""
        j = end = i + step
        while True:
            text = self.text[j]
            if j in self.partner and (self.partner[j] - j) * step > 0:
                j = self.partner[j]
            elif (text in ENDS or j in self.partner
                  or text in PRECEDENCE and self.binary(j) and self.looser(j, i, step)):
                return end
            end = j
            j += step

    def looser(self, j, i, step):
        """Whether the operator at j does not belong to the operand beside the one at i."""
        other, own = PRECEDENCE[self.text[j]], PRECEDENCE[self.text[i]]
        return other <= own if step > 0 else other < own


def functions(source):
    """Every function that a file defines."""
    tokens = [token for token in lex(source) if token.kind != 'space']
    depth, start = 0, None
    for i, token in enumerate(tokens):
        if depth == 0 and token.text == '(' and opens_body(tokens, i):
            start = i
        depth += (token.text in ('(', '{', '[')) - (token.text in (')', '}', ']'))
        if depth == 0 and token.text == '}' and start:
            yield Function(tokens[start - 1].text, tokens[start:i + 1], source)
            start = None


def opens_body(tokens, i):
    """Whether the bracket at i, once closed, is followed by a brace."""
    depth = 0
    while True:
        depth += (tokens[i].text == '(') - (tokens[i].text == ')')
        i += 1
        if depth == 0:
            return tokens[i].text == '{'


# ---- Edits. An edit puts a text in the place of the tokens first to last of a function. ----

LEVELS = ('= += -= *= /=', '? :', '||', '&&', '|', '^', '&', '== !=', '< <= > >=', '<< >>', '+ -', '* / %')
PRECEDENCE = {mark: level for level, marks in enumerate(LEVELS) for mark in marks.split()}
ENDS = set(', ; return else do'.split())

INSTEAD = {
    '<': '<= >=', '<=': '< >', '>': '>= <=', '>=': '> <', '==': '!=', '!=': '==',
    '+': '-', '-': '+', '*': '/', '/': '*', '%': '/', '<<': '>>', '>>': '<<', '&': '|', '|': '&', '^': '|',
    '&&': '||', '||': '&&',
    '=': '+=', '+=': '= -=', '-=': '= +=', '*=': '= /=', '/=': '= *=',
}
FARTHER = {'<': ' - 1', '<=': ' + 1', '>': ' + 1', '>=': ' - 1'}   # what INSTEAD does not do to a bound
SWAPPED = {'i': 'j', 'j': 'i', 'm': 'v', 'v': 'm', 'rate': 'epsilon', 'epsilon': 'rate'}


def other_operator(f):
    """x < X becomes x <= X, and x >= X, which ends a loop before it begins."""
    for i in range(f.body, len(f.tokens)):
        text = f.text[i]
        of_message = text == '&&' and f.tokens[i + 1].kind == 'string'
        if text in INSTEAD and f.binary(i) and not of_message and not (text == '=' and f.declaration(i)):
            for other in INSTEAD[text].split():
                yield i, i, other


def other_bound(f):
    """x < X becomes x < X - 1."""
    for i in range(f.body, len(f.tokens)):
        if f.text[i] in FARTHER and f.binary(i):
            last = f.operand(i, 1)
            if last > i + 1 or f.tokens[last].kind == 'name':
                yield last, last, f.text[last] + FARTHER[f.text[i]]


def other_constant(f):
    """0 becomes 1 and -1, and 2.0 becomes 2.0 * 1.01."""
    for i, token in enumerate(f.tokens):
        if token.kind == 'number':
            if re.fullmatch(r'\d+', token.text):
                yield i, i, str(int(token.text) + 1)
                yield i, i, '%d' % (int(token.text) - 1)
            elif token.text.lower().startswith('0x') and 'p' not in token.text:
                yield i, i, token.text + ' + 1'
            else:
                yield i, i, token.text + ' * 1.01'


def no_sign(f):
    """-y becomes y."""
    for i in range(f.body, len(f.tokens)):
        if f.text[i] in ('-', '~', '!') and not f.binary(i):
            yield i, i, ''


def neighbours(name):
    """x' and y of x, X' of X, SX of KX, dz of z, beta2 of beta1: what one means when one writes the other."""
    yield name.translate(str.maketrans('xyXY', 'yxYX'))
    if re.fullmatch('[KDSP][XY]', name):   # a window, its stride and the padding of a layer
        yield name.translate(str.maketrans('KDSP', 'SSPS'))
    yield name[:-1] if name.endswith('_') else name + '_'
    yield name[1:] if name.startswith('d') else 'd' + name
    yield name.translate(str.maketrans('12', '21'))
    yield SWAPPED.get(name, name)


def fields_of_structs(source):
    """What else is in the struct: {field: fields of its struct}. Fields of the same name belong together."""
    fields = collections.defaultdict(set)
    for match in re.finditer(r'^(?:typedef )?struct\b[^;{(]*\{(.*?)\}', source, re.M | re.S):
        names = {token.text for token in lex(match[1]) if token.kind == 'name'} - TYPES
        for name in names:
            fields[name] |= names
    return fields


def neighbour(f):
    """x becomes y, if the function knows y; n.X becomes n.Y, if a struct has both."""
    fields = fields_of_structs(f.source)
    for i, token in enumerate(f.tokens):
        declared = f.text[i - 1] in TYPES or i < f.body and f.text[i - 1] in ('(', ',', '*')
        if token.kind == 'name' and not declared and token.text not in TYPES | KEYWORDS:
            for other in neighbours(token.text):
                known = fields.get(token.text, ()) if f.text[i - 1] == '.' else f.names
                if other != token.text and other in known:
                    yield i, i, other


def index_beside(f):
    """a[x] becomes a[x + 1]."""
    for i, text in enumerate(f.text):
        if text == ']':
            yield i, i, ' + 1]'


def swapped(f, one, two):
    """The edit that exchanges two neighbours, each given by its first and last token."""
    if f.part(*one) != f.part(*two):
        between = f.source[f.tokens[one[1]].end:f.tokens[two[0]].start]
        yield one[0], two[1], f.part(*two) + between + f.part(*one)


def exchanged_subscripts(f):
    """a[x][y] becomes a[y][x]."""
    for i, text in enumerate(f.text):
        if text == ']' and f.text[i + 1] == '[':
            yield from swapped(f, (f.partner[i] + 1, i - 1), (i + 2, f.partner[i + 1] - 1))


def exchanged_arguments(f):
    """f(a, b) becomes f(b, a)."""
    for i in range(f.body, len(f.tokens)):
        if f.text[i] == '(' and f.tokens[i - 1].kind == 'name' and f.text[i - 1] not in TYPES | KEYWORDS:
            parts, first, j = [], i + 1, i + 1
            while j < f.partner[i]:
                j = f.partner[j] if f.text[j] in ('(', '[', '{') else j
                if f.text[j] == ',':
                    parts.append((first, j - 1))
                    first = j + 1
                j += 1
            parts.append((first, j - 1))
            for one, two in zip(parts, parts[1:]):
                yield from swapped(f, one, two)


def missing_term(f):
    """a + b becomes a, and b."""
    for i in range(f.body, len(f.tokens)):
        adds = PRECEDENCE.get(f.text[i], -1) >= PRECEDENCE['||'] and f.text[i] not in ('==', '!=', *FARTHER)
        if adds and f.binary(i) and f.tokens[i + 1].kind != 'string':
            yield i - 1, f.operand(i, 1), f.text[i - 1]
            yield f.operand(i, -1), i + 1, ('-' if f.text[i] == '-' else '') + f.text[i + 1]


def other_condition(f):
    """if (inside) becomes if (!(inside)) and if (1)."""
    for i in range(f.body, len(f.tokens)):
        if f.text[i] in ('if', 'while'):
            first, last = i + 1, f.partner[i + 1]
            inner = f.text[first + 1:last]
            if not set(inner) & set(INSTEAD) - {'&&', '||'}:   # a comparison's negation is another operator
                yield first, last, '(!%s)' % f.part(first, last)
            if f.text[i] == 'if':
                yield first, last, '(1)'


def missing_statement(f):
    """s += a; becomes ;"""
    depth = 0
    for i in range(f.body + 1, len(f.tokens)):
        depth += (f.text[i - 1] == '(') - (f.text[i - 1] == ')')
        after_header = f.text[i - 1] == ')' and f.text[f.partner[i - 1] - 1] in ('for', 'if', 'while')
        begins = f.text[i - 1] in (';', '{', '}', 'do', 'else') or after_header
        if depth == 0 and begins and f.text[i] not in TYPES | KEYWORDS | {';', '{', '}'}:
            j = i
            while f.text[j] not in (';', '{', '}'):
                j = f.partner[j] + 1 if f.text[j] in ('(', '[') else j + 1
            if f.text[j] == ';':
                yield i, j - 1, ''


OPERATORS = (other_operator, other_bound, other_constant, no_sign, neighbour, index_beside,
             exchanged_subscripts, exchanged_arguments, missing_term, other_condition, missing_statement)

Mutant = collections.namedtuple('Mutant', 'file function line before after source')


def mutants(file, source):
    """Every mutant of a file, once. Before and after are the lines of the edit without their indent."""
    seen = {source}
    for f in functions(source):
        for operator in OPERATORS:
            for first, last, text in operator(f):
                if first in f.unread and last in f.unread:
                    continue   # nobody could see it
                start, end = f.tokens[first].start, f.tokens[last].end
                mutated = source[:start] + text + source[end:]
                if mutated not in seen:
                    seen.add(mutated)
                    begin, stop = source.rfind('\n', 0, start) + 1, source.find('\n', end)
                    before, after = source[begin:stop], mutated[begin:stop + len(mutated) - len(source)]
                    line = source.count('\n', 0, start) + 1
                    yield Mutant(file, f.name, line, flat(before), flat(after), mutated)


def flat(lines):
    return ' '.join(line.strip() for line in lines.split('\n')).strip()


# ---- Building and running. ----

STANDARD = ['-std=gnu11', '-w']
LEFT_OUT = ('TAP', 'VERBOSE', 'SHAPES', 'REPORT', 'SWEEP', 'ONLY', 'SEED')
CLEAN = {name: value for name, value in os.environ.items() if name not in LEFT_OUT}
CLEAN.update(MUTANTS='0', ASAN_OPTIONS='detect_leaks=0')   # not the catalogue of wrong versions each time
LANES = re.compile(r'^#ifdef LANES\n.*?^#else\n', re.M | re.S)   # what no checker builds
FORMS = {'double': [], 'complex': ['-DCOMPLEX'], 'lanes': ['-DLANES=8']}
TRAP = ['-fsanitize=bounds', '-fsanitize-undefined-trap-on-error']
# vla-bound would refuse a parameter a[0] before the function's own assertion can. Clang has no such macro.
STRICT = ['-fsanitize=address,undefined', '-fno-sanitize=vla-bound', '-fno-sanitize-recover=all',
          '-D__SANITIZE_ADDRESS__']
# The rounds: how checkers are built, and the environment to run them in. The first is quick and kills most.
# Sanitizers are in double, because gcc misses what complex arithmetic reads and writes.
ROUNDS = [(FORMS['double'] + TRAP + ['-O0'], {}),
          (FORMS['complex'] + TRAP + ['-O1'], {}),
          (FORMS['double'] + STRICT + ['-O1'], {}),
          (FORMS['double'] + STRICT + ['-O1'], {'SHAPES': '1'})]
# The trainer is mutated as it is built, in one piece with its checker: its functions share variables. What
# that leaves is shown to the tests of the programs.
TRAINER = ('mnist', 'study')
TRAINER_FORMS = {'double': ['-DDOUBLE', '-DPLAIN'], 'lanes': []}
TRAINER_ROUNDS = [*((form + ['-DFILTERS=2', '-O1'], None) for form in TRAINER_FORMS.values()),
                  (['-fsanitize=address', '-O2'], [sys.executable, 'tests/files_test.py']),
                  (['-O3'], ['sh', 'tests/mnist_test.sh'])]
PROGRAMS = {'mnist': [], 'study': [], 'mnist-plain': ['-DPLAIN'], 'mnist-double': ['-DDOUBLE'], 'draw': []}
CHOICE = """#include <stdlib.h>
static int mutant;
__attribute__((constructor)) static void choose_mutant(void)
{
    mutant = atoi(getenv("MUTANT"));
}
"""


class Failure(Exception):
    pass


def public(source):
    """Every function with its name to the outside, so that checkers and mutants can be compiled apart."""
    source = re.sub(r'__attribute__\(\((always_inline|flatten)\)\)\n', '', source)
    return re.sub(r'^static (inline )?(?=[^;={]*\()', '', source, flags=re.M)


def declarations(source):
    """The same without bodies: what a checker is compiled with."""
    source = public(source)
    for f in reversed(list(functions(source))):
        source = source[:f.tokens[f.body].start] + ';' + source[f.tokens[-1].end:]
    return source


def all_in_one(source, versions, form=public):
    """One source that holds these mutants {number: mutant}. The environment says which of them is called:
    each function that has some is a switch between its versions. A compiler calls a version's file by its
    number."""
    out, end, source = [CHOICE], 0, form(source)
    mutated = {mutant.function for mutant in versions.values()}
    for f in functions(source):
        if f.name not in mutated:
            continue
        start, first, last = source.rfind('\n', 0, f.tokens[0].start) + 1, f.tokens[0].start, f.tokens[-1].end
        own = {0: source}
        own.update((number, form(mutant.source)) for number, mutant in versions.items()
                   if mutant.function == f.name)
        out.append(source[end:start])
        for number, whole in own.items():
            text = whole[first:last + len(whole) - len(source)]
            out.append('\n#line 1 "%d"\n%s__%d%s\n' % (number, source[start:first], number, text))
        out.append('%s{\n    switch (mutant) {\n' % source[start:f.tokens[f.body].start])
        for number in own:
            label = 'case %d' % number if number else 'default'
            out.append('    %s: return %s__%d(%s);\n' % (label, f.name, number, ', '.join(f.parameters())))
        out.append('    }\n}\n')
        end = last
    return ''.join(out) + source[end:]


def object_file(name):
    return ['-c', '-x', 'c', '-', '-o', name]


class Trial:
    """The trial of a file's mutants, round by round. Their numbers begin with 1; 0 is the right source."""
    def __init__(self, book, name, compiler, folder, known):
        self.compiler, self.folder, self.known = compiler, folder, known
        self.name, self.file = name, 'src/%s.c' % name
        self.source, self.tests, again = self.get(self.file), tests(book, name), repeated(book, self.file)
        lanes = [[self.source.count('\n', 0, at) + 1 for at in match.span()]
                 for match in LANES.finditer(self.source)]
        self.mutants = dict(enumerate((mutant for mutant in mutants(self.file, self.source)
                                       if mutant.line not in again), 1))
        self.verdict = {number: 'lanes only' for number, mutant in self.mutants.items()
                        if any(first <= mutant.line < last for first, last in lanes)}
        self.right = {form: self.code(self.source, form) for form in self.forms}

    forms, rounds, patience = FORMS, ROUNDS, 60   # seconds

    def living(self):
        return [number for number in self.mutants if number not in self.verdict]

    def to_try(self, test):
        return self.living()

    def get(self, file):
        with open(os.path.join(self.folder, file), encoding='utf-8') as source:
            return source.read()

    def compile(self, arguments, source=''):
        return subprocess.run(self.compiler + STANDARD + arguments, cwd=self.folder, input=source.encode(),
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def programs(self, flags, environment):
        """A round's checkers that hold all the living: (program, environment, seconds that it may take)."""
        if self.name == 'fast':
            flags = flags + ['-DFAST']
        mutants = self.name + '.o'
        wrong = [None]
        while wrong:   # those that do not compile are left out the next time; clang names some twenty at once
            source = all_in_one(self.source, {number: self.mutants[number] for number in self.living()})
            said = self.compile(flags + object_file(mutants), source).stderr
            wrong = re.findall(rb'^([1-9]\d*):[\d:]* (?:fatal )?error', said, re.M)
            self.verdict.update((int(number), 'not compiled') for number in wrong)
        return [self.trial_run(*checker, environment) for checker in self.checkers(flags, mutants)]

    def trial_run(self, test, command, environment):
        start = time.monotonic()
        if not self.passes(0, command, environment, 600):
            raise Failure('%s fails without any mutant: make test must pass first' % test)
        return command, environment, 1 + int(4 * (time.monotonic() - start))

    def checkers(self, flags, mutants):
        """Builds every test that includes the file, and puts the mutants behind it."""
        for test in self.tests:
            program = '%s-%s' % (self.name, os.path.basename(test)[:-2])
            checker = self.get(test).replace('#include "../%s"' % self.file, declarations(self.source))
            self.compile(flags + ['-O1', '-DNO_WRONG', '-Itests', *object_file(program + '.o')], checker)
            if self.compile(flags + [program + '.o', mutants, '-o', program, '-lm']).returncode:
                raise Failure('%s does not compile with %s' % (test, ' '.join(self.compiler + flags)))
            yield test, ['./' + program]

    def passes(self, number, command, environment, seconds):
        """Whether a checker ends well, within its processor time and a generous time by the clock, for a
        mutant may stop its own process. The first line with FAILED is enough. What it has started ends
        with it."""
        command = ['sh', '-c', 'ulimit -t %d; exec "$@"' % seconds, 'sh', *command]
        own = tempfile.mkdtemp(dir=self.folder)
        environment = {**CLEAN, 'MUTANT': str(number), 'TMPDIR': own, **environment}
        with subprocess.Popen(command, cwd=self.folder, env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              start_new_session=True) as check:
            end = functools.partial(os.killpg, check.pid, signal.SIGKILL)
            late = threading.Timer(self.patience + 10 * seconds, end)
            late.start()
            failed = any(b'FAILED' in line for line in check.stdout)
            late.cancel()
            if failed:
                end()
        shutil.rmtree(own, ignore_errors=True)
        return not failed and check.returncode == 0

    def check(self, number, runs):
        if not all(self.passes(number, *run) for run in runs):
            self.verdict[number] = 'killed'

    def code(self, source, form):
        """The assembler's text of a source without its strings, which hold the text of assertions."""
        flags = [*self.forms[form], '-Isrc', '-O1', '-S', '-o', '-', '-x', 'c', '-']
        text = self.compile(flags, public(source)).stdout
        return [line for line in text.split(b'\n')
                if not re.match(rb'\s*\.(string|ascii|asciz|file|ident)', line)]

    def look(self, number):
        """Whether the compiler makes the same of it as of the right source, at least for checkers."""
        source = self.mutants[number].source
        different = next((form for form in self.forms if self.code(source, form) != self.right[form]), None)
        if different in (None, self.unbuilt):
            self.verdict[number] = 'lanes only' if different else 'same code'

    unbuilt = 'lanes'


class TrainerTrial(Trial):
    """The trial of a file of the trainer, which is mutated in its checker and in the programs."""
    forms, rounds, unbuilt = TRAINER_FORMS, TRAINER_ROUNDS, None

    def to_try(self, test):
        """The living. To the programs' tests, which are slow, what is explained is not shown."""
        return [number for number in self.living() if not test or key(self.mutants[number]) not in self.known]

    def programs(self, flags, test):
        flags = flags + ['-pthread', '-Isrc']
        return [self.in_programs(flags, test) if test else self.in_checker(flags)]

    def in_checker(self, flags):
        program, wrong = self.name + '-run_test', [None]
        while wrong:
            living = {number: self.mutants[number] for number in self.living()}
            mutated = all_in_one(self.source, living, apart)
            source = self.get(*self.tests)
            for file in ('src/study.c', 'src/mnist.c'):
                text = mutated if file == self.file else self.get(file)
                source = re.sub('#include "(../src/)?%s"\n' % file[4:], lambda match: text, source)
            built = self.compile([*flags, '-o', program, '-x', 'c', '-', '-lm'], source)
            wrong = re.findall(rb'^([1-9]\d*):[\d:]* (?:fatal )?error', built.stderr, re.M)
            self.verdict.update((int(number), 'not compiled') for number in wrong)
        if built.returncode:
            raise Failure('%s does not compile with %s' % (*self.tests, ' '.join(self.compiler + flags)))
        return self.trial_run(*self.tests, ['./' + program], {})

    def in_programs(self, flags, test):
        """The programs that hold those to try, and beside them programs that have none."""
        mutated = all_in_one(self.source, {number: self.mutants[number] for number in self.to_try(test)})
        folder = tempfile.mkdtemp(dir=self.folder)
        for program, more in PROGRAMS.items():
            file = 'src/%s.c' % program.split('-')[0]
            source = mutated if file == self.file else self.get(file)
            if self.name == 'mnist':
                source = source.replace('#include "mnist.c"', mutated)
            output = ['-march=native', '-o', os.path.join(folder, program), '-x', 'c', '-', '-lm']
            if self.compile(flags + more + output, source).returncode:
                raise Failure('%s does not compile with %s' % (file, ' '.join(self.compiler + flags)))
        return self.trial_run(test[-1], test, {'PROGRAMS': folder, 'FIRST': '1', 'ASAN_OPTIONS': ''})


def apart(source):
    """Functions that are not compiled into each other, which takes long."""
    return source.replace('__attribute__((flatten))', '')


def tests(book, name):
    """The tests that include a file. That of the trainer includes a study, which includes the rest."""
    if name in TRAINER and 'tests/run_test.c' in book.chunks:
        return ['tests/run_test.c']
    include = '#include "../src/%s.c"\n' % name
    return [file for file in sorted(book.files()) if file.endswith('_test.c') and include in book.body(file)]


def repeated(book, file):
    """The lines that a file repeats from another file that has checks of its own. They are mutated there."""
    others = [name for name in book.files()
              if name.startswith('src/') and name != file and tests(book, name[4:-2])]
    own = {line[1:3] for name in others for line in book.file_lines(name)
           if line.chapter == book.chunks[name].chapter}
    return {number for number, line in enumerate(book.file_lines(file), 2) if line[1:3] in own}


def try_all(book, names, compiler, known):
    """Every mutant of the files with its verdict, in the order of the files."""
    pool = concurrent.futures.ThreadPoolExecutor(os.cpu_count())
    with tempfile.TemporaryDirectory() as folder, pool:
        for part in ('src', 'tests', 'chapters', 'build', 'Makefile'):
            os.symlink(os.path.join(book.root, part), os.path.join(folder, part))
        try:
            kinds = [TrainerTrial if name in TRAINER else Trial for name in names]
            trials = [kind(book, name, compiler, folder, known) for kind, name in zip(kinds, names)]
            for number in range(max(len(kind.rounds) for kind in kinds)):
                rounds = [(trial, *trial.rounds[number]) for trial in trials if number < len(trial.rounds)]
                programs = list(pool.map(lambda one: one[0].programs(*one[1:]), rounds))
                wait([pool.submit(trial.check, mutant, runs)
                      for (trial, _, test), runs in zip(rounds, programs) for mutant in trial.to_try(test)])
                if number == 0:   # not before, because few come so far
                    wait([pool.submit(trial.look, mutant) for trial in trials for mutant in trial.living()])
        finally:
            pool.shutdown(cancel_futures=True)
    return [(mutant, trial.verdict.get(number, 'alive')) for trial in trials
            for number, mutant in trial.mutants.items()]


def wait(jobs):
    """Waits for all of them, and shows how many are done."""
    for done, job in enumerate(concurrent.futures.as_completed(jobs), 1):
        job.result()
        if sys.stderr.isatty():
            print('\r%d of %d mutants' % (done, len(jobs)), end='\n' if done == len(jobs) else '',
                  file=sys.stderr, flush=True)


# ---- Explanations and the report. ----

def explanations(text):
    """The mutants that a text explains, with their lines: {(file, function, before, after): line}."""
    found, block = {}, []
    for number, line in enumerate(text.split('\n') + [''], 1):
        if line.startswith('#'):
            continue
        if line:
            block.append((number, line))
        elif block:
            found.update(explained(block))
            block = []
    return found


def explained(block):
    """A block: 'file function', once or more, then '- a line' and each '+ line' in its place, then why."""
    places, before, keys, reason = [], None, {}, False
    for number, line in block:
        if line.startswith('- '):
            before = line[2:]
        elif line.startswith('+ ') and before:
            keys.update(((*place, before, line[2:].rstrip()), number) for place in places)
        elif before is None and re.fullmatch(r'src/\w+\.c \w+', line):
            places.append(tuple(line.split()))
        else:
            reason = True
    if not keys or not reason:
        raise Failure("tests/equivalent.txt:%d: expected 'file function', '- line', '+ line' and the reason "
                      "why nobody can see the difference" % block[0][0])
    return keys


VERDICTS = ('killed', 'same code', 'lanes only', 'not compiled', 'explained', 'alive')


def key(mutant):
    return mutant.file, mutant.function, mutant.before, mutant.after


def settle(results, known):
    """The verdicts with the explained ones told apart, and the explanations that are stale. One is not stale
    where the compiler needs none: another compiler may."""
    unkilled = {key(mutant) for mutant, verdict in results if verdict in ('alive', 'same code', 'lanes only')}
    files = {mutant.file for mutant, verdict in results}
    stale = [(line, place) for place, line in known.items() if place[0] in files and place not in unkilled]
    settled = [(mutant, 'explained' if verdict == 'alive' and key(mutant) in known else verdict)
               for mutant, verdict in results]
    return settled, stale


def table(results):
    """The counts of every function's mutants."""
    rows = collections.OrderedDict()
    for mutant, verdict in results:
        rows.setdefault((mutant.file, mutant.function), collections.Counter())[verdict] += 1
    rows['all', ''] = sum(rows.values(), collections.Counter())
    yield '%-24s %-26s %7s' % ('', '', 'mutants') + ''.join('%13s' % title for title in VERDICTS)
    for (file, function), counts in rows.items():
        yield ('%-24s %-26s %7d' % (file, function, sum(counts.values()))
               + ''.join('%13s' % (counts[title] or '') for title in VERDICTS))


def origin(book, mutant):
    """The chapter's line that a mutant's line comes from; a file's first line comes from no chapter."""
    return book.file_lines(mutant.file)[mutant.line - 2][1:3]


def main(names, root):
    book = tangle.Book(root)
    names = [file for name in names for file in (TRAINER if name == 'trainer' else [name])]
    unknown = [name for name in names if 'src/%s.c' % name not in book.chunks or not tests(book, name)]
    if unknown:
        raise Failure('no chapter makes src/%s.c and its test' % unknown[0])
    if not names:
        raise Failure('which chapters? convolution, loss, ...; make mutants tries all')
    with open(os.path.join(root, 'tests', 'equivalent.txt'), encoding='utf-8') as file:
        known = explanations(file.read())
    results, stale = settle(try_all(book, names, shlex.split(os.environ.get('CC', 'cc')), known), known)
    for line in table(results):
        print(line)
    for mutant, verdict in results:
        if verdict == 'alive':
            print("ALIVE %s:%d  %s  '%s' -> '%s'"
                  % (*origin(book, mutant), mutant.function, mutant.before, mutant.after))
    for line, (file, function, before, after) in stale:
        print("STALE tests/equivalent.txt:%d  %s %s  no living mutant has '%s' -> '%s'"
              % (line, file, function, before, after))
    count = collections.Counter(verdict for mutant, verdict in results)
    failed = count['alive'] + len(stale)
    print('%d passed, %d failed' % (count['killed'] + count['explained'], failed))
    return 1 if failed else 0


if __name__ == '__main__':
    try:
        sys.exit(main(sys.argv[1:], ROOT))
    except Failure as failure:
        sys.exit('mutate: %s' % failure)

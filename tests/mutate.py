#!/usr/bin/env python3
"""The mutator: breaks the chapters' C in small mechanical ways, and shows each wrong version to the chapter's checker.

    python3 tests/mutate.py NAME ...   every function of these chapters' files: convolution, loss, ...; make mutants names all of them

A mutant is one edit of a few tokens in one function. It is killed if the checker, built with it, fails, crashes, leaves an array or
never ends. A mutant that lives is either explained in tests/equivalent.txt, where it changes nothing that could be seen, or a hole in
the checks. An explanation whose mutant is killed or gone is stale, and an error too.
"""
import collections
import concurrent.futures
import os
import queue
import re
import resource
import shlex
import shutil
import subprocess
import sys
import tempfile

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

TYPES = set('char const double enum float int long mask real restrict size_t static struct typedef unsigned void weight'.split())
KEYWORDS = set('break case continue default do else for goto if return sizeof switch while'.split())


def lex(source):
    return [Token(match.lastgroup, match[0], match.start(), match.end()) for match in TOKEN.finditer(source)]


class Function:
    """One function's tokens without spaces and comments, from its parameters to its last brace."""
    def __init__(self, name, tokens, source):
        self.name, self.tokens, self.source, self.text = name, tokens, source, [token.text for token in tokens]
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
        """Whether C ignores the extent that begins at i: a parameter's first, and every one of a parameter that is only handed on."""
        first = i
        while self.text[first - 1] == ']':
            first = self.partner[first - 1]
        uses = [j for j in range(self.body, len(self.text)) if self.text[j] == self.text[first - 1]]
        return i == first or all(self.text[j - 1] in ('(', ',') and self.text[j + 1] in (',', ')') for j in uses)

    def part(self, first, last):
        return self.source[self.tokens[first].start:self.tokens[last].end]

    def binary(self, i):
        """Whether the operator at i has something to its left."""
        before = self.tokens[i - 1]
        return before.kind == 'number' or before.text in (')', ']') or before.kind == 'name' and before.text not in TYPES | KEYWORDS

    def declaration(self, i):
        """Whether i is in a statement, or in the first part of a loop, that begins with a type."""
        while self.text[i - 1] not in (';', '{', '}', '('):
            i = self.partner[i - 1] if i - 1 in self.partner else i - 1
        return self.text[i] in TYPES

    def operand(self, i, step):
        """The other end of the operand that begins beside the operator at i: to the right for step 1, to the left for -1."""
        j = end = i + step
        while True:
            text = self.text[j]
            if j in self.partner and (self.partner[j] - j) * step > 0:
                j = self.partner[j]
            elif text in ENDS or j in self.partner or text in PRECEDENCE and self.binary(j) and self.looser(j, i, step):
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
    '+': '-', '-': '+', '*': '/', '/': '*', '%': '/', '<<': '>>', '>>': '<<', '&': '|', '|': '&', '^': '|', '&&': '||', '||': '&&',
    '=': '+=', '+=': '= -=', '-=': '= +=', '*=': '= /=', '/=': '= *=',
}
FARTHER = {'<': ' - 1', '<=': ' + 1', '>': ' + 1', '>=': ' - 1'}   # what INSTEAD does not do to a bound
SWAPPED = {'i': 'j', 'j': 'i', 'm': 'v', 'v': 'm'}


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
    """x' and y of x, X' of X, dz of z, beta2 of beta1: what one means when one writes the other."""
    yield name.translate(str.maketrans('xyXY', 'yxYX'))
    yield name[:-1] if name.endswith('_') else name + '_'
    yield name[1:] if name.startswith('d') else 'd' + name
    yield name.translate(str.maketrans('12', '21'))
    yield SWAPPED.get(name, name)


def neighbour(f):
    """x becomes y."""
    for i, token in enumerate(f.tokens):
        declared = f.text[i - 1] in TYPES or i < f.body and f.text[i - 1] in ('(', ',', '*')
        if token.kind == 'name' and not declared and token.text not in TYPES | KEYWORDS:
            for other in neighbours(token.text):
                if other != token.text and other in f.names:
                    yield i, i, other


def index_beside(f):
    """a[x] becomes a[x + 1]."""
    for i, text in enumerate(f.text):
        if text == ']':
            yield i, i, ' + 1]'


def swapped(f, one, two):
    """The edit that exchanges two neighbours, each given by its first and last token."""
    if f.part(*one) != f.part(*two):
        yield one[0], two[1], f.part(*two) + f.source[f.tokens[one[1]].end:f.tokens[two[0]].start] + f.part(*one)


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
        if f.text[i] in PRECEDENCE and PRECEDENCE[f.text[i]] >= PRECEDENCE['||'] and f.text[i] not in FARTHER and f.text[i] not in ('==', '!='):
            if f.binary(i) and f.tokens[i + 1].kind != 'string':
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
        if depth == 0 and (f.text[i - 1] in (';', '{', '}', 'do', 'else') or after_header) and f.text[i] not in TYPES | KEYWORDS | {';', '{', '}'}:
            j = i
            while f.text[j] not in (';', '{', '}'):
                j = f.partner[j] + 1 if f.text[j] in ('(', '[') else j + 1
            if f.text[j] == ';':
                yield i, j - 1, ''


OPERATORS = (other_operator, other_bound, other_constant, no_sign, neighbour, index_beside, exchanged_subscripts, exchanged_arguments,
             missing_term, other_condition, missing_statement)

Mutant = collections.namedtuple('Mutant', 'file function line before after source')


def mutants(file, source):
    """Every mutant of a file, once, as whole sources. Before and after are the lines that the edit touches, without their indent."""
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
                    yield Mutant(file, f.name, source.count('\n', 0, start) + 1, flat(before), flat(after), mutated)


def flat(lines):
    return ' '.join(line.strip() for line in lines.split('\n')).strip()


# ---- Building and running. ----

STANDARD = ['-std=gnu11', '-w']
CLEAN = {name: value for name, value in os.environ.items() if name not in ('TAP', 'VERBOSE', 'SHAPES', 'REPORT', 'SWEEP')}
CLEAN.update(MUTANTS='0', ASAN_OPTIONS='detect_leaks=0')   # MUTANTS=0: the catalogue of wrong versions is not run for each mutant
LANES = re.compile(r'^#ifdef LANES\n.*?^#else\n', re.M | re.S)   # what no checker builds
FORMS = {'double': [], 'complex': ['-DCOMPLEX'], 'lanes': ['-DLANES=8']}
LIMIT = """#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
__attribute__((constructor)) static void limit(void)   // SIGPROF when the processor time is over: a loop that never ends
{
    long microseconds = atol(getenv("LIMIT"));
    setitimer(ITIMER_PROF, &(struct itimerval){.it_value = {microseconds / 1000000, microseconds % 1000000}}, NULL);
    setvbuf(stdout, NULL, _IOLBF, 0);   // a line is seen as soon as it is said
}
"""


class Failure(Exception):
    pass


def run(command, folder, **more):
    return subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **{'stdout': subprocess.DEVNULL, **more})


class Bench:
    """A scratch folder laid out like the project, where one chapter's checker is built around a mutant."""
    def __init__(self, root, compiler, folder):
        self.compiler, self.folder = compiler, folder
        for part in ('src', 'tests'):
            shutil.copytree(os.path.join(root, part), os.path.join(folder, part), ignore=shutil.ignore_patterns('*.new', '*.py'))
        os.symlink(os.path.join(root, 'chapters'), os.path.join(folder, 'chapters'))
        os.mkdir(os.path.join(folder, 'build'))
        self.put('limit.c', LIMIT)
        self.compile(['-c', 'limit.c', '-o', 'limit.o'])

    def put(self, file, source):
        with open(os.path.join(self.folder, file), 'w', encoding='utf-8') as out:
            out.write(source)

    def get(self, file):
        with open(os.path.join(self.folder, file), encoding='utf-8') as source:
            return source.read()

    def compile(self, arguments):
        return run(self.compiler + STANDARD + arguments, self.folder).returncode == 0

    def build(self, arguments):
        return self.compile(arguments + ['limit.o', '-o', 'check', '-lm'])

    def passes(self, environment, limit):
        """Whether the checker ends well, within its processor time. The first line that says FAILED is enough to know that it won't."""
        environment = dict(CLEAN, LIMIT='%d' % (limit * 1e6), **environment)
        with subprocess.Popen(['./check'], cwd=self.folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as check:
            failed = any(b'FAILED' in line for line in check.stdout)
            if failed:
                check.kill()
        return not failed and check.returncode == 0

    def code(self, file, form):
        """The assembler's text of a file without its strings, which hold the text of assertions."""
        text = run(self.compiler + STANDARD + FORMS[form] + ['-O2', '-S', '-o', '-', file], self.folder, stdout=subprocess.PIPE).stdout
        return None if text is None else [line for line in text.split(b'\n') if not re.match(rb'\s*\.(string|ascii|asciz|file|ident)', line)]


def is_clang(compiler):
    return b'clang' in subprocess.run(compiler + ['--version'], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


def builds(compiler):
    """The checkers that a mutant has to pass, each as flags and environments to run it in. The first is quick and kills nearly all of them."""
    strict = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all']   # in double: gcc misses what complex arithmetic reads and writes
    if is_clang(compiler):
        trap = ['-fsanitize=bounds', '-fsanitize-trap=bounds']
        # vla-bound would refuse a parameter a[0] before the function's own assertion can; check.h knows the sanitizer by gcc's macro
        strict += ['-fno-sanitize=vla-bound', '-D__SANITIZE_ADDRESS__']
    else:
        trap = ['-fsanitize=bounds', '-fsanitize-undefined-trap-on-error']
    return [(FORMS['double'] + ['-O0'] + trap, [{}]),
            (FORMS['complex'] + ['-O0'] + trap, [{}, {'SHAPES': '1'}]),
            (FORMS['double'] + ['-O0'] + strict, [{}])]


class Trial:
    """The trial of a chapter's mutants: the right source and its code, to compare with, and the chapter's checkers."""
    def __init__(self, bench, chapter):
        self.chapter, self.file, self.test = chapter, 'src/%s.c' % chapter, 'tests/%s_test.c' % chapter
        self.source = bench.get(self.file)
        lanes = [[self.source.count('\n', 0, at) for at in match.span()] for match in LANES.finditer(self.source)]
        self.lanes = {line for first, last in lanes for line in range(first + 1, last + 1)}
        self.right = {form: bench.code(self.file, form) for form in FORMS}
        static = {f.name for f in functions(self.source) if re.search(r'^static .*\b%s\(' % f.name, self.source, re.M)}
        words = {token.text for token in lex(bench.get(self.test)) if token.kind == 'name'}   # check.h knows no chapter's functions
        self.kept = static & words   # functions of which the compiled test keeps the right one
        self.checkers = [self.checker(bench, flags + self.sources(bench, flags), environments) for flags, environments in builds(bench.compiler)]
        self.anew = [(flags + [self.test], runs) for (flags, _), (_, runs) in zip(builds(bench.compiler), self.checkers)]

    def sources(self, bench, flags):
        """What a checker is made of. Most of the time would go into compiling the test, which is always the same: so compile it once,
        with the right functions in it, and let the linker prefer the mutant's, which come first. Only a static function that the test
        calls itself would stay the right one; its mutants get a test that is compiled anew."""
        test = os.path.join(os.path.dirname(bench.folder), re.sub(r'\W+', '_', ' '.join([self.chapter] + flags)) + '.o')
        linked = [self.file, test, '-Wl,-z,muldefs']
        right = bench.compile(flags + ['-O1', '-fPIC', '-fsemantic-interposition', '-c', self.test, '-o', test])   # calls that can be redirected
        return linked if right and bench.build(flags + linked) else [self.test]

    def checker(self, bench, arguments, environments):
        """How to build a checker, and its runs, each with the processor time that it may take: ten times what it takes without a mutant."""
        if not bench.build(arguments):
            raise Failure('%s does not compile with %s' % (self.test, ' '.join(bench.compiler + arguments)))
        runs = []
        for environment in environments:
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            if not bench.passes(environment, 60):
                raise Failure('%s fails without any mutant: make test must pass first' % self.test)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            runs.append((environment, 0.2 + 10 * (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)))
        return arguments, runs

    def verdict(self, bench, mutant):
        """'not compiled', 'killed', 'same code', 'lanes only' or 'alive'."""
        if mutant.line in self.lanes:
            return 'lanes only'
        bench.put(self.file, mutant.source)
        try:
            checkers = self.anew if mutant.function in self.kept else self.checkers
            for k, (arguments, runs) in enumerate(checkers):
                if not bench.build(arguments):
                    return 'not compiled'
                if not all(bench.passes(environment, limit) for environment, limit in runs):
                    return 'killed'
                unseen = self.unseen(bench) if k == 0 else None   # not before, because few mutants come so far
                if unseen:
                    return unseen
            return 'alive'
        finally:
            bench.put(self.file, self.source)

    def unseen(self, bench):
        """Whether the compiler makes the same of a mutant as of the right source, in every form or in those that checkers are built in."""
        different = next((form for form in FORMS if bench.code(self.file, form) != self.right[form]), None)
        return {None: 'same code', 'lanes': 'lanes only'}.get(different)


def try_all(root, chapters, compiler):
    """Every mutant of the chapters with its verdict, in the order of the files."""
    workers = os.cpu_count() or 2
    with tempfile.TemporaryDirectory() as folder:
        benches = queue.Queue()
        for k in range(workers):
            benches.put(Bench(root, compiler, os.path.join(folder, str(k))))
        bench = benches.get()
        trials = [Trial(bench, chapter) for chapter in chapters]
        benches.put(bench)

        def judge(trial, mutant):
            bench = benches.get()
            try:
                return mutant, trial.verdict(bench, mutant)
            finally:
                benches.put(bench)

        with concurrent.futures.ThreadPoolExecutor(workers) as pool:
            jobs = [pool.submit(judge, trial, mutant) for trial in trials for mutant in mutants(trial.file, trial.source)]
            try:
                for done, job in enumerate(concurrent.futures.as_completed(jobs), 1):
                    if sys.stderr.isatty():
                        print('\r%d of %d mutants' % (done, len(jobs)), end='\n' if done == len(jobs) else '', file=sys.stderr, flush=True)
                return [job.result() for job in jobs]
            finally:
                pool.shutdown(cancel_futures=True)


# ---- Explanations and the report. ----

def explanations(text):
    """The mutants that a text explains, each with the line of its edit: {(file, function, before, after): line}. Errors are said."""
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
    """A block is one or more 'file function', then '- a line' and what replaces it, '+ a line', each as often as needed, then the reason."""
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
        raise Failure("tests/equivalent.txt:%d: expected 'file function', '- line', '+ line' and the reason why nobody can see the difference" % block[0][0])
    return keys


VERDICTS = ('killed', 'same code', 'lanes only', 'not compiled', 'explained', 'alive')


def key(mutant):
    return mutant.file, mutant.function, mutant.before, mutant.after


def settle(results, known):
    """The verdicts with the explained ones told apart, and the explanations that are stale. One is not stale where the compiler needs none:
    another compiler may."""
    unkilled = {key(mutant) for mutant, verdict in results if verdict in ('alive', 'same code', 'lanes only')}
    files = {mutant.file for mutant, verdict in results}
    stale = [(line, place) for place, line in known.items() if place[0] in files and place not in unkilled]
    return [(mutant, 'explained' if verdict == 'alive' and key(mutant) in known else verdict) for mutant, verdict in results], stale


def table(results):
    """The counts of every function's mutants."""
    rows = collections.OrderedDict()
    for mutant, verdict in results:
        rows.setdefault((mutant.file, mutant.function), collections.Counter())[verdict] += 1
    yield '%-26s %-28s %7s' % ('', '', 'mutants') + ''.join('%14s' % title for title in VERDICTS)
    for (file, function), counts in rows.items():
        yield '%-26s %-28s %7d' % (file, function, sum(counts.values())) + ''.join('%14s' % (counts[title] or '') for title in VERDICTS)
    all_of_them = collections.Counter(verdict for mutant, verdict in results)
    yield '%-26s %-28s %7d' % ('all', '', len(results)) + ''.join('%14d' % all_of_them[title] for title in VERDICTS)


def place(book, mutant):
    """The chapter's line that a mutant's line comes from; a file's first line comes from no chapter."""
    line = book.file_lines(mutant.file)[mutant.line - 2]
    return '%s:%d' % (line.chapter, line.number)


def main(names, root):
    book = tangle.Book(root)
    unknown = [name for name in names if not {'src/%s.c' % name, 'tests/%s_test.c' % name} <= set(book.chunks)]
    if unknown or not names:
        raise Failure(('no chapter makes src/%s.c and its test' % unknown[0]) if unknown else 'which chapters? convolution, loss, ...; make mutants tries all')
    with open(os.path.join(root, 'tests', 'equivalent.txt'), encoding='utf-8') as file:
        known = explanations(file.read())
    results, stale = settle(try_all(root, names, shlex.split(os.environ.get('CC', 'cc'))), known)
    for line in table(results):
        print(line)
    for mutant, verdict in results:
        if verdict == 'alive':
            print("ALIVE %s  %s  '%s' -> '%s'" % (place(book, mutant), mutant.function, mutant.before, mutant.after))
    for line, (file, function, before, after) in stale:
        print("STALE tests/equivalent.txt:%d  %s %s  no living mutant has '%s' -> '%s'" % (line, file, function, before, after))
    count = collections.Counter(verdict for mutant, verdict in results)
    failed = count['alive'] + len(stale)
    print('%d passed, %d failed' % (count['killed'] + count['explained'], failed))
    return 1 if failed else 0


if __name__ == '__main__':
    try:
        sys.exit(main(sys.argv[1:], ROOT))
    except Failure as failure:
        sys.exit('mutate: %s' % failure)

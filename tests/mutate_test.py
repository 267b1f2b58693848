#!/usr/bin/env python3
"""Tests of the mutator: tokens, each operator's edits, explanations, and a small project with a hole."""
import contextlib
import io
import os
import shutil
import sys
import tempfile
import time
import unittest

import counted
from tools import ROOT   # finds the tangler
import mutate
import tangle

SUM = '''#include <assert.h>
struct pair { int x, y; };
typedef float real __attribute__((vector_size(4 * LANES)));
int sum(int n, int x[n]);

// The sum of x, from "0".
int sum(int n, int x[n])
{
    assert(n > 0 && "at least one");
    int s = 0;
    for (int i = 0; i < n; i++)
        s += x[i];
    return -s;
}
'''


def edits(operator, body, head='int f(int a, int b, int da, int t[3][4])'):
    """What an operator makes of one line in a function."""
    source = '%s\n{\n    %s\n}\n' % (head, body)
    f, = mutate.functions(source)
    out = []
    for first, last, text in operator(f):
        mutated = source[:f.tokens[first].start] + text + source[f.tokens[last].end:]
        out.append(mutated.split('{\n    ', 1)[1][:-3])
    return out


class Tokens(unittest.TestCase):
    def test_every_character_is_in_one_token(self):
        for folder in ('src', 'tests'):
            for name in sorted(os.listdir(os.path.join(ROOT, folder))):
                if name.endswith(('.c', '.h')):
                    with open(os.path.join(ROOT, folder, name), encoding='utf-8') as file:
                        source = file.read()
                    self.assertEqual(''.join(token.text for token in mutate.lex(source)), source)

    def test_kinds(self):
        def kinds(source):
            return ' '.join('%s:%s' % (token.kind[0], token.text)
                            for token in mutate.lex(source) if token.kind != 'space')
        self.assertEqual(kinds('a<<=0x1p-53+.5e+3f-b_->c'),
                         'n:a m:<<= n:0x1p-53 m:+ n:.5e+3f m:- n:b_ m:-> n:c')
        self.assertEqual(kinds('/* a */ "b // \\" c" // d "e"\n  \'"\' #'), 's:"b // \\" c" s:\'"\' m:#')
        self.assertEqual(kinds('#define A \\\n  b\nc'), 'n:c')

    def test_functions(self):
        self.assertEqual([f.name for f in mutate.functions(SUM)], ['sum'])


class Operators(unittest.TestCase):
    def test_other_operator(self):
        self.assertEqual(edits(mutate.other_operator, 'int s = a < -b;'),
                         ['int s = a <= -b;', 'int s = a >= -b;'])
        self.assertEqual(edits(mutate.other_operator, 'a += (int)b * *t[0];'),
                         ['a = (int)b * *t[0];', 'a -= (int)b * *t[0];', 'a += (int)b / *t[0];'])
        self.assertEqual(edits(mutate.other_operator, 'a = *(int *)t;'), ['a += *(int *)t;'])
        self.assertEqual(edits(mutate.other_operator, 'assert(a == b && "why");'),
                         ['assert(a != b && "why");'])

    def test_other_bound(self):
        self.assertEqual(edits(mutate.other_bound, 'while (a < b * 2 && 1 >= 0)'),
                         ['while (a < b * 2 - 1 && 1 >= 0)'])

    def test_other_constant(self):
        self.assertEqual(edits(mutate.other_constant, 'a = 7;', 'int f(int a)'), ['a = 8;', 'a = 6;'])
        self.assertEqual(edits(mutate.other_constant, 'a = 0xff * 2.0;', 'int f(int a)'),
                         ['a = 0xff + 1 * 2.0;', 'a = 0xff * 2.0 * 1.01;'])

    def test_no_sign(self):
        self.assertEqual(edits(mutate.no_sign, 'a = -b - ~a;'), ['a = b - ~a;', 'a = -b - a;'])

    def test_neighbour(self):
        self.assertEqual(edits(mutate.neighbour, 'int c = a;'), ['int c = da;'])
        head = 'int f(int x, int x_, int y, int y_, int KX, int KY, int beta1, int beta2)'
        self.assertEqual(edits(mutate.neighbour, 'x = KX + y_ + beta1;', head),
                         ['y = KX + y_ + beta1;', 'x_ = KX + y_ + beta1;', 'x = KY + y_ + beta1;',
                          'x = KX + x_ + beta1;', 'x = KX + y + beta1;', 'x = KX + y_ + beta2;'])

    def test_neighbours_in_a_struct(self):
        source = ('struct size {\n    int X, Y, X_;   // and Y_\n    int KX, SX;\n};\n'
                  'int f(struct size n) { return %s; }\n')
        for field, others in (('n.X', ['Y', 'X_']), ('n.KX', ['SX']), ('n.C', []), ('X', [])):
            f, = mutate.functions(source % field)
            self.assertEqual([text for first, last, text in mutate.neighbour(f)], others)

    def test_index_beside(self):
        self.assertEqual(edits(mutate.index_beside, 'a = t[b][0];', 'int f(int a)'),
                         ['a = t[b + 1][0];', 'a = t[b][0 + 1];'])

    def test_exchanges(self):
        self.assertEqual(edits(mutate.exchanged_subscripts, 'a = t[a][b][b + 1];', 'int f(int a)'),
                         ['a = t[b][a][b + 1];', 'a = t[a][b + 1][b];'])
        self.assertEqual(edits(mutate.exchanged_arguments, 'g(a, h(b, b), t[0]);'),
                         ['g(h(b, b), a, t[0]);', 'g(a, t[0], h(b, b));'])

    def test_missing_term(self):
        self.assertEqual(edits(mutate.missing_term, 'a = a + b * t[1][2] - 1;'),
                         ['a = a - 1;', 'a = b * t[1][2] - 1;', 'a = a + b - 1;', 'a = a + t[1][2] - 1;',
                          'a = a + b * t[1][2];', 'a = -1;'])
        self.assertEqual(edits(mutate.missing_term, 'assert(a == b && "why");'), [])
        self.assertEqual(edits(mutate.missing_term, 'return a / (b - 1) ? a : b;'),
                         ['return a ? a : b;', 'return (b - 1) ? a : b;', 'return a / (b) ? a : b;',
                          'return a / (-1) ? a : b;'])

    def test_other_condition(self):
        self.assertEqual(edits(mutate.other_condition, 'if (g(a) && b) a = 1;'),
                         ['if (!(g(a) && b)) a = 1;', 'if (1) a = 1;'])
        self.assertEqual(edits(mutate.other_condition, 'if (a < b) a = 1;'), ['if (1) a = 1;'])

    def test_missing_statement(self):
        left = 'int c = 0; for (c = 1; c < a; c++) { %s %s } do %s while (a); return a;'
        self.assertEqual(edits(mutate.missing_statement, left % ('g(c);', 'a = b;', 'a++;')),
                         [left % part for part in ((';', 'a = b;', 'a++;'), ('g(c);', ';', 'a++;'),
                                                   ('g(c);', 'a = b;', ';'))])

    def test_mutants(self):
        all_of_them = list(mutate.mutants('src/sum.c', SUM))
        self.assertEqual(len({mutant.source for mutant in all_of_them} | {SUM}), len(all_of_them) + 1)
        for mutant in all_of_them:
            self.assertEqual(mutant.before, SUM.split('\n')[mutant.line - 1].strip())
            self.assertIn(mutant.after, [line.strip() for line in mutant.source.split('\n')])

    def test_parameters(self):
        f, = mutate.functions('int f(int n, const int x[n][2], void *(*job)(void *of), struct s *t)\n'
                              '{\n    return n;\n}\n')
        self.assertEqual(f.parameters(), ['n', 'x', 'job', 't'])

    def test_functions_without_mutants_stay(self):
        source = 'int f(int n)\n{\n    return n + 1;\n}\n\nstatic int g(void)\n{\n    return 2;\n}\n'
        of_g = {7: next(mutant for mutant in mutate.mutants('src/a.c', source) if mutant.function == 'g')}
        text = mutate.all_in_one(source, of_g, str)
        self.assertIn(source[:source.index('static')], text)
        self.assertRegex(text, r'static int g__7\(void\)')
        self.assertIn('case 7: return g__7();', text)

    def test_extents_that_c_ignores(self):
        f, = mutate.functions('int f(int n, int x[n][2], int y[n][3], int z[n][4])\n'
                              '{\n    return g(x, n) + y[0][n] + h(z + n);\n}\n')
        self.assertEqual(sorted(f.text[i] for i in f.unread if f.text[i] != ']'), ['2', 'n', 'n', 'n'])


class Explanations(unittest.TestCase):
    TEXT = '# A comment\n\nsrc/a.c f\nsrc/b.c f\n- x < y\n+ x <= y\n+ x > y\nNobody can see it.\n'

    def test_blocks(self):
        places = mutate.explanations(self.TEXT)
        self.assertEqual(places, {('src/%s.c' % file, 'f', 'x < y', after): line
                                  for file in 'ab' for after, line in (('x <= y', 6), ('x > y', 7))})

    def test_a_reason_is_demanded(self):
        reason = 'Nobody can see it.\n'
        for text in (self.TEXT.replace(reason, ''), self.TEXT.replace('+', '*'), reason):
            with self.assertRaises(mutate.Failure):
                mutate.explanations(text)

    def test_alive_explained_stale(self):
        alive = mutate.Mutant('src/a.c', 'f', 3, 'x < y', 'x <= y', '')
        dead = mutate.Mutant('src/a.c', 'f', 3, 'x < y', 'x > y', '')
        results, stale = mutate.settle([(alive, 'alive'), (dead, 'killed')],
                                       mutate.explanations(self.TEXT))
        self.assertEqual([verdict for mutant, verdict in results], ['explained', 'killed'])
        self.assertEqual(stale, [(7, ('src/a.c', 'f', 'x < y', 'x > y'))])   # src/b.c was not tried


def chunk(name, body):
    return '%sc\n// <<%s>>=\n%s%s\n\n' % ('`' * 3, name, body, '`' * 3)


TWICE = '''static inline int twice(int x)
{
    return 2 * x;
}
'''
TEST = '''#include "../src/small.c"
#include <stdio.h>

int main(void)
{
    FILE *chapter = fopen("chapters/1-small.md", "r");   // a checker runs where the chapters are
    return !chapter || fclose(chapter) || last(3, (int[]){1, 2, 4}) != 4 || twice(1) != 2;
}
'''
LAST = '''int last(int n, const int x[n])
{
    return x[n - 1];
}

// <<Twice>>
'''
SMALL = '# Small\n\n' + chunk('Twice', TWICE) + chunk('src/small.c', LAST) + chunk('tests/small_test.c', TEST)
FAST = chunk('src/fast.c', '// <<Twice>>\n' + TWICE.replace('twice', 'fourth'))
FAST_TEST = '''#ifdef FAST
#include "../src/fast.c"
#else
#include "../src/small.c"
#endif
int main(void) { return twice(3) != 6; }
'''


class Project(unittest.TestCase):
    """last is checked well; twice is checked at 1 alone, where 2 * x is 2 and 2 / x."""
    def setUp(self):
        self.root = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.root)
        for folder in ('chapters', 'src', 'tests'):
            os.mkdir(os.path.join(self.root, folder))
        self.write('chapters/1-small.md', SMALL)
        self.write('tests/equivalent.txt', '')

    def write(self, name, text):
        with open(os.path.join(self.root, name), 'w', encoding='utf-8') as file:
            file.write(text)

    def mutate(self, *names):
        tangle.tangle(tangle.Book(self.root))
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
            status = mutate.main(names, self.root)
        return status, out.getvalue().splitlines()

    def test_alive_explained_stale(self):
        self.write('tests/equivalent.txt', 'src/small.c twice\n- return 2 * x;\n+ return 2 / x;\n'
                   '+ return 3 * x;\nThis project has a hole, to be tested.\n')
        status, lines = self.mutate('small')
        self.assertEqual(status, 1)
        self.assertEqual([line[:40] for line in lines if line.startswith('ALIVE')],
                         ["ALIVE chapters/1-small.md:7  twice  'ret"])
        self.assertTrue(any(line.endswith("'return 2 * x;' -> 'return 2;'") for line in lines))
        self.assertEqual([line[:30] for line in lines if line.startswith('STALE')],
                         ['STALE tests/equivalent.txt:4  '])
        self.assertRegex(lines[-1], '^[0-9]+ passed, 2 failed$')

    def test_what_is_repeated_is_mutated_once_and_seen_by_both_tests(self):
        self.write('chapters/9-fast.md', FAST + chunk('tests/fast_test.c', FAST_TEST))
        book = tangle.Book(self.root)
        self.assertEqual(mutate.tests(book, 'small'), ['tests/fast_test.c', 'tests/small_test.c'])
        self.assertEqual(mutate.tests(book, 'fast'), ['tests/fast_test.c'])
        again = sorted(mutate.repeated(book, 'src/fast.c'))
        self.assertEqual([book.body('src/fast.c').split('\n')[number - 2] for number in again],
                         ['// Twice', *TWICE.strip().split('\n')])
        self.assertEqual(mutate.repeated(book, 'src/small.c'), set())

    def test_a_checker_that_fails_by_itself(self):
        self.write('chapters/1-small.md', SMALL.replace('!= 4', '!= 5'))
        with self.assertRaisesRegex(mutate.Failure, 'tests/small_test.c fails without any mutant'):
            self.mutate('small')

    def test_one_that_stops_or_leaves_something_behind_is_ended(self):
        trial = mutate.Trial.__new__(mutate.Trial)
        trial.folder, trial.patience = self.root, -9
        for command in ('kill -STOP $$', 'sleep 100 & kill -STOP $$', 'echo FAILED; sleep 100'):
            since = time.monotonic()
            self.assertFalse(trial.passes(1, ['sh', '-c', command], {}, 1))
            self.assertLess(time.monotonic() - since, 10)

    def test_no_such_chapter(self):
        with self.assertRaisesRegex(mutate.Failure, 'no chapter makes src/large.c'):
            self.mutate('large')


if __name__ == '__main__':
    sys.exit(counted.main())

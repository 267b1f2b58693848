#!/usr/bin/env python3
"""Tests of the mutator: the tokens, each operator's edits, the explanations, and a small project with a hole in its checks."""
import contextlib
import io
import os
import shutil
import sys
import tempfile
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
            return [(token.kind[0], token.text) for token in mutate.lex(source) if token.kind != 'space']
        self.assertEqual(kinds('a<<=0x1p-53+.5e+3f-b_->c'),
                         [('n', 'a'), ('m', '<<='), ('n', '0x1p-53'), ('m', '+'), ('n', '.5e+3f'), ('m', '-'), ('n', 'b_'), ('m', '->'), ('n', 'c')])
        self.assertEqual(kinds('/* a */ "b // \\" c" // d "e"\n  \'"\' #'), [('s', '"b // \\" c"'), ('s', "'\"'"), ('m', '#')])
        self.assertEqual(kinds('#define A \\\n  b\nc'), [('n', 'c')])

    def test_functions(self):
        self.assertEqual([f.name for f in mutate.functions(SUM)], ['sum'])


class Operators(unittest.TestCase):
    def test_other_operator(self):
        self.assertEqual(edits(mutate.other_operator, 'int s = a < -b;'), ['int s = a <= -b;', 'int s = a >= -b;'])
        self.assertEqual(edits(mutate.other_operator, 'a += (int)b * *t[0];'),
                         ['a = (int)b * *t[0];', 'a -= (int)b * *t[0];', 'a += (int)b / *t[0];'])
        self.assertEqual(edits(mutate.other_operator, 'a = *(int *)t;'), ['a += *(int *)t;'])
        self.assertEqual(edits(mutate.other_operator, 'assert(a == b && "why");'), ['assert(a != b && "why");'])

    def test_other_bound(self):
        self.assertEqual(edits(mutate.other_bound, 'while (a < b * 2 && 1 >= 0)'), ['while (a < b * 2 - 1 && 1 >= 0)'])

    def test_other_constant(self):
        self.assertEqual(edits(mutate.other_constant, 'a = 7;', 'int f(int a)'), ['a = 8;', 'a = 6;'])
        self.assertEqual(edits(mutate.other_constant, 'a = 0xff * 2.0;', 'int f(int a)'), ['a = 0xff + 1 * 2.0;', 'a = 0xff * 2.0 * 1.01;'])

    def test_no_sign(self):
        self.assertEqual(edits(mutate.no_sign, 'a = -b - ~a;'), ['a = b - ~a;', 'a = -b - a;'])

    def test_neighbour(self):
        self.assertEqual(edits(mutate.neighbour, 'int c = a;'), ['int c = da;'])
        self.assertEqual(edits(mutate.neighbour, 'x = KX + y_ + beta1;', 'int f(int x, int x_, int y, int y_, int KX, int KY, int beta1, int beta2)'),
                         ['y = KX + y_ + beta1;', 'x_ = KX + y_ + beta1;', 'x = KY + y_ + beta1;', 'x = KX + x_ + beta1;', 'x = KX + y + beta1;',
                          'x = KX + y_ + beta2;'])

    def test_index_beside(self):
        self.assertEqual(edits(mutate.index_beside, 'a = t[b][0];', 'int f(int a)'), ['a = t[b + 1][0];', 'a = t[b][0 + 1];'])

    def test_exchanges(self):
        self.assertEqual(edits(mutate.exchanged_subscripts, 'a = t[a][b][b + 1];', 'int f(int a)'), ['a = t[b][a][b + 1];', 'a = t[a][b + 1][b];'])
        self.assertEqual(edits(mutate.exchanged_arguments, 'g(a, h(b, b), t[0]);'), ['g(h(b, b), a, t[0]);', 'g(a, t[0], h(b, b));'])

    def test_missing_term(self):
        self.assertEqual(edits(mutate.missing_term, 'a = a + b * t[1][2] - 1;'),
                         ['a = a - 1;', 'a = b * t[1][2] - 1;', 'a = a + b - 1;', 'a = a + t[1][2] - 1;', 'a = a + b * t[1][2];', 'a = -1;'])
        self.assertEqual(edits(mutate.missing_term, 'assert(a == b && "why");'), [])
        self.assertEqual(edits(mutate.missing_term, 'return a / (b - 1) ? a : b;'), ['return a ? a : b;', 'return (b - 1) ? a : b;', 'return a / (b) ? a : b;', 'return a / (-1) ? a : b;'])

    def test_other_condition(self):
        self.assertEqual(edits(mutate.other_condition, 'if (g(a) && b) a = 1;'), ['if (!(g(a) && b)) a = 1;', 'if (1) a = 1;'])
        self.assertEqual(edits(mutate.other_condition, 'if (a < b) a = 1;'), ['if (1) a = 1;'])

    def test_missing_statement(self):
        self.assertEqual(edits(mutate.missing_statement, 'int c = 0; for (c = 1; c < a; c++) { g(c); a = b; } do a++; while (a); return a;'),
                         ['int c = 0; for (c = 1; c < a; c++) { ; a = b; } do a++; while (a); return a;',
                          'int c = 0; for (c = 1; c < a; c++) { g(c); ; } do a++; while (a); return a;',
                          'int c = 0; for (c = 1; c < a; c++) { g(c); a = b; } do ; while (a); return a;'])

    def test_mutants(self):
        all_of_them = list(mutate.mutants('src/sum.c', SUM))
        self.assertEqual(len({mutant.source for mutant in all_of_them} | {SUM}), len(all_of_them) + 1)
        for mutant in all_of_them:
            self.assertEqual(mutant.before, SUM.split('\n')[mutant.line - 1].strip())
            self.assertIn(mutant.after, [line.strip() for line in mutant.source.split('\n')])

    def test_extents_that_c_ignores(self):
        f, = mutate.functions('int f(int n, int x[n][2], int y[n][3], int z[n][4])\n{\n    return g(x, n) + y[0][n] + h(z + n);\n}\n')
        self.assertEqual(sorted(f.text[i] for i in f.unread if f.text[i] != ']'), ['2', 'n', 'n', 'n'])


class Explanations(unittest.TestCase):
    TEXT = '# A comment\n\nsrc/a.c f\nsrc/b.c f\n- x < y\n+ x <= y\n+ x > y\nNobody can see it.\n'

    def test_blocks(self):
        places = mutate.explanations(self.TEXT)
        self.assertEqual(places, {('src/%s.c' % file, 'f', 'x < y', after): line for file in 'ab' for after, line in (('x <= y', 6), ('x > y', 7))})

    def test_a_reason_is_demanded(self):
        for text in (self.TEXT.replace('Nobody can see it.\n', ''), self.TEXT.replace('+', '*'), 'Nobody can see it.\n'):
            with self.assertRaises(mutate.Failure):
                mutate.explanations(text)

    def test_alive_explained_stale(self):
        alive = mutate.Mutant('src/a.c', 'f', 3, 'x < y', 'x <= y', '')
        dead = mutate.Mutant('src/a.c', 'f', 3, 'x < y', 'x > y', '')
        results, stale = mutate.settle([(alive, 'alive'), (dead, 'killed')], mutate.explanations(self.TEXT))
        self.assertEqual([verdict for mutant, verdict in results], ['explained', 'killed'])
        self.assertEqual(stale, [(7, ('src/a.c', 'f', 'x < y', 'x > y'))])   # src/b.c was not tried


TICKS = '```'
CHAPTER = '''# A chapter

%sc
// <<src/small.c>>=
int sum(int n, const int x[n])
{
    int s = 0;
    for (int i = 0; i < n; i++)
        s += x[i];
    return s;
}

int twice(int x)
{
    return 2 * x;
}
%s

%sc
// <<tests/small_test.c>>=
#include "../src/small.c"
#include <stdio.h>

int main(void)
{
    FILE *chapter = fopen("chapters/1-small.md", "r");   // a checker runs where the chapters are
    return !chapter || fclose(chapter) || sum(3, (int[]){1, 2, 4}) != 7 || twice(1) != 2;
}
%s
''' % ((TICKS,) * 4)


class Project(unittest.TestCase):
    """sum is checked well; twice is checked at 1 alone, where 2 * x is 2 and 2 / x."""
    def setUp(self):
        self.root = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.root)
        for folder in ('chapters', 'src', 'tests'):
            os.mkdir(os.path.join(self.root, folder))
        self.write('chapters/1-small.md', CHAPTER)
        self.write('tests/check.h', '')
        tangle.tangle(tangle.Book(self.root))

    def write(self, name, text):
        with open(os.path.join(self.root, name), 'w') as file:
            file.write(text)

    def mutate(self, explanations):
        self.write('tests/equivalent.txt', explanations)
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
            status = mutate.main(['small'], self.root)
        return status, out.getvalue().splitlines()

    def test_alive_explained_and_stale(self):
        status, lines = self.mutate('src/small.c twice\n- return 2 * x;\n+ return 2 / x;\n+ return 3 * x;\nThis project has a hole, to be tested.\n')
        self.assertEqual(status, 1)
        alive = [line for line in lines if line.startswith('ALIVE')]
        self.assertEqual(alive, ["ALIVE chapters/1-small.md:15  twice  'return 2 * x;' -> 'return 2;'"])
        self.assertEqual([line[:30] for line in lines if 'STALE' in line], ['STALE tests/equivalent.txt:4  '])
        self.assertRegex(lines[-1], '^[0-9]+ passed, 2 failed$')

    def test_a_checker_that_fails_by_itself(self):
        self.write('src/small.c', 'int sum(int n, const int *x) { return 0; }\nint twice(int x) { return 0; }\n')
        with self.assertRaisesRegex(mutate.Failure, 'tests/small_test.c fails without any mutant'):
            self.mutate('')

    def test_no_such_chapter(self):
        with self.assertRaisesRegex(mutate.Failure, 'no chapter makes src/large.c'):
            mutate.main(['large'], self.root)


if __name__ == '__main__':
    sys.exit(counted.main())

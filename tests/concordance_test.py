#!/usr/bin/env python3
"""Tests of the generated pages: each rule of errata and concordance, broken once."""
import contextlib
import glob
import io
import os
import re
import shutil
import sys
import tempfile
import unittest

import counted
from tools import ROOT   # finds the next one
import tables

FENCE = '```'


def chunk(header, *lines):
    return '\n'.join([FENCE + 'c', '// ' + header, *lines, FENCE, ''])


def chapter():
    """A chapter that states the 25 equations, each with a section, a function and a check, and one wrong
    version."""
    numbers, text = range(1, 26), '# 1. All\n\n'
    for n in numbers:
        text += '## (%d) Section\n\n%smath\nx=%d\\qquad\\text{(%d)}\n%s\n' % (n, FENCE, n, n, FENCE)
        text += chunk('<<Function %d>>= (%d)' % (n, n), 'int f%d(void)' % n, '{', '    return %d;' % n, '}')
        text += chunk('<<Check (%d)>>=' % n, 'EQUATION(%d, x, f%d(x.at),' % (n, n), '         x += %d)' % n)
    text += '## The checks\n\n' + chunk('<<wrong: (7)>>=',
                                        'WRONG(7, "E7", "seven, as printed", ORACLE, x += 6)')
    return (text + chunk('<<src/all.c>>=', *('// <<Function %d>>' % n for n in numbers))
            + chunk('<<tests/all_test.c>>=', *('// <<Check (%d)>>' % n for n in numbers),
                    '// <<wrong: (7)>>'))


FINDING = 'id: E7\nwhere: (7)\nprinted: x=6\ncorrected: x=7\nkind: paper\nnote: Six is not seven.\n'
REPORT = ('compiler\tcc 1\t2000-01-01 00:00\n'
          'mutant\tchapters/1-all.md\tseven, as printed\tE7\toracle\t(7)\t1.4e-01\t0.0e+00\tf7\n')


class Case(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.root)
        self.write('chapters/1-all.md', chapter())
        self.write('paper/concordance.txt', 'section 1 | Everything | 1 | Function 7 |\n')
        self.write('paper/errata.txt', FINDING)
        self.write('build/report/all_test.tsv', REPORT)

    def write(self, name, text):
        path = os.path.join(self.root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'w') as file:
            file.write(text)

    def book(self):
        return tables.Catalogue(self.root)

    def complains(self, make, pattern):
        with self.assertRaises(tables.Complaint) as caught:
            make(self.book(), self.root)
        self.assertRegex(str(caught.exception), pattern)


class Concordance(Case):
    def test_rows(self):
        page = tables.concordance(self.book(), self.root)
        self.assertEqual(25, len(re.findall(r'^\| \(\d+\) \|', page, re.M)))
        self.assertIn('| (7) | [(7) Section](../chapters/1-all.md#7-section) | [Function '
                      '7](../chapters/1-all.md#7-section) | `f7` | '
                      '[Check (7)](../chapters/1-all.md#7-section) |', page)
        self.assertIn('| section 1 | Everything | [1-all](../chapters/1-all.md) | [Function '
                      '7](../chapters/1-all.md#7-section) |', page)

    def test_lines_may_move(self):
        page = tables.concordance(self.book(), self.root)
        self.write('chapters/1-all.md', chapter().replace('# 1. All\n', '# 1. All\n\nWords.\n'))
        self.assertEqual(tables.concordance(self.book(), self.root), page)

    def test_fast_code_stands_behind_the_plain(self):
        self.write('chapters/2-fast.md', '# 2. Fast\n\n## Sums\n\n'
                   + chunk('<<A fast function 7>>= (7)', 'int f7(void)', '{', '    return 6 + 1;', '}')
                   + chunk('<<src/fast.c>>=', '// <<A fast function 7>>'))
        self.assertIn('#7-section)<br>[A fast function 7](../chapters/2-fast.md#sums) | `f7` |',
                      tables.concordance(self.book(), self.root))

    def test_equation_without_code(self):
        self.write('chapters/1-all.md', chapter().replace('<<Function 9>>= (9)', '<<Function 9>>='))
        self.complains(tables.concordance, r'equation \(9\) has no code')

    def test_equation_without_check(self):
        self.write('chapters/1-all.md',
                   chapter().replace('EQUATION(9, x', 'SENTENCE(x').replace('Check (9)', 'Nothing'))
        self.complains(tables.concordance, r'equation \(9\) has no check')

    def test_equation_that_no_chapter_states(self):
        self.write('chapters/1-all.md', chapter().replace(r'\text{(25)}', ''))
        self.complains(tables.concordance, r'no chapter states equation \(25\)')

    def test_claim_of_another_equation(self):
        self.write('chapters/1-all.md', chapter().replace('<<Function 9>>= (9)', '<<Function 9>>= (9) (G5)'))
        self.complains(tables.concordance, r'<<Function 9>> claims equation \(G5\), which no chapter states')

    def test_check_of_a_function_with_another_number(self):
        self.write('chapters/1-all.md',
                   chapter().replace('<<Function 9>>= (9)',
                                     '<<Function 9>>= (10)').replace('<<Function 10>>= (10)',
                                                                     '<<Function 10>>= (9)'))
        self.complains(tables.concordance,
                       r'the check of \(9\) is of f9, whose chunk does not bear that number')

    def test_chunk_that_is_gone(self):
        self.write('paper/concordance.txt', 'section 1 | Everything | 1 | Function 70 |\n')
        self.complains(tables.concordance, r'concordance.txt:1: no chunk is called <<Function 70>>')

    def test_figure_that_is_gone(self):
        self.write('paper/concordance.txt', 'figure 1 | Everything | 1 | | nowhere\n')
        self.complains(tables.concordance, r'no figures/nowhere.svg')


class Errata(Case):
    def test_row(self):
        page = tables.errata(self.book(), self.root)
        self.assertIn('| oracle | 0.14 | 0 | [Function 7](../chapters/1-all.md#7-section) |', page)

    def test_a_field_may_go_on(self):
        self.write('paper/errata.txt', FINDING.replace('Six is', 'Six\n    is').replace('x=6', 'x\n    =6'))
        page = tables.errata(self.book(), self.root)
        self.assertIn('\nx\n=6\n```', page)
        self.assertIn('Six is not seven. (Misprint.)', page)

    def test_told_apart(self):
        self.write('paper/errata.txt', FINDING + '\n' + FINDING.replace('E7', 'P1'))
        self.assertGreater(tables.errata(self.book(), self.root).index('### P1'),
                           tables.errata(self.book(), self.root).index('## Told, not shown'))

    def test_mutant_without_a_block(self):
        self.write('paper/errata.txt', FINDING.replace('E7', 'P1'))
        self.complains(tables.errata, r'errata.txt has no block for E7')

    def test_block_without_a_field(self):
        self.write('paper/errata.txt', FINDING.replace('kind: paper\n', ''))
        self.complains(tables.errata, r'the block of E7 needs')

    def test_no_report(self):
        self.write('build/report/all_test.tsv', '')
        self.complains(tables.errata, r'run make test first')


class Project(unittest.TestCase):
    @unittest.skipUnless(glob.glob(os.path.join(ROOT, 'build', 'report', '*.tsv')),
                         'the checks have not been run')
    def test_pages_are_what_the_chapters_and_their_checks_give(self):
        with contextlib.redirect_stdout(io.StringIO()):
            self.assertEqual(tables.main(['--check'], ROOT), 0)


class Rounding(unittest.TestCase):
    def test_same_up_to_rounding(self):
        row = '| oracle | %s | %s | x |'
        for old, new, same in ((('1.4', '0'), ('1.41', '2e-16'), True), (('1.4', '0'), ('0.7', '0'), False),
                               (('nan', '0'), ('nan', '0'), True),
                               (('nan', '0'), ('1', '0'), False), (('1', '0'), ('1', '1e-6'), False)):
            self.assertEqual(same, tables.same_up_to_rounding(row % old, row % new), (old, new))
        self.assertFalse(tables.same_up_to_rounding('a' + row % ('1', '0'), 'b' + row % ('1', '0')))


if __name__ == '__main__':
    sys.exit(counted.main())

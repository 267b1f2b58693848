#!/usr/bin/env python3
"""No line is wider than its kind of file allows: C 100 columns, Python 110, everything else 120.

In prose a row of a table, a formula, a picture's text and a link may be longer: they cannot be broken.
"""
import glob
import os
import re
import sys
import unittest

import counted
from tools import ROOT

WIDTHS = {'src/*.c': 100, 'tests/*.[ch]': 100, '*/*.py': 110, '*/*.sh': 120, 'Makefile': 120, '.ci/run': 120,
          '*.md': 120, '*/*.md': 120}
MADE = ('paper/errata.md', 'paper/concordance.md')   # by make errata
FENCE = re.compile(r'^ *(```|~~~)(\w*)')
UNBREAKABLE = re.compile(r'!?\[[^\]]*\]\([^)]*\)|\$`[^`]*`\$|`[^`]*`|<[^>]*>|\S+')


def may_be_longer(line, width):
    """A row of a table, a picture, or a line that is too long only by the link or formula at its end."""
    if line.lstrip().startswith(('|', '![')):
        return True
    last = [match for match in UNBREAKABLE.finditer(line) if match.start() < width]
    return bool(last) and last[-1].end() >= len(line.rstrip()) and line[last[-1].start()] in '[!$`<'


def too_wide(name, text, width):
    """The lines that are wider: number, width, allowed. In Markdown C has its own width, formulas none."""
    fence, allowed = '', width
    for number, line in enumerate(text.split('\n'), 1):
        mark = FENCE.match(line) if name.endswith('.md') else None
        if mark:
            fence, allowed = ('', width) if fence else (mark[1], {'c': 100, 'math': 1000}.get(mark[2], width))
        elif len(line) > allowed and not (name.endswith('.md') and not fence and may_be_longer(line, width)):
            yield number, len(line), allowed


class Widths(unittest.TestCase):
    def test_every_file(self):
        wide = []
        for pattern, width in WIDTHS.items():
            for path in sorted(glob.glob(os.path.join(ROOT, pattern))):
                name = os.path.relpath(path, ROOT)
                if name.startswith('build') or name in MADE:
                    continue
                with open(path, encoding='utf-8') as file:
                    found = too_wide(name, file.read(), width)
                wide += ['%s:%d: %d columns, %d are allowed' % (name, *where) for where in found]
        if wide:
            self.fail('\n'.join(['%d lines' % len(wide)] + wide))

    def test_what_is_too_wide(self):
        prose, row = 'word ' * 30, '|' + 'x' * 200
        link = 'word ' * 20 + '[a link that is long](../chapters/0-notation.md#what-a-check-is)'
        math, code = '```math\n%s\n```\n%s' % (prose, prose), '```c\n%s\n```' % ('x' * 101)
        cases = (('a.md', prose, [1]), ('a.md', link, []), ('a.md', link + ' and more', [1]),
                 ('a.md', row, []), ('a.c', row, [1]), ('a.md', math, [4]), ('a.md', code, [2]),
                 ('a.md', 'x' * 121, [1]), ('a.md', 'x' * 120, []))
        for name, text, lines in cases:
            with self.subTest(name=name, text=text):
                self.assertEqual([number for number, *_ in too_wide(name, text, 120)], lines)


if __name__ == '__main__':
    sys.exit(counted.main())

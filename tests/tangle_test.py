#!/usr/bin/env python3
"""Tests of the tangler and of stitch: every rule, every error, and that no edit is ever lost."""
import contextlib
import io
import os
import random
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import unittest
import unittest.mock

import counted
import tools   # finds the next two
import stitch
import tangle

TICKS = '```'


def chunk(header, *lines):
    return '\n'.join([TICKS + 'c', '// ' + header, *lines, TICKS, ''])


SAMPLE = ('# Sample\n\n' + chunk('<<src/a.c>>=', '#include <math.h>', '', '// <<Square>>', '', '// <<Twice>>')
          + 'Prose.\n\n' + chunk('<<Square>>= (7) (G5)', 'double square(double x)', '{', '    double y = x;',
                                 '    // <<Body>>', '    return y;', '}')
          + chunk('<<Body>>=', 'if (x > 0)', '    y *= x;', 'y += 0;')
          + chunk('<<Twice>>=', 'int twice(int n)', '{', '    return 2 * n;', '}')
          + chunk('<<Twice>>+=', 'int zero(void)', '{', '    return 0;', '}'))


def random_line(dice):
    return ' ' * 4 * dice.randint(0, 2) + dice.choice(('edit%d();' % dice.randint(0, 9), '}', ''))


class Case(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.root)
        os.mkdir(os.path.join(self.root, 'chapters'))

    def path(self, name):
        return os.path.join(self.root, name)

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), 'wb') as file:
            file.write(text if isinstance(text, bytes) else text.encode())

    def read(self, name):
        with open(self.path(name)) as file:
            return file.read()

    def run_main(self, function):
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = function()
        return status, out.getvalue() + err.getvalue()

    def tangle(self, *arguments):
        return self.run_main(lambda: tangle.told(tangle.main, list(arguments), self.root))

    def stitch(self):
        return self.run_main(lambda: stitch.stitch(self.root))

    def sample(self):
        self.write('chapters/1-sample.md', SAMPLE)
        self.assertEqual(self.tangle(), (0, ''))

    def edit(self, old, new, name='src/a.c'):
        text = self.read(name)
        self.assertIn(old, text)
        self.write(name, text.replace(old, new, 1))
        return self.read(name).split('\n', 1)[1]


class Tangle(Case):
    def test_output(self):
        self.sample()
        first, body = self.read('src/a.c').split('\n', 1)
        self.assertTrue(first.startswith('// Tangled from chapters/1-sample.md [%s]:' % tangle.digest(body)))
        self.assertEqual(body, '#include <math.h>\n\n// Square (7) (G5)\n'
                         'double square(double x)\n{\n    double y = x;\n    // Body\n'
                         '    if (x > 0)\n        y *= x;\n    y += 0;\n    return y;\n}\n\n'
                         '// Twice\nint twice(int n)\n{\n    return 2 * n;\n}\n\n'
                         'int zero(void)\n{\n    return 0;\n}\n')

    def test_twice_changes_nothing(self):
        self.sample()
        os.utime(self.path('src/a.c'), (1, 1))
        self.assertEqual(self.tangle(), (0, ''))
        self.assertEqual(os.path.getmtime(self.path('src/a.c')), 1)
        self.assertEqual(self.tangle('--check'), (0, ''))

    def test_only_fences_with_a_header_count(self):
        self.write('chapters/1-a.md', chunk('<<src/a.c>>=', 'int a;')
                   + '````md\n' + chunk('<<src/b.c>>=', 'int b;') + '````\n'
                   + TICKS + 'c\nint shown;\n' + TICKS + '\n')
        self.assertEqual(self.tangle(), (0, ''))
        self.assertEqual(os.listdir(self.path('src')), ['a.c'])

    def fails(self, text, expected):
        self.write('chapters/2-bad.md', text)
        status, said = self.tangle()
        self.assertEqual(status, 1, said)
        self.assertIn('chapters/2-bad.md:' + expected, said)
        self.assertFalse(os.path.exists(self.path('src/a.c')))

    def test_fences_are_those_of_commonmark(self):
        a, b = chunk('<<src/a.c>>=', 'int a;'), chunk('<<src/b.c>>=', 'int b;')
        for text, files in ((TICKS + 'math\nx\n  ' + TICKS + '\n' + a + b, ['a.c', 'b.c']),
                            (' ````md\n' + b + ' ````\n' + a, ['a.c']),
                            ('~~~md `x`\n' + b + '~~~\n' + a, ['a.c']),
                            ('- ' + TICKS + 'c\n  int shown;\n  ' + TICKS + '\n' + a + b, ['a.c', 'b.c']),
                            (''.join('  ' + line + '\n' for line in b.split('\n')) + a, ['a.c'])):
            with self.subTest(text=text):
                shutil.rmtree(self.path('src'), ignore_errors=True)
                self.write('chapters/1-a.md', text)
                self.assertEqual(self.tangle(), (0, ''))
                self.assertEqual(sorted(os.listdir(self.path('src'))), files)

    def test_file_ends_with_one_newline(self):
        self.write('chapters/1-a.md', chunk('<<src/a.c>>=', 'int a;', '', '  ', ''))
        self.tangle()
        self.assertEqual(self.read('src/a.c').split('\n', 1)[1], 'int a;\n')

    def test_parts_and_references(self):
        self.write('chapters/1-a.md', chunk('<<src/a.c>>=', '    // <<B>>') + chunk('<<B>>= (7)', 'b();')
                   + chunk('<<B>>+= (G5)', 'c();', '  // <<C>>'))
        self.write('chapters/2-a.md', chunk('<<C>>=', 'd();'))
        self.write('chapters/10-a.md', chunk('<<C>>+=', 'e();'))
        self.tangle()
        self.assertEqual(self.read('src/a.c').split('\n', 1)[1],
                         '    // B (7) (G5)\n    b();\n    c();\n      // C\n      d();\n      e();\n')

    def test_the_rest_of_a_chapter(self):
        rest = '// <<The rest of this chapter>>'
        self.write('chapters/1-a.md', chunk('<<src/a.c>>=', '// <<B>>', '', rest) + chunk('<<C>>=', 'int c;')
                   + chunk('<<B>>=', 'int b;') + chunk('<<D>>=', 'int d;'))
        self.write('chapters/2-e.md', chunk('<<src/e.c>>=', '// <<E>>') + chunk('<<E>>=', 'int e;'))
        self.assertEqual(self.tangle(), (0, ''))
        self.assertEqual(self.read('src/a.c').split('\n', 1)[1],
                         '// B\nint b;\n\n// C\nint c;\n\n// D\nint d;\n')

    def test_errors(self):
        file = chunk('<<src/a.c>>=', 'int a;', '// <<B>>')
        b = chunk('<<B>>=', 'int b;')
        self.fails(file, '4: <<B>> is not defined')
        self.fails(file + b + chunk('<<C>>=', 'int c;'), '11: <<C>> is not used by any file')
        self.fails(file + chunk('<<B>>=', '// <<B>>'), '8: <<B>> contains itself')
        self.fails(file + b + b, '11: <<B>> is defined twice, first at chapters/2-bad.md:7')
        self.fails(file + chunk('<<B>>+=', 'int b;'), '7: <<B>> is continued before it is defined')
        self.fails(file + chunk('<<B>>= (26)', 'int b;'), '7: no equation is numbered (26)')
        self.fails(file + chunk('<<B>>=', ''), '7: <<B>> is empty')
        self.fails(file + chunk('<<B>>=', '\tint b;'), '8: a tab in a chunk')
        self.fails(file + chunk('<<B>> =', 'int b;'), '7: not a chunk header')
        self.fails(file + chunk('<<B>>=', '// <<B> >'), '8: not a reference')
        self.fails(file + chunk('<<B>>= (G0)', 'int b;'), '7: no equation is numbered (G0)')
        self.fails(file + b + TICKS + 'c\n//<<B>>+=\nint c;\n' + TICKS, '11: not a chunk header')
        self.fails(file + b + TICKS + 'c\n  // <<B>>+=\nint c;\n' + TICKS, '11: not a chunk header')
        self.fails(file + chunk('<<B>>=', '//<<C>>'), '8: not a reference')
        self.fails(file + chunk('<<B>>=', 'int b; // <<C>>'), '8: not a reference')
        circle = chunk('<<B>>=', '// <<C>>') + chunk('<<C>>=', '// <<B>>')
        self.fails(file + circle, '12: <<B>> contains itself')
        self.fails(chunk('<<src/../a.c>>=', 'int a;'), '2: the file src/../a.c is not')
        self.fails(file + b + TICKS + 'c\nint c;\n', '10: this fence is never closed')
        self.fails(chunk('<<../a.c>>=', 'int a;'), '2: the file ../a.c is not')

    def test_all_errors_are_told(self):
        self.write('chapters/2-bad.md', chunk('<<src/a.c>>=', '// <<B>>', '// <<C>>'))
        self.write('chapters/10-bad.md', chunk('<<src/b.c>>=', '// <<D>>') + chunk('<<D>>', 'int d;'))
        self.assertEqual(self.tangle()[1], 'chapters/2-bad.md:3: <<B>> is not defined\n'
                         'chapters/2-bad.md:4: <<C>> is not defined\n'
                         'chapters/10-bad.md:3: <<D>> is not defined\n'
                         'chapters/10-bad.md:6: not a chunk header: expected // <<Name>>= or // <<Name>>+=, '
                         'then equations like (7) (G5)\n')

    def test_never_overwrites_an_edit(self):
        self.sample()
        self.edit('2 * n', '3 * n')
        before = self.read('src/a.c')
        status, said = self.tangle()
        self.assertEqual(status, 1)
        self.assertIn('src/a.c was edited by hand', said)
        self.assertEqual(self.read('src/a.c'), before)

    def test_never_overwrites_an_edited_first_line(self):
        for new in ('/* mine */\n', '// Tangled from chapters/1-sample.md [000000000000]\n',
                    'make stitch, and mine\n'):
            with self.subTest(new=new):
                self.write('src/a.c', '')
                os.remove(self.path('src/a.c'))
                self.sample()
                first = self.read('src/a.c').split('\n')[0] + '\n'
                self.edit(first, first.replace('make stitch\n', new) if 'and mine' in new else new)
                before = self.read('src/a.c')
                self.assertIn('src/a.c was edited by hand', self.tangle()[1])
                self.assertEqual(self.read('src/a.c'), before)

    def test_one_edit_stops_every_file(self):
        self.write('chapters/1-sample.md', SAMPLE + chunk('<<src/b.c>>=', 'int b;'))
        self.tangle()
        self.edit('2 * n', '3 * n')
        before = self.read('src/b.c')
        self.write('chapters/1-sample.md', SAMPLE + chunk('<<src/b.c>>=', 'int c;'))
        self.assertEqual(self.tangle()[0], 1)
        self.assertEqual(self.read('src/b.c'), before)

    def test_an_edit_that_the_chapter_has_too_is_no_edit(self):
        self.sample()
        self.edit('2 * n', '3 * n')
        self.write('chapters/1-sample.md', SAMPLE.replace('2 * n', '3 * n'))
        self.assertEqual(self.tangle(), (0, ''))
        self.assertEqual(self.tangle('--check'), (0, ''))

    def test_never_overwrites_a_foreign_file(self):
        self.write('src/a.c', 'mine\n')
        self.write('chapters/1-sample.md', SAMPLE)
        self.assertEqual(self.tangle()[0], 1)
        self.assertEqual(self.read('src/a.c'), 'mine\n')

    def test_check_names_what_differs(self):
        self.sample()
        self.write('chapters/1-sample.md', SAMPLE.replace('2 * n', '3 * n'))
        status, said = self.tangle('--check')
        self.assertEqual(status, 1)
        self.assertIn('src/a.c: differs from chapters/1-sample.md', said)
        os.remove(self.path('src/a.c'))
        status, said = self.tangle('--check')
        self.assertEqual((status, said.count('src/a.c')), (1, 1))
        self.assertFalse(os.path.exists(self.path('src/a.c')))

    def test_file_without_chapter(self):
        self.sample()
        self.write('chapters/1-sample.md', SAMPLE.replace('src/a.c', 'src/b.c'))
        self.assertIn('src/a.c: no chapter makes this file any more', self.tangle()[1])

    def test_usage(self):
        self.assertEqual(self.tangle('--chek')[0], 2)

    def test_lines_at_every_border(self):
        self.write('chapters/1-sample.md', SAMPLE)
        self.assertEqual(self.tangle('--lines', self.path('lines')), (0, ''))
        self.assertFalse(os.path.exists(self.path('src')))
        told, where, number = [], None, 0   # what a compiler would say of each line
        for text in self.read('lines/src/a.c').split('\n')[:-1]:
            if text.startswith('#line'):
                _, number, where = text.split()
                number = int(number)
            else:
                told.append((where, number, text.strip()))
                number += 1
        chapter = SAMPLE.split('\n')
        for where, number, text in told:
            self.assertEqual(where, '"chapters/1-sample.md"')
            origin = chapter[number - 1].strip()
            # A chunk's name stands for its header, an empty line for that of a later part.
            header = '// <<' + text.split(' ')[1] if text.startswith('// ') else '// <<'
            self.assertTrue(text == origin or origin.startswith(header), (number, text, origin))
        self.assertEqual(len(told), 23)
        self.assertEqual(self.read('lines/src/a.c').count('#line'), 7)

    @unittest.skipUnless(shutil.which('cc'), 'no C compiler')
    def test_line_directives(self):
        for old, line in (('y += 0;', 23), ('return y;', 16), ('return 0;', 36)):
            self.write('chapters/1-sample.md', SAMPLE.replace(old, 'mistake here;'))
            self.assertEqual(self.tangle('--lines', self.path('lines')), (0, ''))
            said = subprocess.run(['cc', '-fsyntax-only', self.path('lines/src/a.c')], stderr=subprocess.PIPE,
                                  universal_newlines=True).stderr
            number = SAMPLE.split('\n').index(next(text for text in SAMPLE.split('\n') if old in text)) + 1
            self.assertIn('chapters/1-sample.md:%d:' % number, said)


class Hostile(Case):
    """What a chapter or a folder must not be: one clear line, status 1, and nothing is changed."""
    def refused(self, run, *lines):
        before = self.everything()
        status, said = run()
        self.assertEqual((status, said), (1, ''.join(line + '\n' for line in lines)))
        self.assertEqual(self.everything(), before)

    def everything(self):
        return {os.path.join(folder, name): os.path.islink(os.path.join(folder, name)) or
                open(os.path.join(folder, name), 'rb').read()
                for folder, _, names in os.walk(self.root) for name in names
                if os.path.isfile(os.path.join(folder, name))}

    def test_text_that_would_get_lost(self):
        a = chunk('<<src/a.c>>=', 'int a;')
        mark = 'has a byte order mark: save the chapter as UTF-8 without one'
        carriage = 'has a carriage return: save the chapter with Unix line ends'
        utf8 = 'is not UTF-8: save the chapter as UTF-8'
        for text, where in ((b'\xef\xbb\xbf' + a.encode(), '1: ' + mark),
                            (a.encode() + b'\n\xef\xbb\xbf' + a.encode(), '6: ' + mark),
                            (a.replace('\n', '\r\n'), '1: ' + carriage),
                            (a.replace('int a;\n', 'int a;\r\n'), '3: ' + carriage),
                            (a.encode() + b'caf\xe9\n', '5: ' + utf8),
                            (a.encode('utf-16'), '1: ' + utf8)):
            with self.subTest(text=text):
                self.write('chapters/1-a.md', text)
                self.refused(self.tangle, 'chapters/1-a.md:' + where)
                self.refused(self.stitch, 'chapters/1-a.md:' + where, 'nothing was changed')

    def test_no_file_that_is_named_like_a_chapter(self):
        self.sample()
        os.mkdir(self.path('chapters/2-folder.md'))
        os.mkfifo(self.path('chapters/3-pipe.md'))
        said = 'chapters/%s:1: is named like a chapter, but is not a file: rename it'
        self.refused(self.tangle, said % '2-folder.md', said % '3-pipe.md')

    def test_chapters_of_one_number_come_in_alphabetical_order(self):
        names = ['1-%s.md' % letter for letter in 'cabed']
        for name in names:
            self.write('chapters/' + name, chunk('<<src/%s.c>>=' % name[2], 'int a;'))
        self.assertEqual(tangle.Book(self.root).chapters, ['chapters/' + name for name in sorted(names)])

    def test_chunks_without_bottom(self):
        names = ['N%d' % n for n in range(1200)]
        links = [chunk('<<%s>>=' % name, '// <<%s>>' % inner) for name, inner in zip(names, names[1:])]
        self.write('chapters/1-a.md', chunk('<<src/a.c>>=', '// <<N0>>') + ''.join(links)
                   + chunk('<<N1199>>=', 'int a;'))
        # The hundredth within the file names the one too many.
        line = 4 * 100 + 3
        self.refused(self.tangle, 'chapters/1-a.md:%d: chunks within chunks, more than 100 deep' % line)

    def test_chunks_that_double(self):
        links = [chunk('<<N%d>>=' % n, *['// <<N%d>>' % (n + 1)] * 2) for n in range(60)]
        self.write('chapters/1-a.md', 'A file.\n' + chunk('<<src/a.c>>=', '// <<N0>>') + ''.join(links)
                   + chunk('<<N60>>=', 'int a;'))
        self.refused(self.tangle, 'chapters/1-a.md:3: src/a.c would have more than 100000 lines; '
                                  'which chunk is there so often?')

    def test_links_lead_nowhere(self):
        outside = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, outside)
        said = '%s: is a link, and could lead out of the project; put the real one here'
        for name in ('src', 'src/a.c', 'chapters/1-sample.md', 'chapters'):
            with self.subTest(name=name):
                if not os.path.exists(self.path('src')):
                    self.sample()
                os.rename(self.path(name), os.path.join(outside, 'it'))
                os.symlink(os.path.join(outside, 'it'), self.path(name))
                if name.startswith('src'):
                    self.refused(self.tangle, said % name)
                self.refused(self.stitch, said % name, 'nothing was changed')
                os.remove(self.path(name))
                os.rename(os.path.join(outside, 'it'), self.path(name))
        os.remove(self.path('src/a.c'))
        os.rmdir(self.path('src'))
        os.symlink(outside, self.path('src'))
        self.refused(self.tangle, said % 'src')
        self.assertEqual(os.listdir(outside), [])

    def test_a_folder_in_the_place_of_a_file(self):
        self.write('chapters/1-sample.md', SAMPLE)
        os.makedirs(self.path('src/a.c'))
        self.refused(self.tangle, 'src/a.c: is not a file; rename it')
        shutil.rmtree(self.path('src'))
        self.write('src', '')
        self.refused(self.tangle, 'src: is not a folder; rename it')

    def test_what_is_no_text_among_the_sources(self):
        self.sample()
        self.write('src/other.c', b'caf\xe9\n')
        os.mkdir(self.path('src/folder.c'))
        self.assertEqual(self.tangle(), (0, ''))
        self.edit('y += 0;', 'y += 1;')
        self.write('src/a.c', self.read('src/a.c').encode().replace(b'y += 1', b'y += 1; // \xe9'))
        self.refused(self.tangle, "src/a.c was edited by hand: 'make stitch' carries the edit into its "
                                  "chapter; 'git checkout src/a.c' drops it")
        self.refused(self.stitch, 'src/a.c:11: is not UTF-8', 'nothing was changed')

    def test_all_files_or_none(self):
        """The second cannot be written. What stands in the way is somebody's."""
        self.write('chapters/1-sample.md', SAMPLE + chunk('<<src/b.c>>=', 'int b;'))
        new = self.path('src/b.c.%d.new' % os.getpid())
        self.write(os.path.relpath(new, self.root), 'mine\n')
        self.refused(self.tangle, new + ': File exists')

    def test_a_link_beside_is_not_followed(self):
        self.write('chapters/1-sample.md', SAMPLE)
        os.mkdir(self.path('src'))
        self.write('mine', 'mine\n')
        os.symlink(self.path('mine'), self.path('src/a.c.new'))
        self.assertEqual(self.tangle(), (0, ''))
        self.assertEqual(self.read('mine'), 'mine\n')

    def test_stitch_keeps_the_mode_of_a_chapter(self):
        self.sample()
        os.chmod(self.path('chapters/1-sample.md'), 0o640)
        self.edit('2 * n', '3 * n')
        self.assertEqual(self.stitch()[0], 0)
        self.assertEqual(os.stat(self.path('chapters/1-sample.md')).st_mode & 0o777, 0o640)


class Committed(unittest.TestCase):
    def test_what_is_committed_is_what_its_chapters_give(self):
        """Whatever the work tree holds by now. Outside of git there is nothing to compare."""
        archive = subprocess.run(['git', 'archive', 'HEAD'], cwd=tools.ROOT, stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL)
        if archive.returncode:
            self.skipTest('no git here, or no commit')
        with tempfile.TemporaryDirectory() as folder:
            tarfile.open(fileobj=io.BytesIO(archive.stdout)).extractall(folder)
            self.assertEqual(tangle.complaints(tangle.Book(folder), True), [])


class Stitch(Case):
    def carried(self, old, new):
        body = self.edit(old, new)
        status, said = self.stitch()
        self.assertEqual(status, 0, said)
        self.assertEqual(self.read('src/a.c').split('\n', 1)[1], body)
        self.assertEqual(self.tangle('--check'), (0, ''))

    def refused(self, old, new, reason):
        self.edit(old, new)
        before, chapter = self.read('src/a.c'), self.read('chapters/1-sample.md')
        status, said = self.stitch()
        self.assertEqual(status, 1, said)
        self.assertIn(reason, said)
        self.assertNotIn('->', said)
        self.assertEqual((self.read('src/a.c'), self.read('chapters/1-sample.md')), (before, chapter))

    def test_round_trips(self):
        for old, new in (('2 * n', '3 * n'), ('    y += 0;\n', '    y += 1;\n    y += 2;\n'),
                         ('        y *= x;\n', '        y *= x * x;\n'), ('    y += 0;\n', ''),
                         ('{\n    return 0;', '{\n    int z = 0;\n    return z;'),
                         ('#include <math.h>\n', '#include <math.h>\n#include <stdio.h>\n'),
                         ('// Square (7) (G5)\n', '// Square (7) (G5)\n// The square of a number.\n'),
                         ('#include <math.h>\n', '#include <stdio.h>\n#include <math.h>\n'),   # at the top
                         ('    return 2 * n;\n}\n', '    return 2 * n;\n}\n// twice\n'),   # at a part's end
                         ('int zero', '// zero\nint zero'),   # after its blank line
                         ('    // Body\n', '    // Body\n    // The body.\n'),
                         ('    // Body\n', '    y = 1;\n    // Body\n')):   # before a reference
            with self.subTest(old=old):
                self.sample_again()
                self.carried(old, new)

    def sample_again(self):
        shutil.rmtree(self.path('src'), ignore_errors=True)
        self.sample()

    def test_refusals(self):
        end, border = '    y += 0;\n    return y;\n', 'border of two chunks'
        for old, new, reason in (('// Body', '// Boddy', "changes a chunk's name"),
                                 (end, '    y += 0;\n    more();\n    return y;\n', border),
                                 ('    y += 0;\n', '  y += 0;\n', 'indented less'),
                                 ('    y += 0;\n', '    // <<Other>>\n', 'looks like a chunk'),
                                 ('y += 0;\n    return y;', 'all();\n    new();', 'more than one chunk'),
                                 ('    if (x > 0)\n        y *= x;\n    y += 0;\n', '', '<<Body>> is empty'),
                                 ('}\n\nint zero', '}\nint zero', 'blank line between two parts'),
                                 ('    y += 0;\n', '    ' + TICKS + '\n', 'looks like a chunk or a fence'),
                                 ('    y += 0;\n', '    //<<B>>\n', 'looks like a chunk or a fence'),
                                 ('    y += 0;\n', '    y +=\t0;\n', 'has a tab'),
                                 ('y += 0;', 'y += 1; ', 'space at the end'),
                                 ('    return 0;\n}\n', '    return 0;\n}', 'does not end with a newline'),
                                 ('    return 0;\n}\n', '    return 0;\n}\n\n', 'ends with a blank line'),
                                 ('    return 0;\n}\n', '    return 0;\n}\nint after;\n', border),
                                 ('// Tangled', '// Mangled', 'its first line')):
            with self.subTest(old=old):
                self.sample_again()
                self.refused(old, new, reason)

    def test_thousands_of_lines_alike(self):
        text = SAMPLE.replace('y += 0;', '\n'.join(['y += 0;'] * 4000))
        self.write('chapters/1-sample.md', text)
        self.tangle()
        lines = self.read('src/a.c').split('\n')
        for k in range(3900, 0, -200):
            lines[k:k + 2] = ['    y += %d;' % k]
        self.write('src/a.c', '\n'.join(lines))
        body, start = self.read('src/a.c').split('\n', 1)[1], time.process_time()
        status, said = self.stitch()
        self.assertEqual(status, 0, said)
        self.assertTrue(self.read('src/a.c').split('\n', 1)[1] == body)
        self.assertLess(time.process_time() - start, 5)

    @unittest.mock.patch.object(stitch, 'MOST', 100)
    def test_more_changes_than_can_be_told_apart(self):
        self.write('chapters/1-sample.md', SAMPLE.replace('y += 0;', '\n'.join(['y += 0;'] * 60)))
        self.tangle()
        self.write('src/a.c', self.read('src/a.c').replace('y += 0;', 'y += 1;'))
        self.assertEqual(self.stitch(), (1, 'src/a.c: changes more lines than can be told apart: stitch in '
                                            'smaller steps\nnothing was changed\n'))

    def test_changes_are_the_fewest(self):
        """Beside the longest common subsequence by its recurrence."""
        dice = random.Random(1)
        for _ in range(500):
            old, new = ([dice.choice('abc') for _ in range(dice.randint(0, 9))] for _ in range(2))
            longest = [[0] * (len(new) + 1) for _ in range(len(old) + 1)]
            for i, a in enumerate(old):
                for j, b in enumerate(new):
                    longest[i + 1][j + 1] = max(longest[i][j] + (a == b), longest[i + 1][j],
                                                longest[i][j + 1])
            ranges, made = stitch.changes(old, new), old[:]
            for i1, i2, j1, j2 in reversed(ranges):
                made[i1:i2] = new[j1:j2]
            self.assertEqual(made, new)
            self.assertEqual(sum(i2 - i1 + j2 - j1 for i1, i2, j1, j2 in ranges),
                             len(old) + len(new) - 2 * longest[-1][-1], (old, new))

    def test_nothing_to_stitch(self):
        self.sample()
        self.assertEqual(self.stitch(), (0, 'nothing to stitch\n'))

    def test_both_sides_changed(self):
        self.sample()
        self.write('chapters/1-sample.md', SAMPLE.replace('y += 0', 'y += 9'))
        self.edit('2 * n', '3 * n')
        status, said = self.stitch()
        self.assertEqual(status, 1)
        self.assertIn('src/a.c: its first line or its chapter has changed too', said)

    def shared(self):
        self.write('chapters/1-sample.md', SAMPLE + chunk('<<src/b.c>>=', '// <<Twice>>'))
        self.assertEqual(self.tangle(), (0, ''))

    def test_shared_chunk(self):
        self.shared()
        self.edit('2 * n', '3 * n')
        self.assertEqual(self.stitch()[0], 0)
        self.assertIn('3 * n', self.read('src/b.c'))

    def test_shared_chunk_edited_twice(self):
        self.shared()
        self.edit('2 * n', '3 * n')
        self.edit('2 * n', '4 * n', 'src/b.c')
        status, said = self.stitch()
        self.assertEqual(status, 1)
        self.assertIn('edited differently', said)

    def test_end_of_a_file_that_ends_in_its_own_chunk(self):
        self.write('chapters/1-a.md', chunk('<<src/a.c>>=', '// <<B>>', 'int a;')
                   + chunk('<<B>>=', '// <<C>>', 'int b;') + chunk('<<C>>=', 'int c;'))
        self.tangle()
        self.edit('int a;\n', 'int a;\nint z;\n')
        body = self.edit('// B\n', '// B\nint y;\n')
        said = 'src/a.c:3 -> chapters/1-a.md:8\nsrc/a.c:8 -> chapters/1-a.md:5\nstitched\n'
        self.assertEqual(self.stitch(), (0, said))
        self.assertEqual(self.read('src/a.c').split('\n', 1)[1], body)

    def test_two_files_share_a_chunk_and_only_one_edits_it(self):
        self.write('chapters/1-sample.md', SAMPLE + chunk('<<src/b.c>>=', 'int own;', '// <<Twice>>'))
        self.tangle()
        self.edit('2 * n', '3 * n')
        self.edit('int own', 'int mine', 'src/b.c')
        status, said = self.stitch()
        self.assertEqual(status, 0, said)
        self.assertIn('int mine;\n// Twice\nint twice(int n)\n{\n    return 3 * n;\n', self.read('src/b.c'))
        self.assertEqual(self.tangle('--check'), (0, ''))

    def test_shared_chunk_edited_alike(self):
        self.shared()
        self.edit('2 * n;\n', '2 * n;\n    return 3 * n;\n')
        self.edit('2 * n;\n', '2 * n;\n    return 3 * n;\n', 'src/b.c')
        self.assertEqual(self.stitch()[0], 0)
        self.assertEqual(self.read('chapters/1-sample.md').count('3 * n'), 1)

    def test_shared_part_edited_in_different_places(self):
        self.shared()
        self.edit('2 * n', '3 * n')
        self.edit('int twice', 'long twice', 'src/b.c')
        before = self.read('src/a.c'), self.read('src/b.c'), self.read('chapters/1-sample.md')
        status, said = self.stitch()
        self.assertEqual((status, said), (1, 'chapters/1-sample.md:29: <<Twice>> is edited differently in '
                                          'src/a.c and src/b.c\nnothing was changed\n'))
        after = self.read('src/a.c'), self.read('src/b.c'), self.read('chapters/1-sample.md')
        self.assertEqual(after, before)

    def test_chunk_twice_in_one_file(self):
        self.write('chapters/1-a.md', chunk('<<src/a.c>>=', '// <<B>>', '{', '    // <<B>>', '}')
                   + chunk('<<B>>=', 'b();', 'c();'))
        self.tangle()
        self.edit('c();', 'd();')
        self.assertIn('is a chunk here twice', self.stitch()[1])
        body = self.edit('    c();', '    d();')
        self.assertEqual(self.stitch()[0], 0)
        self.assertEqual(self.read('src/a.c').split('\n', 1)[1], body)

    def test_random_edits_are_carried_or_refused(self):
        dice, carried = random.Random(1), 0
        for _ in range(200):
            shutil.rmtree(self.path('src'), ignore_errors=True)
            self.shared()
            edited = dice.choice((['src/a.c'], ['src/b.c'], ['src/a.c', 'src/b.c']))
            for name in edited:
                lines = self.read(name).split('\n')[:-1]
                for _ in range(dice.randint(1, 3)):
                    at = dice.randrange(1, len(lines) + 1)
                    lines[at:at + dice.randint(0, 2)] = [random_line(dice) for _ in range(dice.randint(0, 2))]
                self.write(name, '\n'.join(lines) + '\n')
            before = {name: self.read(name) for name in ('src/a.c', 'src/b.c', 'chapters/1-sample.md')}
            status, said = self.stitch()
            carried += status == 0
            if status:   # nothing at all was touched
                self.assertEqual({name: self.read(name) for name in before}, before, said)
            elif len(edited) == 1:
                first, body = before[edited[0]].split('\n', 1)
                self.assertEqual(self.read(edited[0]).split('\n', 1)[1], body, said)
            self.assertEqual(self.tangle()[0], status, said)
        self.assertGreater(carried, 20)


if __name__ == '__main__':
    sys.exit(counted.main())

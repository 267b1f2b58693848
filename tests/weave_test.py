#!/usr/bin/env python3
"""Tests of the weaver: the mathematics against a file of golden formulas, and every page of the book.

    python3 tests/weave_test.py --golden    write the golden file anew; read the difference before you commit
it
"""
import ast
import contextlib
import functools
import hashlib
import io
import os
import re
import shutil
import sys
import tempfile
import time
import unittest
import xml.etree.ElementTree as ET

import counted
from tools import ROOT   # finds the modules below
import catalogue
import edition
import highlight
import markdown
import mathml
import pages
import results
import tangle
import weave

GOLDEN = os.path.join(ROOT, 'tests', 'equations.golden')
TICKS = '```'
REPORT = '\n'.join((
    'compiler\tgcc 12.2.0\t2026-11-24 10:00',
    'equation\tchapters/2-convolution.md\t(8)\tdl/da\tconvolution_da\tok\toracle\t4e-16\t1e-14\t297',
    'equation\tchapters/2-convolution.md\t(8)\tdl/da\tconvolution_da\tok\tcentral\t9e-16\t1e-14\t297',
    'equation\tchapters/2-convolution.md\t(9)\tdl/dw\tconvolution_dw\tFAILED\tcentral\t0.25\t1e-14\t80',
    'mutant\tchapters/2-convolution.md\twithout its '
    'condition\tE8a\toracle\t(8)\t7.5e-01\t0.0e+00\tconvolution_da', ''))


CHECKED = '<p class="checked"><a class="eq" href="#eq-%s">(%s)</a>'


def tag_of(element):
    return element.tag.split('}')[-1]


def linear(element):
    """MathML in one line that one can read: the same tree, with TeX's signs for scripts."""
    name, parts = tag_of(element), [linear(child) for child in element]
    text, classes = (element.text or '').replace('\u00a0', ' '), element.get('class', '')
    if name in ('mi', 'mn', 'mo', 'mtext'):
        sign = '^-' if element.get('form') == 'prefix' and text == '−' else text
        return '"%s"' % text if name == 'mtext' else sign if len(text) < 2 or name != 'mi' else text + ' '
    if name in ('msub', 'msup', 'msubsup', 'munder', 'mover', 'munderover'):
        signs = {'msub': '_', 'msup': '^', 'munder': '_', 'mover': '^'}.get(name, '_^')
        return parts[0] + ''.join('%s{%s}' % pair for pair in zip(signs, parts[1:]))
    if name in ('mfrac', 'msqrt'):
        return '/'.join('[%s]' % part for part in parts) if name == 'mfrac' else 'root[%s]' % parts[0]
    if name == 'mspace':
        return {'-0.1667em': '', '0.1667em': ' ', '0.3em': ' '}.get(element.get('width'), '  ')
    separator = {'mtable': ' ; ', 'mtr': ' & '}.get(name, '')
    inside = separator.join(parts)
    colours = ''.join({'next': 'red:', 'prev': 'blue:'}.get(word, '') for word in classes.split())
    return '<%s>' % inside if name == 'mtable' else colours + inside


def golden_lines(book):
    """For each display of the chapters: where it stands, how it reads, and a digest of all its attributes."""
    for chapter in book.chapters:
        if chapter.path in catalogue.EXTRA:
            continue
        for section in chapter.sections:
            for block in filter(catalogue.is_math, section.blocks):
                tex, tag = catalogue.formula(block)
                text = mathml.mathml(tex, True, section.indices, tag is not None)
                name = os.path.basename(chapter.path)[0] + ' ' + ('(%s)' % tag if tag else '-')
                yield '%s %s   %s\n' % (name, hashlib.sha256(text.encode()).hexdigest()[:6],
                                        re.sub('  +', '  ', linear(ET.fromstring(text)).strip()))


@functools.lru_cache(None)
def project():
    return catalogue.Catalogue()


class Golden(unittest.TestCase):
    def test_displays(self):
        with open(GOLDEN, encoding='utf-8') as file:
            expected = file.read().split('\n')
        found = ''.join(golden_lines(project())).split('\n')
        for got, wanted in zip(found, expected):
            self.assertEqual(got, wanted, 'if this is right: python3 tests/weave_test.py --golden')
        self.assertEqual(len(found), len(expected))


class Mathematics(unittest.TestCase):
    def line(self, tex, display=False, indices=()):
        return linear(ET.fromstring(mathml.mathml(tex, display, indices)))

    def test_every_formula_of_the_chapters_is_well_formed(self):
        count = 0
        for chapter in project().chapters:
            with open(os.path.join(ROOT, chapter.path), encoding='utf-8') as file:
                for tex in re.findall(r'\$`(.+?)`\$', file.read(), re.S):
                    ET.fromstring('<p>%s</p>' % mathml.mathml(tex))
                    count += 1
        self.assertGreater(count, 600)

    def test_shapes(self):
        for tex, expected in ((r'a_{(c)}^{(l-1)}', 'a_{(c)}^{(l−1)}'), (r"f'(z)", 'f′(z)'),
                              (r'\tfrac12', '[1]/[2]'), (r'\frac h2', '[h]/[2]'),
                              (r'-1\cdot(-2)', '^-1⋅(^-2)'), (r'\sqrt{\hat v}', 'root[v^{^}]'),
                              (r'\|v\|', '‖v‖'),
                              (r'\boldsymbol z', '\U0001d49b'), (r'10^{-6}', '10^{^-6}'),
                              (r'\begin{pmatrix}1&2\\3&4\end{pmatrix}', '(<1 & 2 ; 3 & 4>)'),
                              (r'y\ln a', 'y ln  a'), (r'\text{ and }', '" and "'),
                              (r'a\mathrel{+}=b', 'a+=b')):
            self.assertEqual(self.line(tex), expected, tex)

    def test_limits_stand_under_a_sum_of_a_display_alone(self):
        self.assertIn('<munderover><mo movablelimits="false">', mathml.mathml(r'\sum_{i=0}^n i', True))
        self.assertNotIn('movablelimits', mathml.mathml(r'\frac{1}{\sum_{i=0}^n i}', True))
        self.assertIn('<msub><mi>max', mathml.mathml(r'\max_c z'))
        self.assertIn('<munder><mi>max', mathml.mathml(r'\max_c z', True))
        self.assertIn('<msubsup><mo', mathml.mathml(r'\int_0^1 x', True))

    def test_brackets_stretch_only_where_they_are_told_to(self):
        self.assertNotIn('stretchy="true"', mathml.mathml(r'(\frac12)'))
        self.assertEqual(mathml.mathml(r'\left(\frac12\right]').count('stretchy="true"'), 2)

    def test_a_long_formula_may_be_broken(self):
        text = mathml.mathml(r'(1\cdot3,\ 2\cdot3+1\cdot4)=(3,\,-10)')
        self.assertEqual([linear(part) for part in ET.fromstring('<p>%s</p>' % text)
                          if tag_of(part) == 'math'], ['(1⋅3, ', '2⋅3+1⋅4)=', '(3, ', '^-10)'])
        self.assertNotIn('wbr', mathml.mathml(r'a=b=c') + mathml.mathml('a=b+c+d+e+f+g+h+i+j', True))

    def test_indices(self):
        names = ("c", "c'", "r_x")
        self.assertIn('<mrow class="prev v-c1"><mi>c</mi><mo',
                      mathml.mathml(r"\textcolor{blue}{c'}", False, names))
        self.assertIn('<mrow class="v-c">', mathml.mathml(r'a_{(c)}', False, names))
        self.assertNotIn('v-c', mathml.mathml(r"\eta_c+k_c+x+c''", False, names))
        self.assertIn('<mrow class="v-rx"><msubsup>', mathml.mathml('r_x^*', False, names))
        self.assertEqual(mathml.mathml('c+c', False, names, True).count('tabindex'), 1)

    def test_errors(self):
        for tex, offset in ((r'a+\foo', 2), (r'\frac1', 6), ('{a', 1), (r'\left(a', 6), ('a}', 1),
                            (r'\begin{array}a\end{array}', 12), ('é', 0), ('a_', 1),
                            (r'\begin{cases}a\end{pmatrix}', 26), (r'\textcolor{green}{c}', 16), ('^2', 0)):
            with self.assertRaises(mathml.TexError, msg=tex) as caught:
                mathml.mathml(tex)
            self.assertLessEqual(abs(caught.exception.offset - offset), 1, tex)


class Text(unittest.TestCase):
    def kinds(self, text):
        return [block.kind for block in markdown.blocks(markdown.number_lines(text))]

    def test_blocks(self):
        self.assertEqual(self.kinds('# A\nB\nC\n\n* D\n  E\nF\n* G\n\n1. H\n\n> I\n\n| J |\n|---|\n| K '
                                    '|\n\n```c\nL\n```\n<!-- M -->\n'),
                         ['heading', 'paragraph', 'list', 'list', 'quote', 'table', 'fence'])

    def test_items_go_on(self):
        block, = markdown.blocks(markdown.number_lines('1. A\n   B\n\n   ```sh\n   C\n   ```\n2. D'))
        first, items = block.data
        self.assertEqual((first, [[inner.kind for inner in item] for item in items]),
                         (1, [['paragraph', 'fence'], ['paragraph']]))

    def test_bars_of_code_and_mathematics_are_no_borders(self):
        self.assertEqual(markdown.cells('| $`|z|`$ | `a|b` | c\\|d |'), ['$`|z|`$', '`a|b`', 'c|d'])

    def test_anchors(self):
        self.assertEqual(markdown.slug("(8) The paper's `x`, once more"), '8-the-papers-x-once-more')
        found = catalogue.anchors(markdown.blocks(markdown.number_lines('## A\n## A\n## A')))
        self.assertEqual(list(found.values()), ['a', 'a-1', 'a-2'])

    def test_code(self):
        text = ('// <<Name>>\nint f(int a_)   // "no"\n'
                '{\n    return a_ == \'"\' ? 0x1p-3 : 1e-9;   /* (7) */\n}\n')
        words = list(highlight.words(text))
        self.assertEqual(''.join(word for kind, word in words), text)
        self.assertIn(('reference', '// <<Name>>'), words)
        self.assertIn(('string', "'\"'"), words)
        self.assertIn(('number', '0x1p-3'), words)
        self.assertEqual(highlight.functions(text), ['f'])
        self.assertEqual(highlight.functions('__attribute__((format(printf, 1, 2))) static void *g(int n,\n  '
                                             '  int m)\n{\n}\nint h(void);\n'), ['g'])


class Book(unittest.TestCase):
    """The book as the project has it, with a report of its own."""
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        os.mkdir(os.path.join(cls.folder, 'report'))
        with open(os.path.join(cls.folder, 'report', 'a.tsv'), 'w') as file:
            file.write(REPORT)
        start = time.process_time()   # not by the clock: other tests run beside this one
        weave.weave(ROOT, os.path.join(cls.folder, 'book'),
                    results.Results(os.path.join(cls.folder, 'report')))
        cls.seconds = time.process_time() - start
        cls.texts, cls.trees = {}, {}
        for name in os.listdir(os.path.join(cls.folder, 'book')):
            if name.endswith('.html'):
                with open(os.path.join(cls.folder, 'book', name), encoding='utf-8') as file:
                    cls.texts[name] = file.read()
                cls.trees[name] = ET.fromstring(cls.texts[name])   # fails if it is not well-formed
        cls.site = weave.Site(ROOT, results.Results(''))
        cls.catalogue = cls.site.catalogue
        cls.declared = catalogue.read_indices(os.path.join(ROOT, 'paper', 'indices.txt'))

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def ids(self, name):
        return [element.get('id') for element in self.trees[name].iter() if element.get('id')]

    def test_quick(self):
        self.assertLess(self.seconds, 3)

    def test_a_page_for_each_chapter(self):
        for chapter in self.catalogue.chapters:
            self.assertIn(weave.Site.page_of(chapter.path), self.trees)

    def test_no_id_twice(self):
        for name in self.trees:
            self.assertEqual(len(self.ids(name)), len(set(self.ids(name))), name)

    def test_every_link_has_a_target(self):
        ids = {name: set(self.ids(name)) for name in self.trees}
        for name, tree in self.trees.items():
            for link in (element.get('href') for element in tree.iter() if tag_of(element) == 'a'):
                if link.startswith('https://'):
                    continue
                page, _, anchor = link.partition('#')
                self.assertIn(page or name, self.trees, '%s: %s' % (name, link))
                self.assertTrue(not anchor or anchor in ids[page or name], '%s: %s' % (name, link))

    def test_nothing_is_loaded_from_elsewhere(self):
        sources = ''
        for chapter in self.catalogue.chapters:
            with open(os.path.join(ROOT, chapter.path), encoding='utf-8') as file:
                sources += file.read()
        for name, tree in self.trees.items():
            for element in tree.iter():
                self.assertNotEqual(tag_of(element), 'script')
                self.assertFalse(any(key.startswith('on') for key in element.attrib))
                if tag_of(element) == 'a':
                    self.assertTrue('://' not in element.get('href') or '](%s)'
                                    % element.get('href') in sources, element.get('href'))
                else:
                    self.assertNotIn('://', element.get('src', '') + element.get('href', '')
                                     + element.get('style', ''))
                if element.get('src'):
                    self.assertTrue(os.path.exists(os.path.join(self.folder, 'book', element.get('src'))))
        with open(os.path.join(self.folder, 'book', 'style.css'), encoding='utf-8') as file:
            self.assertIsNone(re.search(r'url\(|@import|@font-face', file.read()))

    def test_headings_in_order_a_language_and_texts_for_pictures(self):
        for name, tree in self.trees.items():
            levels = [int(tag_of(element)[1]) for element in tree.iter()
                      if re.match('h[1-6]$', tag_of(element))]
            self.assertEqual((levels[0], levels.count(1)), (1, 1), name)
            self.assertTrue(all(b <= a + 1 for a, b in zip(levels, levels[1:])), name)
            self.assertEqual(tree.get('lang'), 'en')
            for element in tree.iter():
                self.assertTrue(tag_of(element) != 'img' or element.get('alt'), name)

    def test_every_chunk_is_defined_once_and_reads_as_it_is_tangled(self):
        seen = {}
        for name, tree in self.trees.items():
            for figure in tree.iter():
                if figure.get('class', '').split(' ')[0] == 'chunk':
                    self.assertNotIn(figure.get('id'), seen)
                    seen[figure.get('id')] = ''.join(next(element for element in figure.iter()
                                                          if tag_of(element) == 'pre').itertext())
        for chunk in self.catalogue.book.chunks.values():
            for part, (chapter, lines) in enumerate(chunk.parts):
                text = re.sub(r'// <<(.*?)>>', r'⟨\1⟩', '\n'.join(text for text, number in lines))
                self.assertEqual(seen.pop(catalogue.chunk_id(chunk.name, part)), text)
        self.assertEqual(seen, {})

    def test_the_assembled_files_are_there(self):
        for name in self.catalogue.book.files():
            page = self.trees[weave.Site.page_of(self.catalogue.book.chunks[name].chapter)]
            details = next(element for element in page.iter() if element.get('id') == weave.file_id(name))
            self.assertEqual(''.join(next(element for element in details.iter()
                                          if tag_of(element) == 'pre').itertext()),
                             self.catalogue.book.body(name))

    def test_every_equation_number_is_a_link(self):
        def loose(element):
            if tag_of(element) in ('a', 'code', 'math', 'title', 'nav', 'pre'):
                return ''
            return (element.text or '') + ''.join(loose(child) + (child.tail or '') for child in element)
        for name, tree in self.trees.items():
            for tag in re.findall(r'\((G?\d+)\)', loose(tree)):
                self.assertNotIn(tag, self.catalogue.equations, name)

    def test_every_equation_is_there_with_its_check(self):
        for tag, equation in self.catalogue.equations.items():
            page = self.texts[weave.Site.page_of(equation.chapter)]
            self.assertEqual(page.count('id="eq-%s"' % tag), 1)
            results = [part for part in page.split('<div class="result">')[1:]
                       if part.startswith(CHECKED % (tag, tag))]
            self.assertEqual(len(results), 1, tag)

    def test_results_are_those_of_the_report(self):
        page = re.sub(r'<[^>]*>', '', self.texts['2-convolution.html'])
        self.assertIn('(8) \U0001d715ℓ/\U0001d715a of convolution_da: oracle 4e-16, central differences '
                      '9e-16 ok', page)
        self.assertIn('(9) \U0001d715ℓ/\U0001d715w of convolution_dw: central differences 0.2 FAILED', page)
        self.assertIn('Checked with gcc 12.2.0 on 2026-11-24 10:00.', page)
        stated = [tag for tag, equation in self.catalogue.equations.items()
                  if equation.chapter == 'chapters/2-convolution.md']
        self.assertEqual(page.count('): not run'), len(stated) - 2)   # two of them are in the report
        self.assertIn('The checks have not been run', self.texts['3-cross-correlation.html'])
        row = next(row for row in re.split('</?tr>', self.texts['checks.html']) if 'E8a' in row)
        self.assertEqual(re.sub(r'\s*<[^>]*>\s*', ' ', row).split(),
                         '(8) without its condition convolution_da E8a oracle 0.8 0'.split())

    def test_each_index_of_an_equation_lights_something_in_its_code(self):
        for tag, equation in self.catalogue.equations.items():
            chunks = self.catalogue.code_of(tag, equation.chapter)
            if not chunks or tag.startswith('G4'):
                continue
            names = {word for chunk in chunks for name in self.names_below(chunk) for word in name}
            for index in (name for name in equation.section.indices
                          if mathml.css_class(name) + '"' in self.marked(equation, name)):
                written = [identifier for identifier, meant in equation.section.in_code.items()
                           if index in meant]
                nameless = self.declared.get(tag, {}).get(index) == []   # so says paper/indices.txt
                self.assertTrue(nameless or names & set(written),
                                '(%s): nothing in its code is called %s; see paper/indices.txt'
                                % (tag, index))

    def test_an_index_that_has_another_name_in_code(self):
        in_code = self.catalogue.equations['8'].section.in_code
        self.assertEqual((in_code['i'], in_code['j'], in_code['c_'], in_code.get('x_')),
                         (["x''"], ["y''"], ["c''"], None))

    def marked(self, equation, name):
        return mathml.mathml(equation.tex, True, {name})

    def names_below(self, chunk):
        for chapter, lines in chunk.parts:
            yield [word for kind, word in highlight.words('\n'.join(text for text, number in lines))
                   if kind == 'name']
        for name, chapter, line in self.catalogue.book.references(chunk):
            yield from self.names_below(self.catalogue.book.chunks[name])

    def test_a_link_that_names_a_chunk_goes_to_it(self):
        site = self.site
        for label, address in (('Convolution, forward', '2-convolution.html#chunk-convolution-forward'),
                               ('Forward', '2-convolution.html')):
            self.assertEqual(site.resolve('../chapters/2-convolution.md', 'paper/errata.md', 1, label),
                             address)

    def test_what_is_checked_is_told_in_symbols(self):
        for what, tex in (('dl/da_', r"\partial \ell /\partial a'"), ('z_arctan', r'z_{\text{arctan}}'),
                          ('eta', r'\eta '),
                          ('dl/J', r'\partial a/\partial z'), ('some words', r'\text{some}\ \text{words}')):
            self.assertEqual(edition.symbols(what), tex)
        for what in ('_', "&%#{}' \\", 'a__b', ''):
            mathml.mathml(edition.symbols(what) or 'a')   # whatever a report says, it is no error

    def test_every_method_is_explained(self):
        site = self.site
        self.assertEqual(set(site.methods), set(results.METHODS))
        self.assertEqual(len(set(site.methods.values())), len(results.METHODS))

    def test_pictures_have_their_size(self):
        for name, tree in self.trees.items():
            for picture in (element for element in tree.iter() if tag_of(element) == 'img'):
                self.assertRegex('%s by %s' % (picture.get('width'), picture.get('height')), r'^\d+ by \d+$')

    def test_terms_lead_to_their_sections(self):
        items = self.texts['names.html'].split('id="terms"')[1].split('<h2')[0]
        self.assertIn('2 What the layer does', items.split('<li>kernel')[1].split('</li>')[0])

    def test_symbols_have_their_meaning(self):
        site = self.site
        rows = {row[0]: row for row in pages.symbol_rows(site)}
        self.assertIn('minus one', rows[mathml.mathml(r'\eta')][1])
        self.assertIn('(7)', rows[mathml.mathml('w')][2])


class Colours(unittest.TestCase):
    """WCAG 2, level AA: text differs from its background by 4.5 to 1."""
    TEXT = ('ink', 'muted', 'link', 'next', 'prev', 'comment', 'string', 'good', 'bad')

    def luminance(self, colour):
        colour = colour * 2 if len(colour) == 3 else colour
        parts = [int(colour[k:k + 2], 16) / 255
                 for k in (0, 2, 4)] if len(colour) == 6 else [int(digit * 2, 16) / 255
                                                               for digit in colour[:3]]
        linear_parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
                        for part in parts]
        return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear_parts))

    def test_contrast(self):
        with open(os.path.join(ROOT, 'paper', 'style.css'), encoding='utf-8') as file:
            palettes = [dict(re.findall(r'--(\w+): #(\w+)', block))
                        for block in re.findall(r':root \{(.*?)\}', file.read(), re.S)]
        self.assertEqual(len(palettes), 3)   # light, dark, print
        for palette in palettes:
            palette = {name: ''.join(digit * 2 for digit in colour) if len(colour) == 3 else colour
                       for name, colour in palette.items()}
            for text in self.TEXT:
                for ground in ('paper', 'box') + (('light',) if text in ('ink', 'next', 'prev') else ()):
                    a, b = sorted((self.luminance(palette[text]), self.luminance(palette[ground])))
                    self.assertGreaterEqual((b + 0.05) / (a + 0.05), 4.5, '%s on %s' % (text, ground))


class Mistakes(unittest.TestCase):
    """What an author does wrong is said with file and line, and leaves the old book alone."""
    def setUp(self):
        self.root = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.root)
        os.mkdir(os.path.join(self.root, 'chapters'))
        self.write('README.md', '# Title\n\nWords.\n')

    def write(self, name, text):
        with open(os.path.join(self.root, name), 'w', encoding='utf-8') as file:
            file.write(text)

    def weave(self, text, report=None):
        self.write('chapters/0-a.md', text)
        folder = os.path.join(self.root, 'report')
        if report is not None:
            os.makedirs(folder, exist_ok=True)
            self.write('report/a.tsv', report)
        weave.weave(self.root, os.path.join(self.root, 'book'), results.Results(folder))
        with open(os.path.join(self.root, 'book', '0-a.html'), encoding='utf-8') as file:
            return file.read()

    def test_named_with_their_line(self):
        for text, where, words in (
                ('# A\n\nOne $`x`$\nand $`\\foo`$.', ':4:', '\\foo is not known'),
                ('# A\n\n%smath\nx\n\\foo\n%s\n' % (TICKS, TICKS), ':5:', '\\foo is not known'),
                ('# A\n\n[b](#nowhere)', ':3', 'no place #nowhere'),
                ('# A\n\n[b](1-b.md)', ':3:', 'leads nowhere'),
                ('# A\n\n![words](../figures/no.svg)', ':3:', 'no picture figures/no.svg'),
                ('# A\n\n![](../README.md)', ':3:', 'needs a text'),
                ('A', ':1:', 'one heading of level one'),
                ('# A\n' + '%smath\nx\\qquad\\text{(1)}\n%s\n' % (TICKS, TICKS) * 2, ':5:',
                 '(1) is stated twice'),
                ('# A\n\n%sc\n// <<B>>=\nint b;\n%s\n' % (TICKS, TICKS), ':4:', 'not used')):
            with self.assertRaises(catalogue.BookError, msg=text) as caught:
                self.weave(text)
            self.assertIn('chapters/0-a.md' + where, str(caught.exception))
            self.assertIn(words, str(caught.exception))

    def test_an_old_book_stays(self):
        self.weave('# A\n\nOld.')
        with self.assertRaises(catalogue.BookError):
            self.weave('# A\n\n[b](1-b.md)')
        with open(os.path.join(self.root, 'book', '0-a.html'), encoding='utf-8') as file:
            self.assertIn('Old.', file.read())

    def test_reports(self):
        equation = '# A\n\n%smath\nx\\qquad\\text{(1)}\n%s\n' % (TICKS, TICKS)
        line = 'equation\tchapters/0-a.md\t(1)\tz\tf\tok\toracle\t%s\t1e-14\t9\n'
        self.assertIn('</a>: not run', self.weave(equation))
        # the worst
        self.assertIn('oracle 3e-15', self.weave(equation, 'compiler\tcc\tnow\n' + line % '1e-16' + line
                                                 % '3e-15' + line % '2e-16'))
        self.assertIn('oracle nan', self.weave(equation, 'compiler\tcc\tnow\n' + line % '1e-16' + line
                                               % 'nan' + line % '2e-16'))
        for bad in ('', 'nonsense\n', line % '1e-16', 'compiler\tcc\tnow\n' + line % 'x',
                    'compiler\tcc\tnow\n' + line.replace('\tok', '\tOK') % '1'):
            if bad:
                with self.assertRaises(results.ReportError, msg=bad) as caught:
                    self.weave(equation, bad)
                self.assertIn('a.tsv:', str(caught.exception))

    def test_wrong_versions_are_folded_beside_their_equation(self):
        chunk = lambda name, *lines: '\n%sc\n// <<%s>>=\n%s\n%s\n' % (TICKS, name, '\n'.join(lines), TICKS)
        text = ('# A\n\n## (1) B\n\n%smath\nx\\qquad\\text{(1)}\n%s\n'
                % (TICKS, TICKS) + chunk('Check (1)', 'EQUATION(1, z, f(z.at),', '    z += 1)')
                + '\n## The checks\n\n### Wrong versions\n'
                + chunk('wrong: (1)', 'WRONG(1, "E1", "two", ORACLE,', '      z += 2)', 'STALE(1, ORACLE)')
                + chunk('tests/a.c', '// <<Check (1)>>', '// <<wrong: (1)>>') + '\n## Exercises\n\nNone.\n')
        mutant = 'mutant\tchapters/0-a.md\t%s\t-\toracle\t(1)\t1\t0\tf\n'
        line = 'compiler\tcc\tnow\nequation\tchapters/0-a.md\t(1)\tz\tf\tok\toracle\t0\t0\t9\n'
        for report, said in ((None, '2 wrong versions'), (line, '2 wrong versions'),
                             (line + mutant % 'two', '2 wrong versions, 1 of them rejected'),
                             (line + mutant % 'two' + mutant % 'stale', '2 wrong versions, all rejected')):
            page = self.weave(text, report)
            first, second = page.split('<h2 id="the-checks">')
            self.assertLess(first.index('id="chunk-check-1"'), first.index(CHECKED % (1, 1)))
            self.assertRegex(first, '<details class="mistakes"><summary[^>]*>%s</summary>\n<figure '
                                    'class="chunk wrong" id="chunk-wrong-1">' % said)
            self.assertIn('<a href="#chunk-wrong-1">⟨wrong: (1)⟩</a>: %s, beside ' % said, second)
            self.assertNotIn('<figure class="chunk wrong"', second)

    def test_main(self):
        out = io.StringIO()
        with contextlib.redirect_stderr(out):
            self.assertEqual(weave.main(['a', 'b']), 2)
        self.assertIn('usage', out.getvalue())

    def test_misprints_stand_beside_their_corrections(self):
        display = '\n\n%smath\nx\n%s\n\n' % (TICKS, TICKS)
        page = self.weave('# A\n\nPrinted:' + display + 'Corrected:' + display + 'Printed:' + display
                          + 'Corrected: no.' + display)
        self.assertEqual(re.findall('<div class="beside"><div><p>Printed:.*?<div><p>Corrected:</p>', page,
                                    re.S) and page.count('class="beside"'), 1)

    def test_text(self):
        page = self.weave('# A\n\n"Yes," it\'s *so* <b> & \\*: `a_` > 1.\n')
        self.assertIn('“Yes,” it’s <em>so</em> &lt;b&gt; &amp; *:', page)


class OldPython(unittest.TestCase):
    def test_python_3_9_can_read_it(self):
        for folder in ('paper', 'tests', 'figures', 'src'):
            for name in os.listdir(os.path.join(ROOT, folder)):
                if name.endswith('.py'):
                    with open(os.path.join(ROOT, folder, name), encoding='utf-8') as file:
                        ast.parse(file.read(), feature_version=(3, 9))


def main():
    if sys.argv[1:] == ['--golden']:
        tangle.write({GOLDEN: ''.join(golden_lines(project()))})
        return 0
    return counted.main()


if __name__ == '__main__':
    sys.exit(main())

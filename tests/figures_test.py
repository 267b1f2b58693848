"""The figures: drawn from their script and tables to the same bytes, well-formed, readable, used by a
chapter."""
import glob
import os
import re
import sys
import unittest
import xml.etree.ElementTree as tree

import counted
from tools import ROOT   # finds the next three
import data
import draw
import figures

SVG = '{http://www.w3.org/2000/svg}'


def read(*path):
    with open(os.path.join(ROOT, *path), encoding='utf-8', newline='') as file:
        return file.read()


def text_box(element):
    """Left, top, right and bottom of a text, at its widest. A small text is 12 high, and so on; mathematics
    is larger by a seventh, indices smaller by a fifth."""
    size = draw.SIZES.get(element.get('class', '').split(' ')[0], 14)
    wide = draw.width(element.text or '', size)
    for part in element:
        classes = part.get('class', '').split(' ')
        wide += draw.width(part.text or '', size * (.8 if 'd' in classes else 1.14 if 'm' in classes
                                                    else 1)) + draw.width(part.tail or '', size)
    x, y = float(element.get('x')), float(element.get('y'))
    left = x - wide * {'start': 0, 'middle': .5, 'end': 1}[element.get('text-anchor', 'start')]
    return left, y - .75 * size, left + wide, y + .2 * size


def complaints(svg):
    """What is wrong with the texts of a figure: those that leave it, and pairs that touch."""
    root = tree.fromstring(svg)
    width, height = (float(v) for v in root.get('viewBox').split()[2:])
    boxes = [(text_box(element), ''.join(element.itertext())) for element in root.iter(SVG + 'text')]
    for (left, top, right, bottom), words in boxes:
        if left < 0 or top < 0 or right > width or bottom > height:
            yield '%r leaves the figure' % words
    for k, (a, words) in enumerate(boxes):
        for b, others in boxes[:k]:
            if a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]:
                yield '%r lies on %r' % (words, others)


def luminance(colour):
    parts = [int(colour[k:k + 2], 16) / 255 for k in (1, 3, 5)]
    return sum(share * (p / 12.92 if p <= .04045 else ((p + .055) / 1.055) ** 2.4)
               for share, p in zip((.2126, .7152, .0722), parts))


def contrast(a, b):
    dark, light = sorted((luminance(a), luminance(b)))
    return (light + .05) / (dark + .05)


class Figures(unittest.TestCase):
    def each(self):
        for name in figures.FIGURES:
            yield name, read('figures', name + '.svg')

    def test_same_bytes(self):
        for name, svg in self.each():
            self.assertEqual(figures.FIGURES[name]().svg(), svg,
                             'figures/%s.svg is not what its script draws: run make figures' % name)

    def test_nothing_left_over(self):
        drawn = {name + '.svg' for name in figures.FIGURES}
        self.assertEqual(drawn, {os.path.basename(path)
                                 for path in glob.glob(os.path.join(ROOT, 'figures', '*.svg'))})

    def test_every_table_is_used_and_says_its_command(self):
        used, lines = set(), data.lines
        data.lines = lambda name: used.add(name) or lines(name)
        try:
            for draw_figure in figures.FIGURES.values():
                draw_figure()
        finally:
            data.lines = lines
        self.assertEqual(used, {name for name in os.listdir(data.FOLDER) if name.endswith('.csv')})
        for name in used:
            self.assertRegex(lines(name)[0], r'^# \w', name)

    def test_tables_come_from_one_network(self):
        table = [[int(value) for value in row[1:]] for row in data.table('confusion.csv')]
        right = sum(table[c][c] for c in range(10))
        words = data.comments('learning-all.csv')[1].split()
        self.assertEqual([words[1], words[3]], [str(right), str(sum(map(sum, table)))],
                         'run make figure-data')
        wrong = [(int(shown), int(read)) for _, shown, read, *_ in data.table('wrong.csv')]
        self.assertEqual([[wrong.count((i, k)) for k in range(10)] for i in range(10)],
                         [[table[i][k] * (i != k) for k in range(10)] for i in range(10)])
        self.assertEqual(data.arrays('activations.csv')['a0'], data.arrays('correlation.csv')['picture'])

    def test_chapter_10_quotes_its_tables(self):
        text = read('chapters', '10-looking-inside.md')
        table = [[int(value) for value in row[1:]] for row in data.table('confusion.csv')]
        right, shown = sum(table[c][c] for c in range(10)), sum(map(sum, table))
        descent = [float(row[4]) for row in data.table('descent.csv')[:61]]
        middle = [row for row in data.table('plane.csv') if float(row[0]) == float(row[1]) == 0][0]
        sure = sum(float(row[3]) > .9 for row in data.table('wrong.csv'))
        most, i, k = max((table[i][k], -i, -k) for i in range(10) for k in range(10) if i != k)
        firing = sum(value > 0 for value in data.arrays('activations.csv')['a4'][0][0])
        ground = data.arrays('activations.csv')['a1'][2][0][-1]
        quotes = ['%s of %s pictures' % (format(right, ','), format(shown, ',')), '%d of %d right'
                  % (right, shown), 'The other %d ' % (shown - right)]
        quotes += ['In %d of its %d mistakes' % (sure, shown - right), 'All %d test' % (shown - right),
                   'A %d is read as a %d' % (-i, -k)]
        quotes += ['cost is %.3g, after one step %.3g, after sixty %.2g'
                   % (descent[0], descent[1], descent[60]), 'cost is %.2g:' % float(middle[2])]
        quotes += ['%d of them say something' % firing, 'makes %.1f' % ground]
        for quote in quotes:
            self.assertTrue(quote in ' '.join(text.split()), 'chapter 10 should say %r, as its tables do'
                            % quote)

    def test_well_formed_with_title_and_description(self):
        for name, svg in self.each():
            root = tree.fromstring(svg)
            self.assertEqual(root.get('viewBox'), '0 0 %s %s' % (root.get('width'), root.get('height')), name)
            self.assertEqual([child.tag for child in root][:2], [SVG + 'title', SVG + 'desc'])
            self.assertTrue(len(root[0].text) > 5 and len(root[1].text) > 50, name)

    def test_alone_and_in_both_lights(self):
        for name, svg in self.each():
            self.assertNotRegex(svg.replace('http://www.w3.org/2000/svg', ''),
                                r'http|var\(|<script|url\(|href', name)
            self.assertEqual(svg.count('@media (prefers-color-scheme:dark){'), 1)
            style = svg[svg.index('<style>'):svg.index('</style>')]
            light, dark = style.split('@media (prefers-color-scheme:dark)')
            coloured = lambda css: set(re.findall(r'(\.?\w+)\{[^{}]*#', css))
            self.assertEqual(coloured(light), coloured(dark), name)
            classes = set(' '.join(re.findall(r'class="([^"]*)"', svg)).split())
            self.assertEqual(classes - {selector[1:] for selector in (*draw.FONTS, *draw.SHAPES)},
                             set(), name)

    def test_texts_stay_inside_and_apart(self):
        for name, svg in self.each():
            self.assertEqual(list(complaints(svg)), [], name)

    def test_this_check_can_fail(self):
        f = draw.Figure(100, 50, 'A', 'B')
        f.text(10, 20, 'one')
        f.text(20, 24, 'two')
        self.assertEqual(list(complaints(f.svg())), ["'two' lies on 'one'"])
        f = draw.Figure(100, 50, 'A', 'B')
        f.text(10, 20, 'much too long for this')
        f.text(90, 40, '*a_{(c)}*')
        self.assertEqual(len(list(complaints(f.svg()))), 2)

    def test_contrast(self):
        for light in (0, 1):
            for name in ('ink', 'muted', 'blue', 'red', 'teal', 'ochre'):
                self.assertGreaterEqual(contrast(draw.COLOURS[name][light], draw.COLOURS['paper'][light]),
                                        4.5, name)
            for wash in ('blue_wash', 'red_wash'):
                self.assertGreaterEqual(contrast(draw.COLOURS['ink'][light], draw.COLOURS[wash][light]),
                                        4.5, wash)

    def test_chapters_use_them_all(self):
        text = ''.join(read('chapters', os.path.basename(path))
                       for path in sorted(glob.glob(os.path.join(ROOT, 'chapters', '*.md'))))
        shown = re.findall(r'!\[([^\]]*)\]\(\.\./figures/([^)]*)\.svg\)', text)
        self.assertEqual({name for _, name in shown}, set(figures.FIGURES))
        for words, name in shown:
            self.assertGreater(len(words), 40, 'figures/%s.svg needs a text for those who cannot see it'
                               % name)


if __name__ == '__main__':
    sys.exit(counted.main())

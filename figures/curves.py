"""The figures with axes: measurements as curves, and the loss surface."""
import math
import os
import re
import sys

import data
from draw import Figure, GRADES, SIZES, number, width

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'paper'))
import measured   # noqa: E402


class Axes:
    """A frame in a figure with a scale in each direction, linear or logarithmic. Ticks are pairs of a value
    and its label."""
    def __init__(self, figure, box, xs, ys, logarithmic=(False, False)):
        self.figure, (self.x, self.y, self.width, self.height), self.logarithmic = figure, box, logarithmic
        self.xs, self.ys = ([self.scale(v, k) for v in ends] for k, ends in enumerate((xs, ys)))

    def scale(self, value, direction):
        return math.log10(value) if self.logarithmic[direction] else value

    def at(self, x, y):
        across, up = ((self.scale(v, k) - ends[0]) / (ends[1] - ends[0])
                      for k, (v, ends) in enumerate(((x, self.xs), (y, self.ys))))
        return self.x + self.width * across, self.y + self.height * (1 - up)

    def ticks(self, along_x, along_y):
        bottom = self.y + self.height
        low_x, low_y = (10 ** ends[0] if log else ends[0]
                        for ends, log in zip((self.xs, self.ys), self.logarithmic))
        for value, label in along_x:
            x = self.at(value, low_y)[0]
            self.figure.line([(x, self.y), (x, bottom)], 'grid')
            self.figure.text(x, bottom + 17, label, 'middle', 's q')
        for value, label in along_y:
            y = self.at(low_x, value)[1]
            self.figure.line([(self.x, y), (self.x + self.width, y)], 'grid')
            self.figure.text(self.x - 8, y + 4, label, 'end', 's q')
        self.figure.line([(self.x, self.y), (self.x, bottom), (self.x + self.width, bottom)], 'axis')

    def names(self, x, y):
        self.figure.text(self.x + self.width, self.y + self.height + 36, x, 'end', 's')
        self.figure.text(self.x - 40, self.y - 12, y, 'start', 's')

    def curve(self, points, classes):
        self.figure.line([self.at(x, y) for x, y in points], classes)


def v_curve():
    rows = sorted([h, max(central, 1e-17), max(complex_, 1e-17)]
                  for h, central, complex_ in data.numbers('v-curve.csv'))
    near = lambda exponent: min(rows, key=lambda row: abs(math.log2(row[0]) - exponent))
    best = min(rows, key=lambda row: row[1])
    f = Figure(720, 400, 'The error against the step',
               'Both scales are logarithmic. From right to left the step of a difference becomes smaller. '
               'The '
               'error of central differences falls with the square of the step down to %.0e at a step of 2 '
               'to the %.0f, '
               'then rises again, because round-off grows: a V. The error of the complex step falls with it '
               'and stays at its lowest, near 1e-16, for '
               'all smaller steps.' % (best[1], math.log2(best[0])))
    axes = Axes(f, (66, 40, 620, 300), (rows[0][0], rows[-1][0]),
                (1e-17, max(1, max(row[1] for row in rows))), (True, True))
    axes.ticks([(2.0 ** -k, '2^{−%d}' % k if k else '1')
                for k in range(0, 1 + round(-math.log2(rows[0][0])), 10) if 2.0 ** -k <= rows[-1][0]],
        [(10.0 ** -k, '10^{−%d}' % k if k else '1') for k in range(0, 17, 4)])
    axes.names('step *h*', 'relative error')
    axes.curve([(h, central) for h, central, _ in rows], 'c3')
    axes.curve([(h, complex_) for h, _, complex_ in rows], 'c2')
    x, y = axes.at(best[0], best[1])
    f.circle(x, y, 4, 'd3')
    f.text(x - 10, y + 16, '%s with *h* = 2^{−%.0f}' % (power(best[1]), -math.log2(best[0])), 'end', 's to')
    x, y = axes.at(near(-30)[0], near(-30)[1])
    f.text(x + 14, y - 10, 'central differences: round-off grows with 1/*h*', 'start', 's to')
    x, y = axes.at(near(-8)[0], near(-8)[1])
    f.text(x - 6, y - 26, 'both: error falls with *h*^{2}', 'end', 's')
    x, y = axes.at(near(-33)[0], near(-33)[2])
    f.text(x, y - 12, 'complex step: nothing is subtracted', 'middle', 's tt')
    return f


def power(value):
    exponent = math.floor(math.log10(value))
    return '%.0f · 10^{%s}' % (value / 10.0 ** exponent, str(exponent).replace('-', '−'))


def accuracy(name):
    """The right answers in per cent, from the second comment of a table."""
    words = data.comments(name)[1].split()
    return '%.2f %%' % (100 * float(words[1]) / float(words[3]))


def learning_curves(title, description, runs):
    """runs: a table's name, the curve's class and colour, and the lines beside its end; %(right)s and
    %(seconds)s are filled in."""
    f = Figure(720, 400, title, description)
    tables = [[row for row in data.numbers(name) if row[1] >= 100] for name, *_ in runs]
    lowest, highest = (extreme(row[2] for rows in tables for row in rows) for extreme in (min, max))
    axes = Axes(f, (60, 40, 460, 300), (100, 125000), (.8 * lowest, 1.1 * highest), (True, True))
    axes.ticks([(v, format(v, ',')) for v in (100, 1000, 10000, 100000)],
               [(v, '%g' % v) for v in (.01, .02, .05, .1, .2, .5, 1, 2) if v >= 10 ** axes.ys[0]])
    axes.names('samples seen', 'cost')
    ends = []
    for rows, (name, curve, colour, lines) in zip(tables, runs):
        axes.curve([(row[1], row[2]) for row in rows], curve)
        x, y = axes.at(rows[-1][1], rows[-1][2])
        f.circle(x, y, 4, 'd' + curve[1])
        ends.append((y, x, colour, [line % {'right': accuracy(name), 'seconds': '%.1f s' % rows[-1][4]}
                                    for line in lines]))
    below = axes.y
    for y, x, colour, lines in sorted(ends):
        tall = 17 * len(lines)
        top = max(below, min(y - tall / 2,
                             axes.y + axes.height - sum(17 * len(e[3]) + 12 for e in ends if e[0] >= y) + 12))
        f.line([(x + 7, y), (534, top + tall / 2 - 4)], 'link')
        for k, line in enumerate(lines):
            f.text(540, top + 12 + 17 * k, line, 'start', ('s ' + colour if k == 0 else 's q').strip())
        below = top + tall + 12
    return f


def learning():
    return learning_curves('Learning curves of the three training runs',
                           'The cost against the number of samples seen, both on logarithmic scales, '
        'for training on all images, on one half and on a sixteenth of them, two epochs each. '
                           'All three fall alike as long as they last; those with more images end lower.',
                           [('learning-all.csv', 'c1', '',
                             ['all 60,000 images', '%(right)s in %(seconds)s', 'the paper: 8 h']),
                            ('learning-half.csv', 'c2', 'tt',
                             ['one half', '%(right)s in %(seconds)s', 'the paper: 4 h']),
                            ('learning-sixteenth.csv', 'c3', 'to',
                             ['a sixteenth', '%(right)s in %(seconds)s', 'the paper: 30 min'])])


def optimisers():
    return learning_curves('The update as shipped beside Adam',
                           'The cost against the number of samples seen, both on logarithmic scales, for the '
        'update that the paper\'s program contains, which forgets its means at every batch, and for Adam, '
        'which keeps them, '
                           'at the same rate and at a tenth of it. Adam at its own rate ends lowest.',
                           [('learning-shipped.csv', 'c3', 'to',
                             ['as shipped, rate 0.01', '%(right)s of the test']),
                            ('learning-adam.csv', 'c2', 'tt', ['Adam, rate 0.001', '%(right)s of the test']),
                            ('learning-adam-fast.csv', 'c1', '',
                             ['Adam, rate 0.01', '%(right)s of the test'])])


def speed():
    m = measured.measured(measured.read(measured.TABLE))
    rows = [('C, one double at a time', 1e6 / m['all']['us_double']),
            ('samples as lanes', 1e6 / m['all']['us_plain']), ('sums side by side', m['8 filters']['rate']),
            ('two threads', m['2 threads']['rate'])]
    if 'NumPy, 1 thread' in m:
        rows.insert(0, ("NumPy, as in the paper", m['NumPy, 1 thread']['theirs']))
    height = 80 + 34 * len(rows)
    f = Figure(720, height, 'From the paper\'s program to two threads',
               'Samples a second on a logarithmic scale, step by step: '
               + '; '.join('%s %s' % (step, thousands(rate)) for step, rate in rows) + '.')
    axes = Axes(f, (250, 20, 330, 34 * len(rows)), (1, 100000), (0, len(rows)), (True, False))
    axes.ticks([(10 ** k, format(10 ** k, ',')) for k in range(6)], [])
    f.text(580, height - 8, 'samples a second', 'end', 's')
    for k, (step, rate) in enumerate(rows):
        x, y = axes.at(rate, len(rows) - k - .5)
        f.line([(250, y), (x, y)], 'c2')
        f.circle(x, y, 5, 'd2')
        f.text(240, y + 5, step, 'end', 's')
        f.text(592, y + 5, thousands(rate), 'start', 's')
        if k:
            f.text(712, y + 5, '× %s' % thousands(rate / rows[k - 1][1]), 'end', 's q')
    return f


# Products for each number loaded in the innermost loop: neurons or channels times places, over the inputs or
# slopes and the weights. (In (7) and (9) the second place's input is the first one's, one step later.)
PRODUCTS = {'(7) conv 2': 8 / 5, '(8) conv 2': 8 / 6, '(9) conv 2': 8 / 5, '(1) dense 1': 8 / 9,
            '(2) dense 1': 8 / 9, '(3) dense 1': 8 / 9}


def roofline():
    text = measured.read(measured.TABLE)
    m = measured.measured(text)
    peak, alone, load = m['core']['peak'], m['core']['alone'], m['read 32']['rate']
    lanes = {'AVX-512': 16, 'AVX2': 8}.get(re.search('AVX-512|AVX2|$', text)[0], 4)
    a_load = 2 * lanes / (4 * lanes) * load   # GFLOP/s with a product for each load
    fast = {name: m[name]['share'] / 100 * peak for name in PRODUCTS}
    plain = {name: m[name]['plain'] / 100 * peak for name in PRODUCTS}
    shares = ['%s: plain %.0f, fast %.0f' % (name, plain[name], fast[name]) for name in PRODUCTS]
    f = Figure(720, 420, 'What limits the sums',
               'GFLOP/s over products for each load. The roof rises with the loads up to the peak of %.0f; '
               'one sum alone cannot do more than %.0f. %s.' % (peak, alone, '; '.join(shares)))
    axes = Axes(f, (70, 40, 600, 310), (.45, 1.8), (4, 64), (True, True))
    axes.ticks([(.5, '½'), (1, '1'), (1.5, '1½')],
               [(2 ** k, '%d' % 2 ** k) for k in range(2, 7)])
    axes.names('products for each number that is loaded', 'GFLOP/s')
    axes.curve([(.45, .45 * a_load), (peak / a_load, peak), (1.8, peak)], 'c1')
    axes.curve([(.45, alone), (1.8, alone)], 'c2')
    f.text(*shifted(axes.at(1.8, peak), 0, -12), 'peak %.1f' % peak, 'end', 's')
    f.text(*shifted(axes.at(1.8, alone), 0, -8), 'one sum alone %.1f' % alone, 'end', 's')
    f.text(*shifted(axes.at(.64, .64 * a_load), -8, -6), 'first-level cache %.0f GB/s' % load,
           'end', 's')
    for name, products in PRODUCTS.items():
        f.circle(*axes.at(.5, plain[name]), 4, 'd2')
        f.circle(*axes.at(products, fast[name]), 4, 'd1')
    f.text(*shifted(axes.at(.5, max(plain.values())), 10, -4), 'plain', 'start', 's')
    for products in sorted(set(PRODUCTS.values())):
        names = [name for name in PRODUCTS if PRODUCTS[name] == products]
        x, y = axes.at(products, min(fast[name] for name in names))
        for k, name in enumerate(names):
            f.text(x, y + 22 + 17 * k, name, 'middle', 's')
    return f


def shifted(place, x, y):
    return place[0] + x, place[1] + y


def thousands(value):
    return format(round(value), ',') if value >= 20 else '%.1f' % value


def crossings(us, vs, cost, level):
    """The line of one height through a grid, as separate pieces: on each cell, the places where the height is
    met on its sides."""
    for i in range(len(us) - 1):
        for k in range(len(vs) - 1):
            corners = [(i, k), (i + 1, k), (i + 1, k + 1), (i, k + 1)]
            met = []
            for (i1, k1), (i2, k2) in zip(corners, corners[1:] + corners[:1]):
                a, b = cost[i1][k1] - level, cost[i2][k2] - level
                if (a < 0) != (b < 0):
                    part = a / (a - b)
                    met.append((us[i1] + part * (us[i2] - us[i1]), vs[k1] + part * (vs[k2] - vs[k1])))
            for a, b in zip(met[::2], met[1::2]):
                yield a, b


def plane():
    rows = data.numbers('plane.csv')
    us, vs = sorted({row[0] for row in rows}), sorted({row[1] for row in rows})
    cost = {(u, v): math.log10(c) for u, v, c in rows}
    return us, vs, [[cost[u, v] for v in vs] for u in us]


def paths():
    found = {}
    for path, step, u, v, c in data.numbers('descent.csv'):
        found.setdefault(path, []).append((u, v, math.log10(c)))
    return [found[path] for path in sorted(found)]


def descent():
    us, vs, cost = plane()
    f = Figure(720, 416, 'Gradient descent on the loss surface',
               'The cost of 1,024 training pictures on a plane through the trained network, as a '
               'surface and as a map of lines of equal cost. It is a valley with steep walls; its floor lies '
               'around the trained network. '
               'Four paths of gradient descent start on the walls, one of them at the untrained network, and '
               'run down to the floor in steps that '
               'become shorter.')
    f.text(36, 50, 'height: the logarithm of the cost', 'start', 's q')
    surface(f, us, vs, cost)
    contours(f, us, vs, cost)
    return f


def surface(f, us, vs, cost):
    low, high, step = min(map(min, cost)), max(map(max, cost)), 2

    def project(u, v, c):
        back, right, up = (u - us[0]) / (us[-1] - us[0]), (v - vs[0]) / (vs[-1]
                                                                         - vs[0]), (c - low) / (high - low)
        return 36 + 270 * right + 80 * back, 350 - 130 * back - 170 * up

    for i in reversed(range(0, len(us) - step, step)):   # from the back to the front
        for k in reversed(range(0, len(vs) - step, step)):
            corners = [(i, k), (i + step, k), (i + step, k + step), (i, k + step)]
            mean = sum(cost[a][b] for a, b in corners) / 4
            grade = 1 + round((GRADES - 4) * (mean - low) / (high - low))
            f.line([project(us[a], vs[b], cost[a][b]) for a, b in corners], 'face i%d' % grade, close=True)
    for path in paths():
        points = [project(*p) for p in path]
        f.line(points, 'halo')
        f.line(points, 'c3')
        f.circle(*points[0], 4, 'd3')


def label(f, x, y, markup, classes):
    """A word on the lines of a map, with paper behind it."""
    size = SIZES[classes[0]]
    f.rect(x - width(markup, size) / 2 - 2, y - size * .6, width(markup, size) + 4, size * 1.2, 'paper')
    f.text(x, y + size * .35, markup, 'middle', classes)


def contours(f, us, vs, cost):
    axes = Axes(f, (440, 60, 256, 256 * (vs[-1] - vs[0]) / (us[-1] - us[0])), (us[0], us[-1]),
                (vs[0], vs[-1]))
    for level in (.03, .1, .3, 1, 3, 10, 30):
        pieces = list(crossings(us, vs, cost, math.log10(level)))
        f.add('path', 'link', d=''.join('M%s %sL%s %s'
                                        % tuple(number(n) for point in piece for n in axes.at(*point))
                                        for piece in pieces))
        points = [p for piece in pieces for p in piece if 0 < p[1] < 1.15]
        points = [p for p in points if .2 < p[0] < 1.4] or points
        if points:
            label(f, *axes.at(*max(points, key=lambda p: p[1])), '%g' % level, 't q')
    f.rect(axes.x, axes.y, axes.width, axes.height, 'frame')
    for path in paths():
        points = [axes.at(*p[:2]) for p in path]
        f.line(points, 'c3')
        for x, y in points[:12]:
            f.circle(x, y, 2, 'd3')
        f.circle(*points[0], 4, 'd3')
    x, y = axes.at(0, 0)
    f.circle(x, y, 4.5, 'd2')
    label(f, x - 8, y + 20, 'trained', 's tt')
    x, y = axes.at(1, 0)
    label(f, x + 8, y - 16, 'untrained', 's to')
    f.text(440, axes.y + axes.height + 20, 'towards the untrained network →', 'start', 's q')
    f.text(440, 50, 'a random direction ↑', 'start', 's q')

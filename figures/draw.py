"""A pen for SVG: shapes, text with indices and pictures of numbers, in one style, light and dark. The same
calls give the same bytes."""
import re

# Colours, light and dark. Blue is the previous layer and red the next one, as in the equations; teal and
# ochre are plus and minus.
COLOURS = {
    'paper': ('#ffffff', '#15181c'), 'ink': ('#1f2428', '#e4e7ea'), 'muted': ('#59636e', '#a2acb6'),
    'rule': ('#8d969f', '#77818b'),
        'faint': ('#dfe3e7', '#31373d'),
    'blue': ('#1f5fa8', '#7db4f0'), 'blue_wash': ('#d9e8f7', '#17385f'), 'red': ('#b03a26', '#f09a88'),
    'red_wash': ('#fae0d9', '#5a2219'),
    'teal': ('#0f766e', '#4fc4b8'), 'ochre': ('#a15c00', '#e0a458'),
}
GRADES = 9   # of grey, teal and ochre, besides none

FONTS = {
    'text': 'font:14px Helvetica,Arial,sans-serif', '.s': 'font-size:12px', '.t': 'font-size:10.5px',
    '.h': 'font-weight:bold',
    '.m': "font-family:'STIX Two Text','Times New Roman',Times,serif;font-size:1.14em",
    '.i': 'font-style:italic', '.d': 'font-size:.8em',
}
SIZES = {'s': 12, 't': 10.5}

SHAPES = {   # selector: what it looks like; {name} is a colour
    '.paper': 'fill:{paper}', 'text': 'fill:{ink}', '.q': 'fill:{muted}', '.tp': 'fill:{blue}',
             '.tn': 'fill:{red}', '.tt': 'fill:{teal}',
    '.to': 'fill:{ochre}', '.on': 'fill:{paper}', '.cell': 'fill:{paper};stroke:{rule}',
             '.prev': 'fill:{blue_wash};stroke:{blue};stroke-width:1.5',
    '.next': 'fill:{red_wash};stroke:{red};stroke-width:1.5', '.frame': 'fill:none;stroke:{rule}',
             '.prevcell': 'fill:{blue_wash};stroke:{rule}',
    '.diagonal': 'fill:{faint};stroke:{rule}', '.nextcell': 'fill:{red_wash};stroke:{rule}',
             '.bold': 'fill:none;stroke:{muted};stroke-width:2',
    '.axis': 'fill:none;stroke:{rule}', '.grid': 'fill:none;stroke:{faint}',
             '.link': 'fill:none;stroke:{rule};stroke-width:.8',
    '.ray': 'fill:none;stroke:{rule};stroke-dasharray:4 3',
             '.prevline': 'fill:none;stroke:{blue};stroke-width:1.5',
    '.nextline': 'fill:none;stroke:{red};stroke-width:1.5',
             '.back': 'fill:none;stroke:{ink};stroke-width:1.3;stroke-dasharray:5 3',
    '.line': 'fill:none;stroke:{ink};stroke-width:1.3', '.head': 'fill:{ink}', '.headq': 'fill:{rule}',
             '.headp': 'fill:{blue}',
    '.headn': 'fill:{red}', '.c1': 'fill:none;stroke:{ink};stroke-width:1.8;stroke-linejoin:round',
    '.c2': 'fill:none;stroke:{teal};stroke-width:1.8;stroke-linejoin:round',
             '.c3': 'fill:none;stroke:{ochre};stroke-width:1.8;stroke-linejoin:round',
    '.dash': 'stroke-dasharray:7 3', '.d1': 'fill:{ink}', '.d2': 'fill:{teal}', '.d3': 'fill:{ochre}',
             '.halo': 'fill:none;stroke:{paper};stroke-width:4;stroke-linejoin:round',
    '.dot': 'fill:{paper};stroke:{ink};stroke-width:1.5',
             '.dot2': 'fill:{paper};stroke:{teal};stroke-width:1.5',
}
for name in ('ink', 'teal', 'ochre'):
    for grade in range(1, GRADES + 1):
        SHAPES['.%s%d' % (name[0], grade)] = 'fill:{%s%d};stroke:{%s%d};stroke-width:.06' % (name, grade,
                                                                                             name, grade)

# after the grades, so that they win
SHAPES['.face'], SHAPES['.box'] = 'stroke:{muted};stroke-width:.4', 'stroke:{rule};stroke-width:1'

# Advance widths of DejaVu Sans in thousandths of the size, from space to tilde: the widest font that a reader
# is likely to see.
WIDTHS = [317, 400, 459, 837, 636, 950, 779, 274, 390, 390, 500, 837, 317, 360, 317, 336, 636, 636, 636, 636,
          636, 636, 636, 636, 636, 636, 336, 336,
    837, 837, 837, 530, 1000,
          684, 686, 698, 770, 631, 575, 774, 751, 294, 294, 655, 557, 862, 748, 787, 603, 787, 694, 634, 610,
          731, 684, 988, 685, 610, 685, 390, 336,
              390, 837, 500, 500,
          612, 634, 549, 634, 615, 352, 634, 633, 277, 277, 579, 277, 974, 633, 611, 634, 634, 411, 520, 392,
          633, 591, 817, 591, 591, 524, 636, 336, 636, 837]
OTHERS = {'′': 227, '·': 317, '²': 400}


def width(text, size):
    """How wide a text is at most."""
    return sum(WIDTHS[ord(c) - 32] if ' ' <= c <= '~' else OTHERS.get(c, 837 if c in '×→←−≈≥≤…' else 620)
               for c in text) * size / 1000


def mix(colour, with_colour, part):
    """A colour between two, as hexadecimal."""
    return '#' + ''.join('%02x'
                         % round(int(colour[k:k + 2], 16) * (1 - part) + int(with_colour[k:k + 2], 16) * part)
                         for k in (1, 3, 5))


def palette(dark):
    colours = {name: both[dark] for name, both in COLOURS.items()}
    for name in ('ink', 'teal', 'ochre'):
        for grade in range(1, GRADES + 1):
            colours[name + str(grade)] = mix(colours['paper'], colours[name], grade / GRADES)
    return colours


def number(value):
    """A coordinate with two decimals at most."""
    text = ('%.2f' % value).rstrip('0').rstrip('.')
    return '0' if text in ('-0', '') else text


def escape(text):
    return text.replace('&', '&amp;').replace('<', '&lt;').replace('>', '&gt;')


def pieces(markup):
    """Text cut into (text, classes, shift). *x* is mathematics, _{x} and ^{x} are below and above, [b:x] is
    blue, [r:x] red, [t:x] teal, [o:x] ochre."""
    math, stack, out = False, [('', 0)], []
    for token in re.split(r'(\*|_\{|\^\{|\[[brto]:|[\]}])', markup):
        colour, shift = stack[-1]
        if token == '*':
            math = not math
        elif token in ('_{', '^{'):
            stack.append((colour, -1 if token == '_{' else 1))
        elif re.match(r'\[[brto]:', token):
            stack.append(({'b': 'tp', 'r': 'tn', 't': 'tt', 'o': 'to'}[token[1]], shift))
        elif token in ('}', ']'):
            stack.pop()
        else:
            formula = math or shift != 0
            for part in re.findall('[A-Za-zα-ωℓ]+|[^A-Za-zα-ωℓ]+', token) if formula else [token]:
                if part:
                    letters = formula and part[0].isalpha()
                    classes = ['m'] * formula + ['i'] * letters
                    classes += ['d'] * (shift != 0) + [colour] * (colour != '')
                    out.append((part, ' '.join(classes), shift))
    return out


class Figure:
    def __init__(self, width, height, title, description):
        self.width, self.height, self.parts = width, height, []
        self.title, self.description = title, description

    def add(self, element, classes, **attributes):
        values = ''.join(' %s="%s"' % (key.replace('_', '-'), value if isinstance(value, str)
                                       else number(value)) for key, value in attributes.items())
        self.parts.append('<%s class="%s"%s/>' % (element, classes, values))

    def rect(self, x, y, width, height, classes, r=0):
        self.add('rect', classes, x=x, y=y, width=width, height=height, **({'rx': r} if r else {}))

    def circle(self, x, y, r, classes):
        self.add('circle', classes, cx=x, cy=y, r=r)

    def line(self, points, classes, close=False):
        self.add('path', classes, d='M' + 'L'.join('%s %s' % (number(x), number(y)) for x, y in points)
                 + 'Z' * close)

    def arrow(self, x1, y1, x2, y2, classes='line', head='head', size=8):
        """A line with its head at the second end."""
        length = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** .5
        ux, uy = (x2 - x1) / length, (y2 - y1) / length
        bx, by = x2 - size * ux, y2 - size * uy
        self.line([(x1, y1), (bx, by)], classes)
        self.line([(x2, y2), (bx - size * .38 * uy, by + size * .38 * ux),
                   (bx + size * .38 * uy, by - size * .38 * ux)], head, close=True)

    def text(self, x, y, markup, anchor='start', classes=''):
        size = SIZES.get(classes.split(' ')[0], 14)
        body, level = '', 0
        for part, style, shift in pieces(markup):
            fall = (level - shift) * .32 * size
            level = shift
            attributes = ' class="%s"' % style * (style != '') + ' dy="%s"' % number(fall) * (fall != 0)
            body += '<tspan%s>%s</tspan>' % (attributes, escape(part)) if attributes else escape(part)
        self.parts.append('<text x="%s" y="%s"%s%s>%s</text>'
                          % (number(x), number(y), ' class="%s"' % classes * (classes != ''),
            ' text-anchor="%s"' % anchor * (anchor != 'start'), body))

    def grid(self, x, y, rows, size, classes=lambda row, column: 'cell', label=str, text=''):
        """A table of numbers in cells."""
        for i, row in enumerate(rows):
            for k, value in enumerate(row):
                self.rect(x + size * k, y + size * i, size, size, classes(i, k))
        for i, row in enumerate(rows):
            for k, value in enumerate(row):
                if label(value):
                    self.text(x + size * (k + .5), y + size * (i + .5) + 5, label(value), 'middle', text)

    def picture(self, x, y, size, rows, most, low=None):
        """A picture of numbers, from 0 to the largest in grades of ink; negative ones, if any, from teal to
        ochre. low: what is white."""
        signed, base, runs = low is None and min(map(min, rows)) < 0, low or 0, {}
        for i, row in enumerate(rows):
            start = 0
            grades = [round(GRADES * max(-1, min(1, (value - base) / (most - base))))
                      for value in row] + [None]
            for k in range(1, len(grades)):
                if grades[k] != grades[start]:
                    if grades[start] and (signed or grades[start] > 0):
                        runs.setdefault(grades[start], []).append('M%d %dh%dv1h-%dz'
                                                                  % (start, i, k - start, k - start))
                    start = k
        self.parts.append('<g transform="translate(%s %s) scale(%s)">'
                          % (number(x), number(y), '%.5g' % size))
        for grade in sorted(runs, key=lambda grade: (abs(grade), grade)):
            self.add('path', ('t' if grade > 0 else 'o') + str(abs(grade)) if signed else 'i%d' % grade,
                     d=''.join(runs[grade]))
        self.parts.append('</g>')
        self.rect(x, y, size * len(rows[0]), size * len(rows), 'frame')

    def style(self):
        used = set(re.findall(r'[\w]+',
                              ' '.join(re.findall(r'class="([^"]*)"', ''.join(self.parts))))) | {'paper'}
        wanted = lambda selector: selector[0] != '.' or selector[1:] in used
        fonts = ''.join('%s{%s}' % rule for rule in FONTS.items() if wanted(rule[0]))
        light, dark = (''.join('%s{%s}' % (selector, rule.format(**palette(d)))
                               for selector, rule in SHAPES.items() if wanted(selector)) for d in (0, 1))
        return '<style>\n%s\n%s\n@media (prefers-color-scheme:dark){%s}\n</style>' % (fonts, light, dark)

    def svg(self):
        # xml:space: librsvg drops the spaces at the ends of a tspan otherwise.
        return ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" '
            'role="img" xml:space="preserve">\n<title>%s</title>\n<desc>%s</desc>\n%s\n<rect class="paper" '
            'width="%d" height="%d"/>\n%s\n</svg>\n'
                % (self.width, self.height, self.width, self.height, escape(self.title),
                   escape(self.description), self.style(), self.width,
                    self.height, '\n'.join(self.parts)))

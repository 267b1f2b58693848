"""TeX to MathML, for the TeX that the chapters use. Everything else is an error, which says where.

An index of the equation becomes <mrow class="next v-c"> or <mrow class="prev v-c1">: its colour, and its name
with the number of its
primes. The page's style sheet lights what has the same name.
"""
import collections
import html
import re

# kind is TeX's: ord, fun (max, ln), big (a sum), bin, rel, open, close, punct, space. name: a single
# letter's, for it may be an index.
Item = collections.namedtuple('Item', 'kind html name')

TOKEN = re.compile(r'\\[A-Za-z]+|\\.|\d+(?:\.\d+)?|.', re.S)
GREEK = dict(zip('alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau '
                 'upsilon phi chi psi omega'.split(),
                 'αβγδϵζηθικλμνξπρστυϕχψω'))
GREEK.update(Gamma='Γ', Delta='Δ', Theta='Θ', Lambda='Λ', Sigma='Σ', Phi='Φ', Psi='Ψ', Omega='Ω')
LETTERS = dict(GREEK, ell='ℓ', partial='\U0001d715', infty='∞', top='⊤', dots='…', cdots='⋯', vdots='⋮',
               ddots='⋱')
BINARY = {r'\cdot': '⋅', r'\ast': '∗', r'\times': '×', r'\pm': '±', r'\odot': '⊙', '+': '+', '-': '−',
          '*': '∗', '/': '/'}
RELATIONS = {r'\le': '≤', r'\ge': '≥', r'\ne': '≠', r'\in': '∈', r'\sim': '∼', r'\approx': '≈',
             r'\leftarrow': '←', r'\to': '→', r'\longrightarrow': '⟶',
             '=': '=', '<': '<', '>': '>', ':': ':'}
OPENING = {r'\lfloor': '⌊', r'\lceil': '⌈', r'\langle': '⟨', r'\{': '{', '(': '(', '[': '['}
CLOSING = {r'\rfloor': '⌋', r'\rceil': '⌉', r'\rangle': '⟩', r'\}': '}', ')': ')', ']': ']', '!': '!'}
BARS = {'|': '|', r'\|': '‖'}   # either side of a number or a vector
DELIMITERS = dict(OPENING, **CLOSING, **{'|': '|', '/': '/', '.': ''})
LIMITS = ('max', 'min')
FUNCTIONS = LIMITS + ('exp', 'ln', 'log', 'sinh', 'cosh', 'tanh', 'sin', 'cos', 'tan', 'arctan')
LARGE = {'sum': '∑', 'prod': '∏', 'int': '∫'}
SPACES = {r'\,': '0.1667em', r'\:': '0.2222em', r'\;': '0.2778em', '\\ ': '0.3em', r'\!': '-0.1667em',
          r'\quad': '1em', r'\qquad': '2em'}
ACCENTS = {'hat': '^', 'tilde': '~', 'bar': '¯', 'overline': '‾'}
SIZES = {'big': '1.2em', 'bigl': '1.2em', 'bigr': '1.2em', 'Big': '1.8em', 'Bigl': '1.8em', 'Bigr': '1.8em'}
COLOURS = {'red': 'next', 'blue': 'prev'}
# eta_x, k_x: here x is a part of the name and no index
LABELLED = set('kspr') | {GREEK['eta'], GREEK['delta']}


class TexError(Exception):
    def __init__(self, message, offset):
        super().__init__(message)
        self.message, self.offset = message, offset


def css_class(name):
    """The class of an index: v-c for c, v-c1 for c', v-rx for r_x."""
    bare = name.rstrip("'")
    return 'v-%s%s' % (bare.replace('_', ''), len(name) - len(bare) or '')


def space(width):
    return '<mspace width="%s"/>' % width


def mrow(items):
    """Items side by side. A sign after an operator is a prefix, and a function's name keeps away from its
    neighbours."""
    out, before = [], None
    for k, item in enumerate(items):
        after = items[k + 1].kind if k + 1 < len(items) else None
        text = item.html
        if item.kind == 'bin' and before in (None, 'bin', 'rel', 'open', 'punct', 'big', 'fun'):
            text = text.replace('<mo', '<mo form="prefix"', 1)
        if item.kind == 'fun' and before in ('ord', 'close'):
            text = space(SPACES[r'\,']) + text
        if item.kind == 'fun' and after in ('ord', 'fun', 'big'):
            text += space(SPACES[r'\,'])
        out.append(text)
        before = before if item.kind == 'space' else item.kind
    return out[0] if len(out) == 1 else '<mrow>%s</mrow>' % ''.join(out)


def bold(letter):
    """A bold italic letter: MathML has no other way to say it."""
    return chr(ord(letter) + (0x1d468 - ord('A') if letter.isupper() else 0x1d482 - ord('a')))


class Converter:
    """One formula. indices holds the names that are indices; the first of each can be reached with the
    keyboard if keys is true."""
    def __init__(self, tex, display=False, indices=(), keys=False):
        self.tex, self.tokens, self.at = tex, [(match[0], match.start()) for match in TOKEN.finditer(tex)], 0
        self.style = 'display' if display else 'text'   # or 'script'
        self.indices, self.keys, self.colour = indices, set(indices) if keys else set(), ''

    # Tokens

    def peek(self):
        while self.at < len(self.tokens) and self.tokens[self.at][0].isspace():
            self.at += 1
        return self.tokens[self.at][0] if self.at < len(self.tokens) else ''

    def take(self):
        token = self.peek()
        self.at += 1
        return token

    def error(self, message):
        raise TexError(message, self.tokens[min(self.at, len(self.tokens)) - 1][1])

    def expect(self, wanted):
        token = self.take()
        if token != wanted:
            self.error('expected %s, not %s' % (wanted, token or 'the end'))

    def raw(self):
        """What stands in braces, as it is."""
        self.expect('{')
        start, depth = self.at, 1
        while depth:
            if self.at == len(self.tokens):
                self.error('a brace is never closed')
            depth += {'{': 1, '}': -1}.get(self.tokens[self.at][0], 0)
            self.at += 1
        return ''.join(token for token, offset in self.tokens[start:self.at - 1])

    # Rows, arguments and scripts

    def items(self, *stops):
        items = []
        while self.peek() not in stops:
            if not self.peek():
                self.error('expected %s, not the end' % ' or '.join(stops))
            items.append(self.scripts(self.atom()))
        return items

    def argument(self):
        """What a command or a script applies to, one token or a group, as MathML."""
        if self.peek() != '{':
            self.split_number()
            return self.primed(self.atom()).html
        self.take()
        text = mrow(self.items('}'))
        self.take()
        return text

    def split_number(self):
        """TeX reads \\frac12 as 1/2: outside of braces an argument is a single digit."""
        token = self.peek()
        if token[:1].isdigit() and len(token) > 1:
            offset = self.tokens[self.at][1]
            self.tokens[self.at:self.at + 1] = [(token[0], offset), (token[1:], offset + 1)]

    def letter(self):
        """The argument of a command that only changes letters."""
        return self.raw() if self.peek() == '{' else self.take()

    def within(self, style, parse, indices=None):
        """What parse finds, in another style; with other names for indices, if any are given."""
        before = self.style, self.indices
        self.style, self.indices = style, self.indices if indices is None else indices
        result = parse()
        self.style, self.indices = before
        return result

    def primed(self, item):
        primes = 0
        while self.peek() == "'":
            self.take()
            primes += 1
        text = item.html + '<mo class="prime" lspace="0" rspace="0">′</mo>' * primes
        return Item(item.kind, self.index(item.name + "'" * primes, text, primes), item.name)

    def scripts(self, item):
        """An item with the primes, the subscript and the superscript behind it."""
        item, below, above, name = self.primed(item), None, None, ''
        while self.peek() in ('_', '^') and self.peek():
            if self.take() == '_':
                name = item.name + '_' + self.peek()
                label = item.name in LABELLED and self.peek() in 'xyc'
                below = self.within('script', self.argument, () if label else None)
            else:
                above = self.within('script', self.argument)
        return Item(item.kind, self.index(name, self.attach(item, below, above), 0), '')

    def attach(self, item, below, above):
        """Scripts stand beside their base, or under and over a sum; a browser moves them itself where a sum
        is small."""
        if below is None and above is None:
            return item.html
        base, limits = item.html, item.kind == 'big' and '∫' not in item.html
        if self.style == 'display':
            limits = limits or item.kind == 'fun' and item.html[4:-5] in LIMITS
            base = base.replace('<mo>', '<mo movablelimits="false">')
        kinds = ('munder', 'mover', 'munderover') if limits else ('msub', 'msup', 'msubsup')
        kind = kinds[0 if above is None else 1 if below is None else 2]
        return '<%s>%s%s%s</%s>' % (kind, base, below or '', above or '', kind)

    def index(self, name, text, primes):
        """Wraps an index so that the style sheet can find it, and a primed letter because it is one thing."""
        if not name or name not in self.indices:
            return '<mrow>%s</mrow>' % text if primes else text
        key = ' tabindex="0"' if name in self.keys else ''
        self.keys.discard(name)
        return '<mrow class="%s"%s>%s</mrow>' % (' '.join(filter(None, (self.colour, css_class(name)))),
                                                 key, text)

    # Atoms

    def atom(self):
        token = self.take()
        if not token or token in ('}', '&', r'\\', '_', '^', "'"):
            self.error('%s is out of place' % (token or 'the end'))
        if token == '{':
            text = mrow(self.items('}'))
            self.take()
            return Item('ord', text, '')
        if token.isalpha() and token.isascii():
            return Item('ord', '<mi>%s</mi>' % token, token)
        if token[0].isdigit() or token == '.':
            return Item('ord', '<mn>%s</mn>' % token, '')
        if token in SPACES:
            return Item('space', space(SPACES[token]), '')
        return self.sign(token) or self.command(token)

    def sign(self, token):
        if token == ',':
            return Item('punct', '<mo separator="true"%s>,</mo>' % self.tight(), '')
        if token in BARS:
            return Item('ord', '<mo stretchy="false" lspace="0" rspace="0">%s</mo>' % BARS[token], '')
        for kind, table in (('open', OPENING), ('close', CLOSING)):
            if token in table:
                return Item(kind, '<mo stretchy="false">%s</mo>' % table[token], '')
        for kind, table in (('bin', BINARY), ('rel', RELATIONS)):
            if token in table:
                return Item(kind, '<mo%s>%s</mo>' % (self.tight(token == '/'), html.escape(table[token])), '')
        return None

    def tight(self, always=False):
        return ' lspace="0" rspace="0"' if always or self.style == 'script' else ''

    def command(self, token):
        name = token[1:]
        if token[0] != '\\':
            self.error('the character %s is not known' % token)
        if name in LETTERS:
            return Item('ord', '<mi>%s</mi>' % LETTERS[name], LETTERS[name])
        if name in FUNCTIONS:
            return Item('fun', '<mi>%s</mi>' % name, '')
        if name in LARGE:
            return Item('big', '<mo>%s</mo>' % LARGE[name], '')
        if name in ACCENTS:
            sign = '<mo stretchy="%s">%s</mo>' % ('true' if name == 'overline' else 'false', ACCENTS[name])
            return Item('ord', '<mover accent="true">%s%s</mover>' % (self.argument(), sign), '')
        if name in SIZES:
            # a stretched one gets wide gaps in Chromium
            return self.delimiter('stretchy="false" mathsize="%s"' % SIZES[name])
        handler = getattr(self, 'tex_' + name, None)
        return handler() if handler else self.error('the command %s is not known' % token)

    def delimiter(self, attributes):
        token = self.take()
        if token not in DELIMITERS:
            self.error('%s is no bracket' % (token or 'the end'))
        kind = 'open' if token in OPENING else 'close' if token in CLOSING else 'ord'
        return Item(kind, '<mo %s>%s</mo>' % (attributes, DELIMITERS[token]), '')

    def tex_left(self):
        opening = self.delimiter('stretchy="true" form="prefix"')
        inside = self.items(r'\right')
        self.take()
        closing = self.delimiter('stretchy="true" form="postfix"')
        return Item('ord', '<mrow>%s%s%s</mrow>' % (opening.html, mrow(inside), closing.html), '')

    def tex_frac(self):
        style = 'text' if self.style == 'display' else self.style
        return Item('ord', '<mfrac>%s%s</mfrac>'
                    % (self.within(style, self.argument), self.within(style, self.argument)), '')

    def tex_tfrac(self):
        fraction = self.within('text', self.tex_frac)
        return Item('ord', '<mstyle displaystyle="false">%s</mstyle>' % fraction.html, '')

    def tex_sqrt(self):
        return Item('ord', '<msqrt>%s</msqrt>' % self.argument(), '')

    def tex_text(self):
        text = self.raw()
        spaced = re.sub('^ | $', '\u00a0', text)   # browsers drop ordinary spaces at the ends
        return Item('ord', '<mtext>%s</mtext>' % html.escape(spaced), '')

    def tex_texttt(self):
        return Item('ord', '<mtext class="code">%s</mtext>' % html.escape(self.raw()), '')

    def tex_mathrm(self):
        name = self.letter()
        return Item('ord' if len(name) == 1 else 'fun', '<mi mathvariant="normal">%s</mi>'
                    % html.escape(name), '')

    def tex_mathrel(self):
        """A sign as a relation; with an = behind it, as in +=, the two are one."""
        sign = self.raw()
        if self.peek() == '=':
            sign += self.take()
        return Item('rel', '<mo%s>%s</mo>' % (self.tight(), html.escape(sign)), '')

    def tex_mathcal(self):
        letter = self.letter()
        if letter not in ('N', 'O'):
            self.error('no script letter %s' % letter)
        return Item('ord', '<mi>%s</mi>' % {'N': '\U0001d4a9', 'O': '\U0001d4aa'}[letter], '')

    def tex_boldsymbol(self):
        letter = self.letter()
        if not (len(letter) == 1 and letter.isascii() and letter.isalpha()):
            self.error('no bold letter %s' % letter)
        return Item('ord', '<mi>%s</mi>' % bold(letter), '')

    def tex_textcolor(self):
        colour = self.raw()
        if colour not in COLOURS:
            self.error('the colour %s is not known: red is the next layer, blue the previous one' % colour)
        self.colour = COLOURS[colour]
        self.expect('{')
        items = self.items('}')
        self.take()
        self.colour = ''
        text = mrow(items)
        if not text.startswith('<mrow class='):
            text = '<mrow class="%s">%s</mrow>' % (COLOURS[colour], text)
        return Item(items[0].kind if items else 'ord', text, '')

    # Tables

    def rows(self, *stops):
        """Rows of cells, up to one of the stops."""
        rows = [[]]
        while True:
            rows[-1].append(mrow(self.items('&', r'\\', *stops)))
            if self.peek() in stops:
                return rows
            if self.take() == r'\\':
                rows.append([])

    def table(self, name, rows):
        cells = (''.join('<mtd>%s</mtd>' % cell for cell in row) for row in rows)
        display = ' displaystyle="true"' if name == 'aligned' else ''
        return '<mtable class="%s"%s>%s</mtable>' % (name, display,
                                                     ''.join('<mtr>%s</mtr>' % row for row in cells))

    def tex_begin(self):
        name = self.raw()
        brackets = {'pmatrix': ('(', ')'), 'cases': ('{', ''), 'aligned': ('', '')}.get(name)
        if not brackets:
            self.error('the environment %s is not known' % name)
        style = 'display' if name == 'aligned' else 'text'
        table = self.table(name, self.within(style, lambda: self.rows(r'\end')))
        self.take()
        if self.raw() != name:
            self.error(r'\begin{%s} is closed by another \end' % name)
        opening, closing = ('<mo>%s</mo>' % sign if sign else '' for sign in brackets)
        return Item('ord', '<mrow>%s%s%s</mrow>' % (opening, table, closing), '')

    def tex_substack(self):
        self.expect('{')
        text = self.table('substack', self.rows('}'))
        self.take()
        return Item('ord', text, '')


# a formula in a line of text with more items than these may be broken, behind its relations and commas
LONG = 12


def pieces(items):
    """A long formula's parts: browsers don't break one <math>."""
    parts = [[]]
    for k, item in enumerate(items):
        parts[-1].append(item)
        wide = item.kind == 'space' and k and items[k - 1].kind in ('space', 'punct')
        breaks = wide or item.kind in ('rel', 'punct')
        if breaks and k + 1 < len(items) and items[k + 1].kind != 'space':
            parts.append([])
    return parts


def mathml(tex, display=False, indices=(), keys=False):
    """A whole <math> element; or several for a long formula in a line of text."""
    items = Converter(tex, display, indices, keys).items('')
    opening = '<math%s xmlns="http://www.w3.org/1998/Math/MathML">' % (' display="block"' if display else '')
    parts = pieces(items) if not display and len(items) > LONG else [items]
    bodies = map(mrow, parts)
    return '<wbr/>'.join('%s%s</math>' % (opening, body if body.startswith('<mrow>') else '<mrow>%s</mrow>'
                                          % body) for body in bodies)

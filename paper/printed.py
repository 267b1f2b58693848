#!/usr/bin/env python3
"""Prints the book: build/paper.pdf, from chapters/*.md by way of build/paper/paper.tex.

    python3 paper/printed.py          needs pdflatex, and rsvg-convert for the figures
    python3 paper/printed.py --tex    only writes paper.tex
"""
import os
import re
import shutil
import subprocess
import sys

from catalogue import EXTRA, HERE, ROOT, BookError, Catalogue, Chapter, Section, anchors, chunk_id, formula, is_math
import highlight
import markdown
from mathml import TexError, mathml
from results import ReportError, Results, brief
from writer import CONTENTS, PRIMED, REFERENCE, plain, quoted

TOOLS = {'pdflatex': 'texlive-latex-recommended lmodern', 'rsvg-convert': 'librsvg2-bin'}
SPECIAL = dict({sign: '\\' + sign for sign in '{}$&#_%'}, **{'\\': r'\textbackslash{}', '^': r'\textasciicircum{}', '~': r'\textasciitilde{}',
                                                           '"': r'\textquotedbl{}', "'": r'\textquotesingle{}', '`': r'\textasciigrave{}'})
LEVELS = {2: 'section', 3: 'subsection', 4: 'subsubsection'}
BREAKS = re.compile(r'(?<=[/_,(=.\]])(?=\w)|(?<=\w)(?=[\[(])')   # where code in a line of prose may be broken
ROOM = 90   # characters in a line of a table
PAGE, CELL = 440, 0.351   # a line of code has that many points, and a character that part of the font's size


def escaped(text):
    return ''.join(SPECIAL.get(sign, sign) for sign in text)


def literal(text):
    """Code: every character in its own cell, and an underscore behind a name as the prime that it means."""
    parts = PRIMED.split(text)   # between, name, between, name, ...
    out = ''.join(escaped(part) + (r'\p{}' if k % 2 else '') for k, part in enumerate(parts))
    return out.replace(' ', '~')


def shares(widths, stacked=()):
    """What each column of a table gets: None for as much as it needs, or its share of the line. In a stacked one a cell has several lines, so it needs a width."""
    room, left, given = ROOM - 2 * len(widths), len(widths), [None] * len(widths)
    for k in sorted(range(len(widths)), key=lambda k: widths[k]):
        if widths[k] > room / left or k in stacked:
            given[k] = min(widths[k], room / left) / ROOM
        room -= min(widths[k], room / left)
        left -= 1
    return given


def column(share, side):
    if share is None:
        return {'right': 'r', 'center': 'c'}.get(side, 'l')
    return '>{\\raggedright\\arraybackslash}p{%.3f\\linewidth}' % share


class Printer:
    """From a chapter's blocks to LaTeX."""
    def __init__(self, press, chapter):
        self.press, self.chapter, self.path, self.catalogue = press, chapter, chapter.path, press.catalogue
        self.headings, self.section = press.anchors.get(chapter.path), None

    def body(self):
        out = []
        for self.section in self.chapter.sections:
            out.append(self.blocks(self.section.blocks))
        return ''.join(out)

    def error(self, line, message):
        raise BookError('%s:%d: %s' % (self.path, line, message))

    def blocks(self, blocks):
        return ''.join(getattr(self, 'block_' + block.kind)(block) for block in blocks)

    def inline(self, text, line):
        return markdown.inline(text, line, self)

    # Blocks

    def block_heading(self, block):
        level, text = block.data
        if level == 1:
            number, title = re.match(r'(?:(\d+)\. )?(.*)', text).groups()
            counter = '\\setcounter{chapter}{%d}' % (int(number) - 1) if number else ''
            return '\n%s\\chapter{%s}\\label{%s}\n' % (counter, self.inline(title, block.line), self.press.label(self.path))
        title = re.sub(r'\\eq\{(\w+)\}', r'(\1)', self.inline(text, block.line))   # no links in the table of contents
        return '\n\\%s{%s}\\label{%s}\n' % (LEVELS[level], title, self.press.label(self.path, self.headings[block.line]))

    def block_paragraph(self, block):
        if block.data.startswith(CONTENTS):
            return ''
        goes_on = '\\noindent ' if block.data[0].islower() else ''   # behind an equation
        return '\n%s%s\n' % (goes_on, self.inline(block.data, block.line))

    def block_quote(self, block):
        return '\n\\begin{quote}%s\\end{quote}\n' % self.blocks(block.data)

    def block_list(self, block):
        first, items = block.data
        kind = 'itemize' if first is None else 'enumerate'
        start = '\\setcounter{enumi}{%d}' % (first - 1) if first else ''
        return '\n\\begin{%s}%s\n%s\\end{%s}\n' % (kind, start, ''.join('\\item %s' % self.blocks(item).lstrip() for item in items), kind)

    def block_fence(self, block):
        language, lines = block.data
        if is_math(block):
            return self.equation(block)
        place = self.catalogue.parts.get((self.path, block.line + 1))
        if language == 'c' and place:
            return self.chunk(*place)
        return '\\begin{chunk}%s\\end{chunk}\n' % self.lines('\n'.join(text for text, number in lines))

    def block_table(self, block):
        align, rows = block.data
        columns = max(len(cells) for cells, line in rows)
        widths = [max(len(plain(cells[k])) if k < len(cells) else 0 for cells, line in rows) for k in range(columns)]
        stacked = {k for cells, line in rows for k, cell in enumerate(cells) if '<br>' in cell}
        shape = ''.join(map(column, shares(widths, stacked), align + [''] * columns))
        body = ['%s \\\\\n' % ' & '.join(self.inline(cell, line) for cell in cells + [''] * (columns - len(cells))) for cells, line in rows]
        return ('\n{\\small\\setlength\\tabcolsep{5pt}\\begin{longtable}[l]{@{}%s@{}}\n\\toprule\n%s\\midrule\\endhead\n%s\\bottomrule\n\\end{longtable}}\n'
                % (shape, body[0], ''.join(body[1:])))

    # Equations and code

    def equation(self, block):
        tex, tag = formula(block)
        self.valid(tex, block.line + 1, True)
        body = '\\fit{%s}' % '\n'.join(line for line in tex.split('\n') if line.strip())
        if tag and self.path in EXTRA:
            return '\\begin{equation*}%s\\tag*{\\eq{%s}}\\end{equation*}\n' % (body, tag)
        if not tag:
            return '\\[%s\\]\n' % body
        return '\\begin{equation}%s\\tag{%s}\\label{eq:%s}\\end{equation}\n%s' % (body, tag, tag, self.checked(tag))

    def valid(self, tex, line, display=False):
        """What the book can't show, the paper does not print."""
        try:
            mathml(tex, display)
        except TexError as error:
            self.error(line + tex.count('\n', 0, error.offset), error.message)

    def checked(self, tag):
        """Under an equation: what its check said."""
        out = []
        for (what, function), lines in self.press.results.checks(self.path, tag):
            said = ', '.join('%s %s' % (escaped(line.method), brief(line.error)) for line in lines)
            verdict = 'ok' if all(line.ok for line in lines) else 'FAILED'
            out.append('check of %s in \\code{%s}: %s \\textbf{%s}' % (escaped(what), self.breakable(function), said, verdict))
        return '\\checked{%s}\n' % ('\\newline '.join(out) or 'check: not run')

    def chunk(self, chunk, part):
        name, label = chunk.name, chunk_id(chunk.name, part)
        tags = ' '.join('\\eq{%s}' % tag if tag in self.catalogue.equations else '(%s)' % tag for tag in chunk.equations) if part == 0 else ''
        title = '\\code{%s}' % escaped(name) if '/' in name else '\\textit{\\textlangle %s\\textrangle}' % self.text(name, False)
        text = '\n'.join(text for text, number in chunk.parts[part][1])
        return '\\begin{chunk}\\phantomsection\\label{%s}\\chunkname{%s %s$\\equiv$ %s}\n%s%s\\end{chunk}\n' % (
            label, title, '$+$' if part else '', tags, self.lines(text), self.users(chunk, part))

    def users(self, chunk, part):
        said = ', '.join('%s p.~\\pageref{%s}' % (self.reference(user), chunk_id(user)) for user in self.catalogue.users[chunk.name])
        return '\\users{used in %s}\n' % said if said and part == 0 else ''

    def reference(self, name):
        if '/' in name:
            return '\\hyperref[%s]{\\textcolor{link}{\\code{%s}}}' % (chunk_id(name), escaped(name))
        return '\\chunkref{%s}{%s}' % (chunk_id(name), self.text(name, False))

    def lines(self, text):
        """Lines of code. The first two and the last two stay together."""
        lines = [self.line(line) for line in ''.join(self.word(kind, word) for kind, word in highlight.words(text)).split('\n')]
        ends = ['\\par\\nobreak' if k == 0 or k >= len(lines) - 2 else '\\par' for k in range(len(lines))]
        size = min(10.2, PAGE / CELL / max(map(len, text.split('\n'))))
        return '\\begin{lines}{%.2f}\n%s\\end{lines}\n' % (size, ''.join('%s%s\n' % pair for pair in zip(lines, ends)))

    def line(self, line):
        spaces = len(line) - len(line.lstrip('~'))
        return '\\strut{}' + ('\\hspace*{%d\\cell}' % spaces if spaces else '') + line[spaces:]

    def word(self, kind, word):
        if kind == 'reference':
            return word[:len(word) - len(word.lstrip())].replace(' ', '~') + '{\\normalfont\\small %s}' % self.reference(word.strip()[5:-2])
        if kind == 'name' and word in self.section.in_code:
            colours = {self.section.indices[name] for name in self.section.in_code[word]} - {''}
            return '\\textcolor{%s}{%s}' % (colours.pop(), literal(word)) if len(colours) == 1 else literal(word)
        if kind != 'comment':
            return literal(word)
        return '\n'.join('\\textcolor{comment}{\\textsl{%s}}' % literal(part) for part in word.split('\n'))

    # What is in a line

    def text(self, text, links=True):
        def link(match):
            if match[1] in self.catalogue.equations:
                return '\\eq{%s}' % match[1]
            if match[2] in self.catalogue.equations:
                return '\\hyperref[eq:%s]{\\textcolor{link}{%s}}' % (match[2], match[2])
            chapter = self.press.numbered.get(match[3])
            return '\\hyperref[%s]{%s}' % (self.press.label(chapter), match[0]) if chapter and chapter != self.path else match[0]
        marks = {'“': '``', '”': "''", '‘': '`', '’': "'"}
        text = ''.join(marks.get(sign, sign) for sign in escaped(quoted(text)))
        text = re.sub(r'(?<=\w:)(?=\d)', r'\\allowbreak{}', text)   # file:line may be broken in a narrow column
        return REFERENCE.sub(link, text) if links else text

    def newline(self):
        return '\\newline{}'

    def math(self, tex, line):
        self.valid(tex, line)
        return '$%s$' % tex

    def breakable(self, code):
        shown = code if self.press.explains_primes(self.path) else PRIMED.sub('\\1\1', code)
        return escaped(BREAKS.sub('\0', shown)).replace('\0', '\\allowbreak{}').replace('\1', '\\p{}')

    def code(self, code):
        return '\\code{%s}' % self.breakable(code)

    def strong(self, text, line):
        return '\\textbf{%s}' % self.inline(text, line)

    def emphasis(self, text, line):
        return '\\emph{%s}' % self.inline(text, line)

    def link(self, label, target, line):
        text = self.inline(label, line)
        if re.match('https?:', target):
            return '\\href{%s}{\\textcolor{link}{%s}}' % (re.sub(r'([%#])', r'\\\1', target), text)
        name, _, anchor = target.replace('?plain=1', '').partition('#')
        path = os.path.normpath(os.path.join(os.path.dirname(self.path), name)) if name else self.path
        to_line = re.match(r'L\d+$', anchor)
        place, anchor = to_line and self.catalogue.place(path, int(anchor[1:])), '' if to_line else anchor
        if place:
            return '\\hyperref[%s]{\\textcolor{link}{%s}}' % (chunk_id(place[0].name, place[1]), text)
        if path in self.press.anchors:
            return '\\hyperref[%s]{\\textcolor{link}{%s}}' % (self.press.label(path, anchor), text)
        chunk = self.catalogue.book.chunks.get(path)
        return '\\hyperref[%s]{\\textcolor{link}{%s}}' % (chunk_id(path), text) if chunk else text

    def image(self, alt, source, caption, line):
        path = os.path.normpath(os.path.join(os.path.dirname(self.path), source))
        if not os.path.exists(os.path.join(ROOT, path)):
            self.error(line, "there is no picture %s; 'make figures' draws those that the chapters show" % path)
        self.press.pictures.add(path)
        below = '\\par\\smallskip{\\small\\color{muted}%s}' % self.inline(caption, line) if caption else ''
        name = os.path.splitext(os.path.basename(path))[0]
        return '{\\centering\\shown{%s}%s\\par}' % (name + '.pdf' if path.endswith('.svg') else os.path.basename(path), below)


class Press:
    """The whole paper."""
    def __init__(self, results):
        self.results, self.catalogue, self.pictures = results, Catalogue(), set()
        self.anchors = {chapter.path: anchors(chapter.blocks) for chapter in self.catalogue.chapters}
        self.numbered = {os.path.basename(path).split('-')[0]: path for path in self.anchors if path not in EXTRA}

    def explains_primes(self, path):
        return path == self.numbered.get('0')

    def label(self, path, anchor=''):
        return re.sub(r'\W+', '-', os.path.splitext(os.path.basename(path))[0] + (':' + anchor if anchor else ''))

    def text(self):
        chapters = [chapter for chapter in self.catalogue.chapters if chapter.path not in EXTRA]
        out = ['\\maketitle\n', self.opening(), '\\tableofcontents\n'] + [Printer(self, chapter).body() for chapter in chapters]
        appendix = [Printer(self, chapter).body() for chapter in self.catalogue.chapters if chapter.path in EXTRA]
        return ''.join(out + (['\n\\appendix\n'] + appendix if appendix else []))

    def opening(self):
        """What the project says of itself in its README, and when its checks were run."""
        with open(os.path.join(ROOT, 'README.md'), encoding='utf-8') as file:
            blocks = markdown.blocks(markdown.number_lines(file.read()))
        first = next(block for block in blocks if block.kind == 'paragraph')
        printer = Printer(self, Chapter('README.md', '', [], [Section('', '', [first])]))
        runs = ' and '.join('%s on %s' % (escaped(compiler), escaped(time)) for compiler, time in self.results.sayings())
        said = 'The results under the equations are those of %s.' % runs if runs else 'The checks had not been run when this was printed.'
        return '\\begin{quote}%s\n\n%s\\end{quote}\n' % (printer.body(), said)


def run(command, folder):
    return subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def missing_tools():
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    return missing and 'not here: %s; on Debian and Ubuntu: apt-get install %s' % (', '.join(missing), ' '.join(TOOLS[tool] for tool in missing))


def figures(pictures, folder):
    for path in sorted(pictures):
        source, target = os.path.join(ROOT, path), os.path.join(folder, os.path.basename(path))
        if not path.endswith('.svg'):
            shutil.copy(source, target)
            continue
        done = run(['rsvg-convert', '-f', 'pdf', '-o', target[:-4] + '.pdf', source], folder)
        if done.returncode:
            raise BookError('%s: rsvg-convert cannot read it: %s' % (path, done.stdout.decode(errors='replace').strip()))


def read(path):
    if not os.path.exists(path):
        return ''
    with open(path, encoding='latin-1') as file:
        return file.read()


def typeset(folder):
    """Runs pdflatex until page numbers and contents stand still, and says what its log complains about."""
    before = None
    for _ in range(5):
        done = run(['pdflatex', '-interaction=nonstopmode', '-halt-on-error', '-file-line-error', 'paper.tex'], folder)
        log = read(os.path.join(folder, 'paper.log'))
        if done.returncode:
            wrong = re.findall(r'^\S*?:\d+: .*|^! .*', log, re.M)
            raise BookError('pdflatex failed; %s/paper.log says: %s' % (os.path.relpath(folder), wrong[0] if wrong else 'nothing'))
        after = [read(os.path.join(folder, 'paper.' + kind)) for kind in ('aux', 'toc', 'out')]
        if after == before:
            break
        before = after
    return re.findall(r'^(?:Overfull \\hbox|LaTeX Warning: (?:Reference|Label|There were)|pdfTeX warning|Package hyperref Warning).*', log, re.M)


def main(arguments):
    if arguments not in ([], ['--tex']):
        print('usage: printed.py [--tex]', file=sys.stderr)
        return 2
    folder, missing = os.path.join(ROOT, 'build', 'paper'), missing_tools()
    try:
        if missing and not arguments:
            raise BookError(missing)
        press = Press(Results(os.path.join(ROOT, 'build', 'report')))
        with open(os.path.join(HERE, 'paper.tex'), encoding='utf-8') as file:
            text = file.read().replace('\nTEXT\n', '\n%s\n' % press.text())
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, 'paper.tex'), 'w', encoding='utf-8') as file:
            file.write(text)
        if arguments:
            return 0
        figures(press.pictures, folder)
        complaints = typeset(folder)
    except (BookError, ReportError) as error:
        print(error, file=sys.stderr)
        return 1
    os.replace(os.path.join(folder, 'paper.pdf'), os.path.join(ROOT, 'build', 'paper.pdf'))
    for complaint in complaints:
        print('build/paper/paper.tex: %s' % complaint, file=sys.stderr)
    print('build/paper.pdf is ready')
    return 1 if complaints else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))

#!/usr/bin/env python3
"""Prints the book: build/book.pdf, from chapters/*.md by way of build/pdf/book.tex.

    python3 paper/printed.py          the reading edition: needs pdflatex, makeindex, and rsvg-convert for the
figures
    python3 paper/printed.py --full   everything: also each chapter's second half, the tests and the assembled
files
    python3 paper/printed.py --tex    only writes book.tex
"""
import os
import re
import shutil
import subprocess
import sys
import textwrap

import highlight
import markdown
from catalogue import EXTRA, HERE, ROOT, BookError, Chapter, Section, by_number, chunk_id, formula, is_math
from edition import WORDS, Edition, captioned, symbols
from mathml import TexError, mathml
from results import ReportError, Results, brief
from writer import CONTENTS, PRIMED, REFERENCE, plain, quoted

TOOLS = {'pdflatex': 'texlive-latex-recommended lmodern', 'makeindex': 'texlive-binaries',
         'rsvg-convert': 'librsvg2-bin'}
SPECIAL = dict({sign: '\\' + sign for sign in '{}$&#_%'}, **{
    '\\': r'\textbackslash{}', '^': r'\textasciicircum{}', '~': r'\textasciitilde{}', '"': r'\textquotedbl{}',
    "'": r'\textquotesingle{}', '`': r'\textasciigrave{}'})
LEVELS = {2: 'section', 3: 'subsection', 4: 'subsubsection'}
INDEX = {'red': 'nextindex', 'blue': 'previousindex'}   # how an index is marked, in formulas and in code
BREAKS = re.compile(r'(?<=[/_,(=.\]])(?=\w)|(?<=\w)(?=[\[(])')   # where code in a line of prose may be broken
ROOM = 86   # characters in a line of a table
COLUMNS = 100   # characters in a line of code


def escaped(text):
    return ''.join(SPECIAL.get(sign, sign) for sign in text)


def literal(text):
    """Code: every character in its own cell, and an underscore behind a name as the prime that it means."""
    parts = PRIMED.split(text)   # between, name, between, name, ...
    out = ''.join(escaped(part) + (r'\p{}' if k % 2 else '') for k, part in enumerate(parts))
    return out.replace(' ', '~')


def folded(text):
    """Lines that are too long for the page, broken at a space, and what follows indented further."""
    out = []
    for line in text.split('\n'):
        indent = ' ' * (len(line) - len(line.lstrip()) + 4)
        out += textwrap.wrap(line, COLUMNS, subsequent_indent=indent, drop_whitespace=False,
                             break_on_hyphens=False) if len(line) > COLUMNS else [line]
    return '\n'.join(out)


def entry(group, key, shown):
    """A place in the index. In its language ! @ | and " mean something, and in ours they don't."""
    quote = lambda text: re.sub(r'([!@|"])', r'"\1', text)
    return '\\index{%s!%s@%s}' % (group, quote(key), quote(shown))


EQUATIONS, FUNCTIONS, TERMS = (r'%d@\textbf{%s}' % pair
                               for pair in ((1, 'Equations'), (2, 'Functions'), (3, 'Terms')))


def shares(widths, stacked=()):
    """What each column of a table gets: None for as much as it needs, or its share of the line. In a stacked
    one a cell has several lines, so it needs a width."""
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
            if self.press.full or not self.section.second:
                out.append(self.blocks(captioned(self.section.blocks)))
        return ''.join(out)

    def error(self, line, message):
        raise BookError('%s:%d: %s' % (self.path, line, message))

    def blocks(self, blocks):
        return ''.join(getattr(self, 'block_' + block.kind)(block) for block in blocks)

    def inline(self, text, line):
        return markdown.inline(text, line, self)

    def terms(self, block):
        """The places in the index that a block has."""
        return ''.join(entry(TERMS, term.lower(), escaped(term))
                       for term in self.catalogue.terms.get((self.path, block.line), []))

    # Blocks

    def block_heading(self, block):
        level, text = block.data
        if level == 1:
            number, title = re.match(r'(?:(\d+)\. )?(.*)', text).groups()
            counter = '\\setcounter{chapter}{%d}' % (int(number) - 1) if number else ''
            return '\n%s\\chapter{%s}\\label{%s}%s\n' % (counter, self.inline(title, block.line),
                                                         self.press.label(self.path),
                                                      self.terms(block))
        title = self.without_links(text, block.line)   # no links in the table of contents
        label = self.press.label(self.path, self.headings[block.line])
        return '\n\\%s{%s}\\label{%s}%s\n' % (LEVELS[level], title, label, self.terms(block))

    def block_paragraph(self, block):
        if block.data.startswith(CONTENTS):
            return ''
        goes_on = '\\noindent ' if block.data[0].islower() else ''   # behind an equation
        return '\n%s%s%s\n' % (goes_on, self.inline(block.data, block.line), self.terms(block))

    def block_picture(self, block):
        picture, caption, line = block.data
        return self.inline(picture, block.line).replace('{}', '{%s}' % self.inline(caption, line))

    def block_quote(self, block):
        return '\n\\begin{quote}%s\\end{quote}\n' % self.blocks(block.data)

    def block_list(self, block):
        first, items = block.data
        kind = 'itemize' if first is None else 'enumerate'
        start = '\\setcounter{enumi}{%d}' % (first - 1) if first else ''
        return '\n\\begin{%s}%s\n%s\\end{%s}\n' % (kind, start,
                                                   ''.join('\\item %s' % self.blocks(item).lstrip()
                                                           for item in items), kind)

    def block_fence(self, block):
        language, lines = block.data
        if is_math(block):
            return self.equation(block)
        place = self.catalogue.parts.get((self.path, block.line + 1))
        if language == 'c' and place:
            return self.in_place(*place)
        text = folded('\n'.join(text for text, number in lines))
        return '\\begin{chunk}%s\\end{chunk}\n' % self.lines(text if language == 'c' else None, text)

    def block_table(self, block):
        align, rows = block.data
        columns = max(len(cells) for cells, line in rows)
        widths = [max(self.width(cells[k]) if k < len(cells) else 0 for cells, line in rows)
                  for k in range(columns)]
        stacked = {k for cells, line in rows for k, cell in enumerate(cells) if '<br>' in cell}
        shape = ''.join(map(column, shares(widths, stacked), align + [''] * columns))
        body = ['%s \\\\\n' % ' & '.join(self.inline(cell, line)
                                         for cell in cells + [''] * (columns - len(cells)))
                for cells, line in rows]
        return ('\n{\\small\\setlength\\tabcolsep{5pt}\\begin{longtable}[l]{@{}%s@{}}\n\\toprule\n%s\\midrule'
                '\\endhead\n%s\\bottomrule\n\\end{longtable}}\n' % (shape, body[0], ''.join(body[1:])))

    def width(self, cell):
        """About how many characters a cell of a table has, with the page that is printed behind a chunk's
        name."""
        return len(plain(re.sub(r'\[([^\[\]`]*)\]\(\S*\)', lambda match: match[1] + ', p. 100'
                                * (match[1] in self.catalogue.book.chunks), cell)))

    # Equations and code

    def equation(self, block):
        tex, tag = formula(block)
        self.valid(tex, block.line + 1, True)
        body = '\\fit{%s}' % self.coloured('\n'.join(line for line in tex.split('\n') if line.strip()))
        if tag and self.path in EXTRA:
            return '\\begin{equation*}%s\\tag*{\\eq{%s}}\\end{equation*}\n' % (body, tag)
        if not tag:
            return '\\[%s\\]\n' % body
        title = re.sub(r'^(?:\(\w+\)(?:,? and |, )?)+ *', '', self.section.title)
        key = '%d%03d%s' % by_number(tag)
        return '\\begin{equation}%s\\tag{%s}\\label{eq:%s}\\end{equation}%s\n%s' % (
            body, tag, tag, entry(EQUATIONS, key, '(%s) %s' % (tag, self.without_links(title, block.line))),
            '' if self.press.beside(tag) else self.result(tag))

    def coloured(self, tex):
        return re.sub(r'\\textcolor\{(red|blue)\}', lambda match: '\\%s' % INDEX[match[1]], tex)

    def without_links(self, text, line):
        return re.sub(r'\\eq\{(\w+)\}', r'(\1)', self.inline(text, line))

    def valid(self, tex, line, display=False):
        """What the book on the screen can't show is not printed."""
        try:
            mathml(tex, display)
        except TexError as error:
            self.error(line + tex.count('\n', 0, error.offset), error.message)

    def result(self, tag):
        """What the last run said of the check with this number."""
        number, out = '\\eq{%s}' % tag if tag in self.catalogue.equations else '(%s)' % tag, []
        for (what, function), lines in self.press.results.checks(self.path, tag):
            said = ', '.join('%s %s' % (self.method(line.method), brief(line.error)) for line in lines)
            verdict = '\\textcolor{good}{ok}' if all(line.ok
                                                     for line in lines) else '\\textcolor{red}{FAILED}'
            out.append('Check %s: $%s$ of \\code{%s}: %s \\textbf{%s}'
                       % (number, symbols(what), self.breakable(function), said, verdict))
        wrong = self.press.told_of_wrong(self.path, tag)[0]
        return '\\result{%s%s}\n' % ('\\newline '.join(out) or 'Check %s: not run' % number, '; ' + wrong
                                     if wrong else '')

    def method(self, method):
        place = self.press.methods.get(method)
        return self.hyperlink(self.press.label(*place), WORDS[method]) if place else escaped(method)

    def in_place(self, chunk, part):
        """A chunk where the chapter has it, if this edition prints it, and what its checks said."""
        printed = self.chunk(chunk, part) if self.press.prints(chunk, part) else ''
        return printed + ''.join(map(self.result, self.press.checked_in(chunk, part)))

    def chunk(self, chunk, part):
        name, label = chunk.name, chunk_id(chunk.name, part)
        tags = ' '.join('\\eq{%s}' % tag if tag in self.catalogue.equations else '(%s)' % tag
                        for tag in chunk.equations) if part == 0 else ''
        title = self.title(name)
        text = '\n'.join(text for text, number in chunk.parts[part][1])
        defined = [] if self.catalogue.tested(chunk) else [name for name in highlight.functions(text + '\n')
                                                           if not name.isupper()]
        index = ''.join(entry(FUNCTIONS, function.lower(), '\\code{%s}' % escaped(function))
                        for function in defined)
        return ('\\begin{chunk}\\phantomsection\\label{%s}%s\\chunkname{%s %s$\\equiv$ %s}\n'
                '%s%s\\end{chunk}\n') % (
            label, index, title, '$+$' if part else '', tags, self.lines(folded(text)),
            self.users(chunk, part))

    def title(self, name):
        if '/' in name:
            return '\\code{%s}' % escaped(name)
        return '\\textit{\\textlangle %s\\textrangle}' % self.text(name, False)

    def users(self, chunk, part):
        said = ', '.join(self.reference(user, True) for user in self.catalogue.users[chunk.name])
        return '\\users{used in %s}\n' % said if said and part == 0 else ''

    def reference(self, name, page=False):
        """A chunk's name, which leads to it if this edition prints it."""
        shown = self.title(name)
        if not self.press.prints(self.catalogue.book.chunks[name]):
            return shown
        return self.hyperlink(chunk_id(name), shown) + (' p.~\\pageref{%s}' % chunk_id(name) if page else '')

    def lines(self, code, text=None):
        """Lines of code, or of another text. The first two and the last two stay together."""
        words = ''.join(self.word(kind, word)
                        for kind, word in highlight.words(code)) if code is not None else literal(text)
        lines = [self.line(line) for line in words.split('\n')]
        ends = ['\\par\\nobreak' if k == 0 or k >= len(lines) - 2 else '\\par' for k in range(len(lines))]
        return '\\begin{lines}\n%s\\end{lines}\n' % ''.join('%s%s\n' % pair for pair in zip(lines, ends))

    def line(self, line):
        spaces = len(line) - len(line.lstrip('~'))
        return '\\strut{}' + ('\\hspace*{%d\\cell}' % spaces if spaces else '') + line[spaces:]

    def word(self, kind, word):
        if kind == 'reference':
            indent = word[:len(word) - len(word.lstrip())].replace(' ', '~')
            return indent + '{\\normalfont\\small %s}' % self.reference(word.strip()[5:-2])
        if kind == 'name' and word in self.section.in_code:
            colours = {self.section.indices[name] for name in self.section.in_code[word]} - {''}
            return '\\%s{%s}' % (INDEX[colours.pop()], literal(word)) if len(colours) == 1 else literal(word)
        if kind in ('keyword', 'directive'):
            bare = word.lstrip()
            return '~' * (len(word) - len(bare)) + '\\keyword{%s}' % escaped(bare)
        if kind == 'string':
            return escaped(word).replace(' ', '~')
        if kind != 'comment':
            return literal(word)
        return '\n'.join('\\textcolor{comment}{\\textsl{%s}}' % literal(part) for part in word.split('\n'))

    # What is in a line

    def text(self, text, links=True):
        def link(match):
            if match[1] in self.catalogue.equations:
                return '\\eq{%s}' % match[1]
            if match[2] in self.catalogue.equations:
                return self.hyperlink('eq:' + match[2], match[2])
            chapter = self.press.numbered.get(match[3])
            return '\\hyperref[%s]{%s}' % (self.press.label(chapter),
                                           match[0]) if chapter and chapter != self.path else match[0]
        marks = {'“': '``', '”': "''", '‘': '`', '’': "'"}
        text = ''.join(marks.get(sign, sign) for sign in escaped(quoted(text)))
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

    def hyperlink(self, label, text):
        return '\\hyperref[%s]{\\textcolor{link}{%s}}' % (label, text)

    def link(self, label, target, line):
        """A link within the book, or to the world. What this edition does not print is only named."""
        text = self.without_links(label, line)
        if re.match('https?:', target):
            return '\\href{%s}{\\textcolor{link}{%s}}' % (re.sub(r'([%#])', r'\\\1', target), text)
        name, _, anchor = target.partition('#')
        path = os.path.normpath(os.path.join(os.path.dirname(self.path), name)) if name else self.path
        chunk = self.press.chunk_named(label, path)
        if chunk and self.press.prints(chunk):
            return self.hyperlink(chunk_id(chunk.name), text) + ', p.~\\pageref{%s}' % chunk_id(chunk.name)
        if path in self.press.anchors:
            return self.hyperlink(self.press.label(path, anchor), text) if self.press.has(path,
                                                                                          anchor) else text
        chunk = self.catalogue.book.chunks.get(path)
        return self.hyperlink(chunk_id(path), text) if chunk and self.press.prints(chunk) else text

    def image(self, alt, source, caption, line):
        path = os.path.normpath(os.path.join(os.path.dirname(self.path), source))
        if not os.path.exists(os.path.join(ROOT, path)):
            self.error(line, "there is no picture %s; 'make figures' draws those that the chapters show"
                       % path)
        self.press.pictures.add(path)
        name = os.path.splitext(os.path.basename(path))[0]
        shown = name + '.pdf' if path.endswith('.svg') else os.path.basename(path)
        return '\\plate{%s}{%s}' % (shown, self.inline(caption, line) if caption else '')


class Press(Edition):
    """The whole book; full: with all that the reading edition leaves out."""
    def __init__(self, results, full=False):
        super().__init__(ROOT, results)
        self.full, self.pictures = full, set()

    def prints(self, chunk, part=0):
        """Whether this edition has a chunk. Of the tests the reading edition has the declarations, beside
        their equations."""
        test = self.catalogue.tested(chunk) and not any(self.catalogue.declarations(chunk))
        return self.full or not ('/' in chunk.name or test or self.catalogue.is_second(chunk, part))

    def has(self, path, anchor):
        """Whether this edition prints what is below a heading."""
        chapter = next(chapter for chapter in self.catalogue.chapters if chapter.path == path)
        for section in chapter.sections:
            lines = [block.line for block in section.blocks if block.kind == 'heading']
            if any(self.anchors[path].get(line) == anchor for line in lines):
                return self.full or not section.second
        return True

    def label(self, path, anchor=''):
        return re.sub(r'\W+', '-', os.path.splitext(os.path.basename(path))[0]
                      + (':' + anchor if anchor else ''))

    def text(self):
        chapters = [chapter for chapter in self.catalogue.chapters if chapter.path not in EXTRA]
        out = ['\\maketitle\n', self.opening(), '\\tableofcontents\n'] + [Printer(self, chapter).body()
                                                                          for chapter in chapters]
        appendix = [Printer(self, chapter).body() for chapter in self.catalogue.chapters
                    if chapter.path in EXTRA]
        return ''.join(out + (['\n\\appendix\n'] + appendix if appendix else []) + ['\n\\printindex\n'])

    def author(self):
        """Whom the license names."""
        with open(os.path.join(ROOT, 'LICENSE'), encoding='utf-8') as file:
            name = re.search(r'^Copyright \(c\) [\d, -]+(.*)$', file.read(), re.M)[1].strip()
        return name + ' of the book' * (name == 'the authors')

    def opening(self):
        """What the project says of itself in its README, what this edition leaves out, and when its checks
        were run."""
        with open(os.path.join(ROOT, 'README.md'), encoding='utf-8') as file:
            blocks = markdown.blocks(markdown.number_lines(file.read()))
        first = next(block for block in blocks if block.kind == 'paragraph')
        printer = Printer(self, Chapter('README.md', '', [], [Section('', '', [first])]))
        runs = ' and '.join('%s on %s' % (escaped(compiler), escaped(time))
                            for compiler, time in self.results.sayings())
        said = ('The results of the checks are those of %s.' % runs if runs
                else 'The checks had not been run when this was printed.')
        edition = '' if self.full else (
            'This is the reading edition. Of the tests it has the declarations beside the equations, and '
            'their'
            ' results; the rest, the wrong versions and the assembled files are in the chapters themselves, '
            'and in the full edition.\n\n')
        return '\\begin{quote}%s\n\n%s%s\\end{quote}\n' % (printer.body(), edition, said)


def run(command, folder):
    return subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)


def missing_tools():
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    packages = ' '.join(TOOLS[tool] for tool in missing)
    said = 'not here: %s; on Debian and Ubuntu: apt-get install %s' % (', '.join(missing), packages)
    return said if missing else ''


def figures(pictures, folder):
    for path in sorted(pictures):
        source, target = os.path.join(ROOT, path), os.path.join(folder, os.path.basename(path))
        if not path.endswith('.svg'):
            shutil.copy(source, target)
            continue
        done = run(['rsvg-convert', '-f', 'pdf', '-o', target[:-4] + '.pdf', source], folder)
        if done.returncode:
            raise BookError('%s: rsvg-convert cannot read it: %s'
                            % (path, done.stdout.decode(errors='replace').strip()))


def read(path):
    if not os.path.exists(path):
        return ''
    with open(path, encoding='latin-1') as file:
        return file.read()


def typeset(folder):
    """Runs pdflatex until page numbers, contents and index stand still, and says what its log complains
    about."""
    before = None
    for _ in range(5):
        done = run(['pdflatex', '-interaction=nonstopmode', '-halt-on-error', '-file-line-error', 'book.tex'],
                   folder)
        log = read(os.path.join(folder, 'book.log'))
        if done.returncode:
            wrong = re.findall(r'^\S*?:\d+: .*|^! .*', log, re.M)
            raise BookError('pdflatex failed; %s/book.log says: %s'
                            % (os.path.relpath(folder), wrong[0] if wrong else 'nothing'))
        if run(['makeindex', '-q', 'book.idx'], folder).returncode:
            raise BookError('makeindex failed; see %s/book.ilg' % os.path.relpath(folder))
        after = [read(os.path.join(folder, 'book.' + kind)) for kind in ('aux', 'toc', 'out', 'ind')]
        if after == before:
            break
        before = after
    return re.findall(r'^(?:Overfull \\hbox|LaTeX Warning: (?:Reference|Label|There were)|pdfTeX '
                      r'warning|Package hyperref Warning).*', log, re.M)


def main(arguments):
    if arguments not in ([], ['--full'], ['--tex']):
        print('usage: printed.py [--full | --tex]', file=sys.stderr)
        return 2
    folder, missing = os.path.join(ROOT, 'build', 'pdf'), missing_tools()
    try:
        if missing and arguments != ['--tex']:
            raise BookError(missing)
        press = Press(Results(os.path.join(ROOT, 'build', 'report')), arguments == ['--full'])
        with open(os.path.join(HERE, 'book.tex'), encoding='utf-8') as file:
            text = file.read().replace('{AUTHOR}', '{%s}' % escaped(press.author()))
        text = text.replace('\nTEXT\n', '\n%s\n' % press.text())
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, 'book.tex'), 'w', encoding='utf-8') as file:
            file.write(text)
        if arguments == ['--tex']:
            return 0
        figures(press.pictures, folder)
        complaints = typeset(folder)
    except (BookError, ReportError) as error:
        print(error, file=sys.stderr)
        return 1
    os.replace(os.path.join(folder, 'book.pdf'), os.path.join(ROOT, 'build', 'book.pdf'))
    for complaint in complaints:
        print('build/pdf/book.tex: %s' % complaint, file=sys.stderr)
    print('build/book.pdf is ready')
    return 1 if complaints else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))

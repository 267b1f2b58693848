"""One page of the book: from a chapter's blocks to HTML."""
import os
import re
from html import escape, unescape

import highlight
import markdown
from catalogue import TAG, BookError, chunk_id, formula, is_math
from edition import captioned, symbols, WORDS
from mathml import COLOURS, TexError, css_class, mathml
from results import brief

REFERENCE = re.compile(r'\((' + TAG + r')\)|(?<=\bequation )(\d+)\b|\b[Cc]hapter (\d+)\b')
PRIMED = re.compile(r'\b([A-Za-z]+)_(?![\w(])')   # w_(c) is TeX's, in a comment
WIDE = 30   # characters that a column of a table has when it is not to become very narrow on a phone
CONTENTS = '[Contents](../README.md)'   # begins a chapter's last paragraph; a page has its own links instead


def quoted(text):
    """Printers' quotation marks for a typewriter's. At the text's edges stands code or emphasis, which a mark
    opens or closes, too."""
    text = re.sub(r'(?<=[\s(\[])"|^"(?=\w)', '“', text).replace('"', '”')
    return re.sub(r"(?<=[\s(\[])'", '‘', text).replace("'", '’')


def plain(text):
    """About what a cell of a table shows, its longest line, to know how wide it is."""
    text = re.sub(r'\$`(.+?)`\$', lambda match: unescape(re.sub('<[^>]*>', '', mathml(match[1]))), text)
    text = re.sub('`([^`]+)`', lambda match: match[1] + ' ' * (len(match[1]) // 6), text)   # code is wider
    text = re.sub(r'\[([^\]]*)\]\([^)]*\)|[*]', r'\1', text)
    return max(text.split('<br>'), key=len)


def primed(text):
    """C's trailing underscore, for the style sheet to show as the prime that it means; copied, it is an
    underscore."""
    return text if '_' not in text else PRIMED.sub(r'\1<i class="p">_</i>', text)


def side_by_side(blocks):
    """The errata's pairs of formulas, printed and corrected: each with its word above it, and one beside the
    other."""
    out = []
    for block in blocks:
        out.append(block)
        last = out[-4:]
        words = [other.data for other in last if other.kind == 'paragraph']
        shape = [is_math(other) for other in last]
        if words == ['Printed:', 'Corrected:'] and shape == [False, True, False, True]:
            out[-4:] = [markdown.Block('beside', last[0].line, [last[:2], last[2:]])]
    return out


def file_id(name):
    return 'file-' + re.sub(r'\W+', '-', name)


class Writer:
    """site knows the other pages; chapter is this page's. indices and in_code are those of the section being
    written."""
    def __init__(self, site, chapter):
        self.site, self.chapter, self.path = site, chapter, chapter.path
        self.catalogue, self.section, self.linking, self.keys = site.catalogue, None, False, set()

    def error(self, line, message):
        raise BookError('%s:%d: %s' % (self.path, line, message))

    # Blocks

    def page(self):
        return ''.join(self.unit(section) for section in self.chapter.sections) + self.assembled()

    def unit(self, section):
        """A section: the part of a page in which an index lights."""
        self.section = section
        body = self.blocks(side_by_side(captioned(section.blocks)))
        return '<section class="unit">\n%s</section>\n' % body if section.title else body

    def blocks(self, blocks):
        return ''.join(getattr(self, 'block_' + block.kind)(block) for block in blocks)

    def block_heading(self, block):
        level, text = block.data
        title = markdown.inline(text, block.line, self)
        if level == 1:
            return '<h1>%s</h1>\n' % title
        anchor = self.site.anchors[self.path][block.line]
        here = '<a class="here" href="#%s" aria-label="link to this section">#</a>' % anchor
        return '<h%d id="%s">%s %s</h%d>\n' % (level, anchor, title, here, level)

    def block_paragraph(self, block):
        if block.data.startswith(CONTENTS):
            return ''
        text = markdown.inline(block.data, block.line, self)
        picture = text.startswith('<figure') and text.endswith('</figure>')
        return text + '\n' if picture else '<p>%s</p>\n' % text

    def block_picture(self, block):
        """A picture with its caption."""
        picture, caption, line = block.data
        text = markdown.inline(picture, block.line, self)
        return text.replace('</figure>', '<figcaption>%s</figcaption></figure>\n'
                            % markdown.inline(caption, line, self))

    def block_beside(self, block):
        return '<div class="beside">%s</div>\n' % ''.join('<div>%s</div>' % self.blocks(pair)
                                                          for pair in block.data)

    def block_quote(self, block):
        return '<blockquote>%s</blockquote>\n' % self.blocks(block.data)

    def block_list(self, block):
        first, items = block.data
        tag = 'ul' if first is None else 'ol'
        start = ' start="%d"' % first if first not in (None, 1) else ''
        return '<%s%s>\n%s</%s>\n' % (tag, start,
                                      ''.join('<li>%s</li>\n' % self.item(item) for item in items), tag)

    def item(self, blocks):
        if blocks and blocks[0].kind == 'paragraph':
            return markdown.inline(blocks[0].data, blocks[0].line, self) + self.blocks(blocks[1:])
        return self.blocks(blocks)

    def block_table(self, block):
        align, rows = block.data
        align += [''] * max(len(cells) - len(align) for cells, line in rows)
        wide = {k for cells, line in rows for k, cell in enumerate(cells) if len(plain(cell)) > WIDE}
        classes = [' class="%s"' % (side or 'wide') if side or k in wide else ''
                   for k, side in enumerate(align)]

        def row(cells, line, tag):
            return '<tr>%s</tr>\n' % ''.join('<%s%s>%s</%s>'
                                             % (tag, side, markdown.inline(cell, line, self), tag)
                                             for cell, side in zip(cells, classes))
        return '<div class="scroll"><table>\n<thead>%s</thead>\n<tbody>%s</tbody>\n</table></div>\n' % (
            row(*rows[0], 'th'), ''.join(row(*cells, 'td') for cells in rows[1:]))

    def block_fence(self, block):
        language, lines = block.data
        if is_math(block):
            return self.equation(block)
        place = self.catalogue.parts.get((self.path, block.line + 1))
        if language == 'c' and place:
            return self.in_place(*place)
        text = '\n'.join(text for text, number in lines)
        return '<pre class="shown"><code>%s</code></pre>\n' % (self.program(text) if language == 'c'
                                                               else escape(text))

    # Equations

    def tex(self, tex, line, display=False, keys=False):
        try:
            return mathml(tex, display, self.section.indices if self.section else (), keys)
        except TexError as error:
            self.error(line + tex.count('\n', 0, error.offset), error.message)

    def equation(self, block):
        tex, tag = formula(block)
        body = self.tex(tex, block.line + 1, True, tag is not None)
        number = self.number(tag).replace('"eq"', '"number"') if tag else ''
        if not tag or self.path != self.catalogue.equations[tag].chapter:
            return '<div class="equation"><div class="formula">%s</div>%s</div>\n' % (body, number)
        return '<div class="equation" id="eq-%s"><div class="formula">%s</div>%s</div>\n%s' % (
            tag, body, number, '' if self.site.beside(tag) else self.result(tag))

    def result(self, tag):
        """What the last run said of the check with this number, and folded below it the wrong versions that
        it was tried with."""
        checks = self.site.results.checks(self.path, tag)
        lines = ['<p class="checked">%s %s</p>\n' % (self.number(tag), self.check(*check))
                 for check in checks]
        lines = lines or ['<p class="checked">%s: not run</p>\n' % self.number(tag)]
        chunks, count, rejected = self.site.wrong(self.path, tag)
        if chunks:
            said, well = self.site.told_of_wrong(self.path, tag)
            kind = ' class="failed"' if not well else ''
            body = ''.join(self.chunk(chunk, part) for chunk in chunks for part in range(len(chunk.parts)))
            lines.append('<details class="mistakes"><summary%s>%s</summary>\n%s</details>\n'
                         % (kind, said, body))
        return '<div class="result">%s</div>\n' % ''.join(lines)

    def check(self, key, lines):
        what, function = key
        said = ', '.join('<span title="allowed: %s">%s %s</span>'
                         % (brief(line.allowed), self.method(line.method), brief(line.error))
                         for line in lines)
        verdict = '<b class="ok">ok</b>' if all(line.ok for line in lines) else '<b class="failed">FAILED</b>'
        return '%s of %s: %s <span class="verdict">%s</span>' % (mathml(symbols(what)), self.code(function),
                                                                 said, verdict)

    def method(self, method):
        """A method's name, linked to the section that explains it."""
        place = self.site.methods.get(method)
        words = escape(WORDS.get(method, method))
        return '<a href="%s">%s</a>' % (self.site.address(*place, self.path), words) if place else words

    # Code

    def in_place(self, chunk, part):
        """A chunk where the chapter has it, and below it what its checks said. Wrong versions are folded
        elsewhere."""
        tag = self.site.home(chunk)
        if tag:
            said = self.site.told_of_wrong(self.path, tag)[0]
            place = self.to_chunk(chunk.name), said, self.number(tag)
            return '' if part else '<p class="users moved">%s: %s, beside %s</p>\n' % place
        return self.chunk(chunk, part) + ''.join(map(self.result, self.site.checked_in(chunk, part)))

    def chunk(self, chunk, part):
        name, anchor = chunk.name, chunk_id(chunk.name, part)
        numbers = ' '.join(self.number(tag) for tag in chunk.equations) if part == 0 else ''
        caption = '<a class="name" href="#%s">%s</a> %s≡ %s' % (anchor, self.title(name), '+' if part
                                                                else '', numbers)
        text = '\n'.join(text for text, number in chunk.parts[part][1])
        kind = ' wrong' if name.startswith('wrong') else ''
        return '<figure class="chunk%s" id="%s">%s\n<pre><code>%s</code></pre>%s</figure>\n' % (
            kind, anchor, '<figcaption>%s</figcaption>' % caption,
            self.program(text, chunk, bool(chunk.equations)), self.users(chunk, part))

    def title(self, name):
        return '<code>%s</code>' % escape(name) if '/' in name else '⟨%s⟩' % escape(name)

    def to_chunk(self, name, part=0):
        chunk = self.catalogue.book.chunks[name]
        return '<a href="%s">%s</a>' % (self.site.address(chunk.parts[part][0], chunk_id(name, part),
                                                          self.path), self.title(name))

    def users(self, chunk, part):
        users = ', '.join(self.to_chunk(user) for user in self.catalogue.users[chunk.name])
        said = ['used in ' + users] if users else []
        for other in range(len(chunk.parts)):
            if other != part:
                word = 'defined' if other == 0 else 'continued'
                address = self.site.address(chunk.parts[other][0], chunk_id(chunk.name, other), self.path)
                said.append('%s <a href="%s">%s</a>' % (word, address, 'above' if other < part else 'below'))
        if '/' in chunk.name:
            said.append('<a href="#%s">the whole file</a>' % file_id(chunk.name))
        return '<p class="users">%s</p>' % '; '.join(said) if said else ''

    def program(self, text, chunk=None, keys=False, live=True):
        """Highlighted C. The first of each index can be reached with the keyboard if keys is true."""
        in_code = self.section.in_code if live and self.section else {}
        self.keys = set(in_code) if keys else set()
        words, out = list(highlight.words(text)), []
        for k, (kind, word) in enumerate(words):
            called = k + 1 < len(words) and words[k + 1][1].startswith('(')
            # a macro may have no arguments
            if kind == 'name' and (called or word.isupper() and len(word) > 1):
                out.append(self.called(word, chunk))
            elif kind == 'name' and word in in_code:
                out.append(self.index(word, in_code[word]))
            elif kind == 'reference':
                out.append(word[:len(word) - len(word.lstrip())]
                           + self.to_chunk(word.strip()[5:-2]).replace('<a', '<a class="reference"', 1))
            else:
                out.append(self.word(kind, word))
        return ''.join(out)

    def word(self, kind, word):
        if kind == 'other':
            return escape(word, False)
        text = escape(word, False) if kind == 'string' else primed(escape(word, False))
        if kind in ('comment', 'string'):
            text = re.sub(r'\((%s)\)' % TAG, lambda match: self.number(match[1]), text)
        return text if kind in ('name', 'number') else '<span class="%s">%s</span>' % (kind, text)

    def index(self, word, names):
        colours = {COLOURS[self.section.indices[name]] for name in names if self.section.indices[name]}
        classes = sorted(colours) + [css_class(name) for name in names]
        key = ' tabindex="0"' if word in self.keys else ''
        self.keys.discard(word)
        return '<span class="%s"%s>%s</span>' % (' '.join(classes), key, primed(word))

    def called(self, word, chunk):
        """A function's name, linked to its definition if that goes into a file that this chunk goes into,
        too."""
        files = self.catalogue.files[chunk.name] if chunk else None
        if chunk and self.catalogue.tested(chunk):
            files = files | {'tests/check.h'}
        known = self.catalogue.functions.get(word, [])
        near = [(other, part) for other, part in known if files is None
                or files & self.catalogue.files[other.name]]
        # plain ones stand before fast ones
        near = [place for place in near if place[0].parts[place[1]][0] == self.path] or near[:1]
        if len(near) != 1 or near[0][0] is chunk:
            return primed(word)
        (other, part), = near
        return '<a class="function" href="%s">%s</a>' % (self.site.address(other.parts[part][0],
                                                                           chunk_id(other.name, part),
                                                                           self.path), primed(word))

    def assembled(self):
        """The files that begin in this chapter, whole, folded."""
        out = []
        for name in self.catalogue.book.files():
            chunk = self.catalogue.book.chunks[name]
            if chunk.chapter == self.path:
                body = self.catalogue.book.body(name)
                out.append('<details class="assembled" id="%s"><summary>%s, the whole file: %d '
                           'lines</summary>\n<pre><code>%s</code></pre></details>\n' % (
                    file_id(name), escape(name), body.count('\n'), self.program(body, chunk, live=False)))
        return ''.join(out)

    # What is in a line

    def number(self, tag):
        equation = self.catalogue.equations.get(tag)
        if not equation or self.linking:
            return '(%s)' % tag
        return '<a class="eq" href="%s">(%s)</a>' % (self.site.address(equation.chapter, 'eq-' + tag,
                                                                       self.path), tag)

    def text(self, text):
        def link(match):
            if match[1]:
                return self.number(match[1])
            if match[2]:
                return self.number(match[2]).replace('(', '').replace(')', '')
            page = self.site.numbered.get(match[3])
            here = not page or page == self.path or self.linking
            return match[0] if here else '<a href="%s">%s</a>' % (self.site.address(page, '', self.path),
                                                                  match[0])
        return REFERENCE.sub(link, quoted(escape(text, False)))

    def newline(self):
        return '<br/>'

    def math(self, tex, line):
        return self.tex(tex, line)

    def code(self, code):
        places = self.catalogue.functions.get(code, [])
        places = [place for place in places
                  if any(file.startswith('src/') for file in self.catalogue.files[place[0].name])]
        text = '<code>%s</code>' % (escape(code, False) if self.site.explains_primes(self.path)
                                    else primed(escape(code, False)))
        places = [place for place in places if place[0].parts[place[1]][0] == self.path] or places[:1]
        if len(places) != 1 or self.linking:
            return text
        (chunk, part), = places
        return '<a class="function" href="%s">%s</a>' % (self.site.address(chunk.parts[part][0],
                                                                           chunk_id(chunk.name, part),
                                                                           self.path), text)

    def strong(self, text, line):
        return '<strong>%s</strong>' % markdown.inline(text, line, self)

    def emphasis(self, text, line):
        return '<em>%s</em>' % markdown.inline(text, line, self)

    def link(self, label, target, line):
        before, self.linking = self.linking, True
        text = markdown.inline(label, line, self)
        self.linking = before
        address = self.site.resolve(target, self.path, line, label)
        return '<a href="%s">%s</a>' % (escape(address), text) if address and not before else text

    def image(self, alt, source, caption, line):
        path = os.path.normpath(os.path.join(os.path.dirname(self.path), source))
        if not alt:
            self.error(line, 'a picture needs a text that says what is on it: ![text](%s)' % source)
        address = self.site.picture(path, '%s:%d' % (self.path, line))
        size = ' width="%s" height="%s"' % self.site.size(path)
        below = '<figcaption>%s</figcaption>' % markdown.inline(caption, line, self) if caption else ''
        return '<figure class="picture"><img src="%s" alt="%s"%s/>%s</figure>' % (address, escape(alt),
                                                                                  size, below)

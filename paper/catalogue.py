"""What the chapters contain and where: sections, equations, chunks and their users, functions, indices. The
chunks are the tangler's."""
import collections
import functools
import os
import re

import highlight
import markdown
import tangle

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)

Equation = collections.namedtuple('Equation', 'tag chapter line tex section')
Chapter = collections.namedtuple('Chapter', 'path title blocks sections')
# of a check, as in EQUATION(8, da, f(...), ...)
Declaration = collections.namedtuple('Declaration', 'tag array function line')
# a row of a catalogue of wrong versions; id: of an erratum, or None
Wrong = collections.namedtuple('Wrong', 'tag id name line')

NUMBER = re.compile(r'\s*\\qquad\\text\{\((\w+)\)\}\s*$')
COLOURED = re.compile(r"\\textcolor\{(red|blue)\}\{([a-z]'*)\}")
SUMMED = re.compile(r"\\(?:sum|prod|max)_\{?(?:\\textcolor\{\w+\}\{)?([a-z](?:_[a-z])?'*)(?![a-z])")
EXTRA = ('paper/errata.md', 'paper/concordance.md')
SECOND_HALF = 'The checks'   # what the pages of the equations stand on: shapes, wrong versions, whole files
TAG = r'G?\d+\w*'
BALANCED = functools.reduce(lambda inside, depth: r'(?:[^()]|\(%s\))*' % inside, range(4), '[^()]*')
DECLARED = re.compile(r'^EQUATION\w*\(\s*(%s),\s*(\w+),(%s)\)' % (TAG, BALANCED), re.M)
OF = re.compile(r'\bOF\(\s*(\w+)')
CALL = re.compile(r'\b([a-z]\w*)\(')
ROW = re.compile(r'^([A-Z][A-Z_]*)\(\s*(%s),(?:\s*(?:NULL|"([A-Z]\d+\w*)"),)?(?:\s*"((?:[^"\\]|\\.)*)")?'
                 % TAG, re.M)
TERM = re.compile(r'^([^|\n]+?)(?: *\| *(.+?))? *$')


class BookError(Exception):
    """One line for people: file, line, what is wrong."""


class Section:
    """What stands below one heading of level two. indices: name to colour; in_code: C's name to the paper's
    names."""
    def __init__(self, title, anchor, blocks):
        self.title, self.anchor, self.blocks = title, anchor, blocks
        self.tags, self.formulas = [], [formula(block) for block in blocks if is_math(block)]
        self.tags = [tag for tex, tag in self.formulas if tag]
        self.indices, self.in_code, self.second = {}, {}, title == SECOND_HALF

    def find_indices(self, declared):
        text = '\n'.join(tex for tex, tag in self.formulas)
        self.indices = {name: '' for name in SUMMED.findall(text)}
        self.indices.update({name: colour for colour, name in COLOURED.findall(text)})
        written = {name: [name.rstrip("'").replace('_', '') + '_' * ("'" in name)] for name in self.indices}
        for tag in self.tags:
            written.update({name: names for name, names in declared.get(tag, {}).items() if names})
        for name in written:
            self.indices.setdefault(name, '')
            for identifier in written[name]:
                self.in_code.setdefault(identifier, []).append(name)


def is_math(block):
    return block.kind == 'fence' and block.data[0] == 'math'


def formula(block):
    """A display's TeX, and its number or None."""
    tex = '\n'.join(text for text, number in block.data[1])
    number = NUMBER.search(tex)
    return (tex[:number.start()], number[1]) if number else (tex, None)


def by_number(tag):
    """A key that sorts (2) before (10), the paper's equations before ours, and G6 before G6a."""
    number = re.search(r'\d+', tag)
    return tag.startswith('G'), int(number[0]) if number else 0, tag


def read_terms(path):
    """The words of the index, and a pattern for each."""
    found = {}
    with open(path, encoding='utf-8') as file:
        for line in file:
            if line.strip() and not line.startswith('#'):
                term, pattern = TERM.match(line).groups()
                found[term] = re.compile(r'\b(?:%s)' % (pattern or re.escape(term)), re.I)
    return found


def read_indices(path):
    """Equation number to {index: names in C}."""
    declared = {}
    with open(path, encoding='utf-8') as file:
        for number, line in enumerate(file, 1):
            if not line.strip() or line.startswith('#'):
                continue
            tag, *words = line.split()
            name = None
            for word in words:
                if '=' in word:
                    name, word = word.split('=')
                names = declared.setdefault(tag.strip('()'), {}).setdefault(name, [])
                names += [word] if word != '-' else []
            if name is None:
                raise BookError("%s:%d: expected an equation and index=name, like (8) x''=i" % (path, number))
    return declared


def anchors(blocks):
    """Every heading's anchor, by line, as GitHub makes them: the second of a name gets -1."""
    seen, found = collections.Counter(), {}
    for block in blocks:
        if block.kind == 'heading':
            name = markdown.slug(block.data[1])
            found[block.line] = name + ('-%d' % seen[name] if seen[name] else '')
            seen[name] += 1
    return found


def sections(blocks):
    """The blocks below each heading of level two; what comes before the first has no heading."""
    where, groups = anchors(blocks), [[]]
    for block in blocks:
        if block.kind == 'heading' and block.data[0] == 2:
            groups.append([])
        groups[-1].append(block)
    for group in groups:
        headed = group and group[0].kind == 'heading' and group[0].data[0] == 2
        yield Section(group[0].data[1] if headed else '', where[group[0].line] if headed else '', group)


def chunk_id(name, part=0):
    return 'chunk-' + re.sub(r'\W+', '-', name.lower()).strip('-') + ('-%d' % (part + 1) if part else '')


class Catalogue:
    def __init__(self, root=ROOT):
        self.root, self.book = root, tangle.Book(root)
        if self.book.errors:
            raise BookError('\n'.join('%s:%d: %s' % error for error in self.book.errors))
        self.equations, self.functions = {}, {}
        self.chapters = [self.chapter(path) for path in self.paths()]
        self.chapters += [self.chapter(path) for path in EXTRA if os.path.exists(os.path.join(root, path))]
        self.find_indices()
        self.find_chunks()
        self.find_results()
        self.find_terms()

    def paths(self):
        names = [name for name in os.listdir(os.path.join(self.root, 'chapters'))
                 if re.match(r'^\d+-.*\.md$', name)]
        return ['chapters/' + name for name in sorted(names, key=lambda name: int(name.split('-')[0]))]

    def chapter(self, path):
        with open(os.path.join(self.root, path), encoding='utf-8') as file:
            blocks = markdown.blocks(markdown.number_lines(file.read()))
        titles = [block.data[1] for block in blocks if block.kind == 'heading' and block.data[0] == 1]
        if len(titles) != 1:
            raise BookError('%s:1: expected one heading of level one, not %d' % (path, len(titles)))
        parts = list(sections(blocks))
        if path not in EXTRA:
            self.find_equations(path, parts)
        return Chapter(path, titles[0], blocks, parts)

    def find_equations(self, path, parts):
        for section in parts:
            for block in filter(is_math, section.blocks):
                tex, tag = formula(block)
                if tag in self.equations:
                    raise BookError('%s:%d: (%s) is stated twice, first at %s:%d'
                                    % (path, block.line, tag, *self.equations[tag][1:3]))
                if tag:
                    self.equations[tag] = Equation(tag, path, block.line, tex, section)

    def find_indices(self):
        path = os.path.join(HERE, 'indices.txt')
        declared = read_indices(path)
        for tag in declared:
            if tag not in self.equations and self.root == ROOT:
                raise BookError('%s: no chapter states the equation (%s)' % (path, tag))
        for chapter in self.chapters:
            for section in chapter.sections:
                section.find_indices(declared)

    def find_chunks(self):
        """parts: a fence's place to chunk and part; users: who uses a chunk; files: into which files it
        goes."""
        self.parts, self.users, self.files = {}, collections.defaultdict(list), collections.defaultdict(set)
        self.second = {(chapter.path, block.line + 2) for chapter in self.chapters
                       for section in chapter.sections
                       for block in section.blocks if block.kind == 'fence' and section.second}
        for chunk in self.book.chunks.values():
            for k, (chapter, lines) in enumerate(chunk.parts):
                self.parts[chapter, lines[0][1] - 1] = chunk, k
                for name in highlight.functions('\n'.join(text for text, number in lines) + '\n'):
                    self.functions.setdefault(name, []).append((chunk, k))
            for name, chapter, line in self.book.references(chunk):
                if chunk.name not in self.users[name]:
                    self.users[name].append(chunk.name)
        for name in self.book.files():
            self.follow(name, name)

    def follow(self, name, file):
        if file not in self.files[name]:
            self.files[name].add(file)
            for other, chapter, line in self.book.references(self.book.chunks[name]):
                self.follow(other, file)

    def tested(self, chunk):
        """Whether a chunk is a part of the tests alone."""
        return bool(self.files[chunk.name]) and all(file.startswith('tests/')
                                                    for file in self.files[chunk.name])

    def code_of(self, tag, chapter=None):
        """The chunks that are an equation's code: their headers name it, and src/ contains them. Those of its
        own chapter first."""
        found = [chunk for chunk in self.book.chunks.values() if tag in chunk.equations
                 and any(file.startswith('src/') for file in self.files[chunk.name])]
        stated = self.equations[tag].chapter if tag in self.equations else None
        return sorted((chunk for chunk in found if chapter in (None, chunk.chapter)),
                      key=lambda chunk: chunk.chapter != stated)

    def functions_of(self, chunk):
        return [name for name, places in self.functions.items() if any(place[0] is chunk for place in places)]

    def declarations(self, chunk):
        """The checks that a chunk declares: what is in each part, and at which line of the chapter."""
        for part, (chapter, lines) in enumerate(chunk.parts):
            text = '\n'.join(text for text, number in lines)
            for match in DECLARED.finditer(text):
                tag, array, rest = match.groups()
                function = OF.search(rest) or CALL.search(rest)
                yield part, Declaration(tag, array, function and function[1],
                                        lines[0][1] + text.count('\n', 0, match.start()))

    def rows(self, chunk):
        """The wrong versions in a chunk: macros at the left margin."""
        for chapter, lines in chunk.parts:
            text = '\n'.join(text for text, number in lines)
            for match in ROW.finditer(text):
                yield Wrong(match[2], match[3], match[4], lines[0][1] + text.count('\n', 0, match.start()))

    @functools.lru_cache(maxsize=None)
    def check_of(self, tag, chapter):
        """The chunk that checks an equation, or None: it declares the check, is called it, bears the number,
        or says it in a table."""
        tests = [chunk for chunk in self.book.chunks.values()
                 if chunk.chapter == chapter and self.tested(chunk) and not chunk.name.startswith('wrong')]
        said = re.compile(r'"\(%s\)"|^[A-Z]\w*\(%s,' % (tag, tag))
        for fits in (lambda chunk: any(declared.tag == tag for part, declared in self.declarations(chunk)),
                     lambda chunk: '(%s)' % tag in chunk.name and 'check' in chunk.name.lower(),
                     lambda chunk: tag in chunk.equations,
                     lambda chunk: any(said.search(text) for chapter, lines in chunk.parts
                                       for text, number in lines)):
            for chunk in filter(fits, tests):
                return chunk
        return None

    def wrong_of(self, tag, chapter):
        """The chunks with the wrong versions of an equation: the first number in their name is its."""
        return [chunk for chunk in self.book.chunks.values() if chunk.chapter == chapter
                and chunk.name.startswith('wrong')
                and re.findall(r'\((%s)\)' % TAG, chunk.name)[:1] == [tag]]

    def checked_in(self, chunk, part):
        """The numbers whose results stand below this part of a chunk: those that it declares, or those whose
        check it is.
        In a chapter's second half an equation has none: there its result stands under the equation itself."""
        if '/' in chunk.name or not self.tested(chunk) or chunk.name.startswith('wrong'):
            return []
        every = {said.tag for where, said in self.declarations(chunk)}
        here = {said.tag for where, said in self.declarations(chunk) if where == part}
        stated = {tag for tag, equation in self.equations.items() if equation.chapter == chunk.chapter}
        if part == 0:
            here |= {tag for tag in stated - every if chunk is self.check_of(tag, chunk.chapter)}
        return sorted(here - stated if self.is_second(chunk, part) else here, key=by_number)

    def find_results(self):
        """By chapter, the numbers whose results stand beside a check, and these together with those under
        their equations."""
        self.beside, self.shown = collections.defaultdict(set), collections.defaultdict(set)
        for chunk in self.book.chunks.values():
            for part in range(len(chunk.parts)):
                self.beside[chunk.parts[part][0]].update(self.checked_in(chunk, part))
        for path in {chapter.path for chapter in self.chapters}:
            self.shown[path] = self.beside[path] | {tag for tag, equation in self.equations.items()
                                                    if equation.chapter == path}

    def is_second(self, chunk, part):
        """Whether a part of a chunk stands in the second half of its chapter."""
        chapter, lines = chunk.parts[part]
        return (chapter, lines[0][1]) in self.second

    def find_terms(self):
        """By block (chapter, line): the words of the index that a heading names or a paragraph explains; the
        others' first paragraphs."""
        self.terms, path = collections.defaultdict(list), os.path.join(self.root, 'paper', 'terms.txt')
        self.prose = list(self.read_prose())
        for term, pattern in (read_terms(path) if os.path.exists(path) else {}).items():
            places = list(self.mentions(pattern))
            mains = [place for place, explained in places if explained]
            firsts = [place for k, (place, explained) in enumerate(places)
                      if place[0] not in {other[0] for other, _ in places[:k]}]
            for place in sorted({*mains, *firsts[:1]} if mains else firsts[:4]):
                self.terms[place].append(term)

    def mentions(self, pattern):
        """Where a word stands, and whether it is a heading's or explained there: *so*."""
        explained = re.compile(r'(?<![\w*])\*(?=\S)[^*]*?%s[^*]*\*' % pattern.pattern, re.I)
        for place, heading, text in self.prose:
            if pattern.search(text):
                yield place, heading or bool(explained.search(text))

    def read_prose(self):
        """Headings and paragraphs of the first halves, without formulas, code and captions."""
        for chapter in self.chapters:
            for section in chapter.sections if chapter.path not in EXTRA else []:
                for block in section.blocks if not section.second else []:
                    heading = block.kind == 'heading'
                    text = block.data[1] if heading else block.data if block.kind == 'paragraph' else ''
                    text = markdown.SPAN.sub(' ', text)
                    if text[:1] not in ('*', '!', ''):
                        yield (chapter.path, block.line), heading, text

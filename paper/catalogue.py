"""What the chapters contain and where: sections, equations, chunks and their users, functions, indices. The chunks are the tangler's."""
import collections
import os
import re

import highlight
import markdown
import tangle

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)

Equation = collections.namedtuple('Equation', 'tag chapter line tex section')
Chapter = collections.namedtuple('Chapter', 'path title blocks sections')

NUMBER = re.compile(r'\s*\\qquad\\text\{\((\w+)\)\}\s*$')
COLOURED = re.compile(r"\\textcolor\{(red|blue)\}\{([a-z]'*)\}")
SUMMED = re.compile(r"\\(?:sum|prod|max)_\{?(?:\\textcolor\{\w+\}\{)?([a-z](?:_[a-z])?'*)(?![a-z])")
EXTRA = ('paper/errata.md', 'paper/concordance.md')


class BookError(Exception):
    """One line for people: file, line, what is wrong."""


class Section:
    """What stands below one heading of level two. indices: name to colour; in_code: C's name to the paper's names."""
    def __init__(self, title, anchor, blocks):
        self.title, self.anchor, self.blocks = title, anchor, blocks
        self.tags, self.formulas = [], [formula(block) for block in blocks if is_math(block)]
        self.tags = [tag for tex, tag in self.formulas if tag]
        self.indices, self.in_code = {}, {}

    def find_indices(self, declared):
        text = '\n'.join(tex for tex, tag in self.formulas)
        self.indices = {name: '' for name in SUMMED.findall(text)}
        self.indices.update({name: colour for colour, name in COLOURED.findall(text)})
        written = {name: [name.rstrip("'").replace('_', '') + '_' * ("'" in name)] for name in self.indices}
        for tag in self.tags:
            written.update(declared.get(tag, {}))
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
                declared.setdefault(tag.strip('()'), {}).setdefault(name, []).append(word)
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

    def paths(self):
        names = [name for name in os.listdir(os.path.join(self.root, 'chapters')) if re.match(r'^\d+-.*\.md$', name)]
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
                    raise BookError('%s:%d: (%s) is stated twice, first at %s:%d' % (path, block.line, tag, *self.equations[tag][1:3]))
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
        """parts: a fence's place to chunk and part; users: who uses a chunk; files: into which files it goes."""
        self.parts, self.users, self.files = {}, collections.defaultdict(list), collections.defaultdict(set)
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

    def place(self, chapter, line):
        """The chunk and the part of it that a line of a chapter belongs to, or the last one before it. None before all of them."""
        begun = [header for header in self.parts if header[0] == chapter and header[1] <= line]
        return self.parts[max(begun)] if begun else None

    def anchor(self, chapter, line):
        """The anchor of the chunk or equation that a line of a chapter belongs to, or the last one before it; '' before all of them."""
        begun = [(header[1], chunk_id(chunk.name, part)) for header, (chunk, part) in self.parts.items() if header[0] == chapter and header[1] <= line]
        begun += [(equation.line, 'eq-' + equation.tag) for equation in self.equations.values() if equation.chapter == chapter and equation.line <= line]
        return max(begun, default=(0, ''))[1]

    def code_of(self, tag, chapter=None):
        """The chunks that implement an equation: their headers name it, and a file of src/ contains them."""
        return [chunk for chunk in self.book.chunks.values() if tag in chunk.equations
                and any(file.startswith('src/') for file in self.files[chunk.name]) and chapter in (None, chunk.chapter)]

    def check_of(self, tag, chapter):
        """The chunk that checks an equation, or else the checker that it is a part of."""
        tests = [chunk for chunk in self.book.chunks.values() if chunk.chapter == chapter and not chunk.name.startswith('wrong')
                 and any(file.startswith('tests/') for file in self.files[chunk.name])]
        named = [chunk for chunk in tests if '(%s)' % tag in chunk.name and 'check' in chunk.name.lower()]
        numbered = [chunk for chunk in tests if tag in chunk.equations and not any(file.startswith('src/') for file in self.files[chunk.name])]
        whole = [chunk for chunk in tests if '/' in chunk.name]
        return (named + numbered + whole + [None])[0]

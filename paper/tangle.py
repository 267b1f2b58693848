#!/usr/bin/env python3
"""The tangler: reads the chapters' chunks and writes the C files of src/ and tests/.

    python3 paper/tangle.py              write what has changed
    python3 paper/tangle.py --check      write nothing; name each file that differs from its chapter
    python3 paper/tangle.py --lines DIR  write them below DIR, with #line for the compiler's messages

A chunk is a ```c fence whose first line is a comment: // <<Name>>= (7) defines it, // <<Name>>+= continues
it. The numbers are the equations that it implements. A line // <<Name>> inside a chunk stands for that chunk,
// <<The rest of this chapter>> for those of the chapter that nobody names. A name with a slash is a file.
"""
import collections
import hashlib
import os
import re
import shutil
import sys

if sys.version_info < (3, 9):
    sys.exit('the book\'s tools need Python 3.9 or newer, and this is %d.%d; name another: make PYTHON=...'
             % sys.version_info[:2])

Line = collections.namedtuple('Line', 'text chapter number indent')   # indent: what stands before the line

FENCE = re.compile(r'^( {0,3}(?:(?:[-*+]|\d+[.)]) +)?)(`{3,}(?=[^`]*$)|~{3,})\s*(\S*)')   # or behind a bullet
HEADER = re.compile(r'^// <<([^<>]+)>>(\+?=)((?: \([^()]*\))*)$')
REFERENCE = re.compile(r'^( *)// <<([^<>]+)>>$')
MARK = re.compile(r'^\s*//\s*<<|//\s*<<[^<>]+>>')   # means to be a header or a reference, well-formed or not
TAG = re.compile(r'^(?:[1-9]|1[0-9]|2[0-5]|G[1-9][0-9]?[a-z]?)$')
ADVICE = 'edit there, or here and make stitch'
REST = 'The rest of this chapter'
DEEPEST, LONGEST = 100, 100000   # chunks within chunks, and a file's lines: beyond them it is a mistake
FIRST_LINE = re.compile(r'^// Tangled from (\S+) \[([0-9a-f]{12})\]: %s\n$' % ADVICE)
FILE_NAME = re.compile(r'^(src|tests)/\w+\.[ch]$')


class Chunk:
    """One name with all its parts. A part's lines are neighbours in one chapter."""
    def __init__(self, name, chapter, line):
        self.name, self.chapter, self.line = name, chapter, line
        self.equations, self.parts = [], []   # parts: (chapter, [(text, number), ...])


class Book:
    """All the chunks of the chapters, by name, and the errors found on the way: (chapter, line, message)."""
    def __init__(self, root):
        self.root, self.chunks, self.errors = root, {}, []
        folder = os.path.join(root, 'chapters')
        names = [name for name in os.listdir(folder) if re.match(r'^\d+-.*\.md$', name)]
        names.sort(key=lambda name: (int(name.split('-')[0]), name))
        self.chapters = ['chapters/' + name for name in names]
        texts = {chapter: self.text_of(chapter) for chapter in self.chapters}
        if not self.errors:
            for chapter, text in texts.items():
                self.read(chapter, text.split('\n'))
            self.fill_rests()
            self.check()

    def error(self, chapter, line, message):
        self.errors.append((chapter, line, message))

    def text_of(self, chapter):
        """A chapter's text. What would not survive the way to C and back is refused."""
        path = os.path.join(self.root, chapter)
        if not os.path.isfile(path):
            return self.error(chapter, 1, 'is named like a chapter, but is not a file: rename it')
        with open(path, 'rb') as file:
            data = file.read()
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            return self.error(chapter, data.count(b'\n', 0, error.start) + 1,
                              'is not UTF-8: save the chapter as UTF-8')
        for mark, message in (('\ufeff', 'has a byte order mark: save the chapter as UTF-8 without one'),
                              ('\r', 'has a carriage return: save the chapter with Unix line ends')):
            if mark in text:
                self.error(chapter, text.count('\n', 0, text.index(mark)) + 1, message)
        return text

    def read(self, chapter, lines):
        fence, indent, language, start, body = None, '', '', 0, []   # an indented fence is only shown
        for number, text in enumerate(lines, 1):
            if fence is None:
                match = FENCE.match(text)
                if match:
                    indent, fence, language, start, body = match[1], match[2], match[3], number, []
            elif re.match('^ {0,%d}%s{%d,}\\s*$' % (len(indent) + 3, fence[0], len(fence)), text):
                if language == 'c' and not indent:
                    self.add(chapter, body)
                fence = None
            else:
                body.append((text, number))
        if fence is not None:
            self.error(chapter, start, 'this fence is never closed')

    def add(self, chapter, body):
        if not body or not MARK.match(body[0][0]):
            return
        text, line = body[0]
        header = HEADER.match(text)
        if not header:
            return self.error(chapter, line, 'not a chunk header: expected // <<Name>>= or // <<Name>>+=, '
                              'then equations like (7) (G5)')
        name, equations = header[1], re.findall(r'\(([^()]*)\)', header[3])
        chunk = self.chunks.get(name)
        if header[2] == '+=' and chunk is None:
            self.error(chapter, line, '<<%s>> is continued before it is defined' % name)
        if header[2] == '=' and chunk is not None:
            where = name, chunk.chapter, chunk.line
            self.error(chapter, line, '<<%s>> is defined twice, first at %s:%d' % where)
        for tag in equations:
            if not TAG.match(tag):
                self.error(chapter, line, "no equation is numbered (%s): the paper's are (1) to (25), others "
                           '(G1), (G2) and so on' % tag)
        if '/' in name and not FILE_NAME.match(name):
            self.error(chapter, line, 'the file %s is not a .c or .h file in src/ or tests/' % name)
        if not any(text.strip() for text, number in body[1:]):
            self.error(chapter, line, '<<%s>> is empty' % name)
        for text, number in body[1:]:
            if '\t' in text:
                self.error(chapter, number, 'a tab in a chunk: indent with spaces')
            if MARK.search(text) and not REFERENCE.match(text):
                self.error(chapter, number, 'not a reference: expected // <<Name>> alone on its line')
        chunk = self.chunks.setdefault(name, chunk or Chunk(name, chapter, line))
        chunk.equations += equations
        chunk.parts.append((chapter, body[1:]))

    def references(self, chunk):
        """Every reference of a chunk as (name, chapter, line)."""
        for chapter, part in chunk.parts:
            for text, number in part:
                match = REFERENCE.match(text)
                if match:
                    yield match[2], chapter, number

    def fill_rests(self):
        """The rest of this chapter: its chunks that nobody names, in their order."""
        named = {other for chunk in self.chunks.values() for other, chapter, line in self.references(chunk)}
        free = [chunk for name, chunk in self.chunks.items() if name not in named and '/' not in name]
        for chunk in self.chunks.values():
            for k, (chapter, part) in enumerate(chunk.parts):
                names = [other.name for other in free if other.chapter == chapter]
                chunk.parts[k] = chapter, [line for text, number in part
                                           for line in filled(text, number, names)]

    def files(self):
        return [name for name in self.chunks if '/' in name]

    def check(self):
        state = {}   # a name is absent, then 'open' while its references are followed, then 'done'
        length = collections.Counter()   # the lines of each chunk with those that it stands for

        def follow(name, depth=0):
            state[name] = 'open'
            length[name] = sum(len(part) for chapter, part in self.chunks[name].parts)
            for other, chapter, line in self.references(self.chunks[name]):
                if other not in self.chunks:
                    self.error(chapter, line, '<<%s>> is not defined' % other)
                elif state.get(other) == 'open':
                    self.error(chapter, line, '<<%s>> contains itself' % other)
                elif other not in state and depth == DEEPEST:
                    self.error(chapter, line, 'chunks within chunks, more than %d deep' % DEEPEST)
                    state.update(dict.fromkeys(self.chunks, 'done'))   # one error is enough
                elif other not in state:
                    follow(other, depth + 1)
                length[name] += length[other]
            state[name] = 'done'

        for name in self.files():
            follow(name)
            if length[name] > LONGEST:
                self.error(self.chunks[name].chapter, self.chunks[name].line,
                           '%s would have more than %d lines; which chunk is there so often?'
                           % (name, LONGEST))
        for name, chunk in self.chunks.items():
            if name not in state:
                self.error(chunk.chapter, chunk.line, '<<%s>> is not used by any file' % name)
                follow(name)
        # Chapter 10 comes after chapter 2.
        self.errors.sort(key=lambda error: (int(re.search(r'\d+', error[0])[0]), error))

    def expand(self, name, indent=''):
        """The lines of a chunk, references replaced. A chunk's own comment has the line of its header."""
        chunk = self.chunks[name]
        if '/' not in name:
            title = ' '.join([name] + ['(%s)' % tag for tag in chunk.equations])
            yield Line(indent + '// ' + title, chunk.chapter, chunk.line, None)
        for k, (chapter, part) in enumerate(chunk.parts):
            if k and not indent:
                yield Line('', chapter, part[0][1] - 1, None)
            for text, number in part:
                match = REFERENCE.match(text)
                if match:
                    yield from self.expand(match[2], indent + match[1])
                else:
                    yield Line((indent + text).rstrip(), chapter, number, indent)

    def file_lines(self, name):
        """The lines of a file below its first, without blank ones at the end."""
        lines = list(self.expand(name))
        while lines and not lines[-1].text:
            lines.pop()
        return lines

    def body(self, name):
        return ''.join(line.text + '\n' for line in self.file_lines(name))

    def body_with_lines(self, name):
        out, expected = [], None
        for line in self.file_lines(name):
            if (line.chapter, line.number) != expected:
                out.append('#line %d "%s"\n' % (line.number, line.chapter))
            out.append(line.text + '\n')
            expected = line.chapter, line.number + 1
        return ''.join(out)


def filled(text, number, names):
    """The lines in the place of a line: one, or those that the rest of the chapter stands for."""
    if text != '// <<%s>>' % REST:
        return [(text, number)]
    return [line for name in names for line in (('// <<%s>>' % name, number), ('', number))][:-1]


def digest(body):
    return hashlib.sha256(body.encode('utf-8', 'surrogateescape')).hexdigest()[:12]


def first_line(chapter, body):
    return '// Tangled from %s [%s]: %s\n' % (chapter, digest(body), ADVICE)


def read(path):
    """A file's first line and the rest; None and None if it is not there. Bytes that are no text are kept."""
    if not os.path.exists(path):
        return None, None
    with open(path, encoding='utf-8', errors='surrogateescape') as file:
        return file.readline(), file.read()


def write(texts):
    """Files by path: all of them are written beside and renamed, or none; and only what changes, so that make
    sees no news."""
    beside = {}
    try:
        for path, text in texts.items():
            if ''.join(part or '' for part in read(path)) != text:
                os.makedirs(os.path.dirname(path), exist_ok=True)
                new = '%s.%d.new' % (path, os.getpid())
                with open(new, 'x', encoding='utf-8', newline='\n') as file:   # x: no file or link of others
                    beside[path] = new
                    file.write(text)
                if os.path.exists(path):
                    shutil.copymode(path, new)
        for path, new in beside.items():
            os.replace(new, path)
    finally:
        for new in filter(os.path.exists, beside.values()):
            os.remove(new)


def astray(root, names):
    """Each file, or its folder, that is a link or no file at all: writing could lead out of the project."""
    for name in sorted({part for name in names for part in (os.path.dirname(name), name)}):
        path = os.path.join(root, name)
        if os.path.islink(path):
            yield '%s: is a link, and could lead out of the project; put the real one here' % name
        elif os.path.exists(path) and not (os.path.isfile(path) if name in names else os.path.isdir(path)):
            yield '%s: is not a %s; rename it' % (name, 'file' if name in names else 'folder')


def edited(path, body):
    """Whether someone has edited a tangled file, so that overwriting it would lose something."""
    first, rest = read(path)
    if first is None:
        return False
    match = FIRST_LINE.match(first)
    return not match or rest != body and match[2] != digest(rest)


def orphans(book):
    """Tangled files that no chapter makes any more."""
    for folder in ('src', 'tests'):
        path = os.path.join(book.root, folder)
        for name in sorted(os.listdir(path)) if os.path.isdir(path) else []:
            file, where = folder + '/' + name, os.path.join(path, name)
            if file not in book.chunks and name.endswith(('.c', '.h')) and os.path.isfile(where):
                if FIRST_LINE.match(read(where)[0]):
                    yield file


def complaints(book, check):
    """What stops the tangler, one line each."""
    lines = ['%s:%d: %s' % error for error in book.errors] or list(astray(book.root, book.files()))
    if lines:
        return lines
    lines = ['%s: no chapter makes this file any more; delete it' % name for name in orphans(book)]
    for name in book.files():
        path, body = os.path.join(book.root, name), book.body(name)
        if check and read(path) != (first_line(book.chunks[name].chapter, body), body):
            lines.append('%s: differs from %s; run make tangle, or make stitch if you edited it'
                         % (name, book.chunks[name].chapter))
        elif edited(path, body):
            lines.append("%s was edited by hand: 'make stitch' carries the edit into its chapter; "
                         "'git checkout %s' drops it" % (name, name))
    return lines


def tangle(book):
    bodies = {name: book.body(name) for name in book.files()}
    write({os.path.join(book.root, name): first_line(book.chunks[name].chapter, body) + body
           for name, body in bodies.items()})


def told(tool, *arguments):
    """A tool's exit status. What the system refuses is one line."""
    try:
        return tool(*arguments)
    except OSError as error:
        print('%s: %s' % (error.filename, error.strerror), file=sys.stderr)
        return 1


def main(arguments, root):
    lines_to = arguments[1] if len(arguments) == 2 and arguments[0] == '--lines' else None
    if arguments not in ([], ['--check']) and not lines_to:
        print('usage: tangle.py [--check | --lines DIR]', file=sys.stderr)
        return 2
    book = Book(root)
    stop = [] if lines_to and not book.errors else complaints(book, '--check' in arguments)
    for line in stop:
        print(line, file=sys.stderr)
    if stop:
        return 1
    if lines_to:
        write({os.path.join(lines_to, name): book.body_with_lines(name) for name in book.files()})
    elif not arguments:
        tangle(book)
    return 0


if __name__ == '__main__':
    sys.exit(told(main, sys.argv[1:], os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

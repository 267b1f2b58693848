#!/usr/bin/env python3
"""Carries hand edits of tangled files back into the chapters: python3 paper/stitch.py

What can be placed without doubt is moved, the rest is refused by name. Afterwards tangling gives the edited
files back."""
import collections
import os
import re
import shutil
import sys
import tempfile

import tangle

# A chapter's lines from start on, before end, become these lines. They are counted from 1.
Edit = collections.namedtuple('Edit', 'chapter start end lines')


MOST = 1000   # lines that may come and go in one file, a changed one being both


class Refused(Exception):
    pass


def agreement(old, new):
    """What stays while as few lines as possible come and go, the last first: (start in old, start in new,
    end in old, the one before). None if more than MOST come and go.

    Eugene Myers's walk: a step right drops an old line, a step down takes a new one, a diagonal is a line
    that stays and costs nothing. For each diagonal i - j only the furthest point counts. A search for the
    longest common block, as in difflib, takes minutes where thousands of lines are alike."""
    furthest = {1: (0, None)}
    for steps in range(MOST + 1):
        for diagonal in range(-steps, steps + 1, 2):
            above, left = furthest.get(diagonal + 1), furthest.get(diagonal - 1)
            down = left is None or above is not None and left[0] < above[0]
            i, path = above if down else (left[0] + 1, left[1])
            start = i
            while i < len(old) and i - diagonal < len(new) and old[i] == new[i - diagonal]:
                i += 1
            if i > start:
                path = start, start - diagonal, i, path
            furthest[diagonal] = i, path
            if i >= len(old) and i - diagonal >= len(new):
                return path or (0, 0, 0, None)
    return None


def changes(old, new):
    """Ranges of lines, old [i1, i2) and new [j1, j2), of which one takes the other's place."""
    path, i2, j2, ranges = agreement(old, new), len(old), len(new), []
    if path is None:
        raise Refused('changes more lines than can be told apart: stitch in smaller steps')
    while path:
        i, j, end, path = path
        ranges.append((end, i2, end - i + j, j2))
        i2, j2 = i, j
    ranges.append((0, i2, 0, j2))
    return [(i1, i2, j1, j2) for i1, i2, j1, j2 in reversed(ranges) if i1 < i2 or j1 < j2]


def part_at(book, chapter, number):
    """The chunk that has this line of a chapter or its header, and the header and last line of the part."""
    for chunk in book.chunks.values():
        for where, part in chunk.parts:
            if where == chapter and part[0][1] - 1 <= number <= part[-1][1]:
                return chunk.name, part[0][1] - 1, part[-1][1]


def place(book, name, old, i1, i2):
    """The chapter's lines that the file's old lines [i1, i2) stand for, and the indentation that they got."""
    if i1 < i2:
        run = old[i1:i2]
        if any(line.indent is None for line in run):
            raise Refused("changes a chunk's name, or the blank line between two parts of a chunk: edit the "
                          'chapter')
        for before, after in zip(run, run[1:]):
            if after[1:] != (before.chapter, before.number + 1, before.indent):
                raise Refused('spans more than one chunk')
        return run[0].chapter, run[0].number, run[-1].number + 1, run[0].indent
    file = book.chunks[name]
    before = old[i1 - 1] if i1 else tangle.Line('', file.chapter, file.line, '')
    chunk, _, last = part_at(book, before.chapter, before.number)
    # Inside a part there is no doubt. At its end there is, unless the file ends too or the chunk goes on.
    if before.number == last and not (chunk == name if i1 == len(old) else continues(book, chunk, old[i1])):
        raise Refused('stands on the border of two chunks: it could belong to either')
    indent = re.match(' *', before.text)[0] if before.indent is None else before.indent
    return before.chapter, before.number + 1, before.number + 1, indent


def continues(book, chunk, line):
    """Whether this is the blank line before another part of the chunk."""
    return line.indent is None and not line.text and part_at(book, line.chapter, line.number)[0] == chunk


def outdent(lines, indent):
    for line in lines:
        if tangle.MARK.search(line) or line.lstrip().startswith(('```', '~~~')):
            raise Refused('looks like a chunk or a fence of the chapter: %s' % line.strip())
        if line.strip() and not line.startswith(indent):
            raise Refused('is indented less than its chunk: %s' % line.strip())
        if '\t' in line:
            raise Refused('has a tab: indent with spaces')
        if re.search('[\udc80-\udcff]', line):
            raise Refused('is not UTF-8')
    return [line[len(indent):].rstrip() for line in lines]


def edits_of(book, name, refusals):
    """Every change of one edited file as (line in the file, Edit)."""
    old, body = book.file_lines(name), book.body(name)
    first, rest = tangle.read(os.path.join(book.root, name))
    match = tangle.FIRST_LINE.match(first)
    if not match or match[2] != tangle.digest(body):
        refusals.append('%s: its first line or its chapter has changed too, so the edits cannot be told '
                        "apart; keep a copy, 'git checkout %s', run make tangle and edit again"
                        % (name, name))
        return
    new = rest.split('\n')
    if new.pop():
        refusals.append('%s: does not end with a newline' % name)
        return
    if new and not new[-1]:
        refusals.append('%s: ends with a blank line' % name)
        return
    try:
        ranges = changes([line.text for line in old], new)
    except Refused as reason:
        refusals.append('%s: %s' % (name, reason))
        return
    for i1, i2, j1, j2 in ranges:
        try:
            chapter, start, end, indent = place(book, name, old, i1, i2)
            yield j1 + 2, Edit(chapter, start, end, tuple(outdent(new[j1:j2], indent)))
        except Refused as reason:
            refusals.append('%s:%d: %s' % (name, j1 + 2, reason))


def clashes(book, edits):
    """Refusals of the parts that two files share and edit differently."""
    files = collections.defaultdict(lambda: collections.defaultdict(set))   # chapter, header: file: edits
    for name, _, edit in edits:
        chunk, header, _ = part_at(book, edit.chapter, edit.start - 1)
        files[edit.chapter, header, chunk][name].add(edit)
    for (chapter, header, chunk), by_file in sorted(files.items()):
        if len(set(map(frozenset, by_file.values()))) > 1:
            where = chapter, header, chunk, ' and '.join(sorted(by_file))
            yield '%s:%d: <<%s>> is edited differently in %s' % where


def stitched(book, edits, root):
    """The book with its edits, in another folder."""
    shutil.copytree(os.path.join(book.root, 'chapters'), os.path.join(root, 'chapters'))
    for chapter, start, end, lines in sorted(set(edits), reverse=True):
        path = os.path.join(root, chapter)
        with open(path, encoding='utf-8') as file:
            text = file.read().split('\n')
        text[start - 1:end - 1] = lines
        tangle.write({path: '\n'.join(text)})
    return tangle.Book(root)


def unfaithful(book, name, edits):
    """Why the file's own edits, carried alone, would not give it back; others may change what it shares."""
    with tempfile.TemporaryDirectory() as folder:
        after = stitched(book, [edit for file, _, edit in edits if file == name], folder)
        if after.errors:
            return '%s: %s' % (name, after.errors[0][2])
        if after.body(name) != tangle.read(os.path.join(book.root, name))[1]:
            return ('%s: would not come back from its chapter unchanged; is a chunk here twice, '
                    'or a space at the end of a line?' % name)
    return None


def stitch(root):
    book = tangle.Book(root)
    refusals, edits = ['%s:%d: %s' % error for error in book.errors], []
    refusals += tangle.astray(root, book.files() + book.chapters)
    names = [] if refusals else [name for name in book.files()
                                    if tangle.edited(os.path.join(root, name), book.body(name))]
    for name in names:
        edits += [(name, line, edit) for line, edit in edits_of(book, name, refusals)]
    refusals += clashes(book, edits)
    if not refusals:
        refusals = list(filter(None, (unfaithful(book, name, edits) for name in names)))
    if refusals:
        print('\n'.join(refusals), 'nothing was changed', sep='\n', file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        stitched(book, [edit for _, _, edit in edits], folder)
        tangle.write({os.path.join(root, chapter): ''.join(tangle.read(os.path.join(folder, chapter)))
                      for chapter in {edit.chapter for _, _, edit in edits}})
    tangle.tangle(tangle.Book(root))
    for name, line, edit in edits:
        print('%s:%d -> %s:%d' % (name, line, edit.chapter, edit.start))
    print('stitched' if edits else 'nothing to stitch')
    return 0


if __name__ == '__main__':
    sys.exit(tangle.told(stitch, os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

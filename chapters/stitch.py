#!/usr/bin/env python3
"""Carries hand edits of tangled files back into the chapters: python3 chapters/stitch.py

What can be placed without doubt is moved, the rest is refused by name. Afterwards tangling gives the edited files back."""
import collections
import difflib
import os
import re
import shutil
import sys
import tempfile

import tangle

Edit = collections.namedtuple('Edit', 'chapter start end lines')   # chapter lines [start, end) become lines; counted from 1


class Refused(Exception):
    pass


def place(book, old, i1, i2):
    """The chapter's lines that the old lines [i1, i2) stand for, and the indentation that tangling gave them."""
    if i1 < i2:
        run = old[i1:i2]
        if any(line.indent is None for line in run):
            raise Refused("changes a chunk's name, or the blank line between two parts of a chunk: edit the chapter")
        for before, after in zip(run, run[1:]):
            if (after.chapter, after.number, after.indent) != (before.chapter, before.number + 1, before.indent):
                raise Refused('spans more than one chunk')
        return run[0].chapter, run[0].number, run[-1].number + 1, run[0].indent
    before = old[i1 - 1] if i1 > 0 else None
    after = old[i1] if i1 < len(old) else None
    if before and after and (before.chapter, before.number + 1) == (after.chapter, after.number) and after.indent is not None:
        return after.chapter, after.number, after.number, after.indent
    if before and after and before.indent is not None and after.indent is None and refers(book, before, after):
        return before.chapter, before.number + 1, before.number + 1, before.indent
    raise Refused('stands on the border of two chunks: it could belong to either')


def refers(book, line, title):
    """Whether the chapter's next line after this one is the reference that became the title."""
    with open(os.path.join(book.root, line.chapter), encoding='utf-8') as file:
        match = tangle.REFERENCE.match(file.read().split('\n')[line.number])
    return match and title.text.strip().startswith('// ' + match[2])


def outdent(lines, indent):
    for line in lines:
        if re.match(r'^\s*// <<', line) or line.lstrip().startswith(('```', '~~~')):
            raise Refused('looks like a chunk or a fence of the chapter: %s' % line.strip())
        if line.strip() and not line.startswith(indent):
            raise Refused('is indented less than its chunk: %s' % line.strip())
        if '\t' in line:
            raise Refused('has a tab: indent with spaces')
    return [line[len(indent):].rstrip() for line in lines]


def edits_of(book, name, refusals):
    """Every change of one edited file as (line in the file, Edit)."""
    old, body = list(book.expand(name)), book.body(name)
    first, rest = tangle.read(os.path.join(book.root, name))
    match = tangle.FIRST_LINE.match(first)
    if not match or match[2] != tangle.digest(body):
        refusals.append('%s: its first line or its chapter has changed too, so the edits cannot be told apart; keep a copy, '
                        "'git checkout %s', run make tangle and edit again" % (name, name))
        return
    new = rest.split('\n')
    if new.pop():
        refusals.append('%s: does not end with a newline' % name)
        return
    matcher = difflib.SequenceMatcher(None, [line.text for line in old], new, autojunk=False)
    for kind, i1, i2, j1, j2 in matcher.get_opcodes():
        if kind != 'equal':
            try:
                chapter, start, end, indent = place(book, old, i1, i2)
                yield j1 + 2, Edit(chapter, start, end, tuple(outdent(new[j1:j2], indent)))
            except Refused as reason:
                refusals.append('%s:%d: %s' % (name, j1 + 2, reason))


def clashes(edits):
    """Different edits of the same chapter lines, which two copies of a shared chunk may hold."""
    ordered = sorted(set(edits))
    return [b for a, b in zip(ordered, ordered[1:]) if a.chapter == b.chapter and (b.start < a.end or b.start == a.start)]


def stitched(book, edits, root):
    """The book with its edits, in another folder."""
    shutil.copytree(os.path.join(book.root, 'chapters'), os.path.join(root, 'chapters'))
    for chapter, start, end, lines in sorted(set(edits), reverse=True):
        path = os.path.join(root, chapter)
        with open(path, encoding='utf-8') as file:
            text = file.read().split('\n')
        text[start - 1:end - 1] = lines
        tangle.write(path, '\n'.join(text))
    return tangle.Book(root)


def stitch(root):
    book, refusals, edits = tangle.Book(root), [], []
    names = [name for name in book.files() if not book.errors and tangle.edited(os.path.join(root, name), book.body(name))]
    for name in names:
        for line, edit in edits_of(book, name, refusals):
            edits.append(edit)
            print('%s:%d -> %s:%d' % (name, line, edit.chapter, edit.start))
    refusals += ['%s:%d: edited differently in two tangled files' % (edit.chapter, edit.start) for edit in clashes(edits)]
    refusals += ['%s:%d: %s' % error for error in sorted(book.errors)]
    with tempfile.TemporaryDirectory() as folder:
        after = stitched(book, edits, folder)
        for name in names if not refusals else []:
            if after.errors or after.body(name) != tangle.read(os.path.join(root, name))[1]:
                refusals.append('%s: the edit would not come back from its chapter unchanged' % name)
        if refusals:
            print('\n'.join(refusals), 'nothing was changed', sep='\n', file=sys.stderr)
            return 1
        for chapter in {edit.chapter for edit in edits}:
            with open(os.path.join(folder, chapter), encoding='utf-8') as file:
                tangle.write(os.path.join(root, chapter), file.read())
    tangle.tangle(tangle.Book(root))
    print('stitched' if edits else 'nothing to stitch')
    return 0


if __name__ == '__main__':
    sys.exit(stitch(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

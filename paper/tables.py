#!/usr/bin/env python3
"""Writes paper/errata.md and paper/concordance.md from the chapters and from what the checkers reported.

    python3 paper/tables.py           rewrite them; needs the reports of 'make test' in build/report/
    python3 paper/tables.py --check   write nothing; fail where they are not what the chapters and the
checkers give

A misprint is a wrong version with an id in a chapter's catalogue, and a block with that id in
paper/errata.txt. The checker says
how far the printed form is off, and the right one. An equation needs a chunk that claims it, in a chapter
that states it, and a
check. Links name a chunk and lead to the heading above it, so that they hold while lines move; the book leads
to the chunk itself.
"""
import glob
import os
import re
import sys

sys.dont_write_bytecode = True
import tangle
from catalogue import ROOT, BookError, Catalogue, anchors, by_number
from edition import WORDS
from results import ReportError, Results

KINDS = {'paper': 'Misprint', 'reading': 'Contradicts itself', 'text': 'Our copy', 'gap': 'Gap'}


class Complaint(Exception):
    pass


def link(label, chapter, anchor=''):
    return '[%s](../%s%s)' % (label, chapter, '#' + anchor if anchor else '')


def chunk_link(book, chunk):
    """A chunk's name, linked to the heading above it."""
    chapter = next(chapter for chapter in book.chapters if chapter.path == chunk.chapter)
    above = [anchor for line, anchor in anchors(chapter.blocks).items() if line < chunk.line]
    return link(chunk.name, chunk.chapter, above[-1] if above else '')


def lines_of(names):
    return '<br>'.join(dict.fromkeys(names))


# Concordance

def equation_line(book, equation):
    """One row of the table of equations, or a complaint."""
    tag, chapter, line = equation.tag, equation.chapter, equation.line
    chunks = sorted((chunk for chunk in book.book.chunks.values() if tag in chunk.equations),
                    key=lambda chunk: chunk.chapter != chapter)
    check = book.check_of(tag, chapter)
    if not chunks:
        raise Complaint('%s:%d: equation (%s) has no code: no chunk claims it' % (chapter, line, tag))
    if not check:
        raise Complaint('%s:%d: equation (%s) has no check: no chunk declares or is called one'
                        % (chapter, line, tag))
    declared = [said.function for part, said in book.declarations(check) if said.tag == tag]
    functions = declared or [name for chunk in chunks if chunk.chapter == chapter and not book.tested(chunk)
                             for name in book.functions_of(chunk)]
    return '| (%s) | %s | %s | %s | %s |' % (
        tag, link(equation.section.title or os.path.basename(chapter), chapter, equation.section.anchor),
        lines_of(chunk_link(book, chunk) for chunk in chunks), lines_of('`%s`' % name for name in functions),
        chunk_link(book, check))


def complain_of_checks(book):
    """A check's function stands in a chunk that bears the check's number; or the check itself does, where it
    borrows a function."""
    for chunk in book.book.chunks.values():
        for part, said in book.declarations(chunk):
            claiming = [other for other in book.book.chunks.values() if said.tag in other.equations]
            if chunk not in claiming and not any(said.function in book.functions_of(other)
                                                 for other in claiming):
                raise Complaint('%s:%d: the check of (%s) is of %s, whose chunk does not bear that number'
                                % (chunk.chapter, said.line, said.tag, said.function))


def complain_of_claims(book):
    for chunk in book.book.chunks.values():
        for tag in chunk.equations:
            if tag not in book.equations:
                raise Complaint('%s:%d: <<%s>> claims equation (%s), which no chapter states'
                                % (chunk.chapter, chunk.line, chunk.name, tag))


def paper_lines(book, root):
    """The rows for sections, figures and listings."""
    with open(os.path.join(root, 'paper', 'concordance.txt'), encoding='utf-8') as file:
        for number, text in enumerate(file, 1):
            if text.startswith('#') or not text.strip():
                continue
            what, title, chapter, names, figure = (field.strip() for field in text.split('|'))
            page = glob.glob(os.path.join(root, 'chapters', chapter + '-*.md'))
            chunks = [name.strip() for name in names.split(';') if name.strip()]
            for name in chunks:
                if name not in book.book.chunks:
                    raise Complaint('paper/concordance.txt:%d: no chunk is called <<%s>>' % (number, name))
            if not page or figure and not os.path.exists(os.path.join(root, 'figures', figure + '.svg')):
                raise Complaint('paper/concordance.txt:%d: no chapter %s, or no figures/%s.svg'
                                % (number, chapter, figure))
            page = os.path.basename(page[0])
            yield '| %s | %s | %s | %s | %s |' % (
                what, title, link(page[:-3], 'chapters/' + page),
                lines_of(chunk_link(book, book.book.chunks[name]) for name in chunks),
                link(figure, 'figures/%s.svg' % figure) if figure else '')


def concordance(book, root):
    for number in range(1, 26):
        if str(number) not in book.equations:
            raise Complaint('no chapter states equation (%d)' % number)
    complain_of_claims(book)
    lines = [equation_line(book, book.equations[tag]) for tag in sorted(book.equations, key=by_number)]
    complain_of_checks(book)
    return '\n'.join([
        '# Concordance', '', 'Where the book treats what the paper has. This page is made by `make errata`, '
                             'from the chapters themselves.',
        'Code and checks are given by the names of their chunks.', '',
        '## Equations', '', 'Numbers that begin with G are ours: the paper needs these equations and does '
                            'not state them.', '',
        '| equation | stated | code | function | check |', '|---|---|---|---|---|', *lines, '',
        '## Sections, figures and listings', '', '| paper | title | chapter | code | figure |',
        '|---|---|---|---|---|',
        *paper_lines(book, root), ''])


# Errata

def findings(root):
    """The blocks of paper/errata.txt, as dictionaries."""
    with open(os.path.join(root, 'paper', 'errata.txt'), encoding='utf-8') as file:
        text = re.sub(r'^#.*\n', '', file.read(), flags=re.M)
    for block in re.split(r'\n\s*\n', text.strip()):
        finding = dict(field.split(': ', 1) for field in re.split(r'\n(?! )', block))
        for name, text in finding.items():   # a formula keeps its lines
            finding[name] = re.sub(r'\n +', '\n' if name in ('printed', 'corrected') else ' ', text)
        if set(finding) != {'id', 'where', 'printed', 'corrected', 'kind', 'note'}:
            raise Complaint('paper/errata.txt: the block of %s needs id, where, printed, corrected, kind and '
                            'note' % finding.get('id', '?'))
        yield finding


def reported(book, root):
    """Erratum to the report of its first wrong version, from the last run in double precision; of the chapter
    that states the
    equation, not of the fast code, which is checked again."""
    found = {}
    for mutant in Results(os.path.join(root, 'build', 'report'), '_test.tsv').mutants:
        stated = book.equations.get(mutant.tag)
        if mutant.erratum and (not stated or stated.chapter == mutant.chapter):
            found.setdefault(mutant.erratum, mutant)
    return found


def number(error):
    if error != error or error == 0:
        return '%.0f' % error
    return '%.2g' % error if error >= 0.01 else '%.0e' % error


def statement(finding, note):
    return ['### %s, %s' % (finding['id'], finding['where']), '', 'Printed:', '', '```math',
            finding['printed'], '```', '',
            'Corrected:', '', '```math', finding['corrected'], '```', '', note, '']


def shown_row(book, finding, mutant):
    code = [chunk for chunk, part in book.functions.get(mutant.function, [])
            if chunk.chapter == mutant.chapter]
    where = chunk_link(book, code[0]) if code else link(os.path.basename(mutant.chapter), mutant.chapter)
    shown = 'Check of (%s), %s: error %s as printed, %s corrected. Code: %s.' % (
        mutant.tag, WORDS[mutant.method], number(mutant.wrong), number(mutant.right), where)
    return '\n'.join(statement(finding, '%s (%s.)' % (finding['note'], KINDS[finding['kind']])) + [shown, ''])


def errata(book, root):
    reports, found = reported(book, root), list(findings(root))
    known = {finding['id'] for finding in found}
    for chunk in book.book.chunks.values():
        for row in book.rows(chunk) if chunk.name.startswith('wrong') else ():
            if row.id and row.id not in known:
                raise Complaint('%s:%d: paper/errata.txt has no block for %s'
                                % (chunk.chapter, row.line, row.id))
            if row.id and row.id not in reports:
                raise Complaint("%s:%d: no report of '%s'; run make test first"
                                % (chunk.chapter, row.line, row.name))
    shown = [shown_row(book, finding, reports[finding['id']]) for finding in found
             if finding['id'] in reports]
    told = ['\n'.join(statement(finding, finding['note'])) for finding in found
            if finding['id'] not in reports]
    return '\n'.join([
        '# Errata', '', 'What the paper prints otherwise, and what the book has in its place. This page is '
                        'made by `make errata`: the errors',
        'are those that the checks measured, of the form as printed and of the corrected one, in the same '
        'check by the same method. An error',
        'is a fraction of the largest entry. *Our copy* is a machine-read text, so a few slips may be the '
        'reading\'s; a *gap* is something',
        'that is missing.', '', '## Shown by a check', '', *shown, '## Told, not shown', '',
        'No check can show these: nothing is computed from them, or nothing can run.', '', *told])


def same_up_to_rounding(old, new):
    """Whether two tables differ at most in errors that another processor or library may round otherwise: by a
    tenth, or anywhere
    below 1e-12."""
    pattern = re.compile(r': error (\S+) as printed, (\S+) corrected\.')
    if pattern.sub('', old) != pattern.sub('', new):
        return False
    for before, after in zip(pattern.findall(old), pattern.findall(new)):
        for a, b in zip(map(float, before), map(float, after)):
            if not (a == b or a != a and b != b or abs(a - b) <= 0.1 * max(a, b) or max(a, b) < 1e-12):
                return False
    return True


def main(arguments, root):
    if arguments not in ([], ['--check']):
        print('usage: tables.py [--check]', file=sys.stderr)
        return 2
    try:
        book = Catalogue(root)
    except BookError as error:
        print(error, file=sys.stderr)
        return 1
    failed = 0
    for name, make in (('errata', errata), ('concordance', concordance)):
        path = os.path.join(root, 'paper', name + '.md')
        try:
            new = make(book, root)
        except (Complaint, ReportError) as complaint:
            print(complaint, file=sys.stderr)
            failed += 1
            continue
        old = ''.join(part or '' for part in tangle.read(path))
        if same_up_to_rounding(old, new):
            continue
        if arguments:
            print('paper/%s.md: is not what the chapters and their checks give; run make errata' % name,
                  file=sys.stderr)
            failed += 1
        else:
            tangle.write({path: new})
    if arguments:
        print('%d passed, %d failed' % (2 - failed, failed))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:], ROOT))

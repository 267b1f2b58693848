#!/usr/bin/env python3
"""Writes paper/errata.md and paper/concordance.md from the chapters and from what the checkers reported.

    python3 paper/tables.py           rewrite them; needs the reports of 'make test' in build/report/
    python3 paper/tables.py --check   write nothing; fail where they are not what the chapters and the checkers give

A misprint is a mutant with an id in a chapter's table, and a block with that id in paper/errata.txt. The checker says how far
the printed form is off, and the right one. An equation needs a chunk that claims it, in a chapter that states it, and a check.
"""
import collections
import glob
import os
import re
import sys

import tangle

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

CHECK_ROW = re.compile(r'^\s*\{"\((\w+)\)", "([^"]*)", "([^"]*)", (\w+)\},$')
MUTANT_ROW = re.compile(r'^\s*\{"\((\w+)\)", (?:NULL|"(\w+)"), "([^"]*)", (\w+), \{\{[^,]*, (\w+)\}')
STATED = re.compile(r'\\text\{\((\w+)\)\}')
KINDS = {'paper': 'Misprint', 'reading': 'Contradicts itself', 'text': 'Our copy', 'gap': 'Gap'}

Check = collections.namedtuple('Check', 'chapter line tag what function run')
Mutant = collections.namedtuple('Mutant', 'chapter line tag id name method function')
Measured = collections.namedtuple('Measured', 'wrong right')


class Complaint(Exception):
    pass


def rows(book, pattern, kind):
    """The rows of all the chapters' tables of checks or mutants."""
    for chunk in book.chunks.values():
        for chapter, part in chunk.parts:
            for text, number in part:
                match = pattern.match(text)
                if match:
                    yield kind(chapter, number, *match.groups())


def stated(root):
    """Every numbered equation as tag -> (chapter, line, heading)."""
    found, heading = {}, ''
    for path in sorted(glob.glob(os.path.join(root, 'chapters', '[0-9]*-*.md')), key=lambda path: int(os.path.basename(path).split('-')[0])):
        with open(path, encoding='utf-8') as file:
            for number, text in enumerate(file, 1):
                heading = text.strip('# \n') if text.startswith('#') else heading
                for tag in STATED.findall(text):
                    found.setdefault(tag, ('chapters/' + os.path.basename(path), number, heading))
    return found


def chunk_of_function(book, function, of_chapter):
    """The chunk of a chapter that defines a function, and its line; None if it is no function."""
    pattern = re.compile(r'^[a-z][\w *]*\b%s\(' % re.escape(function))
    for chunk in book.chunks.values():
        for chapter, part in chunk.parts:
            for text, number in part:
                if chapter == of_chapter and pattern.match(text):
                    return chunk, chapter, number
    return None


def link(chapter, line):
    return '[%s:%d](../%s?plain=1#L%d)' % (os.path.basename(chapter), line, chapter, line)


def by_number(tag):
    return tag.startswith('G'), int(tag.lstrip('G'))


# Concordance

def equation_line(book, tag, where, checks):
    """One row of the table of equations, or a complaint."""
    chapter, line, _ = where
    chunks = [chunk for chunk in book.chunks.values() if tag in chunk.equations]
    mine = [check for check in checks if check.tag == tag]
    if not chunks:
        raise Complaint('%s:%d: equation (%s) has no code: no chunk claims it' % (chapter, line, tag))
    if not mine:
        raise Complaint('%s:%d: equation (%s) has no check: no table of checks has a row for it' % (chapter, line, tag))
    functions = sorted({check.function for check in mine})
    tests = [chunk_of_function(book, check.run, check.chapter) for check in mine]
    return '| (%s) | %s | %s | %s | %s |' % (
        tag, link(chapter, line), '<br>'.join('%s, %s' % (chunk.name, link(chunk.chapter, chunk.line)) for chunk in chunks),
        '<br>'.join('`%s`' % function for function in functions),
        '<br>'.join('`%s`, %s' % (check.run, link(test[1], test[2])) for check, test in zip(mine, tests) if test))


def complain_of_checks(book, checks):
    """A check's function stands in a chunk that bears the check's number; or the check itself does, where it borrows a function."""
    for check in checks:
        claiming = [chunk for chunk in book.chunks.values() if check.tag in chunk.equations and chunk.chapter == check.chapter]
        found = chunk_of_function(book, check.function, check.chapter)
        if not any(chunk.name.startswith('Check') or found and chunk is found[0] for chunk in claiming):
            raise Complaint("%s:%d: the check of (%s) is of %s, whose chunk does not bear that number" % (check.chapter, check.line, check.tag, check.function))


def complain_of_claims(book, equations):
    for chunk in book.chunks.values():
        for tag in chunk.equations:
            if tag not in equations:
                raise Complaint('%s:%d: <<%s>> claims equation (%s), which no chapter states' % (chunk.chapter, chunk.line, chunk.name, tag))


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
                if name not in book.chunks:
                    raise Complaint('paper/concordance.txt:%d: no chunk is called <<%s>>' % (number, name))
            if not page or figure and not os.path.exists(os.path.join(root, 'figures', figure + '.svg')):
                raise Complaint('paper/concordance.txt:%d: no chapter %s, or no figures/%s.svg' % (number, chapter, figure))
            page = os.path.basename(page[0])
            yield '| %s | %s | [%s](../chapters/%s) | %s | %s |' % (
                what, title, page[:-3], page, '<br>'.join('%s, %s' % (name, link(book.chunks[name].chapter, book.chunks[name].line)) for name in chunks),
                '[%s](../figures/%s.svg)' % (figure, figure) if figure else '')


def concordance(book, root):
    equations, checks = stated(root), list(rows(book, CHECK_ROW, Check))
    for number in range(1, 26):
        if str(number) not in equations:
            raise Complaint('no chapter states equation (%d)' % number)
    complain_of_claims(book, equations)
    lines = [equation_line(book, tag, equations[tag], checks) for tag in sorted(equations, key=by_number)]
    complain_of_checks(book, checks)
    return '\n'.join(['# Concordance', '', 'Where the book treats what the paper has. This page is made by `make errata`, from the chapters themselves.', '',
                      '## Equations', '', 'Numbers that begin with G are ours: the paper needs these equations and does not state them.', '',
                      '| equation | stated | code | function | check |', '|---|---|---|---|---|', *lines, '',
                      '## Sections, figures and listings', '', '| paper | title | chapter | code | figure |', '|---|---|---|---|---|', *paper_lines(book, root), ''])


# Errata

def findings(root):
    """The blocks of paper/errata.txt, as dictionaries."""
    with open(os.path.join(root, 'paper', 'errata.txt'), encoding='utf-8') as file:
        text = re.sub(r'^#.*\n', '', file.read(), flags=re.M)
    for block in re.split(r'\n\s*\n', text.strip()):
        finding = dict(line.split(': ', 1) for line in block.split('\n'))
        if set(finding) != {'id', 'where', 'printed', 'corrected', 'kind', 'note'}:
            raise Complaint('paper/errata.txt: the block of %s needs id, where, printed, corrected, kind and note' % finding.get('id', '?'))
        yield finding


def measured(root):
    """(chapter, mutant's name) -> Measured, from the reports of the last run."""
    found = {}
    for path in sorted(glob.glob(os.path.join(root, 'build', 'report', '*_test.tsv'))):
        with open(path, encoding='utf-8') as file:
            for row in (line.rstrip('\n').split('\t') for line in file):
                if row[0] == 'mutant' and row[3] != '-':
                    found[row[1], row[2], row[3]] = Measured(float(row[6]), float(row[7]))
    return found


def number(error):
    return 'nan' if error != error else '0' if error == 0 else '%.2g' % error if error >= 0.01 else '%.0e' % error


def shown_row(book, finding, mutant, errors):
    place = chunk_of_function(book, mutant.function, mutant.chapter)
    where = link(*place[1:]) if place else link(mutant.chapter, mutant.line)
    return '\n'.join(['### %s, %s' % (finding['id'], finding['where']), '', 'Printed:', '', '```math', finding['printed'], '```', '', 'Corrected:', '', '```math',
                      finding['corrected'], '```', '', '%s (%s.)' % (finding['note'], KINDS[finding['kind']]), '',
                      '| check of (%s), method | error as printed | error corrected | shown at |' % mutant.tag, '|---|---|---|---|',
                      '| %s | %s | %s | %s |' % (mutant.method.lower(), number(errors.wrong), number(errors.right), where), ''])


def told_row(finding):
    return '\n'.join(['### %s, %s' % (finding['id'], finding['where']), '', 'Printed:', '', '```math', finding['printed'], '```', '', 'Corrected:', '', '```math',
                      finding['corrected'], '```', '', '%s' % finding['note'], ''])


def errata(book, root):
    mutants, errors = {}, measured(root)
    for mutant in rows(book, MUTANT_ROW, Mutant):
        if mutant.id:
            mutants.setdefault(mutant.id, mutant)
    found = list(findings(root))
    for id in set(mutants) - {finding['id'] for finding in found}:
        raise Complaint('%s:%d: paper/errata.txt has no block for %s' % (mutants[id].chapter, mutants[id].line, id))
    shown, told = [], []
    for finding in found:
        mutant = mutants.get(finding['id'])
        if mutant is None:
            told.append(told_row(finding))
        elif (mutant.chapter, mutant.name, mutant.id) not in errors:
            raise Complaint("%s: no report of '%s'; run make test first" % (mutant.chapter, mutant.name))
        else:
            shown.append(shown_row(book, finding, mutant, errors[mutant.chapter, mutant.name, mutant.id]))
    return '\n'.join(['# Errata', '', 'What the paper prints otherwise, and what the book has in its place. This page is made by `make errata`: the errors are those that the',
                      'checks measured, of the form as printed and of the corrected one, in the same check by the same method. An error is a fraction of the largest entry.',
                      '*Our copy* is a machine-read text, so a few slips may be the reading\'s; a *gap* is something that is missing.', '',
                      '## Shown by a check', '', *shown, '## Told, not shown', '', 'No check can show these: nothing is computed from them, or nothing can run.', '', *told])


def same_up_to_rounding(old, new):
    """Whether two tables differ at most in errors that another processor or library may round otherwise: by a tenth, or anywhere below 1e-12."""
    pattern = re.compile(r'\| (central|oracle) \| (\S+) \| (\S+) \|')
    if pattern.sub('', old) != pattern.sub('', new):
        return False
    for before, after in zip(pattern.findall(old), pattern.findall(new)):
        for a, b in zip(map(float, before[1:]), map(float, after[1:])):
            if not (a == b or a != a and b != b or abs(a - b) <= 0.1 * max(a, b) or max(a, b) < 1e-12):
                return False
    return True


def main(arguments, root):
    if arguments not in ([], ['--check']):
        print('usage: tables.py [--check]', file=sys.stderr)
        return 2
    book = tangle.Book(root)
    if book.errors:
        print('%s:%d: %s' % book.errors[0], file=sys.stderr)
        return 1
    failed = 0
    for name, make in (('errata', errata), ('concordance', concordance)):
        path = os.path.join(root, 'paper', name + '.md')
        try:
            new = make(book, root)
        except Complaint as complaint:
            print(complaint, file=sys.stderr)
            failed += 1
            continue
        old = ''.join(part or '' for part in tangle.read(path))
        if same_up_to_rounding(old, new):
            continue
        if arguments:
            print('paper/%s.md: is not what the chapters and their checks give; run make errata' % name, file=sys.stderr)
            failed += 1
        else:
            tangle.write(path, new)
    if arguments:
        print('%d passed, %d failed' % (2 - failed, failed))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:], ROOT))

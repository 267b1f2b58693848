"""The pages that no chapter is: the first one, the results of all checks, and the index."""
import os
import re
from html import escape

import markdown
from catalogue import TAG, Chapter, Section, by_number, chunk_id
from edition import symbols as in_symbols
from mathml import GREEK, mathml
from results import METHODS, brief
from writer import Writer

SYMBOL = re.compile(r'\\(?:boldsymbol|hat|tilde|mathcal) ?[A-Za-z]|\\[A-Za-z]+|[A-Za-z]')
NO_SYMBOL = re.compile(r'\\(?:text|mathrm|textcolor|begin|end)\{[^{}]*\}|\\mathrm d|\\,d(?=[a-z])')


def listing(site):
    """Every page in its order: name, title, the chapter that it is made of or None."""
    chapters = [(site.page_of(chapter.path), site.plain(chapter.title), chapter.path)
                for chapter in site.catalogue.chapters]
    return [('index.html', 'Contents', None)] + chapters + [('checks.html', 'All checks', None),
                                                            ('names.html', 'Index', None)]


def all_pages(site):
    yield 'index.html', front(site)
    for path, writer in site.writers.items():
        yield site.page_of(path), writer.page()
    yield 'checks.html', checks(site)
    yield 'names.html', names(site)


def front(site):
    """The first page: how the project introduces itself, and the chapters with their sections."""
    with open(os.path.join(site.root, 'README.md'), encoding='utf-8') as file:
        blocks = markdown.blocks(markdown.number_lines(file.read()))
    later = [k for k, block in enumerate(blocks) if block.kind == 'heading' and block.data[0] > 1]
    chapter = Chapter('README.md', '', blocks, [Section('', '', blocks[:later[0]] if later else blocks)])
    out = [Writer(site, chapter).unit(chapter.sections[0]),
           '<p>On these pages every equation knows its code. Point at an index, or reach it with the tab '
           'key, and the same index lights up '
           'wherever it stands in the section: <span class="next">red</span> and underlined for the next '
           'layer, <span class="prev">blue</span> '
           'and dotted for the previous one. The underscore at the end of a name in C is shown as the prime '
           'that it means.</p>\n<h2>Chapters</h2>\n']
    for page, title, path in listing(site)[1:]:
        headed = [section for section in site.writers[path].chapter.sections if section.title] if path else []
        inside = ' · '.join('<a href="%s#%s">%s</a>' % (page, section.anchor, site.plain(section.title))
                            for section in headed)
        out.append('<h3 class="entry"><a href="%s">%s</a></h3>\n<p class="sections">%s</p>\n'
                   % (page, title, inside or explanation(page)))
    return ''.join(out)


def explanation(page):
    return {'checks.html': 'every equation with the errors that its check found, and every mistake that a '
                           'check must reject',
            'names.html': 'equations, symbols, terms, functions and chunks'}.get(page, '')


def link(site, path, anchor, text):
    return '<a href="%s">%s</a>' % (site.address(path, anchor, ''), text)


def equation_link(site, tag):
    return link(site, site.catalogue.equations[tag].chapter, 'eq-' + tag, '(%s)' % tag)


def table(heads, rows):
    body = ''.join('<tr>%s</tr>\n' % ''.join('<td>%s</td>' % cell for cell in row) for row in rows)
    return '<div class="scroll"><table>\n<thead><tr>%s</tr></thead>\n<tbody>%s</tbody>\n</table></div>\n' % (
        ''.join('<th>%s</th>' % head for head in heads), body)


def check_rows(site, path, tag):
    for (what, function), lines in site.results.checks(path, tag) or [(('', ''), [])]:
        by = {line.method: line for line in lines}
        ok = all(line.ok for line in lines)
        verdict = 'not run' if not lines else 'ok' if ok else '<b class="failed">FAILED</b>'
        errors = [brief(by[method].error) if method in by else '' for method in METHODS]
        entries = str(max((line.entries for line in lines), default=''))
        name = equation_link(site, tag) if tag in site.catalogue.equations else escape(tag)
        yield [name, mathml(in_symbols(what)) if what else '', '<code>%s</code>' % escape(function), *errors,
               entries, verdict]


def checks(site):
    """All that the last run of the checks said."""
    stated = [(site.catalogue.equations[tag].chapter, tag)
              for tag in sorted(site.catalogue.equations, key=by_number)]
    rows = [row for path, tag in stated + [place for place in site.results.lines if place not in stated]
            for row in check_rows(site, path, tag)]
    out = ['<h1>All checks</h1>\n<p>For each equation the largest error that each method saw, as a fraction '
           'of the largest entry.</p>\n',
           table(['', 'what', 'function', *METHODS, 'entries', ''], rows),
           '<h2 id="rejected">Mistakes that the checks reject</h2>\n',
           '<p>The misprints of the paper, and mistakes that one makes. Each was put in the place of the '
           'right function, and its check saw it.</p>\n']
    # several programs may say the same
    rows = dict.fromkeys(mutant_row(site, mutant) for mutant in site.results.mutants)
    heads = ['', 'mistake', 'in', 'erratum', 'seen by', 'its error', 'of the right one']
    out.append(table(heads, rows) if rows else '<p>Not run.</p>\n')
    return ''.join(out)


def mutant_row(site, mutant):
    equation = equation_link(site,
                             mutant.tag) if mutant.tag in site.catalogue.equations else escape(mutant.tag)
    return (equation, numbered(site, mutant.name), '<code>%s</code>' % escape(mutant.function),
            erratum_link(site, mutant.erratum), escape(mutant.method),
            brief(mutant.wrong), brief(mutant.right))


def chapter_link(site, path):
    writer = site.writers.get(path)
    return link(site, path, '', re.sub(r'\. .*', '', writer.chapter.title)) if writer else escape(path)


def erratum_link(site, name):
    """The errata's heading that begins with the name, or else their page, if there is one."""
    path = next((path for path in site.anchors if path.endswith('errata.md')), None)
    if not name or not path:
        return escape(name)
    begins = re.compile(re.escape(name) + r'\b')
    found = [block.line for block in site.writers[path].chapter.blocks if block.kind == 'heading'
             and begins.match(block.data[1])]
    return link(site, path, site.anchors[path][found[0]] if found else '', escape(name))


def numbered(site, text):
    """Text whose equation numbers are links."""
    return re.sub(r'\((%s)\)' % TAG, lambda match: equation_link(site, match[1])
                  if match[1] in site.catalogue.equations else match[0], escape(text, False))


def names(site):
    """The index."""
    jump = ' · '.join('<a href="#%s">%s</a>' % (name, name.capitalize())
                      for name in ('equations', 'symbols', 'terms', 'functions', 'chunks'))
    return ('<h1>Index</h1>\n<p>%s</p>\n' % jump
            + '<h2 id="equations">Equations</h2>\n' + table(['', 'section', 'code', 'check'],
                                                            equation_rows(site))
            + '<h2 id="symbols">Symbols</h2>\n' + table(['', 'meaning', 'in equations'], symbol_rows(site))
            + '<h2 id="terms">Terms</h2>\n' + columns(term_items(site))
            + '<h2 id="functions">Functions and macros</h2>\n' + columns(function_items(site))
            + '<h2 id="chunks">Chunks</h2>\n' + columns(chunk_items(site)))


def columns(items):
    return '<ul class="columns">\n%s</ul>\n' % ''.join('<li>%s</li>\n' % item for item in items)


def equation_rows(site):
    for tag in sorted(site.catalogue.equations, key=by_number):
        equation = site.catalogue.equations[tag]
        code = [link(site, chunk.chapter, chunk_id(chunk.name), escape(chunk.name))
                for chunk in site.catalogue.code_of(tag)]
        check = site.catalogue.check_of(tag, equation.chapter)
        check = link(site, check.chapter, chunk_id(check.name), escape(check.name)) if check else ''
        title = re.sub(r'^(?:\(\w+\)(?: and )?)+ *', '', equation.section.title)
        yield [equation_link(site, tag), site.plain(title), '<br/>'.join(code), check]


def symbols(tex):
    """The symbols in a formula, as TeX."""
    found = SYMBOL.findall(NO_SYMBOL.sub(' ', tex))
    return {symbol for symbol in found if symbol[0] != '\\' or ' ' in symbol or symbol[1:] in GREEK
            or symbol == r'\ell'}


def meanings(site):
    """What the notation chapter's table says about a symbol."""
    found = {}
    for block in site.catalogue.chapters[0].blocks:
        if block.kind == 'table' and block.data[1][0][0][:2] == ['symbol', 'meaning']:
            for (symbol, meaning, *_), line in block.data[1][1:]:
                for name in symbols(re.sub(r'_[xyc]', '', ' '.join(re.findall(r'\$`(.+?)`\$', symbol)))):
                    found.setdefault(name, meaning)
    return found


def symbol_rows(site):
    where, meaning = {}, meanings(site)
    for tag in sorted(site.catalogue.equations, key=by_number):
        for symbol in symbols(site.catalogue.equations[tag].tex):
            where.setdefault(symbol, []).append(tag)
    for symbol in sorted(where, key=lambda symbol: (symbol.split()[-1].strip('\\').lower(),
                                                    symbol.split()[-1], symbol)):
        first = site.catalogue.equations[where[symbol][0]]
        section = 'see ' + link(site, first.chapter, first.section.anchor, site.plain(first.section.title))
        said = site.plain(meaning[symbol]) if symbol in meaning else section
        yield [mathml(symbol), said, ' '.join(equation_link(site, tag) for tag in where[symbol])]


def term_items(site):
    """Each word of the index with the sections that explain it."""
    where, begins = {}, {}
    for order, chapter in enumerate(site.catalogue.chapters):
        for section in chapter.sections:
            begins.update({(chapter.path, block.line): (order, section) for block in section.blocks})
    for place, terms in site.catalogue.terms.items():
        for term in terms:
            where.setdefault(term, set()).add((begins[place][0], place))
    for term in sorted(where, key=str.lower):
        found = {}
        for order, place in sorted(where[term]):
            section = begins[place][1]
            number = re.match(r'\D*(\d*)', os.path.basename(place[0]))[1]
            title = site.plain(section.title or site.catalogue.chapters[order].title)
            found[link(site, place[0], section.anchor, '%s %s' % (number, title) if section.title
                       else title)] = None
        yield '%s <span class="where">%s</span>' % (escape(term), ' · '.join(found))


def function_items(site):
    for name, places in sorted(site.catalogue.functions.items(), key=lambda pair: pair[0].lower()):
        for chunk, part in places:
            tested = not any(file.startswith('src/') for file in site.catalogue.files[chunk.name])
            where = sorted(file for file in site.catalogue.files[chunk.name]
                           if file != 'src/mnist.c') or ['src/mnist.c']
            chapter = chunk.parts[part][0]
            yield '%s <span class="where">%s</span>' % (link(site, chapter, chunk_id(chunk.name, part),
                                                             '<code>%s</code>' % name),
                                                        where[0] if tested or len(where) == 1 else 'src/')


def chunk_items(site):
    for name, chunk in sorted(site.catalogue.book.chunks.items(),
                              key=lambda pair: [part.zfill(3)
                                                for part in re.split(r'(\d+)', pair[0].lower())]):
        parts = [link(site, chapter, chunk_id(name, part), str(part + 1) if part else escape(name))
                 for part, (chapter, lines) in enumerate(chunk.parts)]
        yield '%s <span class="where">%s</span>' % (' '.join(parts), chapter_link(site, chunk.chapter))

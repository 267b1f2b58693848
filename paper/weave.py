#!/usr/bin/env python3
"""The weaver: makes build/book/, an HTML page a chapter, from chapters/*.md and from the last run of the
checks.

    python3 paper/weave.py          write build/book/
    python3 paper/weave.py DIR      write it to DIR instead
"""
import os
import re
import shutil
import string
import sys
from html import escape

from catalogue import HERE, ROOT, BookError, chunk_id
import markdown
import pages
from edition import Edition
from mathml import css_class
from results import ReportError, Results
from writer import Writer, file_id

TITLE = 'Convolutional networks, equation by equation, in C'
LIVE = ('.unit:has(.%(name)s:hover) .%(name)s,.unit:has(.%(name)s:focus) .%(name)s'
        '{background:var(--light);box-shadow:0 2px 0 var(--ink)}\n')


class Site(Edition):
    """All the pages of the book, and where everything is."""
    def __init__(self, root, results):
        super().__init__(root, results)
        # links: (where it stands, page, anchor), to be checked at the end
        self.pictures, self.links = set(), []
        self.writers = {chapter.path: Writer(self, chapter) for chapter in self.catalogue.chapters}

    @staticmethod
    def page_of(path):
        return os.path.splitext(os.path.basename(path))[0] + '.html'

    def address(self, path, anchor, here):
        return ('' if path == here else self.page_of(path)) + ('#' + anchor if anchor else '')

    def resolve(self, target, here, line, label=''):
        """A link's address among the pages; '' for a file of the project that is no page."""
        if re.match(r'https?:', target):
            return target
        name, _, anchor = target.partition('#')
        path = os.path.normpath(os.path.join(os.path.dirname(here), name)) if name else here
        chunk = self.chunk_named(label, path)
        if chunk:
            return self.address(path, chunk_id(chunk.name), here)
        if path in self.anchors:
            self.links.append(('%s:%d' % (here, line), self.page_of(path), anchor))
            return self.address(path, anchor, here) or self.page_of(path)
        if path in self.catalogue.book.chunks:
            return self.address(self.catalogue.book.chunks[path].chapter, file_id(path), here)
        if path == 'README.md':
            return 'index.html'
        if not os.path.exists(os.path.join(self.root, path)):
            raise BookError('%s:%d: the link to %s leads nowhere' % (here, line, target))
        return ''

    def picture(self, path, where):
        if not os.path.exists(os.path.join(self.root, path)):
            raise BookError("%s: there is no picture %s; 'make figures' draws those that the chapters show"
                            % (where, path))
        self.pictures.add(path)
        return 'figures/' + os.path.basename(path)

    def size(self, path):
        """A picture's width and height, so that the page stands still while it is fetched."""
        with open(os.path.join(self.root, path), encoding='utf-8') as file:
            return re.search(r'<svg [^>]*width="(\d+)" height="(\d+)"', file.read(2000)).groups()

    def check_links(self, made):
        for where, page, anchor in self.links:
            if anchor and ' id="%s"' % anchor not in made[page]:
                raise BookError('%s: the page %s has no place #%s' % (where, page, anchor))

    def plain(self, text):
        """A heading without links, for lists of links."""
        writer = next(iter(self.writers.values()))
        writer.linking, writer.section = True, None
        text = markdown.inline(text, 1, writer)
        writer.linking = False
        return text


def contents(site, current):
    """The list of pages, and below the current one its sections."""
    items = []
    for page, title, path in pages.listing(site):
        mark = ' aria-current="page"' if page == current else ''
        inside = ''
        if page == current and path:
            headed = [section for section in site.writers[path].chapter.sections if section.title]
            inside = '<ul>%s</ul>' % ''.join('<li><a href="#%s">%s</a></li>'
                                             % (section.anchor, site.plain(section.title))
                                             for section in headed)
        items.append('<li><a href="%s"%s>%s</a>%s</li>' % (page, mark, title, inside))
    return '<ul>%s</ul>' % '\n'.join(items)


def neighbours(site, current):
    pairs = [(page, title) for page, title, path in pages.listing(site)]
    at = [page for page, title in pairs].index(current)
    before = '<a rel="prev" href="%s">← %s</a>' % pairs[at - 1] if at else ''
    after = '<a rel="next" href="%s">%s →</a>' % pairs[at + 1] if at + 1 < len(pairs) else ''
    return ('<nav class="turn" aria-label="previous and next page"><span>%s</span><span>%s</span></nav>'
            % (before, after))


def when_checked(site, path):
    """For a chapter that states equations its own checks count, elsewhere all of them."""
    stated = any(equation.chapter == path for equation in site.catalogue.equations.values())
    runs = site.results.sayings(path if stated else None)
    if not runs:
        return ('The checks have not been run: <code>make test</code> runs them, '
                'and <code>make book</code> then shows their results.')
    if 'SOURCE_DATE_EPOCH' in os.environ:   # a release: the same bytes whenever it is built
        return 'Checked with %s.' % ', and with '.join(escape(compiler) for compiler, time in runs)
    return 'Checked with %s.' % ', and with '.join('%s on %s' % (escape(compiler), escape(time))
                                                   for compiler, time in runs)


def weave(root, folder, results):
    """Every page's name and text."""
    site = Site(root, results)
    with open(os.path.join(HERE, 'page.html'), encoding='utf-8') as file:
        template = string.Template(file.read())
    bodies = dict(pages.all_pages(site))
    made = {}
    for page, title, path in pages.listing(site):
        plain = re.sub('<[^>]*>', '', title)
        made[page] = template.substitute(title=plain if page == 'index.html' else plain + ' · ' + TITLE,
                                         book=TITLE, body=bodies[page],
                                         contents=contents(site, page), turn=neighbours(site, page),
                                         checked=when_checked(site, path))
    site.check_links(made)
    names = sorted({css_class(name) for chapter in site.catalogue.chapters for section in chapter.sections
                    for name in section.indices})
    with open(os.path.join(HERE, 'style.css'), encoding='utf-8') as file:
        made['style.css'] = file.read() + ''.join(LIVE % {'name': name} for name in names)
    save(folder, made, [os.path.join(root, picture) for picture in sorted(site.pictures)])


def save(folder, made, pictures):
    """Everything is written beside and renamed, so that there is never half a book."""
    new = folder + '.new'
    shutil.rmtree(new, ignore_errors=True)
    os.makedirs(os.path.join(new, 'figures'))
    for name, text in made.items():
        with open(os.path.join(new, name), 'w', encoding='utf-8') as file:
            file.write(text)
    for picture in pictures:
        shutil.copy(picture, os.path.join(new, 'figures'))
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(new, folder)


def main(arguments):
    if len(arguments) > 1 or arguments and arguments[0].startswith('-'):
        print('usage: weave.py [DIR]', file=sys.stderr)
        return 2
    folder = arguments[0] if arguments else os.path.join(ROOT, 'build', 'book')
    try:
        weave(ROOT, folder, Results(os.path.join(ROOT, 'build', 'report')))
    except (BookError, ReportError) as error:
        print(error, file=sys.stderr)
        return 1
    print('%s is ready: open it in a browser' % os.path.relpath(os.path.join(folder, 'index.html')))
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))

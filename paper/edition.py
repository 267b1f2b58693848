"""What the book on the screen and the book in print have in common: the chapters, the results, and how a
result is told."""
import os
import re

from catalogue import EXTRA, Catalogue, anchors
from mathml import GREEK
from results import METHODS

WORDS = {'oracle': 'oracle', 'central': 'central differences', 'complex': 'complex step',
         'adjoint': 'adjoint'}
SYMBOL = re.compile(r'd([A-Za-z]\w*)/d([A-Za-z]\w*)|([A-Za-z]\w*)|([*~])|([\d.,()=+<>\[\]/-])|(.)')
CAPTION = re.compile(r'\*(?!\*)[^*]+\*$')


def letters(word):
    """A name of the report as TeX: letters and Greek ones as they are, a_ as a', words upright."""
    name, prime = word.rstrip('_'), "'" * word.endswith('_')
    tex = '\\%s ' % name if name in GREEK else name if len(name) == 1 and name != 'l' else None
    if name in ('l', 'loss'):
        tex = r'\ell '
    return (tex or r'\text{%s}' % name.replace('_', ' ')) + prime


def symbols(what):
    """What a check is about, in the equations' own symbols: dl/da is the slope of l."""
    def tex(match):
        above, below, word, sign, plain, other = match.groups()
        if above:
            return r'\partial %s/\partial %s' % (letters(above), letters(below))
        return letters(word) if word else {'*': r'\ast ', '~': r'\sim '}[sign] if sign else plain or r'\ '
    return SYMBOL.sub(tex, what).strip()


def plural(number, word):
    return '%d %s' % (number, word) + 's' * (number != 1)


class Edition:
    def __init__(self, root, results):
        self.root, self.results, self.catalogue = root, results, Catalogue(root)
        self.anchors = {chapter.path: anchors(chapter.blocks) for chapter in self.catalogue.chapters}
        self.numbered = {re.sub(r'\D.*', '', os.path.basename(path)): path for path in self.anchors
                         if path not in EXTRA}
        self.methods = dict(self.explanations())

    def explains_primes(self, path):
        """The chapter on notation says what the underscore is, so it must show one."""
        return path == self.numbered.get('0')

    def explanations(self):
        """Method to the chapter and the heading that explain it."""
        path = self.numbered.get('0')
        for method in METHODS if path else ():
            for block in self.catalogue.chapters[0].blocks:
                if block.kind == 'heading' and re.search(r'(?:against|with|the)\b.*\b(?:%s|%s)'
                                                         % (method, WORDS[method].split()[-1]),
                                                         block.data[1], re.I):
                    yield method, (path, self.anchors[path][block.line])
                    break

    def beside(self, tag):
        """Whether an equation's result stands beside its check, rather than under the equation itself."""
        return tag in self.catalogue.beside[self.catalogue.equations[tag].chapter]

    def checked_in(self, chunk, part):
        """The numbers whose results stand below a part of a chunk."""
        if self.catalogue.tested(chunk):
            return self.catalogue.checked_in(chunk, part)
        return self.checked_again(chunk.parts[part][0], chunk, part)

    def checked_again(self, path, chunk, part):
        """The equations of other chapters whose code is here a second time, and has been checked: fast
        instead of plain."""
        return [tag for tag in chunk.equations if part == 0 and (path, tag) in self.results.lines
                and tag not in self.catalogue.shown[path]]

    def wrong(self, path, tag):
        """The chunks with an equation's wrong versions, how many there are, and how many of them were
        rejected."""
        chunks = self.catalogue.wrong_of(tag, path)
        rows = [row for chunk in chunks for row in self.catalogue.rows(chunk)]
        tags = {tag} | {row.tag for row in rows}
        rejected = {(mutant.tag, mutant.name) for mutant in self.results.mutants if mutant.chapter == path
                    and mutant.tag in tags}
        return chunks, max(len(rows), len(rejected)), len(rejected)

    def told_of_wrong(self, path, tag):
        """As in: 7 wrong versions, all rejected. And whether that is well."""
        chunks, count, rejected = self.wrong(path, tag)
        said = plural(count, 'wrong version') if count else 'wrong versions' if chunks else ''
        if not rejected:
            return said, True
        return said + (', %d of them rejected' % rejected if rejected < count
                       else ', all rejected' * (count > 1)
                       or ', rejected'), rejected == count

    def home(self, chunk):
        """The number with whose result a chunk of wrong versions is folded, or None."""
        for tag in re.findall(r'\((\w+)\)', chunk.name)[:1] if chunk.name.startswith('wrong') else ():
            return tag if tag in self.catalogue.shown[chunk.chapter] else None
        return None

    def chunk_named(self, label, path):
        """The chunk that a link's text names, if the link leads to its chapter: on GitHub to a heading, in
        the book to itself."""
        chunk = self.catalogue.book.chunks.get(label)
        return chunk if chunk and path in {chapter for chapter, lines in chunk.parts} else None


def captioned(blocks):
    """A picture and the emphasised paragraph behind it are one: the picture with its caption."""
    out = []
    for block in blocks:
        before = out[-1] if out else None
        if (block.kind == 'paragraph' and CAPTION.match(block.data) and before and before.kind == 'paragraph'
                and re.match(r'!\[[^\n]*\)$', before.data)):
            out[-1] = before._replace(kind='picture', data=(before.data, block.data[1:-1], block.line))
        else:
            out.append(block)
    return out

"""The chapters' Markdown: blocks(lines) finds what a page is made of, inline(text, line, to) writes what a
line is made of."""
import collections
import re

from tangle import FENCE

# kind, line number, and by kind: heading (level, text); paragraph, text; fence (language, lines); list (first
# number or None, items);
# table (alignments, rows); quote, blocks. Lines are pairs of text and number, everywhere.
Block = collections.namedtuple('Block', 'kind line data')

HEADING = re.compile(r'^(#{1,6}) +(.*?)(?: +#+)? *$')
ITEM = re.compile(r'^( {0,3}(?:[-*+]|(\d{1,9})[.)]) +)(?=\S)')
QUOTE = re.compile(r'^ {0,3}> ?')
DELIMITERS = re.compile(r'^ *\|? *:?-+:? *(\| *:?-+:? *)*\|? *$')
COMMENT = re.compile(r'^ *<!--')
# math or code: what nothing inside of it changes
SPAN = re.compile(r'\$`.+?`\$|(`+)(?:.+?)(?<!`)\1(?!`)', re.S)

LINK = r'\[(?P<%s>(?:[^\[\]`]|`[^`]*`|\[[^\]]*\])*)\]\((?P<%s>[^\s()]*)(?: "(?P<%s>[^"]*)")?\)'
WITHIN = r'(?:\$`.+?`\$|`[^`]+`|\\.|[^*]%s)+?'
INLINE = re.compile('|'.join((
    r'\\(?P<escape>[\\`*_{}\[\]()#+.!<>|$-])',
    r'(?P<newline><br>)',
    r'\$`(?P<math>.+?)`\$',
    r'(?P<ticks>`+)(?P<code>.+?)(?<!`)(?P=ticks)(?!`)',
    '!' + LINK % ('alt', 'source', 'caption'),
    LINK % ('label', 'target', 'title'),
    r'\*\*(?=\S)(?P<strong>' + WITHIN % r'|\*(?!\*)' + r')(?<=\S)\*\*',
    r'\*(?=\S)(?P<emphasis>' + WITHIN % '' + r')(?<=\S)\*')), re.S)


def number_lines(text):
    return [(line, number) for number, line in enumerate(text.split('\n'), 1)]


def blocks(lines):
    """The blocks of some lines, each a pair of text and number."""
    found, at = [], 0
    while at < len(lines):
        block, at = next_block(lines, at)
        if block:
            found.append(block)
    return found


def next_block(lines, at):
    text, number = lines[at]
    heading = HEADING.match(text)
    if not text.strip():
        return None, at + 1
    if COMMENT.match(text):
        while at < len(lines) and '-->' not in lines[at][0]:
            at += 1
        return None, at + 1
    if heading:
        return Block('heading', number, (len(heading[1]), heading[2])), at + 1
    if ITEM.match(text):
        return list_block(lines, at)
    if FENCE.match(text):
        return fence_block(lines, at)
    if QUOTE.match(text):
        return quote_block(lines, at)
    if at + 1 < len(lines) and '|' in text and DELIMITERS.match(lines[at + 1][0]):
        return table_block(lines, at)
    return paragraph_block(lines, at)


def interrupts(text):
    return not text.strip() or any(begins.match(text) for begins in (HEADING, FENCE, ITEM, QUOTE, COMMENT))


def paragraph_block(lines, at):
    first = at
    at += 1
    while at < len(lines) and not interrupts(lines[at][0]):
        at += 1
    return Block('paragraph', lines[first][1],
                 '\n'.join(text.strip() for text, number in lines[first:at])), at


def fence_block(lines, at):
    match, number, body = FENCE.match(lines[at][0]), lines[at][1], []
    close = re.compile(r'^ {0,3}%s{%d,}\s*$' % (re.escape(match[2][0]), len(match[2])))
    at += 1
    while at < len(lines) and not close.match(lines[at][0]):
        body.append(lines[at])
        at += 1
    return Block('fence', number, (match[3], body)), at + 1


def quote_block(lines, at):
    first, inside = at, []
    while at < len(lines) and QUOTE.match(lines[at][0]):
        inside.append((QUOTE.sub('', lines[at][0]), lines[at][1]))
        at += 1
    return Block('quote', lines[first][1], blocks(inside)), at


def list_block(lines, at):
    first, items = at, []
    ordered = ITEM.match(lines[at][0])[2]
    while at < len(lines):
        match = ITEM.match(lines[at][0])
        if not match or (match[2] is None) != (ordered is None):
            break
        inside, at = item_lines(lines, at, len(match[1]))
        items.append(blocks(inside))
    return Block('list', lines[first][1], (ordered and int(ordered), items)), at


def item_lines(lines, at, indent):
    """The lines of one item without their indentation. A paragraph may go on without it."""
    inside = [(lines[at][0][indent:], lines[at][1])]
    at += 1
    while at < len(lines):
        text, number = lines[at]
        deeper = text.startswith(' ' * indent)
        more = not text.strip() and at + 1 < len(lines) and lines[at + 1][0].startswith(' ' * indent)
        if not (deeper or more or (inside[-1][0].strip() and not interrupts(text))):
            break
        inside.append((text[indent:] if deeper else text, number))
        at += 1
    while at < len(lines) and not lines[at][0].strip():
        at += 1
    return inside, at


def cells(text):
    """A table row's cells: the bars of math and code are no borders."""
    hidden = SPAN.sub(lambda match: match[0].replace('|', '\0'), text.strip().replace('\\|', '\0'))
    return [cell.strip().replace('\0', '|') for cell in re.sub(r'^\||\|$', '', hidden).split('|')]


def table_block(lines, at):
    first, rows = at, [(cells(lines[at][0]), lines[at][1])]
    sides = {(True, True): 'center', (False, True): 'right'}
    align = [sides.get((cell.startswith(':'), cell.endswith(':')), '') for cell in cells(lines[at + 1][0])]
    at += 2
    while at < len(lines) and '|' in lines[at][0]:
        rows.append((cells(lines[at][0]), lines[at][1]))
        at += 1
    return Block('table', lines[first][1], (align, rows)), at


def inline(text, line, to):
    """A paragraph's text, its parts handed to the methods of a writer: text, newline, math, code, image,
    link, strong, emphasis."""
    out, at = [], 0
    for match in INLINE.finditer(text):
        here = line + text.count('\n', 0, match.start())
        out += [to.text(text[at:match.start()]), span(match, here, to)]
        at = match.end()
    return ''.join(out) + to.text(text[at:])


def span(match, line, to):
    if match['escape']:
        return to.text(match['escape'])
    if match['newline']:
        return to.newline()
    if match['math']:
        return to.math(match['math'], line)
    if match['code']:
        return to.code(match['code'].strip() or match['code'])
    if match['source'] is not None:
        return to.image(match['alt'], match['source'], match['caption'], line)
    if match['target'] is not None:
        return to.link(match['label'], match['target'], line)
    if match['strong']:
        return to.strong(match['strong'], line)
    return to.emphasis(match['emphasis'], line)


def slug(text):
    """GitHub's anchor of a heading."""
    return re.sub(r'[^\w\- ]', '', re.sub(r'\$`|`\$|[`*]', '', text)).strip().lower().replace(' ', '-')

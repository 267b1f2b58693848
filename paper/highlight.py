"""The parts of C: words(text) tells comments, strings, numbers, names and references to chunks apart."""
import re

KEYWORDS = set('''break case char const continue default do double else enum extern float for goto if inline
int long register restrict return short signed sizeof static
struct switch typedef union unsigned void volatile while _Complex real weight'''.split())

WORD = re.compile('|'.join((
    r'(?P<reference>(?m:^ *// <<[^<>\n]+>>$))',
    r'(?P<comment>//[^\n]*|/\*.*?\*/)',
    r'(?P<string>"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|(?<=#include )<[^>\n]+>)',
    r'(?P<directive>(?m:^ *#\w+))',
    r'(?P<number>\b(?:0[xX][\da-fA-F.]+(?:[pP][+-]?\d+)?|\d[\d.]*(?:[eE][+-]?\d+)?)\w*)',
    r'(?P<name>[A-Za-z_]\w*)',
    r'(?P<other>[^\w"\'/# \n]+| +|.)')), re.S)

# A function is defined at the left margin: its type, its name, its arguments, and on the next line its body.
FUNCTION = re.compile(r'^(?!typedef\b)[A-Za-z_][^\n;={}]*?[ *](\w+)\([^;{}]*\) *(?://[^\n]*)?\n\{', re.M)

# those that end with _ or _AT are parts of others
MACRO = re.compile(r'^#define ([A-Z][A-Z_]*[A-Z])(?<!_AT)\b', re.M)

ATTRIBUTE = re.compile(r'__attribute__\(\(.*?\)\) ')


def words(text):
    """Pairs of kind and text: reference, comment, string, directive, number, keyword, name, other."""
    for match in WORD.finditer(text):
        kind = match.lastgroup
        yield 'keyword' if kind == 'name' and match[0] in KEYWORDS else kind, match[0]


def functions(text):
    """The names of the functions and macros that a chunk defines."""
    return FUNCTION.findall(ATTRIBUTE.sub('', text)) + MACRO.findall(text)

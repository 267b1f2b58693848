#!/usr/bin/env python3
"""The book in a real browser: nothing complains or overflows, indices light, keys reach them, dark mode and print work."""
import base64
import os
import shutil
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
sys.path[:0] = [HERE, os.path.join(ROOT, 'paper')]
import devtools   # noqa: E402
import weave   # noqa: E402
from results import Results   # noqa: E402

passed = failed = 0
LIT = '''(() => {
    let lit = [...document.querySelectorAll('.unit [class*="v-"]')].filter(e => getComputedStyle(e).boxShadow != 'none');
    return [...new Set(lit.map(e => (e.closest('.equation') ? 'equation ' : e.closest('pre') ? 'code ' : 'prose ') + e.textContent))].sort();
})()'''
WIDER = '''[...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1
    && !e.closest('.formula, pre, .scroll, .skip')).map(e => e.outerHTML.slice(0, 99)).slice(0, 3)'''


def expect(claim, got, wanted):
    global passed, failed
    if got == wanted:
        passed += 1
    else:
        failed += 1
        print('FAILED: %s: expected %s, got %s' % (claim, wanted, got))


def check_page(browser, address, name):
    for width in (360, 1400):
        browser.open(address, width)
        expect('%s at %d: complaints' % (name, width), browser.complaints(), [])
        expect('%s at %d: wider than the window' % (name, width), browser.evaluate('Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)'), width)
        expect('%s at %d: elements outside of the window' % (name, width), browser.evaluate(WIDER), [])


def point(browser, selector):
    """Moves the mouse onto the first element that matches."""
    browser.evaluate('document.querySelector(%r).scrollIntoView({block: "center", inline: "nearest"})' % selector)
    x, y = browser.evaluate('(r => [r.x + r.width / 2, r.y + r.height / 2])(document.querySelector(%r).getBoundingClientRect())' % selector)
    browser.mouse(x, y)


def check_indices(browser, book):
    browser.open(book + '2-convolution.html')
    browser.mouse(5, 5)
    expect('nothing is lit at first', browser.evaluate(LIT), [])
    point(browser, '#eq-8 .v-c2')
    expect("c'' in (8)", browser.evaluate(LIT), ['code c_', 'equation c′′', 'prose c′′'])
    point(browser, '#chunk-convolution-slope-of-the-input .v-x2')
    expect('i in the code of (8)', browser.evaluate(LIT), ['code i', 'equation x′′', 'prose x′′'])
    point(browser, '#chunk-convolution-forward .v-c')
    expect('c in the code of (7)', browser.evaluate(LIT), ['code c', 'equation c', 'prose c'])
    browser.mouse(5, 5)
    expect('nothing is lit when the mouse is gone', browser.evaluate(LIT), [])


def check_keys(browser, book):
    browser.open(book + '2-convolution.html')
    browser.evaluate('document.querySelector("#eq-7 .number").scrollIntoView(); document.querySelector("[id=\'7-forward\'] .here").focus()')
    seen = []
    for _ in range(8):
        browser.key('Tab', 9)
        lit = browser.evaluate(LIT)
        seen += [name for name in lit if name.startswith('equation')]
    expect('the tab key lights the indices of (7) one after the other', seen, ['equation ' + name for name in 'c x y c′ x′ y′'.split()])


def check_media(browser, book):
    background = 'getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g).map(Number).reduce((a, b) => a + b)'
    browser.open(book + '4-downsampling.html')
    expect('light: a light page', browser.evaluate(background) > 600, True)
    browser.media(scheme='dark')
    expect('dark: a dark page', browser.evaluate(background) < 150, True)
    browser.media('print')
    shown = '[".side", ".top", ".turn"].filter(name => getComputedStyle(document.querySelector(name)).display != "none")'
    expect('print: no navigation', browser.evaluate(shown), [])
    browser.media()
    pdf = base64.b64decode(browser.call('Page.printToPDF')['data'])
    expect('print: a PDF of several pages', pdf[:5] == b'%PDF-' and pdf.count(b'/Type /Page\n') > 3, True)


def main():
    program = devtools.find_browser()
    if not program:
        print('no Chromium here: the book is not tried in a browser')
        print('0 passed, 0 failed')
        return 0
    folder = tempfile.mkdtemp()
    try:
        weave.weave(ROOT, os.path.join(folder, 'book'), Results(os.path.join(ROOT, 'build', 'report')))
        browser = devtools.Browser(program)
        try:
            book = 'file://%s/book/' % folder
            for name in sorted(name for name in os.listdir(os.path.join(folder, 'book')) if name.endswith('.html')):
                check_page(browser, book + name, name)
            check_indices(browser, book)
            check_keys(browser, book)
            check_media(browser, book)
        finally:
            browser.close()
    except weave.BookError as error:
        expect('the book is woven', str(error), '')
    finally:
        shutil.rmtree(folder)
    print('%d passed, %d failed' % (passed, failed))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())

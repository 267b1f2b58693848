#!/usr/bin/env python3
"""The book in a real browser: nothing complains or overflows, indices light, keys reach them, dark mode and
print work."""
import base64
import os
import shutil
import sys
import tempfile

import devtools
from tools import ROOT   # finds the weaver
import weave
from results import Results

passed = failed = 0
# For each index of a numbered equation that its section's code has, too: one element in the equation and one
# in the code.
TARGETS = '''(() => {
    names = e => [...e.classList].filter(name => name.startsWith('v-'));
    targets = [];
    for (let unit of document.querySelectorAll('.unit'))
        for (let name of new Set([...unit.querySelectorAll('.equation[id] [class*="v-"]')].flatMap(names))) {
            let kinds = ['.equation[id]', '.chunk:not(.wrong) pre'];
            let places = kinds.map(place => unit.querySelector(place + ' .' + name));
            if (places[1]) targets.push(...places);
        }
    return targets.length;
})()'''
AIM = '''(e => {
    e.scrollIntoView({block: 'center', inline: 'center'});
    let r = e.getClientRects()[0];
    return [r.x + r.width / 2, r.y + r.height / 2];
})'''
LIT = '''[...document.querySelectorAll('.unit [class*="v-"]')]
    .filter(e => getComputedStyle(e).boxShadow != 'none')'''
WRONG = '''(target => {
    let wanted = [...target.closest('.unit').querySelectorAll('[class*="v-"]')]
        .filter(e => names(e).some(name => names(target).includes(name)));
    let lit = new Set(%s);
    let well = wanted.length > 1 && lit.size == wanted.length && wanted.every(e => lit.has(e));
    return well ? '' : target.outerHTML + ' lit ' + lit.size + ' of ' + wanted.length;
})''' % LIT
WIDER = '''[...document.querySelectorAll('main *')].filter(
    e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.formula, pre, .scroll, .skip'))
    .map(e => e.outerHTML.slice(0, 99)).slice(0, 3)'''


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
        expect('%s at %d: wider than the window' % (name, width),
               browser.evaluate('Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)'),
               width)
        expect('%s at %d: elements outside of the window' % (name, width), browser.evaluate(WIDER), [])
        browser.evaluate('document.querySelectorAll("main details").forEach(e => e.open = true)')
        expect('%s at %d, unfolded: elements outside of the window' % (name, width),
               browser.evaluate(WIDER), [])


def check_indices(browser, address, name):
    """The mouse on an index lights what has its name in the section, in the equation, in code and in prose,
    and nothing else."""
    browser.open(address)
    count = browser.evaluate(TARGETS)
    for k in range(count):
        browser.mouse(*browser.evaluate(AIM + '(targets[%d])' % k))
        expect('%s: the mouse on an index' % name, browser.evaluate(WRONG + '(targets[%d])' % k), '')
    browser.mouse(1, 1)
    expect('%s: the mouse on nothing' % name, browser.evaluate(LIT + '.length'), 0)
    return count


def check_keys(browser, book):
    browser.open(book + '2-convolution.html')
    browser.evaluate('document.querySelector("#eq-7 .number").scrollIntoView(); '
                     'document.querySelector("[id=\'7-forward\'] .here").focus()')
    seen = []
    for _ in range(8):
        browser.key('Tab', 9)
        seen += browser.evaluate('[...new Set(%s.filter(e => e.closest("#eq-7")).map(e => e.textContent))]'
                                 % LIT)
    expect('the tab key lights the indices of (7) one after the other', seen[:6], 'c x y c′ x′ y′'.split())


def check_media(browser, book):
    background = ('getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g).map(Number)'
                  '.reduce((a, b) => a + b)')
    browser.open(book + '4-downsampling.html')
    expect('light: a light page', browser.evaluate(background) > 600, True)
    browser.media(scheme='dark')
    expect('dark: a dark page', browser.evaluate(background) < 150, True)
    browser.media('print')
    shown = ('[".side", ".top", ".turn"]'
             '.filter(name => getComputedStyle(document.querySelector(name)).display != "none")')
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
            book, indices = 'file://%s/book/' % folder, 0
            for name in sorted(name for name in os.listdir(os.path.join(folder, 'book'))
                               if name.endswith('.html')):
                check_page(browser, book + name, name)
                indices += check_indices(browser, book + name, name)
            expect('there are indices to point at', indices > 100, True)
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

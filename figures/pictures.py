"""The figures that show a trained network's numbers as pictures."""
import data
from draw import Figure, width


def largest(*arrays):
    return max(abs(value) for rows in arrays for row in rows for value in row)


def correlation():
    a = data.arrays('correlation.csv')
    picture, kernel, same, turned = (a[name][0]
                                     for name in ('picture', 'kernel', 'correlation', 'convolution'))
    f = Figure(720, 420, 'Correlation beside convolution',
               'A handwritten digit; a learned kernel of 5 by 5 and the map of its correlation with the '
               'digit; the same kernel flipped about both axes and the map of the convolution. '
               'Where the one map is positive the other is mostly negative.')
    flipped = [row[::-1] for row in kernel[::-1]]
    most, small = largest(same, turned), largest(kernel)
    low = picture[0][0]
    f.picture(24, 128, 6, picture, largest(picture), low)
    f.text(24, 116, 'picture')
    for top, name, k, result in ((28, 'kernel', kernel, same), (226, 'flipped', flipped, turned)):
        f.picture(292, top + 40, 16, k, small)
        f.text(292, top + 28, name)
        f.picture(476, top + 12, 7, result, most)
    f.line([(196, 190), (284, 108)], 'link')
    f.line([(196, 234), (284, 306)], 'link')
    f.arrow(380, 108, 468, 108)
    f.arrow(380, 306, 468, 306)
    f.text(476, 32, 'cross-correlation')
    f.text(476, 230, 'convolution')
    f.text(24, 330, '[t:teal] is positive,', 'start', 's')
    f.text(24, 348, '[o:ochre] is negative', 'start', 's')
    return f


def filters():
    w, a = data.arrays('filters.csv'), data.arrays('activations.csv')
    f = Figure(720, 418, 'The first layer\'s filters and what they respond to',
               'The eight kernels of 5 by 5 of the first convolution, and beneath '
               'each the feature map that it makes of a handwritten digit. Each map is dark along other '
               'strokes or edges of the digit.')
    most = largest(*w['w1'])
    f.picture(24, 80, 4, a['a0'][0], largest(*a['a0']), a['a0'][0][0][0])
    f.text(24, 68, 'picture')
    brightest = largest(*a['a1'])
    for c in range(8):
        x, y = 176 + 136 * (c % 4), 24 + 198 * (c // 4)
        f.picture(x, y, 10, w['w1'][c], most)
        f.text(x + 60, y + 12, '*w_{(%d,0)}*' % c)
        f.picture(x, y + 56, 5, a['a1'][c], brightest, 0)
    f.text(24, 222, 'kernels: [t:teal] is positive,', 'start', 's')
    f.text(24, 240, '[o:ochre] is negative', 'start', 's')
    return f


def activations():
    a = data.arrays('activations.csv')
    f = Figure(720, 560, 'One digit, layer by layer',
               'A handwritten digit as it goes through the network: eight maps of 24 by 24 after the first '
               'convolution, eight of 20 by 20 after the second, eight of 10 by 10 after the maximum, 128 '
               'numbers after the fully-connected layer, '
               'and ten probabilities, of which %d has nearly all.'
               % max(range(10), key=lambda c: a['a5'][0][0][c]))
    y = 20
    f.text(24, y + 52, '*a^{(0)}*')
    f.text(24, y + 70, 'the picture', 'start', 's q')
    f.picture(104, y, 3.9, a['a0'][0], largest(*a['a0']), a['a0'][0][0][0])
    y += 126
    for layer, size, note in (('a1', 3, 'convolution'), ('a2', 3, 'convolution'), ('a3', 4, 'maximum')):
        maps, rows = a[layer], len(a[layer][0])
        f.text(24, y + size * rows / 2, '*a^{(%s)}*' % layer[1])
        f.text(24, y + size * rows / 2 + 18, note, 'start', 's q')
        for c, rows_ in enumerate(maps):
            f.picture(104 + 76 * c, y, size, rows_, largest(*maps), 0)
        y += size * rows + 16
    f.text(24, y + 16, '*a^{(4)}*')
    f.text(24, y + 34, 'connected', 'start', 's q')
    row = a['a4'][0][0]
    f.picture(104, y, 9.4, [row[:64], row[64:]], largest(*a['a4']), 0)
    y += 52
    f.text(24, y + 14, '*a^{(5)}*')
    f.text(24, y + 32, 'softmax', 'start', 's q')
    for c, p in enumerate(a['a5'][0][0]):
        f.picture(104 + 60 * c, y, 18, [[p]], 1, 0)
        f.text(128 + 60 * c, y + 14, str(c))
    f.height = round(y + 48)
    return f


def confusion():
    table = [[int(value) for value in row[1:]] for row in data.table('confusion.csv')]
    right = sum(table[c][c] for c in range(10))
    f = Figure(720, 460, 'Which digits are taken for which',
               'Rows are the digits shown, columns the answers. %d of %d stand on the diagonal. The '
               'numbers beside it are the mistakes, darker where there are more.'
               % (right, sum(map(sum, table))))
    left, top, size = 174, 56, 38
    most = max(table[i][k] for i in range(10) for k in range(10) if i != k)
    for i in range(10):
        f.text(left - 14, top + size * (i + .5) + 5, str(i), 'middle')
        f.text(left + size * (i + .5), top - 10, str(i), 'middle')
        for k in range(10):
            grade = 0 if i == k else -(-3 * table[i][k] // most)
            f.rect(left + size * k, top + size * i, size, size, 'diagonal' if i == k else 'box i%d' % grade
                   if grade else 'cell')
        for k in range(10):
            if table[i][k]:
                f.text(left + size * (k + .5), top + size * (i + .5) + 5, str(table[i][k]), 'middle', 's q'
                       if i == k else 's')
        f.text(left + 10 * size + 66, top + size * (i + .5) + 5, '%.1f %%'
               % (100 * table[i][i] / sum(table[i])), 'end', 's')
    f.text(left + 5 * size, 24, 'the answer', 'middle')
    f.text(left - 34, top + 5 * size + 5, 'the digit shown', 'end')
    f.text(left + 10 * size + 66, top - 10, 'right', 'end', 's q')
    return f


def wrong_digits():
    rows = sorted(((int(shown), int(read), int(picture), pixels)
                   for picture, shown, read, probability, pixels in data.table('wrong.csv')))
    columns, size, gap = 15, 40, 46
    deep = -(-len(rows) // columns)
    f = Figure(720, 30 + 62 * deep, 'The digits it gets wrong',
               'All %d test pictures that the trained network takes for another digit. Under each '
               'picture stand the digit that it is and the digit that the network reads.' % len(rows))
    for n, (shown, read, picture, pixels) in enumerate(rows):
        x, y = 17 + gap * (n % columns), 16 + 62 * (n // columns)
        f.picture(x, y, size / 28, [[int(c, 16) // 3 for c in pixels[28 * i:28 * i + 28]] for i in range(28)],
                  5, 0)
        f.text(x + size / 2, y + size + 14, '%d → [o:%d]' % (shown, read), 'middle', 's')
    return f

"""The figures that are drawn from no table: what the layers do, with small numbers that can be followed by
hand."""
from draw import Figure


def minus(value):
    return str(value).replace('-', '−')


def network():
    f = Figure(720, 334, 'A network',
               'Circles in four columns: an input layer of five, two hidden layers of six and an output '
               'layer of three. Every '
               'circle is joined to all circles of the column before. '
               'One circle of the second hidden layer is red, and the six that it is joined to, in the first '
               'hidden layer, are blue.')
    left, columns, middle, gap = [90, 270, 450, 630], [5, 6, 6, 3], 172, 44
    at = [[(x, middle + gap * (i - (n - 1) / 2)) for i in range(n)] for x, n in zip(left, columns)]
    chosen = at[2][2]
    for before, after in zip(at, at[1:]):
        for p in before:
            for q in after:
                if q != chosen:
                    f.line([p, q], 'grid')
    for p in at[2]:
        for q in at[3]:
            f.line([p, q], 'link' if p == chosen else 'grid')
    for p in at[1]:
        f.line([p, chosen], 'prevline')
    for k, column in enumerate(at):
        for x, y in column:
            f.circle(x, y, 14, 'next' if (x, y) == chosen else 'prev' if k == 1 else 'cell')
    for k, name in enumerate(('input layer', 'hidden layer', 'hidden layer', 'output layer')):
        f.text(left[k], 322, name, 'middle', 's q')
    f.text(left[1], 26, '[b:previous layer, *a^{(l−1)}*]', 'middle')
    f.text(left[2], 26, '[r:next layer, *a^{(l)}*]', 'middle')
    return f


def chain():
    f = Figure(720, 304, 'Forward and backward through a chain',
               'A chain of numbers from left to right: the input 2, a layer with weight 3 and bias '
               'minus 4, its output 2, a layer with weight one half and bias 1, its output 2, '
               'a loss, the squared distance from 1, which is 1. Below, from right to left, the slopes: 1, '
               'then 2, then 1, then 3, and down from the '
               'two layers those of their parameters.')
    mid, low = 98, 206
    values = [(40, '*a*^{(0)}', 2, 3), (250, '*a*^{(1)}', 2, 1), (460, '*a*^{(2)}', 2, 2), (680, '*ℓ*', 1, 1)]
    boxes = [(145, '*3a^{(0)} − 4*'), (355, '*½a^{(1)} + 1*'), (570, '*(a^{(2)} − 1)^{2}*')]
    f.text(20, 26, 'forward: what comes out')
    for k, (x, name, value, slope) in enumerate(values):
        f.circle(x, mid, 19, 'cell')
        f.text(x, mid + 5, minus(value), 'middle')
        f.text(x, mid - 34, name, 'middle')
    for k, (x, formula) in enumerate(boxes):
        f.rect(x - 52, mid - 22, 104, 44, 'cell', 6)
        f.text(x, mid + 5, formula, 'middle')
        f.text(x, mid - 34, ('layer 1', 'layer 2', 'loss')[k], 'middle', 's q')
        f.arrow(values[k][0] + 19, mid, x - 52, mid)
        f.arrow(x + 52, mid, values[k + 1][0] - 19, mid)
    f.text(20, low - 36, 'backward: how fast *ℓ* grows with each number')
    for k, (x, name, value, slope) in enumerate(values):
        f.circle(x, low, 19, 'cell')
        f.text(x, low + 5, minus(slope), 'middle')
    for k, (x, factor, of_weight, of_bias) in enumerate(((145, 'times 3', '*∂ℓ/∂w^{(1)}* = 1 · 2',
                                                          '*∂ℓ/∂b^{(1)}* = 1'), (355, 'times ½',
        '*∂ℓ/∂w^{(2)}* = 2 · 2', '*∂ℓ/∂b^{(2)}* = 2'),
                                                         (570, 'times *2(a^{(2)} − 1)* = 2', '', ''))):
        f.arrow(values[k + 1][0] - 19, low, values[k][0] + 19, low, 'back')
        f.text(x, low - 10, factor, 'middle', 's')
        if of_weight:
            f.arrow(x, low, x, low + 38, 'back')
            f.text(x, low + 58, of_weight, 'middle')
            f.text(x, low + 82, of_bias, 'middle')
    return f


def fully_connected():
    f = Figure(720, 356, 'A fully-connected layer',
               'Three blue circles hold the inputs 2, 1 and minus 1. Lines with the weights 1, 0, 2 lead to '
               'a '
               'first red circle, which adds the bias 1 and holds 1; '
               'lines with the weights minus 1, 3, 1 to a second, which adds the bias 0 and holds 0. An '
               'activation function follows each.')
    w, a, b, z = [[1, 0, 2], [-1, 3, 1]], [2, 1, -1], [1, 0], [1, 0]
    xs, ys, xt, yt = 130, [75, 165, 255], 430, [110, 220]
    for c, row in enumerate(w):
        for c_, weight in enumerate(row):
            f.line([(xs + 24, ys[c_]), (xt - 27, yt[c])], 'link')
    for c, row in enumerate(w):
        for c_, weight in enumerate(row):
            part = .27 if c == 0 else .2
            x, y = xs + 24 + part * (xt - xs - 51), ys[c_] + part * (yt[c] - ys[c_])
            f.rect(x - 13, y - 10, 26, 20, 'paper')
            f.text(x, y + 5, minus(weight), 'middle')
    for c_ in range(3):
        f.circle(xs, ys[c_], 24, 'prev')
        f.text(xs, ys[c_] + 5, minus(a[c_]), 'middle')
        f.text(xs - 36, ys[c_] + 5, '*a_{(%d)}*' % c_, 'end', 'tp')
    for c in range(2):
        f.circle(xt, yt[c], 27, 'next')
        f.text(xt, yt[c] + 5, minus(z[c]), 'middle')
        f.text(xt, yt[c] + (-38 if c == 0 else 52), '*z_{(%d)}*' % c, 'middle', 'tn')
        f.arrow(xt + 27, yt[c], 530, yt[c])
        f.rect(530, yt[c] - 20, 44, 40, 'cell', 6)
        f.text(552, yt[c] + 5, '*f*', 'middle')
        f.arrow(574, yt[c], 640, yt[c])
        f.text(650, yt[c] + 5, '*a_{(%d)}*' % c, 'start', 'tn')
    f.text(xs, 24, '[b:previous layer]', 'middle', 's')
    f.text(282, 24, 'weights *w_{([r:c],[b:c′])}*', 'middle', 's')
    f.text(xt, 24, '[r:next layer]', 'middle', 's')
    for c in range(2):
        f.text(xt + 30, yt[c] + 30, '*b_{(%d)}* = %d' % (c, b[c]), 'start', 's')
        products = ' + '.join('%s · %s' % tuple(minus(v) if v >= 0 else '(%s)' % minus(v) for v in pair)
                              for pair in zip(w[c], a))
        f.text(xs - 24, 318 + 24 * c, '*z_{(%d)}* = %s + %d = %d' % (c, products, b[c], z[c]))
    return f


STROKE = ['00000000', '00110000', '00011000', '00011000', '00001100', '00000000']
KERNEL = [[-1, 2, -1], [-1, 2, -1], [-1, 2, -1]]


def convolution():
    a, (px, py) = [[int(c) for c in row] for row in STROKE], (1, 2)
    z = [[sum(KERNEL[x_][y_] * a[x + x_][y + y_] for x_ in range(3) for y_ in range(3)) for y in range(6)]
         for x in range(4)]
    f = Figure(720, 272, 'Convolution',
               'A kernel of 3 by 3 lies on rows 1 to 3 and columns 2 to 4 of a picture of 6 by 8; the sum of '
               'nine products, '
               '%d, is row 1, column 2 of a feature map of 4 by 6.' % z[px][py])
    size, left, top, kx, mx = 33, 24, 56, 330, 500
    f.text(left, 42, 'picture [b:*a*]')
    f.text(kx, 76, 'kernel *w*')
    f.text(mx, 76, 'feature map [r:*z*]')
    under = lambda i, k: px <= i < px + 3 and py <= k < py + 3
    for down in (0, 3):
        f.line([(left + size * (py + 3), top + size * (px + down)), (kx, top + size * (px + down))], 'ray')
        f.line([(kx + 3 * size, top + size * (px + down)),
                (mx + size * py, top + size * (px + 1 + down / 3))], 'ray')
    f.grid(left, top, a, size, lambda i, k: 'prevcell' if under(i, k) else 'cell')
    f.rect(left + size * py, top + size * px, 3 * size, 3 * size, 'prevline')
    f.grid(kx, top + size, KERNEL, size, label=minus)
    f.grid(mx, top + size, z, size, lambda i, k: 'nextcell' if (i, k) == (px, py) else 'cell', minus)
    f.rect(mx + size * py, top + size * (1 + px), size, size, 'nextline')
    return f


def tube(f, x1, x2, y, r, classes):
    """A pipe from left to right, with its round mouth at the right."""
    e = r * .42
    f.add('path', classes, d='M%d %dH%dV%dH%dA%.1f %.1f 0 0 1 %d %dZ'
          % (x1, y - r, x2, y + r, x1, e, r, x1, y - r))
    f.add('ellipse', classes, cx=x2, cy=y, rx=e, ry=r)


def channels():
    f = Figure(720, 352, 'Channels of a convolutional layer',
               'Three blue pipes, the channels of the previous layer, each carrying a matrix, lead to '
               'both of two neurons. Each neuron has three kernels, one for a pipe, adds up what they give '
               'and its bias, '
               'and fills one red pipe of the next layer.')
    pipes, boxes, r = [84, 190, 296], [110, 270], 32
    for c, y in enumerate(boxes):
        for c_, from_y in enumerate(pipes):
            f.line([(163, from_y), (286, y + 42 * (c_ - 1))], 'link')
    for c_, y in enumerate(pipes):
        tube(f, 36, 150, y, r, 'prev')
        f.text(93, y + 5, '*a_{(%d)}*' % c_, 'middle', 'tp')
    for c, y in enumerate(boxes):
        f.rect(286, y - 68, 250, 136, 'cell', 8)
        for c_ in range(3):
            middle = y + 42 * (c_ - 1)
            for i in range(9):
                f.rect(300 + 10 * (i % 3), middle - 15 + 10 * (i // 3), 10, 10, 'cell')
            f.text(338, middle + 5, '*w_{([r:%d],[b:%d])}*' % (c, c_))
            f.arrow(392, middle, 436, y + 5 * (c_ - 1), 'link', 'headq', 6)
        f.circle(450, y, 14, 'cell')
        f.text(450, y + 5, '+', 'middle')
        f.text(450, y + 52, '*b_{([r:%d])}*' % c, 'middle')
        f.arrow(450, y + 36, 450, y + 14, 'link', 'headq', 6)
        f.arrow(464, y, 484, y, 'line')
        f.rect(484, y - 16, 32, 32, 'cell', 5)
        f.text(500, y + 5, '*f*', 'middle')
        f.arrow(516, y, 558, y, 'line')
        tube(f, 572, 686, y, r, 'next')
        f.text(629, y + 5, '*a_{(%d)}*' % c, 'middle', 'tn')
    f.text(93, 24, '[b:previous layer], three channels', 'middle', 's')
    f.text(411, 24, 'two neurons, each with a kernel a channel', 'middle', 's')
    f.text(629, 24, '[r:next layer], two channels', 'middle', 's')
    return f


def max_pooling():
    a, slopes = [[1, 3, 2, 0], [0, 2, 5, 4], [6, 1, 0, 2], [2, 4, 7, 1]], [[1, -2], [3, 4]]
    best = {}
    for x in range(2):
        for y in range(2):
            best[x, y] = max(((a[2 * x + i][2 * y + k], -i, -k) for i in range(2) for k in range(2)))
    z = [[best[x, y][0] for y in range(2)] for x in range(2)]
    winners = {(2 * x - best[x, y][1], 2 * y - best[x, y][2]): slopes[x][y] for x in range(2)
               for y in range(2)}
    f = Figure(720, 258, 'Maximum pooling with a stride of two',
               'A matrix of 4 by 4 in four windows of 2 by 2; the largest of each, 3, 5, 6 and 7, '
               'make a matrix of 2 by 2. On the way back the slopes 1, minus 2, 3 and 4 go to the places '
               'of these largest numbers, and all others get 0.')
    size, top, xs = 40, 76, (24, 252, 392, 536)
    f.grid(xs[0], top, a, size, lambda i, k: 'prevcell' if (i, k) in winners else 'cell', minus)
    f.grid(xs[1], top + size, z, size, lambda i, k: 'nextcell', minus)
    f.grid(xs[2], top + size, slopes, size, lambda i, k: 'nextcell', minus)
    f.grid(xs[3], top, [[winners.get((i, k), 0) for k in range(4)] for i in range(4)], size,
           lambda i, k: 'prevcell' if (i, k) in winners else 'cell', minus)
    for x in (xs[0], xs[3]):
        for i in range(4):
            f.rect(x + 2 * size * (i % 2), top + 2 * size * (i // 2), 2 * size, 2 * size, 'bold')
    f.arrow(xs[0] + 4 * size + 12, top + 2 * size, xs[1] - 12, top + 2 * size)
    f.arrow(xs[2] + 2 * size + 12, top + 2 * size, xs[3] - 12, top + 2 * size, 'back')
    f.text(xs[0], 62, '[b:previous layer], 4 windows')
    f.text(xs[1], 102, '[r:next layer]')
    f.text(xs[2], 102, '[r:its slopes]')
    f.text(xs[3], 62, '[b:slopes handed back]')
    f.text((xs[0] + xs[1] + 2 * size) / 2, 28, 'forward (18)', 'middle', 's q')
    f.text((xs[2] + xs[3] + 4 * size) / 2, 28, 'backward (19)', 'middle', 's q')
    return f


def architecture():
    f = Figure(720, 300, 'The architecture of the network',
               'From left to right: a picture of 28 by 28; 8 maps of 24 by 24; 8 maps of 20 by 20; 8 '
               'maps of 10 by 10; 128 numbers; 10 probabilities. Between them: convolution 5 by 5 with 208 '
               'parameters, '
               'convolution 5 by 5 with 1,608, maximum of 2 by 2, fully connected with 102,528, fully '
               'connected with 1,290.')
    base, unit, shift = 216, 3.1, 4.5
    stacks = [(26, 1, 28), (150, 8, 24), (288, 8, 20), (416, 8, 10)]
    for k, (x, count, side) in enumerate(stacks):
        for sheet in reversed(range(count)):
            f.rect(x + shift * sheet, base - unit * side - shift * sheet, unit * side, unit * side, 'cell')
        f.text(x + unit * side / 2 + shift * (count - 1) / 2, base + 24, ('%d × ' % count) * (count > 1)
               + '%d × %d' % (side, side), 'middle')
    for x, count, side, gap in ((536, 128, 1.25, 0), (648, 10, 16, 0)):
        for i in range(count if count == 10 else 1):
            height = side * count if count == 128 else side
            f.rect(x, base - height - i * side, 16, height, 'cell')
        f.text(x + 8, base + 24, str(count), 'middle')
    windows = [(26 + 14 * unit, base - 18 * unit, 5), (150 + 12 * unit, base - 15 * unit, 5),
               (288 + 11 * unit, base - 9 * unit, 2)]
    targets = [(150 + 6 * unit, base - 13 * unit), (288 + 5 * unit, base - 11 * unit),
               (416 + 4 * unit, base - 4 * unit)]
    for (x, y, side), (tx, ty) in zip(windows, targets):
        f.rect(x, y, side * unit, side * unit, 'prev')
        f.line([(x + side * unit, y), (tx, ty)], 'ray')
        f.line([(x + side * unit, y + side * unit), (tx, ty + unit)], 'ray')
        f.rect(tx, ty, unit, unit, 'next')
    f.line([(416 + 10 * unit + 7 * shift, base - 10 * unit - 7 * shift), (536, base - 160)], 'ray')
    f.line([(416 + 10 * unit, base), (536, base)], 'ray')
    f.line([(552, base - 160), (648, base - 160)], 'ray')
    f.line([(552, base), (648, base)], 'ray')
    for x, lines in ((134, ('convolution', '5 × 5, ReLU', '208')),
                     (268, ('convolution', '5 × 5, ReLU', '1,608')), (394, ('maximum', '2 × 2, stride '
        '2', '0')), (512, ('fully', 'connected, ReLU', '102,528')),
                     (630, ('fully connected,', 'softmax', '1,290'))):
        f.text(x, 24, lines[0], 'middle', 's')
        f.text(x, 40, lines[1], 'middle', 's')
        f.text(x, base + 66, lines[2], 'middle')
    f.text(24, base + 66, 'parameters', 'start', 's q')
    for i in range(10):
        f.text(674, base - 160 + 16 * i + 12, str(i), 'start', 't')
    return f

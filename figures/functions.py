"""The figures of the functions of chapters 5 and 6: computed here, from no table."""
import math

from curves import Axes
from draw import Figure

STEPS = 96


def sigmoid(z):
    return 1 / (1 + math.exp(-z))


def points(f, low, high):
    """A curve's points; low and high are on it."""
    return [(x, f(x)) for x in (low + (high - low) * k / STEPS for k in range(STEPS + 1))]


def panel(figure, left, width, xs, ys):
    """Axes of one of several curves side by side; ys: the ends, and the ticks as pairs of value and label."""
    axes = Axes(figure, (left, 62, width, 200), xs, ys[0])
    axes.ticks([(x, '%g' % x if x >= 0 else '−%g' % -x)
                for x in range(math.ceil(xs[0]), math.floor(xs[1]) + 1, 2)], ys[1])
    return axes


def activation_functions():
    f = Figure(720, 330, 'Three activation functions and their slopes',
               'Three panels, for z from −4 to 4. ReLU: 0 up '
               'to z = 0, then z; its slope jumps from 0 to 1. Sigmoid: an S from 0 to 1 through 0.5; its '
               'slope is a hump '
               'with its top, 0.25, at 0. Arctangent: an S from −π/2 to π/2 through 0; its slope is a hump '
               'with its '
               'top, 1, at 0.')
    f.text(26, 22, 'the function *a* = *f*(*z*)', 'start', 's')
    f.text(200, 22, '[t:its slope *f*′(*z*)]', 'start', 's')
    panels = (
        ('ReLU', ((-1, 4.3), [(v, '%d' % v) for v in range(5)]),
         [[(-4, 0), (0, 0), (4, 4)]], [[(-4, 0), (0, 0)], [(0, 1), (4, 1)]]),
        ('sigmoid', ((-.1, 1.1), [(0, '0'), (.25, '0.25'), (.5, '0.5'), (1, '1')]),
         [points(sigmoid, -4, 4)], [points(lambda z: sigmoid(z) * (1 - sigmoid(z)), -4, 4)]),
        ('arctan', ((-1.8, 1.8), [(-math.pi / 2, '−π/2'), (0, '0'), (1, '1'), (math.pi / 2, 'π/2')]),
         [points(math.atan, -4, 4)], [points(lambda z: 1 / (1 + z * z), -4, 4)]))
    for k, (name, ys, values, slopes) in enumerate(panels):
        axes = panel(f, 46 + 236 * k, 186, (-4, 4), ys)
        f.line([axes.at(-4, 0), axes.at(4, 0)], 'axis')
        for curve in values:
            axes.curve(curve, 'c1')
        for curve in slopes:
            axes.curve(curve, 'c2 dash')
        f.text(axes.x, axes.y - 12, name, 'start', 'h')
        f.text(axes.x + axes.width, axes.y + axes.height + 38, '*z*', 'end', 's')
        # which of the two ends of the jump counts is a matter of definition: 0, as in (21)
        if name == 'ReLU':
            f.circle(*axes.at(0, 0), 4, 'd2')
            f.circle(*axes.at(0, 1), 4, 'dot2')
    return f


def bars(f, left, base, values, scale, labels):
    """Columns on a line, with a label on each and the index below."""
    for c, (value, label) in enumerate(zip(values, labels)):
        x = left + 52 * c
        f.rect(x, base - scale * value, 34, scale * value, 'next')
        f.text(x + 17, base - scale * value - 8, label, 'middle', 's')
        f.text(x + 17, base + 17, str(c), 'middle', 's q')
    f.line([(left - 12, base), (left + 150, base)], 'axis')


def softmax():
    powers = (1, 2, 5)
    total = sum(powers)
    scores = [math.log(p) for p in powers]
    f = Figure(720, 300, 'Softmax of three scores',
               'Three groups of three columns. The scores are 0, 0.693 and 1.609; '
               'their exponentials are 1, 2 and 5, with the sum 8; divided by 8 they are the probabilities '
               '1/8, 1/4 and '
               '5/8, which sum to one.')
    base, lefts = 240, (30, 282, 534)
    bars(f, lefts[0], base, scores, 36, ['%.3f' % z if z else '0' for z in scores])
    bars(f, lefts[1], base, powers, 36, [str(p) for p in powers])
    bars(f, lefts[2], base, [p / total for p in powers], 36 * total * .6,
         ['%g' % (p / total) for p in powers])
    for left, name in zip(lefts,
                          ('scores *z_{(c)}*', '*e^{z}*, together %d' % total, 'probabilities *a_{(c)}*')):
        f.text(left - 12, 26, name)
    for left, what in zip(lefts, ('*e^{z}*', 'divided by %d' % total)):
        f.arrow(left + 160, base - 60, left + 226, base - 60)
        f.text(left + 192, base - 70, what, 'middle', 's')
    for left in lefts:
        f.text(left + 150, base + 38, 'class *c*', 'end', 's')
    return f


def cross_entropy():
    least, a = .03, math.exp(1) / (math.exp(2) + math.exp(1) + 1)   # a: the chapter's example
    f = Figure(720, 344, 'The loss of one probability, and its slope',
               'Two panels, for the probability a that the '
               'network gave to the truth, from 0 to 1. Left, the loss −ln a: it falls from infinity at 0 to '
               '0 at 1; '
               'marked are 2.303 at a = 0.1, 1.408 at 0.245 and 0.693 at 0.5. Right, its slope −1/a: it '
               'rises from '
               'minus infinity to −1; marked is −4.086 at 0.245.')
    left = Axes(f, (56, 50, 280, 236), (0, 1), (0, 3.6))
    left.ticks([(v / 5, '%g' % (v / 5)) for v in range(6)], [(v, str(v)) for v in range(4)])
    left.curve(points(lambda x: -math.log(x), least, 1), 'c1')
    for at, words in ((.1, '2.303: one of ten, by guessing'), (a, '%.3f: the example' % -math.log(a)),
                      (.5, '%.3f' % math.log(2))):
        x, y = left.at(at, -math.log(at))
        f.circle(x, y, 4, 'd1')
        f.text(x + 10, y - 4, words, 'start', 's')
    right = Axes(f, (416, 50, 280, 236), (0, 1), (-16, 0))
    right.ticks([(v / 5, '%g' % (v / 5)) for v in range(6)],
                [(-v, '−%d' % v if v else '0') for v in range(0, 17, 4)])
    right.curve(points(lambda x: -1 / x, 1 / 16, 1), 'c2 dash')
    x, y = right.at(a, -1 / a)
    f.circle(x, y, 4, 'd2')
    f.text(x + 10, y + 14, '−%.3f: the example' % (1 / a), 'start', 's tt')
    for axes, name in ((left, 'loss ℓ = −ln *a*'), (right, 'its slope −1/*a*')):
        f.text(axes.x - 24, 26, name)
        f.text(axes.x + axes.width, axes.y + axes.height + 38, 'probability *a* of the truth', 'end', 's')
    return f

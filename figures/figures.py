#!/usr/bin/env python3
"""Draws the figures: python3 figures/figures.py. Always the same bytes for the same figure."""
import os

STYLE = """<style>
text{font:15px sans-serif;fill:#222}.cell{fill:#fff;stroke:#777}.kernel{fill:#9ec5f0;stroke:#1f5fa8;stroke-width:2}.out{fill:#f5b5a8;stroke:#b03a26;stroke-width:2}
.ray{stroke:#888;stroke-dasharray:4 3;fill:none}
@media (prefers-color-scheme:dark){text{fill:#ddd}.cell{fill:#1c1f24;stroke:#888}.kernel{fill:#1d4a7d;stroke:#7db4f0}.out{fill:#7d2d1f;stroke:#f09a88}}
</style>"""


def grid(left, top, rows, columns, size, marked, name):
    return ''.join('<rect class="%s" x="%d" y="%d" width="%d" height="%d"/>' % (name if (x, y) in marked else 'cell', left + size * y, top + size * x, size, size)
                   for x in range(rows) for y in range(columns))


def convolution():
    size, window = 34, {(x, y) for x in range(1, 4) for y in range(2, 5)}
    right, corner = 420, (40 + size * 5, 50 + size)
    rays = ''.join('<path class="ray" d="M%d %dL%d %d"/>' % (corner[0], corner[1] + down * 3 * size, right + size * 2, 84 + size + down * size) for down in (0, 1))
    return ('Convolution', 'A kernel of 3 by 3 lies on rows 1 to 3 and columns 2 to 4 of a picture of 6 by 8; the sum of nine products is row 1, column 2 of a feature map of 4 by 6.',
            '<text x="40" y="35">picture a, the kernel on rows 1 to 3</text>' + grid(40, 50, 6, 8, size, window, 'kernel') + '<text x="%d" y="69">feature map z</text>' % right
            + grid(right, 84, 4, 6, size, {(1, 2)}, 'out') + rays, 660, 280)


def save(name, figure):
    title, description, body, width, height = figure
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), name)
    with open(path, 'w', encoding='utf-8') as file:
        file.write('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img"><title>%s</title><desc>%s</desc>%s%s</svg>\n'
                   % (width, height, width, height, title, description, STYLE, body))


if __name__ == '__main__':
    save('convolution.svg', convolution())

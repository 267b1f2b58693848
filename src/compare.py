#!/usr/bin/env python3
"""The paper's network in NumPy and in PyTorch, and its second convolution in oneDNN, timed beside ours.

    python3 src/compare.py        after make build/bench; what is not installed is left out, and that is said

On Debian: apt-get install python3-numpy python3-torch libopenblas0-openmp libdnnl-dev. Every figure is the
median of several rounds in which the programs take turns, so that they share what else the machine is doing.
"""
import os
import re
import statistics
import subprocess
import sys
import time

BATCH, ROUNDS, SECONDS = 32, 7, 0.7   # SECONDS: how long PyTorch is timed in a round

try:
    import numpy
except ImportError:
    numpy = None


def ours(threads, batch=BATCH):
    """Samples a second of build/bench: of training with batches of a size, or, with 0, of reading alone."""
    what = ['--step', str(threads), str(batch)] if batch else ['--read', str(threads)]
    command = ['build/bench', *what]
    line = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return float(re.search(r'(\d+) samples/s', line)[1])


# -- NumPy, as the paper's program does it: one sample at a time, loops over neurons and places, and at each
# place a product of small arrays.

def convolution(a, w, b):
    """(7): a[C_][X_][Y_], w[C][C_][K][K]."""
    C, _, K, _ = w.shape
    X, Y = a.shape[1] - K + 1, a.shape[2] - K + 1
    z = numpy.zeros((C, X, Y))
    for c in range(C):
        for x in range(X):
            for y in range(Y):
                z[c, x, y] = numpy.sum(w[c] * a[:, x:x + K, y:y + K]) + b[c]
    return z


def convolution_slopes(dz, a, w):
    """(8), (9), (10): what each output owes to the inputs and weights that it was made from."""
    C, _, K, _ = w.shape
    da, dw = numpy.zeros_like(a), numpy.zeros_like(w)
    for c in range(C):
        for x in range(dz.shape[1]):
            for y in range(dz.shape[2]):
                dw[c] += dz[c, x, y] * a[:, x:x + K, y:y + K]
                da[:, x:x + K, y:y + K] += dz[c, x, y] * w[c]
    return da, dw, dz.sum(axis=(1, 2))


def pooling(a):
    """(18) with 2 by 2 and stride 2."""
    out = numpy.zeros((a.shape[0], a.shape[1] // 2, a.shape[2] // 2))
    for c in range(out.shape[0]):
        for x in range(out.shape[1]):
            for y in range(out.shape[2]):
                out[c, x, y] = numpy.max(a[c, 2 * x:2 * x + 2, 2 * y:2 * y + 2])
    return out


def pooling_slope(d, a):
    """(19): the place of the maximum gets the slope."""
    da = numpy.zeros_like(a)
    for c in range(d.shape[0]):
        for x in range(d.shape[1]):
            for y in range(d.shape[2]):
                window = a[c, 2 * x:2 * x + 2, 2 * y:2 * y + 2]
                i, j = numpy.unravel_index(numpy.argmax(window), (2, 2))
                da[c, 2 * x + i, 2 * y + j] = d[c, x, y]
    return da


def numpy_gradient(picture, digit, p):
    w1, b1, w2, b2, w3, b3, w4, b4 = p
    a0 = picture
    a1 = numpy.maximum(convolution(a0, w1, b1), 0)
    a2 = numpy.maximum(convolution(a1, w2, b2), 0)
    a3 = pooling(a2)
    flat = a3.reshape(-1)
    a4 = numpy.maximum(w3 @ flat + b3, 0)
    z5 = w4 @ a4 + b4
    a5 = numpy.exp(z5 - z5.max())
    a5 /= a5.sum()
    dz5 = a5.copy()
    dz5[digit] -= 1
    da4 = (w4.T @ dz5) * (a4 > 0)
    da3 = (w3.T @ da4).reshape(a3.shape)
    da2 = pooling_slope(da3, a2) * (a2 > 0)
    da1, dw2, db2 = convolution_slopes(da2, a1, w2)
    _, dw1, db1 = convolution_slopes(da1 * (a1 > 0), a0, w1)
    return [dw1, db1, dw2, db2, numpy.outer(da4, flat), da4, numpy.outer(dz5, a4), dz5]


def numpy_parameters():
    random = numpy.random.default_rng(1)
    shapes = [(8, 1, 5, 5), (8,), (8, 8, 5, 5), (8,), (128, 800), (128,), (10, 128), (10,)]
    return [random.normal(0, (2 / numpy.prod(s[1:])) ** 0.5, s) if len(s) > 1 else numpy.zeros(s)
            for s in shapes]


def time_numpy():
    """Samples a second: gradients of a few samples, then Adam's step, counted once for a batch. The seconds
    are those for which this thread had a processor, as build/bench counts them for one thread."""
    p, random = numpy_parameters(), numpy.random.default_rng(2)
    pictures = random.normal(0, 1, (3, 1, 28, 28))
    rounds = []
    for picture in pictures:
        since = time.thread_time()
        gradient = numpy_gradient(picture, 3, p)
        sample = time.thread_time() - since
        since = time.thread_time()
        for theta, g in zip(p, gradient):
            theta -= 0.001 * (0.05 * g) / (numpy.sqrt(0.01 * g * g) + 1e-7)
        rounds.append(1 / (sample + (time.thread_time() - since) / BATCH))
    return statistics.median(rounds), min(rounds), max(rounds)


# -- PyTorch at its best: data in memory, channels last, oneDNN, no data loader.

TORCH = r'''
import sys, time, torch
from torch import nn
threads, batch, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
torch.set_num_threads(threads)
torch.manual_seed(1)
net = nn.Sequential(nn.Conv2d(1, 8, 5), nn.ReLU(), nn.Conv2d(8, 8, 5), nn.ReLU(),
                    nn.MaxPool2d(2), nn.Flatten(), nn.Linear(800, 128), nn.ReLU(), nn.Linear(128, 10))
net = net.to(memory_format=torch.channels_last)
pictures = torch.randn(64 * batch, 1, 28, 28).to(memory_format=torch.channels_last)
labels = torch.randint(0, 10, (64 * batch,))
adam, loss = torch.optim.Adam(net.parameters(), lr=1e-3, foreach=True), nn.CrossEntropyLoss()

def step(k):
    first = k % 64 * batch
    adam.zero_grad(set_to_none=True)
    loss(net(pictures[first:first + batch]), labels[first:first + batch]).backward()
    adam.step()

for k in range(50):
    step(k)
since, steps = time.perf_counter(), 0
while time.perf_counter() - since < seconds:
    step(steps)
    steps += 1
print(steps * batch / (time.perf_counter() - since))
'''
READING = TORCH.replace('''    adam.zero_grad(set_to_none=True)
    loss(net(pictures[first:first + batch]), labels[first:first + batch]).backward()
    adam.step()
''', '''    with torch.no_grad():
        net(pictures[first:first + batch]).argmax(1)
''')   # of batches of 1,024, which suits it best


def torch_works():
    return subprocess.run([sys.executable, '-c', 'import torch'], capture_output=True).returncode == 0


def time_torch(threads, batch=BATCH):
    """Samples a second, in a process of its own, because a process can't change its mind about threads."""
    environment = dict(os.environ, OMP_NUM_THREADS=str(threads))
    if os.path.exists('/proc/cpuinfo') and 'avx512f' in open('/proc/cpuinfo').read():
        environment.setdefault('OPENBLAS_CORETYPE', 'SkylakeX')   # for an older OpenBLAS
    arguments = [sys.executable, '-c', TORCH if batch else READING,
                 str(threads), str(batch or 1024), str(SECONDS)]
    run = subprocess.run(arguments, capture_output=True, text=True, check=True, env=environment)
    return float(run.stdout)


def compare_torch(threads, batch):
    rounds = [(ours(threads, batch), time_torch(threads, batch)) for _ in range(ROUNDS)]
    ratios = sorted(a / b for a, b in rounds)
    print('ours : PyTorch, %s, %d thread%s  %5.1f (%.1f to %.1f)   %.0f and %.0f samples/s'
          % ('batches of %d' % batch if batch else 'reading', threads, 's' if threads > 1 else '',
             statistics.median(ratios), ratios[0], ratios[-1],
             statistics.median(a for a, _ in rounds), statistics.median(b for _, b in rounds)))


# -- oneDNN, the library below PyTorch, alone: the three sums of the second convolution.

SUMS = ('(7)', '(8)', '(9)')


def our_sums():
    """Microseconds a sample of each, from the table of build/bench."""
    command = ['build/bench', 'build/plain.txt', 'build/double.txt']
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [float(re.search(r'(?m)^%s conv 2 .*?%% +([\d.]+)' % re.escape(name), text)[1]) for name in SUMS]


def compare_onednn():
    environment = dict(os.environ, OMP_NUM_THREADS='1')
    rounds = []
    for _ in range(3):
        text = subprocess.run('build/onednn', capture_output=True, text=True, check=True,
                              env=environment).stdout
        theirs = [float(line.split()[1]) for line in text.splitlines()]
        rounds.append([*zip(our_sums(), theirs)])
    for k, name in enumerate((*SUMS, 'all three')):
        pairs = [each[k] if k < 3 else [sum(side) for side in zip(*each)] for each in rounds]
        ratios = sorted(theirs / us for us, theirs in pairs)
        print('ours : oneDNN, %s conv 2, 1 thread  %5.1f (%.1f to %.1f)   %.1f and %.1f us a sample'
              % (name, ratios[1], ratios[0], ratios[-1], *(statistics.median(side) for side in zip(*pairs))))


def main():
    if not os.path.exists('build/bench'):
        sys.exit('compare: build/bench is not there; make build/bench builds it')
    if numpy:
        median, least, most = time_numpy()
        one = ours(1)
        print('ours : NumPy, 1 thread    %5.0f (%.0f to %.0f)   %.0f and %.2f samples/s'
              % (one / median, one / most, one / least, one, median))
    else:
        print('NumPy is not installed for this Python: no comparison with it (PYTHON=... takes another)')
    if torch_works():
        for batch in (1, 32, 128, 1024, 0):
            compare_torch(1, batch)
        compare_torch(2, BATCH)
    else:
        print('PyTorch is not installed for this Python: no comparison with it')
    if os.path.exists('build/onednn'):
        compare_onednn()
    else:
        print('oneDNN 2 is not installed for C: no comparison with it')


if __name__ == '__main__':
    main()

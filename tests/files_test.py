#!/usr/bin/env python3
"""The programs by their files: known digits in, known answers out.

Files are written and read here by nothing but their formats, and what a network answers is computed here,
too. So whatever a program does wrong in writing and in reading alike, or in training and in testing, comes
out.
"""
import csv
import json
import math
import os
import pty
import random
import re
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import unittest
from operator import mul

import counted
from tools import ROOT

PROGRAMS = os.environ.get('PROGRAMS') or os.path.join(ROOT, 'build')
SIDE, F = 28, 8
SHAPES = {'w1': [F, 1, 5, 5], 'b1': [F], 'w2': [F, F, 5, 5], 'b2': [F], 'w3': [128, F * 100], 'b3': [128],
          'w4': [10, 128], 'b4': [10], 'scale': [2]}


# ---- The formats ----

def write_idx(path, extents, data):
    with open(path, 'wb') as file:
        file.write(struct.pack('>HBB%dI' % len(extents), 0, 8, len(extents), *extents) + bytes(data))


def read_idx(path):
    with open(path, 'rb') as file:
        zero, kind, dimensions = struct.unpack('>HBB', file.read(4))
        extents = struct.unpack('>%dI' % dimensions, file.read(4 * dimensions))
        data = file.read()
    assert (zero, kind, len(data)) == (0, 8, math.prod(extents)), path
    size = len(data) // extents[0]
    return extents, [data[i:i + size] for i in range(0, len(data), size)]


def write_set(folder, part, pictures, labels):
    beginning = os.path.join(folder, part)
    write_idx(beginning + '-images-idx3-ubyte', (len(pictures), SIDE, SIDE), b''.join(pictures))
    write_idx(beginning + '-labels-idx1-ubyte', (len(labels),), labels)


def write_pgm(path, picture):
    with open(path, 'wb') as file:
        file.write(b'P5\n# a comment\n%d %d\n255\n' % (SIDE, SIDE) + picture)


def write_parameters(path, parameters):
    """safetensors: the arrays from the last to the first, and spaces between all parts of the header."""
    header, data = {'__metadata__': {'written by': 'a test'}}, b''
    for name in reversed(list(SHAPES)):
        packed = struct.pack('<%df' % len(parameters[name]), *parameters[name])
        begin, data = len(data), data + packed
        header[name] = {'shape': SHAPES[name], 'data_offsets': [begin, len(data)], 'dtype': 'F32'}
    text = json.dumps(header, indent=1).encode()
    with open(path, 'wb') as file:
        file.write(struct.pack('<Q', len(text)) + text + data)


def read_parameters(path):
    """The arrays of a file, whose parts must lie one behind the other, without a gap."""
    with open(path, 'rb') as file:
        header = json.loads(file.read(struct.unpack('<Q', file.read(8))[0]))
        data = file.read()
    header.pop('__metadata__', None)
    parts = sorted(entry['data_offsets'] for entry in header.values())
    assert [0] + [end for begin, end in parts] == [begin for begin, end in parts] + [len(data)]
    assert {name: entry['shape'] for name, entry in header.items()} == SHAPES
    out = {}
    for name, entry in header.items():
        begin, end = entry['data_offsets']
        assert entry['dtype'] == 'F32' and end - begin == 4 * math.prod(SHAPES[name])
        out[name] = struct.unpack('<%df' % ((end - begin) // 4), data[begin:end])
    return out


# ---- The network, for one picture ----

def convolution(a, w, b, extent):
    """Channels and kernels are flat, ReLU is at the end. Tap t of all kernels sees a channel, shifted."""
    taps, out = 25 * len(a), [[bias] * extent ** 2 for bias in b]
    for t in range(taps):
        if any(w[t::taps]):   # a network made by hand has few
            channel, begin = a[t // 25], t % 25 // 5 * (extent + 4) + t % 5
            seen = [z for x in range(extent) for z in channel[begin + x * (extent + 4):][:extent]]
            out = [[s + weight * z for s, z in zip(sums, seen)] for weight, sums in zip(w[t::taps], out)]
    return [[max(s, 0) for s in sums] for sums in out]


def dense(a, w, b):
    return [bias + sum(map(mul, w[c * len(a):(c + 1) * len(a)], a)) for c, bias in enumerate(b)]


def probabilities(p, picture):
    mean, deviation = p['scale']
    a1 = convolution([[(byte - mean) / deviation for byte in picture]], p['w1'], p['b1'], 24)
    a2 = convolution(a1, p['w2'], p['b2'], 20)
    a3 = [max(c[i], c[i + 1], c[i + 20], c[i + 21])
          for c in a2 for x in range(0, 400, 40) for i in range(x, x + 20, 2)]
    a4 = [max(z, 0) for z in dense(a3, p['w3'], p['b3'])]
    powers = [math.exp(z) for z in dense(a4, p['w4'], p['b4'])]
    return [power / sum(powers) for power in powers]


# ---- A network made by hand: it knows each digit by one bright pixel ----

MARKS = [(7, 9), (9, 7), (5, 20), (20, 5), (12, 17), (17, 12), (21, 14), (14, 21), (19, 22), (22, 19)]


def marked(digit):
    """A picture of a digit; transposed it is another's."""
    x, y = MARKS[digit]
    picture = bytearray(SIDE * SIDE)
    picture[SIDE * x + y] = 100 + 15 * digit
    return bytes(picture)


def transposed(picture):
    return bytes(picture[SIDE * (i % SIDE) + i // SIDE] for i in range(SIDE * SIDE))


def known_network():
    """The first convolution takes the pixel at (1, 3) of its window, the second at (2, 1): that is (3, 4)."""
    p = {name: [0.0] * math.prod(shape) for name, shape in SHAPES.items()}
    p['scale'] = [20, 50]
    p['w1'][3 * 25 + 1 * 5 + 3] = 1                # channel 3
    p['w2'][(6 * F + 3) * 25 + 2 * 5 + 1] = 1      # channel 6, from channel 3
    for digit, (x, y) in enumerate(MARKS):
        p['w3'][(2 * digit + 1) * 100 * F + 600 + (x - 3) // 2 * 10 + (y - 4) // 2] = 0.5
        p['w4'][digit * 128 + 2 * digit + 1] = 1 + digit / 10
        p['b4'][digit] = digit / 50
    return p


class Files(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def ended(self, name, *options):
        return subprocess.run([os.path.join(PROGRAMS, name), *map(str, options)], universal_newlines=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run_program(self, name, *options):
        """What a program prints, or the test has failed. What it tells of its progress is in self.told."""
        ended = self.ended(name, *options)
        self.assertEqual((ended.returncode, name), (0, name), ended.stderr)
        self.told = ended.stderr
        return ended.stdout

    def refuses(self, line, name, *options):
        """It must end with this line, and nothing else."""
        ended = self.ended(name, *options)
        self.assertEqual((ended.returncode, ended.stderr), (1, '%s: %s\n' % (name, line)))

    def expect_test(self, said, p, pictures, labels):
        """The lines of the test, as these parameters make them; returns what was answered."""
        known = {picture: probabilities(p, picture) for picture in set(pictures)}
        all_of_them = [known[picture] for picture in pictures]
        cost = sum(-math.log(a[label]) for a, label in zip(all_of_them, labels)) / len(labels)
        answers = [a.index(max(a)) for a in all_of_them]
        right, count = sum(map(int.__eq__, answers, labels)), len(labels)
        self.assertAlmostEqual(float(said.split('test cost ')[1].split()[0]), cost, delta=2e-4)
        self.assertIn('test: %d of %d right, %.2f %%\n' % (right, count, 100 * right / count), said)
        return answers


class KnownDigits(Files):
    def setUp(self):
        super().setUp()
        self.network = known_network()
        write_parameters(self.path('known'), self.network)

    def test_pictures_are_read(self):
        for digit in range(10):
            for picture, known in ((marked(digit), digit), (transposed(marked(digit)), None)):
                with self.subTest(digit=digit, known=known):
                    write_pgm(self.path('digit.pgm'), picture)
                    said = self.run_program('study', '--load', self.path('known'), '--read',
                                            self.path('digit.pgm'))
                    *lines, last = said.splitlines()
                    expected = probabilities(self.network, picture)
                    for c, line in enumerate(lines):
                        self.assertEqual(int(line.split()[0]), c)
                        self.assertAlmostEqual(float(line.split()[1]), 100 * expected[c], delta=0.006)
                    answer = expected.index(max(expected))
                    self.assertEqual((len(lines), last), (10, '%s: %d' % (self.path('digit.pgm'), answer)))
                    self.assertEqual(answer == digit, known == digit)

    def test_no_picture_is_read(self):
        """What is no picture, and what is one although it does not look like it."""
        path, pixels = self.path('some.pgm'), marked(4)
        binary = 'not a binary PGM picture (P5)'
        read = ['study', '--load', self.path('known'), '--read']
        shorter, longer = ('is %s than its header says' % word for word in ('shorter', 'longer'))
        for head, length, complaint in (
                ('P5 28 28 255\n', 784, None), ('P5\n#a\n#b\n28#c\n\t28\r#\n255 ', 784, None),
                ('P5#\n28 28 255\n', 784, None), ('P5\n#%s\n28 28 255\n' % (40000 * '#'), 784, None),
                ('P5 28 28 255\n', 783, shorter), ('P5 28 28 255\n', 756, shorter),
                ('P5 28 28 255\n', 0, shorter),
                ('P5 28 28 255\n', 785, longer), ('P5 28 28 255\n', 812, longer),
                ('P5 1 2 3\n', 784, '1 by 2, white 3, expected 28 by 28, 255'),
                ('P5 28 2 255\n', 784, '28 by 2, white 255, expected 28 by 28, 255'),
                ('P5 2 28 255\n', 784, '2 by 28, white 255, expected 28 by 28, 255'),
                ('P5 28 28 254\n', 784, '28 by 28, white 254, expected 28 by 28, 255'),
                ('P5 2 28 254\n', 784, '2 by 28, white 254, expected 28 by 28, 255'),
                ('P528 28 255\n', 784, binary), ('P2 28 28 255\n', 784, binary),
                ('Q5 28 28 255\n', 784, binary), ('P5 28 28 255#', 784, binary), ('P5 28 x\n', 784, binary),
                ('P5 x 28 255\n', 784, binary), ('P5 28 028 255\n', 784, binary),
                ('P5 28 28 255', 0, binary), ('P5 28 28 #', 0, binary),
                ('P5 28 28\n', 0, binary), ('P5', 0, binary), ('P', 0, binary), ('', 0, binary),
                (70000 * ' ', 0, 'longer than the 65536 bytes that such a file can have')):
            with self.subTest(head=head[:30], length=length):
                with open(path, 'wb') as file:
                    file.write(head.encode() + (pixels * 2)[:length])
                if complaint:
                    self.refuses('%s: %s' % (path, complaint), *read, path)
                else:
                    self.assertIn(path + ': 4\n', self.run_program(*read, path))
        self.refuses(self.path('none') + ': No such file or directory', *read, self.path('none'))

    def test_the_first_of_equals(self):
        """All probabilities of a network without weights are equal."""
        self.network = {name: [0.0] * len(numbers) for name, numbers in self.network.items()}
        self.network['scale'] = [20, 0.5]
        write_parameters(self.path('equal'), self.network)
        write_pgm(self.path('digit.pgm'), marked(4))
        said = self.run_program('study', '--load', self.path('equal'), '--read', self.path('digit.pgm'))
        self.assertEqual([line.split()[-1] for line in said.splitlines()], ['%'] * 10 + ['0'])
        for deviation in (0, -0.5):
            self.network['scale'] = [20, deviation]
            write_parameters(self.path('equal'), self.network)
            self.refuses("%s: the input's deviation is %g, expected more than 0"
                         % (self.path('equal'), deviation),
                         'study', '--load', self.path('equal'), '--read', self.path('digit.pgm'))

    def test_no_network_is_loaded(self):
        write_pgm(self.path('digit.pgm'), marked(4))
        self.refuses(self.path('digit.pgm') + ': not a safetensors file',
                     'study', '--load', self.path('digit.pgm'), '--read', self.path('digit.pgm'))

    def test_a_long_header(self):
        """The format allows for a hundred million bytes."""
        with open(self.path('known'), 'rb') as file:
            length, = struct.unpack('<Q', file.read(8))
            header, data = file.read(length), file.read()
        with open(self.path('long'), 'wb') as file:
            file.write(struct.pack('<Q', 10 ** 8) + header + (10 ** 8 - length) * b' ' + data)
        write_pgm(self.path('digit.pgm'), marked(4))
        self.assertIn(': 4\n', self.run_program('study', '--load', self.path('long'), '--read',
                                               self.path('digit.pgm')))

    def test_answers_are_counted(self):
        """37 pictures fill no group of lanes. What is shown as 3, say, has another label sometimes."""
        shown = [i * i % 10 for i in range(37)]
        labels = [(digit + (i % 3 == 1) + 5 * (i == 36)) % 10 for i, digit in enumerate(shown)]
        pictures = [marked(digit) for digit in shown]
        write_set(self.folder, 't10k', pictures, labels)
        for threads in (1, 3):
            said = self.run_program('study', '--load', self.path('known'), '--test', '--confusion', '--data',
                                    self.folder, '--threads', threads)
            self.assertEqual(self.expect_test(said, self.network, pictures, labels), shown)
            self.assertEqual(len(said.splitlines()), 2 + 11)
            table = [list(map(int, line.split())) for line in said.splitlines()[-10:]]
            self.assertEqual(table, [[label] + [list(zip(labels, shown)).count((label, digit))
                                                for digit in range(10)] for label in range(10)])


class OwnData(Files):
    def setUp(self):
        super().setUp()
        numbers = random.Random(1)
        self.labels = [numbers.randrange(10) for i in range(50)]
        self.pictures = [numbers.randbytes(SIDE * SIDE) for label in self.labels]
        self.unseen = [bytes(100 + byte // 2 for byte in picture) for picture in self.pictures[:2]]
        write_set(self.folder, 'train', self.pictures, self.labels)
        write_set(self.folder, 't10k', self.unseen, self.labels[:2])

    def expect_scale(self, p, pictures):
        pixels = b''.join(pictures)
        self.assertEqual(p['scale'], struct.unpack('<2f', struct.pack('<2f', statistics.mean(pixels),
                                                                    statistics.pstdev(pixels))))


class Training(OwnData):
    def test_what_is_saved_is_what_is_tested(self):
        for name in ('mnist', 'mnist-double'):
            with self.subTest(program=name):
                began = time.monotonic()
                said = self.run_program(name, '--data', self.folder, '--limit', 40, '--batch', 7,
                                        '--epochs', 2, '--save', self.path(name))
                trained, saved, *tested = said.splitlines()
                line = re.fullmatch(r'trained on 80 samples in (\d+\.\d\d) s, cost \d+\.\d+', trained)
                seconds = float(line[1])
                self.assertLess(seconds, time.monotonic() - began + 0.005)
                self.assertGreater(seconds, 0)
                self.assertEqual((saved, len(tested)), ('saved ' + self.path(name), 2))
                p = read_parameters(self.path(name))
                self.expect_scale(p, self.pictures[:40])
                self.expect_test(said, p, self.unseen, self.labels[:2])

    def test_held_out(self):
        for count in (1, 2, 49):
            said = self.run_program('study', '--data', self.folder, '--hold-out', count, '--epochs', 1,
                                    '--save', self.path('saved'))
            p = read_parameters(self.path('saved'))
            self.expect_scale(p, self.pictures[:-count])
            self.assertEqual(len(said.splitlines()), 4)
            if count < 3:
                self.expect_test(said, p, self.pictures[-count:], self.labels[-count:])
        self.assertIn(' of 49 right, ', said)
        for count in (50, 51):
            self.refuses('--hold-out %d: expected less than the 50 training samples' % count,
                         'study', '--data', self.folder, '--hold-out', count)

    def test_flat_pictures(self):
        """Two kinds of grey that differ by one can be told apart; one alone teaches nothing."""
        write_set(self.folder, 'train', [bytes(i % 2 for i in range(SIDE * SIDE))] * 50, self.labels)
        self.run_program('mnist', '--data', self.folder, '--epochs', 1, '--save', self.path('saved'))
        write_set(self.folder, 'train', [bytes(SIDE * SIDE)] * 50, self.labels)
        self.refuses('all pixels of the training pictures are equal: nothing to learn from',
                     'mnist', '--data', self.folder, '--save', self.path('saved'))

    def test_what_is_loaded_is_saved(self):
        """At a rate so low that nothing changes, training writes what it has read."""
        p = {name: [math.sin(i + len(name)) / 16 for i in range(math.prod(SHAPES[name]))] for name in SHAPES}
        p['scale'] = [41.25, 7.5]
        write_parameters(self.path('old'), p)
        self.run_program('study', '--data', self.folder, '--load', self.path('old'), '--rate', 1e-9,
                         '--epochs', 1, '--save', self.path('new'))
        q = read_parameters(self.path('new'))
        self.assertEqual(list(q['scale']), p['scale'])
        for name in SHAPES:
            self.assertLess(max(abs(x - y) for x, y in zip(p[name], q[name])), 1e-7, name)

    def test_the_log(self):
        for options, ramped in (([], True), (['--constant'], False)):
            said = self.run_program('study', '--data', self.folder, '--batch', 8, '--epochs', 3, '--rate',
                                    1e-3, '--log', self.path('log'), '--save', self.path('saved'), *options)
            with open(self.path('log'), newline='') as file:
                rows = list(csv.DictReader(file))
            samples, cost = 0, float(rows[0]['loss'])
            self.assertEqual(len(rows), 21)   # 7 batches an epoch, the last of 2 samples
            for step, row in enumerate(rows):
                samples += 2 if step % 7 == 6 else 8
                rate = 1e-3 * min((step + 1) / 2, (21 - step) / 19) if ramped else 1e-3
                cost += 0.02 * (float(row['loss']) - cost)
                self.assertEqual((int(row['step']), int(row['samples'])), (step, samples))
                self.assertAlmostEqual(float(row['rate']) / rate, 1, delta=1e-5)
            times = [float(row['seconds']) for row in rows]
            self.assertEqual(times, sorted(times))
            self.assertTrue(0 <= times[0] and times[-1] < 60, times)
            self.assertEqual(re.findall(r'^ *(\d+)%  step (\d+) of 21 ', self.told, re.M),
                             [(str(100 * step // 21), str(step)) for step in range(1, 22)
                              if 10 * step // 21 > 10 * (step - 1) // 21])
            self.assertIn('trained on 150 samples', said)
            self.assertAlmostEqual(float(said.split('cost ')[1].split()[0]), cost, delta=1e-4)


class Signals(OwnData):
    """A signal ends training, and what has been learned is saved; one that is ignored does nothing."""
    def trainer(self, program, *options, **more):
        command = [os.path.join(PROGRAMS, program), '--data', self.folder, '--save', self.path('saved')]
        return subprocess.Popen([*command, *options], universal_newlines=True, stdout=subprocess.PIPE, **more)

    def end(self, program, number, at_work, *options):
        """Sends a signal to a long training after a tenth of a second, when it tells its progress to a
        terminal. What that returns, prints and tells."""
        terminal, its_end = pty.openpty()
        with self.trainer(program, '--epochs', '1000', *options, stderr=its_end) as trainer:
            os.close(its_end)
            told = os.read(terminal, 1000)
            at_work()
            trainer.send_signal(number)
            said, _ = trainer.communicate()
            for part in iter(lambda: self.rest(terminal), b''):
                told += part
        os.close(terminal)
        return trainer.returncode, said, told.decode()

    @staticmethod
    def rest(terminal):
        try:
            return os.read(terminal, 1000)
        except OSError:   # the other end is closed
            return b''

    def test_training_is_ended(self):
        for program, number in (('mnist', signal.SIGINT), ('study', signal.SIGTERM),
                                ('mnist', signal.SIGHUP)):
            with self.subTest(number=number):
                status, said, told = self.end(program, number, lambda: None)
                self.assertEqual(status, -number)
                self.assertIn('interrupted: these are the parameters so far\nsaved %s\ntest cost '
                              % self.path('saved'), said)
                self.expect_test(said, read_parameters(self.path('saved')), self.unseen, self.labels[:2])
                os.remove(self.path('saved'))

    def test_or_not(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number=number):
                with self.trainer('mnist', '--epochs', '20', stderr=subprocess.PIPE,
                                  preexec_fn=lambda: signal.signal(number, signal.SIG_IGN)) as trainer:
                    trainer.stderr.readline()
                    trainer.send_signal(number)
                    said, _ = trainer.communicate()
                self.assertEqual((trainer.returncode, 'interrupted' in said), (0, False))

    def test_a_log_that_cannot_be_kept(self):
        """While it is written, a folder of that name appears."""
        log = self.path('log%d')
        status, said, told = self.end('study', signal.SIGTERM, lambda: os.mkdir(log), '--log', log)
        self.assertIn('saved', said)
        self.assertEqual((status, told.splitlines()[-1]),
                         (1, 'study: %s: cannot write: Is a directory; an older file is untouched' % log))


class DrawnDigits(Files):
    def draw(self, seed):
        self.run_program('draw', '--out', self.folder, '--seed', seed, '--count', 200)
        return [read_idx(self.path(part + kind)) for part in ('train-', 't10k-')
                for kind in ('images-idx3-ubyte', 'labels-idx1-ubyte')]

    def test_no_picture_twice(self):
        """Of three seeds, neither among the training digits nor among the digits of the test."""
        all_of_them = []
        for seed in (0, 1, 2):
            (extents, pictures), (_, labels), (test_extents, test), (_, test_labels) = self.draw(seed)
            self.assertEqual((extents, test_extents), ((200, SIDE, SIDE), (20, SIDE, SIDE)))
            self.assertEqual(b''.join(labels + test_labels), bytes(range(10)) * 22)
            all_of_them += pictures + test
        self.assertEqual(len(set(all_of_them)), 3 * 220)

    def test_digits_stand_upright(self):
        """Ones are higher than wide."""
        (_, pictures), *_ = self.draw(1)
        height = width = 0
        for picture in pictures[1::10]:
            rows = [picture[SIDE * x:SIDE * (x + 1)] for x in range(SIDE)]
            height += sum(any(row) for row in rows)
            width += sum(any(column) for column in zip(*rows))
        self.assertGreater(height, 1.5 * width)


if __name__ == '__main__':
    sys.exit(counted.main())

"""Reads the tables in figures/data. The first line of each is the command that made it."""
import os

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'data')


def lines(name):
    with open(os.path.join(FOLDER, name), encoding='utf-8') as file:
        return file.read().split('\n')[:-1]


def comments(name):
    return [line[1:].strip() for line in lines(name) if line.startswith('#')]


def table(name):
    """Rows of strings, without comments and column names."""
    return [line.split(',') for line in lines(name) if not line.startswith('#')][1:]


def numbers(name):
    return [[float(value) for value in row] for row in table(name)]


def arrays(name):
    """Rows of numbers by array and channel: arrays('filters.csv')['w1'][3] is the fourth filter."""
    found = {}
    for array, channel, row, *values in table(name):
        found.setdefault(array, {}).setdefault(int(channel), []).append([float(value) for value in values])
    return {array: [channels[c] for c in sorted(channels)] for array, channels in found.items()}

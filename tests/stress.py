#!/usr/bin/env python3
"""Wishes the programs ill: damaged files, failing system calls, kills at any moment, two runs at once.

    python3 tests/stress.py [EFFORT]    1 takes some minutes; 0.1 is what CI does
    make stress

After each attempt the file of parameters must be the old one or the new one, byte by byte, and an exit
status of 0 must mean that the new one is there and the result was printed. What needs a tool that is not here
(strace, clang's fuzzer) is said and left out."""
import collections
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

from tools import ROOT

CRASHES = {-signal.SIGSEGV, -signal.SIGBUS, -signal.SIGABRT, -signal.SIGFPE, -signal.SIGILL}
CRASHES |= {128 - crash for crash in CRASHES}   # as strace tells it
passed, failed = 0, 0


def verdict(good, what, *details):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print('FAILED: ' + what, *('    ' + str(detail).strip() for detail in details if detail), sep='\n')


def build(*names):
    subprocess.run(['make', '-s', '-C', ROOT] + ['build/' + name for name in names], check=True,
                   stdout=subprocess.DEVNULL)


def contents(path):
    with open(path, 'rb') as file:
        return file.read()


class World:
    """A folder with drawn digits, an older file of parameters, and what a run must put in its place."""
    def __init__(self, folder):
        self.folder, self.data, self.file = folder, folder + '/data', folder + '/parameters'
        self.program = {name: os.path.join(ROOT, 'build', name) for name in ('mnist', 'study', 'draw')}
        subprocess.run([self.program['draw'], '--out', self.data, '--count', '64'], check=True,
                       stdout=subprocess.DEVNULL)
        self.train = self.training('1')
        self.old, self.new = self.result_of(self.training('2')), self.result_of(self.train)

    def training(self, seed):
        return [self.program['mnist'], '--data', self.data, '--epochs', '1', '--limit', '40',
                '--threads', '2', '--seed', seed, '--save', self.file]

    def result_of(self, command):
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return contents(self.file)

    def restore(self):
        with open(self.file, 'wb') as file:
            file.write(self.old)
        for name in self.beside():
            os.remove(os.path.join(self.folder, name))

    def beside(self):
        return [name for name in os.listdir(self.folder) if name not in ('data', 'parameters')]

    def loads(self, path):
        command = [self.program['study'], '--test', '--load', path, '--data', self.data]
        return subprocess.run(command, capture_output=True).returncode == 0


# ---- Every system call of a run fails in its turn ----

def calls_of(command, world):
    """Which system calls the command makes, and for each the places of its own, behind those of the loader.
    A program's own first act is to open /dev/null."""
    world.restore()
    trace = world.folder + '/trace'
    subprocess.run(['strace', '-f', '-qq', '-o', trace] + command, check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    loader, own = re.split('(?m)^(?=.*/dev/null)', contents(trace).decode(errors='replace'), maxsplit=1)
    os.remove(trace)
    before, after = (collections.Counter(re.findall(r'^\d+ +(\w+)\(', part, re.M)) for part in (loader, own))
    return {name: range(before[name] + 1, before[name] + after[name] + 1) for name in after}


ERRORS = {'openat': 'EACCES', 'read': 'EIO', 'write': 'ENOSPC', 'fsync': 'EIO', 'rename': 'EACCES',
          'close': 'EIO', 'chmod': 'EPERM', 'fchmod': 'EPERM', 'mmap': 'ENOMEM', 'clone3': 'EAGAIN',
          'newfstatat': 'EACCES', 'fstat': 'EIO', 'lseek': 'ESPIPE', 'access': 'EACCES', 'unlink': 'EACCES',
          'mprotect': 'ENOMEM', 'munmap': 'EINVAL', 'clock_gettime': 'EINVAL', 'readlink': 'EIO'}


def with_failing_call(world, command, call, when, needs):
    world.restore()
    inject = 'inject=%s:error=%s:when=%s' % (call, ERRORS[call], when)
    run = subprocess.run(['strace', '-f', '-qq', '-o', '/dev/null', '-e', inject] + command,
                         capture_output=True, text=True, errors='replace', timeout=120)
    what = '%s fails at %s: %s' % (call, when, ' '.join(map(os.path.basename, command[:1])))
    now = contents(world.file)
    verdict(run.returncode not in CRASHES, what + ' crashes', run.returncode, run.stderr)
    verdict(now in (world.old, world.new), what + ' tears the file')
    told = run.stderr.strip() or call == 'write'   # the message itself may be what fails
    done = re.search(needs, run.stdout) and (now == world.new or 'save' not in ' '.join(command))
    verdict(done if run.returncode == 0 else told, what + ' is not told', run.returncode, run.stdout,
            run.stderr)
    if call not in ('unlink', 'write', 'close'):
        verdict(not world.beside() or world.beside() == ['log'], what + ' leaves', world.beside())


def failing_calls(world, effort):
    if not shutil.which('strace'):
        print('no strace: no failing system calls')
        return
    study = [world.program['study']] + world.train[1:] + ['--log', world.folder + '/log']
    test = [world.program['study'], '--test', '--load', world.file, '--data', world.data, '--confusion']
    for command, needs in ((world.train, 'test: '), (study, 'test: '), (test, r'\n +9 ')):
        for call, places in sorted(calls_of(command, world).items()):
            if call in ERRORS:
                for n in places if effort >= 1 else random.sample(places, max(1, int(effort * len(places)))):
                    with_failing_call(world, command, call, n, needs)
                    if call == 'write':
                        with_failing_call(world, command, call, '%d+' % n, needs)   # a full disk stays full


def little_memory(world, count):
    """From too little to start to enough."""
    enough = 0
    for n in range(count):
        world.restore()
        size = int(2e6 + 1e8 * n / count)
        run = subprocess.run(world.train, capture_output=True, text=True,
                             preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (size, size)))
        enough += run.returncode == 0
        verdict(run.returncode not in CRASHES and (run.returncode == 0 or run.stderr.strip()),
                '%d bytes of memory' % size, run.returncode, run.stderr)
        verdict(contents(world.file) == (world.old if run.returncode else world.new),
                '%d bytes of memory: the file' % size)
    verdict(0 < enough < count, 'little memory: neither too little nor enough', enough)


# ---- Kills, rivals, and data that change ----

def kills(world, count):
    began = time.monotonic()
    world.result_of(world.train)
    whole = time.monotonic() - began
    for n in range(count):
        world.restore()
        number = (signal.SIGKILL, signal.SIGINT, signal.SIGTERM, signal.SIGHUP)[n % 4]
        process = subprocess.Popen(world.train, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        moment = random.uniform(0, 1.1 * whole)
        time.sleep(moment)
        process.send_signal(number)
        status = process.wait()
        what = '%s after %.1f ms' % (signal.Signals(number).name, 1000 * moment)
        verdict(status in (0, -number), what + ' ends otherwise', status)
        verdict(contents(world.file) in (world.old, world.new), what + ' tears the file')
        parts = [name for name in world.beside() if not name.endswith('.interrupted')]
        verdict(not parts or number == signal.SIGKILL, what + ' leaves', parts)
        saved = world.file + '.interrupted'
        verdict(not os.path.exists(saved) or world.loads(saved), what + ' saves what cannot be loaded')


def rivals(world, count):
    for n in range(count):
        world.restore()
        pair = [subprocess.Popen(world.training(seed), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                for seed in '12']
        verdict([process.wait() for process in pair] == [0, 0], 'of two runs at once one fails')
        verdict(contents(world.file) in (world.old, world.new), 'two runs at once mix their files')
        verdict(not world.beside(), 'two runs at once leave', world.beside())


def changing_data(world, count):
    """The pictures are truncated and written anew while they are read."""
    path = world.data + '/train-images-idx3-ubyte'
    whole, stop = contents(path), threading.Event()

    def change():
        while not stop.is_set():
            with open(path, 'wb') as file:
                file.write(whole[:random.randrange(len(whole))])
                file.flush()
                file.write(whole)
            with open(path, 'wb') as file:
                file.write(whole)

    thread = threading.Thread(target=change)
    thread.start()
    for n in range(count):
        world.restore()
        run = subprocess.run(world.train, capture_output=True, text=True)
        lines = run.stderr.strip().split('\n')
        verdict(run.returncode == 0 or run.returncode == 1 and lines[-1].startswith('mnist: '),
                'data that change', run.returncode, run.stderr)
        verdict(run.returncode or contents(world.file) != world.old, 'data that change: nothing saved')
    stop.set()
    thread.join()
    with open(path, 'wb') as file:
        file.write(whole)


# ---- Damaged files ----

def fuzz(folder, inputs):
    corpus = os.path.join(ROOT, 'tests', 'corpus')
    source, fuzzer = os.path.join(ROOT, 'tests', 'fuzz_test.c'), folder + '/fuzzer'
    command = ['clang', '-std=gnu11', '-O1', '-g', '-fsanitize=address,undefined,fuzzer', '-DLIBFUZZER',
               source, '-o', fuzzer]
    if shutil.which('clang') and subprocess.run(command, capture_output=True).returncode == 0:
        grown = os.path.join(folder, 'grown')
        os.mkdir(grown)
        command = [fuzzer, '-runs=%d' % inputs, '-max_len=2000', '-artifact_prefix=' + folder + '/', grown,
                   corpus]
        run = subprocess.run(command, capture_output=True, text=True, errors='replace')
        verdict(run.returncode == 0, 'clang\'s fuzzer finds something', run.stderr[-3000:])
        print('%d inputs from clang\'s fuzzer' % inputs)
    else:
        print('no fuzzer of clang: by chance alone')
    build('fuzz_test')
    seed = dict(os.environ, SEED=str(random.randrange(10 ** 9)))
    run = subprocess.run([os.path.join(ROOT, 'build', 'fuzz_test'), corpus, str(inputs)], env=seed,
                         capture_output=True, text=True)
    verdict(run.returncode == 0, 'damaged files, SEED=' + seed['SEED'], run.stdout, run.stderr)
    print(run.stdout.split('\n')[0])


def main(arguments):
    effort = float(arguments[0]) if arguments else 1
    seed = int(os.environ.get('SEED', '0')) or int(time.time())
    random.seed(seed)
    print('SEED=%d' % seed)
    build('mnist', 'study', 'draw')
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(folder + '/world')
        world = World(folder + '/world')
        for title, part, amount in (('kills', kills, int(200 * effort)),
                                    ('two at once', rivals, int(100 * effort)),
                                    ('changing data', changing_data, int(100 * effort)),
                                    ('little memory', little_memory, int(100 * effort)),
                                    ('failing system calls', failing_calls, effort)):
            before, began = passed + failed, time.monotonic()
            part(world, amount)
            print('%s: %d checks in %.0f s' % (title, passed + failed - before, time.monotonic() - began))
        fuzz(folder, int(4e6 * effort))
    print('%d passed, %d failed' % (passed, failed))
    return failed > 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))

#!/usr/bin/env python3
"""Tests of src/get-data.sh against a server of our own that is right, wrong, slow, endless or not there.

The four files are small ones of our own; a copy of the script has their sums in the place of MNIST's.
"""
import contextlib
import gzip
import hashlib
import http.server
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
import unittest

import counted
from tools import ROOT

NAMES = ['train-images-idx3-ubyte', 'train-labels-idx1-ubyte',
         't10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte']
FILES = {name: random.Random(name).randbytes(3000 + len(name)) for name in NAMES}
PACKED = {name: gzip.compress(data, 1) for name, data in FILES.items()}
TOOLS = ('sh', 'gzip', 'mkdir', 'mktemp', 'rm', 'mv', 'cp', 'cut', 'head', 'wc', 'sha256sum', 'timeout')


class Mirror(http.server.BaseHTTPRequestHandler):
    """/KIND/NAME.gz: the first part of the path says in which way the answer is good or bad."""
    def do_GET(self):
        _, kind, name = self.path.split('/', 2)
        self.server.asked.append(self.path)
        name = name[:-3]
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            getattr(self, kind)(name)

    def answer(self, body, length=None):
        self.send_response(200)
        if length != 0:
            self.send_header('Content-Length', str(length or len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def right(self, name):
        self.answer(PACKED[name])

    def truncated(self, name):   # and does not say so
        self.answer(PACKED[name][:-20])

    def broken(self, name):   # the connection ends before what was announced has come
        self.answer(PACKED[name][:-20], len(PACKED[name]))

    def wrong(self, name):
        self.answer(gzip.compress(b'other contents', 1))

    def page(self, name):
        self.answer(b'<html>Please log in.</html>')

    def missing(self, name):
        self.send_error(404)

    def last_missing(self, name):
        self.missing(name) if name == NAMES[-1] else self.right(name)

    def redirecting(self, name):
        self.redirect('/right/%s.gz' % name)

    def circling(self, name):
        self.redirect(self.path)

    def to_a_file(self, name):
        self.redirect('file://%s/%s.gz' % (self.server.folder, name))

    def redirect(self, where):
        self.send_response(302)
        self.send_header('Location', where)
        self.end_headers()

    def stalling(self, name):
        self.answer(PACKED[name][:100], len(PACKED[name]))
        self.server.over.wait(20)

    def trickling(self, name):
        self.answer(PACKED[name][:100], len(PACKED[name]))
        while not self.server.over.wait(0.1):
            self.wfile.write(b'x')

    def endless(self, name):
        self.answer(b'', 0)
        while not self.server.over.is_set():
            self.wfile.write(bytes(1 << 20))

    def bomb(self, name):   # 300 MB of nothing
        self.answer(BOMB)

    def log_message(self, *arguments):
        pass


BOMB = gzip.compress(bytes(10 << 20), 1) * 30


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True


class Case(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.root)
        self.to, self.source = self.path('data'), self.path('from')
        os.mkdir(self.source)
        with open(os.path.join(ROOT, 'src', 'get-data.sh'), encoding='utf-8') as file:
            text = file.read()
        for name, data in FILES.items():
            text, found = re.subn('(%s\\) echo )[0-9a-f]{64}' % name,
                                  lambda match: match[1] + hashlib.sha256(data).hexdigest(), text)
            self.assertEqual(found, 1)
        self.write('get-data.sh', text.encode())

    def path(self, name):
        return os.path.join(self.root, name)

    def write(self, name, data):
        with open(self.path(name), 'wb') as file:
            file.write(data)

    def serve(self):
        server = Server(('127.0.0.1', 0), Mirror)
        server.asked, server.over, server.folder = [], threading.Event(), self.source
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.addCleanup(server.over.set)
        self.url = 'http://127.0.0.1:%d/' % server.server_address[1]
        return server

    def environment(self, mirrors, patience):
        return dict(os.environ, MIRRORS=mirrors, PATIENCE=patience, no_proxy='*')

    def start(self, source, mirrors=(), tools=None, largest=None, to=None):
        """Starts the script. tools: the only programs there are; largest: the bytes of a file."""
        slow = any(mirror.endswith(('stalling', 'trickling')) for mirror in mirrors)
        environment = self.environment(' '.join(mirrors), '1' if slow else '20')
        if tools is not None:
            environment['PATH'] = tempfile.mkdtemp(dir=self.root)
            for tool in filter(shutil.which, tools):   # macOS has no sha256sum
                os.symlink(shutil.which(tool), os.path.join(environment['PATH'], tool))
        limit = largest and (lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest)))
        return subprocess.Popen([shutil.which('sh'), self.path('get-data.sh'), source, to or self.to],
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True,
                                env=environment, preexec_fn=limit)

    def end(self, run):
        """Its status and what it said."""
        said, _ = run.communicate(timeout=15)
        return run.returncode, said

    def run_script(self, *arguments, **more):
        return self.end(self.start(*arguments, **more))

    def holds(self, files, folder=None):
        """The folder has these files and nothing else, no rest of an attempt."""
        found, folder = {}, folder or self.to
        for name in os.listdir(folder) if os.path.isdir(folder) else []:
            with open(os.path.join(folder, name), 'rb') as file:
                found[name] = file.read()
        self.assertEqual(sorted(found), sorted(files))
        self.assertEqual(found, files)


@unittest.skipUnless(shutil.which('curl'), 'no curl')
class Download(Case):
    def test_right(self):
        server = self.serve()
        for kind in 'right', 'redirecting':
            with self.subTest(kind=kind):
                shutil.rmtree(self.to, ignore_errors=True)
                self.assertEqual(self.run_script('download', [self.url + kind]), (0, ''))
                self.holds(FILES)
        del server.asked[:]
        self.assertEqual(self.run_script('download', [self.url + 'right']), (0, ''))
        self.assertEqual(server.asked, [])   # what is here is not fetched again

    def test_what_is_here_but_wrong_is_fetched(self):
        server = self.serve()
        self.run_script('download', [self.url + 'right'])
        self.write('data/' + NAMES[2], b'mine')
        del server.asked[:]
        self.assertEqual(self.run_script('download', [self.url + 'right']), (0, ''))
        self.holds(FILES)
        self.assertEqual(server.asked, ['/right/%s.gz' % NAMES[2]])

    def test_bad_mirrors_are_told_and_the_next_one_is_tried(self):
        server = self.serve()
        fetched, expected = 'cannot be fetched', 'is not the %s that is expected' % NAMES[0]
        last = 'get-data: %s: no mirror has it; put the file into a folder yourself and name that: ' \
               'make train MNIST=folder\n' % NAMES[0]
        self.write('from/%s.gz' % NAMES[0], PACKED[NAMES[0]])
        reasons = {'truncated': expected, 'wrong': expected, 'page': expected, 'bomb': expected,
                   'broken': fetched, 'missing': fetched, 'circling': fetched, 'to_a_file': fetched,
                   'stalling': fetched, 'trickling': fetched, 'endless': fetched}
        before = {**FILES, NAMES[0]: b'old'}
        for folder in ['data'] + list(reasons):
            os.mkdir(self.path(folder))
            for name in NAMES:
                self.write(folder + '/' + name, before[name])
        runs = {kind: self.start('download', [self.url + kind], to=self.path(kind))
                for kind in reasons}
        for kind, run in runs.items():
            with self.subTest(kind=kind):
                line = 'get-data: %s%s/%s.gz: %s\n' % (self.url, kind, NAMES[0], reasons[kind])
                self.assertEqual(self.end(run), (1, line + last))
                self.holds(before, self.path(kind))
        self.assertEqual(self.run_script('download', [self.url + 'missing', self.url + 'right']),
                         (0, 'get-data: %smissing/%s.gz: cannot be fetched\n' % (self.url, NAMES[0])))
        self.holds(FILES)
        self.assertNotIn('/right/' + NAMES[1], server.asked)

    def test_nothing_is_unpacked_beyond_its_bound(self):
        """With a bound below the files' sizes even right ones are too long."""
        self.serve()
        with open(self.path('get-data.sh'), encoding='utf-8') as file:
            text = file.read()
        self.assertIn('unpacked=100000000 ', text)
        self.write('get-data.sh', text.replace('unpacked=100000000 ', 'unpacked=300 ').encode())
        self.assertIn('is not the train-images', self.run_script('download', [self.url + 'right'])[1])
        self.write('from/%s.gz' % NAMES[0], PACKED[NAMES[0]])
        self.assertIn('cannot be unpacked', self.run_script(self.source)[1])
        self.holds({})

    def test_all_or_none(self):
        self.serve()
        self.assertEqual(self.run_script('download', [self.url + 'last_missing'])[0], 1)
        self.holds({})

    def test_nobody_answers(self):
        with http.server.HTTPServer(('127.0.0.1', 0), Mirror) as server:
            port = server.server_address[1]   # closed again by now
        status, said = self.run_script('download', ['http://127.0.0.1:%d' % port])
        self.assertEqual((status, said.count('\n')), (1, 2), said)

    @unittest.skipUnless(shutil.which('wget') and shutil.which('timeout'), 'no wget')
    def test_wget_where_curl_is_not(self):
        self.serve()
        tools = TOOLS + ('wget',)
        runs = {kind: self.start('download', [self.url + kind], tools, to=self.path(kind))
                for kind in ('broken', 'missing', 'circling', 'stalling', 'endless')}
        for kind, run in runs.items():
            with self.subTest(kind=kind):
                status, said = self.end(run)
                self.assertEqual((status, said.count('\n')), (1, 2), said)
                self.holds({}, self.path(kind))
        self.assertEqual(self.run_script('download', [self.url + 'redirecting'], tools), (0, ''))
        self.holds(FILES)

    def test_tools_that_are_not_here(self):
        for without, named in (('curl', 'neither curl nor wget'), ('gzip', 'no gzip'),
                               ('sha256sum', 'neither sha256sum nor shasum')):
            with self.subTest(without=without):
                tools = [tool for tool in TOOLS + ('curl',) if tool != without]
                status, said = self.run_script('download', ['http://127.0.0.1:9'], tools)
                self.assertEqual((status, said.count('\n')), (1, 1), said)
                self.assertTrue(said.startswith('get-data: ' + named), said)
                self.assertFalse(os.path.exists(self.to))

    def test_interrupted(self):
        self.serve()
        run = subprocess.Popen(['sh', self.path('get-data.sh'), 'download', self.to], start_new_session=True,
                               stderr=subprocess.DEVNULL,
                               env=self.environment(self.url + 'stalling', '20'))
        for _ in range(200):
            if os.path.isdir(self.to) and os.listdir(self.to):
                break
            time.sleep(0.02)
        os.killpg(run.pid, signal.SIGTERM)   # as a terminal does
        self.assertEqual(run.wait(10), 143)
        self.holds({})


class Copy(Case):
    def fill(self, data=FILES, packed=()):
        for name, contents in data.items():
            if name in packed:
                self.write('from/%s.gz' % name, gzip.compress(contents, 1))
            else:
                self.write('from/' + name, contents)

    def refused(self, line, **more):
        self.assertEqual(self.run_script(self.source, **more), (1, 'get-data: %s\n' % line))

    def test_plain_packed_and_mixed(self):
        for packed in (), NAMES, NAMES[:2]:
            with self.subTest(packed=packed):
                shutil.rmtree(self.source)
                os.mkdir(self.source)
                self.fill(packed=packed)
                self.assertEqual(self.run_script(self.source), (0, ''))
                self.holds(FILES)

    def test_other_data_of_these_names(self):
        others = {name: b'other ' + data for name, data in FILES.items()}
        self.fill(others)
        self.assertEqual(self.run_script(self.source), (0, ''))
        self.holds(others)

    def test_from_the_folder_itself(self):
        self.source = self.to
        os.mkdir(self.to)
        for name in NAMES:
            self.write('data/' + name, FILES[name])
        self.assertEqual(self.run_script(self.to), (0, ''))
        self.holds(FILES)

    def test_a_broken_one_changes_nothing(self):
        """Neither a rest nor a mixture of old and new stays."""
        old = {name: b'old' for name in NAMES}
        os.mkdir(self.to)
        for name in NAMES:
            self.write('data/' + name, b'old')
        whole = gzip.compress(FILES[NAMES[2]], 1)
        for broken in (whole[:-9], whole[:100] + b'x' + whole[101:], b'', b'not packed'):
            with self.subTest(broken=broken):
                self.fill({name: FILES[name] for name in NAMES if name != NAMES[2]})
                self.write('from/%s.gz' % NAMES[2], broken)
                self.refused('%s/%s.gz: cannot be unpacked to %s; is it whole?'
                             % (self.source, NAMES[2], self.to))
                self.holds(old)

    def test_a_full_disk(self):
        self.fill()
        self.refused('%s/%s: cannot be copied to %s; is the disk full?' % (self.source, NAMES[0], self.to),
                     largest=1000)
        self.holds({})
        os.remove(self.path('from/' + NAMES[0]))
        self.write('from/%s.gz' % NAMES[0], PACKED[NAMES[0]])
        self.refused('%s/%s.gz: cannot be unpacked to %s; is it whole?' % (self.source, NAMES[0], self.to),
                     largest=1000)
        self.holds({})

    def test_names_that_are_something_else(self):
        self.refused('%s: holds neither a file %s nor %s.gz' % (self.source, NAMES[0], NAMES[0]))
        os.mkdir(self.path('from/' + NAMES[0]))
        self.refused('%s: holds neither a file %s nor %s.gz' % (self.source, NAMES[0], NAMES[0]))
        os.rmdir(self.path('from/' + NAMES[0]))
        self.fill()
        os.mkdir(self.path('data/' + NAMES[3]))
        self.refused('%s/%s: is a folder where a file belongs; move it away' % (self.to, NAMES[3]))
        self.assertEqual(os.listdir(self.to), [NAMES[3]])
        shutil.rmtree(self.to)
        self.write('data', b'mine')
        self.refused('%s: cannot be made a folder' % self.to)
        self.source = self.path('nowhere')
        self.refused('%s: no such folder' % self.source)


if __name__ == '__main__':
    sys.exit(counted.main())

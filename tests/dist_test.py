#!/usr/bin/env python3
"""A release is the same bytes wherever it is built, and has everything, and nothing of the machine."""
import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest
import zipfile

import counted
import tools   # finds the next one
import printed

ZONES = 'Pacific/Auckland', 'America/Lima'


def release(place, zone):
    """Builds a release of what is committed, with the results of this machine's last checks."""
    archive = subprocess.run(['git', 'archive', 'HEAD'], cwd=tools.ROOT, stdout=subprocess.PIPE, check=True)
    tarfile.open(fileobj=io.BytesIO(archive.stdout)).extractall(place)
    report = os.path.join(tools.ROOT, 'build', 'report')
    if os.path.isdir(report):
        shutil.copytree(report, os.path.join(place, 'build', 'report'))
    run = subprocess.run([sys.executable, '-B', 'paper/dist.py'], cwd=place, env=dict(os.environ, TZ=zone),
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
    folder = os.path.join(place, 'build', 'dist')
    found = {}
    for name in os.listdir(folder) if os.path.isdir(folder) else []:
        with open(os.path.join(folder, name), 'rb') as file:
            found[name] = file.read()
    return run.returncode, run.stdout, found


class Release(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.root)
        old = os.umask(0o077)
        cls.first = release(os.path.join(cls.root, 'a'), ZONES[0])
        os.umask(old)
        cls.second = release(os.path.join(cls.root, 'another', 'place'), ZONES[1])
        cls.version = re.search(r'\S+', open(os.path.join(tools.ROOT, 'VERSION')).read())[0]

    def test_is_whole(self):
        status, said, files = self.first
        endings = ['-book.zip', '.tar.gz'] + ([] if printed.missing_tools() else ['.pdf'])
        self.assertEqual(sorted(files), sorted('convolutional-networks-%s%s' % (self.version, ending)
                                               for ending in endings), said)
        self.assertEqual(status, 1 if printed.missing_tools() else 0, said)

    def test_twice_the_same_bytes(self):
        sums = [{name: hashlib.sha256(data).hexdigest() for name, data in found.items()}
                for status, said, found in (self.first, self.second)]
        self.assertEqual(*sums)

    def test_the_sources_are_those_of_git_and_give_themselves_back(self):
        name = 'convolutional-networks-%s' % self.version
        listed = subprocess.run(['git', 'ls-tree', '-r', '--name-only', '-z', 'HEAD'], cwd=tools.ROOT,
                                stdout=subprocess.PIPE).stdout.decode().split('\0')[:-1]
        place = os.path.join(self.root, 'unpacked')
        with tarfile.open(fileobj=io.BytesIO(self.first[2][name + '.tar.gz'])) as archive:
            self.assertEqual(archive.getnames(), sorted(name + '/' + file for file in listed))
            self.assertEqual({(entry.uid, entry.gid, entry.uname) for entry in archive}, {(0, 0, '')})
            self.assertTrue(archive.getmember(name + '/.ci/run').mode & 0o100)
            archive.extractall(place)
        done = subprocess.run([sys.executable, '-B', 'paper/tangle.py', '--check'],
                              cwd=os.path.join(place, name))
        self.assertEqual(done.returncode, 0)

    def test_the_book_says_nothing_of_when(self):
        name = 'convolutional-networks-%s-book.zip' % self.version
        with zipfile.ZipFile(io.BytesIO(self.first[2][name])) as book:
            pages = [book.read(name).decode() for name in book.namelist() if name.endswith('.html')]
        self.assertGreater(len(pages), 12)
        for page in pages:
            self.assertNotRegex(page, r'Checked with [^.]*\d\d:\d\d')
            self.assertNotIn(self.root, page)


if __name__ == '__main__':
    sys.exit(counted.main())

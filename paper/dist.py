#!/usr/bin/env python3
"""make dist: the release in build/dist: the sources, the book as pages, and the reading edition.

The same sources, compiler and TeX give the same bytes, whoever builds them, where and when. So no file has a
time or an owner of this machine: its time is the release's, which the newest heading of CHANGELOG.md has
beside its version. The book says which compiler its results come from, and not when.
"""
import calendar
import gzip
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile

import printed
import weave
from catalogue import ROOT, BookError
from results import ReportError, Results

NAME = 'convolutional-networks'
MADE = re.compile(r'^(\.git|build|data|mnist\.safetensors)(/|$)|(^|/)__pycache__/|\.new$')


def read(name):
    with open(os.path.join(ROOT, name), encoding='utf-8') as file:
        return file.read()


def release():
    """The version, and the seconds since 1970 at the beginning of its day."""
    version = read('VERSION').strip()
    heading = re.search(r'^## (\S+), (\d{4}-\d\d-\d\d)$', read('CHANGELOG.md'), re.M)
    if not heading or heading[1] != version:
        raise BookError('CHANGELOG.md: its first heading is not ## %s, and a day like 2026-01-31' % version)
    return version, calendar.timegm(time.strptime(heading[2], '%Y-%m-%d'))


def sources():
    """The files of the project: those that git has or, outside of git, all but what make has built."""
    listed = subprocess.run(['git', 'ls-files', '-z'], cwd=ROOT, stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL)
    if listed.returncode == 0 and os.path.exists(os.path.join(ROOT, '.git')):
        return sorted(filter(None, listed.stdout.decode().split('\0')))
    names = (os.path.relpath(os.path.join(folder, name), ROOT)
             for folder, _, files in os.walk(ROOT) for name in files)
    return sorted(name for name in names if not MADE.search(name))


def below(folder):
    """Every file of a folder, by its path inside."""
    return sorted(os.path.relpath(os.path.join(where, name), folder)
                  for where, _, names in os.walk(folder) for name in names)


def tar(path, prefix, root, names, seconds):
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode='w', format=tarfile.USTAR_FORMAT) as archive:
        for name in names:
            with open(os.path.join(root, name), 'rb') as file:
                data = file.read()
            entry = tarfile.TarInfo(prefix + '/' + name)
            entry.size, entry.mtime = len(data), seconds
            entry.mode = 0o755 if os.access(os.path.join(root, name), os.X_OK) else 0o644
            archive.addfile(entry, io.BytesIO(data))
    with open(path, 'wb') as file, gzip.GzipFile('', 'wb', 9, file, seconds) as packed:
        packed.write(plain.getvalue())


def pack(path, prefix, root, names, seconds):
    with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            entry = zipfile.ZipInfo(prefix + '/' + name, time.gmtime(seconds)[:6])
            entry.compress_type, entry.create_system = zipfile.ZIP_DEFLATED, 3
            entry.external_attr = 0o644 << 16
            with open(os.path.join(root, name), 'rb') as file:
                archive.writestr(entry, file.read())


def make(folder):
    """Everything that can be made here; what is missing, in a line."""
    version, seconds = release()
    prefix = '%s-%s' % (NAME, version)
    os.environ.update(SOURCE_DATE_EPOCH=str(seconds), FORCE_SOURCE_DATE='1', TZ='UTC')
    time.tzset()
    tar(os.path.join(folder, prefix + '.tar.gz'), prefix, ROOT, sources(), seconds)
    with tempfile.TemporaryDirectory() as book:
        pages = os.path.join(book, 'book')
        weave.weave(ROOT, pages, Results(os.path.join(ROOT, 'build', 'report')))
        pack(os.path.join(folder, prefix + '-book.zip'), prefix + '-book', pages, below(pages), seconds)
    missing = printed.missing_tools()
    if missing:
        return 'without the reading edition: ' + missing
    if printed.main([]):
        return 'without the reading edition, which cannot be printed'
    shutil.copyfile(os.path.join(ROOT, 'build', 'book.pdf'), os.path.join(folder, prefix + '.pdf'))
    return ''


def main():
    folder = os.path.join(ROOT, 'build', 'dist')
    new = folder + '.new'
    shutil.rmtree(new, ignore_errors=True)
    os.makedirs(new)
    try:
        missing = make(new)
    except (BookError, ReportError) as error:
        print(error, file=sys.stderr)
        return 1
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(new, folder)
    for name in below(folder):
        print('build/dist/' + name)
    if missing:
        print('build/dist: ' + missing, file=sys.stderr)
    return 1 if missing else 0


if __name__ == '__main__':
    sys.exit(main())

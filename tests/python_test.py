#!/usr/bin/env python3
"""The tools need Python 3.9: nothing newer is used, and an older one is told so in one line.

A parser can be asked for 3.9's grammar. It knows nothing of the library, so what came later is listed here.
Where an interpreter of another version is installed it has the last word.
"""
import ast
import glob
import os
import shutil
import subprocess
import sys
import unittest

import counted
from tools import ROOT

FILES = sorted(glob.glob(os.path.join(ROOT, '*', '*.py')))
NEWER_MODULES = {'tomllib', 'compression', 'annotationlib'}
NEWER_NAMES = {   # of numbers, errors, types, the system, tests
    'aiter', 'anext', 'pairwise', 'batched', 'bit_count', 'cbrt', 'exp2', 'sumprod', 'fma', 'isnormal',
    'EncodingWarning', 'ExceptionGroup', 'BaseExceptionGroup', 'add_note', 'PythonFinalizationError',
    'StrEnum', 'EnumType', 'Self', 'TypeAlias', 'ParamSpec', 'LiteralString', 'Never', 'assert_never',
    'override',
    'file_digest', 'get_annotations', 'orig_argv', 'stdlib_module_names', 'UTC', 'full_match',
    'isjunction', 'enterContext', 'enterClassContext', 'enterModuleContext', 'assertStartsWith',
    'assertEndsWith', 'assertHasAttr', 'assertIsSubclass'}
NEWER_KEYWORDS = {'strict', 'root_dir', 'slots', 'kw_only', 'walk_up', 'delete_on_close', 'filter', 'onexc',
                  'ignore_cleanup_errors', 'case_sensitive', 'durations'}


def used_in(tree):
    """Names, attributes and keywords that a file uses, each with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.attr, node.lineno, NEWER_NAMES
        elif isinstance(node, ast.Name):
            yield node.id, node.lineno, NEWER_NAMES
        elif isinstance(node, ast.Call):
            for keyword in node.keywords:
                yield keyword.arg, node.lineno, NEWER_KEYWORDS
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                yield alias.name, node.lineno, NEWER_MODULES | NEWER_NAMES
            yield getattr(node, 'module', None), node.lineno, NEWER_MODULES


def newer(text):
    """What a text uses that Python 3.9 doesn't have: (line, what)."""
    try:
        tree = ast.parse(text, feature_version=(3, 9))
    except SyntaxError as error:
        return [(error.lineno, error.msg)]
    return [(line, name) for name, line, names in used_in(tree) if name in names]


def text_of(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


class Python39(unittest.TestCase):
    def test_no_file_uses_something_newer(self):
        self.assertGreater(len(FILES), 20)
        for path in FILES:
            with self.subTest(path=path):
                self.assertEqual(newer(text_of(path)), [])

    def test_what_is_newer_is_seen(self):
        for text in ('match x:\n    case 1:\n        pass', 'try:\n    pass\nexcept* OSError:\n    pass',
                     'import tomllib', 'from itertools import pairwise', 'zip(a, b, strict=True)',
                     'n.bit_count()', 'type X = int', 'def f[T](x: T): pass', 'open(x, filter="data")'):
            with self.subTest(text=text):
                self.assertEqual(len(newer(text)), 1)
        self.assertEqual(newer('with (open(a) as b, open(c) as d):\n    n = (m := 1)'), [])

    def test_python_3_9_reads_every_file(self):
        """Quotes within an f-string, say, no newer parser refuses."""
        python = interpreter('3.9')
        if not python:
            self.skipTest('no python3.9 here')
        subprocess.run([python, '-c', 'import sys\nfor path in sys.argv[1:]:\n'
                        '    compile(open(path, encoding="utf-8").read(), path, "exec")', *FILES], check=True)


def interpreter(version):
    """A Python of this version, if there is one; a name that is found may still be an empty wrapper."""
    paths = [shutil.which('python' + version)] + sorted(glob.glob(
        os.path.expanduser('~/.pyenv/versions/%s.*/bin/python3' % version)))
    for path in filter(None, paths):
        said = subprocess.run([path, '--version'], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
        if said.startswith(b'Python %s.' % version.encode()):
            return path
    return None


class Older(unittest.TestCase):
    def refuses(self, *command):
        run = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             universal_newlines=True)
        return run.returncode, run.stdout, run.stderr

    def test_is_told_so(self):
        said = "the book's tools need Python 3.9 or newer, and this is 3.8; name another: make PYTHON=...\n"
        pretend = 'import runpy, sys; sys.version_info = (3, 8, 18); sys.argv = sys.argv[1:]; ' \
                  'sys.path.insert(0, "paper"); runpy.run_path(sys.argv[0], run_name="__main__")'
        for tool in 'tangle', 'weave':   # the others begin like the second
            with self.subTest(tool=tool):
                self.assertEqual(self.refuses(sys.executable, '-B', '-c', pretend, 'paper/%s.py' % tool),
                                 (1, '', said))

    def test_itself_says_so(self):
        for version in '3.8', '3.7', '3.6':
            python = interpreter(version)
            if python:
                status, out, said = self.refuses(python, '-B', 'paper/tangle.py', '--check')
                self.assertEqual((status, out, said.count('\n')), (1, '', 1), said)
                self.assertIn('this is ' + version, said)


if __name__ == '__main__':
    sys.exit(counted.main())

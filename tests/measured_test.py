#!/usr/bin/env python3
"""Tests of the quoted figures: README.md and chapter 9 say what figures/data/bench.txt says."""
import os
import re
import shutil
import sys
import tempfile
import unittest

import counted
from tools import ROOT   # finds the next one
import measured


class Project(unittest.TestCase):
    def test_every_figure_is_the_measured_one(self):
        for path, text in measured.renewed().items():
            for is_, must in zip(measured.read(path).split('\n'), text.split('\n')):
                self.assertEqual(is_, must, '%s: make numbers, or paper/measured.py, renews it' % path)

    def test_the_table_is_a_run_with_its_machine_and_date(self):
        self.assertRegex(measured.read(measured.TABLE),
                         r'^# make numbers, \d{4}-\d\d-\d\d: .*, \d+ processors, .*\npeak ')


class Changed(unittest.TestCase):
    """A copy of the three files, in which something is wrong."""
    def setUp(self):
        self.root = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.root)
        for path in (measured.README, measured.CHAPTER, measured.TABLE):
            os.makedirs(os.path.dirname(os.path.join(self.root, path)), exist_ok=True)
            measured.write(path, measured.read(path), self.root)

    def change(self, path, before, after):
        text = measured.read(path, self.root)
        self.assertIn(before, text)
        measured.write(path, text.replace(before, after, 1), self.root)

    def test_each_quotation_is_looked_at(self):
        m = measured.measured(measured.read(measured.TABLE))
        for path, template, values in (*measured.quotations(m), *measured.quotations_of_others(m)):
            text = measured.read(path)
            place = re.search(measured.pattern(template), text)
            for number in range(1, len(place.groups()) + 1):
                wrong = text[:place.start(number)] + '7' + text[place.start(number):]
                self.assertEqual(measured.renew(wrong, template, values, path), text, template)

    def test_a_wrong_figure_is_renewed(self):
        right = measured.renewed(self.root)
        text = measured.read(measured.README, self.root)
        figure = re.search(r'(\d+) µs a sample', text)[1]
        self.change(measured.README, figure + ' µs a sample', '9' + figure + ' µs a sample')
        self.assertEqual(measured.renewed(self.root), right)

    def test_a_sentence_that_is_gone(self):
        self.change(measured.README, 'a training step on one core', 'one step')
        with self.assertRaisesRegex(measured.Failure, 'README.md: expected once, found 0 times: a training'):
            measured.renewed(self.root)

    def test_a_run_that_is_not_whole(self):
        self.change(measured.TABLE, 'reading alone', 'reading')
        with self.assertRaisesRegex(measured.Failure, 'bench.txt: expected one line like .*, found 0; make'):
            measured.renewed(self.root)

    def test_without_the_other_programs_their_figures_stay(self):
        text = measured.read(measured.TABLE, self.root)
        measured.write(measured.TABLE, re.sub('(?m)^ours.*\n', '', text), self.root)
        self.assertEqual(measured.renewed(self.root), measured.renewed())


if __name__ == '__main__':
    sys.exit(counted.main())

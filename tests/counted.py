"""The ending that the Python tests share: each failure in full, then 'N passed, N failed'."""
import io
import os
import sys
import unittest


def main():
    tests = unittest.defaultTestLoader.loadTestsFromModule(sys.modules['__main__'])
    result = unittest.TextTestRunner(stream=io.StringIO(), failfast='FIRST' in os.environ).run(tests)
    bad = result.failures + result.errors
    for test, trace in bad:
        print('FAILED: %s\n%s' % (test, trace))
    # a test with several failing parts is one
    failed = len({test.id().split(' ')[0] for test, trace in bad})
    print('%d passed, %d failed' % (result.testsRun - failed, failed))
    return 1 if bad else 0

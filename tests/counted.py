"""The ending that the Python tests share: each failure in full, then 'N passed, N failed'."""
import io
import sys
import unittest


def main():
    result = unittest.TextTestRunner(stream=io.StringIO()).run(unittest.defaultTestLoader.loadTestsFromModule(sys.modules['__main__']))
    bad = result.failures + result.errors
    for test, trace in bad:
        print('FAILED: %s\n%s' % (test, trace))
    failed = len({test.id().split(' ')[0] for test, trace in bad})   # a test with several failing parts is one
    print('%d passed, %d failed' % (result.testsRun - failed, failed))
    return 1 if bad else 0

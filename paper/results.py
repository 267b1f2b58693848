"""What the last run of the checks said: build/report/*.tsv, one file for each program. Nothing is shown that
is not in them."""
import collections
import os

Line = collections.namedtuple('Line', 'what function ok method error allowed entries compiler time')
# wrong and right: errors
Mutant = collections.namedtuple('Mutant', 'chapter name erratum method tag wrong right function')
METHODS = ('oracle', 'central', 'complex', 'adjoint')


class ReportError(Exception):
    pass


class Results:
    """lines: by chapter and equation; mutants: wrong versions that a check has rejected."""
    def __init__(self, folder, ending='.tsv'):
        self.lines, self.mutants = collections.defaultdict(list), []
        for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
            if name.endswith(ending):
                with open(os.path.join(folder, name), encoding='utf-8') as file:
                    self.read(os.path.join(folder, name), file.read().splitlines())

    def read(self, path, lines):
        compiler = time = None
        for number, line in enumerate(lines, 1):
            fields = line.split('\t')
            try:
                if number == 1:
                    kind, compiler, time = fields
                elif fields[0] == 'equation':
                    kind, chapter, tag, what, function, ok, method, error, allowed, entries = fields
                    numbers = float(error), float(allowed), int(entries)
                    self.lines[chapter, tag.strip('()')].append(Line(what, function,
                                                                     {'ok': True, 'FAILED': False}[ok],
                                                                     method, *numbers, compiler, time))
                else:
                    kind, chapter, mutant, erratum, method, tag, wrong, right, function = fields
                    self.mutants.append(Mutant(chapter, mutant, erratum.strip('-'), method, tag.strip('()'),
                                               float(wrong), float(right), function))
                if kind != ('compiler' if number == 1 else fields[0]) or kind not in ('compiler', 'equation',
                                                                                      'mutant'):
                    raise ValueError
            except (ValueError, KeyError):
                raise ReportError("%s:%d: not a line of a report; 'make test' writes it anew"
                                  % (path, number)) from None

    def checks(self, chapter, tag):
        """What was checked about an equation: (what, function) and its lines, one a method, the worst of all
        programs."""
        found = collections.OrderedDict()
        for line in self.lines.get((chapter, tag), []):
            methods = found.setdefault((line.what, line.function), {})
            if line.method not in methods or worse(line, methods[line.method]):
                methods[line.method] = line
        order = {method: k for k, method in enumerate(METHODS)}
        return [(key, sorted(methods.values(), key=lambda line: order.get(line.method, 9)))
                for key, methods in found.items()]

    def sayings(self, chapter=None):
        """With which compilers the checks were run, and when."""
        told = {(line.compiler, line.time) for (where, tag), lines in self.lines.items() for line in lines
                if chapter in (None, where)}
        latest = {}
        for compiler, time in sorted(told):
            latest[compiler] = time
        return sorted(latest.items())


def worse(a, b):
    """Whether a is further from what is allowed than b; a failure, and NaN, are the worst of all."""
    def excess(line):
        if not line.ok or line.error != line.error:
            return float('inf')
        return line.error if line.allowed == 0 else line.error / line.allowed
    return excess(a) > excess(b)


def brief(error):
    """An error with one digit, as the checkers print it."""
    return '%.1g' % error

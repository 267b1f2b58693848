"""Lets the tests import what they test, the tools in paper/ and figures/, which import each other by name."""
import importlib.machinery
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FOLDERS = [os.path.join(ROOT, 'paper'), os.path.join(ROOT, 'figures')]
sys.dont_write_bytecode = True   # the folders stay as they are


class Tools(importlib.machinery.PathFinder):
    """Looks in the tools' folders first, so that no installed module called markdown, say, gets in."""
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return super().find_spec(name, path or FOLDERS, target)


sys.meta_path.insert(0, Tools)

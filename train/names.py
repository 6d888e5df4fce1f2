"""Step 0: tells names that a module of this folder uses of another one and that this one doesn't have, before hours are spent on the
steps in front of it."""

import ast
import glob
import os
import sys

from common import HERE


def main():
    trees = {os.path.basename(p)[:-3]: ast.parse(open(p).read()) for p in glob.glob(os.path.join(HERE, "*.py"))}
    bad = []
    for name, tree in trees.items():
        known = {}
        for n in ast.walk(tree):
            if isinstance(n, ast.Import):
                known.update({a.asname or a.name: a.name for a in n.names if a.name in trees})
            elif isinstance(n, ast.ImportFrom) and n.module in trees:
                bad += [f"{name}.py: {n.module}.{a.name}" for a in n.names if a.name not in names(trees[n.module])]
        for n in ast.walk(tree):
            if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name) and n.value.id in known:
                if n.attr not in names(trees[known[n.value.id]]):
                    bad.append(f"{name}.py: {n.value.id}.{n.attr}")
    if bad:
        sys.exit("not there: " + ", ".join(bad))


def names(tree):
    """What a module's top level defines."""
    out = set()
    for n in tree.body:
        if isinstance(n, (ast.FunctionDef, ast.ClassDef)):
            out.add(n.name)
        elif isinstance(n, (ast.Import, ast.ImportFrom)):
            out |= {a.asname or a.name.split(".")[0] for a in n.names}
        else:
            out |= {m.id for m in ast.walk(n) if isinstance(m, ast.Name) and isinstance(m.ctx, ast.Store)}
    return out


if __name__ == "__main__":
    main()

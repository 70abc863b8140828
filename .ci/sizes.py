"""Sizes that a reader feels: of modules, of cells, of the functions of these scripts, of lines.

    python .ci/sizes.py     says what is too long, and fails if anything is
"""
import ast, sys
from book import cells, notebooks, root, shown, source

most = dict(module=150, cell=25, function=25, line=100)

def modules():
    "The lines of each module of the package, those that the export adds included"
    for file in sorted((root/'mlp_backprop').rglob('*.py')):
        lines = file.read_text(encoding='utf-8').splitlines()
        if file.name != '_modidx.py': yield file.relative_to(root), lines

def code_cells():
    "The lines of each code cell, as they are and without nbdev's directives, which no page shows"
    for name in notebooks():
        for i,cell in enumerate(cells(name)):
            if cell['cell_type'] != 'code': continue
            yield f'nbs/{name}, cell {i}', source(cell).splitlines(), shown(cell).splitlines()

def scripts():
    "The lines of each script in this folder"
    for file in sorted((root/'.ci').glob('*.py')):
        yield file.relative_to(root), file.read_text(encoding='utf-8').splitlines()

def functions():
    "The lines of each function in the scripts"
    for file,lines in scripts():
        for node in ast.walk(ast.parse('\n'.join(lines))):
            if isinstance(node, ast.FunctionDef):
                yield f'{file}, {node.name}', lines[node.lineno-1:node.end_lineno]

def too_many(kind, things):
    "Which of these have more lines than their kind may have"
    for name,lines in things:
        if len(lines) > most[kind]:
            yield f'{name}: {len(lines)} lines, {most[kind]} at most expected'

def too_long(things):
    "Which lines of these have too many characters"
    for name,lines in things:
        for line in lines:
            if len(line) > most['line']:
                yield f'{name}: a line of {len(line)} characters: {line[:60]}…'

def main():
    "Say what is too long"
    code = [*code_cells()]
    found = [*too_many('module', modules())]
    found += too_many('cell', [(name,lines) for name,_,lines in code])
    found += too_many('function', functions())
    found += too_long([*((name,lines) for name,lines,_ in code), *scripts()])
    if found: sys.exit('\n'.join(found))

main()

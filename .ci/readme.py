"Write README.md from nbs/index.ipynb; with --check, say whether it is up to date instead."
import re, sys, nbformat
from nbconvert import MarkdownExporter
from book import nbs, root, shown

note = '<!-- Made from nbs/index.ipynb by .ci/readme.py: edit the notebook, not this file. -->'
left_out = '#| hide', '#| site only', '<!-- site only -->'
# Links are relative to nbs/ in the notebook, and to the root in the README.
local = re.compile(r'\]\((?=images/|(?:\w+/)?\w+\.ipynb)|(?<=src=")(?=images/)')

def notebook():
    "Home, without the cells that only the site shows"
    nb = nbformat.read(nbs/'index.ipynb', 4)
    nb.metadata.language_info = dict(name='python')     # on the fences of code
    nb.cells = [c for c in nb.cells if not c.source.startswith(left_out)]
    for c in nb.cells:
        if c.cell_type == 'code': c.source = shown(c)
        if c.source.startswith('%%sh'): c.source = ''   # the command stands in the text before it
    return nb

def markdown(nb):
    "The notebook as the README has it"
    text,_ = MarkdownExporter().from_notebook_node(nb)
    text = local.sub(lambda m: m.group() + 'nbs/', text)
    text = text.replace('```python\n\n```\n', '')
    text = re.sub(r'<style>.*?</style>\n*', '', text, flags=re.S)       # of the progress bar
    text = re.sub(r'[ \t]+$', '', f'{note}\n\n{text.strip()}\n', flags=re.M)
    return re.sub(r'\n{3,}', '\n\n', text)

def main():
    "Write the file, or hold it against what would be written"
    file,text = root/'README.md',markdown(notebook())
    if '--check' not in sys.argv: file.write_text(text, encoding='utf-8')
    elif file.read_text(encoding='utf-8') != text:
        sys.exit('README.md differs from nbs/index.ipynb: run python .ci/readme.py')

main()

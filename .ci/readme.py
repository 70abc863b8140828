"Write README.md from nbs/index.ipynb; with --check, say whether it is up to date instead."
import re, sys, nbformat
from pathlib import Path
from nbconvert import MarkdownExporter

root = Path(__file__).resolve().parent.parent
nb = nbformat.read(root/'nbs/index.ipynb', 4)
nb.metadata.language_info = dict(name='python')     # on the fences of code
nb.cells = [c for c in nb.cells if not c.source.startswith(('#| hide', '#| site only', '<!-- site only -->'))]
for c in nb.cells:
    if c.cell_type == 'code': c.source = re.sub(r'^#\|.*\n', '', c.source, flags=re.M)
    if c.source.startswith('%%sh'): c.source = ''        # the command stands in the text before it
text,_ = MarkdownExporter().from_notebook_node(nb)
# Links are relative to nbs/ in the notebook, and to the root in the README.
local = r'\]\((?=images/|(?:\w+/)?\w+\.ipynb)|(?<=src=")(?=images/)'
text = re.sub(local, lambda m: m.group() + 'nbs/', text)
text = text.replace('```python\n\n```\n', '')
text = re.sub(r'<style>.*?</style>\n*', '', text, flags=re.S)        # of the progress bar
text = '<!-- Made from nbs/index.ipynb by .ci/readme.py: edit the notebook, not this file. -->\n\n' + text.strip() + '\n'
text = re.sub(r'\n{3,}', '\n\n', re.sub(r'[ \t]+$', '', text, flags=re.M))

file = root/'README.md'
if '--check' not in sys.argv: file.write_text(text, encoding='utf-8')
elif file.read_text(encoding='utf-8') != text: sys.exit('README.md differs from nbs/index.ipynb: run python .ci/readme.py')

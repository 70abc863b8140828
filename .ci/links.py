"""Links from every symbol in backticks to its section on the site, and from there to its source."""
import ast, posixpath, re
import nbdev.doclinks
from pathlib import Path
from nbdev.config import get_config
from book import cells, notebooks, source

def page_of(notebook):
    "A notebook's page without .html, as nbdev names it: record/calls for record/calls.ipynb"
    return nbdev.doclinks._nbpath2html(Path(notebook)).as_posix().removesuffix('.html')

def module_of(notebook):
    "The file that a notebook exports to, from the package's folder"
    found = (re.search(r'^#\| *default_exp +([\w.]+)', source(c), re.M) for c in cells(notebook))
    return next((m[1].replace('.', '/')+'.py' for m in found if m), None)

def public_values(node):
    "The public name that an assignment gives to a value"
    target = node.targets[0] if isinstance(node, ast.Assign) else None
    if isinstance(target, ast.Name) and target.id[0]!='_': yield target.id,node.lineno

def definitions(node):
    "What a definition defines, methods too; a patched function is its class's"
    if not isinstance(node, (ast.FunctionDef, ast.ClassDef)): return
    patched = any(getattr(d, 'id', '')=='patch' for d in node.decorator_list)
    owner = f'{node.args.args[0].annotation.id}.' if patched else ''
    yield owner+node.name, node.lineno
    if isinstance(node, ast.FunctionDef): return
    for o in node.body:
        if isinstance(o, ast.FunctionDef): yield f'{node.name}.{o.name}', o.lineno

def defined(module):
    "The line of each definition in a module, by its name"
    file = get_config().lib_path/(module or '')
    if not file.is_file(): return {}
    body = ast.parse(file.read_text(encoding='utf-8')).body
    return {k: line for node in body for k,line in (*public_values(node), *definitions(node))}

def documents(cell):
    "The symbol that a cell documents"
    m = cell['cell_type']=='code' and re.search(r'^show_doc\(([\w.]+)', source(cell), re.M)
    return m and m[1]

def values(cell):
    "Sections, as `show_doc` makes them, for exported names such as that of a named tuple"
    text = source(cell)
    if cell['cell_type']!='code' or 'code-summary: "Exported source"' not in text: return
    for name,value in re.findall(r'^([A-Za-z]\w*) = (.+)', text, re.M):
        said = re.search(rf'^{name}\.__doc__ = "(.+)"', text, re.M)
        md = f'---\n\n### {name}\n\n```python\n{name} = {value}\n```\n\n'
        data = {'text/markdown': md + (f'*{said[1]}*' if said else '')}
        yield dict(cell_type='code', metadata={}, execution_count=None,
            source=f'#| echo: false\n#| output: asis\nshow_doc({name})',
            outputs=[dict(output_type='display_data', metadata={}, data=data)])

def add_values(nb):
    "Put those sections before the cells that define the names, unless the notebook has them"
    done = {documents(c) for c in nb['cells']}
    new = [[v for v in values(c) if documents(v) not in done] + [c] for c in nb['cells']]
    nb['cells'] = sum(new, [])

class Links:
    """Links between the pages of the site.

    nbdev makes such links too. It takes the last of two symbols of one name, links private ones
    to nowhere, knows nothing of a notebook with "auto" in its name, and leads to the site as
    published; so these take their place."""
    def __init__(self, books):
        "The symbols of each page, and the lines of the modules that they are defined in"
        cfg = get_config()
        self.lib = cfg.lib_path.name
        self.host = f'{cfg.doc_host}{cfg.doc_baseurl}/'
        self.git = f'{cfg.git_url}/blob/{cfg.branch}/{self.lib}'
        code = {k: [c for c in nb['cells'] if c['cell_type']=='code'] for k,nb in books.items()}
        self.code = {k: '\n'.join(map(source, found)) for k,found in code.items()}
        for nb in books.values(): add_values(nb)
        self.shown = {k: [*filter(None, map(documents, nb['cells']))] for k,nb in books.items()}
        self.files = {page_of(f): module_of(f) for f in notebooks()}
        self.lines = {page: defined(self.files[page]) for page in books}

    def module(self, page):
        "The name to import what a page exports by, after the package's"
        return re.sub(r'(/__init__)?\.py$', '', self.files[page] or '').replace('/', '.')

    def imports(self, page, other, name):
        "Whether a page imports a name from another's module, or from a package around that"
        parts = self.module(other).split('.')
        path = '|'.join(re.escape('.'.join(parts[:i+1])) for i in range(len(parts)))
        names = re.findall(rf'^from {self.lib}\.(?:{path}) import (.+)', self.code[page], re.M)
        return any(re.search(rf'\b{name}\b|\*', n) for n in names)

    def anchor(self, page, name):
        "As nbdev has it, in lower case, unless two names of a page differ in nothing else"
        alike = [n for n in self.shown[page] if n.lower()==name.lower()]
        return name if len(alike)>1 else name.lower()

    def full_name(self, page, name):
        "The page and the name that a name with its module's before it means"
        for k in sorted(self.shown, key=lambda k: -len(self.module(k))):
            start = f'{self.lib}.{self.module(k)}.'
            if self.module(k) and name.startswith(start): return k, name.removeprefix(start)
        return page,name

    def explains(self, page, name):
        "Whether a page has a section for a name, or for the class that it belongs to"
        owner = name.split('.')[0]
        return name in self.shown[page] or name in self.lines[page] and owner in self.shown[page]

    def owner(self, page, name):
        "The page and the class that has a method of this name, if possible on this page"
        for k in sorted(self.shown, key=lambda k: k!=page):
            for n in self.lines[k]:
                sections = [s for s in (n.split('.')[0],n) if s in self.shown[k]]
                if n.endswith('.'+name) and sections: return k,sections[0]

    def find(self, page, name):
        "The page and section for a name: this page's, one's that it imports from, or the first"
        page,name = self.full_name(page, name)
        short = name.split('.')[0]
        known = [k for k in self.shown if self.explains(k, name)]
        if not known: return None
        near = [k for k in known if k==page]
        near += [k for k in known if self.imports(page, k, short)]
        # `forward` is a layer's, unless the function was imported
        owner = self.owner(page, name)
        if owner and (owner[0]==page or not near): return owner
        k = (near + known)[0]
        return k, name if name in self.shown[k] else short      # the class of such a method

    def link(self, page, m):
        "A symbol in backticks with its link, or what was found as it was"
        if not m[1] or not (found := self.find(page, m[1])): return m[0]
        k,name = found
        to = '' if k==page else posixpath.relpath(k, posixpath.dirname(page) or '.')+'.html'
        return f'[{m[0]}]({to}#{self.anchor(k, name)})'

    def heading(self, page, text):
        "A heading; one that would get a symbol's anchor gets another"
        slug = re.sub(r'[^\w-]', '', '-'.join(text.lstrip('# ').lower().split()))
        taken = {self.anchor(page, n) for n in self.shown[page]}
        return f'{text} {{#{slug}-section}}' if slug in taken else text

    def linkify(self, page, text):
        "A text with its links, none of them in code or in headings"
        text = re.sub(rf'\[(`[^`]+`)\]\({re.escape(self.host)}[^)]*\)', r'\1', text)
        links = re.compile(r'\[[^\]]*\]\([^)]*\)|`([A-Za-z_][\w.]*)(?:\(\))?`')
        parts = re.split(r'(^ *```.*?^ *```|^#+ .*?$)', text, flags=re.M|re.S)
        for i,o in enumerate(parts):
            if i%2==0: parts[i] = links.sub(lambda m: self.link(page, m), o)
            elif o.startswith('#'): parts[i] = self.heading(page, o)
        return ''.join(parts)

    def section(self, page, name, text):
        "What `show_doc` says of a symbol, with a link to its source"
        text = re.sub(r'^\[source\].*\n', '', text, flags=re.M)
        line,file = self.lines[page].get(name), self.files[page]
        where = f'{self.git}/{file}#L{line} "{name} in {file}"'
        src = f'[source]({where}){{.source}}\n\n' if line else ''
        shown = name.replace('__', r'\_\_')
        head = f'{src}### {shown} {{#{self.anchor(page, name)}}}'
        return re.sub(r'^### .*', lambda m: head, self.linkify(page, text), count=1, flags=re.M)

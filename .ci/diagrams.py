"""Diagrams written as mermaid, drawn as SVG when the site is built."""
import html, itertools, re, sys, mermaidx

numbers = itertools.count(1)        # each diagram on the site has an id of its own
fence = re.compile(r'^```+ *\{?mermaid\}? *\n(.*?)^```+ *$', re.M|re.S)
label = re.compile(r'[\[({|>]+("[^"]+"|[^\[\](){}|<>]+)[\])}|]+')

def described(text):
    "A diagram in words: its own description, or its labels"
    said = re.search(r'^\s*acc(?:Descr|Title): *(.+)', text, re.M)
    if said: return said[1]
    labels = [found.strip('"\'') for found in label.findall(text)]
    return 'Diagram: ' + ', '.join(dict.fromkeys(labels or text.split()))

def sized(m):
    "The widths between which a diagram is drawn: it rather scrolls than shrinks to nothing"
    return f'max-width: {m[1]}px; min-width: {.6*float(m[1]):.0f}px'

def drawn(m):
    "A mermaid fence as SVG, described to those who can't see it"
    text = m[1].strip()
    try: svg = mermaidx.render(text).svg().replace('my-svg', f'diagram-{next(numbers)}')
    except RuntimeError as e: sys.exit(f'{e}\nin this diagram:\n{text}')
    svg = re.sub(r'max-width: ([\d.]+)px', sized, svg, count=1)
    role = f'role="img" aria-label="{html.escape(described(text))}"'
    svg = re.sub(r'^<svg([^>]*?) role="[^"]*"( aria-roledescription="[^"]*")?',
                 lambda s: f'<svg{s[1]} {role}', svg)
    return f'```{{=html}}\n<div class="diagram">{svg}</div>\n```'

def draw(text):
    "A text with its diagrams drawn"
    return fence.sub(drawn, text)

// What browse.py asks a page, by name: reader.look() and so on.
window.reader = (() => {
const all = (selector, from = document) => [...from.querySelectorAll(selector)]
const href = a => a.getAttribute('href')
const open = selector => all(selector).forEach(d => d.open = true)
const scrolls = e => e && e !== document.body &&
  (['auto', 'scroll'].includes(getComputedStyle(e).overflowX) || scrolls(e.parentElement))

// TeX that a reader sees as such, code aside
function tex() {
  const seen = document.body.cloneNode(true)
  all('pre, code, script, style, .katex-mathml', seen).forEach(e => e.remove())
  return [...new Set(seen.textContent.match(/\\([a-zA-Z]{2,}|[()[\]])|\$\$|\$\\/g))]
}

// The symbols that have a section with a signature and a link to the source, and its anchor
function documented() {
  const sections = all('a.source').map(a => a.closest('.cell-output-markdown'))
  return Object.fromEntries(sections.filter(d => d.querySelector('pre')).map(d =>
    [d.querySelector('a.source').title.split(' ')[0], d.querySelector('h3').id]))
}

// What a page holds
function look() {
  const needed = ['#quarto-sidebar', 'nav#TOC', '.smalldocs-search input', '.page-navigation a']
  const images = [...document.images], pictures = all('img, svg[role=img]')
  const loaded = i => i.complete && i.naturalWidth
  const said = i => (i.alt || i.getAttribute('aria-label') || '').trim()
  return {
    tex: tex(),
    bad_tex: all('.katex-error').map(e => e.title || e.textContent),
    undrawn: all('pre.mermaid, code.language-mermaid, .sourceCode.mermaid').length,
    formulas: all('.katex').length,
    ids: all('[id], a[name]').map(e => e.id || e.name),
    documented: documented(),
    links: all('a[href]').map(href),
    nav: all('#quarto-sidebar a[href], nav.page-navigation a[href]').map(href),
    parts: needed.filter(s => !document.querySelector(s)),
    images: images.length,
    unloaded: images.filter(i => !loaded(i)).map(i => i.currentSrc.slice(0, 80)),
    mute: pictures.filter(i => !said(i)).map(i => i.outerHTML.slice(0, 80)),
  }
}

// How far the page scrolls sideways, with every fold open; what it cuts off where nothing scrolls
function wide() {
  open('details')
  const over = document.documentElement.scrollWidth - document.documentElement.clientWidth
  const unseen = '.katex-mathml, .visually-hidden, .katex .hide-tail'
  const beyond = all('main *').filter(e => e.getBoundingClientRect().right > innerWidth+1)
  const cut = beyond.filter(e => !e.closest(unseen) && !scrolls(e))
  return [over, cut.slice(0, 3).map(e => e.outerHTML.slice(0, 120))]
}

// How many code and output blocks there are, which are wider than their place, and which of these
// have no line over 100 characters
function cut() {
  open('main details')
  const blocks = all('main pre, main .cell-output-display').filter(e => e.clientWidth)
  const cut = blocks.filter(e => e.scrollWidth > e.clientWidth+1)
  const long = e => e.innerText.split('\n').some(l => l.length > 100)
  const begin = e => e.innerText.slice(0, 60)
  const short = cut.filter(e => e.matches('pre') && !long(e))
  return [blocks.length, cut.map(begin), short.map(begin)]
}

// What axe-core finds
async function violations() {
  const found = await axe.run(document, {resultTypes: ['violations']})
  return found.violations.map(v => [v.impact, v.id, v.nodes.length,
    v.nodes[0].html.slice(0, 160), v.nodes[0].failureSummary.slice(0, 300)])
}

return {look, wide, cut, violations}
})()

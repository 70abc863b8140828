"""Chromium, driven by Playwright; what is not there is installed."""
import importlib.util, os, shutil, subprocess, sys
from book import root

chrome_on_mac = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'
flags = ['--disable-gpu', '--disable-background-networking', '--no-sandbox']

def sh(*command, **kw):
    "What a command prints"
    return subprocess.run(command, check=True, capture_output=True, text=True, **kw).stdout

def find(names):
    "The path of the first of these programs that is there"
    return next(filter(None, map(shutil.which, names)), None)

def need(*names, package):
    "The path of the first of these programs, installed through apt if none is there"
    if not find(names) and shutil.which('apt-get'):
        sudo = [] if os.geteuid()==0 else ['sudo']
        sh(*sudo, 'apt-get', 'update', '-q')
        sh(*sudo, 'apt-get', 'install', '-qy', '--no-install-recommends', package)
    return find(names) or sys.exit(f'expected one of {", ".join(names)}, but found none')

def playwright():
    "Playwright, to be used in a `with`"
    if not importlib.util.find_spec('playwright'):
        pins = str(root/'constraints.txt')
        sh(sys.executable, '-m', 'pip', 'install', '-q', '-c', pins, 'playwright')
    from playwright.sync_api import sync_playwright
    return sync_playwright()

def launch(driver):
    "Chromium without a window"
    path = need('chromium', 'google-chrome', chrome_on_mac, package='chromium')
    return driver.chromium.launch(executable_path=path, args=flags)

def fresh(chromium, width, height, dark, **kw):
    "A profile of its own, with one empty tab"
    scheme = 'dark' if dark else 'light'
    return chromium.new_context(viewport=dict(width=width, height=height), color_scheme=scheme,
                                reduced_motion='reduce', **kw)

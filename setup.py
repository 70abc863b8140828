from configparser import ConfigParser
from pathlib import Path
from setuptools import setup, find_packages

root = Path(__file__).parent
config = ConfigParser(delimiters=['='])
config.read(root/'settings.ini', encoding='utf-8')
cfg = config['DEFAULT']

licenses = {'apache2': 'Apache-2.0'}
statuses = {'1': 'Planning', '2': 'Pre-Alpha', '3': 'Alpha', '4': 'Beta', '5': 'Production/Stable'}
versions = [v for v in ('3.11', '3.12', '3.13') if tuple(map(int, v.split('.'))) >= tuple(map(int, cfg['min_python'].split('.')))]

setup(
    name = cfg['lib_name'],
    version = cfg['version'],
    description = cfg['description'],
    keywords = cfg['keywords'],
    author = cfg['author'],
    author_email = cfg['author_email'],
    license = licenses[cfg['license']],
    url = cfg['git_url'],
    project_urls = {'Documentation': cfg['doc_host'] + cfg['doc_baseurl']},
    packages = find_packages(include=[cfg['lib_name'], cfg['lib_name'] + '.*']),
    include_package_data = True,
    python_requires = '>=' + cfg['min_python'],
    install_requires = cfg['requirements'].split(),
    extras_require = {'dev': cfg['dev_requirements'].split()},
    entry_points = {
        'console_scripts': cfg['console_scripts'].split(),
        'nbdev': [f"{cfg['lib_name']}={cfg['lib_name']}._modidx:d"],
    },
    long_description = (root/'README.md').read_text(encoding='utf-8'),
    long_description_content_type = 'text/markdown',
    classifiers = [
        f"Development Status :: {cfg['status']} - {statuses[cfg['status']]}",
        f"Intended Audience :: {cfg['audience']}",
        f"Natural Language :: {cfg['language']}",
        *(f'Programming Language :: Python :: {v}' for v in versions),
    ],
    zip_safe = False,
)

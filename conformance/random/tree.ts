import { chmodSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * Files that random objects look at, by their path in the tree. None is an error to read: what the referee makes of an error
 * that a variable passes on is documented, and would be found again and again. All is ASCII: behind a match of
 * nothing the referee goes on in the middle of a longer character, and behind the end of a text that a NUL ends.
 */
const files: Readonly<Record<string, string>> = {
  'a.conf': 'key = value\n# key = other\nKey=Value2\n\n  num 42\nlist a,b,,c\nkey = value # twice\n',
  'b.conf': 'alpha\r\nbeta gamma\r\n\r\nkey = 7\r\nlast',
  'c.txt': 'one two  three\nfour\tfive\n\n\nsix',
  'd/a.conf': 'num 1\nnum 2\nnum 3\nkey = deep\n',
  'd/e/x.conf': '[section]\nuser:x:1000:1000\nroot:*:0:0\npath=/usr/bin:/bin\n',
  blank: '\n',
  empty: '',
  special: 'a.b*c?[d]^$(e){f}|g\\h\n1.2.3-4~rc1\n',
  'x.xml':
    '<?xml version="1.0"?>\n<top id="r"><a n="1">one</a><a n="2">two <b>bold</b></a><c/><d>3</d><!-- note --><e xmlns="urn:e" f="g">ns</e></top>\n',
  'bad.xml': '<top><a></top>\n',
  'y.yaml':
    'name: plain\nnumber: 12\nhex: 0x1F\nfloat: 1.5\nyes: true\nnothing: null\nquoted: "17"\nlist: [a, b, 3, false]\nmap:\n  Key: v\n  other: 9\nitems:\n  - name: first\n    n: 1\n  - name: second\n    n: 2\n',
  'bad.yaml': 'a: [b\n',
}
const links: Readonly<Record<string, string>> = {
  'link.conf': 'a.conf',
  'd/out': '../d/e',
  dangling: 'nowhere',
  circle: 'circle',
  absolute: '/etc/passwd',
}
const modes: Readonly<Record<string, number>> = {
  'a.conf': 0o600,
  'b.conf': 0o4755,
  'c.txt': 0o644,
  'd/e': 0o1777,
  'd/a.conf': 0o2070,
}

export const fileNames = Object.keys(files)
export const linkNames = Object.keys(links)
export const directoryNames = ['', 'd', 'd/e']

/** Writes the tree; its times are fixed, so that they can be compared. */
export function writeTree(folder: string): void {
  const at = (name: string): string => join(folder, name)
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(at(name)), { recursive: true })
    writeFileSync(at(name), content)
  }
  for (const [name, target] of Object.entries(links)) symlinkSync(target, at(name))
  for (const [name, mode] of Object.entries(modes)) chmodSync(at(name), mode)
  for (const name of [...fileNames, ...directoryNames]) utimesSync(at(name), 1_700_000_000, 1_700_000_000)
}

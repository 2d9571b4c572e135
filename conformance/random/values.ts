import { compilePattern, type Datatype, type Operation } from '@plumbline/scap'
import type { Chance } from './chance.ts'
import type { Draft } from './draft.ts'
import { directoryNames, fileNames, linkNames } from './tree.ts'

/** What a value is meant for. */
export type Kind = 'word' | 'number' | 'instance' | 'pattern' | 'directory' | 'filename' | 'filepath'

const words = [
  'key',
  'value',
  'a',
  'b',
  '',
  'root',
  'key = value',
  'one two',
  '42',
  '7',
  'A',
  'a-b-a',
  ' x ',
  'a.b*c?',
  '/etc/passwd',
  'x:1:y',
  '1.2.3',
  'true',
  '[d]',
]
const numbers = ['0', '1', '2', '3', '7', '42', '-1', '10', '1000', '007', '4294967296', '-5']
/** In their order: the referee takes a difference for a number without a sign. Years apart it is wrong by days. */
export const times = ['2009-04-01', '20090402', '2009/04/02 10:00:00', '2009-04-03 23:59:59']

/** Parts of patterns, which go together in any order. */
const atoms = [
  '\\w+',
  '(\\w+)',
  '^',
  '^\\s*',
  '$',
  '=',
  '\\s*=\\s*',
  '(\\d+)',
  '.*',
  '(.*)',
  '.+?',
  '(a|b)',
  '([^\\n]*)',
  '\\s+',
  '(?i)',
  'key',
  'KEY',
  '[a-z]',
  '[[:alpha:]]+',
  '(?:#.*)?',
  '(x)?',
  '\\b',
  'num (\\d)',
  '[^#]',
  '\\S+',
  '(?=v)',
  '\\.',
  '\\h',
  '\\R?',
  '(k|(v))',
  '\\n',
  '{1,2}?',
  'e*',
  ',',
  'o+',
]

/** A quantifier needs something before it, and more: what is no pattern is an error to both, of which enough is said. */
function isPattern(text: string): boolean {
  try {
    compilePattern(text)
    return true
  } catch {
    return false
  }
}

export function randomPattern(chance: Chance): string {
  for (;;) {
    const pattern = chance.several(1, 4, () => chance.pick(atoms)).join('')
    if (isPattern(pattern)) return pattern
  }
}

/** A value of a kind: mostly one that something in the tree has. */
export function randomValue({ chance, folder }: Draft, kind: Kind): string {
  const inTree = (name: string): string => (name === '' ? folder : `${folder}/${name}`)
  switch (kind) {
    case 'word':
      return chance.pick(words)
    case 'number':
      return chance.pick(numbers)
    case 'instance':
      return chance.pick(['0', '1', '1', '2', '3', '42'])
    case 'pattern':
      return randomPattern(chance)
    case 'directory':
      return inTree(chance.pick([...directoryNames, 'd/out', 'none']))
    case 'filename':
      return chance.pick(
        [...fileNames.map((name) => name.replace(/.*\//, '')), ...linkNames, 'none'].filter(
          (name) => !name.includes('/'),
        ),
      )
    case 'filepath':
      return inTree(chance.pick([...fileNames, ...fileNames, ...linkNames, 'd', 'none']))
  }
}

/** A pattern for names below the tree. The referee takes a backslash with a letter for that letter where the walk begins. */
export function namePattern(draft: Draft, kind: Kind): string {
  const { chance } = draft
  const folder = draft.folder.replaceAll('.', '\\.')
  switch (kind) {
    case 'directory':
      return `^${folder}${chance.pick(['', '/d', '/d/.*', '.*', '/[^/]+', '(/d)?/e$', '/d$'])}`
    case 'filepath':
      return `^${folder}/${chance.pick(['a\\.conf', '.*\\.conf$', '[^/]*$', 'd/.*', '(a|b)\\.conf', 'x\\..*', 'link.*', '[a-z]+$'])}`
    case 'filename':
      return chance.pick(['.*', '^a', '\\.conf$', '^[a-c]\\.', '^(?!a)', 'conf', '^link', '^[^.]+$'])
    case 'instance':
    case 'number':
    case 'pattern':
    case 'word':
      return randomPattern(chance)
  }
}

const STRING: readonly Operation[] = [
  'equals',
  'not equal',
  'case insensitive equals',
  'case insensitive not equal',
  'pattern match',
]
const ORDER: readonly Operation[] = [
  'equals',
  'not equal',
  'greater than',
  'greater than or equal',
  'less than',
  'less than or equal',
]
const NETWORK: readonly Operation[] = [...ORDER, 'subset of', 'superset of']

/** OVAL definitions schema: the operations that a datatype has. */
export const operationsOf: Partial<Record<Datatype, readonly Operation[]>> = {
  string: STRING,
  boolean: ['equals', 'not equal'],
  binary: ['equals', 'not equal'],
  int: [...ORDER, 'bitwise and', 'bitwise or'],
  float: ORDER,
  version: ORDER,
  evr_string: ORDER,
  debian_evr_string: ORDER,
  ipv4_address: NETWORK,
  ipv6_address: NETWORK,
}

/** Values of each datatype, near each other. Forms at the edge of a datatype are in `conformance/oval/odd-values.test.ts`. */
export const valuesOf: Partial<Record<Datatype, readonly string[]>> = {
  string: words,
  boolean: ['true', 'false', '1', '0'],
  binary: ['0aff', '0AFF', 'ff', '00'],
  int: numbers,
  float: ['0', '1.5', '1.50', '-2', '1e3', '1000', '0.1'],
  version: ['1', '1.0', '1.2', '1.10', '1.2.3', '2', '1-2'],
  evr_string: ['0:1-1', '1:1-1', '0:1.2-1', '0:1.10-1', '0:1~rc-1', '0:1.2a-3', '0:1-2.el8'],
  debian_evr_string: ['0:1-1', '1:1-1', '0:1.2-1', '0:1.10-1', '0:1~rc-1', '0:1.2a-3', '0:1-2+b1'],
  ipv4_address: ['192.0.2.1', '192.0.2.0/24', '192.0.2.128/25', '10.0.0.1', '192.0.2.1/32'],
  ipv6_address: ['2001:db8::1', '2001:db8::/32', '2001:db8:0:0::/64', '::1'],
}

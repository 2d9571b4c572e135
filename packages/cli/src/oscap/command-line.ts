import { parseArgs } from 'node:util'
import { Failure } from '../failure.ts'

/** The operation was called in a way that it does not have: exit status 100, as with the referee. */
export class UsageError extends Failure {}

/** What an operation was called with: values of options that take one, switches, and what is left. */
export interface Parameters {
  readonly operation: string
  readonly files: readonly string[]
  value(name: string): string | undefined
  values(name: string): readonly string[]
  has(name: string): boolean
}

/** One operation: its options as the referee names them, and what it does. The exit status is its answer. */
export interface Operation {
  readonly summary: string
  readonly usage: string
  /** Options that take a value, with what it is. */
  readonly options?: Readonly<Record<string, string>>
  readonly switches?: Readonly<Record<string, string>>
  /** Known to the referee and not to us: refused by name rather than ignored. */
  readonly unsupported?: readonly string[]
  /** How many files it takes. As with the referee, more are overlooked, unless it refuses them. */
  readonly files: readonly [least: number, most: number]
  readonly refusesMore?: true
  run(parameters: Parameters): number | Promise<number>
}

const commonOptions = { verbose: 'accepted and ignored', 'verbose-log-file': 'accepted and ignored' }
const shortNames: Readonly<Record<string, string>> = { output: 'o', help: 'h', force: 'f' }

export function parseParameters(name: string, operation: Operation, words: readonly string[]): Parameters {
  const option = (key: string, type: 'boolean' | 'string') => {
    const short = shortNames[key]
    return [key, { type, multiple: true as const, ...(short === undefined ? {} : { short }) }] as const
  }
  const options = Object.fromEntries([
    ...Object.keys({ ...commonOptions, ...operation.options }).map((key) => option(key, 'string')),
    ...[...Object.keys(operation.switches ?? {}), ...(operation.unsupported ?? []), 'help'].map((key) =>
      option(key, 'boolean'),
    ),
  ])
  let parsed
  try {
    parsed = parseArgs({
      args: withoutUnsupportedValues(withWholeNames(words, Object.keys(options)), operation),
      options,
      allowPositionals: true,
      strict: true,
    })
  } catch (error) {
    throw new UsageError(
      `${error instanceof Error ? error.message : String(error)}\nUsage: plumbline-oscap ${operation.usage}`,
      {
        cause: error,
      },
    )
  }
  const given: Readonly<Record<string, readonly (boolean | string)[] | undefined>> = parsed.values
  for (const key of operation.unsupported ?? [])
    if (given[key] !== undefined) throw new Failure(`--${key} of oscap ${name} is not supported`)
  const [least, most] = operation.files
  const isHelp = given['help'] !== undefined
  const files = parsed.positionals.slice(0, most)
  const more = parsed.positionals.slice(most)
  if (!isHelp && (files.length < least || (more.length > 0 && operation.refusesMore === true)))
    throw new UsageError(
      `${name} takes ${least} ${least === 1 ? 'file' : 'files'}\nUsage: plumbline-oscap ${operation.usage}`,
    )
  if (more.length > 0) process.stderr.write(`WARNING: not looked at: ${more.join(', ')}\n`)
  const values = (key: string): readonly string[] => (given[key] ?? []).map(String)
  return {
    operation: name,
    files,
    value: (key) => values(key).at(-1),
    values,
    has: (key) => given[key] !== undefined,
  }
}

/** As with the referee, the beginning of an option's name will do where no other begins so. */
function withWholeNames(words: readonly string[], names: readonly string[]): string[] {
  return words.map((word) => {
    const [, begun, value = ''] = /^--([a-z][a-z-]*)(=.*)?$/s.exec(word) ?? []
    if (begun === undefined || names.includes(begun)) return word
    const [only, second] = names.filter((name) => name.startsWith(begun))
    return only === undefined || second !== undefined ? word : `--${only}${value}`
  })
}

/** So that a refused option that takes a value is refused by its own name. */
function withoutUnsupportedValues(words: readonly string[], { unsupported = [] }: Operation): string[] {
  return words.map((word) => {
    const [, name] = /^--([\w-]+)=/.exec(word) ?? []
    return name !== undefined && unsupported.includes(name) ? `--${name}` : word
  })
}

export function helpFor(operation: Operation): string {
  const line = (name: string, text: string): string => `   --${name.padEnd(28)} ${text}`
  return [
    operation.summary,
    '',
    `Usage: plumbline-oscap ${operation.usage}`,
    '',
    'Options:',
    ...Object.entries({ ...operation.options, ...operation.switches }).map(([name, text]) => line(name, text)),
    ...(operation.unsupported ?? []).map((name) => line(name, 'not supported: refused')),
    '',
  ].join('\n')
}

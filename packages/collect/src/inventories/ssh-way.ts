import { longestWay, NoWay, parseJumps, parsePlace, PlaceError, quoted } from './place.ts'
import type { Place } from './place.ts'

/** Options of ssh(1) that take a value; the others are single letters that may stand together. */
const withValue = 'BbcDEeFIiJLlmOopQRSWw'

interface Parsed {
  /** Values by letter, in their order. */
  readonly options: readonly (readonly [letter: string, value: string])[]
  /** The destination, and the command after it. */
  readonly others: readonly string[]
}

/**
 * The servers to go through that options of ssh(1) name, the nearest first: `-J`, or `-o` with ProxyJump or ProxyCommand.
 * Undefined where they say nothing of it. Throws `PlaceError` and {@link NoWay}.
 */
export function jumpsOfOptions(text: string): readonly Place[] | undefined {
  return jumpsOf(parseOptions(words(text)))
}

function jumpsOf({ options }: Parsed): readonly Place[] | undefined {
  for (const [letter, value] of options) {
    if (letter === 'J') return parseJumps(value)
    const [, name = '', given = ''] = /^\s*(\w+)(?:\s*=\s*|\s+)(.*)$/s.exec(letter === 'o' ? value : '') ?? []
    if (name.toLowerCase() === 'proxyjump') return parseJumps(given)
    if (name.toLowerCase() === 'proxycommand') return jumpsOfProxyCommand(given)
  }
  return undefined
}

/**
 * The servers that a ProxyCommand goes through, where it is ssh itself: `ssh -W %h:%p [user@]host`, or with netcat on that
 * host. Throws {@link NoWay} for any other.
 */
export function jumpsOfProxyCommand(text: string): readonly Place[] {
  if (text.trim().toLowerCase() === 'none') return []
  const [first, ...given] = words(text).slice(words(text)[0] === 'exec' ? 1 : 0)
  const parsed = parseOptions(given)
  const [destination, ...command] = parsed.others
  const value = (letter: string): string => parsed.options.find(([one]) => one === letter)?.[1] ?? ''
  const forwards = command.length === 0 ? /^(?:%h|\[%h\]):%p$/.test(value('W')) : isNetcat(command)
  if (!/^(?:.*\/)?ssh$/.test(first ?? '') || destination === undefined || !forwards) {
    throw new NoWay(`it is reached by the command ${quoted(text)}; only ssh -W is known`)
  }
  const { host, port, user } = parsePlace(destination)
  const [ownPort, ownUser] = [value('p'), value('l')]
  return [
    ...(jumpsOf(parsed) ?? []),
    {
      host,
      port: ownPort === '' ? port : parsePlace(`host:${ownPort}`).port,
      user: user ?? (ownUser === '' ? undefined : ownUser),
    },
  ]
}

const isNetcat = (command: readonly string[]): boolean =>
  /^(?:.*\/)?(?:nc|ncat|netcat)$/.test(command[0] ?? '') && command.slice(-2).join(' ') === '%h %p'

function parseOptions(given: readonly string[]): Parsed {
  const options: [string, string][] = []
  const others: string[] = []
  for (let at = 0; at < given.length; at += 1) {
    const word = given[at] ?? ''
    // After the destination come options still, and behind the first other word the command.
    if (!/^-[^-]/.test(word) || others.length > 1) {
      if (word !== '--') others.push(word)
      continue
    }
    for (let letter = 1; letter < word.length; letter += 1) {
      const name = word[letter] ?? ''
      if (!withValue.includes(name)) continue
      const value = word.slice(letter + 1)
      if (value === '') at += 1
      options.push([name, value === '' ? (given[at] ?? '') : value])
      break
    }
  }
  return { options, others }
}

function words(text: string): string[] {
  if (text.length > longestWay) throw new PlaceError(`${quoted(text)} is too long for options of ssh`)
  return shellWords(text).map(({ word }) => word)
}

/** As a shell divides them: quotes keep blanks together, a backslash the next character. */
export function shellWords(text: string): { readonly word: string; readonly written: string }[] {
  const all = text.match(/(?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+/gs) ?? []
  return all.map((written) => ({ word: unquote(written), written }))
}

const unquote = (word: string): string =>
  word.replace(/"((?:[^"\\]|\\.)*)"|'([^']*)'|\\(.)/gs, (_, double?: string, single?: string, escaped?: string) =>
    double === undefined ? (single ?? escaped ?? '') : double.replace(/\\(["\\])/g, '$1'),
  )

import { TransportError } from '../errors.ts'
import type { Session } from '../session.ts'
import { denialOf } from './denial.ts'
import { inCommands } from './in-commands.ts'
import { placesOf } from './places.ts'

/** Objects ask for their files at about the same time; they share a command, that starts so much later. */
const gatherMs = 4

interface Gathered {
  readonly paths: Set<string>
  readonly answer: Promise<ExtendedAcls>
}

/** By path: whether there is such a list, or why we may not look. */
export type ExtendedAcls = ReadonlyMap<string, boolean | TransportError>

const gathering = new WeakMap<Session, Gathered>()

/**
 * Whether files have an access control list beyond their mode, by the mark that GNU ls(1) puts behind it. Of a path that is
 * not in the answer it cannot be told: there is no such ls.
 */
export function readExtendedAcls(session: Session, paths: readonly string[]): Promise<ExtendedAcls> {
  if (paths.length === 0) return Promise.resolve(new Map())
  let gathered = gathering.get(session)
  if (gathered === undefined) {
    const wanted = new Set<string>()
    // A round goes off at the end of its tick: whoever came later would wait for the asset once more.
    const gathers = (resolve: () => void): unknown =>
      session.asksInRounds === true ? setImmediate(resolve) : setTimeout(resolve, gatherMs)
    const answer = new Promise<void>((resolve) => void gathers(resolve)).then(() => {
      gathering.delete(session)
      return askLs(session, [...wanted])
    })
    gathered = { paths: wanted, answer }
    gathering.set(session, gathered)
  }
  for (const path of paths) gathered.paths.add(path)
  return gathered.answer
}

async function askLs(session: Session, paths: readonly string[]): Promise<ExtendedAcls> {
  const found = new Map<string, boolean | TransportError>()
  // A line end in a name would make two lines of it, and what is no text cannot be a parameter.
  const plain = paths.filter((path) => !path.includes('\n') && path.isWellFormed())
  await inCommands(session, plain, async (part) => {
    const some = await placesOf(session, part)
    try {
      const command = ['ls', '-ldn', '--time-style=+%s', '--quoting-style=literal', '--', ...some.keys()] as const
      const { stdout, stderr } = await session.run([...command])
      for (const [place, has] of parseLs(new TextDecoder().decode(stdout))) {
        for (const path of some.get(place) ?? []) found.set(path, has)
      }
      for (const place of deniedIn(stderr)) {
        for (const path of some.get(place) ?? []) found.set(path, denialOf(session, path, 'ls'))
      }
    } catch (error) {
      if (!(error instanceof TransportError) || error.code !== 'command-not-found') throw error
    }
  })
  return found
}

/** `ls: cannot access '/srv/x': Permission denied` */
const deniedIn = (stderr: string): string[] =>
  stderr.split('\n').flatMap((line) => /'(\/.*)': (?:Permission denied|Operation not permitted)$/.exec(line)?.[1] ?? [])

/** `-rw-r-----+ 1 0 42 1234 1700000000 /etc/shadow`; devices have two numbers for the size, links an arrow. */
function* parseLs(text: string): Generator<readonly [path: string, hasAcl: boolean]> {
  for (const line of text.split('\n')) {
    const [, kind = '', mark = '', path] =
      /^([-bcdlpsDCMnP?])[-rwxsStT]{9}([.+@ ]?) *\d+ +\d+ +\d+ +(?:\d+, +)?\d+ \d+ (.*)$/.exec(line) ?? []
    if (path !== undefined) yield [kind === 'l' ? path.replace(/ -> .*$/, '') : path, mark === '+']
  }
}

import { TransportError } from '../errors.ts'
import type { Session } from '../session.ts'
import { placesOf } from './places.ts'

/** File names that one command line takes. */
const filesAtOnce = 500
/** Objects ask for their files at about the same time; they share a command, that starts so much later. */
const gatherMs = 4

interface Gathered {
  readonly paths: Set<string>
  readonly answer: Promise<ReadonlyMap<string, boolean>>
}

const gathering = new WeakMap<Session, Gathered>()

/**
 * Whether files have an access control list beyond their mode, by the mark that GNU ls(1) puts behind it. Of a path that is
 * not in the answer it cannot be told: there is no such ls.
 */
export function readExtendedAcls(session: Session, paths: readonly string[]): Promise<ReadonlyMap<string, boolean>> {
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

async function askLs(session: Session, paths: readonly string[]): Promise<ReadonlyMap<string, boolean>> {
  const found = new Map<string, boolean>()
  // A line end in a name would make two lines of it, and what is no text cannot be a parameter.
  const plain = paths.filter((path) => !path.includes('\n') && path.isWellFormed())
  for (let at = 0; at < plain.length; at += filesAtOnce) {
    const some = await placesOf(session, plain.slice(at, at + filesAtOnce))
    try {
      const command = ['ls', '-ldn', '--time-style=+%s', '--quoting-style=literal', '--', ...some.keys()] as const
      const { stdout } = await session.run([...command])
      for (const [place, has] of parseLs(new TextDecoder().decode(stdout))) {
        for (const path of some.get(place) ?? []) found.set(path, has)
      }
    } catch (error) {
      if (!(error instanceof TransportError) || error.code !== 'command-not-found') throw error
    }
  }
  return found
}

/** `-rw-r-----+ 1 0 42 1234 1700000000 /etc/shadow`; devices have two numbers for the size, links an arrow. */
function* parseLs(text: string): Generator<readonly [path: string, hasAcl: boolean]> {
  for (const line of text.split('\n')) {
    const [, kind = '', mark = '', path] =
      /^([-bcdlpsDCMnP?])[-rwxsStT]{9}([.+@ ]?) *\d+ +\d+ +\d+ +(?:\d+, +)?\d+ \d+ (.*)$/.exec(line) ?? []
    if (path !== undefined) yield [kind === 'l' ? path.replace(/ -> .*$/, '') : path, mark === '+']
  }
}

import { resultEnvironment, scriptType } from '@plumbline/scap'
import type { CollectedObject, Item, ItemEntity, ResolvedObject } from '@plumbline/scap'
import { concernsOneThing } from './errors.ts'
import type { Session } from './session.ts'

/** Where scripts of content look for programs; the referee gives them the same places, in its order. */
const path = 'PATH=/bin:/sbin:/usr/bin:/usr/local/bin:/usr/sbin'
/** More of what a script prints is of no use to whoever reads why. */
const maxPrinted = 64 * 1024

/**
 * What the shell is told around a script. It reads the script from standard input, and gives it on as a file by its
 * number: so the script stands in no argument, in no file, and cannot read itself from its own input, which is empty.
 * Through `cat`, for what comes may be a socket, which cannot be opened by its number.
 */
const runner = 'cat | { exec 7<&0 </dev/null; cd / && exec "$@" /dev/fd/7; }'

type Outcome = Pick<CollectedObject, 'flag' | 'items' | 'messages'>

/**
 * Runs a script of content (SCE), which an operator has allowed by letting it into the plan. Its environment holds what
 * the check exports and the exit statuses that it may answer with, and nothing of ours.
 */
export async function collectScript(session: Session, { entities }: ResolvedObject): Promise<Outcome> {
  const valuesOf = (wanted: string): string[] =>
    entities.filter(({ name }) => name === wanted).flatMap(({ values }) => values)
  const [text = ''] = valuesOf('script')
  if (!session.canRun) return without('not collected', 'scripts cannot run on a mounted file system')
  const interpreter = interpreterOf(text)
  if (interpreter === undefined) return without('error', 'the script does not begin with #! and its interpreter')
  const environment = [path, ...resultEnvironment, ...valuesOf('environment')]
  try {
    const { exitStatus, stdout, stderr } = await session.run(
      ['sh', '-c', runner, 'sh', 'env', '-i', ...environment, ...interpreter],
      text,
    )
    const printed = new TextDecoder().decode(stdout.subarray(0, maxPrinted))
    const item: Item = {
      testType: scriptType,
      status: 'exists',
      entities: [
        entity('exit_status', 'int', String(exitStatus)),
        entity('stdout', 'string', printed),
        entity('stderr', 'string', stderr),
      ],
    }
    return { flag: 'complete', messages: [], items: [item] }
  } catch (error) {
    if (!concernsOneThing(error)) throw error
    // Whoever reads this looks for the script, not for the shell that ran it.
    return without('error', error.message.replace(/\bsh on\b/, 'the script on'))
  }
}

const without = (flag: CollectedObject['flag'], message: string): Outcome => ({ flag, messages: [message], items: [] })

const entity = (name: string, datatype: ItemEntity['datatype'], value: string): ItemEntity => ({
  name,
  datatype,
  status: 'exists',
  value,
})

/** As the kernel reads it: a program, and all that follows on the line as one argument. */
function interpreterOf(text: string): string[] | undefined {
  const [, program, argument] = /^#![ \t]*([^ \t\n]+)[ \t]*([^\n]*)/.exec(text) ?? []
  if (program === undefined) return undefined
  const trimmed = argument?.trim() ?? ''
  return trimmed === '' ? [program] : [program, trimmed]
}

import type { Session } from '../session.ts'

/** File names that one command line takes. */
const filesAtOnce = 500
/** Over a long line several commands are waited for once; on this machine they would be as many processes at a time. */
const commandsAtOnce = ({ asksInRounds }: Session): number => (asksInRounds === true ? 20 : 1)

/** Asks about files, so many with each command. The answers are in the order of the files. */
export async function inCommands<File, Answer>(
  session: Session,
  files: readonly File[],
  ask: (some: readonly File[]) => Promise<Answer>,
): Promise<Answer[]> {
  const parts = Array.from({ length: Math.ceil(files.length / filesAtOnce) }, (_, at) =>
    files.slice(at * filesAtOnce, (at + 1) * filesAtOnce),
  )
  const answers: Answer[] = []
  const together = commandsAtOnce(session)
  for (let at = 0; at < parts.length; at += together) {
    answers.push(...(await Promise.all(parts.slice(at, at + together).map(ask))))
  }
  return answers
}

import { openPglite } from './open-pglite.ts'

/*
 * A process that makes the files of an embedded database and ends: making them takes half a gigabyte that the process does
 * not give back. See make-embedded.ts for the other side.
 */

const [folder] = process.argv.slice(2)
if (folder === undefined) throw new Error('this file makes a database in the folder that it is given')
// Whoever wanted it is gone, and the next one makes its own.
const leave = (): never => process.exit(1)
process.on('disconnect', leave)
try {
  const database = await openPglite(folder)
  await database.close()
} catch (error) {
  process.exitCode = 1
  process.send?.(error instanceof Error ? error.message : String(error))
}
process.off('disconnect', leave)
process.disconnect()

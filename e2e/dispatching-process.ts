import { once } from 'node:events'
import { pino } from 'pino'
import { openDatabase } from '../packages/server/src/db/database.ts'
import { dispatchDue } from '../packages/server/src/jobs/dispatch.ts'
import { createQueue } from '../packages/server/src/jobs/queue.ts'

/* A process that starts what is due, again and again, from the moment that its standard input says so until it is killed. */

const database = await openDatabase({ url: process.argv[2] ?? '', maxConnections: 4 })
const queue = await createQueue(database, pino({ level: 'silent' }))
process.stdout.write('ready\n')
await once(process.stdin, 'data')
for (;;) {
  await dispatchDue(database, queue, 'UTC')
  await new Promise((resolve) => setTimeout(resolve, 10))
}

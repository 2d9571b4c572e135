import { readFileSync, writeSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { openLocalSession } from '@plumbline/collect'
import { openRecordedSession } from '../packages/collect/src/transports/recorded.ts'
import type { Recording } from '../packages/collect/src/transports/recorded.ts'
import { readConfig } from '../packages/server/src/config.ts'
import { startServer, startWorker } from '../packages/server/src/start.ts'
import type { OpenSession } from '../packages/server/src/tasks/task-context.ts'

/*
 * A server or a worker as the command starts it, for which the assets `asset-…` play back a recording after some time of
 * waiting, as a machine far away does. Prints the name of each such asset that it asks.
 */

const [, , role, file = '', latencyMs] = process.argv
let recording: Recording | undefined

const openSession: OpenSession = async ({ name }, signal) => {
  if (!name.startsWith('asset-')) return openLocalSession({ asset: name, signal })
  writeSync(1, `${name}\n`)
  await setTimeout(Number(latencyMs), undefined, { signal })
  recording ??= JSON.parse(readFileSync(file, 'utf8')) as Recording
  return openRecordedSession({ ...recording, asset: name })
}

const config = readConfig({}, process.env)
await (role === 'serve' ? startServer : startWorker)(config, { openSession })
writeSync(1, 'ready\n')

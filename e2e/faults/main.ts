import { parseArgs } from 'node:util'
import { SteppedClock } from './clock.ts'
import { PostgresCluster } from './postgres.ts'
import { storm } from './storm.ts'

const help = `Usage: npm run faults -- [options]

Kills servers and workers with SIGKILL, crashes the database, cuts its connections and steps the clocks by hours while
clients write, schedules come due, runs go on and mail goes out; then takes the mail server away for an hour of the clock,
lets everything come to rest, and counts what must hold. Clocks are stepped by libfaketime (Debian: faketime).

  --database KIND     postgres (a cluster of its own, two servers and a worker) or embedded; both without it
  --kills NUMBER      processes to kill; 200 on postgres, 100 on embedded without it
  --seed NUMBER       which faults, which writes and when; a new one without it. It is printed first
  --help

Exit status: 0 everything held, 1 something did not.

Examples:
  npm run faults -- --kills 200 --database postgres
  npm run faults -- --database embedded --seed 7
`

const { values } = parseArgs({
  options: {
    database: { type: 'string' },
    kills: { type: 'string' },
    seed: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  process.stdout.write(help)
  process.exit(0)
}
if (SteppedClock.library === undefined) {
  process.stdout.write('libfaketime is not installed: no clock is stepped, and no mail server is away.\n')
}
const say = (line: string): void => void process.stdout.write(`${line}\n`)
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 32))
const kinds = (['postgres', 'embedded'] as const).filter((kind) => (values.database ?? kind) === kind)
if (kinds.length === 0 || !Number.isInteger(seed)) {
  process.stderr.write(help)
  process.exit(2)
}
for (const database of kinds) {
  if (database === 'postgres' && PostgresCluster.binaries === undefined) {
    say('PostgreSQL is not installed; nothing was done on it.')
    process.exitCode = 1
    continue
  }
  const kills = Number(values.kills ?? (database === 'postgres' ? 200 : 100))
  say(`# ${database}: ${kills} kills, --seed ${seed}`)
  const { counts, violations } = await storm({ database, kills, seed, say })
  for (const [name, count] of Object.entries(counts)) say(`${String(count).padStart(8)}  ${name}`)
  say(`${String(violations.length).padStart(8)}  violations`)
  for (const violation of violations) say(`  - ${violation}`)
  if (violations.length > 0) process.exitCode = 1
}

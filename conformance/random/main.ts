import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { compareRandomOval, type Compared } from './oval.ts'
import { compareRandomXccdf } from './xccdf.ts'

const help = `Usage: npm run conformance:random -- [options]

Makes random OVAL definitions and XCCDF benchmarks, and tells what oscap says otherwise, with the content that it rests on.

  --seed N         the first seed; one that the clock gives is told without it
  --documents N    so many of each, with the seeds that follow (10)
  --tests N        tests of each set of definitions (80)
  --rules N        rules of each benchmark (60)
  --only oval|xccdf

Exit status: 0 no difference, 1 differences or a referee that failed.
`

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    documents: { type: 'string', default: '10' },
    tests: { type: 'string', default: '80' },
    rules: { type: 'string', default: '60' },
    only: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  process.stdout.write(help)
  process.exit(0)
}

const first = Number(values.seed)
for (let seed = first; seed < first + Number(values.documents); seed += 1) {
  if (values.only !== 'xccdf') await tell('oval', seed, compareRandomOval, Number(values.tests))
  if (values.only !== 'oval') await tell('xccdf', seed, compareRandomXccdf, Number(values.rules))
}

type Compare = (seed: number, folder: string, size: number) => Compared | Promise<Compared>

async function tell(name: string, seed: number, compare: Compare, size: number): Promise<void> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'plumbline-random-')))
  try {
    mkdirSync(join(folder, 'tree'))
    const { compared, differences, show } = await compare(seed, folder, size)
    process.stdout.write(`${name}, seed ${seed}: ${compared} compared, ${differences.length} differ\n`)
    for (const { kind, id, ours, referee } of differences) {
      process.exitCode = 1
      process.stdout.write(`\n${kind} ${id}\nours: ${ours}\noscap: ${referee}\n${show(id)}\n`)
    }
  } catch (error) {
    process.exitCode = 1
    process.stdout.write(`${name}, seed ${seed}: ${error instanceof Error ? error.message : String(error)}\n`)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

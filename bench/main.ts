import { readdirSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'

/**
 * `npm run bench [NAME…]`: runs the measurements of this folder one after another, all of them or those named.
 * Each file exports `run()`, which prints its rows. Read ratios inside one run; absolute figures belong to the machine.
 */
const wanted = process.argv.slice(2)
const available = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts') && file !== 'main.ts')
  .map((file) => file.slice(0, -'.ts'.length))
  .sort()
const unknown = wanted.filter((name) => !available.includes(name))
if (unknown.length > 0) {
  process.stderr.write(`no measurement named ${unknown.join(', ')}; there are ${available.join(', ')}\n`)
  process.exit(1)
}

const [cpu] = cpus()
process.stdout.write(
  `${cpus().length} × ${cpu?.model ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}\n`,
)
for (const name of available.filter((one) => wanted.length === 0 || wanted.includes(one))) {
  process.stdout.write(`\n# ${name}\n`)
  const measurement = (await import(`./${name}.ts`)) as { run: () => Promise<void> }
  await measurement.run()
}

import { join } from 'node:path'
import { writeBenchmark, writeTailoring } from '../xccdf/benchmark.ts'
import { evaluateBy } from '../xccdf/referee.ts'
import { randomBenchmark } from './benchmarks.ts'
import type { Compared, Said } from './oval.ts'

/** Evaluates a random benchmark, without a profile and with each, also of a tailoring, and tells the rules and scores that differ. */
export function compareRandomXccdf(seed: number, folder: string, count: number): Compared {
  // Of several results of a rule the models say nothing.
  const hasMany = seed % 3 === 0
  const { inside, rules, profiles, tailored, tailoredProfiles } = randomBenchmark(seed, count, hasMany)
  const benchmark = writeBenchmark(folder, inside)
  const tailoring = writeTailoring(folder, tailored)
  const runs = [
    { name: '', words: [] },
    ...profiles.map((name) => ({ name, words: ['--profile', `xccdf_x_profile_${name}`] })),
    ...tailoredProfiles.map((name) => ({
      name: `${name} tailored`,
      words: ['--tailoring-file', tailoring, '--profile', `xccdf_x_profile_${name}`],
    })),
  ]
  const said: Said[] = runs.flatMap(({ name, words: chosen }) => {
    const words = [...chosen, '--cpe', join(folder, 'x-cpe-dictionary.xml')]
    const [ours, referee] = [evaluateBy('ours', benchmark, words), evaluateBy('referee', benchmark, words)]
    const each = (kind: 'rule' | 'score', of: (said: typeof ours) => Readonly<Record<string, unknown>>): Said[] =>
      [...new Set([...Object.keys(of(ours)), ...Object.keys(of(referee))])].map((id) => ({
        kind,
        id: `${id} ${name}`.trim(),
        ours: told(of(ours)[id]),
        referee: told(of(referee)[id]),
      }))
    const results = each('rule', ({ rules }) => rules)
    // Scores are those of the results, also of one that is documented.
    const isScored = !hasMany && results.every((one) => one.ours === one.referee)
    return [
      ...results.filter((one) => !isDocumented(one, rules)),
      ...(isScored ? each('score', ({ scores }) => scores) : []),
    ]
  })
  const differences = said.filter(({ ours, referee }) => ours !== referee)
  return { compared: said.length, differences, show: (id) => rules.get(id.split(' ')[0] ?? '') ?? '' }
}

/** The referee counts in single precision. */
const told = (value: unknown): string => (typeof value === 'number' ? value.toFixed(2) : String(value))

/** With their clauses in `conformance/xccdf/rules.test.ts`. */
function isDocumented({ id, ours, referee }: Said, rules: ReadonlyMap<string, string>): boolean {
  const text = rules.get(id.split(' ')[0] ?? '') ?? ''
  const [isComplex, hasMany] = [text.includes('<complex-check'), text.includes('multi-check="true"')]
  // What is unscored is informational; the referee forgets it of a complex check, and of one with many results.
  if (ours.startsWith('informational unscored')) return isComplex || hasMany
  // In a complex check the referee has error and unknown the other way round.
  return isComplex && `${ours.split(' ')[0]} ${referee.split(' ')[0]}` in swapped
}

const swapped = { 'error unknown': true, 'unknown error': true }

import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import {
  assembleContent,
  attribute,
  checksOfPlatform,
  childrenNamed,
  descendants,
  parseCpeList,
  parseOval,
  parsePlatforms,
  parseTailoring,
  readDataStreams,
  remoteReferences,
  resolveProfile,
  sourceDocument,
  type BenchmarkContent,
  type CpeCheck,
  type FindFile,
  type ResolvedProfile,
  type SourceDocument,
  type Tailoring,
} from '@plumbline/scap'
import { Failure } from '../failure.ts'
import { printable } from '../output.ts'
import { readRemoteFiles } from '../remote-files.ts'
import type { Parameters } from './command-line.ts'
import { readDocument, readValidDocument, type InputDocument } from './document.ts'
import { readGivenFiles } from './given-files.ts'
import { remoteWarnings } from './remote-warnings.ts'
import { refuseUnvalidated } from './signature.ts'

/** Options that say which benchmark, which profile and which rules are meant. */
export const choosing = {
  profile: 'the profile, by its id or the end of it; "(all)" for all rules',
  'tailoring-file': 'an XCCDF tailoring file',
  'tailoring-id': 'a tailoring in the data stream, by its component-ref',
  cpe: 'a CPE dictionary or language file for applicability',
  'datastream-id': 'the data stream of the collection',
  'xccdf-id': 'the component-ref of the benchmark',
  'benchmark-id': 'the benchmark, by its id',
  'local-files': 'a folder with copies of content that is referred to elsewhere, by the names that checks use',
} as const
export const fetching = { 'fetch-remote-resources': 'fetch content that is referred to elsewhere, over HTTPS' } as const

export interface Chosen {
  readonly content: BenchmarkContent
  readonly profile: ResolvedProfile
  readonly source: SourceDocument
  /** What it lacks, or has from elsewhere. */
  readonly warnings: readonly string[]
}

/** Reads content, finds the benchmark and applies profile and tailoring. */
export async function chooseContent(parameters: Parameters): Promise<Chosen> {
  const skip = parameters.has('skip-valid') || parameters.has('skip-validation')
  const input = readValidDocument(parameters.files[0] ?? '', ['data-stream-collection', 'Benchmark'], skip)
  const elsewhere = await readRemoteFiles(input.root, {
    fetchRemoteResources: parameters.has('fetch-remote-resources'),
    localFiles: parameters.value('local-files'),
  })
  refuseUnvalidated(input.root, input.path, parameters)
  const given = readGivenFiles(input, parameters.files.slice(1), skip)
  const find: FindFile = Object.assign((name: string) => elsewhere(name) ?? given.find(name), { reachesOutside: true })
  const at = placeOfBenchmark(input, parameters, find)
  const found = assembleContent(input.root, input, find).benchmarks[at]
  if (found === undefined) throw new Failure(`${input.path} has no benchmark`)
  const { content, source } = given.replace(
    withDictionaries(found, parameters.values('cpe')),
    sourceDocument(input.root, at, find, input.data),
  )
  const tailoring = tailoringOf(input, parameters)
  return {
    content,
    source,
    // Who names files himself is not told of others.
    warnings: warningsOf(
      input,
      content,
      find,
      parameters.files.length > 1 ? undefined : remoteWarnings(input.root, elsewhere, parameters.value('local-files')),
    ),
    profile: profileOf(content, parameters.value('profile'), tailoring, input.path),
  }
}

const pointsElsewhere =
  "This content points out to the remote resources. Use `--fetch-remote-resources' option to download them."

const isKnown = (system: string): boolean => /oval-definitions-5|open-scap\.org\/page\/SCE/.test(system)

function warningsOf(
  { root, path }: InputDocument,
  { missing }: BenchmarkContent,
  find: FindFile,
  ofRemote: ReadonlyMap<string, readonly string[]> | undefined,
): string[] {
  const remote = remoteReferences(root).filter(({ url }) => ofRemote?.has(url) === true)
  // A data stream says itself what its names stand for.
  const isAbsent = (href: string): boolean =>
    remote.some(({ name }) => name === href) || (root.name === 'Benchmark' && find(href) === undefined)
  // Of systems that nobody here knows nothing is opened.
  const checks = [...descendants(root)].filter((one) => one.name === 'check' && isKnown(attribute(one, 'system') ?? ''))
  const hrefs = new Set(
    checks.flatMap((check) => childrenNamed(check, 'check-content-ref')).map((one) => attribute(one, 'href')),
  )
  // The path as the referee puts it together.
  const place = (href: string): string => (/^(\/|\w+:)/.test(href) ? href : `${dirname(path)}/${href}`)
  const skipping = (href: string): string => `Skipping ${place(href)} file which is referenced from XCCDF content`
  const asked = Object.entries(missing).filter(([href]) => hrefs.has(href))
  if (ofRemote === undefined) return asked.flatMap(([href, reason]) => (isAbsent(href) ? [] : reason))
  const [firstElsewhere] = root.name === 'Benchmark' ? (asked.find(([href]) => /^https?:/i.test(href)) ?? []) : []
  return [
    ...[...ofRemote.values()].flat(),
    ...asked.flatMap(([href, reason]) => [
      ...(href === firstElsewhere && isAbsent(href) ? [pointsElsewhere] : []),
      isAbsent(href) ? skipping(href) : reason,
    ]),
  ]
}

/** Its place among the benchmarks of all data streams: two streams may have benchmarks of the same id. */
function placeOfBenchmark({ root, path }: InputDocument, parameters: Parameters, find: FindFile): number {
  if (root.name === 'Benchmark') return 0
  const [stream, reference, id] = ['datastream-id', 'xccdf-id', 'benchmark-id'].map((name) => parameters.value(name))
  const isPlaced = stream !== undefined || reference !== undefined
  // As the referee, which says so too.
  if (isPlaced && id !== undefined)
    process.stderr.write('WARNING: --benchmark-id is not looked at where a data stream or a component-ref is given\n')
  const at = readDataStreams(root, find).findIndex(
    (one) =>
      (stream === undefined || one.streamId === stream) &&
      (reference === undefined || one.referenceId === reference) &&
      (isPlaced || id === undefined || attribute(one.benchmark, 'id') === id),
  )
  if (at === -1)
    throw new Failure(
      `Failed to locate a data stream with ID matching '${stream ?? '<any>'}' ID and checklist inside matching '${reference ?? id ?? '<any>'}' ID in ${path}.`,
    )
  return at
}

function tailoringOf({ root, path }: InputDocument, parameters: Parameters): Tailoring | undefined {
  const file = parameters.value('tailoring-file')
  if (file !== undefined) return parseTailoring(readDocument(file).root)
  const id = parameters.value('tailoring-id')
  if (id === undefined) return undefined
  const reference = [...descendants(root)].find((one) => one.name === 'component-ref' && attribute(one, 'id') === id)
  const target = reference?.attributes.find(({ name }) => name === 'href')?.value.replace(/^#/, '')
  const component = childrenNamed(root, 'component').find((one) => attribute(one, 'id') === target)
  const tailoring = component?.children[0]
  if (tailoring === undefined) throw new Failure(`${path} has no tailoring ${id}`)
  return parseTailoring(tailoring)
}

function profileOf(
  { benchmark }: BenchmarkContent,
  name: string | undefined,
  tailoring: Tailoring | undefined,
  path: string,
): ResolvedProfile {
  if (name === undefined || name === '(default)') return resolveProfile(benchmark, undefined, tailoring)
  if (name === everything) return selectAll(resolveProfile(benchmark, undefined))
  // As the referee: the id itself, or any ending of it that names just one; of a tailoring's profiles first.
  const [matching = []] = [tailoring?.profiles ?? [], benchmark.profiles]
    .map((profiles) => matchingIds(profiles, name))
    .filter((ids) => ids.length > 0)
  const [only, second] = matching
  const advice = `Get available profiles using:\n$ plumbline-oscap info "${path}"`
  if (only === undefined) throw new Failure(`No profile matching suffix "${name}" was found. ${advice}`)
  if (second !== undefined)
    throw new Failure(
      `Multiple matches found:\n${matching.join('\n')}\nSuffix "${name}" matches several profiles. ${advice}`,
    )
  return resolveProfile(benchmark, only, tailoring)
}

function matchingIds(profiles: readonly { readonly id: string }[], name: string): readonly string[] {
  const ids = profiles.map(({ id }) => id)
  return ids.includes(name) ? [name] : ids.filter((id) => id.endsWith(name))
}

/** As the referee calls the profile that selects all rules. */
const everything = '(all)'

function selectAll(profile: ResolvedProfile): ResolvedProfile {
  const ids = profile.rules.flatMap(({ rule, groups }) => [rule.id, ...groups.map(({ id }) => id)])
  return {
    ...profile,
    profileId: everything,
    rules: profile.rules.map((rule) => ({ ...rule, selected: true })),
    selected: new Set(ids),
  }
}

/** Only these rules, whatever the profile selects and they require or conflict with, or all but these; throws for one that is not there. */
export function restrictRules(
  profile: ResolvedProfile,
  only: readonly string[],
  without: readonly string[],
): ResolvedProfile {
  const ids = new Set(profile.rules.map(({ rule }) => rule.id))
  for (const id of only) if (!ids.has(id)) throw new Failure(`Rule '${id}' not found in selected profile.`)
  for (const { rule } of profile.rules) {
    if (!only.includes(rule.id)) continue
    for (const list of rule.requires) {
      if (list.some((id) => only.includes(id))) continue
      const missing = `Rule '${rule.id}' requires rule '${list.join("' or '")}'`
      process.stderr.write(`WARNING: ${printable(missing)}, but it hasn't been specified using the '--rule' option\n`)
    }
  }
  return {
    ...profile,
    isByName: only.length > 0,
    rules: profile.rules.map((rule) => ({
      ...rule,
      selected: (only.length === 0 ? rule.selected : only.includes(rule.rule.id)) && !without.includes(rule.rule.id),
    })),
  }
}

/** What openscap-common brings: platforms of Red Hat, CentOS, Fedora and others. */
const builtIn = '/usr/share/openscap/cpe/openscap-cpe-dict.xml'

function withDictionaries(content: BenchmarkContent, files: readonly string[]): BenchmarkContent {
  return [...files, ...(existsSync(builtIn) ? [builtIn] : [])].reduce(withDictionary, content)
}

/** Documents of another dictionary are kept under its own path, so that names of two do not meet. */
function withDictionary(content: BenchmarkContent, path: string): BenchmarkContent {
  const { root } = readDocument(path)
  const place = (check: CpeCheck): CpeCheck => ({ ...check, href: join(dirname(path), check.href) })
  const found =
    root.name === 'cpe-list' ? parseCpeList(root).map(({ name, checks }) => ({ name, checks: checks.map(place) })) : []
  if (root.name !== 'cpe-list' && root.name !== 'platform-specification')
    throw new Failure(`${path} is neither a CPE dictionary nor a CPE language document`)
  const platforms = root.name === 'cpe-list' ? {} : parsePlatforms(root, place)
  const language = { platforms, items: [] }
  const checks = [
    ...found.flatMap((item) => item.checks),
    ...Object.keys(platforms).flatMap((id) => checksOfPlatform(language, id)),
  ]
  const hrefs = new Set(checks.map(({ href }) => href))
  const documents = [...hrefs]
    .filter((href) => existsSync(href))
    .map((href) => [href, parseOval(readDocument(href).root)] as const)
  return {
    ...content,
    cpe: {
      platforms: { ...platforms, ...content.cpe.platforms },
      items: [...content.cpe.items, ...found],
    },
    cpeOval: { ...content.cpeOval, ...Object.fromEntries(documents) },
  }
}

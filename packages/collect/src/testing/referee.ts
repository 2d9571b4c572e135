import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEvaluation, parseSystemCharacteristics, readXml } from '@plumbline/scap'
import type { CollectedObject, OvalContent } from '@plumbline/scap'
import { collect } from '../collect.ts'
import type { Session } from '../session.ts'
import { openLocalSession } from '../transports/local.ts'

/** The reason to skip, or false. In CI a missing referee is a failure. */
export const withoutReferee = isInstalled('oscap') || process.env['CI'] === 'true' ? false : 'oscap is not installed'

/** The forms in which rpm of this machine can keep its database: that of SUSE (`ndb`) from Debian 13 on. */
export const writtenByRpm = ['sqlite', 'ndb'].filter((backend) =>
  isInstalled('rpm') ? execFileSync('rpm', ['--showrc'], { encoding: 'utf8' }).includes(` ${backend} `) : false,
)

/** Debian 12 does not install rpm's packages unless told so; later releases do not know the option. */
export const installing =
  isInstalled('rpm') && execFileSync('rpm', ['--help'], { encoding: 'utf8' }).includes('force-debian')
    ? ['--nodeps', '--force-debian']
    : ['--nodeps']

/** A whole document with a test and a definition for each object. */
export function documentOf(objects: string): string {
  const namespace = 'http://oval.mitre.org/XMLSchema/oval-definitions-5'
  const asked = [...objects.matchAll(/<(\w+):(\w+)_object\b[^>]*? id="([^"]+)"/g)]
  const tests = asked.map(([, prefix = '', name = '', id = ''], at) => {
    const object = `<${prefix}:object object_ref="${id}"/>`
    return `<${prefix}:${name}_test id="oval:plumbline.test:tst:${at + 1}" version="1" check="all" check_existence="any_exist" comment="c">${object}</${prefix}:${name}_test>`
  })
  const criteria = asked.map((_, at) => `<criterion test_ref="oval:plumbline.test:tst:${at + 1}"/>`)
  return `<?xml version="1.0" encoding="UTF-8"?>
<oval_definitions xmlns="${namespace}" xmlns:oval="http://oval.mitre.org/XMLSchema/oval-common-5" xmlns:oval-def="${namespace}"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:ind="${namespace}#independent" xmlns:unix="${namespace}#unix" xmlns:linux="${namespace}#linux">
<generator><oval:schema_version>5.11.2</oval:schema_version><oval:timestamp>2024-01-01T00:00:00</oval:timestamp></generator>
<definitions><definition id="oval:plumbline.test:def:1" version="1" class="miscellaneous"><metadata><title>t</title><description>d</description></metadata>
<criteria>${criteria.join('')}</criteria></definition></definitions>
<tests>${tests.join('\n')}</tests>
${objects}
</oval_definitions>`
}

/** By the id of the object. */
export async function collectOurs(
  content: OvalContent,
  session: Session = openLocalSession(),
): Promise<Map<string, CollectedObject>> {
  const now = new Date()
  const request = { content, definitionIds: Object.keys(content.definitions), externalVariables: {} }
  const { objects } = await collect(session, [request], { now })
  const evaluation = createEvaluation({ content, externalVariables: {}, source: { find: () => undefined }, now })
  return new Map(
    Object.keys(content.objects).flatMap((id) => {
      const object = objects[evaluation.resolveObject(id).digest]
      return object === undefined ? [] : [[id, object] as const]
    }),
  )
}

/** The same of the referee, which is given these variables besides. */
export function collectTheirs(
  document: string,
  environment: Readonly<Record<string, string>> = {},
): ReadonlyMap<string, CollectedObject> {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-referee-'))
  try {
    const [asked, answered] = [join(folder, 'objects.xml'), join(folder, 'characteristics.xml')]
    writeFileSync(asked, document)
    execFileSync('oscap', ['oval', 'collect', '--skip-validation', '--syschar', answered, asked], {
      stdio: 'ignore',
      timeout: 120_000,
      env: { ...process.env, SEXP_VALIDATE_DISABLE: '1', ...environment },
    })
    return parseSystemCharacteristics(readXml(readFileSync(answered, 'utf8'), answered)).objects
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function isInstalled(program: string): boolean {
  return (process.env['PATH'] ?? '').split(':').some((folder) => existsSync(join(folder, program)))
}

import {
  extendedName,
  listRpmPackages,
  rpmPresence,
  scriptedRpmPackages,
  verifyRpmPackage,
  type RpmPackage,
} from '../../platform/rpm.ts'
import type { Session } from '../../session.ts'
import { defineTestType } from '../../test-type.ts'

/** RPM packages as wholes: the linux `rpmverifypackage_test`. */
export const rpmverifypackage = defineTestType({
  family: 'linux',
  name: 'rpmverifypackage',
  description: 'RPM packages, and whether their dependencies, digests, signatures and own verification scripts hold.',
  object: ['name', 'epoch', 'version', 'release', 'arch'],
  item: {
    name: 'string',
    epoch: 'string',
    version: 'string',
    release: 'string',
    arch: 'string',
    extended_name: 'string',
    dependency_check_passed: 'boolean',
    digest_check_passed: 'boolean',
    verification_script_successful: 'boolean',
    signature_check_passed: 'boolean',
  },

  async collect(session, { object, behaviors }) {
    const presence = await rpmPresence(session)
    if (presence === 'absent') {
      return { flag: 'not applicable', messages: [`${session.asset} does not use rpm`], found: [] }
    }
    if (presence === 'empty') return []
    const packages = (await listRpmPackages(session)).filter(
      ({ name, epoch, version, release, architecture }) =>
        object.name.matches(name) &&
        object.epoch.matches(epoch) &&
        object.version.matches(version) &&
        object.release.matches(release) &&
        object.arch.matches(architecture),
    )
    const wanted = checks.filter(({ behavior }) => behaviors[behavior] !== 'true')
    const results = await Promise.all(wanted.map(({ option }) => passes(session, packages, option)))
    const unrun = await unrunScripts(session, behaviors)
    return {
      found: packages.map((one) => ({
        values: {
          name: one.name,
          epoch: one.epoch,
          version: one.version,
          release: one.release,
          arch: one.architecture,
          extended_name: extendedName(one),
          ...Object.fromEntries(wanted.map(({ entity }, at) => [entity, results[at]?.(one) ?? false])),
        },
        ...(unrun.has(extendedName(one))
          ? { error: `${extendedName(one)} has a script to verify it: ${cannotRun}` }
          : {}),
      })),
    }
  },
})

const checks = [
  { entity: 'dependency_check_passed', behavior: 'nodeps', option: '--nodeps' },
  { entity: 'digest_check_passed', behavior: 'nodigest', option: '--nodigest' },
  { entity: 'verification_script_successful', behavior: 'noscripts', option: '--noscripts' },
  { entity: 'signature_check_passed', behavior: 'nosignature', option: '--nosignature' },
] as const

const cannotRun = 'it is not run, for this is a mounted file system, not a running system'

/** Packages whose scripts would have to be run where nothing can be. */
async function unrunScripts(
  session: Session,
  behaviors: Readonly<Record<string, string>>,
): Promise<ReadonlySet<string>> {
  return session.canRun || behaviors['noscripts'] === 'true' ? new Set() : scriptedRpmPackages(session)
}

/** From this many packages on it pays to ask first whether all of them pass. */
const manyPackages = 10

/** Which packages pass one kind of check: the option that would leave it out is the only one not given. */
async function passes(
  session: Session,
  packages: readonly RpmPackage[],
  option: string,
): Promise<(one: RpmPackage) => boolean> {
  // Without scripts there is nothing to fail; those that there are, `unrunScripts` tells.
  if (option === '--noscripts' && !session.canRun) return () => true
  const without = checks.map((check) => check.option).filter((other) => other !== option)
  if (packages.length >= manyPackages && (await verifyRpmPackage(session, undefined, without))) return () => true
  const each = await Promise.all(packages.map((one) => verifyRpmPackage(session, one, without)))
  const passed = new Set(packages.filter((_, at) => each[at] === true))
  return (one) => passed.has(one)
}

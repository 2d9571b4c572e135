import { parseAppArmorLabel } from '../../parsers/apparmor.ts'
import { hiddenProcesses, listProcessIds, readOfProcess } from '../../platform/processes.ts'
import type { Session } from '../../session.ts'
import { defineTestType } from '../../test-type.ts'

/** How much AppArmor confines: the linux `apparmorstatus_test`. */
export const apparmorstatus = defineTestType({
  family: 'linux',
  name: 'apparmorstatus',
  description: 'Counts of AppArmor profiles and of the processes that they confine, as aa-status(8) has them.',
  object: [],
  item: {
    loaded_profiles_count: 'int',
    enforce_mode_profiles_count: 'int',
    complain_mode_profiles_count: 'int',
    processes_with_profiles_count: 'int',
    enforce_mode_processes_count: 'int',
    complain_mode_processes_count: 'int',
    unconfined_processes_with_profiles_count: 'int',
  },

  async collect(session) {
    const text = await session.readText('/sys/kernel/security/apparmor/profiles')
    if (text === undefined) {
      return { flag: 'not applicable', messages: [`AppArmor is not enabled on ${session.asset}`], found: [] }
    }
    const profiles = text
      .split('\n')
      .map(parseAppArmorLabel)
      .filter((label) => label !== undefined)
    const names = new Set(profiles.map(({ profile }) => profile))
    const processes = await readConfinements(session, names)
    const withMode = (things: readonly { mode: string }[], mode: string): bigint =>
      BigInt(things.filter((thing) => thing.mode === mode).length)
    const enforced = withMode(processes, 'enforce')
    const complaining = withMode(processes, 'complain')
    const unconfined = withMode(processes, 'unconfined')
    const hidden = await hiddenProcesses(session)
    return {
      ...(hidden === undefined ? {} : { flag: 'error', messages: [hidden] }),
      found: [
        {
          values: {
            loaded_profiles_count: BigInt(profiles.length),
            enforce_mode_profiles_count: withMode(profiles, 'enforce'),
            complain_mode_profiles_count: withMode(profiles, 'complain'),
            processes_with_profiles_count: enforced + complaining + unconfined,
            enforce_mode_processes_count: enforced,
            complain_mode_processes_count: complaining,
            unconfined_processes_with_profiles_count: unconfined,
          },
        },
      ],
    }
  },
})

/** Processes that a profile confines, and those that none does though there is one for their program. */
async function readConfinements(session: Session, profiles: ReadonlySet<string>): Promise<{ readonly mode: string }[]> {
  const each = await Promise.all(
    (await listProcessIds(session)).map(async (pid) => {
      // Since Linux 4.17 the module has a file of its own beside the one that all modules share.
      const label =
        (await readOfProcess(session, pid, 'attr/apparmor/current')) ??
        (await readOfProcess(session, pid, 'attr/current'))
      const confined = parseAppArmorLabel(label ?? '')
      if (confined !== undefined) return confined
      const program = await session.readLink(`/proc/${pid}/exe`)
      return program !== undefined && profiles.has(program) ? { mode: 'unconfined' } : undefined
    }),
  )
  return each.filter((one) => one !== undefined)
}

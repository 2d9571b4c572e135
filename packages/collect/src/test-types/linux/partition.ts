import { remoteFileSystems, type Mount } from '../../parsers/mount-info.ts'
import type { Session } from '../../session.ts'
import { defineTestType, type EntityStatus, type ItemValues } from '../../test-type.ts'
import { readMounts } from '../../walk/index.ts'

const item = {
  mount_point: 'string',
  device: 'string',
  uuid: 'string',
  fs_type: 'string',
  mount_options: 'string',
  total_space: 'int',
  space_used: 'int',
  space_left: 'int',
  space_left_for_unprivileged_users: 'int',
  block_size: 'int',
} as const

/** Mounted file systems: the linux `partition_test`. */
export const partition = defineTestType({
  family: 'linux',
  name: 'partition',
  description: 'Mounted file systems with device, type, options and space in blocks.',
  object: ['mount_point'],
  item,

  async collect(session, { object }) {
    const mounts = (await readMounts(session)).filter(
      ({ mountPoint, type }) => type !== 'rootfs' && object.mount_point.matches(mountPoint),
    )
    return Promise.all(mounts.map((mount) => describe(session, mount)))
  },
})

async function describe(session: Session, mount: Mount): Promise<ItemValues<typeof item>> {
  const [uuid, space] = await Promise.all([findUuid(session, mount.source), readSpace(session, mount)])
  return {
    mount_point: mount.mountPoint,
    device: mount.source,
    uuid,
    fs_type: mount.type,
    mount_options: mount.options,
    ...space,
  }
}

/** The name of the link below /dev/disk/by-uuid that leads to the device. */
async function findUuid(session: Session, device: string): Promise<EntityStatus | string> {
  if (!device.startsWith('/dev/')) return { status: 'does not exist' }
  const byDevice = await session.once('disks by uuid', async () => {
    const links = await session.list('/dev/disk/by-uuid')
    if (links === undefined) return undefined
    const found = await Promise.all(
      links.map(async ({ name }) => [await session.canonicalPath(`/dev/disk/by-uuid/${name}`), name] as const),
    )
    return new Map(found)
  })
  // udev makes these links; without it we do not know.
  if (byDevice === undefined) return { status: 'not collected' }
  return byDevice.get(await session.canonicalPath(device)) ?? { status: 'does not exist' }
}

type Space = Pick<
  ItemValues<typeof item>,
  'block_size' | 'space_left' | 'space_left_for_unprivileged_users' | 'space_used' | 'total_space'
>

async function readSpace(session: Session, mount: Mount): Promise<Space> {
  // A file system whose server does not answer must keep nobody else waiting.
  const spaces = remoteFileSystems.has(mount.type)
    ? statFileSystems(session, [mount.mountPoint])
    : session.once('space of file systems', async () => {
        const local = (await readMounts(session)).filter(({ type }) => !remoteFileSystems.has(type))
        return statFileSystems(
          session,
          local.map(({ mountPoint }) => mountPoint),
        )
      })
  return (await spaces).get(mount.mountPoint) ?? unreadable
}

const unknown = { status: 'error' } as const
const unreadable: Space = {
  total_space: unknown,
  space_used: unknown,
  space_left: unknown,
  space_left_for_unprivileged_users: unknown,
  block_size: unknown,
}

/** statfs(2) by stat(1), in blocks. What it cannot look at it complains of and leaves out. */
async function statFileSystems(session: Session, mountPoints: readonly string[]): Promise<Map<string, Space>> {
  const { stdout } = await session.run(['stat', '-f', '-c', '%b %f %a %S %n', '--', ...mountPoints])
  const spaces = new Map<string, Space>()
  for (const line of new TextDecoder().decode(stdout).split('\n')) {
    const [, total, free, available, size, mountPoint] = /^(\d+) (\d+) (\d+) (\d+) (.*)$/.exec(line) ?? []
    if (total === undefined || free === undefined || available === undefined || size === undefined) continue
    spaces.set(mountPoint ?? '', {
      total_space: BigInt(total),
      space_used: BigInt(total) - BigInt(free),
      space_left: BigInt(free),
      space_left_for_unprivileged_users: BigInt(available),
      block_size: BigInt(size),
    })
  }
  return spaces
}

import type { Session } from '../../session.ts'
import { defineTestType, type ItemValues } from '../../test-type.ts'
import { readMounts } from '../../walk.ts'
import type { Mount } from '../../parsers/mount-info.ts'

const item = {
  mount_point: 'string',
  device: 'string',
  uuid: 'string',
  fs_type: 'string',
  mount_options: 'string',
  total_space: 'int',
  space_used: 'int',
  space_left: 'int',
} as const

/** Mounted file systems: the linux `partition_test`. */
export const partition = defineTestType({
  family: 'linux',
  name: 'partition',
  description: 'Mounted file systems with device, type, options and space in blocks.',
  object: ['mount_point'],
  item,

  async collect(session, { object }) {
    const mounts = (await readMounts(session)).filter(({ mountPoint }) => object.mount_point.matches(mountPoint))
    return Promise.all(mounts.map((mount) => describe(session, mount)))
  },
})

async function describe(session: Session, mount: Mount): Promise<ItemValues<typeof item>> {
  const [uuid, space] = await Promise.all([findUuid(session, mount.source), readSpace(session, mount.mountPoint)])
  return {
    mount_point: mount.mountPoint,
    device: mount.source,
    uuid: uuid ?? { status: 'does not exist' },
    fs_type: mount.type,
    mount_options: mount.options,
    ...space,
  }
}

/** The name of the link below /dev/disk/by-uuid that leads to the device. */
async function findUuid(session: Session, device: string): Promise<string | undefined> {
  if (!device.startsWith('/dev/')) return undefined
  const byUuid = await session.once('disks by uuid', async () => {
    const links = (await session.list('/dev/disk/by-uuid')) ?? []
    const targets = await Promise.all(
      links.map(async ({ name }) => [await session.canonicalPath(`/dev/disk/by-uuid/${name}`), name] as const),
    )
    return new Map(targets)
  })
  return byUuid.get(await session.canonicalPath(device))
}

/** statfs(2) by stat(1): blocks in all, free, and what is in use. */
async function readSpace(
  session: Session,
  mountPoint: string,
): Promise<Pick<ItemValues<typeof item>, 'space_left' | 'space_used' | 'total_space'>> {
  const { exitStatus, stdout } = await session.run(['stat', '-f', '-c', '%b %f', mountPoint])
  const [total, free] = new TextDecoder().decode(stdout).trim().split(' ')
  if (exitStatus !== 0 || !/^\d+$/.test(total ?? '') || !/^\d+$/.test(free ?? '')) {
    const unknown = { status: 'error' } as const
    return { total_space: unknown, space_used: unknown, space_left: unknown }
  }
  const [blocks, left] = [BigInt(total ?? 0), BigInt(free ?? 0)]
  return { total_space: blocks, space_used: blocks - left, space_left: left }
}

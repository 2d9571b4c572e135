import type { Session } from '../session.ts'

/** The folder of the kernel's SELinux files; undefined where SELinux is not enabled. */
export function selinuxFolder(session: Session): Promise<string | undefined> {
  return session.once('selinux folder', async () => {
    for (const folder of ['/sys/fs/selinux', '/selinux']) {
      if ((await session.status(`${folder}/enforce`)) !== undefined) return folder
    }
    return undefined
  })
}

export interface Mount {
  readonly mountPoint: string
  readonly type: string
  /** What is mounted: a device file, a share, or a word such as `tmpfs`. */
  readonly source: string
  /** Of the mount and of its file system, as /proc/mounts joins them. */
  readonly options: readonly string[]
  /** major:minor */
  readonly device: string
}

/** Kinds of file systems whose files are on another machine. */
export const remoteFileSystems: ReadonlySet<string> = new Set([
  '9p',
  'afs',
  'autofs',
  'ceph',
  'cifs',
  'coda',
  'fuse.sshfs',
  'gfs',
  'gfs2',
  'gpfs',
  'lustre',
  'ncpfs',
  'nfs',
  'nfs4',
  'ocfs2',
  'smb3',
  'smbfs',
  'sshfs',
])

/** proc_pid_mountinfo(5). A later mount on the same point hides the earlier one. */
export function parseMountInfo(text: string): Mount[] {
  const mounts = new Map<string, Mount>()
  for (const line of text.split('\n')) {
    const [head = '', tail] = line.split(' - ')
    if (tail === undefined) continue
    const [, , device = '', , mountPoint = '', mountOptions = ''] = head.split(' ')
    const [type = '', source = '', superOptions = ''] = tail.split(' ')
    const point = unescape(mountPoint)
    mounts.delete(point)
    mounts.set(point, {
      mountPoint: point,
      type,
      source: unescape(source),
      options: joinOptions(mountOptions, superOptions),
      device,
    })
  }
  return [...mounts.values()]
}

/**
 * In the order of /proc/mounts: `ro` or `rw` first, then what the mount adds, then the rest of the file system's. A mount
 * of a read-only file system can only be read, whatever it was asked for.
 */
function joinOptions(mount: string, superBlock: string): string[] {
  const whole = superBlock.split(',')
  const own = mount.split(',').map((option) => (option === 'rw' && whole.includes('ro') ? 'ro' : option))
  const rest = whole.filter((option) => option !== '' && option !== 'rw' && option !== 'ro' && !own.includes(option))
  return [...own, ...rest]
}

const unescape = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))

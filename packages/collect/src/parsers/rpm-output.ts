export interface RpmPackage {
  readonly name: string
  /** `(none)` where the package has none. */
  readonly epoch: string
  readonly version: string
  readonly release: string
  readonly architecture: string
  /** The last 16 digits of the key that signed it; `0` for an unsigned package. */
  readonly signatureKeyId: string
}

/** Fields in the order of {@link rpmPackageFormat}; none of them can hold a tab. */
export function parseRpmPackage(line: string): RpmPackage {
  const [name = '', epoch = '', version = '', release = '', architecture = '', signature = ''] = line.split('\t')
  const signatureKeyId = /Key ID ([0-9a-fA-F]{16})/.exec(signature)?.[1] ?? '0'
  return { name, epoch, version, release, architecture, signatureKeyId }
}

/** A query format for `rpm -q --qf`: one package. Older packages sign header and files, newer ones the header alone. */
export const rpmPackageFormat =
  '%{NAME}\\t%{EPOCH}\\t%{VERSION}\\t%{RELEASE}\\t%{ARCH}\\t' +
  '%|SIGGPG?{%{SIGGPG:pgpsig}}:{%|SIGPGP?{%{SIGPGP:pgpsig}}:{%|RSAHEADER?{%{RSAHEADER:pgpsig}}:{%{DSAHEADER:pgpsig}}|}|}|'

export interface RpmFile {
  readonly path: string
  readonly flags: number
}

/** A query format for the files of a package, one a line, indented to tell them from the package before them. */
export const rpmFilesFormat = '[ %{FILEFLAGS}\\t%{FILENAMES}\\n]'

/** Packages, each followed by its files, as `rpm -q --qf` prints them with both formats. */
export function parseRpmFiles(text: string): { readonly package: RpmPackage; readonly files: readonly RpmFile[] }[] {
  const packages: { readonly package: RpmPackage; readonly files: RpmFile[] }[] = []
  for (const line of text.split('\n')) {
    if (line === '') continue
    if (!line.startsWith(' ')) {
      // A path that no package owns is said so in a sentence.
      if (line.includes('\t')) packages.push({ package: parseRpmPackage(line), files: [] })
      continue
    }
    const tab = line.indexOf('\t')
    packages.at(-1)?.files.push({ path: line.slice(tab + 1), flags: Number(line.slice(1, tab)) })
  }
  return packages
}

/** rpmfileAttrs of rpm's rpmfi.h. */
export const rpmFileFlags = {
  configuration: 1 << 0,
  documentation: 1 << 1,
  ghost: 1 << 6,
  license: 1 << 7,
  readme: 1 << 8,
} as const

/** What `rpm --verify --verbose` says of a file: the letters of the tests that failed, or could not be done. */
export interface RpmVerification {
  readonly failed: ReadonlySet<string>
  readonly notPerformed: ReadonlySet<string>
  readonly isMissing: boolean
  /** Why it seems to be missing, where it is not simply gone. */
  readonly reason?: string
}

/**
 * rpm(8), VERIFY OPTIONS: `SM5DLUGTP c /path`, with `.` for passed and `?` for what could not be read, or
 * `missing   c /path`, with a reason in brackets where the file is not simply gone.
 */
export function parseRpmVerify(text: string): ReadonlyMap<string, RpmVerification> {
  const verified = new Map<string, RpmVerification>()
  for (const line of text.split('\n')) {
    const match = /^([S.?][M.?][5.?][D.?][L.?][U.?][G.?][T.?][P.?]?|missing) +(?:[acdglmnr] )? *(\/.*)$/.exec(line)
    if (match === null) continue
    const [, tests = '', rest = ''] = match
    const isMissing = tests === 'missing'
    const [, reason] = (isMissing ? / \(([^()]*)\)$/.exec(rest) : null) ?? []
    const path = reason === undefined ? rest : rest.slice(0, -` (${reason})`.length)
    const letters = isMissing ? [] : tests.split('').map((letter, at) => [letter, rpmTests[at] ?? ''] as const)
    const notPerformed = new Set(letters.filter(([letter]) => letter === '?').map(([, test]) => test))
    verified.set(path, {
      failed: new Set(letters.filter(([letter, test]) => letter === test).map(([, test]) => test)),
      notPerformed,
      isMissing,
      ...(reason === undefined ? {} : { reason }),
    })
  }
  return verified
}

/** The tests of a file by their letters and places. */
export const rpmTests = 'SM5DLUGTP'

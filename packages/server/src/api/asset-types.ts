/** The types of assets that can be created, with the attributes that make an asset this one and no other. */
export interface AssetType {
  readonly id: string
  readonly displayName: string
  readonly plural: string
  /** Names after the type's id and a hyphen. All of them are needed, but for those of which one is enough. */
  readonly identifying: readonly string[]
  readonly oneIsEnough?: true
  /** Whose value names the asset: the first that is given. */
  readonly naming: readonly string[]
  /** Further attributes, in the spelling in which clients read them. */
  readonly others: readonly string[]
}

const prefix = 'symc-csm-AssetSystem-Asset-'
export const assetBase = `${prefix}AssetBase-`
export const unixMachine = `${prefix}Unix-Machine`

export const assetTypes: readonly AssetType[] = [
  {
    id: unixMachine,
    displayName: 'UNIX Machine',
    plural: 'UNIX Machines',
    identifying: ['IPAddress', 'HostMachine'],
    oneIsEnough: true,
    naming: ['HostMachine', 'IPAddress'],
    others: [
      'IPAddresses',
      'OSSystem',
      'OSDistributionField',
      'OSVersionString',
      'KERNELVERSION',
      'SSHPortNo',
      'SSHVersion',
      'SSHUser',
      'SSHJumpHosts',
      'DockerVersion',
      'IsApacheInstalled',
      'IsWASInstalled',
      'IsTomcatRunning',
      'LegacyAlgorithms',
    ],
  },
  {
    id: `${prefix}Wnt-Machine`,
    displayName: 'Windows Machine',
    plural: 'Windows Machines',
    identifying: ['HostName', 'DomainWorkgroupName'],
    naming: ['HostName'],
    others: [
      'OSVersionType',
      'OSMajorVersionNumber',
      'OSMinorVersionNumber',
      'TCPIPAddresses',
      'Server',
      'BDC',
      'PDC',
      'SHAREPOINTVERSION',
      'IISVERSION',
      'VMWAREVCENTERSERVER',
      'APACHETOMCATSEREVR',
    ],
  },
  {
    id: `${prefix}Cisco-Router`,
    displayName: 'Cisco Router',
    plural: 'Cisco Routers',
    identifying: ['IPAddress'],
    naming: ['IPAddress'],
    others: [],
  },
  {
    id: `${prefix}Unix-MySQL-Servers`,
    displayName: 'MySQL Server on UNIX',
    plural: 'MySQL Servers on UNIX',
    identifying: ['HOSTMACHINE', 'IPAddress', 'InstancePortNumber'],
    naming: ['HOSTMACHINE'],
    others: [],
  },
  {
    id: `${prefix}Dbif-server`,
    displayName: 'SQL Server',
    plural: 'SQL Servers',
    identifying: ['SQLServerDomainName', 'hostName', 'serverName'],
    naming: ['serverName', 'hostName'],
    others: [],
  },
]

export const assetTypeOf = (id: string): AssetType | undefined =>
  assetTypes.find((type) => type.id.toLowerCase() === id.toLowerCase())

/** Attributes that assets of all types have; they come from whoever creates the asset. */
const common = [
  'Confidentiality',
  'Integrity',
  'Availability',
  'Custodian',
  'Department',
  'Location',
  'Owner',
  'Site',
  'SourceID',
  'Source',
]

/** What is computed of an asset's results, and not for anybody to say. */
export const computed = ['EvaluatedComplianceScores', 'EvaluatedRiskScores', 'MaxRiskScores'].map(
  (one) => `${assetBase}${one}`,
)

/** The ids of all attributes that assets of these types are known to have. */
export const assetAttributes: readonly string[] = [
  ...assetTypes.flatMap(({ id, identifying, others }) => [...identifying, ...others].map((one) => `${id}-${one}`)),
  ...common.map((one) => `${assetBase}${one}`),
]

/** An attribute's id in the spelling in which it is kept; undefined when it is none of this type. */
export function attributeId(type: AssetType, given: string): string | undefined {
  const name = given.toLowerCase()
  const known = [
    ...[...type.identifying, ...type.others].map((one) => `${type.id}-${one}`),
    ...common.map((one) => `${assetBase}${one}`),
  ].find((id) => id.toLowerCase() === name)
  if (known !== undefined) return known
  if (computed.some((one) => one.toLowerCase() === name)) return undefined
  const own = [`${type.id}-`, assetBase].some((start) => name.startsWith(start.toLowerCase()))
  return own && /^[\w-]{1,200}$/.test(given) ? given : undefined
}

/** An attribute by its id or by the short name that people write over a column: `Owner`, `OSSystem`. */
export function attributeNamed(type: AssetType, given: string): string | undefined {
  const name = given.toLowerCase()
  if (name.startsWith(prefix.toLowerCase())) return attributeId(type, given)
  const own = [...type.identifying, ...type.others].find((one) => one.toLowerCase() === name)
  if (own !== undefined) return `${type.id}-${own}`
  const shared = common.find((one) => one.toLowerCase() === name)
  return shared === undefined ? undefined : `${assetBase}${shared}`
}

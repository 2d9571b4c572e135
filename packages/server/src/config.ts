import { Temporal } from 'temporal-polyfill'
import {
  ConfigError,
  hosts,
  integer,
  levels,
  logLevel,
  oneOf,
  path,
  text,
  timeZone,
  url,
  webhook,
  webhookSecret,
} from './config-values.ts'
import { usualMaxSessions } from './jobs/places.ts'

export { ConfigError }

/** Everything that can be set, read and checked once. */
export interface Config {
  readonly host: string
  readonly port: number
  readonly workerPort: number | undefined
  readonly dataDirectory: string
  readonly databaseUrl: string | undefined
  readonly databaseWaitSeconds: number
  readonly reportingDatabaseUrl: string | undefined
  readonly tlsCertificate: string | undefined
  readonly tlsKey: string | undefined
  readonly adminPassword: string | undefined
  readonly masterKey: string | undefined
  readonly unknownHostKeys: 'accept-new' | 'refuse'
  readonly timeZone: string
  readonly smtpUrl: string | undefined
  readonly mailFrom: string | undefined
  readonly webhookUrl: string | undefined
  readonly webhookSecret: string | undefined
  readonly publicUrl: string | undefined
  readonly contentHosts: string | undefined
  readonly concurrency: number
  /** No fewer than `concurrency`. */
  readonly maxSessions: number
  readonly jitterSeconds: number
  readonly assetTimeoutSeconds: number
  readonly commandTimeoutSeconds: number
  readonly connectTimeoutSeconds: number
  readonly retentionDays: number
  readonly retentionRuns: number
  readonly metricsToken: string | undefined
  readonly inventoryDirectory: string | undefined
  readonly logLevel: string
}

/** One depends on another where it is not set. */
type AsGiven = Omit<Config, 'maxSessions'> & { readonly maxSessions?: number }

interface Setting {
  readonly key: keyof Config
  /** The environment's name for it. */
  readonly name: string
  readonly flag?: string
  readonly fallback?: string
  readonly text: string
  readonly secret?: true
  readonly read: (value: string, name: string) => unknown
}

const postgres = url('postgres', 'postgresql')

/** The settings in the order in which help and documentation show them. */
export const configTable: readonly Setting[] = [
  {
    key: 'host',
    name: 'PLUMBLINE_HOST',
    flag: 'host',
    fallback: '127.0.0.1',
    text: 'address to listen on',
    read: text,
  },
  {
    key: 'port',
    name: 'PLUMBLINE_PORT',
    flag: 'port',
    fallback: '12431',
    text: 'HTTPS port',
    read: integer(0, 65_535),
  },
  {
    key: 'workerPort',
    name: 'PLUMBLINE_WORKER_PORT',
    flag: 'workerPort',
    text: 'HTTPS port on which a worker answers /healthz, /readyz and /metrics; it listens nowhere without it',
    read: integer(0, 65_535),
  },
  {
    key: 'dataDirectory',
    name: 'PLUMBLINE_DATA',
    flag: 'data',
    fallback: './plumbline-data',
    text: 'data directory: embedded databases, certificate, keys',
    read: path,
  },
  {
    key: 'databaseUrl',
    name: 'DATABASE_URL',
    flag: 'databaseUrl',
    text: 'PostgreSQL server for the production store; embedded without it',
    secret: true,
    read: postgres,
  },
  {
    key: 'databaseWaitSeconds',
    name: 'PLUMBLINE_DATABASE_WAIT_SECONDS',
    fallback: '60',
    text: 'how long a start waits for a PostgreSQL server that is starting, recovering or not there yet',
    read: integer(0, 3600),
  },
  {
    key: 'reportingDatabaseUrl',
    name: 'REPORTING_DATABASE_URL',
    text: 'PostgreSQL server for the reporting database; embedded without it',
    secret: true,
    read: postgres,
  },
  {
    key: 'tlsCertificate',
    name: 'PLUMBLINE_TLS_CERTIFICATE',
    text: 'PEM file of your own certificate chain',
    read: path,
  },
  { key: 'tlsKey', name: 'PLUMBLINE_TLS_KEY', text: 'PEM file of its private key', read: path },
  {
    key: 'adminPassword',
    name: 'PLUMBLINE_ADMIN_PASSWORD',
    text: 'password of the account admin at first start; generated and printed once without it',
    secret: true,
    read: text,
  },
  {
    key: 'masterKey',
    name: 'PLUMBLINE_MASTER_KEY',
    text: 'key of the credential vault, 32 bytes in Base64; without it master.key in the data directory, made at first start',
    secret: true,
    read: text,
  },
  {
    key: 'unknownHostKeys',
    name: 'PLUMBLINE_UNKNOWN_HOST_KEYS',
    fallback: 'refuse',
    text: 'SSH keys of hosts never met before: refuse (until "plumbline host-key approve"), accept-new',
    read: oneOf('accept-new', 'refuse'),
  },
  {
    key: 'timeZone',
    name: 'PLUMBLINE_TIME_ZONE',
    fallback: Temporal.Now.timeZoneId(),
    text: 'time zone in which schedules count days',
    read: timeZone,
  },
  {
    key: 'smtpUrl',
    name: 'PLUMBLINE_SMTP_URL',
    text: 'mail server, smtp://user:password@host:port or smtps://…; no mail without it',
    secret: true,
    read: url('smtp', 'smtps'),
  },
  {
    key: 'mailFrom',
    name: 'PLUMBLINE_MAIL_FROM',
    text: 'envelope sender; without it the sender a job names',
    read: text,
  },
  {
    key: 'webhookUrl',
    name: 'PLUMBLINE_WEBHOOK_URL',
    text: 'https address that is called when a run ends (docs/notifications.md)',
    secret: true,
    read: webhook,
  },
  {
    key: 'webhookSecret',
    name: 'PLUMBLINE_WEBHOOK_SECRET',
    text: 'what those calls are signed with: whsec_… or a text of at least 24 characters',
    secret: true,
    read: webhookSecret,
  },
  {
    key: 'publicUrl',
    name: 'PLUMBLINE_PUBLIC_URL',
    text: 'address that links in mail begin with; without it https://host:port',
    read: url('https'),
  },
  {
    key: 'contentHosts',
    name: 'PLUMBLINE_CONTENT_HOSTS',
    text: 'hosts, separated by commas, from which an import may fetch content that it refers to; from none without it',
    read: hosts,
  },
  {
    key: 'concurrency',
    name: 'PLUMBLINE_CONCURRENCY',
    fallback: '16',
    text: 'assets that one process works on at a time; one in eight of these places is kept for runs that somebody asked for',
    read: integer(1, 1000),
  },
  {
    key: 'maxSessions',
    name: 'PLUMBLINE_MAX_SESSIONS',
    text: `SSH sessions that one process has open at most, those of machines that hang included, which take no place; ${usualMaxSessions} without it, or as many as there are places`,
    read: integer(1, 10_000),
  },
  {
    key: 'jitterSeconds',
    name: 'PLUMBLINE_JITTER_SECONDS',
    fallback: '30',
    text: 'most by which each asset of a scheduled run is put off, so that not all are asked at once; 0 for none',
    read: integer(0, 3600),
  },
  {
    key: 'assetTimeoutSeconds',
    name: 'PLUMBLINE_ASSET_TIMEOUT_SECONDS',
    fallback: '1800',
    text: 'longest collection of one asset',
    read: integer(1, 86_400),
  },
  {
    key: 'commandTimeoutSeconds',
    name: 'PLUMBLINE_COMMAND_TIMEOUT_SECONDS',
    fallback: '120',
    text: 'longest single command on an asset',
    read: integer(1, 86_400),
  },
  {
    key: 'connectTimeoutSeconds',
    name: 'PLUMBLINE_CONNECT_TIMEOUT_SECONDS',
    fallback: '30',
    text: 'longest wait for an asset to be connected to, to log in, and to give a shell',
    read: integer(1, 3600),
  },
  {
    key: 'retentionDays',
    name: 'PLUMBLINE_RETENTION_DAYS',
    fallback: '180',
    text: 'age at which the purge job drops runs, results and evidence',
    read: integer(1, 36_500),
  },
  {
    key: 'retentionRuns',
    name: 'PLUMBLINE_RETENTION_RUNS',
    fallback: '1000',
    text: 'runs of one job that the purge job keeps at most',
    read: integer(1, 1_000_000),
  },
  {
    key: 'metricsToken',
    name: 'PLUMBLINE_METRICS_TOKEN',
    text: 'bearer token for GET /metrics; without it the token of an account with View Configuration Settings',
    secret: true,
    read: text,
  },
  {
    key: 'inventoryDirectory',
    name: 'PLUMBLINE_INVENTORY_DIRECTORY',
    text: 'directory of the inventories that asset import jobs may read; none without it',
    read: path,
  },
  {
    key: 'logLevel',
    name: 'PLUMBLINE_LOG_LEVEL',
    // A person at a terminal is shown what needs them; a log has everything that changes.
    fallback: process.stderr.isTTY ? 'warn' : 'info',
    text: levels.join(', '),
    read: logLevel,
  },
]

/** Flags first, then the environment, then the defaults. Throws {@link ConfigError}. */
export function readConfig(
  flags: Readonly<Record<string, string | undefined>>,
  environment: Readonly<Record<string, string | undefined>>,
): Config {
  const values = configTable.map(({ key, name, flag, fallback, read }) => {
    const fromFlag = flag === undefined ? undefined : flags[flag]
    const given = fromFlag ?? (environment[name] === '' ? undefined : environment[name]) ?? fallback
    return [key, given === undefined ? undefined : read(given, fromFlag === undefined ? name : `--${asOption(flag)}`)]
  })
  // Each row reads the type of its own member.
  const config = Object.fromEntries(values) as unknown as AsGiven
  if ((config.tlsCertificate === undefined) !== (config.tlsKey === undefined)) {
    throw new ConfigError('PLUMBLINE_TLS_CERTIFICATE and PLUMBLINE_TLS_KEY go together; set both or neither')
  }
  if (config.webhookUrl !== undefined && config.webhookSecret === undefined) {
    throw new ConfigError('PLUMBLINE_WEBHOOK_URL needs PLUMBLINE_WEBHOOK_SECRET, with which its calls are signed')
  }
  const { concurrency, maxSessions = Math.max(usualMaxSessions, concurrency) } = config
  if (maxSessions < concurrency) {
    throw new ConfigError(
      `PLUMBLINE_MAX_SESSIONS must be no less than PLUMBLINE_CONCURRENCY, which is ${concurrency}; it is ${maxSessions}`,
    )
  }
  return Object.freeze({ ...config, maxSessions })
}

/** `databaseUrl` → `database-url`. */
const asOption = (flag = ''): string => flag.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/** What is in force, for people: secrets are only said to be set. */
export function describeConfig(
  config: Config,
): { readonly name: string; readonly value: string; readonly text: string }[] {
  return configTable.map(({ key, name, text: meaning, secret }) => {
    const value = config[key]
    return { name, value: value === undefined ? '' : secret === true ? '(set)' : String(value), text: meaning }
  })
}

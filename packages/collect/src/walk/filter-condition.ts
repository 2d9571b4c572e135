import type { ResolvedEntity, ResolvedFilter } from '@plumbline/scap'
import type { FileCondition, FileKind, NumberRange } from '../session.ts'

/**
 * What an object's filters ask of a file, as far as a walk can tell: whatever passes the filters satisfies it. The
 * filters themselves judge again what the walk answers with.
 */
export function conditionOfFilters(filters: readonly ResolvedFilter[]): FileCondition {
  return { all: filters.flatMap(conditionsOf) }
}

function conditionsOf({ action, state: { operator, entities } }: ResolvedFilter): FileCondition[] {
  const each = entities.map(conditionOf)
  const known = each.filter((one) => one !== undefined)
  const isWhole = known.length === each.length
  if (operator !== 'AND' && operator !== 'OR') return []
  if (action === 'include') {
    if (operator === 'AND') return known
    return isWhole && known.length > 0 ? [{ any: known }] : []
  }
  const exact = known.filter((one) => !hasPattern(one))
  // Whatever satisfies one of several alternatives is dropped; of conditions that must hold together all must be known.
  if (operator === 'OR') return exact.map((one) => ({ not: one }))
  return isWhole && exact.length === each.length && each.length > 0 ? [{ not: { all: exact } }] : []
}

const hasPattern = (condition: FileCondition): boolean =>
  'namePattern' in condition || 'pathPattern' in condition || ('any' in condition && condition.any.some(hasPattern))

/** The bits of a mode, by the entity that tells of each. */
const modeBits: Readonly<Record<string, number>> = {
  suid: 0o4000,
  sgid: 0o2000,
  sticky: 0o1000,
  uread: 0o400,
  uwrite: 0o200,
  uexec: 0o100,
  gread: 0o040,
  gwrite: 0o020,
  gexec: 0o010,
  oread: 0o004,
  owrite: 0o002,
  oexec: 0o001,
}

const kinds: ReadonlySet<string> = new Set<FileKind>([
  'block special',
  'character special',
  'directory',
  'fifo',
  'regular',
  'socket',
  'symbolic link',
])

/** What one entity of a state asks; undefined for what a walk cannot tell, or not exactly. */
function conditionOf(entity: ResolvedEntity): FileCondition | undefined {
  const { name, operation, values, datatype, variable } = entity
  if (variable !== undefined && variable.flag !== 'complete') return undefined
  const anyWillDo = values.length === 1 || entity.varCheck === 'at least one'
  if (values.length === 0 || entity.checkExistence !== 'at_least_one_exists') return undefined
  const isPlain = operation === 'equals' && anyWillDo
  const bit = Object.hasOwn(modeBits, name) ? modeBits[name] : undefined
  if (bit !== undefined) return datatype === 'boolean' && values.length === 1 ? modeCondition(bit, entity) : undefined
  switch (name) {
    case 'type':
      return isPlain && values.every((value) => kinds.has(value))
        ? { any: values.map((value) => ({ kind: value as FileKind })) }
        : undefined
    case 'user_id':
    case 'group_id': {
      const ranges = datatype === 'int' ? rangesOf(entity, anyWillDo) : undefined
      if (ranges === undefined) return undefined
      return name === 'user_id' ? { user: ranges } : { group: ranges }
    }
    case 'filename':
      if (isPlain) return { name: values }
      return operation === 'pattern match' && values.length === 1 ? { namePattern: values[0] ?? '' } : undefined
    case 'filepath':
      return operation === 'pattern match' && values.length === 1 ? { pathPattern: values[0] ?? '' } : undefined
    default:
      return undefined
  }
}

function modeCondition(bit: number, { operation, values }: ResolvedEntity): FileCondition | undefined {
  const wanted = ['true', '1'].includes(values[0] ?? '')
    ? true
    : ['false', '0'].includes(values[0] ?? '')
      ? false
      : null
  if (wanted === null || (operation !== 'equals' && operation !== 'not equal')) return undefined
  return wanted === (operation === 'equals') ? { mode: bit } : { not: { mode: bit } }
}

const least = 0
/** User and group numbers have 32 bits. */
const most = 2 ** 32 - 1

function rangesOf({ operation, values }: ResolvedEntity, anyWillDo: boolean): NumberRange[] | undefined {
  const numbers = values.map((value) => (/^\d{1,10}$/.test(value) ? Number(value) : undefined))
  const known = numbers.filter((value) => value !== undefined)
  const [only] = known
  if (known.length !== numbers.length || only === undefined) return undefined
  if (operation === 'equals') return anyWillDo ? known.map((value) => [value, value] as const) : undefined
  if (known.length > 1) return undefined
  if (operation === 'not equal')
    return [
      [least, only - 1],
      [only + 1, most],
    ]
  if (operation === 'greater than') return [[only + 1, most]]
  if (operation === 'greater than or equal') return [[only, most]]
  if (operation === 'less than') return [[least, only - 1]]
  return operation === 'less than or equal' ? [[least, only]] : undefined
}

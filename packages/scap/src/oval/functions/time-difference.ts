import type { TimeFormat } from '../model/variable.ts'
import { FunctionError } from './values.ts'
import type { Value } from './values.ts'

/** Seconds from each second value to each first one; with one component, from its values to `now`. */
export function timeDifference(
  formats: { readonly format1: TimeFormat; readonly format2: TimeFormat },
  components: readonly (readonly Value[])[],
  now: Date,
): Value[] {
  const [first, second] = components
  const minuends = second === undefined ? [Math.floor(now.getTime() / 1000)] : first!.map(read(formats.format1))
  const subtrahends = (second ?? first ?? []).map(read(formats.format2))
  return minuends.flatMap((minuend) =>
    subtrahends.map((subtrahend): Value => ({ text: String(minuend - subtrahend), datatype: 'int' })),
  )
}

function read(format: TimeFormat): (value: Value) => number {
  return ({ text }) => {
    const seconds = READERS[format](text.trim())
    if (seconds === undefined || Number.isNaN(seconds)) {
      throw new FunctionError(`time_difference: "${text}" is not a time in the format ${format}`)
    }
    return seconds
  }
}

type Reader = (text: string) => number | undefined

const TIME = '(?: (\\d{1,2}):(\\d{2}):(\\d{2}))?'
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const MONTH_NAMES = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
]
/** Seconds between the beginnings of Windows' and Unix' time, 1601 and 1970. */
const WINDOWS_EPOCH = 11_644_473_600

/** OVAL definitions schema, DateTimeFormatEnumeration. Times without a zone are UTC. */
const READERS: Readonly<Record<TimeFormat, Reader>> = {
  year_month_day: (text) => {
    const compact = /^(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2}))?$/.exec(text)
    const match = compact ?? new RegExp(`^(\\d{4})([/-])(\\d{1,2})\\2(\\d{1,2})${TIME}$`).exec(text)
    if (match === null) return undefined
    const [year, month, day, ...time] = match.slice(1).filter((_, i) => compact !== null || i !== 1)
    return seconds(year, month, day, time)
  },
  month_day_year: (text) => {
    const numeric = new RegExp(`^(\\d{1,2})([/-])(\\d{1,2})\\2(\\d{4})${TIME}$`).exec(text)
    if (numeric !== null) {
      const [, month, , day, year, ...time] = numeric
      return seconds(year, month, day, time)
    }
    const named = new RegExp(`^([A-Za-z]+), ?(\\d{1,2}) (\\d{4})${TIME}$`).exec(text)
    if (named === null) return undefined
    const [, name, day, year, ...time] = named
    const month = MONTHS.indexOf(name!.toLowerCase()) + 1 || MONTH_NAMES.indexOf(name!.toLowerCase()) + 1
    return month === 0 ? undefined : seconds(year, String(month), day, time)
  },
  day_month_year: (text) => {
    const match = new RegExp(`^(\\d{1,2})([/-])(\\d{1,2})\\2(\\d{4})${TIME}$`).exec(text)
    if (match === null) return undefined
    const [, day, , month, year, ...time] = match
    return seconds(year, month, day, time)
  },
  seconds_since_epoch: (text) => (/^[+-]?\d+$/.test(text) ? Number(text) : undefined),
  win_filetime: (text) => {
    // Hundreds of nanoseconds since 1601; content has them in hexadecimal, too.
    const number = /^\d+$/.test(text) ? text : /^[\da-f]{1,16}$/i.test(text) ? `0x${text}` : undefined
    return number === undefined ? undefined : Number(BigInt(number) / 10_000_000n) - WINDOWS_EPOCH
  },
  cim_datetime: (text) => {
    const match = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})\.\d{6}([+-]\d{3})$/.exec(text)
    if (match !== null) {
      const [, year, month, day, hour, minute, second, offset] = match
      const local = seconds(year, month, day, [hour, minute, second])
      // The last part is the zone's offset from UTC in minutes.
      return local === undefined ? undefined : local - Number(offset) * 60
    }
    const query = /^(\d{4})-(\d{2})-(\d{2}) (\d{2}):(\d{2}):(\d{2}):\d{3}$/.exec(text)
    if (query === null) return undefined
    const [, year, month, day, ...time] = query
    return seconds(year, month, day, time)
  },
}

function seconds(
  year: string | undefined,
  month: string | undefined,
  day: string | undefined,
  time: readonly (string | undefined)[],
): number | undefined {
  const [hour = 0, minute = 0, second = 0] = time.map((part) => Number(part ?? 0))
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day), hour, minute, second))
  // 31 April would quietly become 1 May.
  const isReal =
    date.getUTCMonth() === Number(month) - 1 &&
    date.getUTCDate() === Number(day) &&
    hour < 24 &&
    minute < 60 &&
    second <= 60
  return isReal ? date.getTime() / 1000 : undefined
}

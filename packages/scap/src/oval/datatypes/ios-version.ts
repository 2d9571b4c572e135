import { ordered } from './comparison.ts'
import { compareDigits } from './digits.ts'

interface IosVersion {
  readonly major: string
  readonly minor: string
  readonly release: string
  /** Mainline has none; `T`, `SXI`, … name the others. */
  readonly train: string
  readonly rebuild: string
  readonly subrebuild: string
}

/**
 * A Cisco IOS version: `12.4(15)T14`, `12.3(7a)`, `15.0(1)M10`. A letter inside the parentheses, or behind the train's
 * number, is a rebuild.
 */
function readIosVersion(text: string): IosVersion | undefined {
  const match = /^(\d+)\.(\d+)(?:\((\d+)([a-z]*)(?:\.\d+)?\))?([A-Z]*)(\d*)([a-z]*)$/.exec(text.trim())
  if (match === null) return undefined
  const [, major, minor, release = '', inner = '', train, rebuild, outer] = match
  return { major: major!, minor: minor!, release, train: train!, rebuild: rebuild!, subrebuild: inner + outer! }
}

export const compareIosVersion = ordered(readIosVersion, (a, b) => {
  const numbers =
    compareDigits(a.major, b.major) || compareDigits(a.minor, b.minor) || compareDigits(a.release, b.release)
  if (numbers !== 0) return numbers
  return compareText(a.train, b.train) || compareDigits(a.rebuild, b.rebuild) || compareText(a.subrebuild, b.subrebuild)
})

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

export interface SelinuxContext {
  readonly user: string
  readonly role: string
  readonly type: string
  readonly lowSensitivity: string | undefined
  readonly lowCategory: string | undefined
  readonly highSensitivity: string | undefined
  readonly highCategory: string | undefined
}

/** `user:role:type[:low[-high]]`, where a level is `sensitivity[:categories]`. Undefined for anything else, an AppArmor label for one. */
export function parseSelinuxContext(text: string): SelinuxContext | undefined {
  const [user, role, type, ...levels] = text.replace(/[\0\n]+$/, '').split(':')
  if (user === undefined || role === undefined || type === undefined || /[\s/]/.test(user + role + type))
    return undefined
  const [low = '', high] = levels.join(':').split('-')
  const [lowSensitivity, lowCategory] = splitLevel(low)
  const [highSensitivity, highCategory] = splitLevel(high ?? '')
  return { user, role, type, lowSensitivity, lowCategory, highSensitivity, highCategory }
}

function splitLevel(level: string): readonly [string | undefined, string | undefined] {
  const colon = level.indexOf(':')
  if (level === '') return [undefined, undefined]
  return colon === -1 ? [level, undefined] : [level.slice(0, colon), level.slice(colon + 1)]
}
